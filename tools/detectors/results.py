"""What is known of each detector, and its file."""

import dataclasses
import json
import pathlib

from bench.measure import CaseTimes
from bench.report import ratios, summaries
from detectors.differences import Difference
from detectors.values import Values


@dataclasses.dataclass
class Result:
    """`problem` says why there is nothing else."""

    problem: str = ""
    values: Values | None = None
    median_ms: dict[str, float] = dataclasses.field(default_factory=dict)  # by side
    best_ms: dict[str, float] = dataclasses.field(default_factory=dict)
    problems: dict[str, str] = dataclasses.field(default_factory=dict)  # of sides that could not be timed
    fastest_peer: str = ""
    ratio: float | None = None  # its median over libiou's
    others_load: float = 0.0  # processors that others used

    def take_times(self, times: CaseTimes) -> None:
        self.median_ms = {side: summary.median_ms for side, summary in summaries(times).items()}
        self.best_ms = {side: summary.best_ms for side, summary in summaries(times).items()}
        self.problems = {side: seen.problem for side, seen in times.sides.items() if seen.problem}
        found = ratios(times)
        self.fastest_peer, self.ratio = found.get("fastest_peer", ""), found.get("latency")
        self.others_load = times.foreign_load


def read(path: pathlib.Path) -> dict[str, Result]:
    if not path.exists():
        return {}
    return {name: _result(fields) for name, fields in json.loads(path.read_text())["detectors"].items()}


def write(path: pathlib.Path, results: dict[str, Result], machine: str) -> None:
    report = {"machine": machine, "detectors": {name: dataclasses.asdict(r) for name, r in results.items()}}
    path.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n")


def _result(fields: dict) -> Result:
    values = fields.pop("values")
    if values:
        texts = {name: values.pop(name) for name in ("problem", "disagreement")}
        fields["values"] = Values(**{side: Difference(**found) for side, found in values.items()}, **texts)
    return Result(**fields)
