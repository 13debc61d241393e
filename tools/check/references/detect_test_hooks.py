"""Detection of the C library behind its test hooks, through ctypes."""

import ctypes as ct
import os
import pathlib

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[3]


class Error(ct.Structure):
    _fields_ = [("status", ct.c_int), ("text", ct.c_char * 1024)]


class Picture(ct.Structure):
    _fields_ = [("data", ct.c_void_p), ("width", ct.c_int32), ("height", ct.c_int32),
                ("stride", ct.c_size_t), ("format", ct.c_int)]


class Detection(ct.Structure):
    _fields_ = [("box", ct.c_float * 4), ("score", ct.c_float), ("probability", ct.c_float),
                ("iou", ct.c_float), ("label", ct.c_int32)]


class Options(ct.Structure):
    _fields_ = [("struct_size", ct.c_size_t), ("alpha", ct.c_float),
                ("score_threshold", ct.c_float), ("nms_threshold", ct.c_float),
                ("max_detections", ct.c_int32), ("run", ct.c_void_p)]


class Level(ct.Structure):
    _fields_ = [("height", ct.c_int64), ("width", ct.c_int64), ("cls", ct.c_void_p),
                ("box", ct.c_void_p), ("iou", ct.c_void_p), ("objectness", ct.c_void_p)]


class Letterbox(ct.Structure):
    _fields_ = [("input_height", ct.c_int64), ("input_width", ct.c_int64),
                ("picture_height", ct.c_int32), ("picture_width", ct.c_int32),
                ("height", ct.c_int32), ("width", ct.c_int32),
                ("scale_y", ct.c_float), ("scale_x", ct.c_float)]


class Truth(ct.Structure):
    _fields_ = [("boxes", ct.c_void_p), ("count", ct.c_size_t)]


class Summary(ct.Structure):
    _fields_ = [("levels", ct.c_size_t), ("anchors", ct.c_size_t), ("channels", ct.c_size_t),
                ("classes", ct.c_size_t), ("topk", ct.c_size_t), ("alpha", ct.c_float),
                ("score_threshold", ct.c_float), ("nms_threshold", ct.c_float),
                ("max_detections", ct.c_int32)]


class HookError(Exception):
    """A refusal of the library: `status` and its text."""

    def __init__(self, error):
        self.status = error.status
        super().__init__(error.text.decode())


def load():
    """The library that $IOU_TEST_HOOKS names, or the one that `make test-hooks` builds."""
    path = pathlib.Path(os.environ.get("IOU_TEST_HOOKS", ROOT / ".build-lib/libioucheck.so"))
    if not path.exists():
        raise FileNotFoundError(f"{path} is missing: run `make test-hooks`")
    library = ct.CDLL(str(path))
    library.iou_detect_options_default.restype = Options
    library.iou_test_detector_summary.restype = Summary
    library.iou_test_number.restype = ct.c_bool
    library.iou_test_class_max.restype = ct.c_bool
    return library


LIBRARY = load()


def number(text):
    """A number of the metadata's grammar, or None."""
    value = ct.c_float()
    return value.value if LIBRARY.iou_test_number(text.encode(), ct.byref(value)) else None


def class_max(kernel, rows, best, values, step, span, cut):
    """Maxima into `best` by one kernel; False where this machine lacks it."""
    return LIBRARY.iou_test_class_max(
        kernel.encode(), ct.c_bool(rows), ct.c_void_p(best.ctypes.data),
        ct.c_void_p(values.ctypes.data), ct.c_size_t(best.size), ct.c_size_t(step),
        ct.c_size_t(span), ct.c_float(cut))


class Detector:
    """Metadata that the library accepted."""

    def __init__(self, metadata):
        pairs = b"".join(k.encode() + b"\0" + v.encode() + b"\0" for k, v in metadata.items())
        self.handle = ct.c_void_p()
        self.channels_last = metadata.get("iou.input.layout") == "nhwc"
        self._call("iou_test_detector_open", ct.byref(self.handle), pairs,
                   ct.c_size_t(len(pairs)))

    def __del__(self):
        LIBRARY.iou_test_detector_close(ct.byref(self.handle))

    @staticmethod
    def _call(name, *arguments):
        error = Error()
        if getattr(LIBRARY, name)(*arguments, ct.byref(error)):
            raise HookError(error)

    def summary(self):
        return LIBRARY.iou_test_detector_summary(self.handle)

    def detect(self, maps, image, size, scale, threads=1, network_size=None, picture=None, truth=None,
               **overrides):
        """`maps`: for each level a dict cls, box and perhaps iou and objectness of float32 arrays,
        and h, w. The picture of sides `picture` became `size` by `scale` in an input of `network_size`.
        `truth`: boxes, float32 [n, 4], whose IoU takes the place of the predicted one."""
        options = LIBRARY.iou_detect_options_default()
        for key, value in overrides.items():
            setattr(options, key, value)
        levels = (Level * len(maps))()
        for level, entry in zip(levels, maps):
            level.height, level.width = entry["h"], entry["w"]
            for key in ("cls", "box", "iou", "objectness"):
                setattr(level, key, entry[key].ctypes.data if key in entry else None)
        capacity = options.max_detections
        capacity = capacity if capacity > 0 else self.summary().max_detections
        letterbox = Letterbox(*(network_size or size), *(picture or size), *size, *scale)
        true = None if truth is None else ct.byref(Truth(truth.ctypes.data, len(truth)))
        out = (Detection * capacity)()
        count = ct.c_size_t()
        self._call("iou_test_detect", self.handle, levels,
                   ct.c_int64(maps[0]["cls"].shape[0]), ct.c_size_t(image), ct.byref(letterbox), true,
                   ct.byref(options), threads, out, ct.c_size_t(capacity), ct.byref(count))
        return [(list(d.box), d.score, d.probability, d.iou, d.label) for d in out[:count.value]]

    def place(self, sizes):
        """Sides of the input, and for each picture height, width, scale y and scale x."""
        rows = (Picture * len(sizes))()
        for row, (height, width) in zip(rows, sizes):
            row.data, row.stride = ct.addressof(rows), width * 3  # its pixels are not looked at
            row.height, row.width = height, width
        return self._place(rows)

    def _place(self, rows):
        sides = (ct.c_int64 * 2)()
        letterboxes = (ct.c_double * (4 * len(rows)))()
        self._call("iou_test_place", self.handle, rows, ct.c_size_t(len(rows)), sides, letterboxes)
        return tuple(sides), np.array(letterboxes).reshape(-1, 4)

    def preprocess(self, pictures, threads=1):
        """The batch, and for each picture height, width, scale y and scale x."""
        count = len(pictures)
        rows = (Picture * count)()
        for row, pixels in zip(rows, pictures):
            row.data, row.stride = pixels.ctypes.data, pixels.strides[0]
            row.height, row.width = pixels.shape[:2]
        sides, letterboxes = self._place(rows)
        shape = (sides[0], sides[1], 3) if self.channels_last else (3, sides[0], sides[1])
        out = np.full((count, *shape), np.nan, np.float32)
        self._call("iou_test_preprocess", self.handle, rows, ct.c_size_t(count), threads,
                   ct.c_void_p(out.ctypes.data))
        return out, letterboxes


def preset_keys(model, preset):
    """The keys of a preset for a model's bytes, as a dictionary."""
    room, used, error = ct.create_string_buffer(1 << 16), ct.c_size_t(), Error()
    if LIBRARY.iou_test_preset(model, ct.c_size_t(len(model)), preset.encode(), room, ct.c_size_t(len(room)),
                               ct.byref(used), ct.byref(error)):
        raise HookError(error)
    texts = room.raw[:used.value].decode().split("\0")[:-1]
    return dict(zip(texts[::2], texts[1::2]))
