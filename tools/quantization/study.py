"""What quantizing does to a detector's predicted IoU and to alpha: two plots and the tables of docs/quantization.md.

    study.py FLOAT.onnx BYTES.onnx --images DIR --annotations FILE --output docs

Everything is measured by `iourun eval` and `iourun`; the plots go to quantization-iou.png and quantization-alpha.png.
"""

import argparse
import json
import pathlib
import subprocess
import tempfile

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[2]
IOURUN = ROOT / ".build/release/iourun"
SAME = 0.7  # overlap from which boxes of both are one
SURE = 0.5  # class probability
COLUMNS = ("AP", "AP50", "AP75", "AP90")
COLOURS = {"float": "#3f4b5b", "int8": "#c2410c"}


def iourun(*arguments) -> str:
    return subprocess.run([IOURUN, *map(str, arguments)], check=True, stdout=subprocess.PIPE, text=True).stdout


def evaluation(model, options) -> dict:
    return json.loads(iourun("eval", model, "--images", options.images, "--annotations", options.annotations,
                             "--alpha", "0:1:0.1", "--explain", "--json", "-"))


def detections(model, options) -> list[dict]:
    return json.loads(iourun(model, options.images, "--json", "-"))["images"]


def overlaps(boxes, others):
    low = np.maximum(boxes[:, None, :2], others[None, :, :2])
    high = np.minimum(boxes[:, None, 2:], others[None, :, 2:])
    shared = np.prod(np.maximum(high - low, 0), axis=2)
    areas = [np.prod(b[:, 2:] - b[:, :2], axis=1) for b in (boxes, others)]
    return shared / (areas[0][:, None] + areas[1][None, :] - shared)


def pairs(before: list[dict], after: list[dict]):
    """Predicted IoU before and after, class probability before, and overlap of boxes that both found."""
    found = []
    for one, other in zip(before, after):
        if not one["detections"] or not other["detections"]:
            continue
        boxes = [np.array([d["box"] for d in page["detections"]]) for page in (one, other)]
        classes = [np.array([d["class"] for d in page["detections"]]) for page in (one, other)]
        table = overlaps(*boxes) * (classes[0][:, None] == classes[1][None, :])
        for i, j in enumerate(table.argmax(axis=1)):
            if table[i, j] >= SAME and table[:, j].argmax() == i:
                a, b = one["detections"][i], other["detections"][j]
                found.append((a["iou"], b["iou"], a["probability"], table[i, j]))
    return np.array(found)


def groups(found):
    """Most boxes hold nothing; what their predicted IoU is means nothing."""
    sure = found[:, 2] >= SURE
    return {f"p < {SURE}": found[~sure], f"p ≥ {SURE}": found[sure]}


def spread(found) -> str:
    change = found[:, 1] - found[:, 0]
    return f"{change.mean():+.4f} ± {change.std():.4f}"


# ---- Plots ---------------------------------------------------------------------------------------


def plain(axes):
    for edge in ("top", "right"):
        axes.spines[edge].set_visible(False)


def draw_ious(pyplot, found, path):
    figure, (left, right) = pyplot.subplots(1, 2, figsize=(10, 4.6), layout="constrained")
    low, high = found[:, :2].min() - 0.01, found[:, :2].max() + 0.01
    left.plot([low, high], [low, high], color="#111827", linewidth=0.8)
    for name, kind in sorted(groups(found).items()):
        colour = COLOURS["int8" if "≥" in name else "float"]
        left.scatter(kind[:, 0], kind[:, 1], s=5, alpha=0.4, color=colour, linewidths=0,
                     label=f"{len(kind)} with {name}")
        right.hist(kind[:, 1] - kind[:, 0], bins=np.linspace(-0.1, 0.1, 81), histtype="step", color=colour,
                   label=f"{name}: {spread(kind)}")
    left.set(xlabel="predicted IoU, float", ylabel="predicted IoU, int8", xlim=(low, high), ylim=(low, high),
             aspect="equal", title="boxes that both find")
    right.axvline(0, color="#111827", linewidth=0.8)
    right.set(xlabel="change of the predicted IoU", ylabel="boxes", yscale="log", title="mean ± deviation",
              xticks=np.linspace(-0.1, 0.1, 5), ylim=(0.7, 4e4))
    for axes in (left, right):
        axes.legend(frameon=False, loc="upper left", markerscale=3)
        plain(axes)
    figure.savefig(path, dpi=120)


def draw_alphas(pyplot, reports, path):
    """Without 0, at which the class has no part."""
    figure, axes = pyplot.subplots(1, 4, figsize=(13, 3.8), layout="constrained")
    for axis, column in zip(axes, COLUMNS):
        for name, report in reports.items():
            rows = [row for row in report["alphas"] if row["alpha"] > 0]
            axis.plot([row["alpha"] for row in rows], [number(row, column) for row in rows], marker="o", markersize=3,
                      color=COLOURS[name], label=name)
        axis.axvline(report["model_alpha"], color="#111827", linewidth=0.6, linestyle=":")
        axis.set(title=column, xlabel="α")
        axis.margins(y=0.25)
        plain(axis)
    axes[0].legend(frameon=False)
    figure.savefig(path, dpi=120)


# ---- Tables --------------------------------------------------------------------------------------


def number(row, column):
    return row["coco"].get(column, row["thresholds"].get(column))


def print_tables(reports, found):
    print("| α | " + " | ".join(f"{c} float | {c} int8" for c in COLUMNS) + " |")
    print("| --- |" + " --- |" * 2 * len(COLUMNS))
    for rows in zip(*(report["alphas"] for report in reports.values())):
        values = " | ".join(" | ".join(f"{number(row, c):.4f}" for row in rows) for c in COLUMNS)
        print(f"| {rows[0]['alpha']} | {values} |")
    print("\n| | Pearson | Spearman | Pearson+ | Spearman+ |\n| --- | --- | --- | --- | --- |")
    for kind, title in (("iou", "predicted IoU"), ("probability", "p"), ("score", "S")):
        for name, report in reports.items():
            study = report["explain"][kind]
            values = [study[part][which] for part in ("all", "positives") for which in ("pearson", "spearman")]
            print(f"| {title}, {name} | " + " | ".join(f"{value:.4f}" for value in values) + " |")
    print("\n| boxes that both find | | change of the predicted IoU | most | correlation | overlap |\n"
          "| --- | --- | --- | --- | --- | --- |")
    for name, kind in groups(found).items():
        change = np.abs(kind[:, 1] - kind[:, 0]).max()
        print(f"| {name} | {len(kind)} | {spread(kind)} | {change:.4f} | "
              f"{np.corrcoef(kind[:, 0], kind[:, 1])[0, 1]:.4f} | {kind[:, 3].mean():.4f} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs=2, type=pathlib.Path)
    parser.add_argument("--images", required=True, type=pathlib.Path)
    parser.add_argument("--annotations", required=True, type=pathlib.Path)
    parser.add_argument("--output", default=pathlib.Path(tempfile.gettempdir()), type=pathlib.Path)
    options = parser.parse_args()
    import matplotlib
    matplotlib.use("Agg")
    from matplotlib import pyplot

    reports = {name: evaluation(model, options) for name, model in zip(COLOURS, options.models)}
    found = pairs(*(detections(model, options) for model in options.models))
    draw_ious(pyplot, found, options.output / "quantization-iou.png")
    draw_alphas(pyplot, reports, options.output / "quantization-alpha.png")
    print_tables(reports, found)


if __name__ == "__main__":
    main()
