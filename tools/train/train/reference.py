"""The network's raw outputs as files, for programs that have to reproduce them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from .model import Detector

NAMES = ("cls_logits", "box_deltas", "iou_logits")


@torch.inference_mode()
def write_outputs(model: Detector, images: np.ndarray, out: Path) -> list[Path]:
    """`cls_logits.p3.npy` … `iou_logits.p7.npy`, each [N, H, W, channels], for [N, 3, H, W]."""
    model.eval()
    out.mkdir(parents=True, exist_ok=True)
    raw = model(torch.from_numpy(np.ascontiguousarray(images, dtype=np.float32)))
    paths = []
    for name, maps in zip(NAMES, raw):
        for level, m in enumerate(maps, start=3):
            path = out / f"{name}.p{level}.npy"
            np.save(path, np.ascontiguousarray(m.permute(0, 2, 3, 1).numpy()))
            paths.append(path)
    return paths
