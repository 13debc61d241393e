"""Draws what `iourun bench --per-op` says: a bar per step, as wide as its time, as high as its share of the ceiling.

    iourun bench r50.onnx --shape images=1x3x480x640 --per-op --json r50.json
    tools/bench/.venv/bin/python tools/bench/roofline.py r50.json r50.png

What is missing under the line at 1 is time lost; Winograd, which multiplies less than is counted, stands above it.
"""

import argparse
import json
import pathlib

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot  # noqa: E402

COLOURS = ("#c2410c", "#475569", "#0f766e", "#7c3aed", "#a16207", "#be185d", "#1d4ed8", "#4d7c0f")


def draw(report: dict, path: pathlib.Path) -> None:
    """Steps in the order of execution; those of one algorithm have one colour."""
    figure, axes = pyplot.subplots(figsize=(14, 5), layout="constrained")
    algorithms = list(dict.fromkeys(step["algorithm"] or step["type"] for step in report["operators"]))
    left, labelled = 0.0, set()
    for step in report["operators"]:
        algorithm = step["algorithm"] or step["type"]
        axes.bar(left, max(step["of_peak"], 0.004), step["ms"], align="edge", edgecolor="white", linewidth=0.3,
                 color=COLOURS[algorithms.index(algorithm) % len(COLOURS)],
                 label=None if algorithm in labelled else algorithm)
        labelled.add(algorithm)
        left += step["ms"]
    axes.axhline(1, color="#111827", linewidth=0.8)
    axes.axhline(0.7, color="#111827", linewidth=0.5, linestyle=":")
    axes.set_xlim(0, left)
    axes.set_xlabel("ms, in the order of execution")
    axes.set_ylabel(f"share of the ceiling, {report['peak_gflops']:.0f} GFLOP/s")
    axes.set_title(f"{report['model']}, {report['threads']} threads, {report['gflops']:.0f} GFLOP/s over all", fontsize=9)
    axes.legend(loc="upper left", bbox_to_anchor=(1, 1), frameon=False, fontsize=8)
    figure.savefig(path, dpi=120)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("report", type=pathlib.Path)
    parser.add_argument("picture", type=pathlib.Path)
    arguments = parser.parse_args()
    draw(json.loads(arguments.report.read_text()), arguments.picture)


if __name__ == "__main__":
    main()
