"""docs/detectors.md, and a line for the terminal."""

import datetime

from bench import kinds
from bench.cases import ROOT
from bench.report import markdown_table
from bench.sides import LIBIOU, ONNXRUNTIME, OPENVINO
from detectors.differences import Difference
from detectors.results import Result

PAGE = ROOT / "docs" / "detectors.md"
COLUMNS = ("detector", "agrees", "boxes", "error", "boxes px", "scores", "ONNX Runtime's own", "libiou ms",
           "ONNX Runtime ms", "OpenVINO ms", "ratio")
ABOUT = """# Detectors

Exports of detectors that people have, made from pinned packages with seeded weights (`tools/detectors`): statistics of
batch normalisation are calibrated and scores scaled, so that boxes come out. To repeat the table below:

```sh
make lib bench-worker
tools/detectors/run.sh --document            # makes all files in out/detectors, compares, measures, writes this page
tools/detectors/run.sh yolov8n yolo11n       # some; --list prints the names
tools/detectors/run.sh --no-times            # the comparison, which wants no quiet machine; --no-values: the times
```

- **error**: the largest difference of any output from ONNX Runtime without its optimisations, in parts of the output's
  range; *ONNX Runtime's own* is the same of ONNX Runtime with them. Where detections come sorted, each is compared with
  the one of the same class nearest to it, and the error is that of their other values (masks, key
  points, the scores of other classes).
- **boxes**: of the reference, with scores above 0.01.
- **agrees**: every detection is found on both sides, in the same order, and no difference is above 1e-4 (of the range,
  the picture's side, a score; masks: 3e-4, float16: 2e-2), or above four times ONNX Runtime's own where that is up to
  ten times as much; whether our planner optimises or not.
- **ratio**: the median of the faster of ONNX Runtime and OpenVINO over libiou's; above 1 libiou is faster. Two threads;
  the sides take turns, each in a process of its own, with a pause before each. Each kind of processor has a table.
"""


def write(results: dict[str, Result], machine: str, kind: str) -> None:
    """Replaces the table of this kind of processor."""
    agree = sum(_agrees(result) == "yes" for result in results.values())
    said = f"{datetime.date.today():%-d %B %Y}, {machine}: {agree} of {len(results)} run and agree.\n"
    rows = [_row(name, result) for name, result in results.items()]
    tables = kinds.replaced(PAGE.read_text(), kind, f"{said}\n{markdown_table(COLUMNS, rows)}\n")
    PAGE.write_text(f"{ABOUT}\n{tables}")


def line(name: str, result: Result) -> str:
    return "  ".join(_row(name, result))


def _row(name: str, result: Result) -> tuple[str, ...]:
    if result.problem or result.values is None:
        return (name, result.problem or "–", *[""] * (len(COLUMNS) - 2))
    ours, own = result.values.ours, result.values.onnxruntime
    times = (_cell(result.median_ms.get(side), ".1f") for side in (LIBIOU, ONNXRUNTIME, OPENVINO))
    errors = (_cell(error, ".0e") for error in (ours.relative, ours.boxes_px, ours.scores))
    count = own.detections if ours.detections is None else ours.detections
    boxes = "–" if count is None else str(count)
    return (name, _agrees(result), boxes, *errors, _own(own), *times, _cell(result.ratio, ".2f"))


def _agrees(result: Result) -> str:
    values = result.values
    if values.problem:
        return f"no reference: {_in_cell(values.problem)}"
    if values.disagreement:
        return ("" if values.disagreement.startswith("refused") else "no: ") + _in_cell(values.disagreement)
    return "yes"


def _in_cell(text: str) -> str:
    return text.replace("|", "/")


def _own(found: Difference) -> str:
    if found.problem:
        return _in_cell(found.problem)
    if found.unmatched:
        return f"{found.unmatched} of {found.detections} not found"
    return f"{_cell(found.boxes_px, '.0e')} px" if found.relative is None else _cell(found.relative, ".0e")


def _cell(value: float | None, form: str) -> str:
    return "–" if value is None else format(value, form)
