"""What a detector found in a picture."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from .coco import coco_entries
from .errors import IoUError, Status
from .extras import extra
from .info import DetectorInfo
from .picture import Format, Pixels, rgb_pixels
from .plot import drawn

if TYPE_CHECKING:
    import pandas
    import supervision

    from .detector import Run

Floats = npt.NDArray[np.float32]

#: The library's iou_detection.
RECORD = np.dtype([("box", np.float32, 4), ("score", np.float32), ("probability", np.float32), ("iou", np.float32),
                   ("label", np.int32)])


class Detections:
    """The objects in one picture, by falling score; N of them.

    A slice, a mask or a list of indices gives fewer of them: `found[:5]`, `found[found.scores > 0.6]`,
    `found[[0, 3]]`. A number gives one, as Detections of length 1, and so does iterating.
    """

    def __init__(self, records: npt.NDArray[Any], width: int, height: int, info: DetectorInfo,
                 run: Run | None = None, index: int = 0) -> None:
        self._records, self._run, self._index = records, run, index
        #: Sides of the picture in pixels.
        self.width, self.height = width, height
        #: What the detector's metadata says.
        self.info = info

    # ---- The numbers -------------------------------------------------------------------------------------------------

    @property
    def xyxy(self) -> Floats:
        """x1, y1, x2, y2 of each box in pixels of the picture, in the model's convention: N x 4, float32."""
        return self._column("box")

    @property
    def scores(self) -> Floats:
        """The fused confidence S = p^alpha * IoU^(1 - alpha), from 0 to 1: N, float32."""
        return self._column("score")

    @property
    def probabilities(self) -> Floats:
        """p, of the class: N, float32. NaN where it has no part in the score of a graph that reports detections."""
        return self._column("probability")

    @property
    def ious(self) -> Floats:
        """The predicted IoU: N, float32. NaN where the model predicts none."""
        return self._column("iou")

    @property
    def labels(self) -> npt.NDArray[np.int32]:
        """The class of each, an index into `info.labels`: N, int32."""
        return self._column("label")

    @property
    def names(self) -> list[str]:
        """The name of each one's class."""
        return [self.info.labels[label] for label in self.labels]

    def _column(self, name: str) -> npt.NDArray[Any]:
        column: npt.NDArray[Any] = self._records[name]
        return column

    def __len__(self) -> int:
        return len(self._records)

    def __getitem__(self, which: int | slice | npt.NDArray[Any] | list[int] | list[bool]) -> Detections:
        picked = self._records[slice(which, which + 1 or None) if isinstance(which, (int, np.integer)) else which]
        if isinstance(which, (int, np.integer)) and len(picked) != 1:
            raise IndexError(f"detections: expected an index below {len(self)}, found {which}")
        return Detections(picked, self.width, self.height, self.info, self._run, self._index)

    def __iter__(self) -> Iterator[Detections]:
        return (self[index] for index in range(len(self)))

    def __repr__(self) -> str:
        return f"Detections({len(self)} in {self.width} x {self.height})"

    def __reduce__(self) -> tuple[Any, ...]:
        return Detections, (np.array(self._records), self.width, self.height, self.info)

    # ---- Again under other options -----------------------------------------------------------------------------------

    def rescore(self, *, alpha: float | None = None, score_threshold: float | None = None,
                nms_threshold: float | None = None, max_detections: int | None = None) -> Detections:
        """What the detector would have found in this picture under other options, without running the network: the same
        bits. None keeps the model's own value; what these detections were found with, or filtered by, is not looked at.

        Raises:
            IoUError: The detector has looked at other pictures since, whose maps it has now; the model's graph reports
                detections; or these were unpickled.
        """
        if self._run is None:
            raise IoUError(Status.INVALID_ARGUMENT, "rescore: expected the detections of a detector in this process, "
                                                    "found some that were unpickled")
        return self._run.rescore(alpha=alpha, score_threshold=score_threshold, nms_threshold=nms_threshold,
                                 max_detections=max_detections)[self._index]

    # ---- As others have them -----------------------------------------------------------------------------------------

    def to_coco(self, image_id: int | str) -> list[dict[str, Any]]:
        """Entries of a results list in COCO's format: `bbox` is x, y, width, height; `category_id` the model's own."""
        return coco_entries(image_id, self.xyxy, self.scores, self.labels, self.info.category_ids,
                            self.info.inclusive_boxes)

    def to_supervision(self) -> supervision.Detections:
        """supervision.Detections; `data` has class_name, probability and iou."""
        package = extra("supervision", "supervision", "to_supervision")
        found: supervision.Detections = package.Detections(
            xyxy=self.xyxy.copy(), confidence=self.scores.copy(), class_id=self.labels.astype(int),
            data={"class_name": np.array(self.names, dtype=str), "probability": self.probabilities.copy(),
                  "iou": self.ious.copy()})
        return found

    def to_pandas(self) -> pandas.DataFrame:
        """A row each: x1, y1, x2, y2, score, probability, iou, label, name."""
        package = extra("pandas", "pandas", "to_pandas")
        corners = dict(zip(("x1", "y1", "x2", "y2"), self.xyxy.T, strict=True))
        frame: pandas.DataFrame = package.DataFrame({
            **corners, "score": self.scores, "probability": self.probabilities, "iou": self.ious, "label": self.labels,
            "name": self.names})
        return frame

    def plot(self, picture: Any = None, *, format: Format = "rgb") -> Pixels:
        """A copy of the picture with the boxes drawn: H x W x 3, RGB, uint8. Needs Pillow.

        Args:
            picture: What to draw on, as a detector takes it. None: what was given to the detector, which is read again:
                an array whose memory has another picture now has to be given here.
            format: The order of an array's colours.
        """
        if picture is None:
            if self._run is None:
                raise IoUError(Status.INVALID_ARGUMENT, "plot: expected a picture for detections that were unpickled, "
                                                        "found none")
            picture, format = self._run.pictures[self._index], self._run.format
        return drawn(rgb_pixels(picture, format), self)
