"""How sessions and detectors are opened, and how long a run may take."""

from __future__ import annotations

import math
import time
import weakref
from typing import Any, NamedTuple

from ._native import ffi


class OpenOptions(NamedTuple):
    """What a session or a detector is opened with; the names of Detector's and InferenceSession's arguments."""

    threads: int = 0
    isa: str | None = None
    profile: bool = False
    optimize: bool = True
    max_memory_bytes: int = 0

    def to_c(self) -> Any:
        """As the library takes them. What they point to lives as long as they do."""
        threads = checked_int("threads", self.threads, 2**31 - 1)
        options = ffi.new("iou_session_options *")
        options.struct_size = ffi.sizeof("iou_session_options")
        options.threads = threads
        options.profile = bool(self.profile)
        options.no_optimize = not self.optimize
        options.max_memory_bytes = checked_int("max_memory_bytes", self.max_memory_bytes, 2**63 - 1)
        if self.isa is not None:
            kept = ffi.new("char[]", self.isa.encode())
            options.isa = kept
            keep(options, kept)
        return options


#: What options point to, as long as these.
_kept: weakref.WeakKeyDictionary[Any, Any] = weakref.WeakKeyDictionary()


def keep(options: Any, pointed: Any) -> None:
    """Keeps what options point to as long as the options."""
    _kept[options] = pointed


def checked_int(name: str, value: object, most: int) -> int:
    """A count that the caller gave."""
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise TypeError(f"{name}: expected an int, found {type(value).__name__}")
    number = int(value)
    if not 0 <= number <= most:
        raise ValueError(f"{name}: expected 0 to {most}, found {number}")
    return number


def checked_float(name: str, value: object) -> float:
    """A number that is not negative; a negative one means the model's own to the library."""
    if isinstance(value, (str, bytes)) or not hasattr(value, "__float__"):
        raise TypeError(f"{name}: expected a number, found {type(value).__name__}")
    number = float(value)
    if not (number >= 0 and math.isfinite(number)):
        raise ValueError(f"{name}: expected a number from 0, found {number}")
    return number


def run_options(timeout: float | None) -> Any:
    """Options of one run, which ends `timeout` seconds from now; NULL for None."""
    if timeout is None:
        return ffi.NULL
    options = ffi.new("iou_run_options *")
    options.struct_size = ffi.sizeof("iou_run_options")
    seconds = min(checked_float("timeout", timeout), 1e9)
    options.deadline_ns = time.monotonic_ns() + int(seconds * 1e9)
    return options
