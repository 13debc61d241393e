"""Detection and preprocessing from their specification, in NumPy and mostly double precision.

Written from docs/metadata.md alone, plainly and slowly: no early cuts, full sorts, a loop over
classes. The checks compare the C library with it.
"""

import math

import numpy as np


def words(text):
    return [float(word) for word in text.split(" ")]


def lines(text):
    return text.split("\n")


def maximum_sides(limit, size):
    return np.array([size[1], size[0], size[1], size[0]], np.float64) - limit


# ---- Detection -----------------------------------------------------------------------------------


def as_rows(values, channels_last, image):
    """One picture's map as [cells, channels], cells row by row."""
    one = values[image]
    if not channels_last:
        one = np.transpose(one, (1, 2, 0))
    return one.reshape(-1, one.shape[-1])


def activate(values, kind):
    values = values.astype(np.float64)
    if kind == "probability":
        return np.clip(values, 0.0, 1.0)
    with np.errstate(over="ignore"):
        return 1.0 / (1.0 + np.exp(-values))


def fused(p, q, alpha):
    """S for [anchors, classes] and [anchors]; alpha 1 leaves q out; a NaN p stays NaN."""
    if q is None or alpha == 1.0:
        return p
    score = np.power(p, alpha) * np.power(q, 1.0 - alpha)[:, None]
    return np.where(np.isnan(p), np.nan, score)


def decode(metadata, level, deltas, width, size):
    """Boxes of all anchors of a level in the network's pixels, clipped."""
    base = np.array(words(lines(metadata["iou.anchors"])[level]), np.float64).reshape(-1, 4)
    stride = words(metadata["iou.strides"])[level]
    cells = len(deltas)
    x, y = np.arange(cells) % width * stride, np.arange(cells) // width * stride
    anchors = (base[None] + np.stack([x, y, x, y], 1)[:, None]).reshape(-1, 4)
    deltas = deltas.reshape(-1, 4).astype(np.float64)
    deltas = deltas * words(metadata["iou.coder.stds"]) + words(metadata["iou.coder.means"])
    inclusive = metadata["iou.boxes.convention"] == "inclusive"
    extent = anchors[:, 2:] - anchors[:, :2] + inclusive
    centre = (anchors[:, :2] + anchors[:, 2:]) / 2
    growth = deltas[:, 2:]
    if metadata["iou.coder.clamp"] != "none":
        limit = float(metadata["iou.coder.clamp"])
        lower = -limit if metadata["iou.coder.clamp.sides"] == "both" else -np.inf
        growth = np.clip(growth, lower, limit)
    with np.errstate(over="ignore", invalid="ignore"):
        middle = deltas[:, :2] * extent + centre
        side = np.exp(growth) * extent
        half = 0.5 if metadata["iou.coder.half_pixel"] == "yes" else 0.0
        boxes = np.concatenate([middle - side / 2 + half, middle + side / 2 - half], 1)
    if metadata["iou.clip"] == "image":
        margin = metadata["iou.clip.limit"] == "last-pixel"
        boxes = np.minimum(np.maximum(boxes, 0.0), maximum_sides(margin, size))
    return boxes


def above(values, threshold, compare):
    threshold = np.float32(threshold)
    return values >= threshold if compare == ">=" else values > threshold


def overlaps(box, others, inclusive):
    """Overlap of a box with many; 0 where they share nothing."""
    def areas(b):
        return (b[..., 2] - b[..., 0] + inclusive) * (b[..., 3] - b[..., 1] + inclusive)
    width = np.minimum(box[2], others[:, 2]) - np.maximum(box[0], others[:, 0]) + inclusive
    height = np.minimum(box[3], others[:, 3]) - np.maximum(box[1], others[:, 1]) + inclusive
    shared = np.maximum(width, 0) * np.maximum(height, 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(shared > 0, shared / (areas(box) + areas(others) - shared), 0.0)


def suppress(boxes, scores, threshold, compare, inclusive):
    """Kept positions of one class: greedy, by falling score, then by position."""
    order = np.argsort(-scores.astype(np.float64), kind="stable")
    kept = []
    while len(order):
        best, order = order[0], order[1:]
        kept.append(best)
        again = above(overlaps(boxes[best], boxes[order], inclusive), threshold, compare)
        order = order[~again]
    return kept


def level_candidates(metadata, level, entry, image, alpha, size):
    """Boxes, S, p and q of the anchors that a level keeps, in the order of their numbers."""
    last = metadata["iou.outputs.layout"] == "nhwc"
    channels = int(metadata["iou.classes.channels"])
    first = int(metadata["iou.classes.offset"])
    count = len(lines(metadata["iou.labels"]))
    logits = as_rows(entry["cls"], last, image).reshape(-1, channels)[:, first:first + count]
    p = activate(logits, metadata["iou.outputs.cls.kind"])
    q = None
    if "iou.outputs.iou" in metadata:
        raw = as_rows(entry["iou"], last, image).reshape(-1)
        q = activate(raw, metadata["iou.outputs.iou.kind"])
    score = fused(p, q, alpha).astype(np.float32)
    boxes = decode(metadata, level, as_rows(entry["box"], last, image), entry["w"], size)
    best = np.where(np.isnan(score), -1.0, score).max(1).astype(np.float64)
    keep = np.argsort(-best, kind="stable")
    topk = int(metadata["iou.topk"])
    if topk:
        keep = keep[:topk]
    keep = np.sort(keep)
    q = np.full(len(p), np.nan) if q is None else q
    return boxes[keep], score[keep], p[keep], q[keep]


def detect(metadata, maps, image, size, scale, alpha=None, score_threshold=None,
           nms_threshold=None, max_detections=None):
    """Detections (box, S, p, q, label) of one picture, resized to `size` = (h, w) by `scale`."""
    def value(wish, key):
        return float(metadata[key]) if wish is None else wish
    alpha = value(alpha, "iou.alpha") if "iou.outputs.iou" in metadata else 1.0
    threshold = value(score_threshold, "iou.score.threshold")
    nms = value(nms_threshold, "iou.nms.threshold")
    most = int(value(max_detections, "iou.detections.max"))
    alpha = float(np.float32(alpha))
    parts = [level_candidates(metadata, i, entry, image, alpha, size)
             for i, entry in enumerate(maps)]
    boxes, scores, p, q = (np.concatenate(column) for column in zip(*parts))
    finite = np.isfinite(boxes).all(1)
    boxes, scores, p, q = boxes[finite], scores[finite], p[finite], q[finite]
    returned = boxes / np.array([scale[1], scale[0]] * 2)
    measured = boxes if metadata["iou.nms.space"] == "network" else returned
    inclusive = metadata["iou.boxes.convention"] == "inclusive"
    found = []
    for label in range(scores.shape[1]):
        with np.errstate(invalid="ignore"):
            passing = np.flatnonzero(above(scores[:, label], threshold,
                                           metadata["iou.score.compare"]))
        kept = suppress(measured[passing], scores[passing, label], nms,
                        metadata["iou.nms.compare"], inclusive)
        found += [(-float(scores[i, label]), int(i), label) for i in passing[kept]]
    return [(list(returned[i]), -minus, p[i, label], q[i], label)
            for minus, i, label in sorted(found)[:most]]


# ---- Preprocessing -------------------------------------------------------------------------------


def resized_size(metadata, height, width):
    """New height and width, and the factor."""
    rule = metadata["iou.input.resize"].split(" ")
    if rule[0] == "short-long":
        factor = min(int(rule[1]) / min(height, width), int(rule[2]) / max(height, width))
    elif rule[0] == "fit":
        factor = min(int(rule[1]) / height, int(rule[2]) / width)
    else:
        factor = 1.0
    extra = 0.5 if metadata["iou.input.resize.rounding"] == "half-up" else 0.0
    return (max(1, int(height * factor + extra)), max(1, int(width * factor + extra)), factor)


def weights(new, old, step):
    """A matrix [new, old] that samples a line at half-pixel centres, edges repeated."""
    matrix = np.zeros((new, old))
    for i in range(new):
        at = min(max((i + 0.5) * step - 0.5, 0.0), old - 1.0)
        low = math.floor(at)
        matrix[i, low] += 1.0 - (at - low)
        if low + 1 < old:
            matrix[i, low + 1] += at - low
    return matrix


def resize(metadata, picture):
    height, width = picture.shape[:2]
    new_h, new_w, factor = resized_size(metadata, height, width)
    steps = (height / new_h, width / new_w)
    if metadata["iou.input.resize.step"] == "factor":
        steps = (1.0 / factor, 1.0 / factor)
    vertical = weights(new_h, height, steps[0])
    horizontal = weights(new_w, width, steps[1])
    return np.einsum("yh,hwc,xw->cyx", vertical, picture.astype(np.float64), horizontal,
                     optimize=True)


def preprocess(metadata, pictures):
    """The batch in double precision."""
    color = slice(None, None, -1 if metadata["iou.input.color"] == "bgr" else 1)
    mean = np.array(words(metadata["iou.input.mean"]))[:, None, None]
    std = np.array(words(metadata["iou.input.std"]))[:, None, None]
    gain = float(metadata["iou.input.range"]) / 255.0
    planes = [(resize(metadata, picture)[color] * gain - mean) / std for picture in pictures]
    pad = metadata["iou.input.pad"].split(" ")
    if pad[0] == "multiple":
        multiple = int(pad[1])
        height, width = (-(-max(p.shape[i] for p in planes) // multiple) * multiple
                         for i in (1, 2))
    else:
        height, width = (int(side) for side in metadata["iou.input.resize"].split(" ")[1:])
    batch = np.full((len(planes), 3, height, width), float(metadata["iou.input.pad.value"]))
    for out, plane in zip(batch, planes):
        out[:, :plane.shape[1], :plane.shape[2]] = plane
    return batch
