"""Gradient of ai.onnx.preview.training against differences of the function itself, on ONNX's own tests and more."""

import libiou
import numpy as np
import pytest
from malformed_mutations import mutations
from node_models import run_case
from onnx import TensorProto, helper
from onnx_cases import DATA

F = TensorProto.FLOAT
DOMAIN = "ai.onnx.preview.training"
UNSUPPORTED = 11
node = helper.make_node


@pytest.mark.parametrize("name", ["test_gradient_of_add", "test_gradient_of_add_and_mul"])
def test_case(name):
    assert run_case(DATA / "simple" / name, bakings=(False,)) == ("pass", "")


def gradient(nodes, xs, zs=(), y="y", inputs=None, opset=17, **attributes):
    """A model of y and of its derivatives by xs."""
    names = [*xs, *zs]
    attributes = {"xs": list(xs), "y": y, **({"zs": list(zs)} if zs else {}), **attributes}
    made = node("Gradient", inputs or names, [f"d{x}" for x in xs], name="victim", domain=DOMAIN, **attributes)
    graph = helper.make_graph([made, *nodes], "gradient", [helper.make_tensor_value_info(n, F, None) for n in names],
                              [helper.make_tensor_value_info(n, F, None) for n in ["y", *(f"d{x}" for x in xs)]])
    imports = [helper.make_opsetid("", opset), helper.make_opsetid(DOMAIN, 1)]
    return helper.make_model(graph, opset_imports=imports, ir_version=8).SerializeToString()


FUNCTIONS = {
    "products": ([node("Mul", ["a", "b"], ["p"]), node("Mul", ["p", "a"], ["y"])], lambda a, b: a * b * a),
    "a quotient": ([node("Div", ["a", "b"], ["q"]), node("Sub", ["q", "b"], ["y"])], lambda a, b: a / b - b),
    "signs": ([node("Neg", ["a"], ["n"]), node("Identity", ["n"], ["i"]), node("Sub", ["b", "i"], ["s"]),
               node("Mul", ["s", "s"], ["y"])], lambda a, b: (b + a) ** 2),
    "a value that is used often": ([node("Add", ["a", "a"], ["t"]), node("Mul", ["t", "b"], ["u"]),
                                    node("Div", ["t", "u"], ["v"]), node("Add", ["v", "t"], ["y"])],
                                   lambda a, b: 1 / b + 2 * a),
}


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("shape", [(), (1,), (1, 1)])
def test_function(name, shape):
    nodes, function = FUNCTIONS[name]
    for no_optimize in (False, True):
        session = libiou.Session(gradient(nodes, "ab"), threads=1, no_optimize=no_optimize)
        for a, b in ((1.5, -2.0), (-0.25, 3.0)):
            found = session.run({"a": np.full(shape, a, np.float32), "b": np.full(shape, b, np.float32)})
            step = 1e-6
            assert np.allclose(found["da"], (function(a + step, b) - function(a - step, b)) / (2 * step), rtol=1e-4)
            assert np.allclose(found["db"], (function(a, b + step) - function(a, b - step)) / (2 * step), rtol=1e-4)
            assert found["da"].shape == found["db"].shape == shape


def test_at_other_values():
    """The inputs say where it is computed, not which values are named."""
    nodes, _ = FUNCTIONS["products"]
    found = libiou.Session(gradient(nodes, "ab", inputs=["b", "a"])).run(
        {"a": np.float32(3), "b": np.float32(5)})
    assert found["y"] == 45 and found["da"] == 2 * 5 * 3 and found["db"] == 25


def test_a_fixed_value():
    nodes, _ = FUNCTIONS["products"]
    found = libiou.Session(gradient(nodes, "a", "b")).run({"a": np.float32(3), "b": np.float32(5)})
    assert found["da"] == 30


@pytest.mark.parametrize("made", [
    gradient([node("Exp", ["a"], ["y"])], "a"),
    gradient([node("Neg", ["b"], ["y"])], "ab"),
    gradient([node("Neg", ["a"], ["y"])], "aa"[:1], y="nowhere"),
    gradient([node("Add", ["a", "b"], ["y"], axis=0, broadcast=1)], "ab", opset=6),
    gradient([node("Add", ["a", "k"], ["y"])], "a"),
    gradient([node("Neg", ["a"], ["y"])], ["a", ""]),
])
def test_refused(made):
    with pytest.raises(libiou.IoUError) as caught:
        libiou.Model(made)
    assert "\n" not in str(caught.value)


def test_more_than_one_element():
    """Of y, of which the derivative would not be of x's shape; and of an operand that is repeated."""
    nodes, _ = FUNCTIONS["products"]
    session = libiou.Session(gradient(nodes, "ab"))
    for shapes in (((2,), (2,)), ((), (2,)), ((1,), (3, 1))):
        with pytest.raises(libiou.IoUError, match="victim.*Reshape"):
            session.run({name: np.ones(shape, np.float32) for name, shape in zip("ab", shapes)})


def good_models():
    nodes, _ = FUNCTIONS["a value that is used often"]
    return ((gradient(nodes, "ab"), [("a", np.float32(2)), ("b", np.float32(3))]),)


def test_mutations(tally):
    mutations(libiou.LIBRARY, tally, range(500), good_models())


def test_many_gradients():
    """Each looks at all nodes."""
    nodes = [node("Neg", ["a"], ["y"])] + [node("Neg", ["a"], [f"n{i}"]) for i in range(2000)]
    nodes += [node("Gradient", ["a"], [f"g{i}"], domain=DOMAIN, xs=["a"], y="y") for i in range(2000)]
    with pytest.raises(libiou.IoUError, match="for all gradients"):
        libiou.Model(gradient(nodes, "a"))
