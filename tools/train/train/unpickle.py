"""PyTorch's files of any program: tensors come to life, every other object stays inert."""

from __future__ import annotations

import pickle
import sys
import zipfile
from pathlib import Path
from typing import Any

import torch

ALLOWED = {("collections", "OrderedDict"), ("torch._utils", "_rebuild_tensor_v2"),
           ("torch._utils", "_rebuild_parameter")}


class CheckpointError(ValueError):
    """A file that is no whole checkpoint, or not the one that is needed."""


class Inert(dict):
    """What a file makes of classes and functions that weights do not need; it runs nothing."""

    __hash__ = object.__hash__

    def __init__(self, *_: Any, **__: Any) -> None:
        super().__init__()

    def __setstate__(self, state: Any) -> None:
        pass

    def append(self, item: Any) -> None:
        pass

    def extend(self, items: Any) -> None:
        pass


class Unpickler(pickle.Unpickler):
    """PyTorch finds the storages' types itself."""

    def find_class(self, module: str, name: str) -> Any:
        return super().find_class(module, name) if (module, name) in ALLOWED else Inert


def load(file: Any, **options: Any) -> Any:
    """In place of `pickle.load`: PyTorch takes this module for the module `pickle`."""
    return Unpickler(file, **options).load()


def read_pickle(path: Path) -> Any:
    """The content of a file of `torch.save`, old ones included; CheckpointError for any other,
    and for one that is cut or damaged."""
    with path.open("rb") as file:
        begin = file.read(2)
    # Old files begin with a pickle; they have no checksums.
    if begin != b"\x80\x02":
        _check_archive(path)
    try:
        return torch.load(path, map_location="cpu", weights_only=False,
                          pickle_module=sys.modules[__name__])
    except OSError:
        raise
    except Exception as error:  # what a pickle can fail with has no end
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise CheckpointError(f"{path}: not a checkpoint: {reason}") from error


def _check_archive(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            damaged = archive.testzip()
    except (zipfile.BadZipFile, NotImplementedError) as error:
        raise CheckpointError(f"{path}: not a whole checkpoint: {error}") from error
    if damaged is not None:
        raise CheckpointError(f"{path}: damaged: {damaged} differs from its checksum")
