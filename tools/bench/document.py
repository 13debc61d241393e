"""The last run's parts of docs/performance.md, float32 and int8, where each kind of processor has a section, and
README's, which is the float32 one of the first kind."""

import datetime
import importlib.metadata

from bench import kinds, marked, readme
from bench.cases import ROOT
from bench.measure import CaseTimes
from bench.plot import draw
from bench.report import markdown_table, ratio_table, side_table, summaries
from bench.sides import FLOAT, NNCF

PAGE = ROOT / "docs" / "performance.md"


def write(cases: list[CaseTimes], machine: str, kind: str, runs: int, rounds: int, command: str) -> None:
    """Replaces the sections of this kind of processor between the markers, and their plots; what was not measured
    stays."""
    for int8, begin in ((False, marked.BEGIN), (True, marked.BEGIN_INT8)):
        part = [times for times in cases if times.case.int8 == int8]
        if not part:
            continue
        page, plot = PAGE.read_text(), PAGE.with_name(f"performance-{'int8-' * int8}{kinds.slug(kind)}.png")
        draw(part, machine, plot)
        section = _section(part, machine, plot.name, runs, rounds, command)
        measured = kinds.replaced(marked.text(page, begin), kind, section)
        PAGE.write_text(marked.replaced(page, measured, begin))
        if not int8:
            readme.README.write_text(marked.replaced(readme.README.read_text(), readme.summary(measured)))


def _section(cases: list[CaseTimes], machine: str, plot: str, runs: int, rounds: int, command: str) -> str:
    versions = {side: s.version for times in cases for side, s in summaries(times).items()
                if s.version and side not in (FLOAT, NNCF)}
    if any(NNCF in summaries(times) for times in cases):
        versions["NNCF"] = importlib.metadata.version("nncf")
    named = ", ".join(f"{side} {version}" for side, version in versions.items())
    parts = [
        f"`{command}`, {datetime.date.today():%-d %B %Y}: {machine}. {named}. Medians of {runs * rounds} interleaved "
        f"runs in {rounds} fresh process{'es' * (rounds > 1)} of each side.\n",
        ratio_table(cases, markdown_table) + "\n",
        f"![The medians as bars]({plot})\n"]
    for times in cases:
        threads = f"{times.threads} thread{'s' * (times.threads > 1)}"
        parts.append(f"### {times.case.name}, {threads}\n\n" + side_table(times, markdown_table) + "\n")
    return "\n".join(parts)
