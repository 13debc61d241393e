"""Convolutions, in groups above all, and transposed convolutions against ONNX Runtime.

Many shapes in one to three dimensions, batch 1 and 3, every instruction set of this processor, one, two and five
threads, fused and node by node; weight and bias are constants, or one or both of them are given at the run. Behind many
are BatchNormalization, an addition and an activation, whose limits may cross, be infinite, missing or NaN, with NaN
and infinities in bias, shift and what is added, in the image where no tile spreads them, and in weights of one pixel.
The largest error must stay within 2e-5 of the output's range, NaN and infinities be the same, and the bits must not
depend on the number of threads.
"""

import itertools
import math
import random

import libiou
import numpy as np
import pytest
from onnxruntime_compare import fault
from random_graph import LIMITS, Chain

TOLERANCE = 2e-5
# Input and output channels of a group; groups; size of the map.
GROUPS = ((4, 4, 32), (8, 8, 32), (16, 16, 32), (32, 32, 4), (24, 24, 3), (40, 40, 2), (56, 56, 2), (1, 2, 20),
          (1, 4, 9), (2, 2, 7), (3, 3, 5), (5, 3, 4), (10, 20, 3), (20, 5, 3), (12, 4, 6), (1, 1, 37), (1, 1, 1),
          (1, 1, 96), (3, 16, 1), (7, 9, 2))
MOST = 20_000_000  # multiplications of a case
PARTS = 12  # of the cases, which one draw decides one after the other


def make_chain(seed: int, op: str, arrays: dict[str, np.ndarray], given: str, attributes: dict) -> Chain:
    """`arrays`: x, w and perhaps b; `given`: the letters of those that are inputs of the graph, not constants."""
    chain = Chain(seed)
    if chain.draw.random() < 0.3:
        spoil(chain, op, arrays, attributes)
    names = [chain.feed(array) if name in given else chain.constant(array) for name, array in arrays.items()]
    chain.add(op, *names[1:], **attributes)
    if chain.draw.random() < 0.8:
        add_epilogue(chain)
    return chain


def spoil(chain: Chain, op: str, arrays: dict[str, np.ndarray], attributes: dict) -> None:
    """NaN and infinities where they reach the output as they are: a tile of Winograd's spreads those of the image, and
    the
    zeros of padding make NaN of those in weights."""
    kernel = arrays["w"].shape[2:]
    names = ["b"]
    if op == "ConvTranspose" or attributes.get("group", 1) > 1 or kernel[-1] != 3:
        names.append("x")
    if max(kernel) == 1 and not any(attributes.get("pads", [0])) and attributes.get("auto_pad", "NOTSET") == "NOTSET":
        names.append("w")
    for name in names:
        if name in arrays:
            places = chain.arrays.choice(arrays[name].size, min(3, arrays[name].size), replace=False)
            arrays[name].flat[places] = chain.arrays.permutation([np.nan, np.inf, -np.inf])[:len(places)]


def add_epilogue(chain: Chain) -> None:
    _, _, shape = libiou.Model(chain.model(chain.nodes, [chain.value])).outputs[0]
    if chain.draw.random() < 0.4:
        channels = shape[1]
        vectors = [chain.array(channels), chain.rarely_spoiled(channels, chance=0.3), chain.array(channels),
                   np.abs(chain.array(channels)) + np.float32(0.1)]
        epsilon = chain.draw.choice((1e-5, 1e-5, 0.0))
        if epsilon == 0:  # channel 0 is multiplied by infinity
            vectors[2][0] = vectors[3][0] = 0
        chain.add("BatchNormalization", *map(chain.constant, vectors), epsilon=epsilon)
    if chain.nodes[0].op_type == "Conv":  # of ConvTranspose, ONNX Runtime infers shapes that it does not compute
        chain.residual(shape, 0.4)
    chain.activation(last=True)


CLAMPED = {  # weight, group, and other attributes
    "product": ([33, 40, 1, 1], 1, {}),
    "winograd": ([33, 40, 3, 3], 1, {"pads": [1] * 4}),
    "strided": ([33, 40, 3, 3], 1, {"strides": [2, 2]}),
    "few channels": ([33, 3, 3, 3], 1, {"pads": [1] * 4, "strides": [2, 2]}),
    "depthwise": ([40, 1, 3, 3], 40, {"pads": [1] * 4}),
    "depthwise of five": ([40, 1, 5, 5], 40, {}),
    "grouped": ([40, 4, 3, 3], 10, {"pads": [1] * 4}),
    "wide groups": ([32, 20, 3, 3], 2, {}),
}


def clamped_chain(weight: list[int], group: int, attributes: dict) -> tuple[Chain, list[str]]:
    """One convolution, with and without an addition, before a Clip with any two limits; and the outputs."""
    chain = Chain(3)
    x, bias = chain.input(1, weight[1] * group, 9, 11), chain.array(weight[0])
    bias[:24:3] = [np.nan, np.inf, -np.inf, -0.0] * 2
    shared = [chain.constant(array) for array in (chain.array(*weight) / math.sqrt(math.prod(weight[1:])), bias)]
    added, outputs = None, []
    for has_sum, low, high in itertools.product((False, True), LIMITS, LIMITS):
        chain.value = x
        chain.add("Conv", *shared, group=group, **attributes)
        if has_sum and added is None:
            added = chain.feed(chain.spoiled(*libiou.Model(chain.model(chain.nodes, [chain.value])).outputs[0][2]))
        if has_sum:
            chain.add("Add", added)
        chain.add("Clip", *("" if end is None else chain.constant(np.float32(end)) for end in (low, high)))
        outputs.append(chain.value)
    return chain, outputs


def some_window(draw: random.Random, spatial: int) -> dict:
    """Attributes that Conv and ConvTranspose share."""
    kernel = [draw.choice((1, 2, 3, 3, 3, 4, 5)) for _ in range(spatial)]
    attributes = {"strides": [draw.choice((1, 1, 2, 3)) for _ in range(spatial)],
                  "dilations": [draw.choice((1, 1, 1, 2, 3)) for _ in range(spatial)]}
    if draw.random() < 0.5:
        attributes["kernel_shape"] = kernel
    return attributes | {"kernel": kernel}


def reach(window: dict, i: int) -> int:
    return (window["kernel"][i] - 1) * window["dilations"][i] + 1


def conv_case(draw: random.Random, shape, spatial: int, batch: int):
    ins, outs, group = shape
    window = some_window(draw, spatial)
    pads = [draw.randint(0, 2) for _ in range(2 * spatial)]
    size = [max(draw.randint(1, (40, 20, 7)[spatial - 1]), reach(window, i) - pads[i] - pads[spatial + i])
            for i in range(spatial)]
    auto = draw.choice(("NOTSET", "NOTSET", "SAME_UPPER", "SAME_LOWER"))
    attributes = {"group": group, "auto_pad": auto} | window
    if auto == "NOTSET":
        attributes["pads"] = pads
    elif max(window["dilations"]) > 1:
        attributes["auto_pad"] = "NOTSET"  # ONNX Runtime refuses the pair
        attributes["pads"] = pads
    return "Conv", [batch, ins * group, *size], [outs * group, ins], outs * group, attributes


def transpose_case(draw: random.Random, shape, spatial: int, batch: int):
    ins, outs, group = shape
    window = some_window(draw, spatial)
    size = [draw.randint(1, (30, 12, 5)[spatial - 1]) for _ in range(spatial)]
    strides = window["strides"]
    attributes = {"group": group} | window
    natural = [(size[i] - 1) * strides[i] + reach(window, i) for i in range(spatial)]
    kind = draw.randint(0, 3)
    if kind == 0:
        pads = [min(draw.randint(0, 2), (natural[i % spatial] - 1) // 2) for i in range(2 * spatial)]
        attributes["pads"] = pads
    elif kind == 1:
        attributes["output_padding"] = [draw.randint(0, stride - 1) for stride in strides]
    elif kind == 2:
        attributes["output_shape"] = [max(1, n - draw.randint(0, 3)) for n in natural]
        attributes["auto_pad"] = draw.choice(("NOTSET", "SAME_UPPER", "SAME_LOWER"))
    else:
        attributes["auto_pad"] = draw.choice(("VALID", "SAME_UPPER", "SAME_LOWER"))
    return "ConvTranspose", [batch, ins * group, *size], [ins * group, outs], outs * group, attributes


def all_cases(draw: random.Random):
    for case, group, spatial, batch in itertools.product((conv_case, transpose_case), GROUPS, (1, 2, 3), (1, 3)):
        yield case(draw, group, spatial, batch)
    # Products with few rows at a time.
    yield "Conv", [2, 17, 61, 47], [300, 17], 300, {"kernel": [1, 1]}
    yield "Conv", [1, 16, 121, 119], [300, 16], 300, {"kernel": [3, 3], "strides": [2, 2]}
    # Winograd's filtering but for the slices of padding behind the only one of the image.
    for batch in (1, 2, 3, 4):
        yield "Conv", [batch, 40, 1, 8, 8], [40, 40], 40, {"kernel": [1, 3, 3], "pads": [0, 1, 1, 2, 1, 1]}


def all_chains():
    """The number, name and chain of each case; all depend on those before."""
    draw, random_array = random.Random(5), np.random.default_rng(5)
    for seed, (op, image, weight, channels, attributes) in enumerate(all_cases(draw)):
        weight += attributes.pop("kernel")
        shapes = {"x": image, "w": weight} | ({"b": [channels]} if draw.random() < 0.7 else {})
        arrays = {name: random_array.normal(0, 1, shape).astype(np.float32) for name, shape in shapes.items()}
        if arrays["x"].size * arrays["w"].size // weight[0] > MOST * 4:
            continue
        given = "x" + draw.choice(("", "", "w", "b", "wb"))
        name = f"{op} {image} by {weight}, {given} given, {attributes}"
        yield seed, name, lambda: make_chain(seed, op, arrays, given, attributes)


@pytest.mark.parametrize("part", range(PARTS))
def test_against_onnxruntime(part, isas, tally):
    for seed, name, make in all_chains():
        if seed % PARTS != part:
            continue
        chain = make()
        try:
            found = fault(chain.model(chain.nodes, [chain.value]), chain.inputs, isas, TOLERANCE)
        except (libiou.IoUError, RuntimeError) as error:
            found = str(error)
        behind = " ".join(node.op_type for node in chain.nodes[1:])
        tally.add(f"{name}, then {behind or 'nothing'}", found)


@pytest.mark.parametrize("kind", CLAMPED)
def test_clamped(kind, isas):
    chain, outputs = clamped_chain(*CLAMPED[kind])
    found = fault(chain.model(chain.nodes, outputs), chain.inputs, isas, TOLERANCE)
    assert not found, found
