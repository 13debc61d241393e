"""Folders of Parquet files with what was found in many pictures."""

from __future__ import annotations

import hashlib
import json
import os
import uuid
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from .errors import IoUError, Status
from .info import detector_info
from .model import ModelSource
from .storage import is_uri, place

if TYPE_CHECKING:
    import pyarrow
    import pyarrow.fs

#: What a folder is of. Readers of Parquet pass it over for its name.
MANIFEST = "_libiou.json"


class Results:
    """A folder of Parquet files with what was found, a row for each picture, as `detect` has them."""

    def __init__(self, folder: str | os.PathLike[str], key: str = "path") -> None:
        name = os.fspath(folder)
        self.folder = name if is_uri(name) else os.path.abspath(name)
        self.key = key

    def _at(self) -> tuple[pyarrow.fs.FileSystem, str]:
        return place(self.folder)

    def parts(self) -> list[str]:
        """The paths of the Parquet files, in the file system of the folder."""
        return sorted(one.path for one in self._files() if one.base_name.startswith("part-"))

    def _files(self) -> list[pyarrow.fs.FileInfo]:
        import pyarrow.fs as fs

        system, folder = self._at()
        found: list[pyarrow.fs.FileInfo] = system.get_file_info(fs.FileSelector(folder, allow_not_found=True))
        return found

    def tables(self) -> Iterator[pyarrow.Table]:
        """What the files hold, one after the other."""
        import pyarrow.parquet as pq

        system, _ = self._at()
        for path in self.parts():
            yield pq.read_table(path, filesystem=system)

    def keys(self) -> pyarrow.Array:
        """The pictures that are there."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        system, _ = self._at()
        columns = [pq.read_table(path, columns=[self.key], filesystem=system)[self.key] for path in self.parts()]
        return pa.concat_arrays([chunk for column in columns for chunk in column.chunks]) if columns else pa.array([])

    def write(self, table: pyarrow.Table) -> None:
        """Writes a batch, whole or not at all. The same pictures have the same file, whoever looked at them."""
        self._write_file(_part(table[self.key]), table)

    def written(self, keys: pyarrow.ChunkedArray) -> pyarrow.Table | None:
        """What was written of a batch with these pictures; None: nothing."""
        import pyarrow.parquet as pq

        system, folder = self._at()
        path = f"{folder}/{_part(keys)}"
        if not system.get_file_info(path).is_file:
            return None
        table = pq.read_table(path, filesystem=system)
        return table if table.num_rows == len(keys) else None

    def _write_file(self, name: str, table: pyarrow.Table) -> None:
        import pyarrow.parquet as pq

        self._replace(name, lambda stream: pq.write_table(table, stream))

    def _replace(self, name: str, write: Callable[[Any], None]) -> None:
        system, folder = self._at()
        beside = f"{folder}/_{name}.{uuid.uuid4().hex}"
        with system.open_output_stream(beside) as stream:
            write(stream)
        system.move(beside, f"{folder}/{name}")

    def begin(self, model: ModelSource, options: Mapping[str, Any]) -> None:
        """Makes the folder, or compares what it is of."""
        system, folder = self._at()
        mine = _manifest(model, options)
        system.create_dir(folder)
        for one in self._files():
            if one.base_name.startswith("_part-"):  # of a worker that died while it wrote
                system.delete_file(one.path)
        theirs = self.manifest()
        if theirs is None:
            text = json.dumps(mine, indent=1).encode()
            self._replace(MANIFEST, lambda stream: stream.write(text))
            return
        for name in ("model", "options"):
            if theirs[name] != mine[name]:
                line = f"expected the {name} {theirs[name]} of its first run, found {mine[name]}"
                raise IoUError(Status.INVALID_ARGUMENT, f"results '{self.folder}': {line}")

    def manifest(self) -> dict[str, Any] | None:
        """What the folder is of; None: it was not begun."""
        system, folder = self._at()
        try:
            with system.open_input_stream(f"{folder}/{MANIFEST}") as stream:
                found: dict[str, Any] = json.loads(stream.read())
                return found
        except FileNotFoundError:
            return None

    def forget_failures(self) -> None:
        """Takes the pictures that could not be read out of the files."""
        import pyarrow.compute as pc
        import pyarrow.parquet as pq

        system, folder = self._at()
        for path in self.parts():
            table = pq.read_table(path, filesystem=system)
            kept = table.filter(pc.is_null(table["error"]))
            if kept.num_rows == 0:
                system.delete_file(path)
            elif kept.num_rows < table.num_rows:
                self._write_file(path.rsplit("/", 1)[1], kept)


def _part(keys: pyarrow.ChunkedArray) -> str:
    """The file of a batch with these pictures."""
    return f"part-{hashlib.sha256(json.dumps(keys.to_pylist(), default=str).encode()).hexdigest()[:32]}.parquet"


def _manifest(model: ModelSource, options: Mapping[str, Any]) -> dict[str, Any]:
    info = detector_info(model)
    if isinstance(model, (str, os.PathLike)):
        with open(model, "rb") as stream:
            data = stream.read()
    else:
        data = bytes(model)
    return {"model": hashlib.sha256(data).hexdigest(), "options": dict(sorted(options.items())),
            "labels": list(info.labels), "category_ids": list(info.category_ids),
            "inclusive_boxes": info.inclusive_boxes}
