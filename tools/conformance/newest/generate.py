"""Writes the node tests of a newer onnx, which has them as code only, into the folder that is given.

Runs in an environment of its own, with nothing but onnx. Values that are no tensors are left out: a model that has
such inputs or outputs is unsupported by its types.
"""

import json
import pathlib
import sys

from onnx import TensorProto, ValueInfoProto, numpy_helper
from onnx.backend.test.case.test_case import TestCase
from onnx.backend.test.loader import load_node_model_tests


def write_values(folder: pathlib.Path, kind: str, infos: list[ValueInfoProto], values: list[object]) -> None:
    for index, (info, value) in enumerate(zip(infos, values)):
        if not info.type.HasField("tensor_type"):
            continue
        tensor = value if isinstance(value, TensorProto) else numpy_helper.from_array(value, info.name)
        (folder / f"{kind}_{index}.pb").write_bytes(tensor.SerializeToString())


def write_case(case: TestCase, folder: pathlib.Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.onnx").write_bytes(case.model.SerializeToString())
    (folder / "data.json").write_text(json.dumps({"rtol": case.rtol, "atol": case.atol}))
    for number, (inputs, outputs) in enumerate(case.data_sets):
        data = folder / f"test_data_set_{number}"
        data.mkdir(exist_ok=True)
        write_values(data, "input", case.model.graph.input, inputs)
        write_values(data, "output", case.model.graph.output, outputs)


def main() -> None:
    for case in load_node_model_tests():
        write_case(case, pathlib.Path(sys.argv[1]) / case.name)


if __name__ == "__main__":
    main()
