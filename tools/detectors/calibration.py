"""Makes a network with random weights behave like a trained one: activations of unit scale, and boxes that come out."""

import contextlib
import dataclasses
from collections.abc import Callable, Generator

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


def other_picture(height: int, width: int) -> np.ndarray:
    """[1, 3, height, width], not one that statistics come from."""
    return pictures(1, height, width, number=1)


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


# ---- Output layers ---------------------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Spread:
    """How each channel of an output layer shall be spread."""

    deviation: float
    mean: float = 0.0
    share: float | None = None  # of the layer's logits that shall be above zero, instead of a mean


SCORES = Spread(1.5, share=1e-4)  # a picture has few objects


def spread(run: Callable[[], object], wanted: dict[torch.nn.Module, Spread]) -> None:
    """Scales the weights of output layers, and sets their biases, by what all their calls give while `run` runs."""
    seen: dict[torch.nn.Module, list[torch.Tensor]] = {layer: [] for layer in wanted}
    hooks = [layer.register_forward_hook(lambda layer, _, output: seen[layer].append(_by_channel(layer, output)))
             for layer in wanted]
    with torch.no_grad():
        run()
    for hook in hooks:
        hook.remove()
    for layer, outputs in seen.items():
        _fit(layer, torch.cat(outputs, 1), wanted[layer])


@contextlib.contextmanager
def spreading(wanted: dict[torch.nn.Module, Spread]) -> Generator[None, None, None]:
    """As `spread`, each by its first call in the context: what comes after it sees what it gives then."""
    hooks = {}

    def fit(layer: torch.nn.Module, _, output: torch.Tensor) -> torch.Tensor:
        hooks[layer].remove()
        factor, shift = _fit(layer, _by_channel(layer, output), wanted[layer])
        return output * _on_channels(layer, factor) + _on_channels(layer, shift)

    hooks.update((layer, layer.register_forward_hook(fit)) for layer in wanted)
    yield
    for hook in hooks.values():
        hook.remove()


def _by_channel(layer: torch.nn.Module, output: torch.Tensor) -> torch.Tensor:
    """[channels, places]"""
    return output.detach().movedim(-1 if isinstance(layer, torch.nn.Linear) else 1, 0).flatten(1)


def _on_channels(layer: torch.nn.Module, values: torch.Tensor) -> torch.Tensor:
    """One value a channel, in the shape of the layer's output."""
    return values if isinstance(layer, torch.nn.Linear) else values[:, None, None]


def _fit(layer: torch.nn.Module, found: torch.Tensor, wanted: Spread) -> tuple[torch.Tensor, torch.Tensor]:
    """Makes `found` [channels, places], what the layer gives, spread as wanted; by a factor and a shift per channel."""
    if layer.bias is None:
        raise ValueError(f"{type(layer).__name__}: expected an output layer with a bias, found none")
    factor = wanted.deviation / found.std(1)
    shift = wanted.mean - found.mean(1) * factor
    if wanted.share is not None:
        logits = found * factor[:, None] + shift[:, None]
        shift -= logits.flatten().topk(max(int(logits.numel() * wanted.share), 1)).values[-1]
    with torch.no_grad():
        axis = 1 if isinstance(layer, torch.nn.ConvTranspose2d) else 0
        layer.weight *= factor.reshape([-1 if number == axis else 1 for number in range(layer.weight.ndim)])
        layer.bias *= factor
        layer.bias += shift
    return factor, shift
