"""Small models, run both ways and compared with ONNX Runtime, else with ONNX's reference evaluator."""

import numpy as np
import onnx
import onnxruntime
import tensor_border
from libiou import IoUError, Session
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator
from opset_recipes import Maybe, is_composite

IR_VERSION = {7: 3, 8: 3, 9: 4, 10: 5, 11: 6, 12: 7, 13: 7, 14: 7}
onnxruntime.set_default_logger_severity(4)


def info(name, array):
    return helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(array.dtype), array.shape)


def kind_of(value):
    """The type of an input, or of what an output is like."""
    if isinstance(value, Maybe):
        return helper.make_optional_type_proto(kind_of(value.like))
    if isinstance(value, list):
        return helper.make_sequence_type_proto(kind_of(value[0] if value else np.float32(0)))
    return helper.make_tensor_type_proto(helper.np_dtype_to_tensor_dtype(np.asarray(value).dtype), None)


def build_composite(op, case, opset, domain):
    """The same with tensors of numbers in the place of sequences, optionals and strings."""
    given = {f"x{i}": x for i, x in enumerate(case.inputs)}
    node = helper.make_node(op, list(given), ["y0"], name="node", domain=domain, **case.attributes)
    output = helper.make_tensor_value_info("y0", TensorProto.UNDEFINED, None)
    told = case.told
    if told is not None:
        output = helper.make_value_info("y0", kind_of(told))
        told = told.element if isinstance(told, Maybe) else told
    values = {n: x.element if isinstance(x, Maybe) else x if isinstance(x, list) else np.asarray(x)
              for n, x in given.items()}
    infos = [helper.make_value_info(n, kind_of(x)) for n, x in given.items()]
    graph = helper.make_graph([node], "one", infos, [output])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    model, feeds, _ = tensor_border.with_tensor_border(model, values, {"y0": told})
    return model, feeds


def build(op, case, opset, listed=False, domain=""):
    """A model of one node and what it is fed. `listed`: initializers are inputs too, as old files have them."""
    if is_composite(case):
        return build_composite(op, case, opset, domain)
    names = ["" if x is None else f"x{i}" for i, x in enumerate(case.inputs)]
    while names and not names[-1]:
        names.pop()
    given = {n: np.asarray(x) for n, x in zip(names, case.inputs) if n}
    fixed = {f"x{i}" for i in case.constants} & given.keys()
    node = helper.make_node(
        op, names, [f"y{i}" for i in range(case.outputs)], name="node", domain=domain, **case.attributes
    )
    outputs = [helper.make_tensor_value_info(n, TensorProto.UNDEFINED, None) for n in node.output]
    inputs = [info(n, a) for n, a in given.items() if listed or n not in fixed]
    graph = helper.make_graph(
        [node], "one", inputs, outputs, [numpy_helper.from_array(given[n], n) for n in sorted(fixed)]
    )
    sets = [helper.make_opsetid(domain, opset)] + ([helper.make_opsetid("com.example.unused", 3)] if domain else [])
    model = helper.make_model(graph, opset_imports=sets, ir_version=3 if listed else max(4, IR_VERSION.get(opset, 8)))
    return model, {n: a for n, a in given.items() if n not in fixed}


def with_types(model):
    """ONNX Runtime wants the types of outputs; ONNX's own inference gives them."""
    inferred = onnx.shape_inference.infer_shapes(model)
    for output in inferred.graph.output:
        if output.type.tensor_type.elem_type == TensorProto.UNDEFINED:
            output.ClearField("type")
    return inferred


def reference(model, feeds):
    """Outputs of ONNX Runtime, else of ONNX itself; None where both refuse."""
    try:
        typed = with_types(model)
        return onnxruntime.InferenceSession(typed.SerializeToString(), providers=["CPUExecutionProvider"]).run(
            None, feeds
        )
    except Exception:
        pass
    try:
        return [np.asarray(y) for y in ReferenceEvaluator(model).run(None, feeds)]
    except Exception:
        return None


def differs(found, expected):
    if found.shape != expected.shape or found.dtype != expected.dtype:
        return f"{found.dtype}{list(found.shape)} where {expected.dtype}{list(expected.shape)} is expected"
    exact = expected.dtype.kind in "biu"
    same = (
        np.array_equal(found, expected)
        if exact
        else np.allclose(
            found, expected, rtol=1e-3 if expected.dtype == np.float16 else 1e-4, atol=1e-5, equal_nan=True
        )
    )
    return None if same else f"{found.ravel()[:6]} where {expected.ravel()[:6]} is expected"


def compare(tally, name, model, feeds, expected=None):
    expected = reference(model, feeds) if expected is None else expected
    if expected is None:
        tally.leave_out()
        return
    problem = None
    for no_optimize in (False, True):
        try:
            found = Session(model.SerializeToString(), threads=1, no_optimize=no_optimize).run_listed(feeds)
            short = None if len(found) == len(expected) else f"{len(found)} outputs where {len(expected)} are expected"
            problem = problem or short or next(filter(None, map(differs, found, expected)), None)
        except IoUError as error:
            problem = problem or str(error)
    tally.add(name, problem)


def refused(tally, name, model, feeds, *words):
    try:
        Session(model.SerializeToString(), threads=1).run(feeds)
        problem = "is accepted"
    except IoUError as error:
        missing = [w for w in words if w not in str(error)]
        problem = f"does not mention {missing}: {error}" if missing or "\n" in str(error) else None
    tally.add(name, problem)
