"""Element types and shapes, NumPy's and the library's."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ._native import ffi, lib
from .errors import IoUError, Status, text_of

AnyArray = npt.NDArray[Any]

#: NumPy's name of each element type, and ONNX's in "tensor(...)". From bfloat16 on they are those of ml_dtypes.
TYPES: dict[int, tuple[str, str]] = {
    lib.IOU_FLOAT: ("float32", "float"), lib.IOU_DOUBLE: ("float64", "double"),
    lib.IOU_FLOAT16: ("float16", "float16"), lib.IOU_BOOL: ("bool", "bool"),
    lib.IOU_INT8: ("int8", "int8"), lib.IOU_UINT8: ("uint8", "uint8"),
    lib.IOU_INT16: ("int16", "int16"), lib.IOU_UINT16: ("uint16", "uint16"),
    lib.IOU_INT32: ("int32", "int32"), lib.IOU_UINT32: ("uint32", "uint32"),
    lib.IOU_INT64: ("int64", "int64"), lib.IOU_UINT64: ("uint64", "uint64"),
    lib.IOU_BFLOAT16: ("bfloat16", "bfloat16"),
    lib.IOU_FLOAT8E4M3FN: ("float8_e4m3fn", "float8e4m3fn"),
    lib.IOU_FLOAT8E4M3FNUZ: ("float8_e4m3fnuz", "float8e4m3fnuz"),
    lib.IOU_FLOAT8E5M2: ("float8_e5m2", "float8e5m2"), lib.IOU_FLOAT8E5M2FNUZ: ("float8_e5m2fnuz", "float8e5m2fnuz"),
    lib.IOU_FLOAT8E8M0: ("float8_e8m0fnu", "float8e8m0"), lib.IOU_FLOAT4E2M1: ("float4_e2m1fn", "float4e2m1"),
    lib.IOU_INT4: ("int4", "int4"), lib.IOU_UINT4: ("uint4", "uint4"),
    lib.IOU_INT2: ("int2", "int2"), lib.IOU_UINT2: ("uint2", "uint2"),
}
_BY_NAME = {numpy_name: number for number, (numpy_name, _) in TYPES.items()}


def dtype_of(number: int) -> np.dtype[Any]:
    """The dtype of an element type; those that NumPy lacks are ml_dtypes'."""
    name = TYPES[number][0]
    try:
        return np.dtype(name)
    except TypeError:
        pass
    try:
        import ml_dtypes  # type: ignore[import-not-found,unused-ignore]
    except ImportError:
        raise IoUError(Status.UNSUPPORTED, f"expected the package ml_dtypes for tensors of {name}, found none: "
                                           "pip install ml_dtypes") from None
    dtype: np.dtype[Any] = np.dtype(getattr(ml_dtypes, name))
    return dtype


def number_of(dtype: np.dtype[Any], where: str) -> int:
    """The element type of a dtype in this machine's byte order."""
    number = _BY_NAME.get(dtype.name)
    if number is None or not dtype.isnative:
        raise TypeError(f"{where}: expected an array of numbers in native byte order, found {dtype}")
    return number


def describe_array(tensor: Any, array: AnyArray, where: str) -> None:
    """Fills in a tensor of the library with an array's memory, which has to be contiguous."""
    if array.ndim > lib.IOU_MAX_RANK:
        raise ValueError(f"{where}: expected at most {lib.IOU_MAX_RANK} dimensions, found {array.ndim}")
    tensor.type = number_of(array.dtype, where)
    tensor.rank = array.ndim
    tensor.dims[0 : array.ndim] = array.shape
    tensor.data = ffi.cast("void *", array.ctypes.data)
    tensor.size = array.nbytes


def copied(tensor: Any) -> AnyArray:
    """A new array with a tensor's values."""
    shape = tuple(tensor.dims[i] for i in range(tensor.rank))
    array = np.empty(shape, dtype_of(tensor.type))
    if array.nbytes:
        ffi.memmove(ffi.cast("char *", array.ctypes.data), tensor.data, array.nbytes)
    return array


class NodeArg:
    """What a model says of an input or output, as onnxruntime tells it."""

    def __init__(self, info: Any) -> None:
        self._name = text_of(info.name) or ""
        self._type = f"tensor({TYPES[info.type][1]})" if info.type in TYPES else "tensor(unknown)"
        self._shape: list[int | str | None] = [
            info.dims[i] if info.dims[i] >= 0 else text_of(info.symbols[i]) for i in range(max(info.rank, 0))]

    @property
    def name(self) -> str:
        return self._name

    @property
    def type(self) -> str:
        """Such as "tensor(float)"."""
        return self._type

    @property
    def shape(self) -> list[int | str | None]:
        """A symbol's name or None where a dimension is not fixed; [] of an unknown rank, as of a scalar."""
        return list(self._shape)

    def __repr__(self) -> str:
        return f"NodeArg(name='{self._name}', type='{self._type}', shape={self._shape})"
