"""Malformed and hostile models against the runtime: no crash, no hang, no memory blow-up, no silent acceptance.

Every case opens a model in a forked child with limits and, where it opens, runs it fused and node by node. A case
"must refuse" passes when the answer is an error of one line that names what is wrong; a legal but hostile case passes
when it computes what ONNX defines or is refused in the same way. Also: a good model cut at every byte, and seeded
mutations of two good models. Prints a line a failure and "N passed, N failed" last; exits with 1 after a failure.

LIBIOU names another build of the library, such as one with sanitizers, which LD_PRELOAD then wants first.
"""

import argparse
import ctypes
import os
import random
import resource
import signal
import struct
import sys
import time
import traceback

import numpy as np
from libiou import LIBRARY, NUMBERS, TYPES, _Error as Error, _SessionOptions as SessionOptions, _Tensor as Tensor
from onnx import AttributeProto, StringStringEntryProto, TensorProto, helper, numpy_helper

SANITIZED = "asan" in os.environ.get("LD_PRELOAD", "")
MEMORY = 4 << 30
SECONDS = 60 if SANITIZED else 10
F, I32, I64, D, U8, B = (TensorProto.FLOAT, TensorProto.INT32, TensorProto.INT64, TensorProto.DOUBLE,
                         TensorProto.UINT8, TensorProto.BOOL)
I64_MIN, I64_MAX = -(1 << 63), (1 << 63) - 1
LIMIT, OUT_OF_MEMORY = 12, 20  # iou_status

# ---- The library ---------------------------------------------------------------------------------------------------


class RunOptions(ctypes.Structure):
    _fields_ = [("struct_size", ctypes.c_size_t), ("deadline_ns", ctypes.c_int64), ("cancel", ctypes.c_void_p)]


class Refusal(Exception):
    def __init__(self, status, text):
        super().__init__(text)
        self.status, self.text = status, text


def run_model(library, data, feeds, no_optimize=False, max_memory=0, deadline=0.0, threads=1):
    """The outputs, or a Refusal. `feeds`: a list of (name, array or raw Tensor); None: only opens the model."""
    # Raw bytes and strings of errors stay bytes: a hostile name need not be UTF-8.
    error, model, session = Error(), ctypes.c_void_p(), ctypes.c_void_p()

    def check(status):
        if status:
            raise Refusal(status, error.text)

    buffer = ctypes.create_string_buffer(data, len(data))
    try:
        check(library.iou_model_open_memory(ctypes.byref(model), buffer, ctypes.c_size_t(len(data)), None,
                                            ctypes.byref(error)))
        if feeds is None:
            return None
        options = SessionOptions(ctypes.sizeof(SessionOptions), threads, no_optimize, False, None, max_memory)
        check(library.iou_session_open(ctypes.byref(session), model, ctypes.byref(options), ctypes.byref(error)))
        inputs, keep = (Tensor * max(1, len(feeds)))(), []
        for i, (name, value) in enumerate(feeds):
            if isinstance(value, Tensor):
                inputs[i] = value
            else:
                array = np.require(value, requirements="C")
                keep.append(array)
                inputs[i] = Tensor(None, NUMBERS[array.dtype], array.ndim, (ctypes.c_int64 * 8)(*array.shape),
                                   array.ctypes.data, array.nbytes)
            inputs[i].name = name.encode()
        count = library.iou_model_output_count(model)
        outputs = (Tensor * count)()
        wishes = RunOptions(ctypes.sizeof(RunOptions), int((time.monotonic() + deadline) * 1e9) if deadline else 0)
        check(library.iou_session_run(session, inputs, ctypes.c_size_t(len(feeds)), outputs, ctypes.c_size_t(count),
                                      ctypes.byref(wishes), ctypes.byref(error)))
        found = []
        for o in outputs:
            bytes_ = ctypes.string_at(o.data, o.size) if o.size else b""
            found.append(np.frombuffer(bytes_, TYPES[o.type]).reshape(list(o.dims)[:o.rank]))
        return found
    finally:
        library.iou_session_close(ctypes.byref(session))
        library.iou_model_close(ctypes.byref(model))


# ---- Children ------------------------------------------------------------------------------------------------------


def in_child(work):
    """Runs work(report) in a forked child with limits. Answers (how it ended, the reported lines)."""
    here, there = os.pipe()
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        try:
            os.close(here)
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            if not SANITIZED:  # a sanitizer reserves terabytes of addresses
                resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
            signal.alarm(SECONDS)
            work(lambda line: os.write(there, line.encode(errors="replace") + b"\n"))
            os._exit(0)
        except BaseException:
            os.write(there, b"python: " + traceback.format_exc().replace("\n", " | ").encode()[-3000:] + b"\n")
            os._exit(99)
    os.close(there)
    with os.fdopen(here, "rb") as pipe:
        lines = pipe.read().decode(errors="replace").splitlines()
    _, status = os.waitpid(pid, 0)
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        end = f"hangs for {SECONDS} s" if number == signal.SIGALRM else f"dies of {signal.Signals(number).name}"
    else:
        code = os.WEXITSTATUS(status)
        end = "" if code == 0 else f"exits with {code}"
    return end, lines


def bad_text(text, wanted):
    """What is wrong with the text of an error, or None."""
    if not text:
        return "the error has no text"
    if any(c < 32 or c == 127 for c in text):
        return f"the error's text has control characters: {text!r}"
    try:
        shown = text.decode()
    except UnicodeDecodeError:
        return f"the error's text is no UTF-8: {text!r}"
    for word in wanted:
        if word not in shown:
            return f"the error does not mention {word!r}: {shown}"
    return None


def judge(case, library, no_optimize):
    try:
        data = case.data()
        found = run_model(library, data, case.feeds, no_optimize, case.max_memory, 0, 1)
    except Refusal as refusal:
        if case.outputs is not None and not case.may_refuse:
            return f"is refused: {refusal.text!r}"
        if case.status and refusal.status not in case.status:
            return f"has status {refusal.status}, wanted {case.status}: {refusal.text!r}"
        return bad_text(refusal.text, case.names)
    if case.must_refuse:
        return "is silently accepted"
    if case.outputs is not None and found is not None:
        for i, wanted in enumerate(case.outputs):
            wanted = np.asarray(wanted)
            if found[i].shape != wanted.shape or not np.array_equal(found[i], wanted, equal_nan=wanted.dtype.kind == "f"):
                return f"output {i} is {found[i].shape} {found[i].ravel()[:8]}, wanted {wanted.shape} {wanted.ravel()[:8]}"
    return None


# ---- Building models -----------------------------------------------------------------------------------------------


class Case:
    """`outputs`: what a legal model computes. `names`: words that a refusal must mention."""

    def __init__(self, name, data, feeds=None, *, must_refuse=False, may_refuse=True, outputs=None, names=(),
                 status=(), max_memory=0):
        self.name, self.feeds, self.outputs, self.names = name, feeds, outputs, names
        self.data = data if callable(data) else lambda: data
        self.must_refuse, self.may_refuse, self.status, self.max_memory = must_refuse, may_refuse, status, max_memory


CASES = []


def info(name, type_=F, shape=None):
    return helper.make_tensor_value_info(name, type_, shape)


def constant(name, value, dtype=np.int64):
    return numpy_helper.from_array(np.asarray(value, dtype), name)


def proto(nodes, inputs, outputs, initializers=(), opset=17):
    """A model that nothing has checked."""
    graph = helper.make_graph(list(nodes), "hostile", [info(*i) for i in inputs], [info(*o) for o in outputs],
                              list(initializers))
    imports = [] if opset is None else [helper.make_opsetid("", opset)]
    model = helper.make_model(graph, opset_imports=imports or [helper.make_opsetid("", 1)])
    model.ir_version = 8
    if opset is None:
        del model.opset_import[:]
    return model


def feeds_of(model, arrays):
    held = {t.name for t in model.graph.initializer}
    names = [i.name for i in model.graph.input if i.name not in held]
    return list(zip(names, arrays))


def add(name, model, arrays=(), refuse=None, compute=None, **more):
    """`refuse`: words of the refusal that must come; `compute`: outputs that must come."""
    feeds = feeds_of(model, arrays) if arrays is not None else None
    if compute is not None:
        more["outputs"] = compute
    CASES.append(Case(name, model.SerializeToString(), feeds, must_refuse=refuse is not None,
                      may_refuse=compute is None, names=refuse or (), **more))


def node_case(name, op, arrays, constants=(), attributes=None, opset=17, shapes=None, outputs=1, refuse=False,
              compute=None, values=None, **more):
    """A model of one node named "victim": computed inputs first, then constants (None: absent)."""
    names, initializers = [], []
    inputs = []
    for i, array in enumerate(arrays):
        names.append(f"x{i}")
        shape = array.shape if shapes is None else shapes
        inputs.append((f"x{i}", NUMBERS[array.dtype], list(shape)))
    for i, value in enumerate(constants):
        if value is None:
            names.append("")
            continue
        names.append(f"c{i}")
        initializers.append(numpy_helper.from_array(np.asarray(value), f"c{i}"))
    node = helper.make_node(op, names, [f"y{i}" for i in range(outputs)], name="victim", **(attributes or {}))
    model = proto([node], inputs, [(f"y{i}", F) for i in range(outputs)], initializers, opset)
    add(f"{op}: {name}", model, arrays, refuse=["victim"] if refuse else None, compute=compute, outputs=values, **more)


def f32(*shape):
    return np.arange(int(np.prod(shape)), dtype=np.float32).reshape(shape)


def i64(*values):
    return np.asarray(values, np.int64)


def good_model():
    """Small, and of everything: convolution, normalization, residual, shapes, a resize."""
    nodes = [
        helper.make_node("Conv", ["x", "w", "b"], ["c"], name="conv", pads=[1, 1, 1, 1], strides=[2, 2]),
        helper.make_node("BatchNormalization", ["c", "g", "b", "b", "v"], ["n"], name="norm", epsilon=1e-5),
        helper.make_node("Relu", ["n"], ["r"], name="relu"),
        helper.make_node("Resize", ["r", "", "", "z"], ["u"], name="up", mode="nearest",
                         coordinate_transformation_mode="asymmetric", nearest_mode="floor"),
        helper.make_node("MaxPool", ["u"], ["m"], name="pool", kernel_shape=[2, 2], strides=[2, 2]),
        helper.make_node("Concat", ["m", "r"], ["k"], name="concat", axis=1),
        helper.make_node("Reshape", ["k", "s"], ["y"], name="flat"),
    ]
    rng = np.random.default_rng(1)
    initializers = [
        constant("w", rng.normal(size=(4, 3, 3, 3)), np.float32), constant("b", rng.normal(size=4), np.float32),
        constant("g", np.ones(4), np.float32), constant("v", np.ones(4), np.float32),
        constant("z", [1, 4, 8, 8]), constant("s", [1, -1]),
    ]
    return proto(nodes, [("x", F, [1, 3, 8, 8])], [("y", F)], initializers)


def shape_model():
    """Small, and of the operators that move and count: what exporters write around a detector."""
    nodes = [
        helper.make_node("Shape", ["x"], ["s"], name="shape"),
        helper.make_node("Gather", ["s", "i"], ["h"], name="gather", axis=0),
        helper.make_node("Div", ["h", "two"], ["half"], name="div"),
        helper.make_node("Unsqueeze", ["half", "zero"], ["end"], name="unsqueeze"),
        helper.make_node("Slice", ["x", "zero", "end", "axis"], ["part"], name="slice"),
        helper.make_node("Transpose", ["part"], ["t"], name="transpose", perm=[0, 2, 3, 1]),
        helper.make_node("Softmax", ["t"], ["p"], name="softmax", axis=-1),
        helper.make_node("Split", ["p"], ["a", "b"], name="split", axis=3),
        helper.make_node("Expand", ["a", "big"], ["e"], name="expand"),
        helper.make_node("Where", ["mask", "e", "half_f"], ["y"], name="where"),
        helper.make_node("Cast", ["b"], ["z"], name="cast", to=I32),
    ]
    initializers = [constant("i", 2), constant("two", 2), constant("zero", [0]), constant("axis", [2]),
                    constant("big", [2, 1, 1, 2]), constant("half_f", 0.5, np.float32),
                    constant("mask", [True, False], np.bool_)]
    return proto(nodes, [("x", F, ["n", 4, "h", "w"])], [("y", F), ("z", I32)], initializers)


def length_prefixed(field, content):
    """A message's field of wire type 2; Python's own writer refuses deep nesting."""
    size, prefix = len(content), bytearray([field << 3 | 2])
    while size > 0x7f:
        prefix.append(size & 0x7f | 0x80)
        size >>= 7
    prefix.append(size)
    return bytes(prefix) + content


def nested_if(depth):
    node = helper.make_node("Relu", ["x"], ["y"]).SerializeToString()
    for _ in range(depth):
        graph = length_prefixed(1, node)
        attribute = length_prefixed(1, b"then_branch") + bytes([0xa0, 0x01, AttributeProto.GRAPH]) + length_prefixed(6, graph)
        node = length_prefixed(1, b"x") + length_prefixed(2, b"y") + length_prefixed(4, b"If") \
            + length_prefixed(5, attribute)
    rest = proto([], [("x", F, [2])], [("y", F)])
    return rest.SerializeToString() + length_prefixed(7, length_prefixed(1, node))


# ---- Tensors -------------------------------------------------------------------------------------------------------


def tensor_cases():
    def initializer(name, change, refuse=True, arrays=None):
        tensor = TensorProto(name="weight", data_type=F, dims=[2, 2])
        tensor.raw_data = np.zeros(4, np.float32).tobytes()
        change(tensor)
        model = proto([helper.make_node("Add", ["x", "weight"], ["y"], name="victim")], [("x", F, [2, 2])],
                      [("y", F)], [tensor])
        add(f"tensor: {name}", model, [f32(2, 2)] if arrays is None else arrays, ["weight"] if refuse else None)

    def typed(values, raw=None, **fields):
        def change(t):
            t.ClearField("raw_data")
            t.float_data.extend(values)
            if raw is not None:
                t.raw_data = raw
            for key, value in fields.items():
                setattr(t, key, value)
        return change

    def dims(*values):
        def change(t):
            del t.dims[:]
            t.dims.extend(values)
        return change

    def external(**entries):
        def change(t):
            t.ClearField("raw_data")
            t.data_location = TensorProto.EXTERNAL
            for key, value in entries.items():
                t.external_data.append(StringStringEntryProto(key=key, value=value))
        return change

    initializer("raw_data short", lambda t: setattr(t, "raw_data", b"\0" * 12))
    initializer("raw_data long", lambda t: setattr(t, "raw_data", b"\0" * 20))
    initializer("raw_data not of whole elements", lambda t: setattr(t, "raw_data", b"\0" * 15))
    initializer("raw_data empty", lambda t: setattr(t, "raw_data", b""))
    initializer("raw and typed data", typed([0] * 4, b"\0" * 16))
    initializer("float_data short", typed([0] * 3))
    initializer("float_data long", typed([0] * 5))
    initializer("no data", typed([]))
    initializer("float_data of an int64 tensor", typed([0] * 4, data_type=I64))
    initializer("negative dimension", dims(-2, -2))
    initializer("negative dimension of an empty product", dims(-2, 0))
    initializer("product overflows", dims(1 << 62, 1 << 62))
    initializer("product of bytes overflows", dims(1 << 62, 1))
    initializer("product wraps to 4", dims(4194305, 4194305, 211106198978564))
    initializer("rank 200", dims(*[1] * 199, 4))
    initializer("element type 77", lambda t: setattr(t, "data_type", 77))
    initializer("element type -1", lambda t: setattr(t, "data_type", -1))
    initializer("element type 0", lambda t: setattr(t, "data_type", 0))
    initializer("strings with raw_data", lambda t: setattr(t, "data_type", TensorProto.STRING))
    initializer("int4 of an odd count", lambda t: setattr(t, "data_type", TensorProto.INT4))
    initializer("segment", lambda t: setattr(t.segment, "end", 4))
    initializer("external ../x", external(location="../x", length="16"))
    initializer("external /etc/passwd", external(location="/etc/passwd", length="16"))
    initializer("external /dev/zero", external(location="/dev/zero", offset="-1", length=str(1 << 60)))
    initializer("external nowhere", external())
    initializer("NaN and Inf", lambda t: setattr(t, "raw_data", np.float32([np.nan, np.inf, -np.inf, 0]).tobytes()),
                refuse=False)
    initializer("dims that do not broadcast", dims(4), refuse=False)

    twice = proto([helper.make_node("Add", ["x", "w"], ["y"])], [("x", F, [2])], [("y", F)],
                  [constant("w", [1, 2], np.float32), constant("w", [3, 4], np.float32)])
    add("tensor: name given twice", twice, [f32(2)], ["'w'"])
    shadow = proto([helper.make_node("Add", ["x", "w"], ["y"])], [("x", F, [2]), ("w", I64, [2])], [("y", F)],
                   [constant("w", [1, 2], np.float32)])
    add("tensor: shadows an input of another type", shadow, [f32(2)], ["'w'"])
    sparse = proto([helper.make_node("Relu", ["x"], ["y"])], [("x", F, [2])], [("y", F)])
    s = sparse.graph.sparse_initializer.add()
    s.values.CopyFrom(constant("s", [1], np.float32))
    s.indices.CopyFrom(constant("", [1 << 40]))
    s.dims.append(4)
    add("tensor: sparse index out of range", sparse, [f32(2)], ["sparse"])


# ---- Graphs --------------------------------------------------------------------------------------------------------


def graph_cases():
    x = [("x", F, [2])]

    def relu(*pairs):
        return [helper.make_node("Relu", [a], [b], name=f"node_{i}") for i, (a, b) in enumerate(pairs)]

    add("graph: cycle", proto(relu(("b", "a"), ("a", "b")), x, [("b", F)]), [f32(2)], ["node_0", "'b'"])
    add("graph: node reads itself", proto(relu(("a", "a")), x, [("a", F)]), [f32(2)], ["node_0", "'a'"])
    add("graph: not in order", proto(relu(("a", "b"), ("x", "a")), x, [("b", F)]), [f32(2)], ["node_0", "'a'"])
    add("graph: output computed twice", proto(relu(("x", "a"), ("x", "a")), x, [("a", F)]), [f32(2)],
        ["node_1", "'a'"])
    add("graph: output has an input's name", proto(relu(("x", "x")), x, [("x", F)]), [f32(2)], ["node_0", "'x'"])
    add("graph: undefined input", proto(relu(("nowhere", "a")), x, [("a", F)]), [f32(2)], ["node_0", "'nowhere'"])
    add("graph: undefined output", proto(relu(("x", "a")), x, [("nowhere", F)]), [f32(2)], ["'nowhere'"])
    add("graph: output twice", proto(relu(("x", "a")), x, [("a", F), ("a", F)]), [f32(2)], ["'a'"])
    add("graph: input twice", proto(relu(("x", "a")), x * 2, [("a", F)]), [f32(2), f32(2)], ["'x'"])
    add("graph: no outputs", proto(relu(("x", "a")), x, []), [f32(2)], ["output"])
    add("graph: no nodes, an input is the output", proto([], x, [("x", F)]), [f32(2)], compute=[f32(2)])
    add("graph: a constant is the output", proto([], [], [("c", I64)], [constant("c", [1, 2])]), [],
        compute=[i64(1, 2)])
    add("graph: one value is two outputs", proto([*relu(("x", "a")), helper.make_node("Identity", ["a"], ["b"])], x,
                                                 [("a", F), ("b", F)]), [f32(2)], compute=[f32(2), f32(2)])
    for opset in (999, 0, -1, I64_MAX, I64_MIN):
        add(f"graph: opset {opset}", proto(relu(("x", "a")), x, [("a", F)], opset=opset), [f32(2)], ["opset"])
    add("graph: no opset", proto(relu(("x", "a")), x, [("a", F)], opset=None), [f32(2)], ["opset"])
    two = proto(relu(("x", "a")), x, [("a", F)])
    two.opset_import.append(helper.make_opsetid("ai.onnx", 12))
    add("graph: two opsets of one domain", two, [f32(2)], ["twice"])
    foreign = [helper.make_node("Relu", ["x"], ["a"], name="victim", domain="com.example")]
    add("graph: unknown domain", proto(foreign, x, [("a", F)]), [f32(2)], ["victim", "com.example", "Relu"])
    add("graph: empty op_type", proto([helper.make_node("", ["x"], ["a"], name="victim")], x, [("a", F)]), [f32(2)],
        ["victim"])
    missing = [helper.make_node(op, ["x"], [f"a{i}"], name=f"lacks_{i}")
               for i, op in enumerate(["Nowhere", "Relu", "Scan", "Nowhere", "Loop"])]
    add("graph: several operators missing", proto(missing, x, [("a4", F)]), [f32(2)],
        ["Nowhere", "Scan", "Loop", "lacks_0", "lacks_2", "lacks_3", "lacks_4"])
    many = [helper.make_node("Relu", ["x"], [f"r{i}"]) for i in range(30000)]
    many += [helper.make_node("Nowhere", ["x"], [f"a{i}"], name=f"lacks_{i}") for i in range(30000)]
    add("graph: 30,000 nodes of a missing operator", proto(many, x, [("a0", F)]), None, ["Nowhere", "lacks_0"])
    chain = [helper.make_node("Neg", [f"v{i}"], [f"v{i + 1}"]) for i in range(10000)]
    add("graph: 10,000 nodes in a row", proto(chain, [("v0", F, [2])], [("v10000", F)]), [f32(2)], compute=[f32(2)])
    wide = [helper.make_node("Exp", ["x"], [f"v{i}"]) for i in range(12000)]
    wide.append(helper.make_node("Sum", [f"v{i}" for i in range(12000)], ["y"], name="sum"))
    add("graph: 12,000 values at a time", proto(wide, x, [("y", F)]), [np.zeros(2, np.float32)],
        compute=[np.full(2, 12000, np.float32)])
    add("graph: node without inputs", proto([helper.make_node("Relu", [], ["a"], name="victim")], [], [("a", F)]), [],
        ["victim"])
    add("graph: node without outputs", proto([helper.make_node("Relu", ["x"], [], name="victim")], x, [("x", F)]),
        [f32(2)], ["victim"])
    add("graph: node with an unnamed output", proto([helper.make_node("Relu", ["x"], [""], name="victim")], x,
                                                    [("x", F)]), [f32(2)])
    add("graph: too few inputs", proto([helper.make_node("Add", ["x"], ["a"], name="victim")], x, [("a", F)]),
        [f32(2)], ["victim"])
    add("graph: too many inputs", proto([helper.make_node("Relu", ["x"] * 9, ["a"], name="victim")], x, [("a", F)]),
        [f32(2)], ["victim"])
    add("graph: too many outputs", proto([helper.make_node("Relu", ["x"], ["a", "b"], name="victim")], x,
                                         [("a", F)]), [f32(2)], ["victim"])
    add("graph: an input is absent", proto([helper.make_node("Add", ["", "x"], ["a"], name="victim")], x,
                                           [("a", F)]), [f32(2)], ["victim"])
    add("graph: 100,000 inputs of one node", proto([helper.make_node("Concat", ["x"] * 100000, ["a"], name="victim",
                                                                     axis=0)], x, [("a", F)]), [f32(2)])
    newline = [helper.make_node("Nowhere", ["x"], ["a"], name="one\ntwo\x1b[31m")]
    add("graph: control characters in names", proto(newline, x, [("a", F)]), [f32(2)], ["Nowhere"])
    long = [helper.make_node("Nowhere", ["x"], ["a"], name="é" * 2000)]
    add("graph: a name of 4,000 bytes", proto(long, x, [("a", F)]), [f32(2)], ["Nowhere"])
    percent = [helper.make_node("Add", ["x", "x"], ["a"], name="%s%n%d"), helper.make_node("Relu", ["q"], ["%n"])]
    add("graph: formats in names", proto(percent, x, [("a", F)]), [f32(2)], ["'%n'"])

    for depth in (3, 60, 3000):
        CASES.append(Case(f"graph: {depth} nested If", nested_if(depth), [("x", f32(2))], must_refuse=True))

    attribute = proto([helper.make_node("Softmax", ["x"], ["a"], name="victim", axis=0)], x, [("a", F)])

    def changed(name, change, refuse=True):
        model = proto([], [], [])
        model.CopyFrom(attribute)
        change(model.graph.node[0].attribute)
        add(f"attribute: {name}", model, [f32(2)], ["victim", "axis"] if refuse else None)

    changed("given twice", lambda a: a.append(helper.make_attribute("axis", 0)))
    changed("a float in an integer's place", lambda a: a[0].CopyFrom(helper.make_attribute("axis", 0.0)))
    changed("a list in a number's place", lambda a: a[0].CopyFrom(helper.make_attribute("axis", [0, 0])))
    changed("a string in a number's place", lambda a: a[0].CopyFrom(helper.make_attribute("axis", "0")))
    changed("a type that its value has not", lambda a: setattr(a[0], "type", AttributeProto.FLOAT))
    changed("type 77 bytes without a value", lambda a: a[0].ClearField("i"))
    changed("2^62", lambda a: setattr(a[0], "i", 1 << 62))
    changed("INT64_MIN", lambda a: setattr(a[0], "i", I64_MIN))

    def reference(a):
        a[0].ClearField("i")
        a[0].ref_attr_name = "outside"
    changed("a reference outside a function", reference)
    lots = proto([], [], [])
    lots.CopyFrom(attribute)
    for i in range(60000):
        lots.graph.node[0].attribute.append(AttributeProto(name=f"axis{i}", i=0, type=AttributeProto.INT))
    add("attribute: 60,000 of one node", lots, [f32(2)], ["victim"])


# ---- Inputs --------------------------------------------------------------------------------------------------------


def input_cases():
    def model(shape, type_=F, op="Neg", inputs=1):
        names = [f"x{i}" for i in range(inputs)]
        nodes = [helper.make_node(op, names, ["y"], name="victim")]
        shapes = shape if inputs > 1 else [shape]
        return proto(nodes, [(n, type_, s) for n, s in zip(names, shapes)], [("y", F)])

    def fed(name, m, feeds, names, **more):
        CASES.append(Case(f"input: {name}", m.SerializeToString(), feeds, must_refuse=True, names=names, **more))

    good, x = model([2, 3]), f32(2, 3)
    fed("missing", good, [], ["'x0'"])
    fed("unknown", good, [("x0", x), ("q", x)], ["'q'"])
    fed("twice", good, [("x0", x), ("x0", x)], ["'x0'"])
    fed("another type", good, [("x0", x.astype(np.float64))], ["'x0'", "float32"])
    fed("another rank", good, [("x0", x[0])], ["'x0'"])
    fed("another shape", good, [("x0", f32(3, 2))], ["'x0'"])
    dims = ctypes.c_int64 * 8
    fed("rank 9", good, [("x0", Tensor(None, 1, 9, dims(), x.ctypes.data, 4))], ["'x0'"])
    fed("rank -1", good, [("x0", Tensor(None, 1, -1, dims(), x.ctypes.data, 4))], ["'x0'"])
    fed("negative dimension", good, [("x0", Tensor(None, 1, 2, dims(-2, -3), x.ctypes.data, 24))], ["'x0'"])
    fed("no data", good, [("x0", Tensor(None, 1, 2, dims(2, 3), None, 24))], ["'x0'"])
    fed("short data", good, [("x0", Tensor(None, 1, 2, dims(2, 3), x.ctypes.data, 20))], ["'x0'"])
    fed("misaligned data", good, [("x0", Tensor(None, 1, 1, dims(4), x.ctypes.data + 1, 16))], ["'x0'"])
    fed("2^62 x 2^62", model([1 << 62, 1 << 62]), [("x0", Tensor(None, 1, 2, dims(1 << 62, 1 << 62), x.ctypes.data,
                                                                   0))], ["'x0'"])
    fed("one symbol, two sizes", model([["n", 2], ["n", 2]], op="Add", inputs=2), [("x0", f32(1, 2)), ("x1", f32(2, 2))],
        ["'n'"])
    fed("one symbol twice in a shape", model(["n", "n"]), [("x0", f32(2, 3))], ["'n'"])
    fed("declared negative", model([-2]), [("x0", f32(2))], ["'x0'"])
    fed("declared rank 200", model([1] * 200), [], ["'x0'"])
    fed("declared a string", model([2], TensorProto.STRING), [], ["'x0'"])
    fed("declared type 77", model([2], 77), [], ["'x0'"])
    sequence = proto([helper.make_node("Identity", ["x"], ["y"])], [], [("y", F)])
    sequence.graph.input.append(helper.make_tensor_sequence_value_info("x", F, None))
    fed("declared a sequence", sequence, [], ["'x'"])
    untyped = proto([helper.make_node("Identity", ["x"], ["y"])], [], [("y", F)])
    untyped.graph.input.add().name = "x"
    fed("declared without type", untyped, [], ["'x'"])
    add("input: unknown shape", model(None), [f32(2, 3)], compute=[-f32(2, 3)])
    add("input: empty", model(["n", 3]), [f32(0, 3)], compute=[f32(0, 3)])
    add("input: rank 0", model([]), [np.float32(3)], compute=[np.float32(-3)])
    add("input: 2^62 x 0", model([1 << 62, 0]), [Tensor(None, 1, 2, dims(1 << 62, 0), None, 0)])
    wide = model([1 << 20], op="Exp")
    wide.graph.node.append(helper.make_node("Neg", ["y"], ["z"], name="last"))
    wide.graph.output[0].name = "z"
    add("input: memory limit of 1 MiB for 4 MiB", wide, [f32(1 << 20)], [], status=(LIMIT,), max_memory=1 << 20)
    add("input: memory limit of 64 MiB for 4 MiB", wide, [np.zeros(1 << 20, np.float32)],
        compute=[-np.ones(1 << 20, np.float32)], max_memory=1 << 26)
    large = proto([helper.make_node("Expand", ["x", "s"], ["y"], name="victim")], [("x", F, [1])], [("y", F)],
                  [constant("s", [1 << 19])])
    add("input: memory limit of 1 MiB for an output of 2 MiB", large, [f32(1)], ["victim"], status=(LIMIT,),
        max_memory=1 << 20)


# ---- Operators -----------------------------------------------------------------------------------------------------


def empty_cases():
    """Empty tensors and scalars through every operator of one input; the shape must stay."""
    for op in ("Abs", "Ceil", "Cos", "Elu", "Erf", "Exp", "Floor", "HardSigmoid", "HardSwish", "Identity", "LeakyRelu",
               "Log", "Mish", "Neg", "Reciprocal", "Relu", "Round", "Selu", "Sigmoid", "Sign", "Sin", "Softplus",
               "Softsign", "Sqrt", "Tanh", "Clip", "Dropout"):
        node_case("empty", op, [f32(0, 3)], opset=18, compute=[f32(0, 3)])
    for op in ("Softmax", "LogSoftmax"):
        node_case("empty axis", op, [f32(3, 0)], values=[f32(3, 0)])
        node_case("rank 0", op, [np.float32(1)], values=None)
    for op in ("GlobalAveragePool", "GlobalMaxPool", "MaxPool", "AveragePool"):
        attributes = {} if op.startswith("Global") else {"kernel_shape": [2, 2]}
        node_case("empty batch", op, [f32(0, 2, 4, 4)], attributes=attributes)
        node_case("no channels", op, [f32(1, 0, 4, 4)], attributes=attributes)
        node_case("empty picture", op, [f32(1, 2, 0, 4)], attributes=attributes)
        node_case("rank 2", op, [f32(2, 4)], attributes=attributes)
        node_case("rank 0", op, [np.float32(1)], attributes=attributes, refuse=True)
    w = np.ones((2, 2, 2, 2), np.float32)
    node_case("empty batch", "Conv", [f32(0, 2, 4, 4)], [w], compute=[np.zeros((0, 2, 3, 3), np.float32)])
    node_case("empty picture", "Conv", [f32(1, 2, 0, 4)], [w], refuse=True)
    node_case("empty picture with pads", "Conv", [f32(1, 2, 0, 4)], [w], {"pads": [1, 0, 1, 0]},
              values=[np.zeros((1, 2, 1, 3), np.float32)])
    node_case("no output channels", "Conv", [f32(1, 2, 4, 4)], [w[:0]])
    node_case("no input channels", "Conv", [f32(1, 0, 4, 4)], [w[:, :0]], values=[np.zeros((1, 2, 3, 3), np.float32)])
    node_case("empty pieces", "Concat", [f32(2, 0), f32(2, 3), f32(2, 0)], attributes={"axis": 1},
              compute=[f32(2, 3)])
    node_case("all empty", "Concat", [f32(0, 3), f32(0, 3)], attributes={"axis": 0}, compute=[f32(0, 3)])
    node_case("empty", "Transpose", [f32(2, 0, 3)], compute=[f32(3, 0, 2)])
    node_case("empty", "Shape", [f32(2, 0, 3)], compute=[i64(2, 0, 3)])
    node_case("empty to -1", "Reshape", [f32(0, 3)], [i64(-1, 3)], values=[f32(0, 3)])
    node_case("empty to 0 and -1", "Reshape", [f32(0, 3)], [i64(0, -1)], {"allowzero": 1}, refuse=True)
    node_case("empty", "Add", [f32(0, 3), f32(1, 3)], compute=[f32(0, 3)])
    node_case("rank 0", "Concat", [np.float32(1), np.float32(2)], attributes={"axis": 0}, refuse=True)
    node_case("rank 0", "Flatten", [np.float32(5)], attributes={"axis": 0}, compute=[np.float32([[5]])])
    node_case("rank 0", "BatchNormalization", [np.float32(5)], [np.ones(1, np.float32)] * 4)
    node_case("empty to nothing", "Resize", [f32(1, 1, 0, 2)], [None, None, i64(1, 1, 4, 4)])
    node_case("to nothing", "Resize", [f32(1, 1, 2, 2)], [None, None, i64(1, 1, 0, 4)])


def window_cases():
    x, w = f32(1, 4, 5, 5), np.ones((2, 4, 3, 3), np.float32)

    def conv(name, attributes=None, weights=w, bias=None, **more):
        more.setdefault("refuse", True)
        node_case(name, "Conv", [x], [weights] + ([] if bias is None else [bias]), attributes, **more)

    conv("stride 0", {"strides": [0, 1]})
    conv("stride negative", {"strides": [-1, 1]})
    conv("stride 2^40", {"strides": [1 << 40, 1]})
    conv("pads negative", {"pads": [-1, 0, 0, 0]})
    conv("pads 2^31", {"pads": [1 << 31, 0, 0, 0]})
    conv("pads 2^62", {"pads": [1 << 62, 0, 1 << 62, 0]})
    conv("pads 2^30: terabytes", {"pads": [1 << 30] * 4})
    conv("pads INT64_MIN", {"pads": [I64_MIN, 0, 0, 0]})
    conv("pads of length 3", {"pads": [1, 1, 1]})
    conv("pads of length 2", {"pads": [1, 1]})
    conv("strides of length 3", {"strides": [1, 1, 1]})
    conv("dilations of length 1", {"dilations": [1]})
    conv("kernel_shape against weights", {"kernel_shape": [2, 2]})
    conv("kernel_shape of length 3", {"kernel_shape": [3, 3, 3]})
    conv("kernel_shape 0", {"kernel_shape": [0, 0]})
    conv("weights of rank 3", weights=np.ones((2, 4, 3), np.float32))
    conv("weights of rank 5", weights=np.ones((2, 4, 3, 3, 1), np.float32))
    conv("weights of rank 0", weights=np.float32(1))
    conv("weights of integers", weights=np.ones((2, 4, 3, 3), np.int64))
    conv("weights of an empty kernel", weights=np.ones((2, 4, 0, 3), np.float32))
    conv("kernel larger than the input", weights=np.ones((2, 4, 6, 6), np.float32))
    for group in (0, -1, 7, 3, 8, 1 << 40, I64_MIN):
        conv(f"group {group}", {"group": group})
    conv("dilation 2^40", {"dilations": [1 << 40, 1]})
    conv("dilation 0", {"dilations": [0, 1]})
    conv("dilation 2^30 with pads to match", {"dilations": [1 << 30, 1], "pads": [1 << 30, 0, 1 << 30, 0]},
         refuse=False)
    conv("dilation 2^29 and SAME", {"dilations": [1 << 29, 1], "auto_pad": "SAME_UPPER"}, refuse=False)
    conv("stride 2^30", {"strides": [1 << 30, 1]}, refuse=False)
    conv("bias too short", bias=np.ones(1, np.float32))
    conv("bias too long", bias=np.ones(3, np.float32))
    conv("bias of rank 2", bias=np.ones((2, 1), np.float32))
    conv("bias of integers", bias=np.ones(2, np.int64))
    conv("auto_pad unknown", {"auto_pad": "SIDEWAYS"})
    conv("attribute of another type", {"strides": 1.0})
    conv("attribute of another type (float list)", {"pads": [1.0, 1.0, 1.0, 1.0]})
    conv("attribute of another type (number for list)", {"strides": 2})
    node_case("input of rank 2", "Conv", [f32(4, 5)], [np.ones((2, 4), np.float32)], refuse=True)
    node_case("weights computed, of rank 3", "Conv", [x, f32(2, 4, 3)], refuse=True)
    node_case("weights computed, kernel_shape against them", "Conv", [x, w], attributes={"kernel_shape": [2, 2]},
              refuse=True)
    node_case("weights computed", "Conv", [x, w], attributes={"pads": [0, 0, 0, 0]}, refuse=False)

    for op in ("MaxPool", "AveragePool"):
        def pool(name, refuse=True, op=op, array=x, **attributes):
            attributes.setdefault("kernel_shape", [2, 2])
            attributes = {k: v for k, v in attributes.items() if v is not None}
            node_case(name, op, [array], attributes=attributes, refuse=refuse)
        pool("no kernel", kernel_shape=None)
        pool("kernel 0", kernel_shape=[0, 2])
        pool("kernel negative", kernel_shape=[-2, -2])
        pool("kernel of length 1", kernel_shape=[2])
        pool("kernel 2^40", kernel_shape=[1 << 40, 1])
        pool("kernel larger than the input", kernel_shape=[9, 9])
        pool("kernel larger than the input, ceil_mode", refuse=False, kernel_shape=[9, 9], ceil_mode=1)
        pool("pad as large as the kernel", pads=[2, 2, 2, 2], refuse=False)
        pool("pad larger than the kernel", pads=[9, 9, 9, 9], refuse=False)
        pool("pads negative", pads=[-1, -1, -1, -1])
        pool("pads 2^62", pads=[1 << 62] * 4)
        pool("pads of length 3", pads=[1, 1, 1])
        pool("stride 0", strides=[0, 0])
        pool("stride 2^40", strides=[1 << 40, 1])
        pool("stride 2^24 and ceil_mode", refuse=False, strides=[1 << 24, 1 << 24], ceil_mode=1)
        pool("auto_pad unknown", auto_pad="SIDEWAYS")
    node_case("dilation 2^40", "MaxPool", [x], attributes={"kernel_shape": [2, 2], "dilations": [1 << 40, 1]},
              refuse=True)
    node_case("dilation 0", "MaxPool", [x], attributes={"kernel_shape": [2, 2], "dilations": [0, 1]}, refuse=True)
    node_case("storage_order 7", "MaxPool", [x], attributes={"kernel_shape": [2, 2], "storage_order": 7}, refuse=False)
    node_case("kernel 2^12 over pads 2^12", "AveragePool", [x], attributes={
        "kernel_shape": [1 << 12, 1], "pads": [(1 << 12) - 1, 0, (1 << 12) - 1, 0]}, refuse=False)

    ones = np.ones(4, np.float32)
    for at, what in enumerate(("scale", "bias", "mean", "variance")):
        vectors = [ones] * 4
        vectors[at] = ones[:1]
        node_case(f"{what} too short", "BatchNormalization", [x], vectors, refuse=True)
        vectors[at] = ones[:0]
        node_case(f"{what} empty", "BatchNormalization", [x], vectors, refuse=True)
        vectors[at] = np.ones((2, 2), np.float32)
        node_case(f"{what} of rank 2", "BatchNormalization", [x], vectors, refuse=True)
        vectors[at] = np.ones(4, np.int64)
        node_case(f"{what} of integers", "BatchNormalization", [x], vectors, refuse=True)
    node_case("a vector is missing", "BatchNormalization", [x], [ones] * 3, refuse=True)
    fused = proto([helper.make_node("Conv", ["x", "w"], ["c"], name="conv"),
                   helper.make_node("BatchNormalization", ["c", "s", "s", "s", "s"], ["y"], name="victim")],
                  [("x", F, [1, 4, 5, 5])], [("y", F)], [constant("w", w, np.float32), constant("s", [1], np.float32)])
    add("Conv: fused with a BatchNormalization that is too short", fused, [x], ["victim"])
    for name, bound in (("empty", np.zeros(0, np.float32)), ("vector", np.zeros(2, np.float32)),
                        ("integer", np.zeros((), np.int64))):
        clip = proto([helper.make_node("Conv", ["x", "w"], ["c"], name="conv"),
                      helper.make_node("Clip", ["c", "m"], ["y"], name="victim")], [("x", F, [1, 4, 5, 5])],
                     [("y", F)], [constant("w", w, np.float32), numpy_helper.from_array(bound, "m")])
        add(f"Conv: fused with a Clip whose bound is {name}", clip, [x], ["victim"])
    broad = proto([helper.make_node("Conv", ["x", "w"], ["c"], name="conv"),
                   helper.make_node("Add", ["c", "r"], ["y"], name="victim")],
                  [("x", F, [1, 4, 5, 5]), ("r", F, [1, 2, 4, 3])], [("y", F)], [constant("w", w, np.float32)])
    add("Conv: fused with an addition that does not fit", broad, [x, f32(1, 2, 4, 3)], ["victim"])


def shape_cases():
    x = f32(2, 3)
    for name, shape in (("-2", i64(-2, 3)), ("two -1", i64(-1, -1)), ("product mismatch", i64(4, 2)),
                        ("-1 that does not divide", i64(-1, 4)), ("0 past the rank", i64(2, 3, 0)),
                        ("product wraps", i64(1 << 62, 1 << 62, 6)), ("product wraps with -1", i64(1 << 63 - 1, 8, -1)),
                        ("INT64_MIN", i64(I64_MIN, 1)), ("rank 9", np.ones(9, np.int64)),
                        ("rank 100", np.ones(100, np.int64)), ("a shape of rank 2", np.int64([[2, 3]])),
                        ("a float shape", np.float32([2, 3]))):
        node_case(name, "Reshape", [x], [shape], refuse=True)
    node_case("-1 and a zero", "Reshape", [x], [i64(-1, 0)], {"allowzero": 1}, refuse=True)
    node_case("a computed shape", "Reshape", [x, i64(3, 2)], refuse=False)
    for name, axes in (("axis out of range", i64(7)), ("axis -7", i64(-7)), ("axis twice", i64(0, 0)),
                       ("axis INT64_MIN", i64(I64_MIN))):
        node_case(name, "Unsqueeze", [x], [axes], refuse=True)
        node_case(name, "Squeeze", [f32(1, 3)], [axes], refuse=True)
    node_case("a dimension of 3", "Squeeze", [x], [i64(1)], refuse=True)
    node_case("to rank 9", "Unsqueeze", [x], [np.arange(7)], refuse=True)
    node_case("axis 3", "Flatten", [x], attributes={"axis": 3}, refuse=True)
    node_case("axis INT64_MIN", "Flatten", [x], attributes={"axis": I64_MIN}, refuse=True)

    for name, index in (("index 2", i64(2)), ("index -3", i64(-3)), ("INT64_MAX", i64(I64_MAX)),
                        ("INT64_MIN", i64(I64_MIN)), ("int32 index", np.int32([1 << 30]))):
        node_case(name + " (constant)", "Gather", [x], [index], refuse=True)
        node_case(name, "Gather", [x, index], refuse=True)
    node_case("of an empty axis", "Gather", [f32(0, 3), i64(0)], refuse=True)
    node_case("no indices", "Gather", [x, np.zeros(0, np.int64)], compute=[f32(0, 3)])
    node_case("axis 2", "Gather", [x, i64(0)], attributes={"axis": 2}, refuse=True)
    node_case("float indices", "Gather", [x, np.float32([0])], refuse=True)
    node_case("of a scalar", "Gather", [np.float32(1), i64(0)], refuse=True)
    folded = proto([helper.make_node("Shape", ["x"], ["s"], name="shape"),
                    helper.make_node("Gather", ["s", "i"], ["y"], name="victim")], [("x", F, ["n", 3])], [("y", I64)],
                   [constant("i", 5)])
    add("Gather: index 5 of a shape of two", folded, [x], ["victim"])

    def cut(name, starts, ends, axes=None, steps=None, **more):
        lists = [np.atleast_1d(np.asarray(v, np.int64)) if v is not None else None for v in (starts, ends, axes, steps)]
        while lists[-1] is None:
            lists.pop()
        node_case(name, "Slice", [f32(4)], lists, **more)

    cut("step 0", 0, 4, 0, 0, refuse=True)
    cut("INT64_MIN to INT64_MAX", I64_MIN, I64_MAX, compute=[f32(4)])
    cut("INT64_MAX to INT64_MIN", I64_MAX, I64_MIN, compute=[f32(0)])
    cut("backwards over everything", I64_MAX, I64_MIN, 0, -1, compute=[f32(4)[::-1]])
    cut("step INT64_MIN", I64_MAX, I64_MIN, 0, I64_MIN, compute=[np.float32([3])])
    cut("step INT64_MAX", I64_MIN, I64_MAX, 0, I64_MAX, compute=[np.float32([0])])
    cut("axis 1", 0, 4, 1, refuse=True)
    cut("axis twice", [0, 0], [1, 2], [0, 0], refuse=True)
    cut("lists of different lengths", [0, 0], [4], refuse=True)
    cut("more axes than dimensions", [0, 0], [4, 4], refuse=True)
    cut("steps of another length", [0], [4], [0], [1, 1], refuse=True)
    node_case("computed step 0", "Slice", [f32(4), i64(0), i64(4), i64(0), i64(0)], refuse=True)
    node_case("float starts", "Slice", [f32(4)], [np.float32([0]), np.float32([1])], refuse=True)

    for name, perm in (("twice the same", [0, 0]), ("out of range", [0, 2]), ("negative", [-1, 0]), ("short", [0]),
                       ("long", [0, 1, 2]), ("2^40", [0, 1 << 40])):
        node_case(f"perm {name}", "Transpose", [x], attributes={"perm": perm}, refuse=True)
    for axis in (2, -3, I64_MIN, I64_MAX):
        node_case(f"axis {axis}", "Concat", [x, x], attributes={"axis": axis}, refuse=True)
        node_case(f"axis {axis}", "Split", [x], attributes={"axis": axis}, outputs=2, refuse=True)
        node_case(f"axis {axis}", "Softmax", [x], attributes={"axis": axis}, refuse=True)
    node_case("no axis", "Concat", [x, x], refuse=True)
    node_case("different ranks", "Concat", [x, f32(3)], attributes={"axis": 0}, refuse=True)
    node_case("different shapes", "Concat", [x, f32(2, 4)], attributes={"axis": 0}, refuse=True)
    node_case("different types", "Concat", [x, np.zeros((2, 3), np.int64)], attributes={"axis": 0}, refuse=True)
    for name, sizes in (("negative", i64(-1, 4)), ("not summing", i64(1, 1)), ("too many", i64(1, 1, 1)),
                        ("wrapping", i64(I64_MAX, I64_MIN)), ("too few", i64(3))):
        node_case(f"sizes {name}", "Split", [x], [sizes], {"axis": 1}, outputs=2, refuse=True)
    node_case("odd length", "Split", [x], attributes={"axis": 1}, outputs=2, refuse=True)

    for name, shape in (("a petabyte", i64(1 << 25, 1 << 25)), ("2^62", i64(1 << 62)), ("wrapping", i64(1 << 32, 1 << 32)),
                        ("bytes wrapping to 0", i64(1 << 62)), ("negative", i64(-1)), ("to 2^63 - 1", i64(I64_MAX))):
        node_case(name, "Expand", [f32(1)], [shape], refuse=True)
        node_case(name, "ConstantOfShape", [], [shape], refuse=True)
    for name, repeats in (("2^60", i64(1 << 60)), ("2^62", i64(1 << 62)), ("negative", i64(-1)), ("two for one", i64(1, 2)),
                          ("INT64_MAX", i64(I64_MAX))):
        node_case(name, "Tile", [f32(2)], [repeats], refuse=True)
    node_case("nothing", "Tile", [f32(2)], [i64(0)], compute=[f32(0)])
    node_case("that does not broadcast", "Expand", [f32(3)], [i64(2)], refuse=True)
    node_case("rank 9", "Expand", [f32(1)], [np.ones(9, np.int64)], refuse=True)
    node_case("rank 9", "ConstantOfShape", [], [np.ones(9, np.int64)], refuse=True)
    value = constant("v", [1.0, 2.0], np.float32)
    node_case("value of two", "ConstantOfShape", [], [i64(2)], {"value": value}, refuse=True)
    node_case("value of none", "ConstantOfShape", [], [i64(2)], {"value": constant("v", [], np.float32)}, refuse=True)
    short = TensorProto(name="v", data_type=F, dims=[1], raw_data=b"\0")
    node_case("value short", "ConstantOfShape", [], [i64(2)], {"value": short}, refuse=True)
    node_case("value short", "Constant", [], attributes={"value": short}, refuse=True)
    node_case("no value", "Constant", [], refuse=True)
    node_case("two values", "Constant", [], attributes={"value_float": 1.0, "value_int": 1}, refuse=True)
    node_case("a string", "Constant", [], attributes={"value_string": "x"}, refuse=True)
    steps = proto([helper.make_node("Tile", [f"v{i}", "r"], [f"v{i + 1}"], name=f"tile_{i}") for i in range(40)],
                  [("v0", F, [1, 1])], [("v40", F)], [constant("r", [16, 16])])
    add("Tile: sixteenfold forty times", steps, [f32(1, 1)], ["tile_"])
    # Each value is allowed, all of them together are not: the plan says so before memory is asked for.
    heap = proto([*[helper.make_node("Expand", ["x", "s"], [f"v{i}"], name=f"expand_{i}") for i in range(6)],
                  helper.make_node("Concat", [f"v{i}" for i in range(6)], ["all"], name="concat", axis=0),
                  helper.make_node("Slice", ["all", "z", "o"], ["y"], name="slice")], [("x", F, [1])], [("y", F)],
                 [constant("s", [1 << 30]), constant("z", [0]), constant("o", [1])])
    add("Expand: six times 4 GiB", heap, [f32(1)], [], status=(LIMIT, OUT_OF_MEMORY))


def resize_cases():
    x = f32(1, 1, 2, 2)

    def scales(name, *values, **more):
        more.setdefault("refuse", True)
        node_case(name, "Resize", [x], [None, np.asarray(values, np.float32)], **more)

    def sizes(name, *values, attributes=None, **more):
        more.setdefault("refuse", True)
        node_case(name, "Resize", [x], [None, None, i64(*values)], attributes, **more)

    for name, value in (("NaN", np.nan), ("Inf", np.inf), ("-Inf", -np.inf), ("0", 0), ("negative", -1), ("1e30", 1e30),
                        ("2^40", 2.0 ** 40)):
        scales(f"scale {name}", 1, 1, value, 1)
    scales("scale tiny", 1, 1, 1e-30, 1, refuse=False)
    scales("scales too short", 1, 1, 2)
    scales("scales too long", 1, 1, 2, 2, 2)
    sizes("sizes 2^31", 1, 1, 1 << 31, 1 << 31)
    sizes("sizes 2^40 by 1", 1, 1, 1 << 40, 1)
    sizes("sizes 2^62", 1, 1, 1 << 62, 1 << 62)
    sizes("sizes negative", 1, 1, -2, 2)
    sizes("sizes too short", 2, 2)
    sizes("sizes too long", 1, 1, 2, 2, 2)
    sizes("mode unknown", 1, 1, 4, 4, attributes={"mode": "psychic"})
    sizes("transformation unknown", 1, 1, 4, 4, attributes={"coordinate_transformation_mode": "sideways"})
    sizes("nearest_mode unknown", 1, 1, 4, 4, attributes={"nearest_mode": "sideways"})
    sizes("cubic_coeff_a NaN", 1, 1, 4, 4, attributes={"mode": "cubic", "cubic_coeff_a": np.nan}, refuse=False)
    sizes("align_corners to 1", 1, 1, 1, 1, attributes={"coordinate_transformation_mode": "align_corners",
                                                        "mode": "linear"}, refuse=False)
    sizes("axes out of range", 4, 4, attributes={"axes": [2, 9]}, opset=18)
    sizes("axes twice", 4, 4, attributes={"axes": [2, 2]}, opset=18)
    sizes("axes INT64_MIN", 4, 4, attributes={"axes": [2, I64_MIN]}, opset=18)
    sizes("axes of another length", 4, 4, attributes={"axes": [2]}, opset=18)
    node_case("neither scales nor sizes", "Resize", [x], [], refuse=True)
    node_case("scales and sizes", "Resize", [x], [None, np.ones(4, np.float32), i64(1, 1, 4, 4)], refuse=True)
    node_case("roi NaN", "Resize", [x], [np.full(8, np.nan, np.float32), None, i64(1, 1, 4, 4)],
              {"coordinate_transformation_mode": "tf_crop_and_resize"}, refuse=False)
    node_case("roi short", "Resize", [x], [np.zeros(3, np.float32), None, i64(1, 1, 4, 4)],
              {"coordinate_transformation_mode": "tf_crop_and_resize"}, refuse=True)
    node_case("roi 1e30", "Resize", [x], [np.float32([0, 0, -1e30, -1e30, 1, 1, 1e30, 1e30]), None, i64(1, 1, 4, 4)],
              {"coordinate_transformation_mode": "tf_crop_and_resize"}, refuse=False)
    node_case("rank 0", "Resize", [np.float32(1)], [None, np.zeros(0, np.float32)])
    node_case("a picture of one, linear, to 2^20", "Resize", [f32(1, 1, 1, 1)], [None, None, i64(1, 1, 1 << 10, 1 << 10)],
              {"mode": "linear"}, compute=[np.zeros((1, 1, 1 << 10, 1 << 10), np.float32)])


def number_cases():
    for dtype in (np.int32, np.int64, np.int8):
        low = np.iinfo(dtype).min
        a = np.asarray([low, 7], dtype)
        kind = np.dtype(dtype).name
        for op in ("Div", "Mod"):
            node_case(f"{kind} by zero", op, [a, np.asarray([1, 0], dtype)], refuse=True)
            node_case(f"{kind} by zero (constant)", op, [a], [np.asarray([1, 0], dtype)], refuse=True)
        node_case(f"{kind} smallest by -1", "Div", [a, np.asarray([-1, -1], dtype)], values=[np.asarray([low, -7], dtype)])
        node_case(f"{kind} smallest by -1", "Mod", [a, np.asarray([-1, -1], dtype)], compute=[np.zeros(2, dtype)])
        for op in ("Neg", "Abs", "Sign"):
            node_case(f"{kind} smallest", op, [a])
        node_case(f"{kind} wraps", "Mul", [a, a], opset=17)
        node_case(f"{kind} wraps", "Add", [a, a], opset=17)
        node_case(f"{kind} wraps", "Sub", [a, -a], opset=17)
    for op, values in (("Div", (7, 0)), ("Div", (I64_MIN, -1)), ("Mod", (7, 0)), ("Mod", (I64_MIN, -1)),
                       ("Add", (I64_MAX, I64_MAX)), ("Sub", (I64_MIN, I64_MAX)), ("Mul", (I64_MAX, I64_MAX))):
        model = proto([helper.make_node(op, ["a", "b"], ["y"], name="victim")], [], [("y", I64)],
                      [constant("a", [values[0]]), constant("b", [values[1]])])
        add(f"{op}: {values} folded", model, [], ["victim"] if 0 in values else None)
        scalar = proto([helper.make_node(op, ["a", "b"], ["s"], name="victim"),
                        helper.make_node("Expand", ["x", "s"], ["y"], name="user")], [("x", F, [1])], [("y", F)],
                       [constant("a", [values[0]]), constant("b", [values[1]])])
        add(f"{op}: {values} folded into a shape", scalar, [f32(1)])
    for op in ("Neg", "Abs"):
        model = proto([helper.make_node(op, ["a"], ["y"], name="victim")], [], [("y", I64)], [constant("a", [I64_MIN])])
        add(f"{op}: INT64_MIN folded", model, [])
    odd = np.float32([np.nan, np.inf, -np.inf, 1e30, -1e30, 3.7, -3.7, 0])
    for to in (I32, I64, U8, TensorProto.INT8, TensorProto.UINT64, TensorProto.UINT32, B, TensorProto.FLOAT16):
        node_case(f"NaN, Inf and 1e30 to type {to}", "Cast", [odd], attributes={"to": to})
        node_case(f"NaN, Inf and 1e300 from float64 to type {to}", "Cast", [odd.astype(np.float64) * 1e270],
                  attributes={"to": to})
    for to in (0, 77, -1, I64_MIN, TensorProto.STRING):
        node_case(f"to type {to}", "Cast", [odd], attributes={"to": to}, refuse=True)
    node_case("to nothing", "Cast", [odd], refuse=True)
    node_case("smallest integer, -1", "Pow", [np.int64([I64_MIN, 0, 2]), np.int64([-1, -1, 63])])
    node_case("NaN", "Pow", [odd, odd])
    node_case("types that do not fit", "Add", [f32(2), np.int64([1, 2])], refuse=True)
    node_case("shapes that do not fit", "Add", [f32(2), f32(3)], refuse=True)
    node_case("booleans", "Add", [np.bool_([1, 0]), np.bool_([1, 0])], refuse=True)
    node_case("floats", "And", [f32(2), f32(2)], refuse=True)
    node_case("booleans", "Exp", [np.bool_([1, 0])], refuse=True)
    node_case("condition of floats", "Where", [f32(2), f32(2), f32(2)], refuse=True)
    node_case("shapes that do not fit", "Where", [np.bool_([1, 0]), f32(2), f32(3)], refuse=True)
    node_case("branches of two types", "Where", [np.bool_([1, 0]), f32(2), np.int64([1, 2])], refuse=True)
    node_case("slope that does not fit", "PRelu", [f32(2, 3), f32(2)], refuse=True)
    node_case("bounds crossed", "Clip", [f32(3)], [np.float32(2), np.float32(1)], compute=[np.float32([1, 1, 1])])
    node_case("NaN bounds", "Clip", [f32(3)], [np.float32(np.nan), np.float32(np.nan)])
    node_case("bound of rank 1", "Clip", [f32(3)], [np.float32([1, 2])], refuse=True)
    node_case("empty bound", "Clip", [f32(3)], [np.float32([])], refuse=True)
    node_case("bound of another type", "Clip", [f32(3)], [np.int64(1)], refuse=True)
    node_case("NaN and Inf", "Softmax", [odd[None]])
    node_case("all -Inf", "Softmax", [np.full((1, 3), -np.inf, np.float32)])

    def span(name, start, limit, delta, dtype=np.int64, **more):
        node_case(name, "Range", [], [np.asarray(v, dtype) for v in (start, limit, delta)], **more)

    span("step 0", 0, 5, 0, refuse=True)
    span("NaN", 0, np.nan, 1, np.float32, refuse=True)
    span("step NaN", 0, 1, np.nan, np.float32, refuse=True)
    span("to Inf", 0, np.inf, 1, np.float32, refuse=True)
    span("step of 1e-40", 0, 1, 1e-40, np.float32, refuse=True)
    span("2^62 steps", 0, 1 << 62, 1, refuse=True)
    span("over all of int64", I64_MIN, I64_MAX, 1, refuse=True)
    span("over all of int64 in one step", I64_MIN, I64_MAX, I64_MAX, values=[i64(I64_MIN, -1, I64_MAX - 1)])
    span("backwards from INT64_MAX", I64_MAX, I64_MIN, I64_MIN, values=[i64(I64_MAX, -1)])
    span("none", 5, 0, 1, compute=[np.zeros(0, np.int64)])
    node_case("computed", "Range", [np.int64(0), np.int64(1 << 60), np.int64(1)], refuse=True)
    node_case("vectors", "Range", [], [i64(0, 1), i64(5), i64(1)], refuse=True)
    node_case("data-dependent size", "Expand", [f32(1), i64(1 << 40)], refuse=True)


def pad_and_reduce_cases():
    x = f32(2, 3)
    for name, pads in (("of length 3", i64(1, 1, 1)), ("2^62", i64(1 << 62, 0, 1 << 62, 0)), ("INT64_MIN", i64(I64_MIN, 0, 0, 0)),
                       ("INT64_MAX", i64(I64_MAX, 0, I64_MAX, 0)), ("a petabyte", i64(1 << 24, 1 << 24, 0, 0)),
                       ("removing more than all", i64(-2, 0, -2, 0))):
        node_case(f"pads {name}", "Pad", [x], [pads], refuse=True)
    node_case("removing all", "Pad", [x], [i64(-1, 0, -1, 0)], values=[f32(0, 3)])
    node_case("reflect wider than the input", "Pad", [x], [i64(0, 9, 0, 9)], {"mode": "reflect"})
    node_case("reflect of an empty axis", "Pad", [f32(0, 3)], [i64(1, 0, 1, 0)], {"mode": "reflect"}, refuse=True)
    node_case("edge of an empty axis", "Pad", [f32(0, 3)], [i64(1, 0, 1, 0)], {"mode": "edge"}, refuse=True)
    node_case("mode unknown", "Pad", [x], [i64(0, 0, 0, 0)], {"mode": "sideways"}, refuse=True)
    node_case("value of two", "Pad", [x], [i64(1, 0, 0, 0), np.float32([1, 2])], refuse=True)
    node_case("value of another type", "Pad", [x], [i64(1, 0, 0, 0), np.int64(1)], refuse=True)
    node_case("axes out of range", "Pad", [x], [i64(1, 1), None, i64(7)], opset=18, refuse=True)
    node_case("axes twice", "Pad", [x], [i64(1, 1, 1, 1), None, i64(0, 0)], opset=18, refuse=True)
    for op in ("ReduceMean", "ReduceSum", "ReduceMax"):
        node_case("axis out of range", op, [x], [i64(2)], opset=18, refuse=True)
        node_case("axis INT64_MIN", op, [x], [i64(I64_MIN)], opset=18, refuse=True)
        node_case("axis twice", op, [x], [i64(0, -2)], opset=18)
        node_case("of an empty axis", op, [f32(2, 0)], [i64(1)], opset=18)
        node_case("of rank 0", op, [np.float32(3)], opset=18)


# ---- Cuts and mutations --------------------------------------------------------------------------------------------


def try_bytes(library, data, feeds):
    try:
        run_model(library, data, feeds, False, 64 << 20, 2.0)
    except Refusal as refusal:
        return bad_text(refusal.text, ())
    return None


def truncations(library, counts):
    data, feeds = good_model().SerializeToString(), [("x", f32(1, 3, 8, 8))]

    def work(report):
        for end in range(len(data)):
            report(f"at {end}")
            signal.alarm(SECONDS)
            problem = try_bytes(library, data[:end], feeds)
            if problem:
                report(f"bad {problem}")

    sweep("cut of the good model", work, counts)


def mutated(data, rng):
    changed = bytearray(data)
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(changed))
        what = rng.randrange(6)
        if what == 0:
            changed[at] ^= 1 << rng.randrange(8)
        elif what == 1:
            changed[at] = rng.choice((0, 1, 2, 0x7f, 0x80, 0xff))
        elif what == 2:
            changed[at:at + 8] = struct.pack("<q", rng.choice((0, -1, 1 << 31, 1 << 62, I64_MIN, I64_MAX)))
        elif what == 3:
            del changed[at:at + rng.randint(1, 4)]
        elif what == 4:
            changed[at:at] = bytes(changed[at:at + rng.randint(1, 16)])
        else:
            changed[at] = rng.randrange(256)
    return bytes(changed)


def good_models():
    return ((good_model().SerializeToString(), [("x", f32(1, 3, 8, 8))]),
            (shape_model().SerializeToString(), [("x", f32(1, 4, 6, 5))]))


def mutations(library, counts, number, models):
    for data, feeds in models:
        try:
            run_model(library, data, feeds)
        except Refusal as refusal:
            counts.failed(f"a good model is refused: {refusal.text!r}")

    def work_from(first):
        def work(report):
            for seed in range(first, number):
                report(f"at {seed}")
                signal.alarm(SECONDS)
                data, feeds = models[seed % len(models)]
                problem = try_bytes(library, mutated(data, random.Random(seed)), feeds)
                if problem:
                    report(f"bad {problem}")
        return work

    sweep("mutation", work_from, counts, number)


def sweep(what, work, counts, number=None):
    """Counts each step of a child that reports "at N" before it and "bad TEXT" after; goes on behind a crash."""
    first = 0
    while True:
        end, lines = in_child(work if number is None else work(first))
        at, begun = first, 0
        for line in lines:
            if line.startswith("at "):
                at, begun = int(line[3:]), begun + 1
            elif line.startswith("bad "):
                counts.failed(f"{what} {at}: {line[4:]}")
                begun -= 1
            else:
                end = line
        counts.passes += max(0, begun - bool(end))
        if not end:
            return
        counts.failed(f"{what} {at}: {end}")
        if number is None:
            return
        first = at + 1


# ---- The check -----------------------------------------------------------------------------------------------------


class Counts:
    def __init__(self):
        self.passes = self.failures = 0

    def failed(self, line):
        self.failures += 1
        print(f"FAILED {line}", flush=True)


def check_case(case, library, counts):
    def work(report):
        for no_optimize in (False, True):
            problem = judge(case, library, no_optimize)
            if problem:
                report(f"{'node by node: ' if no_optimize else ''}{problem}")
                return

    end, lines = in_child(work)
    problem = end or (lines[0] if lines else "")
    if end and lines:
        problem += ": " + lines[0]
    if problem:
        counts.failed(f"{case.name}: {problem}")
    else:
        counts.passes += 1


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="", help="cases whose name holds this text, and nothing else")
    parser.add_argument("--mutations", type=int, default=2000)
    arguments = parser.parse_args()
    library, counts = LIBRARY, Counts()
    for cases in (tensor_cases, graph_cases, input_cases, empty_cases, window_cases, shape_cases, resize_cases,
                  number_cases, pad_and_reduce_cases):
        cases()
    for case in CASES:
        if arguments.only in case.name:
            check_case(case, library, counts)
    if not arguments.only:
        truncations(library, counts)
        mutations(library, counts, arguments.mutations, good_models())
    print(f"{counts.passes} passed, {counts.failures} failed")
    sys.exit(counts.failures > 0)


if __name__ == "__main__":
    main()
