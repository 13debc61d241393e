"""Tiny training runs: resumed ones repeat unbroken ones, and files are whole or refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from drawn_data import source, tiny_options
from PIL import Image

from train.backbone import BACKBONES
from train.config import FitOptions
from train.config_file import load
from train.files import export, load_model
from train.fit import fit
from train.metrics import EVALUATIONS, STEPS, read_metrics
from train.model import Detector, randomise
from train.preprocess import prepare
from train.reference import write_outputs
from train.unpickle import CheckpointError


def test_resume_repeats_an_unbroken_run(data: Path, tmp_path: Path) -> None:
    varied = [
        "schedule.steps=4", "augment.short_sizes=[64, 96]", "augment.vertical_flip=0.5",
        "augment.crop=0.4", "augment.expand=0.4", "augment.brightness=0.2",
        "augment.contrast=0.2", "augment.saturation=0.2", "augment.hue=0.1",
        "augment.temperature=0.1", "run.evaluate_every=2", "run.checkpoint_every=1",
        *source(data, "data.extra."), *source(data, "data.val.")]
    whole = tiny_options(data, tmp_path / "whole", *varied)
    expected = fit(whole)
    parts = tiny_options(data, tmp_path / "parts", *varied, "run.workers=2")
    first = fit(parts, stop_after=3)
    # As if killed after two more rows of metrics, before the next checkpoint.
    with (tmp_path / "parts" / STEPS).open("a") as file:
        file.write("4,2,0.001,1,1,1,1,1,1\n5,2,0.0")
    second = fit(parts, resume=True)
    assert first + second == expected
    assert len(expected) == 4
    last = torch.load(tmp_path / "parts" / "last.pt", weights_only=True)
    assert last["step"] == 4
    assert not [p for p in (tmp_path / "parts").iterdir() if p.name.startswith(".")]
    for name in (STEPS, EVALUATIONS):
        rows = [[{k: v for k, v in row.items() if k != "seconds"}
                 for row in read_metrics(tmp_path / run / name)] for run in ("whole", "parts")]
        assert rows[0] == rows[1] and len(rows[0]) == 4


def test_a_run_leaves_its_files(data: Path, tmp_path: Path) -> None:
    options = tiny_options(data, tmp_path / "run", *source(data, "data.val."))
    fit(options)
    names = {p.name for p in (tmp_path / "run").iterdir()}
    assert names == {"last.pt", "best.pt", "config.toml", STEPS, EVALUATIONS, "losses.png",
                     "learning_rate.png", "precision.png"}
    assert load(FitOptions, tmp_path / "run" / "config.toml") == options
    row = read_metrics(tmp_path / "run" / STEPS)[-1]
    assert int(row["step"]) == 2 and float(row["epoch"]) == pytest.approx(2 * 2 / 6, rel=1e-5)
    assert float(row["loss"]) == pytest.approx(
        sum(float(row[key]) for key in ("classes", "boxes", "iou")), rel=1e-4)
    assert [row["alpha"] for row in read_metrics(tmp_path / "run" / EVALUATIONS)] == ["1", "0.5"]
    for name in ("losses.png", "precision.png"):
        with Image.open(tmp_path / "run" / name) as picture:
            assert min(picture.size) > 400


def test_an_evaluation_that_a_kill_prevented_is_made_up_for(data: Path, tmp_path: Path) -> None:
    options = tiny_options(data, tmp_path / "run", *source(data, "data.val."))
    fit(options)
    path = tmp_path / "run" / EVALUATIONS
    whole = path.read_text()
    path.unlink()
    (tmp_path / "run" / "best.pt").unlink()
    assert fit(options, resume=True) == []
    assert path.read_text() == whole and (tmp_path / "run" / "best.pt").exists()


@pytest.mark.parametrize("part", (0.0, 0.1, 0.5, 0.9, 0.999))
def test_a_cut_checkpoint_is_refused_by_name(part: float, data: Path, tmp_path: Path) -> None:
    options = tiny_options(data, tmp_path / "run")
    fit(options)
    path = tmp_path / "run" / "last.pt"
    content = path.read_bytes()
    path.write_bytes(content[:int(len(content) * part)])
    with pytest.raises(CheckpointError, match="last.pt: not a whole checkpoint"):
        fit(options, resume=True)
    # Space that was allocated but not written in time.
    zeros = bytearray(content)
    middle = len(content) // 2
    zeros[middle:middle + 4096] = bytes(4096)
    path.write_bytes(zeros)
    with pytest.raises(CheckpointError, match="last.pt: damaged"):
        load_model(path)


def test_what_is_no_checkpoint_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.pt"
    for content in ({"state_dict": {}}, [1], {"state_dict": Image.open}):
        torch.save(content, path)
        with pytest.raises(CheckpointError, match="x.pt: not a checkpoint"):
            load_model(path)


def test_a_loss_that_is_not_finite_ends_the_run(data: Path, tmp_path: Path) -> None:
    options = tiny_options(data, tmp_path / "run", "schedule.lr=1e30", "schedule.clip=1e30",
                           "schedule.steps=4", "run.checkpoint_every=1")
    with pytest.raises(FloatingPointError, match="step [2-4]: "):
        fit(options)
    state = torch.load(tmp_path / "run" / "last.pt", weights_only=True)
    assert state["step"] < 4


def test_mixed_precision_on_a_cpu_is_near_float32(data: Path, tmp_path: Path) -> None:
    exact = fit(tiny_options(data, tmp_path / "a"))
    mixed = fit(tiny_options(data, tmp_path / "b", "run.precision=mixed"))
    assert mixed != exact
    assert mixed == pytest.approx(exact, rel=0.05)


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
