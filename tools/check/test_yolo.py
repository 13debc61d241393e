"""YOLO data sets: `iourun eval --annotations data.yaml` finds what it finds with the same data in COCO's format.

Every way in which a data.yaml names classes and pictures, labels as boxes and as outlines, and files that are wrong:
each is refused with one line that says where, and what was expected.
"""

from __future__ import annotations

import json
import pathlib
import random
import shutil
import subprocess
from collections.abc import Callable

import onnx
import pytest
from eval_scenes import HEIGHT, WIDTH, random_scene
from PIL import Image
from tally import Tally

ROOT = pathlib.Path(__file__).resolve().parents[2]
IOURUN, IOUC = ROOT / ".build/release/iourun", ROOT / ".build/release/iouc"
MODEL = ROOT / "models/blood-cells.onnx"
CLOSE = 1e-6


def call(tool: pathlib.Path, *arguments: object) -> subprocess.CompletedProcess:
    return subprocess.run([tool, *map(str, arguments)], capture_output=True, text=True, check=False, timeout=120)


# ---- The same data in both forms -------------------------------------------------------------------------------------


class DataSet:
    """A random scene, written as YOLO has it; numbers are those that iourun gives: from 1, pictures by their names."""

    def __init__(self, folder: pathlib.Path, seed: int) -> None:
        truth, results = random_scene(seed)
        self.random = random.Random(seed)
        self.folder = folder
        images = sorted(truth["images"], key=lambda image: image["file_name"])
        numbers = {image["id"]: i + 1 for i, image in enumerate(images)}
        classes = {category["id"]: i + 1 for i, category in enumerate(truth["categories"])}
        self.names = [category["name"] for category in truth["categories"]]
        self.truth = {"images": [{**image, "id": i + 1} for i, image in enumerate(images)],
                      "categories": [{"id": i + 1, "name": name} for i, name in enumerate(self.names)],
                      "annotations": []}
        self.labels: dict[int, list[str]] = {image["id"]: [] for image in self.truth["images"]}
        for a in truth["annotations"]:
            if not a["iscrowd"]:
                self._add(numbers[a["image_id"]], classes[a["category_id"]], a["bbox"])
        self.results = [{**r, "image_id": numbers[r["image_id"]], "category_id": classes[r["category_id"]]}
                        for r in results]

    def _add(self, image: int, category: int, box: list[float]) -> None:
        """Two forms of one box; the numbers that are written count."""
        x, y, w, h = box
        if self.random.random() < 0.5:
            shares = [round(v, 6) for v in ((x + w / 2) / WIDTH, (y + h / 2) / HEIGHT, w / WIDTH, h / HEIGHT)]
            box = [(shares[0] - shares[2] / 2) * WIDTH, (shares[1] - shares[3] / 2) * HEIGHT, shares[2] * WIDTH,
                   shares[3] * HEIGHT]
        else:
            corners = [(x, y + h / 3), (x + w / 2, y), (x + w, y + h / 2), (x + w / 4, y + h)]
            shares = [round(v, 6) for px, py in corners for v in (px / WIDTH, py / HEIGHT)]
            xs, ys = shares[::2], shares[1::2]
            box = [min(xs) * WIDTH, min(ys) * HEIGHT, (max(xs) - min(xs)) * WIDTH, (max(ys) - min(ys)) * HEIGHT]
        line = " ".join(map(str, [category - 1, *shares]))
        if line in self.labels[image]:
            return
        self.labels[image].append(line)
        self.truth["annotations"].append({"id": len(self.truth["annotations"]) + 1, "image_id": image,
                                          "category_id": category, "bbox": box, "area": box[2] * box[3], "iscrowd": 0})

    def write(self, images: pathlib.Path, labels: pathlib.Path, first: int = 0,
              end: int | None = None) -> list[pathlib.Path]:
        """The pictures of a range, and their labels, but for some without objects."""
        images.mkdir(parents=True, exist_ok=True)
        labels.mkdir(parents=True, exist_ok=True)
        paths = []
        for image in self.truth["images"][first:end]:
            path = images / image["file_name"]
            Image.new("L", (WIDTH, HEIGHT)).save(path)
            paths.append(path)
            lines = self.labels[image["id"]]
            if lines or image["id"] % 2:
                ending = "\r\n" if image["id"] % 3 == 0 else "\n"
                (labels / f"{path.stem}.txt").write_text(ending.join([*lines, *lines[:1], ""]), newline="")
        return paths

    def coco(self) -> dict:
        path = self.folder / "truth.json"
        path.write_text(json.dumps(self.truth), encoding="utf-8")
        return numbers(self.score(path))

    def yolo(self, path: pathlib.Path, *options: object) -> dict:
        return numbers(self.score(path, *options))

    def score(self, annotations: pathlib.Path, *options: object) -> subprocess.CompletedProcess:
        found = self.folder / "results.json"
        found.write_text(json.dumps(self.results), encoding="utf-8")
        return call(IOURUN, "eval", "--annotations", annotations, "--detections", found, "--json", "-", *options)


def numbers(outcome: subprocess.CompletedProcess) -> dict:
    assert outcome.returncode == 0, outcome.stderr
    report = json.loads(outcome.stdout)
    named = {"objects": report["objects"], "pictures": report["pictures"]}
    for entry in [report, *report["classes"]]:
        for name, value in {**entry["coco"], **entry["thresholds"]}.items():
            named[f"{entry.get('id', '')}/{name}"] = value
    return named


def fault(found: dict, expected: dict) -> str | None:
    wrong = [name for name in expected if abs(found.get(name, 9) - expected[name]) > CLOSE]
    return f"{wrong[0]}: {found.get(wrong[0])}, expected {expected[wrong[0]]}" if wrong else None


def quoted(names: list[str]) -> str:
    return json.dumps(names)


def beside(one: DataSet) -> tuple[str, tuple]:
    one.write(one.folder / "images/val", one.folder / "labels/val")
    return f"path: .\nval: images/val\nnames: {quoted(one.names)}\n", ()


def absolute(one: DataSet) -> tuple[str, tuple]:
    one.write(one.folder / "set/images/val", one.folder / "set/labels/val")
    lines = "".join(f"  {i}: '{name}'\n" for i, name in reversed(list(enumerate(one.names))))
    return f"path: {one.folder}/set\ntrain:\nval: images/val\nnc: {len(one.names)}\nnames:\n{lines}", ()


def exported(one: DataSet) -> tuple[str, tuple]:
    """As Roboflow writes it: one level too high."""
    one.write(one.folder / "valid/images", one.folder / "valid/labels")
    lines = "".join(f"- {json.dumps(name)}\n" for name in one.names)
    return f"train: ../train/images\nval: ../valid/images\nnames:\n{lines}", ()


def two_folders(one: DataSet) -> tuple[str, tuple]:
    half = len(one.truth["images"]) // 2
    one.write(one.folder / "a/images", one.folder / "a/labels", 0, half)
    one.write(one.folder / "b/images/deep", one.folder / "b/labels/deep", half)
    return f"test: [a/images, b/images]\nnames: {quoted(one.names)}\n", ("--split", "test")


def listed(one: DataSet) -> tuple[str, tuple]:
    paths = one.write(one.folder / "images", one.folder / "labels")
    lines = [str(path) if i % 2 else f"./images/{path.name}" for i, path in enumerate(paths)]
    (one.folder / "val.txt").write_text("\n".join(lines) + "\n\n")
    return f"val: val.txt\nnames: {quoted(one.names)}\n", ()


def by_images(one: DataSet) -> tuple[str, tuple]:
    """The file points nowhere, and the option says where."""
    one.write(one.folder / "images", one.folder / "labels")
    return f"path: /no/such/place\nval: images\nnames: {quoted(one.names)}\n", ("--images", one.folder / "images")


def side_by_side(one: DataSet) -> tuple[str, tuple]:
    """Labels beside pictures, names by an anchor."""
    one.write(one.folder / "all", one.folder / "all")
    return f"classes: &c {quoted(one.names)}\nval: all\nnames: *c\n", ()


FORMS: list[Callable] = [beside, absolute, exported, two_folders, listed, by_images, side_by_side]


def test_same_numbers(tmp_path: pathlib.Path, tally: Tally) -> None:
    for seed, form in enumerate(FORMS * 2):
        folder = tmp_path / f"{seed}"
        folder.mkdir()
        one = DataSet(folder, seed)
        text, options = form(one)
        (folder / "data.yaml").write_text(text, encoding="utf-8")
        tally.add(f"{form.__name__} {seed}", fault(one.yolo(folder / "data.yaml", *options), one.coco()))
        if form is beside:
            tally.add(f"folder {seed}", fault(one.yolo(folder), one.coco()))


# ---- With a model ----------------------------------------------------------------------------------------------------


def smear_set(folder: pathlib.Path) -> pathlib.Path:
    (folder / "images").mkdir()
    (folder / "labels").mkdir()
    for name in ("smear.png", "smear-wide.png"):
        shutil.copy(ROOT / "Examples" / name, folder / "images" / name)
        result = call(IOURUN, MODEL, folder / "images" / name, "--yolo", folder / "labels", "--score-threshold", "0.5")
        assert result.returncode == 0, result.stderr
    for label in (folder / "labels").iterdir():
        lines = [line.rsplit(" ", 1)[0] for line in label.read_text().splitlines()]
        label.write_text("\n".join(lines))
    path = folder / "data.yaml"
    path.write_text("val: images\nnames: [RBC, WBC, Platelets]\n")
    return path


def test_what_iourun_writes(tmp_path: pathlib.Path) -> None:
    """The detections that `iourun --yolo` writes, as labels without their scores, are found by the model again."""
    data = smear_set(tmp_path)
    outcome = call(IOURUN, "eval", MODEL, "--annotations", data, "--json", "-", "--report", tmp_path / "report")
    assert outcome.returncode == 0, outcome.stderr
    report = json.loads(outcome.stdout)
    assert report["images"] is None and report["pictures"] == 2
    assert report["coco"]["AP50"] > 0.99
    assert "data:image/" in (tmp_path / "report/report.html").read_text() or not report["report"]["worst"]
    # The best threshold, stored in the model, is the one that it then detects with.
    best = report["report"]["threshold"]
    stored = tmp_path / "stored.onnx"
    outcome = call(IOUC, "annotate", MODEL, stored, "--score-threshold", best)
    assert outcome.returncode == 0, outcome.stderr
    picture = (tmp_path / "images/smear.png", "--json", "-")
    found = json.loads(call(IOURUN, stored, *picture).stdout)
    given = json.loads(call(IOURUN, MODEL, *picture, "--score-threshold", best).stdout)
    assert found["images"][0]["detections"] == given["images"][0]["detections"]


def test_quantize(tmp_path: pathlib.Path) -> None:
    data = smear_set(tmp_path)
    outcome = call(IOUC, "quantize", MODEL, tmp_path / "q.onnx", "--images", tmp_path / "images", "--annotations", data)
    assert outcome.returncode == 0, outcome.stderr
    assert "before" in outcome.stdout and "difference" in outcome.stdout


# ---- Values of the metadata ------------------------------------------------------------------------------------------


def test_annotate_values(tmp_path: pathlib.Path) -> None:
    out = tmp_path / "out.onnx"
    outcome = call(IOUC, "annotate", MODEL, out, "--score-threshold", "0.00001", "--nms-threshold", "1", "--alpha", "0")
    assert outcome.returncode == 0, outcome.stderr
    listing = call(IOUC, "inspect", out, "--metadata").stdout
    for line in ("iou.score.threshold = ", "iou.nms.threshold = 1.0", "iou.alpha = 0.0"):
        assert line in listing
    cases = [("--score-threshold", "1.5", 64, "expected 0 to 1"), ("--alpha", "nan", 64, "expected 0 to 1")]
    graph, plain = tmp_path / "graph.onnx", tmp_path / "plain.onnx"
    assert call(IOUC, "export", graph, "--backbone", "mobilenetv2", "--postprocess", "graph").returncode == 0
    assert call(IOUC, "export", plain, "--backbone", "mobilenetv2", "--no-iou-head").returncode == 0
    bare = tmp_path / "bare.onnx"
    model = onnx.load(MODEL)
    del model.metadata_props[:]
    onnx.save(model, bare)
    for option, value, status, words in cases:
        outcome = call(IOUC, "annotate", MODEL, out, option, value)
        assert outcome.returncode == status and words in outcome.stderr, outcome.stderr
    for path, option, words in ((graph, "--score-threshold", "constant of its graph"),
                                (plain, "--alpha", "'iou.alpha'"),
                                (bare, "--score-threshold", "--preset or --metadata")):
        outcome = call(IOUC, "annotate", path, out, option, "0.5")
        assert outcome.returncode == 1 and words in outcome.stderr, outcome.stderr
        assert len(outcome.stderr.splitlines()) == 1


# ---- What is refused -------------------------------------------------------------------------------------------------


BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{chr(98 + i)}: &{chr(98 + i)} [{','.join(['*' + chr(97 + i)] * 9)}]\n" for i in range(12))
BOMB += "val: images\nnames: *m\n"
# A data.yaml, and words of the line that refuses it.
FILES = [
    ("val: nowhere\nnames: [a, b]\n", ("data.yaml", "val", "nowhere", "'path:'", "--images")),
    ("path: ../gone\nval: images\nnames: [a, b]\ntrain: x\n", None),
    ("train: images\nnames: [a, b]\n", ("val", "--split train")),
    ("names: [a, b]\n", ("val", "--images")),
    ("val: images\n", ("names:",)),
    ("val: images\nnames: [a, [b]]\n", ("names", "class 1", "a list")),
    ("val: images\nnames: []\n", ("names", "found 0")),
    ("val: images\nnames: {0: a, 2: b}\n", ("names", "0 to 1", "'2'")),
    ("val: images\nnames: {0: a, 0: b}\n", ("line 2", "'0' again")),
    ("val: images\nnames: {0: a, 00: b}\n", ("class 0", "two")),
    ("val: images\nnames: [a, b]\nnc: 3\n", ("nc", "expected 2", "3")),
    ("val: images\nnames: [a, b]\nnc: -1\n", ("nc", "-1")),
    ("val: images\nnames: 7\n", ("names", "'7'")),
    ("val: {a: b}\nnames: [a, b]\n", ("val", "a map")),
    ("val: [images, [x]]\nnames: [a, b]\n", ("val", "a list")),
    ("val: images\nnames: *none\n", ("line 2", "none")),
    ("[a, b]\n", ("a list",)),
    ("", ("document",)),
    ("val: 'images\n", ("valid YAML",)),
    ("val: images\n\tnames: [a]\n", ("valid YAML",)),
    ("val: images\nnames: " + "[" * 100_000, ("levels",)),
    ("val: images\nnames: ['" + "n" * 2000 + "']\n", ("names", "1000 bytes")),
    (BOMB, ("names", "a list")),
    ("val: images\nnames: [a, b]\nx: " + "y" * (5 << 20), ("bytes",)),
    ("val: empty\nnames: [a, b]\n", ("empty", "pictures")),
    ("val: list.txt\nnames: [a, b]\n", ("list.txt", "line 2", "gone.png")),
    ("val: bare/images\nnames: [a, b]\n", ("labels", "none for any of 1")),
    ("val: images\npath: [x]\nnames: [a, b]\n", ("path", "a list")),
    ('val: "images\\0x"\nnames: [a, b]\n', ("val", "U+0000")),
    ('val: images\nnames: ["a\\0b", b]\n', ("names", "class 0")),
    ("val: /dev/null\nnames: [a, b]\n", ("/dev/null", "another kind")),
]
# Lines of labels, and words of the line that refuses them.
LABELS = [
    ("0 0.5 0.5 0.2 0.2\n2 0.5 0.5 0.1 0.1\n", ("line 2", "0 to 1", "'2'")), ("-1 0.5 0.5 0.1 0.1", ("line 1", "'-1'")),
    ("0.5 0.5 0.5 0.1 0.1", ("'0.5'",)), ("a 0.5 0.5 0.1 0.1", ("'a'",)), ("0 0.5 0.5 0.1", ("4 words",)),
    ("0 0.5 0.5 0.1 0.1 0.9", ("6 words", "no score")), ("0 0.5 0.5 0.1 0.1 0.2 0.3 0.4", ("8 words",)),
    ("0 320 240 100 100", ("parts of the picture", "'320'")), ("0 0.5 0.5 nan 0.1", ("'nan'",)),
    ("0 0.5 0.5 inf 0.1", ("'inf'",)), ("0 0.5 0.5 -0.1 0.1", ("'-0.1'",)),
    ("0 0.1 0.5 0.9 0.1", ("box in its picture",)),
    ("0 0.5 0.5 0,1 0.1", ("'0,1'",)), ("0 0.5 0.5 " + "9" * 500 + " 0.1", ("parts",)), ("\0\0\0\0", ("line 1",)),
    ("0 0.5 0.5 0x1p-2 0.1", None),
]


@pytest.fixture
def small(tmp_path: pathlib.Path) -> pathlib.Path:
    for folder in ("images", "labels", "empty", "bare/images"):
        (tmp_path / folder).mkdir(parents=True)
    for place in ("images", "bare/images"):
        Image.new("RGB", (64, 48)).save(tmp_path / place / "a.png")
    (tmp_path / "labels/a.txt").write_text("0 0.5 0.5 0.2 0.2\n")
    (tmp_path / "list.txt").write_text("images/a.png\ngone.png\n")
    (tmp_path / "results.json").write_text("[]")
    return tmp_path


def refusal(folder: pathlib.Path, words: tuple | None) -> str | None:
    outcome = call(IOURUN, "eval", "--annotations", folder / "data.yaml", "--detections", folder / "results.json")
    if words is None:
        return None if outcome.returncode in (0, 1) else f"status {outcome.returncode}"
    if outcome.returncode != 1:
        return f"status {outcome.returncode}"
    lines = outcome.stderr.splitlines()
    if len(lines) != 1 or len(lines[0]) > 9000:
        return f"{len(lines)} lines"
    missing = [word for word in words if word not in lines[0]]
    return f"no {missing[0]!r} in {lines[0][:300]!r}" if missing else None


def test_refused_files(small: pathlib.Path, tally: Tally) -> None:
    for text, words in FILES:
        (small / "data.yaml").write_text(text, encoding="utf-8")
        tally.add(repr(text[:60]), refusal(small, words))


def test_refused_labels(small: pathlib.Path, tally: Tally) -> None:
    (small / "data.yaml").write_text("val: images\nnames: [a, b]\n")
    for text, words in LABELS:
        (small / "labels/a.txt").write_bytes(text.encode())
        tally.add(repr(text[:60]), refusal(small, words))
    (small / "labels/a.txt").unlink()
    (small / "labels/a.txt").mkdir()
    tally.add("a folder", refusal(small, ("labels/a.txt",)))


def test_mutations(small: pathlib.Path, tally: Tally) -> None:
    """Bytes that are changed, cut and repeated: taken or refused, never a crash."""
    good = b"path: .\nval: [images]\nnames:\n  0: red\n  1: &g \"green\"\nnc: 2\nx: *g\n"
    for seed in range(150):
        choose = random.Random(seed)
        data = bytearray(good)
        for _ in range(choose.randint(1, 4)):
            place = choose.randrange(len(data))
            if choose.random() < 0.5:
                data[place] = choose.randrange(256)
            elif choose.random() < 0.5:
                data[place:place] = data[place:place + choose.randint(1, 9)]
            else:
                del data[place:place + choose.randint(1, 3)]
        (small / "data.yaml").write_bytes(bytes(data))
        tally.add(f"seed {seed}", refusal(small, None))


# ---- What is kept ----------------------------------------------------------------------------------------------------


def test_results_spare_the_data(small: pathlib.Path, tally: Tally) -> None:
    """Neither labels nor the data.yaml, lists, pictures or XML files are written over."""
    (small / "data.yaml").write_text("val: one.txt\nnames: [a, b]\n")
    (small / "one.txt").write_text("images/a.png\n")
    voc = small / "voc"
    voc.mkdir()
    (voc / "a.xml").write_text(
        "<annotation><filename>a.png</filename><size><width>64</width><height>48</height></size><object><name>a</name>"
        "<bndbox><xmin>1</xmin><ymin>1</ymin><xmax>9</xmax><ymax>9</ymax></bndbox></object></annotation>")
    for truth, target in ((small, "labels/a.txt"), (small, "data.yaml"), (small, "one.txt"),
                                (small, "images/a.png"), (voc, "voc/a.xml")):
        before = (small / target).read_bytes()
        outcome = call(IOURUN, "eval", "--annotations", truth, "--detections", small / "results.json", "--json",
                       small / target)
        kept = (small / target).read_bytes() == before
        wrong = not kept or outcome.returncode == 0 or "than an input" not in outcome.stderr
        tally.add(target, outcome.stderr or "written over" if wrong else None)


def test_keypoints(small: pathlib.Path, tally: Tally) -> None:
    """The box of a pose label is its own, and not that of its keypoints."""
    data = "val: images\nnames: [a, b]\nkpt_shape: [2, 3]\n"
    (small / "data.yaml").write_text(data)
    (small / "results.json").write_text(json.dumps(
        [{"image_id": 1, "category_id": 1, "bbox": [25.6, 19.2, 12.8, 9.6], "score": 0.9}]))
    (small / "labels/a.txt").write_text("0 0.5 0.5 0.2 0.2 0.9 0.9 2 0 0 0\n")
    outcome = call(IOURUN, "eval", "--annotations", small, "--detections", small / "results.json", "--json", "-")
    assert outcome.returncode == 0, outcome.stderr
    assert json.loads(outcome.stdout)["coco"]["AP"] > 0.99
    for text in ("0 0.5 0.5 0.2 0.2", "0 0.5 0.5 0.2 0.2 0.9 0.9"):
        (small / "labels/a.txt").write_text(text)
        tally.add(text, refusal(small, ("line 1", "kpt_shape")))
    (small / "data.yaml").write_text(data.replace("[2, 3]", "[2, 9]"))
    tally.add("shape", refusal(small, ("kpt_shape",)))


def test_line_ends(small: pathlib.Path, tally: Tally) -> None:
    (small / "data.yaml").write_text("val: images\nnames: [a, b]\n")
    for end in ("\n", "\r", "\r\n"):
        (small / "labels/a.txt").write_bytes(f"0 0.5 0.5 0.2 0.2{end}{end}7 0.5 0.5 0.2 0.2{end}".encode())
        tally.add(repr(end), refusal(small, ("line 3", "'7'")))


def test_split_with_images(small: pathlib.Path) -> None:
    (small / "data.yaml").write_text("val: images\nnames: [a, b]\n")
    outcome = call(IOURUN, "eval", "--annotations", small, "--detections", small / "results.json", "--split", "val",
                   "--images", small / "images")
    assert outcome.returncode == 64 and "--split" in outcome.stderr


def test_report_beside_one(small: pathlib.Path) -> None:
    """A folder that is called "report" is no reason to refuse another one."""
    (small / "data.yaml").write_text("val: images\nnames: [a, b]\n")
    (small / "report").mkdir()
    outcome = call(IOURUN, "eval", "--annotations", small, "--detections", small / "results.json", "--report",
                   small / "new")
    assert outcome.returncode == 0 and (small / "new/report.html").is_file(), outcome.stderr


def test_values_with_removal(tmp_path: pathlib.Path) -> None:
    for removal in (("--clear",), ("--remove", "iou.alpha")):
        outcome = call(IOUC, "annotate", MODEL, tmp_path / "out.onnx", *removal, "--score-threshold", "0.5")
        assert outcome.returncode == 64 and removal[0] in outcome.stderr


def test_command_of_the_page(tmp_path: pathlib.Path) -> None:
    """The threshold is stored together with the α that it was measured with; a constant of a graph is not stored."""
    data = smear_set(tmp_path)
    page = tmp_path / "report/report.html"
    for options, words, absent in (((), "--score-threshold", "--alpha 0"),
                                   (("--alpha", "0.9", "--nms-threshold", "0.4"), "--alpha 0.9 --nms-threshold 0.4",
                                    None)):
        outcome = call(IOURUN, "eval", MODEL, "--annotations", data, "--report", tmp_path / "report", *options)
        assert outcome.returncode == 0, outcome.stderr
        command = next(part for part in page.read_text().split("<code>") if part.startswith("iouc annotate"))
        command = command.split("</code>")[0]
        assert words in command and (absent is None or absent not in command), command
