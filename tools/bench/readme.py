"""README's part of the last run: what docs/performance.md says of it, in one table between two markers."""

import pathlib
import re

from bench import kinds

ROOT = pathlib.Path(__file__).resolve().parents[2]
README = ROOT / "README.md"
PEERS = ("ONNX Runtime", "OpenVINO", "ncnn")


def summary(measured: str) -> str:
    """The paragraph and the table of README, from what docs/performance.md says of the first kind of processor.

    A ratio is that of the medians in the section's tables, on the most threads that a case was measured with.
    """
    section = next(iter(kinds.sections(measured).values()))
    run = re.match(r"`.*?`, (?P<date>.*?): (?P<machine>.*?)\. libiou .*? Medians of (?P<runs>\d+) ", section, re.S)
    cases = _cases(section)
    threads = max(most for _, most in cases)
    rows = [_row(name, sides) for (name, most), sides in cases.items() if most == threads]
    largest = max(float(sides["libiou"][-1]) for sides in cases.values())
    return (
        "How many times as long the others take as libiou for the same detector, and how much more memory ONNX "
        "Runtime\n"
        f"needs: medians of {run['runs']} interleaved runs, {threads} thread{'s' * (threads > 1)}, {run['machine']},\n"
        f"{run['date']}. Outputs are within {largest:.1e} of their range of ONNX Runtime's.\n\n"
        f"| detector | {' | '.join(PEERS)} | memory |\n|{' --- |' * (len(PEERS) + 2)}\n" + "".join(rows)
    )


def _cases(section: str) -> dict[tuple[str, int], dict[str, list[str]]]:
    """The cells behind each side's name, by case and number of threads."""
    found = {}
    for part in section.split("\n### ")[1:]:
        title, *lines = part.splitlines()
        name, threads = re.fullmatch(r"(.*), (\d+) threads?", title).groups()
        cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("| ")]
        found[name, int(threads)] = {side: values for side, *values in cells[2:]}
    return found


def _row(name: str, sides: dict[str, list[str]]) -> str:
    def times(peer: str, column: int) -> str:
        try:
            return f"{float(sides[peer][column]) / float(sides['libiou'][column]):.1f}"
        except (KeyError, ValueError):
            return "–"

    return f"| {name} | {' | '.join(times(peer, 0) for peer in PEERS)} | {times(PEERS[0], 6)} |\n"
