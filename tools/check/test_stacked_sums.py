"""Values that are stacked along a new last dimension and summed over it, as exporters write a sum of maps: one step,
which has the bits of the sum of the stack."""

import libiou
import numpy as np
import pytest
from dynamic_models import constants, model, node, value
from onnxruntime_compare import fault

RNG = np.random.default_rng(9)


def stacked(count, shape=(2, 5, 9, 13), reduction="ReduceSum", axis=-1, over=-1, keepdims=0, read_twice=False):
    feeds = {f"x{i}": RNG.normal(size=shape).astype(np.float32) for i in range(count)}
    nodes = [node("Unsqueeze", [name, "last"], [f"{name}u"]) for name in feeds]
    nodes.append(node("Concat", [f"{name}u" for name in feeds], ["stack"], axis=axis))
    nodes.append(node(reduction, ["stack", "over"], ["y"], keepdims=keepdims))
    made = constants(last=np.array([-1], np.int64), over=np.array([over], np.int64))
    outputs = [value("y"), *([value("stack")] if read_twice else [])]
    return model(nodes, [value(name, shape=shape) for name in feeds], outputs, made, opset=18), feeds


CASES = [(stacked(count), True) for count in (2, 3, 16)] + [
    (stacked(1), False),
    (stacked(3, shape=(1, 64, 40, 40)), True),
    (stacked(2, shape=(70000,)), True),
    (stacked(3, keepdims=1), True),
    (stacked(3, over=4), True),
    (stacked(17), False),
    (stacked(3, reduction="ReduceMean"), False),
    (stacked(3, reduction="ReduceMax"), False),
    (stacked(3, over=1), False),
    (stacked(3, axis=1, over=1), False),
    (stacked(3, read_twice=True), False),
]


@pytest.mark.parametrize("index", range(len(CASES)))
def test_stacked_sum(index, isas):
    (made, feeds), expected = CASES[index]
    wrong = fault(made, feeds, isas, 1e-6)
    assert not wrong, wrong
    session = libiou.Session(made, profile=True)
    fused = session.run(feeds)["y"]
    assert ("Concat+ReduceSum" in [step["type"] for step in session.profile()]) == expected
    plain = libiou.Session(made, no_optimize=True).run(feeds)["y"]
    assert fused.tobytes() == plain.tobytes()
