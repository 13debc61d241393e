"""Odd but valid models: typed fields, sparse tensors, initializers that are inputs, odd names and domains."""

import numpy as np
from onnx import TensorProto, helper, numpy_helper
from opset_compare import compare, info, refused
from opset_recipes import RNG, f32


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
