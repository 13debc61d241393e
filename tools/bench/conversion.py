"""Files that are made of other files, and kept while those stay the same."""

import hashlib
import importlib.metadata
import pathlib
from collections.abc import Callable


class ConversionFailed(Exception):
    """A tool cannot make the file; the text says why, in one line."""


def converted(source: pathlib.Path, to: pathlib.Path, package: str, make: Callable[[], None]) -> pathlib.Path | str:
    """`to`, which `make` writes with a package's tool unless it is there from the same source and version; or why there
    is none."""
    try:
        origin = f"{package} {importlib.metadata.version(package)} {_digest(source)}"
    except importlib.metadata.PackageNotFoundError:
        return f"{package} is not installed"
    stamp = to.with_name(f"{to.name}.stamp")
    if to.exists() and stamp.exists() and stamp.read_text() == origin:
        return to
    stamp.unlink(missing_ok=True)
    try:
        make()
    except ConversionFailed as failure:
        return str(failure)
    stamp.write_text(origin)
    return to


def _digest(path: pathlib.Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
