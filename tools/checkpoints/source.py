"""What a source of checkpoints is, and all of them by name."""

import dataclasses
import importlib
import pathlib
from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
import torch

FAMILIES = ("torchvision", "mmdetection3", "mmdetection2", "detectron2", "documented")


@dataclasses.dataclass(frozen=True)
class Detections:
    """Of one picture, by falling score; boxes [M, 4] in its pixels, labels as the exported file counts them."""

    boxes: np.ndarray
    scores: np.ndarray
    labels: np.ndarray

    @staticmethod
    def of(rows: list[tuple]) -> "Detections":
        """Of (box, score, label)."""
        boxes, scores, labels = zip(*rows) if rows else ([], [], [])
        return Detections(np.reshape(boxes, (-1, 4)), np.array(scores), np.array(labels))


class Network(Protocol):
    """A network and its own way from a picture, [H, W, 3] of 8-bit red, green and blue, to boxes."""

    module: torch.nn.Module
    class_output: torch.nn.Module
    box_output: torch.nn.Module
    unseen: Sequence[int]  # class channels that training does not see

    def detect(self, picture: np.ndarray) -> Detections: ...

    def save(self, path: pathlib.Path) -> None: ...


@dataclasses.dataclass(frozen=True)
class Source:
    """A kind of checkpoint."""

    name: str
    title: str  # of whom, which version
    backbone: str  # as iouc calls it
    file: str  # the name of the checkpoint
    open: Callable[[], Network]  # with random weights
    options: Sequence[str] = ()  # of iouc export, besides backbone and weights
    compared_with: str = "the package"


def sources() -> dict[str, Source]:
    """All sources, family after family."""
    found = {}
    for family in FAMILIES:
        for source in importlib.import_module(f"checkpoints.sources.{family}").SOURCES:
            found[source.name] = source
    return found
