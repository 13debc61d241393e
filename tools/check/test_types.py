"""Every element type that ONNX's newest definition of an operator allows runs, but for those that are listed here, and
gives what ONNX Runtime or ONNX's reference evaluator gives, where one of them has the type."""

import libiou
import numpy as np
import onnx
import pytest
import quantize_recipes
from operator_forms import registered
from opset_compare import build, reference
from opset_recipes import RNG, Case, Maybe, is_composite, recipes

RECIPES = recipes() | quantize_recipes.recipes()
CODES = {f"tensor({name.lower()})": code for name, code in onnx.TensorProto.DataType.items()}
INTEGERS = {"bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"}
FLOATS = {"double", "float16", "bfloat16"}  # beside float32
FLOATS8 = {"float8_e4m3fn", "float8_e4m3fnuz", "float8_e5m2", "float8_e5m2fnuz"}
# (operator, type variable): what is refused.
REFUSED = {
    ("Attention", "T1"): FLOATS,  # values and masks have another type
    ("Attention", "T2"): FLOATS,
    ("Attention", "U"): FLOATS | INTEGERS - {"bool"},
    ("Col2Im", "T"): {"bool"},
    ("DequantizeLinear", "T2"): {"float8_e8m0fnu"},  # without output_dtype
    ("GridSample", "T1"): INTEGERS,
    ("QLinearMatMul", "T1"): FLOATS8,
    ("QLinearMatMul", "T2"): FLOATS8,
    ("QLinearMatMul", "T3"): FLOATS8,
    ("QuantizeLinear", "T2"): {"int32"},  # a scale of less than 1
    ("RMSNormalization", "T"): FLOATS,  # scale has another type
    ("RMSNormalization", "V"): FLOATS,
    ("RandomNormalLike", "T1"): INTEGERS,  # without dtype
}
# The evaluator, which alone has the type, is wrong: directions and zero points of floats are ignored, sums are rounded
# on the way.
NO_REFERENCE = {("GRU", "double"), ("RNN", "double"), ("GRU", "bfloat16"), ("RNN", "bfloat16"),
                ("LpNormalization", "bfloat16"), ("DeformConv", "bfloat16"), ("Gather", "bfloat16"),
                ("GlobalMaxPool", "bfloat16"), ("Gemm", "int32"), ("Gemm", "int64"), ("ReduceLogSum", "uint32"),
                ("ReduceLogSumExp", "int32"), ("ReduceLogSumExp", "int64"), ("MelWeightMatrix", "bfloat16"),
                ("GlobalMaxPool", "double"), ("LRN", "double"), ("DequantizeLinear", "float4_e2m1fn"),
                *(("QuantizeLinear", name) for name in ("float16", "float4_e2m1fn", *FLOATS8))}
# Their recipes have one type: that of a body, or of one width.
FIXED = {"BitCast", "Loop", "Scan", "SequenceMap"}
# Half a unit of the last place, doubled: references round on the way.
PRECISION = {"float16": 2e-3, "bfloat16": 2e-2}


def element_code(name):
    """The number of the element type in the name of a type, such as "seq(tensor(float))"."""
    return CODES.get(name.removeprefix("optional(").removeprefix("seq(").rstrip(")") + ")")


def retyped(value, schema, dtype):
    """An array, a sequence or an optional of another type."""
    if value is None:
        return None
    if isinstance(value, list):
        return [retyped(element, schema, dtype) for element in value]
    if isinstance(value, Maybe):
        return Maybe(retyped(value.element, schema, dtype), retyped(value.like, schema, dtype))
    array = np.asarray(value)
    positive = np.dtype(dtype).kind in "ub" or "uint" in np.dtype(dtype).name or "e8m0" in np.dtype(dtype).name
    array = (np.abs(array) if positive else array).astype(dtype)
    if np.dtype(dtype).kind in "iu" and schema.name in ("Div", "Mod"):
        array = np.where(array == 0, 1, array).astype(dtype)
    return array


def converted(case, schema, variable, dtype):
    """The case with the inputs of a type variable in another type; None: it has none."""
    inputs, hit = [], False
    variables = {"S", "T", "V", "O"} if is_composite(case) else {variable}
    for i, value in enumerate(case.inputs):
        if value is not None and schema.inputs[min(i, len(schema.inputs) - 1)].type_str in variables:
            hit = True
            value = retyped(value, schema, dtype)
        inputs.append(value if value is None or isinstance(value, (list, Maybe)) else np.asarray(value))
    told = retyped(case.told, schema, dtype) if hit else None
    return Case(*inputs, outputs=case.outputs, told=told, **case.attributes) if hit else None


def difference(found, expected, type_name):
    for ours, theirs in zip(found, expected):
        if ours.shape != theirs.shape:  # the evaluator's types are NumPy's
            return f"{list(ours.shape)} where {list(theirs.shape)} is expected"
        bound = PRECISION.get(type_name, 1e-4)
        a, b = ours.astype(np.float64), theirs.astype(np.float64)
        if not np.allclose(a, b, rtol=bound, atol=bound, equal_nan=True):
            return f"{ours.ravel()[:6]} where {theirs.ravel()[:6]} is expected"
    return None


def check(op, schema, variable, code, tally):
    """Whether any case runs with the type; those that run are compared."""
    dtype, ran, why = libiou.TYPES[code], False, "no case has such an input"
    type_name = {np.float32: "float", np.float64: "double"}.get(dtype, np.dtype(dtype).name)
    for number, case in enumerate(RECIPES[op](schema.since_version)[:3]):
        case = converted(case, schema, variable, dtype)
        if case is None:
            continue
        model, feeds = build(op, case, schema.since_version)
        try:
            found = libiou.Session(model.SerializeToString(), threads=1).run_listed(feeds)
        except libiou.IoUError as error:
            why = str(error)
            continue
        ran = True
        with np.errstate(all="ignore"):
            expected = reference(model, feeds)
        random = op in ("Bernoulli", "Multinomial") or op.startswith("Random")
        if expected is None or random or (op, type_name) in NO_REFERENCE or "e8m0" in type_name:
            continue
        tally.add(f"{op} of {type_name}, case {number}", difference(found, expected, type_name))
    refused = type_name in REFUSED.get((op, variable), ())
    if (why != "no case has such an input" and op not in FIXED) or ran:
        tally.add(f"{op} takes {type_name} as {variable}", None if ran != refused else f"runs: {ran} ({why})")


@pytest.mark.parametrize("op", registered())
def test_types(op, tally):
    RNG.bit_generator.state = np.random.default_rng(11).bit_generator.state
    history = [s for s in onnx.defs.get_all_schemas_with_history() if s.domain == "" and s.name == op]
    schema = max((s for s in history if not s.deprecated), key=lambda s: s.since_version)
    tally.add("the operator is there", None)
    for constraint in schema.type_constraints:
        for name in constraint.allowed_type_strs:
            code = element_code(name)
            if code in libiou.TYPES:
                check(op, schema, constraint.type_param_str, code, tally)


@pytest.mark.parametrize("kind", (np.uint8, np.int16, np.float32, np.float64), ids=lambda kind: kind.__name__)
def test_transposes(kind, tally):
    """Matrices around the edges of the blocks that are transposed at a time."""
    node = onnx.helper.make_node("Transpose", ["x"], ["y"], perm=[0, 2, 1])
    code = onnx.helper.np_dtype_to_tensor_dtype(np.dtype(kind))
    graph = onnx.helper.make_graph([node], "g", [onnx.helper.make_tensor_value_info("x", code, ["a", "b", "c"])],
                                   [onnx.helper.make_tensor_value_info("y", code, ["a", "c", "b"])])
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=8)
    session = libiou.Session(model.SerializeToString())
    for rows in (1, 3, 4, 7, 8, 9, 17, 64, 71):
        for columns in (1, 2, 3, 8, 15, 16, 33, 300):
            x = np.random.default_rng(rows * columns).integers(0, 256, (2, rows, columns)).astype(kind)
            found = session.run_listed({"x": x})[0]
            tally.add(f"{rows}x{columns}", None if np.array_equal(found, x.transpose(0, 2, 1)) else "differs")
