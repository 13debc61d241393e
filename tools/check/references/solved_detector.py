"""RetinaNets that find the cells of drawn pictures, for readers' checkpoints: only their last layers know anything, and
these are solved, not trained, which takes seconds.

The rest has seeded weights. Class logits and box deltas are what least squares makes of what the towers say of the
pictures, so that boxes come out where cells are: in these pictures, and nowhere else.
"""

import dataclasses
import functools
from collections.abc import Callable

import numpy as np
import origin_decoders as decoders
import origin_pictures as origins
import torch
from torch.nn import functional

from detectors import calibration
from train.assigner import IGNORED, assign
from train.boxes import encode
from train.model import Detector, randomise
from train.network_options import NetworkOptions

Scene = tuple[np.ndarray, list, list]  # a picture, boxes by edges, labels from 0
ANCHORS = 9
DAMPING = 1e-3  # of least squares, in parts of the mean square of what the towers say
OBJECT, BETWEEN, NOTHING = 3.0, -1.5, -4.0  # logits of a class at its objects, where anchors are ignored, elsewhere
IMPORTANCE = 6.0  # of a place with an object beside one without


@dataclasses.dataclass(frozen=True)
class Origin:
    """How a code base sees a picture, and where its anchors are."""

    resize: Callable[[np.ndarray, int, int], np.ndarray]
    base: Callable[[int], np.ndarray]
    divides: bool = False  # strides are the input's sides by the map's
    first_class: int = 0  # of the class channels


ORIGINS = {
    "torchvision": Origin(origins.torchvision, decoders.torchvision_base, divides=True, first_class=1),
    "detectron2": Origin(origins.detectron2, decoders.detectron2_base),
    "mmdetection": Origin(origins.mmdetection, decoders.mmdetection_base),
}


def solved(name: str, backbone: str, options: NetworkOptions, scenes: list[Scene], classes: int, sides: tuple[int, int],
           ) -> Detector:
    """A network with MMDetection's names whose boxes are right for the origin `name`; `sides` are the short and the
    long one that pictures are resized to."""
    origin = ORIGINS[name]
    torch.manual_seed(0)
    module = Detector(backbone, origin.first_class + classes, options=options, iou_head=False).eval()
    randomise(module, seed=3)
    resized = [origin.resize(np.ascontiguousarray(picture), *sides) for picture, _, _ in scenes]
    inputs = [torch.from_numpy(origins.padded(pixels, origins.MULTIPLE[name])) for pixels in resized]
    calibration.seed()
    calibration.batch_norms(module.backbone, functools.partial(module.backbone.finish, inputs[:1], 0))
    seen = [(scene, pixels.shape[1] / scene[0].shape[1], padded, _towers(module, padded))
            for scene, pixels, padded in zip(scenes, resized, inputs)]
    rows = [row for one in seen for row in _rows(origin, *one)]
    _solve(module, origin.first_class, classes, rows)
    return module


def _towers(module: Detector, padded: torch.Tensor) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """What both towers say, for each level."""
    with torch.no_grad():
        levels = module.neck(module.backbone.finish([padded], 0))
        return [(module.bbox_head.cls_convs(level), module.bbox_head.reg_convs(level)) for level in levels]


def _rows(origin: Origin, scene: Scene, factor: float, padded: torch.Tensor, towers: list) -> list[tuple]:
    """For each level: windows of both towers, the class of every anchor (or why it has none), its deltas."""
    boxes, labels = torch.tensor(scene[1], dtype=torch.float32) * factor, torch.tensor(scene[2])
    levels = [_anchors(origin, level, padded.shape[2:], one[0].shape[2:]) for level, one in enumerate(towers)]
    owners = assign(torch.cat(levels), boxes).split([len(anchors) for anchors in levels])
    rows = []
    for anchors, owner, (classes, deltas) in zip(levels, owners, towers):
        label = torch.where(owner >= 0, labels[owner.clamp(min=0)], owner)
        rows.append((_windows(classes), _windows(deltas), label.view(-1, ANCHORS),
                     encode(anchors, boxes[owner.clamp(min=0)]).view(-1, ANCHORS, 4)))
    return rows


def _anchors(origin: Origin, level: int, padded: tuple[int, int], cells: tuple[int, int]) -> torch.Tensor:
    strides = [decoders.STRIDES[level]] * 2
    if origin.divides:
        strides = [side // count for side, count in zip(padded, cells)]
    return torch.from_numpy(decoders.all_anchors(origin.base(level), *cells, *strides))


def _windows(level: torch.Tensor) -> torch.Tensor:
    """[places, numbers that a 3x3 convolution sees]"""
    return functional.unfold(level, 3, padding=1)[0].T


def _solve(module: Detector, first: int, classes: int, rows: list[tuple]) -> None:
    seen, where, labels, deltas = (torch.cat(column) for column in zip(*rows))
    objects = functional.one_hot(labels.clamp(min=0), classes) * (labels >= 0)[..., None]
    logits = torch.full((len(seen), ANCHORS, first + classes), NOTHING)
    logits[labels == IGNORED] = BETWEEN
    logits[..., first:] += (OBJECT - NOTHING) * objects
    importance = torch.where((labels >= 0).any(1), IMPORTANCE, 1.0)
    head = module.bbox_head
    _set(head.retina_cls, [_least_squares(seen, logits.flatten(1), importance)])
    _set(head.retina_reg, [_least_squares(where[chosen], deltas[chosen, anchor], torch.ones(int(chosen.sum())))
                           for anchor, chosen in enumerate((labels >= 0).T)])


def _least_squares(seen: torch.Tensor, wanted: torch.Tensor, importance: torch.Tensor) -> torch.Tensor:
    """[numbers of `seen` and 1, numbers of `wanted`]"""
    weight = importance.sqrt()[:, None]
    seen, wanted = weight * torch.cat((seen, torch.ones(len(seen), 1)), 1), (weight * wanted).double()
    damping = DAMPING * float(seen.square().sum()) / seen.shape[1]
    if len(seen) < seen.shape[1]:  # the same solution from the smaller matrix
        products = (seen @ seen.T).double() + damping * torch.eye(len(seen))
        return (seen.T.double() @ torch.linalg.solve(products, wanted)).float()
    products = (seen.T @ seen).double() + damping * torch.eye(seen.shape[1])
    return torch.linalg.solve(products, seen.T.double() @ wanted).float()


def _set(layer: torch.nn.Conv2d, parts: list[torch.Tensor]) -> None:
    solution = torch.cat(parts, 1).T
    with torch.no_grad():
        layer.weight.copy_(solution[:, :-1].reshape(layer.weight.shape))
        layer.bias.copy_(solution[:, -1])
