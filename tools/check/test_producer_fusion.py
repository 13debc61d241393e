"""Depthwise convolutions fused with their producers, against ONNX Runtime.

A 1x1 or a network's first convolution, perhaps an activation, a depthwise one on a map that is large enough for fusing
them, and perhaps a 1x1 one behind it; windows, strides, pads, batches, residuals and activations of many kinds, limits
that cross, are infinite, missing or NaN, NaN and infinities in biases and residuals; every instruction set of this
processor, one, two and five threads, fused and node by node. The largest error must stay within 5e-5 of the output's
range, the bits must not depend on the number of threads, and the profile must show how many ran as one step.
"""

import libiou
import pytest
from onnxruntime_compare import fault
from random_graph import Chain

CASES = 200
TOLERANCE = 5e-5  # of up to three layers, whose limits narrow the range
LEAST_FLOATS, LEAST_LINES = 1 << 19, 48  # of a map, and of the output, that are worth it


def add_conv(chain: Chain, *weight: int, **attributes) -> None:
    weights, bias = chain.array(*weight), chain.rarely_spoiled(weight[0])
    chain.add("Conv", chain.constant(weights), chain.constant(bias), **attributes)


def make_map(chain: Chain, channels: int, height: int, width: int) -> bool:
    """The first convolution, with what follows it; whether it can be fused."""
    batch = chain.draw.choice((1, 1, 3))
    if chain.draw.random() < 0.3:
        chain.input(batch, 3, 2 * height, 2 * width)
        add_conv(chain, channels, 3, 3, 3, strides=[2, 2], pads=[1] * 4)
    else:
        ins = chain.draw.choice((4, 16, 24))
        chain.input(batch, ins, height, width)
        add_conv(chain, channels, ins, 1, 1)
    has_residual = chain.residual([batch, channels, height, width], 0.1)
    chain.activation(last=False)
    return not has_residual


def read_map(chain: Chain, channels: int, height: int, width: int) -> int:
    """The depthwise convolution, with what follows it; how many can be fused."""
    draw = chain.draw
    kernel = [draw.choice((1, 2, 3, 3, 3, 5, 9)), draw.choice((3, 3, 3, 5, 5, 2))]
    strides = [draw.choice((1, 1, 2, 4)), draw.choice((1, 1, 2, 2, 3))]
    dilations = [draw.choice((1, 1, 1, 1, 2)), 1]
    pads = [draw.randint(0, 2) for _ in range(4)]
    add_conv(chain, channels, 1, *kernel, group=channels, strides=strides, dilations=dilations, pads=pads)
    out = [(size + pads[i] + pads[i + 2] - (kernel[i] - 1) * dilations[i] - 1) // strides[i] + 1
           for i, size in enumerate((height, width))]
    batch = chain.inputs["x0"].shape[0]
    has_residual, has_last = chain.residual([batch, channels, *out], 0.3), draw.random() < 0.6
    chain.activation(last=not has_last)
    can_fuse = (kernel[0] <= 7 and kernel[1] in (3, 5) and strides[1] <= 2 and dilations[0] == 1
                and out[0] >= LEAST_LINES and height * width * channels >= LEAST_FLOATS)
    fuses_last = has_last and read_narrow(chain, [batch, channels, *out])
    return 1 + can_fuse + (can_fuse and fuses_last and not has_residual)


def read_narrow(chain: Chain, shape: list[int]) -> bool:
    """The last convolution, with what follows it; whether it can be fused."""
    batch, channels, height, width = shape
    narrow, kind = chain.draw.choice((8, 24, 40)), chain.draw.choice(("plain", "plain", "plain", "strided", "padded"))
    if kind == "strided":
        add_conv(chain, narrow, channels, 1, 1, strides=[2, 2])
        height, width = -(-height // 2), -(-width // 2)
    elif kind == "padded":  # as many lines as before, but others
        add_conv(chain, narrow, channels, 1, 1, strides=[2, 1], pads=[height - 1, 0, 0, 0])
    else:
        add_conv(chain, narrow, channels, 1, 1)
    chain.residual([batch, narrow, height, width], 0.3)
    chain.activation(last=True)
    return kind == "plain"


def case_fault(seed: int, isas: list[str]) -> str:
    chain = Chain(seed)
    channels, width = chain.draw.choice((8, 24, 33, 96)), chain.draw.randint(60, 200)
    height = LEAST_FLOATS // (width * channels) + chain.draw.choice((-1, 1, 2, 20))
    fuses_map = make_map(chain, channels, height, width)
    fused_at_most = read_map(chain, channels, height, width)
    expected = fused_at_most if fuses_map else 1
    model = chain.model(chain.nodes, [chain.value])
    session = libiou.Session(model, profile=True)
    session.run(chain.inputs)
    fused = max(int(step["algorithm"].split()[0]) if " fused " in step["algorithm"] else 1
                 for step in session.profile())
    if fused != expected and isas[-1] != "blas":  # whose products are wider than a line
        return f"{fused} fused, not {expected}"
    return fault(model, chain.inputs, isas, TOLERANCE)


@pytest.mark.parametrize("seed", range(CASES))
def test_chain(seed, isas):
    found = case_fault(seed, isas)
    assert not found, found
