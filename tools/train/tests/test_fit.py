"""A tiny training run: interrupted and resumed it gives the losses of an unbroken one."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch

from train.backbone import BACKBONES
from train.files import export, load_model
from train.fit import FitOptions, fit
from train.model import Detector, randomise
from train.preprocess import prepare
from train.reference import write_outputs


def test_resume_repeats_an_unbroken_run(data: Path, tmp_path: Path) -> None:
    whole = FitOptions(data=str(data), out=str(tmp_path / "whole"), extra=str(data),
                       fpn_channels=16, weights="none", steps=4, batch=2, short_sizes=(64, 96),
                       short=64, long=96, vertical_flip=True, brightness=0.1, warmup=1)
    expected = fit(whole)
    parts = dataclasses.replace(whole, out=str(tmp_path / "parts"), stop_after=2)
    first = fit(parts)
    second = fit(parts, resume=True)
    assert first + second == expected
    assert len(expected) == 4
    last = torch.load(tmp_path / "parts" / "last.pt", weights_only=True)
    assert last["step"] == 4
    assert not [p for p in (tmp_path / "parts").iterdir() if p.name.startswith(".")]


@pytest.mark.parametrize("backbone", BACKBONES)
def test_export_round_trip_and_reference(backbone: str, tmp_path: Path) -> None:
    model = Detector(backbone, 2, 32)
    randomise(model, 3)
    path = tmp_path / "model.safetensors"
    export(path, model.eval(), ["a", "b"])
    loaded, names = load_model(path)
    assert names == ["a", "b"] and loaded.backbone_name == backbone
    images = np.random.default_rng(0).normal(size=(1, 3, 64, 96)).astype(np.float32)
    write_outputs(loaded, images, tmp_path / "out")
    classes = np.load(tmp_path / "out" / "cls_logits.p3.npy")
    boxes = np.load(tmp_path / "out" / "box_deltas.p7.npy")
    assert classes.shape == (1, 8, 12, 18) and boxes.shape == (1, 1, 1, 36)
    with torch.inference_mode():
        raw = model(torch.from_numpy(images))
    # NHWC: channel a*C + c of the map.
    assert np.array_equal(classes[0, 3, 5], raw.classes[0][0, :, 3, 5].numpy())
    assert 0.01 < classes.std() < 20


def test_preparation_by_hand() -> None:
    picture = np.zeros((2, 4, 3), dtype=np.uint8)
    picture[:, 1] = 200
    half = prepare(picture, long=2, short=1)
    assert half.scale == 0.5 and half.pixels.shape == (3, 1, 2)
    # Half-pixel centres: the first output lies between columns 0 and 1, unrounded 100.
    assert half.pixels[0, 0, 0].item() == pytest.approx((100 - 123.675) / 58.395, rel=1e-5)
    same = prepare(picture, long=4, short=2)
    assert same.pixels[2, 0, 1].item() == pytest.approx((200 - 103.53) / 57.375, rel=1e-5)
