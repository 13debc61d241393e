"""Networks that PyTorch quantizes and exports, against ONNX Runtime.

PyTorch writes a Cast between QuantizeLinear and DequantizeLinear, scales in Constant nodes, zero points of weights by
ConstantOfShape, and biases in int32. A float between two quanta may be rounded to either, which is carried on.
"""

import io

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from libiou import Session, available_isas
from torch import nn
from torch.ao.quantization import get_default_qconfig_mapping, quantize_fx

SHAPE = (1, 3, 32, 48)


class Network(nn.Module):
    """Stem, depthwise layer, residual sum, concatenation, pooling, linear layer."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 16, 3, 2, 1), nn.BatchNorm2d(16), nn.ReLU())
        self.depthwise = nn.Sequential(nn.Conv2d(16, 16, 3, 1, 1, groups=16), nn.BatchNorm2d(16), nn.ReLU())
        self.widen, self.mix = nn.Conv2d(16, 24, 1), nn.Conv2d(24, 24, 3, 1, 1)
        self.pool, self.leave, self.linear = nn.MaxPool2d(2), nn.Conv2d(48, 6, 1), nn.Linear(6, 4)

    def forward(self, images):
        x = self.widen(self.depthwise(self.stem(images)))
        maps = self.pool(self.leave(torch.cat([torch.relu(x + self.mix(x)), x], 1)))
        return torch.sigmoid(self.linear(maps.mean((2, 3)))), maps


@pytest.fixture(scope="module", params=["x86", "qnnpack"])
def exported(request) -> bytes:
    """`x86` has weights of a scale for each channel, `qnnpack` of one."""
    torch.manual_seed(3)
    before, torch.backends.quantized.engine = torch.backends.quantized.engine, request.param
    observed = quantize_fx.prepare_fx(Network().eval(), get_default_qconfig_mapping(request.param),
                                      (torch.zeros(SHAPE),))
    for _ in range(4):
        observed(torch.randn(SHAPE))
    file = io.BytesIO()
    torch.onnx.export(quantize_fx.convert_fx(observed), (torch.zeros(SHAPE),), file, input_names=["images"],
                      opset_version=17, dynamo=False)
    torch.backends.quantized.engine = before
    return file.getvalue()


@pytest.mark.filterwarnings("ignore")
def test_values(exported: bytes, tally):
    images = np.random.default_rng(0).normal(size=SHAPE).astype(np.float32)
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    expected = onnxruntime.InferenceSession(exported, options, ["CPUExecutionProvider"]).run(None, {"images": images})
    for isa in available_isas(integers=True):
        for plain in (False, True):
            found = Session(exported, threads=2, no_optimize=plain, isa=isa).run_listed({"images": images})
            for index, (ours, theirs) in enumerate(zip(found, expected, strict=True)):
                apart = np.abs(ours - theirs) / np.ptp(theirs)
                fault = None if apart.mean() < 0.002 and apart.max() < 0.05 else f"differs by {apart.max():.2g}"
                tally.add(f"output {index} ({isa}{', plain' if plain else ''})", fault)


@pytest.mark.filterwarnings("ignore")
def test_integers(exported: bytes):
    """What PyTorch writes between the quantizing nodes does not keep the convolutions from integers."""
    assert {"Cast", "ConstantOfShape", "DequantizeLinear"} <= {
        node.op_type for node in onnx.load_from_string(exported).graph.node}
    session = Session(exported, profile=True, isa="scalar")
    session.run({"images": np.zeros(SHAPE, np.float32)})
    kinds = [step["type"] for step in session.profile()]
    assert kinds.count("QLinearConv") == 5 and "Conv" not in kinds
