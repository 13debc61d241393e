"""Runs ONNX models on the CPU, and detectors from pictures to boxes with their predicted IoU.

    import libiou
    detector = libiou.Detector("blood-cells.onnx")
    found = detector("smear.png", score_threshold=0.6)
    print(found.names, found.xyxy, found.scores, found.ious)

`Detector` takes pictures and gives `Detections`; `InferenceSession` takes and gives arrays, as onnxruntime's does;
`libiou.ray` runs a detector on many machines.
"""

from ._native import ffi as _ffi
from ._native import lib as _lib
from .detections import Detections
from .detector import Detector
from .errors import IoUError, Status
from .info import DetectorInfo, detector_info
from .model import Model, ModelMetadata
from .session import (
    GraphOptimizationLevel,
    InferenceSession,
    MemoryUse,
    ProfileEntry,
    RunOptions,
    SessionOptions,
    get_available_providers,
)
from .tensors import NodeArg
from .tools import ToolError, evaluate, optimize, quantize

#: The version of the library that is inside.
__version__: str = _ffi.string(_lib.iou_version()).decode()

__all__ = [
    "Detections", "Detector", "DetectorInfo", "GraphOptimizationLevel", "InferenceSession", "IoUError", "MemoryUse",
    "Model", "ModelMetadata", "NodeArg", "ProfileEntry", "RunOptions", "SessionOptions", "Status", "ToolError",
    "detector_info", "evaluate", "get_available_providers", "optimize", "quantize",
]
