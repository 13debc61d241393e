"""What is wrong with data, collected so that one attempt names all of it."""

from __future__ import annotations

from pathlib import Path

LISTED = 20
"""How many problems are spelled out; the others are counted."""


class DataError(ValueError):
    """Data that cannot be trained or evaluated on; the text has one line for each problem."""


class Problems:
    """A list of problems, each with its file and record."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self.count = 0

    def add(self, file: Path, record: str, text: str) -> None:
        """`record` names the place in the file ("annotation 17"); empty for the whole file."""
        self.count += 1
        if len(self._lines) < LISTED:
            self._lines.append(f"{file}: {record}: {text}" if record else f"{file}: {text}")

    def raise_any(self) -> None:
        """Raises DataError when a problem was added."""
        if not self.count:
            return
        lines = list(self._lines)
        if self.count > len(lines):
            lines.append(f"and {self.count - len(lines)} more problems")
        raise DataError("\n".join(lines))
