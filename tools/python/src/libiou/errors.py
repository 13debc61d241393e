"""What goes wrong, as exceptions with the library's line."""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import Any

from ._native import ffi, lib


class Status(enum.IntEnum):
    """What went wrong, in numbers that never change: to 9 the caller, to 19 the model or data, to 29 the system."""

    INVALID_ARGUMENT = lib.IOU_INVALID_ARGUMENT
    CANCELLED = lib.IOU_CANCELLED
    DEADLINE = lib.IOU_DEADLINE
    BUFFER_TOO_SMALL = lib.IOU_BUFFER_TOO_SMALL
    BAD_MODEL = lib.IOU_BAD_MODEL
    UNSUPPORTED = lib.IOU_UNSUPPORTED
    LIMIT = lib.IOU_LIMIT
    BAD_METADATA = lib.IOU_BAD_METADATA
    BAD_IMAGE = lib.IOU_BAD_IMAGE
    BAD_DATA = lib.IOU_BAD_DATA
    OUT_OF_MEMORY = lib.IOU_OUT_OF_MEMORY
    IO_ERROR = lib.IOU_IO_ERROR


class IoUError(Exception):
    """One line: where, what was expected, what was found."""

    #: What kind of failure it is.
    status: Status

    def __init__(self, status: Status | int, text: str) -> None:
        super().__init__(text)
        self.status = Status(status)

    def __reduce__(self) -> tuple[type[IoUError], tuple[Status, str]]:
        return type(self), (self.status, str(self))

    def within(self, where: str) -> IoUError:
        """The same failure, with where it happened before its line."""
        return type(self)(self.status, f"{where}: {self}")


def check(function: Callable[..., int], *arguments: Any) -> None:
    """Calls a function of the library with an error behind its arguments, and raises what it reports. Other threads of
    Python run meanwhile."""
    error = ffi.new("iou_error *")
    if function(*arguments, error) != 0:
        raise IoUError(error.status, ffi.string(error.text).decode("utf-8", "replace"))


def text_of(pointer: Any) -> str | None:
    """A string of the library's; None for NULL."""
    return None if pointer == ffi.NULL else ffi.string(pointer).decode("utf-8", "replace")
