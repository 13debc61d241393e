"""Selecting, and what others take: COCO, pandas, supervision, drawn pictures, pickle."""

import json
import pathlib
import pickle
import subprocess

import numpy as np
import PIL.Image
import pytest
from conftest import MODEL, TOOLS
from same_boxes import assert_equal

import libiou


@pytest.fixture(scope="module")
def found(detector: libiou.Detector, smear: pathlib.Path) -> libiou.Detections:
    return detector(smear)


def test_selecting(found: libiou.Detections) -> None:
    assert len(found[:5]) == 5 and len(found[found.scores > 2]) == 0
    mask = (found.labels == 1) & (found.scores > 0.5)
    assert found[mask].names == ["WBC"] * int(mask.sum()) and mask.any()
    assert found[[3, 0]].scores.tolist() == [found.scores[3], found.scores[0]]
    assert found[-1].scores.tolist() == found.scores[-1:].tolist() and len(found[np.int64(0)]) == 1
    assert [one.scores[0] for one in found] == found.scores.tolist()
    assert (np.diff(found.scores) <= 0).all()
    with pytest.raises(IndexError, match="found 1000"):
        found[1000]
    with pytest.raises(IndexError):
        found[-1000]
    with pytest.raises(IndexError):
        found[found.scores[:3] > 0]


def test_the_entries_of_iourun(found: libiou.Detections, smear: pathlib.Path, tmp_path: pathlib.Path) -> None:
    subprocess.run([TOOLS / "iourun", MODEL, smear, "--coco", tmp_path / "coco.json"], check=True, capture_output=True)
    expected = json.loads((tmp_path / "coco.json").read_text())
    entries = json.loads(json.dumps(found.to_coco(1)))
    assert len(entries) == len(expected)
    for one, other in zip(entries, expected, strict=True):
        assert np.float32(one.pop("score")) == np.float32(other.pop("score"))
        assert [np.float32(side) for side in one.pop("bbox")] == [np.float32(side) for side in other.pop("bbox")]
        assert one == other


def test_pandas_and_supervision(found: libiou.Detections) -> None:
    frame = found.to_pandas()
    assert list(frame.columns) == ["x1", "y1", "x2", "y2", "score", "probability", "iou", "label", "name"]
    np.testing.assert_array_equal(frame[["x1", "y1", "x2", "y2"]], found.xyxy)
    other = found.to_supervision()
    np.testing.assert_array_equal(other.xyxy, found.xyxy)
    assert other["class_name"].tolist() == found.names and len(other[other.confidence > 0.9]) < len(found)
    assert len(found[:0].to_pandas()) == 0 and len(found[:0].to_supervision()) == 0 and found[:0].to_coco(1) == []


def test_drawing(found: libiou.Detections, smear: pathlib.Path, detector: libiou.Detector,
                 tmp_path: pathlib.Path) -> None:
    best = found[found.scores > 0.8]
    picture = best.plot()
    assert picture.shape == (480, 640, 3) and picture.dtype == np.uint8
    plain = detector(smear, max_detections=1)[:0].plot()
    assert (picture != plain).any(axis=2).mean() > 0.02
    x1, y1, x2, y2 = best.xyxy[0].astype(int)
    edge = picture[(y1 + y2) // 2, x1 : x1 + 2]
    assert (edge == edge[0]).all() and best.labels[0] == 0
    subprocess.run([TOOLS / "iourun", MODEL, smear, "--output", tmp_path / "tool.png"], check=True, capture_output=True)
    with PIL.Image.open(tmp_path / "tool.png") as tool:
        assert (np.asarray(tool.convert("RGB")) == edge[0]).all(axis=2).sum() > 1000  # the first class's colour there
    np.testing.assert_array_equal(best.plot(plain), picture)
    np.testing.assert_array_equal(best.plot(plain[:, :, ::-1], format="bgr"), picture)


def test_pickle(found: libiou.Detections) -> None:
    again = pickle.loads(pickle.dumps(found[:7]))
    assert_equal(again, found[:7])
    assert again.names == found.names[:7]
    for call, line in ((again.rescore, "unpickled"), (again.plot, "unpickled")):
        with pytest.raises(libiou.IoUError, match=line):
            call()
