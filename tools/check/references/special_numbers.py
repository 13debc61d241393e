"""Comparing arrays that have NaN, infinities and the largest floats among their numbers."""

import numpy as np

HUGE = 1e30  # what is larger comes of an infinity


def usual_numbers(found: np.ndarray, expected: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """Both arrays where `expected` is neither NaN nor huge; None where they differ in what is."""
    usual = np.abs(expected) < HUGE
    if not np.array_equal(found[~usual], expected[~usual], equal_nan=True):
        return None
    return found[usual], expected[usual]
