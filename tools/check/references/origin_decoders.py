"""Detectors' own ways from maps to boxes, each written from the code of its origin.

No metadata here: every decoder has the conventions of one code base in it (docs/detector.md,
"Origins"), in 32-bit floats. Maps are one picture's, [H, W, channels] for each
level; boxes come back in the picture's pixels, by falling score, as (box, score, label).
"""

import numpy as np

F = np.float32
STRIDES = (8, 16, 32, 64, 128)
LOG_LIMIT = F(abs(np.log(16 / 1000)))


def sigmoid(x):
    with np.errstate(over="ignore"):
        return F(1) / (F(1) + np.exp(-x.astype(F)))


def cell_anchors(sizes, ratios, size_outside=False):
    """Widths and heights in the channels' order; a ratio is height by width."""
    pairs = [(s, r) for r in ratios for s in sizes]
    if size_outside:
        pairs = [(s, r) for s in sizes for r in ratios]
    return np.array([(s / r ** 0.5, s * r ** 0.5) for s, r in pairs])


def all_anchors(base, height, width, stride_y, stride_x):
    """[height * width * A, 4]: the base boxes of a cell moved to every cell."""
    y, x = np.meshgrid(np.arange(height) * stride_y, np.arange(width) * stride_x, indexing="ij")
    shifts = np.stack([x, y, x, y], -1).reshape(-1, 1, 4)
    return (shifts.astype(F) + base.astype(F)[None]).reshape(-1, 4)


def octaves(size):
    return [size * 2 ** (i / 3) for i in range(3)]


def decode(anchors, deltas, low=-np.inf, high=np.inf):
    """Edge boxes of deltas."""
    wh = anchors[:, 2:] - anchors[:, :2]
    centre = anchors[:, :2] + F(0.5) * wh
    with np.errstate(over="ignore", invalid="ignore"):
        centre = deltas[:, :2] * wh + centre
        wh = np.exp(np.clip(deltas[:, 2:], F(low), F(high))) * wh
        return np.concatenate([centre - F(0.5) * wh, centre + F(0.5) * wh], 1)


def clip(boxes, right, bottom):
    return np.clip(boxes, F(0), np.array([right, bottom] * 2, F))


def top_pairs(scores, passing, most):
    """Flat numbers of the best pairs that pass, ties by number."""
    numbers = np.flatnonzero(passing)
    order = np.argsort(-scores.reshape(-1)[numbers].astype(np.float64), kind="stable")
    return numbers[order[:most]]


def greedy(boxes, scores, labels, threshold, plus):
    """Positions that class-wise NMS keeps, by falling score."""
    order = np.argsort(-scores.astype(np.float64), kind="stable")
    boxes = boxes.astype(np.float64)
    kept = []
    dead = np.zeros(len(boxes), bool)
    area = np.prod(boxes[:, 2:] - boxes[:, :2] + plus, 1)
    for i in order:
        if dead[i]:
            continue
        kept.append(i)
        shared = np.minimum(boxes[:, 2:], boxes[i, 2:]) - np.maximum(boxes[:, :2], boxes[i, :2])
        shared = np.prod(np.maximum(shared + plus, 0), 1)
        with np.errstate(divide="ignore", invalid="ignore"):
            overlap = np.where(shared > 0, shared / (area + area[i] - shared), 0)
        dead |= (overlap > threshold) & (labels == labels[i])
    return np.array(kept, int)


def listed(boxes, scores, labels):
    return [(list(map(float, b)), float(s), int(c)) for b, s, c in zip(boxes, scores, labels)]


def pairs_of_level(level, classes, scores, passing):
    """Anchor numbers and classes of the best 1000 pairs of a level."""
    best = top_pairs(scores, passing, 1000)
    return best // classes, best % classes


# ---- torchvision: sections 2.4, 2.7, 4.5 ---------------------------------------------------------

TORCHVISION_SIZES = [[x, int(x * 2 ** (1 / 3)), int(x * 2 ** (2 / 3))]
                     for x in (32, 64, 128, 256, 512)]


def torchvision_base(level):
    wh = cell_anchors(TORCHVISION_SIZES[level], (0.5, 1.0, 2.0))
    return np.round(np.concatenate([-wh, wh], 1) / 2)


def torchvision(maps, padded, resized, picture):
    parts = []
    for level, (cls, box) in enumerate(maps):
        h, w = cls.shape[:2]
        scores = sigmoid(cls).reshape(-1, 91)
        anchor, label = pairs_of_level(level, 91, scores, scores > F(0.05))
        anchors = all_anchors(torchvision_base(level), h, w, padded[0] // h, padded[1] // w)
        boxes = decode(anchors[anchor], box.reshape(-1, 4)[anchor], high=LOG_LIMIT)
        parts.append((clip(boxes, resized[1], resized[0]), scores[anchor, label], label))
    boxes, scores, labels = (np.concatenate(column) for column in zip(*parts))
    keep = greedy(boxes, scores, labels, 0.5, 0)[:300]
    ratio = np.array([F(picture[1]) / F(resized[1]), F(picture[0]) / F(resized[0])] * 2, F)
    return listed(boxes[keep] * ratio, scores[keep], labels[keep])


# ---- Detectron2: sections 2.5, 2.7, 4.5 ----------------------------------------------------------


def detectron2_base(level):
    wh = cell_anchors(octaves(32 * 2 ** level), (0.5, 1.0, 2.0), size_outside=True)
    return np.concatenate([-wh, wh], 1) / 2


def detectron2(maps, padded, resized, picture):
    parts = []
    for level, (cls, box) in enumerate(maps):
        h, w = cls.shape[:2]
        classes = cls.shape[2] // 9
        scores = sigmoid(cls).reshape(-1, classes)
        anchor, label = pairs_of_level(level, classes, scores, scores > F(0.05))
        anchors = all_anchors(detectron2_base(level), h, w, STRIDES[level], STRIDES[level])
        boxes = decode(anchors[anchor], box.reshape(-1, 4)[anchor], high=LOG_LIMIT)
        parts.append((boxes, scores[anchor, label], label))
    boxes, scores, labels = (np.concatenate(column) for column in zip(*parts))
    keep = greedy(boxes, scores, labels, 0.5, 0)[:100]
    back = np.array([picture[1] / resized[1], picture[0] / resized[0]] * 2, F)
    boxes = clip(boxes[keep] * back, picture[1], picture[0])
    full = ((boxes[:, 2] - boxes[:, 0]) > 0) & ((boxes[:, 3] - boxes[:, 1]) > 0)
    return listed(boxes[full], scores[keep][full], labels[keep][full])


# ---- ODTK: sections 2.6, 2.7, 4.5 ----------------------------------------------------------------


def odtk_base(level):
    stride = STRIDES[level]
    wh = cell_anchors(octaves(4.0 * stride), (1.0, 2.0, 0.5), size_outside=True)
    return np.concatenate([stride - wh, stride + wh], 1) / 2


def odtk(maps, padded, resized, picture, short=800, long=1333):
    """The class maps are probabilities already."""
    ratio = short / min(picture)
    ratio = long / max(picture) if ratio * max(picture) > long else ratio
    parts = []
    for level, (cls, box) in enumerate(maps):
        h, w = cls.shape[:2]
        stride = padded[1] // w
        classes = cls.shape[2] // 9
        scores = cls.reshape(-1, classes)
        anchor, label = pairs_of_level(level, classes, scores, scores >= F(0.05))
        anchors = all_anchors(odtk_base(level), h, w, stride, stride)[anchor]
        deltas = box.reshape(-1, 4)[anchor]
        wh = anchors[:, 2:] - anchors[:, :2] + F(1)
        centre = deltas[:, :2] * wh + (anchors[:, :2] + F(0.5) * wh)
        with np.errstate(over="ignore"):
            wh = np.exp(deltas[:, 2:]) * wh
        boxes = np.concatenate([centre - F(0.5) * wh, centre + F(0.5) * wh - F(1)], 1)
        parts.append((clip(boxes, w * stride - 1, h * stride - 1), scores[anchor, label], label))
    boxes, scores, labels = (np.concatenate(column) for column in zip(*parts))
    keep = greedy(boxes, scores, labels, 0.5, 1)[:100]
    return listed(boxes[keep] / F(ratio), scores[keep], labels[keep])


# ---- MMDetection 2 and 3, and those that share its structure: sections 2.3, 2.7, 4.4, 4.5 ------------


def mmdetection_base(level):
    wh = cell_anchors(octaves(4.0 * STRIDES[level]), (0.5, 1.0, 2.0))
    return np.concatenate([-wh, wh], 1) / 2


def mmdetection(maps, padded, resized, picture, pre_nms=None, score=None):
    """`pre_nms` and `score` of (p, other maps) are what is selected by and what is reported."""
    pre_nms = pre_nms or (lambda p, *others: p)
    score = score or pre_nms
    back = np.array([resized[1] / picture[1], resized[0] / picture[0]] * 2, F)
    parts = []
    for level, (cls, box, *others) in enumerate(maps):
        h, w = cls.shape[:2]
        classes = cls.shape[2] // 9
        p = sigmoid(cls).reshape(-1, classes)
        others = [sigmoid(one).reshape(-1, 1) for one in others]
        first = pre_nms(p, *others)
        anchor, label = pairs_of_level(level, classes, first, first > F(0.05))
        anchors = all_anchors(mmdetection_base(level), h, w, STRIDES[level], STRIDES[level])
        boxes = decode(anchors[anchor], box.reshape(-1, 4)[anchor], -LOG_LIMIT, LOG_LIMIT)
        scores = score(p, *others)[anchor, label]
        parts.append((clip(boxes, resized[1], resized[0]) / back, scores, label))
    boxes, scores, labels = (np.concatenate(column) for column in zip(*parts))
    keep = greedy(boxes, scores, labels, 0.5, 0)[:100]
    return listed(boxes[keep], scores[keep], labels[keep])


def paa(*arguments):
    return mmdetection(*arguments, pre_nms=lambda p, q: np.sqrt(p * q))


def plain_product(*arguments):
    return mmdetection(*arguments, pre_nms=lambda p, q: p * q)


def tinaface(*arguments):
    return mmdetection(*arguments, pre_nms=lambda p, q: p ** F(0.8) * q ** F(1.2))


def atss(*arguments):
    """Centerness is multiplied after the selection."""
    return mmdetection(*arguments, pre_nms=lambda p, q: p, score=lambda p, q: p * q)


def pp_yolo_objectness(o, q, factor=F(0.4), eps=F(1e-7)):
    """The factor, turned into a logit that is clamped near 0 and 1, and back."""
    mixed = np.clip(o ** (1 - factor) * q ** factor, eps, 1 / eps)
    return sigmoid(-np.log(np.clip(1 / mixed - 1, eps, 1 / eps)))


def pp_yolo(*arguments):
    return mmdetection(*arguments, pre_nms=lambda p, q, o: p * pp_yolo_objectness(o, q))


def yolo(*arguments):
    return mmdetection(*arguments, pre_nms=lambda p, o: p * o)


# ---- The authors' code: sections 2.2, 2.7, 4.1 ---------------------------------------------------


def fork_base(level):
    stride = STRIDES[level]
    half = (cell_anchors(octaves(4.0 * stride), (0.5, 1.0, 2.0)) - 1) / 2
    centre = (stride - 1) / 2
    return np.round(np.concatenate([centre - half, centre + half], 1))


def fork(maps, padded, resized, picture, short=800, long=1333):
    """Fused before anything is selected."""
    def fused(cls, iou):
        return np.sqrt(sigmoid(cls)) * np.sqrt(sigmoid(iou))[..., None]
    return inclusive(maps, resized, picture, short, long, fused)


def mmdetection1(maps, padded, resized, picture, short=800, long=1333):
    """Its plain RetinaNet."""
    return inclusive(maps, resized, picture, short, long, sigmoid)


def inclusive(maps, resized, picture, short, long, score):
    """`score` of a level's maps but its boxes' is [H * W * 9, classes]. Anchors, not pairs, are selected."""
    factor = min(short / min(picture), long / max(picture))
    parts = []
    for level, (cls, box, *others) in enumerate(maps):
        h, w = cls.shape[:2]
        classes = cls.shape[2] // 9
        scores = score(cls.reshape(-1, classes), *(one.reshape(-1) for one in others))
        anchors = all_anchors(fork_base(level), h, w, STRIDES[level], STRIDES[level])
        best = scores.max(1)
        keep = np.sort(np.argsort(-best.astype(np.float64), kind="stable")[:1000])
        anchors, deltas = anchors[keep], box.reshape(-1, 4)[keep]
        wh = anchors[:, 2:] - anchors[:, :2] + F(1)
        centre = (anchors[:, :2] + anchors[:, 2:]) * F(0.5) + wh * deltas[:, :2]
        wh = wh * np.exp(np.clip(deltas[:, 2:], -LOG_LIMIT, LOG_LIMIT))
        boxes = np.concatenate([centre - wh * F(0.5) + F(0.5), centre + wh * F(0.5) - F(0.5)], 1)
        parts.append((clip(boxes, resized[1] - 1, resized[0] - 1) / F(factor), scores[keep]))
    boxes, scores = (np.concatenate(column) for column in zip(*parts))
    anchor, label = np.nonzero(scores > F(0.05))
    keep = greedy(boxes[anchor], scores[anchor, label], label, 0.5, 1)[:100]
    return listed(boxes[anchor[keep]], scores[anchor[keep], label[keep]], label[keep])
