"""Two processes: their gradients and runs are those of one with the joint batch."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from drawn_data import draw_squares, source
from PIL import Image

from train.distributed import Processes
from train.metrics import EVALUATIONS, STEPS, read_metrics

PACKAGE = Path(__file__).resolve().parents[1]
# Seconds; the machine may be busy training.
PATIENCE = 600


def settings(data: Path, out: Path, *more: str) -> list[str]:
    """Float32 of the smallest network, on samples of very different numbers of positives."""
    return [*source(data, "data.train."), *source(data, "data.val."), f"run.out={out}",
            "data.long=96", "data.short=64", "network.backbone=mobilenetv2",
            "network.fpn_channels=16", "network.weights=none", "network.tower_init=he",
            "schedule.steps=3", "schedule.batch=4", "schedule.lr=0.01", "schedule.warmup=1",
            "augment.crop=0.5", "augment.expand=0.5", "augment.vertical_flip=0.5", *more]


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def start(words: list[str], count: int, *, errors: int | None = None) -> list[subprocess.Popen]:
    """The processes, as `torchrun` starts them."""
    common = {**os.environ, "OMP_NUM_THREADS": "1", "MASTER_ADDR": "127.0.0.1",
              "MASTER_PORT": str(free_port()), "PYTHONPATH": str(PACKAGE)}
    for name in ("WORLD_SIZE", "RANK", "LOCAL_RANK"):
        common.pop(name, None)
    return [subprocess.Popen(
        [sys.executable, *words], cwd=PACKAGE, stdout=subprocess.DEVNULL, stderr=errors, text=True,
        env=common if count == 1 else {**common, "WORLD_SIZE": str(count), "RANK": str(rank),
                                       "LOCAL_RANK": str(rank)}) for rank in range(count)]


def finish(processes: list[subprocess.Popen]) -> None:
    assert [p.wait(timeout=PATIENCE) for p in processes] == [0] * len(processes)


def first_steps(data: Path, out: Path, count: int, *variants: list[str]) -> list[dict]:
    """What `gradient_worker.py` found in so many processes, for the settings and variants."""
    words = [str(PACKAGE / "tests" / "gradient_worker.py"), str(out),
             *settings(data, out.parent / "run")]
    for variant in variants:
        words += ["--", *variant]
    finish(start(words, count))
    return torch.load(out, weights_only=True)


def largest_difference(a: dict, b: dict) -> float:
    """Relative to the largest gradient of each parameter."""
    assert set(a) == set(b) and a
    return max(float((a[key] - b[key]).abs().max() / a[key].abs().max().clamp(min=1e-12))
               for key in a)


def test_gradients_of_two_processes_are_those_of_one(tmp_path: Path) -> None:
    data = draw_squares(tmp_path / "data")
    cached = ["network.cache_features=true", "network.frozen_stages=2", "augment.crop=0",
              "augment.expand=0"]
    own_positives = ["loss.normaliser=per_process"]
    one, two = (first_steps(data, tmp_path / f"{count}.pt", count, cached, own_positives)
                for count in (1, 2))
    for a, b in zip(one[:2], two[:2]):
        assert largest_difference(a["gradients"], b["gradients"]) < 1e-4
        assert b["losses"] == pytest.approx(a["losses"], rel=1e-6)
    # Where each process divides by its own positives, as in the authors' code, they differ.
    assert largest_difference(one[2]["gradients"], two[2]["gradients"]) > 1e-2


def fit_words(folder: Path, options: list[str]) -> list[str]:
    config = folder / "empty.toml"
    config.touch()
    return ["-m", "train", "fit", str(config),
            *(word for option in options for word in ("--set", option))]


def test_a_run_of_two_processes_is_that_of_one(tmp_path: Path) -> None:
    data = draw_squares(tmp_path / "data")
    for name, count in (("one", 1), ("two", 2)):
        finish(start(fit_words(tmp_path, settings(data, tmp_path / name)), count))
    for file in (STEPS, EVALUATIONS):
        one, two = (read_metrics(tmp_path / name / file) for name in ("one", "two"))
        assert len(one) == len(two) > 0
        for a, b in zip(one, two):
            assert set(a) == set(b)
            for key in set(a) - {"seconds"}:
                assert float(b[key]) == pytest.approx(float(a[key]), rel=2e-3, abs=1e-4), key
    one, two = (torch.load(tmp_path / name / "last.pt", weights_only=True)["state_dict"]
                for name in ("one", "two"))
    assert largest_difference(one, two) < 1e-3


def test_a_killed_process_ends_the_run_with_a_message(tmp_path: Path) -> None:
    data = draw_squares(tmp_path / "data")
    words = settings(data, tmp_path / "run", "schedule.steps=100000", "run.checkpoint_every=1",
                     "run.evaluate_every=100000")
    processes = start(fit_words(tmp_path, words), 2, errors=subprocess.PIPE)
    try:
        deadline = time.monotonic() + PATIENCE
        while len(read_metrics(tmp_path / "run" / STEPS)) < 3:
            assert time.monotonic() < deadline and processes[0].poll() is None
            time.sleep(0.1)
        processes[1].send_signal(signal.SIGKILL)
        _, errors = processes[0].communicate(timeout=PATIENCE)
        assert processes[0].returncode == 1
        assert "train: another process of this run has ended" in errors
    finally:
        for process in processes:
            process.kill()
            process.wait()
    state = torch.load(tmp_path / "run" / "last.pt", weights_only=True)
    assert state["step"] >= 2


def test_bad_data_end_all_processes(tmp_path: Path) -> None:
    data = draw_squares(tmp_path / "data")
    cut = data / "images" / "3.png"
    Image.open(cut).save(cut, "JPEG")
    # Only the process that leads decodes it before the first step.
    cut.write_bytes(cut.read_bytes()[:-900])
    processes = start(fit_words(tmp_path, settings(data, tmp_path / "run")), 2,
                      errors=subprocess.PIPE)
    errors = [p.communicate(timeout=PATIENCE)[1] for p in processes]
    assert [p.returncode for p in processes] == [1, 1]
    assert "train: " in errors[0] and "image 3: its picture" in errors[0]
    assert "another process of this run has ended" in errors[1]


def test_uneven_shares_are_refused() -> None:
    assert Processes(rank=1, count=2).share(6) == slice(3, 6)
    with pytest.raises(ValueError, match="schedule.batch: 7 pictures cannot be shared evenly"):
        Processes(rank=0, count=2).share(7)
