"""Malformed and extreme operands of operators that select, index, suppress, multiply and normalize.

As test_malformed.py: no crash, no hang, no silent acceptance; a refusal is one line that names the node. Legal extremes
compute what ONNX defines.
"""

import numpy as np
import pytest
from libiou import LIBRARY
from malformed_models import I64_MAX, I64_MIN, collected, f32, i64, node_case
from malformed_run import check_case

F0 = np.float32(0)


def selection_cases():
    x = f32(2, 5)
    for k in (6, -1, I64_MIN, I64_MAX):
        node_case(f"k {k}", "TopK", [x], [i64(k)], outputs=2, refuse=True)
        node_case(f"computed k {k}", "TopK", [x, i64(k)], outputs=2, refuse=True)
    node_case("two k", "TopK", [x], [i64(1, 2)], outputs=2, refuse=True)
    node_case("no k", "TopK", [x], outputs=2, refuse=True)
    node_case("k 0", "TopK", [x], [i64(0)], outputs=2, compute=[f32(2, 0), np.zeros((2, 0), np.int64)])
    node_case("axis 2", "TopK", [x], [i64(1)], {"axis": 2}, outputs=2, refuse=True)
    node_case("rank 0", "TopK", [F0], [i64(1)], outputs=2, refuse=True)
    node_case("of bool", "TopK", [x > 1], [i64(1)], outputs=2, refuse=True)
    node_case("opset 1 without k", "TopK", [x], outputs=2, opset=9, refuse=True)
    node_case("empty", "TopK", [f32(0, 5)], [i64(3)], outputs=2, compute=[f32(0, 3), np.zeros((0, 3), np.int64)])
    node_case("of an empty axis", "ArgMax", [f32(2, 0)], attributes={"axis": 1}, refuse=True)
    node_case("empty", "ArgMax", [f32(0, 2)], attributes={"axis": 1}, compute=[np.zeros((0, 1), np.int64)])
    node_case("axis INT64_MIN", "ArgMin", [x], attributes={"axis": I64_MIN}, refuse=True)
    node_case("rank 0", "ArgMin", [F0], refuse=True)
    for depth in (-1, I64_MIN, I64_MAX, 1 << 40):
        node_case(f"depth {depth}", "OneHot", [i64(0, 1)], [i64(depth), f32(2)], refuse=True)
    node_case("depth 0", "OneHot", [i64(0, 1)], [i64(0), f32(2)], compute=[f32(2, 0)])
    node_case("indices at the ends", "OneHot", [i64(I64_MIN, I64_MAX, -3, 2, 3)], [i64(3), f32(2)],
              compute=[np.float32([[0, 0, 0], [0, 0, 0], [1, 0, 0], [0, 0, 1], [0, 0, 0]])])
    node_case("indices NaN and Inf", "OneHot", [np.float32([np.nan, np.inf, -np.inf, 1])], [i64(2), f32(2)],
              compute=[np.float32([[0, 0], [0, 0], [0, 0], [0, 1]])])
    node_case("three values", "OneHot", [i64(0)], [i64(2), f32(3)], refuse=True)
    node_case("rank 8", "OneHot", [np.zeros([1] * 8, np.int64)], [i64(2), f32(2)], refuse=True)
    for axis in (2, -3, I64_MIN, I64_MAX):
        for op in ("CumSum",):
            node_case(f"axis {axis}", op, [x], [i64(axis)], refuse=True)
            node_case(f"computed axis {axis}", op, [x, i64(axis)], refuse=True)
    node_case("rank 0", "CumSum", [F0], [np.int64(0)], refuse=True)
    node_case("empty", "CumSum", [f32(2, 0)], [np.int64(1)], compute=[f32(2, 0)])
    node_case("INT32 wraps", "CumSum", [np.int32([2**31 - 1, 1])], [np.int64(0)],
              compute=[np.int32([2**31 - 1, -2**31])])
    node_case("two axes", "CumSum", [x], [i64(0, 1)], refuse=True)
    node_case("rank 1", "Trilu", [f32(3)], refuse=True)
    node_case("no rows", "Trilu", [f32(0, 3)], compute=[f32(0, 3)])
    node_case("no columns", "Trilu", [f32(3, 0)], compute=[f32(3, 0)])
    node_case("k INT64_MIN", "EyeLike", [x], attributes={"k": I64_MIN}, compute=[np.zeros((2, 5), np.float32)])
    node_case("dtype 77", "EyeLike", [x], attributes={"dtype": 77}, refuse=True)
    node_case("rank 3", "EyeLike", [f32(1, 2, 3)], refuse=True)
    node_case("true beyond the end", "Compress", [f32(2), np.array([True, False, True])], refuse=True)
    node_case("condition of rank 2", "Compress", [x, np.ones((1, 2), bool)], refuse=True)
    node_case("nothing", "Compress", [x, np.zeros(3, bool)], compute=[f32(0)])
    node_case("axis 2", "Compress", [x, np.ones(2, bool)], attributes={"axis": 2}, refuse=True)
    node_case("empty", "Compress", [f32(0, 2), np.zeros(0, bool)], attributes={"axis": 0}, compute=[f32(0, 2)])


def attention_cases():
    x, none = f32(1, 2, 3, 4), f32(1, 0, 3, 4)
    for name, heads in (("queries", [none, x, x]), ("keys", [x, none, none])):
        node_case(f"no heads of {name}", "Attention", heads, opset=24, refuse=True)
    node_case("elements of 0 heads", "Attention", [f32(1, 3, 0)] * 3, opset=24, refuse=True,
              attributes={"q_num_heads": 1 << 40, "kv_num_heads": 1 << 40})
    node_case("a mask of one token", "Attention", [x, x, x, f32(3, 1)], opset=24, refuse=True)
    node_case("nothing to look at", "Attention", [x, x, x, np.full((3, 3), -np.inf, np.float32)], opset=24,
              compute=[np.zeros((1, 2, 3, 4), np.float32)])
    counts = [np.array([count]) for count in (-5, 1 << 60)]
    for count in counts:
        node_case(f"{count[0]} tokens", "Attention", [x, x, x], [None, None, None, count], opset=24)
    for position in (-1, 9, I64_MIN, I64_MAX):
        node_case(f"position {position}", "RotaryEmbedding",
                  [x, f32(9, 2), f32(9, 2), np.full((1, 3), position)], opset=23, refuse=True)
        node_case(f"row {position}", "TensorScatter", [f32(1, 9, 4), f32(1, 1, 4), i64(position)],
                  attributes={"axis": 1}, opset=24, refuse=True)
    node_case("no length", "CausalConvWithState", [f32(1, 4, 0), f32(4, 1, 1)], opset=27, compute=[f32(1, 4, 0)])


def signal_cases():
    for length in (0, -1, 999983, 1 << 45, I64_MAX):
        node_case(f"length {length}", "DFT", [f32(1, 3, 1)], [np.int64(length), np.int64(1)], opset=20, refuse=True)
    for step in (0, -1, I64_MIN):
        node_case(f"step {step}", "STFT", [f32(1, 9, 1)], [np.int64(step)], opset=17, refuse=True)
    node_case("frames longer than the signal", "STFT", [f32(1, 9, 1)], [np.int64(1), None, np.int64(10)], refuse=True)
    for rate in (0, -1):
        node_case(f"rate {rate}", "MelWeightMatrix", [np.int64(5), np.int64(16), np.int64(rate),
                                                            np.float32(0), np.float32(9)], refuse=True)


def index_cases():
    x = f32(3, 4)
    for bad in (3, -4, I64_MIN, I64_MAX):
        at = np.array([[bad, 0]])
        node_case(f"index {bad}", "GatherND", [x, at], refuse=True)
        node_case(f"index {bad}", "ScatterND", [x, at, f32(1)], refuse=True)
        node_case(f"index {bad}", "GatherElements", [x, at], attributes={"axis": 0}, refuse=True)
        node_case(f"index {bad}", "ScatterElements", [x, at, f32(1, 2)], attributes={"axis": 0}, refuse=True)
        node_case(f"constant index {bad}", "GatherElements", [x], [at], {"axis": 0}, refuse=True)
        node_case(f"index {bad} of a known vector", "GatherND", [x], [np.array([[bad]])], refuse=True)
    for op, more in (("GatherND", []), ("ScatterND", [f32(1)])):
        node_case("tuples of 3", op, [x, np.zeros((1, 3), np.int64), *more], refuse=True)
        node_case("tuples of 0", op, [x, np.zeros((1, 0), np.int64), *more], refuse=True)
        node_case("indices of rank 0", op, [x, np.int64(0), *more], refuse=True)
        node_case("data of rank 0", op, [F0, np.zeros((1, 1), np.int64), *more], refuse=True)
        node_case("int32 indices", op, [x, np.zeros((1, 2), np.int32), *more], refuse=True)
    for batch in (2, 3, -1, I64_MAX):
        node_case(f"batch_dims {batch}", "GatherND", [x, np.zeros((3, 1), np.int64)], attributes={"batch_dims": batch},
                  refuse=True)
    node_case("batches that differ", "GatherND", [x, np.zeros((2, 1), np.int64)], attributes={"batch_dims": 1},
              refuse=True)
    node_case("no tuples", "GatherND", [x, np.zeros((0, 2), np.int64)], compute=[f32(0)])
    node_case("of nothing", "GatherND", [f32(0, 2), np.zeros((1, 1), np.int64)], refuse=True)
    node_case("no tuples", "ScatterND", [x, np.zeros((0, 2), np.int64), f32(0)], compute=[x])
    node_case("updates of a wrong shape", "ScatterND", [x, np.zeros((1, 1), np.int64), f32(1, 3)], refuse=True)
    node_case("updates of a wrong rank", "ScatterND", [x, np.zeros((1, 1), np.int64), f32(4)], refuse=True)
    node_case("updates of another type", "ScatterND", [x, np.zeros((1, 1), np.int64), i64(1, 2, 3, 4)[None]],
              refuse=True)
    node_case("reduction 'sum'", "ScatterND", [x, np.zeros((1, 1), np.int64), f32(1, 4)], opset=18,
              attributes={"reduction": "sum"}, refuse=True)
    node_case("reduction of bool", "ScatterND", [x > 1, np.zeros((1, 1), np.int64), np.ones((1, 4), bool)], opset=18,
              attributes={"reduction": "add"}, refuse=True)
    for op, more in (("GatherElements", []), ("ScatterElements", [f32(1)])):
        node_case("indices of another rank", op, [x, i64(0), *more], refuse=True)
        node_case(
            "indices that are wider", op, [x, np.zeros((1, 5), np.int64), *[f32(1, 5) for _ in more]], refuse=True
        )
        node_case("axis 2", op, [x, np.zeros((1, 1), np.int64), *[f32(1, 1) for _ in more]], attributes={"axis": 2},
                  refuse=True)
        node_case("of nothing", op, [f32(0, 2), np.zeros((1, 2), np.int64), *[f32(1, 2) for _ in more]], refuse=True)
    node_case("updates of another shape", "ScatterElements", [x, np.zeros((1, 2), np.int64), f32(1, 3)], refuse=True)
    node_case("no indices", "ScatterElements", [x, np.zeros((0, 4), np.int64), f32(0, 4)], compute=[x])
    for lengths in (i64(5, 1), i64(-1, 1), i64(I64_MIN, 1), i64(1)):
        node_case(f"lengths {lengths}", "ReverseSequence", [f32(4, 2), lengths], refuse=True)
    node_case("axes 0 and 0", "ReverseSequence", [f32(4, 2), i64(1, 1)], attributes={"batch_axis": 0}, refuse=True)


def suppression_cases():
    boxes, scores = f32(1, 6, 4), np.ones((1, 2, 6), np.float32)
    half = np.float32([0.5])
    for most in (0, -1, I64_MIN):
        node_case(f"max_output {most}", "NonMaxSuppression", [boxes, scores], [i64(most), half],
                  compute=[np.zeros((0, 3), np.int64)])
    node_case("max_output INT64_MAX", "NonMaxSuppression", [boxes, scores], [i64(I64_MAX), half])
    node_case("computed max_output INT64_MAX", "NonMaxSuppression", [boxes, scores, i64(I64_MAX)])
    for threshold in (1.5, -0.1, np.nan, np.inf):
        node_case(f"iou_threshold {threshold}", "NonMaxSuppression", [boxes, scores], [i64(3), np.float32([threshold])],
                  refuse=True)
    node_case("boxes of rank 2", "NonMaxSuppression", [boxes[0], scores], [i64(3)], refuse=True)
    node_case("scores of rank 2", "NonMaxSuppression", [boxes, scores[0]], [i64(3)], refuse=True)
    node_case("boxes of 5 numbers", "NonMaxSuppression", [f32(1, 6, 5), scores], [i64(3)], refuse=True)
    node_case("another number of boxes", "NonMaxSuppression", [boxes[:, :5], scores], [i64(3)], refuse=True)
    node_case("another number of pictures", "NonMaxSuppression", [np.repeat(boxes, 2, 0), scores], [i64(3)],
              refuse=True)
    node_case("two max_outputs", "NonMaxSuppression", [boxes, scores], [i64(3, 3)], refuse=True)
    node_case("center_point_box 2", "NonMaxSuppression", [boxes, scores], [i64(3)], {"center_point_box": 2},
              refuse=True)
    node_case("no boxes", "NonMaxSuppression", [f32(1, 0, 4), f32(1, 2, 0)], [i64(3)],
              compute=[np.zeros((0, 3), np.int64)])
    node_case("no classes", "NonMaxSuppression", [boxes, f32(1, 0, 6)], [i64(3)], compute=[np.zeros((0, 3), np.int64)])
    nan = np.full((1, 6, 4), np.nan, np.float32)  # NaN overlaps nothing
    node_case("NaN boxes", "NonMaxSuppression", [nan, scores[:, :1]], [i64(9), half],
              compute=[np.stack([np.zeros(6), np.zeros(6), np.arange(6)], -1).astype(np.int64)])
    node_case("NaN scores and a threshold", "NonMaxSuppression", [boxes, scores * np.float32(np.nan)],
              [i64(9), half, half], compute=[np.zeros((0, 3), np.int64)])
    many = np.zeros((1, 1000000, 4), np.float32)
    many[..., 2:] = 1
    node_case("a million boxes at one place", "NonMaxSuppression", [many, np.ones((1, 1, 1000000), np.float32)],
              [i64(I64_MAX), half], compute=[np.zeros((1, 3), np.int64)])


def product_cases():
    a = f32(2, 3)
    for op in ("MatMul", "Gemm"):
        node_case("3 columns, 4 rows", op, [a, f32(4, 2)], refuse=True)
        node_case("rank 0", op, [F0, a], refuse=True)
        node_case("types that differ", op, [a, np.ones((3, 2))], refuse=True)
        node_case("of bool", op, [a > 1, f32(3, 2) > 1], refuse=True)
        node_case("no depth", op, [f32(2, 0), f32(0, 3)], compute=[np.zeros((2, 3), np.float32)])
        node_case("no rows", op, [f32(0, 3), f32(3, 2)], compute=[f32(0, 2)])
        node_case("no columns, constant", op, [a], [f32(3, 0)], compute=[f32(2, 0)])
        node_case("too large", op, [f32(1 << 20, 1), f32(1, 1 << 20)], max_memory=1 << 26, refuse=True)
    node_case("batches that do not broadcast", "MatMul", [f32(2, 2, 3), f32(3, 3, 2)], refuse=True)
    node_case("rank 3", "Gemm", [f32(1, 2, 3), f32(3, 2)], refuse=True)
    for equation in (
        "ij,jk->im",
        "ij,jk->ii",
        "ij,jk->ikk",
        "ij",
        "ij,jk,kl",
        "i.j,jk",
        "i..j,jk",
        "ij;jk",
        "->",
        "",
        ",",
        "ijk,jk",
        "ij,jk-",
        "ij,jk->i->k",
        "ij,jk->ik,",
        "......,jk",
        "ik,ik->ik",
        "i,jk" + "a" * 2000,
        "é,jk",
    ):
        node_case(f"equation {equation[:20]!r}", "Einsum", [a, f32(3, 2)], attributes={"equation": equation},
                  refuse=True)
    node_case("no equation", "Einsum", [a, f32(3, 2)], refuse=True)
    node_case("nothing to add up", "Einsum", [f32(2, 0)], attributes={"equation": "ij->i"},
              compute=[np.zeros(2, np.float32)])
    node_case("to nothing", "Einsum", [f32(2, 0)], attributes={"equation": "ij->ji"}, compute=[f32(0, 2)])
    for c in (f32(3), f32(3, 2), f32(1, 1, 2), f32(2, 3)):
        node_case(f"C {c.shape}", "Gemm", [a, f32(3, 2), c], refuse=True)
    node_case("empty C", "Gemm", [a, f32(3, 2), f32(0)], refuse=True)


def transposed_convolution_cases():
    x, w = f32(1, 4, 5, 5), np.ones((4, 2, 3, 3), np.float32)

    def refuse(name, attributes=None, image=x, weights=w, bias=None, **more):
        constants = [weights] + ([] if bias is None else [bias])
        node_case(name, "ConvTranspose", [image], constants, attributes, refuse=True, **more)

    for size in (0, -1, 1 << 40, I64_MIN, I64_MAX):
        refuse(f"stride {size}", {"strides": [size, 1]})
        refuse(f"dilation {size}", {"dilations": [size, 1]})
        refuse(f"group {size}", {"group": size})
        refuse(f"kernel_shape {size}", {"kernel_shape": [size, 3]})
        refuse(f"output_shape {size}", {"output_shape": [size, 7]})
    for size in (-1, 1 << 40, I64_MIN, I64_MAX):
        refuse(f"output_padding {size}", {"output_padding": [size, 0], "strides": [2, 2]})
        refuse(f"pads {size}", {"pads": [size, 0, 0, 0]})
        refuse(f"pads {size} at the end", {"pads": [0, 0, size, 0]})
    refuse("pads that leave nothing", {"pads": [4, 0, 3, 0]})
    refuse("pads of length 2", {"pads": [1, 1]})
    refuse("strides of length 3", {"strides": [1, 1, 1]})
    refuse("output_padding of length 1", {"output_padding": [1]})
    refuse("output_shape of length 3", {"output_shape": [2, 7, 7]})
    refuse("kernel_shape against weights", {"kernel_shape": [2, 2]})
    refuse("group 3 of 4 channels", {"group": 3})
    refuse("auto_pad 'SOME'", {"auto_pad": "SOME"})
    refuse("weights of other channels", weights=w[:3])
    refuse("weights of rank 3", weights=w[..., 0])
    refuse("weights without a kernel", weights=w[:, :, :0])
    refuse("weights of no channels", image=f32(1, 0, 5, 5), weights=w[:0])
    refuse("bias of another length", bias=np.ones(3, np.float32))
    refuse("bias of rank 2", bias=np.ones((1, 2), np.float32))
    refuse("rank 2", image=f32(4, 5), weights=np.ones((4, 2), np.float32))
    refuse("rank 0", image=F0)
    refuse("of double", image=np.ones((1, 4, 5, 5)))
    refuse("terabytes", {"strides": [1 << 20, 1 << 20]})
    refuse("too large", {"strides": [1 << 11, 1 << 11]}, max_memory=1 << 26)
    refuse("output_shape of terabytes", {"output_shape": [1 << 30, 1 << 30]})
    node_case("empty batch", "ConvTranspose", [f32(0, 4, 5, 5)], [w], compute=[f32(0, 2, 7, 7)])
    node_case("no pixels reach a kernel less a stride", "ConvTranspose", [f32(1, 4, 0, 5)], [w],
              compute=[np.zeros((1, 2, 2, 7), np.float32)])
    node_case("weights computed, of rank 3", "ConvTranspose", [x, f32(4, 2, 3)], refuse=True)
    node_case("output_shape smaller", "ConvTranspose", [np.ones((1, 1, 3), np.float32)],
              [np.ones((1, 1, 1), np.float32)], {"output_shape": [1]}, compute=[np.ones((1, 1, 1), np.float32)])


def norm_cases():
    x, ones = f32(2, 4, 3), np.ones(4, np.float32)
    node_case("scale too short", "InstanceNormalization", [x, ones[:3], ones], refuse=True)
    node_case("rank 1", "InstanceNormalization", [f32(4), ones, ones], refuse=True)
    node_case("no pixels", "InstanceNormalization", [f32(2, 4, 0), ones, ones], compute=[f32(2, 4, 0)])
    for groups in (0, -1, 3, 8, I64_MIN, I64_MAX):
        node_case(f"{groups} groups", "GroupNormalization", [x, ones, ones], attributes={"num_groups": groups},
                  opset=21, refuse=True)
    node_case("no groups given", "GroupNormalization", [x, ones, ones], opset=21, refuse=True)
    node_case("axis 3", "LayerNormalization", [x, f32(3)], attributes={"axis": 3}, refuse=True)
    node_case("scale that enlarges", "LayerNormalization", [x, f32(5, 2, 4, 3)], refuse=True)
    node_case("scale of another length", "LayerNormalization", [x, f32(2)], refuse=True)
    node_case("empty rows", "LayerNormalization", [f32(2, 0), f32(0)], compute=[f32(2, 0)])
    node_case("p 3", "LpNormalization", [x], attributes={"p": 3}, refuse=True)
    node_case("axis 3", "LpNormalization", [x], attributes={"axis": 3}, refuse=True)
    node_case("axis 5", "MeanVarianceNormalization", [x], attributes={"axes": [5]}, refuse=True)
    for size in (0, -1, I64_MIN):
        node_case(f"size {size}", "LRN", [x], attributes={"size": size}, refuse=True)
    node_case("size INT64_MAX", "LRN", [x], attributes={"size": I64_MAX})
    for block in (0, -1, 3, 1 << 40, I64_MIN):
        node_case(f"blocksize {block}", "DepthToSpace", [f32(1, 8, 2, 2)], attributes={"blocksize": block}, refuse=True)
        node_case(f"blocksize {block}", "SpaceToDepth", [f32(1, 8, 2, 2)], attributes={"blocksize": block}, refuse=True)
    node_case("mode XYZ", "DepthToSpace", [f32(1, 4, 2, 2)], attributes={"blocksize": 2, "mode": "XYZ"}, refuse=True)
    node_case("approximate 'fast'", "Gelu", [x], attributes={"approximate": "fast"}, opset=20, refuse=True)
    node_case("alpha 0", "Celu", [x], attributes={"alpha": 0.0}, refuse=True)
    node_case("direction 'UP'", "BitShift", [np.uint8([1]), np.uint8([1])], attributes={"direction": "UP"}, refuse=True)
    node_case("by more than the width", "BitShift", [np.uint8([255, 255]), np.uint8([8, 255])],
              attributes={"direction": "LEFT"}, compute=[np.uint8([0, 0])])


@pytest.mark.parametrize("group", [selection_cases, attention_cases, signal_cases, index_cases, suppression_cases,
                                   product_cases, norm_cases, transposed_convolution_cases])
def test_models(group, tally):
    for case in collected(group):
        check_case(case, LIBRARY, tally)
