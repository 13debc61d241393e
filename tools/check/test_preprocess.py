"""Compares preprocessing of the C library with NumPy, and resizing with PyTorch, Pillow and OpenCV."""

import detection_reference as reference
import numpy as np
import pytest
import torch
from detect_test_hooks import Detector, HookError
from detection_metadata import make_metadata
from pictures import picture, with_opencv, with_pillow

GREY = 0.02  # levels of 0 ... 255


def compare(metadata, pictures, resize=reference.resize, tolerance=GREY):
    detector = Detector(metadata)
    expected = reference.preprocess(metadata, pictures, resize)
    std = np.array(reference.words(metadata["iou.input.std"]))
    std = std if detector.channels_last else std[:, None, None]
    gain = 255 / float(metadata["iou.input.range"])
    for threads in (1, 3):
        found, letterboxes = detector.preprocess(pictures, threads)
        if found.shape != expected.shape:
            return f"{found.shape}, expected {expected.shape}"
        error = np.abs((found - expected) * std * gain)
        if not error.max() <= tolerance:
            return f"{threads} threads: {error.max()} grey levels off"
        problem = compare_letterboxes(metadata, pictures, letterboxes)
        if problem:
            return problem
    return None


def compare_letterboxes(metadata, pictures, letterboxes):
    for letterbox, one in zip(letterboxes, pictures):
        height, width = one.shape[:2]
        new_h, new_w, factor = reference.resized_size(metadata, height, width)
        scale = (factor, factor)
        if metadata["iou.boxes.scale"] == "sizes":
            scale = (new_h / height, new_w / width)
        if not np.allclose(letterbox, (new_h, new_w, *scale), rtol=1e-6):
            return f"letterbox {letterbox}, expected {(new_h, new_w, *scale)}"
    return None


def size_cases():
    small = make_metadata(input__resize="short-long 80 133")
    sizes = [(1, 1), (1, 2000), (2000, 1), (2, 2), (3, 5), (48, 64), (80, 133), (240, 320),
             (333, 500), (500, 333), (1000, 90), (97, 101), (7, 640)]
    for height, width in sizes:
        yield f"{height}x{width}", compare(small, [picture(height, width)])
    full = make_metadata()
    yield "480x640 to 800x1067", compare(full, [picture(480, 640)])
    yield "rows with padding", compare(small, [picture(50, 70, padding=13)])
    yield "batch", compare(small, [picture(h, w) for h, w in ((60, 90), (90, 60), (1, 1))])


def rule_cases():
    changes = {
        "floor": {"input__resize__rounding": "floor"},
        "step by factor": {"input__resize__step": "factor"},
        "bgr": {"input__color": "bgr"},
        "range 1": {"input__range": "1", "input__mean": "0.485 0.456 0.406",
                    "input__std": "0.229 0.224 0.225"},
        "pad value": {"input__pad__value": "-1.5"}, "multiple 1": {"input__pad": "multiple 1"},
        "multiple 128": {"input__pad": "multiple 128"}, "scale by sizes": {"boxes__scale": "sizes"},
        "no resize": {"input__resize": "none"},
        "fit": {"input__resize": "fit 64 96", "input__pad": "exact"},
        "fit upright": {"input__resize": "fit 96 64", "input__pad": "exact"},
        "channels last": {"input__layout": "nhwc"},
        "channels last bgr": {"input__layout": "nhwc", "input__color": "bgr"},
        "normalise first": {"input__order": "normalise-resize"},
        "grey padding": {"input__pad__when": "before-normalise", "input__pad__value": "114"},
        "short then long": {"input__resize": "short-then-long 80 133"},
        "single factor": {"input__resize__factor": "single", "input__resize__rounding": "floor"},
        "antialias": {"input__resize__antialias": "yes"},
        "antialias by factor": {"input__resize__antialias": "yes", "input__resize__step": "factor"},
    }
    for name, change in changes.items():
        metadata = make_metadata(**{"input__resize": "short-long 80 133", **change})
        pictures = [picture(75, 111), picture(40, 33), picture(130, 71)]
        yield name, compare(metadata, pictures)


# ---- Other libraries -----------------------------------------------------------------------------


def with_torch(antialias):
    def resize(metadata, pixels):
        sides = reference.resized_size(metadata, *pixels.shape[:2])[:2]
        source = torch.tensor(pixels.transpose(2, 0, 1)[None], dtype=torch.float32)
        return torch.nn.functional.interpolate(source, size=sides, mode="bilinear",
                                               antialias=antialias)[0].double().numpy()
    return resize


def with_torch_factor(metadata, pixels):
    """As a detector of torchvision asks for it: the factor is given, and computed anew."""
    factor = reference.resized_size(metadata, *pixels.shape[:2])[2]
    source = torch.tensor(pixels.transpose(2, 0, 1)[None], dtype=torch.float32)
    return torch.nn.functional.interpolate(
        source, scale_factor=factor, mode="bilinear", recompute_scale_factor=True,
        align_corners=False)[0].double().numpy()


ODD_SIZES = [(1, 1), (1, 700), (700, 1), (2, 3), (47, 63), (97, 101), (75, 111), (160, 266),
             (301, 50), (333, 500), (80, 133)]
FLOATS, BYTES = 0.05, 1e-4  # PyTorch's sample positions are floats; bytes are exact


def library_cases():
    plain = {"input__resize": "short-long 80 133"}
    eight = {"input__resize__precision": "8-bit"}
    ways = {
        "torch": ({}, with_torch(False), FLOATS),
        "torch by factor": ({"input__resize__rounding": "floor"}, with_torch_factor, FLOATS),
        "torch by single factor": ({"input__resize__rounding": "floor",
                                    "input__resize__factor": "single"}, with_torch_factor, FLOATS),
        "torch antialias": ({"input__resize__antialias": "yes"}, with_torch(True), FLOATS),
        "Pillow": (eight | {"input__resize__antialias": "yes"}, with_pillow, BYTES),
        "OpenCV": (eight, with_opencv, BYTES),
    }
    for name, (changes, resize, tolerance) in ways.items():
        metadata = make_metadata(**{**plain, **changes})
        for height, width in ODD_SIZES:
            if resize == with_torch_factor and max(height, width) > 133 * min(height, width):
                continue  # PyTorch refuses what floors to no pixel
            pixels = [picture(height, width, padding=5)]
            yield (f"{name} {height}x{width}", compare(metadata, pixels, resize, tolerance))
        pixels = [picture(48, 64), picture(64, 200), picture(33, 20)]
        yield f"{name} batch", compare(metadata, pixels, resize, tolerance)
        full = make_metadata(**changes)
        yield f"{name} 480x640", compare(full, [picture(480, 640)], resize, tolerance)
        yield f"{name} 1200x900", compare(full, [picture(1200, 900)], resize, tolerance)


def size_rule_cases():
    """Sides of many pictures: Detectron2's rule step by step, torchvision's and a traced one's."""
    def detectron2(h, w):
        scale = 800 / min(h, w)
        new = (800, scale * w) if h < w else (scale * h, 800)
        if max(new) > 1333:
            new = tuple(side * (1333 / max(new)) for side in new)
        return int(new[0] + 0.5), int(new[1] + 0.5)

    def torchvision(h, w):
        scale = min(800.0 / min(h, w), 1333.0 / max(h, w))
        return int(np.floor(float(h) * scale)), int(np.floor(float(w) * scale))

    def traced(h, w):
        short, long = np.float32(min(h, w)), np.float32(max(h, w))
        scale = float(min(np.float32(800) / short, np.float32(1333) / long))
        return int(np.floor(float(h) * scale)), int(np.floor(float(w) * scale))
    floor = {"input__resize__rounding": "floor"}
    rules = {"detectron2": ({"input__resize": "short-then-long 800 1333"}, detectron2),
             "torchvision": (floor, torchvision),
             "traced": (floor | {"input__resize__factor": "single"}, traced)}
    random = np.random.default_rng(17)
    sizes = [(480, 640), (800, 1333), (427, 640), (1, 1)] + random.integers(1, 2000, (400, 2)).tolist()
    for name, (changes, rule) in rules.items():
        detector = Detector(make_metadata(**changes))
        wrong = [(h, w) for h, w in sizes
                 if tuple(detector.place([(h, w)])[1][0][:2]) != tuple(max(1, s) for s in rule(h, w))]
        yield f"sides by {name}", f"{len(wrong)} differ, first {wrong[0]}" if wrong else None


def exact_cases():
    """Nothing is resized: values are the pixels themselves."""
    metadata = make_metadata(input__resize="none", input__mean="0 0 0", input__std="1 1 1")
    one = picture(32, 64)
    found, _ = Detector(metadata).preprocess([one])
    same = np.array_equal(found[0], one.transpose(2, 0, 1).astype(np.float32))
    yield "identity is exact", None if same else "differs"


def refusal_cases():
    detector = Detector(make_metadata())
    for name, shape in (("no width", (5, 0)), ("no height", (0, 5))):
        try:
            detector.preprocess([np.zeros((*shape, 3), np.uint8)])
            yield name, "accepted"
        except HookError as error:
            yield name, None if error.status == 1 else str(error)


@pytest.mark.parametrize("group", [exact_cases, size_cases, rule_cases, size_rule_cases, library_cases, refusal_cases])
def test_preprocess(group, tally):
    tally.add_all(group())
