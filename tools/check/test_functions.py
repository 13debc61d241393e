"""Functions of one element in float32, at every instruction set of this processor, against double precision.

A million arguments of all magnitudes from -100 to 100 (and what is not finite) are compared with PyTorch's float64.
Errors are counted in units in the last place (ULP) of the result, or, where a difference of nearly equal numbers leaves
few digits, in units of 2^-24 of the largest of |x| and 1. `-rP` shows the largest, which docs/runtime.md quotes, and
is compared with.
"""

import re
from collections.abc import Callable

import libiou
import numpy as np
import pytest
import torch
from onnx import TensorProto, helper

COUNT = 1 << 20
F = torch.nn.functional

# name, attributes, definition, the largest error in ULP, or None and in units of max(|x|, 1)
FUNCTIONS: list[tuple[str, dict, Callable, float | None, float]] = [
    ("Abs", {}, torch.abs, 0, 0),
    ("Elu", {"alpha": 1.5}, lambda x: F.elu(x, 1.5), 3, 0),
    ("Erf", {}, torch.erf, 3, 0),
    ("Exp", {}, torch.exp, 2, 0),
    ("Gelu", {}, F.gelu, None, 8),
    ("Gelu", {"approximate": "tanh"}, lambda x: F.gelu(x, approximate="tanh"), None, 8),
    ("HardSigmoid", {"alpha": 0.25, "beta": 0.5}, lambda x: (x * 0.25 + 0.5).clamp(0, 1), None, 2),
    ("HardSwish", {}, F.hardswish, None, 4),
    ("LeakyRelu", {"alpha": 0.125}, lambda x: F.leaky_relu(x, 0.125), 1, 0),
    ("Mish", {}, F.mish, 5, 0),
    ("Neg", {}, torch.neg, 0, 0),
    ("Reciprocal", {}, torch.reciprocal, 1, 0),
    ("Relu", {}, F.relu, 0, 0),
    ("Selu", {}, F.selu, 3, 0),
    ("Sigmoid", {}, torch.sigmoid, 4, 0),
    ("Softplus", {}, lambda x: torch.nn.functional.softplus(x, threshold=1e9), 4, 0),
    ("Softsign", {}, F.softsign, 2, 0),
    ("Sqrt", {}, torch.sqrt, 1, 0),
    ("Tanh", {}, torch.tanh, 3, 0),
    ("ThresholdedRelu", {"alpha": 0.5}, lambda x: torch.where(x > 0.5, x, 0), 0, 0),
]


@pytest.fixture(scope="module")
def values() -> np.ndarray:
    """Of all magnitudes, of both signs; then what is special."""
    random = np.random.default_rng(0)
    magnitudes = np.exp(random.uniform(np.log(1e-12), np.log(100), COUNT // 2))
    linear = random.uniform(-12, 12, COUNT // 2)
    values = np.concatenate([magnitudes * random.choice((-1, 1), COUNT // 2), linear, [0, -0.0, 1, -1, 100, -100]])
    return values.astype(np.float32)


def model_of(name: str, attributes: dict, count: int) -> bytes:
    value = [helper.make_tensor_value_info(n, TensorProto.FLOAT, [count]) for n in "xy"]
    graph = helper.make_graph([helper.make_node(name, ["x"], ["y"], "f", **attributes)], "check", value[:1], value[1:])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=8).SerializeToString()


def errors(x: np.ndarray, got: np.ndarray, expected: np.ndarray) -> tuple[float, float]:
    """In ULP of the result, and in units of 2^-24 of max(|x|, 1)."""
    known = np.abs(expected) < np.finfo(np.float32).max
    distance = np.abs(got.astype(np.float64) - expected)[known]
    ulp = np.maximum(np.spacing(np.abs(expected[known]).astype(np.float32)).astype(np.float64), 2.0**-126)
    return (distance / ulp).max(), (distance / (np.maximum(np.abs(x[known]), 1) * 2.0**-24)).max()


def special_fault(name: str, attributes: dict, definition: Callable, isa: str) -> str:
    """Infinities, NaN and zeros of both signs, as ONNX Runtime and PyTorch have them; x f(x) of minus infinity may be 0
    or NaN."""
    x = np.array([np.inf, np.nan, -np.inf, 0.0, -0.0] * 9, np.float32)
    got = libiou.Session(model_of(name, attributes, x.size), isa=isa, threads=1).run({"x": x})["y"]
    expected = definition(torch.from_numpy(x.astype(np.float64))).numpy().astype(np.float32)
    same = (got == expected) | (np.isnan(got) & np.isnan(expected))
    open_question = np.isneginf(x) & (np.nan_to_num(got) == 0) & (np.nan_to_num(expected) == 0)
    signs = (x != 0) | (expected != 0) | (np.signbit(got) == np.signbit(expected))
    wrong = ~(same | open_question) | ~signs
    return f"f({x[wrong][0]}) is {got[wrong][0]}, not {expected[wrong][0]}" if wrong.any() else ""


def label_of(name: str, attributes: dict) -> str:
    return " ".join([name, *(value for value in attributes.values() if isinstance(value, str))])


def quoted() -> dict[str, list[float]]:
    """The errors that docs/runtime.md gives, by function."""
    page = (libiou.ROOT / "docs/runtime.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([\w ]+) \| ([\d.]+) \| ([\d.]+) \| ([\d.]+) \| (?:ULP|2\^-24)", page, re.M)
    return {row[0]: [float(number) for number in row[1:]] for row in rows}


def misquoted(said: list[float] | None, isa: str, found: float) -> str:
    """C libraries differ a little in what scalar code calls."""
    if said is None:
        return "docs/runtime.md does not have it"
    number = said[("scalar", "avx2", "avx512").index(isa)]
    return "" if abs(found - number) < (0.6 if isa == "scalar" else 0.06) else f"docs/runtime.md says {number}"


@pytest.mark.parametrize(("name", "attributes", "definition", "most_ulp", "most"),
                         [pytest.param(*function, id=label_of(*function[:2])) for function in FUNCTIONS])
def test_errors(name, attributes, definition, most_ulp, most, values, isas, tally):
    if name == "Sqrt":
        values = np.abs(values)
    expected = definition(torch.from_numpy(values.astype(np.float64))).numpy()
    for isa in isas:
        session = libiou.Session(model_of(name, attributes, values.size), isa=isa, threads=1)
        ulp, scaled = errors(values, session.run({"x": values})["y"], expected)
        limit, found, unit = (most, scaled, "of max(|x|, 1)") if most_ulp is None else (most_ulp, ulp, "ULP")
        print(f"{label_of(name, attributes):16}{isa:8}{found:14.1f} {unit}")
        said = "" if found <= limit + 0.501 else f"error {found:.2f} is more than {limit}"
        tally.add(isa, said, special_fault(name, attributes, definition, isa),
                  misquoted(quoted().get(label_of(name, attributes)), isa, found))
