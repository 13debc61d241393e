"""`python -m ablations COMMAND`: train, evaluate, report."""

from __future__ import annotations

import argparse
from pathlib import Path

from .evaluate_runs import evaluate_all
from .report import write_report
from .results import read_results
from .runs import QUEUE, SEEDS, Run
from .train_runs import train_all

RESULTS = Path(__file__).parent / "results"
ROOT = Path(__file__).parents[3]


def chosen(arguments: argparse.Namespace) -> list[Run]:
    """The queue's runs that `--only data/variant …` and `--seeds …` leave."""
    known = {f"{data}/{variant}": (data, variant) for data, variant in QUEUE}
    unknown = [name for name in arguments.only if name not in known]
    if unknown:
        raise SystemExit(f"--only {unknown[0]}: expected some of {', '.join(known)}")
    pairs = [known[name] for name in arguments.only] or list(QUEUE)
    return [Run(data, variant, seed) for data, variant in pairs for seed in arguments.seeds]


def main() -> None:
    parser = argparse.ArgumentParser(prog="ablations", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    train = commands.add_parser("train", help="train what has no result yet")
    train.add_argument("--jobs", type=int, default=2, help="runs at a time, each on one thread")
    evaluation = commands.add_parser("evaluate", help="every α of what is trained, by iourun eval")
    evaluation.add_argument("--tools", type=Path, default=ROOT / ".build" / "release",
                            help="folder of iouc and iourun")
    for p in (train, evaluation):
        p.add_argument("--data", type=Path, required=True, help="folder that holds bccd/ and cards/")
        p.add_argument("--work", type=Path, required=True, help="folder for checkpoints")
        p.add_argument("--only", nargs="+", default=[], help="such as bccd/bce")
        p.add_argument("--seeds", type=int, nargs="+", default=list(SEEDS))
    report = commands.add_parser("report", help="write the tables and plots")
    report.add_argument("--page", type=Path, default=ROOT / "docs" / "ablations.md")
    for p in (train, evaluation, report):
        p.add_argument("--results", type=Path, default=RESULTS, help="folder for result files")
    arguments = parser.parse_args()
    if arguments.command == "report":
        write_report(read_results(arguments.results), arguments.page)
        return
    common = (chosen(arguments), arguments.data, arguments.work, arguments.results)
    if arguments.command == "train":
        train_all(*common, arguments.jobs)
    else:
        evaluate_all(*common, arguments.tools)


if __name__ == "__main__":
    main()
