"""16-bit gradients: overflowing steps are left out, and a run that only overflows ends."""

from __future__ import annotations

import math

import pytest
import torch

from train.config import RunOptions
from train.devices import Precision, choose_device


def scaled(scale: float) -> Precision:
    """As on a GPU: with a scaler."""
    precision = Precision(RunOptions(precision="mixed"), torch.device("cpu"))
    precision.scaler = torch.amp.GradScaler("cpu", init_scale=scale)
    return precision


def test_a_scaled_step_is_the_plain_one() -> None:
    results = []
    for precision in (Precision(RunOptions(), torch.device("cpu")), scaled(1024.0)):
        weight = torch.nn.Parameter(torch.tensor((3.0, 4.0)))
        optimizer = torch.optim.SGD([weight], lr=0.5)
        norm = precision.update(weight.square().sum() / 2, optimizer, [weight], 1.0)
        results.append((norm, weight.tolist()))
    # A gradient of (3, 4) has the norm 5 and is clipped to 1.
    assert results[0] == results[1] == (5.0, pytest.approx([3 - 0.3, 4 - 0.4]))


def test_an_overflowing_step_is_left_out() -> None:
    precision = scaled(4.0)
    weight = torch.nn.Parameter(torch.tensor(2.0))
    optimizer = torch.optim.SGD([weight], lr=0.5)
    for scale in (2.0, 1.0):
        assert precision.update(weight * math.inf, optimizer, [weight], 1.0) == math.inf
        assert precision.scaler.get_scale() == scale and weight.item() == 2
    with pytest.raises(FloatingPointError, match="overflow in 16 bits at any scale"):
        precision.update(weight * math.inf, optimizer, [weight], 1.0)
    assert weight.item() == 2


def test_without_a_scaler_it_ends_the_run() -> None:
    precision = Precision(RunOptions(), torch.device("cpu"))
    weight = torch.nn.Parameter(torch.tensor(2.0))
    optimizer = torch.optim.SGD([weight], lr=0.5)
    for bad in (math.inf, math.nan):
        with pytest.raises(FloatingPointError, match="the gradient's norm is"):
            precision.update(weight * bad, optimizer, [weight], 1.0)
        assert weight.item() == 2


def test_devices() -> None:
    assert choose_device("cpu").type == "cpu"
    precision = Precision(RunOptions(), torch.device("cpu"))
    assert not precision.mixed and not precision.scaler.is_enabled()
    mixed = Precision(RunOptions(precision="mixed"), torch.device("cpu"))
    with mixed.autocast():
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == torch.bfloat16
