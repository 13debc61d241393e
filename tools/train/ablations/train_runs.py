"""Trains the queue, several runs at a time, and leaves a result file for each."""

from __future__ import annotations

import contextlib
import json
import os
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path

import torch
from tqdm import tqdm

from train.annotations import Classes
from train.config import FitOptions, SourceOptions
from train.config_file import with_values
from train.dataset import open_data
from train.evaluate import Scoring, evaluate
from train.files import export, load_model, replace_atomically, training_facts
from train.fit import fit
from train.metrics import STEPS, read_metrics

from .runs import Run
from .split import folders


def result_path(results: Path, run: Run) -> Path:
    return results / f"{run.name}.json"


def seconds_of_steps(out: Path) -> float:
    """What the steps took, also those before an interruption."""
    return sum(float(row["seconds"]) for row in read_metrics(out / STEPS))


def train_run(run: Run, source: Path, work: Path, results: Path) -> None:
    """Trains (going on from a checkpoint if there is one), exports, evaluates."""
    torch.set_num_threads(1)
    data = folders(source / run.data, work)
    options = with_values(FitOptions(), run.values(data, work), run.name)
    out = Path(options.run.out)
    out.mkdir(parents=True, exist_ok=True)
    with (out / "output.txt").open("a") as log, contextlib.redirect_stdout(log), \
            contextlib.redirect_stderr(log):
        fit(options, resume=True)
        model, names = load_model(out / "last.pt")
        export(out / "detector.safetensors", model, names, training_facts(out / "last.pt"))
        scorings = [Scoring(1.0), *((Scoring(0.5), Scoring(0.5, True)) if run.predicts_iou else ())]
        val = open_data(SourceOptions(str(data / "val" / "images"),
                                      str(data / "val" / "annotations.json")),
                        options.data, Classes(names))
        found = evaluate(model.to(memory_format=torch.channels_last), val, scorings,
                         options.data.long, options.data.short)
    content = {
        "data": run.data, "variant": run.variant, "seed": run.seed, "steps": options.schedule.steps,
        "seconds": round(seconds_of_steps(out)),
        "pytorch": [{"alpha": scoring.alpha, "oracle": scoring.oracle, **p._asdict()}
                    for scoring, p in found.items()],
    }
    replace_atomically(result_path(results, run),
                       lambda path: path.write_text(json.dumps(content, indent=1) + "\n"))


def train_all(runs: list[Run], source: Path, work: Path, results: Path, jobs: int) -> None:
    """Runs without a result file, in order; one that starts from another waits for it."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    waiting = [run for run in runs if not result_path(results, run).exists()]
    with ProcessPoolExecutor(jobs, get_context("spawn"), max_tasks_per_child=1) as pool, \
            tqdm(total=len(waiting), unit="run") as bar:
        running: dict[object, Run] = {}
        while waiting or running:
            ready = [r for r in waiting
                     if not r.needs or (work / r.needs.name / "detector.safetensors").exists()]
            for run in ready[:jobs - len(running)]:
                waiting.remove(run)
                running[pool.submit(train_run, run, source, work, results)] = run
            if not running:
                names = ", ".join(sorted({r.needs.name for r in waiting if r.needs}))
                raise SystemExit(f"nothing can start: train {names} first")
            future = next(as_completed(running))
            run = running.pop(future)
            future.result()
            bar.update()
            tqdm.write(f"{run.name}: done")
