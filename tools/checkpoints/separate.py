"""Packages in folders of their own, without compiled parts: of those suppression alone is needed, and is plain here."""

import importlib.machinery
import pathlib
import sys
import types

import torch

from detectors import torchvision_operators

VENV = pathlib.Path(__file__).with_name(".venv")


def mmdetection(folder: str) -> None:
    """MMDetection and MMCV become importable."""
    sys.path.insert(0, str(VENV / folder))
    sys.modules["mmcv._ext"] = _Compiled("mmcv._ext", nms=_nms)
    torchvision_operators.provide()


def detectron2() -> None:
    """Detectron2, whose own compiled part a RetinaNet does not call, becomes importable."""
    sys.path[:0] = [str(VENV / "detectron2-python"), str(VENV / "detectron2")]
    sys.modules["detectron2._C"] = _Compiled("detectron2._C")
    torchvision_operators.provide()


class _Compiled(types.ModuleType):
    """A compiled module whose functions can be imported, but not called."""

    def __init__(self, name: str, **functions):
        super().__init__(name)
        self.__spec__ = importlib.machinery.ModuleSpec(name, None)
        self.__dict__.update(functions)

    def __getattr__(self, name: str):
        if name.startswith("__"):
            raise AttributeError(name)

        def missing(*_, **__):
            raise NotImplementedError(f"{self.__name__}.{name} is compiled and not here")

        return missing


def _nms(boxes: torch.Tensor, scores: torch.Tensor, iou_threshold: float, offset: int) -> torch.Tensor:
    if offset:
        raise ValueError(f"nms: expected boxes by their edges, offset 0, found {offset}")
    return torchvision_operators.nms(boxes, scores, iou_threshold)
