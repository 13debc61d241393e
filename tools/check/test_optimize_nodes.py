"""`iouc optimize` on ONNX's own node tests: every model that runs, plain and with all inputs as constants.

The optimized model must give the outputs that the tests expect, and optimizing again the same bytes. With constants
for inputs, the compiler folds what it can: that compares its folding with the expected outputs too.
"""

import pathlib
import subprocess

import libiou
import node_models
import numpy as np
import onnx
import pytest
import tensor_border
from onnx import helper, numpy_helper

IOUC = libiou.ROOT / ".build/release/iouc"
FOUND = node_models.folders()


def optimize(model: onnx.ModelProto, folder: pathlib.Path, *options: str) -> str:
    """Optimizes into folder/out.onnx; what is wrong, or an empty text."""
    paths = [folder / name for name in ("in.onnx", "out.onnx", "again.onnx")]
    onnx.save(model, str(paths[0]))
    for source, target in zip(paths, paths[1:]):
        done = subprocess.run([IOUC, "optimize", source, target, *options], capture_output=True, text=True)
        if done.returncode != 0:
            return f"iouc: {done.stderr.strip()} ({done.returncode})"
    return "" if paths[1].read_bytes() == paths[2].read_bytes() else "optimizing again changes the file"


def with_constants(model: onnx.ModelProto, inputs: dict[str, np.ndarray]) -> onnx.ModelProto:
    """Inputs become initializers; an Identity keeps the outputs' names from being constants'."""
    result = onnx.ModelProto()
    result.CopyFrom(model)
    graph = result.graph
    graph.initializer.extend(numpy_helper.from_array(array, name) for name, array in inputs.items())
    del graph.input[:]
    last = [helper.make_node("Identity", [f"{output.name}/inner"], [output.name]) for output in graph.output]
    names = {output.name for output in graph.output}
    for node in graph.node:
        for place, name in enumerate(node.output):
            node.output[place] = f"{name}/inner" if name in names else name
        for place, name in enumerate(node.input):
            node.input[place] = f"{name}/inner" if name in names else name
    graph.node.extend(last)
    return result


def check_case(folder: pathlib.Path, model: onnx.ModelProto, scratch: pathlib.Path) -> list[str]:
    data = sorted(folder.glob("test_data_set_*"))[0]
    constants = {tensor.name for tensor in model.graph.initializer}
    given = [info for info in model.graph.input if info.name not in constants]
    values = (node_models.load_values(data, "input", given),
              node_models.load_values(data, "output", model.graph.output))
    model, inputs, expected = tensor_border.with_tensor_border(model, *values)
    random = node_models.is_random(model)
    faults = []
    for case, candidate, given in (("plain", model, inputs), ("constants", with_constants(model, inputs), {})):
        fault = optimize(candidate, scratch)
        if not fault:
            found = libiou.Session(scratch / "out.onnx", threads=1).run(given)
            told = (node_models.difference(n, found[n], a, random) for n, a in expected.items())
            fault = "; ".join(filter(None, told))
        if fault:
            faults.append(f"{case}: {fault}")
    return faults


@pytest.mark.full
@pytest.mark.parametrize("folder", FOUND, ids=[folder.name for folder in FOUND])
def test_node(folder, tmp_path):
    if node_models.run_case(folder)[0] != "pass":
        pytest.xfail("unsupported")
    faults = check_case(folder, node_models.load(folder), tmp_path)
    assert not faults, "; ".join(faults)
