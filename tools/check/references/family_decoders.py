"""Pictures to inputs and outputs to boxes, as the code of each family of detectors does it, in NumPy.

Written from the families' documentation, not from docs/metadata.md: nothing here reads metadata. A detection is
(box, score, probability, NaN, class), by falling score.
"""

import cv2
import numpy as np
from PIL import Image

IMAGENET = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])


# ---- Pictures ------------------------------------------------------------------------------------


class Letterbox:
    """ultralytics: fits into the input, in the middle of grey 114."""

    def __init__(self, pixels, sides):
        self.shape = pixels.shape[:2]
        factor = min(sides[0] / self.shape[0], sides[1] / self.shape[1])
        width, height = round(self.shape[1] * factor), round(self.shape[0] * factor)
        self.factors = np.array([width / self.shape[1], height / self.shape[0]] * 2)
        across, down = (sides[1] - width) / 2, (sides[0] - height) / 2
        self.left, self.top = round(across - 0.1), round(down - 0.1)
        small = cv2.resize(np.ascontiguousarray(pixels), (width, height), interpolation=cv2.INTER_LINEAR)
        padded = cv2.copyMakeBorder(small, self.top, round(down + 0.1), self.left, round(across + 0.1),
                                    cv2.BORDER_CONSTANT, value=(114, 114, 114))
        self.input = padded.transpose(2, 0, 1)[None].astype(np.float32) / 255

    def back(self, boxes):
        boxes = (boxes - np.array([self.left, self.top] * 2)) / self.factors
        return np.clip(boxes, 0, np.array([self.shape[1], self.shape[0]] * 2))


class Corner:
    """YOLOX: fits into the input's upper left corner, blue first, not normalised, beside grey 114."""

    def __init__(self, pixels, sides):
        self.shape = pixels.shape[:2]
        self.factor = min(sides[0] / self.shape[0], sides[1] / self.shape[1])
        height, width = int(self.shape[0] * self.factor), int(self.shape[1] * self.factor)
        padded = np.full((*sides, 3), 114, np.uint8)
        padded[:height, :width] = cv2.resize(np.ascontiguousarray(pixels[..., ::-1]), (width, height),
                                             interpolation=cv2.INTER_LINEAR)
        self.input = padded.transpose(2, 0, 1)[None].astype(np.float32)

    def back(self, boxes):
        return np.clip(boxes / self.factor, 0, np.array([self.shape[1], self.shape[0]] * 2))


class Stretched:
    """transformers: resized by Pillow to the input's sides, perhaps normalised."""

    def __init__(self, pixels, sides, normalised=False):
        self.shape = pixels.shape[:2]
        image = Image.fromarray(np.ascontiguousarray(pixels)).resize((sides[1], sides[0]), Image.BILINEAR)
        planes = np.asarray(image, np.float64) / 255
        if normalised:
            planes = (planes - IMAGENET[0]) / IMAGENET[1]
        self.input = planes.transpose(2, 0, 1)[None].astype(np.float32)

    def back(self, boxes):
        """From 0 to 1 to the picture's pixels."""
        return np.clip(boxes, 0, 1) * np.array([self.shape[1], self.shape[0]] * 2)


class StretchedByOpenCV:
    """PaddleDetection: resized by OpenCV to the input's sides, normalised; ultralytics' RT-DETR: not normalised, and
    boxes from 0 to 1."""

    def __init__(self, pixels, sides, normalised=True):
        self.shape = pixels.shape[:2]
        small = cv2.resize(np.ascontiguousarray(pixels), (sides[1], sides[0]), interpolation=cv2.INTER_LINEAR)
        planes = small.astype(np.float64) / 255
        if normalised:
            planes = (planes - IMAGENET[0]) / IMAGENET[1]
        self.input = planes.transpose(2, 0, 1)[None].astype(np.float32)
        across, down = (sides[1], sides[0]) if normalised else (1, 1)
        self.factors = np.array([across / self.shape[1], down / self.shape[0]] * 2)

    def back(self, boxes):
        return np.clip(boxes / self.factors, 0, np.array([self.shape[1], self.shape[0]] * 2))


class Untouched:
    """torchvision: pixels from 0 to 1; the graph does the rest."""

    def __init__(self, pixels):
        self.shape = pixels.shape[:2]
        self.input = pixels.transpose(2, 0, 1).astype(np.float32) / 255

    def back(self, boxes):
        return np.clip(boxes, 0, np.array([self.shape[1], self.shape[0]] * 2))


# ---- Boxes ---------------------------------------------------------------------------------------


def corners(boxes):
    centre, half = boxes[:, :2], boxes[:, 2:4] / 2
    return np.concatenate([centre - half, centre + half], 1)


def around(boxes, angles):
    """The upright box around one that is turned by an angle."""
    x, y, w, h = boxes.T[:4]
    points = []
    for i, j in ((1, 1), (1, -1), (-1, 1), (-1, -1)):
        a, b = i * w / 2, j * h / 2
        points.append((x + a * np.cos(angles) - b * np.sin(angles), y + a * np.sin(angles) + b * np.cos(angles)))
    points = np.array(points)
    return np.stack([*points.min(0), *points.max(0)], 1)


def overlap(box, others):
    low, high = np.maximum(box[:2], others[:, :2]), np.minimum(box[2:], others[:, 2:])
    both = np.prod(np.clip(high - low, 0, None), 1)
    areas = np.prod(others[:, 2:] - others[:, :2], 1)
    return both / (np.prod(box[2:] - box[:2]) + areas - both)


def suppress(boxes, scores, labels, threshold, most):
    """Kept rows by falling score; boxes of other classes do not matter."""
    kept = []
    for row in np.argsort(-scores, kind="stable"):
        others = [k for k in kept if labels[k] == labels[row]]
        if not others or overlap(boxes[row], boxes[others]).max() <= threshold:
            kept.append(row)
        if len(kept) == most:
            break
    return kept


def detections(boxes, scores, labels, place):
    """Without those of which nothing is in the picture, which families leave there."""
    return [(list(box), float(score), float(score), float("nan"), int(label))
            for box, score, label in zip(place.back(boxes), scores, labels) if min(box[2:] - box[:2]) > 0]


# ---- Families ------------------------------------------------------------------------------------


def candidates(boxes, scores, place, confidence, threshold, most=300):
    """Each row's best class, above `confidence`, then suppressed within classes."""
    labels, best = scores.argmax(1), scores.max(1)
    passing = best > confidence
    boxes, best, labels = boxes[passing].astype(np.float64), best[passing], labels[passing]
    kept = suppress(boxes, best, labels, threshold, most)
    return detections(boxes[kept], best[kept], labels[kept], place)


def yolov8(output, classes, place, confidence=0.25, threshold=0.7, turned=False):
    """One picture's [4 + K + more, R]; `turned`: the last is an angle."""
    rows = output.T
    boxes = around(rows, rows[:, -1].astype(np.float64)) if turned else corners(rows[:, :4])
    return candidates(boxes, rows[:, 4:4 + classes], place, confidence, threshold)


def yolov5(output, place, confidence=0.25, threshold=0.45):
    """One picture's [R, 5 + K]; the probability is the class's, without the objectness."""
    found = candidates(corners(output[:, :4]), output[:, 5:] * output[:, 4:5], place, confidence, threshold)
    scores = output[:, 5:] * output[:, 4:5]
    return [(box, score, float(output[np.abs(scores[:, label] - score).argmin(), 5 + label]), iou, label)
            for box, score, _, iou, label in found]


def yolox(output, sides, place, confidence=0.25, threshold=0.45):
    """One picture's [R, 5 + K], boxes by the cells of strides 8, 16 and 32."""
    cells, strides = [], []
    for stride in (8, 16, 32):
        y, x = np.meshgrid(np.arange(sides[0] // stride), np.arange(sides[1] // stride), indexing="ij")
        cells.append(np.stack([x.ravel(), y.ravel()], 1))
        strides.append(np.full((len(cells[-1]), 1), stride))
    cells, strides = np.concatenate(cells), np.concatenate(strides)
    decoded = output.copy()
    decoded[:, :2] = (output[:, :2] + cells) * strides
    decoded[:, 2:4] = np.exp(output[:, 2:4]) * strides
    return yolov5(decoded, place, confidence, threshold)


def picodet(scores, boxes, sides, place, strides=(8, 16, 32, 64), confidence=0.4, threshold=0.5, most=100):
    """Of each level [R, K] and [R, 4 · bins]: distances from the cells' middles are expected values."""
    found, best = [], []
    for stride, level, box in zip(strides, scores, boxes):
        width = -(-sides[1] // stride)
        y, x = np.divmod(np.arange(len(level)), width)
        middle = np.stack([x, y], 1) * stride + stride / 2
        bins = box.reshape(len(level), 4, -1).astype(np.float64)
        weights = np.exp(bins - bins.max(2, keepdims=True))
        away = (weights / weights.sum(2, keepdims=True)) @ np.arange(bins.shape[2]) * stride
        corner = np.concatenate([middle - away[:, :2], middle + away[:, 2:]], 1)
        row, label = np.nonzero(level > confidence)
        order = np.argsort(-level[row, label], kind="stable")[:1000]
        found.append(corner[row[order]])
        best += [(level[r, c], c) for r, c in zip(row[order], label[order])]
    values, labels = (np.array(column) for column in zip(*best))
    corner = np.concatenate(found)
    kept = suppress(corner, values, labels, threshold, most)
    return detections(corner[kept], values[kept], labels[kept], place)


def rows(boxes, scores, labels, place, confidence, most=None):
    """Detections of the graph: nothing but a threshold is left to do."""
    order = [row for row in np.argsort(-scores, kind="stable") if scores[row] > confidence][:most]
    return detections(boxes[order].astype(np.float64), scores[order], labels[order], place)


def detr(logits, boxes, place, confidence=0.5):
    """Softmax over the classes and no object; a query is its best class."""
    values = np.exp(logits.astype(np.float64) - logits.max(1, keepdims=True))
    p = (values / values.sum(1, keepdims=True))[:, :-1]
    return rows(corners(boxes.astype(np.float64)), p.max(1), p.argmax(1), place, confidence, 300)


def rt_detr(logits, boxes, place, confidence=0.5, most=300):
    """Sigmoid; the best pairs of a query and a class."""
    p = 1 / (1 + np.exp(-logits.astype(np.float64)))
    best = np.argsort(-p.ravel(), kind="stable")[:most]
    query, label = np.divmod(best, p.shape[1])
    return rows(corners(boxes.astype(np.float64))[query], p.ravel()[best], label, place, confidence)
