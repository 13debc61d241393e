"""Metrics as CSV: `steps.csv` with a row a step, `evaluations.csv` with a row per α."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .files import replace_atomically

STEPS = "steps.csv"
EVALUATIONS = "evaluations.csv"
Row = dict[str, str]


def read_metrics(path: Path) -> list[Row]:
    """The rows of a file but for a last line that a kill has cut; none where there is no file.

    ValueError for a file of something else.
    """
    if not path.exists():
        return []
    lines = path.read_text(errors="replace").splitlines(keepends=True)
    if lines and not lines[-1].endswith("\n"):
        lines.pop()
    rows = list(csv.DictReader(lines))
    for number, row in enumerate(rows, start=1):
        if None in row or None in row.values() or not row.get("step", "").isdecimal():
            raise ValueError(f"{path}: row {number} is no row of a run's metrics")
    return rows


def rows_until(path: Path, columns: Sequence[str], step: int) -> list[Row]:
    """The rows of a file up to a step; none from a file with other columns."""
    return [row for row in read_metrics(path)
            if list(row) == list(columns) and int(row["step"]) <= step]


def as_text(row: dict[str, Any]) -> Row:
    return {key: f"{value:.6g}" if isinstance(value, float) else str(value)
            for key, value in row.items()}


def replace_metrics(path: Path, columns: Sequence[str], rows: Sequence[Row]) -> None:
    """Writes a whole file at once."""
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    replace_atomically(path, lambda temporary: temporary.write_text(text.getvalue()))


class StepLog:
    """`steps.csv`, on disk after every row."""

    def __init__(self, out: Path, columns: Sequence[str], start: int) -> None:
        """Keeps the rows up to step `start`: what a run that goes on from there repeats is cut."""
        path = out / STEPS
        replace_metrics(path, columns, rows_until(path, columns, start))
        self._file = path.open("a", newline="")
        self._writer = csv.DictWriter(self._file, columns, lineterminator="\n")

    def write(self, row: dict[str, Any]) -> None:
        self._writer.writerow(as_text(row))
        self._file.flush()

    def close(self) -> None:
        self._file.close()
