"""A model of random constants under construction, for the checks that make their own graphs."""

import random
from collections.abc import Sequence

import numpy as np
from onnx import NodeProto, TensorProto, helper, numpy_helper


class RandomGraph:
    """What a seed decides: `draw` for choices, `arrays` for numbers; and the model's inputs and constants so far."""

    def __init__(self, seed: int):
        self.draw, self.arrays = random.Random(seed), np.random.default_rng(seed)
        self.constants, self.inputs = [], {}

    def array(self, *shape: int) -> np.ndarray:
        return self.arrays.normal(0, 1, shape).astype(np.float32)

    def constant(self, array: np.ndarray) -> str:
        self.constants.append(numpy_helper.from_array(array, f"c{len(self.constants)}"))
        return self.constants[-1].name

    def input(self, *shape: int) -> str:
        name = f"x{len(self.inputs)}"
        self.inputs[name] = self.array(*shape)
        return name

    def model(self, nodes: Sequence[NodeProto], outputs: Sequence[str], opset: int = 17) -> bytes:
        inputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, array.shape)
                  for name, array in self.inputs.items()]
        values = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs]
        graph = helper.make_graph(nodes, "check", inputs, values, self.constants)
        imports = [helper.make_opsetid("", opset)]
        return helper.make_model(graph, opset_imports=imports, ir_version=8).SerializeToString()


class Chain(RandomGraph):
    """Nodes one behind the other."""

    def __init__(self, seed: int):
        super().__init__(seed)
        self.nodes, self.value = [], "x0"

    def add(self, op: str, *others: str, **attributes) -> str:
        name = f"v{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, [self.value, *others], [name], name, **attributes))
        self.value = name
        return name

    def conv(self, *weight: int, **attributes) -> None:
        self.add("Conv", self.constant(self.array(*weight)), self.constant(self.array(weight[0])), **attributes)
