"""Compares detection by the conventions of docs/metadata.md's table with each origin's own way."""

import functools

import numpy as np
import origin_decoders as origins
import pytest
from conventions import COCO, TABLE, convention
from detect_test_hooks import Detector

WANTED = 1e-3  # pixels; the contract is 0.01
SIZES = [(800, 1066), (608, 800), (333, 500), (480, 640), (640, 427), (1066, 800), (97, 301)]


# ---- Maps ----------------------------------------------------------------------------------------


def map_sizes(padded):
    """Three levels at strides 8, 16, 32 and two halvings, rounded up."""
    sizes = [(padded[0] // stride, padded[1] // stride) for stride in (8, 16, 32)]
    for _ in range(2):
        sizes.append(tuple(-(-side // 2) for side in sizes[-1]))
    return sizes


def smooth(values):
    """Neighbours resemble each other, as in a trained head."""
    return (values + np.roll(values, 1, 1) + np.roll(values, 1, 2)) / 3 ** 0.5


def random_maps(padded, channels, batch, others, seed, shift, spread):
    """For each level [N, H, W, 9 * channels], [N, H, W, 36] and `others` of [N, H, W, 9]."""
    random = np.random.default_rng(seed)
    levels = []
    for h, w in map_sizes(padded):
        cls = random.normal(shift, spread, (batch, h, w, 9 * channels)).astype(np.float32)
        box = smooth(random.normal(0, 0.3, (batch, h, w, 36))).astype(np.float32)
        levels.append([cls, box] + [random.normal(0, 1.5, (batch, h, w, 9)).astype(np.float32)
                                    for _ in range(others)])
    return levels


def confident(levels, channels, seed):
    """Some objects that neighbouring anchors see."""
    random = np.random.default_rng(seed)
    for cls, *_ in levels:
        n, h, w = cls.shape[:3]
        values = cls.reshape(n, h, w, 9, channels)
        for _ in range(8):
            i, y, x = random.integers(0, n), random.integers(0, h), random.integers(0, w)
            values[i, y:y + 2, x:x + 2, :, random.integers(0, channels)] += 7


def for_library(metadata, levels, names):
    maps = []
    for arrays in levels:
        entry = {"h": arrays[0].shape[1], "w": arrays[0].shape[2]}
        for name, values in zip(names, arrays):
            if metadata["iou.outputs.layout"] == "nchw":
                values = values.transpose(0, 3, 1, 2)
            entry[name] = np.ascontiguousarray(values)
        maps.append(entry)
    return maps


# ---- Comparing -----------------------------------------------------------------------------------

def difference(found, expected, labels):
    """The first difference, or None; scores a rounding apart may be in any order."""
    if len(found) != len(expected):
        return f"{len(found)} detections, expected {len(expected)}"
    left = list(expected)
    for i, (box, score, _, _, label) in enumerate(found):
        close = [other for other in left if abs(other[1] - left[0][1]) <= 5e-7]
        errors = [np.abs(np.subtract(box, other[0])).max() for other in close
                  if other[2] == labels[label] and abs(other[1] - score) <= 1e-5]
        if not errors or min(errors) > WANTED:
            return f"detection {i}: {box, score, labels[label]}, expected {left[0]}"
        index = next(j for j, other in enumerate(left)
                     if other[2] == labels[label] and abs(other[1] - score) <= 1e-5
                     and np.abs(np.subtract(box, other[0])).max() == min(errors))
        del left[index]
    return None


def compare(name, decoder, sizes, classes, layout, iou=(), seed=0, shift=-7.0, spread=1.2,
            alter=None, **changes):
    """Pictures of `sizes` as one batch, by the library and by the origin's decoder."""
    metadata = convention(name, classes, layout, iou="iou" in iou, **changes)
    detector = Detector(metadata)
    padded, letterboxes = detector.place(sizes)
    channels = int(metadata["iou.classes.channels"])
    levels = random_maps(padded, channels, len(sizes), len(iou), seed, shift, spread)
    confident(levels, channels, seed)
    if alter:
        for level in levels:
            alter(*level)
    labels = list(range(classes))
    if name == "torchvision":
        labels = COCO[:classes]
        for cls, *_ in levels:
            unused = np.ones(91, bool)
            unused[labels] = False
            cls.reshape(-1, 91)[:, unused] = -20
    maps = for_library(metadata, levels, ("cls", "box", *iou))
    for image, (size, letterbox) in enumerate(zip(sizes, letterboxes)):
        resized = (int(letterbox[0]), int(letterbox[1]))
        with np.errstate(all="ignore"):
            expected = decoder([[values[image] for values in level] for level in levels], padded,
                             resized, size)
        found = detector.detect(maps, image, resized, letterbox[2:], network_size=padded, picture=size)
        problem = difference(found, expected, labels)
        if problem:
            return f"picture {image} of {size} in {padded}: {problem}"
    return None


# ---- Cases ---------------------------------------------------------------------------------------


def probabilities(cls, box, *others):
    cls[:] = 1 / (1 + np.exp(-cls))


def ties(cls, box, *others):
    """Scores in steps, the threshold 0.05 itself among them."""
    cls[:] = np.round(cls * 2) / 2
    box[:] = np.round(box * 8) / 8


def tied_probabilities(cls, box, *others):
    cls[:] = np.round(1 / (1 + np.exp(-cls)) * 40) / np.float32(40)


def blind(cls, box, *others):
    cls[:, ::3, ::2] = np.nan
    cls[:, 1::7, :, 5] = -np.inf
    cls[:, 1::7, :, 6] = np.inf


ORIGINS = {"torchvision": origins.torchvision, "detectron2": origins.detectron2,
           "odtk": origins.odtk, "mmdetection": origins.mmdetection}


SMALL = (240, 400)  # short and long sides where maps need not be large


def small(name, decoder):
    """A convention's smaller resize rule, and the decoder that knows of it."""
    rule = TABLE[name]["iou.input.resize"].split(" ")[0]
    knows = decoder in (origins.odtk, origins.fork)
    decoder = functools.partial(decoder, short=SMALL[0], long=SMALL[1]) if knows else decoder
    return decoder, {"input__resize": f"{rule} {SMALL[0]} {SMALL[1]}"}


def origin_cases(name, decoder):
    classes = 80 if name == "torchvision" else 4
    is_odtk = name == "odtk"
    for i, size in enumerate(SIZES):
        layout = ("nhwc", "nchw")[i % 2]
        few = size if name != "torchvision" or i < 3 else (size[0] // 3, size[1] // 3)
        yield (f"{name} {layout} {few}",
               compare(name, decoder, [few], classes, layout, seed=i,
                       alter=probabilities if is_odtk else None))
    batch = [(333, 500), (480, 320), (60, 200)]
    few_classes = 5 if name == "torchvision" else 3
    small_decoder, resize = small(name, decoder)
    for layout in ("nhwc", "nchw"):
        kinds = {"batch": (-7.0, 1.2, None), "everything passes": (-1.0, 0.4, None),
                 "nothing passes": (-40.0, 0.5, None), "blind": (-6.0, 1.0, blind),
                 "ties": (-5.0, 1.0, tied_probabilities if is_odtk else ties)}
        for kind, (shift, spread, alter) in kinds.items():
            if kind == "blind" and is_odtk:
                continue
            change = probabilities if is_odtk and alter is None else alter
            yield (f"{name} {layout} {kind}",
                   compare(name, small_decoder, batch, few_classes, layout, seed=50,
                           shift=shift, spread=spread, alter=change, **resize))


def relative_cases():
    relatives = {
        "plain": (origins.mmdetection, (), {}),
        "PAA": (origins.paa, ("iou",), {"alpha": "0.5"}),
        "plain product": (origins.plain_product, ("iou",),
                          {"alpha": "0.5", "fusion__power": "2"}),
        "TinaFace": (origins.tinaface, ("iou",), {"alpha": "0.4", "fusion__power": "2"}),
        "ATSS": (origins.atss, ("iou",),
                 {"alpha": "0.5", "fusion__power": "2", "fusion__order": "last"}),
        "PP-YOLO": (origins.pp_yolo, ("iou", "objectness"), {"alpha": "0.6"}),
        "YOLO": (origins.yolo, ("objectness",), {}),
    }
    for name, (decoder, maps, changes) in relatives.items():
        if "iou" in maps:
            changes = {"fusion__order": "first"} | changes
        if "objectness" in maps:
            changes = changes | {"outputs__objectness__kind": "logit",
                                 "outputs__objectness": "\n".join(f"obj{i}" for i in range(5))}
        changes = changes | small("mmdetection", decoder)[1]
        for layout in ("nhwc", "nchw"):
            for shift in (-5.0, -1.5):
                yield (f"{name} {layout} {shift}",
                       compare("mmdetection", decoder, [(333, 500), (480, 320)], 3, layout, maps,
                               seed=70, shift=shift, **changes))
    fork, resize = small("legacy", origins.fork)
    for layout in ("nhwc", "nchw"):
        for size in SIZES[2:]:
            yield (f"the authors' code {layout} {size}",
                   compare("legacy", fork, [size], 3, layout, ("iou",), seed=90, shift=-5.0,
                           **resize))


def threshold_cases():
    """Scores of exactly 0.05: ODTK keeps them, Detectron2 does not."""
    for compare_with, kept in ((">", 0), (">=", 1)):
        metadata = convention("odtk", 1, "nhwc", score__compare=compare_with)
        levels = random_maps((128, 128), 1, 1, 0, 3, -40.0, 0.1)
        for cls, *_ in levels:
            cls[:] = 0
        levels[1][0][0, 3, 3, 4] = np.float32(0.05)
        found = Detector(metadata).detect(for_library(metadata, levels, ("cls", "box")), 0,
                                          (128, 128), (1, 1))
        yield f"0.05 {compare_with} 0.05", None if len(found) == kept else f"{len(found)} found"


@pytest.mark.parametrize("group", [threshold_cases, relative_cases])
def test_conventions(group, tally):
    tally.add_all(group())


@pytest.mark.parametrize("name", ORIGINS)
def test_origin(name, tally):
    tally.add_all(origin_cases(name, ORIGINS[name]))
