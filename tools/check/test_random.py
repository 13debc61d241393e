"""Random operators: the distribution, the range and the type of what they draw; the same numbers for any number of
threads and in every run, others for another seed or node."""

import numpy as np
import pytest
from libiou import Session
from onnx import TensorProto, helper

COUNT = 200_000
PROBABILITY = np.float32([0.0, 0.25, 0.75, 1.0] * (COUNT // 4))


def drawn(op, inputs=(), threads=1, name="node", outputs=1, **attributes):
    names = [f"x{i}" for i in range(len(inputs))]
    node = helper.make_node(op, names, [f"y{i}" for i in range(outputs)], name=name, **attributes)
    infos = [helper.make_tensor_value_info(n, helper.np_dtype_to_tensor_dtype(x.dtype), x.shape)
             for n, x in zip(names, inputs)]
    graph = helper.make_graph([node], "random", infos, [helper.make_empty_tensor_value_info(n) for n in node.output])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 22)], ir_version=10)
    return Session(model.SerializeToString(), threads=threads).run_listed(dict(zip(names, inputs)))


ZEROS = np.zeros(COUNT, np.float32)
CASES = [
    ("RandomUniform", (), {"shape": [COUNT], "low": -1.0, "high": 3.0}, 1.0, 4 / 12 ** 0.5),
    ("RandomUniformLike", (ZEROS,), {"dtype": TensorProto.DOUBLE}, 0.5, 1 / 12 ** 0.5),
    ("RandomNormal", (), {"shape": [COUNT], "mean": 2.0, "scale": 3.0}, 2.0, 3.0),
    ("RandomNormalLike", (ZEROS.astype(np.float16),), {}, 0.0, 1.0),
    ("Bernoulli", (PROBABILITY,), {"dtype": TensorProto.INT32}, 0.5, 0.5),
    ("Multinomial", (np.log(np.float32([[1, 2, 1]])),), {"sample_size": COUNT}, 1.0, 0.5 ** 0.5),
]


@pytest.mark.parametrize("op, inputs, attributes, mean, deviation", CASES, ids=[case[0] for case in CASES])
def test_distribution(op, inputs, attributes, mean, deviation):
    (first,) = drawn(op, inputs, seed=1.0, **attributes)
    numbers = first.astype(np.float64)
    assert abs(numbers.mean() - mean) < 6 * deviation / COUNT ** 0.5
    assert abs(numbers.std() - deviation) < 0.02 * deviation
    assert np.array_equal(drawn(op, inputs, threads=3, seed=1.0, **attributes)[0], first)
    assert not np.array_equal(drawn(op, inputs, seed=2.0, **attributes)[0], first)
    unseeded = drawn(op, inputs, **attributes)[0]
    assert np.array_equal(drawn(op, inputs, **attributes)[0], unseeded)
    assert not np.array_equal(drawn(op, inputs, name="other", **attributes)[0], unseeded)


def test_ranges():
    (uniform,) = drawn("RandomUniform", shape=[COUNT], low=-1.0, high=3.0)
    assert uniform.min() >= -1 and uniform.max() < 3
    (bits,) = drawn("Bernoulli", (PROBABILITY,))
    assert not bits[0::4].any() and bits[3::4].all()
    (classes,) = drawn("Multinomial", (np.float32([[0, -np.inf, 0], [5, -90, -90]]),), sample_size=1000)
    assert set(classes[0]) == {0, 2} and set(classes[1]) == {0}


@pytest.mark.parametrize("ratio", [0.0, 0.25, 0.5])
def test_dropout(ratio):
    x = np.arange(1, COUNT + 1, dtype=np.float32)
    y, mask = drawn("Dropout", (x, np.float32(ratio), np.bool_(True)), outputs=2, seed=3)
    assert abs(mask.mean() - (1 - ratio)) < 0.01
    assert np.allclose(y, np.where(mask, x / (1 - ratio), 0))
