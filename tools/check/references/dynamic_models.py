"""Small graphs whose shapes, branches or loops depend on data, and their successive runs against ONNX Runtime's."""

import itertools

import libiou
import numpy as np
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

F, I64, BOOL = TensorProto.FLOAT, TensorProto.INT64, TensorProto.BOOL
node = helper.make_node

# ---- Building ------------------------------------------------------------------------------------------------------


def registers(cases: list):
    """A decorator of cases: functions that return a model, the feeds of successive runs, and where ONNX Runtime cannot
    tell, a formula from a feed to the outputs."""

    def case(build):
        cases.append(build)
        return build

    return case


def value(name, dtype=F, shape=None):
    return helper.make_tensor_value_info(name, dtype, shape)


def constants(**arrays):
    return [numpy_helper.from_array(np.asarray(array), name) for name, array in arrays.items()]


def ints(*numbers):
    return np.array(numbers, np.int64)


def model(nodes, inputs, outputs, initializers=(), functions=(), domains=(), opset=17):
    graph = helper.make_graph(nodes, "dynamic", inputs, outputs, list(initializers))
    opsets = [helper.make_opsetid("", opset)] + [helper.make_opsetid(domain, 1) for domain in domains]
    made = helper.make_model(graph, opset_imports=opsets, ir_version=9, functions=list(functions))
    return made.SerializeToString()


def branch(nodes, outputs, initializers=(), dtype=F):
    return helper.make_graph(nodes, "branch", [], [value(name, dtype) for name in outputs], list(initializers))


def function(name, inputs, outputs, nodes, attributes=(), defaults=(), domain="test", opset=17):
    opsets = [helper.make_opsetid("", opset), helper.make_opsetid("test", 1)]
    return helper.make_function(domain, name, inputs, outputs, nodes, opsets, list(attributes), list(defaults))


# ---- Comparing -----------------------------------------------------------------------------------------------------


def difference(ours: dict, theirs: dict) -> str:
    for name, reference in theirs.items():
        got = ours[name]
        if got.shape != reference.shape or got.dtype != reference.dtype:
            return f"{name} is {got.dtype}{list(got.shape)}, not {reference.dtype}{list(reference.shape)}"
        if not np.allclose(got, reference, rtol=1e-4, atol=1e-5, equal_nan=True):
            return f"{name} differs by up to {np.abs(got - reference).max():.3g}"
    return ""


def reference_of(made: bytes, feeds, formula=None) -> list[dict]:
    if formula:
        return [formula(**feed) for feed in feeds]
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(made, options, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    return [dict(zip(names, session.run(None, feed))) for feed in feeds]


def check(build) -> str:
    made, feeds, *formula = build()
    expected, opened = reference_of(made, feeds, *formula), libiou.Model(made)
    for threads, no_optimize in itertools.product((1, 2), (False, True)):
        session = libiou.Session(opened, threads=threads, no_optimize=no_optimize)
        for index in [*range(len(feeds)), *range(len(feeds))]:  # the second time round from the cache
            fault = difference(session.run(feeds[index]), expected[index])
            if fault:
                return f"run {index}, {threads} threads{', node by node' if no_optimize else ''}: {fault}"
    return ""
