"""Models for test_optimize.py: PyTorch modules as PyTorch's exporter writes them, and graphs by hand."""

import io
import itertools

import numpy as np
import torch
from onnx import TensorProto, helper, load_model_from_string, numpy_helper
from random_graph import LIMITS, Chain
from torch import nn


class Residual(nn.Module):
    """A convolution block whose output is added to its input."""

    def __init__(self, channels: int, activation: nn.Module, groups: int = 1):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(channels, channels, 3, padding=1, groups=groups, bias=False),
            nn.BatchNorm2d(channels), activation,
            nn.Conv2d(channels, channels, 1), nn.BatchNorm2d(channels))
        self.activation = activation

    def forward(self, x):
        return self.activation(x + self.body(x))


class WrittenOut(nn.Module):
    """Activations in pieces, as older code writes them."""

    def forward(self, x):
        silu = x / (1 + torch.exp(-x))
        hard = x * torch.clamp(x + 3, 0, 6) / 6
        gelu = 0.5 * x * (1 + torch.erf(x / 2 ** 0.5))
        return silu + hard * gelu + torch.clamp(torch.relu(x), max=6.0)


class NormInPieces(nn.Module):
    """A GroupNorm by means and variances."""

    def forward(self, x):
        groups = x.reshape(x.shape[0], 4, -1)
        centred = groups - groups.mean(2, keepdim=True)
        return (centred / torch.sqrt((centred * centred).mean(2, keepdim=True) + 1e-5)).reshape(x.shape)


class FlattenToSize(nn.Module):
    """Shape arithmetic of which only the channels are known."""

    def forward(self, x):
        pooled = nn.functional.interpolate(x, scale_factor=2.0)
        n, c, h, w = pooled.shape
        return pooled.reshape(n, c, h * w).permute(0, 2, 1).permute(0, 2, 1)


def modules() -> dict[str, nn.Module]:
    convolution = nn.Conv2d(8, 8, 3)
    return {
        "residual relu": Residual(8, nn.ReLU()),
        "residual relu6 grouped": Residual(8, nn.ReLU6(), groups=4),
        "residual silu": Residual(8, nn.SiLU()),
        "residual hardswish": Residual(8, nn.Hardswish()),
        "residual leaky relu": Residual(8, nn.LeakyReLU(0.2)),
        "residual gelu": Residual(8, nn.GELU()),
        "residual sigmoid": Residual(8, nn.Sigmoid()),
        "transposed": nn.Sequential(nn.ConvTranspose2d(8, 6, 3, stride=2, groups=2), nn.BatchNorm2d(6), nn.ReLU()),
        "group norm": nn.Sequential(convolution, nn.GroupNorm(4, 8), nn.ReLU()),
        "padded": nn.Sequential(nn.ZeroPad2d((1, 2, 3, 0)), nn.Conv2d(8, 4, 3, stride=2), nn.BatchNorm2d(4)),
        "written out": WrittenOut(),
        "norm in pieces": NormInPieces(),
        "sizes": FlattenToSize(),
        "dropout": nn.Sequential(nn.Dropout(0.5), nn.Conv2d(8, 3, 1), nn.Identity()),
    }


def randomise(module: nn.Module) -> nn.Module:
    """Statistics that a wrong folding cannot hide behind."""
    torch.manual_seed(3)
    for layer in module.modules():
        if isinstance(layer, (nn.BatchNorm2d, nn.GroupNorm)):
            nn.init.uniform_(layer.weight, 0.5, 1.5)
            nn.init.uniform_(layer.bias, -1, 1)
        if isinstance(layer, nn.BatchNorm2d):
            nn.init.uniform_(layer.running_mean, -1, 1)
            nn.init.uniform_(layer.running_var, 0.5, 2)
    return module.eval()


def exported(module: nn.Module, opset: int, dynamic: bool) -> bytes:
    """As PyTorch's exporter writes it, nothing folded."""
    file = io.BytesIO()
    axes = {"x": {0: "n", 2: "h", 3: "w"}} if dynamic else None
    torch.onnx.export(randomise(module), (torch.zeros(1, 8, 9, 10),), file, input_names=["x"], output_names=["y"],
                      opset_version=opset, dynamic_axes=axes, dynamo=False, do_constant_folding=False,
                      training=torch.onnx.TrainingMode.PRESERVE, verbose=False)
    return file.getvalue()


def with_function() -> bytes:
    """A call of a model-local function with an attribute, a default and an inner call."""
    leaky = helper.make_node("LeakyRelu", ["a"], ["b"])
    leaky.attribute.append(reference("alpha", "slope", TensorProto.FLOAT))
    inner = helper.make_function("test", "Inner", ["a"], ["b"], [leaky], [helper.make_opsetid("", 17)], ["slope"])
    call = helper.make_node("Inner", ["x"], ["t"], domain="test")
    call.attribute.append(reference("slope", "slope", TensorProto.FLOAT))
    outer = helper.make_function(
        "test", "Outer", ["x", "w"], ["y"],
        [call, helper.make_node("Conv", ["t", "w"], ["c"]), helper.make_node("Relu", ["c"], ["y"])],
        [helper.make_opsetid("", 17), helper.make_opsetid("test", 1)], [],
        [helper.make_attribute("slope", 0.3)])
    nodes = [helper.make_node("Outer", ["x", "w"], ["a"], domain="test"),
             helper.make_node("Outer", ["a", "v"], ["y"], domain="test", slope=0.7)]
    rng = np.random.default_rng(5)
    constants = {"w": rng.normal(0, 1, (8, 8, 3, 3)), "v": rng.normal(0, 1, (4, 8, 1, 1))}
    return model(nodes, constants, functions=[inner, outer])


def with_branch() -> bytes:
    """An If whose branches use values of the graph around it."""
    def branch(name, node):
        return helper.make_graph([node], name, [], [helper.make_tensor_value_info("out", TensorProto.FLOAT, None)])

    nodes = [
        helper.make_node("Identity", ["x"], ["same"]),
        helper.make_node("ReduceMax", ["x"], ["top"], keepdims=0),
        helper.make_node("Greater", ["top", "zero"], ["positive"]),
        helper.make_node("If", ["positive"], ["y"],
                         then_branch=branch("then", helper.make_node("Mul", ["same", "two"], ["out"])),
                         else_branch=branch("else", helper.make_node("Neg", ["same"], ["out"]))),
    ]
    return model(nodes, {"zero": np.zeros(()), "two": np.full((), 2.0)})


CLAMPS = {
    "clip": ["Clip"],
    "clip of a sum": ["Add", "Clip"],
    "clip of a normalization": ["BatchNormalization", "Clip"],
    "clip of relu": ["Relu", "Clip"],
    "min of relu": ["Relu", "Min"],
    "min of max": ["Max", "Min"],
    "max of min": ["Min", "Max"],
}


def clamps(form: str, opset: int) -> tuple[bytes, dict[str, np.ndarray]]:
    """A convolution with CLAMPS[form] behind it, once for any two limits; and its inputs, with NaN and infinities."""
    chain, outputs = Chain(7), []
    x, added = chain.feed(chain.array(2, 8, 6, 5)), chain.feed(chain.spoiled(2, 3, 6, 5))
    chain.inputs[x][0, 3, 2, :3] = np.nan, np.inf, -np.inf
    vectors = [chain.constant(np.abs(chain.array(3))) for _ in range(4)]
    for low, high in itertools.product(LIMITS, LIMITS):
        if "Clip" not in CLAMPS[form] and (high is None or (low is None and "Max" in CLAMPS[form])):
            continue
        most = np.finfo(np.float32).max
        if (
            opset < 11
            and "Clip" in CLAMPS[form]
            and not (-most if low is None else low) <= (most if high is None else high)
        ):
            continue  # ONNX Runtime refuses those
        chain.value = x
        chain.add("Conv", chain.constant(chain.array(3, 8, 1, 1)))  # not shared: nodes that are the same would be one
        for op in CLAMPS[form]:
            ends = {"Clip": (low, high), "Max": (low,), "Min": (high,)}.get(op, ())
            if op == "Clip" and opset < 11:
                chain.add(op, **{name: float(end) for name, end in (("min", low), ("max", high)) if end is not None})
                continue
            others = ["" if end is None else chain.constant(np.float32(end)) for end in ends]
            chain.add(op, *others, *{"Add": [added], "BatchNormalization": vectors}.get(op, []))
        outputs.append(chain.value)
    return chain.model(chain.nodes, outputs, opset), chain.inputs


def with_odd_head() -> bytes:
    """What occurs twice, shapes that say nothing, and constants that a caller may feed."""
    rng = np.random.default_rng(6)
    constants = {
        "w": rng.normal(0, 1, (8, 8, 3, 3)),
        "same": rng.normal(0, 1, 8),
        "other": np.zeros(8),
        "m": np.zeros(8),
        "v": np.ones(8),
    }
    nodes = [helper.make_node("Conv", ["x", "w"], ["c"]),
             helper.make_node("BatchNormalization", ["c", "same", "other", "m", "v"], ["n"]),
             helper.make_node("Add", ["s", "one"], ["t"]), helper.make_node("Reshape", ["n", "t"], ["r"]),
             helper.make_node("Relu", ["r"], ["y"]), helper.make_node("Identity", ["y"], ["z"])]
    made = load_model_from_string(model(nodes, constants))
    made.graph.initializer.extend(
        [numpy_helper.from_array(np.array(a), n) for n, a in (("s", [0, 7, -2]), ("one", [0, 1, 1]))]
    )
    made.graph.input.extend([helper.make_tensor_value_info("w", TensorProto.FLOAT, ["k", 8, "?", "?"]),
                             helper.make_tensor_value_info("same", TensorProto.FLOAT, [8]),
                             helper.make_tensor_value_info("s", TensorProto.INT64, [3])])
    for dim, name in zip(made.graph.input[0].type.tensor_type.shape.dim, ("None", 8, "?", -1)):
        setattr(dim, "dim_value" if isinstance(name, int) else "dim_param", name)
    made.graph.output.extend(
        [made.graph.output[0], helper.make_tensor_value_info("z", TensorProto.FLOAT, [0, -1, "?"])]
    )
    made.opset_import.extend([helper.make_opsetid("ai.onnx", 17), helper.make_opsetid("", 17)])
    for value in "123":
        made.metadata_props.add(key="key", value=value)
    return made.SerializeToString()


def overflowing() -> dict[str, bytes]:
    """Models with numbers that overflow where a rule computes with them; none may crash the compiler."""
    weight, ones = np.zeros((1, 1, 3, 3), np.float32), np.ones(8, np.float32)
    pad, conv = helper.make_node("Pad", ["x", "p"], ["a"]), helper.make_node("Conv", ["a", "w"], ["y"])
    along = helper.make_node("Pad", ["x", "p", "", "axes"], ["a"])
    huge = helper.make_node("Conv", ["a", "w"], ["y"], pads=[2 ** 63 - 1] * 4)
    transposed = helper.make_node("ConvTranspose", ["x", "w"], ["a"], group=2 ** 62)
    norm = helper.make_node("BatchNormalization", ["a", "s", "s", "s", "s"], ["y"])
    shapes = [helper.make_node("ConstantOfShape", ["shape"], [f"c{i}"]) for i in range(20)]
    total = helper.make_node("Sum", ["x"] + [f"c{i}" for i in range(20)], ["y"])
    models = {
        "pads": ([pad, huge], {"p": np.array([0, 0, 1, 1, 0, 0, 1, 1]), "w": weight}),
        "axes that are no numbers": ([along, conv], {"p": np.array([1, 1]), "axes": np.array([1e300]), "w": weight}),
        "axes": ([along, conv], {"p": np.array([1, 1]), "axes": np.array([2 ** 63 - 1]), "w": weight}),
        "groups": ([transposed, norm], {"w": np.zeros((0, 8, 1, 1), np.float32), "s": ones}),
        "rows": ([transposed, norm], {"w": np.zeros((2 ** 40, 8, 0, 1), np.float32), "s": ones}),
        "sizes": (shapes + [total], {"shape": np.array([2 ** 31, 2 ** 29, 1, 1])}),
    }
    return {name: model(nodes, constants, opset=18, dtype=None) for name, (nodes, constants) in models.items()}


def reference(name: str, target: str, kind: int):
    """An attribute whose value is an attribute of the function's call."""
    attribute = helper.make_attribute(name, 0.0)
    attribute.ClearField("f")
    attribute.ref_attr_name = target
    attribute.type = kind
    return attribute


def model(nodes, constants, functions=(), opset: int = 17, dtype=np.float32) -> bytes:
    tensors = [numpy_helper.from_array(np.asarray(a, dtype), n) for n, a in constants.items()]
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 8, "h", "w"])
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, None)
    graph = helper.make_graph(nodes, "graph", [x], [y], tensors)
    sets = [helper.make_opsetid("", opset)] + ([helper.make_opsetid("test", 1)] if functions else [])
    return helper.make_model(graph, opset_imports=sets, ir_version=8, functions=list(functions)).SerializeToString()


def operators(data: bytes) -> list[str]:
    return [node.op_type for node in load_model_from_string(data).graph.node]
