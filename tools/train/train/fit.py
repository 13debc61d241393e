"""The training loop."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import nn
from tqdm import tqdm

from .anchors import level_anchors
from .augment import Batch, BatchPlan, draw_slots, make_batch
from .config import FitOptions, check_options
from .config_file import ConfigError, differences, dump, plain
from .dataset import RunData, open_run_data
from .devices import Precision, choose_device
from .distributed import Processes, joined
from .files import fill, load_checkpoint, replace_atomically, save_checkpoint, save_weights
from .frozen import FrozenFeatures
from .head import RawOutputs, flatten
from .losses import Losses, LossOptions, detector_losses
from .metrics import StepLog
from .model import Detector
from .plots import draw_plots
from .prefetch import prefetch
from .reasons import reason
from .schedule import Schedule
from .start import new_model
from .unpickle import CheckpointError
from .validation import EvaluationLog, Validation

STEP_COLUMNS = ["step", "epoch", "learning_rate", "loss", "classes", "boxes", "iou", "gradient",
                "seconds"]


class Network(nn.Module):
    """A detector as a function of what its first stages gave: the part that is differentiated."""

    def __init__(self, model: Detector, stages: int) -> None:
        super().__init__()
        self.model = model
        self.stages = stages

    def forward(self, inputs: list[torch.Tensor]) -> RawOutputs:
        return self.model.resume(inputs, self.stages)


def batch_losses(raw: RawOutputs, batch: Batch, classes: int, options: LossOptions,
                 normalise: Callable[[int], float] = float) -> Losses:
    """Losses in float32 of what the network gave for a batch."""
    anchors = torch.cat(level_anchors([m.shape[-2:] for m in raw.boxes]))
    device = raw.boxes[0].device
    return detector_losses(
        flatten(raw.classes, classes).float(), flatten(raw.boxes, 4).float(),
        flatten(raw.ious, 1).squeeze(-1).float() if raw.ious else None, anchors.to(device),
        [b.to(device) for b in batch.boxes], [one.to(device) for one in batch.labels], options,
        normalise)


def fit(options: FitOptions, resume: bool = False, stop_after: int = 0) -> list[float]:
    """Trains, and writes checkpoints, metrics and plots to `run.out`; gives each step's loss.

    With `stop_after` it ends after so many steps of the schedule, as if interrupted. Raises
    ConfigError, DataError, FloatingPointError (a loss or gradient that is not finite) and
    ProcessLost.
    """
    check_options(options, "configuration")
    if options.run.threads:
        torch.set_num_threads(options.run.threads)
    with joined(choose_device(options.run.device)) as processes:
        options_data = open_run_data(options.data, decode=processes.leads,
                                     say=_say if processes.leads else _say_nothing)
        run = Run(options, options_data, processes)
        if resume:
            run.resume()
        elif run.checkpoint.exists():
            raise ConfigError(f"run.out: {run.out} has a run already; --resume goes on with it, "
                              "another folder begins a new one")
        return run.go(stop_after)


def _say(line: str) -> None:
    tqdm.write(line)


def _say_nothing(line: str) -> None:
    pass


class Interrupted(KeyboardInterrupt):
    """Ctrl-C during a run; the text says what there is to go on from."""


class Run:
    """The state of a training run in one of its processes."""

    def __init__(self, options: FitOptions, data: RunData, processes: Processes) -> None:
        self.options = options
        self.data = data
        self.processes = processes
        self.say = _say if processes.leads else _say_nothing
        self.out = Path(options.run.out)
        self.checkpoint = self.out / "last.pt"
        self.schedule = Schedule(options.schedule, len(data.train))
        self.share = processes.share(options.schedule.batch)
        self.step = 0
        self.saved_step: int | None = None
        torch.manual_seed(options.run.seed)
        plain_head = options.loss.iou == "none"
        model = new_model(options.network, len(data.train.class_names), not plain_head, self.say)
        self.model = model.to(processes.device, memory_format=torch.channels_last)
        self.parameters = [p for p in self.model.parameters() if p.requires_grad]
        stages = options.network.frozen_stages if options.network.cache_features else 0
        self.frozen = FrozenFeatures(self.model, stages) if stages else None
        self.network = processes.parallel(Network(self.model, stages))
        self.precision = Precision(options.run, processes.device)
        self.optimizer = torch.optim.SGD(
            self.parameters, lr=self.schedule.rate, momentum=options.schedule.momentum,
            weight_decay=options.schedule.weight_decay)
        self.plan = BatchPlan(
            options.schedule.batch, options.run.seed,
            options.augment.short_sizes or (options.data.short,),
            options.data.long / options.data.short,
            options.data.extra_fraction if data.extra else 0.0, options.augment)
        alphas = (1.0,) if plain_head else options.run.alphas
        self.validation = Validation(data.val, options.data, alphas, processes) \
            if data.val else None

    def resume(self) -> None:
        """Goes on from `last.pt`, if there is one."""
        if self.checkpoint.exists():
            self._load()
        else:
            self.say(f"{self.checkpoint} does not exist yet; the run begins")
        if self.processes.mean(self.step)[0] != self.step:
            raise CheckpointError(f"{self.checkpoint}: the processes do not find the same one; "
                                  "run.out has to be a folder that all of them share")

    def _load(self) -> None:
        content = load_checkpoint(self.checkpoint)
        if "optimizer" not in content or "scaler" not in content:
            raise CheckpointError(f"{self.checkpoint}: has no state to go on from")
        learnt, found = content["meta"]["CLASSES"], self.data.train.class_names
        if learnt != found:
            raise CheckpointError(f"{self.checkpoint}: learns {', '.join(learnt)}, the data have "
                                  + ", ".join(found))
        for line in differences(content["options"], plain(self.options)):
            self.say(f"goes on with a change: {line}")
        fill(self.model, content["state_dict"], self.checkpoint)
        try:
            self.optimizer.load_state_dict(content["optimizer"])
        except ValueError as error:
            raise CheckpointError(f"{self.checkpoint}: other parameters learn in it; was "
                                  "network.train_only or network.frozen_stages changed?") from error
        self.precision.scaler.load_state_dict(content["scaler"])
        torch.set_rng_state(content["rng"]["torch"])
        self.step = self.saved_step = content["step"]

    def go(self, stop_after: int = 0) -> list[float]:
        """Trains from the present step on; gives each step's loss."""
        end = self.schedule.steps
        if stop_after:
            end = min(end, self.step + stop_after)
        log = _Log(self) if self.processes.leads else None
        self.model.train()
        history = []
        try:
            if self._evaluation_was_interrupted(log):
                self._evaluate(log)
            steps = range(self.step, end)
            workers = 0 if self.frozen else self.options.run.workers
            with tqdm(prefetch(self.batch, steps, workers), initial=self.step,
                      total=self.schedule.steps, unit="step", mininterval=5,
                      disable=not self.processes.leads) as bar:
                for batch in bar:
                    row = self._train_step(batch)
                    history.append(row["loss"])
                    bar.set_postfix({key: f"{row[key]:.3f}" for key in
                                     ("loss", "classes", "boxes", "iou")}, refresh=False)
                    if log:
                        log.steps.write(row)
                    self._checkpoint_and_evaluate(log, end)
        except KeyboardInterrupt as error:
            raise Interrupted(self._interruption()) from error
        finally:
            if log:
                log.close()
        return history

    def _interruption(self) -> str:
        if self.saved_step is None:
            return f"interrupted at step {self.step}; there is no checkpoint yet"
        return f"interrupted at step {self.step}; {self.checkpoint} holds step " \
               f"{self.saved_step}, and --resume goes on from it"

    def batch(self, step: int) -> Batch:
        """This process's share of the batch of a step."""
        slots = draw_slots(self.data.train, self.data.extra, self.plan, step)
        make = self.frozen.batch if self.frozen else make_batch
        return make(slots, self.share)

    def _normalise(self, positives: int) -> float:
        """The mean of N_pos over the processes: with the mean of the gradients, the joint N_pos."""
        if self.options.loss.normaliser == "per_process":
            return float(positives)
        return self.processes.mean(positives)[0]

    def losses(self, batch: Batch) -> Losses:
        """The losses of this process's share of a batch."""
        with self.precision.autocast():
            raw = self.network([x.to(self.processes.device) for x in batch.inputs])
        return batch_losses(raw, batch, self.model.classes, self.options.loss, self._normalise)

    def _train_step(self, batch: Batch) -> dict[str, float]:
        """One step; gives its row of metrics, with the losses of all processes."""
        began = time.perf_counter()
        rate = self.schedule.learning_rate(self.step)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        losses = self.losses(batch)
        total = losses.total()
        terms = torch.stack((total, *losses)).detach().cpu().tolist()
        values = dict(zip(("loss", "classes", "boxes", "iou"), self.processes.mean(*terms)))
        for name, value in values.items():
            if not math.isfinite(value):
                raise FloatingPointError(f"step {self.step + 1}: {name}: the loss is {value}")
        try:
            norm = self.precision.update(total, self.optimizer, self.parameters,
                                         self.options.schedule.clip)
        except FloatingPointError as error:
            raise FloatingPointError(f"step {self.step + 1}: {error}") from error
        self.step += 1
        return {"step": self.step, "epoch": self.schedule.epoch(self.step),
                "learning_rate": rate, **values, "gradient": norm,
                "seconds": time.perf_counter() - began}

    def _is_due(self, every: float) -> bool:
        return self.step % self.schedule.interval(every) == 0 or self.step == self.schedule.steps

    def _checkpoint_and_evaluate(self, log: _Log | None, end: int) -> None:
        evaluation = self.validation is not None and self._is_due(self.options.run.evaluate_every)
        if log and (evaluation or self.step == end
                    or self._is_due(self.options.run.checkpoint_every)):
            save_checkpoint(self.checkpoint, self.model, self.optimizer, self.precision.scaler,
                            self.step, self.data.train.class_names, plain(self.options))
            self.saved_step = self.step
        if evaluation:
            self._evaluate(log)
        elif log and self.step == end:
            draw_plots(self.out)

    def _evaluation_was_interrupted(self, log: _Log | None) -> bool:
        """Whether the evaluation of the checkpoint that the run goes on from is missing."""
        if self.validation is None or self.step == 0:
            return False
        missing = log is not None and log.evaluations.last_step < self.step
        due = self._is_due(self.options.run.evaluate_every)
        return due and self.processes.mean(float(missing))[0] > 0

    def _evaluate(self, log: _Log | None) -> None:
        results = self.validation.run(self.model)
        if log and results is not None:
            # The row comes last: an evaluation without one is repeated after a kill.
            if log.evaluations.is_best(results):
                alpha = max(results, key=lambda scoring: results[scoring].ap).alpha
                save_weights(self.out / "best.pt", self.model, self.step,
                             self.data.train.class_names, plain(self.options), alpha)
            log.evaluations.write(self.step, self.schedule.epoch(self.step), results, self.say)
            draw_plots(self.out)


class _Log:
    """The files of the process that leads, besides checkpoints."""

    def __init__(self, run: Run) -> None:
        try:
            run.out.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigError(f"run.out: {run.out} cannot be made: {reason(error)}") from error
        text = dump(run.options)
        replace_atomically(run.out / "config.toml", lambda temporary: temporary.write_text(text))
        self.steps = StepLog(run.out, STEP_COLUMNS, run.step)
        self.evaluations = EvaluationLog(run.out, run.data.train.class_names, run.step)

    def close(self) -> None:
        self.steps.close()
