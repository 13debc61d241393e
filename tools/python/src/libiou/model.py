"""Models: ONNX files, checked and in memory."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from ._native import ffi, lib
from .errors import check, text_of
from .tensors import NodeArg

#: Where a model is: the path of its file, or its bytes.
ModelSource = str | os.PathLike[str] | bytes | bytearray | memoryview


class ModelMetadata:
    """What a model's file says of itself, as onnxruntime tells it. Texts are "" and numbers 0 where it says nothing."""

    producer_name: str
    producer_version: str
    domain: str
    description: str
    graph_name: str
    graph_description: str
    #: The version of the model itself.
    version: int
    #: The version of the file's format.
    ir_version: int
    #: The metadata keys with their values.
    custom_metadata_map: dict[str, str]

    def __init__(self, handle: Any) -> None:
        about = ffi.new("iou_model_about *")
        check(lib.iou_model_about_file, handle, about)
        for key in ("producer_name", "producer_version", "domain", "description", "graph_name", "graph_description"):
            setattr(self, key, text_of(getattr(about, key)))
        self.version, self.ir_version = about.version, about.ir_version
        self.custom_metadata_map = {}
        while (key := lib.iou_model_metadata_key(handle, len(self.custom_metadata_map))) != ffi.NULL:
            self.custom_metadata_map[text_of(key) or ""] = text_of(lib.iou_model_metadata(handle, key)) or ""


class Model:
    """A model that never changes: any number of sessions and detectors in any threads share it, and its packed weights.

    Args:
        source: The path of an ONNX file, or its bytes.
        external_data_folder: Where tensors are that the model keeps in other files. None: beside its file; a model of
            bytes may have none then.
        refuse_links: Refuse symbolic links, as the model's file and on the way to its data in other files.

    A model is pickled by its path, or with its bytes, and opened again from there. A path is made absolute.
    """

    def __init__(self, source: ModelSource, *, external_data_folder: str | os.PathLike[str] | None = None,
                 refuse_links: bool = False) -> None:
        self._source: str | bytes
        self._folder = None if external_data_folder is None else os.path.abspath(external_data_folder)
        self._refuse_links = bool(refuse_links)
        options = ffi.new("iou_model_options *")
        options.struct_size = ffi.sizeof("iou_model_options")
        options.refuse_links = self._refuse_links
        folder = ffi.NULL if self._folder is None else ffi.new("char[]", os.fsencode(self._folder))
        options.external_data_folder = folder
        out = ffi.new("iou_model **")
        if isinstance(source, (bytes, bytearray, memoryview)):
            # The library borrows these bytes, so that nobody else may change them.
            self._source = source if isinstance(source, bytes) else bytes(source)
            self._borrowed = ffi.from_buffer(self._source)
            check(lib.iou_model_open_memory, out, self._borrowed, len(self._source), options)
        elif isinstance(source, (str, os.PathLike)):
            self._source = os.path.abspath(source)
            check(lib.iou_model_open, out, path_argument("model", source), options)
        else:
            raise TypeError(f"model: expected a path or bytes, found {type(source).__name__}")
        self._handle = owned(out, lib.iou_model_close)

    @classmethod
    def of(cls, source: ModelSource | Model) -> Model:
        """The model itself, or the one at a path or in bytes."""
        return source if isinstance(source, Model) else cls(source)

    def __reduce__(self) -> tuple[Any, ...]:
        return _open_model, (self._source, self._folder, self._refuse_links)

    def __repr__(self) -> str:
        return f"Model({self._source!r})" if isinstance(self._source, str) else f"Model({len(self._source)} bytes)"

    @property
    def path(self) -> str | None:
        """The absolute path of its file; None of a model of bytes."""
        return self._source if isinstance(self._source, str) else None

    def inputs(self) -> list[NodeArg]:
        """The inputs that a run needs."""
        return self._described(lib.iou_model_input, range(lib.iou_model_input_count(self._handle)))

    def defaults(self) -> list[NodeArg]:
        """The inputs that a run may be fed besides: each has a default in the file."""
        first = lib.iou_model_input_count(self._handle)
        return self._described(lib.iou_model_input, range(first, first + lib.iou_model_default_count(self._handle)))

    def outputs(self) -> list[NodeArg]:
        return self._described(lib.iou_model_output, range(lib.iou_model_output_count(self._handle)))

    def _described(self, function: Callable[..., int], indices: range) -> list[NodeArg]:
        info = ffi.new("iou_value_info *")
        found = []
        for index in indices:
            check(function, self._handle, index, info)
            found.append(NodeArg(info))
        return found

    def metadata(self) -> ModelMetadata:
        return ModelMetadata(self._handle)


def _open_model(source: str | bytes, folder: str | None, refuse_links: bool) -> Model:
    return Model(source, external_data_folder=folder, refuse_links=refuse_links)


def path_argument(what: str, path: str | os.PathLike[str]) -> bytes:
    """A path as the library takes it; a zero byte in it would end it early."""
    encoded = os.fsencode(path)
    if b"\0" in encoded:
        raise ValueError(f"{what}: expected a path, found a zero byte in {os.fsdecode(encoded)!r}")
    return encoded


def owned(out: Any, close: Callable[[Any], None], keeping: object = None) -> Any:
    """The handle that was opened into `out`. It is closed when nobody has it any more, and keeps what it needs until
    then."""

    def end(_: Any, _keeping: object = keeping) -> None:
        close(out)

    return ffi.gc(out[0], end)
