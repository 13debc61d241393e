"""The command-line tools by their functions."""

import json
import pathlib

import numpy as np
import pytest
from conftest import MODEL

import libiou
from libiou import IoUError, ToolError


def test_optimizing(detector: libiou.Detector, smear: pathlib.Path, tmp_path: pathlib.Path) -> None:
    printed = libiou.optimize(MODEL, tmp_path / "small.onnx", explain=True)
    assert "fold-constants" in printed
    np.testing.assert_allclose(libiou.Detector(tmp_path / "small.onnx")(smear, max_detections=5).xyxy,
                               detector(smear, max_detections=5).xyxy, atol=0.01)


def test_quantizing(smear: pathlib.Path, tmp_path: pathlib.Path) -> None:
    libiou.quantize(MODEL, tmp_path / "half.onnx", to="float16")
    assert (tmp_path / "half.onnx").stat().st_size < 0.6 * MODEL.stat().st_size
    assert len(libiou.Detector(tmp_path / "half.onnx")(smear)) > 10


def test_evaluating(detector: libiou.Detector, smear: pathlib.Path, tmp_path: pathlib.Path) -> None:
    """What the detector finds best is the truth: its precision is perfect there."""
    (tmp_path / "images").mkdir()
    (tmp_path / "images/smear.png").write_bytes(smear.read_bytes())
    truth = detector(smear, score_threshold=0.8)
    boxes = [{**entry, "id": number, "iscrowd": 0, "area": entry["bbox"][2] * entry["bbox"][3]}
             for number, entry in enumerate(truth.to_coco(1), 1)]
    classes = zip(detector.info.category_ids, detector.labels, strict=True)
    (tmp_path / "truth.json").write_text(json.dumps({
        "images": [{"id": 1, "file_name": "smear.png", "width": 640, "height": 480}], "annotations": boxes,
        "categories": [{"id": i, "name": name} for i, name in classes]}))
    report = libiou.evaluate(MODEL, images=tmp_path / "images", annotations=tmp_path / "truth.json",
                             score_threshold=0.8)
    assert report["alphas"][0]["coco"]["AP"] == pytest.approx(1)


def test_what_a_tool_refuses(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ToolError, match="none.onnx") as caught:
        libiou.optimize(tmp_path / "none.onnx", tmp_path / "out.onnx")
    assert "\n" not in str(caught.value) and isinstance(caught.value, IoUError)
    with pytest.raises(ToolError, match="--nothing"):
        libiou.optimize(MODEL, tmp_path / "out.onnx", nothing=True)
    monkeypatch.setenv("IOU_TOOLS", str(tmp_path))
    with pytest.raises(ToolError, match="iouc: expected the tool in \\$IOU_TOOLS, found none"):
        libiou.optimize(MODEL, tmp_path / "out.onnx")
