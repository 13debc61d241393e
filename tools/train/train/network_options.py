"""What differs between networks on the same backbone: properties of the weights."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class NetworkOptions:
    """The defaults are the authors' network."""

    p6: str = "c5"
    """What P6 is computed from: `c5` or `p5`."""
    relu_before_p7: bool = False
    bottleneck_stride: str = "3x3"
    """The convolution of a bottleneck that has the stride of its stage: `1x1` or `3x3`."""
    norm_epsilon: float = 1e-5
    tower_norm: str = "none"
    """`none` or `groupnorm32`."""
