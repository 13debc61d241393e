"""Files of this machine and of what pyarrow reaches by URIs: s3://, gs://, hdfs://, file://."""

from __future__ import annotations

import glob
import os
import urllib.parse
from typing import TYPE_CHECKING

from .errors import IoUError, Status
from .extras import extra

if TYPE_CHECKING:
    import pyarrow.fs

#: What names of picture files end in.
ENDINGS = (".jpg", ".jpeg", ".png", ".webp", ".bmp")


def is_uri(name: object) -> bool:
    return isinstance(name, str) and "://" in name


def place(name: str) -> tuple[pyarrow.fs.FileSystem, str]:
    """The file system that an absolute path or a URI is in, and its path there."""
    fs = extra("pyarrow.fs", "ray", "libiou.ray")
    found: tuple[pyarrow.fs.FileSystem, str] = fs.FileSystem.from_uri(name)
    return found


def contents(uri: str) -> bytes:
    """The bytes of a file."""
    system, path = place(uri)
    with system.open_input_stream(path) as stream:
        data: bytes = stream.read()
        return data


def picture_files(name: str) -> list[str]:
    """Picture files of a folder, with those of its folders; or the files of a glob."""
    if is_uri(name):
        found = _beneath(name, ENDINGS)
    elif os.path.isdir(name):
        found = _beneath(os.path.abspath(name), ENDINGS)
    else:
        found = [os.path.abspath(one) for one in glob.glob(name, recursive=True) if os.path.isfile(one)]
    return _some(found, name)


def parquet_files(name: str) -> list[str]:
    """A Parquet file, or those of a folder."""
    return _some(_beneath(name if is_uri(name) else os.path.abspath(name), (".parquet",)), name)


def _beneath(name: str, endings: tuple[str, ...]) -> list[str]:
    """A file, or those of a folder and its folders that end so; as paths or URIs, as the name is one."""
    import pyarrow.fs as fs

    system, path = place(name)
    path = path.rstrip("/")
    if system.get_file_info(path).is_file:
        return [name]
    listed = system.get_file_info(fs.FileSelector(path, recursive=True, allow_not_found=True))
    # Names that begin with _ or . are others' work in progress.
    found = [one.path for one in listed
             if one.is_file and one.path.lower().endswith(endings) and one.base_name[0] not in "_."]
    if not is_uri(name):
        return found
    base, mark, query = name.partition("?")
    server = urllib.parse.unquote(base).rstrip("/").removesuffix(path)
    return [server + urllib.parse.quote(one) + mark + query for one in found]


def _some(found: list[str], name: str) -> list[str]:
    if not found:
        raise IoUError(Status.IO_ERROR, f"pictures: expected files in '{name}', found none")
    return sorted(found)
