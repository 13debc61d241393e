"""Where ONNX's own tests are: folders of cases, and its `light` networks, which are laid out as such.

A light network has constants for weights, one file for its output, and no input: the runner of `onnx` makes that.
"""

import pathlib
import shutil

import onnx
from onnx import numpy_helper
from onnx.backend.test.runner import Runner

DATA = pathlib.Path(onnx.__file__).parent / "backend" / "test" / "data"
# `node` speaks the newest opset, the others opsets 6 to 9.
FOLDERS = ("node", "simple", "pytorch-operator", "pytorch-converted")
LIGHT = DATA / "light"


def light_names() -> list[str]:
    return sorted(path.stem.removeprefix("light_") for path in LIGHT.glob("*.onnx"))


def lay_out_light(name: str, folder: pathlib.Path) -> pathlib.Path:
    """Writes the case `test_<name>` into `folder`."""
    case = folder / f"test_{name}"
    data = case / "test_data_set_0"
    data.mkdir(parents=True, exist_ok=True)
    shutil.copy(LIGHT / f"light_{name}.onnx", case / "model.onnx")
    shutil.copy(LIGHT / f"light_{name}_output_0.pb", data / "output_0.pb")
    graph = onnx.load(case / "model.onnx").graph
    constants = {tensor.name for tensor in graph.initializer}
    for index, info in enumerate(info for info in graph.input if info.name not in constants):
        values = numpy_helper.from_array(Runner.generate_dummy_data(info))
        (data / f"input_{index}.pb").write_bytes(values.SerializeToString())
    return case
