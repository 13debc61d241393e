"""One source from random weights to agreement, in a process of its own."""

import pathlib
import subprocess

import numpy as np
from detector_library import Library

from bench.cases import BUILT
from checkpoints.calibrate import calibrate
from checkpoints.compare import Agreement
from checkpoints.pictures import pictures
from checkpoints.source import Detections, Source, sources
from detectors import calibration


def run_source(name: str, folder: pathlib.Path) -> Agreement:
    """Files go into `folder`."""
    source = sources()[name]
    shown = pictures()
    calibration.seed()
    network = source.open()
    calibrate(network, min(shown.values(), key=np.size))
    folder.mkdir(parents=True, exist_ok=True)
    weights, model = folder / source.file, folder / "model.onnx"
    network.save(weights)
    export(source, weights, model)
    library, agreement = Library(model.read_bytes()), Agreement()
    for title, picture in shown.items():
        agreement.add(title, _detect(library, picture), network.detect(picture))
    return agreement


def export(source: Source, weights: pathlib.Path, model: pathlib.Path) -> None:
    command = [BUILT / "iouc", "export", model, "--backbone", source.backbone, "--weights", weights, "--no-iou-head",
               *source.options]
    outcome = subprocess.run(command, capture_output=True, text=True)
    if outcome.returncode:
        raise RuntimeError(outcome.stderr.strip())


def _detect(library: Library, picture: np.ndarray) -> Detections:
    return Detections.of([(box, score, label) for box, score, _, _, label in library.run([picture])[0]])
