"""Malformed and extreme operands of the operators that quantize.

As test_malformed.py: no crash, no hang, no silent acceptance; a refusal is one line that names the node. Legal extremes
compute what ONNX defines.
"""

import ml_dtypes
import numpy as np
import pytest
from libiou import LIBRARY
from malformed_models import I64_MAX, I64_MIN, collected, f32, node_case
from malformed_run import check_case

ONE = np.float32(1)
BAD_SCALES = (0, -0.5, np.nan, np.inf, -np.inf)


def u8(*shape):
    return np.ones(shape, np.uint8)


def i8(*shape):
    return np.ones(shape, np.int8)


def both(name, op, arrays, constants, **more):
    """The last operands as constants, and computed."""
    node_case(f"{name}, constant", op, arrays, constants, **more)
    node_case(f"{name}, computed", op, [*arrays, *constants], **more)


def scale_cases():
    x = f32(2, 3)
    for bad in BAD_SCALES:
        scale = np.float32(bad)
        both(f"scale {bad}", "QuantizeLinear", [x], [scale, np.uint8(1)], refuse=True)
        both(f"scale {bad}", "DequantizeLinear", [u8(2, 3)], [scale, np.uint8(1)], refuse=True)
        both(f"scale {bad} of the last channel", "QuantizeLinear", [x], [np.float32([1, 1, bad])], refuse=True)
        both(f"scale {bad} of the last channel", "DequantizeLinear", [i8(2, 3)], [np.float32([1, 1, bad])], refuse=True)
        for place in (1, 4, 6):
            given = [u8(1, 2, 3, 3), ONE, np.uint8(0), i8(4, 2, 1, 1), ONE, np.int8(0), ONE, np.uint8(0)]
            given[place] = scale
            both(f"scale {bad} as input {place}", "QLinearConv", given[:1], given[1:], refuse=True)
            given[0], given[3] = u8(2, 3), i8(3, 4)
            both(f"scale {bad} as input {place}", "QLinearMatMul", given[:1], given[1:], refuse=True)
        given = [u8(1, 4, 3, 3), ONE, np.uint8(0), i8(4, 1, 1, 1), np.float32([1, 1, 1, bad]), np.int8([0] * 4), ONE,
                 np.uint8(0)]
        both(f"scale {bad} of the last filter", "QLinearConv", given[:1], given[1:], attributes={"group": 4},
             refuse=True)
        both(f"scale {bad}", "QLinearSigmoid", [u8(3)], [scale, np.uint8(0), ONE, np.uint8(0)], refuse=True,
             domain="com.microsoft")
    for bad in (np.nan, np.inf, -np.inf):
        node_case(f"a value {bad}", "DynamicQuantizeLinear", [np.float32([1, bad])], outputs=3, refuse=True)
    node_case("nothing", "DynamicQuantizeLinear", [f32(0)], outputs=3, compute=[u8(0), ONE, np.uint8(0)])
    tiny = np.float32([1e-44, 0])
    node_case("a range that vanishes", "DynamicQuantizeLinear", [tiny], outputs=3,
              compute=[np.uint8([0, 0]), ONE, np.uint8(0)])
    node_case("a range that overflows", "DynamicQuantizeLinear", [np.float32([-3e38, 3e38])], outputs=3, refuse=True)


def zero_point_cases():
    x = f32(2, 3)
    node_case("a zero point of float", "QuantizeLinear", [x], [ONE, ONE], refuse=True)
    node_case("a zero point of int32", "QuantizeLinear", [x], [ONE, np.int32(1)], refuse=True)
    node_case("a zero point of another type", "DequantizeLinear", [u8(2, 3)], [ONE, np.int8(1)], refuse=True)
    node_case("a zero point of another type than said", "QuantizeLinear", [x], [ONE, np.int8(1)],
              attributes={"output_dtype": 2}, opset=21, refuse=True)
    node_case("three zero points, one scale", "QuantizeLinear", [x], [ONE, u8(3)], refuse=True)
    node_case("one zero point, three scales", "QuantizeLinear", [x], [np.float32([1, 1, 1]), np.uint8(1)], refuse=True)
    node_case("two zero points, three scales", "DequantizeLinear", [u8(2, 3)], [np.float32([1, 1, 1]), u8(2)],
              refuse=True)
    node_case("a zero point of another type", "ConvInteger", [u8(1, 1, 3, 3)], [i8(1, 1, 1, 1), np.int8(1)],
              refuse=True)
    node_case("zero points of the image", "ConvInteger", [u8(1, 2, 3, 3)], [i8(2, 2, 1, 1), u8(2)], refuse=True)
    node_case("zero points of other filters", "ConvInteger", [u8(1, 2, 3, 3)],
              [i8(2, 2, 1, 1), np.uint8(0), i8(3)], refuse=True)
    node_case("zero points of other rows", "MatMulInteger", [u8(2, 3)], [i8(3, 4), u8(3)], refuse=True)
    node_case("zero points of other columns", "MatMulInteger", [u8(2, 3)], [i8(3, 4), np.uint8(0), i8(3)], refuse=True)
    node_case("the ends of int8", "MatMulInteger", [np.int8([[-128, 127]])], [np.int8([[-128], [127]]), np.int8(127),
                                                                           np.int8(-128)],
              compute=[np.int32([[0]])])
    node_case("the ends of a sum", "MatMulInteger", [np.full((1, 40000), 255, np.uint8)],
              [np.full((40000, 1), 255, np.uint8)], compute=[np.int32([[255 * 255 * 40000 - (1 << 32)]])])
    node_case("NaN and infinities", "QuantizeLinear", [np.float32([np.nan, np.inf, -np.inf, 3e38])], [ONE, np.int8(3)],
              compute=[np.int8([3, 127, -128, 127])])


def shape_cases():
    x, three = f32(2, 3), np.float32([1, 1, 1])
    for axis in (2, -3, I64_MIN, I64_MAX):
        node_case(f"axis {axis}", "QuantizeLinear", [x], [three], attributes={"axis": axis}, refuse=True)
        node_case(f"axis {axis}", "DequantizeLinear", [u8(2, 3)], [three], attributes={"axis": axis}, refuse=True)
    node_case("an axis of a scalar", "QuantizeLinear", [ONE], [three], refuse=True)
    node_case("any axis with one scale", "QuantizeLinear", [x], [ONE], attributes={"axis": 7},
              compute=[np.uint8([[0, 1, 2], [3, 4, 5]])])
    node_case("scales of another length", "QuantizeLinear", [x], [np.float32([1, 1])], refuse=True)
    node_case("scales of rank 2", "DequantizeLinear", [u8(2, 3)], [f32(2, 3)], refuse=True)
    for block in (-1, I64_MIN):
        node_case(f"blocks of {block}", "QuantizeLinear", [x], [f32(2, 1)], attributes={"block_size": block}, opset=21,
                  refuse=True)
    for op, value in (("QuantizeLinear", x), ("DequantizeLinear", u8(2, 3))):
        node_case("blocks that do not divide", op, [value], [np.ones((2, 1), np.float32)],
                  attributes={"block_size": 2}, opset=21, refuse=True)
        node_case("blocks of another rank", op, [value], [np.ones(2, np.float32)], attributes={"block_size": 2},
                  opset=21, refuse=True)
        node_case("blocks before opset 21", op, [value], [np.ones((2, 2), np.float32)], attributes={"block_size": 2},
                  opset=19, refuse=True)
    node_case("a block behind the end", "DequantizeLinear", [u8(2, 3)], [np.ones((2, 1), np.float32)],
              attributes={"block_size": I64_MAX}, opset=21, compute=[np.ones((2, 3), np.float32)])
    node_case("a part of a block", "DequantizeLinear", [u8(2, 3)], [np.float32([[1, 2], [3, 4]])],
              attributes={"block_size": 2}, opset=21, compute=[np.float32([[1, 1, 2], [3, 3, 4]])])
    node_case("output_dtype 77", "QuantizeLinear", [x], [ONE], attributes={"output_dtype": 77}, opset=21, refuse=True)
    node_case("output_dtype float", "QuantizeLinear", [x], [ONE], attributes={"output_dtype": 1}, opset=21, refuse=True)
    node_case("precision int8", "QuantizeLinear", [x], [ONE], attributes={"precision": 3}, opset=23, refuse=True)
    node_case("a power of two without a type", "DequantizeLinear", [u8(2, 3)],
              [np.ones((), ml_dtypes.float8_e8m0fnu)], opset=24, refuse=True)
    node_case("of int64", "QuantizeLinear", [np.int64([1])], [ONE], refuse=True)
    node_case("of float", "DequantizeLinear", [x], [ONE], refuse=True)
    node_case("float weights", "ConvInteger", [u8(1, 1, 3, 3)], [f32(1, 1, 1, 1)], refuse=True)
    node_case("other channels", "ConvInteger", [u8(1, 2, 3, 3)], [i8(1, 3, 1, 1)], refuse=True)
    node_case("no channels", "ConvInteger", [u8(1, 0, 3, 3)], [i8(2, 0, 1, 1)])
    node_case("a float bias", "QLinearConv", [u8(1, 2, 3, 3)], [ONE, np.uint8(0), i8(4, 2, 1, 1), ONE, np.int8(0), ONE,
                                                              np.uint8(0), f32(4)], refuse=True)
    node_case("a bias of another length", "QLinearConv", [u8(1, 2, 3, 3)],
              [ONE, np.uint8(0), i8(4, 2, 1, 1), ONE, np.int8(0), ONE, np.uint8(0), np.int32([1, 2])], refuse=True)
    node_case("depths that differ", "MatMulInteger", [u8(2, 3)], [i8(4, 2)], refuse=True)
    node_case("rank 0", "MatMulInteger", [u8()], [i8(4, 2)], refuse=True)
    node_case("no depth", "MatMulInteger", [u8(2, 0)], [i8(0, 2)], compute=[np.zeros((2, 2), np.int32)])
    node_case("no depth", "QLinearMatMul", [u8(2, 0)], [ONE, np.uint8(0), i8(0, 2), ONE, np.int8(0), ONE, np.uint8(9)],
              compute=[np.full((2, 2), 9, np.uint8)])


def composed_cases():
    domain = "com.microsoft"
    given = [ONE, np.uint8(0), ONE, np.uint8(0)]
    node_case("an attribute too many", "QLinearSigmoid", [u8(3)], given, {"alpha": 1.0}, domain=domain, refuse=True)
    node_case("inputs too many", "QLinearSigmoid", [u8(3)], [*given, ONE], domain=domain, refuse=True)
    node_case("no scale", "QLinearSigmoid", [u8(3)], domain=domain, refuse=True)
    node_case("no inputs", "QLinearAdd", [], domain=domain, refuse=True)
    node_case("channels last", "QLinearGlobalAveragePool", [u8(1, 2, 3, 3)], given, {"channels_last": 1}, domain=domain,
              refuse=True)
    node_case("nothing to concatenate", "QLinearConcat", [ONE, np.uint8(0)], attributes={"axis": 0}, domain=domain,
              refuse=True)
    node_case("half of a triple", "QLinearConcat", [ONE, np.uint8(0), u8(3), ONE], attributes={"axis": 0},
              domain=domain, refuse=True)
    node_case("no axis", "QLinearConcat", [ONE, np.uint8(0), u8(3), ONE, np.uint8(0)], domain=domain, refuse=True)
    node_case("no opset", "QLinearSoftmax", [u8(3, 4)], given, {"axis": 1}, domain=domain, refuse=True)
    x = f32(1, 1, 3, 3)
    for activation in ("Gelu", "", "Relu\n" * 50):
        node_case(f"activation {activation!r:.9}", "FusedConv", [x], [f32(1, 1, 1, 1)], {"activation": activation},
                  domain=domain, refuse=True)
    node_case("no parameters", "FusedConv", [x], [f32(1, 1, 1, 1)], {"activation": "LeakyRelu"}, domain=domain,
              refuse=True)
    node_case("a parameter too few", "FusedConv", [x], [f32(1, 1, 1, 1)],
              {"activation": "Clip", "activation_params": [1.0]}, domain=domain, refuse=True)
    node_case("not known", "QLinearNothing", [u8(3)], domain=domain, refuse=True)


@pytest.mark.parametrize("group", [scale_cases, zero_point_cases, shape_cases, composed_cases])
def test_models(group, tally):
    for case in collected(group):
        check_case(case, LIBRARY, tally)
