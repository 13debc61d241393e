"""The training loop."""

from __future__ import annotations

import json
import math
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch import nn
from tqdm import tqdm

from .anchors import level_anchors
from .augment import Batch, BatchPlan, draw_slots, make_batch
from .backbone import installed_imagenet_weights, load_imagenet
from .data import CocoData
from .evaluate import Wish, evaluate
from .files import (checkpoint_meta, load_checkpoint, load_weights, replace_atomically,
                    save_checkpoint)
from .frozen import FrozenFeatures
from .head import flatten
from .losses import LossOptions, Losses, detector_losses
from .model import Detector


@dataclass(frozen=True)
class FitOptions:
    """The command line of `fit`; kept in every checkpoint."""

    data: str
    out: str
    val: str | None = None
    extra: str | None = None
    extra_fraction: float = 0.25
    backbone: str = "mobilenetv2"
    fpn_channels: int | None = None
    weights: str = "auto"
    """Of the backbone: `auto`, `none`, or a classifier's .pth."""
    start_from: str | None = None
    """A detector's checkpoint or safetensors file; it may lack the IoU head."""
    frozen_stages: int = 1
    """Stages of a pretrained backbone that learn nothing: 1 to stride 4, 2 to C3, 4 all of it."""
    cache_features: bool = False
    """Keep what the frozen stages give for every way a picture is shown."""
    train_only: tuple[str, ...] = ()
    """Prefixes of the parameters that learn, such as `bbox_head.retina_iou`; empty for all."""
    tower_init: str = "paper"
    steps: int = 600
    batch: int = 8
    lr: float = 0.01
    schedule: str = "cosine"
    warmup: int = 50
    weight_decay: float = 1e-4
    clip: float = 35.0
    short_sizes: tuple[int, ...] = (320,)
    short: int = 320
    long: int = 448
    vertical_flip: bool = False
    brightness: float = 0.0
    box_loss: str = "smooth_l1"
    iou_loss: str = "bce"
    """`none` trains a plain RetinaNet."""
    detach_iou_target: bool = True
    seed: int = 0
    checkpoint_every: int = 50
    evaluate_every: int = 0
    threads: int = 0
    stop_after: int = 0


def learning_rate(options: FitOptions, step: int) -> float:
    """Linear warm-up from a third of the rate, then cosine to zero or the paper's two steps."""
    if step < options.warmup:
        return options.lr * (1 / 3 + 2 / 3 * step / options.warmup)
    if options.schedule == "cosine":
        done = (step - options.warmup) / max(options.steps - options.warmup, 1)
        return options.lr * 0.5 * (1 + math.cos(math.pi * min(done, 1.0)))
    # Epochs 8 and 11 of the authors' 12.
    drops = sum(step >= options.steps * part for part in (8 / 12, 11 / 12))
    return options.lr * 0.1 ** drops


def forward_losses(model: Detector, batch: Batch, options: LossOptions, stages: int = 0) -> Losses:
    """Losses of a batch whose inputs are what the first `stages` stages gave; 0: images."""
    raw = model.resume(batch.inputs, stages)
    anchors = torch.cat(level_anchors([m.shape[-2:] for m in raw.boxes]))
    return detector_losses(
        flatten(raw.classes, model.classes), flatten(raw.boxes, 4),
        flatten(raw.ious, 1).squeeze(-1) if raw.ious else None, anchors, batch.boxes,
        batch.labels, options)


def new_model(options: FitOptions, classes: int) -> Detector:
    """Seeded heads on a backbone with ImageNet weights where they are to be had."""
    model = Detector(options.backbone, classes, options.fpn_channels, options.tower_init,
                     iou_head=options.iou_loss != "none")
    if options.start_from is not None:
        load_weights(model, Path(options.start_from))
        model.freeze_stages(options.frozen_stages)
        print(f"the detector starts from {options.start_from}")
        return model
    path: Path | None = None
    if options.weights == "auto":
        path = installed_imagenet_weights() if options.backbone == "mobilenetv2" else None
    elif options.weights != "none":
        path = Path(options.weights)
    if path is None:
        # A frozen random stem learns nothing, so nothing is frozen here; and a branch of full
        # scale in a network without working normalisation makes activations grow with depth.
        for norm in model.backbone.branch_norms():
            nn.init.constant_(norm.weight, 0.2)
        print("the backbone starts from random weights")
    else:
        load_imagenet(model.backbone, path)
        model.freeze_stages(options.frozen_stages)
        print(f"the backbone starts from {path.name}")
    return model


def fit(options: FitOptions, resume: bool = False) -> list[float]:
    """Trains, writes `last.pt` and `log.jsonl` to the output folder; returns each step's loss."""
    if options.threads:
        torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    out = Path(options.out)
    checkpoint = out / "last.pt"
    data = CocoData(Path(options.data), keep_empty=False)
    extra = CocoData(Path(options.extra)) if options.extra else None
    if extra is not None and extra.class_names != data.class_names:
        raise ValueError(f"classes differ: {data.class_names} and {extra.class_names}")
    val = CocoData(Path(options.val)) if options.val else None
    plan = BatchPlan(options.batch, options.seed, options.short_sizes,
                     options.long / options.short, options.vertical_flip,
                     options.extra_fraction if extra else 0.0, options.brightness)

    model = new_model(options, len(data.class_names)).to(memory_format=torch.channels_last)
    if options.train_only:
        model.train_only(options.train_only)
    parameters = [p for p in model.parameters() if p.requires_grad]
    if not parameters:
        raise ValueError(f"train_only {', '.join(options.train_only)}: nothing is left to learn")
    loss_options = LossOptions(options.box_loss, iou=options.iou_loss,
                               detach_iou_target=options.detach_iou_target)
    stages = options.frozen_stages if options.cache_features else 0
    if stages and options.brightness > 0:
        raise ValueError("cache_features: pictures of jittered colours are never the same again")
    kept = FrozenFeatures(model, stages) if stages else None
    optimizer = torch.optim.SGD(parameters, lr=options.lr, momentum=0.9,
                                weight_decay=options.weight_decay)
    start = 0
    if resume and checkpoint.exists():
        content = load_checkpoint(checkpoint)
        model.load_state_dict(content["state_dict"])
        optimizer.load_state_dict(content["optimizer"])
        torch.set_rng_state(content["rng"]["torch"])
        start = content["step"]
    out.mkdir(parents=True, exist_ok=True)
    model.train()
    history: list[float] = []
    end = min(options.steps, start + options.stop_after) if options.stop_after else options.steps
    with (out / "log.jsonl").open("a") as log, \
            tqdm(range(start, end), initial=start, total=options.steps, unit="step",
                 mininterval=5) as bar:
        for step in bar:
            began = time.perf_counter()
            for group in optimizer.param_groups:
                group["lr"] = learning_rate(options, step)
            slots = draw_slots(data, extra, plan, step)
            batch = kept.batch(slots) if kept else make_batch(slots)
            losses = forward_losses(model, batch, loss_options, stages)
            optimizer.zero_grad(set_to_none=True)
            losses.total().backward()
            norm = nn.utils.clip_grad_norm_(parameters, options.clip)
            optimizer.step()
            row = {"step": step + 1, "loss": losses.total().item(),
                   "classes": losses.classes.item(), "boxes": losses.boxes.item(),
                   "iou": losses.iou.item(), "gradient": float(norm),
                   "seconds": round(time.perf_counter() - began, 3)}
            if not math.isfinite(row["loss"]):
                raise FloatingPointError(f"the loss of step {step + 1} is {row['loss']}")
            history.append(row["loss"])
            bar.set_postfix(loss=f"{row['loss']:.3f}", refresh=False)
            log.write(json.dumps(row) + "\n")
            log.flush()
            done = step + 1
            if done % options.checkpoint_every == 0 or done == end:
                save_checkpoint(checkpoint, model, optimizer, done, data.class_names,
                                asdict(options))
            if val is not None and options.evaluate_every and (
                    done % options.evaluate_every == 0 or done == options.steps):
                _evaluate_and_keep_best(model, val, options, done, out, data.class_names)
    return history


def _evaluate_and_keep_best(model: Detector, val: CocoData, options: FitOptions, step: int,
                            out: Path, class_names: list[str]) -> None:
    """Evaluates at α 1 and 0.5; the best AP so far is kept in `best.pt`."""
    alphas = (1.0,) if options.iou_loss == "none" else (1.0, 0.5)
    wishes = [Wish(alpha) for alpha in alphas]
    results = evaluate(model, val, wishes, options.long, options.short, progress=False)
    model.train()
    row = {str(wish.alpha): p._asdict() for wish, p in results.items()}
    tqdm.write(f"step {step}: " + "; ".join(
        f"α {wish.alpha}: AP {p.ap:.4f} AP50 {p.at['50']:.4f} AP75 {p.at['75']:.4f}"
        for wish, p in results.items()))
    best_path = out / "best.json"
    key = wishes[-1]
    best = json.loads(best_path.read_text())[str(key.alpha)]["ap"] if best_path.exists() else -1.0
    if results[key].ap > best:
        content = {"state_dict": model.state_dict(), "step": step,
                   "meta": checkpoint_meta(model, class_names), "options": asdict(options)}
        replace_atomically(out / "best.pt", lambda temporary: torch.save(content, temporary))
        text = json.dumps({"step": step, **row}, indent=1)
        replace_atomically(best_path, lambda temporary: temporary.write_text(text))
