"""Values that are parts of the channels of larger ones, against ONNX Runtime.

Random graphs of convolutions of every algorithm, pooling, Resize, additions, activations, and what else reads a map,
between Split and Slice, whose outputs are parts of their input, and Concat, whose inputs are parts of its output: parts
of parts, the same part twice, parts with readers that need them dense or in plain order, parts that are the model's
outputs. Every instruction set of this processor, one, two and five threads. The largest error must stay within 5e-5 of
the output's range, and the bits must be those of the graph node by node, where nothing is a part. The blocks of known
detectors must copy nothing.
"""

import libiou
import numpy as np
import pytest
from onnx import helper
from onnxruntime_compare import fault
from random_graph import RandomGraph

CASES = 300
OPSET = 18
TOLERANCE = 5e-5
MOST_CHANNELS = 200

COPIES = ("Concat", "Split", "Slice")


class Parts(RandomGraph):
    """Maps of one batch, by name: channels, height, width."""

    def __init__(self, seed: int):
        super().__init__(seed)
        self.nodes, self.maps, self.read = [], {}, set()
        self.batch = self.draw.choice((1, 1, 2))
        self.rounds = False  # whether there may be what rounds otherwise when it is fused

    def add(self, op: str, *inputs: str, outputs: int = 1, **attributes) -> list[str]:
        names = [f"v{len(self.nodes)}_{i}" for i in range(outputs)]
        self.nodes.append(helper.make_node(op, inputs, names, names[0], **attributes))
        self.read.update(inputs)
        return names

    def note(self, name: str, *shape: int) -> str:
        self.maps[name] = shape
        return name

    def numbers(self, *values: int) -> str:
        return self.constant(np.array(values, np.int64))

    def start(self, channels: int, height: int, width: int) -> str:
        return self.note(self.input(self.batch, channels, height, width), channels, height, width)

    def activation(self, value: str) -> str:
        kind = self.draw.choice(("", "Relu", "Clip") + ("Silu", "Sigmoid") * self.rounds)
        if kind == "Silu":
            return self.add("Mul", value, self.add("Sigmoid", value)[0])[0]
        limits = [self.constant(np.float32(end)) for end in (-1, 2)] if kind == "Clip" else []
        return self.add(kind, value, *limits)[0] if kind else value

    def conv(self, x: str, outs: int, kernel: int = 3, stride: int = 1, group: int = 1, add: str = "",
             act: bool = True) -> str:
        ins, *size = self.maps[x]
        weight = self.array(outs, ins // group, kernel, kernel) / np.sqrt(np.float32(ins // group * kernel**2))
        value = self.add("Conv", x, self.constant(weight), self.constant(self.array(outs)), group=group,
                         strides=[stride] * 2, pads=[kernel // 2] * 4)[0]
        if act:
            value = self.activation(value)
        if add:
            value = self.add("Add", *self.draw.sample((value, add), 2))[0]
        return self.note(value, outs, *((length - 1) // stride + 1 for length in size))

    def split(self, x: str, *sizes: int) -> list[str]:
        _, *size = self.maps[x]
        if self.draw.random() < 0.4:
            parts, at = [], 0
            for length in sizes:
                parts += self.add("Slice", x, self.numbers(at), self.numbers(at + length), self.numbers(1))
                at += length
        else:
            parts = self.add("Split", x, self.numbers(*sizes), outputs=len(sizes), axis=self.draw.choice((1, -3)))
        return [self.note(part, length, *size) for part, length in zip(parts, sizes)]

    def concat(self, *parts: str) -> str:
        value = self.add("Concat", *parts, axis=1)[0]
        return self.note(value, sum(self.maps[part][0] for part in parts), *self.maps[parts[0]][1:])

    def pool(self, x: str, op: str, kernel: int, stride: int = 1) -> str:
        channels, *size = self.maps[x]
        value = self.add(op, x, kernel_shape=[kernel] * 2, strides=[stride] * 2, pads=[kernel // 2] * 4)[0]
        return self.note(value, channels, *((length - 1) // stride + 1 for length in size))

    def resize(self, x: str, mode: str) -> str:
        channels, *size = self.maps[x]
        scales = self.constant(np.array([1, 1, 2, 2], np.float32))
        value = self.add("Resize", x, "", scales, mode=mode, coordinate_transformation_mode="asymmetric",
                         nearest_mode="floor")[0]
        return self.note(value, channels, *(2 * length for length in size))

    # Blocks of detectors.

    def c2f(self, x: str, half: int, count: int) -> str:
        parts = self.split(self.conv(x, 2 * half, 1), half, half)
        for _ in range(count):
            parts.append(self.conv(self.conv(parts[-1], half), half, add=self.draw.choice(("", parts[-1]))))
        return self.conv(self.concat(*parts), 2 * half, 1)

    def elan(self, x: str, width: int) -> str:
        parts = [self.conv(x, width, 1), self.conv(x, width, 1)]
        for _ in range(2):
            parts.append(self.conv(self.conv(parts[-1], width), width))
        self.draw.shuffle(parts)
        return self.conv(self.concat(*parts), width, 1)

    def nested(self, x: str, width: int) -> str:
        inner = self.concat(self.conv(x, width), self.conv(x, 2 * width, 1))
        return self.conv(self.concat(self.conv(x, width, 1), inner, self.pool(inner, "MaxPool", 3)), width, 1)

    def sppf(self, x: str, width: int) -> str:
        parts = [self.conv(x, width, 1)]
        for _ in range(3):
            parts.append(self.pool(parts[-1], "MaxPool", 5))
        return self.conv(self.concat(*parts), width, 1)

    def fpn(self, x: str, width: int) -> str:
        fine = self.conv(self.resize(x, "linear"), width)
        coarse = self.conv(fine, width, stride=2)
        top = self.concat(self.resize(coarse, "nearest"), fine)
        down = self.concat(self.conv(top, width, stride=2), coarse)
        return self.conv(down, width, 1)

    # Random graphs.

    def pick(self, most: int = MOST_CHANNELS) -> str:
        return self.draw.choice([name for name, shape in self.maps.items() if shape[0] <= most])

    def like(self, x: str, same: bool) -> list[str]:
        return [name for name, shape in self.maps.items()
                if (shape == self.maps[x] if same else shape[1:] == self.maps[x][1:] and shape[0] < MOST_CHANNELS)]

    def random_conv(self) -> None:
        x = self.pick()
        ins, outs = self.maps[x][0], self.draw.choice((8, 16, 17, 24, 32, 40, 64))
        kind = self.draw.choice(("plain", "plain", "plain", "depthwise", "grouped"))
        groups = [group for group in (2, 3, 4, 8) if ins % group == 0]
        if kind == "depthwise":
            self.conv(x, ins, self.draw.choice((3, 5)), self.draw.choice((1, 1, 2)), group=ins)
        elif kind == "grouped" and groups:
            group = self.draw.choice(groups)
            self.conv(x, group * self.draw.randint(1, 12), self.draw.choice((1, 3)), group=group)
        else:
            stride = self.draw.choice((1, 1, 1, 2))
            add = self.draw.choice(["", *self.like(x, True)]) if stride == 1 else ""
            self.conv(x, self.maps[add][0] if add else outs, self.draw.choice((1, 3, 3, 5)), stride, add=add)

    def random_split(self) -> None:
        x = self.pick()
        channels = self.maps[x][0]
        if channels >= 3:
            ends = sorted(self.draw.sample(range(1, channels), self.draw.randint(1, 2)))
            self.split(x, *np.diff([0, *ends, channels]).tolist())

    def random_concat(self) -> None:
        others = self.like(self.pick(), False)
        parts = [self.draw.choice(others) for _ in range(self.draw.randint(2, 4))] if others else []
        recent = others[-self.draw.randint(2, 4):]
        parts = self.draw.choice((parts, recent, recent))
        if parts:
            self.concat(*parts)

    def random_pool(self) -> None:
        x = self.pick()
        if self.draw.random() < 0.3 and self.maps[x][1] < 16:
            self.resize(x, self.draw.choice(("nearest", "nearest", "linear")))
        else:
            self.pool(x, self.draw.choice(("MaxPool", "AveragePool")), self.draw.choice((1, 3, 5)),
                      self.draw.choice((1, 1, 2)))

    def random_other(self) -> None:
        """What needs a map dense, or in plain order."""
        x = self.pick()
        kinds = ("Softmax", "GlobalAveragePool") * self.rounds  # their sums have another order in another layout
        kind = self.draw.choice(("Relu", "Add", "Identity", "reshape", "Transpose", *kinds))
        if kind == "reshape":
            flat = self.add("Reshape", x, self.numbers(0, 0, -1))[0]
            self.note(self.add("Reshape", flat, self.numbers(0, *self.maps[x]))[0], *self.maps[x])
        elif kind == "Transpose":
            self.add(kind, x, perm=self.draw.choice(([0, 2, 3, 1], [0, 1, 3, 2])))
        elif kind == "GlobalAveragePool":
            self.add(kind, x)
        else:
            others = [self.draw.choice(self.like(x, True))] * (kind == "Add")
            value = self.add(kind, x, *others, **({"axis": 1} if kind == "Softmax" else {}))[0]
            self.note(value, *self.maps[x])

    def outputs(self) -> list[str]:
        """What nobody reads, and some of what somebody does."""
        made = [name for node in self.nodes for name in node.output]
        return [name for name in made if name not in self.read or (name in self.maps and self.draw.random() < 0.08)]


def random_case(seed: int) -> Parts:
    graph = Parts(seed)
    graph.rounds = graph.draw.random() < 0.5
    graph.start(graph.draw.choice((3, 8, 16, 24)), graph.draw.randint(1, 24), graph.draw.randint(1, 24))
    steps = (graph.random_conv, graph.random_conv, graph.random_conv, graph.random_split, graph.random_concat,
             graph.random_concat, graph.random_pool, graph.random_other)
    blocks = (lambda x: graph.c2f(x, 8, 2), lambda x: graph.elan(x, 12), lambda x: graph.nested(x, 9),
              lambda x: graph.sppf(x, 16), lambda x: graph.fpn(x, 20))
    for _ in range(graph.draw.randint(4, 20)):
        if graph.draw.random() < 0.1:
            graph.draw.choice(blocks)(graph.pick())
        else:
            graph.draw.choice(steps)()
    return graph


def bits_fault(model: bytes, inputs: dict[str, np.ndarray], isas: list[str]) -> str:
    """Where bits differ from those of the graph node by node."""
    for isa in isas:
        plain = libiou.Session(model, isa=isa, no_optimize=True).run(inputs)
        ours = libiou.Session(model, isa=isa, threads=2).run(inputs)
        for name, array in plain.items():
            if array.tobytes() != ours[name].tobytes():
                return f"{isa}: {name}: bits differ from those of the graph node by node"
    return ""


@pytest.mark.parametrize("seed", range(CASES))
def test_parts(seed, isas):
    graph = random_case(seed)
    if not (outputs := graph.outputs()):
        return
    model = graph.model(graph.nodes, outputs, OPSET)
    found = fault(model, graph.inputs, isas, TOLERANCE)
    if not found and not graph.rounds:
        found = bits_fault(model, graph.inputs, isas)
    assert not found, found


def copies_of(session: libiou.Session) -> list[str]:
    return [step["type"] for step in session.profile() if step["type"] in COPIES or step["algorithm"] == "to dense"]


BLOCKS = {
    "c2f": lambda graph, x: graph.c2f(x, 16, 2),
    "c2f of odd widths": lambda graph, x: graph.c2f(x, 13, 3),
    "elan": lambda graph, x: graph.elan(x, 24),
    "nested": lambda graph, x: graph.nested(x, 16),
    "sppf": lambda graph, x: graph.sppf(x, 32),
    "fpn": lambda graph, x: graph.fpn(x, 24),
}


@pytest.mark.parametrize("block", BLOCKS)
@pytest.mark.parametrize("rounds", [False, True])
def test_blocks(block, rounds, isas):
    graph = Parts(0)
    graph.rounds = rounds
    x = graph.conv(graph.start(16, 20, 22), 32)
    graph.conv(BLOCKS[block](graph, x), 16, act=False)
    model = graph.model(graph.nodes, graph.nodes[-1].output, OPSET)
    found = fault(model, graph.inputs, isas, TOLERANCE)
    assert not found, found
    session = libiou.Session(model, profile=True)
    session.run(graph.inputs)
    copies = copies_of(session)
    assert not copies, f"{block} copies: {copies}"


def add_inverted_residual(graph: Parts) -> tuple[list[str], str]:
    """An inverted residual, whose three convolutions are one step, from one part of a map to one of another."""
    a, b = graph.split(graph.conv(graph.start(16, 64, 66), 32, 1), 16, 16)
    wide = graph.conv(graph.conv(b, 128, 1), 128, group=128)
    value = graph.concat(a, graph.conv(wide, 24, 1), graph.conv(a, 9))
    return [graph.conv(value, 16, 1)], "3 fused 3x3"


def add_pyramid(graph: Parts) -> tuple[list[str], str]:
    """Convolutions that share filters, one step, from parts of maps to parts of others."""
    weights = graph.constant(graph.array(32, 32, 3, 3) / 17)
    outputs = []
    for size in (24, 12, 6):
        a, b = graph.split(graph.conv(graph.start(16, size, size), 48, 1), 32, 16)
        value = graph.note(graph.add("Conv", a, weights, pads=[1] * 4)[0], 32, size, size)
        outputs.append(graph.conv(graph.concat(b, value), 16, 1))
    return outputs, "winograd 6 3x3 x3"


@pytest.mark.parametrize("build", [add_inverted_residual, add_pyramid])
def test_steps_of_several_nodes(build, isas):
    graph = Parts(1)
    outputs, algorithm = build(graph)
    model = graph.model(graph.nodes, outputs, OPSET)
    found = fault(model, graph.inputs, isas, TOLERANCE)
    assert not found, found
    session = libiou.Session(model, profile=True)
    session.run(graph.inputs)
    assert set(copies_of(session)) <= {"Concat"}  # of a part that has to stay where it is
    steps = [step["algorithm"] for step in session.profile()]
    assert algorithm in steps or isas[-1] in libiou.PLAIN, f"no step is '{algorithm}': {steps}"


@pytest.mark.parametrize("kernel", [1, 3, 5])
def test_last_use(kernel, isas):
    """A part whose last reader adds it: what that computes must not take its place, nor that of its whole."""
    graph, outputs = Parts(2), []
    for channels in (16, 24):
        a, b = graph.split(graph.conv(graph.start(8, 40, 40), 2 * channels, 1), channels, channels)
        for part in (a, b):
            part = graph.conv(graph.conv(a, channels), channels, kernel, add=part, act=False)
            outputs.append(graph.conv(part, 16, 1))
    found = fault(graph.model(graph.nodes, outputs, OPSET), graph.inputs, isas, TOLERANCE)
    assert not found, found
