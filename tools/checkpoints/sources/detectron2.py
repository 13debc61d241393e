"""Detectron2's RetinaNets, from its own configurations."""

import functools
import pathlib
import pickle

import numpy as np

from checkpoints import separate
from checkpoints.source import Detections, Source


class _Network:
    unseen = ()

    def __init__(self, configuration: str):
        separate.detectron2()
        from detectron2 import model_zoo
        from detectron2.engine import DefaultPredictor
        settings = model_zoo.get_config(f"COCO-Detection/{configuration}.yaml")
        settings.MODEL.DEVICE, settings.MODEL.WEIGHTS = "cpu", ""
        self._predict = DefaultPredictor(settings)
        self.module = self._predict.model
        self.class_output, self.box_output = self.module.head.cls_score, self.module.head.bbox_pred

    def save(self, path: pathlib.Path) -> None:
        """As its model zoo's files are, or as its own checkpointer writes them."""
        if path.suffix == ".pkl":
            arrays = {name: tensor.numpy() for name, tensor in self.module.state_dict().items()}
            path.write_bytes(pickle.dumps({"model": arrays, "__author__": "Detectron2 Model Zoo"}))
        else:
            from detectron2.checkpoint import DetectionCheckpointer
            DetectionCheckpointer(self.module, str(path.parent)).save(path.stem)

    def detect(self, picture: np.ndarray) -> Detections:
        found = self._predict(np.ascontiguousarray(picture[..., ::-1]))["instances"]
        return Detections(found.pred_boxes.tensor.numpy(), found.scores.numpy(), found.pred_classes.numpy())


SOURCES = (
    Source("detectron2-r50", "Detectron2 0.5", "resnet50", "model_final.pkl",
           functools.partial(_Network, "retinanet_R_50_FPN_1x")),
    Source("detectron2-r101", "Detectron2 0.5", "resnet101", "model_final.pth",
           functools.partial(_Network, "retinanet_R_101_FPN_3x")),
)
