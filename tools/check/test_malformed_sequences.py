"""Malformed sequences and optionals, in the way of test_malformed.py."""

import numpy as np
import pytest
from libiou import LIBRARY
from malformed_models import LIMIT, add, collected, constant, f32, proto
from malformed_mutations import mutations
from malformed_run import check_case
from onnx import TensorProto, helper

F, I64 = TensorProto.FLOAT, TensorProto.INT64
BAD_MODEL, UNSUPPORTED, DEADLINE, BAD_DATA = 10, 11, 3, 15
ENDLESS = (1 << 63) - 1
node = helper.make_node
X, Y = ("x", F, ["n", "m"]), ("y", F, None)
FLOATS = helper.make_tensor_type_proto(F, None)
SEQUENCE = helper.make_sequence_type_proto(FLOATS)


def victim(op, inputs, output="y", **attributes):
    return node(op, inputs, [output], name="victim", **attributes)


def sequence_case(name, nodes, words=("victim",), compute=None, initializers=(), outputs=(Y,), **more):
    """x is [[0, 1, 2], [3, 4, 5]]; s is a sequence of it and of its negative, none is empty."""
    before = [node("Neg", ["x"], ["m"]), node("SequenceConstruct", ["x", "m"], ["s"]),
              node("SequenceEmpty", [], ["none"])]
    fixed = [constant(f"k{i}".replace("-", "_"), i) for i in range(-4, 5)]
    add(name, proto([*before, *nodes], [X], outputs, [*fixed, *initializers], opset=18), [f32(2, 3)],
        refuse=None if compute is not None else list(words), compute=compute, **more)


def joined(source="q", **attributes):
    return node("ConcatFromSequence", [source], ["y"], **{"axis": 0, **attributes})


def position_cases():
    for at in ("k2", "k_3", "k4"):
        sequence_case(f"SequenceAt at {at}", [victim("SequenceAt", ["s", at])], ["victim", "-2 to 1"],
                      status=(BAD_DATA,))
        sequence_case(f"SequenceErase at {at}", [victim("SequenceErase", ["s", at], "q"), joined()],
                      ["victim", "-2 to 1"], status=(BAD_DATA,))
    for at in ("k3", "k_3"):
        sequence_case(f"SequenceInsert at {at}", [victim("SequenceInsert", ["s", "x", at], "q"), joined()],
                      ["victim", "-2 to 2"], status=(BAD_DATA,))
    for op in ("SequenceAt", "SequenceErase"):
        sequence_case(f"{op} of nothing", [victim(op, ["none", "k0"], "q"), node("Identity", ["q"], ["y"])]
                      if op == "SequenceAt" else [victim(op, ["none"], "q"), joined()],
                      ["victim", "an empty one"], status=(BAD_DATA,))
    sequence_case("SequenceAt without a position", [victim("SequenceAt", ["s"])])
    sequence_case("SequenceAt at a float", [victim("SequenceAt", ["s", "x"])])
    sequence_case("SequenceAt at the least number", [victim("SequenceAt", ["s", "least"])], status=(BAD_DATA,),
                  initializers=[constant("least", -(1 << 63))])
    sequence_case("SequenceAt at two positions", [victim("SequenceAt", ["s", "pair"])], ["victim", "one position"],
                  initializers=[constant("pair", [0, 1])])


def type_cases():
    for op in ("SequenceLength", "SequenceErase", "ConcatFromSequence"):
        attributes = {"axis": 0} if op == "ConcatFromSequence" else {}
        sequence_case(f"{op} of a tensor", [victim(op, ["x"], **attributes)], ["victim", "expected a sequence"],
                      status=(BAD_MODEL,))
    for op, inputs in (("Neg", ["s"]), ("Add", ["x", "s"]), ("Shape", ["s"]), ("Size", ["s"]), ("Cast", ["s"]),
                       ("Reshape", ["s", "k1"]), ("Unsqueeze", ["s", "k0"]), ("Concat", ["s", "s"]),
                       ("SequenceConstruct", ["s"]), ("SequenceInsert", ["s", "s"]), ("SplitToSequence", ["s"]),
                       ("Where", ["s", "x", "x"]), ("NonZero", ["s"]), ("Expand", ["x", "s"]),
                       ("SequenceAt", ["s", "s"])):
        attributes = {"Cast": {"to": F}, "Concat": {"axis": 0}}.get(op, {})
        sequence_case(f"{op} of a sequence", [victim(op, inputs, **attributes)], ["victim", "sequence of float32"],
                      status=(BAD_MODEL, UNSUPPORTED))
    sequence_case("tensors of two types", [victim("SequenceConstruct", ["x", "k0"], "q"), joined()],
                  ["victim", "float32", "int64"])
    sequence_case("a tensor of another type", [victim("SequenceInsert", ["s", "k0"], "q"), joined()],
                  ["victim", "float32", "int64"])
    sequence_case("nothing to construct", [victim("SequenceConstruct", [], "q"), joined()])
    sequence_case("an absent element", [victim("SequenceConstruct", ["x", "", "x"], "q"), joined()])
    for number in (0, 14, 27, 257, -1, 1 << 40):
        sequence_case(f"SequenceEmpty of type {number}", [victim("SequenceEmpty", [], "q", dtype=number), joined()],
                      ["victim", "dtype"])
    for number in (0x101, 0x201, 0x301):
        sequence_case(f"Cast to {number}", [victim("Cast", ["x"], to=number)], ["victim"])
        tensor = constant("odd", [0])
        tensor.data_type = number
        sequence_case(f"an initializer of type {number}", [node("Neg", ["odd"], ["y"])], ["'odd'"],
                      initializers=[tensor])
    sequence_case("an output that is a sequence", [node("Identity", ["s"], ["y"])], ["'y'", "sequence of float32"],
                  status=(UNSUPPORTED,))
    sequence_case("an output that may be a sequence", [
        node("ReduceMax", ["x"], ["top"], keepdims=0), node("Cast", ["top"], ["c"], to=TensorProto.BOOL),
        node("If", ["c"], ["y"], then_branch=helper.make_graph([node("Identity", ["s"], ["a"])], "b", [], [
            helper.make_value_info("a", SEQUENCE)]), else_branch=helper.make_graph([
                node("Identity", ["none"], ["e"])], "b", [], [helper.make_value_info("e", SEQUENCE)]))],
        ["'y'", "sequence of float32"], status=(UNSUPPORTED,))


def shape_cases():
    sequence_case("other shapes", [node("Transpose", ["x"], ["t"]), node("SequenceInsert", ["s", "t"], ["q"]),
                                   victim("ConcatFromSequence", ["q"], axis=0)], ["victim", "tensor 2"],
                  status=(BAD_DATA,))
    sequence_case("other ranks", [node("SequenceInsert", ["s", "top"], ["q"]),
                                  victim("ConcatFromSequence", ["q"], axis=0)], ["victim", "tensor 2"],
                  status=(BAD_DATA,), initializers=[constant("top", 1, np.float32)])
    sequence_case("other lengths on a new axis", [
        node("SequenceInsert", ["s", "row"], ["q"]), victim("ConcatFromSequence", ["q"], axis=0, new_axis=1)],
        ["victim", "tensor 2"], status=(BAD_DATA,), initializers=[constant("row", np.ones((1, 3)), np.float32)])
    sequence_case("nothing to join", [victim("ConcatFromSequence", ["none"], axis=0)], ["victim", "an empty one"],
                  status=(BAD_DATA,))
    sequence_case("no axis", [victim("ConcatFromSequence", ["s"])], ["victim", "axis"], status=(BAD_MODEL,))
    for axis in (2, -3, 1 << 40):
        sequence_case(f"axis {axis}", [victim("ConcatFromSequence", ["s"], axis=axis)], ["victim", "axis"])
        sequence_case(f"SplitToSequence along axis {axis}",
                      [victim("SplitToSequence", ["x"], "q", axis=axis), joined()])
    sequence_case("a new axis that is 2", [victim("ConcatFromSequence", ["s"], axis=0, new_axis=2)],
                  ["victim", "new_axis"])
    eight = constant("eight", np.ones((1,) * 8), np.float32)
    sequence_case("a ninth axis", [node("SequenceConstruct", ["eight"], ["q"]),
                                   victim("ConcatFromSequence", ["q"], axis=0, new_axis=1)], ["victim", "rank"],
                  initializers=[eight])
    for lengths in ([1, 2], [1], [3, -1], [], [-1, 3]):
        sequence_case(f"lengths {lengths}", [victim("SplitToSequence", ["x", "l"], "q"), joined()],
                      ["victim", "sum"], status=(BAD_DATA,), initializers=[constant("l", lengths)])
    for each in ("k0", "k_1"):
        sequence_case(f"lengths of {each}", [victim("SplitToSequence", ["x", each], "q"), joined()],
                      ["victim", "at least"], status=(BAD_DATA,))
    sequence_case("lengths of rank 2", [victim("SplitToSequence", ["x", "l"], "q"), joined()],
                  initializers=[constant("l", [[1, 1]])])
    sequence_case("a scalar in pieces", [victim("SplitToSequence", ["k1"], "q"), joined()])
    sequence_case("2^40 pieces", [node("Expand", ["empty", "shape"], ["long"]),
                                  victim("SplitToSequence", ["long"], "q"), node("SequenceLength", ["q"], ["y"])],
                  ["victim", "bytes"], initializers=[constant("empty", np.ones((1, 0)), np.float32),
                                                     constant("shape", [1 << 40, 0])],
                  max_memory=1 << 20, status=(LIMIT,), outputs=[("y",)])


def body(nodes, states, outputs):
    inputs = [helper.make_tensor_value_info("i", I64, []), helper.make_tensor_value_info("more", TensorProto.BOOL, [])]
    return helper.make_graph(nodes, "body", [*inputs, *states], [
        helper.make_tensor_value_info("more", TensorProto.BOOL, []), *outputs])


def of(kind, *names):
    return [helper.make_value_info(name, kind) for name in names]


def loop_cases():
    grows = body([node("SequenceInsert", ["a", "x"], ["b"], name="inner")], of(SEQUENCE, "a"), of(SEQUENCE, "b"))
    endless = [constant("endless", ENDLESS)]
    sequence_case("a sequence without end", [victim("Loop", ["endless", "", "s"], "q", body=grows), joined()],
                  ["victim", "iteration", "bytes"], initializers=endless, max_memory=1 << 20, status=(LIMIT,))
    stays = body([node("Identity", ["a"], ["b"])], of(SEQUENCE, "a"), of(SEQUENCE, "b"))
    sequence_case("a loop without end", [victim("Loop", ["endless", "", "s"], "q", body=stays), joined()],
                  ["victim", "deadline"], initializers=endless, deadline=0.3, status=(DEADLINE,))
    rows = body([node("Identity", ["a"], ["b"])], of(SEQUENCE, "a"), of(SEQUENCE, "b", "a"))
    sequence_case("rows that are sequences", [node("Loop", ["k2", "", "s"], ["q", "w"], name="victim", body=rows),
                                              joined()], ["victim", "sequence of float32"])
    tensor = body([node("SequenceAt", ["a", "i"], ["b"])], of(SEQUENCE, "a"), of(FLOATS, "b"))
    sequence_case("a state that becomes a tensor", [victim("Loop", ["k2", "", "s"], body=tensor)],
                  ["victim", "state 0"])
    other = body([node("SequenceEmpty", [], ["b"], dtype=I64)], of(SEQUENCE, "a"), of(SEQUENCE, "b"))
    sequence_case("a state of other elements", [victim("Loop", ["k2", "", "s"], "q", body=other), joined()],
                  ["victim", "state 0"])
    past = body([node("SequenceAt", ["s", "i"], ["b"], name="inner")], of(FLOATS, "a"), of(FLOATS, "b"))
    sequence_case("an element beyond the end", [victim("Loop", ["k4", "", "x"], body=past)],
                  ["victim", "iteration 2", "inner"], status=(BAD_DATA,))
    scanned = helper.make_graph([node("Identity", ["e"], ["f"])], "body", of(FLOATS, "e"), of(FLOATS, "f"))
    sequence_case("a scanned sequence", [victim("Scan", ["s"], body=scanned, num_scan_inputs=1)],
                  ["victim", "sequence of float32"])


def map_cases():
    def graph(nodes, inputs="a", outputs="b"):
        return helper.make_graph(nodes, "map", of(FLOATS, *inputs), of(FLOATS, *outputs))

    def mapped(name, inputs, made, words=("victim",), outputs=("q",), **more):
        nodes = [node("SequenceConstruct", ["x"], ["one"]),
                 node("SequenceMap", inputs, list(outputs), name="victim", body=made), joined()]
        sequence_case(f"SequenceMap: {name}", nodes, words, **more)

    negated = graph([node("Neg", ["a"], ["b"], name="inner")])
    pairs = graph([node("Add", ["a", "c"], ["b"])], "ac")
    mapped("no sequence", ["x"], negated, ["victim", "expected a sequence"])
    mapped("two lengths", ["s", "one"], pairs, ["victim", "of 2", "of 1"], status=(BAD_DATA,))
    mapped("too few inputs", ["s"], pairs)
    mapped("too many inputs", ["s", "s"], negated)
    mapped("no inputs", [], graph([node("Identity", ["x"], ["b"])], ""))
    mapped("an absent input", ["s", "", "x"], graph([node("Sum", ["a", "c", "d"], ["b"])], "acd"))
    mapped("too many outputs", ["s"], negated, outputs=("q", "w"))
    mapped("a sequence of sequences", ["s"], helper.make_graph(
        [node("SequenceConstruct", ["a"], ["b"])], "map", of(FLOATS, "a"), of(SEQUENCE, "b")),
        ["victim", "sequence of float32"])
    mapped("shapes that do not fit", ["s"], graph([node("MatMul", ["a", "a"], ["b"], name="inner")]),
           ["victim", "iteration 0", "inner"])
    mapped("an endless body", ["s"], graph([node("Loop", ["endless", "", "a"], ["b"], name="inner", body=body(
        [node("Identity", ["o"], ["p"])], of(FLOATS, "o"), of(FLOATS, "p")))]), ["victim", "inner", "deadline"],
        initializers=[constant("endless", ENDLESS)], deadline=0.3, status=(DEADLINE,))


def optional_cases():
    none = node("Optional", [], ["o"], type=FLOATS)
    sequence_case("an element that is not there", [none, victim("OptionalGetElement", ["o"])],
                  ["victim", "without"], status=(BAD_DATA,))
    sequence_case("a sequence that is not there", [
        node("Optional", [], ["o"], type=SEQUENCE), victim("OptionalGetElement", ["o"], "q"), joined()],
        ["victim", "without"], status=(BAD_DATA,))
    sequence_case("nothing of no type", [victim("Optional", [], "o"), node("OptionalHasElement", ["o"], ["y"])],
                  ["victim", "type"], status=(BAD_MODEL,))
    sequence_case("another type than stated", [
        victim("Optional", ["k0"], "o", type=FLOATS), node("OptionalGetElement", ["o"], ["y"])],
        ["victim", "float32", "int64"], status=(BAD_MODEL,))
    sequence_case("an optional of an optional", [none, victim("Optional", ["o"], "p"),
                                                node("OptionalHasElement", ["p"], ["y"])], ["victim", "optional"])
    nested = helper.make_optional_type_proto(FLOATS)
    for name, kind in (("optional", nested), ("sequence of sequences", helper.make_sequence_type_proto(SEQUENCE)),
                       ("type", helper.make_tensor_type_proto(0x101, None))):
        sequence_case(f"a stated {name}", [victim("Optional", [], "o", type=kind),
                                           node("OptionalHasElement", ["o"], ["y"])], ["victim", "type"])
    sequence_case("arithmetic with an optional", [node("Optional", ["x"], ["o"]), victim("Neg", ["o"])],
                  ["victim", "optional float32"])
    sequence_case("a loop that leaves an optional", [
        node("Optional", [], ["o"], type=SEQUENCE),
        node("Loop", ["k0", "", "o"], ["q"], body=body(
            [node("SequenceConstruct", ["x"], ["b"])], of(helper.make_optional_type_proto(SEQUENCE), "a"),
            of(SEQUENCE, "b"))), victim("ConcatFromSequence", ["q"], axis=0)], ["victim", "without"],
        status=(BAD_DATA,))


# ---- Mutations -----------------------------------------------------------------------------------------------------


def good_models():
    """Everything in one: bytes are changed in it."""
    body_nodes = [node("SequenceInsert", ["a", "x", "i"], ["l"]), node("SequenceErase", ["l", "k1"], ["b"])]
    mapped = helper.make_graph([node("Add", ["e", "x"], ["f"])], "map", of(FLOATS, "e"), of(FLOATS, "f"))
    nodes = [node("SplitToSequence", ["x", "k1"], ["s"], axis=0), node("Optional", ["s"], ["o"]),
             node("OptionalHasElement", ["o"], ["has"]), node("OptionalGetElement", ["o"], ["g"]),
             node("Loop", ["k2", "has", "g"], ["r"], body=body(body_nodes, of(SEQUENCE, "a"), of(SEQUENCE, "b"))),
             node("SequenceMap", ["r"], ["q"], body=mapped), node("SequenceLength", ["q"], ["n"]),
             node("Sub", ["n", "k1"], ["last"]), node("SequenceAt", ["q", "last"], ["t"]),
             node("SequenceConstruct", ["t", "t"], ["two"]), joined("two", new_axis=1)]
    model = proto(nodes, [X], [Y], [constant("k1", 1), constant("k2", 2)], opset=18)
    return ((model.SerializeToString(), [("x", f32(3, 2))]),)


@pytest.mark.parametrize("group", [position_cases, type_cases, shape_cases, loop_cases, map_cases, optional_cases])
def test_models(group, tally):
    for case in collected(group):
        check_case(case, LIBRARY, tally)


@pytest.mark.parametrize("seeds", [range(first, first + 500) for first in range(0, 1000, 500)], ids=str)
def test_mutations(seeds, tally):
    mutations(LIBRARY, tally, seeds, good_models())
