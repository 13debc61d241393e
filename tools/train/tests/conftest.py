"""One thread: the networks here are tiny, and the machine may be busy training."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from drawn_data import draw_squares

torch.set_num_threads(1)


@pytest.fixture(name="data")
def drawn_squares(tmp_path: Path) -> Path:
    """Six pictures of one dark square each."""
    return draw_squares(tmp_path / "data")
