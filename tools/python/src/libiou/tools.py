"""The command-line tools iouc and iourun, where they are installed: optimizing, quantizing and measuring models."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from typing import Any

from .errors import IoUError, Status

AnyPath = str | os.PathLike[str]


class ToolError(IoUError):
    """A tool failed, or is not installed: its own line."""


def optimize(model: AnyPath, output: AnyPath, **options: Any) -> str:
    """Runs the compiler's passes over a model: `iouc optimize`.

    Args:
        model: The file to read.
        output: The file to write.
        **options: Options of the tool, with _ for -: `fuse=True`, `explain=True`, `passes="fold-constants"`.

    Returns:
        What the tool prints.
    """
    return _run("iouc", "optimize", model, output, **options)


def quantize(model: AnyPath, output: AnyPath, **options: Any) -> str:
    """Makes a detector compute in 8-bit integers, or with weights of 16 bits: `iouc quantize`, as `optimize` runs it:
    `images="pictures/"`, `to="float16"`, `keep=["node"]`."""
    return _run("iouc", "quantize", model, output, **options)


def evaluate(model: AnyPath, *, images: AnyPath, annotations: AnyPath, **options: Any) -> dict[str, Any]:
    """Measures a detector's average precision: `iourun eval`, as `optimize` runs it.

    Returns:
        What docs/json.md describes.
    """
    printed = _run("iourun", "eval", model, images=images, annotations=annotations, json="-", **options)
    report: dict[str, Any] = json.loads(printed)
    return report


def tool(name: str) -> str:
    """The path of a tool: in the folder that $IOU_TOOLS names, else where the shell finds it."""
    folder = os.environ.get("IOU_TOOLS")
    found = shutil.which(name, path=folder)
    if found is None:
        raise ToolError(Status.IO_ERROR, f"{name}: expected the tool in {'$IOU_TOOLS' if folder else '$PATH'}, found "
                                         "none; `make build` in the repository of libiou makes it")
    return found


def _run(name: str, command: str, *files: AnyPath, **options: Any) -> str:
    # A path that begins with - is no option, and no path is made one.
    paths = [os.path.abspath(one) for one in files]
    done = subprocess.run([tool(name), command, *paths, *_arguments(options)], capture_output=True, text=True,
                          encoding="utf-8", errors="replace", check=False)
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines()
        # Of wrong arguments the first line says what is wrong, and the others how the tool is used.
        line = lines[0 if done.returncode == 64 else -1] if lines else f"{name} {command}: status {done.returncode}"
        raise ToolError(Status.INVALID_ARGUMENT if done.returncode == 64 else Status.BAD_DATA, line)
    return done.stdout


def _arguments(options: Mapping[str, Any]) -> list[str]:
    """Options of a command line; True is a flag, a list repeats its option."""
    arguments: list[str] = []
    for key, value in options.items():
        option = "--" + key.replace("_", "-")
        if value is True:
            arguments.append(option)
        elif value is not None and value is not False:
            for one in value if isinstance(value, (list, tuple)) else [value]:
                arguments += [option, os.fspath(one) if isinstance(one, os.PathLike) else str(one)]
    return arguments
