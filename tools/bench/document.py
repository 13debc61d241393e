"""The last run's part of docs/performance.md, and README's, each between two markers."""

import datetime

from bench import readme
from bench.cases import ROOT
from bench.measure import CaseTimes
from bench.plot import draw
from bench.report import COLUMNS, RATIOS, markdown_table, ratio_row, side_rows, summaries

PAGE, PLOT = ROOT / "docs" / "performance.md", ROOT / "docs" / "performance.png"


def write(cases: list[CaseTimes], machine: str, runs: int, rounds: int, command: str) -> None:
    """Replaces what is between the markers, and the plot."""
    section = _section(cases, machine, runs, rounds, command)
    draw(cases, machine, PLOT)
    PAGE.write_text(readme.replaced(PAGE.read_text(), section))
    readme.README.write_text(readme.replaced(readme.README.read_text(), readme.summary(section)))


def _section(cases: list[CaseTimes], machine: str, runs: int, rounds: int, command: str) -> str:
    versions = {side: s.version for times in cases for side, s in summaries(times).items() if s.version}
    named = ", ".join(f"{side} {version}" for side, version in versions.items())
    parts = [
        f"`{command}`, {datetime.date.today():%-d %B %Y}: {machine}. {named}. Medians of {runs * rounds} interleaved "
        f"runs in {rounds} fresh process{'es' * (rounds > 1)} of each side.\n",
        markdown_table(RATIOS, [ratio_row(times) for times in cases]) + "\n",
        "![The medians as bars](performance.png)\n"]
    for times in cases:
        threads = f"{times.threads} thread{'s' * (times.threads > 1)}"
        parts.append(f"### {times.case.name}, {threads}\n\n" + markdown_table(COLUMNS, side_rows(times)) + "\n")
    return "\n".join(parts)
