"""Malformed tensors, graphs and inputs."""

import ctypes

import numpy as np
from libiou import _Tensor as Tensor
from malformed_models import CASES, I64, I64_MAX, I64_MIN, LIMIT, Case, F, add, constant, f32, i64, nested_if, proto
from onnx import AttributeProto, StringStringEntryProto, TensorProto, helper


def tensor_cases():
    def initializer(name, change, refuse=True, arrays=None):
        tensor = TensorProto(name="weight", data_type=F, dims=[2, 2])
        tensor.raw_data = np.zeros(4, np.float32).tobytes()
        change(tensor)
        model = proto([helper.make_node("Add", ["x", "weight"], ["y"], name="victim")], [("x", F, [2, 2])],
                      [("y", F)], [tensor])
        add(f"tensor: {name}", model, [f32(2, 2)] if arrays is None else arrays, ["weight"] if refuse else None)

    def typed(values, raw=None, **fields):
        def change(t):
            t.ClearField("raw_data")
            t.float_data.extend(values)
            if raw is not None:
                t.raw_data = raw
            for key, value in fields.items():
                setattr(t, key, value)
        return change

    def dims(*values):
        def change(t):
            del t.dims[:]
            t.dims.extend(values)
        return change

    def external(**entries):
        def change(t):
            t.ClearField("raw_data")
            t.data_location = TensorProto.EXTERNAL
            for key, value in entries.items():
                t.external_data.append(StringStringEntryProto(key=key, value=value))
        return change

    initializer("raw_data short", lambda t: setattr(t, "raw_data", b"\0" * 12))
    initializer("raw_data long", lambda t: setattr(t, "raw_data", b"\0" * 20))
    initializer("raw_data not of whole elements", lambda t: setattr(t, "raw_data", b"\0" * 15))
    initializer("raw_data empty", lambda t: setattr(t, "raw_data", b""))
    initializer("raw and typed data", typed([0] * 4, b"\0" * 16))
    initializer("float_data short", typed([0] * 3))
    initializer("float_data long", typed([0] * 5))
    initializer("no data", typed([]))
    initializer("float_data of an int64 tensor", typed([0] * 4, data_type=I64))
    initializer("negative dimension", dims(-2, -2))
    initializer("negative dimension of an empty product", dims(-2, 0))
    initializer("product overflows", dims(1 << 62, 1 << 62))
    initializer("product of bytes overflows", dims(1 << 62, 1))
    initializer("product wraps to 4", dims(4194305, 4194305, 211106198978564))
    initializer("rank 200", dims(*[1] * 199, 4))
    initializer("element type 77", lambda t: setattr(t, "data_type", 77))
    initializer("element type -1", lambda t: setattr(t, "data_type", -1))
    initializer("element type 0", lambda t: setattr(t, "data_type", 0))
    initializer("strings with raw_data", lambda t: setattr(t, "data_type", TensorProto.STRING))
    initializer("int4 of an odd count", lambda t: setattr(t, "data_type", TensorProto.INT4))
    initializer("segment", lambda t: setattr(t.segment, "end", 4))
    initializer("external ../x", external(location="../x", length="16"))
    initializer("external /etc/passwd", external(location="/etc/passwd", length="16"))
    initializer("external /dev/zero", external(location="/dev/zero", offset="-1", length=str(1 << 60)))
    initializer("external nowhere", external())
    initializer("NaN and Inf", lambda t: setattr(t, "raw_data", np.float32([np.nan, np.inf, -np.inf, 0]).tobytes()),
                refuse=False)
    initializer("dims that do not broadcast", dims(4), refuse=False)

    twice = proto([helper.make_node("Add", ["x", "w"], ["y"])], [("x", F, [2])], [("y", F)],
                  [constant("w", [1, 2], np.float32), constant("w", [3, 4], np.float32)])
    add("tensor: name given twice", twice, [f32(2)], ["'w'"])
    shadow = proto([helper.make_node("Add", ["x", "w"], ["y"])], [("x", F, [2]), ("w", I64, [2])], [("y", F)],
                   [constant("w", [1, 2], np.float32)])
    add("tensor: shadows an input of another type", shadow, [f32(2)], ["'w'"])
    sparse = proto([helper.make_node("Relu", ["x"], ["y"])], [("x", F, [2])], [("y", F)])
    s = sparse.graph.sparse_initializer.add()
    s.values.CopyFrom(constant("s", [1], np.float32))
    s.indices.CopyFrom(constant("", [1 << 40]))
    s.dims.append(4)
    add("tensor: sparse index out of range", sparse, [f32(2)], ["sparse"])


def graph_cases():
    x = [("x", F, [2])]

    def relu(*pairs):
        return [helper.make_node("Relu", [a], [b], name=f"node_{i}") for i, (a, b) in enumerate(pairs)]

    add("graph: cycle", proto(relu(("b", "a"), ("a", "b")), x, [("b", F)]), [f32(2)], ["node_0", "'b'"])
    add("graph: node reads itself", proto(relu(("a", "a")), x, [("a", F)]), [f32(2)], ["node_0", "'a'"])
    add("graph: not in order", proto(relu(("a", "b"), ("x", "a")), x, [("b", F)]), [f32(2)],
        compute=[np.maximum(f32(2), 0)])
    add("graph: output computed twice", proto(relu(("x", "a"), ("x", "a")), x, [("a", F)]), [f32(2)],
        ["node_1", "'a'"])
    add("graph: output has an input's name", proto(relu(("x", "x")), x, [("x", F)]), [f32(2)], ["node_0", "'x'"])
    add("graph: undefined input", proto(relu(("nowhere", "a")), x, [("a", F)]), [f32(2)], ["node_0", "'nowhere'"])
    add("graph: undefined output", proto(relu(("x", "a")), x, [("nowhere", F)]), [f32(2)], ["'nowhere'"])
    add("graph: input twice", proto(relu(("x", "a")), x * 2, [("a", F)]), [f32(2), f32(2)], ["'x'"])
    add("graph: no outputs", proto(relu(("x", "a")), x, []), [f32(2)], ["output"])
    add("graph: no nodes, an input is the output", proto([], x, [("x", F)]), [f32(2)], compute=[f32(2)])
    add("graph: a constant is the output", proto([], [], [("c", I64)], [constant("c", [1, 2])]), [],
        compute=[i64(1, 2)])
    add("graph: one value is two outputs", proto([*relu(("x", "a")), helper.make_node("Identity", ["a"], ["b"])], x,
                                                 [("a", F), ("b", F)]), [f32(2)], compute=[f32(2), f32(2)])
    for opset in (999, 0, -1, I64_MAX, I64_MIN):
        add(f"graph: opset {opset}", proto(relu(("x", "a")), x, [("a", F)], opset=opset), [f32(2)], ["opset"])
    add("graph: no opset", proto(relu(("x", "a")), x, [("a", F)], opset=None), [f32(2)], ["opset"])
    two = proto(relu(("x", "a")), x, [("a", F)])
    two.opset_import.append(helper.make_opsetid("ai.onnx", 12))
    add("graph: two opsets of one domain", two, [f32(2)], ["twice"])
    foreign = [helper.make_node("Relu", ["x"], ["a"], name="victim", domain="com.example")]
    add("graph: unknown domain", proto(foreign, x, [("a", F)]), [f32(2)], ["victim", "com.example", "Relu"])
    add("graph: empty op_type", proto([helper.make_node("", ["x"], ["a"], name="victim")], x, [("a", F)]), [f32(2)],
        ["victim"])
    missing = [helper.make_node(op, ["x"], [f"a{i}"], name=f"lacks_{i}")
               for i, op in enumerate(["Nowhere", "Relu", "Neither", "Nowhere", "Never"])]
    add("graph: several operators missing", proto(missing, x, [("a4", F)]), [f32(2)],
        ["Nowhere", "Neither", "Never", "lacks_0", "lacks_2", "lacks_3", "lacks_4"])
    many = [helper.make_node("Relu", ["x"], [f"r{i}"]) for i in range(30000)]
    many += [helper.make_node("Nowhere", ["x"], [f"a{i}"], name=f"lacks_{i}") for i in range(30000)]
    add("graph: 30,000 nodes of a missing operator", proto(many, x, [("a0", F)]), None, ["Nowhere", "lacks_0"])
    chain = [helper.make_node("Neg", [f"v{i}"], [f"v{i + 1}"]) for i in range(10000)]
    add("graph: 10,000 nodes in a row", proto(chain, [("v0", F, [2])], [("v10000", F)]), [f32(2)], compute=[f32(2)])
    wide = [helper.make_node("Exp", ["x"], [f"v{i}"]) for i in range(12000)]
    wide.append(helper.make_node("Sum", [f"v{i}" for i in range(12000)], ["y"], name="sum"))
    add("graph: 12,000 values at a time", proto(wide, x, [("y", F)]), [np.zeros(2, np.float32)],
        compute=[np.full(2, 12000, np.float32)])
    add("graph: node without inputs", proto([helper.make_node("Relu", [], ["a"], name="victim")], [], [("a", F)]), [],
        ["victim"])
    add("graph: node without outputs", proto([helper.make_node("Relu", ["x"], [], name="victim")], x, [("x", F)]),
        [f32(2)], ["victim"])
    add("graph: node with an unnamed output", proto([helper.make_node("Relu", ["x"], [""], name="victim")], x,
                                                    [("x", F)]), [f32(2)])
    add("graph: too few inputs", proto([helper.make_node("Add", ["x"], ["a"], name="victim")], x, [("a", F)]),
        [f32(2)], ["victim"])
    add("graph: too many inputs", proto([helper.make_node("Relu", ["x"] * 9, ["a"], name="victim")], x, [("a", F)]),
        [f32(2)], ["victim"])
    add("graph: too many outputs", proto([helper.make_node("Relu", ["x"], ["a", "b"], name="victim")], x,
                                         [("a", F)]), [f32(2)], ["victim"])
    add("graph: an input is absent", proto([helper.make_node("Add", ["", "x"], ["a"], name="victim")], x,
                                           [("a", F)]), [f32(2)], ["victim"])
    add("graph: 100,000 inputs of one node", proto([helper.make_node("Concat", ["x"] * 100000, ["a"], name="victim",
                                                                     axis=0)], x, [("a", F)]), [f32(2)])
    newline = [helper.make_node("Nowhere", ["x"], ["a"], name="one\ntwo\x1b[31m")]
    add("graph: control characters in names", proto(newline, x, [("a", F)]), [f32(2)], ["Nowhere"])
    long = [helper.make_node("Nowhere", ["x"], ["a"], name="é" * 2000)]
    add("graph: a name of 4,000 bytes", proto(long, x, [("a", F)]), [f32(2)], ["Nowhere"])
    percent = [helper.make_node("Add", ["x", "x"], ["a"], name="%s%n%d"), helper.make_node("Relu", ["q"], ["%n"])]
    add("graph: formats in names", proto(percent, x, [("a", F)]), [f32(2)], ["'%n'"])

    for depth in (3, 60, 3000):
        CASES.append(Case(f"graph: {depth} nested If", nested_if(depth), [("x", f32(2))], must_refuse=True))

    attribute = proto([helper.make_node("Softmax", ["x"], ["a"], name="victim", axis=0)], x, [("a", F)])

    def changed(name, change, refuse=True):
        model = proto([], [], [])
        model.CopyFrom(attribute)
        change(model.graph.node[0].attribute)
        add(f"attribute: {name}", model, [f32(2)], ["victim", "axis"] if refuse else None)

    changed("given twice", lambda a: a.append(helper.make_attribute("axis", 0)))
    changed("a float in an integer's place", lambda a: a[0].CopyFrom(helper.make_attribute("axis", 0.0)))
    changed("a list in a number's place", lambda a: a[0].CopyFrom(helper.make_attribute("axis", [0, 0])))
    changed("a string in a number's place", lambda a: a[0].CopyFrom(helper.make_attribute("axis", "0")))
    changed("a type that its value has not", lambda a: setattr(a[0], "type", AttributeProto.FLOAT))
    changed("type 77 bytes without a value", lambda a: a[0].ClearField("i"))
    changed("2^62", lambda a: setattr(a[0], "i", 1 << 62))
    changed("INT64_MIN", lambda a: setattr(a[0], "i", I64_MIN))

    def reference(a):
        a[0].ClearField("i")
        a[0].ref_attr_name = "outside"
    changed("a reference outside a function", reference)
    lots = proto([], [], [])
    lots.CopyFrom(attribute)
    for i in range(60000):
        lots.graph.node[0].attribute.append(AttributeProto(name=f"axis{i}", i=0, type=AttributeProto.INT))
    add("attribute: 60,000 of one node", lots, [f32(2)], ["victim"])


def input_cases():
    def model(shape, type_=F, op="Neg", inputs=1):
        names = [f"x{i}" for i in range(inputs)]
        nodes = [helper.make_node(op, names, ["y"], name="victim")]
        shapes = shape if inputs > 1 else [shape]
        return proto(nodes, [(n, type_, s) for n, s in zip(names, shapes)], [("y", F)])

    def fed(name, m, feeds, names, **more):
        CASES.append(Case(f"input: {name}", m.SerializeToString(), feeds, must_refuse=True, names=names, **more))

    good, x = model([2, 3]), f32(2, 3)
    fed("missing", good, [], ["'x0'"])
    fed("unknown", good, [("x0", x), ("q", x)], ["'q'"])
    fed("twice", good, [("x0", x), ("x0", x)], ["'x0'"])
    fed("another type", good, [("x0", x.astype(np.float64))], ["'x0'", "float32"])
    fed("another rank", good, [("x0", x[0])], ["'x0'"])
    fed("another shape", good, [("x0", f32(3, 2))], ["'x0'"])
    dims = ctypes.c_int64 * 8
    fed("rank 9", good, [("x0", Tensor(None, 1, 9, dims(), x.ctypes.data, 4))], ["'x0'"])
    fed("rank -1", good, [("x0", Tensor(None, 1, -1, dims(), x.ctypes.data, 4))], ["'x0'"])
    fed("negative dimension", good, [("x0", Tensor(None, 1, 2, dims(-2, -3), x.ctypes.data, 24))], ["'x0'"])
    fed("no data", good, [("x0", Tensor(None, 1, 2, dims(2, 3), None, 24))], ["'x0'"])
    fed("short data", good, [("x0", Tensor(None, 1, 2, dims(2, 3), x.ctypes.data, 20))], ["'x0'"])
    fed("misaligned data", good, [("x0", Tensor(None, 1, 1, dims(4), x.ctypes.data + 1, 16))], ["'x0'"])
    fed("2^62 x 2^62", model([1 << 62, 1 << 62]), [("x0", Tensor(None, 1, 2, dims(1 << 62, 1 << 62), x.ctypes.data,
                                                                   0))], ["'x0'"])
    fed(
        "one symbol, two sizes",
        model([["n", 2], ["n", 2]], op="Add", inputs=2),
        [("x0", f32(1, 2)), ("x1", f32(2, 2))],
        ["'n'"],
    )
    fed("one symbol twice in a shape", model(["n", "n"]), [("x0", f32(2, 3))], ["'n'"])
    fed("declared rank 200", model([1] * 200), [], ["'x0'"])
    fed("declared a string", model([2], TensorProto.STRING), [], ["'x0'"])
    fed("declared type 77", model([2], 77), [], ["'x0'"])
    sequence = proto([helper.make_node("Identity", ["x"], ["y"])], [], [("y", F)])
    sequence.graph.input.append(helper.make_tensor_sequence_value_info("x", F, None))
    fed("declared a sequence", sequence, [], ["'x'"])
    untyped = proto([helper.make_node("Identity", ["x"], ["y"])], [], [("y", F)])
    untyped.graph.input.add().name = "x"
    fed("declared without type", untyped, [], ["'x'"])
    add("input: unknown shape", model(None), [f32(2, 3)], compute=[-f32(2, 3)])
    add("input: empty", model(["n", 3]), [f32(0, 3)], compute=[f32(0, 3)])
    add("input: rank 0", model([]), [np.float32(3)], compute=[np.float32(-3)])
    add("input: 2^62 x 0", model([1 << 62, 0]), [Tensor(None, 1, 2, dims(1 << 62, 0), None, 0)])
    wide = model([1 << 20], op="Exp")
    wide.graph.node.append(helper.make_node("Neg", ["y"], ["z"], name="last"))
    wide.graph.output[0].name = "z"
    add("input: memory limit of 1 MiB for 4 MiB", wide, [f32(1 << 20)], [], status=(LIMIT,), max_memory=1 << 20)
    add("input: memory limit of 64 MiB for 4 MiB", wide, [np.zeros(1 << 20, np.float32)],
        compute=[-np.ones(1 << 20, np.float32)], max_memory=1 << 26)
    large = proto([helper.make_node("Expand", ["x", "s"], ["y"], name="victim")], [("x", F, [1])], [("y", F)],
                  [constant("s", [1 << 19])])
    add("input: memory limit of 1 MiB for an output of 2 MiB", large, [f32(1)], ["victim"], status=(LIMIT,),
        max_memory=1 << 20)
