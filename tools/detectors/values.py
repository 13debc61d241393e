"""Outputs of one detector in libiou, ONNX Runtime and OpenVINO, and how far they are apart."""

import ast
import dataclasses
import pathlib

import numpy as np

from detectors.agreement import disagreement
from detectors.differences import Difference, Meaning, Outputs, difference
from detectors.recipe import recipes

THREADS = 2


@dataclasses.dataclass
class Values:
    """`ours` and the peers' against ONNX Runtime without its optimisations; a side that failed says why."""

    ours: Difference
    ours_reference_mode: Difference
    onnxruntime: Difference  # with its optimisations: what a badly conditioned network does to rounding
    openvino: Difference
    problem: str = ""  # of the reference
    disagreement: str = ""  # of ours with the reference, in either mode


def compare_values(name: str, model: pathlib.Path) -> Values:
    recipe = recipes()[name]
    picture = recipe.picture()
    try:
        meaning = Meaning(recipe.layout, max(recipe.shape[-2:]), _class_count(model))
        reference = _onnxruntime(model, picture, optimised=False)
    except Exception as error:  # each peer has its own kinds
        return Values(*[Difference(problem="no reference")] * 4, problem=_one_line(error))

    def against_reference(run, *arguments, **options) -> Difference:
        try:
            found = run(model, picture, *arguments, **options)
        except Exception as error:
            return Difference(problem=f"refused: {_one_line(error)}")
        return difference(meaning, found, reference)

    values = Values(
        against_reference(_libiou), against_reference(_libiou, no_optimize=True),
        against_reference(_onnxruntime, optimised=True), against_reference(_openvino, list(reference)))
    for ours in (values.ours, values.ours_reference_mode):
        values.disagreement = values.disagreement or disagreement(
            ours, values.onnxruntime, recipe.tolerance, meaning.side)
    return values


def _class_count(model: pathlib.Path) -> int | None:
    """How many names ultralytics' exporter wrote into the file."""
    import onnx
    metadata = {entry.key: entry.value for entry in onnx.load(model, load_external_data=False).metadata_props}
    return len(ast.literal_eval(metadata["names"])) if "names" in metadata else None


def _libiou(model: pathlib.Path, picture: np.ndarray, no_optimize: bool = False) -> Outputs:
    import libiou
    session = libiou.Session(model, threads=THREADS, no_optimize=no_optimize)
    return session.run({session.model.inputs[0][0]: picture})


def _onnxruntime(model: pathlib.Path, picture: np.ndarray, optimised: bool) -> Outputs:
    import onnxruntime
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = THREADS, 4
    level = onnxruntime.GraphOptimizationLevel
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # others compute meanwhile
    options.graph_optimization_level = level.ORT_ENABLE_ALL if optimised else level.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(None, {session.get_inputs()[0].name: picture})))


def _openvino(model: pathlib.Path, picture: np.ndarray, names: list[str]) -> Outputs:
    import openvino
    network = openvino.Core().read_model(model)
    compiled = openvino.Core().compile_model(network, "CPU", {
        "INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": THREADS})
    results = compiled([picture])
    return {name: np.array(results[index]) for index, name in enumerate(names)}


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:300] or type(error).__name__
