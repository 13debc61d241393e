"""Models that nothing has checked, with what the runtime must make of them."""

import numpy as np
from libiou import NUMBERS
from onnx import AttributeProto, TensorProto, helper, numpy_helper

F, I32, I64, U8, B = (TensorProto.FLOAT, TensorProto.INT32, TensorProto.INT64, TensorProto.UINT8,
                      TensorProto.BOOL)
I64_MIN, I64_MAX = -(1 << 63), (1 << 63) - 1
LIMIT, OUT_OF_MEMORY = 12, 20  # iou_status

CASES = []


class Case:
    """`outputs`: what a legal model computes. `names`: words that a refusal must mention. `deadline`: in seconds."""

    def __init__(self, name, data, feeds=None, *, must_refuse=False, may_refuse=True, outputs=None, names=(),
                 status=(), max_memory=0, deadline=0.0):
        self.name, self.feeds, self.outputs, self.names = name, feeds, outputs, names
        self.data = data if callable(data) else lambda: data
        self.must_refuse, self.may_refuse, self.status, self.max_memory = must_refuse, may_refuse, status, max_memory
        self.deadline = deadline


def collected(group):
    """The cases that a function adds."""
    CASES.clear()
    group()
    return list(CASES)


def info(name, type_=F, shape=None):
    return helper.make_tensor_value_info(name, type_, shape)


def constant(name, value, dtype=np.int64):
    return numpy_helper.from_array(np.asarray(value, dtype), name)


def proto(nodes, inputs, outputs, initializers=(), opset=17):
    """A model that nothing has checked."""
    said = [info(*o) if len(o) > 1 else info(*o, TensorProto.UNDEFINED) for o in outputs]
    graph = helper.make_graph(list(nodes), "malformed", [info(*i) for i in inputs], said,
                              list(initializers))
    imports = [] if opset is None else [helper.make_opsetid("", opset)]
    model = helper.make_model(graph, opset_imports=imports or [helper.make_opsetid("", 1)])
    model.ir_version = 8
    if opset is None:
        del model.opset_import[:]
    return model


def feeds_of(model, arrays):
    held = {t.name for t in model.graph.initializer}
    names = [i.name for i in model.graph.input if i.name not in held]
    return list(zip(names, arrays))


def add(name, model, arrays=(), refuse=None, compute=None, **more):
    """`refuse`: words of the refusal that must come; `compute`: outputs that must come."""
    feeds = feeds_of(model, arrays) if arrays is not None else None
    if compute is not None:
        more["outputs"] = compute
    CASES.append(Case(name, model.SerializeToString(), feeds, must_refuse=refuse is not None,
                      may_refuse=compute is None, names=refuse or (), **more))


def node_case(name, op, arrays, constants=(), attributes=None, opset=17, shapes=None, outputs=1, refuse=False,
              compute=None, values=None, domain="", **more):
    """A model of one node named "victim": computed inputs first, then constants (None: absent)."""
    names, initializers = [], []
    inputs = []
    for i, array in enumerate(arrays):
        names.append(f"x{i}")
        shape = array.shape if shapes is None else shapes
        inputs.append((f"x{i}", NUMBERS[array.dtype], list(shape)))
    for i, value in enumerate(constants):
        if value is None:
            names.append("")
            continue
        names.append(f"c{i}")
        initializers.append(numpy_helper.from_array(np.asarray(value), f"c{i}"))
    node = helper.make_node(op, names, [f"y{i}" for i in range(outputs)], name="victim", domain=domain,
                            **(attributes or {}))
    model = proto([node], inputs, [(f"y{i}", TensorProto.UNDEFINED) for i in range(outputs)], initializers, opset)
    add(f"{op}: {name}", model, arrays, refuse=["victim"] if refuse else None, compute=compute, outputs=values, **more)


def f32(*shape):
    return np.arange(int(np.prod(shape)), dtype=np.float32).reshape(shape)


def i64(*values):
    return np.asarray(values, np.int64)


def good_model():
    """Small, and of everything: convolution, normalization, residual, shapes, a resize."""
    nodes = [
        helper.make_node("Conv", ["x", "w", "b"], ["c"], name="conv", pads=[1, 1, 1, 1], strides=[2, 2]),
        helper.make_node("BatchNormalization", ["c", "g", "b", "b", "v"], ["n"], name="norm", epsilon=1e-5),
        helper.make_node("Relu", ["n"], ["r"], name="relu"),
        helper.make_node("Resize", ["r", "", "", "z"], ["u"], name="up", mode="nearest",
                         coordinate_transformation_mode="asymmetric", nearest_mode="floor"),
        helper.make_node("MaxPool", ["u"], ["m"], name="pool", kernel_shape=[2, 2], strides=[2, 2]),
        helper.make_node("Concat", ["m", "r"], ["k"], name="concat", axis=1),
        helper.make_node("Reshape", ["k", "s"], ["y"], name="flat"),
    ]
    rng = np.random.default_rng(1)
    initializers = [
        constant("w", rng.normal(size=(4, 3, 3, 3)), np.float32), constant("b", rng.normal(size=4), np.float32),
        constant("g", np.ones(4), np.float32), constant("v", np.ones(4), np.float32),
        constant("z", [1, 4, 8, 8]), constant("s", [1, -1]),
    ]
    return proto(nodes, [("x", F, [1, 3, 8, 8])], [("y", F)], initializers)


def shape_model():
    """Small, and of the operators that move and count: what exporters write around a detector."""
    nodes = [
        helper.make_node("Shape", ["x"], ["s"], name="shape"),
        helper.make_node("Gather", ["s", "i"], ["h"], name="gather", axis=0),
        helper.make_node("Div", ["h", "two"], ["half"], name="div"),
        helper.make_node("Unsqueeze", ["half", "zero"], ["end"], name="unsqueeze"),
        helper.make_node("Slice", ["x", "zero", "end", "axis"], ["part"], name="slice"),
        helper.make_node("Transpose", ["part"], ["t"], name="transpose", perm=[0, 2, 3, 1]),
        helper.make_node("Softmax", ["t"], ["p"], name="softmax", axis=-1),
        helper.make_node("Split", ["p"], ["a", "b"], name="split", axis=3),
        helper.make_node("Expand", ["a", "big"], ["e"], name="expand"),
        helper.make_node("Where", ["mask", "e", "half_f"], ["y"], name="where"),
        helper.make_node("Cast", ["b"], ["z"], name="cast", to=I32),
    ]
    initializers = [constant("i", 2), constant("two", 2), constant("zero", [0]), constant("axis", [2]),
                    constant("big", [2, 1, 1, 2]), constant("half_f", 0.5, np.float32),
                    constant("mask", [True, False], np.bool_)]
    return proto(nodes, [("x", F, ["n", 4, "h", "w"])], [("y", F), ("z", I32)], initializers)


def length_prefixed(field, content):
    """A message's field of wire type 2; Python's own writer refuses deep nesting."""
    size, prefix = len(content), bytearray([field << 3 | 2])
    while size > 0x7f:
        prefix.append(size & 0x7f | 0x80)
        size >>= 7
    prefix.append(size)
    return bytes(prefix) + content


def nested_if(depth):
    node = helper.make_node("Relu", ["x"], ["y"]).SerializeToString()
    for _ in range(depth):
        graph = length_prefixed(1, node)
        attribute = (
            length_prefixed(1, b"then_branch") + bytes([0xA0, 0x01, AttributeProto.GRAPH]) + length_prefixed(6, graph)
        )
        node = length_prefixed(1, b"x") + length_prefixed(2, b"y") + length_prefixed(4, b"If") \
            + length_prefixed(5, attribute)
    rest = proto([], [("x", F, [2])], [("y", F)])
    return rest.SerializeToString() + length_prefixed(7, length_prefixed(1, node))
