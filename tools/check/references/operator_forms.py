"""What every operator of ops.inc takes and gives, from which opset on, by ONNX's own schemas.

Run as a program, it writes Sources/CIoU/ops/forms.inc.
"""

import re
from typing import NamedTuple

import onnx
from libiou import ROOT
from onnx.defs import OpSchema

TABLE = ROOT / "Sources/CIoU/ops/forms.inc"
HEADER = """/*
 * Every form of every operator, written by tools/check/references/operator_forms.py.
 *
 * IOU_TYPES(number, tensors, sequences, optionals, optional sequences) is a set of types: a bit for each
 * element type, by ONNX's number.
 *
 * IOU_FORM(ONNX type, the opset that it holds from, fewest and most inputs, most outputs (IOU_ANY: no limit),
 * attributes, types of the inputs, types of the outputs).
 * Attributes have their kind behind a colon: i, f, s, t (tensor), g (graph), p (type), x (sparse tensor), large
 * letters are lists; "!": it must be there; ">": an input has its name later. "-": the operator is gone.
 * Types are the number of a set and a letter; where two have the same letter, their types are the same ("*":
 * nobody's letter). The last type is that of all further inputs. Sorted by type and opset.
 */
"""
# ONNX Runtime has it for every opset, and writes it into old models.
OLDER = {"LayerNormalization": 1}
# Called deprecated because its inputs changed; exporters write it, and runtimes take it.
KEPT = {("GroupNormalization", 18)}
# Of definitions newer than those of the pinned onnx: (opset, most inputs, most outputs, further attributes) of each.
NEWER = {
    "Attention": [(25, 7, 4, ["left_window_size:i", "right_window_size:i"])],
    "SpaceToDepth": [(28, 1, 1, ["mode:s"])],
}
# Types of a later version: files of the old opsets have constants of every type, and runtimes take them.
WIDER = {("Constant", 1): 9}
# Required once, and nobody reads it.
UNREAD = {"consumed_inputs"}
ANY = 2 ** 31 - 1
KINDS = {"INT": "i", "FLOAT": "f", "STRING": "s", "TENSOR": "t", "GRAPH": "g", "TYPE_PROTO": "p", "SPARSE_TENSOR": "x",
         "INTS": "I", "FLOATS": "F", "STRINGS": "S"}
ELEMENTS = {"float": 1, "uint8": 2, "int8": 3, "uint16": 4, "int16": 5, "int32": 6, "int64": 7, "string": 8, "bool": 9,
            "float16": 10, "double": 11, "uint32": 12, "uint64": 13, "complex64": 14, "complex128": 15, "bfloat16": 16,
            "float8e4m3fn": 17, "float8e4m3fnuz": 18, "float8e5m2": 19, "float8e5m2fnuz": 20, "uint4": 21, "int4": 22,
            "float4e2m1": 23, "float8e8m0": 24, "uint2": 25, "int2": 26}
KINDS_OF_VALUES = ["tensor({})", "seq(tensor({}))", "optional(tensor({}))", "optional(seq(tensor({})))"]


class Form(NamedTuple):
    """One form of an operator; `attributes` is None where the operator is gone."""

    since: int
    fewest: int
    most: int
    outputs: int
    attributes: tuple[str, ...] | None
    input_types: tuple[str, ...]
    output_types: tuple[str, ...]


class TypeSets:
    """Sets of types, numbered as they come."""

    def __init__(self):
        self.numbers = {}

    def number(self, types: set[str]) -> int:
        masks = tuple(sum(1 << number for name, number in ELEMENTS.items() if kind.format(name) in types)
                      for kind in KINDS_OF_VALUES)
        return self.numbers.setdefault(masks, len(self.numbers))

    def lines(self) -> list[str]:
        return [f"IOU_TYPES({number}, {', '.join(f'0x{mask:x}u' for mask in masks)})"
                for masks, number in self.numbers.items()]


def registered() -> list[str]:
    text = (ROOT / "Sources/CIoU/ops/ops.inc").read_text()
    return re.findall(r'^IOU_OP\("(\w+)"', text, re.MULTILINE)


def attributes(schema: OpSchema, later_inputs: set[str]) -> tuple[str, ...]:
    """`later_inputs`: names of the inputs that later forms have, in small letters."""
    found = []
    for name, a in sorted(schema.attributes.items()):
        required = "!" if a.required and name not in UNREAD else ""
        found.append(f"{name}:{KINDS[a.type.name]}{required}{'>' if name in later_inputs else ''}")
    return tuple(found)


def parameters(parameters, letters: dict[str, str], sets: TypeSets) -> tuple[str, ...]:
    """The types of inputs or outputs; one letter for those that have one type variable."""
    found = []
    for p in parameters:
        letter = letters.setdefault(p.type_str, chr(ord("A") + len(letters)))
        several = p.option == OpSchema.FormalParameterOption.Variadic and not p.is_homogeneous
        found.append(f"{sets.number(p.types)}{'*' if several else letter}")
    return tuple(found)


def forms(op: str, sets: TypeSets) -> list[Form]:
    """Each form, in order."""
    schemas = [s for s in onnx.defs.get_all_schemas_with_history() if s.domain == "" and s.name == op]
    found = []
    for schema in sorted(schemas, key=lambda s: s.since_version):
        since = schema.since_version if found else OLDER.get(op, schema.since_version)
        if schema.deprecated and (op, since) not in KEPT:
            form = Form(since, 0, 0, 0, None, (), ())
        else:
            letters = {}
            as_in = WIDER.get((op, since), schema.since_version)
            typed = next(s for s in schemas if s.since_version == as_in)
            later = {p.name.lower() for s in schemas if s.since_version > since for p in s.inputs}
            form = Form(since, schema.min_input, schema.max_input, schema.max_output, attributes(schema, later),
                        parameters(typed.inputs, letters, sets), parameters(typed.outputs, letters, sets))
        if not found or found[-1][1:] != form[1:]:
            found.append(form)
    for since, most, outputs, further in NEWER.get(op, []):
        if since > found[-1].since:
            found.append(found[-1]._replace(since=since, most=most, outputs=outputs,
                                            attributes=tuple(sorted([*found[-1].attributes, *further]))))
    return found


def quoted(words: tuple[str, ...] | None) -> str:
    return '"-"' if words is None else f'"{" ".join(words)}"'


def wrapped(text: str) -> list[str]:
    """A quoted string as several that C puts together."""
    lines = []
    while len(text) > 88:
        cut = text.rfind(" ", 0, 88) + 1
        lines.append(f'{text[:cut]}"')
        text = f'"{text[cut:]}'
    return [*lines, text]


def line(op: str, form: Form) -> str:
    counts = ["IOU_ANY" if count == ANY else str(count) for count in (form.fewest, form.most, form.outputs)]
    start = f'IOU_FORM("{op}", {form.since}, {", ".join(counts)}'
    parts = [quoted(part) for part in (form.attributes, form.input_types, form.output_types)]
    whole = ", ".join([start, *parts]) + ")"
    if len(whole) <= 100:
        return whole
    lines = [f"{start},"]
    for part in parts[:2]:
        lines += [f"         {text}" for text in wrapped(part)]
        lines[-1] += ","
    return "\n".join([*lines, f"         {parts[2]})"])


def main() -> None:
    sets = TypeSets()
    lines = [line(op, form) for op in sorted(registered()) for form in forms(op, sets)]
    TABLE.write_text(HEADER + "\n".join([*sets.lines(), "", *lines]) + "\n")


if __name__ == "__main__":
    main()
