"""Latency of one detector in libiou, ONNX Runtime and OpenVINO, by the means of tools/bench."""

import dataclasses
import pathlib

from bench.cases import CaseFiles
from bench.measure import CaseTimes, measure
from bench.sides import LIBIOU, PEERS

SIDES = (LIBIOU, PEERS["onnxruntime"], PEERS["openvino"])


@dataclasses.dataclass(frozen=True)
class DetectorCase:
    """What tools/bench asks of a case."""

    name: str
    shape: tuple[int, ...]


def measure_detector(name: str, shape: tuple[int, ...], model: pathlib.Path, picture: pathlib.Path, threads: int,
                     runs: int, rounds: int) -> CaseTimes:
    files = CaseFiles(model, picture, ncnn=model.with_suffix(".param"), ncnn_problem="not measured")
    return measure(DetectorCase(name, shape), files, threads, runs, rounds, SIDES,
                   compare=False)
