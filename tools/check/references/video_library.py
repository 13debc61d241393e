"""The C side of videos, compiled for the tests: frames as iourun gets them."""

import ctypes
import pathlib
import subprocess
from collections.abc import Iterator

import numpy as np
from libiou import ROOT
from numpy.typing import NDArray


class Pixels(ctypes.Structure):
    _fields_ = [("data", ctypes.POINTER(ctypes.c_uint8)), ("width", ctypes.c_int32), ("height", ctypes.c_int32),
                ("stride", ctypes.c_size_t)]


class Frame(ctypes.Structure):
    _fields_ = [("index", ctypes.c_int64), ("time", ctypes.c_int64), ("seconds", ctypes.c_double)]


class Error(ctypes.Structure):
    _fields_ = [("status", ctypes.c_int), ("text", ctypes.c_char * 1024)]


class Failure(Exception):
    """A call failed; its text is one line."""


def build(folder: pathlib.Path) -> ctypes.CDLL:
    pictures = [path for path in sorted((ROOT / "Sources/CIoUImage").glob("*.c")) if not path.name.startswith("draw")]
    path = folder / "libvideo.so"
    includes = [f"-I{ROOT}/Sources/{folder}" for folder in
                ("CIoUVideo", "CIoUVideo/include", "CIoUImage", "CIoUImage/include", "CIoU/include")]
    videos = sorted((ROOT / "Sources/CIoUVideo").glob("*.c"))
    subprocess.run(["gcc", "-std=c11", "-O1", "-g", "-fPIC", "-shared", "-DIOU_VIDEO=1", *includes, "-o", path, *videos,
                    *pictures, "-lpng", "-ljpeg", "-lpthread", "-ldl", "-lm"], check=True)
    library = ctypes.CDLL(str(path))
    library.iou_video_reader_close.argtypes = [ctypes.c_void_p]
    library.iou_video_reader_close.restype = None
    library.iou_image_free.restype = None
    return library


def frames(library: ctypes.CDLL, path: pathlib.Path, step: int = 1) -> Iterator[tuple[NDArray[np.uint8], Frame]]:
    """Every `step`-th frame; raises `Failure` where the reader fails, also behind the last frame."""
    reader, error = ctypes.c_void_p(), Error()

    def check(status: int) -> None:
        if status:
            raise Failure(error.text.decode())

    with open(path, "rb") as file:
        check(library.iou_video_open_file(ctypes.byref(reader), file.fileno(), str(path).encode(), None,
                                          ctypes.byref(error)))
        try:
            while True:
                pixels, frame = Pixels(), Frame()
                check(library.iou_video_next(reader, step, ctypes.byref(pixels), ctypes.byref(frame),
                                             ctypes.byref(error)))
                if not pixels.data:
                    return
                rows = np.ctypeslib.as_array(pixels.data, (pixels.height, pixels.stride))
                copied = rows[:, :3 * pixels.width].reshape(pixels.height, pixels.width, 3).copy()
                library.iou_image_free(ctypes.byref(pixels))
                yield copied, frame
        finally:
            library.iou_video_reader_close(reader)
