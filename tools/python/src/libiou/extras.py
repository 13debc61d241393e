"""Packages that only some functions need."""

from __future__ import annotations

import importlib
from typing import Any


def extra(package: str, name: str, where: str) -> Any:
    """The package, which `pip install libiou[name]` brings along."""
    try:
        return importlib.import_module(package)
    except ImportError as error:
        raise ImportError(f"{where}: expected {package}, found none: pip install 'libiou[{name}]'") from error
