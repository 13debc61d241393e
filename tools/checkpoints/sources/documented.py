"""Code bases without a package that can be installed: our network under their names and options, and their own way to
boxes written from their code (`origin_pictures.py`, `origin_decoders.py`)."""

import functools
import pathlib

import numpy as np
import origin_decoders
import origin_pictures
import torch
import weight_names

from checkpoints.source import Detections, Source
from train.model import Detector
from train.network_options import NetworkOptions

CLASSES = 80
WRITTEN = "a decoder written from its code"


class _Network:
    unseen = ()

    def __init__(self, backbone: str, options: NetworkOptions):
        self.module = Detector(backbone, CLASSES, options=options, iou_head=False).eval()
        self.class_output, self.box_output = self.module.bbox_head.retina_cls, self.module.bbox_head.retina_reg

    def detect(self, picture: np.ndarray) -> Detections:
        resized = self.resize(picture)
        batch = origin_pictures.padded(resized, origin_pictures.MULTIPLE[self.origin])
        with torch.no_grad():
            classes, boxes, *_ = self.module(torch.from_numpy(batch))
        maps = [[one[0].permute(1, 2, 0).numpy() for one in level] for level in zip(classes, boxes)]
        found = self.decode(maps, batch.shape[2:], resized.shape[:2], picture.shape[:2])
        return Detections.of(found)


class _MMDetection1(_Network):
    origin, resize = "mmdetection", staticmethod(origin_pictures.mmdetection)
    decode = staticmethod(origin_decoders.mmdetection1)

    def __init__(self):
        super().__init__("resnet50", NetworkOptions())

    def save(self, path: pathlib.Path) -> None:
        """As PyTorch before 1.6 wrote it."""
        meta = {"mmdet_version": "1.2.0", "epoch": 12, "CLASSES": tuple(map(str, range(CLASSES)))}
        torch.save({"meta": meta, "state_dict": self.module.state_dict()}, path,
                   _use_new_zipfile_serialization=False)


class _ODTK(_Network):
    origin, resize = "odtk", staticmethod(origin_pictures.odtk)

    def __init__(self, backbone: str):
        super().__init__(backbone, NetworkOptions(relu_before_p7=True))
        self.name = f"ResNet{backbone.removeprefix('resnet')}FPN"

    @staticmethod
    def decode(maps: list, *sizes: tuple[int, int]) -> list:
        """The network ends in probabilities there."""
        return origin_decoders.odtk([(origin_decoders.sigmoid(cls), box) for cls, box in maps], *sizes)

    def save(self, path: pathlib.Path) -> None:
        state = weight_names.renamed(self.module.state_dict(), weight_names.odtk(self.name))
        torch.save({"epoch": 1, "iteration": 0, "backbone": [self.name], "classes": CLASSES, "state_dict": state,
                    "ratios": [1.0, 2.0, 0.5], "scales": [4 * 2 ** (i / 3) for i in range(3)]}, path)


SOURCES = (
    Source("mmdetection1-r50", "MMDetection 1", "resnet50", "epoch_12.pth", _MMDetection1, ("--convention", "legacy"),
           WRITTEN),
    *(Source(f"odtk-{short}", "ODTK", backbone, "retinanet.pth", functools.partial(_ODTK, backbone),
             compared_with=WRITTEN) for short, backbone in (("r18", "resnet18"), ("r50", "resnet50"))),
)
