"""tidecv on annotations and results in COCO's format: what `iourun eval --report` must equal."""

from __future__ import annotations

import warnings

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from tidecv import TIDE, Data, quantify
    from tidecv.ap import ClassedAPDataObject

# tidecv's limit is a picture's, of all classes.
LIMIT = 100


class SafeAP(ClassedAPDataObject):
    """tidecv divides by zero where mending leaves no class anything."""

    def get_mAP(self) -> float:  # noqa: N802
        return super().get_mAP() if any(not one.is_empty() for one in self.objs.values()) else 0.0


def errors(truth: dict, results: list[dict]) -> dict[str, float] | None:
    """The number of errors of each kind, what they cost, and the average precision, 0 to 1; None: nothing is there."""
    ground, found = Data("truth", LIMIT), Data("found", LIMIT)
    # pycocotools and iourun take pictures by their numbers, which matters for equal scores.
    for image in sorted(truth["images"], key=lambda image: image["id"]):
        ground.add_image(image["id"], image["file_name"])
    for category in truth["categories"]:
        ground.add_class(category["id"], category["name"])
    for a in truth["annotations"]:
        add = ground.add_ignore_region if a.get("iscrowd") else ground.add_ground_truth
        add(a["image_id"], a["category_id"], a["bbox"], None)
    for r in results:
        found.add_detection(r["image_id"], r["category_id"], r["score"], r["bbox"], None)
    quantify.ClassedAPDataObject = SafeAP
    run = TIDE().evaluate(ground, found, mode=TIDE.BOX)
    if all(one.is_empty() for one in run.ap_data.objs.values()):
        return None
    special = {kind.short_name: cost for kind, cost in run.fix_special_errors().items()}
    named = {"AP50": run.ap / 100, "false_positives": special["FalsePos"] / 100,
             "false_negatives": special["FalseNeg"] / 100}
    for kind, count in run.count_errors().items():
        named[f"{kind.short_name} count"] = count
    for kind, cost in run.fix_main_errors().items():
        named[f"{kind.short_name} cost"] = cost / 100
    return named
