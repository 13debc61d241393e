"""Batch normalisation as torchvision's trained models have it: with constants that no training changes."""

import torch


def freeze(module: torch.nn.Module) -> None:
    """Replaces the batch normalisations within `module`."""
    from torchvision.ops.misc import FrozenBatchNorm2d
    for name, child in module.named_children():
        if isinstance(child, torch.nn.BatchNorm2d):
            frozen = FrozenBatchNorm2d(child.num_features, child.eps)
            frozen.load_state_dict({key: value for key, value in child.state_dict().items() if "num_" not in key})
            setattr(module, name, frozen)
        else:
            freeze(child)
