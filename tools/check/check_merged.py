"""Convolutions that share filters over the maps of a pyramid, against ONNX Runtime.

A head of some shared convolutions over maps of many sizes, whose nodes come level by level, layer by layer or in any
order that their inputs allow; with branches, biases, activations and pads of many kinds, sometimes with what keeps a
layer from running as one step: a bias, an activation or a residual of one level, a level whose map comes from another's
output. Every instruction set of this processor, one, two and five threads. The largest error must stay within 2e-5 of an
output's range, the bits must not depend on the number of threads, and the profile must show as many maps a step as
there are levels, where nothing keeps them apart. Prints faults, then "N passed, N failed"; exits with 1 after a failure.
"""

from onnx import NodeProto, helper

import libiou
from check_conv import fault
from random_graph import RandomGraph
from tally import Tally

CASES = 200


class Pyramid(RandomGraph):
    """Layers over the maps of some levels."""

    def __init__(self, seed: int):
        super().__init__(seed)
        self.nodes = []  # (level, layer, node)
        self.channels = self.draw.choice((24, 33, 40))
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
            size = [(length + 1) // 2 for length in size]
        return levels

    def add_layer(self, layer: int, maps: list[str]) -> list[str]:
        weights = self.constant(self.array(self.channels, self.channels, 3, 3) / 17)
        bias = [self.constant(self.array(self.channels))] if self.draw.random() < 0.8 else []
        pad = self.draw.choice(({"pads": [1] * 4}, {"pads": [1] * 4}, {"auto_pad": "SAME_UPPER"}, {"pads": [2, 1, 1, 2]}))
        activation = self.draw.choice(("", "Relu", "Sigmoid"))
        made = []
        for level, value in enumerate(maps):
            own = [self.constant(self.array(self.channels))] if self.rarely() else bias
            if level and self.rarely():  # its map comes from the level before
                value = self.add(level, layer, "MaxPool", [made[-1]], kernel_shape=[1, 1], strides=[2, 2])
            value = self.add(level, layer, "Conv", [value, weights, *own], **pad)
            if self.rarely():
                value = self.add(level, layer, "Add", [value, value])
            chosen = "Relu" if self.rarely() else activation
            made.append(self.add(level, layer, chosen, [value]) if chosen else value)
        return made

    def ordered(self) -> list[NodeProto]:
        """The nodes level by level, layer by layer, or in a random order; always behind their inputs."""
        key = self.draw.choice((lambda n: n[:2], lambda n: (n[1], n[0]), lambda n: self.draw.random()))
        left, known = sorted(self.nodes, key=key), {*self.inputs, *(c.name for c in self.constants)}
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
        for _ in range(pyramid.draw.randint(1, 4)):
            maps = pyramid.add_layer(layers, maps)
            layers += 1
        outputs += maps
    model = pyramid.model(pyramid.ordered(), outputs)
    session = libiou.Session(model, profile=True)
    session.run(pyramid.inputs)
    convolutions = [step["algorithm"] for step in session.profile() if step["type"].startswith("Conv")]
    merged = [algorithm for algorithm in convolutions if algorithm.endswith(f" x{len(levels)}")]
    if not pyramid.apart and not len(merged) == len(convolutions) == layers:
        return f"{len(merged)} of {len(convolutions)} steps took {len(levels)} maps, not {layers}"
    return fault(model, pyramid.inputs, isas)


def main() -> None:
    tally, isas = Tally(quiet=True), libiou.available_isas()
    for seed in range(CASES):
        tally.add(f"case {seed}", case_fault(seed, isas))
    tally.finish()


if __name__ == "__main__":
    main()
