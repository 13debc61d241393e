"""Random weights for detection transformers under which queries differ and find something."""

import contextlib
from collections.abc import Generator

import torch

from detectors import calibration

D_FINE_BINS = 33  # of the distribution of each side of a box
NOTHING = 1.0  # is added to DETR's logit of "no object": most queries find nothing
SCORES = calibration.Spread(1.5, share=1e-3)
# A decoder's layer samples maps where the boxes of the one before are: larger steps than this magnify rounding tenfold
# in each layer.
BOX_STEPS = 0.1


def draw(model: torch.nn.Module) -> None:
    """So that attention is not uniform, and no two queries, tokens or positions are the same."""
    with torch.no_grad():
        for name, module in model.named_modules():
            if isinstance(module, torch.nn.Linear):
                module.weight.normal_(0, module.in_features**-0.5)
                if module.bias is not None and "sampling_offsets" not in name:  # a pattern of directions
                    module.bias.normal_(0, 0.1)
            elif isinstance(module, torch.nn.LayerNorm) and module.weight is not None:
                module.weight.uniform_(0.5, 1.5)
                module.bias.normal_(0, 0.2)
        for name, parameter in model.named_parameters():
            if "query_position_embeddings" in name:
                parameter.normal_(0, 3)  # less than this, and all queries of DETR attend to the same
            elif "token" in name or "position_embeddings" in name:
                parameter.normal_(0, 0.5)


@contextlib.contextmanager
def spreading(model: torch.nn.Module, classes: int, boxes: float = BOX_STEPS) -> Generator[None, None, None]:
    """The model's first run in the context sets its output layers; `boxes` is the deviation of boxes before sigmoid."""
    layers = _output_layers(model, classes, calibration.Spread(boxes))
    with calibration.spreading(layers):
        yield
    for layer in layers:
        if layer.out_features == classes + 1:
            layer.bias.data[-1] += NOTHING


def _output_layers(model: torch.nn.Module, classes: int,
                   boxes: calibration.Spread) -> dict[torch.nn.Linear, calibration.Spread]:
    found = {}
    for name, layer in model.named_modules():
        if isinstance(layer, torch.nn.Linear) and layer.out_features < layer.in_features:
            if layer.out_features in (classes, classes + 1):
                found[layer] = SCORES
            elif "bbox" in name and layer.out_features in (4, 4 * D_FINE_BINS):
                found[layer] = boxes
    return found
