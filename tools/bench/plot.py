"""The medians as bars: a group per case, a bar per side, quartiles as whiskers."""

import pathlib

from bench.measure import CaseTimes
from bench.report import summaries
from bench.sides import FLOAT, IOURUN, LIBIOU, NCNN, NNCF, ONNXRUNTIME, OPENVINO, PEERS

COLOURS = {LIBIOU: "#c2410c", FLOAT: "#e08a5b", ONNXRUNTIME: "#3f4b5b", OPENVINO: "#5f7590", NNCF: "#7388a0",
           NCNN: "#8496ab"}


def draw(cases: list[CaseTimes], machine: str, path: pathlib.Path) -> None:
    """Time over the fastest peer's: 1 is the fastest peer, shorter is faster."""
    import matplotlib
    matplotlib.use("Agg")
    from matplotlib import pyplot

    sides = [side for side in COLOURS if any(side in times.sides for times in cases)]
    named = set()
    figure, axes = pyplot.subplots(figsize=(10, 1.2 + 0.9 * len(cases)), layout="constrained")
    for row, times in enumerate(cases):
        found = {side: s for side, s in summaries(times).items() if side != IOURUN}
        unit = min((found[side].median_ms for side in found.keys() & set(PEERS)), default=None)
        if unit is None:
            continue
        for index, side in enumerate(sides):
            if side not in found:
                continue
            s, y = found[side], row + (index - (len(sides) - 1) / 2) * 0.8 / len(sides)
            spread = [[(s.median_ms - s.quartiles_ms[0]) / unit], [(s.quartiles_ms[1] - s.median_ms) / unit]]
            axes.barh(y, s.median_ms / unit, 0.72 / len(sides), xerr=spread, color=COLOURS[side], ecolor="#11182755",
                      label=None if side in named else side)
            named.add(side)
            axes.text(0.01, y, f"{s.median_ms:.0f} ms", va="center", fontsize=7, color="white")
    axes.axvline(1, color="#111827", linewidth=0.8)
    axes.set_yticks(range(len(cases)), [f"{t.case.name}\n{t.threads} thread{'s' * (t.threads > 1)}" for t in cases])
    axes.invert_yaxis()
    axes.set_xlabel("median time of a run, over the fastest peer's (shorter is faster)")
    axes.set_title(machine, fontsize=8)
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.06), ncols=len(sides), frameon=False, fontsize=8)
    for edge in ("top", "right"):
        axes.spines[edge].set_visible(False)
    figure.savefig(path, dpi=120)
