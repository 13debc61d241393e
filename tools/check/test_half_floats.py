"""Models of float16 and bfloat16: values are held in float32 between nodes, the file's types come back at the border.

Networks with the parts of detectors, converted, against themselves in float32; and small graphs in which something asks
for the file's type in the middle (bodies, sequences, bits, casts, outputs that are read on), against ONNX Runtime.
"""

import detector_networks
import libiou
import ml_dtypes
import numpy as np
import onnx
import onnxruntime
import pytest
from dynamic_models import BOOL, I64, branch, constants, ints, model, node, value
from onnx import TensorProto, helper, numpy_helper

F16 = TensorProto.FLOAT16
DTYPES = {"float16": (TensorProto.FLOAT16, np.float16), "bfloat16": (TensorProto.BFLOAT16, ml_dtypes.bfloat16)}
TOLERANCES = {"float16": 2e-3, "bfloat16": 2e-2}  # of the float32 network's range
RANDOM = np.random.default_rng(7)


def half(*shape):
    return RANDOM.normal(size=shape).astype(np.float16)


# ---- Networks ------------------------------------------------------------------------------------------------------


def converted(made: bytes, type_name: str) -> bytes:
    """All float32 of a model in 16 bits, but for scales, which Resize has in float32 alone."""
    code, dtype = DTYPES[type_name]
    proto = onnx.load_from_string(made)
    scales = {name for each in proto.graph.node if each.op_type == "Resize" for name in each.input[1:3]}

    def narrowed(tensor):
        return numpy_helper.from_array(numpy_helper.to_array(tensor).astype(dtype), tensor.name)

    for tensor in proto.graph.initializer:
        if tensor.data_type == TensorProto.FLOAT and tensor.name not in scales:
            tensor.CopyFrom(narrowed(tensor))
    for each in proto.graph.node:
        for attribute in () if scales & set(each.output) else each.attribute:
            if attribute.type == onnx.AttributeProto.TENSOR and attribute.t.data_type == TensorProto.FLOAT:
                attribute.t.CopyFrom(narrowed(attribute.t))
            if each.op_type == "Cast" and attribute.name == "to" and attribute.i == TensorProto.FLOAT:
                attribute.i = code
    for info in [*proto.graph.input, *proto.graph.output, *proto.graph.value_info]:
        if info.type.tensor_type.elem_type == TensorProto.FLOAT:
            info.type.tensor_type.elem_type = code
    return proto.SerializeToString()


@pytest.mark.parametrize("type_name", DTYPES)
@pytest.mark.parametrize("name", detector_networks.NETWORKS)
def test_networks(name: str, type_name: str):
    """Boxes that end-to-end networks choose may change; all others stay where they are."""
    network = detector_networks.seeded(detector_networks.NETWORKS[name]())
    made = detector_networks.exported(network, (1, 3, 64, 96), dynamic=False)
    images = RANDOM.random((1, 3, 64, 96), np.float32)
    expected = libiou.Session(made).run({"images": images})
    session = libiou.Session(converted(made, type_name), profile=True)
    found = session.run({"images": images.astype(DTYPES[type_name][1])})
    assert not [step for step in session.profile() if "widened" in step["algorithm"]]
    for output, reference in expected.items():
        dtype = DTYPES[type_name][1] if reference.dtype == np.float32 else reference.dtype  # some end in doubles
        assert found[output].dtype == dtype and found[output].shape == reference.shape
        if "end" not in name:
            error = np.abs(found[output].astype(np.float32) - reference).max() / np.ptp(reference)
            assert error < TOLERANCES[type_name], output


# ---- Where the file's type is asked for ------------------------------------------------------------------------------


def read_on():
    """An output that other nodes read, one that is an input, one twice; a constant as an output."""
    nodes = [node("Mul", ["x", "w"], ["y"]), node("Add", ["y", "w"], ["z"]), node("Identity", ["x"], ["same"]),
             node("Identity", ["w"], ["k"])]
    return model(nodes, [value("x", F16, [2, 3])], [value(name, F16) for name in ("y", "z", "same", "k", "x")],
                 constants(w=half(2, 3))), {"x": half(2, 3)}


def looks_at_bits():
    nodes = [node("Sqrt", ["x"], ["y"]), node("BitCast", ["y"], ["z"], to=TensorProto.UINT16)]
    return model(nodes, [value("x", F16, [64])], [value("z", TensorProto.UINT16)], opset=26), {"x": np.abs(half(64))}


def casts():
    nodes = [node("Exp", ["x"], ["e"]), node("Cast", ["e"], ["f"], to=TensorProto.FLOAT),
             node("Cast", ["f"], ["h"], to=F16), node("Neg", ["h"], ["y"]), node("Cast", ["e"], ["i"], to=I64),
             node("CastLike", ["i", "x"], ["l"])]
    return model(nodes, [value("x", F16, [3, 5])], [value("y", F16), value("f"), value("i", I64), value("l", F16)],
                 opset=19), {"x": half(3, 5)}


def condition(flag):
    nodes = [node("Relu", ["x"], ["r"]), node("If", ["c"], ["y"],
             then_branch=branch([node("Add", ["r", "w"], ["t"])], ["t"], dtype=F16),
             else_branch=branch([node("Mul", ["r", "x"], ["u"])], ["u"], dtype=F16))]
    return model(nodes, [value("x", F16, [4]), value("c", BOOL, [])], [value("y", F16)],
                 constants(w=half(4))), {"x": half(4), "c": np.array(flag)}


def loop():
    """A state and an outer value, both of nodes before."""
    body = helper.make_graph(
        [node("Add", ["s", "r"], ["t"]), node("Identity", ["more"], ["on"])], "body",
        [value("i", I64, []), value("more", BOOL, []), value("s", F16)], [value("on", BOOL, []), value("t", F16)])
    nodes = [node("Relu", ["x"], ["r"]), node("Neg", ["x"], ["n"]), node("Loop", ["m", "", "n"], ["l"], body=body),
             node("Abs", ["l"], ["y"])]
    return model(nodes, [value("x", F16, [4])], [value("y", F16)], constants(m=np.int64(3))), {"x": half(4)}


def sequence():
    nodes = [node("Relu", ["x"], ["r"]), node("SequenceConstruct", ["r", "x"], ["s"]),
             node("ConcatFromSequence", ["s"], ["c"], axis=0), node("Add", ["c", "c"], ["y"])]
    return model(nodes, [value("x", F16, [2, 3])], [value("y", F16)]), {"x": half(2, 3)}


def fed_default():
    """A constant that may be fed: it is not converted before."""
    nodes = [node("Conv", ["x", "w"], ["c"], pads=[1] * 4), node("Relu", ["c"], ["y"])]
    return model(nodes, [value("x", F16, [1, 3, 7, 9]), value("w", F16, [4, 3, 3, 3])], [value("y", F16)],
                 constants(w=half(4, 3, 3, 3))), {"x": half(1, 3, 7, 9)}


def moves():
    nodes = [node("Transpose", ["x"], ["t"], perm=[1, 0]), node("Concat", ["t", "w"], ["c"], axis=0),
             node("Slice", ["c", "from", "to"], ["s"]), node("TopK", ["s", "k"], ["v", "at"]),
             node("Shape", ["v"], ["h"]), node("Where", ["b", "s", "s"], ["y"]), node("Max", ["v", "v"], ["u"])]
    return model(nodes, [value("x", F16, [4, 3])], [value(name, F16) for name in "yvu"] + [value("at", I64),
                 value("h", I64)],
                 constants(w=half(2, 4), **{"from": ints(1), "to": ints(5), "k": ints(2), "b": np.array(True)})
                 ), {"x": half(4, 3)}


def resizes():
    """Scales and boxes are of types of their own."""
    nodes = [node("Resize", ["x", "", "scales"], ["r"], mode="linear"),
             node("Resize", ["r", "box", "", "sizes"], ["c"], mode="linear",
                  coordinate_transformation_mode="tf_crop_and_resize"), node("Relu", ["c"], ["y"])]
    return model(nodes, [value("x", F16, [1, 2, 3, 4])], [value("y", F16)],
                 constants(scales=np.float32([1, 1, 2, 1.5]), box=np.float16([0, 0, 0.1, 0.2, 1, 1, 0.8, 1]),
                           sizes=ints(1, 2, 5, 7))), {"x": half(1, 2, 3, 4)}


GRAPHS = {"read_on": read_on, "casts": casts, "then": lambda: condition(True), "else": lambda: condition(False),
          "loop": loop, "sequence": sequence, "fed_default": fed_default, "moves": moves,
          "resizes": resizes}


@pytest.mark.parametrize("name", GRAPHS)
def test_graphs(name: str):
    made, feeds = GRAPHS[name]()
    reference = onnxruntime.InferenceSession(made, providers=["CPUExecutionProvider"])
    names = [output.name for output in reference.get_outputs()]
    expected = dict(zip(names, reference.run(None, feeds)))
    for options in ({}, {"no_optimize": True}):
        found = libiou.Session(made, **options).run(feeds)
        for output in names:
            assert found[output].dtype == expected[output].dtype, output
            np.testing.assert_allclose(found[output].astype(np.float64), expected[output].astype(np.float64), rtol=2e-3,
                                       atol=2e-3, err_msg=output)


def test_scatters():
    """What ONNX Runtime has in float32 alone."""
    at, updates, x = np.zeros((3, 1), np.int64), half(3, 1), half(3, 4)
    nodes = [node("ScatterElements", ["x", "at", "u"], ["y"], axis=1, reduction="mul"),
             node("ScatterND", ["x", "first", "row"], ["z"], reduction="add")]
    made = model(nodes, [value("x", F16, [3, 4])], [value(name, F16) for name in "yz"],
                 constants(at=at, u=updates, first=np.zeros((2, 1), np.int64), row=np.stack([x[1], x[2]])))
    found = libiou.Session(made).run({"x": x})
    wide = x.astype(np.float32)
    product, total = wide.copy(), wide.copy()
    product[:, :1] *= updates
    total[0] += wide[1] + wide[2]
    np.testing.assert_allclose(found["y"], product, rtol=1e-3)
    np.testing.assert_allclose(found["z"], total, rtol=2e-3, atol=2e-3)


def test_bits():
    """What is looked at bit by bit has been rounded."""
    made, feeds = looks_at_bits()
    found = libiou.Session(made).run(feeds)["z"]
    expected = np.sqrt(feeds["x"].astype(np.float32)).astype(np.float16).view(np.uint16)
    np.testing.assert_array_equal(found, expected)
