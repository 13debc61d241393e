"""Nodes between DequantizeLinear and QuantizeLinear that compute with integers, against ONNX Runtime node by node.

Each form by itself, of uint8 and int8, with what stands between it and the quantizer; the profile tells that the form
is taken.
"""

import numpy as np
import onnxruntime
import pytest
from libiou import Session, available_isas
from onnx import TensorProto, helper, numpy_helper

TYPES = {np.uint8: TensorProto.UINT8, np.int8: TensorProto.INT8}
ZEROS = {np.uint8: 121, np.int8: -7}


class Graph:
    """Nodes behind quantized inputs."""

    def __init__(self, dtype, seed=5):
        self.dtype, self.rng = dtype, np.random.default_rng(seed)
        self.nodes, self.constants, self.inputs, self.feeds = [], [], [], {}

    def constant(self, value):
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def add(self, op, *inputs, **attributes):
        output = f"v{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, inputs, [output], f"{op}{len(self.nodes)}", **attributes))
        return output

    def pair(self, scale=0.031, zero=None):
        zero = ZEROS[self.dtype] if zero is None else zero
        return self.constant(np.float32(scale)), self.constant(self.dtype(zero))

    def real(self, *shape, pair=None):
        """A dequantized input."""
        name, info = f"x{len(self.inputs)}", np.iinfo(self.dtype)
        self.feeds[name] = self.rng.integers(info.min, info.max, shape, endpoint=True).astype(self.dtype)
        self.inputs.append(helper.make_tensor_value_info(name, TYPES[self.dtype], shape))
        return self.add("DequantizeLinear", name, *(pair or self.pair()))

    def weights(self, *shape, channels=True):
        """Dequantized ones, and a bias of their sums' scale."""
        scale = self.rng.uniform(0.001, 0.02, shape[0] if channels else ()).astype(np.float32)
        zero = np.zeros(scale.shape, np.int8)
        values = self.rng.integers(-127, 127, shape, endpoint=True).astype(np.int8)
        w = self.add("DequantizeLinear", *map(self.constant, (values, scale, zero)), axis=0)
        sums = self.rng.integers(-4000, 4000, shape[0]).astype(np.int32)
        bias = self.add("DequantizeLinear", self.constant(sums), self.constant(np.float32(0.031) * scale), axis=0)
        return w, bias

    def quantize(self, value, scale=0.05, zero=None):
        return self.add("QuantizeLinear", value, *self.pair(scale, zero))

    def model(self, *outputs):
        graph = helper.make_graph(self.nodes, "g", self.inputs,
                                  [helper.make_tensor_value_info(o, TensorProto.UNDEFINED, None) for o in outputs],
                                  self.constants)
        for output in graph.output:
            output.ClearField("type")
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def convolution(g, between=(), channels=True, own_bias=False, **attributes):
    w, bias = g.weights(6, 4 // attributes.get("group", 1), 3, 3, channels=channels)
    if own_bias:
        bias = g.constant(g.rng.normal(size=6).astype(np.float32))
    y = g.add("Conv", g.real(2, 4, 9, 7), w, bias, pads=[1, 0, 1, 2], **attributes)
    for op, *more in between:
        y = g.add(op, y, *(g.constant(np.float32(m)) for m in more))
    return g.quantize(y, 0.09)


def depthwise(g):
    w, bias = g.weights(37, 1, 3, 3)
    return g.quantize(g.add("Clip", g.add("Conv", g.real(1, 37, 8, 9), w, bias, group=37, strides=[2, 1], pads=[1] * 4),
                            g.constant(np.float32(0)), g.constant(np.float32(6))), 0.04, np.iinfo(g.dtype).min)


def binary(op, scale, zero=None):
    return lambda g: g.quantize(g.add("Relu", g.add(op, g.real(2, 5, 7, 3), g.real(2, 5, 7, 3, pair=g.pair(0.02, 3)))),
                                scale, zero)


def gemm_of_one_bias(g):
    """What is added has no number for each column: the product stays in floats."""
    values = g.rng.integers(-127, 127, (9, 5), endpoint=True).astype(np.int8)
    w = g.add("DequantizeLinear", *map(g.constant, (values, np.float32(0.01), np.int8(0))))
    sums = [g.constant(np.array([900], np.int32)), g.constant(np.float32(0.031) * np.float32(0.01))]
    return g.quantize(g.add("Gemm", g.real(7, 9), w, g.add("DequantizeLinear", *sums)), 0.05)


def product(g, op="MatMul", axis=1, between=(), **attributes):
    """A product by constant weights with a scale for each column; Gemm adds int32 sums."""
    scale = g.rng.uniform(0.001, 0.02, 5).astype(np.float32)
    values = g.rng.integers(-127, 127, (5, 9) if axis == 0 else (9, 5), endpoint=True).astype(np.int8)
    w = g.add("DequantizeLinear", *map(g.constant, (values, scale, np.zeros(5, np.int8))), axis=axis)
    more = []
    if op == "Gemm":
        sums = g.rng.integers(-4000, 4000, 5).astype(np.int32)
        more = [g.add("DequantizeLinear", g.constant(sums), g.constant(np.float32(0.031) * scale), axis=0)]
    y = g.add(op, g.real(7, 9) if op == "Gemm" else g.real(2, 3, 9), w, *more, **attributes)
    for op, *limits in between:
        y = g.add(op, y, *(g.constant(np.float32(m)) for m in limits))
    return g.quantize(y, 0.05)


def product_of_two(g):
    return g.quantize(g.add("MatMul", g.real(2, 3, 9), g.real(2, 9, 4, pair=g.pair(0.02, 3))), 0.5)


def average(g):
    y = g.add("AveragePool", g.real(2, 37, 9, 8), kernel_shape=[3, 2], pads=[1, 0, 1, 1], strides=[2, 1])
    return g.quantize(y, 0.02)


def average_of_four_dimensions(g):
    return g.quantize(g.add("GlobalAveragePool", g.real(2, 3, 2, 3, 2, 3)), 0.004)


def concat_of_scales(g):
    kinds = ((3, 0.01, 3), (70, 0.031, 100), (1, 0.02, 7))
    parts = [g.real(2, channels, 5, 4, pair=g.pair(scale, zero)) for channels, scale, zero in kinds]
    return g.quantize(g.add("Concat", *parts, axis=1), 0.02, 7)


def concat_and_relu(g):
    return g.quantize(g.add("Relu", g.add("Concat", g.real(2, 3, 5, 4), g.real(2, 3, 6, 4), axis=-2)), 0.02)


def silu(g):
    """The Sigmoid's output is quantized too, as tools write it."""
    x = g.real(2, 5, 7, 3)
    gate = g.add("DequantizeLinear", g.quantize(g.add("Sigmoid", x), 1 / 256, np.iinfo(g.dtype).min),
                 *g.pair(1 / 256, np.iinfo(g.dtype).min))
    return g.quantize(g.add("Mul", x, gate), 0.02)


def silu_in_floats(g):
    x = g.real(2, 5, 7, 3)
    return g.quantize(g.add("Mul", g.add("Sigmoid", x), x), 0.02)


def function(op, scale, **attributes):
    return lambda g: g.quantize(g.add(op, g.real(2, 5, 7, 3), **attributes), scale)


def moving(op, *more, inputs=1, **attributes):
    def build(g):
        pair = g.pair()
        values = [g.real(2, 4, 6, 8, pair=pair) for _ in range(inputs)]
        y = g.add(op, *values, *("" if m is None else g.constant(m) for m in more), **attributes)
        return g.add("QuantizeLinear", y, *pair)
    return build


SIXTH = np.float32([1, 1, 2, 2])
FORMS = {
    "conv": (convolution, "QLinearConv"),
    "conv relu": (lambda g: convolution(g, [("Relu",)]), "QLinearConv"),
    "conv clip": (lambda g: convolution(g, [("Clip", -1.5, 4.25)]), "QLinearConv"),
    "conv clip relu": (lambda g: convolution(g, [("Clip", -3, 4.25), ("Relu",)]), "QLinearConv"),
    "conv per tensor": (lambda g: convolution(g, channels=False), "QLinearConv"),
    "conv float bias": (lambda g: convolution(g, [("Relu",)], own_bias=True), "QLinearConv"),
    "conv groups": (lambda g: convolution(g, group=2, dilations=[2, 1]), "QLinearConv"),
    "depthwise": (depthwise, "QLinearConv"),
    "add": (binary("Add", 0.06), "QLinearAdd"),
    "add of one sign": (binary("Add", 0.06, 5), "QLinearAdd"),
    "multiply": (binary("Mul", 0.08), "QLinearMul"),
    "sigmoid": (function("Sigmoid", 1 / 256), "ByteTable"),
    "matmul": (product, "QLinearMatMul"),
    "matmul relu": (lambda g: product(g, between=[("Relu",)]), "QLinearMatMul"),
    "matmul of two": (product_of_two, "QLinearMatMul"),
    "gemm": (lambda g: product(g, "Gemm"), "QLinearMatMul"),
    "gemm clip": (lambda g: product(g, "Gemm", 0, [("Clip", -1, 3)], transB=1), "QLinearMatMul"),
    "average pool": (average, "QLinearAveragePool"),
    "global average pool": (lambda g: g.quantize(g.add("GlobalAveragePool", g.real(2, 290, 5, 3)), 0.004),
                            "QLinearAveragePool"),
    "silu": (silu, "ByteTable"),
    "silu in floats": (silu_in_floats, "ByteTable"),
    "relu": (function("Relu", 0.03), "ByteTable"),
    "leaky relu": (function("LeakyRelu", 0.02, alpha=0.1), "ByteTable"),
    "max pool": (moving("MaxPool", kernel_shape=[3, 2], pads=[1, 0, 1, 1], strides=[2, 2]), "MaxPool"),
    "resize": (moving("Resize", None, SIXTH, mode="nearest"), "Resize"),
    "concat": (moving("Concat", inputs=3, axis=1), "Concat"),
    "concat of scales": (concat_of_scales, "QLinearConcat"),
    "concat relu": (concat_and_relu, "QLinearConcat"),
    "transpose": (moving("Transpose", perm=[0, 2, 3, 1]), "Transpose"),
    "slice": (moving("Slice", np.int64([1]), np.int64([4]), np.int64([2])), "Slice"),
}


def run_reference(model, feeds):
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(model, options, ["CPUExecutionProvider"]).run(None, feeds)


@pytest.mark.parametrize("dtype", TYPES, ids=lambda t: t.__name__)
@pytest.mark.parametrize("form", FORMS)
def test_form(form, dtype, tally):
    build, step = FORMS[form]
    g = Graph(dtype)
    data = g.model(build(g)).SerializeToString()
    expected, first = run_reference(data, g.feeds)[0], None
    assert len(np.unique(expected)) > 8
    for isa in available_isas(integers=True):
        session = Session(data, threads=2, isa=isa, profile=True)
        found = session.run_listed(g.feeds)[0]
        types = [entry["type"] for entry in session.profile()]
        apart = np.abs(found.astype(int) - expected).max()
        limit = 0 if step in ("MaxPool", "Resize", "Concat", "Transpose", "Slice") else 1
        first = found if first is None else first
        tally.add(isa, None if apart <= limit else f"{apart} quanta apart",
                  None if step in types and "DequantizeLinear" not in types else f"steps {types}",
                  None if np.array_equal(found, first) else "other bits than scalar's")


@pytest.mark.parametrize("dtype", TYPES, ids=lambda t: t.__name__)
def test_no_form(dtype, tally):
    """What has none keeps its nodes, and its numbers: such a Gemm, an average over four dimensions."""
    for build in (gemm_of_one_bias, average_of_four_dimensions):
        g = Graph(dtype)
        data = g.model(build(g)).SerializeToString()
        expected = Session(data, no_optimize=True).run_listed(g.feeds)[0]
        for isa in available_isas(integers=True):
            session = Session(data, isa=isa, profile=True)
            apart = np.abs(session.run_listed(g.feeds)[0].astype(int) - expected).max()
            types = [entry["type"] for entry in session.profile()]
            tally.add(isa, None if apart <= 1 else f"{apart} quanta apart",
                      None if not any(t.startswith("QLinear") for t in types) else f"steps {types}")


@pytest.mark.parametrize("dtype", TYPES, ids=lambda t: t.__name__)
def test_floats_behind_integers(dtype, tally):
    """A convolution whose output stays floats; one whose floats another node reads too."""
    g = Graph(dtype)
    w, bias = g.weights(6, 4, 3, 3)
    y = g.add("Conv", g.real(2, 4, 9, 7), w, bias)
    for outputs in ((y,), (y, g.quantize(y))):
        data = g.model(*outputs).SerializeToString()
        expected = run_reference(data, g.feeds)
        for isa in available_isas(integers=True):
            session = Session(data, isa=isa, profile=True)
            found = session.run_listed(g.feeds)
            close = np.allclose(found[0], expected[0], rtol=1e-5, atol=1e-4)
            same = all(np.abs(a.astype(int) - b).max() <= 1 for a, b in zip(found[1:], expected[1:]))
            types = [entry["type"] for entry in session.profile()]
            tally.add(f"{isa}, {len(outputs)} outputs", None if close and same else "other numbers",
                      None if "QLinearConv" in types else f"steps {types}")


def test_fed_limit():
    """Nor is a limit that a caller may feed."""
    g = Graph(np.uint8)
    limit = g.constant(np.float32(1))
    model = g.model(g.quantize(g.add("Clip", g.real(2, 5, 7, 3), "", limit), 0.02))
    model.graph.input.append(helper.make_tensor_value_info(limit, TensorProto.FLOAT, []))
    data, feeds = model.SerializeToString(), g.feeds | {limit: np.asarray(0.2, np.float32)}
    found, expected = Session(data).run_listed(feeds)[0], run_reference(data, feeds)[0]
    assert np.abs(found.astype(int) - expected).max() <= 1


def test_fed_scale():
    """A scale that a caller may feed is no constant."""
    g = Graph(np.uint8)
    model = g.model(convolution(g))
    scale = next(node.input[1] for node in model.graph.node if node.op_type == "QuantizeLinear")
    model.graph.input.append(helper.make_tensor_value_info(scale, TensorProto.FLOAT, []))
    data, feeds = model.SerializeToString(), g.feeds | {scale: np.asarray(0.2, np.float32)}
    found, expected = Session(data).run_listed(feeds)[0], run_reference(data, feeds)[0]
    assert np.abs(found.astype(int) - expected).max() <= 1
