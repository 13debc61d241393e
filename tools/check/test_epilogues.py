"""What follows a node and is done in the store of its step, against ONNX Runtime.

Every algorithm of Conv, ConvTranspose, Gemm, MatMul and element-wise nodes, each before a random list of
normalisations, additions, products and functions of one element, SiLU and its like written out included; every
instruction set of this processor, one, two and five threads, and node by node. The largest error must stay within 5e-5
of the output's range, the bits must not depend on the number of threads, and everything that a store can take must run
in one step.
"""

from collections.abc import Callable

import libiou
import numpy as np
import pytest
from onnx import helper
from onnxruntime_compare import fault
from random_graph import Chain

CASES = 400
MOST = 8  # steps of a list; x f(x) needs three while it is found
OPSET = 20
TOLERANCE = 5e-5  # of the range: functions steepen what sums round


def add_conv(chain: Chain) -> int:
    """A convolution for one of the algorithms; returns the axis of its channels."""
    kernel, ins, outs, group = chain.draw.choice((
        (1, 16, 24, 1), (1, 40, 33, 1), (3, 16, 24, 1), (3, 32, 64, 1), (5, 16, 17, 1), (3, 3, 16, 1), (3, 24, 24, 24),
        (5, 9, 9, 9), (3, 32, 32, 8), (3, 64, 64, 4), (3, 48, 96, 3)))
    stride = chain.draw.choice((1, 1, 2))
    chain.input(chain.draw.choice((1, 2)), ins, chain.draw.randint(5, 40), chain.draw.randint(5, 40))
    # of unit variance: functions behind a sum of hundreds would see their tails only
    weight = chain.array(outs, ins // group, kernel, kernel) / np.sqrt(np.float32(ins // group * kernel**2))
    chain.add("Conv", chain.constant(weight), chain.constant(chain.array(outs)), group=group, strides=[stride] * 2,
              pads=[kernel // 2] * 4)
    return 1


def add_conv_transpose(chain: Chain) -> int:
    ins, outs, group = chain.draw.choice(((16, 24, 1), (8, 33, 1), (12, 12, 12), (16, 16, 4), (9, 1, 1)))
    chain.input(1, ins, chain.draw.randint(3, 20), chain.draw.randint(3, 20))
    weight = chain.constant(chain.array(ins, outs // group, 3, 3))
    chain.add("ConvTranspose", weight, chain.constant(chain.array(outs)), group=group, strides=[2, 2])
    return 1


def add_gemm(chain: Chain) -> int:
    depth, columns = chain.draw.choice(((16, 24), (33, 65), (7, 3)))
    chain.input(chain.draw.choice((1, 5, 70)), depth)
    chain.add("Gemm", chain.constant(chain.array(columns, depth)), chain.constant(chain.array(columns)), transB=1)
    return 1


def add_matmul(chain: Chain) -> int:
    depth, columns = chain.draw.choice(((16, 24), (33, 65), (7, 3)))
    batch = chain.draw.choice((1, 3))
    chain.input(batch, chain.draw.choice((1, 5, 70)), depth)
    other = chain.input(batch, depth, columns) if chain.draw.random() < 0.5 else chain.constant(
        chain.array(depth, columns))
    chain.add("MatMul", other)
    return 2


def add_unary(chain: Chain) -> int:
    chain.input(1, 3, chain.draw.randint(1, 90), chain.draw.randint(1, 200))
    chain.add(chain.draw.choice(("Sigmoid", "Tanh", "Relu", "Exp", "Abs")))
    return -1


def add_binary(chain: Chain) -> int:
    shape = (1, 3, chain.draw.randint(1, 90), chain.draw.randint(1, 200))
    chain.input(*shape)
    chain.add(chain.draw.choice(("Add", "Mul", "Sub")), chain.input(*shape))
    return -1


HEADS = (add_conv, add_conv, add_conv, add_conv_transpose, add_gemm, add_matmul, add_unary, add_binary)


def along_channels(chain: Chain, shape: list[int], axis: int, low: float, high: float) -> str:
    """A constant of one element, or of one for each channel."""
    if axis < 0 or chain.draw.random() < 0.3:
        return chain.constant(np.float32(chain.draw.uniform(low, high)))
    array = chain.arrays.uniform(low, high, shape[axis]).astype(np.float32)
    return chain.constant(array.reshape([-1] + [1] * (len(shape) - axis - 1)))


def gate(chain: Chain, *functions: tuple[str, dict]) -> None:
    """x f(x), written out."""
    x = chain.value
    for name, attributes in functions:
        chain.add(name, **attributes)
    value = chain.value
    operands = [value, x] if chain.draw.random() < 0.5 else [x, value]
    chain.nodes.append(helper.make_node("Mul", operands, [f"v{len(chain.nodes)}"], f"v{len(chain.nodes)}"))
    chain.value = chain.nodes[-1].output[0]


def hard_swish(chain: Chain) -> None:
    """x min(max(x + 3, 0), 6) / 6 as exporters write it out, or with other numbers."""
    x = chain.value
    three, six = chain.draw.choice(((3, 6),) * 3 + ((2, 6), (3, 5)))
    chain.add("Add", chain.constant(np.float32(three)))
    chain.add("Clip", chain.constant(np.float32(0)), chain.constant(np.float32(six)))
    divide = chain.draw.choice((("Div", np.float32(6)), ("Mul", np.float32(1 / 6))))
    first = chain.draw.random() < 0.5
    for name, operand in ((divide[0], chain.constant(divide[1])), ("Mul", x))[::1 if first else -1]:
        chain.add(name, operand)


def follow(chain: Chain, shape: list[int], axis: int) -> int:
    """One more link; returns how many steps it takes at most."""
    functions = [(name, {}) for name in (
        "Relu", "Sigmoid", "HardSwish", "HardSigmoid", "LeakyRelu", "Elu", "Mish", "Tanh", "Erf", "Gelu", "Softplus",
        "Softsign", "Abs", "Neg", "Selu")]
    functions += [("Gelu", {"approximate": "tanh"}), ("LeakyRelu", {"alpha": 0.3}), ("Elu", {"alpha": 0.5})]
    kind = chain.draw.choice(("function",) * 4 + (
        "clip", "silu", "gate", "hard swish", "mish", "add", "multiply", "scale", "shift", "quotient", "difference",
        "slope", "norm"))
    if kind == "clip":
        ends = [chain.constant(np.float32(end)) for end in chain.draw.choice(((0, 6), (-1, 1), (0.2, 0.7)))]
        chain.add("Clip", *ends)
    elif kind == "silu":
        gate(chain, ("Sigmoid", {}))
    elif kind == "gate":
        gate(chain, chain.draw.choice((("HardSigmoid", {}), ("HardSigmoid", {"alpha": 1 / 6}), ("Tanh", {}))))
        return 3
    elif kind == "mish":
        gate(chain, ("Softplus", {}), ("Tanh", {}))
        return 4
    elif kind == "hard swish":
        hard_swish(chain)
        return 5
    elif kind in ("add", "multiply"):
        chain.add("Add" if kind == "add" else "Mul", chain.input(*shape))
    elif kind == "scale":
        chain.add("Mul", along_channels(chain, shape, axis, -1, 1))
    elif kind == "shift":
        chain.add(chain.draw.choice(("Add", "Sub")), along_channels(chain, shape, axis, -1, 1))
    elif kind == "quotient":
        chain.add("Div", along_channels(chain, shape, axis, 0.5, 3))
    elif kind == "difference":
        constant = along_channels(chain, shape, axis, -1, 1)
        chain.nodes.append(helper.make_node("Sub", [constant, chain.value], [f"v{len(chain.nodes)}"],
                                            f"v{len(chain.nodes)}"))
        chain.value = chain.nodes[-1].output[0]
    elif kind == "slope":
        chain.add("PRelu", along_channels(chain, shape, axis, 0, 1))
    elif kind == "norm" and axis == 1:
        channels = shape[1]
        chain.add("BatchNormalization", *(chain.constant(chain.array(channels)) for _ in range(3)),
                  chain.constant(np.abs(chain.array(channels)) + 0.5))
    else:
        name, attributes = chain.draw.choice(functions)
        chain.add(name, **attributes)
    return 1


def output_shape(chain: Chain) -> list[int]:
    outputs = libiou.Session(chain.model(chain.nodes, [chain.value], OPSET)).run(chain.inputs)
    return list(outputs[chain.value].shape)


def case_fault(seed: int, head: Callable[[Chain], int], isas: list[str]) -> str:
    chain = Chain(seed)
    axis = head(chain)
    shape, steps = output_shape(chain), 0
    for _ in range(chain.draw.randint(1, 5)):
        steps += follow(chain, shape, axis)
    model = chain.model(chain.nodes, [chain.value], OPSET)
    session = libiou.Session(model, profile=True)
    separate = libiou.Session(model, no_optimize=True)
    fused, plain = (run.run(chain.inputs)[chain.value] for run in (session, separate))
    if (error := np.abs(fused - plain).max() / (np.ptp(plain) or 1.0)) > 1e-5:
        return f"{error:.1e} of the range away from node by node"
    computing = [step["type"] for step in session.profile() if not step["type"].startswith("(")]
    if steps <= MOST - 2 and len(computing) != 1:
        return f"runs in {len(computing)} steps: {', '.join(computing)}"
    return fault(model, chain.inputs, isas, TOLERANCE)


@pytest.mark.parametrize("seed", range(CASES))
def test_list(seed, isas):
    found = case_fault(seed, HEADS[seed % len(HEADS)], isas)
    assert not found, found
