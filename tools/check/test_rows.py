"""Softmax, LogSoftmax and reductions in float32, at every instruction set of this processor, against double precision.

Shapes lie around the edges of vectors and of tasks; values are infinite or no numbers in places.
"""

import libiou
import numpy as np
import pytest
import torch
from onnx import TensorProto, helper

EXTENTS = [1, 2, 7, 8, 9, 15, 16, 17, 31, 33, 65, 1030]
# [outer, extent, inner] of the axis in the middle
SHAPES = ([(3, n, 1) for n in EXTENTS] + [(2, n, 17) for n in EXTENTS] +
          [(1, 5, n) for n in EXTENTS] + [(1, 16, 8400), (300, 257, 1), (1, 8500, 3), (1, 3, 1)])


def session(op: str, shape: tuple[int, ...], isa: str, threads: int, attributes: dict, axes: list[int] | None):
    inputs = ["x"] + (["axes"] if axes is not None else [])
    initial = [helper.make_tensor("axes", TensorProto.INT64, [len(axes)], axes)] if axes is not None else []
    graph = helper.make_graph([helper.make_node(op, inputs, ["y"], "f", **attributes)], "check",
                              [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
                              [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)], initial)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
    return libiou.Session(model.SerializeToString(), isa=isa, threads=threads)


def values_of(shape: tuple[int, ...], spread: float) -> np.ndarray:
    return (np.random.default_rng(sum(shape)).standard_normal(shape) * spread).astype(np.float32)


@pytest.mark.parametrize("op", ["Softmax", "LogSoftmax"])
def test_softmax(op, isas, tally):
    definition = torch.softmax if op == "Softmax" else torch.log_softmax
    least = 1e-6 if op == "Softmax" else 1  # logarithms near 0 are differences of larger numbers
    for shape in SHAPES:
        x = values_of(shape, 4)
        x[0, 0, 0] = -np.inf if shape[1] > 1 else 0
        if shape[0] > 1 and shape[2] == 1:
            x[1, 0, 0] = np.nan
        expected = definition(torch.from_numpy(x.astype(np.float64)), dim=1).numpy()
        for isa in isas:
            for threads in (1, 2):
                got = session(op, shape, isa, threads, {"axis": 1}, None).run({"x": x})["y"]
                known = np.isfinite(expected)
                distance = np.abs(got[known] - expected[known]) / np.maximum(np.abs(expected[known]), least)
                same = np.array_equal(got[~known], expected[~known].astype(np.float32), equal_nan=True)
                tally.add(f"{isa} {shape} {threads} threads",
                          "" if distance.max(initial=0) < 2e-6 and same else f"error {distance.max():.2e}, {same}")


@pytest.mark.parametrize(("op", "definition"), [
    ("ReduceSum", lambda x, a: x.sum(a)), ("ReduceMean", lambda x, a: x.mean(a)),
    ("ReduceMax", lambda x, a: x.max(a)), ("ReduceMin", lambda x, a: x.min(a)),
    ("ReduceProd", lambda x, a: x.prod(a)), ("ReduceL1", lambda x, a: np.abs(x).sum(a)),
    ("ReduceL2", lambda x, a: np.sqrt((x * x).sum(a))), ("ReduceSumSquare", lambda x, a: (x * x).sum(a)),
    ("ReduceLogSumExp", lambda x, a: np.log(np.exp(x).sum(a))),
])
def test_reductions(op, definition, isas, tally):
    for shape in SHAPES:
        for axes in ([1], [1, 2], [0, 2]):
            x = values_of(shape, 0.5)
            expected = definition(x.astype(np.float64), tuple(axes))
            bits = set()
            for isa in isas:
                got = session(op, shape, isa, 2, {"keepdims": 0}, axes).run({"x": x})["y"]
                bits.add(got.tobytes())
                scale = np.abs(x).sum() if op == "ReduceSum" else 1
                distance = np.abs(got - expected) / np.maximum(np.abs(expected), 1e-6 * scale)
                error = distance.max(initial=0)
                tally.add(f"{isa} {shape} {axes}", "" if error < 1e-6 else f"error {error:.2e}")
            tally.add(f"{shape} {axes}", "" if len(bits) == 1 else "instruction sets differ in bits")
