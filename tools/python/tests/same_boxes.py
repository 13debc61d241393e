"""Whether detections are those of a tool's JSON."""

from typing import Any

import numpy as np

import libiou


def assert_same(found: libiou.Detections, image: dict[str, Any]) -> None:
    """The same bits: JSON's numbers are as short as bring the same value back."""
    listed = image["detections"]
    assert (found.width, found.height) == (image["width"], image["height"])
    assert found.names == [one["label"] for one in listed]
    assert found.labels.tolist() == [one["class"] for one in listed]
    for column, key in ((found.xyxy, "box"), (found.scores, "score"), (found.probabilities, "probability"),
                        (found.ious, "iou")):
        np.testing.assert_array_equal(column, np.array([one[key] for one in listed], np.float32).reshape(column.shape))


def assert_equal(found: libiou.Detections, other: libiou.Detections) -> None:
    assert (found.width, found.height) == (other.width, other.height)
    for name in ("xyxy", "scores", "probabilities", "ious", "labels"):
        np.testing.assert_array_equal(getattr(found, name), getattr(other, name))
