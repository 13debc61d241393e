"""Extreme operands of operators that move, count, compute, pad and reduce."""

import numpy as np
from malformed_models import (
    I32,
    I64,
    I64_MAX,
    I64_MIN,
    LIMIT,
    OUT_OF_MEMORY,
    U8,
    B,
    F,
    add,
    constant,
    f32,
    i64,
    node_case,
    proto,
)
from onnx import TensorProto, helper


def shape_cases():
    x = f32(2, 3)
    for name, shape in (("-2", i64(-2, 3)), ("two -1", i64(-1, -1)), ("product mismatch", i64(4, 2)),
                        ("-1 that does not divide", i64(-1, 4)), ("0 past the rank", i64(2, 3, 0)),
                        ("product wraps", i64(1 << 62, 1 << 62, 6)), ("product wraps with -1", i64(1 << 63 - 1, 8, -1)),
                        ("INT64_MIN", i64(I64_MIN, 1)), ("rank 9", np.ones(9, np.int64)),
                        ("rank 100", np.ones(100, np.int64)), ("a shape of rank 2", np.int64([[2, 3]])),
                        ("a float shape", np.float32([2, 3]))):
        node_case(name, "Reshape", [x], [shape], refuse=True)
    node_case("-1 and a zero", "Reshape", [x], [i64(-1, 0)], {"allowzero": 1}, refuse=True)
    node_case("a computed shape", "Reshape", [x, i64(3, 2)], refuse=False)
    for name, axes in (("axis out of range", i64(7)), ("axis -7", i64(-7)), ("axis twice", i64(0, 0)),
                       ("axis INT64_MIN", i64(I64_MIN))):
        node_case(name, "Unsqueeze", [x], [axes], refuse=True)
        node_case(name, "Squeeze", [f32(1, 3)], [axes], refuse=True)
    node_case("a dimension of 3", "Squeeze", [x], [i64(1)], refuse=True)
    node_case("to rank 9", "Unsqueeze", [x], [np.arange(7)], refuse=True)
    node_case("axis 3", "Flatten", [x], attributes={"axis": 3}, refuse=True)
    node_case("axis INT64_MIN", "Flatten", [x], attributes={"axis": I64_MIN}, refuse=True)

    for name, index in (("index 2", i64(2)), ("index -3", i64(-3)), ("INT64_MAX", i64(I64_MAX)),
                        ("INT64_MIN", i64(I64_MIN)), ("int32 index", np.int32([1 << 30]))):
        node_case(name + " (constant)", "Gather", [x], [index], refuse=True)
        node_case(name, "Gather", [x, index], refuse=True)
    node_case("of an empty axis", "Gather", [f32(0, 3), i64(0)], refuse=True)
    node_case("no indices", "Gather", [x, np.zeros(0, np.int64)], compute=[f32(0, 3)])
    node_case("axis 2", "Gather", [x, i64(0)], attributes={"axis": 2}, refuse=True)
    node_case("float indices", "Gather", [x, np.float32([0])], refuse=True)
    node_case("of a scalar", "Gather", [np.float32(1), i64(0)], refuse=True)
    folded = proto([helper.make_node("Shape", ["x"], ["s"], name="shape"),
                    helper.make_node("Gather", ["s", "i"], ["y"], name="victim")], [("x", F, ["n", 3])], [("y", I64)],
                   [constant("i", 5)])
    add("Gather: index 5 of a shape of two", folded, [x], ["victim"])

    def cut(name, starts, ends, axes=None, steps=None, **more):
        lists = [np.atleast_1d(np.asarray(v, np.int64)) if v is not None else None for v in (starts, ends, axes, steps)]
        while lists[-1] is None:
            lists.pop()
        node_case(name, "Slice", [f32(4)], lists, **more)

    cut("step 0", 0, 4, 0, 0, refuse=True)
    cut("INT64_MIN to INT64_MAX", I64_MIN, I64_MAX, compute=[f32(4)])
    cut("INT64_MAX to INT64_MIN", I64_MAX, I64_MIN, compute=[f32(0)])
    cut("backwards over everything", I64_MAX, I64_MIN, 0, -1, compute=[f32(4)[::-1]])
    cut("step INT64_MIN", I64_MAX, I64_MIN, 0, I64_MIN, compute=[np.float32([3])])
    cut("step INT64_MAX", I64_MIN, I64_MAX, 0, I64_MAX, compute=[np.float32([0])])
    cut("axis 1", 0, 4, 1, refuse=True)
    cut("axis twice", [0, 0], [1, 2], [0, 0], refuse=True)
    cut("lists of different lengths", [0, 0], [4], refuse=True)
    cut("more axes than dimensions", [0, 0], [4, 4], refuse=True)
    cut("steps of another length", [0], [4], [0], [1, 1], refuse=True)
    node_case("computed step 0", "Slice", [f32(4), i64(0), i64(4), i64(0), i64(0)], refuse=True)
    node_case("float starts", "Slice", [f32(4)], [np.float32([0]), np.float32([1])], refuse=True)

    for name, perm in (("twice the same", [0, 0]), ("out of range", [0, 2]), ("negative", [-1, 0]), ("short", [0]),
                       ("long", [0, 1, 2]), ("2^40", [0, 1 << 40])):
        node_case(f"perm {name}", "Transpose", [x], attributes={"perm": perm}, refuse=True)
    for axis in (2, -3, I64_MIN, I64_MAX):
        node_case(f"axis {axis}", "Concat", [x, x], attributes={"axis": axis}, refuse=True)
        node_case(f"axis {axis}", "Split", [x], attributes={"axis": axis}, outputs=2, refuse=True)
        node_case(f"axis {axis}", "Softmax", [x], attributes={"axis": axis}, refuse=True)
    node_case("no axis", "Concat", [x, x], refuse=True)
    node_case("different ranks", "Concat", [x, f32(3)], attributes={"axis": 0}, refuse=True)
    node_case("different shapes", "Concat", [x, f32(2, 4)], attributes={"axis": 0}, refuse=True)
    node_case("different types", "Concat", [x, np.zeros((2, 3), np.int64)], attributes={"axis": 0}, refuse=True)
    for name, sizes in (("negative", i64(-1, 4)), ("not summing", i64(1, 1)), ("too many", i64(1, 1, 1)),
                        ("wrapping", i64(I64_MAX, I64_MIN)), ("too few", i64(3))):
        node_case(f"sizes {name}", "Split", [x], [sizes], {"axis": 1}, outputs=2, refuse=True)
    node_case("odd length", "Split", [x], attributes={"axis": 1}, outputs=2, refuse=True)

    for name, shape in (
        ("a petabyte", i64(1 << 25, 1 << 25)),
        ("2^62", i64(1 << 62)),
        ("wrapping", i64(1 << 32, 1 << 32)),
        ("bytes wrapping to 0", i64(1 << 62)),
        ("negative", i64(-1)),
        ("to 2^63 - 1", i64(I64_MAX)),
    ):
        node_case(name, "Expand", [f32(1)], [shape], refuse=True)
        node_case(name, "ConstantOfShape", [], [shape], refuse=True)
    for name, repeats in (
        ("2^60", i64(1 << 60)),
        ("2^62", i64(1 << 62)),
        ("negative", i64(-1)),
        ("two for one", i64(1, 2)),
        ("INT64_MAX", i64(I64_MAX)),
    ):
        node_case(name, "Tile", [f32(2)], [repeats], refuse=True)
    node_case("nothing", "Tile", [f32(2)], [i64(0)], compute=[f32(0)])
    node_case("that does not broadcast", "Expand", [f32(3)], [i64(2)], refuse=True)
    node_case("rank 9", "Expand", [f32(1)], [np.ones(9, np.int64)], refuse=True)
    node_case("rank 9", "ConstantOfShape", [], [np.ones(9, np.int64)], refuse=True)
    value = constant("v", [1.0, 2.0], np.float32)
    node_case("value of two", "ConstantOfShape", [], [i64(2)], {"value": value}, refuse=True)
    node_case("value of none", "ConstantOfShape", [], [i64(2)], {"value": constant("v", [], np.float32)}, refuse=True)
    short = TensorProto(name="v", data_type=F, dims=[1], raw_data=b"\0")
    node_case("value short", "ConstantOfShape", [], [i64(2)], {"value": short}, refuse=True)
    node_case("value short", "Constant", [], attributes={"value": short}, refuse=True)
    node_case("no value", "Constant", [], refuse=True)
    node_case("two values", "Constant", [], attributes={"value_float": 1.0, "value_int": 1}, refuse=True)
    node_case("a string", "Constant", [], attributes={"value_string": "x"})
    steps = proto([helper.make_node("Tile", [f"v{i}", "r"], [f"v{i + 1}"], name=f"tile_{i}") for i in range(40)],
                  [("v0", F, [1, 1])], [("v40", F)], [constant("r", [16, 16])])
    add("Tile: sixteenfold forty times", steps, [f32(1, 1)], ["tile_"])
    # Each value is allowed, all of them together are not: the plan says so before memory is asked for.
    heap = proto([*[helper.make_node("Expand", ["x", "s"], [f"v{i}"], name=f"expand_{i}") for i in range(6)],
                  helper.make_node("Concat", [f"v{i}" for i in range(6)], ["all"], name="concat", axis=0),
                  helper.make_node("Slice", ["all", "z", "o"], ["y"], name="slice")], [("x", F, [1])], [("y", F)],
                 [constant("s", [1 << 30]), constant("z", [0]), constant("o", [1])])
    add("Expand: six times 4 GiB", heap, [f32(1)], [], status=(LIMIT, OUT_OF_MEMORY))


def number_cases():
    for dtype in (np.int32, np.int64, np.int8):
        low = np.iinfo(dtype).min
        a = np.asarray([low, 7], dtype)
        kind = np.dtype(dtype).name
        for op in ("Div", "Mod"):
            node_case(f"{kind} by zero", op, [a, np.asarray([1, 0], dtype)], refuse=True)
            node_case(f"{kind} by zero (constant)", op, [a], [np.asarray([1, 0], dtype)], refuse=True)
        node_case(
            f"{kind} smallest by -1", "Div", [a, np.asarray([-1, -1], dtype)], values=[np.asarray([low, -7], dtype)]
        )
        node_case(f"{kind} smallest by -1", "Mod", [a, np.asarray([-1, -1], dtype)], compute=[np.zeros(2, dtype)])
        for op in ("Neg", "Abs", "Sign"):
            node_case(f"{kind} smallest", op, [a])
        node_case(f"{kind} wraps", "Mul", [a, a], opset=17)
        node_case(f"{kind} wraps", "Add", [a, a], opset=17)
        node_case(f"{kind} wraps", "Sub", [a, -a], opset=17)
    for op, values in (("Div", (7, 0)), ("Div", (I64_MIN, -1)), ("Mod", (7, 0)), ("Mod", (I64_MIN, -1)),
                       ("Add", (I64_MAX, I64_MAX)), ("Sub", (I64_MIN, I64_MAX)), ("Mul", (I64_MAX, I64_MAX))):
        model = proto([helper.make_node(op, ["a", "b"], ["y"], name="victim")], [], [("y", I64)],
                      [constant("a", [values[0]]), constant("b", [values[1]])])
        add(f"{op}: {values} folded", model, [], ["victim"] if 0 in values else None)
        scalar = proto([helper.make_node(op, ["a", "b"], ["s"], name="victim"),
                        helper.make_node("Expand", ["x", "s"], ["y"], name="user")], [("x", F, [1])], [("y", F)],
                       [constant("a", [values[0]]), constant("b", [values[1]])])
        add(f"{op}: {values} folded into a shape", scalar, [f32(1)])
    for op in ("Neg", "Abs"):
        model = proto([helper.make_node(op, ["a"], ["y"], name="victim")], [], [("y", I64)], [constant("a", [I64_MIN])])
        add(f"{op}: INT64_MIN folded", model, [])
    odd = np.float32([np.nan, np.inf, -np.inf, 1e30, -1e30, 3.7, -3.7, 0])
    for to in (I32, I64, U8, TensorProto.INT8, TensorProto.UINT64, TensorProto.UINT32, B, TensorProto.FLOAT16):
        node_case(f"NaN, Inf and 1e30 to type {to}", "Cast", [odd], attributes={"to": to})
        node_case(f"NaN, Inf and 1e300 from float64 to type {to}", "Cast", [odd.astype(np.float64) * 1e270],
                  attributes={"to": to})
    for to in (0, 77, -1, I64_MIN, TensorProto.STRING):
        node_case(f"to type {to}", "Cast", [odd], attributes={"to": to}, refuse=True)
    node_case("to nothing", "Cast", [odd], refuse=True)
    node_case("smallest integer, -1", "Pow", [np.int64([I64_MIN, 0, 2]), np.int64([-1, -1, 63])])
    node_case("NaN", "Pow", [odd, odd])
    node_case("types that do not fit", "Add", [f32(2), np.int64([1, 2])], refuse=True)
    node_case("shapes that do not fit", "Add", [f32(2), f32(3)], refuse=True)
    for axis in (I64_MIN, I64_MIN + 1, -3, 2, 3, I64_MAX):
        node_case(
            f"axis {axis} of opset 6",
            "Add",
            [f32(2, 3), f32(3)],
            attributes={"axis": axis, "broadcast": 1},
            opset=6,
            refuse=True,
        )
    node_case("booleans", "Add", [np.bool_([1, 0]), np.bool_([1, 0])], refuse=True)
    node_case("floats", "And", [f32(2), f32(2)], refuse=True)
    node_case("booleans", "Exp", [np.bool_([1, 0])], refuse=True)
    node_case("condition of floats", "Where", [f32(2), f32(2), f32(2)], refuse=True)
    node_case("shapes that do not fit", "Where", [np.bool_([1, 0]), f32(2), f32(3)], refuse=True)
    node_case("branches of two types", "Where", [np.bool_([1, 0]), f32(2), np.int64([1, 2])], refuse=True)
    node_case("slope that does not fit", "PRelu", [f32(2, 3), f32(2)], refuse=True)
    node_case("bounds crossed", "Clip", [f32(3)], [np.float32(2), np.float32(1)], compute=[np.float32([1, 1, 1])])
    node_case("NaN bounds", "Clip", [f32(3)], [np.float32(np.nan), np.float32(np.nan)])
    node_case("bound of rank 1", "Clip", [f32(3)], [np.float32([1, 2])], refuse=True)
    node_case("empty bound", "Clip", [f32(3)], [np.float32([])], refuse=True)
    node_case("bound of another type", "Clip", [f32(3)], [np.int64(1)], refuse=True)
    node_case("NaN and Inf", "Softmax", [odd[None]])
    node_case("all -Inf", "Softmax", [np.full((1, 3), -np.inf, np.float32)])

    def span(name, start, limit, delta, dtype=np.int64, **more):
        node_case(name, "Range", [], [np.asarray(v, dtype) for v in (start, limit, delta)], **more)

    span("step 0", 0, 5, 0, refuse=True)
    span("NaN", 0, np.nan, 1, np.float32, refuse=True)
    span("step NaN", 0, 1, np.nan, np.float32, refuse=True)
    span("to Inf", 0, np.inf, 1, np.float32, refuse=True)
    span("step of 1e-40", 0, 1, 1e-40, np.float32, refuse=True)
    span("2^62 steps", 0, 1 << 62, 1, refuse=True)
    span("over all of int64", I64_MIN, I64_MAX, 1, refuse=True)
    span("over all of int64 in one step", I64_MIN, I64_MAX, I64_MAX, values=[i64(I64_MIN, -1, I64_MAX - 1)])
    span("backwards from INT64_MAX", I64_MAX, I64_MIN, I64_MIN, values=[i64(I64_MAX, -1)])
    span("none", 5, 0, 1, compute=[np.zeros(0, np.int64)])
    node_case("computed", "Range", [np.int64(0), np.int64(1 << 60), np.int64(1)], refuse=True)
    node_case("vectors", "Range", [], [i64(0, 1), i64(5), i64(1)], refuse=True)
    node_case("data-dependent size", "Expand", [f32(1), i64(1 << 40)], refuse=True)


def pad_and_reduce_cases():
    x = f32(2, 3)
    for name, pads in (
        ("of length 3", i64(1, 1, 1)),
        ("2^62", i64(1 << 62, 0, 1 << 62, 0)),
        ("INT64_MIN", i64(I64_MIN, 0, 0, 0)),
        ("INT64_MAX", i64(I64_MAX, 0, I64_MAX, 0)),
        ("a petabyte", i64(1 << 24, 1 << 24, 0, 0)),
        ("removing more than all", i64(-2, 0, -2, 0)),
    ):
        node_case(f"pads {name}", "Pad", [x], [pads], refuse=True)
    node_case("removing all", "Pad", [x], [i64(-1, 0, -1, 0)], values=[f32(0, 3)])
    node_case("reflect wider than the input", "Pad", [x], [i64(0, 9, 0, 9)], {"mode": "reflect"})
    node_case("reflect of an empty axis", "Pad", [f32(0, 3)], [i64(1, 0, 1, 0)], {"mode": "reflect"}, refuse=True)
    node_case("edge of an empty axis", "Pad", [f32(0, 3)], [i64(1, 0, 1, 0)], {"mode": "edge"}, refuse=True)
    node_case("mode unknown", "Pad", [x], [i64(0, 0, 0, 0)], {"mode": "sideways"}, refuse=True)
    node_case("value of two", "Pad", [x], [i64(1, 0, 0, 0), np.float32([1, 2])], refuse=True)
    node_case("value of another type", "Pad", [x], [i64(1, 0, 0, 0), np.int64(1)], refuse=True)
    node_case("axes out of range", "Pad", [x], [i64(1, 1), None, i64(7)], opset=18, refuse=True)
    node_case("axes twice", "Pad", [x], [i64(1, 1, 1, 1), None, i64(0, 0)], opset=18, refuse=True)
    for op in ("ReduceMean", "ReduceSum", "ReduceMax"):
        node_case("axis out of range", op, [x], [i64(2)], opset=18, refuse=True)
        node_case("axis INT64_MIN", op, [x], [i64(I64_MIN)], opset=18, refuse=True)
        node_case("axis twice", op, [x], [i64(0, -2)], opset=18)
        node_case("of an empty axis", op, [f32(2, 0)], [i64(1)], opset=18)
        node_case("of rank 0", op, [np.float32(3)], opset=18)
