"""Writes the measured parts of docs/ablations.md, each between its two markers."""

from __future__ import annotations

import re
from pathlib import Path

from .plots import draw_alpha, draw_gain
from .results import Result, Spread
from .runs import FINE_TUNING
from .tables import (
    alpha_table,
    baseline_table,
    confidence_table,
    fine_tuning_table,
    loss_table,
    oracle_table,
    target_table,
)


def duration_line(results: list[Result]) -> str:
    kinds: dict[str, list[float]] = {}
    for result in results:
        kind = "fine-tuning" if result.variant in FINE_TUNING else result.data
        kinds.setdefault(kind, []).append(result.content["seconds"] / 60)
    spreads = [(kind, len(minutes), Spread.of(minutes)) for kind, minutes in kinds.items()]
    return "Minutes a run, on one thread, two runs at a time: " + ", ".join(
        f"{kind} {spread.mean:.1f} ± {spread.deviation:.1f} ({count} runs)"
        for kind, count, spread in spreads) + ".\n"


def sections(results: list[Result]) -> dict[str, str]:
    return {
        "baseline": baseline_table(results),
        "loss": loss_table(results),
        "alpha-bccd": alpha_table(results, "bccd"),
        "alpha-cards": alpha_table(results, "cards"),
        "target": target_table(results),
        "confidence": confidence_table(results),
        "oracle": oracle_table(results),
        "fine-tuning": fine_tuning_table(results),
        "time": duration_line(results),
    }


def fill(page: str, parts: dict[str, str]) -> str:
    """Replaces what is between `<!-- NAME -->` and `<!-- end -->`."""
    for name, text in parts.items():
        pattern = rf"(<!-- {name} -->\n).*?(<!-- end -->)"
        page, count = re.subn(pattern, lambda m: m[1] + text + m[2], page, flags=re.DOTALL)
        if count != 1:
            raise ValueError(f"the page has {count} places for {name!r}, expected 1")
    return page


def write_report(results: list[Result], page: Path) -> None:
    page.write_text(fill(page.read_text(), sections(results)))
    draw_gain(results, page.with_name("ablations-gain.png"))
    draw_alpha(results, page.with_name("ablations-alpha.png"))
