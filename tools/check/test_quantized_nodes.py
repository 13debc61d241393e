"""Operators of com.microsoft that quantizing tools write, against ONNX Runtime's, node by node.

Quantized outputs are within one quantum: both multiply by a quotient of scales in float32, in different orders. What
ONNX Runtime has no kernel for (types of newer opsets) is compared with ONNX's reference evaluator.
"""

import ml_dtypes
import numpy as np
import onnxruntime
import pytest
from libiou import IoUError, Session, available_isas
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator
from onnx.reference.ops import op_dequantize_linear, op_quantize_linear

DOMAIN = "com.microsoft"
BYTES = (np.uint8, np.int8)
ZERO = {np.uint8: 117, np.int8: -9}


class QuantizeLinear(op_quantize_linear.QuantizeLinear_25):
    """The evaluator knows this form, and takes an older one."""

    op_domain = ""


class DequantizeLinear(op_dequantize_linear.DequantizeLinear_25):
    op_domain = ""


def model_of(op, inputs, constants=(), outputs=1, domain=DOMAIN, opset=17, **attributes):
    """A model of one node, and what it is fed."""
    names = ["" if x is None else f"x{i}" for i, x in enumerate(inputs)]
    given = {n: np.asarray(x) for n, x in zip(names, inputs) if n}
    fixed = {f"x{i}" for i in constants} & given.keys()
    node = helper.make_node(op, names, [f"y{i}" for i in range(outputs)], "node", domain=domain, **attributes)
    graph = helper.make_graph(
        [node], "one",
        [helper.make_tensor_value_info(n, helper.np_dtype_to_tensor_dtype(a.dtype), a.shape)
         for n, a in given.items() if n not in fixed],
        [helper.make_tensor_value_info(n, TensorProto.UNDEFINED, None) for n in node.output],
        [numpy_helper.from_array(given[n], n) for n in sorted(fixed)])
    for output in graph.output:
        output.ClearField("type")
    sets = [helper.make_opsetid("", opset)] + ([helper.make_opsetid(domain, 1)] if domain else [])
    model = helper.make_model(graph, opset_imports=sets, ir_version=11 if opset > 22 else 8)
    return model, {n: a for n, a in given.items() if n not in fixed}


def run_reference(model, feeds):
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(model.SerializeToString(), options, ["CPUExecutionProvider"]).run(None, feeds)


def difference(found, expected):
    """What is wrong with an output; quantized ones may be one quantum apart."""
    if found.shape != expected.shape or found.dtype != expected.dtype:
        return f"{found.dtype}{list(found.shape)} where {expected.dtype}{list(expected.shape)} is expected"
    if expected.size == 0:
        return None
    apart = np.abs(found.astype(np.float64) - expected.astype(np.float64))
    limit = 1 if expected.dtype.kind in "iu" else 1e-5 * max(np.abs(expected).max(), 1e-6)
    return None if np.nanmax(apart) <= limit else f"differs by {np.nanmax(apart):.3g}, of {np.abs(expected).max():.3g}"


def compare(tally, name, model, feeds, expected=None):
    """Against `expected`, at every level and for any number of threads with the same bits."""
    expected = run_reference(model, feeds) if expected is None else expected
    first = None
    for isa in available_isas(integers=True):
        for threads, plain in ((1, False), (3, False), (1, True)):
            try:
                session = Session(model.SerializeToString(), threads=threads, no_optimize=plain, isa=isa)
                found = session.run_listed(feeds)
                problem = next(filter(None, map(difference, found, expected)), None)
            except IoUError as error:
                tally.add(name, str(error))
                return
            first = found if first is None else first
            if all(y.dtype.kind in "iu" for y in found) and not all(map(np.array_equal, found, first)):
                problem = problem or "other bits than at another level or number of threads"
            if problem:
                tally.add(f"{name} ({isa}, {threads} threads{', plain' if plain else ''})", problem)
                return
    tally.add(name, None)


@pytest.fixture(name="rng")
def make_rng():
    return np.random.default_rng(20)


def drawn(rng, dtype, *shape):
    """Over the whole range, its ends among them."""
    info = np.iinfo(dtype)
    found = rng.integers(info.min, info.max, shape, endpoint=True).astype(dtype)
    if found.size > 1:
        found.flat[0], found.flat[-1] = info.min, info.max
    return found


def scale(rng, *shape):
    return rng.uniform(0.005, 0.05, shape).astype(np.float32)


def quantized(rng, dtype, *shape):
    """A value, its scale and its zero point."""
    return drawn(rng, dtype, *shape), scale(rng), dtype(ZERO[dtype])


SHAPES = (((2, 5, 4, 3), (2, 5, 4, 3)), ((2, 5, 4, 3), (3,)), ((1, 7), (5, 1)), ((), (3, 2)), ((2, 0), (2, 1)),
          ((1, 40, 33, 17), (1, 40, 1, 1)))


@pytest.mark.parametrize("op", ["QLinearAdd", "QLinearMul"])
def test_binary(op, rng, tally):
    for dtype in BYTES:
        for a, b in SHAPES:
            left, right, out = quantized(rng, dtype, *a), quantized(rng, dtype, *b), (scale(rng), dtype(ZERO[dtype]))
            for constants in ((1, 2, 4, 5, 6, 7), (1, 2, 3, 4, 5, 6, 7)):
                case = model_of(op, [*left, *right, *out], constants)
                compare(tally, f"{op} {dtype.__name__} {a} {b} {constants}", *case)
            zero = dtype(0)  # which ONNX Runtime wants of int8
            said = model_of(op, [*left[:2], zero, *right[:2], zero, out[0], zero], (1, 2, 4, 5, 6, 7))
            case = model_of(op, [*left[:2], None, *right[:2], None, out[0]], (1, 4, 6))
            compare(tally, f"{op} {dtype.__name__} {a} {b}, no zero points", *case, run_reference(*said))


def test_unary(rng, tally):
    for dtype in BYTES:
        for shape in ((2, 5, 4, 3), (), (3, 0), (1, 40, 33, 17)):
            x, out = quantized(rng, dtype, *shape), (np.float32(1 / 256), dtype(np.iinfo(dtype).min))
            compare(tally, f"QLinearSigmoid {dtype.__name__} {shape}",
                    *model_of("QLinearSigmoid", [*x, *out], (1, 2, 3, 4)))
            for alpha in (0.1, 0.01):
                compare(tally, f"QLinearLeakyRelu {dtype.__name__} {shape} {alpha}",
                        *model_of("QLinearLeakyRelu", [*x, scale(rng), x[2]], (1, 2, 3, 4), alpha=alpha))
        for opset, axis in ((13, -1), (13, 1), (11, 1)):
            case = model_of("QLinearSoftmax", [*quantized(rng, dtype, 3, 5, 4), *out], (1, 2, 3, 4), axis=axis,
                            opset_of_node=opset)
            case[0].graph.node[0].attribute[-1].name = "opset"
            compare(tally, f"QLinearSoftmax {dtype.__name__} {opset} {axis}", *case)


def test_pooling(rng, tally):
    for dtype in BYTES:
        for shape in ((2, 5, 6, 7), (1, 40, 9, 3), (1, 3, 1, 1)):
            x, out = quantized(rng, dtype, *shape), (scale(rng), dtype(ZERO[dtype]))
            compare(tally, f"QLinearGlobalAveragePool {dtype.__name__} {shape}",
                    *model_of("QLinearGlobalAveragePool", [*x, *out], (1, 2, 3, 4), channels_last=0))
            for attributes in ({"kernel_shape": [1, 1]}, {"kernel_shape": [3, 2], "pads": [1, 1, 1, 0]},
                               {"kernel_shape": [2, 2], "strides": [2, 2], "auto_pad": "SAME_UPPER"},
                               {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1], "count_include_pad": 1}):
                compare(tally, f"QLinearAveragePool {dtype.__name__} {shape} {attributes}",
                        *model_of("QLinearAveragePool", [*x, *out], (1, 2, 3, 4), **attributes))


def test_concat_where_reduce(rng, tally):
    for dtype in BYTES:
        out = (scale(rng), dtype(ZERO[dtype]))
        for axis, shapes in ((1, ((1, 3, 4), (1, 5, 4))), (-1, ((2, 3), (2, 1), (2, 0))), (0, ((4, 4),))):
            parts = [quantized(rng, dtype, *shape) for shape in shapes]
            constants = [0, 1] + [2 + 3 * i + k for i in range(len(parts)) for k in (1, 2)]
            compare(tally, f"QLinearConcat {dtype.__name__} {axis} {shapes}",
                    *model_of("QLinearConcat", [*out, *sum(parts, ())], constants, axis=axis))
        condition = rng.integers(0, 2, (4, 1)).astype(bool)
        x, y = quantized(rng, dtype, 4, 3), quantized(rng, dtype, 3)
        compare(tally, f"QLinearWhere {dtype.__name__}",
                *model_of("QLinearWhere", [condition, *x, *y, *out], range(2, 9)))


def test_products(rng, tally):
    for a, b in ((np.uint8, np.uint8), (np.uint8, np.int8), (np.int8, np.int8)):
        for m, k, n in ((3, 5, 4), (1, 129, 35), (70, 16, 33)):
            for left in (0, 1):
                for right in (0, 1):
                    x = quantized(rng, a, *((k, m) if left else (m, k)))
                    w = drawn(rng, b, *((n, k) if right else (k, n)))
                    bias = rng.integers(-5000, 5000, n).astype(np.int32)
                    out = (np.float32(0.02 * 0.02 * 73 * np.sqrt(k)), a(ZERO[a]))
                    for per in ((), (n,)):
                        scales = (w, scale(rng, *per), np.full(per, 3, b))
                        name = f"QGemm {a.__name__} {b.__name__} {m} {k} {n} {left} {right} {per}"
                        shape = {"transA": left, "transB": right, "alpha": 0.75}
                        compare(tally, name, *model_of("QGemm", [*x, *scales, bias, *out], (3, 4, 5, 6), **shape))
                        compare(tally, f"{name} to float",
                                *model_of("QGemm", [*x, *scales, bias], (1, 2, 3, 4, 5, 6), **shape))
                        compare(tally, f"{name} without C",
                                *model_of("QGemm", [*x, *scales, None, *out], (3, 4, 5), **shape))
            x, w, bias = quantized(rng, a, m, k), drawn(rng, b, k, n), rng.normal(size=n).astype(np.float32)
            for per in ((), (n,)):
                given = [x[0], w, x[1], scale(rng, *per), x[2], np.full(per, 3, b)]
                compare(tally, f"MatMulIntegerToFloat {a.__name__} {b.__name__} {m} {k} {n} {per}",
                        *model_of("MatMulIntegerToFloat", [*given, bias], (1, 3, 5)))
                compare(tally, f"MatMulIntegerToFloat {a.__name__} {b.__name__} {m} {k} {n} {per}, no bias",
                        *model_of("MatMulIntegerToFloat", given, (1, 3, 5)))
                if a == np.uint8:
                    real = rng.normal(size=(2, m, k)).astype(np.float32)
                    compare(tally, f"DynamicQuantizeMatMul {b.__name__} {m} {k} {n} {per}",
                            *model_of("DynamicQuantizeMatMul", [real, w, given[3], given[5], bias], (1, 2, 3)))


def test_fused_conv(rng, tally):
    x, w = rng.normal(size=(2, 4, 7, 6)).astype(np.float32), rng.normal(size=(5, 4, 3, 3)).astype(np.float32)
    bias, z = rng.normal(size=5).astype(np.float32), rng.normal(size=(2, 5, 7, 6)).astype(np.float32)
    pads = {"pads": [1, 1, 1, 1]}
    for activation, parameters in ((None, []), ("Relu", []), ("Sigmoid", []), ("Tanh", []), ("LeakyRelu", [0.2]),
                                   ("Clip", [-0.5, 0.75]), ("HardSigmoid", [0.25, 0.4])):
        more = {"activation": activation} if activation else {}
        more |= {"activation_params": parameters} if parameters else {}
        for inputs in ([x, w], [x, w, bias], [x, w, bias, z]):
            if activation or len(inputs) < 4:
                compare(tally, f"FusedConv {activation} {len(inputs)}",
                        *model_of("FusedConv", inputs, (1, 2), **pads, **more))


def test_linear(rng, tally):
    x = rng.normal(size=(2, 3, 4)).astype(np.float32) * 4
    for dtype in BYTES:
        for per, more in (((), {}), ((3,), {"axis": 1}), ((4,), {"axis": -1})):
            zero = np.full(per, ZERO[dtype], dtype)
            compare(tally, f"QuantizeLinear {dtype.__name__} {per}",
                    *model_of("QuantizeLinear", [x, scale(rng, *per), zero], (1, 2), **more))
            compare(tally, f"DequantizeLinear {dtype.__name__} {per}",
                    *model_of("DequantizeLinear", [drawn(rng, dtype, 2, 3, 4), scale(rng, *per), zero], (1, 2), **more))


def test_newest_forms(rng, tally):
    """What ONNX Runtime lacks: precision, small floats, scales that are powers of two.

    Quotients of float16 and bfloat16 are float32, as in ONNX Runtime, which may be a quantum apart."""
    x = rng.uniform(-30, 30, (4, 6)).astype(np.float32)
    power = np.array([0.25], ml_dtypes.float8_e8m0fnu)[0]
    half = np.float16(0.1)
    cases = [("QuantizeLinear", 21, [x.astype(np.float16), half, np.uint8(7)], {}),
             ("QuantizeLinear", 21, [x.astype(ml_dtypes.bfloat16), ml_dtypes.bfloat16(0.5), np.int8(7)], {}),
             ("QuantizeLinear", 25, [x, np.float32(0.1), np.uint8(7)], {"precision": TensorProto.FLOAT16}),
             ("QuantizeLinear", 25, [x, np.float32(8)], {"output_dtype": TensorProto.FLOAT4E2M1}),
             ("QuantizeLinear", 25, [x, np.asarray(power), np.int8(7)], {}),
             ("QuantizeLinear", 25, [x, np.float32(8), np.zeros((), ml_dtypes.int2)], {}),
             ("DequantizeLinear", 25, [drawn(rng, np.int8, 4, 6), np.float16(0.1)],
              {"output_dtype": TensorProto.FLOAT}),
             ("DequantizeLinear", 25, [drawn(rng, np.int16, 4, 6), np.asarray(power)],
              {"output_dtype": TensorProto.FLOAT})]
    for name in ("float8_e4m3fn", "float8_e4m3fnuz", "float8_e5m2", "float8_e5m2fnuz", "float4_e2m1fn"):
        small = getattr(ml_dtypes, name)
        cases.append(("DequantizeLinear", 25, [x.astype(small), np.float32(0.3)], {}))
        if name != "float4_e2m1fn":
            for saturate in (0, 1):
                cases.append(("QuantizeLinear", 25, [x * 1000, np.float32(0.3), np.zeros((), small)],
                              {"saturate": saturate}))
    for op, opset, inputs, attributes in cases:
        model, feeds = model_of(op, inputs, (1, 2), domain="", opset=opset, **attributes)
        reference = ReferenceEvaluator(model, new_ops=[QuantizeLinear, DequantizeLinear])
        expected = [np.asarray(y) for y in reference.run(None, feeds)]
        found = Session(model.SerializeToString()).run_listed(feeds)
        ours, theirs = (y[0].astype(np.float64) for y in (found, expected))
        limit = 1 if inputs[0].dtype in (np.float16, ml_dtypes.bfloat16) else 0
        same = found[0].dtype == expected[0].dtype and np.allclose(ours, theirs, rtol=0, atol=limit, equal_nan=True)
        tally.add(f"{op}-{opset} of {inputs[0].dtype} {attributes}",
                  None if same else f"{found[0].ravel()[:6]} where {expected[0].ravel()[:6]} is expected")
