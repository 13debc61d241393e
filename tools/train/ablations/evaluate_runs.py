"""Evaluates the trained detectors with `iourun eval`: every α, and the oracle."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from tqdm import tqdm

from train.evaluate import AP_THRESHOLDS
from train.files import replace_atomically

from .runs import Run
from .split import folders
from .train_runs import result_path

ALPHAS = [round(0.1 * k, 1) for k in range(11)]


def export_model(run: Run, work: Path, tools: Path) -> Path:
    """The run's weights as an ONNX model."""
    weights = work / run.name / "detector.safetensors"
    model = weights.with_name("detector.onnx")
    subprocess.run([tools / "iouc", "export", model, "--weights", weights], check=True,
                   stdout=subprocess.DEVNULL)
    return model


def rows_of(report: dict[str, Any]) -> list[dict[str, Any]]:
    """The report's rows in the form of a result file."""
    both = [(row, False) for row in report["alphas"]]
    both += [(row, True) for row in report["explain"]["oracle"]]
    return [{"alpha": row["alpha"], "oracle": oracle, "ap": row["coco"]["AP"],
             "at": {str(t): row["thresholds"][f"AP{t}"] for t in AP_THRESHOLDS},
             "by_class": {c["name"]: c["coco"]["AP"] for c in row["classes"]}}
            for row, oracle in both]


def evaluate_run(run: Run, source: Path, work: Path, results: Path, tools: Path) -> None:
    """Adds what `iourun eval` finds to the run's result file."""
    validation = folders(source / run.data, work) / "val"
    report_path = work / run.name / "eval.json"
    alphas = ALPHAS if run.predicts_iou else [1.0]
    subprocess.run([
        tools / "iourun", "eval", export_model(run, work, tools),
        "--images", validation / "images", "--annotations", validation / "annotations.json",
        "--alpha", ",".join(f"{alpha:g}" for alpha in alphas), "--json", report_path, "--explain",
    ], check=True, stdout=subprocess.DEVNULL)
    report = json.loads(report_path.read_text())
    content = json.loads(result_path(results, run).read_text())
    content["iourun"] = rows_of(report)
    content["confidence"] = {k: v for k, v in report["explain"].items() if k != "oracle"}
    text = json.dumps(content, indent=1) + "\n"
    replace_atomically(result_path(results, run), lambda path: path.write_text(text))


def evaluate_all(runs: list[Run], source: Path, work: Path, results: Path, tools: Path) -> None:
    """Every run that has weights in the work folder and no evaluation yet."""
    ready = [run for run in runs if result_path(results, run).exists()
             and (work / run.name / "detector.safetensors").exists()
             and "iourun" not in json.loads(result_path(results, run).read_text())]
    for run in tqdm(ready, unit="run"):
        evaluate_run(run, source, work, results, tools)
