"""Trains IoU-aware RetinaNet detectors: check data, fit, evaluate, hand on."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from .annotations import Classes
from .arguments import parser
from .config import DataOptions, FitOptions, SourceOptions, check_options
from .config_file import ConfigError, load
from .config_file import describe as describe_keys
from .data_problems import DataError
from .dataset import DataSet, open_data, open_run_data
from .distributed import ProcessLost
from .evaluate import Scoring, evaluate
from .files import export, load_model, replace_atomically, training_facts
from .fit import fit
from .model import Detector, randomise
from .pictures import read_picture
from .plots import draw_plots
from .preprocess import pad_batch, prepare
from .reasons import line as error_line
from .reference import write_outputs
from .unpickle import CheckpointError

# What the person who runs the program can put right: a line each, without a traceback.
EXPECTED = (CheckpointError, ConfigError, DataError, FloatingPointError, OSError, ProcessLost,
            ValueError)


def configuration(arguments: argparse.Namespace) -> FitOptions:
    """The file with its overrides, checked."""
    options = load(FitOptions, arguments.config, arguments.set)
    check_options(options, str(arguments.config))
    return options


def run_check(arguments: argparse.Namespace) -> None:
    data = open_run_data(configuration(arguments).data)
    for name, part in data._asdict().items():
        if part is not None:
            print(f"{name}: {describe(part)}")


def describe(data: DataSet) -> str:
    boxes = [0] * len(data.class_names)
    for index in range(len(data)):
        for label in data.labels(index).tolist():
            boxes[label] += 1
    counts = ", ".join(f"{name} {count}" for name, count in zip(data.class_names, boxes))
    return f"{len(data)} pictures, {sum(boxes)} boxes ({counts})"


def run_fit(arguments: argparse.Namespace) -> None:
    fit(configuration(arguments), arguments.resume, arguments.stop_after)


def data_of(arguments: argparse.Namespace, names: list[str] | None) -> DataSet:
    options = DataOptions(voc_boxes=arguments.voc_boxes, bad_boxes=arguments.bad_boxes)
    source = SourceOptions(str(arguments.images), str(arguments.annotations),
                           str(arguments.split or ""))
    return open_data(source, options, Classes(names),
                     say=lambda line: print(line, file=sys.stderr))


def input_size(arguments: argparse.Namespace) -> tuple[int, int]:
    """(long, short): as given, as the file says, or small ones."""
    facts = training_facts(arguments.model)
    return arguments.long or facts.long or 448, arguments.short or facts.short or 320


def run_evaluate(arguments: argparse.Namespace) -> None:
    model, names = load_model(arguments.model)
    model = model.to(memory_format=torch.channels_last)
    alphas = arguments.alpha or ([1.0] if model.bbox_head.retina_iou is None else [1.0, 0.5])
    results = evaluate(model, data_of(arguments, names), [Scoring(a) for a in alphas],
                       *input_size(arguments))
    for scoring, p in results.items():
        by_class = ", ".join(f"{name} {value:.4f}" for name, value in p.by_class.items())
        single = " ".join(f"AP{t} {value:.4f}" for t, value in p.at.items())
        print(f"alpha {scoring.alpha}: AP {p.ap:.4f} {single} ({by_class})")
    if arguments.json:
        text = {str(scoring.alpha): p._asdict() for scoring, p in results.items()}
        arguments.json.write_text(json.dumps(text, indent=1) + "\n")


def run_keys(arguments: argparse.Namespace) -> None:
    print("\n".join(describe_keys(FitOptions)))


def run_plot(arguments: argparse.Namespace) -> None:
    written = draw_plots(arguments.run)
    if not written:
        raise ValueError(f"{arguments.run}: has no metrics to draw")
    for path in written:
        print(path)


def run_export(arguments: argparse.Namespace) -> None:
    model, names = load_model(arguments.model)
    facts = training_facts(arguments.model)
    if arguments.alpha is not None:
        facts = replace(facts, alpha=arguments.alpha)
    export(arguments.out, model, names, facts)
    if arguments.labels:
        arguments.labels.write_text("".join(f"{name}\n" for name in names))


def run_coco(arguments: argparse.Namespace) -> None:
    text = json.dumps(data_of(arguments, arguments.classes).coco())
    replace_atomically(arguments.out, lambda temporary: temporary.write_text(text + "\n"))


def run_init(arguments: argparse.Namespace) -> None:
    model = Detector(arguments.backbone, arguments.classes, arguments.fpn_channels)
    randomise(model, arguments.seed)
    export(arguments.out, model, [f"class{i}" for i in range(arguments.classes)])


def read_input(path: Path) -> np.ndarray:
    """A network input [N, 3, H, W] from a .npy file."""
    try:
        images = np.load(path)
    except (ValueError, EOFError) as error:
        raise ValueError(f"{path}: no .npy file of numbers: {error}") from error
    if images.ndim != 4 or images.shape[1] != 3 or images.dtype.kind not in "fiu":
        raise ValueError(f"{path}: is {images.dtype} {images.shape}, expected numbers [N, 3, H, W]")
    return images


def run_reference(arguments: argparse.Namespace) -> None:
    model, _ = load_model(arguments.model, arguments.backbone, arguments.classes)
    if arguments.image:
        picture = read_picture(arguments.image)
        images = pad_batch([prepare(picture, *input_size(arguments)).pixels])
        images = images.contiguous().numpy()
        arguments.out.mkdir(parents=True, exist_ok=True)
        np.save(arguments.out / "images.npy", images)
    else:
        images = read_input(arguments.input)
    for path in write_outputs(model, images, arguments.out):
        print(path)


COMMANDS = {"keys": run_keys, "check": run_check, "fit": run_fit, "evaluate": run_evaluate,
            "plot": run_plot, "export": run_export, "coco": run_coco, "init": run_init,
            "reference": run_reference}


def main() -> None:
    arguments = parser(__doc__).parse_args()
    try:
        COMMANDS[arguments.command](arguments)
    except BrokenPipeError:
        sys.exit(130)
    except KeyboardInterrupt as error:
        print(f"train: {error or 'interrupted'}", file=sys.stderr)
        sys.exit(130)
    except EXPECTED as error:
        sys.exit("\n".join(f"train: {line}" for line in error_line(error).splitlines()))


if __name__ == "__main__":
    main()
