"""The command line of tools/bench_peers.py."""

import argparse
import json
import pathlib
import sys

from bench import document, machine
from bench.cases import CASES, Case
from bench.files import prepare
from bench.measure import CaseTimes, measure
from bench.plot import draw
from bench.process import SideFailed
from bench.report import as_json, ratio_table, side_table, text_table
from bench.sides import OF_FLOAT, OF_INT8

ABOUT = """Times detectors in libiou, ONNX Runtime, OpenVINO and ncnn, in float32 and quantized, and prints medians and
ratios.

Every round starts a fresh process of each side, then the sides run in turn, one at a time, after a pause. A ratio
above 1 means that libiou is faster, or smaller, than the fastest peer. 'first result' counts from the start of the
process, a peer's from the end of its imports; 'difference' is the largest of any output from ONNX Runtime's, in parts
of its range; 'others' load' is how many processors were busy during the pauses. Of a quantized network 'libiou
float32' runs the file that the others were made of, 'from float32' is the mean difference from its outputs, and ncnn is
left out, which has no file of the same nodes."""


def main() -> None:
    arguments = _parse()
    expected = _cases(arguments.only or [""])
    if not expected:
        sys.exit(f"bench_peers: --only: expected part of one of {', '.join(c.name for c in CASES)}")
    about_machine = machine.description()
    print(about_machine, flush=True)
    measured: list[CaseTimes] = []
    for case in expected:
        try:
            files = prepare(case)
        except SideFailed as failure:
            sys.exit(f"bench_peers: {case.name}: {failure}")
        for threads in _threads(case, arguments.threads):
            sides = OF_INT8 if case.int8 else OF_FLOAT
            measured.append(measure(case, files, threads, arguments.runs, arguments.rounds, sides))
            print(f"\n{case.name}, {threads} thread{'s' * (threads > 1)}")
            print(side_table(measured[-1], text_table), flush=True)
    for int8 in (False, True):
        part = [times for times in measured if times.case.int8 == int8]
        if part:
            print("\n" + ratio_table(part, text_table))
    _write(arguments, measured, about_machine)


def _cases(asked: list[str]) -> list[Case]:
    """Those whose name is asked for, or contains what is no name."""
    names = {case.name.lower() for case in CASES}
    return [case for case in CASES for name in [case.name.lower()]
            if any(part == name or (part not in names and part in name) for part in map(str.lower, asked))]


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
    parser.add_argument("--only", action="append",
                        help="the case of this name, or all whose name contains this; may be repeated")
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
