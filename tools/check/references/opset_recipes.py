"""Cases for every operator, as each version of its definition demands them."""

import numpy as np
from onnx import TensorProto, helper, numpy_helper

RNG = np.random.default_rng(11)


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
    for shape, axes in (
        ((2, 3, 4), [1]),
        ((2, 3, 4), [0, -1]),
        ((2, 3, 4), None),
        ((), None),
        ((2, 0, 3), [2]),
        *empty,
    ):
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
    cases = [Case(f32(2, 3, 4), axis=a) for a in (0, 1, 2)] + [
        Case(f32(2, 3)),
        Case(f32(2, 3, 2, 2)),
        Case(f32(0, 3)),
        Case(f32(4), axis=0),
    ]
    return cases + ([Case(f32(2, 3, 4), axis=-2)] if version >= 11 else [])


def clip(version):
    if version < 11:
        return [
            Case(f32(3, 4)),
            Case(f32(3, 4), min=-0.5),
            Case(f32(3, 4), max=0.5),
            Case(f32(), min=0.0, max=1.0),
            Case(f32(0, 2), min=0.0),
        ]
    low, high = np.float32(-0.5), np.float32(0.5)
    cases = [
        Case(f32(3, 4)),
        Case(f32(3, 4), low),
        Case(f32(3, 4), None, high),
        Case(f32(), low, high),
        Case(f32(0, 2), low, high),
        Case(f32(3, 4), low, high, constants=(1, 2)),
        Case(f32(3, 4), None, high, constants=(2,)),
    ]
    return cases + ([Case(ints(-3, 0, 9), np.int64(-1), np.int64(5), constants=(1, 2))] if version >= 12 else [])


def slicing(version):
    expected = [
        ((2, 3, 4), [1], [3], [2], None),
        ((2, 3, 4), [0, -3], [1, 3], [0, 2], None),
        ((5,), [-100], [100], None, None),
        ((2, 0, 3), [0], [1], [0], None),
        ((4, 4), [2], [2], [1], None),
    ]
    if version < 10:
        return [Case(f32(*shape), starts=s, ends=e, **({"axes": a} if a else {})) for shape, s, e, a, _ in expected]
    expected += [((6, 5), [4, -1], [-100, 0], [0, 1], [-1, -2]), ((7,), [0], [1 << 62], [0], [3])]
    cases = []
    for shape, s, e, a, step in expected:
        given = [ints(*s), ints(*e), None if a is None else ints(*a), None if step is None else ints(*step)]
        cases.append(Case(f32(*shape), *given, constants=(1, 2, 3, 4)))
        narrow = [None if g is None else np.clip(g, -(1 << 31), (1 << 31) - 1).astype(np.int32) for g in given]
        cases.append(Case(f32(*shape), *narrow, constants=(1, 2, 3, 4)))
    return cases + ([Case(f32(3, 4), ints(1), ints(3), ints(-1), constants=(1, 2, 3))] if version >= 11 else [])


def pad(version):
    pads = [0, 1, 2, 0, 2, 0]
    if version < 11:
        return [
            Case(f32(2, 3, 4), pads=pads, value=1.5),
            Case(f32(2, 3, 4), pads=pads, mode="edge"),
            Case(f32(2, 3, 4), pads=pads, mode="reflect"),
            Case(f32(2, 3), pads=[0, -1, 0, -1]),
            Case(f32(0, 3), pads=[0, 1, 0, 0]),
        ]
    cases = [
        Case(f32(2, 3, 4), ints(*pads), np.float32(1.5), constants=(1, 2)),
        Case(f32(2, 3, 4), ints(*pads), constants=(1,)),
        Case(f32(2, 3, 4), ints(*pads), constants=(1,), mode="edge"),
        Case(f32(2, 3, 4), ints(*pads), constants=(1,), mode="reflect"),
        Case(some(np.int64, 2, 3), ints(0, 1, 1, 0), np.int64(7), constants=(1, 2)),
        Case(f32(0, 3), ints(0, 1, 2, 0), constants=(1,)),
    ]
    if version >= 18:
        cases.append(Case(f32(2, 3, 4), ints(1, 2), np.float32(3), ints(-2), constants=(1, 2, 3)))
        cases.append(Case(f32(2, 3, 4), ints(1, 2), None, ints(1), constants=(1, 3)))
    return cases + ([Case(f32(2, 3, 4), ints(*pads), constants=(1,), mode="wrap")] if version >= 19 else [])


def squeeze(version):
    expected = (((1, 3, 1), [0]), ((1, 3, 1), [0, 2]), ((1, 3, 1), None), ((1, 0), [0]), ((1,), [0]))
    if version < 13:
        cases = [Case(f32(*shape), **({"axes": a} if a else {})) for shape, a in expected]
        return cases + ([Case(f32(2, 1), axes=[-1])] if version >= 11 else [])
    return [Case(f32(*shape), ints(*a), constants=(1,)) if a else Case(f32(*shape)) for shape, a in expected] + [
        Case(f32(2, 1), ints(-1), constants=(1,))
    ]


def unsqueeze(version):
    expected = (((3, 4), [0]), ((3, 4), [1, 3]), ((), [0]), ((0, 2), [2]))
    expected += (((3, 4), [-1]),) if version >= 11 else ()
    return [
        Case(f32(*shape), axes=a) if version < 13 else Case(f32(*shape), ints(*a), constants=(1,))
        for shape, a in expected
    ]


def split(version):
    cases = []
    for shape, axis, sizes in (((6, 4), 0, [2, 4]), ((6, 4), 1, [1, 3]), ((3, 0), 1, [0, 0]), ((5,), 0, [0, 5])):
        cases.append(Case(f32(*shape), outputs=2, axis=axis, split=sizes) if version < 13
                     else Case(f32(*shape), ints(*sizes), outputs=2, axis=axis, constants=(1,)))
    if version < 18:
        return cases + [Case(f32(6, 4), outputs=3)] + ([Case(f32(6, 4), outputs=2, axis=-1)] if version >= 11 else [])
    return cases + [
        Case(f32(6, 4), outputs=3, num_outputs=3),
        Case(f32(7, 4), outputs=3, num_outputs=3),
        Case(f32(6, 4), outputs=2, num_outputs=2, axis=-1),
    ]


def resize(version):
    x, scales = f32(1, 2, 4, 5), np.float32([1, 1, 2, 2])
    down = np.float32([1, 1, 0.5, 0.6])
    if version < 11:
        return [Case(x, s, mode=m, constants=(1,)) for s in (scales, down) for m in ("nearest", "linear")]
    # In opset 11 the region of interest is an input like any other; an empty one stands for none.
    roi = np.zeros(0, np.float32) if version < 13 else None
    cases = [
        Case(x, roi, s, mode=m, coordinate_transformation_mode=c, constants=(1, 2))
        for s in (scales, down)
        for m in ("nearest", "linear", "cubic")
        for c in ("half_pixel", "asymmetric", "align_corners", "pytorch_half_pixel")
    ]
    # An empty `scales` where `sizes` is given: opset 11 and 12 have it so.
    absent = np.zeros(0, np.float32) if version < 13 else None
    cases += [Case(x, roi, absent, ints(1, 2, 7, 3), mode=m, constants=(1, 2, 3)) for m in ("nearest", "linear")]
    cases += [Case(x, roi, scales, nearest_mode=n, coordinate_transformation_mode="asymmetric", constants=(1, 2))
              for n in ("round_prefer_floor", "round_prefer_ceil", "floor", "ceil")]
    if version < 13:
        cases.append(Case(x, roi, scales, coordinate_transformation_mode="tf_half_pixel_for_nn", constants=(1, 2)))
    if version >= 18:
        cases += [
            Case(x, None, np.float32([2, 3]), axes=[2, 3], mode="linear", constants=(2,)),
            Case(
                x,
                None,
                None,
                ints(9, 9),
                axes=[2, 3],
                keep_aspect_ratio_policy="not_larger",
                mode="linear",
                constants=(3,),
            ),
            Case(x, None, down, mode="linear", antialias=1, constants=(2,)),
        ]
    if version >= 19:
        cases.append(
            Case(x, None, down, mode="linear", coordinate_transformation_mode="half_pixel_symmetric", constants=(2,))
        )
    return cases


def upsample(version):
    x, scales = f32(1, 2, 4, 5), [1.0, 1.0, 2.0, 3.0]
    return [
        Case(x, mode=m, scales=scales) if version < 9 else Case(x, np.float32(scales), mode=m, constants=(1,))
        for m in ("nearest", "linear")
    ]


def top_k(version):
    if version < 10:
        return [Case(f32(3, 5), k=2, outputs=2), Case(f32(3, 5), k=3, axis=0, outputs=2)]
    cases = [
        Case(f32(3, 5), ints(2), outputs=2, constants=(1,)),
        Case(f32(3, 5), ints(3), axis=0, outputs=2, constants=(1,)),
        Case(f32(3, 5), ints(0), outputs=2, constants=(1,)),
    ]
    if version >= 11:
        cases.append(Case(f32(3, 5), ints(2), largest=0, outputs=2, constants=(1,)))
        cases.append(Case(some(np.int64, 9), ints(4), axis=-1, outputs=2, constants=(1,)))
    return cases


def batch_normalization(version):
    def inputs(*shape):
        c = shape[1]
        return f32(*shape), f32(c), f32(c), f32(c), positive(c)

    cases = [
        Case(*inputs(2, 3, 4, 5), epsilon=1e-3),
        Case(*inputs(2, 3, 4)),
        Case(*inputs(2, 3), constants=(1, 2, 3, 4)),
        Case(*inputs(0, 3, 2, 2)),
        Case(*inputs(1, 3, 2, 2, 2), constants=(1, 2, 3, 4)),
    ]
    if version >= 14:
        cases += [Case(*inputs(2, 3, 4, 5), training_mode=1, momentum=0.7, outputs=3), Case(*inputs(4, 3), outputs=3,
                                                                                          training_mode=1)]
    return cases + ([Case(*inputs(2, 3, 4, 5), spatial=1)] if version < 9 else [])


def dropout(version):
    if version < 12:
        return [Case(f32(3, 4), ratio=0.3), Case(f32(), ratio=0.3), Case(f32(0, 3))]
    return [
        Case(f32(3, 4)),
        Case(f32(3, 4), np.float32(0.3), constants=(1,)),
        Case(f32(), np.float32(0.3), np.bool_(False), constants=(1, 2)),
        Case(f32(0, 3), seed=3),
    ]


def cast(version):
    types = [
        TensorProto.FLOAT,
        TensorProto.INT32,
        TensorProto.INT64,
        TensorProto.UINT8,
        TensorProto.BOOL,
        TensorProto.DOUBLE,
        TensorProto.FLOAT16,
    ]
    sources = [
        f32(2, 3),
        some(np.int64, 4),
        some(np.bool_, 3),
        some(np.float16, 2, 2),
        f32(),
        f32(0, 2),
        some(np.uint8, 3),
        some(np.float64, 3),
    ]
    return [Case(np.abs(x) if x.dtype.kind == "f" else x, to=t) for x in sources for t in types]


def shape_of(version):
    cases = [Case(f32(*shape)) for shape in SHAPES]
    return cases + (
        [Case(f32(2, 3, 4), start=1), Case(f32(2, 3, 4), start=-2, end=-1), Case(f32(2, 3), start=2)]
        if version >= 15
        else []
    )


def constant(version):
    values = [
        f32(2, 3),
        f32(),
        np.zeros((0, 2), np.float32),
        ints(1, 2),
        some(np.bool_, 3),
        some(np.uint8, 2),
        some(np.float64, 2),
    ]
    cases = [Case(value=numpy_helper.from_array(v)) for v in values]
    return cases + (
        [Case(value_float=1.5), Case(value_floats=[1.0, 2.0]), Case(value_int=3), Case(value_ints=[1, 2, 3])]
        if version >= 12
        else []
    )


def constant_of_shape(version):
    fill = numpy_helper.from_array(np.int64([7]))
    return [
        Case(ints(2, 3), constants=(0,)),
        Case(ints(2, 0), constants=(0,)),
        Case(ints(), constants=(0,)),
        Case(ints(3), value=fill, constants=(0,)),
    ]


def reshape(version):
    expected = [
        ((2, 3, 4), (4, 6)),
        ((2, 3, 4), (0, -1)),
        ((2, 3, 4), (-1,)),
        ((), (1, 1)),
        ((1,), ()),
        ((0, 3), (3, 0)),
        ((2, 0), (0, 0)),
    ]
    cases = [Case(f32(*a), ints(*b), constants=(1,)) for a, b in expected]
    return cases + ([Case(f32(0, 3), ints(3, 0), allowzero=1, constants=(1,))] if version >= 14 else [])


def conv(version):
    weights = dict(constants=(1, 2))
    return [
        Case(f32(1, 4, 7, 6), f32(6, 4, 3, 3), f32(6), pads=[1, 1, 1, 1], **weights),
        Case(f32(1, 4, 7, 6), f32(6, 2, 3, 3), group=2, strides=[2, 2], **weights),
        Case(f32(1, 4, 7, 6), f32(4, 1, 3, 3), group=4, auto_pad="SAME_UPPER", **weights),
        Case(f32(2, 3, 9), f32(5, 3, 3), dilations=[2], **weights),
        Case(f32(1, 4, 7, 6), f32(6, 4, 3, 2), auto_pad="SAME_LOWER", strides=[2, 1], **weights),
        Case(f32(0, 4, 7, 6), f32(6, 4, 1, 1), **weights),
        Case(f32(1, 4, 7, 6), f32(6, 4, 1, 1), auto_pad="VALID", kernel_shape=[1, 1]),
    ]


def pool(version, op="MaxPool"):
    cases = [
        Case(f32(1, 2, 7, 6), kernel_shape=[3, 2], strides=[2, 1]),
        Case(f32(1, 2, 7, 6), kernel_shape=[3, 3], pads=[1, 1, 1, 1]),
        Case(f32(1, 2, 7, 6), kernel_shape=[2, 2], strides=[2, 2], auto_pad="SAME_UPPER"),
        Case(f32(1, 2, 9), kernel_shape=[2]),
        Case(f32(0, 2, 7, 6), kernel_shape=[2, 2]),
    ]
    if version >= 10:
        cases.append(Case(f32(1, 2, 7, 6), kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1))
    if op == "MaxPool" and version >= 10:
        cases.append(Case(f32(1, 2, 7, 6), kernel_shape=[2, 2], dilations=[2, 2]))
    if op == "MaxPool" and version >= 8:
        types = (np.float32, np.float64) + ((np.uint8, np.int8) if version >= 12 else ())
        cases += [Case(some(t, 2, 2, 7, 6), kernel_shape=[3, 2], strides=[2, 1], outputs=2) for t in types]
    if op == "AveragePool":
        cases.append(Case(f32(1, 2, 7, 6), kernel_shape=[3, 3], pads=[1, 1, 1, 1], count_include_pad=1))
    return cases


def gather(version):
    cases = [
        Case(f32(3, 4), ints(2, 0)),
        Case(f32(3, 4), np.int32([[1], [0]]), axis=1),
        Case(f32(3, 4), np.int64(1)),
        Case(f32(3, 0), ints(1)),
        Case(f32(3, 4), ints()),
    ]
    return cases + ([Case(f32(3, 4), ints(-1), axis=-1)] if version >= 11 else [])


def scatter(name, version):
    cases = [
        Case(f32(3, 4), ints(0, 2).reshape(1, 2), f32(1, 2)),
        Case(f32(3, 4), np.int32([[1], [0]]), f32(2, 1), axis=1),
        Case(f32(2, 3), np.zeros((0, 3), np.int64), f32(0, 3)),
    ]
    if name == "ScatterElements" and version >= 16:
        cases.append(Case(f32(3, 4), ints(0, 0).reshape(1, 2), f32(1, 2), reduction="add"))
    return cases


def scatter_nd(version):
    cases = [Case(f32(4, 3), ints(1, 3).reshape(2, 1), f32(2, 3)), Case(f32(4, 3), ints(1, 2).reshape(1, 2), f32(1))]
    return cases + ([Case(f32(4, 3), ints(1, 1).reshape(2, 1), f32(2, 3), reduction="add")] if version >= 16 else [])


def non_max_suppression(version):
    corners = np.sort(RNG.uniform(0, 9, (1, 6, 2, 2)), axis=2).reshape(1, 6, 4).astype(np.float32)
    scores = positive(1, 2, 6)
    return [
        Case(corners, scores),
        Case(corners, scores, np.int64([3]), np.float32([0.4]), np.float32([0.6]), constants=(2, 3, 4)),
        Case(corners, scores, np.int64([6]), None, np.float32([0.9]), center_point_box=1, constants=(2, 4)),
    ]


def gemm(version):
    cases = [
        Case(f32(2, 3), f32(3, 4), f32(4)),
        Case(f32(3, 2), f32(4, 3), f32(2, 1), transA=1, transB=1, alpha=0.5, beta=2.0),
        Case(f32(2, 3), f32(3, 4), f32(2, 4), constants=(1, 2)),
        Case(f32(0, 3), f32(3, 4), f32(4)),
        Case(f32(2, 3), f32(3, 4), f32()),
    ]
    return cases + ([Case(f32(2, 3), f32(3, 4))] if version >= 11 else [])


def conv_transpose(version):
    weights = dict(constants=(1, 2))
    return [
        Case(f32(1, 4, 5, 6), f32(4, 3, 3, 3), f32(3), **weights),
        Case(f32(1, 4, 5, 6), f32(4, 3, 3, 3), group=2, strides=[2, 2], **weights),
        Case(f32(1, 4, 5, 6), f32(4, 3, 2, 3), pads=[1, 0, 0, 1], output_padding=[1, 0], strides=[2, 1], **weights),
        Case(f32(2, 3, 9), f32(3, 5, 3), dilations=[2], **weights),
        Case(f32(1, 4, 5, 6), f32(4, 1, 2, 2), group=4, strides=[2, 2], **weights),
        Case(f32(1, 2, 5, 6), f32(2, 3, 3, 3), strides=[2, 2], output_shape=[10, 12], **weights),
    ]


def blocks(version):
    modes = [{}, {"mode": "DCR"}, {"mode": "CRD"}] if version >= 11 else [{}]
    return [Case(f32(*shape), blocksize=2, **mode) for shape in ((2, 8, 2, 3), (0, 4, 2, 2)) for mode in modes]


def group_normalization(version):
    size = 4 if version >= 21 else 2
    return [Case(f32(2, 4, *rest), f32(size), f32(size), num_groups=2, constants=(1, 2), **more)
            for rest, more in (((3, 5), {}), ((6,), {"epsilon": 0.1}))]


def layer_normalization(version):
    scaled = dict(constants=(1, 2))
    return [
        Case(f32(2, 3, 4), f32(4), f32(4), **scaled),
        Case(f32(2, 3, 4), f32(4), **scaled),
        Case(f32(2, 3, 4), f32(3, 4), f32(3, 4), axis=1, **scaled),
        Case(f32(2, 3, 4), f32(3, 4), axis=-2, epsilon=0.1, **scaled),
        Case(f32(0, 4), f32(4), f32(4), **scaled),
    ]


def rms_normalization(version):
    return [
        Case(f32(2, 3, 4), f32(4), constants=(1,)),
        Case(f32(2, 3, 4), f32(3, 4), axis=1, epsilon=0.1, constants=(1,)),
        Case(f32(0, 4), f32(4), constants=(1,)),
    ]


def cumulative(version):
    return [Case(f32(3, 4), np.int64(1), constants=(1,)),
            Case(f32(3, 4), np.int32(0), exclusive=1, reverse=1, constants=(1,)),
            Case(f32(0, 2), np.int64(0), constants=(1,))]


def lp_normalization(version):
    return [Case(f32(2, 3, 4), axis=axis, p=p) for axis in (0, 1, -1) for p in (1, 2)] + [Case(f32(5))]


def reverse_sequence(version):
    return [
        Case(f32(4, 3), ints(1, 4, 2)),
        Case(f32(3, 4), ints(1, 4, 2), batch_axis=0, time_axis=1),
        Case(f32(4, 2, 2), ints(3, 4)),
    ]


def branches(version):
    def branch(values):
        node = helper.make_node("Constant", [], ["value"], value=numpy_helper.from_array(values))
        return helper.make_graph(
            [node], "branch", [], [helper.make_tensor_value_info("value", TensorProto.FLOAT, values.shape)]
        )

    return [Case(np.bool_(c), then_branch=branch(f32(2)), else_branch=branch(f32(2))) for c in (True, False)]


def grid_sample(version):
    flat = {"linear": "bilinear", "nearest": "nearest", "cubic": "bicubic"} if version < 20 else {}
    cases = [
        Case(f32(2, 3, 4, 5), 1.3 * f32(2, 3, 2, 2) / 2, mode=flat.get(m, m), padding_mode=p, align_corners=a)
        for m in ("linear", "nearest", "cubic")
        for p in ("zeros", "border", "reflection")
        for a in (0, 1)
    ]
    cases += [Case(f32(1, 1, 1, 1), f32(1, 2, 2, 2)), Case(f32(0, 2, 3, 3), f32(0, 2, 2, 2))]
    if version >= 20:
        cases += [
            Case(f32(2, 2, 3, 4, 5), f32(2, 2, 3, 2, 3), mode=m, padding_mode=p)
            for m in ("linear", "nearest")
            for p in ("zeros", "border", "reflection")
        ]
    return cases


def roi_align(version):
    boxes = np.float32([[0, 0, 4.5, 3], [1, 1, 1, 1], [-3, -2, 9, 9], [2.5, 0.5, 3, 5], [7, 7, 20, 30]])
    inputs = (f32(2, 3, 6, 5), boxes, ints(0, 1, 1, 0, 1))
    size = {"output_height": 2, "output_width": 3}
    cases = [Case(*inputs, **size), Case(*inputs, sampling_ratio=2, spatial_scale=0.5, **size), Case(*inputs)]
    cases.append(Case(np.abs(inputs[0]), *inputs[1:], mode="max", sampling_ratio=1, **size))
    cases.append(Case(inputs[0], np.zeros((0, 4), np.float32), ints()))
    if version >= 16:
        cases += [
            Case(*inputs, coordinate_transformation_mode=m, **size) for m in ("half_pixel", "output_half_pixel")
        ]
    return cases


def max_roi_pool(version):
    boxes = np.float32([[0, 0, 0, 4, 3], [1, 1, 1, 1, 1], [1, -3, -2, 9, 9], [0, 2.5, 0.5, 3, 5]])
    x = f32(2, 3, 6, 5)
    return [Case(x, boxes, pooled_shape=[2, 3]), Case(x, boxes, pooled_shape=[3, 3], spatial_scale=0.5),
            Case(x, boxes[:0], pooled_shape=[1, 1])]


def deform_conv(version):
    def inputs(offset_groups, group, height, width, extra):
        taps = offset_groups * 9
        return [f32(2, 4, 6, 5), f32(6, 4 // group, 3, 3), f32(2, 2 * taps, height, width),
                *[f32(6), f32(2, taps, height, width)][:extra]]

    return [
        Case(*inputs(1, 1, 4, 3, 0)),
        Case(*inputs(1, 1, 6, 5, 2), pads=[1, 1, 1, 1]),
        Case(*inputs(2, 2, 3, 3, 2), pads=[1, 1, 1, 1], strides=[2, 2], group=2, offset_group=2, kernel_shape=[3, 3]),
        Case(*inputs(4, 1, 3, 3, 1), pads=[2, 2, 2, 2], dilations=[2, 2], strides=[2, 2], offset_group=4),
    ]


def col2im(version):
    shapes = dict(constants=(1, 2))
    return [
        Case(f32(1, 9, 12), ints(5, 6), ints(3, 3), **shapes),
        Case(f32(2, 8, 20), ints(5, 6), ints(2, 2), **shapes),
        Case(f32(1, 6, 12), ints(5, 7), ints(1, 3), strides=[2, 2], pads=[1, 0, 0, 1], **shapes),
        Case(f32(1, 4, 9), ints(5, 5), ints(2, 2), dilations=[2, 2], **shapes),
        Case(f32(1, 6, 4), ints(6), ints(3), **shapes),
        Case(f32(1, 8, 8), ints(3, 3, 3), ints(2, 2, 2), **shapes),
        Case(f32(0, 4, 9), ints(4, 4), ints(2, 2), **shapes),
    ]


def center_crop_pad(version):
    return [
        Case(f32(5, 4, 3), ints(3, 4, 6), constants=(1,)),
        Case(f32(5, 4, 3), ints(2, 7), constants=(1,), axes=[1, -1]),
        Case(some(np.uint8, 4, 3), ints(1, 8), constants=(1,)),
        Case(f32(0, 3), ints(2, 2), constants=(1,)),
        Case(f32(3, 3), ints(0, 4), constants=(1,)),
    ]


def lp_pool(version):
    norm = (lambda p: {"p": float(p)}) if version < 2 else (lambda p: {"p": p})
    cases = [
        Case(f32(1, 2, 7, 6), kernel_shape=[3, 2], strides=[2, 1]),
        Case(f32(1, 2, 7, 6), kernel_shape=[3, 3], pads=[1, 1, 1, 1], **norm(3)),
        Case(f32(1, 2, 7, 6), kernel_shape=[2, 2], strides=[2, 2], auto_pad="SAME_UPPER", **norm(1)),
        Case(f32(1, 2, 9), kernel_shape=[2]),
        Case(f32(0, 2, 7, 6), kernel_shape=[2, 2]),
    ]
    if version >= 18:
        cases.append(Case(f32(1, 2, 7, 6), kernel_shape=[2, 2], dilations=[2, 2]))
        cases.append(Case(f32(1, 2, 7, 6), kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1))
    return cases


def max_unpool(version):
    x, at = f32(1, 2, 2, 2), ints(5, 7, 13, 15, 16, 19, 24, 26).reshape(1, 2, 2, 2)
    return [
        Case(x, at, kernel_shape=[2, 2], strides=[2, 2]),
        Case(f32(1, 1, 3), ints(0, 2, 4).reshape(1, 1, 3), kernel_shape=[2], strides=[2]),
        Case(f32(1, 1, 2, 2), ints(0, 3, 10, 12).reshape(1, 1, 2, 2), kernel_shape=[3, 3], strides=[2, 2],
             pads=[1, 0, 0, 1]),
        Case(np.zeros((0, 2, 2, 2), np.float32), np.zeros((0, 2, 2, 2), np.int64), kernel_shape=[2, 2]),
    ]


def unique(version):
    x = np.float32([2, 1, 1, 3, 4, 3, -0.0, 0.0])
    rows = np.float32([[1, 0, 0], [1, 0, 0], [2, 3, 4], [0, 9, 9]])
    cases = [Case(a, outputs=n, sorted=s) for a in (x, rows, x[:1], x[:0], x.astype(np.int64)) for n in (1, 4)
             for s in (0, 1) if n == 4 or s]
    cases += [Case(rows, outputs=4, axis=a, sorted=s) for a in (0, 1, -1) for s in (0, 1) if s or a == 0]
    return cases + [Case(some(np.int8, 2, 3, 4), outputs=4, axis=1), Case(some(np.uint8, 3, 0), outputs=4, axis=0)]


def recurrent(gates, functions, inputs):
    """Cases of RNN, GRU and LSTM."""
    def build(version):
        def case(directions=1, time=5, batch=3, features=4, hidden=2, given=inputs, lengths=None, outputs=2, **more):
            state = f32(directions, batch, hidden)
            tensors = [f32(time, batch, features), f32(directions, gates * hidden, features),
                       f32(directions, gates * hidden, hidden), f32(directions, 2 * gates * hidden),
                       None if lengths is None else ints(*lengths, dtype=np.int32), state, state,
                       f32(directions, 3 * hidden)]
            outputs = outputs + (inputs == 8 and outputs > 1)
            return Case(*tensors[:given], hidden_size=hidden, outputs=outputs, **more)

        cases = [
            case(given=3),
            case(given=4, outputs=1),
            case(direction="reverse"),
            case(2, direction="bidirectional"),
            case(lengths=(5, 2, 1)),
            case(2, lengths=(5, 1, 3), direction="bidirectional"),
            case(direction="reverse", lengths=(4, 2, 1)),
            case(clip=0.5, given=6),
            case(time=1, batch=1, hidden=1, features=1),
        ]
        for name, more in (("Relu", {}), ("LeakyRelu", {"activation_alpha": [0.2] * functions}), ("Elu", {}),
                           ("HardSigmoid", {}), ("Softsign", {}),
                           ("ThresholdedRelu", {"activation_alpha": [0.3] * functions}),
                           ("Affine", {"activation_alpha": [0.5] * functions, "activation_beta": [0.1] * functions}),
                           ("ScaledTanh", {"activation_alpha": [0.5] * functions,
                                           "activation_beta": [0.7] * functions})):
            cases.append(case(time=2, activations=[name] * functions, **more))
        if gates == 1:  # ONNX Runtime's Softplus has few digits, of which products of gates leave fewer
            cases.append(case(time=2, activations=["Softplus"]))
        if gates == 3:
            cases += [case(linear_before_reset=1), case(2, linear_before_reset=1, direction="bidirectional")]
        if gates == 4:
            cases.append(case(input_forget=1))
        return cases
    return build


def attention(version):
    """Heads beside each other or in a dimension of their own, shared keys, masks, caches, more tokens than a block."""
    q, k, v = f32(2, 4, 3, 8), f32(2, 2, 5, 8), f32(2, 2, 5, 6)
    doubles = [some(np.float64, *x.shape) for x in (q, k, v)]
    packed, heads = (f32(2, 3, 16), f32(2, 5, 8), f32(2, 5, 6)), {"q_num_heads": 4, "kv_num_heads": 2}
    past = f32(2, 2, 4, 8), f32(2, 2, 4, 6)
    mask = some(np.bool_, 3, 5)
    mask[:, 0] = True  # what nothing attends to is left open
    cases = [
        Case(q, k, v),
        Case(*packed, **heads),
        Case(*packed, f32(3, 5), scale=0.3, softcap=0.7, **heads),
        Case(q, k, v, mask),
        Case(q, k, v, f32(2, 1, 3, 5), is_causal=1),
        Case(q, k, v, None, *past, outputs=3),
        Case(q, k, v, f32(1, 4, 3, 9), *past, outputs=3, is_causal=1),
        Case(*packed, None, *past, outputs=3, **heads),
        *(Case(q, k, v, f32(3, 5), outputs=4, qk_matmul_output_mode=m, softcap=0.5) for m in (1, 2, 3)),
        Case(f32(1, 2, 150, 8), f32(1, 1, 1100, 8), f32(1, 1, 1100, 20)),
        Case(f32(1, 1, 2, 8), f32(1, 1, 600, 8), f32(1, 1, 600, 8), None, f32(1, 1, 700, 8), f32(1, 1, 700, 8),
             outputs=3),
        Case(f32(0, 2, 3, 4), f32(0, 2, 3, 4), f32(0, 2, 3, 4)),
        Case(*doubles, mask, is_causal=1, scale=0.4, outputs=4, qk_matmul_output_mode=3),
        Case(*doubles, some(np.float64, 3, 9), *(some(np.float64, *x.shape) for x in past), outputs=3, softcap=0.5),
    ]
    if version >= 24:
        cases.append(Case(q, k, v, None, None, None, ints(5, 2)))
        cases.append(Case(q, k, v, f32(3, 4), None, None, ints(4, 2)))
    return cases


def linear_attention(version):
    def case(rule, heads=2, shared=2, decay=None, rate=None, state=False):
        return Case(
            f32(2, 3, heads * 4), f32(2, 3, shared * 4), f32(2, 3, shared * 5),
            f32(2, shared, 4, 5) if state else None,
            None if decay is None else -positive(2, 3, decay), None if rate is None else positive(2, 3, rate) / 2,
            outputs=2, update_rule=rule, q_num_heads=heads, kv_num_heads=shared)

    return [case("linear"), case("linear", state=True), case("gated", decay=2), case("gated", decay=8, state=True),
            case("delta", rate=2), case("gated_delta", 4, 2, decay=8, rate=1, state=True)]


def causal_conv(version):
    x, weight = f32(2, 3, 6), f32(3, 1, 4)
    return [
        Case(x, weight, outputs=2),
        Case(x, weight, f32(3), f32(2, 3, 3), outputs=2, activation="silu"),
        Case(f32(1, 3, 2), weight, None, f32(1, 3, 3), outputs=2),
        Case(x, f32(3, 1, 1), outputs=2),
    ]


def rotary_embedding(version):
    table, places = (f32(9, 4), f32(9, 4)), RNG.integers(0, 9, (2, 3))
    each = f32(2, 3, 4), f32(2, 3, 4)
    return [
        Case(f32(2, 4, 3, 8), *table, places),
        Case(f32(2, 3, 32), *table, places, num_heads=4, interleaved=1),
        Case(f32(2, 4, 3, 8), *each),
        Case(f32(2, 4, 3, 12), *each, rotary_embedding_dim=8),
        Case(f32(2, 4, 3, 12), *table, places, rotary_embedding_dim=8, interleaved=1),
    ]


def tensor_scatter(version):
    return [
        Case(f32(2, 3, 5, 4), f32(2, 3, 2, 4), ints(1, 3)),
        Case(f32(2, 3, 5, 4), f32(2, 3, 2, 4)),
        Case(f32(2, 5, 4), f32(2, 3, 4), ints(4, 0), axis=1, mode="circular"),
        Case(some(np.int8, 2, 5), some(np.int8, 2, 2), ints(0, 2), axis=-1),
    ]


def dft(version):
    def case(x, length=None, axis=None, **more):
        length = None if length is None else np.int64(length)
        if version >= 20:
            return Case(x, length, None if axis is None else np.int64(axis), constants=(1, 2), **more)
        return Case(x, length, constants=(1,), **more | ({} if axis is None else {"axis": axis}))

    # ONNX Runtime's sums have few digits in float32, where the length is no power of two.
    real, pairs = some(np.float64, 2, 12, 5, 1), some(np.float64, 2, 12, 5, 2)
    return [
        case(real, axis=1),
        case(pairs, axis=1),
        case(real, axis=2, onesided=1),
        case(pairs, 7, axis=1),
        case(pairs, 30, axis=1),
        case(pairs, axis=2, inverse=1),
        case(real, 1, axis=1),
        case(f32(1, 64, 1), axis=1, onesided=1),
    ]


def stft(version):
    window = positive(8)
    return [
        Case(f32(2, 30, 1), np.int64(4), window, np.int64(8), constants=(1, 3)),
        Case(f32(2, 30, 1), np.int64(3), window, constants=(1,)),
        Case(f32(1, 30, 2), np.int64(7), None, np.int64(9), constants=(1, 3), onesided=0),
    ]


def mel_weight_matrix(version):
    def case(bands, length, rate, low, high, **more):
        return Case(*(np.int64(n) for n in (bands, length, rate)), np.float32(low), np.float32(high),
                    constants=(0, 1), **more)

    return [case(8, 16, 8192, 0, 4096), case(20, 512, 16000, 80, 7600),
            case(20, 512, 16000, 80, 7600, output_datatype=TensorProto.DOUBLE)]


def class_loss(version):
    """NegativeLogLikelihoodLoss and SoftmaxCrossEntropyLoss."""
    cases = []
    for rest in ((), (4,), (2, 3)):
        x, target = f32(3, 5, *rest), RNG.integers(0, 5, (3, *rest))
        cases += [Case(x, target, reduction=r) for r in ("none", "sum", "mean")]
        cases += [Case(x, target.astype(np.int32), positive(5), ignore_index=2, reduction=r) for r in ("none", "mean")]
    cases.append(Case(x, np.full((3, 2, 3), -7), positive(5), ignore_index=-7, reduction="sum"))
    return cases


def window_function(version):
    return [Case(np.int64(n), periodic=p, constants=(0,)) for n in (1, 2, 10, 33) for p in (0, 1) if n > 1 or p] + [
        Case(np.int32(8), output_datatype=TensorProto.DOUBLE, constants=(0,))
    ]


def bit_cast(version):
    return [
        Case(f32(2, 3), to=TensorProto.INT32),
        Case(some(np.int64, 3), to=TensorProto.DOUBLE),
        Case(f32(), to=TensorProto.UINT32),
        Case(some(np.uint8, 0, 2), to=TensorProto.INT8),
        Case(some(np.float16, 4), to=TensorProto.UINT16),
    ]


def body(nodes, inputs, outputs):
    """A graph that runs many times; inputs and outputs: names of float tensors, or of those with a type and shape."""

    def info(name, kind=TensorProto.FLOAT, shape=None):
        return helper.make_tensor_value_info(name, kind, shape)

    infos = [[info(each) if isinstance(each, str) else info(*each) for each in names] for names in (inputs, outputs)]
    return helper.make_graph(nodes, "body", *infos)


def loops(version):
    made = body(
        [
            helper.make_node("Identity", ["more"], ["on"]),
            helper.make_node("Neg", ["s"], ["r"]),
            helper.make_node("Abs", ["s"], ["row"]),
        ],
        [("i", TensorProto.INT64, []), ("more", TensorProto.BOOL, []), "s"],
        [("on", TensorProto.BOOL, []), "r", "row"],
    )
    trips, goes = np.array(3), np.array(True)
    return [
        Case(trips, goes, f32(2, 3), outputs=2, body=made),
        Case(trips, None, f32(2), outputs=2, body=made),
        Case(trips, goes, f32(), outputs=2, body=made, constants=(0,)),
        Case(np.array(2), goes, f32(0, 3), outputs=2, body=made),
    ]


def scans(version):
    made = body(
        [helper.make_node("Sum", ["s", "e"], ["r"]), helper.make_node("Neg", ["r"], ["row"])],
        [(name, TensorProto.FLOAT, [2]) for name in "se"],
        [(name, TensorProto.FLOAT, [2]) for name in ("r", "row")],
    )
    if version < 9:
        return [
            Case(None, f32(3, 2), f32(3, 4, 2), outputs=2, body=made, num_scan_inputs=1),
            Case(ints(2, 4), f32(2, 2), f32(2, 4, 2), outputs=2, body=made, num_scan_inputs=1),
            Case(ints(4), f32(1, 2), f32(1, 4, 2), outputs=2, body=made, num_scan_inputs=1, directions=[1]),
        ]
    axes = {"scan_input_axes": [1], "scan_output_axes": [1]}
    backwards = {"scan_input_directions": [1], "scan_output_directions": [1]}
    return [
        Case(f32(2), f32(4, 2), outputs=2, body=made, num_scan_inputs=1),
        Case(f32(2), f32(2, 3), outputs=2, body=made, num_scan_inputs=1, **axes),
        Case(f32(2), f32(4, 2), outputs=2, body=made, num_scan_inputs=1, **backwards),
        Case(f32(2), f32(2, 5), outputs=2, body=made, num_scan_inputs=1, **axes, **backwards),
    ]


def recipes():
    wide = (np.float32, np.int32, np.int64, np.float64)
    found = {
        name: unary()
        for name in (
            "Abs",
            "Ceil",
            "Cos",
            "Erf",
            "Exp",
            "Floor",
            "Identity",
            "IsNaN",
            "Neg",
            "Relu",
            "Round",
            "Sigmoid",
            "Sign",
            "Sin",
            "Softplus",
            "Softsign",
            "Tanh",
            "Elu",
            "LeakyRelu",
            "Selu",
            "HardSigmoid",
            "HardSwish",
            "Mish",
            "IsInf",
        )
    }
    found |= {
        name: unary()
        for name in ("Asinh", "Atan", "Celu", "Cosh", "Gelu", "Shrink", "Sinh", "Swish", "Tan", "ThresholdedRelu")
    }
    found |= {name: unary(lambda *shape: f32(*shape) / 2) for name in ("Acos", "Asin", "Atanh")}
    found |= {name: unary(positive) for name in ("Log", "Reciprocal", "Sqrt")}
    found |= {name: binary(*wide) for name in ("Add", "Sub", "Mul", "Div")}
    found |= {name: binary(np.bool_) for name in ("And", "Or", "Xor")}
    found |= {
        name: binary(np.float32, np.int64, np.int32) for name in ("Greater", "Less", "GreaterOrEqual", "LessOrEqual")
    }
    found |= {name: binary(np.int32, np.uint8) for name in ("BitwiseAnd", "BitwiseOr", "BitwiseXor")}
    found |= dict.fromkeys(("Max", "Min", "Mean", "Sum"), variadic)
    found |= {
        name: reduce(18)
        for name in (
            "ReduceL1",
            "ReduceL2",
            "ReduceLogSum",
            "ReduceLogSumExp",
            "ReduceMax",
            "ReduceMin",
            "ReduceProd",
            "ReduceSumSquare",
        )
    }
    found |= dict.fromkeys(("ArgMax", "ArgMin"), arg) | dict.fromkeys(("Softmax", "LogSoftmax"), softmax)
    found |= {
        name: lambda v: [Case(f32(2, 3, 4, 5)), Case(f32(2, 3, 4)), Case(f32(0, 3, 2, 2))]
        for name in ("GlobalAveragePool", "GlobalMaxPool")
    }
    found |= {
        "ConvTranspose": conv_transpose,
        "AffineGrid": lambda v: [
            Case(f32(2, 2, 3), ints(2, 3, 4, 5), align_corners=a, constants=(1,)) for a in (0, 1)
        ] + [Case(f32(1, 3, 4), ints(1, 2, 3, 4, 2), align_corners=a, constants=(1,)) for a in (0, 1)],
        "CenterCropPad": center_crop_pad,
        "Col2Im": col2im,
        "DeformConv": deform_conv,
        "Det": lambda v: [Case(f32(3, 3)), Case(f32(2, 4, 4)), Case(f32(1, 1)), Case(np.zeros((2, 2), np.float32))],
        "GlobalLpPool": lambda v: [
            Case(f32(2, 3, 4, 5)),
            Case(f32(2, 3, 6), p=1.0 if v < 2 else 1),
            Case(f32(1, 2, 2, 3, 2), p=3.0 if v < 2 else 3),
        ],
        "Attention": attention,
        "LinearAttention": linear_attention,
        "CausalConvWithState": causal_conv,
        "RotaryEmbedding": rotary_embedding,
        "TensorScatter": tensor_scatter,
        "DFT": dft,
        "STFT": stft,
        "MelWeightMatrix": mel_weight_matrix,
        "GridSample": grid_sample,
        "GRU": recurrent(3, 2, 6),
        "LSTM": recurrent(4, 3, 8),
        "RNN": recurrent(1, 1, 6),
        "BitCast": bit_cast,
        "BlackmanWindow": window_function,
        "HammingWindow": window_function,
        "HannWindow": window_function,
        "NegativeLogLikelihoodLoss": class_loss,
        "SoftmaxCrossEntropyLoss": class_loss,
        # What is certain of random numbers; test_random.py looks at the rest. With scale 0 ONNX Runtime aborts.
        "Bernoulli": lambda v: [Case(f32(0), dtype=TensorProto.INT32)],
        "Multinomial": lambda v: [Case(f32(3, 1), sample_size=4), Case(f32(2, 1), dtype=TensorProto.INT64)],
        "RandomNormal": lambda v: [Case(shape=[0, 2])],
        "RandomNormalLike": lambda v: [Case(f32(0, 2))],
        "RandomUniform": lambda v: [Case(shape=[0, 2]), Case(shape=[0], dtype=TensorProto.DOUBLE)],
        "RandomUniformLike": lambda v: [Case(f32(0, 2)), Case(f32(0), dtype=TensorProto.DOUBLE)],
        "LpPool": lp_pool,
        "MaxRoiPool": max_roi_pool,
        "MaxUnpool": max_unpool,
        "RoiAlign": roi_align,
        "Unique": unique,
        "DepthToSpace": blocks,
        "GroupNormalization": group_normalization,
        "LayerNormalization": layer_normalization,
        "LpNormalization": lp_normalization,
        "RMSNormalization": rms_normalization,
        "ReverseSequence": reverse_sequence,
        "Einsum": lambda v: [
            Case(f32(2, 3), f32(3, 4), equation="ij,jk->ik"),
            Case(f32(2, 3, 4), equation="...ij->...ji"),
            Case(f32(3, 3), equation="ii"),
            Case(f32(), f32(2), equation=",i->i"),
        ],
        "Hardmax": lambda v: [Case(f32(2, 3, 4), axis=a) for a in (0, 1, 2)] + [Case(f32(2, 3)), Case(f32(2, 3, 2))],
        "InstanceNormalization": lambda v: [
            Case(f32(2, 3, *rest), f32(3), f32(3), constants=(1, 2)) for rest in ((4, 5), (6,), (2, 3, 2))
        ],
        # ONNX's evaluator, which alone takes even sizes, counts the channels by the batch.
        "LRN": lambda v: [Case(f32(2, 5, 3, 2), size=3), Case(f32(4, 4, 2, 2), size=4, alpha=0.1, beta=0.5, bias=2.0)],
        "MeanVarianceNormalization": lambda v: [Case(f32(2, 3, 4, 5)), Case(f32(2, 3, 4, 5), axes=[1, 2])],
        "SpaceToDepth": lambda v: [Case(f32(2, 3, 4, 6), blocksize=2), Case(f32(1, 2, 3, 3), blocksize=3)],
        "Acosh": unary(lambda *shape: positive(*shape) + 1),
        "BitwiseNot": integers((np.int32, np.uint8)),
        "Gemm": gemm,
        "If": branches,
        "Loop": loops,
        "Scan": scans,
        "MatMul": lambda v: [
            Case(f32(*a), f32(*b))
            for a, b in (
                ((2, 3), (3, 4)),
                ((3,), (3, 4)),
                ((2, 3), (3,)),
                ((3,), (3,)),
                ((2, 1, 2, 3), (4, 3, 2)),
                ((0, 3), (3, 4)),
                ((2, 0), (0, 4)),
            )
        ],
        "NonZero": lambda v: [
            Case(f32(2, 3)),
            Case(ints(0, 3, 0, 5)),
            Case(f32(0, 2)),
            Case(some(np.bool_, 2, 2, 2)),
            Case(np.zeros(3, np.float32)),
        ],
        "AveragePool": lambda v: pool(v, "AveragePool"),
        "MaxPool": pool,
        "BatchNormalization": batch_normalization,
        "BitShift": lambda v: [
            Case(some(t, *a), some(t, *b), direction=d)
            for t in (np.uint8, np.uint32)
            for a, b in PAIRS
            for d in ("LEFT", "RIGHT")
        ],
        "Cast": cast,
        "CastLike": lambda v: [
            Case(f32(2, 3), some(np.int64, 1)),
            Case(some(np.int32, 3), f32()),
            Case(f32(0), some(np.bool_, 1)),
        ],
        "Clip": clip,
        "Compress": lambda v: [Case(f32(3, 4), np.bool_([1, 0, 1]), axis=0), Case(f32(2, 2), np.bool_([0, 1, 1]))],
        "Concat": lambda v: (
            [
                Case(f32(2, 3), f32(2, 1), axis=1),
                Case(f32(2, 3), f32(0, 3), f32(1, 3), axis=0),
                Case(f32(0, 2), f32(0, 2), axis=0),
            ]
            + ([Case(f32(2, 3), f32(2, 1), axis=-1)] if v >= 11 else [])
        ),
        "Constant": constant,
        "ConstantOfShape": constant_of_shape,
        "Conv": conv,
        "Dropout": dropout,
        "CumProd": cumulative,
        "CumSum": cumulative,
        "Equal": binary(*((np.int32, np.int64, np.bool_) + ((np.float32,)))),
        "Expand": lambda v: [
            Case(f32(3, 1), ints(2, 1, 4), constants=(1,)),
            Case(f32(), ints(2, 3), constants=(1,)),
            Case(f32(1, 3), ints(0, 3), constants=(1,)),
            Case(f32(3), ints(1), constants=(1,)),
            Case(f32(), ints(), constants=(1,)),
        ],
        "EyeLike": lambda v: [Case(f32(3, 4)), Case(f32(3, 4), k=1), Case(f32(3, 3), k=-1, dtype=TensorProto.INT64)],
        "Flatten": lambda v: (
            [Case(f32(2, 3, 4), axis=a) for a in (0, 1, 2, 3)]
            + [Case(f32(2, 0, 3)), Case(f32(5), axis=0)]
            + ([Case(f32(2, 3, 4), axis=-1)] if v >= 11 else [])
        ),
        "Gather": gather,
        "GatherElements": lambda v: [
            Case(f32(3, 4), ints(0, 2).reshape(1, 2)),
            Case(f32(3, 4), np.int32([[3], [-1], [0]]), axis=-1),
        ],
        "GatherND": lambda v: (
            [Case(f32(3, 4), ints(0, 1, 2, 3).reshape(2, 2)), Case(f32(3, 4), ints(2).reshape(1, 1))]
            + ([Case(f32(2, 3, 4), ints(1, 2).reshape(2, 1), batch_dims=1)] if v >= 12 else [])
        ),
        "Mod": lambda v: (
            [c for t in (np.int32, np.int64, np.uint8) for c in binary(t)(v)] + binary(np.float32, fmod=1)(v)
        ),
        "NonMaxSuppression": non_max_suppression,
        "Not": integers((np.bool_,)),
        "OneHot": lambda v: [
            Case(ints(0, 2, 1), np.int64(3), f32(2), constants=(1,)),
            Case(ints(0, 2, 1), np.int64(4), ints(5, 6), axis=0, constants=(1,)),
        ],
        "PRelu": lambda v: [
            Case(f32(2, 3, 4), f32(3, 1)),
            Case(f32(2, 3, 4), f32(1)),
            Case(f32(2, 3, 4), f32(2, 3, 4)),
            Case(f32(2, 0), f32(1)),
            Case(f32(2, 3, 4, 5), f32(3, 1, 1), constants=(1,)),
        ],
        "Pad": pad,
        "Pow": lambda v: (
            [Case(positive(*a), positive(*b)) for a, b in PAIRS]
            + ([Case(f32(3), ints(2)), Case(some(np.int32, 3), np.float32([2]))] if v >= 12 else [])
        ),
        "Range": lambda v: (
            [
                Case(*(np.asarray(x, t) for x in (1, 9, 2)), constants=(0, 1, 2))
                for t in (np.int64, np.int32, np.float32)
            ]
            + [Case(np.int64(3), np.int64(3), np.int64(1), constants=(0, 1, 2))]
        ),
        "ReduceMean": reduce(18, of_nothing=False),
        "ReduceSum": reduce(13),
        "Reshape": reshape,
        "Resize": resize,
        "Scatter": lambda v: scatter("Scatter", v) if v < 11 else [],
        "ScatterElements": lambda v: scatter("ScatterElements", v),
        "ScatterND": scatter_nd,
        "Shape": shape_of,
        "Size": lambda v: [Case(f32(*shape)) for shape in SHAPES],
        "Slice": slicing,
        "Split": split,
        "Squeeze": squeeze,
        "Tile": lambda v: [
            Case(f32(2, 3), ints(2, 1), constants=(1,)),
            Case(f32(2, 3), ints(0, 2), constants=(1,)),
            Case(f32(0, 3), ints(2, 2), constants=(1,)),
            Case(f32(), ints(), constants=(1,)),
        ],
        "TopK": top_k,
        "Transpose": lambda v: [
            Case(f32(2, 3, 4)),
            Case(f32(2, 3, 4), perm=[1, 2, 0]),
            Case(f32()),
            Case(f32(2, 0, 3), perm=[2, 0, 1]),
        ],
        "Trilu": lambda v: [Case(f32(3, 4)), Case(f32(2, 3, 3), np.int64(1), upper=0, constants=(1,)), Case(f32(0, 3))],
        "Unsqueeze": unsqueeze,
        "Upsample": lambda v: upsample(v) if v < 10 else [],
        "Where": lambda v: [
            Case(some(np.bool_, 2, 3), f32(2, 3), f32(3)),
            Case(some(np.bool_, 3), f32(), f32(2, 1)),
            Case(some(np.bool_, 0, 3), f32(3), f32()),
            Case(np.bool_(True), f32(), f32()),
            Case(some(np.bool_, 2), some(np.int64, 2), some(np.int64, 1)),
        ],
    }
    return found
