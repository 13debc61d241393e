"""The command line: what it prints and its exit codes."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from drawn_data import source
from safetensors import safe_open

from train.__main__ import main
from train.augment import Batch
from train.files import export
from train.fit import Run
from train.metrics import EVALUATIONS, read_metrics
from train.model import Detector
from train.prefetch import prefetch


def run(monkeypatch: pytest.MonkeyPatch, *words: object) -> str | int | None:
    """What the program exits with; None if it ends."""
    monkeypatch.setattr(sys, "argv", ["train", *map(str, words)])
    try:
        main()
    except SystemExit as end:
        return end.code
    return None


def notes_of(path: Path) -> dict[str, str]:
    with safe_open(str(path), "pt") as file:
        return file.metadata()


@pytest.fixture(name="config")
def tiny_config(data: Path, tmp_path: Path) -> Path:
    path = tmp_path / "tiny.toml"
    parts = [[part, [line.replace("=", ' = "') + '"' for line in source(data, "")]]
             for part in ("train", "val")]
    path.write_text(f"""
[data]
long = 96
short = 64
[network]
backbone = "mobilenetv2"
fpn_channels = 16
weights = "none"
[schedule]
steps = 2
batch = 2
warmup = 1
[run]
out = "{tmp_path}/run"
""" + "".join(f"[data.{part}]\n" + "\n".join(lines) + "\n" for part, lines in parts))
    return path


def test_from_data_to_weights(config: Path, data: Path, tmp_path: Path,
                              monkeypatch: pytest.MonkeyPatch,
                              capsys: pytest.CaptureFixture) -> None:
    assert run(monkeypatch, "check", config) is None
    assert capsys.readouterr().out.startswith("train: 6 pictures, 6 boxes (a 3, b 3)\nval: 6 ")
    (tmp_path / "file").touch()
    assert f"run.out: {tmp_path}/file cannot be made: " in str(
        run(monkeypatch, "fit", config, "--set", f"run.out={tmp_path}/file"))
    assert run(monkeypatch, "fit", config, "--stop-after", 1) is None
    again = run(monkeypatch, "fit", config)
    assert again == f"train: run.out: {tmp_path}/run has a run already; --resume goes on with " \
        "it, another folder begins a new one"
    capsys.readouterr()
    assert run(monkeypatch, "fit", config, "--resume", "--set", "schedule.clip=9") is None
    assert "goes on with a change: schedule.clip: 35.0 → 9.0" in capsys.readouterr().out
    best = tmp_path / "run" / "best.pt"
    assert "does not fit mobilenetv2 with 2 classes and 32 channels: bbox_head.cls_convs.0.conv." \
        in str(run(monkeypatch, "fit", config, "--resume", "--set", "network.fpn_channels=32"))
    assert run(monkeypatch, "fit", config, "--resume", "--set", 'data.classes=["b", "a"]') == \
        f"train: {tmp_path}/run/last.pt: learns a, b, the data have b, a"
    assert "other parameters learn in it" in str(run(
        monkeypatch, "fit", config, "--resume", "--set", 'network.train_only=["bbox_head"]'))
    places = ("--images", data / "images", "--annotations", data / "annotations.json")
    assert run(monkeypatch, "evaluate", best, *places, "--json", tmp_path / "ap.json") is None
    assert set(json.loads((tmp_path / "ap.json").read_text())) == {"1.0", "0.5"}
    weights, labels = tmp_path / "x.safetensors", tmp_path / "labels.txt"
    assert run(monkeypatch, "export", best, weights, "--labels", labels) is None
    assert labels.read_text() == "a\nb\n" and weights.stat().st_size > 1000
    said = notes_of(weights)
    rows = read_metrics(tmp_path / "run" / EVALUATIONS)
    assert said.pop("iou.alpha") == max(rows, key=lambda row: float(row["AP"]))["alpha"]
    assert said == {
        "iou.version": "1", "iou.convention": "edges", "iou.labels": "a\nb",
        "iou.network.backbone": "mobilenetv2", "iou.network.fpn_channels": "16",
        "iou.network.iou_head": "yes", "iou.network.p6": "c5",
        "iou.network.relu_before_p7": "no", "iou.network.bn_eps": "1e-05",
        "iou.network.tower_norm": "none", "iou.input.resize": "short-long 64 96",
        "iou.training.iou_target": "detached"}
    again = tmp_path / "again.safetensors"
    assert run(monkeypatch, "export", weights, again, "--alpha", 0.4) is None
    assert notes_of(again) == said | {"iou.alpha": "0.4"}
    assert run(monkeypatch, "plot", tmp_path / "run") is None
    voc = ("--images", data / "images", "--annotations", data / "voc")
    assert run(monkeypatch, "coco", tmp_path / "all.json", *voc) is None
    assert json.loads((tmp_path / "all.json").read_text())["annotations"] == \
        json.loads((data / "annotations.json").read_text())["annotations"]


def test_problems_end_with_lines_and_one(config: Path, data: Path, tmp_path: Path,
                                         monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("1.png", "3.png"):
        (data / "images" / name).unlink()
    for command in ("check", "fit"):
        lines = str(run(monkeypatch, command, config)).splitlines()
        # Training and validation data are the same here.
        assert len(lines) == 4 and all(line.startswith("train: ") for line in lines)
        assert f"{data}/annotations.json: image 1: its picture" in lines[0]
    assert not (tmp_path / "run").exists()
    assert "unknown key" in str(run(monkeypatch, "fit", config, "--set", "schedule.x=3"))
    for words in (("fit", tmp_path / "nowhere.toml"), ("plot", tmp_path / "nowhere" / "run"),
                  ("export", tmp_path / "nowhere.pt", tmp_path / "x.safetensors"),
                  ("export", tmp_path / "nowhere.safetensors", tmp_path / "x.safetensors"),
                  ("evaluate", tmp_path, "--images", data / "images", "--annotations", data / "voc"),
                  ("reference", tmp_path / "nowhere.pt", tmp_path, "--image", tmp_path / "p.png")):
        text = str(run(monkeypatch, *words))
        assert text.startswith("train: ") and "Errno" not in text and "os error" not in text
        assert text.count("nowhere") == ("nowhere" in str(words)) and len(text.splitlines()) == 1
    if not torch.cuda.is_available():
        assert "no GPU" in str(run(monkeypatch, "fit", config, "--set", "run.device=cuda"))


def test_an_interruption_says_where_the_checkpoint_is(
        config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture) -> None:
    train_step, calls = Run._train_step, []

    def interrupted(self: Run, batch: Batch) -> dict[str, float]:
        calls.append(batch)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return train_step(self, batch)

    monkeypatch.setattr(Run, "_train_step", interrupted)
    once = ("--set", "run.checkpoint_every=1", "--set", "run.evaluate_every=2")
    assert run(monkeypatch, "fit", config, *once) == 130
    assert capsys.readouterr().err.splitlines()[-1] == \
        f"train: interrupted at step 1; {tmp_path}/run/last.pt holds step 1, and --resume goes on " \
        "from it"
    calls.clear()
    calls.append(None)
    other = ("--set", f"run.out={tmp_path}/other")
    assert run(monkeypatch, "fit", config, *other) == 130
    assert "interrupted at step 0; there is no checkpoint yet" in capsys.readouterr().err


def test_evaluation_shows_progress_where_a_person_looks(
        config: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture) -> None:
    assert run(monkeypatch, "fit", config, "--stop-after", 1) is None
    assert "evaluate:" not in capsys.readouterr().err
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    assert run(monkeypatch, "fit", config, "--resume") is None
    assert "evaluate:" in capsys.readouterr().err


def test_classes_of_one_name_are_refused(data: Path, tmp_path: Path,
                                         monkeypatch: pytest.MonkeyPatch) -> None:
    twice = run(monkeypatch, "coco", tmp_path / "all.json", "--images", data / "images",
                "--annotations", data / "voc", "--classes", "a", "b", "a")
    assert twice == f'train: {data}/voc: the class "a" is named twice'
    model = Detector("mobilenetv2", 2, 16)
    with pytest.raises(ValueError, match='"a" is named twice'):
        export(tmp_path / "x.safetensors", model, ["a", "a"])
    assert not (tmp_path / "x.safetensors").exists()


def test_files_have_the_mode_that_the_mask_says(tmp_path: Path,
                                                monkeypatch: pytest.MonkeyPatch) -> None:
    weights = tmp_path / "x.safetensors"
    before = os.umask(0o027)
    try:
        assert run(monkeypatch, "init", weights, "--backbone", "mobilenetv2") is None
    finally:
        os.umask(before)
    assert weights.stat().st_mode & 0o777 == 0o640


def test_arguments_that_make_no_sense(tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                                      capsys: pytest.CaptureFixture) -> None:
    weights = tmp_path / "x.safetensors"
    for words in (("fit", "x.toml", "--stop-after", "-1"),
                  ("init", weights, "--backbone", "resnet18", "--classes", "0"),
                  ("evaluate", weights, "--images", "x", "--annotations", "x", "--alpha", "1.5"),
                  ("evaluate", weights, "--images", "x", "--annotations", "x", "--long", "0")):
        assert run(monkeypatch, *words) == 2
        assert f"{words[-1]} is not in " in capsys.readouterr().err
    assert run(monkeypatch, "plot", tmp_path) == f"train: {tmp_path}: has no metrics to draw"
    (tmp_path / "steps.csv").write_text("a,b\n1,2\n")
    assert "steps.csv: row 1 is no row" in str(run(monkeypatch, "plot", tmp_path))
    assert run(monkeypatch, "init", weights, "--backbone", "mobilenetv2") is None
    for name, expected in (("text", "no .npy file"), ("flat", "expected numbers [N, 3, H, W]")):
        path = tmp_path / f"{name}.npy"
        if name == "text":
            path.write_text("hello")
        else:
            np.save(path, np.zeros((2, 3)))
        assert expected in str(run(monkeypatch, "reference", weights, tmp_path / "out",
                                   "--input", path))


def test_work_ahead_keeps_order_and_errors() -> None:
    def double(x: int) -> int:
        if x == 7:
            raise ArithmeticError("seven")
        return 2 * x

    for workers in (0, 1, 3):
        assert list(prefetch(double, range(5), workers)) == [0, 2, 4, 6, 8]
        assert list(prefetch(double, [], workers)) == []
        results = prefetch(double, range(5, 100), workers)
        assert [next(results), next(results)] == [10, 12]
        with pytest.raises(ArithmeticError, match="seven"):
            next(results)
