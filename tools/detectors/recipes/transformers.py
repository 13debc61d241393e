"""Detection transformers of Hugging Face's transformers, with random weights that attend to something."""

import functools
import os
import pathlib
from collections.abc import Callable

import torch

from detectors import calibration, export, torchvision_operators, transformer_weights
from detectors.recipe import Recipe

CLASSES = 80
IMAGENET = dict(mean=(0.485, 0.456, 0.406), deviation=(0.229, 0.224, 0.225))
DETR = dict(layout="softmax queries", boxes=0.5, **IMAGENET)  # boxes come from queries alone, in one step
OUTPUTS = ["logits", "pred_boxes"]


def _make(path: pathlib.Path, configure: Callable, network: str, exporter: Callable, shape: tuple[int, ...],
          boxes: float, mean=(0.0, 0.0, 0.0), deviation=(1.0, 1.0, 1.0)) -> None:
    os.environ["HF_HUB_OFFLINE"] = "1"
    torchvision_operators.provide()
    import transformers
    calibration.seed()
    config = configure(transformers)
    config.num_labels = CLASSES
    model = getattr(transformers, network)(config).eval()
    transformer_weights.draw(model)
    _keep_positions(model)
    values = calibration.normalised(calibration.pictures(2, *shape[2:]), mean, deviation)
    run = functools.partial(model, torch.from_numpy(values))
    with transformer_weights.spreading(model, CLASSES, boxes):
        calibration.batch_norms(model, run)
    exporter(_Outputs(model), (torch.zeros(shape),), path, ["pixel_values"], OUTPUTS, opset=18)


def _keep_positions(model: torch.nn.Module) -> None:
    """For the one size, as RF-DETR's own exporter does: ONNX has no bicubic resizing with PyTorch's antialiasing."""
    for module in model.modules():
        if hasattr(module, "interpolate_pos_encoding"):
            module.interpolate_pos_encoding = lambda *_, positions=module.position_embeddings: positions


class _Outputs(torch.nn.Module):
    """A network that returns its logits and boxes alone."""

    def __init__(self, model: torch.nn.Module):
        super().__init__()
        self.model = model

    def forward(self, pixel_values):
        found = self.model(pixel_values)
        return found.logits, found.pred_boxes


# ---- Configurations --------------------------------------------------------------------------------------------------


def _resnet18(transformers):
    return transformers.RTDetrResNetConfig(
        layer_type="basic", depths=[2, 2, 2, 2], hidden_sizes=[64, 128, 256, 512], out_indices=[2, 3, 4])


def _rt_detr(transformers, config: str = "RTDetrConfig"):
    return getattr(transformers, config)(
        backbone_config=_resnet18(transformers), encoder_in_channels=[128, 256, 512], decoder_layers=3,
        hidden_expansion=0.5)


def _d_fine(transformers):
    return transformers.DFineConfig()


def _resnet50(transformers):
    return transformers.ResNetConfig(out_features=["stage4"])


def _detr(transformers):
    return transformers.DetrConfig(backbone_config=_resnet50(transformers))


def _deformable_detr(transformers):
    backbone = transformers.ResNetConfig(out_features=["stage2", "stage3", "stage4"])
    return transformers.DeformableDetrConfig(backbone_config=backbone)


def _yolos_tiny(transformers):
    return transformers.YolosConfig(
        hidden_size=192, num_attention_heads=3, intermediate_size=768, image_size=[512, 640],
        use_mid_position_embeddings=False)


def _rf_detr_nano(transformers):
    backbone = transformers.RfDetrDinov2Config(
        image_size=384, patch_size=16, hidden_size=384, num_attention_heads=6, num_windows=2,
        out_indices=[3, 6, 9, 12])
    return transformers.RfDetrConfig(backbone_config=backbone, decoder_layers=2)


def _recipe(name: str, configure: Callable, network: str, height: int, width: int, exporter: Callable = export.trace,
            layout: str = "sigmoid queries", boxes: float = transformer_weights.BOX_STEPS,
            **normalisation) -> Recipe:
    shape = (1, 3, height, width)
    make = functools.partial(_make, configure=configure, network=network, exporter=exporter, shape=shape,
                             boxes=boxes, **normalisation)
    return Recipe(name, make, shape, layout, **normalisation)


_v2 = functools.partial(_rt_detr, config="RTDetrV2Config")
RECIPES = (
    _recipe("rt-detr-r18", _rt_detr, "RTDetrForObjectDetection", 640, 640),
    _recipe("rt-detr-r18-dynamo", _rt_detr, "RTDetrForObjectDetection", 640, 640, export.capture),
    _recipe("rt-detr-v2-r18", _v2, "RTDetrV2ForObjectDetection", 640, 640),
    _recipe("rt-detr-v2-r18-dynamo", _v2, "RTDetrV2ForObjectDetection", 640, 640, export.capture),
    _recipe("d-fine-l", _d_fine, "DFineForObjectDetection", 640, 640),
    _recipe("d-fine-l-dynamo", _d_fine, "DFineForObjectDetection", 640, 640, export.capture),
    _recipe("detr-r50", _detr, "DetrForObjectDetection", 480, 640, **DETR),
    _recipe("detr-r50-dynamo", _detr, "DetrForObjectDetection", 480, 640, export.capture, **DETR),
    # Traced, it samples at positions of 64-bit floats, and ONNX Runtime refuses the file.
    _recipe("deformable-detr-r50-dynamo", _deformable_detr, "DeformableDetrForObjectDetection", 480, 640,
            export.capture, **IMAGENET),
    _recipe("yolos-tiny", _yolos_tiny, "YolosForObjectDetection", 512, 640, **DETR),
    _recipe("yolos-tiny-dynamo", _yolos_tiny, "YolosForObjectDetection", 512, 640, export.capture, **DETR),
    _recipe("rf-detr-nano", _rf_detr_nano, "RfDetrForObjectDetection", 384, 384, **IMAGENET),
    _recipe("rf-detr-nano-dynamo", _rf_detr_nano, "RfDetrForObjectDetection", 384, 384, export.capture, **IMAGENET),
)
