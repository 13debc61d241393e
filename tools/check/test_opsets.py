"""Every operator in ops.inc, in every version of opsets 7 to 22, against ONNX Runtime.

For each version of an operator's definition a few small models are built as that version demands (attributes or inputs,
old names, old defaults), also with rank 0 and without elements, at the first and at the last opset that it holds for.
Where ONNX Runtime refuses a model, ONNX's reference evaluator computes; where both refuse, the case is left out and
counted. Every model runs fused and node by node. What an operator does not have in an opset (itself, an attribute, a
further input or output) is refused by its name. Then odd but valid models: old files that list initializers as inputs,
domains spelled out, unused or imported twice, typed fields, sparse and float16 weights, shapes that say nothing.
"""

import re

import numpy as np
import onnx
import pytest
import quantize_recipes
from libiou import IoUError, Model
from odd_models import head_cases, input_cases, order_cases, shape_cases, sparse_cases, typed_field_cases, view_cases
from operator_forms import ANY as MANY
from operator_forms import registered
from opset_compare import build, compare, reference
from opset_recipes import RNG, Maybe, recipes

FIRST, LAST = 7, 22
OF_THE_FORM = r"(the operator|attribute '\w+' (is unknown|exists)|expected at (most|least)) "
RECIPES = recipes() | quantize_recipes.recipes()


def spans(op):
    """(the definition's version, opset) for its first and last opset within FIRST to LAST."""
    versions = sorted(
        {s.since_version for s in onnx.defs.get_all_schemas_with_history() if s.domain == "" and s.name == op}
    )
    for i, version in enumerate(versions):
        newest = max(LAST, versions[0])  # an operator that came later is tried in the opset that brought it
        first, last = max(version, FIRST), min(versions[i + 1] - 1 if i + 1 < len(versions) else newest, newest)
        if first <= last:
            yield from ((version, opset) for opset in sorted({first, last}))


def described(value):
    """An input, for a case's name."""
    if isinstance(value, list):
        return f"sequence of {len(value)}"
    if isinstance(value, Maybe):
        return "optional"
    return "-" if value is None else f"{np.asarray(value).dtype}{list(np.shape(value))}"


def operator_cases(op, recipe, tally):
    for version, opset in spans(op):
        for number, case in enumerate(recipe(opset)):
            shapes = " ".join(map(described, case.inputs))
            name = f"{op}-{version} in opset {opset}, case {number} ({shapes}) {case.attributes}"[:300]
            compare(tally, name, *build(op, case, opset))
            if number == 0 and case.inputs:
                compare(
                    tally,
                    f"{name}, domain ai.onnx",
                    *build(op, case, opset, domain="ai.onnx"),
                    expected=reference(*build(op, case, opset)),
                )
            if case.constants and opset <= 8:
                compare(tally, f"{name}, listed", *build(op, case, opset, listed=True))


def refusal(op, opset, inputs, outputs, attributes):
    """What the runtime says of the form of a node whose operands have no type; None: nothing of that."""
    node = onnx.helper.make_node(op, [f"x{i}" for i in range(inputs)], [f"y{i}" for i in range(outputs)], name="node")
    for name, value in attributes.items():
        node.attribute.append(onnx.helper.make_attribute(name, value))
    infos = [onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None) for name in node.input]
    made = onnx.helper.make_graph(
        [node], "form", infos, [onnx.helper.make_tensor_value_info("y0", onnx.TensorProto.FLOAT, None)]
    )
    data = onnx.helper.make_model(
        made, opset_imports=[onnx.helper.make_opsetid("", opset)], ir_version=8
    ).SerializeToString()
    try:
        Model(data)
    except IoUError as error:
        found = re.match(rf"node 'node' \({op}\): {OF_THE_FORM}", str(error))
        return found and str(error)


def example(attribute):
    """A value of the attribute's type; 1 for graphs, which are looked at later."""
    kind = attribute.type.name
    values = {"FLOAT": 1.0, "INT": 1, "STRING": "a", "FLOATS": [1.0], "INTS": [1], "STRINGS": ["a"]}
    return onnx.helper.make_tensor("t", onnx.TensorProto.FLOAT, [], [1.0]) if kind == "TENSOR" else values.get(kind, 1)


def form_cases(op, tally):
    """Everything that any version of the operator has, in every opset: taken where ONNX's schema of that opset has
    it."""
    history = [s for s in onnx.defs.get_all_schemas_with_history() if s.domain == "" and s.name == op]
    attributes = {name: a for schema in history for name, a in schema.attributes.items()}
    counts = [most for most in {s.max_input for s in history} if most < MANY]
    for opset in range(1, onnx.defs.onnx_opset_version() + 1):
        older = op == "LayerNormalization" and opset < 17  # as ONNX Runtime has it
        schema = max(
            (s for s in history if s.since_version <= opset or older), key=lambda s: s.since_version, default=None
        )
        exists = schema is not None and (not schema.deprecated or op == "GroupNormalization")
        form_case(
            tally,
            op,
            opset,
            exists,
            1 if schema is None else schema.min_input,
            1,
            {},
            "exists from" if schema is None else "is gone since",
        )
        if exists:
            for name in [*attributes, "axess", "__note"]:
                value = example(attributes[name]) if name in attributes else 1
                form_case(
                    tally,
                    op,
                    opset,
                    name in schema.attributes or name[0] == "_",
                    schema.min_input,
                    1,
                    {name: value},
                    f"attribute '{name}' ",
                )
            for inputs in counts:
                for given in (inputs, inputs + 1):
                    fits = schema.min_input <= given <= schema.max_input
                    form_case(tally, op, opset, fits, given, 1, {}, "inputs")
            for outputs in {s.max_output for s in history if s.max_output < MANY}:
                form_case(tally, op, opset, outputs <= schema.max_output, schema.min_input, outputs, {}, "outputs")


def form_case(tally, op, opset, fits, inputs, outputs, attributes, words):
    found = refusal(op, opset, inputs, outputs, attributes)
    right = found is None if fits else found is not None and words in found
    tally.add(
        f"{op} in opset {opset} of {inputs} inputs, {outputs} outputs, {[*attributes]}",
        None if right else f"says {found!r}",
    )


@pytest.fixture(autouse=True)
def same_numbers():
    """Whatever ran before."""
    RNG.bit_generator.state = np.random.default_rng(11).bit_generator.state


@pytest.mark.parametrize("op", registered())
def test_forms(op, tally):
    form_cases(op, tally)


@pytest.mark.parametrize("op", registered())
def test_versions(op, tally):
    assert op in RECIPES, "opset_recipes.py and quantize_recipes.py have no cases for it"
    operator_cases(op, RECIPES[op], tally)


@pytest.mark.parametrize("group", [typed_field_cases, sparse_cases, input_cases, order_cases, shape_cases,
                                   head_cases, view_cases])
def test_odd_models(group, tally):
    group(tally)
