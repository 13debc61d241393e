"""Extreme operands of operators that pictures go through: empty ones, windows, sizes."""

import numpy as np
from malformed_models import I64_MIN, F, add, constant, f32, i64, node_case, proto
from onnx import helper, numpy_helper


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
    node_case(
        "a picture of one, linear, to 2^20",
        "Resize",
        [f32(1, 1, 1, 1)],
        [None, None, i64(1, 1, 1 << 10, 1 << 10)],
        {"mode": "linear"},
        compute=[np.zeros((1, 1, 1 << 10, 1 << 10), np.float32)],
    )
