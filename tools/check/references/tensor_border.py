"""Models whose inputs or outputs are sequences, optionals or strings, which the library has inside graphs only, with
tensors of numbers in their place: a sequence is made of as many inputs as it has elements, and told as its length and
its elements; strings are constants, and told as their shape and whether each is the expected one.

Values are arrays, lists of them (sequences) and None (optionals without an element).
"""

import pathlib

import numpy as np
import onnx
from onnx import helper, numpy_helper

Value = np.ndarray | list | None


def load_value(path: pathlib.Path, kind: onnx.TypeProto) -> Value:
    """What a file of a value of this type holds."""
    message, convert = {"tensor_type": (onnx.TensorProto, numpy_helper.to_array),
                        "sequence_type": (onnx.SequenceProto, numpy_helper.to_list),
                        "optional_type": (onnx.OptionalProto, numpy_helper.to_optional)}[kind.WhichOneof("value")]
    return convert(message.FromString(path.read_bytes()))


def with_tensor_border(model: onnx.ModelProto, inputs: dict[str, Value],
                       outputs: dict[str, Value]) -> tuple[onnx.ModelProto, dict[str, np.ndarray], dict]:
    """The model, its inputs, and the outputs that it must give."""
    made = onnx.ModelProto()
    made.CopyFrom(model)
    graph = made.graph
    given, nodes = _Given(), list(graph.node)
    kept = []
    for info in graph.input:
        if info.name in inputs:
            given.add(info.name, info.type, inputs[info.name])
        else:
            kept.append(info)
    told = _Told()
    for info in graph.output:
        told.add(info.name, info.type, outputs[info.name])
    for field, values in ((graph.input, given.infos + kept), (graph.output, told.infos),
                          (graph.node, given.nodes + nodes + told.nodes)):
        del field[:]
        field.extend(values)
    graph.initializer.extend(given.constants + told.constants)
    return made, given.arrays, told.arrays


def _tensor_info(name: str, kind: onnx.TypeProto) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, kind.tensor_type.elem_type, None)


def _is_text(value: Value) -> bool:
    return isinstance(value, np.ndarray) and value.dtype.kind in "OU"


def _texts(name: str, value: np.ndarray) -> onnx.TensorProto:
    return helper.make_tensor(name, onnx.TensorProto.STRING, value.shape, [str(text).encode() for text in value.flat])


class _Given:
    def __init__(self):
        self.infos, self.nodes, self.constants, self.arrays = [], [], [], {}

    def add(self, name: str, kind: onnx.TypeProto, value: Value) -> None:
        case = kind.WhichOneof("value")
        if _is_text(value):
            self.constants.append(_texts(name, value))
        elif case == "tensor_type":
            self.infos.append(helper.make_value_info(name, kind))
            self.arrays[name] = value
        elif case == "sequence_type":
            self._add_sequence(name, kind.sequence_type.elem_type, value)
        elif value is None:
            self.nodes.append(helper.make_node("Optional", [], [name], type=kind.optional_type.elem_type))
        else:
            self.add(f"{name}/element", kind.optional_type.elem_type, value)
            self.nodes.append(helper.make_node("Optional", [f"{name}/element"], [name]))

    def _add_sequence(self, name: str, element: onnx.TypeProto, values: list) -> None:
        parts = [f"{name}/{index}" for index in range(len(values))]
        for part, value in zip(parts, values):
            self.add(part, _tensor_info(part, element).type, value)
        dtype = {} if parts else {"dtype": element.tensor_type.elem_type}
        self.nodes.append(helper.make_node("SequenceConstruct" if parts else "SequenceEmpty", parts, [name], **dtype))


class _Told:
    def __init__(self):
        self.infos, self.nodes, self.constants, self.arrays = [], [], [], {}

    def add(self, name: str, kind: onnx.TypeProto, value: Value) -> None:
        case = kind.WhichOneof("value")
        if _is_text(value):
            self._add_texts(name, value)
        elif case == "tensor_type":
            self.infos.append(helper.make_value_info(name, kind))
            self.arrays[name] = value
        elif case == "sequence_type":
            self._add_sequence(name, kind.sequence_type.elem_type, value)
        else:
            has = helper.make_tensor_value_info(f"{name}/has", onnx.TensorProto.BOOL, [])
            self._ask("OptionalHasElement", [name], has, np.array(value is not None))
            if value is not None:
                self.nodes.append(helper.make_node("OptionalGetElement", [name], [f"{name}/element"]))
                self.add(f"{name}/element", kind.optional_type.elem_type, value)

    def _add_sequence(self, name: str, element: onnx.TypeProto, values: list) -> None:
        length = helper.make_tensor_value_info(f"{name}/length", onnx.TensorProto.INT64, [])
        self._ask("SequenceLength", [name], length, np.array(len(values), np.int64))
        for index, value in enumerate(values):
            at = f"{name}/{index}/at"
            self.constants.append(numpy_helper.from_array(np.array(index, np.int64), at))
            self.nodes.append(helper.make_node("SequenceAt", [name, at], [f"{name}/{index}"]))
            self.add(f"{name}/{index}", _tensor_info(f"{name}/{index}", element).type, value)

    def _add_texts(self, name: str, value: np.ndarray) -> None:
        self.constants.append(_texts(f"{name}/expected", value))
        shape = helper.make_tensor_value_info(f"{name}/shape", onnx.TensorProto.INT64, [value.ndim])
        equal = helper.make_tensor_value_info(f"{name}/equal", onnx.TensorProto.BOOL, value.shape)
        self._ask("Shape", [name], shape, np.array(value.shape, np.int64))
        self._ask("Equal", [name, f"{name}/expected"], equal, np.ones(value.shape, bool))

    def _ask(self, op: str, inputs: list[str], info: onnx.ValueInfoProto, value: np.ndarray) -> None:
        self.nodes.append(helper.make_node(op, inputs, [info.name]))
        self.infos.append(info)
        self.arrays[info.name] = value
