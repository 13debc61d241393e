"""MMDetection 2's RetinaNets, from its own configurations."""

import functools
import pathlib

import numpy as np

from checkpoints import separate
from checkpoints.source import Detections, Source


class _Network:
    unseen = ()

    def __init__(self, configuration: str):
        separate.mmdetection("mmdetection2")
        import mmdet
        from mmdet.apis import init_detector
        folder = pathlib.Path(mmdet.__file__).parent / ".mim/configs/retinanet"
        self.module = init_detector(str(folder / f"{configuration}.py"), device="cpu")
        self.class_output, self.box_output = self.module.bbox_head.retina_cls, self.module.bbox_head.retina_reg

    def save(self, path: pathlib.Path) -> None:
        """As its runner does."""
        from mmcv.runner import save_checkpoint
        save_checkpoint(self.module, str(path), meta={"config": self.module.cfg.pretty_text, "epoch": 12})

    def detect(self, picture: np.ndarray) -> Detections:
        """A list of [M, 5] for each class, put together by falling score."""
        from mmdet.apis import inference_detector
        by_class = inference_detector(self.module, np.ascontiguousarray(picture[..., ::-1]))
        rows = np.concatenate(by_class)
        labels = np.repeat(np.arange(len(by_class)), [len(found) for found in by_class])
        order = np.argsort(-rows[:, 4], kind="stable")
        return Detections(rows[order, :4], rows[order, 4], labels[order])


SOURCES = tuple(
    Source(f"mmdetection2-{short.replace('_', '-')}", "MMDetection 2.28.2", backbone, "epoch_12.pth",
           functools.partial(_Network, f"retinanet_{short}_fpn_1x_coco"), ("--convention", "mmdetection"))
    for short, backbone in (("r50", "resnet50"), ("x101_32x4d", "resnext101-32x4d")))
