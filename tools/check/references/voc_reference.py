"""VOC's average precision, written from the definition: Everingham et al., "The PASCAL Visual Object Classes (VOC)
Challenge" (2010), section 4.2, and VOCevaldet.m, VOCap.m of the development kit. Plain and slow."""

from __future__ import annotations

from fractions import Fraction


def iou(a: list[float], b: list[float]) -> float:
    """Of boxes x, y, width, height by the edges of pixels."""
    width = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    height = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    if width <= 0 or height <= 0:
        return 0.0
    return width * height / (a[2] * a[3] + b[2] * b[3] - width * height)


def points(truth: dict, results: list[dict], category: int, threshold: float) -> list[tuple[Fraction, Fraction]]:
    """Recall and precision behind each detection of a category."""
    objects = [a for a in truth["annotations"] if a["category_id"] == category and not a["iscrowd"]]
    positives = sum(not a["ignore"] for a in objects)
    taken: set[int] = set()
    right = wrong = 0
    curve = []
    for result in sorted((r for r in results if r["category_id"] == category), key=lambda r: -r["score"]):
        best, overlap = None, 0.0
        for candidate in objects:
            if candidate["image_id"] == result["image_id"]:
                value = iou(result["bbox"], candidate["bbox"])
                if value > overlap:
                    best, overlap = candidate, value
        if best is None or overlap < threshold:
            wrong += 1
        elif best["ignore"]:
            continue
        elif best["id"] in taken:
            wrong += 1
        else:
            taken.add(best["id"])
            right += 1
        curve.append((Fraction(right, positives) if positives else Fraction(0), Fraction(right, right + wrong)))
    return curve


def eleven_points(curve: list[tuple[Fraction, Fraction]]) -> float:
    """VOC 2007: the mean over the recalls 0, 0.1 ... 1 of the greatest precision at that recall or beyond."""
    total = sum(max((p for r, p in curve if r >= Fraction(tenths, 10)), default=Fraction(0)) for tenths in range(11))
    return float(total / 11)


def area(curve: list[tuple[Fraction, Fraction]]) -> float:
    """VOC 2010 and later: the area below precision that never rises with recall."""
    total, before = Fraction(0), Fraction(0)
    for recall in sorted({r for r, _ in curve}):
        total += (recall - before) * max(p for r, p in curve if r >= recall)
        before = recall
    return float(total)


def scores(truth: dict, results: list[dict], threshold: float) -> dict[int, tuple[float, float] | None]:
    """By category: the area and the mean of eleven points; None where nothing is to be found."""
    found = {}
    for category in truth["categories"]:
        number = category["id"]
        if not any(a["category_id"] == number and not a["iscrowd"] and not a["ignore"] for a in truth["annotations"]):
            found[number] = None
            continue
        curve = points(truth, results, number, threshold)
        found[number] = (area(curve), eleven_points(curve))
    return found
