"""The pictures of docs/ablations.md."""

from __future__ import annotations

from pathlib import Path

import matplotlib

from .results import COLUMNS, Result, Spread
from .runs import BASELINE, DATA_SETS
from .tables import AUTHORS_ALPHA, chosen

matplotlib.use("Agg")
from matplotlib import pyplot  # noqa: E402  the backend comes first

COLOURS = {"AP": "#111827", "AP50": "#5f7590", "AP75": "#c2410c", "AP90": "#0f766e"}


def tidy(axes: pyplot.Axes) -> None:
    axes.grid(axis="y", color="#e5e7eb", linewidth=0.8)
    axes.set_axisbelow(True)
    for edge in ("top", "right"):
        axes.spines[edge].set_visible(False)


def draw_alpha(results: list[Result], path: Path) -> None:
    """AP over α as the difference to α = 1: four columns differ too much in height for one axis.

    Below 0.2 the class hardly counts any more, and all columns fall out of the picture.
    """
    sets = [(data, chosen(results, data, "bce")) for data in DATA_SETS]
    sets = [(data, runs) for data, runs in sets if runs]
    figure, panels = pyplot.subplots(1, len(sets), figsize=(5.2 * len(sets), 4), squeeze=False,
                                     layout="constrained")
    for axes, (data, runs) in zip(panels[0], sets):
        alphas = [alpha for alpha in runs[0].alphas if alpha >= 0.2]
        for column, colour in COLOURS.items():
            spreads = [Spread.of([100 * (r.score(a)[column] - r.score(1)[column]) for r in runs])
                       for a in alphas]
            means = [s.mean for s in spreads]
            axes.plot(alphas, means, "o-", color=colour, markersize=4, label=column)
            axes.fill_between(alphas, [s.mean - s.deviation for s in spreads],
                              [s.mean + s.deviation for s in spreads], color=colour, alpha=0.12,
                              linewidth=0)
        axes.axhline(0, color="#9ca3af", linewidth=0.8)
        axes.set_xlabel("α (1: the class probability alone)")
        axes.set_title(f"{data}, {len(runs)} seeds")
        tidy(axes)
    panels[0][0].set_ylabel("points of AP over α = 1")
    panels[0][-1].legend(frameon=False)
    figure.savefig(path, dpi=110)
    pyplot.close(figure)


def draw_gain(results: list[Result], path: Path) -> None:
    """What the IoU head adds to RetinaNet of the same seed, column by column."""
    figure, axes = pyplot.subplots(figsize=(8, 3.6), layout="constrained")
    width = 0.36
    for index, (data, colour) in enumerate(zip(DATA_SETS, ("#c2410c", "#5f7590"))):
        base = {r.seed: r.score(1) for r in chosen(results, data, BASELINE)}
        gains = [{c: 100 * (r.score(AUTHORS_ALPHA)[c] - base[r.seed][c]) for c in COLUMNS}
                 for r in chosen(results, data, "bce") if r.seed in base]
        if not gains:
            continue
        spreads = [Spread.of([g[c] for g in gains]) for c in COLUMNS]
        places = [k + (index - 0.5) * width for k in range(len(COLUMNS))]
        axes.bar(places, [s.mean for s in spreads], width * 0.92, color=colour, label=data)
        for place, column in zip(places, COLUMNS):
            axes.plot([place] * len(gains), [g[column] for g in gains], "o", markersize=3.5,
                      color="#111827", markerfacecolor="white")
    axes.axhline(0, color="#111827", linewidth=0.8)
    axes.set_xticks(range(len(COLUMNS)), COLUMNS)
    axes.set_ylabel("points over RetinaNet")
    axes.set_title("IoU-aware (BCE, detached, α = 0.5) minus RetinaNet; a circle for each seed")
    axes.legend(frameon=False)
    tidy(axes)
    figure.savefig(path, dpi=110)
    pyplot.close(figure)
