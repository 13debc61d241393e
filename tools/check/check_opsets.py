"""Every operator in ops.inc, in every version of opsets 7 to 22, against ONNX Runtime.

For each version of an operator's definition a few small models are built as that version demands (attributes or inputs,
old names, old defaults), also with rank 0 and without elements, at the first and at the last opset that it holds for.
Where ONNX Runtime refuses a model, ONNX's reference evaluator answers; where both refuse, the case is left out and
counted. Every model runs fused and node by node. Then odd but valid models: old files that list initializers as inputs,
domains spelled out, unused or imported twice, typed fields, sparse and float16 weights, shapes that say nothing. Prints a line a failure and
"N passed, N failed, N without reference" last. With arguments, only those operators.
"""

import re
import sys

import numpy as np
import onnx
from libiou import ROOT
from odd_models import head_cases, input_cases, shape_cases, sparse_cases, typed_field_cases
from opset_compare import build, compare, reference, tally, unanswered
from opset_recipes import recipes

FIRST, LAST = 7, 22


def spans(op):
    """(the definition's version, opset) for its first and last opset within 7 to 22."""
    versions = sorted({s.since_version for s in onnx.defs.get_all_schemas_with_history() if s.domain == "" and s.name == op})
    for i, version in enumerate(versions):
        first, last = max(version, FIRST), min(versions[i + 1] - 1 if i + 1 < len(versions) else LAST, LAST)
        if first <= last:
            yield from ((version, opset) for opset in sorted({first, last}))


def operator_cases(op, recipe):
    for version, opset in spans(op):
        for number, case in enumerate(recipe(opset)):
            shapes = " ".join("-" if x is None else f"{np.asarray(x).dtype}{list(np.shape(x))}" for x in case.inputs)
            name = f"{op}-{version} in opset {opset}, case {number} ({shapes}) {case.attributes}"[:300]
            compare(name, *build(op, case, opset))
            if number == 0 and case.inputs:
                compare(f"{name}, domain ai.onnx", *build(op, case, opset, domain="ai.onnx"), wanted=reference(*build(op, case, opset)))
            if case.constants and opset <= 8:
                compare(f"{name}, listed", *build(op, case, opset, listed=True))


def main():
    registered = re.findall(r'^IOU_OP\("(\w+)"', (ROOT / "Sources/CIoU/ops/ops.inc").read_text(), re.MULTILINE)
    wanted, known = sys.argv[1:] or registered, recipes()
    for op in wanted:
        if op in known:
            operator_cases(op, known[op])
        else:
            print(f"{op}: has no cases here")
    if not sys.argv[1:]:
        for cases in (typed_field_cases, sparse_cases, input_cases, shape_cases, head_cases):
            cases()
    tally.finish(f", {len(unanswered)} without reference")


if __name__ == "__main__":
    main()
