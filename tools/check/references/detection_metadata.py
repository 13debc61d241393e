"""Complete metadata of detectors, for tests to change."""

import numpy as np

STRIDES = (8, 16, 32, 64, 128)


def text(value):
    return np.format_float_positional(np.float32(value), unique=True, trim="-")


def anchors(stride, legacy):
    """Nine anchors: ratios outside, scales inside."""
    out = []
    for ratio in (0.5, 1.0, 2.0):
        for scale in (4 * 2 ** (i / 3) for i in range(3)):
            h, w = stride * scale * ratio ** 0.5, stride * scale / ratio ** 0.5
            if legacy:
                c = (stride - 1) / 2
                out += list(np.round([c - (w - 1) / 2, c - (h - 1) / 2,
                                      c + (w - 1) / 2, c + (h - 1) / 2]))
            else:
                out += [-w / 2, -h / 2, w / 2, h / 2]
    return " ".join(text(v) for v in out)


def make_metadata(legacy=False, layout="nhwc", classes=3, iou=True, strides=STRIDES, **changes):
    """Complete metadata; `changes` replace values, `__` for dots; None removes a key."""
    def names(kind):
        return "\n".join(f"{kind}{s}" for s in strides)
    metadata = {
        "iou.version": "1", "iou.outputs.cls": names("cls"), "iou.outputs.box": names("box"),
        "iou.outputs.layout": layout, "iou.outputs.cls.kind": "logit",
        "iou.boxes.convention": "inclusive" if legacy else "edges",
        "iou.strides": " ".join(str(s) for s in strides),
        "iou.anchors": "\n".join(anchors(s, legacy) for s in strides),
        "iou.coder.means": "0 0 0 0", "iou.coder.stds": "1 1 1 1",
        "iou.coder.clamp": "4.1351666", "iou.coder.clamp.sides": "both",
        "iou.coder.half_pixel": "yes" if legacy else "no",
        "iou.clip": "image", "iou.clip.limit": "last-pixel" if legacy else "size",
        "iou.clip.when": "before-nms", "iou.boxes.scale": "factor",
        "iou.labels": "\n".join(f"class {i}" for i in range(classes)),
        "iou.classes.channels": str(classes), "iou.classes.offset": "0",
        "iou.topk": "1000", "iou.topk.unit": "anchors", "iou.topk.when": "before-threshold",
        "iou.score.threshold": "0.05", "iou.score.compare": ">",
        "iou.nms.threshold": "0.5", "iou.nms.compare": ">", "iou.nms.classes": "separate",
        "iou.nms.space": "picture", "iou.detections.max": "100",
        "iou.input.name": "images", "iou.input.layout": "nchw", "iou.input.color": "rgb",
        "iou.input.range": "255", "iou.input.mean": "123.675 116.28 103.53",
        "iou.input.std": "58.395 57.12 57.375", "iou.input.order": "resize-normalise",
        "iou.input.resize": "short-long 800 1333", "iou.input.resize.rounding": "half-up",
        "iou.input.resize.interpolation": "bilinear", "iou.input.resize.antialias": "no",
        "iou.input.resize.precision": "float", "iou.input.resize.step": "sizes",
        "iou.input.pad": "multiple 32", "iou.input.pad.side": "bottom-right",
        "iou.input.pad.value": "0", "iou.input.pad.when": "after-normalise",
    }
    if iou:
        metadata |= {"iou.outputs.iou": names("iou"), "iou.outputs.iou.kind": "logit",
                     "iou.alpha": "0.5", "iou.fusion.order": "first"}
    for key, value in changes.items():
        key = "iou." + key.replace("__", ".")
        if value is None:
            metadata.pop(key, None)
        else:
            metadata[key] = value
    return metadata
