"""From pictures to boxes."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar, overload

import numpy as np

from ._native import ffi, lib
from .detections import RECORD, Detections
from .errors import IoUError, Status, check
from .info import DetectorInfo, detector_info
from .model import Model, ModelSource, owned
from .options import OpenOptions, checked_float, checked_int, keep, run_options
from .picture import Borrowed, Format, borrow
from .session import MemoryUse, ProfileEntry, memory_of, profile_of
from .turns import Turns

if TYPE_CHECKING:
    import os

    import numpy.typing as npt
    from PIL.Image import Image

    AnyPicture = str | os.PathLike[str] | bytes | bytearray | memoryview | npt.NDArray[np.uint8] | Image

assert RECORD.itemsize == ffi.sizeof("iou_detection")

Result = TypeVar("Result")

#: The most detections that one call makes room for.
MOST_DETECTIONS = 1 << 24


class Run:
    """One call of a detector: whose maps it has until its next call."""

    def __init__(self, detector: Detector, pictures: Sequence[Any], order: Format) -> None:
        self.detector, self.pictures, self.format = detector, pictures, order
        self.sizes: list[tuple[int, int]] = []

    def rescore(self, **overrides: Any) -> list[Detections]:
        return self.detector._rescore(self, detect_options(**overrides))


class Detector:
    """Finds objects in pictures with a model that has detector metadata (docs/metadata.md), or ultralytics' keys.

    Args:
        model: The path of the model's file, its bytes, or a Model that detectors share.
        threads: Threads of a run; 0: the processors that this process may use.
        isa: "scalar", "avx2", "avxvnni", "avx512" or "avx512vnni"; None: $IOU_ISA, or the best there is.
        profile: Record the time of every operator.
        optimize: False: node by node, no fusion, no change of layout.
        max_memory_bytes: The most that values of one plan may take; 0: 16 GiB.

    Several threads may share a detector, which serves them one after the other; detectors that share a Model run at the
    same time. A detector is pickled by its model's path and these arguments, and may be used on after a fork. Every run
    releases the GIL.
    """

    def __init__(self, model: ModelSource | Model, *, threads: int = 0, isa: str | None = None, profile: bool = False,
                 optimize: bool = True, max_memory_bytes: int = 0) -> None:
        self._open(Model.of(model), OpenOptions(threads, isa, profile, optimize, max_memory_bytes))

    def _open(self, model: Model, options: OpenOptions) -> None:
        self._info = detector_info(model)
        out = ffi.new("iou_detector **")
        check(lib.iou_detector_open, out, model._handle, options.to_c())
        self._model, self._options = model, options
        self._handle = owned(out, lib.iou_detector_close, keeping=model)
        self._turns = Turns()
        # Weak: whoever has no detections of that run cannot score it again, and the detector ends with its last use.
        self._last: weakref.ref[Run] | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        return _open_detector, (self._model, self._options)

    def __repr__(self) -> str:
        return f"Detector({self._model!r})"

    @property
    def model(self) -> Model:
        return self._model

    @property
    def info(self) -> DetectorInfo:
        """What the model's metadata says."""
        return self._info

    @property
    def labels(self) -> tuple[str, ...]:
        """The names of the classes."""
        return self._info.labels

    # ---- Running -----------------------------------------------------------------------------------------------------

    @overload
    def __call__(self, picture: AnyPicture, *, format: Format = "rgb", alpha: float | None = None,
                 score_threshold: float | None = None, nms_threshold: float | None = None,
                 max_detections: int | None = None, timeout: float | None = None,
                 batch: bool = False) -> Detections: ...

    @overload
    def __call__(self, picture: list[AnyPicture] | tuple[AnyPicture, ...], *, format: Format = "rgb",
                 alpha: float | None = None, score_threshold: float | None = None, nms_threshold: float | None = None,
                 max_detections: int | None = None, timeout: float | None = None,
                 batch: bool = False) -> list[Detections]: ...

    def __call__(self, picture: AnyPicture | list[AnyPicture] | tuple[AnyPicture, ...], *, format: Format = "rgb",
                 alpha: float | None = None, score_threshold: float | None = None, nms_threshold: float | None = None,
                 max_detections: int | None = None, timeout: float | None = None,
                 batch: bool = False) -> Detections | list[Detections]:
        """Finds the objects in a picture, or in each of a list.

        Args:
            picture: A path; the bytes of a PNG, JPEG, WebP or BMP file; an array of uint8, H x W (gray), H x W x 3 or
                H x W x 4 (with alpha, which does not count), read where it lies; a Pillow picture, which is not turned
                by its EXIF orientation, as files are; or a list or tuple of these.
            format: The order of the colours in arrays, "rgb" or "bgr".
            alpha: Exponent of p in the score, 0 to 1. None keeps the model's value, here and below.
            score_threshold: The least score, 0 to 1.
            nms_threshold: The overlap with a better box that drops a box, 0 to 1.
            max_detections: The most detections of a picture.
            timeout: Seconds after which the run ends with Status.DEADLINE; None: never. Of a list, together.
            batch: The model sees the pictures of a list together, where it takes batches, and they can all be scored
                again. They are padded to the size of the largest then, which moves boxes by fractions of a pixel.
                False: one after the other, each as if it were alone.

        Raises:
            IoUError: A picture or the run failed; of a list the line tells which one, and there is no result for the
                others.
            TypeError, ValueError: An argument is none that this function takes.
        """
        options = detect_options(alpha, score_threshold, nms_threshold, max_detections, timeout)
        if not isinstance(picture, (list, tuple)):
            return self._detect([borrow(picture, format)], Run(self, [picture], format), options)[0]
        if batch:
            borrowed = [_of_list(index, borrow, one, format) for index, one in enumerate(picture)]
            return self._detect(borrowed, Run(self, picture, format), options)

        def alone(one: AnyPicture) -> Detections:
            return self._detect([borrow(one, format)], Run(self, [one], format), options)[0]

        return [_of_list(index, alone, one) for index, one in enumerate(picture)]

    def _detect(self, borrowed: list[Borrowed], run: Run, options: Any) -> list[Detections]:
        if not borrowed:
            return []
        run.sizes = [(one.width, one.height) for one in borrowed]
        pictures = ffi.new("iou_picture[]", len(borrowed))
        for one, picture in zip(borrowed, pictures, strict=True):
            one.describe(picture)
        with self._turns:
            self._last = None
            found = self._collect(run, options, lib.iou_detector_run, pictures)
            self._last = weakref.ref(run)
        return found

    def _rescore(self, run: Run, options: Any) -> list[Detections]:
        with self._turns:
            if self._last is None or self._last() is not run:
                raise IoUError(Status.INVALID_ARGUMENT, "rescore: expected the detections of the detector's last call, "
                                                        "found those of an earlier one, whose maps are gone")
            return self._collect(run, options, lib.iou_detector_rescore)

    def _collect(self, run: Run, options: Any, function: Any, *first: Any) -> list[Detections]:
        """What a call of the library finds in the pictures of a run."""
        count = len(run.sizes)
        capacity = int(lib.iou_detector_max_detections(self._handle, options))
        if capacity > MOST_DETECTIONS // count:
            raise IoUError(Status.LIMIT, f"detections: expected at most {MOST_DETECTIONS // count} of a picture, "
                                         f"found {capacity}")
        records = np.empty((count, capacity), RECORD)
        counts = ffi.new("size_t[]", count)
        out = ffi.from_buffer("iou_detection[]", records)
        check(function, self._handle, *first, count, options, out, capacity, counts)
        return [Detections(records[index, : counts[index]].copy(), width, height, self._info, run, index)
                for index, (width, height) in enumerate(run.sizes)]

    # ---- What a run did ----------------------------------------------------------------------------------------------

    @property
    def profile(self) -> list[ProfileEntry]:
        """The network's steps in the last run; with `profile=True`, their times."""
        with self._turns:
            return profile_of(lib.iou_detector_session(self._handle))

    @property
    def memory(self) -> MemoryUse:
        """Of the last run's plan."""
        with self._turns:
            return memory_of(lib.iou_detector_session(self._handle))


def _open_detector(model: Model, options: OpenOptions) -> Detector:
    return Detector(model, **options._asdict())


def _of_list(index: int, function: Callable[..., Result], *arguments: Any) -> Result:
    """Calls the function for a picture of a list, whose errors tell which one it is."""
    try:
        return function(*arguments)
    except IoUError as error:
        raise error.within(f"picture {index}") from None
    except (TypeError, ValueError) as error:
        raise type(error)(f"picture {index}: {error}") from None


def detect_options(alpha: float | None = None, score_threshold: float | None = None,
                    nms_threshold: float | None = None, max_detections: int | None = None,
                    timeout: float | None = None) -> Any:
    """Options of a call for the library; None keeps the model's value."""
    options = ffi.new("iou_detect_options *", lib.iou_detect_options_default())
    for name, value in (("alpha", alpha), ("score_threshold", score_threshold), ("nms_threshold", nms_threshold)):
        if value is not None:
            setattr(options, name, checked_float(name, value))
    if max_detections is not None:
        options.max_detections = checked_int("max_detections", max_detections, 2**31 - 1)
    run = run_options(timeout)
    options.run = run
    keep(options, run)
    return options
