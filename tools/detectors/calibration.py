"""Makes a network with random weights behave like a trained one: activations of unit scale, and boxes that come out."""

import functools
from collections.abc import Callable, Iterable

import numpy as np
import torch

SEED = 7


def seed() -> None:
    torch.manual_seed(SEED)
    np.random.seed(SEED)  # noqa: NPY002 (packages draw from it)


def pictures(count: int, height: int, width: int, number: int = 0) -> np.ndarray:
    """[count, 3, height, width] of 0…1: soft blobs of all sizes and a little noise, so that no places are equal."""
    draw = np.random.default_rng((SEED, number))
    total = np.zeros((count, 3, height, width), np.float32)
    for cells in (2, 5, 11, 23, 47):
        coarse = torch.from_numpy(draw.normal(size=(count, 3, cells, cells)).astype(np.float32))
        total += torch.nn.functional.interpolate(coarse, (height, width), mode="bicubic").numpy()
    total += draw.normal(0, 0.2, total.shape).astype(np.float32)
    return 1 / (1 + np.exp(-total))


def normalised(values: np.ndarray, mean: tuple[float, ...], deviation: tuple[float, ...]) -> np.ndarray:
    """`values` [..., 3, height, width] of 0…1 as a network wants them."""
    return ((values - np.reshape(mean, (3, 1, 1))) / np.reshape(deviation, (3, 1, 1))).astype(np.float32)


def batch_norms(network: torch.nn.Module, run: Callable[[], object]) -> None:
    """Draws scales and shifts, and sets the statistics to what `run` shows the network; frozen ones too.

    The shifts keep most activations in their linear part. Around zero each layer of a random network makes rounding
    errors grow a little more than what it computes, and after fifty layers nobody's outputs agree.
    """
    network.eval()
    hooks = []
    with torch.no_grad():
        for norm in network.modules():
            if isinstance(getattr(norm, "running_var", None), torch.Tensor):
                torch.nn.init.uniform_(norm.weight, 0.4, 0.9)
                torch.nn.init.normal_(norm.bias, 0.7, 0.2)
                hooks.append(norm.register_forward_pre_hook(_observe))
        run()
    for hook in hooks:
        hook.remove()


def _observe(norm: torch.nn.Module, arguments: tuple) -> None:
    """Sets the statistics to those of what comes in now."""
    places = arguments[0].movedim(1, 0).flatten(1)
    norm.running_mean.copy_(places.mean(1))
    norm.running_var.copy_(places.var(1, correction=0))


def spread(layers: Iterable[torch.nn.Module], run: Callable[[], object], deviation: float, mean: float = 0.0) -> None:
    """Scales the weights of output layers, and sets their biases, so that each channel is spread like this."""
    layers = list(layers)
    for layer, found in zip(layers, _outputs(layers, run)):
        factor = deviation / found.std(1)
        _rescale(layer, factor, mean - found.mean(1) * factor)


def confident_scores(layers: Iterable[torch.nn.Module], run: Callable[[], object], share: float = 1e-4,
                     deviation: float = 1.5) -> None:
    """As `spread`, with `share` of each layer's logits above zero."""
    layers = list(layers)
    spread(layers, run, deviation)
    for layer, found in zip(layers, _outputs(layers, run)):
        best = found.flatten().topk(max(int(found.numel() * share), 1)).values
        _rescale(layer, torch.ones(len(found)), -best[-1])


def _outputs(layers: list[torch.nn.Module], run: Callable[[], object]) -> list[torch.Tensor]:
    """[channels, places] of each layer while `run` runs."""
    seen: list[list[torch.Tensor]] = [[] for _ in layers]

    def keep(layer: torch.nn.Module, _, output: torch.Tensor, found: list[torch.Tensor]) -> None:
        channels = -1 if isinstance(layer, torch.nn.Linear) else 1
        found.append(output.detach().movedim(channels, 0).flatten(1))

    hooks = [layer.register_forward_hook(functools.partial(keep, found=found)) for layer, found in zip(layers, seen)]
    with torch.no_grad():
        run()
    for hook in hooks:
        hook.remove()
    return [torch.cat(found, 1) for found in seen]


def _rescale(layer: torch.nn.Module, factor: torch.Tensor, shift: torch.Tensor) -> None:
    if layer.bias is None:
        raise ValueError(f"{type(layer).__name__}: expected an output layer with a bias, found none")
    with torch.no_grad():
        layer.weight *= factor.reshape(-1, *[1] * (layer.weight.ndim - 1))
        layer.bias *= factor
        layer.bias += shift
