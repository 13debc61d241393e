"""Latency of one detector in libiou, ONNX Runtime and OpenVINO, by the means of tools/bench."""

import dataclasses
import pathlib

from bench.files import CaseFiles
from bench.measure import CaseTimes, measure
from bench.sides import LIBIOU, ONNXRUNTIME, OPENVINO

SIDES = (LIBIOU, ONNXRUNTIME, OPENVINO)


@dataclasses.dataclass(frozen=True)
class DetectorCase:
    """What tools/bench asks of a case."""

    name: str
    shape: tuple[int, ...]


def measure_detector(name: str, shape: tuple[int, ...], model: pathlib.Path, picture: pathlib.Path, threads: int,
                     runs: int, rounds: int) -> CaseTimes:
    return measure(DetectorCase(name, shape), CaseFiles(model, picture), threads, runs, rounds, SIDES,
                   compare=False)
