"""Boxes in a picture, with nothing but libiou and Python: detect.py MODEL PICTURE."""

import ctypes as c
import os
import sys


class Error(c.Structure):
    _fields_ = [("status", c.c_int), ("text", c.c_char * 1024)]


class Picture(c.Structure):  # begins as iou_pixels does, whose last field it lacks
    _fields_ = [("data", c.c_void_p), ("width", c.c_int32), ("height", c.c_int32),
                ("stride", c.c_size_t), ("format", c.c_int)]


class Detection(c.Structure):
    _fields_ = [("box", c.c_float * 4), ("score", c.c_float), ("probability", c.c_float),
                ("iou", c.c_float), ("label", c.c_int32)]


class DetectOptions(c.Structure):
    _fields_ = [("struct_size", c.c_size_t), ("alpha", c.c_float), ("score_threshold", c.c_float),
                ("nms_threshold", c.c_float), ("max_detections", c.c_int32), ("run", c.c_void_p)]


iou = c.CDLL(os.environ.get("LIBIOU", "libiou.so.0"))
iou.iou_detect_options_default.restype = DetectOptions
iou.iou_detector_max_detections.restype = c.c_size_t
iou.iou_detector_label.restype = c.c_char_p


def call(name, *arguments):
    """Calls the function with an error behind its arguments, and raises what it reports."""
    error = Error()
    if getattr(iou, name)(*arguments, c.byref(error)) != 0:
        sys.exit("detect: " + error.text.decode())


def main(model_path, picture_path):
    model, detector, photo = c.c_void_p(), c.c_void_p(), Picture()  # the format 0 is RGB
    call("iou_model_open", c.byref(model), os.fsencode(model_path), None)
    call("iou_detector_open", c.byref(detector), model, None)
    call("iou_image_read", c.byref(photo), os.fsencode(picture_path), None)
    options = iou.iou_detect_options_default()
    options.score_threshold = 0.5
    most, count = iou.iou_detector_max_detections(detector, c.byref(options)), c.c_size_t()
    found = (Detection * most)()
    call("iou_detector_run", detector, c.byref(photo), c.c_size_t(1), c.byref(options), found,
         c.c_size_t(most), c.byref(count))
    for one in found[:count.value]:
        label = iou.iou_detector_label(detector, c.c_size_t(one.label)).decode()
        print(label, f"{one.score:.3f}", *(f"{edge:.1f}" for edge in one.box))
    iou.iou_image_free(c.byref(photo))
    iou.iou_detector_close(c.byref(detector))
    iou.iou_model_close(c.byref(model))


main(*sys.argv[1:3])
