"""docs/conformance.md: totals of the suites, and a row for every operator."""

import re
from collections import Counter
from collections.abc import Iterable

from bench.report import markdown_table
from conformance.score import WAYS, Case
from conformance.suites import ROOT, Suite

PAGE = ROOT / "docs/conformance.md"
ABOUT = f"""# Conformance

What of ONNX's own tests passes. Every case runs in {len(WAYS)} ways, with 1, 2 and 3 threads, optimised and node by
node, and counts as passed where all of them pass. Tolerances are ONNX's: 1e-7 + 1e-3 · |expected| (bfloat16:
2^-6 · |expected|), or those of the case; integers are compared exactly. To repeat what is below:

```sh
make build && tools/conformance/run.sh --newest --document
iourun conformance tests/ --json report.json     # any folder of cases in this layout
```

A case is unsupported where the model is refused for something that the runtime lacks, which the error names. Cases of
Bernoulli and of Dropout in training fail: their expected values are the random numbers of another generator. So do two
of DFT, whose expected values are those of a transform in single precision, 1.9e-7 where exact sums are 0; and, of the
newest release, one of Attention that is expanded in float16, where one rounding on the way decides the last place.
"""
OPERATORS = """## Operators

Of the cases of all suites of onnx {release}. *alone* counts those whose model has only this operator (beside Constant
and Identity), *in graphs* those that have others too. *ULP* is the largest distance from the expected result, in units
in the last place, of the cases that pass alone, among elements that differ by more than the absolute tolerance. *why
not* tells the reasons of cases alone, and of others where the reason names the operator.
"""
NEUTRAL = {"Constant", "Identity"}
# Which node or value it is: the reason is the same for many.
PLACE = re.compile(
    r"^(test_data_set_\d+: )?(node|input|output) '[^']*'( \(\S+\))?: | \(node '[^)]*\)|'/\S*/(?=\w+\.pb')")


def write(scores: dict[Suite, list[Case]]) -> None:
    """The first suites are of the pinned release, by which operators are counted."""
    release = next(iter(scores)).release
    counted = [case for suite, cases in scores.items() if suite.release == release for case in cases]
    parts = [ABOUT, _totals(scores), OPERATORS.format(release=release), _operators(counted)]
    PAGE.write_text("\n".join(parts), encoding="utf-8")


def _totals(scores: dict[Suite, list[Case]]) -> str:
    rows = []
    for suite, cases in scores.items():
        found = Counter(case.result for case in cases)
        passed = found["pass"]
        rows.append((f"onnx {suite.release}", suite.name, str(len(cases)), str(passed), str(found["fail"]),
                     str(found["unsupported"]), f"{100 * passed / len(cases):.1f} %"))
    table = markdown_table(("release", "suite", "cases", "passed", "failed", "unsupported", "passed"), rows)
    return f"{table}\n\n{_agreement(case for cases in scores.values() for case in cases)}\n"


def _agreement(cases: Iterable[Case]) -> str:
    differ = [case.name for case in cases if not case.is_same_in_all_ways]
    if not differ:
        return "All ways agree on every case."
    return f"The ways do not agree on {', '.join(f'`{name}`' for name in differ)}."


def _operators(cases: list[Case]) -> str:
    names = sorted({name for case in cases for name in case.operators})
    rows = [_row(name, [case for case in cases if name in case.operators]) for name in names]
    return markdown_table(("operator", "alone", "in graphs", "ULP", "why not"), rows) + "\n"


def _row(name: str, cases: list[Case]) -> tuple[str, ...]:
    alone = [case for case in cases if _is_alone(name, case)]
    others = [case for case in cases if not _is_alone(name, case)]
    distances = [case.ulp for case in alone if case.ulp is not None and case.result == "pass"]
    named = re.compile(rf"\b{re.escape(name)}\b")
    blamed = [case for case in cases if case.result != "pass" and (case in alone or named.search(case.why))]
    return (f"`{name}`", _share(alone), _share(others), str(max(distances)) if distances else "", _reasons(blamed))


def _is_alone(name: str, case: Case) -> bool:
    return not set(case.operators) - {name} - NEUTRAL


def _share(cases: list[Case]) -> str:
    return f"{sum(case.result == 'pass' for case in cases)} of {len(cases)}" if cases else ""


def _reasons(cases: list[Case], most: int = 3) -> str:
    found = Counter(_reason(case) for case in cases).most_common()
    told = [f"{reason} ({count})" for reason, count in found[:most]]
    left = sum(count for _, count in found[most:])
    return "; ".join([*told, f"others ({left})"] if left else told).replace("|", "\\|")


def _reason(case: Case) -> str:
    text = PLACE.sub("", case.why)
    return ("**fails**: " if case.result == "fail" else "") + (text if len(text) <= 100 else f"{text[:100]}…")
