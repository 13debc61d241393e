"""Times detection from head maps to boxes: 800 x 1344, five levels, nine anchors, 80 classes.

    make test-hooks && tools/check/setup.sh
    tools/check/.venv/bin/python tools/bench/postprocess.py [--help]

Prints medians and the best of the runs in milliseconds. The maps are made before, and 64 MB of them
are read in every run, so that they come from memory as they do after a network.
"""

import argparse
import datetime
import pathlib
import sys
import time

import numpy as np

TOOLS = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TOOLS), str(TOOLS / "check/references")]

from detect_test_hooks import Detector  # noqa: E402
from detection_metadata import STRIDES, make_metadata  # noqa: E402

from bench import kinds, machine  # noqa: E402

HEIGHT, WIDTH, CLASSES, ANCHORS = 800, 1344, 80, 9
PAGE = TOOLS.parent / "docs" / "performance.md"
BEGIN, END = "<!-- written by tools/bench/postprocess.py -->\n", "<!-- end of post-processing -->\n"


# ---- Maps ----------------------------------------------------------------------------------------


def few(random, cls, iou):
    """Background, and some objects that neighbouring anchors see."""
    cls[:] = random.standard_normal(cls.shape, np.float32) - 10
    for _ in range(6):
        y, x = (random.integers(0, side) for side in cls.shape[1:3])
        cls[:, y:y + 2, x:x + 2, :, random.integers(0, CLASSES)] += 12
        iou[:, y:y + 2, x:x + 2] += 2


def everything(random, cls, iou):
    """Every pair passes, all scores are different."""
    cls[:] = random.standard_normal(cls.shape, np.float32)


def equal(random, cls, iou):
    """Every pair passes, and all scores are equal."""
    cls[:], iou[:] = -4.59512, 0


def rising(random, cls, iou):
    """Every pair passes, and each outranks those before it."""
    cls[:] = np.linspace(-4, 4, cls.size, dtype=np.float32).reshape(cls.shape)
    iou[:] = 0


CASES = {"few pass": few, "all pass": everything, "all equal": equal, "all rise": rising}


def make_maps(layout, fill):
    random = np.random.default_rng(1)
    maps = []
    for stride in STRIDES:
        h, w = -(-HEIGHT // stride), -(-WIDTH // stride)
        cls = np.empty((1, h, w, ANCHORS, CLASSES), np.float32)
        iou = random.standard_normal((1, h, w, ANCHORS), np.float32)
        box = random.standard_normal((1, h, w, ANCHORS, 4), np.float32) * np.float32(0.3)
        fill(random, cls, iou)
        entry = {"h": h, "w": w}
        for key, values in (("cls", cls), ("box", box), ("iou", iou)):
            values = values.reshape(1, h, w, -1)
            if layout == "nchw":
                values = values.transpose(0, 3, 1, 2)
            entry[key] = np.ascontiguousarray(values)
        maps.append(entry)
    return maps


# ---- Times ---------------------------------------------------------------------------------------


def measure(detector, maps, threads, runs):
    """Milliseconds of each run, after one that is not counted."""
    times = []
    for _ in range(runs + 1):
        start = time.perf_counter()
        detector.detect(maps, 0, (HEIGHT, WIDTH - 11), (1.5, 1.5), threads)
        times.append((time.perf_counter() - start) * 1e3)
    return times[1:]


def table(threads, runs, only):
    rows = []
    for layout in ("nhwc", "nchw"):
        for name, fill in CASES.items():
            maps = make_maps(layout, fill) if only in name else None
            for unit in ("anchors", "pairs"):
                if not maps:
                    continue
                detector = Detector(make_metadata(False, layout, CLASSES, topk__unit=unit))
                row = [layout, f"1000 {unit}", name]
                for count in threads:
                    times = measure(detector, maps, count, runs)
                    row.append(f"{np.median(times):.1f} ({min(times):.1f})")
                rows.append(row)
                print(" | ".join(row), flush=True)
    return rows


def document(text):
    before, rest = PAGE.read_text().split(BEGIN)
    measured, after = rest.split(END)
    PAGE.write_text(before + BEGIN + kinds.replaced(measured, machine.kind(), text) + END + after)


def main():
    parser = argparse.ArgumentParser("postprocess.py", description=__doc__.split("\n")[0])
    parser.add_argument("--threads", type=int, nargs="+",
                        default=sorted({1, machine.processors()}))
    parser.add_argument("--runs", type=int, default=15)
    parser.add_argument("--only", default="", help="cases whose name contains this")
    parser.add_argument("--document", action="store_true",
                        help="write the table to docs/performance.md")
    arguments = parser.parse_args()
    rows = table(arguments.threads, arguments.runs, arguments.only)
    if arguments.document:
        heads = ["layout", "a level keeps", "scores"]
        heads += [f"{n} thread{'s' * (n > 1)}: median (best) ms" for n in arguments.threads]
        lines = ["| " + " | ".join(row) + " |" for row in [heads, ["---"] * len(heads), *rows]]
        document(f"`tools/bench/postprocess.py`, {datetime.date.today():%-d %B %Y}: "
                 f"{machine.description()}. {arguments.runs} runs.\n\n" + "\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
