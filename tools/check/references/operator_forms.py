"""Which inputs, outputs and attributes every operator of ops.inc has, from which opset on, by ONNX's own schemas.

Run as a program, it writes Sources/CIoU/ops/forms.inc.
"""

import re

import onnx
from libiou import ROOT

TABLE = ROOT / "Sources/CIoU/ops/forms.inc"
HEADER = """/*
 * Every form of every operator, written by tools/check/references/operator_forms.py:
 * IOU_FORM(ONNX type, the opset that it holds from, most inputs, most outputs (IOU_ANY: no limit),
 * attributes; NULL: the operator is gone). Sorted by type and opset.
 */
"""
# ONNX Runtime has it for every opset, and writes it into old models.
OLDER = {"LayerNormalization": 1}
# Called deprecated because its inputs changed; exporters write it, and runtimes take it.
KEPT = {("GroupNormalization", 18)}
# Of definitions newer than those of the pinned onnx: (opset, most inputs, most outputs, attributes) of each.
NEWER = {
    "Attention": [(25, 7, 4, ["is_causal", "kv_num_heads", "left_window_size", "q_num_heads", "qk_matmul_output_mode",
                              "right_window_size", "scale", "softcap", "softmax_precision"])],
    "SpaceToDepth": [(28, 1, 1, ["blocksize", "mode"])],
}
ANY = 2 ** 31 - 1


def registered() -> list[str]:
    text = (ROOT / "Sources/CIoU/ops/ops.inc").read_text()
    return re.findall(r'^IOU_OP\("(\w+)"', text, re.MULTILINE)


def forms(op: str) -> list[tuple[int, int, int, list[str] | None]]:
    """(opset, most inputs, most outputs, attributes; None: the operator is gone) of each form, in order."""
    schemas = [s for s in onnx.defs.get_all_schemas_with_history() if s.domain == "" and s.name == op]
    found = []
    for schema in sorted(schemas, key=lambda s: s.since_version):
        since = schema.since_version if found else OLDER.get(op, schema.since_version)
        gone = schema.deprecated and (op, since) not in KEPT
        form = (0, 0, None) if gone else (schema.max_input, schema.max_output, sorted(schema.attributes))
        if not found or found[-1][1:] != form:
            found.append((since, *form))
    return found + [form for form in NEWER.get(op, []) if form[0] > found[-1][0]]


def line(op: str, since: int, inputs: int, outputs: int, attributes: list[str] | None) -> str:
    counts = [("IOU_ANY" if count == ANY else str(count)) for count in (inputs, outputs)]
    names = "NULL" if attributes is None else f'"{" ".join(attributes)}"'
    start = f'IOU_FORM("{op}", {since}, {", ".join(counts)}, '
    if len(start) + len(names) < 100:
        return f"{start}{names})"
    middle = names.rfind(" ", 0, 94) + 1
    return f'{start.rstrip()}\n         {names[:middle]}"\n         "{names[middle:]})'


def main() -> None:
    lines = [line(op, *form) for op in sorted(registered()) for form in forms(op)]
    TABLE.write_text(HEADER + "\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
