"""The command line of tools/bench_levels.py."""

import argparse
import contextlib
import dataclasses
import pathlib
import statistics
import sys

from bench import machine
from bench.cases import CASES, ROOT, Case, export, write_input
from bench.process import SideFailed, SideProcess
from bench.report import markdown_table

WORKER = ROOT / ".build-lib-blas" / "bench_libiou"
LEVELS = ("scalar", "blas", "avx2", "avx512")
PAUSE = 0.3  # seconds before a run
YOLO = ROOT / "out" / "detectors" / "yolov8n.onnx"
COLUMNS = ("case", "threads", *(f"{level} ms" for level in LEVELS), "scalar / blas", "blas / avx2", "others' load")

ABOUT = """Times libiou at the levels of IOU_ISA that this processor has, in turn, a fresh process of each in every
round, and prints the medians: 'scalar / blas' above 1 means that OpenBLAS is faster than the plain code, 'blas / avx2'
that the kernels for AVX2 are faster than OpenBLAS."""


@dataclasses.dataclass(frozen=True)
class LevelCase:
    name: str
    model: pathlib.Path
    shape: tuple[int, ...]


def level_cases() -> list[LevelCase | Case]:
    own = [case for case in CASES if case.name in ("R50 480x640", "R18 320x320", "blood-cells 480x640")]
    return [*own, LevelCase("yolov8n 640x640", YOLO, (1, 3, 640, 640))]


def main() -> None:
    arguments = _parse()
    print(machine.description(), flush=True)
    rows = []
    for case in level_cases():
        if not any(part.lower() in case.name.lower() for part in arguments.only or [""]):
            continue
        model = export(case) if isinstance(case, Case) else case.model
        if not model.exists():
            print(f"bench_levels: {case.name}: {model.relative_to(ROOT)} is missing; make it with "
                  f"tools/detectors/run.sh {model.stem} --no-times", file=sys.stderr)
            continue
        for threads in arguments.threads or sorted({1, machine.processors()}):
            rows.append(_row(case, model, threads, arguments))
            print(" | ".join(rows[-1]), flush=True)
    print("\n" + markdown_table(COLUMNS, rows))


def _row(case: LevelCase | Case, model: pathlib.Path, threads: int, arguments: argparse.Namespace) -> tuple[str, ...]:
    load = machine.ForeignLoad()
    times: dict[str, list[float]] = {level: [] for level in LEVELS}
    command = [WORKER, model, write_input(case.name, case.shape), "x".join(map(str, case.shape)), threads]
    for _ in range(arguments.rounds):
        for level, runs in times.items():
            load.pause(PAUSE)
            with contextlib.suppress(SideFailed):  # a level that this processor lacks
                runs += _round(["env", f"IOU_ISA={level}", *command], 1 if level == "scalar" else arguments.runs, load)
    medians = {level: statistics.median(runs) for level, runs in times.items() if runs}

    def ratio(above: str, below: str) -> str:
        return f"{medians[above] / medians[below]:.2f}" if above in medians and below in medians else "–"

    return (case.name, str(threads), *(f"{medians[level]:.1f}" if level in medians else "–" for level in LEVELS),
            ratio("scalar", "blas"), ratio("blas", "avx2"), f"{load.processors:.2f}")


def _round(command: list, runs: int, load: machine.ForeignLoad) -> list[float]:
    """Milliseconds of the runs of one process."""
    times = []
    with contextlib.closing(SideProcess(command)) as process:
        for _ in range(runs):
            load.pause(PAUSE)
            times.append(process.run())
    return times


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser("bench_levels.py", description=ABOUT,
                                     formatter_class=argparse.RawDescriptionHelpFormatter,
                                     epilog="--no-build measures what has been built before.")
    parser.add_argument("--threads", type=int, nargs="+", help="by itself one, and all processors")
    parser.add_argument("--runs", type=int, default=5, help="in every round; scalar code runs once")
    parser.add_argument("--rounds", type=int, default=3, help="fresh processes of each level")
    parser.add_argument("--only", action="append", help="cases whose name contains this; may be repeated")
    return parser.parse_args()


if __name__ == "__main__":
    main()
