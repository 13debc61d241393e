"""What a test with many small cases counts."""

from collections.abc import Iterable


class Tally:
    """The cases of one test: it goes on behind a failure, and conftest.py fails it at its end."""

    def __init__(self) -> None:
        self.passed = self.left_out = 0
        self.faults: list[str] = []

    def add(self, case: str, *faults: str | None) -> None:
        """Counts a case, which has failed where any of the faults says something."""
        said = "; ".join(filter(None, faults))
        if said:
            self.faults.append(f"{case}: {said}")
        else:
            self.passed += 1

    def add_all(self, cases: Iterable[tuple[str, str | None]]) -> None:
        """Adds names and faults."""
        for case, fault in cases:
            self.add(case, fault)

    def leave_out(self) -> None:
        """Counts a case that no reference computes."""
        self.left_out += 1

    @property
    def is_empty(self) -> bool:
        return not (self.passed or self.faults or self.left_out)
