"""EfficientDet of effdet, up to the class and box maps of the five levels."""

import functools
import pathlib
from collections.abc import Callable

from detectors import calibration, export, torchvision_operators
from detectors.recipe import Recipe

SIDE = 512
IMAGENET = dict(mean=(0.485, 0.456, 0.406), deviation=(0.229, 0.224, 0.225))
NAMES = [f"{kind}{level}" for kind in ("class", "box") for level in range(3, 8)]


def _make(path: pathlib.Path, network: str, exporter: Callable) -> None:
    torchvision_operators.provide()
    import torch
    from effdet import create_model
    from timm.layers import set_layer_config
    calibration.seed()
    with set_layer_config(scriptable=False, exportable=True, no_jit=True):
        model = create_model(network, pretrained_backbone=False)
    shown = calibration.normalised(calibration.pictures(2, SIDE, SIDE), **IMAGENET)
    run = functools.partial(model, torch.from_numpy(shown))
    calibration.batch_norms(model, run)
    calibration.spread(run, {model.box_net.predict.conv_pw: calibration.Spread(0.3),
                             model.class_net.predict.conv_pw: calibration.SCORES})
    exporter(model, (torch.zeros(1, 3, SIDE, SIDE),), path, ["images"], NAMES)


def _recipe(name: str, network: str, exporter: Callable) -> Recipe:
    return Recipe(name, functools.partial(_make, network=network, exporter=exporter), (1, 3, SIDE, SIDE), **IMAGENET)


RECIPES = (
    _recipe("efficientdet-d0", "tf_efficientdet_d0", export.trace),
    _recipe("efficientdet-d0-dynamo", "tf_efficientdet_d0", export.capture),
    _recipe("efficientdet-d0-plain-padding", "efficientdet_d0", export.trace),
)
