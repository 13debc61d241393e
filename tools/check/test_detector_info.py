"""iou_model_detector_info against the metadata of models, read here as docs/metadata.md says."""

import ctypes
import pathlib
import sys
import threading

import numpy as np
import onnx
import pytest
from conventions import BASES, convention
from detection_metadata import make_metadata
from libiou import DetectorInfo, IoUError, Model, _relu_model

ROOT = pathlib.Path(__file__).resolve().parents[2]
RESIZES = ("short-long", "short-then-long", "fit", "none")


def model_with(metadata):
    """A model that no detector fits: only its metadata is looked at."""
    model = onnx.load_from_string(_relu_model())
    onnx.helper.set_model_props(model, metadata)
    return Model(model.SerializeToString())


def numbers(text):
    return [float(np.float32(word)) for word in text.split(" ")]


def expected(metadata):
    """What docs/metadata.md says of these keys."""
    def value(key, default=None):
        return metadata.get("iou." + key, default)
    maps = value("outputs.kind", "maps") == "maps"
    labels = value("labels").split("\n")
    ids = value("labels.ids")
    resize, *sides = value("input.resize").split(" ")
    pad = value("input.pad").split(" ")
    nan = float("nan")
    return {
        "reports_detections": not maps,
        "predicts_iou": value("outputs.iou" if maps else "outputs.ious") is not None,
        "predicts_objectness": value("outputs.objectness") is not None,
        "inclusive_boxes": value("boxes.convention") == "inclusive",
        "level_count": len(value("outputs.cls").split("\n")) if maps else 0,
        "anchor_count": len(value("anchors").split("\n")[0].split(" ")) // 4 if maps else 0,
        "strides": numbers(value("strides")) if maps and value("strides") != "padded/map" else None,
        "labels": labels,
        "label_ids": [int(n) for n in ids.split(" ")] if ids else list(range(1, len(labels) + 1)),
        "alpha": numbers(value("alpha", "1"))[0],
        "score_threshold": numbers(value("score.threshold"))[0] if maps else nan,
        "nms_threshold": numbers(value("nms.threshold"))[0] if maps else nan,
        "max_detections": int(value("detections.max")),
        "input_name": value("input.name"),
        "input_channels_last": value("input.layout") == "nhwc",
        "input_bgr": value("input.color") == "bgr",
        "input_range": float(value("input.range")),
        "input_mean": numbers(value("input.mean")),
        "input_std": numbers(value("input.std")),
        "input_resize": RESIZES.index(resize),
        "input_sides": [int(side) for side in sides] or [0, 0],
        "input_antialias": value("input.resize.antialias") == "yes",
        "input_eight_bit": value("input.resize.precision") == "8-bit",
        "input_pad_multiple": int(pad[1]) if pad[0] == "multiple" else 0,
        "input_pad_value": numbers(value("input.pad.value"))[0],
        "input_pad_is_pixel": value("input.pad.when") == "before-normalise",
        "outputs": 0 if maps else 1,
        "input_pad_centred": value("input.pad.side") == "centre",
        "not_reported": None,
    }


def compare(metadata, model=None):
    found = (model or model_with(metadata)).detector_info()
    faults = [f"{name} is {found.get(name)}, metadata says {value}"
              for name, value in expected(metadata).items() if repr(found.get(name)) != repr(value)]
    return "; ".join(faults) or None


# ---- Cases ---------------------------------------------------------------------------------------


def graph_metadata(**changes):
    """Of a model whose graph reports detections."""
    kept = ("iou.version", "iou.boxes.convention", "iou.boxes.scale", "iou.detections.max", "iou.labels")
    metadata = {key: value for key, value in make_metadata(iou=False).items()
                if key in kept or key.startswith("iou.input.")}
    metadata |= {"iou.outputs.kind": "detections", "iou.input.sizes": "sizes", "iou.input.scales": "scales"}
    metadata |= {f"iou.outputs.{name}": name for name in ("boxes", "scores", "labels", "counts")}
    return metadata | {"iou." + key.replace("__", "."): value for key, value in changes.items()}


ODD = {
    "legacy, nhwc input": make_metadata(legacy=True, input__layout="nhwc", input__range="1"),
    "fit and exact": make_metadata(input__resize="fit 416 608", input__pad="exact",
                                   input__pad__value="114", input__pad__when="before-normalise"),
    "no resize": make_metadata(input__resize="none", input__pad="multiple 1", input__pad__value="-0.5"),
    "then-long, smooth, 8 bits": make_metadata(
        input__resize="short-then-long 640 900", input__resize__antialias="yes",
        input__resize__precision="8-bit", input__color="bgr"),
    "category numbers": make_metadata(classes=3, labels__ids="90 -4 7"),
    "one class, one level": make_metadata(classes=1, strides=[16], labels="größer 球"),
    "objectness": make_metadata(outputs__objectness="o8\no16\no32\no64\no128",
                                outputs__objectness__kind="logit", alpha="0.6", fusion__power="2"),
    "strides of halves": make_metadata(strides=[8, 16, 32]) | {"iou.strides": "7.5 1.6e1 32"},
    "few, low": make_metadata(detections__max="2147483647", score__threshold="0", nms__threshold="1"),
    "detections": graph_metadata(),
    "detections with IoUs": graph_metadata(outputs__ious="ious", alpha="0.3",
                                           boxes__convention="inclusive"),
}


def metadata_cases():
    shipped = Model(ROOT / "models/blood-cells.onnx")
    yield "blood-cells.onnx", compare(dict(shipped.metadata()), shipped)
    for name in BASES:
        yield name, compare(convention(name, 5, "nchw"))
        fused = convention(name, 5, "nchw", iou=True, alpha="0.4", fusion__order="first")
        yield f"{name} with IoU", compare(fused)
    for name, metadata in ODD.items():
        yield name, compare(metadata)


def refusal_cases():
    """Metadata that the detector refuses are refused with the same words."""
    cases = {"nothing": {}, "no labels": make_metadata(labels=None),
             "a wrong word": make_metadata(input__color="gbr"),
             "an unknown key": make_metadata(input__colour="rgb"),
             "a number too many": make_metadata(input__std="1 1 1 1"),
             "version 2": make_metadata(version="2")}
    for name, metadata in cases.items():
        model = model_with(metadata)
        refusals = []
        for ask in (model.detector_info, model.detector_info, model.open_detector):
            try:
                ask()
                refusals.append("accepted")
            except IoUError as error:
                refusals.append((error.status, str(error)))
        yield name, None if len(set(refusals)) == 1 and "accepted" not in refusals else f"{refusals}"


def size_cases():
    """Programs that were built with another header."""
    model = model_with(make_metadata(labels__ids="4 5 6"))
    size = ctypes.sizeof(DetectorInfo)
    whole = bytes(model.raw_detector_info(size)[:size])
    shorter = DetectorInfo.labels.offset
    for given in (shorter, size, size + 40):
        found = bytes(model.raw_detector_info(given, room=size + 80, fill=0xa5))
        known = min(given, size)
        fault = None
        if found[8:known] != whole[8:known]:
            fault = "its fields are others"
        elif found[known:given].strip(b"\0") or found[given:].strip(b"\xa5"):
            fault = "what is behind them is others'"
        elif int.from_bytes(found[:8], sys.byteorder) != given:
            fault = "struct_size changed"
        yield f"struct of {given} bytes", fault
    for given in (0, 7, 5000):
        try:
            model.raw_detector_info(given, room=5000)
            yield f"struct of {given} bytes", "accepted"
        except IoUError as error:
            yield f"struct of {given} bytes", None if error.status == 1 else str(error)


def thread_cases():
    """The first to ask read the metadata at the same time; all get the same."""
    for attempt in range(20):
        model, found = model_with(ODD["category numbers"]), []
        barrier = threading.Barrier(8)

        def ask(model=model, found=found, barrier=barrier):
            barrier.wait()
            found.append(bytes(model.raw_detector_info(ctypes.sizeof(DetectorInfo))))
        threads = [threading.Thread(target=ask) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        yield f"eight threads, {attempt}", None if len(found) == 8 and len(set(found)) == 1 else "they differ"


@pytest.mark.parametrize("group", [metadata_cases, refusal_cases, size_cases, thread_cases])
def test_detector_info(group, tally):
    tally.add_all(group())
