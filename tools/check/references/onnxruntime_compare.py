"""Our outputs of a model against ONNX Runtime's, at every level and with several numbers of threads."""

import libiou
import numpy as np
import onnxruntime
from special_numbers import usual_numbers


def fault(model: bytes, inputs: dict[str, np.ndarray], isas: list[str], tolerance: float) -> str:
    """What differs from ONNX Runtime, in any output at any level, fused or node by node, or from one thread to more."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = 1, 4
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    theirs = dict(zip((output.name for output in session.get_outputs()), session.run(None, inputs)))
    ours = libiou.Model(model)
    for isa in isas:
        one, *others = (libiou.Session(ours, threads=n, isa=isa).run(inputs) for n in (1, 2, 5))
        plain = libiou.Session(ours, threads=2, isa=isa, no_optimize=True).run(inputs)
        for name, expected in theirs.items():
            if said := output_fault(one[name], [other[name] for other in others], expected, tolerance):
                return f"{isa}: {name}: {said}"
            if said := output_fault(plain[name], [], expected, tolerance):
                return f"{isa}, node by node: {name}: {said}"
    return ""


def output_fault(one: np.ndarray, others: list[np.ndarray], expected: np.ndarray, tolerance: float) -> str:
    if one.shape != expected.shape:
        return f"shape {one.shape}, not {expected.shape}"
    usual = usual_numbers(one, expected)
    if usual is None:
        return "NaN, infinities or the largest floats differ from ONNX Runtime's"
    span = np.ptp(usual[1]) if usual[1].size else 0.0
    error = np.abs(usual[0] - usual[1]).max(initial=0) / max(span, 1.0)  # limits can leave hardly a range
    if not error <= tolerance:
        return f"{error:.1e} of the range away from ONNX Runtime"
    same = all(one.tobytes() == other.tobytes() for other in others)
    return "" if same else "bits depend on the number of threads"
