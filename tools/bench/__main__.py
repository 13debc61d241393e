"""The command line of tools/bench_peers.py."""

import argparse
import json
import pathlib
import sys

from bench import document, machine
from bench.cases import CASES, Case, prepare
from bench.measure import CaseTimes, measure
from bench.plot import draw
from bench.report import COLUMNS, RATIOS, as_json, ratio_row, side_rows, text_table

ABOUT = """Times detectors in libiou, ONNX Runtime, OpenVINO and ncnn, in float32, and prints medians and ratios.

Every round starts a fresh process of each side, then the sides run in turn, one at a time, after a pause. A ratio
above 1 means that libiou is faster, or smaller, than the fastest peer. 'first result' counts from the start of the
process, a peer's from the end of its imports; 'difference' is the largest of any output from ONNX Runtime's, in parts
of its range; 'others' load' is how many processors were busy during the pauses."""


def main() -> None:
    arguments = _parse()
    expected = [case for case in CASES if any(part.lower() in case.name.lower() for part in arguments.only or [""])]
    if not expected:
        sys.exit(f"bench_peers: --only: expected part of one of {', '.join(c.name for c in CASES)}")
    about_machine = machine.description()
    print(about_machine, flush=True)
    measured: list[CaseTimes] = []
    for case in expected:
        files = prepare(case)
        for threads in _threads(case, arguments.threads):
            measured.append(measure(case, files, threads, arguments.runs, arguments.rounds))
            print(f"\n{case.name}, {threads} thread{'s' * (threads > 1)}")
            print(text_table(COLUMNS, side_rows(measured[-1])), flush=True)
    print("\n" + text_table(RATIOS, [ratio_row(times) for times in measured]))
    _write(arguments, measured, about_machine)


def _threads(case: Case, asked: list[int] | None) -> list[int]:
    """By itself all processors; one thread too where the case says so."""
    return asked or ([1] if case.one_thread and machine.processors() > 1 else []) + [machine.processors()]


def _write(arguments: argparse.Namespace, measured: list[CaseTimes], about_machine: str) -> None:
    if arguments.json:
        report = as_json(measured, about_machine, arguments.runs, arguments.rounds)
        arguments.json.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n")
    if arguments.plot:
        draw(measured, about_machine, arguments.plot)
    if arguments.document:
        command = " ".join(["python3 tools/bench_peers.py", *sys.argv[1:]])
        document.write(measured, about_machine, machine.kind(), arguments.runs, arguments.rounds, command)


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        "bench_peers.py", description=ABOUT, formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="--no-build measures what has been built before.")
    parser.add_argument("--threads", type=_count, nargs="+", help="by itself all processors, R50 also with one")
    parser.add_argument("--runs", type=_count, default=5, help="in every round")
    parser.add_argument("--rounds", type=_count, default=3, help="fresh processes of each side")
    parser.add_argument("--only", action="append", help="cases whose name contains this; may be repeated")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE", help="write everything, single times too")
    parser.add_argument("--plot", type=pathlib.Path, metavar="FILE.png", help="draw the medians")
    parser.add_argument("--document", action="store_true",
                        help="write the run to docs/performance.md, and a summary of it to README.md")
    return parser.parse_args()


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"expected at least 1, found {number}")
    return number


if __name__ == "__main__":
    main()
