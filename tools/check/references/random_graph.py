"""A model of random constants under construction, for the checks that make their own graphs."""

import random
from collections.abc import Sequence

import numpy as np
from onnx import NodeProto, TensorProto, helper, numpy_helper

# Of a Clip: left out, infinite, no number; any two of them may cross.
LIMITS = (None, -np.inf, -1, 0, 0.5, 3, np.inf, np.nan)


class RandomGraph:
    """What a seed decides: `draw` for choices, `arrays` for numbers; and the model's inputs and constants so far."""

    def __init__(self, seed: int):
        self.draw, self.arrays = random.Random(seed), np.random.default_rng(seed)
        self.constants, self.inputs = [], {}

    def array(self, *shape: int) -> np.ndarray:
        return self.arrays.normal(0, 1, shape).astype(np.float32)

    def spoiled(self, *shape: int) -> np.ndarray:
        """An array with NaN and infinities here and there."""
        array = self.array(*shape)
        for number in (np.nan, np.inf, -np.inf):
            array[self.arrays.random(shape) < 0.07] = number
        return array

    def rarely_spoiled(self, *shape: int, chance: float = 0.15) -> np.ndarray:
        return self.spoiled(*shape) if self.draw.random() < chance else self.array(*shape)

    def limits(self, missing: bool = True) -> list[str]:
        """What a Clip gets besides its input: often 0 and 6, else any two of LIMITS, which are left out with `missing`
        alone: the largest float in their place is no input for sums."""
        ends = (0, 6)
        if self.draw.random() < 0.6:
            ends = [self.draw.choice(LIMITS[not missing:]) for _ in range(2)]
        return ["" if end is None else self.constant(np.float32(end)) for end in ends]

    def constant(self, array: np.ndarray) -> str:
        self.constants.append(numpy_helper.from_array(array, f"c{len(self.constants)}"))
        return self.constants[-1].name

    def feed(self, array: np.ndarray) -> str:
        name = f"x{len(self.inputs)}"
        self.inputs[name] = array
        return name

    def input(self, *shape: int) -> str:
        return self.feed(self.array(*shape))

    def model(self, nodes: Sequence[NodeProto], outputs: Sequence[str], opset: int = 17) -> bytes:
        inputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, array.shape)
                  for name, array in self.inputs.items()]
        values = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs]
        graph = helper.make_graph(nodes, "check", inputs, values, self.constants)
        sets = [helper.make_opsetid("", opset)]
        return helper.make_model(graph, opset_imports=sets, ir_version=8).SerializeToString()


class Chain(RandomGraph):
    """Nodes one behind the other."""

    def __init__(self, seed: int):
        super().__init__(seed)
        self.nodes, self.value = [], "x0"

    def add(self, op: str, *others: str, **attributes) -> None:
        name = f"v{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, [self.value, *others], [name], name, **attributes))
        self.value = name

    def residual(self, shape: Sequence[int], chance: float) -> bool:
        """Perhaps an addition of an input; whether there is one."""
        chosen = self.draw.random() < chance
        if chosen:
            self.add("Add", self.feed(self.rarely_spoiled(*shape)))
        return chosen

    def activation(self, last: bool) -> None:
        """One that a step may end with, or none; `last`: nothing but the output comes behind it."""
        kind = self.draw.choice(("", "Relu", "Clip", "Clip", "Sigmoid"))
        if kind:
            self.add(kind, *(self.limits(missing=last) if kind == "Clip" else []))
