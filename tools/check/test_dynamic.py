"""Graphs whose shapes or branches depend on data, functions of the model, and inputs that have defaults, against ONNX
Runtime on the same file.

Every case runs with one and two threads, optimised and node by node, several times in one session with changing data;
ONNX Runtime must give the same shapes and values.
"""

import libiou
import numpy as np
import pytest
from dynamic_models import BOOL, I64, F, branch, check, constants, function, ints, model, node, registers, value
from onnx import helper

RANDOM = np.random.default_rng(3)
CASES = []
case = registers(CASES)


# ---- Building ------------------------------------------------------------------------------------------------------


def refers(made, name, to, kind):
    """Lets attribute `name` of a node refer to attribute `to` of the function."""
    attribute = made.attribute.add()
    attribute.name, attribute.ref_attr_name, attribute.type = name, to, kind
    return made


def sparse_feeds(*shares, shape=(4, 5)):
    """Arrays of which about these shares are not zero."""
    return [{"x": np.where(RANDOM.random(shape) < p, RANDOM.normal(size=shape), 0).astype(np.float32)}
            for p in shares]


SHARES = (0.5, 0, 1, 0.3, 0.5)
X = value("x", F, ["n", "m"])

# ---- Shape arithmetic in floats --------------------------------------------------------------------------------------


def padded_by_size(pads=(0, 0), fill=0.0, auto_pad="NOTSET"):
    """A strided convolution behind a Pad of as much as the size asks for, as EfficientDet's exporters write it."""
    def length(axis):
        return [node("Gather", ["shape", f"i{axis}"], [f"n{axis}"]), node("Cast", [f"n{axis}"], [f"f{axis}"], to=F),
                node("Div", [f"f{axis}", "two"], [f"d{axis}"]), node("Ceil", [f"d{axis}"], [f"c{axis}"]),
                node("Sub", [f"c{axis}", "one"], [f"b{axis}"]), node("Mul", [f"b{axis}", "two"], [f"m{axis}"]),
                node("Add", [f"m{axis}", "kernel"], [f"r{axis}"]), node("Sub", [f"r{axis}", f"f{axis}"], [f"t{axis}"]),
                node("Max", [f"t{axis}", "zero"], [f"p{axis}"]), node("Cast", [f"p{axis}"], [f"w{axis}"], to=I64)]

    nodes = [node("Conv", ["x", "wide"], ["map"]), node("Relu", ["map"], ["u"]), node("Shape", ["u"], ["shape"]),
             *length(2), *length(3), node("Concat", ["before", "w2", "w3"], ["pads"], axis=0),
             node("Pad", ["u", "pads", "fill"], ["padded"]),
             node("Conv", ["padded", "deep"], ["y"], strides=[2, 2], group=8, auto_pad=auto_pad)]
    made = constants(i2=ints(2), i3=ints(3), two=np.float32(2), one=np.float32(1), kernel=np.float32(3),
                     zero=np.float32(0), before=ints(0, 0, *pads, 0, 0), fill=np.float32(fill),
                     wide=RANDOM.normal(size=(8, 3, 1, 1)).astype(np.float32),
                     deep=RANDOM.normal(size=(8, 1, 3, 3)).astype(np.float32))
    feeds = [{"x": RANDOM.normal(size=(1, 3, *size)).astype(np.float32)} for size in ((9, 8), (16, 21), (9, 8))]
    return model(nodes, [value("x", F, [1, 3, "h", "w"])], [value("y")], made), feeds


@case
def zeros_behind_a_map():
    return padded_by_size()


@case
def zeros_around_a_map():
    return padded_by_size(pads=(2, 1))


@case
def another_number_around_a_map():
    return padded_by_size(pads=(1, 1), fill=0.5)


@case
def a_map_cut():
    return padded_by_size(pads=(-1, -2))


@case
def zeros_before_a_padding_of_the_size():
    return padded_by_size(pads=(1, 1), auto_pad="SAME_UPPER")


def test_padding_is_no_step():
    made, feeds = padded_by_size(pads=(2, 1))
    session = libiou.Session(made, profile=True)
    session.run(feeds[0])
    assert [step["type"] for step in session.profile() if "layout" not in step["type"]] == ["Conv+Relu", "Conv"]


# ---- Shapes that depend on data ------------------------------------------------------------------------------------


@case
def places_alone():
    return model([node("NonZero", ["x"], ["i"])], [X], [value("i", I64)]), sparse_feeds(*SHARES)


@case
def places_of_a_scalar():
    feeds = [{"x": np.array(v, np.float32)} for v in (1, 0, 2)]
    return model([node("NonZero", ["x"], ["i"])], [value("x", F, [])], [value("i", I64)]), feeds


@case
def gathered_places():
    nodes = [node("NonZero", ["x"], ["i"]), node("Transpose", ["i"], ["t"]), node("GatherND", ["x", "t"], ["v"]),
             node("Exp", ["v"], ["y"])]
    return model(nodes, [X], [value("y"), value("i", I64)]), sparse_feeds(*SHARES)


@case
def places_of_places():
    nodes = [node("NonZero", ["x"], ["i"]), node("NonZero", ["i"], ["j"]), node("Cast", ["j"], ["f"], to=F),
             node("ReduceSum", ["f", "one"], ["s"], keepdims=0), node("NonZero", ["s"], ["k"])]
    outputs = [value("k", I64), value("j", I64), value("s")]
    return model(nodes, [X], outputs, constants(one=ints(1))), sparse_feeds(*SHARES)


@case
def the_few_largest():
    """As many as there are, at most three; then a shape with -1."""
    nodes = [node("NonZero", ["x"], ["i"]), node("Transpose", ["i"], ["t"]), node("GatherND", ["x", "t"], ["v"]),
             node("Shape", ["v"], ["s"]), node("Min", ["s", "three"], ["k"]), node("TopK", ["v", "k"], ["a", "b"]),
             node("Reshape", ["a", "row"], ["y"])]
    made = model(nodes, [X], [value("y"), value("b", I64)], constants(three=ints(3), row=ints(1, -1)))
    return made, sparse_feeds(0.5, 1, 0.3, 0.1, 0.5)


@case
def sliced_by_a_count():
    nodes = [node("Greater", ["x", "zero"], ["p"]), node("Cast", ["p"], ["c"], to=I64),
             node("ReduceSum", ["c"], ["n"], keepdims=0), node("Unsqueeze", ["n", "first"], ["end"]),
             node("Reshape", ["x", "flat"], ["f"]), node("Slice", ["f", "first", "end"], ["y"]),
             node("Shape", ["y"], ["s"]), node("ConstantOfShape", ["s"], ["o"]), node("Add", ["o", "y"], ["z"])]
    initializers = constants(zero=np.float32(0), first=ints(0), flat=ints(-1))
    return model(nodes, [X], [value("z"), value("n", I64)], initializers), sparse_feeds(*SHARES)


@case
def shape_is_an_input():
    feeds = [{"x": np.arange(12, dtype=np.float32).reshape(3, 4), "s": ints(*s)}
             for s in ((4, 3), (2, 6), (-1, 1), (4, 3))]
    made = model([node("Reshape", ["x", "s"], ["r"]), node("Relu", ["r"], ["y"])],
                 [X, value("s", I64, [2])], [value("y")])
    return made, feeds


@case
def range_to_an_input():
    nodes = [node("Range", ["zero", "n", "one"], ["r"]), node("Cast", ["r"], ["f"], to=F),
             node("Mul", ["f", "half"], ["y"])]
    made = model(nodes, [value("n", I64, [])], [value("y")],
                 constants(zero=np.int64(0), one=np.int64(1), half=np.float32(0.5)))
    return made, [{"n": np.array(n, np.int64)} for n in (3, 0, 7, 3)]


@case
def float_arithmetic_on_shapes():
    """As PyTorch's older exporters write an upsampling by 1.5."""
    nodes = [node("Shape", ["x"], ["s"]), node("Gather", ["s", "two"], ["h"]), node("Gather", ["s", "three"], ["w"])]
    for axis in "hw":
        nodes += [node("Cast", [axis], [axis + "f"], to=F), node("Mul", [axis + "f", "scale"], [axis + "m"]),
                  node("Floor", [axis + "m"], [axis + "r"]), node("Cast", [axis + "r"], [axis + "i"], to=I64),
                  node("Unsqueeze", [axis + "i", "zero"], [axis + "u"])]
    nodes += [node("Slice", ["s", "zero", "until"], ["nc"]), node("Concat", ["nc", "hu", "wu"], ["size"], axis=0),
              node("Conv", ["x", "k"], ["c"], pads=[1, 1, 1, 1]), node("Relu", ["c"], ["a"]),
              node("Resize", ["a", "", "", "size"], ["y"], mode="nearest", nearest_mode="floor",
                   coordinate_transformation_mode="asymmetric")]
    kernel = RANDOM.normal(size=(3, 3, 3, 3)).astype(np.float32)
    initializers = constants(two=np.int64(2), three=np.int64(3), scale=np.float32(1.5), zero=ints(0), until=ints(2),
                             k=kernel)
    feeds = [{"x": RANDOM.normal(size=(1, 3, h, w)).astype(np.float32)} for h, w in ((6, 7), (9, 4), (6, 7))]
    return model(nodes, [value("x", F, [1, 3, "h", "w"])], [value("y")], initializers), feeds


@case
def suppressed_boxes():
    """Boxes that survive, gathered; from none to all."""
    nodes = [node("NonMaxSuppression", ["boxes", "scores", "most", "iou", "least"], ["i"]),
             node("Gather", ["i", "two"], ["b"], axis=1), node("Squeeze", ["boxes", "axis"], ["flat"]),
             node("Gather", ["flat", "b"], ["y"], axis=0), node("ReduceMax", ["y"], ["m"], keepdims=1, axes=[1])]
    initializers = constants(most=ints(5), iou=np.float32([0.5]), least=np.float32([0.3]), two=np.int64(2),
                             axis=ints(0))
    corners = np.sort(RANDOM.random((1, 9, 2, 2)), axis=2).transpose(0, 1, 2, 3).reshape(1, 9, 4)
    feeds = [{"boxes": corners.astype(np.float32), "scores": (RANDOM.random((1, 2, 9)) * s).astype(np.float32)}
             for s in (1, 0.1, 0.6, 1)]
    made = model(nodes, [value("boxes", F, [1, "n", 4]), value("scores", F, [1, 2, "n"])],
                 [value("y"), value("m"), value("i", I64)], initializers)
    return made, feeds


@case
def convolution_behind_a_choice():
    """Feature maps cross from one segment to the next in the layout that they have."""
    nodes = [node("Conv", ["x", "k"], ["c"], pads=[1, 1, 1, 1]), node("Relu", ["c"], ["a"]),
             node("ReduceSum", ["a"], ["s"], keepdims=0), node("Greater", ["s", "zero"], ["p"]),
             node("If", ["p"], ["b"],
                  then_branch=branch([node("Conv", ["a", "k"], ["t"], pads=[1, 1, 1, 1])], ["t"]),
                  else_branch=branch([node("Neg", ["a"], ["e"])], ["e"])),
             node("Add", ["b", "a"], ["y"])]
    feeds = [{"x": (RANDOM.normal(size=(1, 3, 8, 9)) * s).astype(np.float32)} for s in (1, 0, 2)]
    kernel = RANDOM.normal(size=(3, 3, 3, 3)).astype(np.float32)
    made = model(nodes, [value("x", F, [1, 3, "h", "w"])], [value("y"), value("a")],
                 constants(k=kernel, zero=np.float32(0)))
    return made, feeds


@case
def small_weights_that_a_run_computes():
    """A product with a matrix that decides a shape as well: nothing packed may outlive it."""
    nodes = [node("Add", ["w", "w"], ["v"]), node("Cast", ["v"], ["i"], to=I64),
             node("ReduceMax", ["i"], ["top"], keepdims=0), node("Unsqueeze", ["top", "zero"], ["end"]),
             node("Reshape", ["v", "flat"], ["f"]), node("TopK", ["f", "end"], ["a", "b"]),
             node("MatMul", ["x", "v"], ["y"])]
    feeds = [{"x": RANDOM.normal(size=(3, 2)).astype(np.float32), "w": np.float32(w)}
             for w in ([[1, 0], [0.5, 1]], [[0.5, 1], [1, 0]], [[0, 0.5], [0.5, 0]])]
    made = model(nodes, [X, value("w", F, [2, 2])], [value("y"), value("a")],
                 constants(zero=ints(0), flat=ints(-1)))
    return made, feeds


# ---- If ------------------------------------------------------------------------------------------------------------


def either(condition="c", **extra):
    """y = -x or |x|."""
    return node("If", [condition], ["y"], then_branch=branch([node("Neg", ["x"], ["t"])], ["t"], **extra),
                else_branch=branch([node("Abs", ["x"], ["e"])], ["e"], **extra))


CONDITION = value("c", BOOL, [])


def both(arrays=None):
    array = RANDOM.normal(size=(2, 3)).astype(np.float32) if arrays is None else arrays
    return [{"x": array, "c": np.array(c)} for c in (True, False, True)]


@case
def condition_is_an_input():
    return model([either()], [X, CONDITION], [value("y")]), both()


@case
def condition_is_constant():
    made = model([either()], [X], [value("y")], constants(c=np.array(True)))
    return made, [{"x": RANDOM.normal(size=(2, 3)).astype(np.float32)}]


@case
def condition_of_a_shape():
    """Known when planned; the branch that is not taken would not fit (PyTorch's squeeze)."""
    nodes = [node("Shape", ["x"], ["s"]), node("Gather", ["s", "zero"], ["n"]), node("Equal", ["n", "one"], ["c"]),
             node("If", ["c"], ["y"],
                  then_branch=branch([node("Squeeze", ["x", "first"], ["t"])], ["t"]),
                  else_branch=branch([node("Identity", ["x"], ["e"])], ["e"]))]
    made = model(nodes, [X], [value("y")], constants(zero=np.int64(0), one=np.int64(1), first=ints(0)))
    return made, [{"x": RANDOM.normal(size=(n, 4)).astype(np.float32)} for n in (1, 3, 1)]


@case
def branches_of_other_shapes():
    """An empty constant or all: what follows takes either (torchvision's If around suppression)."""
    nodes = [node("NonZero", ["x"], ["i"]), node("Size", ["i"], ["n"]), node("Equal", ["n", "zero"], ["c"]),
             node("If", ["c"], ["v", "r"],
                  then_branch=branch([], ["none", "nil"], constants(none=np.zeros((0, 4), np.float32),
                                                                   nil=np.zeros(0, np.float32))),
                  else_branch=branch([node("Transpose", ["i"], ["t"]), node("GatherND", ["x", "t"], ["g"]),
                                      node("Unsqueeze", ["g", "axis"], ["u"]), node("Tile", ["u", "four"], ["w"])],
                                     ["w", "g"])),
             node("ReduceSum", ["v"], ["s"], keepdims=0), node("Concat", ["r", "r"], ["rr"], axis=0)]
    made = model(nodes, [X], [value("v"), value("s"), value("rr")],
                 constants(zero=np.int64(0), axis=ints(1), four=ints(1, 4)))
    return made, sparse_feeds(*SHARES)


@case
def branches_inside_branches():
    inner = node("If", ["d"], ["i"], then_branch=branch([node("Exp", ["a"], ["q"])], ["q"]),
                 else_branch=branch([node("Add", ["a", "x"], ["q"])], ["q"]))
    nodes = [node("Relu", ["x"], ["a"]),
             node("If", ["c"], ["y"], then_branch=branch([inner, node("Neg", ["i"], ["t"])], ["t"]),
                  else_branch=branch([node("Sub", ["a", "x"], ["t"])], ["t"]))]
    made = model(nodes, [X, CONDITION, value("d", BOOL, [1])], [value("y")])
    array = RANDOM.normal(size=(2, 3)).astype(np.float32)
    return made, [{"x": array, "c": np.array(c), "d": np.array([d])}
                  for c, d in ((True, True), (True, False), (False, True), (False, False), (True, True))]


@case
def condition_inside_the_branch():
    inner = node("If", ["p"], ["i"], then_branch=branch([node("NonZero", ["x"], ["q"])], ["q"], dtype=I64),
                 else_branch=branch([node("Shape", ["x"], ["sh"]), node("Unsqueeze", ["sh", "zero"], ["q"])], ["q"],
                                    dtype=I64))
    nodes = [node("If", ["c"], ["y"],
                  then_branch=branch([node("ReduceMax", ["x"], ["m"], keepdims=0),
                                      node("Greater", ["m", "limit"], ["p"]), inner], ["i"], dtype=I64),
                  else_branch=branch([node("Cast", ["x"], ["e"], to=I64)], ["e"], dtype=I64))]
    made = model(nodes, [X, CONDITION], [value("y", I64)], constants(limit=np.float32(0.5), zero=ints(0)))
    return made, [{"x": (RANDOM.random((2, 3)) * s).astype(np.float32), "c": np.array(c)}
                  for s, c in ((1, True), (0.1, True), (1, False), (2, True))]


@case
def two_choices_by_one_condition():
    nodes = [either(), node("If", ["c"], ["z"], then_branch=branch([node("Mul", ["y", "x"], ["t"])], ["t"]),
                            else_branch=branch([node("Neg", ["y"], ["t2"])], ["t2"]))]
    return model(nodes, [X, CONDITION], [value("z"), value("y")]), both()


@case
def fails_only_where_taken():
    """An index is out of range in the branch that is not taken."""
    nodes = [node("If", ["c"], ["y"], then_branch=branch([node("Gather", ["x", "k"], ["t"])], ["t"]),
                  else_branch=branch([node("Identity", ["x"], ["e"])], ["e"]))]
    array = RANDOM.normal(size=(2, 3)).astype(np.float32)
    made = model(nodes, [X, CONDITION, value("k", I64, [1])], [value("y")])
    return made, [{"x": array, "c": np.array(c), "k": ints(k)} for c, k in ((False, 9), (True, 1), (False, 7))]


# ---- Functions -----------------------------------------------------------------------------------------------------


def leaky():
    """slope * x + shift, where the shift has a default and the slope need not be given."""
    scaled = refers(node("LeakyRelu", ["a"], ["b"]), "alpha", "slope", 1)
    shift = refers(node("Constant", [], ["s"]), "value_float", "shift", 1)
    return function("Leaky", ["a"], ["o"], [scaled, shift, node("Add", ["b", "s"], ["o"])], ["slope"],
                    [helper.make_attribute("shift", 0.25)])


@case
def function_with_attributes():
    nodes = [node("Leaky", ["x"], ["a"], domain="test", slope=0.5),
             node("Leaky", ["a"], ["b"], domain="test", slope=0.1, shift=1.0),
             node("Leaky", ["b"], ["y"], domain="test")]
    return model(nodes, [X], [value("y"), value("a")], functions=[leaky()], domains=["test"]), sparse_feeds(1, 0.5)


@case
def functions_that_call_functions():
    twice = function("Twice", ["p"], ["q"], [
        refers(node("Leaky", ["p"], ["o"], domain="test"), "slope", "slope", 1),
        refers(node("Leaky", ["o"], ["q"], domain="test"), "slope", "slope", 1)], ["slope"])
    nodes = [node("Twice", ["x"], ["o"], domain="test", slope=0.3), node("Neg", ["o"], ["y"])]
    made = model(nodes, [X], [value("y")], functions=[twice, leaky()], domains=["test"])
    return made, sparse_feeds(1, 0.5)


@case
def function_with_a_choice():
    """The function's condition is its argument; a call is in a branch."""
    choose = function("Choose", ["c", "a"], ["o"], [
        node("If", ["c"], ["o"], then_branch=branch([node("Exp", ["a"], ["t"])], ["t"]),
             else_branch=branch([refers(node("LeakyRelu", ["a"], ["t"]), "alpha", "slope", 1)], ["t"]))], ["slope"])
    nodes = [node("Choose", ["c", "x"], ["a"], domain="test", slope=0.5),
             node("If", ["c"], ["y"], then_branch=branch([node("Neg", ["a"], ["t"])], ["t"]),
                  else_branch=branch([node("Choose", ["c", "a"], ["t"], domain="test", slope=2.0)], ["t"]))]
    return model(nodes, [X, CONDITION], [value("y")], functions=[choose], domains=["test"]), both()


@case
def function_with_an_absent_input():
    clip = function("Bound", ["a", "low", "high"], ["o"], [node("Clip", ["a", "low", "high"], ["o"])])
    nodes = [node("Bound", ["x", "low"], ["a"], domain="test"),
             node("Bound", ["a", "", "high"], ["y"], domain="test")]
    made = model(nodes, [X], [value("y")], constants(low=np.float32(-0.5), high=np.float32(0.5)), [clip], ["test"])
    return made, sparse_feeds(1)


@case
def function_that_passes_its_input_on():
    same = function("Same", ["a"], ["o", "p"], [node("Neg", ["a"], ["n"]), node("Identity", ["n"], ["o"]),
                                                node("Identity", ["a"], ["p"])])
    made = model([node("Same", ["x"], ["y", "z"], domain="test")], [X], [value("y"), value("z")], functions=[same],
                 domains=["test"])
    return made, sparse_feeds(1)


@case
def function_of_an_older_opset():
    """Squeeze takes its axes from an attribute in a function of opset 11."""
    old = function("Old", ["a"], ["o"], [node("Unsqueeze", ["a"], ["u"], axes=[0]),
                                         node("Softmax", ["u"], ["o"], axis=2)], opset=11)
    nodes = [node("Old", ["x"], ["o"], domain="test"), node("Squeeze", ["o", "first"], ["y"])]
    made = model(nodes, [X], [value("y")], constants(first=ints(0)), [old], ["test"])

    def softmax(x):
        powers = np.exp(x)
        return {"y": powers / powers.sum(axis=1, keepdims=True)}
    return made, sparse_feeds(1), softmax  # ONNX Runtime gives functions the model's opset


@case
def function_that_counts():
    """Shapes that depend on data inside a body."""
    count = function("Positive", ["a"], ["o"], [
        node("Relu", ["a"], ["r"]), node("NonZero", ["r"], ["i"]), node("Transpose", ["i"], ["t"]),
        node("GatherND", ["a", "t"], ["o"])])
    nodes = [node("Positive", ["x"], ["p"], domain="test"), node("Positive", ["p"], ["q"], domain="test"),
             node("Add", ["p", "q"], ["y"])]
    return model(nodes, [X], [value("y")], functions=[count], domains=["test"]), sparse_feeds(*SHARES)


@case
def three_thousand_functions_deep():
    chain = [function(f"f{k}", ["a"], ["o"], [node(f"f{k + 1}", ["a"], ["o"], domain="test")]) for k in range(3000)]
    chain.append(function("f3000", ["a"], ["o"], [node("Neg", ["a"], ["o"])]))
    made = model([node("f0", ["x"], ["y"], domain="test")], [X], [value("y")], functions=chain, domains=["test"])
    return made, sparse_feeds(1), lambda x: {"y": -x}  # too deep for ONNX Runtime


# ---- Inputs that have defaults -------------------------------------------------------------------------------------


def fed_or_not(nodes, outputs, x, defaults, others, shapes=None):
    """Runs without a default, with each of the others in its place, with all, and without again."""
    shapes = shapes or {}
    types = {name: helper.np_dtype_to_tensor_dtype(np.asarray(array).dtype) for name, array in defaults.items()}
    listed = [value(name, types[name], shapes.get(name, np.shape(array))) for name, array in defaults.items()]
    made = model(nodes, [value("x", F, [None] * x.ndim), *listed], outputs, constants(**defaults))
    feeds = [{}] + [{name: np.asarray(array)} for name, arrays in others.items() for array in arrays] + [{}]
    feeds.append({name: np.asarray(arrays[0]) for name, arrays in others.items()})
    return made, [{"x": x} | feed for feed in feeds]


def normal(*shape):
    return RANDOM.normal(size=shape).astype(np.float32)


def fed_convolution(kernel, channels, group=1, size=(9, 10), tail=("Relu",), **attributes):
    """The weights, the bias and all of the normalization behind it."""
    nodes = [node("Conv", ["x", "w", "b"], ["c"], group=group, **attributes),
             node("BatchNormalization", ["c", "s", "t", "m", "v"], ["n"]), node("Add", ["n", "r"], ["a"]),
             *[node(op, ["a"], ["y"]) for op in tail]]
    names = {"w": (channels, channels // group, kernel, kernel), **dict.fromkeys("bstmv", (channels,)),
             "r": (1, channels, 1, 1)}

    def some(name):
        return np.abs(normal(*names[name])) + np.float32(0.5) if name == "v" else normal(*names[name])
    return fed_or_not(nodes, [value("y")], normal(1, channels, *size), {n: some(n) for n in names},
                      {n: [some(n)] for n in names})


for arguments in ((3, 16, 1), (1, 16, 1), (3, 16, 16), (3, 16, 4), (5, 8, 1)):
    def fed(arguments=arguments):
        return fed_convolution(*arguments, pads=[arguments[0] // 2] * 4)
    fed.__name__ = "fed_convolution_of_{}x{}_in_{}_groups".format(*arguments)
    case(fed)


@case
def fed_products():
    nodes = [node("Gemm", ["x", "g", "b"], ["p"], transB=1), node("MatMul", ["p", "m"], ["q"]),
             node("Clip", ["q", "lo", "hi"], ["y"])]
    defaults = {"g": normal(9, 7), "b": normal(9), "m": normal(9, 5), "lo": np.float32(-1), "hi": np.float32(1)}
    others = {"g": [normal(9, 7)], "b": [normal(9)], "m": [normal(9, 5), normal(9, 4)], "lo": [np.float32(0)],
              "hi": [np.float32(0.5)]}
    return fed_or_not(nodes, [value("y")], normal(6, 7), defaults, others, {"m": [9, "k"]})


@case
def fed_shapes():
    """What decides shapes: of Reshape, Slice, Pad, Expand, and arithmetic before them."""
    nodes = [node("Mul", ["s", "two"], ["d"]), node("Reshape", ["x", "d"], ["r"]),
             node("Slice", ["r", "from", "to"], ["c"]), node("Pad", ["c", "p"], ["q"]),
             node("Unsqueeze", ["q", "axis"], ["u"]), node("Expand", ["u", "e"], ["y"]), node("Shape", ["y"], ["z"])]
    defaults = {"s": ints(2, 3), "two": ints(2), "from": ints(0), "to": ints(3), "p": ints(0, 1, 0, 0),
                "axis": ints(0), "e": ints(2, 1, 1)}
    others = {"s": [ints(3, 2), ints(1, 6)], "from": [ints(1)], "to": [ints(1), ints(4)], "p": [ints(1, 0, 2, 1)],
              "e": [ints(1, 1, 1)]}
    return fed_or_not(nodes, [value("y"), value("z", I64)], normal(4, 6), defaults, others)


@case
def fed_resize():
    nodes = [node("Resize", ["x", "", "scales"], ["y"], mode="nearest", nearest_mode="floor",
                  coordinate_transformation_mode="asymmetric")]
    return fed_or_not(nodes, [value("y")], normal(1, 2, 3, 4), {"scales": np.float32([1, 1, 2, 2])},
                      {"scales": [np.float32([1, 1, 3, 1]), np.float32([1, 1, 1, 2])]})


@case
def fed_condition():
    nodes = [node("Not", ["c"], ["d"]), either(), node("If", ["d"], ["z"],
             then_branch=branch([node("Mul", ["y", "w"], ["t"])], ["t"]),
             else_branch=branch([node("Add", ["y", "w"], ["t2"])], ["t2"]))]
    return fed_or_not(nodes, [value("z"), value("y")], normal(2, 3), {"c": np.array(True), "w": normal(3)},
                      {"c": [np.array(False)], "w": [normal(3)]})


@case
def fed_behind_a_choice():
    """Later segments see what was fed, and constants made of it."""
    nodes = [node("NonZero", ["x"], ["i"]), node("Transpose", ["i"], ["t"]), node("GatherND", ["x", "t"], ["g"]),
             node("Mul", ["s", "two"], ["n"]), node("Unsqueeze", ["g", "axis"], ["u"]), node("Tile", ["u", "n"], ["h"]),
             node("MatMul", ["h", "w"], ["y"]), node("Identity", ["w"], ["o"])]
    defaults = {"s": ints(1, 2), "two": ints(1, 2), "axis": ints(1), "w": normal(4, 3)}
    return fed_or_not(nodes, [value("y"), value("o"), value("w")], sparse_feeds(0.5)[0]["x"], defaults,
                      {"w": [normal(4, 3)], "s": [ints(2, 2)], "two": [ints(2, 2)]})


@case
def fed_without_a_declared_shape():
    made, feeds = fed_or_not(
        [node("Add", ["x", "w"], ["y"]), node("Sub", ["v", "w"], ["z"])],
        [value("y"), value("z")],
        normal(2, 3),
        {"w": normal(3), "v": normal(3)},
        {"w": [normal(2, 3), normal(1)], "v": [normal(1)]},
        {"w": None, "v": ["n"]},
    )
    return made, feeds


@pytest.mark.parametrize("build", CASES)
def test_against_onnxruntime(build):
    RANDOM.bit_generator.state = np.random.default_rng(3).bit_generator.state  # whatever ran before
    fault = check(build)
    assert not fault, fault
