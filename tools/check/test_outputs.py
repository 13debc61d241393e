"""What `iourun` writes in others' formats says what its JSON says: read back by csv, ElementTree, json and Pillow.

Names of pictures and classes hold what a format must escape; one picture is named twice, one has no detection.
"""

import csv
import filecmp
import io
import json
import math
import pathlib
import subprocess
import xml.etree.ElementTree

import numpy as np
import onnx
import pytest
from libiou import ROOT
from PIL import Image

IOURUN = ROOT / ".build/release/iourun"
SMEAR = ROOT / "Examples/smear.png"
LABELS = ["RBC, \"red\"", "W<B>C & co", "../Platelets"]


@pytest.fixture(scope="module")
def model(tmp_path_factory) -> pathlib.Path:
    """The shipped model with names of classes that formats must escape."""
    made = onnx.load(ROOT / "models/blood-cells.onnx")
    values = {entry.key: entry.value for entry in made.metadata_props} | {"iou.labels": "\n".join(LABELS)}
    onnx.helper.set_model_props(made, values)
    path = tmp_path_factory.mktemp("model") / "odd.onnx"
    onnx.save(made, path)
    return path


@pytest.fixture(scope="module")
def pictures(tmp_path_factory) -> list[pathlib.Path]:
    folder = tmp_path_factory.mktemp("pictures")
    paths = [folder / 'a,"b".png', folder / "deep" / 'a,"b".jpg', folder / "e<m>pty.png"]
    paths[1].parent.mkdir()
    paths[0].write_bytes(SMEAR.read_bytes())
    with Image.open(SMEAR) as smear:
        smear.convert("RGB").transpose(Image.Transpose.ROTATE_90).save(paths[1])
    Image.new("RGB", (64, 48), (255, 255, 255)).save(paths[2])
    return paths


def run(*arguments: object, status: int = 0) -> str:
    result = subprocess.run([IOURUN, *map(str, arguments), "--score-threshold", "0.4"], capture_output=True, text=True,
                            timeout=120)
    assert result.returncode == status, result.stderr
    return result.stdout if status == 0 else result.stderr


@pytest.fixture(scope="module")
def written(model, pictures, tmp_path_factory) -> tuple[list[dict], pathlib.Path]:
    folder = tmp_path_factory.mktemp("written")
    report = run(model, *pictures, "--json", "-", "--csv", folder / "all.csv", "--json-lines", folder / "all.jsonl",
                 "--yolo", folder / "yolo", "--voc", folder / "voc", "--labelme", folder / "labelme", "--crop",
                 folder / "crop", "--output", folder / "drawn")
    images = json.loads(report)["images"]
    assert [len(image["detections"]) > 5 for image in images] == [True, True, False]
    return images, folder


STEMS = ['a,"b"', 'a,"b"-2', "e<m>pty"]


def test_csv(written):
    images, folder = written
    with open(folder / "all.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    found = [(image["file"], d) for image in images for d in image["detections"]]
    assert len(rows) == len(found)
    for row, (file, d) in zip(rows, found, strict=True):
        assert (row["file"], int(row["class"]), row["label"]) == (file, d["class"], d["label"])
        numbers = [float(row[k]) for k in ("score", "probability", "iou", "x1", "y1", "x2", "y2")]
        assert np.float32(numbers).tolist() == np.float32([d["score"], d["probability"], d["iou"], *d["box"]]).tolist()


def test_json_lines(written, model, pictures):
    images, folder = written
    assert [json.loads(line) for line in (folder / "all.jsonl").read_text().splitlines()] == images
    assert [json.loads(line) for line in run(model, *pictures, "--json-lines", "-").splitlines()] == images


def test_yolo(written):
    images, folder = written
    assert sorted(p.name for p in (folder / "yolo").iterdir()) == sorted(f"{stem}.txt" for stem in STEMS)
    for image, stem in zip(images, STEMS, strict=True):
        lines = (folder / "yolo" / f"{stem}.txt").read_text().splitlines()
        assert len(lines) == len(image["detections"])
        for line, d in zip(lines, image["detections"], strict=True):
            index, *numbers = line.split()
            x1, y1, x2, y2 = d["box"]
            w, h = image["width"], image["height"]
            expected = [(x1 + x2) / 2 / w, (y1 + y2) / 2 / h, (x2 - x1) / w, (y2 - y1) / h, d["score"]]
            assert int(index) == d["class"]
            assert np.abs(np.float64(numbers) - expected).max() < 2e-6


def test_voc(written):
    images, folder = written
    for image, stem in zip(images, STEMS, strict=True):
        root = xml.etree.ElementTree.parse(folder / "voc" / f"{stem}.xml").getroot()
        assert root.findtext("filename") == pathlib.Path(image["file"]).name
        assert [int(root.findtext(f"size/{k}")) for k in ("width", "height", "depth")] == [image["width"],
                                                                                          image["height"], 3]
        objects = root.findall("object")
        assert [o.findtext("name") for o in objects] == [d["label"] for d in image["detections"]]
        for o, d in zip(objects, image["detections"], strict=True):
            box = [float(o.findtext(f"bndbox/{k}")) for k in ("xmin", "ymin", "xmax", "ymax")]
            assert np.allclose(box, d["box"], atol=1e-4)


def test_labelme(written):
    images, folder = written
    for image, stem in zip(images, STEMS, strict=True):
        made = json.loads((folder / "labelme" / f"{stem}.json").read_text())
        assert made["imagePath"] == image["file"]
        assert (made["imageWidth"], made["imageHeight"], made["imageData"]) == (image["width"], image["height"], None)
        assert [s["label"] for s in made["shapes"]] == [d["label"] for d in image["detections"]]
        assert all(s["shape_type"] == "rectangle" for s in made["shapes"])
        assert [s["points"][0] + s["points"][1] for s in made["shapes"]] == [d["box"] for d in image["detections"]]


def test_crops(written):
    images, folder = written
    inside = [p for p in (folder / "crop").rglob("*") if p.is_file()]
    assert len(inside) == sum(len(image["detections"]) for image in images)
    assert not (folder / "Platelets").exists()
    names = {LABELS[0]: LABELS[0], LABELS[1]: LABELS[1], LABELS[2]: "_Platelets"}
    for image, stem in zip(images, STEMS, strict=True):
        whole = np.asarray(Image.open(image["file"]).convert("RGB"))
        for number, d in enumerate(image["detections"], 1):
            cropped = np.asarray(Image.open(folder / "crop" / names[d["label"]] / f"{stem}-{number}.png"))
            x1, y1, x2, y2 = d["box"]
            expected = whole[max(0, math.floor(y1)):math.ceil(y2), max(0, math.floor(x1)):math.ceil(x2)]
            assert cropped.shape == expected.shape
            assert np.abs(cropped.astype(int) - expected).max() <= (2 if image["file"].endswith("jpg") else 0)


def test_classes(written, model, pictures):
    images, _ = written
    found = json.loads(run(model, *pictures, "--json", "-", "--classes", LABELS[1], LABELS[2]))["images"]
    for before, after in zip(images, found, strict=True):
        assert after["detections"] == [d for d in before["detections"] if d["class"] != 0]
    report = run(model, pictures[0], "--json", "-", "--max-detections", "2", "--classes", LABELS[2])
    few = json.loads(report)["images"][0]
    assert few["detections"] == [d for d in images[0]["detections"] if d["class"] == 2][:2]
    text = run(model, pictures[0], "--classes", "cat", status=1)
    assert "'cat'" in text and LABELS[1] in text and len(text.splitlines()) == 1


def relabelled(model: pathlib.Path, path: pathlib.Path, **changes: str) -> pathlib.Path:
    made = onnx.load(model)
    values = {entry.key: entry.value for entry in made.metadata_props} | changes
    onnx.helper.set_model_props(made, values)
    onnx.save(made, path)
    return path


def test_inclusive_boxes(model, pictures, tmp_path):
    """x2 and y2 are the last pixels of a box, whose edges are one further."""
    inclusive = relabelled(model, tmp_path / "inclusive.onnx", **{"iou.boxes.convention": "inclusive"})
    report = run(inclusive, pictures[0], "--json", "-", "--voc", tmp_path, "--labelme", tmp_path, "--crop", tmp_path,
                 "--yolo", tmp_path)
    image = json.loads(report)["images"][0]
    stem = pictures[0].stem
    objects = xml.etree.ElementTree.parse(tmp_path / f"{stem}.xml").getroot().findall("object")
    shapes = json.loads((tmp_path / f"{stem}.json").read_text())["shapes"]
    lines = (tmp_path / f"{stem}.txt").read_text().splitlines()
    for number, (d, o, s, line) in enumerate(zip(image["detections"], objects, shapes, lines, strict=True), 1):
        x1, y1, x2, y2 = d["box"]
        assert np.allclose([float(o.findtext(f"bndbox/{k}")) for k in ("xmin", "ymin", "xmax", "ymax")],
                           [x1, y1, x2 + 1, y2 + 1], atol=1e-4)
        assert np.allclose(s["points"], [[x1, y1], [x2 + 1, y2 + 1]], atol=1e-4)
        assert np.allclose(float(line.split()[3]) * image["width"], x2 + 1 - x1, atol=1e-3)
        with Image.open(next(tmp_path.glob(f"*/{stem}-{number}.png"))) as crop:
            assert crop.width == min(image["width"], math.ceil(np.float32(x2) + 1)) - max(0, math.floor(x1))


def test_combining_marks(model, pictures, tmp_path):
    """A mark that joins the character before it hides nothing that must be escaped."""
    label = 'a/\u0301"\u0301,b'
    odd = relabelled(model, tmp_path / "odd.onnx", **{"iou.labels": "\n".join([label, *LABELS[1:]])})
    folder = tmp_path / "crop"
    run(odd, pictures[0], "--csv", tmp_path / "all.csv", "--crop", folder)
    with open(tmp_path / "all.csv", newline="") as file:
        assert label in {row["label"] for row in csv.DictReader(file)}
    assert label.replace("/", "_") in {path.name for path in folder.iterdir()}


def test_files_of_their_own(model, tmp_path):
    """No output replaces an input or another output, whatever its name."""
    picture = tmp_path / "images" / "in.png"
    picture.parent.mkdir()
    picture.write_bytes(SMEAR.read_bytes())
    truth = tmp_path / "annotations.json"
    truth.write_text('{"images": [], "annotations": [], "categories": []}')
    (tmp_path / "lm").mkdir()
    for options in (["--labelme", tmp_path / "lm", "--json", tmp_path / "lm" / "in.json"],
                    ["--json", tmp_path / "a.json", "--csv", tmp_path / "lm" / ".." / "a.json"],
                    ["--coco", truth], ["--output", picture]):
        text = run(model, picture, *options, status=1)
        assert "expected" in text and len(text.splitlines()) == 1
    with open(picture, "rb") as file:
        found = subprocess.run([IOURUN, model, "-", "--output", picture], stdin=file, capture_output=True, text=True)
    assert found.returncode == 1 and "input" in found.stderr
    assert picture.read_bytes() == SMEAR.read_bytes() and "categories" in truth.read_text()
    run(model, picture, "--yolo", tmp_path / "both", "--voc", tmp_path / "both")
    assert sorted(path.name for path in (tmp_path / "both").iterdir()) == ["in.txt", "in.xml"]


def test_drawing(written, model, pictures, tmp_path):
    """Lines of another width, and no tabs: fewer pixels change without them, more with wide lines."""
    _, folder = written
    original = np.asarray(Image.open(pictures[0]).convert("RGB")).astype(int)

    def changed(*options: object) -> int:
        run(model, pictures[0], "--output", tmp_path / "drawn.png", *options)
        return int((np.abs(np.asarray(Image.open(tmp_path / "drawn.png")).astype(int) - original).max(-1) > 8).sum())

    plain, bare, wide = changed(), changed("--hide-labels"), changed("--hide-labels", "--line-width", "9")
    assert bare < plain and 1.5 * bare < wide
    assert sorted(p.name for p in (folder / "drawn").iterdir()) == sorted(f"{stem}.png" for stem in STEMS)
    refused = subprocess.run([IOURUN, model, pictures[0], "--hide-labels"], capture_output=True, text=True)
    assert refused.returncode == 64 and "--output" in refused.stderr


@pytest.mark.parametrize(("ending", "kind"),
                         [("png", "PNG"), ("jpg", "JPEG"), ("JPEG", "JPEG"), ("webp", "WEBP"), ("", "PNG")])
def test_kinds_of_files(model, tmp_path, ending, kind):
    """The file's format is its name's, and it shows what the PNG file shows: as well as Pillow's encoder would."""
    exact, path = tmp_path / "exact.png", tmp_path / f"drawn.{ending}".rstrip(".")
    run(model, SMEAR, "--output", exact)
    run(model, SMEAR, "--output", path)
    with Image.open(exact) as drawn, Image.open(path) as found:
        assert found.format == kind
        wanted, others = np.asarray(drawn).astype(int), io.BytesIO()
        drawn.save(others, kind, quality=92)
        error = abs(np.asarray(found.convert("RGB")).astype(int) - wanted).mean()
        with Image.open(others) as plain:
            assert error <= 1.1 * abs(np.asarray(plain.convert("RGB")).astype(int) - wanted).mean()


@pytest.mark.parametrize("ending", ["tiff", "bmp", "gif"])
def test_kinds_that_are_only_read(model, tmp_path, ending):
    path = tmp_path / f"drawn.{ending}"
    assert run(model, SMEAR, "--output", path, status=1) == (
        f"iourun: '{path}': expected a name ending in .png, .jpg or .webp, found another\n")
    assert not path.exists()


def test_one_folder_for_crops_and_pictures(model, tmp_path):
    run(model, SMEAR, "--output", tmp_path / "out", "--crop", tmp_path / "out")
    assert (tmp_path / "out/smear.png").exists() and list((tmp_path / "out").glob("RBC*/smear-*.png"))


def test_pictures_side_by_side(model, pictures, tmp_path):
    """Every number of threads: the same files, the same order, and each failure in its place."""
    broken = tmp_path / "broken.png"
    broken.write_bytes(SMEAR.read_bytes()[:2000])
    names = [*pictures, broken, *[SMEAR] * 3, tmp_path / "missing.png", pictures[1], pictures[2]]
    told = {}
    for threads in (1, 2, 3, 5):
        folder = tmp_path / str(threads)
        done = subprocess.run(
            [IOURUN, model, *names, "--threads", str(threads), "--json", folder.with_suffix(".json"), "--coco",
             folder.with_suffix(".coco"), "--output", folder / "drawn", "--yolo", folder / "yolo", "--csv", "-"],
            capture_output=True, text=True, timeout=300)
        assert done.returncode == 1
        assert [line.split("'")[1] for line in done.stderr.splitlines() if "'" in line] == [str(broken), str(names[7])]
        told[threads] = (done.stdout, done.stderr, folder.with_suffix(".json").read_text(),
                         folder.with_suffix(".coco").read_text())
        if threads > 1:
            assert told[threads] == told[1]
            for kind in ("drawn", "yolo"):
                compared = filecmp.dircmp(tmp_path / "1" / kind, folder / kind)
                assert compared.left_list == compared.right_list and len(compared.left_list) == len(names) - 2
                assert not compared.diff_files
    assert len(json.loads(told[1][2])["images"]) == len(names) - 2
