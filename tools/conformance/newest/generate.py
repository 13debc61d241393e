"""Writes the node tests of a newer onnx, which has them as code only, into the folder that is given.

Runs in an environment of its own, with nothing but onnx.
"""

import json
import pathlib
import sys

from onnx import TensorProto, ValueInfoProto, numpy_helper
from onnx.backend.test.case.test_case import TestCase
from onnx.backend.test.loader import load_node_model_tests


def write_values(folder: pathlib.Path, kind: str, infos: list[ValueInfoProto], values: list[object]) -> None:
    for index, (info, value) in enumerate(zip(infos, values)):
        convert = {"tensor_type": numpy_helper.from_array, "sequence_type": numpy_helper.from_list,
                   "optional_type": numpy_helper.from_optional}[info.type.WhichOneof("value")]
        message = value if isinstance(value, TensorProto) else convert(value, info.name)
        (folder / f"{kind}_{index}.pb").write_bytes(message.SerializeToString())


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
