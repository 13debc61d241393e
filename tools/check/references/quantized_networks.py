"""A small detector of drawn weights, quantized by ONNX Runtime's tools."""

import functools
import logging
import pathlib
import tempfile

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import (
    CalibrationDataReader,
    QuantFormat,
    QuantType,
    quantize_dynamic,
    quantize_static,
    shape_inference,
)

SIZE = (48, 64)
HEAD = 6


class _Writer:
    """Nodes one behind the other."""

    def __init__(self, seed):
        self.rng = np.random.default_rng(seed)
        self.nodes, self.weights = [], []

    def add(self, op, inputs, **attributes):
        output = f"{op.lower()}{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, inputs, [output], f"{op}_{len(self.nodes)}", **attributes))
        return output

    def constant(self, value):
        name = f"w{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def conv(self, x, channels, out, size=3, stride=1, group=1, act="Relu"):
        shape = (out, channels // group, size, size)
        weights = self.rng.normal(size=shape) * np.sqrt(2 / np.prod(shape[1:]))
        weights *= self.rng.uniform(0.3, 2, (out, 1, 1, 1))
        y = self.add("Conv", [x, self.constant(weights.astype(np.float32))], kernel_shape=[size] * 2, group=group,
                     strides=[stride] * 2, pads=[size // 2] * 4)
        numbers = [self.rng.uniform(0.5, 1.5, out), self.rng.normal(size=out) * 0.2, self.rng.normal(size=out) * 0.1,
                   self.rng.uniform(0.5, 1.5, out)]
        y = self.add("BatchNormalization", [y, *[self.constant(n.astype(np.float32)) for n in numbers]])
        return self.add(act, [y]) if act else y


def network(seed=7):
    """Stem, residual block, inverted residual, pooling pyramid, top-down path, head."""
    w = _Writer(seed)
    x = w.conv("images", 3, 16, stride=2)
    kept = w.conv(x, 16, 32, stride=2)
    x = w.add("Relu", [w.add("Add", [w.conv(w.conv(kept, 32, 32), 32, 32, act=None), kept])])
    inner = w.conv(w.conv(x, 32, 64, size=1), 64, 64, group=64)
    x = w.add("Add", [w.conv(inner, 64, 32, size=1, act=None), x])
    deep = w.conv(x, 32, 48, stride=2)
    pooled = w.add("MaxPool", [deep], kernel_shape=[3, 3], pads=[1] * 4)
    deep = w.conv(w.add("Concat", [deep, pooled], axis=1), 96, 32, size=1)
    up = w.add("Resize", [deep, "", w.constant(np.float32([1, 1, 2, 2]))], mode="nearest", nearest_mode="floor",
               coordinate_transformation_mode="asymmetric")
    joined = w.conv(w.add("Concat", [up, x], axis=1), 64, 40, group=4)
    average = w.add("GlobalAveragePool", [joined])
    gate = w.add("Sigmoid", [w.conv(average, 40, 40, size=1, act=None)])
    joined = w.add("Mul", [joined, gate])
    x = w.add("LeakyRelu", [w.conv(joined, 40, 32, act=None)], alpha=0.1)
    heads = w.add("Conv", [x, w.constant((w.rng.normal(size=(HEAD, 32, 1, 1)) * 0.3).astype(np.float32)),
                           w.constant((w.rng.normal(size=HEAD) * 0.5).astype(np.float32))])
    rows = w.add("Reshape", [w.add("Transpose", [heads], perm=[0, 2, 3, 1]), w.constant(np.int64([0, -1, HEAD]))])
    mixed = w.add("MatMul", [rows, w.constant((w.rng.normal(size=(HEAD, 5)) * 0.4).astype(np.float32))])
    w.nodes.append(helper.make_node("Sigmoid", [mixed], ["scores"], "scores"))
    w.nodes.append(helper.make_node("Identity", [heads], ["maps"], "maps"))
    graph = helper.make_graph(
        w.nodes, "small", [helper.make_tensor_value_info("images", TensorProto.FLOAT, ["batch", 3, *SIZE])],
        [helper.make_tensor_value_info(n, TensorProto.FLOAT, None) for n in ("scores", "maps")], w.weights)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def pictures(count, seed=3):
    """Smooth ones, of different contrast."""
    rng = np.random.default_rng(seed)
    small = rng.normal(size=(count, 3, SIZE[0] // 8, SIZE[1] // 8)) * rng.uniform(0.3, 1.5, (count, 1, 1, 1))
    return (small.repeat(8, 2).repeat(8, 3) + rng.normal(size=(count, 3, *SIZE)) * 0.2).astype(np.float32)


class _Pictures(CalibrationDataReader):
    def __init__(self):
        self.left = iter(pictures(4))

    def get_next(self):
        picture = next(self.left, None)
        return None if picture is None else {"images": picture[None]}


@functools.cache
def folded() -> bytes:
    """What the tools ask for first: shapes inferred, BatchNormalization in the weights."""
    with tempfile.TemporaryDirectory() as folder:
        path, to = pathlib.Path(folder, "a.onnx"), pathlib.Path(folder, "b.onnx")
        onnx.save(network(), path)
        shape_inference.quant_pre_process(str(path), str(to), skip_symbolic_shape=True)
        return to.read_bytes()


@functools.cache
def quantized(layout: str, per_channel: bool, activation: str, weight: str) -> bytes:
    """`layout`: QDQ, QOperator or dynamic."""
    logging.disable(logging.WARNING)
    with tempfile.TemporaryDirectory() as folder:
        path, to = pathlib.Path(folder, "a.onnx"), pathlib.Path(folder, "b.onnx")
        path.write_bytes(folded())
        if layout == "dynamic":
            quantize_dynamic(str(path), str(to), per_channel=per_channel, weight_type=QuantType[weight])
        else:
            quantize_static(str(path), str(to), _Pictures(), quant_format=QuantFormat[layout], per_channel=per_channel,
                            activation_type=QuantType[activation], weight_type=QuantType[weight])
        logging.disable(logging.NOTSET)
        return to.read_bytes()
