"""Compares preprocessing of the C library with bilinear resizing in NumPy."""

import sys

import numpy as np

import detection_reference as reference
from check_detection import make_metadata
from detect_doors import Detector, DoorError

GREY = 0.02  # levels of 0 ... 255


def picture(height, width, seed=0, padding=0):
    """Random pixels; `padding` bytes stand between rows."""
    random = np.random.default_rng(seed + 31 * height + width)
    rows = random.integers(0, 256, (height, width * 3 + padding), np.uint8)
    return np.lib.stride_tricks.as_strided(rows, (height, width, 3), (rows.strides[0], 3, 1))


def compare(metadata, pictures):
    detector = Detector(metadata)
    wanted = reference.preprocess(metadata, pictures)
    std = np.array(reference.words(metadata["iou.input.std"]))[:, None, None]
    gain = 255 / float(metadata["iou.input.range"])
    for threads in (1, 3):
        found, frames = detector.preprocess(pictures, threads)
        if found.shape != wanted.shape:
            return f"{found.shape}, wanted {wanted.shape}"
        error = np.abs((found - wanted) * std * gain)
        if not error.max() <= GREY:
            return f"{threads} threads: {error.max()} grey levels off"
        problem = compare_frames(metadata, pictures, frames)
        if problem:
            return problem
    return None


def compare_frames(metadata, pictures, frames):
    for frame, one in zip(frames, pictures):
        height, width = one.shape[:2]
        new_h, new_w, factor = reference.resized_size(metadata, height, width)
        scale = (factor, factor)
        if metadata["iou.boxes.scale"] == "sizes":
            scale = (new_h / height, new_w / width)
        if not np.allclose(frame, (new_h, new_w, *scale), rtol=1e-6):
            return f"frame {frame}, wanted {(new_h, new_w, *scale)}"
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
    }
    for name, change in changes.items():
        metadata = make_metadata(**{"input__resize": "short-long 80 133", **change})
        pictures = [picture(75, 111), picture(40, 33), picture(130, 71)]
        yield name, compare(metadata, pictures)


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
        except DoorError as error:
            yield name, None if error.status == 1 else str(error)


def main():
    passed = failed = 0
    for cases in (exact_cases, size_cases, rule_cases, refusal_cases):
        for name, problem in cases():
            passed += problem is None
            failed += problem is not None
            if problem:
                print(f"FAILED {name}: {problem}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
