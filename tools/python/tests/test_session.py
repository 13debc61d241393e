"""Sessions against onnxruntime's, which a program exchanges for them by one import."""

import pathlib
import pickle
from typing import Any

import ml_dtypes
import numpy as np
import onnx
import onnxruntime
import pytest
from conftest import MODEL, ROOT
from onnx import TensorProto, helper

import libiou
from libiou import InferenceSession, IoUError, Status


def model_of(nodes: list[onnx.NodeProto], inputs: list[Any], outputs: list[Any], **options: Any) -> bytes:
    graph = helper.make_graph(nodes, "the graph", inputs, outputs, doc_string="of the graph",
                              initializer=options.pop("initializer", []))
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9,
                              producer_name="a producer", producer_version="1.2", domain="a.domain", model_version=7,
                              doc_string="of the model")
    helper.set_model_props(model, {"key": "value", "empty": ""})
    return model.SerializeToString()


def value(name: str, kind: int = TensorProto.FLOAT, shape: list[Any] | None = None) -> Any:
    return helper.make_tensor_value_info(name, kind, shape)


def both(model: bytes | str) -> tuple[InferenceSession, onnxruntime.InferenceSession]:
    return (InferenceSession(model, providers=["CPUExecutionProvider"]),
            onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"]))


SUM = model_of([helper.make_node("Add", ["a", "b"], ["sum"]), helper.make_node("Mul", ["a", "b"], ["product"])],
               [value("a", shape=["n", 3]), value("b", shape=[None, 3])],
               [value("sum"), value("product", shape=["n", 3])])
WHERE = model_of([helper.make_node("NonZero", ["x"], ["y"])], [value("x", shape=["n"])],
                 [value("y", TensorProto.INT64, [1, "found"])])


def described(values: Any) -> list[tuple[str, str, list[Any]]]:
    return [(one.name, one.type, one.shape) for one in values]


@pytest.mark.parametrize("model", [SUM, WHERE, str(MODEL), str(ROOT / "models/blood-cells-int8.onnx")])
def test_what_a_model_says(model: bytes | str) -> None:
    ours, theirs = both(model)
    assert described(ours.get_inputs()) == described(theirs.get_inputs())
    # Shapes of outputs are inferred, and may tell more than onnxruntime knows.
    assert [one[:2] for one in described(ours.get_outputs())] == [one[:2] for one in described(theirs.get_outputs())]
    mine, other = ours.get_modelmeta(), theirs.get_modelmeta()
    for key in ("producer_name", "domain", "description", "graph_name", "graph_description", "custom_metadata_map"):
        assert getattr(mine, key) == getattr(other, key), key
    assert mine.version in (other.version, 0)  # onnxruntime tells 2^63 - 1 where the file says nothing
    assert ours.get_providers() == ["CPUExecutionProvider"]


@pytest.mark.parametrize("name", ["blood-cells", "blood-cells-int8"])
def test_the_shipped_detectors(name: str) -> None:
    ours, theirs = both(str(ROOT / f"models/{name}.onnx"))
    images = np.random.default_rng(1).normal(size=(2, 3, 96, 160)).astype(np.float32)
    for mine, other in zip(ours.run(None, {"images": images}), theirs.run(None, {"images": images}), strict=True):
        # Integers round apart where floats differ in their last bits.
        scale = np.abs(other).max()
        assert np.abs(mine - other).max() <= (1e-5 if name == "blood-cells" else 0.1) * scale
        assert np.abs(mine - other).mean() <= (1e-6 if name == "blood-cells" else 0.005) * scale


@pytest.mark.parametrize("kind", [TensorProto.FLOAT, TensorProto.DOUBLE, TensorProto.FLOAT16, TensorProto.INT8,
                                  TensorProto.UINT8, TensorProto.INT16, TensorProto.UINT16, TensorProto.INT32,
                                  TensorProto.UINT32, TensorProto.INT64, TensorProto.UINT64, TensorProto.BOOL])
@pytest.mark.parametrize("shape", [(), (0,), (2, 0, 3), (2, 3), (1, 2, 1, 2, 1, 2, 1, 2)])
def test_every_type(kind: int, shape: tuple[int, ...]) -> None:
    dtype = helper.tensor_dtype_to_np_dtype(kind)
    model = model_of([helper.make_node("Identity", ["x"], ["y"])], [value("x", kind)], [value("y", kind)])
    x = np.random.default_rng(2).integers(0, 2, shape).astype(dtype)
    ours, theirs = both(model)
    assert described(ours.get_inputs())[0][:2] == described(theirs.get_inputs())[0][:2]
    (y,), (other,) = ours.run(["y"], {"x": x}), theirs.run(["y"], {"x": x})
    assert y.dtype == x.dtype == other.dtype and y.shape == x.shape == other.shape
    np.testing.assert_array_equal(y, other)


@pytest.mark.parametrize("kind", [TensorProto.BFLOAT16, TensorProto.FLOAT8E4M3FN, TensorProto.FLOAT8E4M3FNUZ,
                                  TensorProto.FLOAT8E5M2, TensorProto.FLOAT8E5M2FNUZ])
def test_types_of_ml_dtypes(kind: int) -> None:
    model = model_of([helper.make_node("Identity", ["x"], ["y"])], [value("x", kind)], [value("y", kind)])
    model = onnx.load_from_string(model)
    model.opset_import[0].version = 19
    x = np.array([0, 1, -2, 0.5]).astype(helper.tensor_dtype_to_np_dtype(kind))
    (y,) = InferenceSession(model.SerializeToString()).run(None, {"x": x})
    assert y.dtype == x.dtype and y.tobytes() == x.tobytes() and isinstance(x[0], getattr(ml_dtypes, x.dtype.name))


def test_names_and_order() -> None:
    ours, _ = both(SUM)
    a, b = np.arange(6, dtype=np.float32).reshape(2, 3), np.full((2, 3), 3, np.float32)
    product, total = ours.run(["product", "sum"], {"b": b, "a": a})
    np.testing.assert_array_equal(product, a * b)
    np.testing.assert_array_equal(total, a + b)
    assert [one.tolist() for one in ours.run([], {"a": a, "b": b})] == [(a + b).tolist(), (a * b).tolist()]
    np.testing.assert_array_equal(ours.run(["sum"], {"a": a[:1], "b": np.float32([[1, 2, 3]])})[0], a[:1] + [1, 2, 3])


def test_arrays_that_are_not_contiguous() -> None:
    ours, _ = both(SUM)
    a = np.arange(24, dtype=np.float32).reshape(2, 12)[:, ::4]
    b = np.asfortranarray(np.arange(6, dtype=np.float32).reshape(2, 3))
    odd = np.zeros(25, np.uint8)[1:].view(np.float32).reshape(2, 3)
    np.testing.assert_array_equal(ours.run(["sum"], {"a": a, "b": b})[0], a + b)
    np.testing.assert_array_equal(ours.run(["sum"], {"a": odd, "b": b})[0], b)


def test_inputs_with_defaults() -> None:
    model = model_of([helper.make_node("Add", ["a", "b"], ["sum"])], [value("a", shape=[2]), value("b", shape=[2])],
                     [value("sum", shape=[2])], initializer=[onnx.numpy_helper.from_array(np.float32([5, 6]), "b")])
    ours, theirs = both(model)
    assert described(ours.get_overridable_initializers()) == described(theirs.get_overridable_initializers())
    a = np.float32([1, 2])
    assert ours.run(None, {"a": a})[0].tolist() == [6, 8]
    assert ours.run(None, {"a": a, "b": a})[0].tolist() == [2, 4]


def test_into_arrays() -> None:
    ours, _ = both(SUM)
    a, b = np.ones((2, 3), np.float32), np.full((2, 3), 3, np.float32)
    total, large = np.zeros((2, 3), np.float32), np.zeros((4, 3), np.float32)
    out = ours.run_into({"sum": total, "product": large}, {"a": a, "b": b})
    assert out["sum"] is total and total.tolist() == (a + b).tolist()
    assert np.shares_memory(out["product"], large) and out["product"].tolist() == (a * b).tolist()
    found = InferenceSession(WHERE).run_into({"y": np.zeros((1, 8), np.int64)}, {"x": np.float32([0, 1, 0, 2])})
    assert found["y"].tolist() == [[1, 3]]
    for wrong, error, line in ((np.zeros((1, 3), np.float32), IoUError, "24 bytes"),
                               (np.zeros((2, 3), np.int32), TypeError, "expected an array of float32, found int32"),
                               (np.zeros((2, 6), np.float32)[:, ::2], ValueError, "contiguous"),
                               (np.broadcast_to(np.float32(0), (2, 3)), ValueError, "contiguous"),
                               ([[0.0] * 3] * 2, TypeError, "found list")):
        with pytest.raises(error, match="output 'sum': .*" + line):
            ours.run_into({"sum": wrong}, {"a": a, "b": b})  # type: ignore[dict-item]


def test_runs_allocate_nothing_large_and_copy_nothing_in() -> None:
    """A large input is read where it lies: the session's own memory stays small."""
    model = model_of([helper.make_node("ReduceMax", ["x"], ["y"], keepdims=0)], [value("x", shape=["n"])], [value("y")])
    x = np.zeros(1 << 22, np.float32)
    x[12345] = 7
    session = InferenceSession(model)
    assert session.run(None, {"x": x})[0] == 7 and session.memory.arena < x.nbytes // 4


@pytest.mark.parametrize("feed, error, line", [
    ({}, IoUError, "input 'a' is missing"), ({"a": np.ones((2, 3), np.float32)}, IoUError, "input 'b' is missing"),
    ({"a": np.ones((2, 3)), "b": np.ones((2, 3), np.float32)}, IoUError, "input 'a': expected type float32, found"),
    ({"a": np.ones((2, 4), np.float32), "b": np.ones((2, 3), np.float32)}, IoUError, "input 'a'"),
    ({"a": np.ones(2, np.float32), "b": np.ones((2, 3), np.float32)}, IoUError, "input 'a'"),
    ({"c": np.ones((2, 3), np.float32)}, IoUError, "no input 'c'"), ({"a": [1.0]}, TypeError, "found list"),
    ({"a\0": np.ones(1)}, ValueError, "zero byte"), ({1: np.ones(1)}, TypeError, "expected names"),
    ({"a": np.array(["x"])}, TypeError, "found <U1"), ({"a": np.array([None])}, TypeError, "found object"),
    ({"a": np.ones((1,) * 9, np.float32)}, ValueError, "at most 8 dimensions"),
    ({"a": np.ones((2, 3), ">f4")}, TypeError, "byte order"), ([], TypeError, "found list"),
])
def test_wrong_inputs(feed: Any, error: type[Exception], line: str) -> None:
    session = InferenceSession(SUM)
    with pytest.raises(error, match=line):
        session.run(None, feed)
    one = np.ones((1, 3), np.float32)
    assert session.run(["sum"], {"a": one, "b": one})[0].tolist() == [[2, 2, 2]]


def test_wrong_outputs_and_options() -> None:
    one = np.ones((1, 3), np.float32)
    session = InferenceSession(SUM)
    with pytest.raises(IoUError, match="no output 'none'") as caught:
        session.run(["none"], {"a": one, "b": one})
    assert caught.value.status == Status.INVALID_ARGUMENT
    with pytest.raises(IoUError, match="given twice"):
        session.run(["sum", "sum"], {"a": one, "b": one})
    with pytest.raises(ValueError, match="expected CPUExecutionProvider among them"):
        InferenceSession(SUM, providers=["CUDAExecutionProvider"])
    InferenceSession(SUM, providers=["CUDAExecutionProvider", ("CPUExecutionProvider", {})])
    with pytest.raises(IoUError, match="deadline"):
        session.run(None, {"a": one, "b": one}, timeout=0)


def test_an_operator_that_is_missing() -> None:
    model = model_of([helper.make_node("Nothing", ["x"], ["y"], name="the node")], [value("x")], [value("y")])
    with pytest.raises(IoUError, match="Nothing") as caught:
        InferenceSession(model)
    assert caught.value.status == Status.UNSUPPORTED and "\n" not in str(caught.value)


def test_profile_plan_and_threads() -> None:
    options = libiou.SessionOptions()
    options.enable_profiling, options.intra_op_num_threads = True, 2
    session = InferenceSession(MODEL, options)
    images = np.zeros((1, 3, 64, 64), np.float32)
    session.prepare({"images": images})
    planned = session.memory
    assert planned.arena > 0 and all(entry.milliseconds == 0 for entry in session.profile)
    session.run(None, {"images": images})
    assert session.memory.arena == planned.arena and session.threads == 2
    assert sum(entry.milliseconds for entry in session.profile) > 0
    assert sum(entry.gflop for entry in session.profile) > 0
    options.graph_optimization_level = libiou.GraphOptimizationLevel.ORT_DISABLE_ALL
    plain = InferenceSession(MODEL, options)
    plain.prepare({"images": images})
    assert len(plain.profile) > len(session.profile)


def test_a_shared_model_and_pickle(tmp_path: pathlib.Path) -> None:
    model = libiou.Model(MODEL)
    images = np.ones((1, 3, 64, 64), np.float32)
    expected = InferenceSession(model, threads=1).run(None, {"images": images})
    for session in (InferenceSession(model), pickle.loads(pickle.dumps(InferenceSession(model, threads=1)))):
        for mine, other in zip(session.run(None, {"images": images}), expected, strict=True):
            np.testing.assert_array_equal(mine, other)
    again = pickle.loads(pickle.dumps(InferenceSession(SUM)))
    assert described(again.get_inputs()) == described(InferenceSession(SUM).get_inputs())
    (tmp_path / "gone.onnx").write_bytes(SUM)
    data = pickle.dumps(libiou.Model(tmp_path / "gone.onnx"))
    (tmp_path / "gone.onnx").unlink()
    with pytest.raises(IoUError, match="gone.onnx"):
        pickle.loads(data)


def test_an_error_is_pickled() -> None:
    error = pickle.loads(pickle.dumps(IoUError(Status.BAD_DATA, "a line")))
    assert (error.status, str(error)) == (Status.BAD_DATA, "a line")
