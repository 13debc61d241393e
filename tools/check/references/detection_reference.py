"""Detection and preprocessing from their metadata, in NumPy and mostly double precision.

Written from docs/metadata.md alone, plainly and slowly: no early cuts, full sorts, a loop over
classes. The checks compare the C library with it; origin_decoders.py has each origin's own way.
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


def fused(metadata, p, q, o, alpha, pre_nms=False):
    """Score or pre-NMS score of [anchors, classes] from p, and q and o of [anchors] or None."""
    power = float(np.float32(metadata.get("iou.fusion.power", "1")))
    last = pre_nms and metadata.get("iou.fusion.order") == "last"
    sharp = 1.0 if last else power * alpha
    score = p.copy() if o is not None else np.power(p, sharp)
    if o is not None:
        score *= np.where(np.isnan(o), np.nan, np.power(o, sharp))[:, None]
    if q is not None and alpha != 1.0 and not last:
        score *= np.power(q, power * (1.0 - alpha))[:, None]
    return np.where(np.isnan(p), np.nan, score).astype(np.float32)


def level_strides(metadata, level, entry, network_size):
    """Along x and y."""
    if metadata["iou.strides"] == "padded/map":
        return network_size[1] // entry["w"], network_size[0] // entry["h"]
    return (words(metadata["iou.strides"])[level],) * 2


def clip_sides(metadata, entry, strides, size, network_size):
    """Height and width of the rectangle, or None."""
    if metadata["iou.clip"] == "none" or metadata["iou.clip.when"] == "after-nms":
        return None
    return {"image": size, "padded": network_size,
            "grid": (entry["h"] * strides[1], entry["w"] * strides[0])}[metadata["iou.clip"]]


def clipped(metadata, boxes, sides):
    margin = metadata["iou.clip.limit"] == "last-pixel"
    return np.minimum(np.maximum(boxes, 0.0), maximum_sides(margin, sides))


def decode(metadata, level, deltas, entry, size, network_size):
    """Boxes of all anchors of a level in the network's pixels, clipped."""
    base = np.array(words(lines(metadata["iou.anchors"])[level]), np.float64).reshape(-1, 4)
    cells, width = len(deltas), entry["w"]
    strides = level_strides(metadata, level, entry, network_size)
    x, y = np.arange(cells) % width * strides[0], np.arange(cells) // width * strides[1]
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
    sides = clip_sides(metadata, entry, strides, size, network_size)
    return boxes if sides is None else clipped(metadata, boxes, sides)


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


def class_channels(metadata):
    if "iou.classes.list" in metadata:
        return [int(word) for word in metadata["iou.classes.list"].split(" ")]
    first = int(metadata["iou.classes.offset"])
    return list(range(first, first + len(lines(metadata["iou.labels"]))))


def one_channel(metadata, entry, key, last, image):
    """q or o of a level's anchors, or None."""
    if f"iou.outputs.{key}" not in metadata:
        return None
    raw = as_rows(entry[key], last, image).reshape(-1)
    return activate(raw, metadata[f"iou.outputs.{key}.kind"])


def best_first(values):
    """Positions by falling value, NaN last, ties by position."""
    return np.argsort(-np.where(np.isnan(values), -1.0, values).astype(np.float64), kind="stable")


def returned_boxes(metadata, boxes, scale, picture):
    """Boxes as they are reported, in the picture's pixels."""
    boxes = boxes / np.array([scale[1], scale[0]] * 2)
    if metadata["iou.clip"] != "none" and metadata["iou.clip.when"] == "after-nms":
        return clipped(metadata, boxes, picture)
    return boxes


def true_ious(metadata, boxes, truth):
    """Of every box, its overlap with the box of `truth` that it overlaps most."""
    inclusive = metadata["iou.boxes.convention"] == "inclusive"
    best = np.zeros(len(boxes))
    for one in truth.astype(np.float64):
        best = np.fmax(best, overlaps(one, boxes, inclusive))
    return best


def level_candidates(metadata, level, entry, image, alpha, size, network_size, quality=None):
    """Boxes, S, pre-NMS score (NaN where top-k drops a pair), p and q of a level's anchors.
    `quality(boxes)` takes the place of the predicted IoU."""
    last = metadata["iou.outputs.layout"] == "nhwc"
    channels = int(metadata["iou.classes.channels"])
    values = as_rows(entry["cls"], last, image).reshape(-1, channels)
    p = activate(values[:, class_channels(metadata)], metadata["iou.outputs.cls.kind"])
    q = one_channel(metadata, entry, "iou", last, image)
    o = one_channel(metadata, entry, "objectness", last, image)
    boxes = decode(metadata, level, as_rows(entry["box"], last, image), entry, size, network_size)
    if quality:
        q = quality(boxes)
    score = fused(metadata, p, q, o, alpha)
    pre_nms = fused(metadata, p, q, o, alpha, pre_nms=True)
    topk = int(metadata["iou.topk"])
    if topk and metadata["iou.topk.unit"] == "anchors":
        best = np.where(np.isnan(pre_nms), -1.0, pre_nms).max(1)
        pre_nms[best_first(best)[topk:]] = np.nan
    elif topk:
        pre_nms.flat[best_first(pre_nms.reshape(-1))[topk:]] = np.nan
    return boxes, score, pre_nms, p, np.full(len(p), np.nan) if q is None else q


def suppress_all(metadata, boxes, scores, passing, threshold):
    """(-score, anchor, label) of what NMS keeps among the pairs that pass."""
    compare, inclusive = metadata["iou.nms.compare"], metadata["iou.boxes.convention"] == "inclusive"
    found = []
    if metadata["iou.nms.classes"] == "together":
        anchors, labels = np.nonzero(passing)
        kept = suppress(boxes[anchors], scores[anchors, labels], threshold, compare, inclusive)
        return [(-float(scores[anchors[i], labels[i]]), int(anchors[i]), int(labels[i]))
                for i in kept]
    for label in range(scores.shape[1]):
        anchors = np.flatnonzero(passing[:, label])
        kept = suppress(boxes[anchors], scores[anchors, label], threshold, compare, inclusive)
        found += [(-float(scores[i, label]), int(i), label) for i in anchors[kept]]
    return found


def detect(metadata, maps, image, size, scale, network_size=None, picture=None, alpha=None,
           score_threshold=None, nms_threshold=None, max_detections=None, truth=None):
    """Detections (box, S, p, q, label) of one picture of sides `picture` = (h, w), resized to
    `size` by `scale` and padded to `network_size`. With `truth`, boxes in the picture, the IoU with them
    takes the place of the predicted one."""
    def value(override, key):
        return float(metadata[key]) if override is None else override
    has_iou = "iou.outputs.iou" in metadata or truth is not None and alpha is not None
    alpha = value(alpha, "iou.alpha") if has_iou else 1.0
    threshold = value(score_threshold, "iou.score.threshold")
    nms = value(nms_threshold, "iou.nms.threshold")
    most = int(value(max_detections, "iou.detections.max"))
    alpha = float(np.float32(alpha))

    def reported(boxes):
        return returned_boxes(metadata, boxes, scale, picture or size)
    quality = truth is not None and (lambda boxes: true_ious(metadata, reported(boxes), truth))
    parts = [level_candidates(metadata, i, entry, image, alpha, size, network_size or size, quality)
             for i, entry in enumerate(maps)]
    boxes, scores, pre_nms, p, q = (np.concatenate(column) for column in zip(*parts))
    in_picture = boxes / np.array([scale[1], scale[0]] * 2)
    measured = boxes if metadata["iou.nms.space"] == "network" else in_picture
    returned = reported(boxes)
    with np.errstate(invalid="ignore"):
        passing = above(pre_nms, threshold, metadata["iou.score.compare"])
    passing &= np.isfinite(boxes).all(1)[:, None] & ~np.isnan(scores)
    found = sorted(suppress_all(metadata, measured, scores, passing, nms))[:most]
    if metadata["iou.clip"] != "none" and metadata["iou.clip.when"] == "after-nms":
        extent = returned[:, 2:] - returned[:, :2] + (metadata["iou.boxes.convention"]
                                                      == "inclusive")
        found = [one for one in found if (extent[one[1]] > 0).all()]
    return [(list(returned[i]), -minus, p[i, label], q[i], label) for minus, i, label in found]


# ---- Preprocessing -------------------------------------------------------------------------------


def resized_size(metadata, height, width):
    """New height and width, and the factor."""
    rule = metadata["iou.input.resize"].split(" ")
    extra = 0.5 if metadata["iou.input.resize.rounding"] == "half-up" else 0.0
    if rule[0] == "short-long":
        factor = min(int(rule[1]) / min(height, width), int(rule[2]) / max(height, width))
    elif rule[0] == "short-then-long":
        factor = int(rule[1]) / min(height, width)
    elif rule[0] == "fit":
        factor = min(int(rule[1]) / height, int(rule[2]) / width)
    else:
        factor = 1.0
    if metadata.get("iou.input.resize.factor") == "single":
        factor = float(np.float32(factor))
    sides = [height * factor, width * factor]
    if rule[0] == "short-then-long":
        sides[0 if height < width else 1] = float(rule[1])
        if max(sides) > int(rule[2]):
            again = int(rule[2]) / max(sides)
            sides, factor = [side * again for side in sides], factor * again
    return (max(1, int(sides[0] + extra)), max(1, int(sides[1] + extra)), factor)


def wide_weights(new, old, step):
    """The same with the triangle stretched by the step where that is above 1."""
    reach = max(step, 1.0)
    centres = (np.arange(new)[:, None] + 0.5) * step
    matrix = np.maximum(0.0, 1.0 - np.abs(np.arange(old)[None] + 0.5 - centres) / reach)
    return matrix / matrix.sum(1, keepdims=True)


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
    sample = wide_weights if metadata["iou.input.resize.antialias"] == "yes" else weights
    vertical = sample(new_h, height, steps[0])
    horizontal = sample(new_w, width, steps[1])
    return np.einsum("yh,hwc,xw->cyx", vertical, picture.astype(np.float64), horizontal,
                     optimize=True)


def preprocess(metadata, pictures, resize=resize):
    """The batch in double precision; `resize` gives [3, height, width]."""
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
    value = float(metadata["iou.input.pad.value"])
    value = (value - mean) / std if metadata["iou.input.pad.when"] == "before-normalise" else value
    batch = np.zeros((len(planes), 3, height, width)) + value
    for out, plane in zip(batch, planes):
        out[:, :plane.shape[1], :plane.shape[2]] = plane
    return batch.transpose(0, 2, 3, 1) if metadata["iou.input.layout"] == "nhwc" else batch
