"""Plots of a run's metrics: losses, learning rate and gradient, average precision."""

from __future__ import annotations

from pathlib import Path

import matplotlib
import numpy as np

from .files import replace_atomically
from .metrics import EVALUATIONS, STEPS, read_metrics

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402

LOSSES = ("loss", "classes", "boxes", "iou")
PRECISIONS = ("AP", "AP50", "AP75", "AP90")
# Distinguished by those who do not see all colours (Okabe and Ito).
COLOURS = ("#000000", "#0072B2", "#D55E00", "#009E73")


def draw_plots(run: Path) -> list[Path]:
    """Writes `losses.png`, `learning_rate.png` and `precision.png` into a run's folder.

    Those without data are left out. Gives the files. ValueError for CSV files of something else.
    """
    steps, evaluations = read_metrics(run / STEPS), read_metrics(run / EVALUATIONS)
    written = []
    if steps:
        written += [_save(_losses(steps), run / "losses.png"),
                    _save(_learning_rate(steps), run / "learning_rate.png")]
    if evaluations:
        written.append(_save(_precision(evaluations), run / "precision.png"))
    return written


def _column(rows: list[dict[str, str]], name: str) -> np.ndarray:
    return np.array([float(row[name]) for row in rows])


def _smooth(values: np.ndarray) -> np.ndarray:
    """A running mean over a fiftieth of the run that is shorter at its ends."""
    half = max(len(values) // 100, 1)
    sums = np.concatenate(([0.0], np.cumsum(values)))
    first = np.maximum(np.arange(len(values)) - half, 0)
    last = np.minimum(np.arange(len(values)) + half + 1, len(values))
    return (sums[last] - sums[first]) / (last - first)


def _losses(rows: list[dict[str, str]]) -> plt.Figure:
    figure, axes = plt.subplots(figsize=(8, 5), layout="constrained")
    steps = _column(rows, "step")
    for name, colour in zip(LOSSES, COLOURS):
        values = _column(rows, name)
        if values.any():
            axes.plot(steps, values, color=colour, alpha=0.2, linewidth=0.8)
            axes.plot(steps, _smooth(values), color=colour, linewidth=1.6,
                      label={"loss": "total", "iou": "IoU"}.get(name, name))
    axes.set(xlabel="step", ylabel="loss", title="Training losses, and their running means")
    axes.set_yscale("log")
    axes.grid(alpha=0.3)
    axes.legend()
    return figure


def _learning_rate(rows: list[dict[str, str]]) -> plt.Figure:
    figure, (above, below) = plt.subplots(2, figsize=(8, 6), sharex=True, layout="constrained")
    steps = _column(rows, "step")
    above.plot(steps, _column(rows, "learning_rate"), color=COLOURS[1])
    above.set(ylabel="learning rate", title="Learning rate and norm of the gradient")
    norms = _column(rows, "gradient")
    below.plot(steps, norms, color=COLOURS[2], linewidth=0.8)
    below.set(xlabel="step", ylabel="gradient, L2, before clipping", yscale="log")
    for axes in (above, below):
        axes.grid(alpha=0.3)
    return figure


def _precision(rows: list[dict[str, str]]) -> plt.Figure:
    figure, axes = plt.subplots(figsize=(8, 5), layout="constrained")
    alphas = sorted({row["alpha"] for row in rows}, key=float, reverse=True)
    for alpha, style in zip(alphas, ("-", "--", ":", "-.") * len(alphas)):
        chosen = [row for row in rows if row["alpha"] == alpha]
        for name, colour in zip(PRECISIONS, COLOURS):
            axes.plot(_column(chosen, "step"), _column(chosen, name), style, color=colour,
                      marker="o", markersize=3, label=f"{name}, α = {float(alpha):g}")
    axes.set(xlabel="step", ylabel="average precision", ylim=(0, None),
             title="Average precision on the validation data")
    axes.grid(alpha=0.3)
    axes.legend(ncols=len(alphas), fontsize="small")
    return figure


def _save(figure: plt.Figure, path: Path) -> Path:
    replace_atomically(path, lambda temporary: figure.savefig(temporary, format="png", dpi=110))
    plt.close(figure)
    return path
