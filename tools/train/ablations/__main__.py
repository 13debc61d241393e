"""`python -m ablations COMMAND`: train."""

from __future__ import annotations

import argparse
from pathlib import Path

from .runs import QUEUE, SEEDS, Run
from .train_runs import train_all

RESULTS = Path(__file__).parent / "results"


def chosen(arguments: argparse.Namespace) -> list[Run]:
    """The queue's runs that `--only data/variant …` and `--seeds …` leave."""
    known = {f"{data}/{variant}": (data, variant) for data, variant in QUEUE}
    unknown = [name for name in arguments.only if name not in known]
    if unknown:
        raise SystemExit(f"--only {unknown[0]}: wanted some of {', '.join(known)}")
    pairs = [known[name] for name in arguments.only] or list(QUEUE)
    return [Run(data, variant, seed) for data, variant in pairs for seed in arguments.seeds]


def main() -> None:
    parser = argparse.ArgumentParser(prog="ablations", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    p = commands.add_parser("train", help="train and evaluate what has no result yet")
    p.add_argument("--data", type=Path, required=True, help="folder that holds bccd/ and cards/")
    p.add_argument("--work", type=Path, required=True, help="folder for checkpoints")
    p.add_argument("--results", type=Path, default=RESULTS, help="folder for result files")
    p.add_argument("--only", nargs="+", default=[], help="such as bccd/bce")
    p.add_argument("--seeds", type=int, nargs="+", default=list(SEEDS))
    p.add_argument("--jobs", type=int, default=2, help="runs at a time, each on one thread")
    arguments = parser.parse_args()
    train_all(chosen(arguments), arguments.data, arguments.work, arguments.results, arguments.jobs)


if __name__ == "__main__":
    main()
