"""Names of a RetinaNet's tensors in other files, brought to the canonical ones."""

from __future__ import annotations

import re
from pathlib import Path

from torch import Tensor

from .unpickle import CheckpointError

# Before ConvModule, MMDetection's convolutions of the towers had no level of their own.
OLD_TOWER = re.compile(r"(bbox_head\.(?:cls|reg)_convs\.\d)\.(weight|bias)")
# What begins a name in other programs' files only. Their networks have other anchors, inputs and
# layers, which fine-tuning a part would not make up for.
OTHERS = {"backbone.body.": "torchvision", "head.classification_head.": "torchvision",
          "backbone.bottom_up.": "Detectron2", "head.cls_subnet.": "Detectron2",
          "backbones.": "ODTK"}


def canonical_state(path: Path, state: dict[str, Tensor]) -> dict[str, Tensor]:
    """A state dict of MMDetection under canonical names, its numbers as 32-bit floats.

    Raises CheckpointError for the names of other programs.
    """
    result: dict[str, Tensor] = {}
    for name, tensor in state.items():
        # Parallel training puts a name before all others.
        key = OLD_TOWER.sub(r"\1.conv.\2", name.removeprefix("module."))
        for mark, program in OTHERS.items():
            if key.startswith(mark):
                raise CheckpointError(f"{path}: {name} is {program}'s name; only RetinaNets of "
                                      "MMDetection and of this program can be started from")
        if key in result:
            raise CheckpointError(f"{path}: has {key} twice, once as {name}")
        result[key] = tensor.float() if tensor.is_floating_point() else tensor
    return result
