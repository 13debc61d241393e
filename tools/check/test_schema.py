"""Models that ONNX's definitions do not allow, for every operator and version: refused, or told by an inspection.

The definitions are those of the pinned onnx package, not the table that the library was built with. Each model is a
right one of opset_recipes.py with one fault: an attribute that is unknown or of another kind, an input of a type that
is not allowed, an input too many or too few. Then constants out of range, against what ONNX Runtime refuses.
"""

import ctypes
import os

import numpy as np
import onnx
import pytest
import quantize_recipes
from libiou import NUMBERS, ROOT, IoUError, Model, Session
from onnx import AttributeProto, TensorProto, helper, numpy_helper
from operator_forms import ANY, KEPT, OLDER, WIDER, registered
from opset_compare import build
from opset_recipes import RNG, is_composite, recipes

HOOKS = ctypes.CDLL(os.environ.get("IOU_TEST_HOOKS", str(ROOT / ".build-lib/libioucheck.so")))
HOOKS.iou_test_problems.argtypes = [ctypes.c_char_p, ctypes.c_size_t, ctypes.c_char_p, ctypes.c_size_t]
HOOKS.iou_test_problems.restype = None
RECIPES = recipes() | quantize_recipes.recipes()
OPSETS = (7, 9, 11, 13, 17, 21, 24)
# numpy types that tensors of a fault may have
TYPES = {"tensor(float)": np.float32, "tensor(double)": np.float64, "tensor(int64)": np.int64, "tensor(bool)": np.bool_,
         "tensor(uint8)": np.uint8, "tensor(int32)": np.int32, "tensor(float16)": np.float16,
         "tensor(int8)": np.int8, "tensor(uint16)": np.uint16}


def problems(model: onnx.ModelProto) -> list[str]:
    """What an inspection finds, a line each."""
    data, text = model.SerializeToString(), ctypes.create_string_buffer(1 << 16)
    HOOKS.iou_test_problems(data, len(data), text, len(text))
    return text.value.decode().splitlines()


def refusal(model: onnx.ModelProto) -> str | None:
    """What the runtime says when it loads the model; None: nothing."""
    try:
        Model(model.SerializeToString())
    except IoUError as error:
        return str(error)
    return None


def schema_of(op: str, opset: int):
    try:
        schema = onnx.defs.get_schema(op, opset, "")
    except onnx.defs.SchemaError:
        return None
    kept = (op, schema.since_version) in KEPT
    return None if schema.deprecated and not kept or (op, schema.since_version) in WIDER else schema


def expect(tally, name, model, *words, told=False):
    """`told`: a later definition allows it, and it may run."""
    lines, said = problems(model), refusal(model)
    wanted = [word for word in words if not any(word in line for line in lines)]
    problem = f"check says {lines}, without {wanted}" if wanted else None
    if said is None and not told:
        problem = problem or "is loaded"
    tally.add(name, problem or (None if all(len(line) < 1024 for line in lines) else "is long"))


def another_value(kind):
    """A value of another kind than the attribute has."""
    return 1.5 if kind in (AttributeProto.INT, AttributeProto.INTS, AttributeProto.STRING) else 1


def attribute_cases(tally, op, case, opset, schema):
    def changed(name, value):
        model, _ = build(op, case, opset)
        node = next(node for node in model.graph.node if node.op_type == op)
        for attribute in [a for a in node.attribute if a.name == name]:
            node.attribute.remove(attribute)
        if value is not None:
            node.attribute.append(helper.make_attribute(name, value))
        return model

    where = f"{op} in opset {opset}"
    expect(tally, f"{where}: unknown", changed("colour", 1), f"({op})", "'colour' is unknown")
    for name, attribute in schema.attributes.items():
        expect(tally, f"{where}: {name} of another kind", changed(name, another_value(attribute.type)), f"({op})",
               f"attribute '{name}': expected")
        expect(tally, f"{where}: {name} misspelt", changed(f"{name}s" if name[-1] != "s" else name[:-1], 1), f"({op})",
               "is unknown in opset" if f"{name}s" not in schema.attributes and name[:-1] not in schema.attributes
               else "")
        if attribute.required and name != "consumed_inputs":
            expect(tally, f"{where}: no {name}", changed(name, None), f"({op})", f"'{name}'")


def count_cases(tally, op, case, opset, schema):
    def with_inputs(count):
        model, _ = build(op, case, opset)
        node = next(node for node in model.graph.node if node.op_type == op)
        names = list(node.input)
        del node.input[:]
        node.input.extend((names + [names[0] if names else ""] * count)[:count] if names else ["x"] * count)
        return model

    where = f"{op} in opset {opset}"
    if case.inputs and schema.max_input != ANY:
        expect(tally, f"{where}: too many inputs", with_inputs(schema.max_input + 1), f"({op})", "at most")
    if schema.min_input > 0:
        expect(tally, f"{where}: too few inputs", with_inputs(schema.min_input - 1), f"({op})", "at least")


def allowed_later(op, opset, index, name):
    """Whether a newer definition allows what this one does not."""
    newer = [s for s in onnx.defs.get_all_schemas_with_history()
             if s.domain == "" and s.name == op and s.since_version > opset and not s.deprecated]
    return any(name in s.inputs[min(index, len(s.inputs) - 1)].types for s in newer if s.inputs)


def type_cases(tally, op, case, opset, schema):
    for index, given in enumerate(case.inputs):
        formal = schema.inputs[min(index, len(schema.inputs) - 1)]
        for name, dtype in TYPES.items():
            if given is None or name in formal.types:
                continue
            model, _ = build(op, case, opset)
            place = f"x{index}"
            for info in model.graph.input:
                if info.name == place:
                    info.type.tensor_type.elem_type = NUMBERS[np.dtype(dtype)]
            for tensor in model.graph.initializer:
                if tensor.name == place:
                    tensor.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(tensor).astype(dtype), place))
            later = allowed_later(op, opset, index, name)
            expect(tally, f"{op} in opset {opset}: input {index} of {name}", model, f"({op})",
                   f"input {index}: expected", told=later)


@pytest.mark.parametrize("op", [op for op in registered() if op != "Constant"])
def test_operator(op, tally):
    RNG.bit_generator.state = np.random.default_rng(11).bit_generator.state
    done = set()
    for opset in (*OPSETS, onnx.defs.onnx_opset_version()):
        schema = schema_of(op, opset)
        if schema is None or schema.since_version in done or op in OLDER and opset < schema.since_version:
            continue
        done.add(schema.since_version)
        case = next(iter(RECIPES[op](opset)))
        attribute_cases(tally, op, case, opset, schema)
        count_cases(tally, op, case, opset, schema)
        if not is_composite(case) and op not in ("Loop", "Scan", "If"):
            type_cases(tally, op, case, opset, schema)


# ---- Constants out of range ----------------------------------------------------------------------------------------


def i64(*values):
    return np.array(values, np.int64)


LEAST = -(1 << 63)
SHAPES = {"numbers": (2, 3, 4), "a batch": ("n", 3, 4), "unknown": None}
# operator, constants behind the input, attributes, outputs, opset; which shapes tell it
WRONG = [
    ("Gather", [i64(3)], {"axis": 1}, 1, ("numbers", "a batch")),
    ("Gather", [i64(0, -4)], {"axis": -2}, 1, ("numbers", "a batch")),
    ("Gather", [i64(0)], {"axis": LEAST}, 1, SHAPES),
    ("GatherElements", [np.full((1, 1, 1), 9)], {"axis": 1}, 1, ("numbers", "a batch")),
    ("GatherND", [i64(0, 9)], {}, 1, ("numbers", "a batch")),
    ("ScatterElements", [np.full((1, 1, 1), 9), np.zeros((1, 1, 1), np.float32)], {"axis": 1}, 1,
     ("numbers", "a batch")),
    ("ScatterND", [np.array([[0, 9]]), np.zeros((1, 4), np.float32)], {}, 1, ("numbers", "a batch")),
    ("Reshape", [i64(5)], {}, 1, ("numbers", "a batch")),
    ("Reshape", [i64(-2, 3)], {}, 1, SHAPES),
    ("Reshape", [i64(-1, -1)], {}, 1, SHAPES),
    ("Reshape", [i64(0, -1)], {"allowzero": 1}, 1, SHAPES),
    ("Expand", [i64(2, 3, 5)], {}, 1, ("numbers", "a batch")),
    ("Squeeze", [i64(1)], {}, 1, ("numbers", "a batch")),
    ("Squeeze", [i64(9)], {}, 1, SHAPES),
    ("Squeeze", [i64(LEAST)], {}, 1, SHAPES),
    ("Unsqueeze", [i64(9)], {}, 1, SHAPES),
    ("Unsqueeze", [i64(1, 1)], {}, 1, SHAPES),
    ("Transpose", [], {"perm": [0, 0, 1]}, 1, SHAPES),
    ("Transpose", [], {"perm": [0, 1, 5]}, 1, SHAPES),
    ("Transpose", [], {"perm": [0, 1, -1]}, 1, SHAPES),
    ("Transpose", [], {"perm": [0, 1]}, 1, ("numbers", "a batch")),
    ("Concat", [], {"axis": 9}, 1, SHAPES),
    ("Split", [i64(1, 1)], {"axis": 1}, 2, ("numbers", "a batch")),
    ("Split", [i64(-1, 4)], {"axis": 1}, 2, SHAPES),
    ("Split", [i64(1, 1, 1)], {"axis": 1}, 2, SHAPES),
    ("Slice", [i64(0), i64(2), i64(0), i64(0)], {}, 1, SHAPES),
    ("Slice", [i64(0), i64(2), i64(9)], {}, 1, SHAPES),
    ("Slice", [i64(0, 0), i64(2, 2), i64(1, 1)], {}, 1, SHAPES),
    ("Slice", [i64(0, 0), i64(2)], {}, 1, SHAPES),
    ("Flatten", [], {"axis": 9}, 1, SHAPES),
    ("Softmax", [], {"axis": 9}, 1, SHAPES),
    ("ReduceSum", [i64(9)], {}, 1, SHAPES),
    ("ReduceMean", [], {"axes": [LEAST]}, 1, SHAPES),
    ("Tile", [i64(1, 1, -1)], {}, 1, SHAPES),
    ("TopK", [i64(99)], {}, 2, ("numbers", "a batch")),
    ("TopK", [i64(1)], {"axis": 9}, 2, SHAPES),
    ("ArgMax", [], {"axis": LEAST}, 1, SHAPES),
    ("CumSum", [np.int64(9)], {}, 1, SHAPES),
    ("Pad", [i64(0, 0, 0)], {}, 1, SHAPES),
    ("Pad", [i64(0, 0)], {}, 1, ("numbers", "a batch")),
    ("Resize", [None, None, i64(2, 3, -1)], {}, 1, SHAPES),
    ("Resize", [None, np.float32([1, 1, 0])], {}, 1, SHAPES),
    ("Resize", [None, np.float32([1, 1])], {}, 1, ("numbers", "a batch")),
]
# Beyond the ends and twice, where the definition says what that means.
RIGHT = [
    ("Slice", [i64(100), i64(200)], {}, 1),
    ("Slice", [i64(LEAST), i64((1 << 63) - 1)], {}, 1),
    ("Gather", [i64(-3, 2)], {"axis": 1}, 1),
    ("Transpose", [], {"perm": [2, 0, 1]}, 1),
    ("Split", [i64(0, 3)], {"axis": 1}, 2),
    ("Reshape", [i64(0, -1)], {}, 1),
    ("Reshape", [i64(24)], {}, 1),
    ("Unsqueeze", [i64(-4, 0)], {}, 1),
    ("Flatten", [], {"axis": 3}, 1),
]


def one_node(op, constants, attributes, outputs, shape):
    held = {f"c{i}": value for i, value in enumerate(constants)}
    names = ["x", *(name if value is not None else "" for name, value in held.items())]
    node = helper.make_node(op, names, [f"y{i}" for i in range(outputs)], name="victim", **attributes)
    graph = helper.make_graph(
        [node], "one", [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info(name, TensorProto.UNDEFINED, None) for name in node.output],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in held.items() if value is not None])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


@pytest.mark.parametrize("shape", SHAPES)
def test_constants(shape, tally):
    x = np.ones((2, 3, 4), np.float32)
    for op, constants, attributes, outputs, tell in WRONG:
        model = one_node(op, constants, attributes, outputs, SHAPES[shape])
        name, lines = f"{op} {[*map(str, constants)]} {attributes}", problems(model)
        named = len(lines) == 1 and lines[0].startswith(f"node 'victim' ({op}): ")
        tally.add(name, None if named or shape not in tell and not lines else f"check says {lines}")
        try:
            Session(model.SerializeToString()).run({"x": x})
            tally.add(f"{name} runs", "computes")
        except IoUError as error:
            tally.add(f"{name} runs", None if "victim" in str(error) else str(error))
    for op, constants, attributes, outputs in RIGHT:
        model = one_node(op, constants, attributes, outputs, SHAPES[shape])
        lines = problems(model)
        tally.add(f"{op} {constants} {attributes}", f"check says {lines}" if lines else None)
        Session(model.SerializeToString()).run({"x": x})


# ---- Names, kinds and declarations -----------------------------------------------------------------------------------


def relu(declared, inner=False):
    names = ["x", "z", "y"] if inner else ["x", "y"]
    nodes = [helper.make_node("Relu", [a], [b], name="victim" if b == names[1] else "next")
             for a, b in zip(names, names[1:])]
    graph = helper.make_graph(nodes, "relu", [helper.make_tensor_value_info("x", TensorProto.FLOAT, [2])],
                              [helper.make_tensor_value_info("y", TensorProto.FLOAT if inner else declared, None)])
    if inner:
        graph.value_info.append(helper.make_tensor_value_info("z", declared, None))
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


@pytest.mark.parametrize("inner", [False, True])
def test_declared_type(inner):
    assert refusal(relu(TensorProto.FLOAT, inner)) is None
    said = refusal(relu(TensorProto.INT64, inner))
    assert said and said.startswith("node 'victim' (Relu): output ") and "expected int64" in said, said


def test_nearest_name():
    x, w = (helper.make_tensor_value_info(n, TensorProto.FLOAT, [1, 1, 3, 3]) for n in "xw")
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, None)
    for name, near in (("stride", "strides"), ("pad", "pads"), ("kernel_size", "kernel_shape"), ("groups", "group")):
        node = helper.make_node("Conv", ["x", "w"], ["y"], name="victim", **{name: 1})
        model = helper.make_model(helper.make_graph([node], "conv", [x, w], [y]),
                                  opset_imports=[helper.make_opsetid("", 17)])
        assert f"attribute '{name}' is unknown in opset 17; expected '{near}' or another of " in refusal(model)


def test_attribute_that_became_an_input():
    x, y = (helper.make_tensor_value_info(n, TensorProto.FLOAT, None) for n in "xy")
    node = helper.make_node("Squeeze", ["x"], ["y"], name="victim", axes=[0])
    model = helper.make_model(helper.make_graph([node], "squeeze", [x], [y]),
                              opset_imports=[helper.make_opsetid("", 13)])
    said = refusal(model)
    assert "attribute 'axes' exists only up to opset 12 (then it is an input), 13 is imported" in said, said


def test_attribute_of_two_kinds():
    x, y = (helper.make_tensor_value_info(n, TensorProto.FLOAT, None) for n in "xy")
    node = helper.make_node("Softmax", ["x"], ["y"], name="victim", axis=0)
    node.attribute[0].f = 1.0
    model = helper.make_model(helper.make_graph([node], "softmax", [x], [y]),
                              opset_imports=[helper.make_opsetid("", 13)])
    assert "attribute 'axis': expected one value, found values of 2 kinds" in refusal(model)
