"""Sequences and optionals inside graphs against ONNX Runtime on the same file: made in loops, passed through branches,
read from outside a body, mapped; and what they take of a session's memory.

Every case runs in the way of test_loops.py.
"""

import libiou
import numpy as np
import pytest
from dynamic_models import BOOL, I64, F, branch, check, constants, function, ints, model, node, registers, value
from onnx import TensorProto, helper

RANDOM = np.random.default_rng(7)
CASES = []
case = registers(CASES)

FLOATS = helper.make_tensor_type_proto(F, None)
SEQUENCE = helper.make_sequence_type_proto(FLOATS)
X, TRIPS, CONDITION = value("x", F, ["n", "m"]), value("t", I64, []), value("c", BOOL, [])


# ---- Building ------------------------------------------------------------------------------------------------------


def normal(*shape):
    return RANDOM.normal(size=shape).astype(np.float32)


def of(kind, *names):
    return [helper.make_value_info(name, kind) for name in names]


def counted(nodes, states, outputs, number="i", condition="more"):
    """The body of a Loop that goes on to its trip count; names inside others must differ from theirs."""
    inputs = [value(number, I64, []), value(condition, BOOL, []), *states]
    return helper.make_graph([node("Identity", [condition], [f"{condition}2"]), *nodes], "body", inputs,
                             [value(f"{condition}2", BOOL, []), *outputs])


def loop(inputs, outputs, body):
    return node("Loop", inputs, outputs, body=body)


def feeds(trips=(3, 1, 5), shapes=((2, 3), (4, 1), (2, 3)), **more):
    return [{"x": normal(*shape), "t": np.array(count), **more} for shape in shapes for count in trips]


def appended(*nodes, source="e"):
    """A body that puts a tensor of every iteration at the end of a sequence."""
    return counted([*nodes, node("SequenceInsert", ["s", source], ["r"])], of(SEQUENCE, "s"), of(SEQUENCE, "r"))


EMPTY = node("SequenceEmpty", [], ["none"])
JOINED = node("ConcatFromSequence", ["q"], ["y"], axis=0)
TRIPLED = [node("Cast", ["i"], ["f"], to=F), node("Mul", ["x", "f"], ["e"])]


# ---- Loops ---------------------------------------------------------------------------------------------------------


@case
def collected_in_a_loop():
    nodes = [EMPTY, loop(["t", "", "none"], ["q"], appended(*TRIPLED)), JOINED]
    return model(nodes, [X, TRIPS], [value("y")]), feeds()


@case
def tensors_of_changing_shape():
    nodes = [EMPTY, loop(["t", "", "none"], ["q"], appended(
        node("Add", ["i", "one"], ["j"]), node("Unsqueeze", ["j", "zero"], ["n"]), node("Expand", ["a", "n"], ["e"]))),
        JOINED, node("SequenceLength", ["q"], ["z"])]
    made = model(nodes, [TRIPS, value("a", F, [])], [value("y"), value("z", I64)],
                 constants(one=np.array(1), zero=ints(0)))
    return made, [{"t": np.array(n), "a": normal()} for n in (1, 6, 3)]


@case
def a_queue():
    """The oldest of three goes, the newest comes, at the front and at the end."""
    def body(first, position):
        return counted([node("SequenceErase", ["s", first], ["k"]), *TRIPLED,
                        node("SequenceInsert", ["k", "e", position], ["r"])], of(SEQUENCE, "s"), of(SEQUENCE, "r"))

    nodes = [node("SequenceConstruct", ["x", "x", "x"], ["three"]),
             loop(["t", "", "three"], ["p"], body("zero", "two")), loop(["t", "", "p"], ["q"], body("last", "zero")),
             node("SequenceErase", ["q"], ["w"]), node("ConcatFromSequence", ["w"], ["y"], axis=-1, new_axis=1)]
    return model(nodes, [X, TRIPS], [value("y")],
                 constants(zero=np.array(0), two=np.array(2), last=np.array(-1))), feeds((0, 2, 7))


@case
def read_inside_a_body():
    """Its elements are seen from outside the loop, and the pieces of an outer tensor within."""
    body = counted([node("SequenceAt", ["outer", "i"], ["e"]), node("SplitToSequence", ["x"], ["rows"], axis=-1),
                    node("SequenceAt", ["rows", "first"], ["f"]), node("Sub", ["s", "e"], ["d"]),
                    node("Sub", ["d", "f"], ["r"])], [value("s")], [value("r")])
    nodes = [node("Neg", ["x"], ["m"]), node("SequenceConstruct", ["x", "m", "x", "m"], ["outer"]),
             loop(["t", "", "x"], ["y"], body)]
    return model(nodes, [X, TRIPS], [value("y")], constants(first=np.array(0))), feeds((0, 4, 2))


@case
def a_loop_in_a_loop():
    inner = counted([node("Add", ["x", "sum"], ["e"]), node("SequenceInsert", ["s", "e"], ["r"])], of(SEQUENCE, "s"),
                    of(SEQUENCE, "r"), number="k", condition="goes")
    outer = counted([loop(["i", "", "seq"], ["longer"], inner), node("SequenceLength", ["longer"], ["n"]),
                     node("Cast", ["n"], ["nf"], to=F), node("Add", ["sum", "nf"], ["next"])],
                    [value("sum"), *of(SEQUENCE, "seq")], [value("next"), *of(SEQUENCE, "longer")])
    nodes = [node("SequenceConstruct", ["x"], ["one"]), node("ReduceMax", ["x"], ["m"], keepdims=0),
             loop(["t", "", "m", "one"], ["z", "q"], outer), JOINED]
    return model(nodes, [X, TRIPS], [value("y"), value("z")]), feeds()


@case
def many_iterations():
    """Enough that elements which nobody reaches any more are freed."""
    body = counted([node("SequenceAt", ["s", "last"], ["o"]), node("Mul", ["o", "half"], ["h"]),
                    node("Add", ["h", "x"], ["e"]), node("SequenceInsert", ["s", "e"], ["l"]),
                    node("SequenceErase", ["l", "zero"], ["r"])], of(SEQUENCE, "s"), of(SEQUENCE, "r"))
    nodes = [node("Neg", ["x"], ["m"]), node("SequenceConstruct", ["x", "m", "x"], ["three"]),
             loop(["t", "", "three"], ["q"], body), JOINED]
    return model(nodes, [X, TRIPS], [value("y")], constants(
        zero=np.array(0), last=np.array(-1), half=np.float32(0.5))), feeds((300, 57), ((40, 50), (3, 1)))


# ---- Branches and functions ----------------------------------------------------------------------------------------


def chosen(yes, no, outputs=("q",)):
    return node("If", ["c"], list(outputs), then_branch=yes, else_branch=no)


def branches(yes, no):
    return [helper.make_graph(nodes, "branch", [], of(SEQUENCE, name)) for nodes, name in (yes, no)]


@case
def made_in_a_branch():
    yes, no = branches(([node("SequenceConstruct", ["x", "x"], ["a"])], "a"),
                       ([node("SplitToSequence", ["x", "two"], ["b"], axis=1)], "b"))
    nodes = [chosen(yes, no), JOINED, node("SequenceLength", ["q"], ["z"])]
    return model(nodes, [value("x", F, ["n", "m"]), CONDITION], [value("y"), value("z", I64)],
                 constants(two=np.array(2))), [
        {"x": normal(*shape), "c": np.array(c)} for shape in ((2, 4), (3, 6)) for c in (True, False)]


@case
def passed_through_a_branch():
    yes, no = branches(([node("Identity", ["o"], ["a"])], "a"),
                       ([node("SequenceInsert", ["o", "x", "zero"], ["b"])], "b"))
    nodes = [node("Neg", ["x"], ["m"]), node("SequenceConstruct", ["m", "x"], ["o"]), chosen(yes, no), JOINED]
    return model(nodes, [X, CONDITION], [value("y")], constants(zero=np.array(0))), [
        {"x": normal(2, 3), "c": np.array(c)} for c in (True, False, True)]


@case
def a_branch_in_a_loop():
    grows = helper.make_graph([node("SequenceInsert", ["s", "x"], ["a"])], "branch", [], of(SEQUENCE, "a"))
    stays = helper.make_graph([node("Identity", ["s"], ["b"])], "branch", [], of(SEQUENCE, "b"))
    body = counted([node("Mod", ["i", "two"], ["odd"]), node("Cast", ["odd"], ["c"], to=BOOL),
                    node("If", ["c"], ["r"], then_branch=grows, else_branch=stays)],
                   of(SEQUENCE, "s"), of(SEQUENCE, "r"))
    nodes = [node("SequenceConstruct", ["x"], ["one"]), loop(["t", "", "one"], ["q"], body), JOINED]
    return model(nodes, [X, TRIPS], [value("y")], constants(two=np.array(2))), feeds()


@case
def in_a_function():
    pair = function("Twice", ["a"], ["b"], [node("SequenceConstruct", ["a", "a"], ["s"]),
                                           node("ConcatFromSequence", ["s"], ["b"], axis=0)])
    nodes = [node("Twice", ["x"], ["d"], domain="test"), node("Twice", ["d"], ["y"], domain="test")]
    return model(nodes, [X], [value("y")], functions=[pair], domains=["test"]), [
        {"x": normal(*shape)} for shape in ((2, 3), (1, 4))]


# ---- Maps ----------------------------------------------------------------------------------------------------------


def mapped(nodes, inputs, outputs):
    return helper.make_graph(nodes, "map", [value(name) for name in inputs], [value(name) for name in outputs])


@case
def mapped_to_two_sequences():
    body = mapped([node("Add", ["a", "x"], ["b"]), node("Mul", ["a", "k"], ["d"])], "ak", "bd")
    nodes = [node("Neg", ["x"], ["m"]), node("SequenceConstruct", ["x", "m"], ["s"]),
             node("SequenceMap", ["s", "m"], ["q", "w"], body=body), JOINED,
             node("ConcatFromSequence", ["w"], ["z"], axis=0, new_axis=1)]
    return model(nodes, [X], [value("y"), value("z")]), [{"x": normal(*shape)} for shape in ((2, 3), (1, 4))]


@case
def mapped_in_a_loop():
    body = counted([node("SequenceMap", ["s"], ["r"], body=mapped([node("Mul", ["a", "x"], ["b"])], "a", "b"))],
                   of(SEQUENCE, "s"), of(SEQUENCE, "r"))
    nodes = [node("Neg", ["x"], ["m"]), node("SequenceConstruct", ["x", "m"], ["s0"]),
             loop(["t", "", "s0"], ["q"], body), JOINED]
    return model(nodes, [X, TRIPS], [value("y")]), feeds()


# ---- Optionals -----------------------------------------------------------------------------------------------------


@case
def optionals_of_tensors():
    nothing = [node("Optional", [], ["b"], type=FLOATS)]
    kind = helper.make_optional_type_proto(FLOATS)
    yes = helper.make_graph([node("Optional", ["x"], ["a"])], "branch", [], of(kind, "a"))
    no = helper.make_graph(nothing, "branch", [], of(kind, "b"))
    have = branch([node("OptionalGetElement", ["o"], ["g"])], ["g"])
    lack = branch([node("Neg", ["x"], ["l"])], ["l"])
    nodes = [chosen(yes, no, ["o"]), node("OptionalHasElement", ["o"], ["h"]),
             node("If", ["h"], ["y"], then_branch=have, else_branch=lack)]
    return model(nodes, [X, CONDITION], [value("y"), value("h", BOOL)]), [
        {"x": normal(*shape), "c": np.array(c)} for shape in ((2, 3), (1, 4)) for c in (True, False)], (
        lambda x, c: {"y": x if c else -x, "h": np.array(c)})


@pytest.mark.parametrize("build", CASES, ids=[build.__name__ for build in CASES])
def test_model(build):
    fault = check(build)
    assert not fault, fault


# ---- Memory --------------------------------------------------------------------------------------------------------


def run(made, feed, max_memory_bytes):
    return libiou.Session(made, threads=1, max_memory_bytes=max_memory_bytes).run(feed)


def test_unreachable_elements_are_freed():
    """400 of 1 MiB come and go, within 16 MiB."""
    made, _ = many_iterations()
    x = normal(512, 512)
    assert run(made, {"x": x, "t": np.array(400)}, 16 << 20)["y"].shape == (3 * 512, 512)


def test_a_long_sequence_costs_no_more_than_its_elements():
    """20,000 small tensors: each insertion shares what the sequence before it holds."""
    nodes = [EMPTY, loop(["t", "", "none"], ["q"], appended(node("Cast", ["i"], ["e"], to=F))),
             node("ConcatFromSequence", ["q"], ["y"], axis=0, new_axis=1)]
    made = model(nodes, [TRIPS], [value("y")])
    y = run(made, {"t": np.array(20000)}, 32 << 20)["y"]
    assert np.array_equal(y, np.arange(20000, dtype=np.float32))


def test_the_limit_holds():
    nodes = [EMPTY, loop(["t", "", "none"], ["q"], appended(source="x")), JOINED]
    made = model(nodes, [X, TRIPS], [value("y")])
    with pytest.raises(libiou.IoUError, match="iteration .* expected at most .* bytes"):
        run(made, {"x": normal(100, 100), "t": np.array(1 << 40)}, 1 << 20)


def test_types_are_told_at_the_border():
    for kind, words in ((SEQUENCE, "sequence of float32"), (helper.make_optional_type_proto(SEQUENCE),
                                                            "optional sequence of float32"),
                        (helper.make_optional_type_proto(FLOATS), "optional float32")):
        graph = helper.make_graph([node("Identity", ["a"], ["b"])], "border", of(kind, "a"), of(kind, "b"))
        made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 16)], ir_version=8)
        with pytest.raises(libiou.IoUError, match=f"input 'a': expected a tensor, found {words}") as caught:
            libiou.Model(made.SerializeToString())
        assert caught.value.status == libiou.UNSUPPORTED
    with pytest.raises(libiou.IoUError, match="output 'q': expected a tensor, found sequence of int64"):
        libiou.Model(model([node("SequenceEmpty", [], ["q"], dtype=TensorProto.INT64)], [], of(SEQUENCE, "q")))
