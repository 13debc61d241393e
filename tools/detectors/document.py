"""docs/detectors.md, and a line for the terminal."""

import datetime

from bench.cases import ROOT
from bench.report import markdown_table
from bench.sides import LIBIOU, PEERS
from detectors.differences import Difference
from detectors.results import Result

PAGE = ROOT / "docs" / "detectors.md"
COLUMNS = ("detector", "runs", "error", "boxes px", "scores", "ONNX Runtime's own", "libiou ms", "ONNX Runtime ms",
           "OpenVINO ms", "ratio")
ABOUT = """# Detectors

Exports of detectors that people have, made from pinned packages with seeded weights (`tools/detectors`): statistics of
batch normalisation are calibrated and scores scaled, so that boxes come out. To repeat the table below:

```sh
tools/detectors/run.sh --document            # makes all files in out/detectors, compares, measures, writes this page
tools/detectors/run.sh yolov8n yolo11n       # some; --list prints the names
```

- **error**: the largest difference of any output from ONNX Runtime without its optimisations, in parts of the output's
  range; *ONNX Runtime's own* is the same of ONNX Runtime with them. Where detections come sorted, each is compared with
  the one of the same class nearest to it, and only boxes and scores are told; *n of m not found* counts those without.
- **ratio**: the median of the faster of ONNX Runtime and OpenVINO over libiou's; above 1 libiou is faster. Two threads;
  the sides take turns, each in a process of its own, with a pause before each.
"""


def write(results: dict[str, Result], machine: str) -> None:
    ran = sum(_runs(result) == "yes" for result in results.values())
    said = f"{datetime.date.today():%-d %B %Y}, {machine}: {ran} of {len(results)} run and agree.\n"
    rows = [_row(name, result) for name, result in results.items()]
    PAGE.write_text(f"{ABOUT}\n{said}\n{markdown_table(COLUMNS, rows)}\n")


def line(name: str, result: Result) -> str:
    return "  ".join(_row(name, result))


def _row(name: str, result: Result) -> tuple[str, ...]:
    if result.problem or result.values is None:
        return (name, result.problem or "–", *[""] * (len(COLUMNS) - 2))
    ours, own = result.values.ours, result.values.onnxruntime
    times = (_cell(result.median_ms.get(side), ".1f") for side in (LIBIOU, PEERS["onnxruntime"], PEERS["openvino"]))
    return (name, _runs(result), _cell(ours.relative, ".0e"), _boxes(ours), _cell(ours.scores, ".0e"), _own(own),
            *times, _cell(result.ratio, ".2f"))


def _runs(result: Result) -> str:
    if result.values is None:
        return result.problem
    return result.values.problem or result.values.ours.problem.replace("|", "/") or "yes"


def _boxes(found: Difference) -> str:
    missing = f", {found.unmatched} of {found.detections} not found" if found.unmatched else ""
    return _cell(found.boxes_px, ".0e") + missing


def _own(found: Difference) -> str:
    if found.problem:
        return found.problem
    return _cell(found.relative, ".0e") if found.relative is not None else f"{_boxes(found)} px"


def _cell(value: float | None, form: str) -> str:
    return "–" if value is None else format(value, form)
