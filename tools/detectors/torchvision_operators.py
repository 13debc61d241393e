"""torchvision's operators in Python, for a torchvision whose compiled ones do not load.

The wheel on PyPI is compiled for CUDA, and PyTorch may be there without it. Exporters only trace a call of these
operators; what an ONNX file says of them comes from torchvision's own symbolic functions.
"""

import importlib
import importlib.util
import pathlib

import torch

_SCHEMAS = (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "roi_align(Tensor input, Tensor rois, float spatial_scale, SymInt pooled_height, SymInt pooled_width, "
    "int sampling_ratio, bool aligned) -> Tensor",
)
_library: torch.library.Library | None = None  # definitions last as long as this


def provide() -> None:
    """Call it before torchvision, or what uses it, is imported."""
    global _library
    if _library is not None or _compiled_ones_load():
        return
    _library = torch.library.Library("torchvision", "DEF")
    for schema in _SCHEMAS:
        _library.define(schema)
    _library.impl("nms", nms, "CPU")
    _library.impl("roi_align", _roi_align, "CPU")
    for module in ("torchvision.extension", "torchvision.ops.roi_align"):
        importlib.import_module(module)._has_ops = _has_operators


def _has_operators() -> bool:
    return True


def _compiled_ones_load() -> bool:
    folder = pathlib.Path(importlib.util.find_spec("torchvision").submodule_search_locations[0])
    try:
        torch.ops.load_library(folder / "_C.so")
    except OSError:
        return False
    return True


def nms(boxes: torch.Tensor, scores: torch.Tensor, iou_threshold: float) -> torch.Tensor:
    """Indices of the boxes that no better one overlaps by more than the threshold, the best first.

    Two empty boxes overlap by 0 / 0, which is not more.
    """
    order = scores.argsort(descending=True, stable=True)
    areas = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    kept = []
    while order.numel():
        best, rest = order[0], order[1:]
        kept.append(best)
        low = torch.maximum(boxes[best, :2], boxes[rest, :2])
        high = torch.minimum(boxes[best, 2:], boxes[rest, 2:])
        shared = (high - low).clamp(min=0).prod(1)
        order = rest[~(shared / (areas[best] + areas[rest] - shared) > iou_threshold)]
    return torch.stack(kept) if kept else order


def _roi_align(maps: torch.Tensor, rois: torch.Tensor, scale: float, height: int, width: int, sampling: int,
               aligned: bool) -> torch.Tensor:
    """Means of `sampling` x `sampling` bilinear samples in each cell of each region."""
    if sampling <= 0:
        raise ValueError(f"roi_align: expected a fixed number of samples, found {sampling}")
    edges = rois[:, 1:] * scale - (0.5 if aligned else 0.0)
    sides = edges[:, 2:] - edges[:, :2]
    if not aligned:
        sides = sides.clamp(min=1.0)
    xs = _sample_positions(edges[:, 0], sides[:, 0], width, sampling)
    ys = _sample_positions(edges[:, 1], sides[:, 1], height, sampling)
    regions = [_bilinear(maps[int(roi[0])], y, x) for roi, y, x in zip(rois, ys, xs)]
    if not regions:
        return maps.new_zeros(0, maps.shape[1], height, width)
    return torch.nn.functional.avg_pool2d(torch.stack(regions), sampling)


def _sample_positions(begin: torch.Tensor, side: torch.Tensor, cells: int, sampling: int) -> torch.Tensor:
    steps = (torch.arange(cells * sampling, dtype=begin.dtype) + 0.5) / (cells * sampling)
    return begin[:, None] + side[:, None] * steps


def _bilinear(maps: torch.Tensor, ys: torch.Tensor, xs: torch.Tensor) -> torch.Tensor:
    """Samples [C, H, W] at all pairs of ys and xs; zero more than a pixel outside."""
    height, width = maps.shape[1:]
    below, above, share_y = _neighbours(ys, height)
    left, right, share_x = _neighbours(xs, width)
    upper = maps[:, below][:, :, left] * (1 - share_x) + maps[:, below][:, :, right] * share_x
    lower = maps[:, above][:, :, left] * (1 - share_x) + maps[:, above][:, :, right] * share_x
    inside = ((ys >= -1) & (ys <= height))[:, None] & ((xs >= -1) & (xs <= width))
    return (upper * (1 - share_y[:, None]) + lower * share_y[:, None]) * inside


def _neighbours(positions: torch.Tensor, size: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    positions = positions.clamp(0, size - 1)
    first = positions.floor().long()
    return first, (first + 1).clamp(max=size - 1), positions - first
