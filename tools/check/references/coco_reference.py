"""COCO's numbers by pycocotools."""

from __future__ import annotations

import contextlib
import copy
import io

from eval_scenes import Scene
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval


def evaluation(scene: Scene, kind: type[COCOeval] = COCOeval) -> COCOeval:
    """The scene's results against its truth, accumulated and summarized, without a word on standard output."""
    truth, results = copy.deepcopy(scene)
    with contextlib.redirect_stdout(io.StringIO()):
        data = COCO()
        data.dataset = truth
        data.createIndex()
        if results:
            found = data.loadRes(results)
        else:
            found = COCO()
            found.dataset = {**truth, "annotations": []}
            found.createIndex()
        evaluated = kind(data, found, "bbox")
        evaluated.evaluate()
        evaluated.accumulate()
        evaluated.summarize()
    return evaluated
