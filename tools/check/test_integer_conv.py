"""ConvInteger and QLinearConv of every algorithm against sums in double precision, which hold them exactly.

Shapes around the edges of tiles, panels, vectors and blocks, bytes of both signs with zero points, weights that reach
the bounds of 16-bit transforms; every instruction set, one, two and five threads. All must have the same bits.
"""

import numpy as np
import pytest
import torch
from libiou import IoUError, Session, available_isas
from onnx import TensorProto, helper, numpy_helper

TYPES = {np.uint8: TensorProto.UINT8, np.int8: TensorProto.INT8}


class Case:
    """A convolution of bytes; `kernel`, `stride`, `dilation` are height and width, `pads` all four."""

    def __init__(self, name, ins, outs, size, kernel=(3, 3), pads=(1, 1, 1, 1), stride=(1, 1), dilation=(1, 1), group=1,
                 batch=1, image=np.uint8, weights=np.int8, own_zeros=False, weight_zero=0):
        self.name, self.image, self.group, self.outs = name, image, group, outs
        self.pads, self.stride, self.dilation = pads, stride, dilation
        rng = np.random.default_rng(sum(map(ord, name)))
        info, bytes_ = np.iinfo(image), np.iinfo(weights)
        self.x = rng.integers(info.min, info.max, (batch, ins, *size), endpoint=True).astype(image)
        self.w = np.clip(rng.normal(0, 40, (outs, ins // group, *kernel)).round() + weight_zero, bytes_.min,
                         bytes_.max).astype(weights)
        self.x_zero = image(rng.integers(info.min, info.max, endpoint=True))
        zeros = rng.integers(-3, 3, outs, endpoint=True) if own_zeros else [weight_zero]
        self.w_zero = np.array(zeros, weights)

    def sums(self):
        """Exact: doubles hold integers below 2^53."""
        x = torch.from_numpy(self.x.astype(np.float64) - float(self.x_zero))
        w = torch.from_numpy(self.w.astype(np.float64) - self.w_zero.astype(np.float64).reshape(-1, 1, 1, 1))
        top, left, bottom, right = self.pads
        x = torch.nn.functional.pad(x, (left, right, top, bottom))
        return torch.nn.functional.conv2d(x, w, None, self.stride, 0, self.dilation, self.group).numpy()

    def attributes(self):
        return {"pads": self.pads, "strides": self.stride, "dilations": self.dilation, "group": self.group,
                "kernel_shape": self.w.shape[2:]}


CASES = [
    *(Case(f"winograd {h}x{w}", 16, 40, (h, w)) for h, w in ((1, 1), (2, 5), (4, 4), (5, 3), (8, 9), (13, 17))),
    *(Case(f"winograd {ins} to {outs}", ins, outs, (9, 10)) for ins, outs in ((15, 33), (33, 64), (70, 31), (64, 16))),
    Case("winograd of int8", 32, 32, (10, 7), image=np.int8, batch=2),
    Case("winograd of uint8 weights", 32, 32, (10, 7), weights=np.uint8, weight_zero=128),
    Case("winograd without padding", 32, 32, (10, 7), pads=(0, 0, 0, 0)),
    Case("winograd of one-sided padding", 32, 32, (10, 7), pads=(2, 0, 0, 1)),
    *(Case(f"pixels {ins}", ins, 40, (7, 11), (1, 1), (0, 0, 0, 0)) for ins in (1, 3, 4, 16, 27, 64)),
    *(Case(f"stem {w}", 3, 33, (9, w), (7, 7), (3, 3, 3, 3), (2, 2)) for w in (5, 16, 70, 140)),
    Case("stride", 24, 20, (13, 15), stride=(2, 2)),
    Case("stride of wide lines", 8, 20, (6, 150), stride=(2, 2), pads=(1, 0, 1, 3)),
    Case("dilation", 12, 20, (13, 15), dilation=(2, 3), pads=(2, 3, 2, 3)),
    Case("dilation of lines", 5, 20, (13, 15), dilation=(3, 1), pads=(3, 1, 3, 1)),
    Case("groups", 24, 30, (9, 8), group=3),
    Case("groups of odd channels", 15, 30, (9, 70), group=3, image=np.int8),
    *(Case(f"{n // width} groups of {width}", n, n, (6, 9), group=n // width) for width in (4, 8, 16)
      for n in (16, 32, 48, 64, 80, 112, 128) if n > width),
    *(Case(f"groups of {width} {name}", 96, 96, (9, 11), group=96 // width, **options) for width in (4, 8, 16)
      for name, options in (("with strides", {"stride": (2, 3), "pads": (1, 2, 0, 1), "batch": 2}),
                            ("with dilations", {"kernel": (3, 2), "dilation": (2, 2), "pads": (2, 2, 2, 2)}),
                            ("1x1", {"kernel": (1, 1), "pads": (0, 0, 0, 0)}),
                            ("of wide weights", {"weights": np.uint8, "weight_zero": 60}))),
    Case("groups of 4 to 8", 32, 64, (6, 9), group=8),
    Case("long kernel", 6, 10, (5, 40), (1, 9), (0, 4, 0, 4)),
    Case("zero points of channels", 20, 12, (9, 8), own_zeros=True),
    *(Case(f"depthwise {c}", c, c, (7, 12), group=c) for c in (1, 15, 16, 31, 33, 64, 97, 144)),
    *(Case(f"depthwise by {stride} of {c}", c, c, (7, 12), group=c, stride=(1, stride)) for c in (33, 64)
      for stride in (1, 2)),
    *(Case(f"depthwise 3x{k}", 80, 80, (7, 12), (3, k), (1, 1, 1, 1), group=80) for k in (1, 2, 4)),
    Case("depthwise with dilated lines", 80, 80, (7, 12), group=80, dilation=(2, 1), pads=(2, 1, 2, 1)),
    Case("depthwise with strides", 48, 48, (9, 11), group=48, stride=(2, 3), pads=(1, 2, 0, 1)),
    Case("depthwise with dilations", 48, 48, (9, 11), group=48, dilation=(2, 2), pads=(2, 2, 2, 2)),
    Case("depthwise 5x5", 40, 40, (6, 6), (5, 5), (2, 2, 2, 2), group=40),
    Case("depthwise of narrow lines", 40, 40, (9, 2), (3, 3), (1, 1, 1, 1), group=40),
    Case("depthwise of int8", 40, 40, (9, 12), group=40, image=np.int8),
    Case("depthwise of wide weights", 40, 40, (9, 12), group=40, weights=np.uint8, weight_zero=3),
]


def run_everywhere(model, feeds, tally, expected, most=0):
    for isa in available_isas(integers=True):
        for threads in (1, 2, 5):
            found = Session(model, isa=isa, threads=threads).run_listed(feeds)[0]
            apart = np.abs(found.astype(np.int64) - expected).max()
            tally.add(f"{isa}, {threads} threads", None if apart <= most else f"{apart} apart")


def model_of(node, inputs, output, constants):
    graph = helper.make_graph([node], "g", inputs, [output], constants)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8).SerializeToString()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_sums(case, tally):
    sums = case.sums()
    constants = [numpy_helper.from_array(np.asarray(v), n) for n, v in
                 (("w", case.w), ("xz", case.x_zero), ("wz", case.w_zero if case.w_zero.size > 1 else case.w_zero[0]))]
    node = helper.make_node("ConvInteger", ["x", "w", "xz", "wz"], ["y"], **case.attributes())
    model = model_of(node, [helper.make_tensor_value_info("x", TYPES[case.image], case.x.shape)],
                     helper.make_tensor_value_info("y", TensorProto.INT32, sums.shape), constants)
    run_everywhere(model, {"x": case.x}, tally, sums.astype(np.int64))


@pytest.mark.parametrize("limited", (False, True))
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_bytes(case, limited, tally):
    """Sums times a float32 factor a channel, with a bias, as bytes; `limited`: factors up to 2, that saturate."""
    rng = np.random.default_rng(3)
    bias = rng.integers(-9999, 9999, case.outs).astype(np.int32)
    sums = case.sums() + bias.reshape(-1, 1, 1)
    x_scale, y_scale = np.float32(0.02), np.float32(0.01 if limited else 40.0)
    w_scale = rng.uniform(0.3, 1, case.outs).astype(np.float32)
    factor = x_scale * w_scale / y_scale
    info, zero = np.iinfo(case.image), case.image(3)
    product = sums.astype(np.float32) * factor.reshape(-1, 1, 1)
    expected = np.clip(np.rint(product) + float(zero), info.min, info.max).astype(np.int64)
    constants = [numpy_helper.from_array(np.asarray(v), n) for n, v in (
        ("xs", x_scale), ("xz", case.x_zero), ("w", case.w), ("ws", w_scale), ("ys", y_scale), ("yz", zero),
        ("b", bias), ("wz", np.broadcast_to(case.w_zero, (case.outs,)).copy()))]
    node = helper.make_node("QLinearConv", ["x", "xs", "xz", "w", "ws", "wz", "ys", "yz", "b"], ["y"],
                            **case.attributes())
    model = model_of(node, [helper.make_tensor_value_info("x", TYPES[case.image], case.x.shape)],
                     helper.make_tensor_value_info("y", TYPES[case.image], sums.shape), constants)
    assert len(np.unique(expected)) > 1
    run_everywhere(model, {"x": case.x}, tally, expected)


@pytest.mark.parametrize("sign", (1, -1))
@pytest.mark.parametrize("channels, algorithm", ((115, "integer Winograd"), (116, "integer product")))
def test_bounds(channels, algorithm, sign, tally):
    """The largest sums that Winograd's are exact for, 2^25 at most, and those beyond."""
    w = np.full((64, channels, 3, 3), 127 * sign, np.int8)
    x = np.full((1, channels, 16, 16), 255, np.uint8)
    x[:, :, ::3, ::2] = 0
    case = Case("bounds", channels, 64, (16, 16))
    case.w, case.x, case.x_zero = w, x, np.uint8(0)
    sums = case.sums()
    constants = [numpy_helper.from_array(w, "w")]
    node = helper.make_node("ConvInteger", ["x", "w"], ["y"], **case.attributes())
    model = model_of(node, [helper.make_tensor_value_info("x", TensorProto.UINT8, x.shape)],
                     helper.make_tensor_value_info("y", TensorProto.INT32, sums.shape), constants)
    run_everywhere(model, {"x": x}, tally, sums.astype(np.int64))
    for isa in set(available_isas(integers=True)) - {"scalar", "blas"}:
        session = Session(model, isa=isa, profile=True)
        session.run_listed({"x": x})
        steps = [entry["algorithm"] for entry in session.profile()]
        tally.add(isa, None if algorithm in steps else f"steps {steps}")


def test_shared_weights(tally):
    """Filters that two convolutions pack otherwise: windows in lines, and with gaps."""
    plain = Case("shared", 1, 9, (15, 14), stride=(2, 2))
    wide = Case("shared", 1, 9, (15, 14), stride=(2, 2), dilation=(2, 2), pads=(2, 2, 2, 2))
    nodes = [helper.make_node("ConvInteger", ["x", "w", "xz"], [name], **case.attributes())
             for name, case in (("a", plain), ("b", wide))]
    constants = [numpy_helper.from_array(np.asarray(v), n) for n, v in (("w", plain.w), ("xz", plain.x_zero))]
    outputs = [helper.make_tensor_value_info(n, TensorProto.INT32, None) for n in "ab"]
    inputs = [helper.make_tensor_value_info("x", TensorProto.UINT8, plain.x.shape)]
    graph = helper.make_graph(nodes, "g", inputs, outputs, constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8).SerializeToString()
    for isa in available_isas(integers=True):
        found = Session(model, isa=isa).run_listed({"x": plain.x})
        for case, ours in zip((plain, wide), found):
            tally.add(isa, None if np.array_equal(ours, case.sums()) else "other sums")


@pytest.mark.parametrize("kernel", ((4, 2**30, 2**30), (16, 2**30, 2**30)))
def test_kernel_of_too_many_taps(kernel):
    """Weights without channels take no bytes, whatever their kernel."""
    half = [2, 2**29, 2**29]
    node = helper.make_node("ConvInteger", ["x", "w"], ["y"], pads=[*half, *half])
    weights = helper.make_tensor("w", TensorProto.UINT8, [1, 0, *kernel], b"", raw=True)
    model = model_of(node, [helper.make_tensor_value_info("x", TensorProto.UINT8, [1, 0, 1, 1, 1])],
                     helper.make_tensor_value_info("y", TensorProto.INT32, None), [weights])
    with pytest.raises(IoUError):
        Session(model).run_listed({"x": np.zeros((1, 0, 1, 1, 1), np.uint8)})
