"""Compares detection of the C library with the reference in NumPy, and checks its refusals.

tools/bench/postprocess.py measures its time.
"""

import os
from unittest import mock

import detection_reference as reference
import numpy as np
import pytest
from detect_test_hooks import Detector, HookError, class_max, number
from detection_compare import differences
from detection_metadata import make_metadata

BAD_METADATA, UNSUPPORTED, INVALID = 13, 11, 1


# ---- Heads ---------------------------------------------------------------------------------------


def make_maps(metadata, height, width, batch=1, seed=0, shift=-4.6, spread=1.5, alter=None):
    """Random maps; `alter(level, cls, box, iou)` changes them as [N, H, W, A, channels]."""
    random = np.random.default_rng(seed)
    channels = int(metadata["iou.classes.channels"])
    maps = []
    for level, stride in enumerate(reference.words(metadata["iou.strides"])):
        h, w = -(-height // int(stride)), -(-width // int(stride))
        cls = random.normal(shift, spread, (batch, h, w, 9, channels))
        box = random.normal(0, 0.3, (batch, h, w, 9, 4))
        iou = random.normal(0, 1, (batch, h, w, 9, 1))
        if alter:
            alter(level, cls, box, iou)
        entry = {"h": h, "w": w}
        for key, values in (("cls", cls), ("box", box), ("iou", iou)):
            values = values.astype(np.float32).reshape(batch, h, w, -1)
            if metadata["iou.outputs.layout"] == "nchw":
                values = values.transpose(0, 3, 1, 2)
            if key != "iou" or "iou.outputs.iou" in metadata:
                entry[key] = np.ascontiguousarray(values)
        maps.append(entry)
    return maps


def clustered(level, cls, box, iou):
    """A few confident objects, each seen by neighbouring anchors, as a trained head gives."""
    random = np.random.default_rng(100 + level)
    for _ in range(6):
        n, y, x = (random.integers(0, size) for size in cls.shape[:3])
        cls[n, y:y + 2, x:x + 2, :, random.integers(0, cls.shape[4])] += 6
        iou[n, y:y + 2, x:x + 2] += 2


def non_finite(level, cls, box, iou):
    """NaN and infinities in every kind of map."""
    random = np.random.default_rng(200 + level)
    for values in (cls, box, iou):
        flat = values.reshape(-1)
        for bad in (np.nan, np.inf, -np.inf):
            flat[random.integers(0, flat.size, flat.size // 50 + 1)] = bad
    cls[:, :1, :1, :2] = np.nan


def tied(level, cls, box, iou):
    cls[:] = np.round(cls)
    iou[:] = 0.25
    box[:] = np.round(box * 4) / 4


def constant(level, cls, box, iou):
    cls[:], iou[:], box[:] = -4.59512, 0, 0


def degenerate(level, cls, box, iou):
    box[..., 2:] = -50
    box[..., :2] *= 40


# ---- Comparing -----------------------------------------------------------------------------------


def compare(metadata, maps, size, scale=(1.0, 1.0), **overrides):
    """Both implementations on every picture; threads and instruction sets change no bit."""
    detector = Detector(metadata)
    for image in range(maps[0]["cls"].shape[0]):
        with np.errstate(all="ignore"):
            expected = reference.detect(metadata, maps, image, size, scale, **overrides)
        found = detector.detect(maps, image, size, scale, **overrides)
        problem = differences(found, expected)
        if problem:
            return f"picture {image}: {problem}"
        for threads, isa in ((2, ""), (3, "scalar")):
            with mock.patch.dict(os.environ, IOU_ISA=isa):
                again = detector.detect(maps, image, size, scale, threads, **overrides)
            if repr(again) != repr(found):
                return f"picture {image}: {threads} threads {isa} differ from one thread"
    return None


# ---- Cases ---------------------------------------------------------------------------------------


def head_cases():
    """Name and outcome of every comparison."""
    size = (250, 310)
    for legacy in (False, True):
        for layout in ("nhwc", "nchw"):
            name = f"{'legacy' if legacy else 'edges'} {layout}"
            metadata = make_metadata(legacy, layout)
            for alpha in (0.0, 0.3, 0.5, 1.0):
                maps = make_maps(metadata, 256, 320, batch=2, seed=1, alter=clustered)
                yield (f"{name} alpha {alpha}",
                       compare(metadata, maps, size, (0.8, 0.8), alpha=alpha))
            for alter in (non_finite, tied, constant, degenerate):
                for alpha in (0.0, 0.5, 1.0):
                    maps = make_maps(metadata, 256, 320, seed=2, alter=alter)
                    yield (f"{name} {alter.__name__} alpha {alpha}",
                           compare(metadata, maps, size, (1.25, 1.25), alpha=alpha))
            maps = make_maps(metadata, 256, 320, seed=3, shift=3.0)
            yield f"{name} everything passes", compare(metadata, maps, size, (0.5, 0.5))
            maps = make_maps(metadata, 256, 320, seed=4, shift=-30.0)
            yield f"{name} nothing passes", compare(metadata, maps, size)
            yield f"{name} few", compare(metadata, make_maps(metadata, 32, 32, seed=5), (30, 20))


def class_cases():
    for classes in (1, 2, 5, 17, 80):
        for layout in ("nhwc", "nchw"):
            metadata = make_metadata(False, layout, classes)
            maps = make_maps(metadata, 256, 320, seed=6 + classes, alter=clustered)
            yield f"{classes} classes {layout}", compare(metadata, maps, (256, 320))
            metadata = make_metadata(True, layout, classes, iou=False)
            maps = make_maps(metadata, 256, 320, seed=7, alter=non_finite)
            yield f"{classes} classes {layout} no IoU", compare(metadata, maps, (256, 320))
            metadata = make_metadata(False, layout, classes, classes__channels=str(classes + 11),
                                     classes__offset="3")
            maps = make_maps(metadata, 128, 160, seed=8)
            yield f"{classes} classes {layout} with an offset", compare(metadata, maps, (128, 160))


def rule_cases():
    changes = {
        "score >=": {"score__compare": ">="}, "nms >=": {"nms__compare": ">="},
        "nms threshold 0": {"nms__threshold": "0"}, "nms threshold 1": {"nms__threshold": "1"},
        "nms >= 0": {"nms__compare": ">=", "nms__threshold": "0"},
        "score 0 >=": {"score__compare": ">=", "score__threshold": "0"},
        "score 0": {"score__threshold": "0"}, "score 1": {"score__threshold": "1"},
        "score 0.9": {"score__threshold": "0.9"},
        "network space": {"nms__space": "network"}, "no clip": {
            "clip": "none", "clip__limit": None, "clip__when": None},
        "last pixel": {"clip__limit": "last-pixel"},
        "no clamp": {"coder__clamp": "none", "coder__clamp__sides": None},
        "upper clamp": {"coder__clamp": "0.2", "coder__clamp__sides": "upper"},
        "both clamp": {"coder__clamp": "0.2"},
        "means and stds": {"coder__means": "0.1 -0.1 0.05 0", "coder__stds": "0.1 0.1 0.2 0.2"},
        "all anchors": {"topk": "0"}, "ten anchors": {"topk": "10"},
        "one detection": {"detections__max": "1"}, "many detections": {"detections__max": "5000"},
        "alpha 0.01": {"alpha": "0.01"}, "alpha 0.99": {"alpha": "0.99"},
    }
    for name, change in changes.items():
        for alter in (clustered, non_finite):
            for legacy in (False, True):
                metadata = make_metadata(legacy, **change)
                maps = make_maps(metadata, 128, 160, seed=9, alter=alter)
                yield (f"{name} {alter.__name__} legacy={legacy}",
                       compare(metadata, maps, (120, 155), (0.7, 0.9)))
    probability = make_metadata(outputs__cls__kind="probability",
                                outputs__iou__kind="probability")

    def as_probability(level, cls, box, iou):
        non_finite(level, cls, box, iou)
        cls[:], iou[:] = np.abs(cls) * 0.1, np.abs(iou)
        iou[..., :3, :] = 1.5
        cls[..., 4:6, :] = -0.0
    for alpha in (0.0, 0.5, 1.0):
        for threshold in (0.0, 0.05, 0.5):
            maps = make_maps(probability, 128, 160, seed=10, alter=as_probability)
            yield (f"probabilities alpha {alpha} above {threshold}",
                   compare(probability, maps, (120, 155), alpha=alpha, score_threshold=threshold))


def displacement_cases():
    """With alpha 0 only q ranks: anchors without a number take no place among the best."""
    def blind(level, cls, box, iou):
        cls[:, ::2], iou[:, ::2] = np.nan, 5
        cls[:, 1::4, :, 3:5] = -np.inf
    for layout in ("nhwc", "nchw"):
        for classes in (1, 3, 20):
            metadata = make_metadata(False, layout, classes, topk="10", alpha="0")
            maps = make_maps(metadata, 128, 160, seed=14, alter=blind)
            yield f"blind anchors {layout} {classes}", compare(metadata, maps, (128, 160))


def cut_cases():
    """Scores just around the threshold, with q near 1, where the early cut is closest."""
    def sure(level, cls, box, iou):
        iou[:] = 20
    for seed in range(4):
        for alpha, shift in ((0.5, -6.0), (1.0, -2.94), (0.3, -10.0)):
            metadata = make_metadata()
            maps = make_maps(metadata, 96, 96, seed=20 + seed, shift=shift, spread=0.3, alter=sure)
            yield (f"cut {seed} alpha {alpha}",
                   compare(metadata, maps, (96, 96), alpha=alpha, max_detections=5000))


def rising(level, cls, box, iou):
    """Each anchor outranks those before it: no early cut is ever good."""
    cls[:] = np.linspace(-4, 4, cls.size).reshape(cls.shape)
    iou[:] = 0


def falling(level, cls, box, iou):
    rising(level, cls, box, iou)
    cls *= -1


def stairs(level, cls, box, iou):
    """Few different scores, each of more anchors than are kept."""
    cls[:], iou[:] = np.round(cls * 0.5), 1


def infinite(level, cls, box, iou):
    cls[:] = np.where(cls > 0, np.inf, np.nan)
    iou[:] = np.where(iou > 0, np.inf, -np.inf)


def one_level(level, cls, box, iou):
    if level != 1:
        cls[:] = -30


def order_cases():
    """What top-k keeps where it has many equal or ever better ones to choose from, in many tasks."""
    rules = [(unit, order, topk) for unit in ("anchors", "pairs")
             for order, topk in (("first", "1"), ("first", "100"), ("first", "1000"),
                                 ("last", "100"))]
    for layout in ("nhwc", "nchw"):
        for unit, order, topk in rules:
            metadata = make_metadata(False, layout, strides=(8, 16), topk=topk, topk__unit=unit,
                                     fusion__order=order)
            for alter in (rising, falling, stairs, constant, infinite, one_level):
                maps = make_maps(metadata, 256, 320, seed=30, shift=0.0, alter=alter)
                yield (f"{layout} {topk} {unit} {order} {alter.__name__}",
                       compare(metadata, maps, (256, 320)))
    metadata = make_metadata(strides=(8, 16))
    maps = make_maps(metadata, 96, 96, seed=31)
    maps[1] = {"h": 0, "w": 0} | {key: maps[1][key][:, :0, :0] for key in ("cls", "box", "iou")}
    yield "a level without cells", compare(metadata, maps, (96, 96))


def many_detections_cases():
    """Reports of thousands, for which suppression looks where boxes are."""
    changes = {"plain": {}, "together": {"nms__classes": "together"},
               "any overlap": {"nms__threshold": "0"},
               "everything": {"nms__compare": ">=", "nms__threshold": "0"},
               "network": {"nms__space": "network"},
               "no clip": {"clip": "none", "clip__limit": None, "clip__when": None}}
    for name, change in changes.items():
        for legacy in (False, True):
            for alter in (degenerate, clustered):
                metadata = make_metadata(legacy, classes=2, strides=(8, 16), topk="0",
                                         detections__max="9000", **change)
                maps = make_maps(metadata, 64, 96, seed=50, shift=0.0, alter=alter)
                yield (f"many detections {name} legacy={legacy} {alter.__name__}",
                       compare(metadata, maps, (64, 96), (0.7, 0.9)))


def true_boxes(metadata, maps, size, scale):
    """Boxes near some detections, others anywhere, one of a single point and one outside."""
    random = np.random.default_rng(60)
    height, width = size[0] / scale[0], size[1] / scale[1]
    with np.errstate(all="ignore"):
        found = reference.detect(metadata, maps, 0, size, scale)
    near = np.array([one[0] for one in found[::9]]).reshape(-1, 4)
    near += random.normal(0, 2, near.shape)
    corners = np.sort(random.uniform(0, [[[width], [height]]], (8, 2, 2)), 2)
    odd = [[5, 5, 5, 5], [-90, -90, -50, -50]]
    return np.concatenate([near, corners.transpose(0, 2, 1).reshape(-1, 4), odd]).astype(np.float32)


def oracle_cases():
    """The true IoU in place of the predicted one."""
    changes = {"plain": {}, "network": {"nms__space": "network"},
               "clipped last": {"clip__when": "after-nms"}, "no clip": {
                   "clip": "none", "clip__limit": None, "clip__when": None},
               "few": {"topk": "20"}, "pairs": {"topk": "20", "topk__unit": "pairs"},
               "last": {"fusion__order": "last", "fusion__power": "2"},
               "no head": {"iou": False}}
    size, scale = (120, 155), (0.7, 0.9)
    for name, change in changes.items():
        # Unclipped, specks lie so far away that a float does not hold their overlaps.
        alters = (clustered, non_finite) + (degenerate,) * (name != "no clip")
        for legacy, layout in ((False, "nhwc"), (True, "nchw")):
            # Specks with sides of halves overlap by 0.5, give or take a rounding.
            metadata = make_metadata(legacy, layout, nms__threshold="0.45", **change)
            for alter in alters:
                maps = make_maps(metadata, 128, 160, 2, seed=61, alter=alter)
                truth = true_boxes(metadata, maps, size, scale)
                for alpha in (0.0, 0.3, 1.0):
                    yield (f"oracle {name} {layout} legacy={legacy} {alter.__name__} {alpha}",
                           compare(metadata, maps, size, scale, alpha=alpha, truth=truth))
    metadata = make_metadata()
    maps = make_maps(metadata, 128, 160, seed=62, shift=-2.0)
    nothing = np.zeros((0, 4), np.float32)
    yield "oracle without truth", compare(metadata, maps, size, scale, truth=nothing)
    plain = Detector(metadata).detect(maps, 0, size, scale, alpha=1.0)
    found = Detector(metadata).detect(maps, 0, size, scale, alpha=1.0, truth=nothing)
    yield "oracle at alpha 1", None if [d[:3] for d in found] == [d[:3] for d in plain] else "differs"


def class_maxima(values, rows, count, step, span, cut):
    """Maxima without NaN, in NumPy."""
    at = np.arange(count)[:, None] * (step if rows else 1) + np.arange(span) * (1 if rows else step)
    found = np.fmax.reduce(np.nan_to_num(values[at], nan=-np.inf, posinf=np.inf, neginf=-np.inf), 1)
    return np.where(found < cut, np.float32(-np.inf), found) if rows else found


def class_max_cases():
    """Every kernel around its vectors' edges, with a poisoned border."""
    random = np.random.default_rng(40)
    for kernel in ("scalar", "avx2", "avx512", "emulated"):
        wrong = []
        for span in (1, 2, 7, 8, 9, 15, 16, 17, 24, 31, 33, 48, 80, 81, 91):
            for count in (1, 3, 8, 15, 16, 17, 33, 100):
                for rows in (True, False):
                    step = (span if rows else count) + int(random.integers(0, 3))
                    values = random.normal(0, 1, step * max(span, count)).astype(np.float32)
                    for bad in (np.nan, np.inf, -np.inf):
                        values[random.random(values.size) < random.choice([0, 0.1, 0.5])] = bad
                    cut = random.choice([-np.inf, 0, 1.5])
                    expected = class_maxima(values, rows, count, step, span, cut)
                    border = np.full(count + 32, -np.inf, np.float32)
                    best = border[16:16 + count]
                    if not class_max(kernel, rows, best, values, step, span, cut):
                        continue
                    if not np.array_equal(best, expected) or (border[:16] != -np.inf).any() or (
                            border[16 + count:] != -np.inf).any():
                        wrong.append((span, count, rows))
        yield f"class maxima {kernel}", f"wrong for {wrong[:3]}" if wrong else None


def exact_cases():
    """Thresholds met exactly: strict ones refuse, others accept."""
    for compare_with, kept in ((">", 0), (">=", 1)):
        metadata = make_metadata(classes=1, strides=(128,), iou=False, score__threshold="0.5",
                                 score__compare=compare_with, detections__max="1")

        def at_half(level, cls, box, iou):
            cls[:], cls[0, 0, 0, 4] = -20, 0.0
        maps = make_maps(metadata, 128, 128, alter=at_half)
        found = Detector(metadata).detect(maps, 0, (128, 128), (1, 1))
        yield (f"score {compare_with} 0.5 at 0.5",
               None if len(found) == kept else f"{len(found)} found")
        metadata = make_metadata(classes=1, strides=(8, 16), iou=False, nms__compare=compare_with)
        metadata["iou.anchors"] = "0 0 10 10\n0 0 5 10"
        yield f"overlap {compare_with} 0.5 at 0.5", exact_overlap(metadata, 2 - kept)


def exact_overlap(metadata, kept):
    maps = [{"h": 1, "w": 1, "cls": np.full((1, 1, 1, 1), 2.0 - i, np.float32),
             "box": np.zeros((1, 1, 1, 4), np.float32)} for i in range(2)]
    found = Detector(metadata).detect(maps, 0, (100, 100), (1, 1))
    return None if len(found) == kept else f"{len(found)} found, expected {kept}"


def identity_cases():
    """alpha = 1 is plain RetinaNet; a constant q keeps the order."""
    with_iou, without = make_metadata(), make_metadata(iou=False)
    maps = make_maps(with_iou, 256, 320, seed=11, alter=clustered)
    a = Detector(with_iou).detect(maps, 0, (256, 320), (1, 1), alpha=1.0)
    b = Detector(without).detect(maps, 0, (256, 320), (1, 1))
    equal = [d[:3] + d[4:] for d in a] == [d[:3] + d[4:] for d in b]
    yield "alpha 1 equals plain RetinaNet", None if equal and a else "differs"

    def half(level, cls, box, iou):
        clustered(level, cls, box, iou)
        iou[:] = 0.4
    maps = make_maps(with_iou, 256, 320, seed=12, alter=half)
    a = Detector(with_iou).detect(maps, 0, (256, 320), (1, 1), score_threshold=0.0)
    b = Detector(with_iou).detect(maps, 0, (256, 320), (1, 1), alpha=1.0, score_threshold=0.0)
    equal = [(d[0], d[4]) for d in a] == [(d[0], d[4]) for d in b]
    yield "a constant q keeps the order", None if equal and a else "differs"


# ---- Refusals ------------------------------------------------------------------------------------


def refusal(metadata, key, status=BAD_METADATA):
    try:
        Detector(metadata)
    except HookError as error:
        if error.status == status and f"'{key}'" in str(error) and "\n" not in str(error):
            return None
        return f"status {error.status}: {error}"
    return "accepted"


def refusal_cases():
    base = make_metadata()
    optional = {"iou.labels.ids", "iou.outputs.iou"}
    for key in base:
        if key not in optional:
            broken = {k: v for k, v in base.items() if k != key}
            yield f"without {key}", refusal(broken, key)
        for value in ("", "nonsense", "1,5", "nan", "\n"):
            any_text = key in ("iou.labels", "iou.input.name", "iou.outputs.cls")
            if any_text and value not in ("", "\n"):
                continue
            status = UNSUPPORTED if key == "iou.version" else BAD_METADATA
            outcome = refusal(base | {key: value}, key, status)
            yield f"{key} = {value!r}", outcome
    yield "another version", refusal(base | {"iou.version": "2"}, "iou.version", UNSUPPORTED)
    listed = {k: v for k, v in base.items() if k != "iou.classes.offset"}
    for value in ("1 2 3", "0 1", "0 1 1", "0 1 -1", "0 1 2.0"):
        yield f"classes {value}", refusal(listed | {"iou.classes.list": value}, "iou.classes.list")
    yield "a list and an offset", refusal(base | {"iou.classes.list": "0 1 2"},
                                          "iou.classes.offset")
    seen = base | {"iou.outputs.objectness": base["iou.outputs.iou"].replace("iou", "obj"),
                   "iou.outputs.objectness.kind": "logit"}
    yield "objectness", None if Detector(seen) else "refused"
    for key, value in (("iou.outputs.objectness", "one"), ("iou.outputs.objectness.kind", "odds")):
        yield f"{key} = {value}", refusal(seen | {key: value}, key)
    for key in ("iou.outputs.objectness", "iou.outputs.objectness.kind"):
        broken = {k: v for k, v in seen.items() if k != key}
        yield f"without {key}", refusal(broken, "iou.outputs.objectness.kind")
    for clip in ("padded", "grid"):
        broken = base | {"iou.clip": clip, "iou.clip.when": "after-nms"}
        yield f"{clip} after NMS", refusal(broken, "iou.clip.when")
    early = base | {"iou.input.order": "normalise-resize"}
    yield "normalised bytes", refusal(early | {"iou.input.resize.precision": "8-bit"},
                                      "iou.input.order")
    yield "padding before normalising", refusal(
        early | {"iou.input.pad.when": "before-normalise"}, "iou.input.pad.when")
    contradictions = [
        ("iou.strides", "8 16 32 64"), ("iou.strides", "8 16 32 64 0"),
        ("iou.outputs.box", "a\nb"), ("iou.outputs.iou", "a"),
        ("iou.anchors", "0 0 1 1"), ("iou.anchors", "0 0 1 1\n" * 4 + "0 0 1 1 2"),
        ("iou.anchors", "\n".join(["0 0 1"] * 5)), ("iou.anchors", "\n".join(["5 0 1 1"] * 5)),
        ("iou.anchors", "\n".join(["0 0 0 1"] * 5)), ("iou.coder.half_pixel", "yes"),
        ("iou.coder.stds", "1 1 0 1"), ("iou.coder.clamp", "0"), ("iou.classes.offset", "1"),
        ("iou.classes.channels", "2"), ("iou.labels.ids", "1 2"), ("iou.labels.ids", "1 2 2"),
        ("iou.labels", "a\n\nb"), ("iou.labels", "a\nb\n"), ("iou.labels", "a\tb"),
        ("iou.alpha", "1.01"), ("iou.alpha", "-0.1"), ("iou.detections.max", "0"),
        ("iou.input.pad", "exact"), ("iou.input.pad", "multiple 0"), ("iou.topk", "-1"),
        ("iou.input.resize", "fit 0 5"), ("iou.input.resize", "short-long 800"),
        ("iou.score.threshold", "1e400"), ("iou.score.threshold", ".5"),
        ("iou.score.threshold", "0.5 "), ("iou.score.threshold", "+0.5"),
        ("iou.fusion.power", "0"), ("iou.fusion.power", "16.5"), ("iou.fusion.power", "-1"),
        ("iou.input.resize.factor", "half"), ("iou.input.resize", "short-then-long 800"),
        ("iou.coder.means", "0 0 0  0"), ("iou.coder.means", "0 0 0 0 0"),
    ]
    for key, value in contradictions:
        expected = "iou.classes.offset" if key == "iou.classes.channels" else key
        yield f"contradiction {key} = {value!r}", refusal(base | {key: value}, expected)
    yield "fit with a multiple", refusal(base | {"iou.input.resize": "fit 8 8"}, "iou.input.pad")
    plain = make_metadata(iou=False)
    for key, value in (("iou.alpha", "0.5"), ("iou.fusion.order", "first"),
                       ("iou.fusion.power", "2"),
                       ("iou.outputs.iou.kind", "logit")):
        yield f"{key} without IoU", refusal(plain | {key: value}, key)
    for key in ("iou.clip.limit", "iou.clip.when"):
        changed = {k: v for k, v in base.items() if not k.startswith("iou.clip.")}
        yield f"{key} without clip", refusal(changed | {"iou.clip": "none", key: base[key]}, key)
    one = make_metadata(True)
    one["iou.anchors"] = "\n".join(["3 4 3 4"] * 5)
    yield "inclusive anchors of one pixel", None if Detector(one) else "refused"


def option_cases():
    detector = Detector(make_metadata())
    maps = make_maps(make_metadata(), 32, 32)
    for overrides in ({"alpha": 1.5}, {"score_threshold": 2.0}, {"nms_threshold": float("inf")},
                 {"max_detections": 0}, {"struct_size": 3}):
        try:
            detector.detect(maps, 0, (32, 32), (1, 1), **overrides)
            yield f"options {overrides}", "accepted"
        except HookError as error:
            yield f"options {overrides}", None if error.status == INVALID else str(error)
    ids = make_metadata(labels__ids="7 -1 900")
    yield "labels' ids", None if Detector(ids).summary().classes == 3 else "wrong count"


def number_cases():
    random = np.random.default_rng(13)
    bits = random.integers(0, 2 ** 32, 20000, np.uint32).view(np.float32)
    wrong = [v for v in bits[np.isfinite(bits)]
             if number(np.format_float_scientific(v, unique=True, trim="-").replace("e+", "e"))
             != float(v)]
    yield "floats come back", None if not wrong else f"{len(wrong)} do not, first {wrong[0]!r}"
    wrong = [v for v in bits[np.isfinite(bits)][:2000]
             if number(np.format_float_positional(v, unique=True, trim="-")) != float(v)]
    yield "long floats come back", None if not wrong else f"{len(wrong)}, first {wrong[0]!r}"
    good = {"0": 0, "-0": 0, "1e3": 1000, "1E3": None, "1e+3": 1000, "2.5e-1": 0.25, "1.": None,
            ".5": None, "": None, "-": None, "1e": None, "1e400": None, "1e-400": 0, "0x1": None,
            "inf": None, "nan": None, " 1": None, "1 ": None, "1,5": None, "3e38": 3e38,
            "3.4028235e38": 3.4028235e38,
            "4e38": None, "0" * 500 + "1": 1, "0." + "0" * 60 + "1e61": 1,
            "1" + "0" * 60 + "e-60": 1, "1e99999999999999999999": None}
    for source, expected in good.items():
        expected = None if expected is None else float(np.float32(expected))
        found = number(source)
        yield f"number {source[:12]!r}", None if found == expected else f"found {found}"


@pytest.mark.parametrize("group", [number_cases, refusal_cases, option_cases, exact_cases, identity_cases,
                                   class_max_cases, displacement_cases, cut_cases, order_cases, many_detections_cases,
                                   oracle_cases, rule_cases, class_cases, head_cases])
def test_detection(group, tally):
    tally.add_all(group())
