"""Two lists of detections: (box, score, probability, IoU, label)."""

import numpy as np

BOX_TOLERANCE = 0.01
SCORE_TOLERANCE = 1e-5


def differences(found, expected, rounding=2e-7):
    """The first difference, or None. Scores a rounding apart may be in any order."""
    if len(found) != len(expected):
        return f"{len(found)} detections, expected {len(expected)}"
    left = list(expected)
    for i, one in enumerate(found):
        close = [j for j, other in enumerate(left) if abs(other[1] - left[0][1]) <= rounding]
        match = next((j for j in close if same(one, left[j])), None)
        if match is None:
            return f"detection {i}: {one}, expected {left[0]}"
        del left[match]
    return None


def same(one, other):
    values = np.array([*one[1:4]]), np.array([*other[1:4]], np.float64)
    return (one[4] == other[4]
            and np.abs(np.array(one[0]) - other[0]).max() <= BOX_TOLERANCE
            and np.allclose(*values, rtol=0, atol=SCORE_TOLERANCE, equal_nan=True))
