"""The recipes of operators with one thing wrong: an input of another shape, empty, left out or of another type, an
attribute out of range. No crash, no hang; a refusal is one line. What is legal all the same may be computed."""

import numpy as np
import onnx
import pytest
import quantize_recipes
from libiou import LIBRARY, NUMBERS
from malformed_models import I64_MAX, I64_MIN, Case, feeds_of
from malformed_run import check_case
from onnx import helper, numpy_helper
from operator_forms import registered
from opset_recipes import RNG, recipes

RECIPES = recipes() | quantize_recipes.recipes()
# Those whose cases by hand are in other files are mutated with --full alone.
OPERATORS = ["AffineGrid", "Attention", "BatchNormalization", "Bernoulli", "BitCast", "Cast", "CausalConvWithState",
             "CenterCropPad", "Col2Im", "DFT", "DeformConv", "Det", "Dropout", "GRU", "GlobalLpPool", "GridSample",
             "HannWindow", "LSTM", "LinearAttention", "LpPool", "MaxRoiPool", "MaxUnpool", "MelWeightMatrix",
             "Multinomial", "NegativeLogLikelihoodLoss", "RNN", "RandomNormal", "RandomUniformLike", "RoiAlign",
             "RotaryEmbedding", "STFT", "SoftmaxCrossEntropyLoss", "TensorScatter", "Unique"]
WRONG_INTEGERS = (0, -1, 3, 1 << 31, 1 << 40, I64_MIN, I64_MAX)
WRONG_FLOATS = (0.0, -1.0, float("nan"), float("inf"))


def wrong_arrays(array):
    """Other shapes, and contents that no index, length or coordinate may have."""
    yield array[..., :0] if array.ndim else array[np.newaxis][:0]
    yield array.reshape(-1)
    yield array[np.newaxis]
    yield np.zeros((), array.dtype)
    yield np.zeros([1] * 9, array.dtype)
    for axis in range(array.ndim):
        yield np.concatenate([array, array[:1] if axis == 0 else np.take(array, [0], axis)], axis)
        yield np.take(array, [], axis)
    if array.dtype.kind == "f":
        for number in (np.nan, np.inf, -np.inf, 1e30, -1e30):
            yield np.full_like(array, number)
    elif array.dtype.kind == "i":
        for number in (np.iinfo(array.dtype).min, np.iinfo(array.dtype).max, -1):
            yield np.full_like(array, number)
    yield array.astype(np.uint8 if array.dtype != np.uint8 else np.float32)
    yield None


def wrong_values(value):
    if isinstance(value, str):
        return ("", "x" * 300, "linear\0")
    if isinstance(value, bool | int):
        return WRONG_INTEGERS
    if isinstance(value, float):
        return WRONG_FLOATS
    if isinstance(value, list) and value and isinstance(value[0], int):
        return ([], value + [1], *([number] * len(value) for number in WRONG_INTEGERS))
    if isinstance(value, list) and value and isinstance(value[0], str):
        return ([], value + value[:1], ["Nothing"] * len(value))
    return ([],)


def malformed(op, name, case, opset, inputs, attributes):
    names = ["" if x is None else f"x{i}" for i, x in enumerate(inputs)]
    given = {n: np.asarray(x) for n, x in zip(names, inputs) if n}
    fixed = {f"x{i}" for i in case.constants} & given.keys()
    node = helper.make_node(op, names, [f"y{i}" for i in range(case.outputs)], name="victim", **attributes)
    infos = [helper.make_tensor_value_info(n, NUMBERS[a.dtype], a.shape) for n, a in given.items() if n not in fixed]
    outputs = [helper.make_empty_tensor_value_info(n) for n in node.output]
    graph = helper.make_graph([node], "malformed", infos, outputs,
                              [numpy_helper.from_array(given[n], n) for n in sorted(fixed)])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    arrays = [a for n, a in given.items() if n not in fixed]
    return Case(f"{op}: {name}", model.SerializeToString(), feeds_of(model, arrays), max_memory=1 << 28)


def mutations(op):
    history = [s for s in onnx.defs.get_all_schemas_with_history() if s.domain == "" and s.name == op]
    schema = max((s for s in history if not s.deprecated), key=lambda s: s.since_version)
    opset = schema.since_version
    for number, case in enumerate(RECIPES[op](opset)[:2]):
        inputs = [None if x is None else np.asarray(x) for x in case.inputs]
        for i, array in enumerate(inputs):
            for k, other in enumerate(wrong_arrays(array) if array is not None else ()):
                changed = [*inputs[:i], other, *inputs[i + 1:]]
                yield malformed(op, f"case {number}, input {i}, change {k}", case, opset, changed, case.attributes)
        for name, value in case.attributes.items():
            for other in wrong_values(value):
                attributes = {**case.attributes, name: other}
                if isinstance(other, list) and not other:
                    del attributes[name]
                text = f"case {number}, {name} {str(other)[:40]}"
                yield malformed(op, text, case, opset, inputs, attributes)


@pytest.mark.parametrize(
    "op", [pytest.param(op, marks=() if op in OPERATORS else pytest.mark.full) for op in registered()])
def test_mutations(op, tally):
    RNG.bit_generator.state = np.random.default_rng(11).bit_generator.state
    tally.add("the operator is there", None)
    for case in mutations(op):
        check_case(case, LIBRARY, tally)
