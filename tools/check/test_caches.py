"""The sizes of caches, from folders as Linux has them: kinds, units, parts of what is shared, and what is no report."""

import ctypes
import os
import pathlib

import pytest
from libiou import ROOT

HOOKS = ctypes.CDLL(os.environ.get("IOU_TEST_HOOKS", str(ROOT / ".build-lib/libioucheck.so")))
K, M = 1 << 10, 1 << 20


def caches(folder: pathlib.Path | None) -> tuple[int, int]:
    first, second = ctypes.c_size_t(), ctypes.c_size_t()
    HOOKS.iou_test_caches(str(folder).encode() if folder else None, ctypes.byref(first), ctypes.byref(second))
    return first.value, second.value


@pytest.mark.parametrize("reported, expected", [
    ([(1, "Data", "48K", "0"), (1, "Instruction", "32K", "0"), (2, "Unified", "2M", "0"), (3, "Unified", "32M", "0-7")],
     (48 * K, 2 * M)),
    ([(1, "Instruction", "32K", "0,8"), (1, "Data", "32K", "0,8"), (2, "Unified", "1024K", "0,8")], (32 * K, M)),
    ([(1, "Data", "64K", "0"), (2, "Unified", "2048K", "0-3")], (64 * K, M)),  # four cores share it, two at a time
    ([(1, "Data", "32768", "0")], (32 * K, 0)),
    ([(1, "Data", "much", "0"), (2, "Unified", "-1K", "0")], (0, 0)),
    ([], (0, 0)),
])
def test_reported(reported, expected, tmp_path):
    for index, values in enumerate(reported):
        folder = tmp_path / f"index{index}"
        folder.mkdir()
        for name, value in zip(("level", "type", "size", "shared_cpu_list"), values, strict=True):
            (folder / name).write_text(f"{value}\n")
    assert caches(tmp_path) == expected


def test_of_this_processor():
    first, second = caches(None)
    assert 8 * K <= first <= second
