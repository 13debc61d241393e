"""MMDetection 3's RetinaNets, from its own configurations."""

import functools
import pathlib

import numpy as np
import torch

from checkpoints import separate
from checkpoints.source import Detections, Source


class _Network:
    unseen = ()

    def __init__(self, configuration: str):
        separate.mmdetection("mmdetection3")
        import mmdet
        from mmdet.apis import init_detector
        from mmdet.utils import register_all_modules
        register_all_modules()
        folder = pathlib.Path(mmdet.__file__).parent / ".mim/configs/retinanet"
        self.module = init_detector(folder / f"{configuration}.py", device="cpu")
        self.class_output, self.box_output = self.module.bbox_head.retina_cls, self.module.bbox_head.retina_reg

    def save(self, path: pathlib.Path) -> None:
        meta = {"dataset_meta": self.module.dataset_meta, "cfg": self.module.cfg.pretty_text, "epoch": 12}
        torch.save({"meta": meta, "state_dict": self.module.state_dict()}, path)

    def detect(self, picture: np.ndarray) -> Detections:
        from mmdet.apis import inference_detector
        found = inference_detector(self.module, np.ascontiguousarray(picture[..., ::-1])).pred_instances
        return Detections(found.bboxes.numpy(), found.scores.numpy(), found.labels.numpy())


SOURCES = tuple(
    Source(f"mmdetection3-{short}", "MMDetection 3.3.0", backbone, "epoch_12.pth",
           functools.partial(_Network, f"retinanet_{short}_fpn_1x_coco"), ("--convention", "mmdetection"))
    for short, backbone in (("r18", "resnet18"), ("r50", "resnet50")))
