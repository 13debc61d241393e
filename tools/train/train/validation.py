"""Evaluation during training: metrics, plots and the best checkpoint so far."""

from __future__ import annotations

from pathlib import Path

from .config import DataOptions
from .dataset import DataSet, Say
from .distributed import Processes
from .evaluate import AP_THRESHOLDS, Precision, Scoring, find, score
from .metrics import EVALUATIONS, as_text, replace_metrics, rows_until
from .model import Detector


class Validation:
    """Evaluates a detector on a data set with all processes, each on a part of the pictures."""

    def __init__(self, data: DataSet, options: DataOptions, alphas: tuple[float, ...],
                 processes: Processes) -> None:
        self._data = data
        self._options = options
        self._scorings = [Scoring(alpha) for alpha in alphas]
        self._processes = processes

    def run(self, model: Detector) -> dict[Scoring, Precision] | None:
        """The precisions, for the process that leads. The model is in training mode afterwards."""
        own = range(self._processes.rank, len(self._data), self._processes.count)
        rows = find(model, self._data, self._scorings, self._options.long, self._options.short,
                    own, progress=None if self._processes.leads else False)
        model.train()
        parts = self._processes.gather(rows)
        if parts is None:
            return None
        return {scoring: score(self._data, sum((part[scoring] for part in parts), []))
                for scoring in self._scorings}


class EvaluationLog:
    """`evaluations.csv`, replaced whole by every evaluation."""

    def __init__(self, out: Path, class_names: list[str], start: int) -> None:
        """Keeps the rows up to step `start`."""
        self._path = out / EVALUATIONS
        self._columns = ["step", "epoch", "alpha", "AP", *(f"AP{t}" for t in AP_THRESHOLDS),
                         *(f"AP of {name}" for name in class_names)]
        self._rows = rows_until(self._path, self._columns, start)

    @property
    def last_step(self) -> int:
        """The step of the last evaluation; 0 if there is none."""
        return int(self._rows[-1]["step"]) if self._rows else 0

    def is_best(self, results: dict[Scoring, Precision]) -> bool:
        """Whether one of them has a higher AP than every row."""
        return max(p.ap for p in results.values()) > max(
            (float(row["AP"]) for row in self._rows), default=-1.0)

    def write(self, step: int, epoch: float, results: dict[Scoring, Precision], say: Say) -> None:
        """Adds a row for each α and says them."""
        for scoring, p in results.items():
            self._rows.append(as_text({
                "step": step, "epoch": epoch, "alpha": scoring.alpha, "AP": p.ap,
                **{f"AP{key}": value for key, value in p.at.items()},
                **{f"AP of {name}": value for name, value in p.by_class.items()}}))
            say(f"step {step}: α {scoring.alpha:g}: AP {p.ap:.4f} AP50 {p.at['50']:.4f} "
                f"AP75 {p.at['75']:.4f}")
        replace_metrics(self._path, self._columns, self._rows)
