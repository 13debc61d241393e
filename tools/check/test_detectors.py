"""Networks with the parts of detectors that people have, against ONNX Runtime on the same file: every instruction set,
several numbers of threads, optimised and node by node; and how tools/detectors compares detections.

The detectors themselves are too large and need many packages: tools/detectors makes and compares those.
"""

import detector_networks
import numpy as np
import onnxruntime_compare
import pytest

from detectors.differences import Meaning, difference

TOLERANCE = 1e-4
SHAPE, OTHER_SHAPE = (1, 3, 64, 96), (2, 3, 96, 64)


@pytest.mark.parametrize("dynamic", [False, True], ids=["fixed", "dynamic"])
@pytest.mark.parametrize("name", detector_networks.NETWORKS)
def test_networks(name: str, dynamic: bool, isas: list[str]):
    network = detector_networks.seeded(detector_networks.NETWORKS[name]())
    model = detector_networks.exported(network, SHAPE, dynamic)
    images = np.random.default_rng(2).random(OTHER_SHAPE if dynamic else SHAPE, np.float32)
    assert onnxruntime_compare.fault(model, {"images": images}, isas, TOLERANCE) == ""


# ---- Detections ------------------------------------------------------------------------------------------------------

ROWS = np.array([[[10, 20, 30, 40, 0.9, 3], [50, 20, 90, 40, 0.8, 1], [11, 20, 31, 40, 0.7, 3],
                  [0, 0, 5, 5, 0.001, 2]]], np.float32)


def compared(rows: np.ndarray):
    return difference(Meaning("rows", 100), {"y": rows}, {"y": ROWS})


def test_the_same_detections_agree():
    found = compared(ROWS)
    assert (found.detections, found.unmatched, found.misplaced, found.boxes_px, found.scores) == (3, 0, 0, 0, 0)


def test_another_order_is_told():
    found = compared(ROWS[:, [1, 0, 2, 3]])
    assert (found.unmatched, found.misplaced) == (0, 1)


def test_the_order_of_equal_scores_is_free():
    equal = ROWS.copy()
    equal[0, :2, 4] = 0.9
    found = difference(Meaning("rows", 100), {"y": equal[:, [1, 0, 2, 3]]}, {"y": equal})
    assert (found.unmatched, found.misplaced) == (0, 0)


def test_missing_and_surplus_detections_are_told():
    other_class = ROWS.copy()
    other_class[0, 1, 5] = 4
    assert compared(ROWS[:, [0, 2, 3]]).unmatched == 1
    assert compared(other_class).unmatched == 2
    assert compared(np.concatenate((ROWS, ROWS[:, :1]), 1)).unmatched == 1
