"""`iourun eval --report`: its numbers against pycocotools, tidecv and definitions in NumPy, and its page.

On random and adversarial scenes, and with the model on drawn smears: precision over recall, F1 and the best thresholds,
the confusion matrix, kinds of error and what they cost, the calibration of the predicted IoU. The page is valid HTML
that fetches nothing, whatever classes and files are called; where Chromium is installed, it is opened.
"""

from __future__ import annotations

import copy
import json
import pathlib
import re
import shutil
import subprocess

import coco_reference
import html5lib
import numpy as np
import pytest
import tide_reference
from eval_scenes import ADVERSARIAL, Scene, random_scene
from pycocotools import mask
from pycocotools.cocoeval import COCOeval
from tally import Tally

ROOT = pathlib.Path(__file__).resolve().parents[2]
MODEL, IOURUN = ROOT / "models/blood-cells.onnx", ROOT / ".build/release/iourun"
SMEARS = ("smear.png", "smear-tall.png", "smear-wide.png")
SCENES = 40
CLOSE = 1e-9
KINDS = ("Cls", "Loc", "Both", "Dupe", "Bkg", "Miss")
NAMES = ["<script>alert('names')</script>", "\"quoted\" & 'single'", "x" * 700, "قطة صغيرة (cat)",
         "red\x1b[31m\u2028line",
         "</style></title><b>", "{{7*7}} ${x} \\(y)", "&lt;already&gt;"]


# ---- Running it ------------------------------------------------------------------------------------------------------


def run(*arguments: object, status: int = 0) -> subprocess.CompletedProcess:
    result = subprocess.run([IOURUN, "eval", *map(str, arguments)], capture_output=True, text=True, check=False)
    assert result.returncode == status, result.stderr
    return result


def report(folder: pathlib.Path, scene: Scene, *options: object) -> tuple[dict, str]:
    """The numbers and the page of a scene."""
    truth, results = folder / "truth.json", folder / "results.json"
    truth.write_text(json.dumps(scene[0]), encoding="utf-8")
    results.write_text(json.dumps(scene[1]), encoding="utf-8")
    run("--annotations", truth, "--detections", results, "--report", folder / "report", *options)
    return written(folder / "report")


def written(folder: pathlib.Path) -> tuple[dict, str]:
    assert sorted(path.name for path in folder.iterdir()) == ["report.html", "report.json"]
    return (json.loads((folder / "report.json").read_text(encoding="utf-8")),
            (folder / "report.html").read_text(encoding="utf-8"))


def scenes() -> list[tuple[str, Scene]]:
    named = [(f"random {seed}", random_scene(seed, whole=seed % 3 == 0)) for seed in range(SCENES)]
    return named + [(make.__name__, make()) for make in ADVERSARIAL]


def known(scene: Scene) -> Scene:
    """Without results of pictures and classes that the annotations lack, which are left out."""
    images, categories = ({record["id"] for record in scene[0][key]} for key in ("images", "categories"))
    return scene[0], [r for r in scene[1] if r["image_id"] in images and r["category_id"] in categories]


# ---- The other side --------------------------------------------------------------------------------------------------


def verdicts(evaluation: COCOeval, position: int) -> tuple[list[tuple[float, bool]], int]:
    """Score and whether it is right of each detection of a class at an IoU of 0.5, and how many objects there are."""
    pictures = len(evaluation.params.imgIds)
    areas = len(evaluation.params.areaRng)
    entries = evaluation.evalImgs[position * areas * pictures:position * areas * pictures + pictures]
    judged, objects = [], 0
    for entry in (entry for entry in entries if entry):
        objects += int(np.sum(np.asarray(entry["gtIgnore"]) == 0))
        for score, match, ignored in zip(entry["dtScores"], entry["dtMatches"][0], entry["dtIgnore"][0]):
            if not ignored:
                judged.append((score, match != 0))
    return judged, objects


def f1(judged: list[tuple[float, bool]], objects: int, threshold: float) -> float:
    kept = [right for score, right in judged if score >= threshold]
    return 2 * sum(kept) / (len(kept) + objects)


def confusion(scene: Scene, threshold: float) -> list[list[int]]:
    """By the definition in docs/evaluation.md."""
    truth, results = scene
    numbers = sorted(category["id"] for category in truth["categories"])
    index = {number: i for i, number in enumerate(numbers)}
    counts = [[0] * (len(numbers) + 1) for _ in range(len(numbers) + 1)]
    for image in truth["images"]:
        objects = [a for a in truth["annotations"] if a["image_id"] == image["id"]]
        sought = [a for a in objects if not a["iscrowd"]]
        crowds = [a for a in objects if a["iscrowd"]]
        found = sorted((r for r in results if r["image_id"] == image["id"] and r["score"] >= threshold),
                       key=lambda r: -r["score"])
        free = list(range(len(sought)))
        for one in found:
            boxes = [sought[i]["bbox"] for i in free]
            ious = mask.iou([one["bbox"]], boxes, [0] * len(boxes))[0] if boxes else []
            good = [(iou, sought[i]["category_id"] == one["category_id"], -i)
                    for iou, i in zip(ious, free) if iou >= 0.5]
            column = index[one["category_id"]]
            if good:
                chosen = -max(good)[2]
                free.remove(chosen)
                counts[index[sought[chosen]["category_id"]]][column] += 1
            elif not any(a["category_id"] == one["category_id"]
                         and mask.iou([one["bbox"]], [a["bbox"]], [1])[0][0] > 0.5 for a in crowds):
                counts[-1][column] += 1
        for i in free:
            counts[index[sought[i]["category_id"]]][-1] += 1
    return counts


# ---- Numbers ---------------------------------------------------------------------------------------------------------


def curve_fault(found: dict, evaluation: COCOeval) -> str | None:
    """Precision over recall, for each class and IoU, and the mean over the classes."""
    precision = evaluation.eval["precision"][:, :, :, 0, 2]
    if found["curves"]["ious"] != list(evaluation.params.iouThrs):
        return f"IoU thresholds {found['curves']['ious']}"
    if found["curves"]["recalls"] != list(evaluation.params.recThrs):
        return "other recalls"
    known = []
    for position, entry in enumerate(found["classes"]):
        expected = precision[:, :, position]
        if (expected < 0).all():
            if entry["curve"] is not None:
                return f"{entry['name']}: a curve without objects"
            continue
        known.append(expected)
        if np.abs(np.array(entry["curve"]) - expected).max() > CLOSE:
            return f"{entry['name']}: another curve"
    mean = np.mean(known, axis=0) if known else np.zeros(precision.shape[:2])
    return "another mean curve" if np.abs(np.array(found["curves"]["precision"]) - mean).max() > CLOSE else None


def threshold_fault(found: dict, evaluation: COCOeval) -> str | None:
    """No other threshold has a greater F1; precision and recall are those of it."""
    curves = []
    for position, entry in enumerate(found["classes"]):
        judged, objects = verdicts(evaluation, position)
        if not objects:
            if entry["f1"] is not None:
                return f"{entry['name']}: F1 without objects"
            continue
        curves.append((judged, objects))
        best = max((f1(judged, objects, score) for score, _ in judged), default=0)
        if (entry["f1"] or 0) != pytest.approx(best, abs=CLOSE):
            return f"{entry['name']}: F1 {entry['f1']}, expected {best}"
        if entry["threshold"] is None:
            continue
        if f1(judged, objects, entry["threshold"]) != pytest.approx(best, abs=CLOSE):
            return f"{entry['name']}: F1 at {entry['threshold']} is not {best}"
        kept = [right for score, right in judged if score >= entry["threshold"]]
        if abs(entry["precision"] - np.mean(kept)) + abs(entry["recall"] - sum(kept) / objects) > CLOSE:
            return f"{entry['name']}: precision or recall"
    scores = sorted({score for judged, _ in curves for score, _ in judged})
    best = max((np.mean([f1(*curve, score) for curve in curves]) for score in scores), default=0)
    if (found["f1"] or 0) != pytest.approx(best, abs=CLOSE):
        return f"mean F1 {found['f1']}, expected {best}"
    if found["threshold"] is None:
        return None
    at = np.mean([f1(*curve, found["threshold"]) for curve in curves])
    return None if at == pytest.approx(best, abs=CLOSE) else f"mean F1 at {found['threshold']} is {at}"


def error_fault(found: dict, scene: Scene) -> str | None:
    """Kinds of error, as tidecv has them."""
    expected = tide_reference.errors(*copy.deepcopy(scene))
    if expected is None or found["errors"] is None:
        return None if expected is found["errors"] else "costs where nothing is"
    named = {name: found["errors"][name] for name in ("AP50", "false_positives", "false_negatives")}
    for kind in KINDS:
        named |= {f"{kind} {name}": found["errors"]["kinds"][kind][name] for name in ("count", "cost")}
    wrong = [name for name, value in expected.items() if abs(named[name] - value) > CLOSE]
    return f"{wrong[0]}: {named[wrong[0]]}, expected {expected[wrong[0]]}" if wrong else None


def used(counts: list[list[int]]) -> list[list[int]]:
    """Without the classes that are neither there nor found."""
    kept = [i for i in range(len(counts))
            if i == len(counts) - 1 or any(counts[i]) or any(row[i] for row in counts)]
    return [[counts[i][j] for j in kept] for i in kept]


def test_numbers(tmp_path: pathlib.Path, tally: Tally) -> None:
    for name, scene in scenes():
        found = report(tmp_path, scene)[0]["report"]
        scene = known(scene)
        evaluation = coco_reference.evaluation(scene)
        matrix = found["confusion"]
        for what, fault in (
                ("curves", curve_fault(found, evaluation)), ("thresholds", threshold_fault(found, evaluation)),
                ("errors", error_fault(found, scene)),
                ("confusion",
                 None if matrix["counts"] == used(confusion(scene, matrix["threshold"])) else "other counts")):
            tally.add(f"{name}, {what}", fault)


# ---- With a model ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def smears(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict, str, list[dict], dict]:
    """Numbers, page, results and annotations of the model on drawn smears."""
    folder = tmp_path_factory.mktemp("smears")
    random = np.random.default_rng(3)
    found = subprocess.run([IOURUN, MODEL, *(ROOT / "Examples" / name for name in SMEARS), "--json", "-",
                            "--score-threshold", "0.3"], capture_output=True, text=True, check=True)
    truth = {"images": [], "annotations": [],
             "categories": [{"id": i + 1, "name": name} for i, name in enumerate(("RBC", "WBC", "Platelets"))]}
    for number, picture in enumerate(json.loads(found.stdout)["images"]):
        truth["images"].append({"id": number + 1, "file_name": SMEARS[number], "width": picture["width"],
                                "height": picture["height"]})
        for one in picture["detections"]:
            sides = [picture["width"], picture["height"]] * 2
            x1, y1, x2, y2 = np.clip(np.array(one["box"]) + random.normal(0, 5, 4), 0, sides)
            box = [round(float(v), 2) for v in (x1, y1, max(x2 - x1, 2), max(y2 - y1, 2))]
            truth["annotations"].append({"id": len(truth["annotations"]) + 1, "image_id": number + 1,
                                         "category_id": one["class"] + 1, "bbox": box, "area": box[2] * box[3],
                                         "iscrowd": 0})
    annotations, results = folder / "truth.json", folder / "results.json"
    annotations.write_text(json.dumps(truth), encoding="utf-8")
    run(MODEL, "--images", ROOT / "Examples", "--annotations", annotations, "--report", folder / "report", "--coco",
        results)
    return (*written(folder / "report"), json.loads(results.read_text(encoding="utf-8")), truth)


def test_model(smears) -> None:
    numbers, page, results, truth = smears
    scene = (truth, results)
    assert curve_fault(numbers["report"], coco_reference.evaluation(scene)) is None
    assert error_fault(numbers["report"], scene) is None
    assert [row["alpha"] for row in numbers["alphas"]] == pytest.approx(np.arange(11) / 10)
    for alpha in ("α 0.3", "α 1.0"):
        assert f"{alpha}: AP50" in page


def test_calibration(smears) -> None:
    """The mean measured IoU and the mean predicted IoU in each tenth of the predicted one."""
    numbers, _, results, truth = smears
    shape = subprocess.run([IOURUN, MODEL, *(ROOT / "Examples" / name for name in SMEARS), "--json", "-"],
                           capture_output=True, text=True, check=True)
    predicted = [one["iou"] for picture in json.loads(shape.stdout)["images"] for one in picture["detections"]]
    measured = []
    for one in results:
        boxes = [a["bbox"] for a in truth["annotations"] if a["image_id"] == one["image_id"]]
        measured.append(mask.iou([one["bbox"]], boxes, [0] * len(boxes)).max())
    assert len(predicted) == len(measured) > 20
    pairs = np.array([predicted, measured]).T
    for name, some in (("all", pairs), ("positives", pairs[pairs[:, 1] >= 0.5])):
        found = numbers["report"]["calibration"][name]
        bins = np.minimum(9, (some[:, 0] * 10).astype(int))
        error = 0.0
        for number, entry in enumerate(found["bins"]):
            inside = some[bins == number]
            assert entry["count"] == len(inside)
            if len(inside):
                assert [entry["predicted"], entry["measured"]] == pytest.approx(inside.mean(axis=0), abs=1e-6)
                error += len(inside) * abs(np.subtract(*inside.mean(axis=0)))
        assert found["expected_error"] == pytest.approx(error / len(some), abs=1e-6)


def test_worst_pictures(smears) -> None:
    """By falling number of errors from the threshold on, which tidecv counts too."""
    numbers, page, results, truth = smears
    found = numbers["report"]
    kept = [one for one in results if one["score"] >= found["threshold"]]
    expected = tide_reference.errors(truth, kept)
    for kind in KINDS:
        assert sum(picture["errors"][kind] for picture in found["worst"]) == expected[f"{kind} count"]
    sums = [sum(picture["errors"].values()) for picture in found["worst"]]
    assert sums == sorted(sums, reverse=True)
    assert page.count("data:image/") == len(sums)


def test_fewer_pictures(tmp_path: pathlib.Path, smears) -> None:
    annotations = tmp_path / "truth.json"
    annotations.write_text(json.dumps(smears[3]), encoding="utf-8")
    run(MODEL, "--images", ROOT / "Examples", "--annotations", annotations, "--report", tmp_path / "a/b/report",
        "--report-pictures", "0", "--alpha", "0.5")
    _, page = written(tmp_path / "a/b/report")
    assert "data:image/" not in page


# ---- The page --------------------------------------------------------------------------------------------------------


def hostile_scene() -> Scene:
    truth, results = random_scene(4)
    categories = [{"id": i + 1, "name": name} for i, name in enumerate(NAMES)]
    for number, record in enumerate(truth["annotations"] + results):
        record["category_id"] = number % len(NAMES) + 1
    for image, name in zip(truth["images"], NAMES):
        image["file_name"] = name
    return {**truth, "categories": categories}, results


def many_classes() -> Scene:
    truth, results = random_scene(4)
    for number, record in enumerate(truth["annotations"] + results):
        record["category_id"] = number % 80 + 1
    return {**truth, "categories": [{"id": i + 1, "name": f"class {i}"} for i in range(80)]}, results


def pages(folder: pathlib.Path, model: str) -> list[tuple[str, str]]:
    one = {"images": [{"id": 1, "file_name": "a.png", "width": 9, "height": 9}], "categories": [{"id": 1, "name": "a"}],
           "annotations": []}
    plain = random_scene(5)
    return [("model", model), ("hostile", report(folder, hostile_scene())[1]),
            ("many classes", report(folder, many_classes())[1]), ("nothing", report(folder, (one, []))[1]),
            ("nothing found", report(folder, (plain[0], []))[1])]


def page_fault(page: str) -> str | None:
    parser = html5lib.HTMLParser(namespaceHTMLElements=False)
    tree = parser.parse(page)
    if parser.errors:
        return f"HTML: {parser.errors[0]}"
    for element in tree.iter():
        if element.tag in ("script", "link", "iframe", "object", "embed"):
            return f"an element <{element.tag}>"
        for name, value in element.attrib.items():
            name = str(name)
            if name.startswith("on"):
                return f"an attribute {name}"
            if re.search("href|src$", name) and not value.startswith(("#", "data:image/")):
                return f"an address {value}"
    if "url(" in page or "@import" in page or re.search(r"https?://(?!www\.w3\.org)", page):
        return "an address in the text"
    identifiers = [element.attrib["id"] for element in tree.iter() if "id" in element.attrib]
    if len(set(identifiers)) < len(identifiers):
        return "an id twice"
    return "no number" if re.search(r"\bnan\b|\binf\b", page) else None


def test_pages(tmp_path: pathlib.Path, smears, tally: Tally) -> None:
    for name, page in pages(tmp_path, smears[1]):
        tally.add(name, page_fault(page))


def test_names_are_text(tmp_path: pathlib.Path) -> None:
    _, page = report(tmp_path, hostile_scene())
    tree = html5lib.parse(page, namespaceHTMLElements=False)
    rows = {"".join(row.itertext()) for row in tree.iter("bdi")}
    for name in (NAMES[0], NAMES[1], NAMES[3], *NAMES[5:]):
        assert name in rows
    assert any(row.startswith("xxxx") and len(row) < 100 for row in rows)
    assert "\x1b" not in page and "\u2028" not in page


@pytest.fixture(scope="module")
def browser():
    selenium = pytest.importorskip("selenium.webdriver")
    binary, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not binary or not driver:
        pytest.skip("chromium and chromium-driver of Debian are not installed")
    options = selenium.ChromeOptions()
    options.binary_location = binary
    for one in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--window-size=1200,800"):
        options.add_argument(one)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    one = selenium.Chrome(options, selenium.ChromeService(driver))
    yield one
    one.quit()


def test_in_a_browser(tmp_path: pathlib.Path, smears, browser, tally: Tally) -> None:
    """Nothing in the console, pictures are drawn, and nothing is wider than a phone."""
    for name, page in pages(tmp_path, smears[1]):
        path = tmp_path / "page.html"
        path.write_text(page, encoding="utf-8")
        browser.get(path.as_uri())
        tally.add(f"{name}, console", next((one["message"] for one in browser.get_log("browser")), None))
        for width in (1200, 390):
            browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
                                    {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": False})
            wide = browser.execute_script("return document.documentElement.scrollWidth")
            tally.add(f"{name}, {width} pixels", None if wide <= width else f"{wide} pixels wide")
        count = browser.execute_script("return document.querySelectorAll('svg').length")
        tally.add(f"{name}, figures", None if count >= 3 else f"{count} figures")


# ---- What is refused -------------------------------------------------------------------------------------------------


def test_refused(tmp_path: pathlib.Path) -> None:
    truth, results = random_scene(1)
    (tmp_path / "truth.json").write_text(json.dumps(truth), encoding="utf-8")
    (tmp_path / "results.json").write_text(json.dumps(results), encoding="utf-8")
    (tmp_path / "file").write_text("", encoding="utf-8")
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken/report.html").mkdir()
    (tmp_path / "inputs").mkdir()
    shutil.copy(tmp_path / "truth.json", tmp_path / "inputs/report.json")
    arguments = ("--annotations", tmp_path / "truth.json", "--detections", tmp_path / "results.json", "--report")
    for place, words in (("file", "expected a folder"), ("taken", "report.html")):
        outcome = run(*arguments, tmp_path / place, status=1)
        lines = [line for line in outcome.stderr.splitlines() if not line.startswith("iourun: note:")]
        assert len(lines) == 1 and words in lines[0]
    outcome = run("--annotations", tmp_path / "inputs/report.json", "--detections", tmp_path / "results.json",
                  "--report", tmp_path / "inputs", status=1)
    assert "expected another file than an input" in outcome.stderr
    assert not (tmp_path / "inputs/report.html").exists()
    run(*arguments, tmp_path / "new", "--report-pictures", "-1", status=64)
    assert not (tmp_path / "new").exists()
