"""libiou through ctypes: run an ONNX model with NumPy arrays.

    session = Session("model.onnx")
    outputs = session.run({"images": array})  # name -> array

Set LIBIOU to use another library than .build-lib/libiou.so.
"""

import ctypes
import os
import pathlib

import ml_dtypes
import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[3]
MAX_RANK = 8
UNSUPPORTED = 11

# iou_type, numbered as ONNX's TensorProto.DataType
TYPES = {1: np.float32, 2: np.uint8, 3: np.int8, 4: np.uint16, 5: np.int16, 6: np.int32,
         7: np.int64, 9: np.bool_, 10: np.float16, 11: np.float64, 12: np.uint32, 13: np.uint64,
         16: ml_dtypes.bfloat16, 17: ml_dtypes.float8_e4m3fn, 18: ml_dtypes.float8_e4m3fnuz,
         19: ml_dtypes.float8_e5m2, 20: ml_dtypes.float8_e5m2fnuz, 21: ml_dtypes.uint4, 22: ml_dtypes.int4,
         23: ml_dtypes.float4_e2m1fn, 24: ml_dtypes.float8_e8m0fnu, 25: ml_dtypes.uint2, 26: ml_dtypes.int2}
NUMBERS = {np.dtype(t): n for n, t in TYPES.items()}


class IoUError(Exception):
    """What the library reports; `status` is the iou_status."""

    def __init__(self, status: int, text: str):
        super().__init__(text)
        self.status = status


class _Error(ctypes.Structure):
    _fields_ = [("status", ctypes.c_int), ("text", ctypes.c_char * 1024)]


class _Tensor(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char_p), ("type", ctypes.c_int), ("rank", ctypes.c_int32),
                ("dims", ctypes.c_int64 * MAX_RANK), ("data", ctypes.c_void_p),
                ("size", ctypes.c_size_t)]


class _ValueInfo(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char_p), ("type", ctypes.c_int), ("rank", ctypes.c_int32),
                ("dims", ctypes.c_int64 * MAX_RANK), ("symbols", ctypes.c_char_p * MAX_RANK)]


class _SessionOptions(ctypes.Structure):
    _fields_ = [("struct_size", ctypes.c_size_t), ("threads", ctypes.c_int),
                ("no_optimize", ctypes.c_bool), ("profile", ctypes.c_bool),
                ("isa", ctypes.c_char_p), ("max_memory_bytes", ctypes.c_size_t)]


class _ProfileEntry(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char_p), ("type", ctypes.c_char_p),
                ("algorithm", ctypes.c_char_p), ("isa", ctypes.c_char_p),
                ("milliseconds", ctypes.c_double), ("gflop", ctypes.c_double),
                ("bytes", ctypes.c_double)]


class DetectorInfo(ctypes.Structure):
    """iou_detector_info."""

    _fields_ = [("struct_size", ctypes.c_size_t), ("reports_detections", ctypes.c_bool),
                ("predicts_iou", ctypes.c_bool), ("predicts_objectness", ctypes.c_bool),
                ("inclusive_boxes", ctypes.c_bool), ("level_count", ctypes.c_size_t),
                ("anchor_count", ctypes.c_size_t), ("strides", ctypes.POINTER(ctypes.c_float)),
                ("class_count", ctypes.c_size_t), ("labels", ctypes.POINTER(ctypes.c_char_p)),
                ("label_ids", ctypes.POINTER(ctypes.c_int64)), ("alpha", ctypes.c_float),
                ("score_threshold", ctypes.c_float), ("nms_threshold", ctypes.c_float),
                ("max_detections", ctypes.c_int32), ("input_name", ctypes.c_char_p),
                ("input_channels_last", ctypes.c_bool), ("input_bgr", ctypes.c_bool),
                ("input_range", ctypes.c_float), ("input_mean", ctypes.c_float * 3),
                ("input_std", ctypes.c_float * 3), ("input_resize", ctypes.c_int),
                ("input_sides", ctypes.c_int32 * 2), ("input_antialias", ctypes.c_bool),
                ("input_eight_bit", ctypes.c_bool), ("input_pad_multiple", ctypes.c_int32),
                ("input_pad_value", ctypes.c_float), ("input_pad_is_pixel", ctypes.c_bool),
                ("outputs", ctypes.c_int), ("input_pad_centred", ctypes.c_bool),
                ("not_reported", ctypes.c_char_p)]

    def values(self) -> dict:
        """Fields by name; arrays as lists, with as many elements as the struct says."""
        counts = {"strides": self.level_count, "labels": self.class_count, "label_ids": self.class_count}
        found = {}
        for name, kind in self._fields_:
            value = getattr(self, name)
            if name in counts:
                value = value[:counts[name]] if value else None
            elif issubclass(kind, ctypes.Array):
                value = list(value)
            found[name] = value.decode() if isinstance(value, bytes) else value
        found["labels"] = [label.decode() for label in found["labels"]]
        return found


def _load() -> ctypes.CDLL:
    library = ctypes.CDLL(os.environ.get("LIBIOU", str(ROOT / ".build-lib" / "libiou.so")))
    for name in ("iou_model_input_count", "iou_model_output_count"):
        getattr(library, name).restype = ctypes.c_size_t
        getattr(library, name).argtypes = [ctypes.c_void_p]
    library.iou_model_default_count.restype = ctypes.c_size_t
    library.iou_model_default_count.argtypes = [ctypes.c_void_p]
    library.iou_model_metadata_key.restype = ctypes.c_char_p
    library.iou_model_metadata_key.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
    library.iou_model_metadata.restype = ctypes.c_char_p
    library.iou_model_metadata.argtypes = [ctypes.c_void_p, ctypes.c_char_p]
    library.iou_model_open.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p,
                                       ctypes.c_void_p]
    library.iou_model_open_memory.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t,
                                              ctypes.c_void_p, ctypes.c_void_p]
    for name in ("iou_model_input", "iou_model_output"):
        getattr(library, name).argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_void_p,
                                           ctypes.c_void_p]
    library.iou_build_part.restype = ctypes.c_char_p
    library.iou_build_part.argtypes = [ctypes.c_char_p]
    library.iou_session_open.argtypes = [ctypes.c_void_p] * 4
    library.iou_session_run.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t,
                                        ctypes.c_void_p, ctypes.c_size_t, ctypes.c_void_p,
                                        ctypes.c_void_p]
    library.iou_session_prepare.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t,
                                            ctypes.c_void_p]
    library.iou_session_profile.argtypes = [ctypes.c_void_p] * 4
    library.iou_session_memory.argtypes = [ctypes.c_void_p] * 3
    library.iou_session_memory.restype = None
    library.iou_model_detector_info.argtypes = [ctypes.c_void_p] * 3
    library.iou_detector_open.argtypes = [ctypes.c_void_p] * 4
    for name in ("iou_model_close", "iou_session_close", "iou_detector_close"):
        getattr(library, name).argtypes = [ctypes.c_void_p]
        getattr(library, name).restype = None
    return library


LIBRARY = _load()


def build_part(part: str) -> str:
    """What the library was built with."""
    return LIBRARY.iou_build_part(part.encode()).decode()


def _check(status: int, error: _Error) -> None:
    if status != 0:
        raise IoUError(status, error.text.decode(errors="replace"))


def _value_infos(model: ctypes.c_void_p, kind: str, first: int, count: int) -> list[tuple[str, int, list]]:
    infos = []
    for index in range(first, first + count):
        info = _ValueInfo()
        error = _Error()
        _check(getattr(LIBRARY, f"iou_model_{kind}")(model, index, ctypes.byref(info),
                                                     ctypes.byref(error)), error)
        shape = [info.dims[i] if info.dims[i] >= 0 else (info.symbols[i] or b"?").decode()
                 for i in range(max(info.rank, 0))]
        infos.append((info.name.decode(), info.type, shape))
    return infos


class Model:
    """A loaded model, from a path or from bytes."""

    def __init__(self, source: str | os.PathLike | bytes):
        self._handle, error = ctypes.c_void_p(), _Error()
        self._bytes = source if isinstance(source, bytes) else None
        if self._bytes is not None:
            status = LIBRARY.iou_model_open_memory(ctypes.byref(self._handle), self._bytes,
                                                   len(self._bytes), None, ctypes.byref(error))
        else:
            status = LIBRARY.iou_model_open(ctypes.byref(self._handle), os.fsencode(source), None,
                                            ctypes.byref(error))
        _check(status, error)
        needed, outputs = (getattr(LIBRARY, f"iou_model_{kind}_count")(self._handle) for kind in ("input", "output"))
        self.inputs = _value_infos(self._handle, "input", 0, needed)
        self.defaults = _value_infos(self._handle, "input", needed, LIBRARY.iou_model_default_count(self._handle))
        self.outputs = _value_infos(self._handle, "output", 0, outputs)

    def metadata(self) -> list[tuple[str, str]]:
        """Keys and values, in the library's order."""
        found, key = [], LIBRARY.iou_model_metadata_key(self._handle, 0)
        while key is not None:
            found.append((key.decode(), LIBRARY.iou_model_metadata(self._handle, key).decode()))
            key = LIBRARY.iou_model_metadata_key(self._handle, len(found))
        return found

    def raw_detector_info(self, struct_size: int, room: int = 0, fill: int = 0) -> ctypes.Array:
        """What iou_model_detector_info writes into `room` bytes of `fill`."""
        error = _Error()
        memory = (ctypes.c_ubyte * max(room, struct_size, 8))(*[fill] * max(room, struct_size, 8))
        ctypes.memmove(memory, ctypes.byref(ctypes.c_size_t(struct_size)), ctypes.sizeof(ctypes.c_size_t))
        _check(LIBRARY.iou_model_detector_info(self._handle, memory, ctypes.byref(error)), error)
        return memory

    def detector_info(self) -> dict:
        """What the detector metadata says, by the names of iou_detector_info."""
        return DetectorInfo.from_buffer(self.raw_detector_info(ctypes.sizeof(DetectorInfo))).values()

    def open_detector(self) -> None:
        """Opens a detector, and closes it."""
        detector, error = ctypes.c_void_p(), _Error()
        _check(LIBRARY.iou_detector_open(ctypes.byref(detector), self._handle, None,
                                         ctypes.byref(error)), error)
        LIBRARY.iou_detector_close(ctypes.byref(detector))

    def __del__(self):
        LIBRARY.iou_model_close(ctypes.byref(self._handle))


def _to_tensor(name: str, array: np.ndarray) -> _Tensor:
    if array.dtype not in NUMBERS or array.ndim > MAX_RANK:
        raise IoUError(UNSUPPORTED, f"input '{name}' is {array.dtype} of rank {array.ndim}")
    tensor = _Tensor(name.encode(), NUMBERS[array.dtype], array.ndim)
    tensor.dims[:array.ndim] = array.shape
    tensor.data, tensor.size = array.ctypes.data, array.nbytes
    return tensor


def _to_array(tensor: _Tensor) -> np.ndarray:
    shape, dtype = tuple(tensor.dims[:tensor.rank]), np.dtype(TYPES[tensor.type])
    count = int(np.prod(shape, dtype=np.int64))
    if count == 0:
        return np.zeros(shape, dtype)
    return np.frombuffer(ctypes.string_at(tensor.data, count * dtype.itemsize), dtype).reshape(shape)


class Session:
    """A session over a model; `source` is a path, bytes or a Model."""

    def __init__(self, source, threads: int = 0, no_optimize: bool = False,
                 isa: str | None = None, profile: bool = False,
                 max_memory_bytes: int = 0):
        self._handle, error = ctypes.c_void_p(), _Error()
        self.model = source if isinstance(source, Model) else Model(source)
        options = _SessionOptions(ctypes.sizeof(_SessionOptions), threads, no_optimize, profile,
                                  isa.encode() if isa else None, max_memory_bytes)
        _check(LIBRARY.iou_session_open(ctypes.byref(self._handle), self.model._handle,
                                        ctypes.byref(options), ctypes.byref(error)), error)

    def prepare(self, inputs: dict[str, tuple[type, tuple[int, ...]]]) -> None:
        """Plans for inputs given by their dtype and shape."""
        tensors = []
        for name, (dtype, shape) in inputs.items():
            tensor = _Tensor(name.encode(), NUMBERS[np.dtype(dtype)], len(shape))
            tensor.dims[:len(shape)] = shape
            tensors.append(tensor)
        given, error = (_Tensor * max(len(tensors), 1))(*tensors), _Error()
        _check(LIBRARY.iou_session_prepare(self._handle, given, len(tensors), ctypes.byref(error)),
               error)

    def run(self, inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """The model's outputs by name."""
        return dict(zip([name for name, _, _ in self.model.outputs], self.run_listed(inputs)))

    def run_listed(self, inputs: dict[str, np.ndarray]) -> list[np.ndarray]:
        """The model's outputs as the model lists them, where a name may occur twice."""
        kept = {name: np.require(a, requirements=["C", "A"]) for name, a in inputs.items()}
        tensors = [_to_tensor(name, array) for name, array in kept.items()]
        given = (_Tensor * max(len(tensors), 1))(*tensors)
        names = [name for name, _, _ in self.model.outputs]
        expected = (_Tensor * max(len(names), 1))(*[_Tensor(name.encode()) for name in names])
        error = _Error()
        _check(LIBRARY.iou_session_run(self._handle, given, len(tensors), expected, len(names), None,
                                       ctypes.byref(error)), error)
        return [_to_array(expected[i]) for i in range(len(names))]

    def profile(self) -> list[dict]:
        """The steps of the last run."""
        entries, count, error = ctypes.POINTER(_ProfileEntry)(), ctypes.c_size_t(), _Error()
        _check(LIBRARY.iou_session_profile(self._handle, ctypes.byref(entries),
                                           ctypes.byref(count), ctypes.byref(error)), error)
        return [{"name": e.name.decode(), "type": e.type.decode(),
                 "algorithm": (e.algorithm or b"").decode(), "isa": (e.isa or b"").decode(),
                 "milliseconds": e.milliseconds, "gflop": e.gflop, "bytes": e.bytes}
                for e in entries[:count.value]]

    def memory(self) -> tuple[int, int]:
        """Bytes of the arena and of packed weights."""
        arena, weights = ctypes.c_size_t(), ctypes.c_size_t()
        LIBRARY.iou_session_memory(self._handle, ctypes.byref(arena), ctypes.byref(weights))
        return arena.value, weights.value

    def __del__(self):
        LIBRARY.iou_session_close(ctypes.byref(self._handle))


def _relu_model() -> bytes:
    from onnx import TensorProto, helper

    x, y = (helper.make_tensor_value_info(n, TensorProto.FLOAT, [1]) for n in "xy")
    graph = helper.make_graph([helper.make_node("Relu", ["x"], ["y"])], "relu", [x], [y])
    opset = helper.make_opsetid("", 17)
    return helper.make_model(graph, opset_imports=[opset], ir_version=8).SerializeToString()


# Levels without kernels that take several nodes, or several maps, in a step.
PLAIN = ("scalar", "blas")


def available_isas(integers: bool = False) -> list[str]:
    """The instruction sets that the library can use here, in ascending order; the one alone that is asked for.
    `integers`: those too that only integer products have."""
    model, found = Model(_relu_model()), []
    asked = os.environ.get("IOU_CHECK_ISA") or os.environ.get("IOU_ISA")
    levels = ["scalar", "blas", "avx2", "avx512", *(("avxvnni", "avx512vnni") if integers else ())]
    for isa in [asked] if asked else levels:
        try:
            Session(model, isa=isa)
            found.append(isa)
        except IoUError:
            if asked:
                raise
    return found
