"""iourun eval against pycocotools, and against VOC's average precision written from its definition.

All numbers, for every class, size and threshold, on random and on adversarial scenes, to 1e-6.
"""

from __future__ import annotations

import copy
import json
import pathlib
import re
import subprocess
from collections.abc import Callable, Iterator
from functools import partial

import coco_reference
import numpy as np
import pytest
import voc_reference
from eval_scenes import ADVERSARIAL, Scene, random_scene
from pycocotools.cocoeval import COCOeval

ROOT = pathlib.Path(__file__).resolve().parents[2]
TOLERANCE = 1e-6
RANDOM_SCENES = 60
NAMES = ["AP", "AP50", "AP75", "APsmall", "APmedium", "APlarge", "AR1", "AR10", "AR100", "ARsmall", "ARmedium",
         "ARlarge"]
VOC_THRESHOLDS = [0.5, 0.75]


class HonouringEval(COCOeval):
    """Leaves ignored objects out, as the original in MATLAB does; pycocotools writes over "ignore"."""

    def _prepare(self) -> None:
        super()._prepare()
        for objects in self._gts.values():
            for annotation in objects:
                annotation["ignore"] = int(annotation["iscrowd"] or annotation["difficult"])


def cell(values: np.ndarray) -> float:
    known = values[values > -1]
    return float(known.mean()) if known.size else -1.0


def numbers(evaluation: COCOeval, classes: slice) -> dict[str, float]:
    """COCO's twelve and AP by threshold, over some classes."""
    precision = evaluation.eval["precision"][:, :, classes]
    recall = evaluation.eval["recall"][:, classes]
    found = [
        cell(precision[..., 0, 2]),
        cell(precision[0, ..., 0, 2]),
        cell(precision[5, ..., 0, 2]),
        *(cell(precision[..., area, 2]) for area in (1, 2, 3)),
        *(cell(recall[..., 0, limit]) for limit in range(3)),
        *(cell(recall[..., area, 2]) for area in (1, 2, 3)),
    ]
    by_threshold = {f"AP{50 + 5 * i} at": cell(precision[i, ..., 0, 2]) for i in range(10)}
    return {**dict(zip(NAMES, found)), **by_threshold}


def expected(scene: Scene, kind: type[COCOeval]) -> dict[str, float]:
    """All numbers by "class number/name", over all classes by "/name"."""
    evaluation = coco_reference.evaluation(scene, kind)
    named = {f"/{name}": value for name, value in numbers(evaluation, slice(None)).items()}
    for name, value in zip(NAMES, evaluation.stats):
        assert abs(named[f"/{name}"] - value) < 1e-12
    for index, number in enumerate(evaluation.params.catIds):
        named |= {f"{number}/{name}": value
                  for name, value in numbers(evaluation, slice(index, index + 1)).items()}
    return named


def expected_voc(scene: Scene, honoured: bool) -> dict[str, float]:
    truth, results = copy.deepcopy(scene)
    for annotation in truth["annotations"]:
        annotation["ignore"] = annotation["ignore"] and honoured
    named = {}
    for threshold in VOC_THRESHOLDS:
        scores = voc_reference.scores(truth, results, threshold)
        known = [score for score in scores.values() if score is not None]
        for i, name in enumerate(("ap", "ap_11_points")):
            named[f"/{name} {threshold}"] = sum(score[i] for score in known) / len(known) if known else -1.0
            named |= {f"{number}/{name} {threshold}": -1.0 if score is None else score[i]
                      for number, score in scores.items()}
    return named


def flat(entry: dict, prefix: str) -> dict[str, float]:
    named = {f"{prefix}/{name}": value for name, value in entry["coco"].items()}
    named |= {f"{prefix}/{name} at": value for name, value in entry["thresholds"].items()}
    for voc in entry["voc"]:
        named |= {f"{prefix}/{name} {voc['iou']}": voc[name] for name in ("ap", "ap_11_points")}
    return named


def measure(annotations: pathlib.Path, results: list[dict], *options: str) -> dict[str, float]:
    listed = annotations.parent / "results.json"
    listed.write_text(json.dumps(results), encoding="utf-8")
    outcome = subprocess.run(
        [ROOT / ".build/release/iourun", "eval", "--annotations", annotations, "--detections", listed, "--json", "-",
         "--voc-iou", ",".join(map(str, VOC_THRESHOLDS)), *options], capture_output=True, text=True, check=False)
    assert outcome.returncode == 0, outcome.stderr
    report = json.loads(outcome.stdout)
    named = flat(report, "")
    for entry in report["classes"]:
        named |= flat(entry, str(entry["id"]))
    return named


def fault(found: dict[str, float], expected: dict[str, float]) -> str | None:
    if set(found) != set(expected):
        return f"numbers {sorted(set(found) ^ set(expected))[:4]} are in one of both only"
    worst = max(expected, key=lambda name: abs(found[name] - expected[name]))
    if abs(found[worst] - expected[worst]) <= TOLERANCE:
        return None
    return f"{worst}: {found[worst]}, expected {expected[worst]}"


def without_defaults(truth: dict, null: bool) -> dict:
    """What pycocotools must have, but iourun need not: areas of boxes, that nothing is a crowd, and ids."""
    lean = copy.deepcopy(truth)
    for annotation in lean["annotations"]:
        keys = ["id"] + [key for key in ("iscrowd", "ignore") if not annotation[key]]
        if annotation["area"] == annotation["bbox"][2] * annotation["bbox"][3]:
            keys.append("area")
        for key in keys:
            annotation[key] = None
            if not null:
                del annotation[key]
    return lean


def coco_fault(folder: pathlib.Path, scene: Scene, honoured: bool) -> str | None:
    return compare_coco(folder, json.dumps(scene[0]).encode(), scene, honoured)


def lean_fault(folder: pathlib.Path, scene: Scene, honoured: bool, null: bool) -> str | None:
    return compare_coco(folder, json.dumps(without_defaults(scene[0], null)).encode(), scene, honoured)


def marked_fault(folder: pathlib.Path, scene: Scene, encoding: str) -> str | None:
    """With a byte order mark."""
    text = "\ufeff" + json.dumps(scene[0], ensure_ascii=False)
    return compare_coco(folder, text.encode(encoding), scene, False)


def strange_pictures_fault(folder: pathlib.Path, scene: Scene) -> str | None:
    """pycocotools refuses results of unknown pictures; without them it has the numbers."""
    truth, results = scene
    strange = [{**result, "image_id": number} for result, number in zip(results, ("x.jpg", -1, 0, "3 "))]
    return compare_coco(folder, json.dumps(truth).encode(), (truth, results), False, strange)


def compare_coco(folder: pathlib.Path, data: bytes, scene: Scene, honoured: bool,
                 strange: list[dict] | None = None) -> str | None:
    path = folder / "annotations.json"
    path.write_bytes(data)
    found = measure(path, scene[1] + (strange or []), *(["--honour-ignore"] if honoured else []))
    kind = HonouringEval if honoured else COCOeval
    return fault(found, expected(scene, kind) | expected_voc(scene, honoured))


Habit = Callable[[str, int], bytes]


def plain(text: str, _: int) -> bytes:
    return text.encode()


def legacy(text: str, number: int) -> bytes:
    """In an encoding that the name of a class needs, which the parser does not know by itself."""
    encoding, word = [("gb2312", "猫"), ("gbk", "貓"), ("big5", "貓"), ("shift_jis", "ネコ"), ("euc-jp", "ネコ"),
                      ("euc-kr", "고양이"), ("windows-1251", "кот"), ("windows-1252", "Kätzchen")][number % 8]
    text = text.replace("<annotation>", f"<annotation><folder>{word}</folder>")
    return f'<?xml version="1.0" encoding="{encoding}"?>{text}'.encode(encoding)


def nameless(text: str, number: int) -> bytes:
    names = ["", "<filename></filename>", "<filename>1.jpg</filename>", r"<filename>C:\data\1.jpg</filename>"]
    return re.sub("<filename>.*?</filename>", lambda _: names[number % 4], text).encode()


def swapped(text: str, number: int) -> bytes:
    """Corners in any order, words for difficult, sizes with a point, a document type."""
    pair = r"<{0}min>(\d+)</{0}min>(.*?)<{0}max>(\d+)</{0}max>"
    for axis in "xy"[:number % 3]:
        text = re.sub(pair.format(axis), rf"<{axis}min>\3</{axis}min>\2<{axis}max>\1</{axis}max>", text)
    text = text.replace("<difficult>1", "<difficult>True").replace("<difficult>0", "<difficult>Unspecified")
    return ('<!DOCTYPE annotation SYSTEM "a.dtd">' + re.sub(r"(</(width|height)>)", r".0\1", text)).encode()


def write_voc(folder: pathlib.Path, truth: dict, pixels: bool, habit: Habit) -> None:
    """VOC's files with whole numbers, as first and last pixels from 1 or as edges from 0."""
    names = {category["id"]: category["name"] for category in truth["categories"]}
    for number, image in enumerate(truth["images"]):
        objects = ""
        for a in (a for a in truth["annotations"] if a["image_id"] == image["id"]):
            x, y, w, h = map(round, a["bbox"])
            box = (x + pixels, y + pixels, x + w, y + h)
            corners = "".join(f"<{key}>{value}</{key}>" for key, value in zip(("xmin", "ymin", "xmax", "ymax"), box))
            objects += (f"<object><name>{names[a['category_id']]}</name><truncated>0</truncated>"
                        f"<difficult>{a['difficult']}</difficult><bndbox>{corners}</bndbox></object>")
        text = (f"<annotation><filename>{image['file_name']}</filename><size><width>{image['width']}</width>"
                f"<height>{image['height']}</height></size>{objects}</annotation>")
        (folder / image["file_name"]).with_suffix(".xml").write_bytes(habit(text, number))


def numbered_as_voc(scene: Scene) -> Scene:
    """Pictures and classes with objects from 1 by name, objects by picture, without what VOC lacks."""
    truth, results = copy.deepcopy(scene)
    pictures = {image["id"]: i for i, image in enumerate(sorted(truth["images"], key=lambda i: i["file_name"]), 1)}
    seen = {annotation["category_id"] for annotation in truth["annotations"]}
    kept = [c for c in sorted(truth["categories"], key=lambda c: c["name"]) if c["id"] in seen]
    classes = {category["id"]: i for i, category in enumerate(kept, 1)}
    truth["annotations"].sort(key=lambda a: pictures[a["image_id"]])
    results = [result for result in results if result["category_id"] in seen]
    truth["categories"] = kept
    for entry in truth["images"]:
        entry["id"] = pictures[entry["id"]]
    for entry in kept:
        entry["id"] = classes[entry["id"]]
    for i, entry in enumerate(truth["annotations"] + results):
        entry["image_id"], entry["category_id"] = pictures[entry["image_id"]], classes[entry["category_id"]]
        if "id" in entry:
            entry |= {"id": i + 1, "area": entry["bbox"][2] * entry["bbox"][3], "iscrowd": 0}
    return truth, results


def voc_fault(folder: pathlib.Path, scene: Scene, boxes: str, habit: Habit) -> str | None:
    scene = numbered_as_voc(scene)
    xml = folder / f"voc-{boxes}"
    xml.mkdir()
    write_voc(xml, scene[0], boxes == "pixels", habit)
    found = measure(xml, scene[1], "--voc-boxes", boxes)
    return fault(found, expected(scene, HonouringEval) | expected_voc(scene, honoured=True))


def all_cases() -> Iterator[tuple]:
    """The name, a check, and its arguments behind a folder; a scene is made where it is called for."""
    for make in ADVERSARIAL:
        for honoured in (False, True):
            yield f"{make.__name__}, ignore {honoured}", coco_fault, make, honoured
    for seed in range(RANDOM_SCENES):
        yield f"random {seed}", coco_fault, partial(random_scene, seed), seed % 3 == 2
    for seed in range(200, 206):
        yield f"random {seed} without defaults", lean_fault, partial(random_scene, seed), seed % 2 == 0, seed % 3 == 0
    for encoding in ("utf-8", "utf-16-le", "utf-16-be"):
        yield f"a byte order mark, {encoding}", marked_fault, partial(random_scene, 206), encoding
    yield "results of unknown pictures", strange_pictures_fault, partial(random_scene, 207)
    yield "no detections", coco_fault, lambda: (random_scene(2)[0], []), False
    for seed in range(100, 106):
        for boxes in ("edges", "pixels"):
            for habit in (plain, legacy, nameless, swapped):
                yield (
                    f"VOC {seed}, {boxes}, {habit.__name__}",
                    voc_fault,
                    partial(random_scene, seed, whole=True),
                    boxes,
                    habit,
                )


@pytest.mark.parametrize(("check", "make", "arguments"), [pytest.param(check, make, arguments, id=name)
                                                          for name, check, make, *arguments in all_cases()])
def test_numbers(check, make, arguments, tmp_path):
    found = check(tmp_path, make(), *arguments)
    assert not found, found
