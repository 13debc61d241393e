"""Times the evaluation of a results list: iourun eval beside pycocotools.

    swift build -c release --product iourun && tools/check/setup.sh
    tools/check/.venv/bin/python tools/bench/evaluate.py [--help]

Both get the same files. Times are seconds of the processor, best of the runs, so that other work on the machine counts
for nothing; both work on one thread. "read" is from files to records: for pycocotools the parsing of JSON, its index
(COCO, loadRes) apart; for iourun a run whose last detection is of an unknown picture, which ends it there. "evaluate"
is evaluate and accumulate of pycocotools; of iourun all that follows the reading, its tables and VOC's average
precision included. The averages of both are compared.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import pathlib
import subprocess
import tempfile
import time
from collections.abc import Callable

import numpy as np
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

ROOT = pathlib.Path(__file__).resolve().parents[2]
TOOL = ROOT / ".build/release/iourun"


def make(folder: pathlib.Path, images: int, detections: int, classes: int) -> None:
    """Seven objects a picture in the mean, as COCO has; a quarter of the detections near one of them."""
    random = np.random.default_rng(0)
    annotations, results = [], []
    for image in range(1, images + 1):
        count = int(random.integers(0, 15))
        size = random.lognormal(4, 0.7, (count, 2)).clip(4, None).clip(None, [230, 170])
        boxes = np.hstack([random.uniform(0, 1, (count, 2)) * [400, 300], size]).round(2)
        kinds = random.integers(1, classes + 1, count)
        for box, kind in zip(boxes.tolist(), kinds.tolist()):
            annotations.append({"id": len(annotations) + 1, "image_id": image, "category_id": kind, "bbox": box,
                                "area": box[2] * box[3], "iscrowd": int(random.random() < 0.01)})
        near = random.integers(0, count, min(detections, 4 * count)) if count else np.zeros(0, int)
        far = detections - len(near)
        found = np.vstack([(boxes[near] + random.normal(0, 8, (len(near), 4))).clip(0),
                           np.hstack([random.uniform(0, 300, (far, 2)), random.uniform(5, 150, (far, 2))])])
        kinds = np.concatenate([kinds[near], random.integers(1, classes + 1, far)])
        scores = random.random(detections, np.float32)
        results += [{"image_id": image, "category_id": kind, "bbox": box, "score": score}
                    for kind, box, score in zip(kinds.tolist(), found.round(3).tolist(), scores.tolist())]
    pictures = [{"id": i, "file_name": f"{i:06}.jpg", "width": 640, "height": 480} for i in range(1, images + 1)]
    truth = {"images": pictures, "annotations": annotations,
             "categories": [{"id": i, "name": f"class {i}"} for i in range(1, classes + 1)]}
    (folder / "truth.json").write_text(json.dumps(truth), encoding="utf-8")
    (folder / "results.json").write_text(json.dumps(results), encoding="utf-8")
    stranger = {"image_id": 0, "category_id": 1, "bbox": [0, 0, 1, 1], "score": 0}
    (folder / "broken.json").write_text(json.dumps([*results, stranger]), encoding="utf-8")


def timed(work: Callable[[], object]) -> tuple[float, object]:
    start = time.process_time()
    result = work()
    return time.process_time() - start, result


def time_pycocotools(folder: pathlib.Path) -> tuple[float, float, float, list[float]]:
    """Seconds to read, to index and to evaluate; COCO's twelve numbers."""
    def load() -> tuple[dict, list]:
        return json.loads((folder / "truth.json").read_bytes()), json.loads((folder / "results.json").read_bytes())

    def index(files: tuple[dict, list]) -> COCOeval:
        truth = COCO()
        truth.dataset = files[0]
        truth.createIndex()
        return COCOeval(truth, truth.loadRes(files[1]), "bbox")

    def evaluate(evaluation: COCOeval) -> None:
        evaluation.evaluate()
        evaluation.accumulate()

    with contextlib.redirect_stdout(io.StringIO()):
        read, files = timed(load)
        indexed, evaluation = timed(lambda: index(files))
        evaluated, _ = timed(lambda: evaluate(evaluation))
        evaluation.summarize()
    return read, indexed, evaluated, [float(value) for value in evaluation.stats]


def time_process(folder: pathlib.Path, results: str, status: int) -> tuple[float, bytes]:
    """Seconds of the processor, and what was printed."""
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            [TOOL, "eval", "--annotations", folder / "truth.json", "--detections", folder / results, "--json", "-"],
            stdout=output, stderr=subprocess.DEVNULL)
        _, state, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(state)
        assert process.returncode == status, f"iourun ended with {process.returncode}, expected {status}"
        output.seek(0)
        return usage.ru_utime + usage.ru_stime, output.read()


def time_iourun(folder: pathlib.Path) -> tuple[float, float, list[float]]:
    """Seconds to read and to evaluate; COCO's twelve numbers."""
    read, _ = time_process(folder, "broken.json", status=1)
    everything, text = time_process(folder, "results.json", status=0)
    coco = json.loads(text)["coco"]
    names = ["AP", "AP50", "AP75", "APsmall", "APmedium", "APlarge", "AR1", "AR10", "AR100", "ARsmall", "ARmedium",
             "ARlarge"]
    return read, everything - read, [coco[name] for name in names]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=5000)
    parser.add_argument("--detections", type=int, default=100, help="in each picture")
    parser.add_argument("--classes", type=int, default=80)
    parser.add_argument("--runs", type=int, default=3, help="of each; the best counts")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        make(folder, options.images, options.detections, options.classes)
        ours = [time_iourun(folder) for _ in range(options.runs)]
        theirs = [time_pycocotools(folder) for _ in range(options.runs)]
    difference = max(abs(a - b) for a, b in zip(ours[0][-1], theirs[0][-1]))
    read, evaluated = (min(run[i] for run in ours) for i in range(2))
    their_read, their_index, their_evaluated = (min(run[i] for run in theirs) for i in range(3))
    print(f"{options.images} images x {options.detections} detections x {options.classes} classes, AP "
          f"{ours[0][-1][0]:.4f}, the twelve numbers differ by at most {difference:.1e}\n"
          f"pycocotools: read {their_read:.2f} s, index {their_index:.2f} s, evaluate {their_evaluated:.2f} s\n"
          f"iourun:      read {read:.2f} s, evaluate {evaluated:.2f} s\n"
          f"iourun reads {their_read / read:.1f} times as fast, evaluates {their_evaluated / evaluated:.1f} times as "
          f"fast, and altogether {(their_read + their_index + their_evaluated) / (read + evaluated):.1f} times")


if __name__ == "__main__":
    main()
