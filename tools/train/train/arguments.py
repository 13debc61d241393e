"""The commands and arguments of the program."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from .backbone import BACKBONES
from .config import LARGEST_SEED, LARGEST_SIDE


def whole(least: int, most: int = 1 << 31) -> Callable[[str], int]:
    """The type of an argument that is a whole number in a range."""
    def convert(text: str) -> int:
        number = int(text)
        if not least <= number <= most:
            raise argparse.ArgumentTypeError(f"{text} is not in {least} … {most}")
        return number
    convert.__name__ = "whole number"
    return convert


def alpha(text: str) -> float:
    number = float(text)
    if not 0 <= number <= 1:
        raise argparse.ArgumentTypeError(f"{text} is not in 0 … 1")
    return number


def add_configuration(p: argparse.ArgumentParser) -> None:
    p.add_argument("config", type=Path, help="TOML file; `keys` explains every key")
    p.add_argument("--set", metavar="KEY=VALUE", action="append", default=[],
                   help="another value for a key, such as schedule.batch=8; may be repeated")


def add_data(p: argparse.ArgumentParser) -> None:
    p.add_argument("--images", type=Path, required=True, help="folder of the pictures")
    p.add_argument("--annotations", type=Path, required=True,
                   help="a COCO file, or a folder of VOC's XML files")
    p.add_argument("--split", type=Path, help="VOC: a list of the files to use")
    p.add_argument("--voc-boxes", choices=("edges", "pixels"), default="edges")
    p.add_argument("--bad-boxes", choices=("refuse", "drop"), default="refuse")


def add_size(p: argparse.ArgumentParser) -> None:
    side = whole(1, LARGEST_SIDE)
    p.add_argument("--short", type=side, help="short side at most; default: as trained")
    p.add_argument("--long", type=side, help="long side at most; default: as trained")


def parser(description: str) -> argparse.ArgumentParser:
    """All commands and their arguments."""
    top = argparse.ArgumentParser(prog="train", description=description)
    commands = top.add_subparsers(dest="command", required=True)

    commands.add_parser("keys", help="every key of a configuration, its default and meaning")

    p = commands.add_parser("check", help="read all data of a configuration and say what is wrong")
    add_configuration(p)

    p = commands.add_parser("fit", help="train a detector")
    add_configuration(p)
    p.add_argument("--resume", action="store_true", help="go on from last.pt in run.out")
    p.add_argument("--stop-after", type=whole(0), default=0, metavar="STEPS",
                   help="end after this many steps of the schedule")

    p = commands.add_parser("evaluate", help="COCO average precision on a data set")
    p.add_argument("model", type=Path, help="checkpoint or safetensors file")
    add_data(p)
    add_size(p)
    p.add_argument("--alpha", type=alpha, nargs="+", help="exponents of the class probability")
    p.add_argument("--json", type=Path, help="also write the numbers to this file")

    p = commands.add_parser("plot", help="draw the plots of a run's metrics again")
    p.add_argument("run", type=Path, help="run.out of the run")

    p = commands.add_parser("export", help="checkpoint to safetensors, for `iouc export`")
    p.add_argument("model", type=Path)
    p.add_argument("out", type=Path)
    p.add_argument("--alpha", type=alpha, help="exponent of the class probability; default: that "
                   "of best.pt's evaluation, else 0.5")
    p.add_argument("--labels", type=Path, help="also write the class names, one a line")

    p = commands.add_parser("coco", help="write annotations as one COCO file, for `iourun eval`")
    p.add_argument("out", type=Path)
    add_data(p)
    p.add_argument("--classes", nargs="+", help="their order; VOC's default is alphabetical")

    p = commands.add_parser("init", help="a detector with seeded random weights, for tests")
    p.add_argument("out", type=Path)
    p.add_argument("--backbone", choices=BACKBONES, required=True)
    p.add_argument("--classes", type=whole(1, 100_000), default=3)
    p.add_argument("--fpn-channels", type=whole(1, 65_536))
    p.add_argument("--seed", type=whole(0, LARGEST_SEED), default=0)

    p = commands.add_parser("reference", help="raw outputs as .npy files")
    p.add_argument("model", type=Path)
    p.add_argument("out", type=Path)
    p.add_argument("--backbone", choices=BACKBONES)
    p.add_argument("--classes", type=whole(1))
    given = p.add_mutually_exclusive_group(required=True)
    given.add_argument("--input", type=Path, help="network input [N,3,H,W], .npy")
    given.add_argument("--image", type=Path, help="a picture, prepared like at inference")
    add_size(p)
    return top
