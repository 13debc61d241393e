"""What a check counts and prints."""

import sys
from collections.abc import Callable, Iterable
from typing import NoReturn


class Tally:
    """Prints a line a case, or with `quiet` only a line a failure."""

    def __init__(self, quiet: bool = False) -> None:
        self.quiet = quiet
        self.passed = self.failed = 0

    def add(self, case: str, *faults: str | None, note: str = "") -> None:
        """Counts a case, which has failed where any of the faults says something."""
        said = "; ".join(filter(None, faults))
        self.passed += not said
        self.failed += bool(said)
        if said or not self.quiet:
            print(f"{case}: {'fail: ' + said if said else 'pass'}{note}", flush=True)

    def add_all(self, groups: Iterable[Callable[[], Iterable[tuple[str, str | None]]]]) -> None:
        """Adds the names and faults that each of the groups yields."""
        for group in groups:
            for case, fault in group():
                self.add(case, fault)

    def finish(self, note: str = "") -> NoReturn:
        """Prints "N passed, N failed" and exits, with 1 after a failure."""
        print(f"{self.passed} passed, {self.failed} failed{note}")
        sys.exit(self.failed > 0)
