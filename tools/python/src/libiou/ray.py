"""A detector on many machines, by Ray Data: pictures in, boxes as Parquet and as COCO's results, nothing lost or twice.

    from libiou import ray
    report = ray.run("pictures/", "model.onnx", "found/", workers=20)
    ray.write_coco("found/", "coco.json")

docs/many-machines.md has the plan for a million pictures.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from .coco import write_coco
from .detections import Detections
from .detector import Detector, detect_options
from .errors import IoUError, Status
from .extras import extra
from .info import detector_info
from .model import ModelSource
from .results import Results
from .storage import contents, is_uri, parquet_files, picture_files, place

if TYPE_CHECKING:
    import pyarrow
    from ray.data import Dataset

__all__ = ["Report", "Results", "detect", "pictures", "run", "write_coco"]

#: What may be wrong with one picture, of which its row tells.
OF_A_PICTURE = (Status.BAD_IMAGE, Status.LIMIT, Status.IO_ERROR, Status.BAD_DATA)

#: Workers leave a tenth of their processors to the tasks that read and filter rows, which Ray would never start where
#: workers have reserved all.
WORKER_CPUS, TASK_CPUS = 0.9, 0.1

Source = str | os.PathLike[str] | Sequence[str | os.PathLike[str]]


class Report(NamedTuple):
    """What a run did."""

    pictures: int
    """That were looked at in this run, failures included."""
    skipped: int
    """That were done before."""
    failures: int
    """Pictures that could not be read, in this run: their rows tell why."""
    objects: int
    """That were found in this run."""
    seconds: float
    """From the first picture to the last, without Ray's start."""


# ---- Pictures --------------------------------------------------------------------------------------------------------


def pictures(source: Source) -> Dataset:
    """Pictures as rows.

    Args:
        source: A folder or a glob of picture files, a URI such as s3://bucket/folder, or a list of paths and URIs: rows
            have `path`, and workers read the files, which all machines have to see. Parquet files or a folder of such
            (a name that ends in .parquet): rows are theirs.
    """
    data = extra("ray.data", "ray", "libiou.ray")
    if isinstance(source, (str, os.PathLike)):
        name = os.fspath(source)
        if name.rstrip("/").endswith(".parquet"):
            # Ray's own reading has a task that needs a whole processor, which workers may have reserved.
            files: Dataset = data.from_items([{"file": one} for one in parquet_files(name)])
            return files.map_batches(_rows_of, batch_size=1, batch_format="pyarrow", num_cpus=TASK_CPUS)
        paths = picture_files(name)
    else:
        names = [os.fspath(one) for one in source]
        paths = [one if is_uri(one) else os.path.abspath(one) for one in names]
    return data.from_items([{"path": path} for path in dict.fromkeys(paths)])  # type: ignore[no-any-return]


def _rows_of(batch: pyarrow.Table) -> Iterator[pyarrow.Table]:
    """The rows of Parquet files."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    for name in batch["file"].to_pylist():
        system, path = place(name)
        with system.open_input_file(path) as stream:
            for rows in pq.ParquetFile(stream).iter_batches(batch_size=256):
                yield pa.Table.from_batches([rows])


# ---- Detecting -------------------------------------------------------------------------------------------------------


def detect(dataset: Dataset, model: ModelSource, *, workers: int = 1, threads: int = 1, batch_size: int = 128,
           key: str = "path", column: str | None = None, **options: Any) -> Dataset:
    """Finds the objects in every picture of a dataset; computed when the result is used, as all of Ray Data is.

    Args:
        dataset: Rows with a picture each.
        model: The path of a model, which all machines have to see, or its bytes.
        workers: Processes, each of which keeps one detector.
        threads: Threads of each, for which Ray reserves 0.9 processors each. Tasks of the dataset that need whole
            processors have to find them beside the workers.
        batch_size: Rows that a worker takes at once, and does again where it dies meanwhile.
        key: The column that names a picture, kept in the result.
        column: The column with the picture, a path or the bytes of a picture file; None: `bytes` if there is one,
            else the key.
        **options: alpha, score_threshold, nms_threshold, max_detections of Detector.

    Returns:
        A row for each picture, in any order: the key; `width` and `height` in pixels; for its objects, by falling
        score, `boxes` (x1, y1, x2, y2 in pixels), `scores`, `probabilities`, `ious`, `labels` (class indices), `names`;
        and `error`, null or one line of a picture that could not be read, which has no objects.
    """
    detector_info(model)
    detect_options(**options)
    return _mapped(dataset, _Worker, (model, threads, key, column, options), workers, threads, batch_size)


def _mapped(dataset: Dataset, worker: type, arguments: tuple[Any, ...], workers: int, threads: int,
            batch_size: int) -> Dataset:
    from ray.data import ActorPoolStrategy

    return dataset.map_batches(worker, fn_constructor_args=arguments, batch_size=batch_size, batch_format="pyarrow",
                               compute=ActorPoolStrategy(size=workers), num_cpus=WORKER_CPUS * threads)


class _Worker:
    """Keeps one detector, and looks at batches of pictures."""

    def __init__(self, model: ModelSource, threads: int, key: str, column: str | None,
                 options: Mapping[str, Any]) -> None:
        self._detector = Detector(model, threads=threads)
        self._key, self._column, self._options = key, column, dict(options)

    def __call__(self, batch: pyarrow.Table) -> pyarrow.Table:
        column = self._column or ("bytes" if "bytes" in batch.column_names else self._key)
        for name in (self._key, column):
            if name not in batch.column_names:
                raise ValueError(f"pictures: expected a column {name!r}, found {', '.join(batch.column_names)}")
        # One after the other: what is found in a picture does not depend on those beside it.
        rows = [self._row(one, column) for one in batch.select(list({self._key, column})).to_pylist()]
        return _table(rows, self._key)

    def _row(self, row: Mapping[str, Any], column: str) -> dict[str, Any]:
        found: Detections | None = None
        error = None
        try:
            given = row[column]
            found = self._detector(contents(given) if is_uri(given) else given, **self._options)
        except IoUError as failure:
            if failure.status not in OF_A_PICTURE:
                raise
            error = str(failure)
        except OSError as failure:  # of a URI
            error = f"picture: {failure}".splitlines()[0]
        except (TypeError, ValueError) as failure:  # what is there instead of a picture: options were checked before
            error = str(failure)
        return {self._key: row[self._key], "width": found.width if found else 0, "height": found.height if found else 0,
                "boxes": found.xyxy.tolist() if found else [], "scores": found.scores.tolist() if found else [],
                "probabilities": found.probabilities.tolist() if found else [],
                "ious": found.ious.tolist() if found else [], "labels": found.labels.tolist() if found else [],
                "names": found.names if found else [], "error": error}


def _table(rows: list[dict[str, Any]], key: str) -> pyarrow.Table:
    import pyarrow as pa

    numbers = pa.list_(pa.float32())
    fields = [("width", pa.int32()), ("height", pa.int32()), ("boxes", pa.list_(pa.list_(pa.float32(), 4))),
              ("scores", numbers), ("probabilities", numbers), ("ious", numbers), ("labels", pa.list_(pa.int32())),
              ("names", pa.list_(pa.string())), ("error", pa.string())]
    keys = pa.array([row[key] for row in rows])
    return pa.table([keys, *(pa.array([row[name] for row in rows], kind) for name, kind in fields)],
                    names=[key, *(name for name, _ in fields)])


# ---- Into a folder ---------------------------------------------------------------------------------------------------


def run(source: Any, model: ModelSource, out: str | os.PathLike[str], *, workers: int = 1, threads: int = 1,
        batch_size: int = 128, key: str = "path", column: str | None = None, retry_failures: bool = False,
        on_batch: Callable[[Mapping[str, Any]], None] | None = None, **options: Any) -> Report:
    """Finds the objects in every picture, and keeps them in a folder of Parquet files. Ray shows the progress.

    A picture that the folder has already is not looked at again, so that a run that was ended goes on where it was. A
    batch is written whole or not at all, under a name that follows from its pictures: a worker that dies and is
    replaced leaves nothing out and nothing twice. Two runs must not fill a folder at the same time.

    Args:
        source: What `pictures` takes, or a dataset. A key must not be in it twice.
        model: As of `detect`.
        out: A folder that all machines see, or a URI such as s3://bucket/folder. It is made where it is not there.
            It is of one model and one set of options: others are refused.
        retry_failures: Look again at pictures that could not be read before.
        on_batch: Called with what was done, after every batch: `pictures`, `failures`, `objects`, `worker` (a process).
        workers, threads, batch_size, key, column, **options: As of `detect`.
    """
    ray = extra("ray", "ray", "libiou.ray")
    detect_options(**options)
    results = Results(out, key)
    results.begin(model, options)
    if retry_failures:
        results.forget_failures()
    done = results.keys()
    dataset: Dataset = source if hasattr(source, "map_batches") else pictures(source)
    if len(done):
        dataset = dataset.map_batches(_without, batch_format="pyarrow",  # type: ignore[arg-type]
                                      fn_kwargs={"key": key, "done": ray.put(done)}, num_cpus=TASK_CPUS)
    batches = _mapped(dataset, _Writer, (model, threads, key, column, options, results), workers, threads, batch_size)
    totals = {"pictures": 0, "failures": 0, "objects": 0}
    start = time.monotonic()
    for row in batches.iter_rows():
        for name in totals:
            totals[name] += row[name]
        if on_batch is not None:
            on_batch(row)
    return Report(totals["pictures"], len(done), totals["failures"], totals["objects"], time.monotonic() - start)


def _without(batch: pyarrow.Table, key: str, done: Any) -> pyarrow.Table:
    """The rows that are not done."""
    import pyarrow.compute as pc
    import ray

    return batch.filter(pc.invert(pc.is_in(batch[key], value_set=ray.get(done))))


class _Writer(_Worker):
    """Looks at batches, and writes what it finds."""

    def __init__(self, model: ModelSource, threads: int, key: str, column: str | None, options: Mapping[str, Any],
                 results: Results) -> None:
        super().__init__(model, threads, key, column, options)
        self._results = results

    def __call__(self, batch: pyarrow.Table) -> pyarrow.Table:
        import pyarrow as pa

        if batch.num_rows == 0:
            return pa.table({"pictures": [], "failures": [], "objects": [], "worker": []})
        # Ray gives a worker many batches in one task, and all of them again to one that takes a dead worker's place.
        found = self._results.written(batch[self._key])
        if found is None:
            found = super().__call__(batch)
            self._results.write(found)
        return pa.table({"pictures": [found.num_rows], "failures": [found.num_rows - found["error"].null_count],
                         "objects": [sum(map(len, found["scores"]))], "worker": [os.getpid()]})
