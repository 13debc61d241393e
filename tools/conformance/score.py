"""Runs a suite in every way, and finds what the ways agree on."""

import itertools
import json
import pathlib
import subprocess
import tempfile
from dataclasses import dataclass, field

from conformance.suites import ROOT, Suite

IOURUN = ROOT / ".build/release/iourun"
# Threads, and whether nodes are fused and layouts changed.
WAYS = tuple(itertools.product((1, 2, 3), (True, False)))


@dataclass
class Case:
    """What became of a case in all ways: the worst of them."""
    name: str
    result: str
    why: str
    operators: tuple[str, ...]
    ulp: int | None
    results: set[str] = field(default_factory=set)

    def add(self, way: str, other: "Case") -> None:
        self.results.add(other.result)
        if self.result == "pass" != other.result:
            self.result, self.why = other.result, f"{other.why} ({way})"
        self.ulp = max((ulp for ulp in (self.ulp, other.ulp) if ulp is not None), default=None)

    @property
    def is_same_in_all_ways(self) -> bool:
        return len(self.results) <= 1


def score(suite: Suite) -> list[Case]:
    cases: dict[str, Case] = {}
    for threads, optimizes in WAYS:
        way = f"{threads} threads, {'optimised' if optimizes else 'node by node'}"
        for case in _run(suite.folder, threads, optimizes):
            cases.setdefault(case.name, case).add(way, case)
    return list(cases.values())


def _run(folder: pathlib.Path, threads: int, optimizes: bool) -> list[Case]:
    with tempfile.TemporaryDirectory() as scratch:
        report = pathlib.Path(scratch) / "report.json"
        command = [IOURUN, "conformance", folder, "--threads", str(threads), "--json", report]
        if not optimizes:
            command.append("--no-optimize")
        done = subprocess.run(command, stdout=subprocess.DEVNULL, check=False)
        if done.returncode not in (0, 1) or not report.exists():
            raise SystemExit(f"iourun conformance {folder}: expected status 0 or 1 and a report, found status "
                             f"{done.returncode}")
        found = json.loads(report.read_text(encoding="utf-8"))
    return [Case(pathlib.Path(case["folder"]).name, case["result"], case["why"] or "", tuple(case["operators"]),
                 case["ulp"]) for case in found["cases"]]
