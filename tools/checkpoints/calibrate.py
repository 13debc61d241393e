"""A network with random weights becomes one from which boxes come out."""

import functools

import numpy as np
import torch

from checkpoints.source import Network
from detectors import calibration
from detectors.calibration import Spread

INNER = Spread(1.0, 0.7)  # the same on all levels, so that each has boxes
# What a random network computes has rounding errors of some 1e-4 of its spread, more than a trained one has. So scores
# are low and boxes near their anchors, or the errors would be what is compared.
CLASSES = Spread(0.4, -4.0)  # one in 250 is above 0.05
BOXES = Spread(0.08)
NEVER = -20.0  # the logit of a class that training has not seen


def calibrate(network: Network, picture: np.ndarray) -> None:
    """Statistics and output layers from what the network computes of `picture`."""
    run = functools.partial(network.detect, picture)
    calibration.batch_norms(network.module, run)
    outputs = (network.class_output, network.box_output)
    with torch.no_grad(), calibration.spreading({layer: INNER for layer in _biased(network) if layer not in outputs}):
        run()
    calibration.spread(run, {network.class_output: CLASSES, network.box_output: BOXES})
    with torch.no_grad():
        biases = network.class_output.bias.view(-1, network.class_output.out_channels // 9)
        biases[:, list(network.unseen)] = NEVER


def _biased(network: Network) -> list[torch.nn.Module]:
    """Convolutions of the pyramid and the towers."""
    return [layer for layer in network.module.modules()
            if isinstance(layer, torch.nn.Conv2d) and layer.bias is not None]
