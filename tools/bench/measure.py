"""Interleaved runs: every round starts a fresh process of each side, then the sides run in turn, one at a time."""

import contextlib
import dataclasses
import pathlib
import tempfile
import time
from collections.abc import Callable

import numpy as np

from bench.cases import Case
from bench.commands import iourun_bench, worker_command
from bench.files import CaseFiles
from bench.machine import ForeignLoad
from bench.process import SideFailed, SideProcess
from bench.sides import FLOAT, IOURUN, ONNXRUNTIME

TOUCHED = 1 << 28  # eight bytes each: more than any side takes
PAUSE = 0.3  # seconds before a run: the threads of the side before have stopped spinning


@dataclasses.dataclass
class SideTimes:
    """What was seen of one side; `problem` says why there is nothing."""

    version: str = ""
    problem: str = ""
    runs_ms: list[float] = dataclasses.field(default_factory=list)
    load_ms: list[float] = dataclasses.field(default_factory=list)
    import_ms: list[float] = dataclasses.field(default_factory=list)  # the process and Python, before the load
    start_ms: list[float] = dataclasses.field(default_factory=list)  # from the process's start to the first result
    peak_memory: list[int] = dataclasses.field(default_factory=list)
    difference: float | None = None  # the largest of any output from ONNX Runtime's, in parts of its range
    loss: float | None = None  # the mean of the worst output from the float32 model's, in parts of its range


@dataclasses.dataclass
class CaseTimes:
    case: Case
    threads: int
    sides: dict[str, SideTimes]
    foreign_load: float = 0.0  # processors that others used during the pauses


def measure(case: Case, files: CaseFiles, threads: int, runs: int, rounds: int,
            sides: tuple[str, ...], compare: bool = True) -> CaseTimes:
    """Times of the sides from `runs` runs in each of `rounds` rounds. `compare` wants float32 outputs only."""
    times = CaseTimes(case, threads, {side: SideTimes() for side in sides})
    load = ForeignLoad()
    for round_index in range(rounds):
        with contextlib.ExitStack() as stack:
            processes = _start(case, files, threads, times, load, stack)
            for _ in range(runs):
                for side in list(processes):
                    load.pause(PAUSE)
                    with _noting(times.sides[side], lambda: processes.pop(side)):
                        processes[side].run()  # wakes the processors: what counts is a run among others
                        times.sides[side].runs_ms.append(processes[side].run())
            for side, process in processes.items():
                times.sides[side].peak_memory.append(process.peak_memory())
            if compare and round_index == 0:
                _compare(processes, times)
        if IOURUN in sides:
            load.pause(PAUSE)
            _iourun_round(case, files, threads, runs, times.sides[IOURUN])
    times.foreign_load = load.processors
    return times


@contextlib.contextmanager
def _noting(side: SideTimes, give_up=lambda: None):
    """A side that fails is out of the case, with its reason; the others go on."""
    try:
        yield
    except SideFailed as failure:
        side.problem = str(failure)
        give_up()


def _touch_memory() -> None:
    """A virtual machine's host takes free memory back, and gives it again slowly: no side shall wait for that."""
    np.ones(TOUCHED)


def _start(case, files, threads, times: CaseTimes, load, stack) -> dict[str, SideProcess]:
    processes: dict[str, SideProcess] = {}
    for side, seen in times.sides.items():
        if side == IOURUN or seen.problem:
            continue
        files.read()
        _touch_memory()
        load.pause(PAUSE)
        with _noting(seen):
            process = SideProcess(worker_command(side, case, files, threads))
            stack.callback(process.close)
            processes[side], seen.version = process, process.version
            seen.load_ms.append(process.load_ms)
            seen.import_ms.append(process.import_ms)
            seen.start_ms.append(process.start_ms)
    for side, process in list(processes.items()):
        time.sleep(PAUSE)
        with _noting(times.sides[side], lambda: processes.pop(side)):
            process.run()
    return processes


def _iourun_round(case, files, threads, runs, side: SideTimes) -> None:
    if side.problem:
        return
    with _noting(side):
        facts = iourun_bench(case, files, threads, runs)
        side.runs_ms.append(facts.median_ms)
        side.load_ms.append(facts.load_ms)
        side.import_ms.append(0.0)
        side.start_ms.append(facts.start_ms)
        side.peak_memory.append(facts.peak_memory)


def _compare(processes: dict[str, SideProcess], times: CaseTimes) -> None:
    """Fills in how far every side's outputs are from ONNX Runtime's, and from the float32 model's if it runs too."""
    with tempfile.TemporaryDirectory() as folder:
        outputs = {}
        for side, process in list(processes.items()):
            prefix = pathlib.Path(folder) / side.replace(" ", "-")
            with _noting(times.sides[side], lambda: processes.pop(side)):
                outputs[side] = [np.fromfile(f"{prefix}.{i}.f32", np.float32)
                                 for i in range(process.outputs(prefix))]
    reference, unrounded = outputs.get(ONNXRUNTIME), outputs.get(FLOAT)
    if reference is None:
        return
    for side, found in outputs.items():
        if [o.size for o in found] != [o.size for o in reference]:
            times.sides[side].problem = "the outputs have other sizes than ONNX Runtime's"
            continue
        times.sides[side].difference = _apart(found, reference, np.max)
        if unrounded is not None:
            times.sides[side].loss = _apart(found, unrounded, np.mean)


def _apart(found: list[np.ndarray], reference: list[np.ndarray], of_output: Callable) -> float:
    """How far the worst output is off, in parts of its range: by the largest or the mean of its differences."""
    return max(float(of_output(np.abs(a - b)) / (np.ptp(b) or 1)) for a, b in zip(found, reference))
