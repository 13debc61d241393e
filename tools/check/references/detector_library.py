"""A detector of the C library, from pixels to boxes."""

import ctypes as ct

import libiou
from detect_test_hooks import LIBRARY as TEST_HOOKS
from detect_test_hooks import Detection, Error, Picture

CAPACITY = 1000


class Library:
    """A detector of the library over a model's bytes."""

    def __init__(self, data):
        self.handle, self.model = ct.c_void_p(), libiou.Model(data)
        self._call("iou_detector_open", ct.byref(self.handle), self.model._handle, None)

    def __del__(self):
        libiou.LIBRARY.iou_detector_close(ct.byref(self.handle))

    @staticmethod
    def _call(name, *arguments):
        error = Error()
        if getattr(libiou.LIBRARY, name)(*arguments, ct.byref(error)):
            raise RuntimeError(error.text.decode())

    def _detections(self, count, call):
        """What `call(out, capacity, counts)` gives for each picture."""
        out, counts = (Detection * (CAPACITY * count))(), (ct.c_size_t * count)()
        call(out, ct.c_size_t(CAPACITY), counts)
        return [[(list(d.box), d.score, d.probability, d.iou, d.label)
                 for d in out[i * CAPACITY:i * CAPACITY + counts[i]]] for i in range(count)]

    @staticmethod
    def _options(overrides):
        options = TEST_HOOKS.iou_detect_options_default()
        for key, value in overrides.items():
            setattr(options, key, value)
        return ct.byref(options)

    def run(self, pictures, **overrides):
        rows = (Picture * len(pictures))()
        for row, pixels in zip(rows, pictures):
            row.data, row.stride = pixels.ctypes.data, pixels.strides[0]
            row.height, row.width = pixels.shape[:2]
        return self._detections(len(rows), lambda *out: self._call(
            "iou_detector_run", self.handle, rows, ct.c_size_t(len(rows)), self._options(overrides),
            *out))

    def rescore(self, count, **overrides):
        return self._detections(count, lambda *out: self._call(
            "iou_detector_rescore", self.handle, ct.c_size_t(count), self._options(overrides), *out))
