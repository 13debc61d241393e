"""Strings inside graphs against ONNX Runtime: operators on them, what moves them, regular expressions; and what is
refused. ONNX Runtime gets and gives strings, the library has them as constants and tells which are the expected ones.
"""

import libiou
import numpy as np
import onnxruntime
import pytest
from malformed_models import proto
from malformed_mutations import mutations
from onnx import TensorProto, helper, numpy_helper
from opset_recipes import texts
from tensor_border import with_tensor_border

F, I64, STRING = TensorProto.FLOAT, TensorProto.INT64, TensorProto.STRING
BAD_MODEL, UNSUPPORTED = 10, 11
RANDOM = np.random.default_rng(13)
node = helper.make_node
TEXTS = helper.make_tensor_type_proto(STRING, None)
WORDS = texts("one", "", "Zwölf", "три", "one more", "ONE").reshape(2, 3)


# ---- Models --------------------------------------------------------------------------------------------------------


def made(nodes, inputs, outputs, **constants):
    """`inputs`: arrays by name; `outputs`: element types by name."""
    infos = [helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(array.dtype), None)
             for name, array in inputs.items()]
    graph = helper.make_graph(nodes, "strings", infos, [helper.make_tensor_value_info(*info, None)
                                                        for info in outputs.items()],
                              [numpy_helper.from_array(np.asarray(array), name) for name, array in constants.items()])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=9)


def difference(model, inputs) -> str:
    """Between the library, in both ways, and ONNX Runtime; empty: none."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    expected = dict(zip(names, session.run(None, inputs)))
    wrapped, feeds, told = with_tensor_border(model, inputs, expected)
    for no_optimize in (False, True):
        found = libiou.Session(wrapped.SerializeToString(), threads=2, no_optimize=no_optimize).run(feeds)
        for name, theirs in told.items():
            ours = found[name]
            if ours.shape != theirs.shape or ours.dtype != theirs.dtype or not np.array_equal(ours, theirs):
                return f"{name} is {ours.tolist()}, not {theirs.tolist()}"
    return ""


X = {"x": WORDS}
LOOP = helper.make_graph(
    [node("Identity", ["more"], ["on"]), node("StringConcat", ["s", "x"], ["r"]), node("Identity", ["s"], ["row"])],
    "body", [helper.make_tensor_value_info("i", I64, []), helper.make_tensor_value_info("more", TensorProto.BOOL, []),
             helper.make_value_info("s", TEXTS)],
    [helper.make_tensor_value_info("on", TensorProto.BOOL, []), helper.make_value_info("r", TEXTS),
     helper.make_value_info("row", TEXTS)])
MOVES = {
    "Identity": [node("Identity", ["x"], ["y"])],
    "Reshape": [node("Reshape", ["x", "six"], ["y"])],
    "Flatten": [node("Flatten", ["x"], ["y"], axis=0)],
    "Unsqueeze and Squeeze": [node("Unsqueeze", ["x", "zero"], ["u"]), node("Squeeze", ["u", "zero"], ["y"])],
    "Concat": [node("Concat", ["x", "x"], ["y"], axis=1)],
    "Split": [node("Split", ["x", "parts"], ["a", "y"], axis=1)],
    "Gather": [node("Gather", ["x", "zero"], ["y"], axis=1)],
    "Slice": [node("Slice", ["x", "zero", "one", "one"], ["y"])],
    "Transpose": [node("Transpose", ["x"], ["y"])],
    "Tile": [node("Tile", ["x", "parts"], ["y"])],
    "Expand": [node("Unsqueeze", ["x", "zero"], ["u"]), node("Expand", ["u", "big"], ["y"])],
    "Where": [node("Equal", ["x", "some"], ["c"]), node("Where", ["c", "x", "other"], ["y"])],
    "Compress": [node("Compress", ["x", "mask"], ["y"], axis=1)],
    "Loop": [node("Loop", ["trips", "", "x"], ["y", "rows"], body=LOOP)],
    "SequenceAt": [node("SequenceConstruct", ["x", "some"], ["s"]), node("SequenceAt", ["s", "first"], ["y"])],
    "SplitToSequence": [node("SplitToSequence", ["x"], ["s"], axis=1),
                        node("ConcatFromSequence", ["s"], ["y"], axis=0)],
}
CONSTANTS = {"zero": [0], "one": [1], "six": [3, 2], "parts": [1, 2], "big": [2, 2, 3], "trips": 3, "first": -1}


@pytest.mark.parametrize("name", MOVES)
def test_moved(name):
    constants = {key: np.array(value, np.int64) for key, value in CONSTANTS.items()}
    model = made(MOVES[name], X, {"y": STRING}, **constants, mask=np.array([True, False, True]))
    model.graph.initializer.extend([helper.make_tensor("some", STRING, [1], [b"one"]),
                                    helper.make_tensor("other", STRING, [], ["или".encode()])])
    fault = difference(model, X)
    assert not fault, fault


def test_branches():
    yes, no = (helper.make_graph([made_node], "b", [], [helper.make_value_info(name, TEXTS)]) for made_node, name in (
        (node("StringConcat", ["x", "x"], ["a"]), "a"), (node("Identity", ["x"], ["b"]), "b")))
    model = made([node("If", ["c"], ["y"], then_branch=yes, else_branch=no)], {**X, "c": np.array(True)},
                 {"y": STRING})
    for condition in (True, False):
        fault = difference(model, {**X, "c": np.array(condition)})
        assert not fault, fault


def test_constants():
    nodes = [node("Constant", [], ["a"], value_string="один"), node("Constant", [], ["b"], value_strings=["", "2"]),
             node("StringConcat", ["a", "b"], ["y"])]
    model = made(nodes, {}, {"y": STRING})
    fault = difference(model, {})
    assert not fault, fault


# ---- Regular expressions -------------------------------------------------------------------------------------------

SAMPLES = texts("", "a", "b", "ab", "ba", "aab", "abab", "a b", "a\nb", "A_1", "-", "a-b", "]", "ä", "aä", "1.5",
                "a{2}", " ", "\t", "aaa", "aaaa", "\\", "^", "$", "x|y", "€", "word word", ".")
PATTERNS = [
    "", "a", "a*", "a+b?", "(ab)*", "a|b", "(a|b)*", "(a|)b", "[ab]+", "[^a]*", "[a-c_1]+", "[]a]", "[^]a]", "[a-]+",
    "[-a]*", r"\w+", r"\W", r"\d\.\d", r"\s", r"[\s\w]+", r"[\W\d]*", r"[^\w]*", "a{2}", "a{2,}", "a{2,3}", "a{,2}",
    "a{0}b", "(a{1,2}){2}", r"a\{2\}", ".", ".*", "^a$", "(^|x)a(b|$)", r"\ba\b.*", r"\w+\b.\b\w+", r"a\Bb", r"\Aab\z",
    "(?:ab)+", "(?P<name>a)b", "(?<name>a)b", "a*?b+?", "a??", r"\x61", r"\x{20ac}", r"\t|\n", "[[:alpha:]]+",
    "[[:^alpha:]]*", "[[:digit:][:punct:]]+", r"\\", r"[\\^$]", "ä|€", "[ä-€]", "a.b", r"x\|y", "()", "(|a)+", "(a*)*",
    "(a*)+b", r"[\x61-\x62]*", r"\.", "{", "a{x}", "a{1", "]", "}",
]


@pytest.mark.parametrize("pattern", PATTERNS)
def test_pattern(pattern):
    fault = difference(made([node("RegexFullMatch", ["x"], ["y"], pattern=pattern)], {"x": SAMPLES},
                            {"y": TensorProto.BOOL}), {"x": SAMPLES})
    assert not fault, fault


def random_pattern(depth=0) -> str:
    kind = RANDOM.integers(0, 8 if depth < 4 else 3)
    if kind < 3:
        return RANDOM.choice(["a", "b", ".", "[ab]", "[^a]", r"\w", "^", "$", r"\b", r"\B", " ", ""])
    if kind < 5:
        return random_pattern(depth + 1) + random_pattern(depth + 1)
    if kind == 5:
        return f"({random_pattern(depth + 1)}|{random_pattern(depth + 1)})"
    return f"(?:{random_pattern(depth + 1)})" + RANDOM.choice(["*", "+", "?", "{2}", "{1,}", "{0,2}"])


def test_random_patterns(tally):
    samples = texts(*{"".join(RANDOM.choice(list("ab \n"), RANDOM.integers(0, 6))) for _ in range(120)})
    for _ in range(400):
        pattern = random_pattern()
        fault = difference(made([node("RegexFullMatch", ["x"], ["y"], pattern=pattern)], {"x": samples},
                                {"y": TensorProto.BOOL}), {"x": samples})
        tally.add(f"pattern {pattern!r}", fault or None)


def test_a_pattern_that_backtracks_elsewhere():
    """(a?){n}a{n} of n times a: every way is followed at once."""
    words = texts("a" * 500, "a" * 499)
    model = made([node("RegexFullMatch", ["x"], ["y"], pattern="(a?){500}a{500}")], {"x": words},
                 {"y": TensorProto.BOOL})
    model, feeds, _ = with_tensor_border(model, {"x": words}, {"y": np.zeros(2, bool)})
    assert libiou.Session(model.SerializeToString()).run(feeds)["y"].tolist() == [True, False]


# ---- Refusals ------------------------------------------------------------------------------------------------------


def refused(model, words: str, status: int) -> None:
    with pytest.raises(libiou.IoUError, match=words) as caught:
        libiou.Session(model.SerializeToString(), threads=1).run({})
    assert caught.value.status == status, str(caught.value)
    assert "\n" not in str(caught.value)


def constant(nodes, values=("one", "two"), outputs=(("y", F),), name="x", shape=None):
    model = proto(nodes, [], [(*output, None) for output in outputs], opset=20)
    data = [value if isinstance(value, bytes) else value.encode() for value in values]
    model.graph.initializer.append(helper.make_tensor(name, STRING, [len(values)] if shape is None else shape, data))
    return model


@pytest.mark.parametrize("pattern", [
    "(", ")", "a)", "[", "[a", "[b-a]", "*", "a**", "a{1001}", "a{2,1}", "(?i)a", r"\pL", r"\C", r"\Qa\E", r"\1", "\\",
    "(?", "(?P<", "(?P<>a)", r"\x", r"\x{110000}", r"\xg", "[[:alph:]]", "(?=a)", "a{500}{500}", "(a{900}){900}",
    "(" * 200 + ")" * 200, "x{2}{3}", "+a", "a|*",
])
def test_refused_pattern(pattern):
    with pytest.raises(libiou.IoUError, match="node 'victim' .RegexFullMatch.: pattern") as caught:
        libiou.Model(constant([node("RegexFullMatch", ["x"], ["y"], pattern=pattern, name="victim")])
                     .SerializeToString())
    assert caught.value.status in (UNSUPPORTED, libiou.UNSUPPORTED, 12)


def test_refused():
    def victim(op, inputs=("x",), **attributes):
        return node(op, list(inputs), ["y"], name="victim", **attributes)

    for op, inputs, attributes, status in (
            ("Cast", "x", {"to": F}, UNSUPPORTED), ("NonZero", "x", {}, UNSUPPORTED), ("Unique", "x", {}, UNSUPPORTED),
            ("Neg", "x", {}, BAD_MODEL), ("Add", "xx", {}, BAD_MODEL), ("Less", "xx", {}, BAD_MODEL),
            ("ArgMax", "x", {}, BAD_MODEL), ("IsNaN", "x", {}, BAD_MODEL), ("ReduceMax", "x", {}, BAD_MODEL),
            ("EyeLike", "x", {}, BAD_MODEL)):
        refused(constant([victim(op, inputs, **attributes)]), "victim.*string", status)
    for op, inputs, attributes in (("StringConcat", "ff", {}), ("StringSplit", "f", {}), ("StringNormalizer", "f", {}),
                                   ("RegexFullMatch", "f", {"pattern": "a"})):
        model = constant([victim(op, inputs, **attributes)])
        model.graph.initializer.append(numpy_helper.from_array(np.float32([1]), "f"))
        refused(model, "victim.*float32", BAD_MODEL)
    for op, attributes in (("Cast", {"to": STRING}), ("EyeLike", {"dtype": STRING}),
                           ("RandomNormalLike", {"dtype": STRING})):
        model = constant([victim(op, "m", **attributes)])
        model.graph.initializer.append(numpy_helper.from_array(np.ones((2, 2), np.float32), "m"))
        refused(model, "victim", UNSUPPORTED)
    refused(constant([victim("Identity")]), "output 'y': expected a tensor of numbers, found string", UNSUPPORTED)
    refused(constant([victim("StringNormalizer")], ["a"] * 4, shape=[2, 2]), "victim.*1, C", BAD_MODEL)
    refused(constant([node("StringNormalizer", ["x"], ["n"], name="victim", case_change_action="UPPER"),
                      node("Equal", ["n", "n"], ["y"])], ["ä"], outputs=[("y", TensorProto.BOOL)]),
            "victim.*ASCII", UNSUPPORTED)
    refused(constant([victim("StringNormalizer", case_change_action="TITLE")]), "victim.*TITLE", BAD_MODEL)
    refused(constant([victim("RegexFullMatch")]), "victim.*pattern", BAD_MODEL)
    graph = proto([node("Shape", ["a"], ["y"])], [("a", STRING, [2])], [("y", I64, None)])
    refused(graph, "input 'a': expected a tensor of numbers, found string", UNSUPPORTED)


@pytest.mark.parametrize("text", [b"\xff", b"a\x80", b"\xc0\x80", b"\xe2\x82", b"\xed\xa0\x80", b"\xf4\x90\x80\x80",
                                  b"\xf8\x88\x80\x80\x80", b"\xe0\x80\x80", b"ok\xc3"])
def test_bytes_that_are_no_utf8(text):
    shape = node("Shape", ["x"], ["y"])
    refused(constant([shape], ["fine", text], outputs=[("y", I64)]), "'x': string 1: expected UTF-8", BAD_MODEL)
    for attribute in (helper.make_attribute("stopwords", [text]), ):
        normalizer = node("StringNormalizer", ["x"], ["n"], name="victim")
        normalizer.attribute.append(attribute)
        refused(constant([normalizer, node("Shape", ["n"], ["y"])], outputs=[("y", I64)]), "victim.*UTF-8", BAD_MODEL)


def test_strings_that_are_not_there():
    for shape in ([3], [1], [2, 2]):
        refused_model = constant([node("Shape", ["x"], ["y"])], outputs=[("y", I64)])
        del refused_model.graph.initializer[0].dims[:]
        refused_model.graph.initializer[0].dims.extend(shape)
        refused(refused_model, "'x': expected . strings, found 2", BAD_MODEL)
    raw = constant([node("Shape", ["x"], ["y"])], outputs=[("y", I64)])
    raw.graph.initializer[0].raw_data = b"one"
    refused(raw, "'x'", BAD_MODEL)


def good_models():
    """Everything in one: bytes are changed in it."""
    nodes = [node("StringSplit", ["x"], ["parts", "counts"], delimiter=" ", maxsplit=2),
             node("Reshape", ["parts", "all"], ["row"]),
             node("StringNormalizer", ["row"], ["n"], stopwords=["more", "of"], case_change_action="LOWER"),
             node("Slice", ["n", "zero", "two"], ["first"]), node("StringConcat", ["first", "some"], ["c"]),
             node("Equal", ["c", "some"], ["e"]), node("RegexFullMatch", ["c"], ["y"], pattern=r"(\w|x{2,3})+[^a-c]?"),
             node("SequenceConstruct", ["c", "some"], ["s"]), node("SequenceLength", ["s"], ["z"])]
    model = constant(nodes, ["one more of", "a b c d", "", "of"], outputs=[("y", TensorProto.BOOL), ("z", I64)])
    model.graph.initializer.extend([
        helper.make_tensor("some", STRING, [1], [b"one"]), numpy_helper.from_array(np.array([-1]), "all"),
        numpy_helper.from_array(np.array([0]), "zero"), numpy_helper.from_array(np.array([2]), "two")])
    return ((model.SerializeToString(), []),)


@pytest.mark.parametrize("seeds", [range(first, first + 500) for first in range(0, 1000, 500)], ids=str)
def test_mutations(seeds, tally):
    mutations(libiou.LIBRARY, tally, seeds, good_models())
