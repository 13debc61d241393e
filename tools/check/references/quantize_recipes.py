"""Cases for the operators that quantize, as each version of their definitions demands them."""

import ml_dtypes
import numpy as np
from onnx import TensorProto
from opset_recipes import RNG, Case

BYTES = (np.uint8, np.int8)


def drawn(dtype, *shape):
    """Over the whole range of an integer type."""
    low, high = (-8, 7) if dtype == ml_dtypes.int4 else (0, 15) if dtype == ml_dtypes.uint4 else (
        np.iinfo(dtype).min, np.iinfo(dtype).max)
    return RNG.integers(low, high, shape, endpoint=True).astype(dtype)


def scale(*shape, dtype=np.float32):
    return RNG.uniform(0.01, 0.1, shape).astype(dtype)


def wide(*shape, dtype=np.float32):
    """Beyond the ranges at either end."""
    return RNG.uniform(-30, 30, shape).astype(dtype)


def few(dtype, *shape):
    """Zero points near the middle of the range."""
    return RNG.integers(0, 7, shape).astype(dtype)


def types(version):
    return BYTES if version < 21 else (*BYTES, np.int16, np.uint16, ml_dtypes.int4, ml_dtypes.uint4)


def quantize(version):
    shape = (2, 5, 3, 4)
    found = [Case(wide(*shape), scale())]
    for t in types(version):
        found.append(Case(wide(*shape), scale(), few(t)))
        found.append(Case(wide(*shape), scale(1), few(t, 1), constants=(1, 2)))
        found.append(Case(wide(0, 3), scale(), few(t)))
        if version >= 13:
            found += [Case(wide(*shape), scale(n), few(t, n), axis=axis, constants=(1, 2) if axis > 0 else ())
                      for axis, n in ((1, 5), (-1, 4), (0, 2), (-2, 3))]
        if version >= 21:
            found += [Case(wide(*shape), scale(2, 2, 3, 4), few(t, 2, 2, 3, 4), axis=1, block_size=3),
                      Case(wide(*shape), scale(2, 5, 3, 2), few(t, 2, 5, 3, 2), axis=-1, block_size=2)]
    found.append(Case(RNG.integers(-2000, 2000, shape).astype(np.int32), scale() * 50, few(np.uint8)))
    if version >= 19:
        found.append(Case(wide(*shape), scale(), np.zeros((), ml_dtypes.float8_e4m3fn)))
    if version >= 21:
        found.append(Case(wide(*shape), scale(), output_dtype=TensorProto.INT16))
    return found


def dequantize(version):
    shape = (2, 5, 3, 4)
    found = []
    for t in types(version):
        found += [Case(drawn(t, *shape), scale()), Case(drawn(t, *shape), scale(1), few(t, 1), constants=(1, 2))]
        found.append(Case(drawn(t, 0, 2), scale(), few(t)))
        if version >= 13:
            found += [Case(drawn(t, *shape), scale(n), few(t, n), axis=axis)
                      for axis, n in ((1, 5), (-1, 4), (0, 2), (-2, 3))]
        if version >= 21:
            found += [Case(drawn(t, *shape), scale(2, 2, 3, 4), few(t, 2, 2, 3, 4), axis=1, block_size=3),
                      Case(drawn(t, *shape), scale(2, 5, 3, 2), few(t, 2, 5, 3, 2), axis=-1, block_size=2)]
    found.append(Case(drawn(np.int32, *shape), scale()))
    if version >= 19:
        found.append(Case(drawn(np.uint8, *shape), scale(dtype=np.float16), few(np.uint8)))
    return found


def dynamic(version):
    return [Case(x.astype(np.float32), outputs=3) for x in (
        wide(3, 4), wide(), abs(wide(2, 7)), -abs(wide(5)), np.zeros((2, 2)), np.full(3, 1e-3), wide(40, 1000))]


# What convolutions differ in: image, weights, attributes.
WINDOWS = (
    ((1, 3, 7, 6), (5, 3, 3, 3), {"pads": [1, 1, 1, 1]}),
    ((2, 4, 9, 8), (6, 2, 3, 2), {"group": 2, "strides": [2, 1], "auto_pad": "SAME_UPPER"}),
    ((1, 6, 8, 7), (6, 1, 3, 3), {"group": 6, "pads": [0, 1, 2, 1], "dilations": [2, 1]}),
    ((1, 70, 5, 5), (70, 1, 3, 3), {"group": 70, "pads": [1, 1, 1, 1]}),
    ((1, 4, 6, 5), (8, 1, 2, 2), {"group": 4}),
    ((2, 33, 5, 4), (37, 33, 1, 1), {}),
    ((1, 3, 11), (4, 3, 3), {"strides": [2], "auto_pad": "SAME_LOWER"}),
    ((1, 2, 4, 5, 3), (3, 2, 2, 2, 2), {"pads": [1, 0, 1, 0, 1, 0]}),
    ((0, 3, 5, 5), (2, 3, 3, 3), {}),
)


def conv_integer(version):
    found = []
    for number, (image, weights, attributes) in enumerate(WINDOWS):
        for t in BYTES:
            x, w = drawn(t, *image), drawn(BYTES[number % 2], *weights)
            found += [Case(x, w, **attributes), Case(x, w, few(t), constants=(1,), **attributes),
                      Case(x, w, few(t), few(w.dtype), constants=(1, 3), **attributes),
                      Case(x, w, few(t), few(w.dtype, len(w)), **attributes)]
    return found


def qlinear_conv(version):
    found = []
    for image, weights, attributes in WINDOWS:
        for t in BYTES:
            for n in ((), (weights[0],)):
                w = drawn(np.int8, *weights)
                bias = RNG.integers(-3000, 3000, weights[0]).astype(np.int32)
                out = np.float32(3 * np.sqrt(np.prod(weights[1:])) * 0.05 * 73)
                given = (drawn(t, *image), scale(), few(t), w, scale(*n), few(np.int8, *n) * 0, out, few(t))
                found += [Case(*given, constants=(1, 2, 3, 4, 5, 6, 7), **attributes),
                          Case(*given, bias, constants=(3, 4, 5, 8), **attributes),
                          Case(*given, bias, **attributes)]
    return found


PRODUCTS = (((3, 5), (5, 4)), ((70, 129), (129, 35)), ((2, 3, 5), (5, 4)), ((2, 1, 3, 4), (3, 4, 2)), ((5,), (5, 3)),
            ((3, 5), (5,)), ((0, 5), (5, 3)), ((2, 3, 1), (2, 1, 33)))


def matmul_integer(version):
    found = []
    for a, b in PRODUCTS:
        for s, t in ((np.uint8, np.uint8), (np.uint8, np.int8), (np.int8, np.int8)):
            x, y = drawn(s, *a), drawn(t, *b)
            found += [Case(x, y), Case(x, y, few(s), few(t)), Case(x, y, few(s), few(t), constants=(1, 3))]
            if len(a) == len(b) == 2:
                found.append(Case(x, y, few(s), few(t, b[1]), constants=(1, 3)))
    return found


def qlinear_matmul(version):
    found = []
    for a, b in PRODUCTS:
        for s, t in ((np.uint8, np.uint8), (np.uint8, np.int8), (np.int8, np.int8)):
            given = (drawn(s, *a), scale(), few(s), drawn(t, *b))
            last = (np.float32(3 * np.sqrt(a[-1] + 1) * 0.05 * 73), few(s))
            found += [Case(*given, scale(), few(t), *last), Case(*given, scale(), few(t), *last, constants=(3, 4, 5))]
            if len(b) == 2:
                found.append(Case(*given, scale(b[1]), few(t, b[1]), *last, constants=(3, 4, 5)))
    return found


def recipes():
    return {"QuantizeLinear": quantize, "DequantizeLinear": dequantize, "DynamicQuantizeLinear": dynamic,
            "ConvInteger": conv_integer, "QLinearConv": qlinear_conv, "MatMulInteger": matmul_integer,
            "QLinearMatMul": qlinear_matmul}
