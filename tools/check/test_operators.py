"""Operators against ONNX Runtime where ONNX's node tests do not look: sizes around the edges of kernels and tasks,
ties, element types, constant and computed operands, every instruction set."""

import itertools

import libiou
import numpy as np
import onnxruntime
import pytest
from onnx import helper, numpy_helper
from random_graph import LIMITS

F, D, I64, I32, U8 = np.float32, np.float64, np.int64, np.int32, np.uint8
SILENT = onnxruntime.SessionOptions()
SILENT.log_severity_level = 4
SILENT.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL


class Case:
    """One node. `inputs`: arrays, or None where absent; `fixed`: positions that are constants of the model; `isas`: at
    all instruction sets, not at the last alone; `behind_pool`: a pooling of 1 x 1 before the node leaves its first
    input channels-last."""

    def __init__(self, op, inputs, fixed=(), outputs=1, opset=18, expected=None, rtol=1e-4, atol=1e-5, isas=False,
                 behind_pool=False, **attributes):
        self.op, self.inputs, self.fixed, self.outputs, self.opset = op, inputs, fixed, outputs, opset
        self.expected, self.rtol, self.atol, self.attributes = expected, rtol, atol, attributes
        self.isas, self.behind_pool = isas, behind_pool
        shapes = " ".join(str(list(i.shape)) if i is not None else "-" for i in inputs)
        self.name = (
            f"{op}-{opset} {inputs[0].dtype} {shapes} fixed {list(fixed)} {attributes}{' behind a pool' * behind_pool}"
        )

    def model(self) -> bytes:
        names = ["" if array is None else f"x{i}" for i, array in enumerate(self.inputs)]
        node = helper.make_node(self.op, names, [f"y{i}" for i in range(self.outputs)], **self.attributes)
        infos = [helper.make_tensor_value_info(f"x{i}", helper.np_dtype_to_tensor_dtype(array.dtype), array.shape)
                 for i, array in enumerate(self.inputs) if array is not None and i not in self.fixed]
        constants = [numpy_helper.from_array(self.inputs[i], f"x{i}") for i in self.fixed]
        outputs = [helper.make_empty_tensor_value_info(f"y{i}") for i in range(self.outputs)]
        nodes = [node]
        if self.behind_pool:
            pool = helper.make_node("MaxPool", ["x0"], ["pooled"], kernel_shape=[1] * (self.inputs[0].ndim - 2))
            node.input[0] = "pooled"
            nodes = [pool, node]
        graph = helper.make_graph(nodes, "case", infos, outputs, constants)
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", self.opset)],
                                 ir_version=8).SerializeToString()

    def feeds(self):
        return {f"x{i}": array for i, array in enumerate(self.inputs) if array is not None and i not in self.fixed}

    def reference(self):
        if self.expected is not None:
            return self.expected
        session = onnxruntime.InferenceSession(self.model(), SILENT, providers=["CPUExecutionProvider"])
        return session.run(None, self.feeds())


def fault(case: Case, ours: np.ndarray, theirs: np.ndarray) -> str:
    if ours.shape != theirs.shape or ours.dtype != theirs.dtype:
        return f"is {ours.dtype}{list(ours.shape)}, not {theirs.dtype}{list(theirs.shape)}"
    if theirs.dtype.kind != "f":
        return "" if np.array_equal(ours, theirs) else f"differs at {np.argwhere(ours != theirs)[0]}"
    if np.allclose(ours, theirs, rtol=case.rtol, atol=case.atol, equal_nan=True):
        return ""
    with np.errstate(invalid="ignore"):
        return f"differs by up to {np.nanmax(np.abs(ours.astype(D) - theirs)):.3g}"


def check(case: Case, isas: list[str]) -> str:
    model, theirs = case.model(), case.reference()
    for isa in isas if case.isas else isas[-1:]:
        ours = libiou.Session(model, threads=2, isa=isa).run(case.feeds())
        for i in range(case.outputs):
            wrong = fault(case, ours[f"y{i}"], theirs[i])
            if wrong:
                return f"output {i} {wrong} ({isa})"
    return ""


# ---- Cases ---------------------------------------------------------------------------------------------------------

RNG = np.random.default_rng(7)


def normal(*shape, dtype=F):
    return np.asarray(RNG.normal(size=shape)).astype(dtype)


def whole(low, high, shape, dtype=F):
    return np.asarray(RNG.integers(low, high, shape)).astype(dtype)


def number(value, dtype=I64):
    return np.asarray(value, dtype)


def selections():
    """TopK, ArgMax, ArgMin: few values make many ties."""
    for n in (1, 2, 31, 33, 255, 256, 257, 5000):
        for k in sorted({1, min(n, 5), n // 9, n // 2, n} - {0}):
            for largest in (0, 1):
                yield Case("TopK", [whole(-9, 9, (2, n)), number([k])], [1], 2, opset=11, largest=largest)
    for dtype in (F, D, I64, I32):
        yield Case("TopK", [whole(-99, 99, (3, 40, 5), dtype), number([7])], [1], 2, opset=11, axis=1, largest=0)
        yield Case("TopK", [whole(-99, 99, (3, 40, 5), dtype), number([7])], [1], 2, opset=11, axis=0 - 2)
    for dtype in (np.int8, np.int16, np.uint8, np.uint16, np.uint32, np.uint64, np.float16):
        x = whole(0, 60, (4, 50), dtype)
        order = np.argsort(-x.astype(I64), axis=-1, kind="stable")[:, :9]
        yield Case("TopK", [x, number([9])], [1], 2, opset=11, expected=[np.take_along_axis(x, order, -1), order])
    x = normal(3, 500)
    x[:, ::7], x[0, 3], x[1, 5], x[2, 8:10] = np.nan, np.inf, -np.inf, (0.0, -0.0)
    for largest in (0, 1):  # PyTorch's and NumPy's order: NaN is the largest
        key = np.where(np.isnan(x), np.inf, x).astype(D) * (-1 if largest else 1)
        rank = np.where(np.isnan(x), 0 if largest else 2, 1)
        order = np.stack([np.lexsort((key[i], rank[i])) for i in range(3)])[:, :80]
        yield Case("TopK", [x, number([80])], [1], 2, opset=11, largest=largest,
                   expected=[np.take_along_axis(x, order, -1), order])
    for last in (0, 1):
        flipped = np.argmax(np.isnan(x[:, ::-1]), -1)
        first = [np.argmax(np.isnan(x), -1), 499 - flipped][last]
        for op in ("ArgMax", "ArgMin"):
            yield Case(op, [x], opset=13, axis=1, select_last_index=last, keepdims=0, expected=[first])
            yield Case(op, [x.astype(D)], opset=13, axis=1, select_last_index=last, keepdims=0, expected=[first])
    for op in ("ArgMax", "ArgMin"):
        for dtype in (F, D, I32, np.int8, U8):
            for last in (0, 1):
                for axis in (0, 1, -1):
                    yield Case(op, [whole(0, 9, (5, 300, 7), dtype)], opset=13, axis=axis, select_last_index=last,
                               keepdims=last)


def indexing():
    for dtype in (F, D, I64, I32, U8, np.int8, np.bool_):
        x = whole(0, 100, (6, 7, 8), dtype)
        yield Case("GatherElements", [x, whole(-7, 7, (6, 5, 8), I64)], opset=13, axis=1)
        yield Case("GatherElements", [x, whole(-8, 8, (3, 7, 30), I32)], opset=13, axis=-1)
        yield Case("GatherND", [x, whole(-6, 6, (4, 3, 2), I64)], opset=13)
        yield Case("GatherND", [x, whole(-7, 7, (6, 5, 2), I64)], opset=13, batch_dims=1)
        at = np.stack([RNG.permutation(7)[:4] for _ in range(48)], axis=0).reshape(6, 8, 4).transpose(0, 2, 1).copy()
        updates = whole(0, 9, (6, 4, 8), dtype)
        yield Case("ScatterElements", [x, at, updates], opset=13, axis=1)
        tuples = RNG.permutation(42)[:20]
        yield Case("ScatterND", [x, np.stack([tuples // 7, tuples % 7], -1), whole(0, 9, (20, 8), dtype)], opset=13)
    for dtype in (F, D, I64, I32):
        for reduction in ("add", "mul", "max", "min"):
            x, at = whole(-9, 9, (5, 6), dtype), whole(-5, 5, (9, 6), I64)
            yield Case("ScatterElements", [x, at, whole(-3, 9, (9, 6), dtype)], axis=0, reduction=reduction)
            rows = np.repeat(whole(-5, 5, (9, 1), I64), 6, 1)  # as an exporter expands them
            yield Case("ScatterElements", [x, rows, whole(-3, 9, (9, 6), dtype)], axis=0, reduction=reduction)
            yield Case("ScatterND", [x, at[:, :1], whole(-3, 9, (9, 6), dtype)], reduction=reduction)
    yield Case("GatherElements", [normal(300, 400), whole(-300, 300, (500, 400), I64)], opset=13, axis=0)
    for dtype in (F, D, I64, I32):
        for axis in (0, 1, -1):
            for exclusive, reverse in ((0, 0), (1, 0), (0, 1), (1, 1)):
                x = whole(-9, 9, (4, 17, 6), dtype)
                for fixed in ((), (1,)):
                    yield Case("CumSum", [x, number(axis)], fixed, opset=14, exclusive=exclusive, reverse=reverse)
    for dtype in (F, D, I64, I32, U8):
        for axis in (0, 1, -1):
            x = whole(0 if dtype is U8 else -12, 12, (5, 6), dtype)
            hot = np.moveaxis(
                (x[..., None] % 10 == np.arange(10)) & (x >= -10)[..., None] & (x < 10)[..., None], -1, axis
            )
            for values in (np.array([2, 5], F), np.array([0, 1], np.bool_)):
                yield Case(
                    "OneHot", [x, number([10]), values], [1], opset=11, axis=axis, expected=[values[hot.astype(I64)]]
                )
    for dtype in (F, D, I64, np.bool_):
        for k in (None, -I64(1 << 62), -3, 0, 2, 100, I64((1 << 63) - 1)):
            for upper in (0, 1):
                x = whole(0, 2 if dtype is np.bool_ else 99, (3, 9, 11), dtype)
                f = np.triu if upper else np.tril
                k_ = 0 if k is None else int(max(-50, min(50, k)))
                yield Case("Trilu", [x, None if k is None else number(k)], opset=14, upper=upper, expected=[f(x, k_)])


def products():
    for dtype in (F, D, I32, I64):
        for a, b in (([5], [5]), ([5], [5, 3]), ([4, 5], [5]), ([2, 3, 4, 5], [5, 7]), ([4, 5], [6, 5, 7]),
                     ([2, 1, 4, 5], [3, 5, 7]), ([5], [2, 5, 3]), ([2, 4, 5], [5]), ([3, 4, 0], [0, 5]),
                     ([2, 0, 3], [2, 3, 4])):
            for fixed in ((), (1,)):
                if 0 in a + b:
                    zeros = np.matmul(np.zeros(a, dtype), np.zeros(b, dtype))
                    yield Case("MatMul", [np.zeros(a, dtype), np.zeros(b, dtype)], fixed, opset=13, expected=[zeros])
                else:
                    yield Case("MatMul", [whole(-9, 9, a, dtype), whole(-9, 9, b, dtype)], fixed, opset=13)
    for m, k, n in ((1, 1, 1), (1, 300, 1000), (13, 7, 17), (97, 64, 31), (129, 300, 33), (400, 1030, 65),
                    (500, 16, 1), (700, 1400, 600), (300, 130, 1100)):
        for fixed in ((), (1,)):
            yield Case("MatMul", [normal(m, k), normal(k, n)], fixed, opset=13, isas=True, atol=2e-4)
            yield Case("MatMul", [normal(2, 3, m % 40 + 1, k), normal(3, k, n)], fixed, opset=13, atol=2e-4)
    for m, k, n in ((3, 4, 5), (130, 300, 70)):
        for bits in range(4):
            for shape in (None, [], [1], [n], [1, n], [m, 1], [m, n]):
                a, b = normal(*((k, m) if bits & 1 else (m, k))), normal(*((n, k) if bits & 2 else (k, n)))
                c = None if shape is None else normal(*shape)
                for fixed in ((), (1,)):
                    yield Case("Gemm", [a, b] if c is None else [a, b, c], fixed, opset=13, transA=bits & 1,
                               transB=bits >> 1, alpha=0.5, beta=-1.5, atol=2e-4)
    for dtype in (D,):
        yield Case("Gemm", [normal(7, 3, dtype=dtype), normal(5, 7, dtype=dtype), normal(5, dtype=dtype)], opset=13,
                   transA=1, transB=1, alpha=2.0, beta=0.25)


def einsums():
    for equation, *shapes in (
        ("ij,jk->ik", (5, 300), (300, 7)),
        ("bij,bkj->bik", (2, 3, 4), (2, 5, 4)),
        ("ij->ji", (3, 4)),
        ("ii->i", (4, 4)),
        ("ii", (4, 4)),
        ("ij->", (3, 4)),
        ("i,j", (3,), (4,)),
        ("bhqd,bhkd->bhqk", (2, 3, 9, 8), (2, 3, 7, 8)),
        ("...ij,...jk->...ik", (2, 3, 4), (4, 5)),
        ("...ij,...jk", (2, 1, 3, 4), (6, 4, 5)),
        ("aBc,cd->dBa", (2, 3, 4), (4, 5)),
        ("ba,Ca", (2, 3), (4, 3)),
        ("...i->...", (2, 3, 4)),
        ("ij, jk, kl -> il", (2, 3), (3, 4), (4, 5)),
        ("ij,ij->i", (3, 4), (1, 4)),
        (",i->i", (), (5,)),
    ):
        for dtype in (F, D, I32, I64):
            arrays = [whole(-5, 6, shape, dtype) for shape in shapes]
            plain = [np.broadcast_to(a, (3, 4)) if equation == "ij,ij->i" else a for a in arrays]
            yield Case("Einsum", arrays, opset=12, equation=equation,
                       expected=[np.asarray(np.einsum(equation.replace(" ", ""), *plain), dtype)])


def norms():
    for shape in ((2, 6, 5, 7), (1, 64, 9, 9), (3, 48, 300), (2, 32, 3, 4, 5), (4, 6), (1, 320, 12, 12)):
        x, channels = normal(*shape) * 3 + 2, shape[1]
        for pool in {len(shape) > 2, False}:
            if len(shape) > 2:
                yield Case(
                    "InstanceNormalization", [x, normal(channels), normal(channels)], epsilon=1e-3, behind_pool=pool
                )
            for opset, groups in ((18, 2), (21, 2), (21, channels // 2), (21, 1)):
                scale, bias = normal(groups if opset < 21 else channels), normal(groups if opset < 21 else channels)
                repeat = channels // groups if opset < 21 else 1
                parts = x.reshape(shape[0], groups, -1).astype(D)
                y = (parts - parts.mean(-1, keepdims=True)) / np.sqrt(parts.var(-1, keepdims=True) + 1e-5)
                tail = (channels,) + (1,) * (len(shape) - 2)
                y = y.reshape(shape) * np.repeat(scale, repeat).reshape(tail) + np.repeat(bias, repeat).reshape(tail)
                yield Case("GroupNormalization", [x, scale, bias], opset=opset, num_groups=groups, behind_pool=pool,
                           expected=[y.astype(F)])
    for shape, axis in (((4, 7), -1), ((2, 3, 300), -1), ((2, 3, 4, 5), 1), ((2, 3, 4, 5), -2), ((5, 1000), 0)):
        x, inner = normal(*shape) * 2 + 1, shape[axis:]
        for scale, bias in ((inner, inner), (inner, None), (inner[-1:], inner), ((1,), (1,))):
            factors = [normal(*scale)] + ([normal(*bias)] if bias else [])
            numbers = 3 if np.prod(inner) > 1 and scale == inner else 1
            yield Case("LayerNormalization", [x, *factors], outputs=numbers, opset=17, axis=axis, epsilon=1e-4)
        y = x / np.sqrt(np.mean(np.square(x.astype(D)), tuple(range(axis % x.ndim, x.ndim)), keepdims=True) + 1e-5)
        scale = normal(*inner)
        yield Case("RMSNormalization", [x, scale], opset=23, axis=axis, expected=[(y * scale).astype(F)])
    x = normal(3, 5, 4, 6)
    for p in (1, 2):
        for axis in (0, 1, -1):
            yield Case("LpNormalization", [x], axis=axis, p=p)
    for size in (1, 3, 5, 21):
        yield Case("LRN", [normal(2, 9, 20, 15)], size=size, alpha=0.02, beta=0.6, bias=1.5)
    for opset, axis in ((11, 1), (11, 2), (13, 0), (13, -1)):
        yield Case("Hardmax", [whole(0, 5, (3, 4, 6), F)], opset=opset, axis=axis)
    for axes in ([0, 2, 3], [1], [0, 1, 2, 3], [-1, 1]):
        yield Case("MeanVarianceNormalization", [x], opset=13, axes=axes)
    for dtype in (F, U8, np.float16):
        for block in (1, 2, 3):
            y = whole(0, 99, (2, 2 * block * block, 5, 4), dtype)
            for mode in ("DCR", "CRD"):
                expected = y.reshape((2, block, block, 2, 5, 4) if mode == "DCR" else (2, 2, block, block, 5, 4))
                expected = expected.transpose((0, 3, 4, 1, 5, 2) if mode == "DCR" else (0, 1, 4, 2, 5, 3))
                yield Case("DepthToSpace", [y], opset=13, blocksize=block, mode=mode,
                           expected=[expected.reshape(2, 2, 5 * block, 4 * block)])
            z = whole(0, 99, (2, 3, 5 * block, 4 * block), dtype)
            expected = z.reshape(2, 3, 5, block, 4, block).transpose(0, 3, 5, 1, 2, 4).reshape(2, -1, 5, 4)
            yield Case("SpaceToDepth", [z], opset=13, blocksize=block, expected=[expected])
    for batch in (0, 1):
        yield Case("ReverseSequence", [normal(4, 4, 3), whole(1, 5, 4, I64)], opset=10, batch_axis=batch,
                   time_axis=1 - batch)
    x = np.concatenate([normal(500) * 3, F([0, -0.0, 80, -80, np.inf, np.nan])])
    for approximate in ("none", "tanh"):
        yield Case("Gelu", [x if approximate == "none" else x[np.isfinite(x)]], opset=20, approximate=approximate)


def suppressions():
    """NonMaxSuppression: few distinct scores make ties; clusters of boxes overlap, corners are swapped."""
    def boxes(batch, count, spread):
        corner = RNG.uniform(0, spread, (batch, count, 2))
        box = np.concatenate([corner, corner + RNG.uniform(1, 40, (batch, count, 2))], -1)
        return np.where(RNG.random((batch, count, 1)) < 0.3, box[..., [2, 3, 0, 1]], box).astype(F)

    def case(box, scores, most, iou, least, center=0):
        yield Case("NonMaxSuppression", [box, scores, *[None if x is None else number(x, t) for x, t in
                                                        ((most, I64), (iou, F), (least, F))]],
                   opset=11, center_point_box=center)

    for count in (0, 1, 15, 16, 17, 33, 500):
        for most in (0, 3, 1 << 62):
            box = boxes(2, count, 200)
            scores = whole(0, 20, (2, 3, count)) / F(20)
            yield from case(box, scores, most, 0.5, 0.25)
            yield from case(box, scores, most, 0.0, None)
            yield from case(box, scores, most, None, 0.5)
            yield from case(box, scores, most, 1.0, 0.5, 1)
            yield from case(box, normal(2, 3, count), most, 0.3, None, 1)
    box = boxes(1, 2000, 400)
    yield from case(box, RNG.random((1, 8, 2000), F), 100, 0.6, 0.05)
    apart = box + RNG.integers(0, 40, (1, 2000, 1)).astype(F) * F(450)  # classes that an exporter has moved
    yield from case(apart, RNG.random((1, 1, 2000), F), 2000, 0.3, None)
    yield from case(apart, RNG.random((1, 3, 2000), F), 2000, 0.5, 0.2)
    box[0, ::3, 1], box[0, 1::5, 2], box[0, 2::7] = np.nan, np.inf, 0.0
    yield from case(box, RNG.random((1, 2, 2000), F), 500, 0.4, 0.1)
    yield from case(box, RNG.random((1, 2, 2000), F), 500, 0.4, 0.1, 1)


def samples():
    """RoiAlign and GridSample: channels around the vectors, boxes inside, across the border and outside."""
    corner = RNG.uniform(-6, 30, (40, 2))
    boxes = np.concatenate([corner, corner + RNG.uniform(0, 20, (40, 2))], 1).astype(F)
    boxes[:3] = [[0, 0, 31, 19], [-90, -90, -80, -80], [5, 5, 5, 5]]
    pictures = RNG.integers(0, 2, 40)
    for channels in (1, 3, 8, 15, 16, 33, 64, 67, 256):
        x = normal(2, channels, 20, 32)
        for ratio, mode, how in ((0, "avg", "half_pixel"), (2, "avg", "output_half_pixel"), (3, "max", "half_pixel")):
            yield Case("RoiAlign", [x, boxes, pictures], isas=True, atol=1e-4, output_height=3, output_width=5,
                       sampling_ratio=ratio, mode=mode, coordinate_transformation_mode=how, spatial_scale=0.7)
        grid = RNG.uniform(-1.3, 1.3, (2, 9, 11, 2)).astype(F)
        for mode, padding in (("linear", "zeros"), ("cubic", "border"), ("nearest", "reflection")):
            yield Case("GridSample", [x, grid], isas=True, opset=20, atol=1e-4, mode=mode, padding_mode=padding)
    volume = RNG.uniform(-1.2, 1.2, (2, 3, 4, 5, 3)).astype(F)
    yield Case("GridSample", [normal(2, 17, 4, 6, 5), volume], isas=True, opset=20, atol=1e-4, align_corners=1)


def clamps():
    """Clip and Relu: limits that cross, are missing, infinite or NaN; exact."""
    floats = np.resize([np.nan, -np.inf, -5, -0.0, 0.3, 2, 7, np.inf], 37)
    for dtype in (F, D, np.float16):
        if dtype is not np.float16:
            yield Case("Relu", [floats.astype(dtype)], opset=14, rtol=0, atol=0)
        for low, high in itertools.product(LIMITS, LIMITS):
            limits = [None if end is None else number(end, dtype) for end in (low, high)]
            yield Case("Clip", [floats.astype(dtype), *limits], opset=13, rtol=0, atol=0)
    for dtype in (np.int8, np.int16, I32, I64, U8, np.uint16, np.uint32, np.uint64):
        info = np.iinfo(dtype)
        x = np.array([info.min, info.max, 0, 1, 2, 3, 4, 5, 100], dtype)
        for low, high in itertools.product((None, 1, 4), (None, 2, 3)):
            limits = [None if end is None else number(end, dtype) for end in (low, high)]
            ends = [number(info.min if low is None else low, dtype), number(info.max if high is None else high, dtype)]
            yield Case("Clip", [x, *limits], [i for i in (1, 2) if limits[i - 1] is not None], opset=13,
                       expected=[np.minimum(np.maximum(x, ends[0]), ends[1])])
    for attributes in ({}, {"min": 0.0}, {"max": 0.5}, {"min": -np.inf, "max": np.inf}, {"min": 0.5, "max": 0.5}):
        yield Case("Clip", [floats.astype(F)], opset=10, rtol=0, atol=0, **attributes)


@pytest.mark.parametrize("group", [selections, indexing, products, einsums, norms, suppressions, samples, clamps])
def test_against_onnxruntime(group, isas, tally):
    RNG.bit_generator.state = np.random.default_rng(7).bit_generator.state  # whatever ran before
    for case in group():
        try:
            wrong = check(case, isas)
        except Exception as error:  # of ONNX Runtime too: a case that it refuses is no case
            wrong = f"{type(error).__name__}: {error}"
        tally.add(case.name, wrong)
