"""Malformed If, Loop, Scan and functions, and shapes that depend on data, in the way of test_malformed.py."""

import numpy as np
import pytest
from libiou import LIBRARY
from malformed_models import LIMIT, add, collected, constant, f32, i64, proto
from malformed_mutations import mutations
from malformed_run import check_case
from onnx import TensorProto, ValueInfoProto, helper

F, I64, B = TensorProto.FLOAT, TensorProto.INT64, TensorProto.BOOL
BAD_MODEL, UNSUPPORTED, DEADLINE, BAD_DATA = 10, 11, 3, 15
node = helper.make_node
X, Y, CONDITION = ("x", F, [2]), ("y", F, None), ("c", B, [])
ARRAYS = [np.float32([1, -2]), np.array(True)]

# ---- If ------------------------------------------------------------------------------------------------------------


def branch(nodes, outputs, initializers=(), inputs=()):
    infos = [[helper.make_tensor_value_info(name, F, None) for name in names] for names in (inputs, outputs)]
    return helper.make_graph(list(nodes), "branch", infos[0], infos[1], list(initializers))


def negative(output="t"):
    return branch([node("Neg", ["x"], [output])], [output])


def choice(yes, no, condition="c", outputs=("y",)):
    return node("If", [condition], list(outputs), name="victim", then_branch=yes, else_branch=no)


def if_case(name, nodes, refuse=("victim",), compute=None, inputs=(X, CONDITION), arrays=None, **more):
    add(f"If: {name}", proto(nodes, inputs, [Y]), ARRAYS if arrays is None else arrays,
        refuse=None if compute is not None else list(refuse), compute=compute, **more)


def nested(depth):
    """y = -x under `depth` conditions; both branches of each level hold the next."""
    inner = negative()
    for _ in range(depth):
        inner = branch([choice(inner, negative(), outputs=("t",))], ["t"])
    return choice(inner, negative())


def if_cases():
    good = negative()
    if_case("no else_branch", [node("If", ["c"], ["y"], name="victim", then_branch=good)], ["victim", "else_branch"])
    if_case("a branch that is a number", [node("If", ["c"], ["y"], name="victim", then_branch=1, else_branch=good)])
    if_case("no condition", [node("If", [""], ["y"], name="victim", then_branch=good, else_branch=good)])
    if_case("two inputs", [node("If", ["c", "x"], ["y"], name="victim", then_branch=good, else_branch=good)])
    if_case("a branch with an input", [choice(branch([node("Neg", ["z"], ["t"])], ["t"], inputs=["z"]), good)])
    if_case("too few outputs of a branch", [choice(branch([], []), good)])
    if_case("too many outputs of a branch", [choice(branch([node("Neg", ["x"], ["t"])], ["t", "t"]), good)])
    if_case("an output that nobody computes", [choice(branch([], ["nowhere"]), good)], ["victim", "nowhere"])
    if_case("an input that nobody computes", [choice(branch([node("Neg", ["nowhere"], ["t"])], ["t"]), good)],
            ["nowhere"])
    if_case("a value of the other branch",
            [choice(branch([node("Neg", ["x"], ["p"])], ["p"]), branch([node("Neg", ["p"], ["t"])], ["t"]))], ["'p'"])
    if_case("a value of a branch outside", [choice(good, good, outputs=("z",)), node("Neg", ["t"], ["y"])], ["'t'"])
    if_case("a name that exists outside", [node("Relu", ["x"], ["t"]), choice(good, good)], ["'t'", "exists"])
    if_case("nodes out of order",
            [choice(branch([node("Neg", ["q"], ["t"]), node("Neg", ["x"], ["q"])], ["t"]), good)],
            compute=[ARRAYS[0]])
    if_case("nodes in a cycle",
            [choice(branch([node("Neg", ["q"], ["t"]), node("Neg", ["t"], ["q"])], ["t"]), good)], ["cycle"])
    if_case("its own output", [choice(branch([node("Neg", ["y"], ["t"])], ["t"]), good)], ["'y'"])
    if_case("an operator that is missing", [choice(branch([node("Nowhere", ["x"], ["t"])], ["t"]), good)], ["Nowhere"])
    if_case("one name in both branches", [choice(good, branch([node("Abs", ["x"], ["t"])], ["t"]))],
            compute=[np.float32([-1, 2])])
    if_case("an outer value as output", [choice(branch([], ["x"]), good)], compute=[np.float32([1, -2])])
    for shape, value in (([2], [True, False]), ([0], []), ([1, 2], [[True, True]])):
        if_case(f"a condition of shape {shape}", [choice(good, good)], ["victim", "condition"],
                inputs=(X, ("c", B, None)), arrays=[ARRAYS[0], np.array(value, bool)])
    if_case("a condition of shape [1, 1]", [choice(good, good)], compute=[np.float32([-1, 2])],
            inputs=(X, ("c", B, None)), arrays=[ARRAYS[0], np.array([[True]])])
    if_case("a condition that is a number", [choice(good, good)], ["victim", "bool"], inputs=(X, ("c", I64, [])),
            arrays=[ARRAYS[0], np.array(1)])
    if_case("branches of two types", [choice(branch([node("Cast", ["x"], ["t"], to=I64)], ["t"]), good)])
    if_case("both branches misfit", [choice(branch([node("Reshape", ["x", "s"], ["t"])], ["t"], [constant("s", [7])]),
                                            good)], ["Reshape"])
    wrong = branch([node("Celu", ["x"], ["t"], alpha=0.0)], ["t"])
    if_case("a wrong attribute in the branch that is taken", [choice(wrong, good)], ["Celu", "alpha must not be 0"])
    if_case("a wrong attribute in the other branch", [choice(good, wrong)], compute=[np.float32([-1, 2])])
    if_case("16 levels", [nested(16)], compute=[np.float32([-1, 2])])
    if_case("2,000 in a row", chain_of_choices(2000), compute=[ARRAYS[0]])


def chain_of_choices(count):
    nodes, last = [], "x"
    for i in range(count):
        to = "y" if i == count - 1 else f"v{i}"
        nodes.append(choice(branch([node("Neg", [last], ["t"])], ["t"]), branch([], [last]), outputs=(to,)))
        nodes[-1].name = f"if{i}"
        last = to
    return nodes


# ---- Loop and Scan -------------------------------------------------------------------------------------------------


def body(nodes, inputs, outputs, initializers=()):
    """Inputs and outputs: names, of which no type is declared, or whole value infos."""
    infos = [[ValueInfoProto(name=each) if isinstance(each, str) else each for each in names]
             for names in (inputs, outputs)]
    return helper.make_graph(list(nodes), "body", infos[0], infos[1], list(initializers))


GOES_ON = node("Identity", ["more"], ["on"])
STEP = node("Add", ["s", "x"], ["r"])
ENDLESS = 2 ** 63 - 1
LOOP_INPUTS = (X, ("t", I64, []), CONDITION)


def summing(nodes=(GOES_ON, STEP), inputs=("i", "more", "s"), outputs=("on", "r"), initializers=()):
    """Adds x to its state."""
    return body(nodes, inputs, outputs, initializers)


def loop_case(name, made, refuse=("victim",), compute=None, feeds=("t", "c", "x"), outputs=("y",), trips=2, nodes=(),
              initializers=(), op="Loop", inputs=LOOP_INPUTS, arrays=None, opset=17, attributes=None,
              **more):
    """One node named "victim"; a refusal mentions all words of `refuse`."""
    attributes = ({} if made is None else {"body": made}) | (attributes or {})
    nodes = [*nodes, node(op, list(feeds), list(outputs), name="victim", **attributes)]
    given = [ARRAYS[0], np.array(trips), np.array(True)] if arrays is None else arrays
    add(f"{op}: {name}", proto(nodes, inputs, [(out, F, None) for out in outputs if out], initializers, opset), given,
        refuse=None if compute is not None else list(refuse), compute=compute, **more)


def nested_loops(depth):
    """Bodies inside bodies; every one has names of its own."""
    made = body([node("Add", ["s", "x"], ["r"])], ["i", "more", "s"], ["more", "r"])
    for level in range(depth):
        state, result = f"s{level}", f"r{level}"
        made = body([node("Loop", ["one", "c", state], [result], body=made)], ["i", "more", state], ["more", result])
    return made


def loop_cases():
    loop_case("two iterations", summing(), compute=[np.float32([3, -6])])
    loop_case("no body", None, ["victim", "expected attribute 'body'"], status=(BAD_MODEL,))
    loop_case("a body that is a number", 1, ["victim", "'body': expected a graph"])
    loop_case("an attribute too many", summing(), ["victim", "'extra'"], attributes={"extra": 1})
    loop_case("too few inputs of the body", summing([], ["i"], ["c"]), ["victim", "at least 2 inputs"])
    loop_case("fewer inputs than states", summing([GOES_ON], ["i", "more"], ["on", "x"]), ["victim", "3 inputs"])
    loop_case("more inputs than states", summing(inputs=["i", "more", "s", "u"], outputs=["on", "r", "u"]),
              ["victim", "input 3 is missing"])
    loop_case("a state that is absent", summing(inputs=["i", "more", "q", "s"], outputs=["on", "s", "r"]),
              ["victim", "input 2 is missing"], feeds=("t", "c", "", "x"))
    loop_case("too few outputs of the body", summing(outputs=["on"]), ["victim", "at least 2 outputs"])
    loop_case("no outputs of the body", summing(outputs=[]), ["victim", "outputs"])
    loop_case("too many outputs of the node", summing(), ["victim", "at most 1 outputs"], outputs=("y", "z"))
    loop_case("an input of the body that is there twice", summing(inputs=["i", "more", "i"]),
              ["victim", "'i'", "twice"])
    loop_case("an input of the body without a name", summing(inputs=["i", "more", ""]), ["victim", "no name"])
    loop_case("an output that nobody computes", summing(outputs=["on", "nowhere"]), ["victim", "'nowhere'"])
    loop_case("an output without a name", summing(outputs=["on", ""]), ["victim", "not computed"])
    loop_case("an input that nobody computes", summing([GOES_ON, node("Add", ["s", "nowhere"], ["r"])]), ["'nowhere'"])
    loop_case("its own output", summing([GOES_ON, node("Add", ["s", "y"], ["r"])]), ["'y'"])
    loop_case("nodes out of order", summing([GOES_ON, node("Neg", ["q"], ["r"]), node("Neg", ["s"], ["q"])]),
              compute=[ARRAYS[0]])
    loop_case("nodes in a cycle", summing([GOES_ON, node("Neg", ["q"], ["r"]), node("Neg", ["r"], ["q"])]), ["cycle"])
    loop_case("a value of the body outside", summing(), ["'r'"], outputs=("z",), nodes=[node("Neg", ["r"], ["y"])])
    loop_case("a name that is computed outside", summing(), ["'r'", "exists"], nodes=[node("Neg", ["x"], ["r"])])
    loop_case("an operator that is missing", summing([GOES_ON, node("Nowhere", ["s"], ["r"], name="lacks")]),
              ["Nowhere", "lacks"], status=(UNSUPPORTED,))
    loop_case("a state that is a sequence",
              summing(inputs=["i", "more", helper.make_tensor_sequence_value_info("s", F, None)]),
              ["victim", "body/s", "sequence of float32"], status=(BAD_MODEL,))
    loop_case("a state declared of another type",
              summing(inputs=["i", "more", helper.make_tensor_value_info("s", I64, None)]),
              ["victim", "int64", "float"])
    loop_case("a state that changes its type", summing([GOES_ON, node("Cast", ["s"], ["r"], to=I64)]),
              ["victim", "state 0"], status=(BAD_MODEL,))
    loop_case("a condition that is no bool", summing([node("Identity", ["i"], ["on"]), STEP]), ["victim", "int64"])
    loop_case("a condition of two elements", summing([node("Greater", ["s", "x"], ["on"]), STEP]), ["victim", "bytes"],
              status=(BAD_DATA,))
    loop_case("a trip count that is a float", summing(), ["victim", "input 0: expected int64"], feeds=("x", "c", "x"))
    loop_case("a trip count of two elements", summing(), ["victim", "trip count", "one"], feeds=("k", "c", "x"),
              initializers=[constant("k", [1, 2])])
    loop_case("a first condition that is a number", summing(), ["victim", "input 1: expected bool"],
              feeds=("t", "t", "x"))
    loop_case("an outer number of iterations below zero", summing(), compute=[ARRAYS[0]], trips=-5)
    loop_case("rows of changing shape", summing([GOES_ON, node("Concat", ["s", "x"], ["r"], axis=0)],
              outputs=["on", "r", "r"]), ["victim", "iteration 1", "output 1", "row"], outputs=("y", "z"),
              status=(BAD_DATA,))
    misfit = summing([GOES_ON, node("MatMul", ["s", "k"], ["r"], name="inner")], initializers=[
        constant("k", np.ones((3, 2)), np.float32)])
    loop_case("shapes that do not fit", misfit, ["inner"])
    loop_case("an index beyond the end in iteration 2", summing([GOES_ON, node("Gather", ["x", "i"], ["r"])]),
              ["victim", "iteration 2", "Gather"], trips=5, status=(BAD_DATA,))
    loop_case("2^63 iterations", summing(), ["victim", "iteration", "deadline"], trips=ENDLESS, deadline=0.3,
              status=(DEADLINE,))
    loop_case("2^63 iterations without a node", summing([], outputs=["more", "s"]), ["victim", "iteration", "deadline"],
              trips=ENDLESS, deadline=0.3, status=(DEADLINE,))
    loop_case("neither a trip count nor a condition", summing(), ["victim", "deadline"], feeds=("", "", "x"),
              deadline=0.3, status=(DEADLINE,), inputs=(X,), arrays=ARRAYS[:1])
    loop_case("rows beyond the limit of memory", summing(outputs=["on", "r", "r"]), ["victim", "iteration", "bytes"],
              outputs=("y", "z"), trips=ENDLESS, max_memory=1 << 20, status=(LIMIT,))
    loop_case("a state that grows beyond the limit of memory",
              summing([GOES_ON, node("Concat", ["s", "s"], ["r"], axis=0)]), ["victim", "iteration"],
              trips=ENDLESS, max_memory=1 << 20, status=(LIMIT,))
    loop_case("16 levels", nested_loops(16), compute=[np.float32([2, -4])], initializers=[constant("one", 1)], trips=1)


def scan_case(name, made, refuse=("victim",), compute=None, count=1, arrays=(f32(2), f32(3, 2)), feeds=("s0", "e0"),
              **attributes):
    if count is not None:
        attributes["num_scan_inputs"] = count
    loop_case(name, made, refuse, compute, feeds, ("y", "z"), op="Scan", inputs=[("s0", F, None), ("e0", F, None)],
              arrays=list(arrays), attributes=attributes)


def scan_cases():
    made = body([node("Add", ["s", "e"], ["r"]), node("Neg", ["r"], ["row"])], ["s", "e"], ["r", "row"])
    sums = np.cumsum(np.concatenate([f32(1, 2), f32(3, 2)]), axis=0, dtype=np.float32)[1:]
    scan_case("three slices", made, compute=[sums[-1], -sums])
    scan_case("no body", None, ["victim", "expected attribute 'body'"])
    scan_case("no number of inputs", made, ["victim", "num_scan_inputs"], count=None)
    for count in (0, -1, 3, 1 << 40):
        scan_case(f"{count} scanned inputs", made, ["victim", "num_scan_inputs"], count=count)
    scan_case("two axes for one input", made, ["victim", "axes"], scan_input_axes=[0, 1])
    scan_case("two directions for one output", made, ["victim", "directions"], scan_output_directions=[0, 1])
    scan_case("direction 2", made, ["victim", "expected 0 or 1"], scan_input_directions=[2])
    for axis in (2, -3, 1 << 40):
        scan_case(f"axis {axis} of an input", made, ["victim", "axis"], scan_input_axes=[axis])
        scan_case(f"axis {axis} of an output", made, ["victim", "axis"], scan_output_axes=[axis])
    scan_case("a scalar to scan", made, ["victim", "axis"], arrays=(f32(2), np.float32(1)))
    scan_case("too few inputs of the body", body([], ["s"], ["s", "s"]), ["victim", "2 inputs"])
    scan_case("too few outputs of the body", body([], ["s", "e"], ["s"]), ["victim", "outputs"])
    scan_case("an input that is absent", made, ["victim", "input 0 is missing"], feeds=("", "e0"))
    two = body([node("Add", ["s", "e"], ["r"])], ["s", "e"], ["r", "s"])
    scan_case("two lengths", two, ["victim", "length"], count=2, arrays=(f32(2, 2), f32(3, 2)))
    scan_case("slices that do not fit the state", made, ["Add"], arrays=(f32(3), f32(3, 2)))
    lengths = [("l", I64, None), ("s0", F, None), ("e0", F, None)]
    for name, arrays, words in (("a length beyond the sequence", (i64(9), f32(1, 2), f32(1, 3, 2)), ["length 9"]),
                                ("a length below zero", (i64(-1), f32(1, 2), f32(1, 3, 2)), ["length -1"]),
                                ("too many lengths", (i64(1, 1), f32(1, 2), f32(1, 3, 2)), ["lengths"]),
                                ("other batches", (i64(1), f32(2, 2), f32(1, 3, 2)), ["batches"]),
                                ("no batches", (i64(), f32(0, 2), f32(0, 3, 2)), ["batch"])):
        loop_case(f"opset 8, {name}", made, ["victim", *words], feeds=("l", "s0", "e0"), outputs=("y", "z"), op="Scan",
                  inputs=lengths, arrays=list(arrays), attributes={"num_scan_inputs": 1}, opset=8)
    loop_case("opset 7", made, ["victim", "opset 8"], feeds=("", "x", "x"), op="Scan",
              attributes={"num_scan_inputs": 1}, opset=7)


# ---- Functions -----------------------------------------------------------------------------------------------------


def function(name, inputs, outputs, nodes, attributes=(), defaults=(), opset=17, domain="test"):
    opsets = ([helper.make_opsetid("", opset)] if opset else []) + [helper.make_opsetid("test", 1)]
    return helper.make_function(domain, name, list(inputs), list(outputs), list(nodes), opsets, list(attributes),
                                list(defaults))


def call(name, inputs=("x",), outputs=("y",), **attributes):
    return node(name, list(inputs), list(outputs), name="victim", domain="test", **attributes)


def function_case(name, functions, nodes, refuse=(), compute=None, **more):
    model = proto(nodes, [X], [Y])
    model.opset_import.append(helper.make_opsetid("test", 1))
    model.functions.extend(functions)
    add(f"function: {name}", model, ARRAYS[:1], refuse=None if compute is not None else list(refuse), compute=compute,
        **more)


def calling(name, *called, opset=17):
    """A function of one input that calls others one after the other."""
    nodes, last = [], "a"
    for i, inner in enumerate(called):
        nodes.append(node(inner, [last], [f"v{i}"], domain="test"))
        last = f"v{i}"
    nodes.append(node("Identity", [last], ["o"]))
    return function(name, ["a"], ["o"], nodes, opset=opset)


def refers(made, name, to, kind):
    attribute = made.attribute.add()
    attribute.name, attribute.ref_attr_name, attribute.type = name, to, kind
    return made


def function_cases():
    same = function("F", ["a"], ["o"], [node("Neg", ["a"], ["o"])])
    function_case("calls itself", [calling("F", "F")], [call("F")], ["calls itself"], status=(BAD_MODEL,))
    function_case("two that call each other", [calling("F", "G"), calling("G", "F")], [call("F")], ["calls itself"])
    hidden = function("F", ["a"], ["o"], [
        node("ReduceMax", ["a"], ["m"], keepdims=0), node("Cast", ["m"], ["c"], to=B),
        node("If", ["c"], ["o"], then_branch=branch([node("F", ["a"], ["t"], domain="test")], ["t"]),
             else_branch=branch([node("Neg", ["a"], ["t"])], ["t"]))])
    function_case("calls itself in a branch", [hidden], [call("F")], ["calls itself"])
    function_case("calls itself, called by nobody", [calling("F", "F"), calling("G")], [call("G")], ["calls itself"])
    doubling = [calling(f"f{k}", f"f{k + 1}", f"f{k + 1}") for k in range(30)]
    doubling.append(function("f30", ["a"], ["o"], [node("Neg", ["a"], ["o"])]))
    function_case("2^30 nodes", doubling, [call("f0")], ["too many nodes"], status=(LIMIT,))
    function_case("2^100 nodes", [calling(f"f{k}", *[f"f{k + 1}"] * 1024) for k in range(10)] +
                  [calling("f10")], [call("f0")], ["too many nodes"], status=(LIMIT,))
    chain = [calling(f"f{k}", f"f{k + 1}") for k in range(3000)] + [calling("f3000")]
    function_case("3,000 deep", chain, [call("f0")], compute=[ARRAYS[0]])
    big = function("Big", ["a"], ["o"], [
        node("Constant", [], ["k"], value=helper.make_tensor("k", F, [100000], [0.5] * 100000)),
        node("ReduceMax", ["k"], ["m"], keepdims=0), node("Add", ["a", "m"], ["o"])])
    function_case("a tensor 4,096 times", [big] + [calling(f"f{k}", *[f"f{k + 1}" if k < 3 else "Big"] * 8)
                                                   for k in range(4)], [call("f0")], ["too large"], status=(LIMIT,))
    for depth in (20, 60):
        looping = [function(f"f{k}", ["a"], ["o"], [
            node("Constant", [], ["n"], value_int=1), node("Loop", ["n", "", "a"], ["o"], body=body(
                [GOES_ON, node(f"f{k + 1}", ["s"], ["r"], domain="test")], ["i", "more", "s"], ["on", "r"]))])
            for k in range(depth)]
        looping.append(function(f"f{depth}", ["a"], ["o"], [node("Neg", ["a"], ["o"])]))
        if depth == 20:
            function_case("loops 20 deep", looping, [call("f0")], compute=[-ARRAYS[0]])
        else:
            function_case("loops 60 deep", looping, [call("f0")], ["nested more than 32 deep"], status=(LIMIT,))
    function_case("given twice", [same, same], [call("F")], ["'F'", "twice"])
    function_case("missing", [same], [call("G")], ["test.G"], status=(UNSUPPORTED,))
    function_case("of another domain", [function("F", ["a"], ["o"], [node("Neg", ["a"], ["o"])], domain="other")],
                  [call("F")], ["test.F"])
    function_case("too many inputs", [same], [call("F", ("x", "x"))], ["victim", "inputs"])
    function_case("too many outputs", [same], [call("F", outputs=("y", "z"))], ["victim", "outputs"])
    function_case("too few inputs", [same], [call("F", ())], ["Neg"])
    function_case("an output that nobody computes", [function("F", ["a"], ["o"], [node("Neg", ["a"], ["q"])])],
                  [call("F")], ["'F'", "'o'"])
    function_case("an output that is an absent input", [function("F", ["a", "b"], ["b"], [node("Neg", ["a"], ["q"])])],
                  [call("F")], ["'F'", "'b'"])
    function_case("an output that is an input", [function("F", ["a"], ["a"], [node("Neg", ["a"], ["q"])])],
                  [call("F")], compute=[ARRAYS[0]])
    function_case("one input listed twice", [function("F", ["a", "a"], ["o"], [node("Neg", ["a"], ["o"])])],
                  [call("F")], ["'F'", "'a'"])
    function_case("one output listed twice", [function("F", ["a"], ["o", "o"], [node("Neg", ["a"], ["o"])])],
                  [call("F", outputs=("z", "y"))], compute=[-ARRAYS[0]])
    function_case("its output read before it is computed", [function("F", ["a"], ["o"], [
        node("Neg", ["o"], ["q"]), node("Neg", ["a"], ["o"])])], [call("F")], compute=[-ARRAYS[0]])
    function_case("its output needed to compute it", [function("F", ["a"], ["o"], [
        node("Add", ["a", "q"], ["o"]), node("Neg", ["o"], ["q"])])], [call("F")], ["Add", "cycle", "'q'"])
    function_case("its output computed twice", [function("F", ["a"], ["o"], [
        node("Neg", ["a"], ["o"]), node("Abs", ["a"], ["o"])])], [call("F")], ["'o'", "exists"])
    function_case("a name of the main graph", [function("F", ["a"], ["o"], [node("Neg", ["x"], ["o"])])], [call("F")],
                  ["'x'"])
    function_case("no opset", [function("F", ["a"], ["o"], [node("Neg", ["a"], ["o"])], opset=0)], [call("F")],
                  ["Neg", "names no version"])
    function_case("opset 999", [function("F", ["a"], ["o"], [node("Neg", ["a"], ["o"])], opset=999)], [call("F")],
                  ["opset", "999"])
    wrong = function("F", ["a"], ["o"], [refers(node("LeakyRelu", ["a"], ["o"]), "alpha", "slope", 1)], ["slope"])
    function_case("an attribute of a wrong type", [wrong], [call("F", slope=3)], ["slope", "type"])
    function_case("an attribute that is a graph", [wrong], [call("F", slope=negative())], ["slope"])
    function_case("an attribute that is absent", [wrong], [call("F")],
                  compute=[np.float32([1, np.float32(-2) * np.float32(0.01)])])
    function_case("named as one of our operators", [function("Neg", ["a"], ["o"], [node("Abs", ["a"], ["o"])],
                                                             domain="")], [node("Neg", ["x"], ["y"])],
                  compute=[-ARRAYS[0]])
    function_case("a name of 5,000 bytes", [function("F" * 5000, ["a"], ["o"], [node("Neg", ["a"], ["o"])])],
                  [call("F" * 5000)], ["bytes"], status=(LIMIT,))


# ---- Shapes that depend on data ------------------------------------------------------------------------------------


def data_case(name, nodes, inputs, arrays, initializers=(), refuse=None, compute=None, output=F, **more):
    add(f"data: {name}", proto(nodes, inputs, [("y", output, None)], initializers), arrays, refuse=refuse,
        compute=compute, **more)


def data_cases():
    shape = ("s", I64, [None])
    reshape = [node("Reshape", ["x", "s"], ["y"], name="victim")]
    for expected in ([-2, 2], [-1, -1], [3], [1 << 62, 1 << 62], [0, 0, 0], [1] * 9, [1] * 65):
        data_case(
            f"Reshape to {str(expected)[:40]}", reshape, [X, shape], [ARRAYS[0], np.int64(expected)], refuse=["victim"]
        )
    data_case("Expand to a terabyte", [node("Expand", ["x", "s"], ["y"], name="victim")], [X, shape],
              [ARRAYS[0], np.int64([1 << 39, 2])], refuse=["victim"], status=(LIMIT,))
    data_case("more elements than a shape has", [node("ConstantOfShape", ["s"], ["y"], name="victim")], [shape],
              [np.zeros(100, np.int64)], refuse=["victim"])
    spread = [node("Range", ["a", "b", "d"], ["y"], name="victim")]
    numbers = [(n, I64, []) for n in "abd"]
    for limits in ((0, 1 << 62, 1), (0, 5, 0)):
        data_case(f"Range {limits}", spread, numbers, [np.array(v, np.int64) for v in limits], refuse=["victim"])
    data_case("Range backwards", spread, numbers, [np.array(v, np.int64) for v in (5, 0, 1)],
              compute=[np.zeros(0, np.int64)], output=I64)
    data_case("TopK with too large a k", [node("TopK", ["x", "k"], ["y", "i"], name="victim")], [X, ("k", I64, [1])],
              [ARRAYS[0], np.int64([3])], refuse=["victim"])
    places = [node("NonZero", ["x"], ["i"], name="victim"), node("Cast", ["i"], ["y"], to=F)]
    data_case("places beyond the limit of memory", places, [("x", F, ["n"])], [f32(1000)], refuse=["victim"],
              max_memory=4096, status=(LIMIT,))
    data_case("kept values beyond the limit of memory",
              [node("NonZero", ["x"], ["i"])] + [node("NonZero", [p], [q]) for p, q in ("ij", "jk", "ky")],
              [("x", F, ["n"])], [f32(100)], refuse=[""], max_memory=8192, status=(LIMIT,), output=I64)
    data_case("2,000 counts in a row", counts_in_a_row(2000), [("x", I64, [1, "n"])], [np.ones((1, 0), np.int64)],
              refuse=["1024"], status=(LIMIT,), output=I64)
    data_case("50 counts in a row", counts_in_a_row(50), [("x", I64, [1, "n"])], [np.ones((1, 0), np.int64)],
              compute=[np.zeros((2, 0), np.int64)], output=I64)


def counts_in_a_row(count):
    return [node("NonZero", ["x" if i == 0 else f"v{i}"], ["y" if i == count - 1 else f"v{i + 1}"], name=f"n{i}")
            for i in range(count)]


# ---- Mutations -----------------------------------------------------------------------------------------------------


def good_models():
    """A call, a choice, a count and what follows: bytes are changed in each."""
    inner = function("F", ["a"], ["o"], [
        refers(node("LeakyRelu", ["a"], ["b"]), "alpha", "slope", 1), node("ReduceMax", ["b"], ["m"], keepdims=0),
        node("Cast", ["m"], ["c"], to=B), choice_of("c", "b")], ["slope"])
    nodes = [node("F", ["x"], ["f"], domain="test", slope=0.5), node("NonZero", ["f"], ["i"]),
             node("Transpose", ["i"], ["t"]), node("GatherND", ["f", "t"], ["g"]), node("Shape", ["g"], ["n"]),
             node("Min", ["n", "three"], ["k"]), node("TopK", ["g", "k"], ["y", "j"])]
    model = proto(nodes, [("x", F, ["n"])], [("y", F, None)], [constant("three", [3])])
    model.opset_import.append(helper.make_opsetid("test", 1))
    model.functions.append(inner)
    return ((model.SerializeToString(), [("x", f32(6))]), looping_model())


def looping_model():
    """A Scan in a Loop with a condition, a state that grows, rows, outer values and a branch; then what reads them."""
    scanned = body([node("Add", ["u", "e"], ["v"]), node("Mul", ["v", "x0"], ["row"])], ["u", "e"], ["v", "row"])
    made = body([node("Scan", ["zero", "s"], ["sum", "rows"], body=scanned, num_scan_inputs=1, scan_input_axes=[0],
                      scan_output_directions=[1]),
                 node("Less", ["i", "three"], ["on"]),
                 node("If", ["on"], ["o"], then_branch=branch([node("Neg", ["rows"], ["t"])], ["t"]),
                      else_branch=branch([node("Abs", ["rows"], ["e2"])], ["e2"])),
                 node("Concat", ["s", "o"], ["r"], axis=0)], ["i", "more", "s"], ["on", "r", "sum"])
    nodes = [node("Relu", ["x"], ["p"]), node("Loop", ["n", "", "p"], ["q", "w"], body=made),
             node("ReduceSum", ["q"], ["m"], keepdims=0), node("Mul", ["w", "m"], ["y"])]
    model = proto(nodes, [("x", F, ["n"])], [("y", F, None)],
                  [constant("n", 2), constant("three", 3), constant("zero", 0, np.float32),
                   constant("x0", 2, np.float32)])
    return model.SerializeToString(), [("x", f32(3))]


def choice_of(condition, of):
    return node("If", [condition], ["o"], then_branch=branch([node("Neg", [of], ["t"])], ["t"]),
                else_branch=branch([node("Abs", [of], ["e"])], ["e"]))


@pytest.mark.parametrize("group", [if_cases, loop_cases, scan_cases, function_cases, data_cases])
def test_models(group, tally):
    for case in collected(group):
        check_case(case, LIBRARY, tally)


@pytest.mark.parametrize("seeds", [range(first, first + 500) for first in range(0, 1500, 500)], ids=str)
def test_mutations(seeds, tally):
    mutations(LIBRARY, tally, seeds, good_models())
