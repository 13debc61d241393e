"""Whole files of ONNX Runtime's quantizing tools, against ONNX Runtime.

Integers are exact on both sides, but a float that lies between two quanta may be rounded to either; the network carries
that on. So most numbers must be equal to a part of a quantum of the output, and none far off; and the outputs must be
as near to the float network's as ONNX Runtime's are.
"""

import subprocess

import numpy as np
import onnx
import onnxruntime
import pytest
from libiou import ROOT, Session, available_isas
from quantized_networks import folded, network, pictures, quantized

CASES = [("QDQ", False, "QUInt8", "QInt8"), ("QDQ", True, "QUInt8", "QInt8"), ("QDQ", True, "QInt8", "QInt8"),
         ("QDQ", False, "QUInt8", "QUInt8"), ("QDQ", True, "QUInt16", "QInt8"),
         ("QOperator", False, "QUInt8", "QUInt8"),
         ("QOperator", False, "QUInt8", "QInt8"), ("QOperator", True, "QUInt8", "QInt8"),
         ("QOperator", True, "QInt8", "QInt8"), ("dynamic", False, "", "QUInt8"), ("dynamic", True, "", "QInt8")]


MOST = 0.05  # of the range: a number that lies between two quanta


def run_reference(model: bytes, image):
    """Node by node, as the file says."""
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(model, options, ["CPUExecutionProvider"]).run(None, {"images": image})


def off(found, expected):
    """The mean and the largest difference, in parts of the range of the expected numbers."""
    apart = np.abs(found.astype(np.float64) - expected) / np.ptp(expected)
    return apart.mean(), apart.max()


@pytest.mark.parametrize("case", CASES, ids=lambda case: "-".join(map(str, case)))
def test_files(case, tally):
    model, image = quantized(*case), pictures(2, seed=11)
    expected, real = run_reference(model, image), run_reference(folded(), image)
    first = {}
    for isa in available_isas(integers=True):
        for threads, plain in ((1, False), (3, False), (2, True)):
            found = Session(model, threads=threads, no_optimize=plain, isa=isa).run_listed({"images": image})
            for name, ours, theirs, exact in zip(("scores", "maps"), found, expected, real):
                mean, most = off(ours, theirs)
                loss, their_loss = off(ours, exact)[0], off(theirs, exact)[0]
                fault = None if mean < 0.002 and most < MOST and loss < 1.2 * their_loss + 1e-4 else (
                    f"differs by {mean:.2g}, at most {most:.2g}; from the float network by {loss:.2g}, theirs by "
                    f"{their_loss:.2g}")
                kept = first.setdefault((isa, plain, name), ours)
                if not np.array_equal(kept, ours):
                    fault = "other bits for another number of threads"
                tally.add(f"{name} ({isa}, {threads} threads{', plain' if plain else ''})", fault)


def test_float_network():
    """The folded file is the network."""
    image = pictures(2, seed=11)
    for ours, theirs in zip(Session(network().SerializeToString()).run_listed({"images": image}),
                            run_reference(folded(), image)):
        assert off(ours, theirs)[1] < 1e-4


def test_optimize(tmp_path):
    """The compiler keeps quantized forms: the same values from the optimized file, which is not larger by weights."""
    image = pictures(1, seed=5)
    for case in CASES:
        model, path, to = quantized(*case), tmp_path / "a.onnx", tmp_path / "b.onnx"
        path.write_bytes(model)
        subprocess.run([ROOT / ".build/release/iouc", "optimize", path, to], check=True, capture_output=True)
        outputs = [Session(data, no_optimize=True).run_listed({"images": image}) for data in (model, to.read_bytes())]
        assert all(map(np.array_equal, *outputs)), case
        assert to.stat().st_size < 1.1 * path.stat().st_size, case


def test_operators():
    """The tools write what this test is about."""
    found = {node.op_type for case in CASES for node in onnx.load_from_string(quantized(*case)).graph.node}
    assert {"QuantizeLinear", "DequantizeLinear", "DynamicQuantizeLinear", "QLinearConv", "QLinearMatMul", "QLinearAdd",
            "QLinearMul", "QLinearConcat", "QLinearSigmoid", "QLinearLeakyRelu", "QLinearGlobalAveragePool",
            "ConvInteger", "MatMulInteger"} <= found, sorted(found)
