"""Products with Softmax of their rows, and a product behind it, which run as one step, against ONNX Runtime.

Scores of one to several blocks of rows, keys as exporters transpose them, scales, masks, several readers of what is
between; every instruction set of this processor, one, two and five threads, fused and node by node. The profile must
show how the step ran.
"""

import libiou
import numpy as np
import onnx
import pytest
from dynamic_models import constants, model, node, value
from onnxruntime_compare import fault

TOLERANCE = 2e-5
RNG = np.random.default_rng(5)


def attention(rows, keys, depth, width, batch=(2, 3), swapped=True, scale=None, mask=None, softmax="Softmax", axis=-1,
              values=True, queries_swapped=False, opset=17, shared_values=False):
    """A model and its feeds. `swapped`: keys are [keys, depth] and a Transpose turns them."""
    rank = len(batch) + 2
    turn = [*range(rank - 2), rank - 1, rank - 2]
    nodes, fixed, feeds = [], {}, {}

    def feed(name, *shape):
        feeds[name] = RNG.normal(size=shape).astype(np.float32)
        return name

    q = feed("q", *batch, *((depth, rows) if queries_swapped else (rows, depth)))
    if queries_swapped:
        nodes.append(node("Transpose", [q], ["qt"], perm=turn))
        q = "qt"
    k = feed("k", *batch, *((keys, depth) if swapped else (depth, keys)))
    if swapped:
        nodes.append(node("Transpose", [k], ["kt"], perm=turn))
        k = "kt"
    nodes.append(node("MatMul", [q, k], ["scores"]))
    at = "scores"
    if scale:
        fixed["s"] = np.float32(depth**0.5 if scale == "Div" else depth**-0.5)
        nodes.append(node(scale, [at, "s"], ["scaled"]))
        at = "scaled"
    if mask:
        nodes.append(node("Add", [at, feed("m", *(mask if mask != "full" else (*batch, rows, keys)))], ["masked"]))
        at = "masked"
    nodes.append(node(softmax, [at], ["w"], axis=axis))
    outputs = [value("w")]
    if values:
        nodes.append(node("MatMul", ["w", feed("v", *(() if shared_values else batch), keys, width)], ["y"]))
        outputs = [value("y")]
    infos = [value(name, shape=array.shape) for name, array in feeds.items()]
    return model(nodes, infos, outputs, constants(**fixed), opset=opset), feeds


SIZES = [(rows, keys, depth, width) for rows, keys in ((1, 1), (7, 17), (13, 400), (100, 100), (300, 65), (1300, 130))
         for depth, width in ((1, 1), (32, 32), (64, 40))]
CASES = [(attention(*size), "attention") for size in SIZES] + [
    (attention(*size, values=False), "gemm softmax") for size in SIZES] + [
    (attention(61, 97, 24, 24, swapped=False), "attention"),
    (attention(61, 97, 24, 24, queries_swapped=True), "attention"),
    (attention(161, 197, 24, 24, queries_swapped=True, values=False), "gemm softmax"),
    (attention(61, 97, 24, 24, batch=()), "attention"),
    (attention(61, 97, 24, 24, batch=(1, 1, 2)), "attention"),
    (attention(61, 97, 24, 24, batch=(), shared_values=True), "attention"),
    (attention(61, 97, 24, 24, shared_values=True), "gemm softmax"),  # one matrix of values: rows of all batches
    (attention(61, 97, 24, 24, scale="Mul"), "attention"),
    (attention(61, 97, 24, 24, scale="Div", mask="full"), "attention"),
    (attention(61, 97, 24, 24, mask="full", values=False), "gemm softmax"),
    (attention(61, 97, 24, 24, scale="Div", mask=(2, 1, 1, 97)), None),  # a mask that broadcasts is a step of its own
    (attention(61, 97, 24, 24, softmax="LogSoftmax"), "gemm softmax"),  # what follows it is no attention
    (attention(61, 97, 24, 24, softmax="LogSoftmax", values=False), "gemm softmax"),
    (attention(61, 97, 24, 24, axis=-2), None),
    (attention(61, 97, 24, 24, axis=1, opset=11), None),  # of several dimensions as one
    (attention(61, 97, 24, 24, axis=3, opset=11), "attention"),
    (attention(12, 20000, 4, 4, batch=()), "attention"),
    (attention(2, 300000, 1, 1, batch=()), None),  # a row is too long to stay in the cache
]


@pytest.mark.parametrize("index", range(len(CASES)))
def test_attention(index, isas):
    (made, feeds), expected = CASES[index]
    session = libiou.Session(made, threads=2, profile=True)
    session.run(feeds)
    found = [step["algorithm"] for step in session.profile() if step["algorithm"] in ("attention", "gemm softmax")]
    if isas[-1] != "blas":  # whose blocks of rows are larger
        assert found == ([expected] if expected else []), found
    wrong = fault(made, feeds, isas, TOLERANCE)
    assert not wrong, wrong


def test_weights_that_others_read(isas):
    """Softmax stays a step where its result is an output too."""
    made, feeds = attention(40, 50, 16, 16)
    whole = onnx.load_from_string(made)
    whole.graph.output.append(value("w"))
    wrong = fault(whole.SerializeToString(), feeds, isas, TOLERANCE)
    assert not wrong, wrong
