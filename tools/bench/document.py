"""The last run's part of docs/performance.md, where each kind of processor has a section, and README's, which is that
of the first kind."""

import datetime

from bench import kinds, readme
from bench.cases import ROOT
from bench.measure import CaseTimes
from bench.plot import draw
from bench.report import COLUMNS, RATIOS, markdown_table, ratio_row, side_rows, summaries

PAGE = ROOT / "docs" / "performance.md"


def write(cases: list[CaseTimes], machine: str, kind: str, runs: int, rounds: int, command: str) -> None:
    """Replaces the section of this kind of processor between the markers, and its plot."""
    page, plot = PAGE.read_text(), PAGE.with_name(f"performance-{kinds.slug(kind)}.png")
    section = _section(cases, machine, plot.name, runs, rounds, command)
    draw(cases, machine, plot)
    measured = kinds.replaced(readme.between_markers(page), kind, section)
    PAGE.write_text(readme.replaced(page, measured))
    readme.README.write_text(readme.replaced(readme.README.read_text(), readme.summary(measured)))


def _section(cases: list[CaseTimes], machine: str, plot: str, runs: int, rounds: int, command: str) -> str:
    versions = {side: s.version for times in cases for side, s in summaries(times).items() if s.version}
    named = ", ".join(f"{side} {version}" for side, version in versions.items())
    parts = [
        f"`{command}`, {datetime.date.today():%-d %B %Y}: {machine}. {named}. Medians of {runs * rounds} interleaved "
        f"runs in {rounds} fresh process{'es' * (rounds > 1)} of each side.\n",
        markdown_table(RATIOS, [ratio_row(times) for times in cases]) + "\n",
        f"![The medians as bars]({plot})\n"]
    for times in cases:
        threads = f"{times.threads} thread{'s' * (times.threads > 1)}"
        parts.append(f"### {times.case.name}, {threads}\n\n" + markdown_table(COLUMNS, side_rows(times)) + "\n")
    return "\n".join(parts)
