"""Pictures as users have them, for the library: files, bytes, NumPy arrays, Pillow's pictures."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
import numpy.typing as npt

from ._native import ffi, lib
from .errors import check
from .model import path_argument

if TYPE_CHECKING:
    from PIL.Image import Image

#: The order of an array's colours. A fourth channel is alpha, which does not count; an array without channels is gray.
Format = Literal["rgb", "bgr"]

#: A path; the bytes of a PNG, JPEG, WebP or BMP file; uint8 pixels of H x W, H x W x 1, H x W x 3 or H x W x 4; a
#: Pillow picture.
Picture = "str | os.PathLike[str] | bytes | bytearray | memoryview | npt.NDArray[np.uint8] | Image"

Pixels = npt.NDArray[np.uint8]


class Borrowed:
    """A picture that is described for the library, and the memory that it is in."""

    def __init__(self, pixels: Pixels, colours: Any) -> None:
        """`pixels`: H x W x channels, those of a row one behind the other."""
        self.pixels = pixels
        self.height, self.width = pixels.shape[:2]
        self._colours = colours

    def describe(self, picture: Any) -> None:
        """Fills in an iou_picture, whose memory is this one's."""
        picture.data = ffi.cast("uint8_t *", self.pixels.ctypes.data)
        picture.width, picture.height = self.width, self.height
        picture.stride = self.pixels.strides[0] if self.height > 1 else self.width * self.pixels.shape[2]
        picture.format = self._colours


def borrow(picture: Any, order: Format = "rgb") -> Borrowed:
    """A picture's pixels; an array's where they lie, unless they lie as no picture does."""
    if order not in get_args(Format):
        raise ValueError(f"format: expected 'rgb' or 'bgr', found {order!r}")
    if isinstance(picture, np.ndarray):
        return _of_array(picture, order)
    return Borrowed(_decoded(picture), lib.IOU_PIXELS_RGB)


def rgb_pixels(picture: Any, order: Format = "rgb") -> Pixels:
    """A copy of a picture as H x W x 3 RGB."""
    pixels = borrow(picture, order).pixels
    if pixels.shape[2] == 1:
        return np.repeat(pixels, 3, axis=2)
    colours = pixels[:, :, :3]
    return np.array(colours[:, :, ::-1] if order == "bgr" and isinstance(picture, np.ndarray) else colours, order="C")


def _of_array(array: npt.NDArray[Any], order: Format) -> Borrowed:
    if array.dtype != np.uint8:
        raise TypeError(f"picture: expected pixels of uint8, found {array.dtype}")
    pixels = array[:, :, np.newaxis] if array.ndim == 2 else array
    if pixels.ndim != 3 or pixels.shape[2] not in (1, 3, 4):
        raise ValueError(f"picture: expected H x W, H x W x 1, H x W x 3 or H x W x 4, found {array.shape}")
    height, width, channels = pixels.shape
    if not (0 < height < 2**31 and 0 < width < 2**31):
        raise ValueError(f"picture: expected sides of at least a pixel, found {width} x {height}")
    if pixels.strides[1:] != (channels, 1) or pixels.strides[0] < width * channels:
        pixels = np.ascontiguousarray(pixels)
    colours = {("rgb", 3): lib.IOU_PIXELS_RGB, ("bgr", 3): lib.IOU_PIXELS_BGR,
               ("rgb", 4): lib.IOU_PIXELS_RGBA, ("bgr", 4): lib.IOU_PIXELS_BGRA}
    return Borrowed(pixels, colours.get((order, channels), lib.IOU_PIXELS_GRAY))


def _decoded(picture: Any) -> Pixels:
    if isinstance(picture, (bytes, bytearray, memoryview)):
        data = ffi.from_buffer(picture)
        return _read(lib.iou_image_decode, data, len(data))
    if isinstance(picture, (str, os.PathLike)):
        return _read(lib.iou_image_read, path_argument("picture", picture))
    if type(picture).__module__.startswith("PIL."):
        return _of_pillow(picture)
    raise TypeError("picture: expected a path, bytes, a NumPy array or a Pillow picture, "
                    f"found {type(picture).__name__}")


def _of_pillow(picture: Image) -> Pixels:
    """Its pixels as they are: it is not turned by its EXIF orientation."""
    if picture.mode.startswith(("I", "F")):
        raise ValueError(f"picture: expected 8 bits a channel, found a Pillow picture of mode {picture.mode!r}")
    return np.asarray(picture.convert("RGB"))


def _read(function: Any, *source: Any) -> Pixels:
    """RGB pixels that the library reads, in its own memory, which goes with the array."""
    out = ffi.new("iou_pixels *")
    check(function, out, *source, ffi.NULL)
    size = out.height * out.stride
    memory = ffi.gc(out.data, lambda _: lib.iou_image_free(out))
    rows = np.frombuffer(ffi.buffer(memory, size), np.uint8).reshape(out.height, out.stride)
    return rows[:, : out.width * 3].reshape(out.height, out.width, 3)
