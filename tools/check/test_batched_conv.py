"""Convolutions that share filters over the maps of a pyramid, against ONNX Runtime.

A head of some shared convolutions over maps of many sizes, whose nodes come level by level, layer by layer or in any
order that their inputs allow; with branches, biases, activations and pads of many kinds; in the last layer limits that
cross, are infinite, missing or NaN, and NaN and infinities in the bias (tiles would spread them in a next one);
sometimes with what keeps a layer from running as one step: a bias, an activation or a residual of one level, a level
whose map comes from another's output, maps that are no pyramid's. Every instruction set of this processor, one, two and
five threads, fused and node by node. The largest error must stay within 5e-5 of an output's range, the bits must not
depend on the number of threads, and the profile must show as many maps a step as there are levels, where nothing keeps
them apart.
"""

import math

import libiou
import numpy as np
import pytest
from onnx import NodeProto, helper
from onnxruntime_compare import fault
from random_graph import RandomGraph

CASES = 200
TOLERANCE = 5e-5  # of up to six layers, one behind the other


class Pyramid(RandomGraph):
    """Layers over the maps of some levels."""

    def __init__(self, seed: int):
        super().__init__(seed)
        self.nodes = []  # (level, layer, node)
        self.channels = self.draw.choice((24, 33, 40))
        self.sizes = []  # of the maps, by level
        self.alone = 0  # convolutions that share filters with what waits for them
        self.apart = False  # whether something may keep the levels apart

    def add(self, level: int, layer: int, op: str, inputs: list[str], **attributes) -> str:
        name = f"{op}{len(self.nodes)}"
        self.nodes.append((level, layer, helper.make_node(op, inputs, [name], name, **attributes)))
        return name

    def rarely(self) -> bool:
        """For what keeps levels apart."""
        chosen = self.draw.random() < 0.04
        self.apart = self.apart or chosen
        return chosen

    def make_levels(self) -> list[str]:
        batch, size = self.draw.choice((1, 1, 2)), [self.draw.randint(1, 60), self.draw.randint(1, 60)]
        levels = []
        for _ in range(self.draw.randint(2, 6)):
            levels.append(self.input(batch, self.channels, *size))
            self.sizes.append(size)
            size = [(length + 1) // 2 for length in size]
        if self.draw.random() < 0.2:
            levels[-1] = self.add_chain(levels[-1])
        return levels

    def add_chain(self, value: str) -> str:
        """The same convolution twice, one behind the other."""
        weights = self.constant(self.array(self.channels, self.channels, 3, 3) / 17)
        for _ in range(2):
            value = self.add(-1, -1, "Conv", [value, weights], pads=[1] * 4)
            self.alone += 1
        return value

    def note_sizes(self, window: dict) -> None:
        grown = sum(window["pads"]) // 2 - 2 if "pads" in window else 0
        self.sizes = [[length + grown for length in size] for size in self.sizes]
        areas = [math.prod(size) for size in self.sizes]
        self.apart = self.apart or sum(areas) > 2 * max(areas)

    def add_layer(self, layer: int, maps: list[str], last: bool) -> list[str]:
        weights = self.constant(self.array(self.channels, self.channels, 3, 3) / 17)
        numbers = self.rarely_spoiled(self.channels, chance=0.3 * last)
        bias = [self.constant(numbers)] if self.draw.random() < 0.8 else []
        pad = self.draw.choice(
            ({"pads": [1] * 4}, {"pads": [1] * 4}, {"auto_pad": "SAME_UPPER"}, {"pads": [2, 1, 1, 2]})
        )
        self.note_sizes(pad)
        activation = self.draw.choice(("", "Relu", "Sigmoid", "Clip"))
        limits = self.limits() if last else [self.constant(np.float32(end)) for end in (-0.5, 2)]
        made = []
        for level, value in enumerate(maps):
            own = [self.constant(self.array(self.channels))] if self.rarely() else bias
            if level and not last and self.rarely():  # its map comes from the level before
                value = self.add(level, layer, "MaxPool", [made[-1]], kernel_shape=[1, 1], strides=[2, 2])
            wide = {"auto_pad": "NOTSET", "pads": [2] * 4, "dilations": [2, 2]} if self.rarely() else {}
            value = self.add(level, layer, "Conv", [value, weights, *own], **pad | wide)
            if self.rarely():
                value = self.add(level, layer, "Add", [value, value])
            chosen = "Relu" if self.rarely() else activation
            others = limits if chosen == "Clip" else []
            made.append(self.add(level, layer, chosen, [value, *others]) if chosen else value)
        return made

    def ordered(self) -> list[NodeProto]:
        """The nodes level by level, layer by layer, or in a random order; always behind their inputs."""
        key = self.draw.choice((lambda n: n[:2], lambda n: (n[1], n[0]), lambda n: self.draw.random()))
        left, known = sorted(self.nodes, key=key), {"", *self.inputs, *(c.name for c in self.constants)}
        ordered = []
        while left:
            item = next(item for item in left if known.issuperset(item[2].input))
            left.remove(item)
            known.update(item[2].output)
            ordered.append(item[2])
        return ordered


def case_fault(seed: int, isas: list[str]) -> str:
    pyramid = Pyramid(seed)
    levels = pyramid.make_levels()
    outputs, layers = [], 0
    for _ in range(pyramid.draw.randint(1, 2)):  # branches
        maps = levels
        depth = pyramid.draw.randint(1, 4)
        for layer in range(depth):
            maps = pyramid.add_layer(layers, maps, last=layer == depth - 1)
            layers += 1
        outputs += maps
    model = pyramid.model(pyramid.ordered(), outputs)
    session = libiou.Session(model, profile=True)
    session.run(pyramid.inputs)
    convolutions = [step["algorithm"] for step in session.profile() if step["type"].startswith("Conv")]
    batched = [algorithm for algorithm in convolutions if algorithm.endswith(f" x{len(levels)}")]
    together = len(convolutions) - pyramid.alone
    if isas[-1] not in libiou.PLAIN and not pyramid.apart and not len(batched) == together == layers:
        return f"{len(batched)} of {together} steps took {len(levels)} maps, not {layers}"
    return fault(model, pyramid.inputs, isas, TOLERANCE)


def bounds_fault(isas: list[str]) -> str:
    """Levels whose bounds differ in NaN alone."""
    graph, nodes = RandomGraph(0), []
    weights, six = graph.constant(graph.array(40, 40, 3, 3)), graph.constant(np.float32(6))
    for i, bound in enumerate((np.nan, 0)):
        value, low = graph.input(1, 40, 8 >> i, 8 >> i), graph.constant(np.float32(bound))
        nodes += [helper.make_node("Conv", [value, weights], [f"sum{i}"], pads=[1] * 4),
                  helper.make_node("Clip", [f"sum{i}", low, six], [f"y{i}"])]
    model = graph.model(nodes, ["y0", "y1"])
    for isa in isas:
        if not (least := libiou.Session(model, isa=isa).run(graph.inputs)["y1"].min()) >= 0:
            return f"{isa}: {least} is less than the bound"
    return ""


def memory_fault(_: list[str]) -> str:
    """Maps that all are large share filters: they must not all live at once."""
    graph, nodes, outputs = RandomGraph(0), [], []
    filters = [graph.constant(graph.array(64, 64, 3, 3) / 24) for _ in range(3)]
    for tower in range(16):
        value = graph.input(1, 64, 64, 64)
        for weights in filters:
            nodes.append(helper.make_node("Conv", [value, weights], [f"v{len(nodes)}"], pads=[1] * 4))
            value = nodes[-1].output[0]
        nodes.append(helper.make_node("GlobalAveragePool", [value], [f"y{tower}"]))
        outputs.append(f"y{tower}")
    session = libiou.Session(graph.model(nodes, outputs))
    session.run(graph.inputs)
    values = session.memory()[0]
    return "" if values < 5 * 64**3 * 4 else f"{values} bytes of intermediate values"


@pytest.mark.parametrize("seed", range(CASES))
def test_pyramid(seed, isas):
    found = case_fault(seed, isas)
    assert not found, found


@pytest.mark.parametrize("check", [bounds_fault, memory_fault])
def test_levels(check, isas):
    found = check(isas)
    assert not found, found
