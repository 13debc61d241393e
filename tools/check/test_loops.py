"""Loop and Scan against ONNX Runtime on the same file: states, conditions, what is collected, outer values, nesting.

Every case runs with one and two threads, optimised and node by node, several times in one session with changing data
and shapes; ONNX Runtime must give the same shapes and values.
"""

import threading

import libiou
import numpy as np
import pytest
from dynamic_models import (
    BOOL,
    I64,
    F,
    branch,
    check,
    constants,
    difference,
    function,
    ints,
    model,
    node,
    reference_of,
    registers,
    value,
)
from onnx import helper

RANDOM = np.random.default_rng(5)
CASES = []
case = registers(CASES)


# ---- Building ------------------------------------------------------------------------------------------------------


def normal(*shape):
    return RANDOM.normal(size=shape).astype(np.float32)


def body(nodes, states, outputs, initializers=(), number="i", condition="more"):
    """A body of Loop; states and outputs are value infos or names of float tensors of any shape."""
    infos = [[value(each) if isinstance(each, str) else each for each in names] for names in (states, outputs)]
    inputs = [value(number, I64, []), value(condition, BOOL, []), *infos[0]]
    return helper.make_graph(list(nodes), "body", inputs, infos[1], list(initializers))


def goes_on(name="on", condition="more"):
    """The condition of a body that lets it run to the trip count."""
    return node("Identity", [condition], [name]), value(name, BOOL, [])


def counted(nodes, states, outputs, **more):
    """A body without a condition of its own."""
    keep, info = goes_on()
    return body([keep, *nodes], states, [info, *outputs], **more)


def loop(inputs, outputs, made, **more):
    return node("Loop", inputs, outputs, body=made, **more)


X, TRIPS, CONDITION = value("x", F, ["n", "m"]), value("t", I64, []), value("c", BOOL, [])


def feeds(trips=(3, 1, 7), shapes=((2, 3), (4, 1), (2, 3)), **more):
    return [{"x": normal(*shape), "t": np.array(count), **more} for shape in shapes for count in trips]


def doubled(**more):
    """Adds x to a state, and collects it."""
    return counted([node("Add", ["s", "x"], ["r"]), node("Mul", ["r", "s"], ["row"])], ["s"], ["r", "row"], **more)


# ---- How often -----------------------------------------------------------------------------------------------------


@case
def to_a_trip_count():
    return model([loop(["t", "", "x"], ["y", "z"], doubled())], [X, TRIPS], [value("y"), value("z")]), feeds()


@case
def to_a_trip_count_of_one_dimension():
    nodes = [loop(["t", "", "x"], ["y", "z"], doubled())]
    return model(nodes, [X, value("t", I64, [1])], [value("y"), value("z")]), [
        {"x": normal(2, 3), "t": ints(count)} for count in (2, 5)]


@case
def to_a_constant():
    made = [loop(["t", "", "x"], ["y", "z"], doubled())]
    return model(made, [X], [value("y"), value("z")], constants(t=np.array(4))), [
        {"x": normal(*shape)} for shape in ((2, 3), (1, 1), (0, 3))]


@case
def while_a_condition_holds():
    nodes = [node("Add", ["s", "x"], ["r"]), node("ReduceSum", ["r"], ["total"], keepdims=0),
             node("Less", ["total", "limit"], ["on"])]
    made = body(nodes, ["s"], [value("on", BOOL, []), "r", "total"], constants(limit=np.float32(50)))
    positive = [{"x": np.abs(normal(2, 3)) + 0.1, "c": np.array(c)} for c in (True, False, True)]
    return model([loop(["", "c", "x"], ["y", "z"], made)], [X, CONDITION], [value("y"), value("z")]), positive


@case
def while_no_condition_is_given():
    nodes = [node("Add", ["i", "one"], ["next"]), node("Less", ["next", "t"], ["on"]), node("Add", ["s", "x"], ["r"])]
    made = body(nodes, ["s"], [value("on", BOOL, []), "r"], constants(one=np.array(1)))
    return model([loop(["", "", "x"], ["y"], made)], [X, TRIPS], [value("y")]), feeds((3, 1))


@case
def both_trip_count_and_condition():
    nodes = [node("Less", ["i", "three"], ["on"]), node("Add", ["s", "x"], ["r"])]
    made = body(nodes, ["s"], [value("on", BOOL, []), "r", value("i2", I64)], constants(three=np.array(3)))
    made.node.append(node("Identity", ["i"], ["i2"]))
    given = [{**feed, "c": np.array(c)} for feed in feeds() for c in (True, False)]
    nodes = [loop(["t", "c", "x"], ["y", "numbers"], made)]
    return model(nodes, [X, TRIPS, CONDITION], [value("y"), value("numbers", I64)]), given


@case
def the_condition_that_comes_in():
    """The body sees the condition of the iteration before, and the number."""
    nodes = [node("Cast", ["more"], ["row"], to=F), node("Cast", ["i"], ["row2"], to=F)]
    keep, info = goes_on()
    made = body([keep, *nodes], [], [info, "row", "row2"])
    nodes = [loop(["t", "c"], ["y", "z"], made)]
    return model(nodes, [TRIPS, CONDITION], [value("y"), value("z")]), [
        {"t": np.array(t), "c": np.array(c)} for t in (3, 0) for c in (True, False)]


# ---- States and rows -----------------------------------------------------------------------------------------------


@case
def a_state_that_grows():
    made = counted([node("Concat", ["s", "x"], ["r"], axis=0)], ["s"], ["r"])
    return model([loop(["t", "", "x"], ["y"], made)], [X, TRIPS], [value("y")]), feeds((3, 0, 1, 30))


@case
def a_state_of_changing_rank():
    made = counted([node("Unsqueeze", ["s", "axis"], ["r"])], ["s"], ["r"], initializers=constants(axis=ints(0)))
    nodes = [loop(["t", "", "x"], ["v"], made), node("Mul", ["v", "v"], ["y"]), node("Shape", ["v"], ["z"])]

    def formula(x, t):
        v = x.reshape((1,) * int(t) + x.shape)
        return {"y": v * v, "z": np.array(v.shape)}
    return model(nodes, [X, TRIPS], [value("y"), value("z", I64)]), feeds((3, 0, 1)), formula


@case
def states_that_change_places():
    made = counted([node("Identity", ["a"], ["b2"]), node("Identity", ["b"], ["a2"])], ["a", "b"], ["a2", "b2"])
    nodes = [node("Neg", ["x"], ["n"]), loop(["t", "", "x", "n"], ["y", "z"], made)]
    return model(nodes, [X, TRIPS], [value("y"), value("z")]), feeds((0, 1, 2, 5))


@case
def body_outputs_that_are_inputs():
    """A state as it came, another's value, an outer value and a constant."""
    keep, info = goes_on()
    k = normal(2)
    made = body([keep], ["a", "b"], [info, "b", "b", "x", "k", "a", value("i", I64, [])], constants(k=k))
    nodes = [node("Neg", ["x"], ["n"]), loop(["t", "", "x", "n"], [*"pqruvw"], made)]
    outputs = [value(name) for name in "pqruv"] + [value("w", I64)]

    def formula(x, t):
        t = int(t)
        return {"p": -x, "q": -x, "r": np.stack([x] * t), "u": np.stack([k] * t), "w": np.arange(t),
                "v": np.stack([x] + [-x] * (t - 1))}
    return model(nodes, [X, TRIPS], outputs), feeds(), formula


@case
def outputs_that_nobody_asks_for():
    nodes = [loop(["t", "", "x"], ["", "z"], doubled()), loop(["t", "", "x"], ["y", ""], doubled())]

    def formula(x, t):
        return {"z": np.stack([x * (k + 1) * x * (k + 2) for k in range(int(t))]), "y": x * np.float32(t + 1)}
    return model(nodes, [X, TRIPS], [value("z"), value("y")]), feeds(), formula


@case
def no_state_at_all():
    made = counted([node("Cast", ["i"], ["f"], to=F), node("Mul", ["x", "f"], ["row"])], [], ["row"])
    return model([loop(["t", ""], ["y"], made)], [X, TRIPS], [value("y")]), feeds()


@case
def rows_of_several_types():
    nodes = [node("Cast", ["s"], ["d"], to=11), node("Greater", ["s", "x"], ["b"]), node("Add", ["s", "x"], ["r"]),
             node("Cast", ["s"], ["u"], to=2), node("Shape", ["s"], ["shape"])]
    made = counted(nodes, ["s"], ["r", value("d", 11), value("b", BOOL), value("u", 2), value("shape", I64)])
    outputs = [value("o0"), value("o1", 11), value("o2", BOOL), value("o3", 2), value("o4", I64)]
    positive = [{**feed, "x": np.abs(feed["x"])} for feed in feeds((2, 5))]
    return model([loop(["t", "", "x"], [o.name for o in outputs], made)], [X, TRIPS], outputs), positive


@case
def scalar_and_empty_rows():
    nodes = [node("ReduceSum", ["x"], ["row"], keepdims=0), node("Slice", ["x", "zero", "zero"], ["none"])]
    made = counted(nodes, [], ["row", "none"], initializers=constants(zero=ints(0)))
    return model([loop(["t", ""], ["y", "z"], made)], [X, TRIPS], [value("y"), value("z")]), feeds((3, 1))


@case
def no_rows():
    """Their shape is known all the same, where ONNX Runtime says [0]."""
    made = [loop(["t", "", "x"], ["y", "z"], doubled()), node("Shape", ["z"], ["s"])]

    def formula(x, t):
        return {"y": x, "z": np.zeros((0, *x.shape), np.float32), "s": np.array((0, *x.shape))}
    return model(made, [X, TRIPS], [value("y"), value("z"), value("s", I64)]), feeds((0,)), formula


@case
def rows_that_a_run_measures():
    """The row's shape depends on data, but is the same in every iteration."""
    nodes = [node("NonZero", ["x"], ["place"]), node("Transpose", ["place"], ["p"]),
             node("GatherND", ["x", "p"], ["g"]), node("Mul", ["g", "g"], ["row"])]
    made = counted(nodes, [], ["row"])
    return model([loop(["t", ""], ["y"], made)], [X, TRIPS], [value("y")]), feeds((1, 4))


# ---- Outer values --------------------------------------------------------------------------------------------------


@case
def outer_values_and_constants():
    """Computed before, of a constant, an input, and weights that a convolution packs."""
    nodes = [node("Conv", ["s", "w", "bias"], ["u"], pads=[1, 1, 1, 1]), node("Relu", ["u"], ["v"]),
             node("Add", ["v", "e"], ["r"])]
    made = counted(nodes, ["s"], ["r"])
    nodes = [node("Exp", ["x"], ["e"]), loop(["t", "", "x"], ["y"], made)]
    given = [{"x": normal(*shape) * 0.1, "t": np.array(t)} for shape in ((1, 4, 5, 6), (2, 4, 3, 3)) for t in (0, 1, 3)]
    weights = constants(w=normal(4, 4, 3, 3) * 0.1, bias=normal(4))
    return model(nodes, [value("x", F, ["n", 4, "h", "w"]), TRIPS], [value("y")], weights), given


@case
def a_shape_that_the_body_reads():
    nodes = [node("Reshape", ["s", "shape"], ["r"])]
    made = counted(nodes, ["s"], ["r"])
    nodes = [node("Shape", ["x"], ["all"]), node("ReduceProd", ["all"], ["shape"], keepdims=1),
             loop(["t", "", "x"], ["y"], made)]
    return model(nodes, [X, TRIPS], [value("y")]), feeds((1, 3))


@case
def what_follows_depends_on_rows():
    nodes = [loop(["t", "", "x"], ["y", "z"], doubled()), node("Shape", ["z"], ["s"]),
             node("Slice", ["s", "a", "b"], ["k"]), node("Gather", ["z", "last"], ["g"]),
             node("MatMul", ["g", "w"], ["m"]), node("Relu", ["m"], ["o"])]
    more = constants(a=ints(0), b=ints(1), last=ints(-1), w=normal(3, 4))
    return model(nodes, [value("x", F, ["n", 3]), TRIPS], [value("o"), value("k", I64)], more), feeds(
        (1, 3, 5), ((2, 3), (5, 3)))


@case
def a_loop_behind_what_depends_on_data():
    made = counted([node("Gather", ["g", "i"], ["row"]), node("Add", ["s", "row"], ["r"])], ["s"], ["r", "row"])
    nodes = [node("NonZero", ["x"], ["p"]), node("Transpose", ["p"], ["q"]), node("GatherND", ["x", "q"], ["g"]),
             node("Size", ["g"], ["count"]), loop(["count", "", "zero"], ["y", "z"], made), node("Neg", ["z"], ["o"])]
    sparse = [{"x": np.where(RANDOM.random((3, 4)) < p, normal(3, 4), 0).astype(np.float32)} for p in (0.5, 0, 1, 0.3)]
    return model(nodes, [X], [value("y"), value("o")], constants(zero=np.float32(0))), sparse


@case
def two_loops_beside_each_other():
    nodes = [loop(["t", "", "x"], ["a", "b"], doubled()), node("Neg", ["x"], ["n"]),
             loop(["t", "", "n"], ["c", "d"], doubled()), node("Add", ["b", "d"], ["y"])]
    return model(nodes, [X, TRIPS], [value("y"), value("a"), value("c")]), feeds()


@case
def a_loop_that_feeds_another():
    nodes = [loop(["t", "", "x"], ["a", "b"], doubled()), loop(["t", "", "a"], ["c", "d"], doubled()),
             node("Add", ["b", "d"], ["y"])]
    return model(nodes, [X, TRIPS], [value("y"), value("c")]), feeds((2, 3))


@case
def an_outer_default():
    """Weights of the body that a caller may feed."""
    nodes = [loop(["t", "", "x"], ["y"], counted([node("MatMul", ["s", "w"], ["r"])], ["s"], ["r"]))]
    weights = normal(3, 3)
    made = model(nodes, [X, TRIPS, value("w", F, [3, 3])], [value("y")], constants(w=weights))
    plain = feeds((0, 3), ((2, 3), (4, 3)))
    return made, [{**feed, **more} for feed in plain for more in ({}, {"w": normal(3, 3)})]


# ---- Nesting -------------------------------------------------------------------------------------------------------


@case
def a_loop_in_a_loop():
    inner = counted([node("Add", ["u", "s"], ["v0"]), node("Mul", ["v0", "x"], ["v"])], ["u"], ["v", "v"],
                    number="j", condition="inner_more")
    inner.node[0].input[0] = "inner_more"
    outer = counted([node("Add", ["i", "one"], ["trips"]), loop(["trips", "", "s"], ["r", "rows"], inner),
                     node("ReduceSum", ["rows"], ["row"], keepdims=0)], ["s"], ["r", "row"],
                    initializers=constants(one=np.array(1)))
    outer.node[0].output[0] = "outer_on"
    outer.output[0].name = "outer_on"
    return model([loop(["t", "", "x"], ["y", "z"], outer)], [X, TRIPS], [value("y"), value("z")]), [
        {**feed, "x": feed["x"] * 0.5} for feed in feeds((0, 1, 3))]


@case
def three_loops_deep():
    """Each reads what is outermost."""
    made = counted([node("Add", ["s3", "x"], ["r3"])], ["s3"], ["r3"], number="i3", condition="m3")
    made.node[0].input[0], made.node[0].output[0], made.output[0].name = "m3", "on3", "on3"
    for depth in ("2", "1"):
        more = f"m{depth}"
        keep, info = goes_on(f"on{depth}", more)
        made = body([keep, loop(["t", "", f"s{depth}"], [f"r{depth}"], made)], [f"s{depth}"], [info, f"r{depth}"],
                    number=f"i{depth}", condition=more)
    return model([loop(["t", "", "x"], ["y"], made)], [X, TRIPS], [value("y")]), feeds((0, 1, 3))


@case
def a_loop_in_an_if():
    nodes = [node("If", ["c"], ["y"],
                  then_branch=branch([loop(["t", "", "x"], ["a", "b"], doubled())], ["b"]),
                  else_branch=branch([node("Exp", ["x"], ["e"])], ["e"]))]
    return model(nodes, [X, TRIPS, CONDITION], [value("y")]), [
        {**feed, "c": np.array(c)} for feed in feeds((3,)) for c in (True, False)]


@case
def an_if_in_a_loop():
    """The branch depends on the number, on a state and on an outer value."""
    nodes = [node("Equal", ["i", "one"], ["odd"]),
             node("If", ["odd"], ["r"], then_branch=branch([node("Add", ["s", "x"], ["p"])], ["p"]),
                  else_branch=branch([node("Mul", ["s", "half"], ["q"])], ["q"]))]
    made = counted(nodes, ["s"], ["r"], initializers=constants(one=np.array(1), half=np.float32(0.5)))
    return model([loop(["t", "", "x"], ["y"], made)], [X, TRIPS], [value("y")]), feeds()


@case
def an_if_of_other_shapes_in_a_loop():
    nodes = [node("NonZero", ["s"], ["p"]), node("Size", ["p"], ["size"]), node("Greater", ["size", "t"], ["many"]),
             node("If", ["many"], ["r"],
                  then_branch=branch([node("Slice", ["s", "one", "most"], ["cut"])], ["cut"]),
                  else_branch=branch([node("Concat", ["s", "x"], ["longer"], axis=0)], ["longer"]))]
    made = counted(nodes, ["s"], ["r"], initializers=constants(one=ints(1), most=ints(100)))
    return model([loop(["t", "", "x"], ["y"], made)], [X, TRIPS], [value("y")]), feeds((0, 2, 9))


@case
def a_function_with_a_loop():
    """A loop inside a function, which is called inside a loop; attributes reach the body."""
    factor = node("Constant", [], ["k"])
    attribute = factor.attribute.add()
    attribute.name, attribute.ref_attr_name, attribute.type = "value_float", "factor", 1
    inner = counted([factor, node("Mul", ["u", "k"], ["w"]), node("Add", ["w", "a"], ["v"])], ["u"], ["v"])
    call = function("Repeat", ["a", "n"], ["b"], [loop(["n", "", "a"], ["b"], inner)], ["factor"])
    outer = counted([node("Repeat", ["s", "t"], ["r"], domain="test", factor=0.5)], ["s"], ["r"])
    nodes = [loop(["t", "", "x"], ["y"], outer)]
    return model(nodes, [X, TRIPS], [value("y")], functions=[call], domains=["test"]), feeds((0, 1, 3))


# ---- Names ---------------------------------------------------------------------------------------------------------


@case
def inputs_of_a_body_hide_outer_names():
    """The body calls a state and a constant as outer values are called."""
    made = counted([node("Add", ["x", "k"], ["r"])], ["x"], ["r"], initializers=constants(k=np.float32(2)))
    nodes = [node("Neg", ["x"], ["n"]), loop(["t", "", "n"], ["y"], made), node("Mul", ["y", "k"], ["z"])]

    def formula(x, t):
        return {"z": (2 * t - x).astype(np.float32) * np.float32(5)}
    return model(nodes, [X, TRIPS], [value("z")], constants(k=np.float32(5))), feeds(), formula


@case
def one_name_in_two_bodies():
    nodes = [loop(["t", "", "x"], ["a", "b"], doubled()), loop(["t", "", "a"], ["y", "d"], doubled())]
    return model(nodes, [X, TRIPS], [value("y"), value("b")]), feeds((2,))


# ---- Opsets --------------------------------------------------------------------------------------------------------


@case
def an_old_opset():
    keep, info = goes_on()
    made = body([keep, node("Add", ["s", "x"], ["r"])], ["s"], [info, "r", "r"])
    return model([loop(["t", "c", "x"], ["y", "z"], made)], [X, TRIPS, CONDITION], [value("y"), value("z")], opset=8), [
        {**feed, "c": np.array(True)} for feed in feeds((1, 4))]


# ---- Scan ----------------------------------------------------------------------------------------------------------


def renamed(graph, old, new):
    """The graph with another name of a value."""
    for each in graph.node:
        each.input[:] = [new if name == old else name for name in each.input]
        each.output[:] = [new if name == old else name for name in each.output]
    for info in (*graph.input, *graph.output):
        info.name = new if info.name == old else info.name
    return graph


def scan_body(nodes, inputs, outputs, initializers=()):
    return helper.make_graph(list(nodes), "body", [value(name) for name in inputs], [value(name) for name in outputs],
                             list(initializers))


ADDED = [node("Add", ["s", "e"], ["r"]), node("Mul", ["r", "e"], ["row"])]
SUM = scan_body(ADDED, ["s", "e"], ["r", "row"])


def sequences(*shapes):
    return [{"s": normal(*shape[1:]), "x": normal(*shape)} for shape in shapes]


@case
def sums_along_the_first_axis():
    nodes = [node("Scan", ["s", "x"], ["y", "z"], body=SUM, num_scan_inputs=1)]
    return model(nodes, [value("s", F, ["m"]), value("x", F, ["n", "m"])], [value("y"), value("z")]), sequences(
        (3, 2), (1, 4), (6, 2))


@case
def sums_backwards_along_other_axes():
    nodes = [node("Scan", ["s", "x"], ["y", "z"], body=SUM, num_scan_inputs=1, scan_input_axes=[1],
                  scan_input_directions=[1], scan_output_axes=[-1], scan_output_directions=[1])]
    made = model(nodes, [value("s", F, ["a", "b"]), value("x", F, ["a", "n", "b"])], [value("y"), value("z")])
    return made, [{"s": normal(a, b), "x": normal(a, n, b)} for a, n, b in ((2, 3, 4), (1, 1, 1), (3, 5, 2))]


@case
def two_sequences_and_an_outer_value():
    made = scan_body([node("Mul", ["e", "f"], ["p"]), node("Add", ["p", "k"], ["q"]), node("Neg", ["e"], ["o"])],
                     ["e", "f"], ["q", "o", "g"])
    made.node.append(node("Identity", ["f"], ["g"]))
    nodes = [node("Exp", ["x"], ["k0"]), node("ReduceMean", ["k0"], ["k"], keepdims=0),
             node("Scan", ["x", "z"], ["a", "b", "c"], body=made, num_scan_inputs=2, scan_input_axes=[0, -1],
                  scan_output_axes=[0, 1, 0], scan_output_directions=[0, 0, 1])]
    inputs = [value("x", F, ["n", "m"]), value("z", F, ["m", "n"])]
    return model(nodes, inputs, [value(name) for name in "abc"]), [
        {"x": normal(n, m), "z": normal(m, n)} for n, m in ((3, 2), (1, 5), (4, 4))]


@case
def an_empty_sequence():
    nodes = [node("Scan", ["s", "x"], ["y", "z"], body=SUM, num_scan_inputs=1)]

    def formula(s, x):
        return {"y": s, "z": np.zeros((0, *s.shape), np.float32)}
    return model(nodes, [value("s", F, ["m"]), value("x", F, ["n", "m"])], [value("y"), value("z")]), sequences(
        (0, 2), (0, 3)), formula


@case
def a_scan_in_a_loop():
    inner = helper.make_graph(ADDED, "body", [value("s", F, [3]), value("e", F, [3])],
                              [value("r", F, [3]), value("row", F, [3])])
    for old, new in (("s", "sum"), ("r", "sums")):
        inner = renamed(inner, old, new)
    made = counted([node("Scan", ["zero", "s"], ["last", "r"], body=inner, num_scan_inputs=1)],
                   [value("s", F, ["n", 3])], [value("r", F, ["n", 3]), "last"])
    nodes = [loop(["t", "", "x"], ["y", "z"], made)]
    return model(nodes, [value("x", F, ["n", 3]), TRIPS], [value("y"), value("z")],
                 constants(zero=np.zeros(3, np.float32))), feeds((0, 1, 3), ((2, 3), (4, 3)))


@case
def batches_of_sequences():
    nodes = [node("Scan", ["", "s", "x"], ["y", "z"], body=SUM, num_scan_inputs=1)]
    made = model(nodes, [value("s", F, ["b", "m"]), value("x", F, ["b", "n", "m"])], [value("y"), value("z")], opset=8)
    return made, [{"s": normal(b, m), "x": normal(b, n, m)} for b, n, m in ((2, 3, 4), (1, 5, 2), (3, 1, 1))]


@case
def batches_of_other_lengths_backwards():
    nodes = [node("Scan", ["l", "s", "x"], ["y", "z"], body=SUM, num_scan_inputs=1, directions=[0])]
    inputs = [value("l", I64, ["b"]), value("s", F, ["b", "m"]), value("x", F, ["b", "n", "m"])]
    made = model(nodes, inputs, [value("y"), value("z")], opset=8)
    return made, [{"l": ints(*lengths), "s": normal(len(lengths), 3), "x": normal(len(lengths), max(lengths), 3)}
                  for lengths in ((3, 1, 2), (1, 4), (2,))]


# ---- Comparing -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("build", CASES)
def test_against_onnxruntime(build):
    RANDOM.bit_generator.state = np.random.default_rng(5).bit_generator.state  # whatever ran before
    fault = check(build)
    assert not fault, fault


def test_sessions_at_once():
    """Sessions of one model on threads of their own: the body's model is shared, its runs are not."""
    made, given = a_loop_in_a_loop()
    expected, opened, faults = reference_of(made, given), libiou.Model(made), []

    def run():
        session = libiou.Session(opened, threads=1)
        for _ in range(20):
            faults.extend(filter(None, (difference(session.run(feed), theirs)
                                        for feed, theirs in zip(given, expected, strict=True))))

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not faults


def test_ranks_are_known_before_a_run():
    """States that keep their rank, and rows."""
    made, _ = to_a_trip_count()
    shapes = {name: len(shape) for name, _, shape in libiou.Model(made).outputs}
    assert shapes == {"y": 2, "z": 3}
