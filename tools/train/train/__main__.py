"""`python -m train COMMAND`: fit, evaluate, export, init, reference."""

from __future__ import annotations

import argparse
import dataclasses
import json
from pathlib import Path

import numpy as np
import torch

from .backbone import BACKBONES
from .data import CocoData
from .evaluate import Wish, evaluate
from .files import export, load_model
from .fit import FitOptions, fit
from .losses import IOU_LOSSES
from .model import Detector, randomise
from .preprocess import pad_batch, prepare
from .reference import write_outputs


def add_fit(commands: argparse._SubParsersAction) -> None:
    p = commands.add_parser("fit", help="train a detector",
                            formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    default = {f.name: f.default for f in dataclasses.fields(FitOptions)}

    def option(name: str, text: str, **more: object) -> None:
        key = name.strip("-").replace("-", "_")
        p.add_argument(name, help=text, default=default[key], **more)

    p.add_argument("--data", required=True, help="folder with annotations.json and images/")
    p.add_argument("--out", required=True, help="folder for checkpoints and the log")
    option("--val", "folder to evaluate on")
    option("--extra", "second training folder, mixed in")
    option("--extra-fraction", "share of samples from --extra", type=float)
    option("--backbone", "network", choices=BACKBONES)
    option("--fpn-channels", "width of neck and head (128 for mobilenetv2, else 256)", type=int)
    option("--weights", "backbone weights: auto, none, or a classifier's .pth")
    option("--tower-init", "weights of the head's towers", choices=("paper", "he"))
    option("--steps", "length of the schedule", type=int)
    option("--batch", "pictures a step", type=int)
    option("--lr", "learning rate", type=float)
    option("--schedule", "decay", choices=("cosine", "step"))
    option("--warmup", "steps of linear warm-up", type=int)
    option("--weight-decay", "L2 penalty", type=float)
    option("--clip", "largest gradient norm", type=float)
    option("--short-sizes", "short sides to train at, one drawn a step", type=int, nargs="+")
    option("--short", "short side for evaluation", type=int)
    option("--long", "long side for evaluation", type=int)
    option("--vertical-flip", "also flip upside down", action="store_true")
    option("--brightness", "jitter of brightness, contrast and colour", type=float)
    option("--start-from", "a detector to go on from; it may lack the IoU head")
    option("--frozen-stages", "stages of the backbone that learn nothing", type=int)
    option("--cache-features", "compute the frozen stages once", action="store_true")
    option("--train-only", "prefixes of the parameters that learn", nargs="+")
    option("--box-loss", "loss of the boxes", choices=("smooth_l1", "l1"))
    option("--iou-loss", "loss of the IoU", choices=(*IOU_LOSSES, "none"))
    option("--detach-iou-target", "keep the IoU loss from training the boxes",
           action=argparse.BooleanOptionalAction)
    option("--seed", "seed", type=int)
    option("--checkpoint-every", "steps between checkpoints", type=int)
    option("--evaluate-every", "steps between evaluations on --val, 0 for none", type=int)
    option("--threads", "CPU threads, 0 for all", type=int)
    option("--stop-after", "stop after this many steps of the schedule, 0 for its end", type=int)
    p.add_argument("--resume", action="store_true", help="go on from OUT/last.pt")


def run_fit(arguments: argparse.Namespace) -> None:
    names = {f.name for f in dataclasses.fields(FitOptions)}
    values = {k: v for k, v in vars(arguments).items() if k in names}
    values["short_sizes"] = tuple(values["short_sizes"])
    values["train_only"] = tuple(values["train_only"])
    fit(FitOptions(**values), resume=arguments.resume)


def run_evaluate(arguments: argparse.Namespace) -> None:
    model, _ = load_model(arguments.model)
    model = model.to(memory_format=torch.channels_last)
    results = evaluate(model, CocoData(arguments.data), [Wish(a) for a in arguments.alpha],
                       arguments.long, arguments.short)
    for wish, p in results.items():
        by_class = ", ".join(f"{name} {value:.4f}" for name, value in p.by_class.items())
        single = " ".join(f"AP{t} {value:.4f}" for t, value in p.at.items())
        print(f"alpha {wish.alpha}: AP {p.ap:.4f} {single} ({by_class})")
    if arguments.json:
        text = {str(wish.alpha): p._asdict() for wish, p in results.items()}
        arguments.json.write_text(json.dumps(text, indent=1) + "\n")


def run_export(arguments: argparse.Namespace) -> None:
    model, names = load_model(arguments.model)
    export(arguments.out, model, names)
    if arguments.labels:
        arguments.labels.write_text("".join(f"{name}\n" for name in names))


def run_init(arguments: argparse.Namespace) -> None:
    model = Detector(arguments.backbone, arguments.classes, arguments.fpn_channels)
    randomise(model, arguments.seed)
    export(arguments.out, model, [f"class{i}" for i in range(arguments.classes)],
           seed=arguments.seed)


def run_reference(arguments: argparse.Namespace) -> None:
    model, _ = load_model(arguments.model, arguments.backbone, arguments.classes)
    if arguments.image:
        from PIL import Image
        with Image.open(arguments.image) as image:
            picture = np.array(image.convert("RGB"))
        images = pad_batch([prepare(picture, arguments.long, arguments.short).pixels])
        images = images.contiguous().numpy()
        arguments.out.mkdir(parents=True, exist_ok=True)
        np.save(arguments.out / "images.npy", images)
    else:
        images = np.load(arguments.input)
    for path in write_outputs(model, images, arguments.out):
        print(path)


def main() -> None:
    parser = argparse.ArgumentParser(prog="train", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    add_fit(commands)

    p = commands.add_parser("evaluate", help="COCO average precision on a data set")
    p.add_argument("model", type=Path, help="checkpoint or safetensors file")
    p.add_argument("--data", type=Path, required=True)
    p.add_argument("--alpha", type=float, nargs="+", default=[1.0, 0.5])
    p.add_argument("--short", type=int, default=320)
    p.add_argument("--long", type=int, default=448)
    p.add_argument("--json", type=Path, help="also write the numbers to this file")

    p = commands.add_parser("export", help="checkpoint to safetensors")
    p.add_argument("model", type=Path)
    p.add_argument("out", type=Path)
    p.add_argument("--labels", type=Path, help="also write the class names, one a line")

    p = commands.add_parser("init", help="a detector with seeded random weights, for tests")
    p.add_argument("out", type=Path)
    p.add_argument("--backbone", choices=BACKBONES, required=True)
    p.add_argument("--classes", type=int, default=3)
    p.add_argument("--fpn-channels", type=int)
    p.add_argument("--seed", type=int, default=0)

    p = commands.add_parser("reference", help="raw outputs as .npy files")
    p.add_argument("model", type=Path)
    p.add_argument("out", type=Path)
    p.add_argument("--backbone", choices=BACKBONES)
    p.add_argument("--classes", type=int)
    given = p.add_mutually_exclusive_group(required=True)
    given.add_argument("--input", type=Path, help="network input [N,3,H,W], .npy")
    given.add_argument("--image", type=Path, help="a picture, prepared like at inference")
    p.add_argument("--short", type=int, default=320)
    p.add_argument("--long", type=int, default=448)

    arguments = parser.parse_args()
    run = {"fit": run_fit, "evaluate": run_evaluate, "export": run_export, "init": run_init,
           "reference": run_reference}
    run[arguments.command](arguments)


if __name__ == "__main__":
    main()
