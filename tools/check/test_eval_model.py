"""`iourun eval` on models, with pycocotools, NumPy and ONNX Runtime on the other side.

The detections that it writes, scored by pycocotools, for each α; they are those of `iourun detect`; correlations
with the true IoU; average precision with true IoUs, by ONNX Runtime between the references. On drawn smears with
made-up annotations, and on some pictures of BCCD_VAL (images/ and annotations.json) where that is there.
"""

import contextlib
import io
import json
import os
import pathlib
import subprocess

import cv2
import detection_reference as reference
import numpy as np
import onnx
import pytest
from detector_path import metadata_of, run_reference
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

ROOT = pathlib.Path(__file__).resolve().parents[2]
DATA = pathlib.Path(os.environ.get("BCCD_VAL", ROOT.parent / "shared/data/bccd/val"))
MODEL, IOURUN = ROOT / "models/blood-cells.onnx", ROOT / ".build/release/iourun"
SMEARS = ("smear.png", "smear-tall.png", "smear-wide.png")
SOME = 12  # pictures of BCCD
ALPHAS = ("0", "0.3", "0.5", "0.75", "1")
NUMBERS = ("AP", "AP50", "AP75", "APsmall", "APmedium", "APlarge", "AR1", "AR10", "AR100",
           "ARsmall", "ARmedium", "ARlarge")
EXACT, ROUNDED = 1e-6, 2e-3


def iourun(*arguments):
    result = subprocess.run([IOURUN, *map(str, arguments)], capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise SystemExit(f"iourun {' '.join(map(str, arguments))}\n{result.stderr}")
    return result.stdout


# ---- Data ----------------------------------------------------------------------------------------


def made_up(folder):
    """Annotations near what is found in drawn smears: some moved, some gone, one crowd a picture."""
    random = np.random.default_rng(1)
    labels = metadata_of(onnx.load(MODEL))["iou.labels"].split("\n")
    found = json.loads(iourun(MODEL, *(ROOT / "Examples" / name for name in SMEARS), "--json", "-",
                              "--score-threshold", "0.3"))
    truth = {"images": [], "annotations": [],
             "categories": [{"id": 10 - i, "name": label} for i, label in enumerate(labels)]}
    for number, picture in enumerate(found["images"]):
        truth["images"].append({"id": 40 - number, "file_name": SMEARS[number],
                                "width": picture["width"], "height": picture["height"]})
        kept = [one for one in picture["detections"] if random.random() < 0.7]
        for i, one in enumerate(kept):
            sides = [picture["width"], picture["height"]] * 2
            x1, y1, x2, y2 = np.clip(np.array(one["box"]) + random.normal(0, 4, 4), 0, sides)
            box = [round(float(v), 2) for v in (x1, y1, max(x2 - x1, 2), max(y2 - y1, 2))]
            truth["annotations"].append({
                "id": len(truth["annotations"]) + 1, "image_id": 40 - number,
                "category_id": 10 - one["class"], "bbox": box, "area": box[2] * box[3],
                "iscrowd": int(i == 3)})
    path = folder / "smears.json"
    path.write_text(json.dumps(truth), encoding="utf-8")
    return path, ROOT / "Examples"


def some_of_bccd(folder):
    truth = json.loads((DATA / "annotations.json").read_text(encoding="utf-8"))
    truth["images"] = truth["images"][:SOME]
    numbers = {image["id"] for image in truth["images"]}
    truth["annotations"] = [a for a in truth["annotations"] if a["image_id"] in numbers]
    path = folder / "bccd.json"
    path.write_text(json.dumps(truth), encoding="utf-8")
    return path, DATA / "images"


# ---- The other side ------------------------------------------------------------------------------


def by_pycocotools(truth, entries):
    """The twelve numbers."""
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO(str(truth))
        results = truth.loadRes([dict(entry) for entry in entries])  # which it writes into
        evaluation = COCOeval(truth, results, "bbox")
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    return dict(zip(NUMBERS, map(float, evaluation.stats)))


def different(found, expected, tolerance):
    wrong = [f"{key} {found[key]:.6f}, expected {expected[key]:.6f}" for key in NUMBERS
             if abs(found[key] - expected[key]) > tolerance]
    return ", ".join(wrong) or None


def ranks(values):
    """From 1; equal values share the mean of theirs."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    return ((ends - counts + 1 + ends) / 2)[place]


def correlations(values, overlaps):
    return {"pearson": np.corrcoef(values, overlaps)[0, 1],
            "spearman": np.corrcoef(ranks(values), ranks(overlaps))[0, 1]}


def true_overlaps(truth, pictures, labels):
    """Of each detection, in order, with the best box of its class and picture, crowds left out."""
    images = {image["file_name"]: image["id"] for image in truth["images"]}
    categories = {category["name"]: category["id"] for category in truth["categories"]}
    overlaps = []
    for picture in pictures:
        own = [a for a in truth["annotations"] if not a["iscrowd"]
               and a["image_id"] == images[pathlib.Path(picture["file"]).name]]
        for one in picture["detections"]:
            boxes = np.array([a["bbox"] for a in own
                              if a["category_id"] == categories[labels[one["class"]]]]).reshape(-1, 4)
            boxes[:, 2:] += boxes[:, :2]
            found = reference.overlaps(np.array(one["box"], np.float64), boxes, False)
            overlaps.append(found.max(initial=0.0))
    return np.array(overlaps)


def oracle_entries(truth, images, alpha):
    """A results list with true IoUs in place of the predicted ones, by ONNX Runtime."""
    data = MODEL.read_bytes()
    metadata = metadata_of(onnx.load_from_string(data))
    labels = metadata["iou.labels"].split("\n")
    categories = {category["name"]: category["id"] for category in truth["categories"]}
    entries = []
    for image in truth["images"]:
        pixels = np.ascontiguousarray(
            cv2.imread(str(images / image["file_name"]), cv2.IMREAD_COLOR)[..., ::-1])
        boxes = np.array([a["bbox"] for a in truth["annotations"]
                          if a["image_id"] == image["id"] and not a["iscrowd"]]).reshape(-1, 4)
        boxes[:, 2:] += boxes[:, :2]
        found = run_reference(metadata, data, [pixels], alpha=alpha, truth=boxes.astype(np.float32))
        entries += [{"image_id": image["id"], "category_id": categories[labels[label]],
                     "bbox": [float(v) for v in (x1, y1, x2 - x1, y2 - y1)], "score": float(score)}
                    for (x1, y1, x2, y2), score, _, _, label in found[0]]
    return entries


# ---- Cases ---------------------------------------------------------------------------------------


def set_cases(name, path, images, folder):
    truth = json.loads(path.read_text(encoding="utf-8"))
    plain = ("eval", MODEL, "--images", images, "--annotations", path)
    report = json.loads(iourun(*plain, "--alpha", ",".join(ALPHAS), "--explain", "--json", "-"))
    files = [images / image["file_name"] for image in truth["images"]]
    for alpha, row in zip(ALPHAS, report["alphas"]):
        results = folder / "results.json"
        one = json.loads(iourun(*plain, "--alpha", alpha, "--coco", results, "--json", "-"))
        entries = json.loads(results.read_text(encoding="utf-8"))
        expected = by_pycocotools(path, entries)
        yield f"{name} α {alpha}, pycocotools", different(row["coco"], expected, EXACT)
        yield f"{name} α {alpha}, alone", None if one["alphas"] == [row] else "differs"
        iourun(MODEL, *files, "--alpha", alpha, "--annotations", path, "--coco", results)
        again = json.loads(results.read_text(encoding="utf-8"))
        again.sort(key=lambda entry: entry["image_id"])  # eval takes pictures by their numbers
        yield f"{name} α {alpha}, iourun detect", None if again == entries else "differs"
    yield from explain_cases(name, truth, files, report, folder)
    for row in report["explain"]["oracle"][1:4:2]:
        expected = by_pycocotools(path, oracle_entries(truth, images, row["alpha"]))
        yield f"{name} oracle α {row['alpha']}", different(row["coco"], expected, ROUNDED)


def explain_cases(name, truth, files, report, folder):
    explain = report["explain"]
    dump = folder / "dump.json"
    iourun(MODEL, *files, "--alpha", explain["alpha"], "--json", dump)
    dump = json.loads(dump.read_text(encoding="utf-8"))
    labels = metadata_of(onnx.load(MODEL))["iou.labels"].split("\n")
    overlaps = true_overlaps(truth, dump["images"], labels)
    positive = overlaps >= 0.5
    counts = [len(overlaps), int(positive.sum())]
    yield (f"{name} detections and positives",
           None if counts == [explain["detections"], explain["positives"]] else str(counts))
    for key in ("probability", "iou", "score"):
        values = np.array([one[key] for picture in dump["images"] for one in picture["detections"]])
        for group, chosen in (("all", slice(None)), ("positives", positive)):
            expected = correlations(values[chosen], overlaps[chosen])
            wrong = [f"{kind} {explain[key][group][kind]}, expected {value}"
                     for kind, value in expected.items()
                     if abs(explain[key][group][kind] - value) > EXACT]
            yield f"{name} correlation of {key}, {group}", ", ".join(wrong) or None


def smear_cases(folder):
    yield from set_cases("smears", *made_up(folder), folder)


def class_cases(folder):
    """Classes by name: a root that nothing has, one class under another name, text for numbers."""
    path, images = made_up(folder)
    truth = json.loads(path.read_text(encoding="utf-8"))
    truth["categories"][0]["name"] = "erythrocyte"
    truth["categories"].append({"id": 0, "name": "cells", "supercategory": "none"})
    for image in truth["images"]:
        image["id"] = image["file_name"]
    for annotation in truth["annotations"]:
        annotation["image_id"] = SMEARS[40 - annotation["image_id"]]
    path.write_text(json.dumps(truth), encoding="utf-8")
    results = folder / "results.json"
    report = json.loads(iourun("eval", MODEL, "--images", images, "--annotations", path, "--coco",
                               results, "--json", "-"))
    entries = json.loads(results.read_text(encoding="utf-8"))
    yield "classes by name", different(report["coco"], by_pycocotools(path, entries), EXACT)
    numbers = {entry["category_id"] for entry in entries}
    yield "classes that both have", None if numbers == {9, 8} else str(numbers)


def voc_cases(folder):
    """The XML files of BCCD, which have a box without area more, give what its file in COCO's format gives."""
    results = folder / "results.json"
    report = json.loads(iourun("eval", MODEL, "--images", DATA / "images", "--annotations", DATA / "voc",
                               "--coco", results, "--json", "-"))
    truth = json.loads((DATA / "annotations.json").read_text(encoding="utf-8"))
    pictures = sorted(path.stem for path in (DATA / "voc").glob("*.xml"))
    numbers = {pathlib.Path(image["file_name"]).stem: image["id"] for image in truth["images"]}
    names = {category["name"]: category["id"] for category in truth["categories"]}
    classes = sorted(names)
    entries = [{**entry, "image_id": numbers[pictures[entry["image_id"] - 1]],
                "category_id": names[classes[entry["category_id"] - 1]]}
               for entry in json.loads(results.read_text(encoding="utf-8"))]
    expected = by_pycocotools(DATA / "annotations.json", entries)
    yield "bccd as VOC", different(report["coco"], expected, EXACT)


def bccd_cases(folder):
    yield from set_cases("bccd", *some_of_bccd(folder), folder)


def graph_cases(folder):
    """A model whose graph reports detections has one α, and no maps to explain."""
    path, images = made_up(folder)
    labels = folder / "labels.txt"
    labels.write_text("RBC\nWBC\nPlatelets\n", encoding="utf-8")
    model = folder / "graph.onnx"
    subprocess.run([ROOT / ".build/release/iouc", "export", model, "--backbone", "mobilenetv2",
                    "--fpn-channels", "16", "--labels", labels, "--postprocess", "graph",
                    "--input", "256x256"], check=True, capture_output=True)
    plain = ("eval", model, "--images", images, "--annotations", path)
    results = folder / "results.json"
    report = json.loads(iourun(*plain, "--coco", results, "--json", "-"))
    entries = json.loads(results.read_text(encoding="utf-8"))
    yield "graph", different(report["coco"], by_pycocotools(path, entries), EXACT)
    for option in (("--alpha", "0.3"), ("--explain",), ("--plot", folder / "plot.png")):
        result = subprocess.run([IOURUN, *map(str, plain + option)], capture_output=True, text=True,
                                check=False)
        right = result.returncode == 1 and "whose graph reports detections" in result.stderr
        yield f"graph {option[0]}", None if right else result.stderr


@pytest.mark.parametrize("group", [smear_cases, class_cases, graph_cases])
def test_eval(group, tally, tmp_path):
    tally.add_all(group(tmp_path))


@pytest.mark.skipif(not (DATA / "annotations.json").exists(), reason=f"{DATA} is absent")
@pytest.mark.parametrize("group", [bccd_cases, voc_cases])
def test_bccd(group, tally, tmp_path):
    tally.add_all(group(tmp_path))
