"""Detection as a graph against detection in C.

`iouc export --postprocess graph` in ONNX Runtime and in our runtime, and our C detection on the maps of the plain
export, must report the same boxes to 0.01 pixels, with the same classes and in the same order: real and random
pictures, sizes that are no multiples of 128, one picture and two, any size and fixed input, every alpha and both
conventions.
"""

import json
import pathlib
import subprocess

import detect_test_hooks
import libiou
import numpy as np
import onnx
import onnx.numpy_helper
import onnxruntime
import pytest
import torch
from libiou import ROOT
from PIL import Image
from safetensors.numpy import save_file
from safetensors.torch import load_file
from safetensors.torch import save_file as save_tensors
from tally import Tally

from train.model import Detector, randomise

PIXELS = 0.01
# Scores of two programs differ by rounding (Winograd's filtering most): detections closer than this may change places.
TIE = 1e-5
NAMES = ("boxes", "scores", "labels", "ious", "counts")
SMEARS = ("smear.png", "smear-wide.png", "smear-tall.png")
BLOOD = (
    "--backbone",
    "mobilenetv2",
    "--fpn-channels",
    "64",
    "--classes",
    "3",
    "--short-side",
    "480",
    "--long-side",
    "640",
)
NARROW = ("--backbone", "resnet18", "--fpn-channels", "32")
SHORT = ("--short-side", "150", "--long-side", "260")


class Exports:
    """The same weights twice: maps, and detections."""

    def __init__(self, weights: pathlib.Path, folder: pathlib.Path, *words: str):
        self.plain, self.graph = folder / "plain.onnx", folder / "graph.onnx"
        for path, mode in ((self.plain, "none"), (self.graph, "graph")):
            subprocess.run([ROOT / ".build/release/iouc", "export", path, "--weights", weights, "--postprocess", mode,
                            *words], check=True)
        model = onnx.load(self.plain)
        self.metadata = {p.key: p.value for p in model.metadata_props}
        self.detector = detect_test_hooks.Detector(self.metadata)
        self.plain_ort, self.graph_ort = (onnxruntime.InferenceSession(str(p), providers=["CPUExecutionProvider"])
                                          for p in (self.plain, self.graph))


def levels(exports: Exports, outputs: dict[str, np.ndarray]) -> list[dict]:
    maps = []
    for level in range(3, 8):
        entry = {key: np.ascontiguousarray(outputs[f"{name}.p{level}"])
                 for key, name in (("cls", "cls_logits"), ("box", "box_deltas"), ("iou", "iou_logits"))
                 if f"{name}.p{level}" in outputs}
        entry["h"], entry["w"] = entry["cls"].shape[1:3]
        maps.append(entry)
    return maps


def c_detections(exports: Exports, outputs: dict[str, np.ndarray], letterboxes: np.ndarray) -> list[list]:
    maps = levels(exports, outputs)
    return [exports.detector.detect(maps, image, (int(letterbox[0]), int(letterbox[1])), (letterbox[2], letterbox[3]))
            for image, letterbox in enumerate(letterboxes)]


def graph_detections(outputs: dict[str, np.ndarray]) -> list[list]:
    """Rows like those of the C library; raises where the padding is not as documented."""
    found = []
    for image, count in enumerate(outputs["counts"]):
        rows = {name: outputs[name][image] for name in outputs if name != "counts"}
        assert rows["labels"].dtype == np.int64 and outputs["counts"].dtype == np.int64
        for name, row in rows.items():
            assert np.all(row[count:] == (-1 if name == "labels" else 0)), f"padding of {name}"
        ious = rows.get("ious", np.full(len(rows["scores"]), np.nan))
        found.append([(list(rows["boxes"][i]), float(rows["scores"][i]), None, float(ious[i]), int(rows["labels"][i]))
                      for i in range(count)])
    return found


def difference(ours: list, theirs: list) -> str:
    """What separates two reports, or nothing."""
    if len(ours) != len(theirs):
        return f"{len(ours)} detections and {len(theirs)}"
    left = list(theirs)
    for place, (box, score, _, iou, label) in enumerate(ours):
        for at, (other, other_score, _, other_iou, other_label) in enumerate(left):
            if abs(other_score - score) > max(TIE, TIE * score):
                return f"detection {place} has score {score}, not {other_score}"
            near = np.abs(np.subtract(box, other)).max() <= PIXELS
            if near and label == other_label and (np.isnan(iou) or abs(iou - other_iou) < 1e-4):
                del left[at]
                break
        else:
            return f"detection {place} (score {score}) is missing"
    return ""


def run_case(exports: Exports, pictures: list[np.ndarray], case: str, tally: Tally) -> None:
    images, letterboxes = exports.detector.preprocess(pictures)
    feed = {"images": images, "image_sizes": letterboxes[:, :2].astype(np.float32),
            "scales": letterboxes[:, 2].astype(np.float32)}
    plain = dict(zip([o.name for o in exports.plain_ort.get_outputs()],
                     exports.plain_ort.run(None, {"images": images})))
    graph = dict(zip([o.name for o in exports.graph_ort.get_outputs()], exports.graph_ort.run(None, feed)))
    reference = c_detections(exports, plain, letterboxes)
    theirs = graph_detections(graph)
    ours = graph_detections(libiou.Session(exports.graph).run(feed))
    whole = c_detections(exports, libiou.Session(exports.plain).run({"images": images}), letterboxes)
    faults = []
    for image in range(len(pictures)):
        for name, found in (("the graph in ONNX Runtime", theirs), ("the graph in our runtime", ours),
                            ("our maps, C detection", whole)):
            fault = difference(found[image], reference[image])
            if fault:
                faults.append(f"picture {image}, {name}: {fault}")
    tally.add(case, *faults)


def tool_detections(model: pathlib.Path, picture: pathlib.Path) -> list:
    """What iourun reports; the class probability last."""
    command = [ROOT / ".build/release/iourun", model, picture, "--json", "-"]
    report = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return [(d["box"], d["score"], d["probability"], d["iou"], d["class"]) for d in report["images"][0]["detections"]]


def compare_tools(exports: Exports, tally: Tally) -> None:
    """iourun reads both kinds of files, and tells p of both."""
    for name in SMEARS:
        found = [tool_detections(path, ROOT / "Examples" / name) for path in (exports.graph, exports.plain)]
        fault = difference(*found)
        if not fault and any(abs(a[2] - b[2]) > 1e-4 for a, b in zip(*found) if a[4] == b[4]):
            fault = "probabilities differ"
        tally.add(f"iourun on {name}", fault)


def check_metadata(exports: Exports, tally: Tally) -> None:
    """Every key of a graph that reports detections is needed, and has its grammar."""
    whole = {p.key: p.value for p in onnx.load(exports.graph).metadata_props}
    changes = [(key, None) for key in whole if not key.startswith(("iou.network.", "iou.training."))]
    changes += [("iou.outputs.kind", "boxes"), ("iou.boxes.scale", "sizes"), ("iou.detections.max", "0"),
                ("iou.alpha", "2"), ("iou.outputs.boxes", "a\nb")]
    accepted = []
    detect_test_hooks.Detector(whole)
    for key, value in changes:
        changed = {k: v for k, v in {**whole, key: value}.items() if v is not None}
        try:
            detect_test_hooks.Detector(changed)
            accepted.append(f"{key} {value}")
        except detect_test_hooks.HookError:
            pass
    tally.add(f"{len(changes)} changes of the metadata are refused", *(f"accepted: {t}" for t in accepted))


def smear_weights(folder: pathlib.Path) -> pathlib.Path:
    """Those of the model that comes with the project."""
    model = onnx.load(ROOT / "models/blood-cells.onnx")
    path = folder / "blood-cells.safetensors"
    save_file({i.name: onnx.numpy_helper.to_array(i).copy() for i in model.graph.initializer
               if not i.name.startswith("constant.")}, path)
    return path


def random_weights(folder: pathlib.Path, classes: int) -> pathlib.Path:
    network = Detector("resnet18", classes, 32).eval()
    randomise(network, seed=4)
    with torch.no_grad():
        network.bbox_head.retina_cls.bias.fill_(-2.0)
    path = folder / f"random{classes}.safetensors"
    save_tensors({n: t.contiguous() for n, t in network.state_dict().items()}, path)
    return path


def smooth(seed: int, height: int, width: int) -> np.ndarray:
    """A random picture with shapes of several sizes."""
    random = np.random.default_rng(seed)
    total = np.zeros((height, width, 3), np.float32)
    for cells in (3, 9, 27):
        small = Image.fromarray(random.integers(0, 256, (cells, cells, 3), np.uint8).astype(np.uint8))
        total += np.asarray(small.resize((width, height), Image.BICUBIC), np.float32)
    return (total / 3).astype(np.uint8)


def set_class_bias(path: pathlib.Path, bias: float) -> None:
    """Moves all class logits, so that fewer scores pass."""
    tensors = load_file(path)
    tensors["bbox_head.retina_cls.bias"].fill_(bias)
    save_tensors(tensors, path)


def smears() -> list[np.ndarray]:
    return [np.asarray(Image.open(ROOT / "Examples" / name).convert("RGB")) for name in SMEARS]


@pytest.mark.parametrize("convention", ["edges", "legacy"])
@pytest.mark.parametrize("alpha", ["0.5", "1", "0.3", pytest.param("0", marks=pytest.mark.full),
                                   pytest.param("0.75", marks=pytest.mark.full)])
def test_smears(convention, alpha, tally, tmp_path):
    exports = Exports(smear_weights(tmp_path), tmp_path, *BLOOD, "--convention", convention, "--alpha", alpha)
    run_case(exports, smears()[:2], "smears", tally)


@pytest.mark.parametrize(("words", "pictures"), [
    pytest.param((), slice(2, None), id="one smear"),
    pytest.param(("--input", "200x300"), slice(None), id="fixed input"),
    pytest.param(("--max-detections", "7"), slice(None), id="seven detections")])
def test_exports(words, pictures, tally, tmp_path):
    run_case(Exports(smear_weights(tmp_path), tmp_path, *BLOOD, *words), smears()[pictures], "smears", tally)


@pytest.mark.parametrize("check", [compare_tools, check_metadata])
def test_files(check, tally, tmp_path):
    check(Exports(smear_weights(tmp_path), tmp_path, *BLOOD), tally)


def test_fewer_anchors_than_rows(tally, tmp_path):
    tiny = ("--classes", "1", "--short-side", "16", "--long-side", "32", "--max-detections", "3000")
    run_case(Exports(random_weights(tmp_path, 1), tmp_path, *NARROW, *tiny), [smooth(1, 10, 10)], "one picture", tally)


@pytest.mark.parametrize("classes", [1, 20])
@pytest.mark.parametrize("words", [("--alpha", "0.5"), ("--alpha", "0.3", "--convention", "legacy")], ids=" ".join)
def test_random_weights(classes, words, full, tally, tmp_path):
    weights = random_weights(tmp_path, classes)
    exports = Exports(weights, tmp_path, *NARROW, *SHORT, "--classes", str(classes), *words)
    for seed, sizes in enumerate([[(97, 131)], [(120, 75), (300, 310)]] + [[(33, 500)]] * full):
        run_case(exports, [smooth(seed, *size) for size in sizes], str(sizes), tally)


@pytest.mark.parametrize("bias", [pytest.param(-8, id="few"), pytest.param(-60, id="none")])
def test_few_detections(bias, tally, tmp_path):
    weights = random_weights(tmp_path, 2)
    set_class_bias(weights, bias)
    pictures = [smooth(5, 60, 90), np.full((70, 70, 3), 120, np.uint8), smooth(6, 90, 60)]
    exports = Exports(weights, tmp_path, *NARROW, *SHORT, "--classes", "2", "--alpha", "1")
    run_case(exports, pictures, "three pictures", tally)
