"""Odd but valid models: typed fields, sparse tensors, initializers that are inputs, odd names, shapes that say nothing,
what occurs twice."""

import numpy as np
import onnxruntime
from libiou import Model
from onnx import TensorProto, helper, numpy_helper
from opset_compare import compare, info, refused, with_types
from opset_recipes import RNG, f32


def odd_model(nodes, initializers, inputs, sparse=(), outputs=("y",)):
    infos = [info(n, a) for n, a in inputs.items()]
    graph = helper.make_graph(
        nodes,
        "odd",
        infos,
        [helper.make_tensor_value_info(n, TensorProto.UNDEFINED, None) for n in outputs],
        initializers,
    )
    graph.sparse_initializer.extend(sparse)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def typed_field_cases(tally):
    """Elements in the field of their type instead of raw_data."""
    fields = {
        np.float32: "float_data",
        np.float64: "double_data",
        np.int64: "int64_data",
        np.uint64: "uint64_data",
        np.uint32: "uint64_data",
        np.int32: "int32_data",
        np.int16: "int32_data",
        np.int8: "int32_data",
        np.uint16: "int32_data",
        np.uint8: "int32_data",
        np.bool_: "int32_data",
        np.float16: "int32_data",
    }
    for dtype, field in fields.items():
        for shape in ((3,), (), (0, 2)):
            low = 0 if np.dtype(dtype).kind in "ub" else -5
            array = RNG.integers(low, 2 if dtype == np.bool_ else 90, shape).astype(dtype)
            tensor = TensorProto(name="w", dims=shape, data_type=helper.np_dtype_to_tensor_dtype(array.dtype))
            bits = (
                array.view(np.uint16) if dtype == np.float16 else array.astype(np.uint8) if dtype == np.bool_ else array
            )
            getattr(tensor, field).extend(bits.ravel().tolist())
            for how in ("initializer", "Constant"):
                nodes = [
                    helper.make_node(
                        "Identity" if dtype in (np.bool_, np.float16) else "Cast",
                        ["w"],
                        ["y"],
                        **({} if dtype in (np.bool_, np.float16) else {"to": TensorProto.FLOAT}),
                    )
                ]
                if how == "Constant":
                    nodes.insert(0, helper.make_node("Constant", [], ["w"], value=tensor))
                model = odd_model(nodes, [tensor] if how == "initializer" else [], {})
                expected = array if dtype in (np.bool_, np.float16) else array.astype(np.float32)
                compare(tally, f"{np.dtype(dtype).name}{list(shape)} in {field}, {how}", model, {}, [expected])


def sparse_tensor(values, indices, dims, name="w"):
    return helper.make_sparse_tensor(
        numpy_helper.from_array(np.asarray(values), name),
        numpy_helper.from_array(np.asarray(indices, np.int64), "indices"),
        dims,
    )


def sparse_cases(tally):
    x = f32(3, 4)
    nodes = [helper.make_node("Add", ["x", "w"], ["y"], name="sum")]
    dense = np.zeros((3, 4), np.float32)
    dense[0, 1], dense[2, 3] = 5, 7
    for name, indices in (("linear", [1, 11]), ("by axis", [[0, 1], [2, 3]])):
        compare(
            tally,
            f"sparse, {name}",
            odd_model(nodes, [], {"x": x}, [sparse_tensor(np.float32([5, 7]), indices, [3, 4])]),
            {"x": x},
            [x + dense],
        )
    given = odd_model(nodes, [], {"x": x, "w": x}, [sparse_tensor(np.float32([5, 7]), [1, 11], [3, 4])])
    compare(tally, "sparse, an input's default", given, {"x": x}, [x + dense])
    compare(tally, "sparse, fed", given, {"x": x, "w": 2 * x}, [3 * x])
    empty = sparse_tensor(np.zeros(0, np.float32), np.zeros(0, np.int64), [3, 4])
    compare(tally, "sparse, no element", odd_model(nodes, [], {"x": x}, [empty]), {"x": x}, [x])
    for name, values, indices, dims, *words in (
        ("outside", [5, 7], [1, 12], [3, 4], "outside"),
        ("negative", [5, 7], [-1, 3], [3, 4], "outside"),
        ("twice", [5, 7], [1, 1], [3, 4], "rising"),
        ("unsorted", [5, 7], [[2, 3], [0, 1]], [3, 4], "rising"),
        ("axis outside", [5, 7], [[0, 4], [2, 3]], [3, 4], "outside"),
        ("too few indices", [5, 7], [1], [3, 4], "indices"),
        ("rank of indices", [5, 7], [[[1]], [[2]]], [3, 4], "indices"),
        ("wrong width", [5, 7], [[1], [2]], [3, 4], "indices"),
        ("too large", [5], [1], [1 << 20, 1 << 20], "allowed"),
        ("overflow", [5], [1], [1 << 40, 1 << 40], "overflows"),
        ("negative dimension", [5], [1], [-3, -4], "dimension"),
        ("values of rank 2", [[5, 7]], [1, 2], [3, 4], "rank 1"),
    ):
        tensor = sparse_tensor(np.float32(values), indices, [1])
        del tensor.dims[:]
        tensor.dims.extend(dims)
        refused(tally, f"sparse, {name}", odd_model(nodes, [], {"x": x}, [tensor]), {"x": x}, "'w'", *words)


def input_cases(tally):
    """Initializers that are inputs too, in files that allow no other value; odd names and domains."""
    x, w = f32(2, 3), f32(3)
    model = odd_model([helper.make_node("Add", ["x", "w"], ["y"])], [numpy_helper.from_array(w, "w")], {"x": x, "w": w})
    compare(tally, "initializer as input", model, {"x": x}, [x + w])
    compare(tally, "initializer fed", model, {"x": x, "w": 2 * w}, [x + 2 * w])
    refused(
        tally,
        "initializer fed with another shape",
        model,
        {"x": x, "w": f32(1)},
        "'w'",
        "dimension 0 is 3, 1 was given",
    )
    refused(tally, "initializer fed with another rank", model, {"x": x, "w": f32(2, 3)}, "'w'", "rank 1")
    refused(
        tally,
        "initializer fed with another type",
        model,
        {"x": x, "w": w.astype(np.float64)},
        "'w'",
        "expected type float32",
    )
    model.ir_version = 3
    compare(tally, "initializer as input, IR version 3", model, {"x": x}, [x + w])
    refused(tally, "initializer fed, IR version 3", model, {"x": x, "w": w}, "'w'", "constant")
    for shape, words in (((2,), "dimension 0"), ((1, 3), "rank 2")):
        other = odd_model(
            [helper.make_node("Add", ["x", "w"], ["y"])], [numpy_helper.from_array(w, "w")], {"x": x, "w": f32(*shape)}
        )
        refused(tally, f"initializer declared as {shape}", other, {"x": x}, "'w'", words)
    half = f32(3).astype(np.float16)
    cast = odd_model(
        [helper.make_node("Cast", ["w"], ["v"], to=TensorProto.FLOAT), helper.make_node("Mul", ["x", "v"], ["y"])],
        [numpy_helper.from_array(half, "w")],
        {"x": x},
    )
    compare(tally, "float16 weights", cast, {"x": x}, [x * half.astype(np.float32)])
    names = odd_model(
        [
            helper.make_node("Relu", ["x"], ["1"]),
            helper.make_node("Neg", ["1"], ["a/b:0"]),
            helper.make_node("Abs", ["a/b:0"], ["y"]),
        ],
        [],
        {"x": x},
    )
    compare(tally, "odd names", names, {"x": x}, [np.maximum(x, 0)])


def order_cases(tally):
    """Nodes that stand before what they use, in the main graph, a branch and a function."""
    x = f32(2, 3)
    chain = [("Neg", "x", "a"), ("Exp", "a", "b"), ("Abs", "b", "c"), ("Sqrt", "c", "y")]
    nodes = [helper.make_node(op, [a], [b]) for op, a, b in chain]
    expected = np.sqrt(np.exp(-x))
    for order in ((3, 2, 1, 0), (1, 0, 3, 2), (0, 2, 1, 3)):
        shuffled = [nodes[i] for i in order]
        compare(tally, f"order {order}", odd_model(shuffled, [], {"x": x}), {"x": x}, [expected])
        yes = numpy_helper.from_array(np.bool_(True), "yes")
        branch = helper.make_graph(shuffled, "branch", [], [helper.make_empty_tensor_value_info("y")])
        choice = helper.make_node("If", ["yes"], ["z"], then_branch=branch, else_branch=branch)
        model = odd_model([choice], [yes], {"x": x}, outputs=("z",))
        compare(tally, f"order {order} in a branch", model, {"x": x}, [expected])
        model = odd_model([helper.make_node("Chain", ["x"], ["y"], domain="test")], [], {"x": x})
        model.opset_import.append(helper.make_opsetid("test", 1))
        sets = [helper.make_opsetid("", 17)]
        model.functions.append(helper.make_function("test", "Chain", ["x"], ["y"], shuffled, sets))
        compare(tally, f"order {order} in a function", model, {"x": x}, [expected])
    # What a branch takes of the graph around it comes later there; its own "t" is another value than the If's.
    inner = helper.make_graph([helper.make_node("Neg", ["late"], ["t"]), helper.make_node("Abs", ["t"], ["u"])],
                              "inner", [], [helper.make_empty_tensor_value_info("u")])
    choice = helper.make_node("If", ["yes"], ["y"], then_branch=inner, else_branch=inner)
    model = odd_model([choice, helper.make_node("Exp", ["x"], ["late"])], [yes], {"x": x})
    compare(tally, "a branch that reads a later value", model, {"x": x}, [np.exp(x)])


def view_cases(tally):
    """Swapped matrices whose bytes become other matrices."""
    x = f32(2, 4, 3)
    shape = numpy_helper.from_array(np.int64([2, 3, 2, 2]), "shape")
    for op, made in (("Softmax", lambda v: np.exp(v) / np.exp(v).sum(2, keepdims=True)), ("Abs", np.abs)):
        attributes = {"axis": 2} if op == "Softmax" else {}
        nodes = [
            helper.make_node(op, ["x"], ["a"], **attributes),
            helper.make_node("Transpose", ["a"], ["b"], perm=[0, 2, 1]),
            helper.make_node("Reshape", ["b", "shape"], ["y"]),
        ]
        expected = made(x).transpose(0, 2, 1).reshape(2, 3, 2, 2)
        compare(tally, f"{op}, Transpose, Reshape", odd_model(nodes, [shape], {"x": x}), {"x": x}, [expected])


def declared(nodes, inputs, outputs):
    """A model whose inputs and outputs have these dimensions, numbers or names; None: no shape."""
    infos = []
    for values in (inputs, outputs):
        infos.append(
            [
                helper.make_tensor_value_info(name, TensorProto.FLOAT, None if dims is None else [None] * len(dims))
                for name, dims in values.items()
            ]
        )
        for info_, dims in zip(infos[-1], values.values()):
            for at, dim in zip(info_.type.tensor_type.shape.dim, dims or ()):
                setattr(at, "dim_value" if isinstance(dim, int) else "dim_param", dim)
    return helper.make_model(
        helper.make_graph(nodes, "odd", *infos), opset_imports=[helper.make_opsetid("", 17)], ir_version=8
    )


def shape_cases(tally):
    """Dimensions that say nothing: -1, 0, and names that are no identifiers. ONNX Runtime takes 0 for a size."""
    relu, add = helper.make_node("Relu", ["x"], ["y"]), helper.make_node("Add", ["x", "z"], ["y"])
    for dim in (-1, 0, -2, "?", "None", "", "-1", "n+1", "2", "batch size", "h/32", "dim.1", "å"):
        for shape in ((2, 3, 5), (1, 3, 7), (0, 3, 4)):
            x = f32(*shape)
            compare(
                tally,
                f"{dim!r}, fed {shape}",
                declared([relu], {"x": [dim, 3, dim]}, {"y": [dim, 3, dim]}),
                {"x": x},
                [np.maximum(x, 0)],
            )
        x, z = f32(4, 2), f32(1, 2)
        compare(
            tally,
            f"{dim!r} of two inputs",
            declared([add], {"x": [dim, 2], "z": [dim, dim]}, {"y": None}),
            {"x": x, "z": z},
            [x + z],
        )
        refused(
            tally,
            f"{dim!r} beside a number",
            declared([relu], {"x": [dim, 3, dim]}, {"y": None}),
            {"x": f32(2, 4, 2)},
            "'x'",
            "dimension 1 is 3",
        )
    for name in ("n", "N", "_", "unk__12", "none", "batch_size", "None_"):
        model = declared([add], {"x": [name, 2], "z": [name, 2]}, {"y": None})
        x, z = f32(3, 2), f32(3, 2)
        compare(tally, f"{name!r} of two inputs", model, {"x": x, "z": z}, [x + z])
        refused(tally, f"{name!r} of two sizes", model, {"x": x, "z": f32(1, 2)}, "'z'", f"'{name}'")


def head_cases(tally):
    """What occurs twice: operator sets, metadata, outputs."""
    x = f32(2, 3)
    for name, sets, words in (
        ("the same", [("", 17)], None),
        ("the same, spelled out", [("ai.onnx", 17)], None),
        ("thrice", [("", 17), ("ai.onnx", 17)], None),
        ("another version", [("", 16)], ("'ai.onnx'", "17", "16")),
        ("another, spelled out", [("ai.onnx", 18)], ("'ai.onnx'", "17", "18")),
        ("unused domains", [("Paddle", 1), ("ai.onnx.ml", 3)], None),
        ("an unused domain twice", [("Paddle", 1), ("Paddle", 1)], None),
        ("two versions of an unused domain", [("Paddle", 1), ("", 17), ("Paddle", 2)], ("'Paddle'", "1", "2")),
    ):
        model = odd_model([helper.make_node("Identity", ["x"], ["y"])], [], {"x": x})
        model.opset_import.extend(helper.make_opsetid(*s) for s in sets)
        if words:
            refused(tally, f"operator sets, {name}", model, {"x": x}, *words)
        else:
            compare(tally, f"operator sets, {name}", model, {"x": x})
    model = odd_model([helper.make_node("Identity", ["x"], ["y"])], [], {"x": x})
    for key, value in (("a", "1"), ("b", "2"), ("a", "3"), ("", ""), ("b", ""), ("c", "4"), ("a", "5")):
        model.metadata_props.add(key=key, value=value)
    found = Model(model.SerializeToString()).metadata()
    expected = onnxruntime.InferenceSession(with_types(model).SerializeToString()).get_modelmeta().custom_metadata_map
    tally.add(
        "metadata keys twice",
        None
        if dict(found) == expected and [k for k, _ in found] == ["a", "b", "", "c"]
        else f"are {found}, not {expected}",
    )
    w = numpy_helper.from_array(f32(2, 3), "w")
    nodes = [
        helper.make_node("Relu", ["x"], ["a"]),
        helper.make_node("Add", ["a", "w"], ["b"]),
        helper.make_node("NonZero", ["a"], ["i"]),
        helper.make_node("Neg", ["a"], ["c"]),
    ]
    for outputs in ("aa", "aba", "bb", "ii", "iai", "xx", "xbx", "ww", "aabbii", "ccc", "cbcb"):
        compare(tally, f"outputs {outputs}", odd_model(nodes, [w], {"x": x}, outputs=outputs), {"x": x})
