"""ONNX's own tests of one or a few nodes, for exactly the operators in ops.inc, run optimised and node by node.

Inputs that decide shapes (of Reshape, Slice, Resize, …) are given at run time, as the tests say, and
once more as constants. Run as a program, it writes node_tests_unsupported.txt.
"""

import itertools
import pathlib

import libiou
import numpy as np
import onnx
from onnx import numpy_helper
from onnx_cases import DATA, FOLDERS
from operator_forms import registered

EXPECTED = libiou.ROOT / "tools/check/node_tests_unsupported.txt"

# Inputs that decide the output's shape.
SHAPING = {"Reshape": (1,), "Expand": (1,), "Tile": (1,), "Slice": (1, 2, 3, 4), "Squeeze": (1,),
           "Unsqueeze": (1,), "Split": (1,), "Resize": (1, 2, 3), "Upsample": (1,),
           "ConstantOfShape": (0,), "Range": (0, 1, 2), "Pad": (1, 2, 3), "Dropout": (1, 2),
           "TopK": (1,), "OneHot": (1,), "AffineGrid": (1,), "Col2Im": (1, 2), "CenterCropPad": (1,),
           "MaxUnpool": (2,), "BlackmanWindow": (0,), "HammingWindow": (0,), "HannWindow": (0,),
           "DFT": (1, 2), "STFT": (1, 3), "MelWeightMatrix": (0, 1)}
REDUCTIONS = (1,)
# Their expected values are rounded on the way, to float32, by more than ONNX's tolerance.
ROUNDED = {"test_dft_inverse", "test_dft_inverse_opset19"}
RANDOM = {"Bernoulli", "Multinomial", "RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike"}


def load_values(folder: pathlib.Path, kind: str, infos) -> dict[str, np.ndarray]:
    """The arrays of one data set."""
    values = {}
    for index, info in enumerate(infos):
        path = folder / f"{kind}_{index}.pb"
        if info.type.WhichOneof("value") != "tensor_type":
            raise libiou.IoUError(libiou.UNSUPPORTED, f"{info.name} is no tensor")
        values[info.name] = numpy_helper.to_array(onnx.load_tensor(str(path)))
    return values


def bake(model: onnx.ModelProto, inputs: dict[str, np.ndarray]) -> None:
    """Turns inputs that decide shapes into initializers."""
    for node in model.graph.node:
        places = REDUCTIONS if node.op_type.startswith("Reduce") else SHAPING.get(node.op_type, ())
        names = {node.input[i] for i in places if i < len(node.input)} | {"shape"}
        for name in names & inputs.keys():
            model.graph.initializer.append(numpy_helper.from_array(inputs.pop(name), name))
    kept = [info for info in model.graph.input if info.name in inputs]  # old files list constants
    del model.graph.input[:]
    model.graph.input.extend(kept)


def is_random(model: onnx.ModelProto) -> bool:
    """Whether other runtimes give other numbers; a Dropout whose ratio is 0 gives what it is given."""
    return any(node.op_type in RANDOM for node in model.graph.node)


def difference(name: str, ours: np.ndarray, theirs: np.ndarray, shape_alone: bool, absolute: float) -> str:
    """What is wrong with an output, or an empty text."""
    if ours.shape != theirs.shape or ours.dtype != theirs.dtype:
        return f"{name} is {ours.dtype}{list(ours.shape)}, not {theirs.dtype}{list(theirs.shape)}"
    if shape_alone:
        return ""
    exact = theirs.dtype.kind in "biu" or "int" in theirs.dtype.name  # also the small ones of ml_dtypes
    if exact and np.array_equal(ours, theirs):
        return ""
    if not exact and np.allclose(ours, theirs, rtol=1e-3, atol=absolute, equal_nan=True):
        return ""
    worst = np.nanmax(np.abs(ours.astype(np.float64) - theirs.astype(np.float64)))
    return f"{name} differs by up to {worst:.3g}"


def run_set(model: onnx.ModelProto, folder: pathlib.Path, baked: bool, no_optimize: bool) -> str:
    constants = {tensor.name for tensor in model.graph.initializer}
    given = [info for info in model.graph.input if info.name not in constants]
    inputs = load_values(folder, "input", given)
    expected = load_values(folder, "output", model.graph.output)
    for array in [*inputs.values(), *expected.values()]:
        if array.dtype not in libiou.NUMBERS:
            raise libiou.IoUError(libiou.UNSUPPORTED, f"type {array.dtype}")
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    if baked:
        bake(copy, inputs)
    session = libiou.Session(copy.SerializeToString(), threads=2, no_optimize=no_optimize)
    outputs = session.run(inputs)
    drops = "training_dropout" in folder.parent.name and "zero_ratio" not in folder.parent.name
    random = drops or is_random(model)
    absolute = 1e-6 if folder.parent.name in ROUNDED else 1e-7
    faults = [difference(name, outputs[name], array, random, absolute) for name, array in expected.items()]
    return "; ".join(fault for fault in faults if fault)


def run_case(folder: pathlib.Path, bakings: tuple[bool, ...] = (False, True)) -> tuple[str, str]:
    """'pass', 'fail' or 'unsupported', and why."""
    model = load(folder)
    try:
        for data in sorted(folder.glob("test_data_set_*")):
            for baked, no_optimize in itertools.product(bakings, (False, True)):
                fault = run_set(model, data, baked, no_optimize)
                if fault:
                    return "fail", (fault + (" (node by node)" if no_optimize else "") +
                                    (" (constant shapes)" if baked else ""))
    except libiou.IoUError as error:
        return ("unsupported" if error.status == libiou.UNSUPPORTED else "fail"), str(error)
    return "pass", ""


def load(folder: pathlib.Path) -> onnx.ModelProto:
    return onnx.load(str(folder / "model.onnx"))


def folders() -> list[pathlib.Path]:
    """Those whose model consists of registered operators."""
    known, found = set(registered()), []
    for folder in [f for name in FOLDERS for f in sorted((DATA / name).iterdir())]:
        nodes = load(folder).graph.node
        if all(node.domain in ("", "ai.onnx") and node.op_type in known for node in nodes):
            found.append(folder)
    return found


def expected() -> set[str]:
    """The names of node_tests_unsupported.txt."""
    lines = EXPECTED.read_text().split("\n")
    return {line.split("#")[0].strip() for line in lines} - {""}


def main() -> None:
    found = {}
    for folder in folders():
        result, why = run_case(folder)
        if result == "unsupported":
            found[folder.name] = why
    EXPECTED.write_text("".join(f"{name}  # {why}\n" for name, why in sorted(found.items())))


if __name__ == "__main__":
    main()
