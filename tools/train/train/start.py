"""What a run starts from: seeded heads on a backbone or detector with trained weights."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from torch import nn

from .backbone import installed_imagenet_weights, load_imagenet
from .config import NetworkTable
from .files import load_weights
from .model import Detector


def new_model(options: NetworkTable, classes: int, iou_head: bool,
              say: Callable[[str], None]) -> Detector:
    """The detector of a configuration, with the parts that do not learn frozen.

    The heads' weights come from PyTorch's global generator, so its seed decides them.
    """
    model = Detector(options.backbone, classes, options.fpn_channels or None, options.tower_init,
                     iou_head=iou_head)
    if options.start_from:
        fits = load_weights(model, Path(options.start_from))
        model.freeze_stages(options.frozen_stages)
        say(f"the detector starts from {options.start_from}"
            + ("" if fits else f"; its class outputs start anew, for {classes} classes"))
    else:
        _start_backbone(model, options, say)
    if options.cache_features:
        # Whatever their weights: what is computed once cannot learn.
        model.freeze_stages(options.frozen_stages)
    if options.train_only:
        model.train_only(options.train_only)
    if not any(p.requires_grad for p in model.parameters()):
        raise ValueError(f"network.train_only: {', '.join(options.train_only)} leave nothing "
                         "to learn")
    return model


def _start_backbone(model: Detector, options: NetworkTable, say: Callable[[str], None]) -> None:
    path: Path | None = None
    if options.weights == "auto":
        path = installed_imagenet_weights() if options.backbone == "mobilenetv2" else None
    elif options.weights != "none":
        path = Path(options.weights)
    if path is None:
        # A frozen random stem learns nothing, so nothing is frozen here; and a branch of full
        # scale in a network without working normalisation makes activations grow with depth.
        for norm in model.backbone.branch_norms():
            nn.init.constant_(norm.weight, 0.2)
        say("the backbone starts from random weights")
    else:
        load_imagenet(model.backbone, path)
        model.freeze_stages(options.frozen_stages)
        say(f"the backbone starts from {path.name}")
