"""Files on disk: checkpoints to resume from, safetensors to hand on."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import save_file

from .model import Detector


def replace_atomically(path: Path, write: Callable[[Path], Any]) -> None:
    """Calls `write(temporary path)`, then renames: a reader never sees half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        write(temporary)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def save_checkpoint(path: Path, model: Detector, optimizer: torch.optim.Optimizer, step: int,
                    class_names: list[str], options: dict[str, Any]) -> None:
    """Everything a run needs to go on as if it had not stopped."""
    content = {
        "step": step,
        "state_dict": model.state_dict(),
        "optimizer": optimizer.state_dict(),
        # Batches draw from no global generator; a layer such as dropout would.
        "rng": {"torch": torch.get_rng_state()},
        "meta": {"backbone": model.backbone_name, "fpn_channels": model.fpn_channels,
                 "CLASSES": class_names},
        "options": options,
    }
    replace_atomically(path, lambda temporary: torch.save(content, temporary))


def load_checkpoint(path: Path) -> dict[str, Any]:
    return torch.load(path, map_location="cpu", weights_only=True)


def export(path: Path, model: Detector, class_names: list[str], **facts: Any) -> None:
    """Writes the weights under their canonical names, with facts about them in the header."""
    tensors = {name: tensor.contiguous() for name, tensor in model.state_dict().items()
               if not name.endswith("num_batches_tracked")}
    header = {"backbone": model.backbone_name, "fpn_channels": str(model.fpn_channels),
              "classes": json.dumps(class_names)}
    header.update({key: str(value) for key, value in facts.items()})
    replace_atomically(path, lambda temporary: save_file(tensors, temporary, metadata=header))


def load_model(path: Path, backbone: str | None = None,
               classes: int | None = None) -> tuple[Detector, list[str]]:
    """A detector from a checkpoint or a safetensors file, and its class names.

    What the file does not say (a safetensors file of another program) must be given.
    """
    if path.suffix == ".safetensors":
        with safe_open(str(path), "pt") as file:
            meta = file.metadata() or {}
            state = {key: file.get_tensor(key) for key in file.keys()}
        names = json.loads(meta.get("classes", "[]"))
        backbone = backbone or meta.get("backbone")
    else:
        content = load_checkpoint(path)
        state, names = content["state_dict"], content["meta"]["CLASSES"]
        backbone = backbone or content["meta"]["backbone"]
    if backbone is None:
        raise ValueError(f"{path} does not name its backbone; give --backbone")
    found = state["bbox_head.retina_cls.weight"].shape[0] // 9
    if classes not in (None, found):
        raise ValueError(f"{path} has {found} classes, not {classes}")
    channels = state["neck.lateral_convs.0.conv.weight"].shape[0]
    model = Detector(backbone, found, channels)
    missing, unexpected = model.load_state_dict(state, strict=False)
    wrong = [k for k in (*missing, *unexpected) if not k.endswith("num_batches_tracked")]
    if wrong:
        raise ValueError(f"{path} does not fit {backbone}: {', '.join(wrong[:3])}")
    return model.eval(), names or [f"class{i}" for i in range(found)]
