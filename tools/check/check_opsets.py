"""Every operator in ops.inc, in every version of opsets 7 to 22, against ONNX Runtime.

For each version of an operator's definition a few small models are built as that version demands (attributes or inputs,
old names, old defaults), also with rank 0 and without elements, at the first and at the last opset that it holds for.
Where ONNX Runtime refuses a model, ONNX's reference evaluator answers; where both refuse, the case is left out and
counted. Every model runs fused and node by node. Then odd but valid models: old files that list initializers as inputs,
domains spelled out or unused, typed fields, sparse and float16 weights. Prints a line a failure and
"N passed, N failed, N without reference" last. With arguments, only those operators.
"""

import re
import sys
import warnings

import numpy as np
import onnx
import onnxruntime
from libiou import ROOT, IoUError, Session
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

FIRST, LAST = 7, 22
IR_VERSION = {7: 3, 8: 3, 9: 4, 10: 5, 11: 6, 12: 7, 13: 7, 14: 7}
RNG = np.random.default_rng(11)
counts = {"passed": 0, "failed": 0, "without reference": 0}
onnxruntime.set_default_logger_severity(4)
warnings.filterwarnings("ignore")


class Case:
    """Inputs (None: left out), attributes, and which inputs are initializers."""

    def __init__(self, *inputs, constants=(), outputs=1, **attributes):
        self.inputs, self.constants, self.outputs, self.attributes = inputs, constants, outputs, attributes


def f32(*shape):
    return RNG.uniform(-2, 2, shape).astype(np.float32)


def positive(*shape):
    return RNG.uniform(0.5, 2, shape).astype(np.float32)


def ints(*values, dtype=np.int64):
    return np.asarray(values, dtype)


def some(dtype, *shape):
    if dtype == np.bool_:
        return RNG.integers(0, 2, shape).astype(bool)
    if np.dtype(dtype).kind == "f":
        return RNG.uniform(-2, 2, shape).astype(dtype)
    return RNG.integers(1, 9, shape).astype(dtype)


# ---- What each version demands -------------------------------------------------------------------------------------

SHAPES = ((2, 3, 4), (), (2, 0, 3), (1,), (0,))


def unary(make=f32, **attributes):
    return lambda version: [Case(make(*shape), **attributes) for shape in SHAPES]


def integers(dtypes):
    return lambda version: [Case(some(t, *shape)) for t in dtypes for shape in SHAPES]


PAIRS = (((2, 3, 4), (2, 3, 4)), ((2, 3, 4), (4,)), ((3, 1), (1, 4)), ((), (2, 3)), ((2, 3), ()), ((), ()),
         ((2, 0, 3), (1, 3)), ((2, 0, 3), ()), ((0,), (1,)), ((1, 1, 1, 1), (2,)))


def binary(*dtypes, **attributes):
    return lambda version: [Case(some(t, *a), some(t, *b), **attributes) for t in dtypes for a, b in PAIRS]


def variadic(version):
    cases = [Case(f32(2, 3)), Case(f32(2, 3), f32(3), f32(1, 1)), Case(f32(), f32()), Case(f32(0, 2), f32(2), f32())]
    return cases if version >= 8 else [Case(f32(2, 3)), Case(f32(2, 3), f32(2, 3), f32(2, 3))]


def reduction(version, empty):
    cases = []
    for shape, axes in (((2, 3, 4), [1]), ((2, 3, 4), [0, -1]), ((2, 3, 4), None), ((), None), ((2, 0, 3), [2]), *empty):
        if axes and min(axes) < 0 and version < 11:
            axes = [axis % len(shape) for axis in axes]
        for keepdims in (0, 1):
            cases.append((positive(*shape), axes, keepdims))
    return cases


def reduce(at, of_nothing=True):
    """Axes become an input in opset `at`. What the mean of nothing is, ONNX leaves open."""
    def build(version):
        built = []
        for x, axes, keepdims in reduction(version, [((2, 0), [1])] if of_nothing else []):
            if axes is None:
                built.append(Case(x, keepdims=keepdims))
            elif version < at:
                built.append(Case(x, keepdims=keepdims, axes=axes))
            else:
                built.append(Case(x, ints(*axes), keepdims=keepdims, constants=(1,)))
        if version >= at:
            built.append(Case(positive(2, 3), keepdims=1, noop_with_empty_axes=1))
            built.append(Case(positive(2, 3), ints(), keepdims=0, constants=(1,)))
        return built
    return build


def arg(version):
    cases = [Case(f32(2, 3, 4), axis=a, keepdims=k) for a in (0, 2) for k in (0, 1)] + [Case(f32(5)), Case(f32(1, 1))]
    if version >= 11:
        cases.append(Case(f32(2, 3), axis=-1))
    if version >= 12:
        cases.append(Case(ints(1, 3, 3, 1).astype(np.float32), select_last_index=1))
    return cases


def softmax(version):
    cases = [Case(f32(2, 3, 4), axis=a) for a in (0, 1, 2)] + [Case(f32(2, 3)), Case(f32(2, 3, 2, 2)), Case(f32(0, 3)), Case(f32(4), axis=0)]
    return cases + ([Case(f32(2, 3, 4), axis=-2)] if version >= 11 else [])


def clip(version):
    if version < 11:
        return [Case(f32(3, 4)), Case(f32(3, 4), min=-0.5), Case(f32(3, 4), max=0.5), Case(f32(), min=0.0, max=1.0), Case(f32(0, 2), min=0.0)]
    low, high = np.float32(-0.5), np.float32(0.5)
    cases = [Case(f32(3, 4)), Case(f32(3, 4), low), Case(f32(3, 4), None, high), Case(f32(), low, high), Case(f32(0, 2), low, high),
             Case(f32(3, 4), low, high, constants=(1, 2)), Case(f32(3, 4), None, high, constants=(2,))]
    return cases + ([Case(ints(-3, 0, 9), np.int64(-1), np.int64(5), constants=(1, 2))] if version >= 12 else [])


def slicing(version):
    wanted = [((2, 3, 4), [1], [3], [2], None), ((2, 3, 4), [0, -3], [1, 3], [0, 2], None), ((5,), [-100], [100], None, None),
              ((2, 0, 3), [0], [1], [0], None), ((4, 4), [2], [2], [1], None)]
    if version < 10:
        return [Case(f32(*shape), starts=s, ends=e, **({"axes": a} if a else {})) for shape, s, e, a, _ in wanted]
    wanted += [((6, 5), [4, -1], [-100, 0], [0, 1], [-1, -2]), ((7,), [0], [1 << 62], [0], [3])]
    cases = []
    for shape, s, e, a, step in wanted:
        given = [ints(*s), ints(*e), None if a is None else ints(*a), None if step is None else ints(*step)]
        cases.append(Case(f32(*shape), *given, constants=(1, 2, 3, 4)))
        narrow = [None if g is None else np.clip(g, -(1 << 31), (1 << 31) - 1).astype(np.int32) for g in given]
        cases.append(Case(f32(*shape), *narrow, constants=(1, 2, 3, 4)))
    return cases + ([Case(f32(3, 4), ints(1), ints(3), ints(-1), constants=(1, 2, 3))] if version >= 11 else [])


def pad(version):
    pads = [0, 1, 2, 0, 2, 0]
    if version < 11:
        return [Case(f32(2, 3, 4), pads=pads, value=1.5), Case(f32(2, 3, 4), pads=pads, mode="edge"),
                Case(f32(2, 3, 4), pads=pads, mode="reflect"), Case(f32(2, 3), pads=[0, -1, 0, -1]), Case(f32(0, 3), pads=[0, 1, 0, 0])]
    cases = [Case(f32(2, 3, 4), ints(*pads), np.float32(1.5), constants=(1, 2)), Case(f32(2, 3, 4), ints(*pads), constants=(1,)),
             Case(f32(2, 3, 4), ints(*pads), constants=(1,), mode="edge"), Case(f32(2, 3, 4), ints(*pads), constants=(1,), mode="reflect"),
             Case(some(np.int64, 2, 3), ints(0, 1, 1, 0), np.int64(7), constants=(1, 2)), Case(f32(0, 3), ints(0, 1, 2, 0), constants=(1,))]
    if version >= 18:
        cases.append(Case(f32(2, 3, 4), ints(1, 2), np.float32(3), ints(-2), constants=(1, 2, 3)))
        cases.append(Case(f32(2, 3, 4), ints(1, 2), None, ints(1), constants=(1, 3)))
    return cases + ([Case(f32(2, 3, 4), ints(*pads), constants=(1,), mode="wrap")] if version >= 19 else [])


def squeeze(version):
    wanted = (((1, 3, 1), [0]), ((1, 3, 1), [0, 2]), ((1, 3, 1), None), ((1, 0), [0]), ((1,), [0]))
    if version < 13:
        cases = [Case(f32(*shape), **({"axes": a} if a else {})) for shape, a in wanted]
        return cases + ([Case(f32(2, 1), axes=[-1])] if version >= 11 else [])
    return [Case(f32(*shape), ints(*a), constants=(1,)) if a else Case(f32(*shape)) for shape, a in wanted] + [Case(f32(2, 1), ints(-1), constants=(1,))]


def unsqueeze(version):
    wanted = (((3, 4), [0]), ((3, 4), [1, 3]), ((), [0]), ((0, 2), [2])) + ((((3, 4), [-1]),) if version >= 11 else ())
    return [Case(f32(*shape), axes=a) if version < 13 else Case(f32(*shape), ints(*a), constants=(1,)) for shape, a in wanted]


def split(version):
    cases = []
    for shape, axis, sizes in (((6, 4), 0, [2, 4]), ((6, 4), 1, [1, 3]), ((3, 0), 1, [0, 0]), ((5,), 0, [0, 5])):
        cases.append(Case(f32(*shape), outputs=2, axis=axis, split=sizes) if version < 13
                     else Case(f32(*shape), ints(*sizes), outputs=2, axis=axis, constants=(1,)))
    if version < 18:
        return cases + [Case(f32(6, 4), outputs=3)] + ([Case(f32(6, 4), outputs=2, axis=-1)] if version >= 11 else [])
    return cases + [Case(f32(6, 4), outputs=3, num_outputs=3), Case(f32(7, 4), outputs=3, num_outputs=3), Case(f32(6, 4), outputs=2, num_outputs=2, axis=-1)]


def resize(version):
    x, scales = f32(1, 2, 4, 5), np.float32([1, 1, 2, 2])
    down = np.float32([1, 1, 0.5, 0.6])
    if version < 11:
        return [Case(x, s, mode=m, constants=(1,)) for s in (scales, down) for m in ("nearest", "linear")]
    # In opset 11 the region of interest is an input like any other; an empty one stands for none.
    roi = np.zeros(0, np.float32) if version < 13 else None
    cases = [Case(x, roi, s, mode=m, coordinate_transformation_mode=c, constants=(1, 2)) for s in (scales, down)
             for m in ("nearest", "linear", "cubic") for c in ("half_pixel", "asymmetric", "align_corners", "pytorch_half_pixel")]
    # An empty `scales` where `sizes` is given: opset 11 and 12 have it so.
    absent = np.zeros(0, np.float32) if version < 13 else None
    cases += [Case(x, roi, absent, ints(1, 2, 7, 3), mode=m, constants=(1, 2, 3)) for m in ("nearest", "linear")]
    cases += [Case(x, roi, scales, nearest_mode=n, coordinate_transformation_mode="asymmetric", constants=(1, 2))
              for n in ("round_prefer_floor", "round_prefer_ceil", "floor", "ceil")]
    if version < 13:
        cases.append(Case(x, roi, scales, coordinate_transformation_mode="tf_half_pixel_for_nn", constants=(1, 2)))
    if version >= 18:
        cases += [Case(x, None, np.float32([2, 3]), axes=[2, 3], mode="linear", constants=(2,)),
                  Case(x, None, None, ints(9, 9), axes=[2, 3], keep_aspect_ratio_policy="not_larger", mode="linear", constants=(3,)),
                  Case(x, None, down, mode="linear", antialias=1, constants=(2,))]
    if version >= 19:
        cases.append(Case(x, None, down, mode="linear", coordinate_transformation_mode="half_pixel_symmetric", constants=(2,)))
    return cases


def upsample(version):
    x, scales = f32(1, 2, 4, 5), [1.0, 1.0, 2.0, 3.0]
    return [Case(x, mode=m, scales=scales) if version < 9 else Case(x, np.float32(scales), mode=m, constants=(1,)) for m in ("nearest", "linear")]


def top_k(version):
    if version < 10:
        return [Case(f32(3, 5), k=2, outputs=2), Case(f32(3, 5), k=3, axis=0, outputs=2)]
    cases = [Case(f32(3, 5), ints(2), outputs=2, constants=(1,)), Case(f32(3, 5), ints(3), axis=0, outputs=2, constants=(1,)),
             Case(f32(3, 5), ints(0), outputs=2, constants=(1,))]
    if version >= 11:
        cases.append(Case(f32(3, 5), ints(2), largest=0, outputs=2, constants=(1,)))
        cases.append(Case(some(np.int64, 9), ints(4), axis=-1, outputs=2, constants=(1,)))
    return cases


def batch_normalization(version):
    def inputs(*shape):
        c = shape[1]
        return f32(*shape), f32(c), f32(c), f32(c), positive(c)
    cases = [Case(*inputs(2, 3, 4, 5), epsilon=1e-3), Case(*inputs(2, 3, 4)), Case(*inputs(2, 3), constants=(1, 2, 3, 4)), Case(*inputs(0, 3, 2, 2)),
             Case(*inputs(1, 3, 2, 2, 2), constants=(1, 2, 3, 4))]
    return cases + ([Case(*inputs(2, 3, 4, 5), spatial=1)] if version < 9 else [])


def dropout(version):
    if version < 12:
        return [Case(f32(3, 4), ratio=0.3), Case(f32(), ratio=0.3), Case(f32(0, 3))]
    return [Case(f32(3, 4)), Case(f32(3, 4), np.float32(0.3), constants=(1,)), Case(f32(), np.float32(0.3), np.bool_(False), constants=(1, 2)), Case(f32(0, 3), seed=3)]


def cast(version):
    types = [TensorProto.FLOAT, TensorProto.INT32, TensorProto.INT64, TensorProto.UINT8, TensorProto.BOOL, TensorProto.DOUBLE, TensorProto.FLOAT16]
    sources = [f32(2, 3), some(np.int64, 4), some(np.bool_, 3), some(np.float16, 2, 2), f32(), f32(0, 2), some(np.uint8, 3), some(np.float64, 3)]
    return [Case(np.abs(x) if x.dtype.kind == "f" else x, to=t) for x in sources for t in types]


def shape_of(version):
    cases = [Case(f32(*shape)) for shape in SHAPES]
    return cases + ([Case(f32(2, 3, 4), start=1), Case(f32(2, 3, 4), start=-2, end=-1), Case(f32(2, 3), start=2)] if version >= 15 else [])


def constant(version):
    values = [f32(2, 3), f32(), np.zeros((0, 2), np.float32), ints(1, 2), some(np.bool_, 3), some(np.uint8, 2), some(np.float64, 2)]
    cases = [Case(value=numpy_helper.from_array(v)) for v in values]
    return cases + ([Case(value_float=1.5), Case(value_floats=[1.0, 2.0]), Case(value_int=3), Case(value_ints=[1, 2, 3])] if version >= 12 else [])


def constant_of_shape(version):
    fill = numpy_helper.from_array(np.int64([7]))
    return [Case(ints(2, 3), constants=(0,)), Case(ints(2, 0), constants=(0,)), Case(ints(), constants=(0,)), Case(ints(3), value=fill, constants=(0,))]


def reshape(version):
    wanted = [((2, 3, 4), (4, 6)), ((2, 3, 4), (0, -1)), ((2, 3, 4), (-1,)), ((), (1, 1)), ((1,), ()), ((0, 3), (3, 0)), ((2, 0), (0, 0))]
    cases = [Case(f32(*a), ints(*b), constants=(1,)) for a, b in wanted]
    return cases + ([Case(f32(0, 3), ints(3, 0), allowzero=1, constants=(1,))] if version >= 14 else [])


def conv(version):
    weights = dict(constants=(1, 2))
    return [Case(f32(1, 4, 7, 6), f32(6, 4, 3, 3), f32(6), pads=[1, 1, 1, 1], **weights), Case(f32(1, 4, 7, 6), f32(6, 2, 3, 3), group=2, strides=[2, 2], **weights),
            Case(f32(1, 4, 7, 6), f32(4, 1, 3, 3), group=4, auto_pad="SAME_UPPER", **weights), Case(f32(2, 3, 9), f32(5, 3, 3), dilations=[2], **weights),
            Case(f32(1, 4, 7, 6), f32(6, 4, 3, 2), auto_pad="SAME_LOWER", strides=[2, 1], **weights), Case(f32(0, 4, 7, 6), f32(6, 4, 1, 1), **weights),
            Case(f32(1, 4, 7, 6), f32(6, 4, 1, 1), auto_pad="VALID", kernel_shape=[1, 1])]


def pool(version, op="MaxPool"):
    cases = [Case(f32(1, 2, 7, 6), kernel_shape=[3, 2], strides=[2, 1]), Case(f32(1, 2, 7, 6), kernel_shape=[3, 3], pads=[1, 1, 1, 1]),
             Case(f32(1, 2, 7, 6), kernel_shape=[2, 2], strides=[2, 2], auto_pad="SAME_UPPER"), Case(f32(1, 2, 9), kernel_shape=[2]), Case(f32(0, 2, 7, 6), kernel_shape=[2, 2])]
    if version >= 10:
        cases.append(Case(f32(1, 2, 7, 6), kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1))
    if op == "MaxPool" and version >= 10:
        cases.append(Case(f32(1, 2, 7, 6), kernel_shape=[2, 2], dilations=[2, 2]))
    if op == "AveragePool":
        cases.append(Case(f32(1, 2, 7, 6), kernel_shape=[3, 3], pads=[1, 1, 1, 1], count_include_pad=1))
    return cases


def gather(version):
    cases = [Case(f32(3, 4), ints(2, 0)), Case(f32(3, 4), np.int32([[1], [0]]), axis=1), Case(f32(3, 4), np.int64(1)), Case(f32(3, 0), ints(1)), Case(f32(3, 4), ints())]
    return cases + ([Case(f32(3, 4), ints(-1), axis=-1)] if version >= 11 else [])


def scatter(name, version):
    cases = [Case(f32(3, 4), ints(0, 2).reshape(1, 2), f32(1, 2)), Case(f32(3, 4), np.int32([[1], [0]]), f32(2, 1), axis=1), Case(f32(2, 3), np.zeros((0, 3), np.int64), f32(0, 3))]
    if name == "ScatterElements" and version >= 16:
        cases.append(Case(f32(3, 4), ints(0, 0).reshape(1, 2), f32(1, 2), reduction="add"))
    return cases


def scatter_nd(version):
    cases = [Case(f32(4, 3), ints(1, 3).reshape(2, 1), f32(2, 3)), Case(f32(4, 3), ints(1, 2).reshape(1, 2), f32(1))]
    return cases + ([Case(f32(4, 3), ints(1, 1).reshape(2, 1), f32(2, 3), reduction="add")] if version >= 16 else [])


def non_max_suppression(version):
    corners = np.sort(RNG.uniform(0, 9, (1, 6, 2, 2)), axis=2).reshape(1, 6, 4).astype(np.float32)
    scores = positive(1, 2, 6)
    return [Case(corners, scores), Case(corners, scores, np.int64([3]), np.float32([0.4]), np.float32([0.6]), constants=(2, 3, 4)),
            Case(corners, scores, np.int64([6]), None, np.float32([0.9]), center_point_box=1, constants=(2, 4))]


def gemm(version):
    cases = [Case(f32(2, 3), f32(3, 4), f32(4)), Case(f32(3, 2), f32(4, 3), f32(2, 1), transA=1, transB=1, alpha=0.5, beta=2.0),
             Case(f32(2, 3), f32(3, 4), f32(2, 4), constants=(1, 2)), Case(f32(0, 3), f32(3, 4), f32(4)), Case(f32(2, 3), f32(3, 4), f32())]
    return cases + ([Case(f32(2, 3), f32(3, 4))] if version >= 11 else [])


def conv_transpose(version):
    weights = dict(constants=(1, 2))
    return [Case(f32(1, 4, 5, 6), f32(4, 3, 3, 3), f32(3), **weights), Case(f32(1, 4, 5, 6), f32(4, 3, 3, 3), group=2, strides=[2, 2], **weights),
            Case(f32(1, 4, 5, 6), f32(4, 3, 2, 3), pads=[1, 0, 0, 1], output_padding=[1, 0], strides=[2, 1], **weights),
            Case(f32(2, 3, 9), f32(3, 5, 3), dilations=[2], **weights), Case(f32(1, 4, 5, 6), f32(4, 1, 2, 2), group=4, strides=[2, 2], **weights),
            Case(f32(1, 2, 5, 6), f32(2, 3, 3, 3), strides=[2, 2], output_shape=[10, 12], **weights)]


def blocks(version):
    modes = [{}, {"mode": "DCR"}, {"mode": "CRD"}] if version >= 11 else [{}]
    return [Case(f32(*shape), blocksize=2, **mode) for shape in ((2, 8, 2, 3), (0, 4, 2, 2)) for mode in modes]


def group_normalization(version):
    size = 4 if version >= 21 else 2
    return [Case(f32(2, 4, *rest), f32(size), f32(size), num_groups=2, constants=(1, 2), **more)
            for rest, more in (((3, 5), {}), ((6,), {"epsilon": 0.1}))]


def layer_normalization(version):
    scaled = dict(constants=(1, 2))
    return [Case(f32(2, 3, 4), f32(4), f32(4), **scaled), Case(f32(2, 3, 4), f32(4), **scaled), Case(f32(2, 3, 4), f32(3, 4), f32(3, 4), axis=1, **scaled),
            Case(f32(2, 3, 4), f32(3, 4), axis=-2, epsilon=0.1, **scaled), Case(f32(0, 4), f32(4), f32(4), **scaled)]


def lp_normalization(version):
    return [Case(f32(2, 3, 4), axis=axis, p=p) for axis in (0, 1, -1) for p in (1, 2)] + [Case(f32(5))]


def reverse_sequence(version):
    return [Case(f32(4, 3), ints(1, 4, 2)), Case(f32(3, 4), ints(1, 4, 2), batch_axis=0, time_axis=1), Case(f32(4, 2, 2), ints(3, 4))]


def branches(version):
    def branch(values):
        node = helper.make_node("Constant", [], ["value"], value=numpy_helper.from_array(values))
        return helper.make_graph([node], "branch", [], [helper.make_tensor_value_info("value", TensorProto.FLOAT, values.shape)])
    return [Case(np.bool_(c), then_branch=branch(f32(2)), else_branch=branch(f32(2))) for c in (True, False)]


def recipes():
    wide = (np.float32, np.int32, np.int64, np.float64)
    found = {name: unary() for name in ("Abs", "Ceil", "Cos", "Erf", "Exp", "Floor", "Identity", "IsNaN", "Neg", "Relu", "Round", "Sigmoid", "Sign",
                                        "Sin", "Softplus", "Softsign", "Tanh", "Elu", "LeakyRelu", "Selu", "HardSigmoid", "HardSwish", "Mish", "IsInf")}
    found |= {name: unary() for name in ("Asinh", "Atan", "Celu", "Cosh", "Gelu", "Shrink", "Sinh", "Swish", "Tan", "ThresholdedRelu")}
    found |= {name: unary(lambda *shape: f32(*shape) / 2) for name in ("Acos", "Asin", "Atanh")}
    found |= {name: unary(positive) for name in ("Log", "Reciprocal", "Sqrt")}
    found |= {name: binary(*wide) for name in ("Add", "Sub", "Mul", "Div")}
    found |= {name: binary(np.bool_) for name in ("And", "Or", "Xor")}
    found |= {name: binary(np.float32, np.int64, np.int32) for name in ("Greater", "Less", "GreaterOrEqual", "LessOrEqual")}
    found |= {name: binary(np.int32, np.uint8) for name in ("BitwiseAnd", "BitwiseOr", "BitwiseXor")}
    found |= {name: variadic for name in ("Max", "Min", "Mean", "Sum")}
    found |= {name: reduce(18) for name in ("ReduceL1", "ReduceL2", "ReduceLogSum", "ReduceLogSumExp", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceSumSquare")}
    found |= {name: arg for name in ("ArgMax", "ArgMin")} | {name: softmax for name in ("Softmax", "LogSoftmax")}
    found |= {name: lambda v: [Case(f32(2, 3, 4, 5)), Case(f32(2, 3, 4)), Case(f32(0, 3, 2, 2))] for name in ("GlobalAveragePool", "GlobalMaxPool")}
    found |= {
        "ConvTranspose": conv_transpose, "DepthToSpace": blocks, "GroupNormalization": group_normalization, "LayerNormalization": layer_normalization,
        "LpNormalization": lp_normalization, "RMSNormalization": lambda v: [], "ReverseSequence": reverse_sequence,
        "Einsum": lambda v: [Case(f32(2, 3), f32(3, 4), equation="ij,jk->ik"), Case(f32(2, 3, 4), equation="...ij->...ji"), Case(f32(3, 3), equation="ii"), Case(f32(), f32(2), equation=",i->i")],
        "Hardmax": lambda v: [Case(f32(2, 3, 4), axis=a) for a in (0, 1, 2)] + [Case(f32(2, 3)), Case(f32(2, 3, 2))],
        "InstanceNormalization": lambda v: [Case(f32(2, 3, *rest), f32(3), f32(3), constants=(1, 2)) for rest in ((4, 5), (6,), (2, 3, 2))],
        # ONNX's evaluator, which alone takes even sizes, counts the channels by the batch.
        "LRN": lambda v: [Case(f32(2, 5, 3, 2), size=3), Case(f32(4, 4, 2, 2), size=4, alpha=0.1, beta=0.5, bias=2.0)],
        "MeanVarianceNormalization": lambda v: [Case(f32(2, 3, 4, 5)), Case(f32(2, 3, 4, 5), axes=[1, 2])],
        "SpaceToDepth": lambda v: [Case(f32(2, 3, 4, 6), blocksize=2), Case(f32(1, 2, 3, 3), blocksize=3)],
        "Acosh": unary(lambda *shape: positive(*shape) + 1), "BitwiseNot": integers((np.int32, np.uint8)), "Gemm": gemm, "If": branches,
        "MatMul": lambda v: [Case(f32(*a), f32(*b)) for a, b in (((2, 3), (3, 4)), ((3,), (3, 4)), ((2, 3), (3,)), ((3,), (3,)), ((2, 1, 2, 3), (4, 3, 2)), ((0, 3), (3, 4)), ((2, 0), (0, 4)))],
        "NonZero": lambda v: [Case(f32(2, 3)), Case(ints(0, 3, 0, 5)), Case(f32(0, 2)), Case(some(np.bool_, 2, 2, 2)), Case(np.zeros(3, np.float32))],
        "AveragePool": lambda v: pool(v, "AveragePool"), "MaxPool": pool, "BatchNormalization": batch_normalization,
        "BitShift": lambda v: [Case(some(t, *a), some(t, *b), direction=d) for t in (np.uint8, np.uint32) for a, b in PAIRS for d in ("LEFT", "RIGHT")],
        "Cast": cast, "CastLike": lambda v: [Case(f32(2, 3), some(np.int64, 1)), Case(some(np.int32, 3), f32()), Case(f32(0), some(np.bool_, 1))],
        "Clip": clip, "Compress": lambda v: [Case(f32(3, 4), np.bool_([1, 0, 1]), axis=0), Case(f32(2, 2), np.bool_([0, 1, 1]))],
        "Concat": lambda v: [Case(f32(2, 3), f32(2, 1), axis=1), Case(f32(2, 3), f32(0, 3), f32(1, 3), axis=0), Case(f32(0, 2), f32(0, 2), axis=0)]
        + ([Case(f32(2, 3), f32(2, 1), axis=-1)] if v >= 11 else []),
        "Constant": constant, "ConstantOfShape": constant_of_shape, "Conv": conv, "Dropout": dropout, "CumProd": lambda v: [],
        "CumSum": lambda v: [Case(f32(3, 4), np.int64(1), constants=(1,)), Case(f32(3, 4), np.int32(0), exclusive=1, reverse=1, constants=(1,)), Case(f32(0, 2), np.int64(0), constants=(1,))],
        "Equal": binary(*((np.int32, np.int64, np.bool_) + ((np.float32,)))),
        "Expand": lambda v: [Case(f32(3, 1), ints(2, 1, 4), constants=(1,)), Case(f32(), ints(2, 3), constants=(1,)), Case(f32(1, 3), ints(0, 3), constants=(1,)), Case(f32(3), ints(1), constants=(1,)), Case(f32(), ints(), constants=(1,))],
        "EyeLike": lambda v: [Case(f32(3, 4)), Case(f32(3, 4), k=1), Case(f32(3, 3), k=-1, dtype=TensorProto.INT64)],
        "Flatten": lambda v: [Case(f32(2, 3, 4), axis=a) for a in (0, 1, 2, 3)] + [Case(f32(2, 0, 3)), Case(f32(5), axis=0)] + ([Case(f32(2, 3, 4), axis=-1)] if v >= 11 else []),
        "Gather": gather, "GatherElements": lambda v: [Case(f32(3, 4), ints(0, 2).reshape(1, 2)), Case(f32(3, 4), np.int32([[3], [-1], [0]]), axis=-1)],
        "GatherND": lambda v: [Case(f32(3, 4), ints(0, 1, 2, 3).reshape(2, 2)), Case(f32(3, 4), ints(2).reshape(1, 1))] + ([Case(f32(2, 3, 4), ints(1, 2).reshape(2, 1), batch_dims=1)] if v >= 12 else []),
        "Mod": lambda v: [c for t in (np.int32, np.int64, np.uint8) for c in binary(t)(v)] + binary(np.float32, fmod=1)(v),
        "NonMaxSuppression": non_max_suppression, "Not": integers((np.bool_,)),
        "OneHot": lambda v: [Case(ints(0, 2, 1), np.int64(3), f32(2), constants=(1,)), Case(ints(0, 2, 1), np.int64(4), ints(5, 6), axis=0, constants=(1,))],
        "PRelu": lambda v: [Case(f32(2, 3, 4), f32(3, 1)), Case(f32(2, 3, 4), f32(1)), Case(f32(2, 3, 4), f32(2, 3, 4)), Case(f32(2, 0), f32(1)), Case(f32(2, 3, 4, 5), f32(3, 1, 1), constants=(1,))],
        "Pad": pad, "Pow": lambda v: [Case(positive(*a), positive(*b)) for a, b in PAIRS] + ([Case(f32(3), ints(2)), Case(some(np.int32, 3), np.float32([2]))] if v >= 12 else []),
        "Range": lambda v: [Case(*(np.asarray(x, t) for x in (1, 9, 2)), constants=(0, 1, 2)) for t in (np.int64, np.int32, np.float32)] + [Case(np.int64(3), np.int64(3), np.int64(1), constants=(0, 1, 2))],
        "ReduceMean": reduce(18, of_nothing=False), "ReduceSum": reduce(13), "Reshape": reshape, "Resize": resize,
        "Scatter": lambda v: scatter("Scatter", v) if v < 11 else [], "ScatterElements": lambda v: scatter("ScatterElements", v), "ScatterND": scatter_nd,
        "Shape": shape_of, "Size": lambda v: [Case(f32(*shape)) for shape in SHAPES], "Slice": slicing, "Split": split, "Squeeze": squeeze,
        "Tile": lambda v: [Case(f32(2, 3), ints(2, 1), constants=(1,)), Case(f32(2, 3), ints(0, 2), constants=(1,)), Case(f32(0, 3), ints(2, 2), constants=(1,)), Case(f32(), ints(), constants=(1,))],
        "TopK": top_k, "Transpose": lambda v: [Case(f32(2, 3, 4)), Case(f32(2, 3, 4), perm=[1, 2, 0]), Case(f32()), Case(f32(2, 0, 3), perm=[2, 0, 1])],
        "Trilu": lambda v: [Case(f32(3, 4)), Case(f32(2, 3, 3), np.int64(1), upper=0, constants=(1,)), Case(f32(0, 3))], "Unsqueeze": unsqueeze,
        "Upsample": lambda v: upsample(v) if v < 10 else [],
        "Where": lambda v: [Case(some(np.bool_, 2, 3), f32(2, 3), f32(3)), Case(some(np.bool_, 3), f32(), f32(2, 1)), Case(some(np.bool_, 0, 3), f32(3), f32()), Case(np.bool_(True), f32(), f32()), Case(some(np.bool_, 2), some(np.int64, 2), some(np.int64, 1))],
    }
    return found


# ---- Comparing -----------------------------------------------------------------------------------------------------


def info(name, array):
    return helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(array.dtype), array.shape)


def build(op, case, opset, listed=False, domain=""):
    """A model of one node and what it is fed. `listed`: initializers are inputs too, as old files have them."""
    names = ["" if x is None else f"x{i}" for i, x in enumerate(case.inputs)]
    while names and not names[-1]:
        names.pop()
    given = {n: np.asarray(x) for n, x in zip(names, case.inputs) if n}
    fixed = {f"x{i}" for i in case.constants} & given.keys()
    node = helper.make_node(op, names, [f"y{i}" for i in range(case.outputs)], name="node", domain=domain, **case.attributes)
    outputs = [helper.make_tensor_value_info(n, TensorProto.UNDEFINED, None) for n in node.output]
    inputs = [info(n, a) for n, a in given.items() if listed or n not in fixed]
    graph = helper.make_graph([node], "one", inputs, outputs, [numpy_helper.from_array(given[n], n) for n in sorted(fixed)])
    sets = [helper.make_opsetid(domain, opset)] + ([helper.make_opsetid("com.example.unused", 3)] if domain else [])
    model = helper.make_model(graph, opset_imports=sets, ir_version=3 if listed else max(4, IR_VERSION.get(opset, 8)))
    return model, {n: a for n, a in given.items() if n not in fixed}


def with_types(model):
    """ONNX Runtime wants the types of outputs; ONNX's own inference gives them."""
    inferred = onnx.shape_inference.infer_shapes(model)
    for output in inferred.graph.output:
        if output.type.tensor_type.elem_type == TensorProto.UNDEFINED:
            output.ClearField("type")
    return inferred


def reference(model, feeds):
    """Outputs of ONNX Runtime, else of ONNX itself; None where both refuse."""
    try:
        typed = with_types(model)
        return onnxruntime.InferenceSession(typed.SerializeToString(), providers=["CPUExecutionProvider"]).run(None, feeds)
    except Exception:
        pass
    try:
        return [np.asarray(y) for y in ReferenceEvaluator(model).run(None, feeds)]
    except Exception:
        return None


def differs(found, wanted):
    if found.shape != wanted.shape or found.dtype != wanted.dtype:
        return f"{found.dtype}{list(found.shape)} where {wanted.dtype}{list(wanted.shape)} is wanted"
    exact = wanted.dtype.kind in "biu"
    same = np.array_equal(found, wanted) if exact else np.allclose(found, wanted, rtol=1e-3 if wanted.dtype == np.float16 else 1e-4, atol=1e-5, equal_nan=True)
    return None if same else f"{found.ravel()[:6]} where {wanted.ravel()[:6]} is wanted"


def compare(name, model, feeds, wanted=None):
    wanted = reference(model, feeds) if wanted is None else wanted
    if wanted is None:
        counts["without reference"] += 1
        return
    problem = None
    for no_optimize in (False, True):
        try:
            found = Session(model.SerializeToString(), threads=1, no_optimize=no_optimize).run(feeds)
            problem = problem or next(filter(None, map(differs, found.values(), wanted)), None)
        except IoUError as error:
            problem = problem or str(error)
    counts["failed" if problem else "passed"] += 1
    if problem:
        print(f"FAILED {name}: {problem}")


def spans(op):
    """(the definition's version, opset) for its first and last opset within 7 to 22."""
    versions = sorted({s.since_version for s in onnx.defs.get_all_schemas_with_history() if s.domain == "" and s.name == op})
    for i, version in enumerate(versions):
        first, last = max(version, FIRST), min(versions[i + 1] - 1 if i + 1 < len(versions) else LAST, LAST)
        if first <= last:
            yield from ((version, opset) for opset in sorted({first, last}))


def operator_cases(op, recipe):
    for version, opset in spans(op):
        for number, case in enumerate(recipe(opset)):
            shapes = " ".join("-" if x is None else f"{np.asarray(x).dtype}{list(np.shape(x))}" for x in case.inputs)
            name = f"{op}-{version} in opset {opset}, case {number} ({shapes}) {case.attributes}"[:300]
            compare(name, *build(op, case, opset))
            if number == 0 and case.inputs:
                compare(f"{name}, domain ai.onnx", *build(op, case, opset, domain="ai.onnx"), wanted=reference(*build(op, case, opset)))
            if case.constants and opset <= 8:
                compare(f"{name}, listed", *build(op, case, opset, listed=True))


# ---- Odd but valid models ------------------------------------------------------------------------------------------


def odd_model(nodes, initializers, inputs, sparse=(), outputs=("y",)):
    infos = [info(n, a) for n, a in inputs.items()]
    graph = helper.make_graph(nodes, "odd", infos, [helper.make_tensor_value_info(n, TensorProto.UNDEFINED, None) for n in outputs], initializers)
    graph.sparse_initializer.extend(sparse)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def typed_field_cases():
    """Elements in the field of their type instead of raw_data."""
    fields = {np.float32: "float_data", np.float64: "double_data", np.int64: "int64_data", np.uint64: "uint64_data", np.uint32: "uint64_data",
              np.int32: "int32_data", np.int16: "int32_data", np.int8: "int32_data", np.uint16: "int32_data", np.uint8: "int32_data", np.bool_: "int32_data", np.float16: "int32_data"}
    for dtype, field in fields.items():
        for shape in ((3,), (), (0, 2)):
            low = 0 if np.dtype(dtype).kind in "ub" else -5
            array = RNG.integers(low, 2 if dtype == np.bool_ else 90, shape).astype(dtype)
            tensor = TensorProto(name="w", dims=shape, data_type=helper.np_dtype_to_tensor_dtype(array.dtype))
            bits = array.view(np.uint16) if dtype == np.float16 else array.astype(np.uint8) if dtype == np.bool_ else array
            getattr(tensor, field).extend(bits.ravel().tolist())
            for how in ("initializer", "Constant"):
                nodes = [helper.make_node("Identity" if dtype in (np.bool_, np.float16) else "Cast", ["w"], ["y"], **({} if dtype in (np.bool_, np.float16) else {"to": TensorProto.FLOAT}))]
                if how == "Constant":
                    nodes.insert(0, helper.make_node("Constant", [], ["w"], value=tensor))
                model = odd_model(nodes, [tensor] if how == "initializer" else [], {})
                wanted = array if dtype in (np.bool_, np.float16) else array.astype(np.float32)
                compare(f"{np.dtype(dtype).name}{list(shape)} in {field}, {how}", model, {}, [wanted])


def sparse_tensor(values, indices, dims, name="w"):
    return helper.make_sparse_tensor(numpy_helper.from_array(np.asarray(values), name), numpy_helper.from_array(np.asarray(indices, np.int64), "indices"), dims)


def sparse_cases():
    x = f32(3, 4)
    nodes = [helper.make_node("Add", ["x", "w"], ["y"], name="sum")]
    dense = np.zeros((3, 4), np.float32)
    dense[0, 1], dense[2, 3] = 5, 7
    for name, indices in (("linear", [1, 11]), ("by axis", [[0, 1], [2, 3]])):
        compare(f"sparse, {name}", odd_model(nodes, [], {"x": x}, [sparse_tensor(np.float32([5, 7]), indices, [3, 4])]), {"x": x}, [x + dense])
    empty = sparse_tensor(np.zeros(0, np.float32), np.zeros(0, np.int64), [3, 4])
    compare("sparse, no element", odd_model(nodes, [], {"x": x}, [empty]), {"x": x}, [x])
    for name, values, indices, dims, *words in (
            ("outside", [5, 7], [1, 12], [3, 4], "outside"), ("negative", [5, 7], [-1, 3], [3, 4], "outside"), ("twice", [5, 7], [1, 1], [3, 4], "rising"),
            ("unsorted", [5, 7], [[2, 3], [0, 1]], [3, 4], "rising"), ("axis outside", [5, 7], [[0, 4], [2, 3]], [3, 4], "outside"),
            ("too few indices", [5, 7], [1], [3, 4], "indices"), ("rank of indices", [5, 7], [[[1]], [[2]]], [3, 4], "indices"),
            ("wrong width", [5, 7], [[1], [2]], [3, 4], "indices"), ("too large", [5], [1], [1 << 20, 1 << 20], "allowed"),
            ("overflow", [5], [1], [1 << 40, 1 << 40], "overflows"), ("negative dimension", [5], [1], [-3, -4], "dimension"),
            ("values of rank 2", [[5, 7]], [1, 2], [3, 4], "rank 1")):
        tensor = sparse_tensor(np.float32(values), indices, [1])
        del tensor.dims[:]
        tensor.dims.extend(dims)
        refused(f"sparse, {name}", odd_model(nodes, [], {"x": x}, [tensor]), {"x": x}, "'w'", *words)


def refused(name, model, feeds, *words):
    try:
        Session(model.SerializeToString(), threads=1).run(feeds)
        problem = "is accepted"
    except IoUError as error:
        missing = [w for w in words if w not in str(error)]
        problem = f"does not mention {missing}: {error}" if missing or "\n" in str(error) else None
    counts["failed" if problem else "passed"] += 1
    if problem:
        print(f"FAILED {name}: {problem}")


def input_cases():
    """Initializers that are inputs too: the initializer is the value, and giving another is refused by name."""
    x, w = f32(2, 3), f32(3)
    model = odd_model([helper.make_node("Add", ["x", "w"], ["y"])], [numpy_helper.from_array(w, "w")], {"x": x, "w": w})
    compare("initializer as input", model, {"x": x}, [x + w])
    refused("initializer given", model, {"x": x, "w": w}, "'w'")
    half = f32(3).astype(np.float16)
    cast = odd_model([helper.make_node("Cast", ["w"], ["v"], to=TensorProto.FLOAT), helper.make_node("Mul", ["x", "v"], ["y"])], [numpy_helper.from_array(half, "w")], {"x": x})
    compare("float16 weights", cast, {"x": x}, [x * half.astype(np.float32)])
    names = odd_model([helper.make_node("Relu", ["x"], ["1"]), helper.make_node("Neg", ["1"], ["a/b:0"]), helper.make_node("Abs", ["a/b:0"], ["y"])], [], {"x": x})
    compare("odd names", names, {"x": x}, [np.maximum(x, 0)])
    same = odd_model([helper.make_node("Identity", ["x"], ["y"])], [], {"x": x})
    same.opset_import.extend([helper.make_opsetid("Paddle", 1), helper.make_opsetid("ai.onnx.ml", 3)])
    compare("unused domains", same, {"x": x}, [x])


def main():
    registered = re.findall(r'^IOU_OP\("(\w+)"', (ROOT / "Sources/CIoU/ops/ops.inc").read_text(), re.MULTILINE)
    wanted, known = sys.argv[1:] or registered, recipes()
    for op in wanted:
        if op in known:
            operator_cases(op, known[op])
        else:
            print(f"{op}: has no cases here")
    if not sys.argv[1:]:
        for cases in (typed_field_cases, sparse_cases, input_cases):
            cases()
    print(", ".join(f"{count} {what}" for what, count in counts.items()))
    sys.exit(counts["failed"] > 0)


if __name__ == "__main__":
    main()
