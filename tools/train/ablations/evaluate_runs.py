"""Evaluates the trained detectors with `iourun eval`: every α, and the oracle."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from tqdm import tqdm

from train.files import read_state, replace_atomically

from .runs import COMMON, Run
from .split import folders
from .train_runs import result_path

ALPHAS = [round(0.1 * k, 1) for k in range(11)]


def export_model(run: Run, work: Path, tools: Path) -> Path:
    """The run's weights as an ONNX model."""
    weights = work / run.name / "detector.safetensors"
    labels, model = weights.with_name("labels.txt"), weights.with_name("detector.onnx")
    labels.write_text("".join(f"{name}\n" for name in read_state(weights)[2]))
    subprocess.run([
        tools / "iouc", "export", model, "--backbone", COMMON["backbone"],
        "--fpn-channels", str(COMMON["fpn_channels"]), "--weights", weights, "--labels", labels,
        "--short-side", str(COMMON["short"]), "--long-side", str(COMMON["long"]),
        *(() if run.predicts_iou else ("--no-iou-head",)),
    ], check=True, stdout=subprocess.DEVNULL)
    return model
