"""TOML to a tree of frozen dataclasses and back, with every mistake named by file and key.

A field's metadata may hold `choices` (the values allowed), `least` or `above` (a bound) and `help`.
Types are bool, int, float, str, tuples of one of these, and dataclasses for tables.
"""

from __future__ import annotations

import dataclasses
import difflib
import json
import math
import tomllib
import typing
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

import tomli_w

from .reasons import reason

T = TypeVar("T")
WORDS = {bool: "true or false", int: "a whole number", float: "a number", str: "a text in quotes"}


class ConfigError(ValueError):
    """A configuration that cannot be used; one line for each mistake."""


def option(default: Any, help: str, **limits: Any) -> Any:
    """A field with a default, an explanation and, if there are any, limits."""
    return dataclasses.field(default=default, metadata={"help": help, **limits})


def table(kind: type, help: str = "") -> Any:
    """A field that is a table of its own."""
    return dataclasses.field(default_factory=kind, metadata={"help": help})


def load(kind: type[T], path: Path | None, overrides: Sequence[str] = ()) -> T:
    """The configuration of a file, with `section.key=value` overrides; ConfigError otherwise."""
    content: dict[str, Any] = {}
    if path is not None:
        try:
            content = tomllib.loads(path.read_text())
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
            raise ConfigError(f"{path}: {reason(error)}") from error
    mistakes: list[str] = []
    result = _table(kind, content, str(path or "configuration"), "", mistakes)
    if mistakes:
        raise ConfigError("\n".join(mistakes))
    for text in overrides:
        key, equals, value = text.partition("=")
        if not equals:
            raise ConfigError(f"--set {text}: expected section.key=value")
        result = with_values(result, {key.strip(): _read(value)}, f"--set {text}")
    return result


def with_values(config: T, values: dict[str, Any], source: str) -> T:
    """The configuration with other values for keys such as `section.key`."""
    mistakes: list[str] = []
    for key, value in values.items():
        config = _replaced(config, key.split("."), value, source, "", mistakes)
    if mistakes:
        raise ConfigError("\n".join(mistakes))
    return config


def build(kind: type[T], content: dict[str, Any], source: str) -> T:
    """The configuration in a tree of plain values, such as a checkpoint's."""
    mistakes: list[str] = []
    result = _table(kind, content, source, "", mistakes)
    if mistakes:
        raise ConfigError("\n".join(mistakes))
    return result


def dump(config: Any) -> str:
    """The whole configuration as TOML."""
    return tomli_w.dumps(plain(config))


def describe(kind: type, prefix: str = "") -> list[str]:
    """A line for every key: its default, explanation and limits."""
    types = typing.get_type_hints(kind)
    lines = []
    for field in dataclasses.fields(kind):
        if dataclasses.is_dataclass(types[field.name]):
            lines += describe(types[field.name], f"{prefix}{field.name}.")
            continue
        value = list(field.default) if isinstance(field.default, tuple) else field.default
        limits = [f"{word} {field.metadata[key]}" for key, word in
                  (("least", "at least"), ("above", "above"), ("most", "at most"))
                  if key in field.metadata]
        limits += [", ".join(field.metadata["choices"])] if "choices" in field.metadata else []
        # JSON writes these values as TOML does, and lists on one line.
        text = json.dumps(value, ensure_ascii=False)
        lines.append(f"{prefix}{field.name} = {text}  # {field.metadata['help']}"
                     + (f" ({'; '.join(limits)})" if limits else ""))
    return lines


def plain(config: Any) -> dict[str, Any]:
    """The tree as plain dictionaries, lists and values."""
    tree: dict[str, Any] = {}
    for field in dataclasses.fields(config):
        value = getattr(config, field.name)
        if dataclasses.is_dataclass(value):
            tree[field.name] = plain(value)
        else:
            tree[field.name] = list(value) if isinstance(value, tuple) else value
    return tree


def differences(before: Any, after: Any, prefix: str = "") -> list[str]:
    """`key: old → new` for every value that differs between two trees of plain values."""
    lines = []
    for key in {**before, **after}:
        old, new = before.get(key), after.get(key)
        if isinstance(old, dict) and isinstance(new, dict):
            lines += differences(old, new, f"{prefix}{key}.")
        elif old != new:
            lines.append(f"{prefix}{key}: {old!r} → {new!r}")
    return lines


def _read(text: str) -> Any:
    """A value of TOML; what is none is text without its quotes."""
    try:
        return tomllib.loads(f"x = {text}")["x"]
    except (tomllib.TOMLDecodeError, RecursionError):
        return text.strip()


def _replaced(config: T, names: list[str], content: Any, source: str, prefix: str,
              mistakes: list[str]) -> T:
    types = typing.get_type_hints(type(config))
    name = names[0]
    if name not in types:
        mistakes.append(_unknown(source, prefix, name, types))
        return config
    if len(names) > 1 and dataclasses.is_dataclass(types[name]):
        value = _replaced(getattr(config, name), names[1:], content, source,
                          f"{prefix}{name}.", mistakes)
    elif len(names) > 1:
        mistakes.append(f"{source}: {prefix}{name} is a value, not a table")
        return config
    else:
        field = next(f for f in dataclasses.fields(config) if f.name == name)
        value = _value(types[name], content, field.metadata, source, prefix + name, mistakes)
    return config if mistakes else dataclasses.replace(config, **{name: value})


def _unknown(source: str, prefix: str, name: str, known: Any) -> str:
    close = difflib.get_close_matches(name, list(known), n=1)
    hint = f"did you mean {close[0]}?" if close else f"known are {', '.join(known)}"
    return f"{source}: unknown key {prefix}{name}; {hint}"


def _table(kind: type[T], content: dict[str, Any], source: str, prefix: str,
           mistakes: list[str]) -> T:
    types = typing.get_type_hints(kind)
    limits = {f.name: f.metadata for f in dataclasses.fields(kind)}
    values = {}
    for name, value in content.items():
        if name in types:
            values[name] = _value(types[name], value, limits[name], source, prefix + name,
                                  mistakes)
        else:
            mistakes.append(_unknown(source, prefix, name, types))
    return kind() if mistakes else kind(**values)


def _value(kind: Any, value: Any, limits: Any, source: str, key: str,
           mistakes: list[str]) -> Any:
    """The value in the field's own type; a mistake is added where it has another."""
    if dataclasses.is_dataclass(kind):
        if isinstance(value, dict):
            return _table(kind, value, source, key + ".", mistakes)
        mistakes.append(f"{source}: {key} is a table, not a value")
        return None
    if typing.get_origin(kind) is tuple:
        inner = typing.get_args(kind)[0]
        if not isinstance(value, (list, tuple)):
            mistakes.append(f"{source}: {key}: expected a list, not {value!r}")
            return None
        return tuple(_value(inner, item, limits, source, key, mistakes) for item in value)
    if kind is float and type(value) is int:
        value = float(value)
    if type(value) is not kind:
        mistakes.append(f"{source}: {key}: expected {WORDS[kind]}, not {value!r}")
    elif kind is float and not math.isfinite(value):
        mistakes.append(f"{source}: {key}: {value} is not finite")
    elif "choices" in limits and value not in limits["choices"]:
        mistakes.append(f"{source}: {key}: {value!r} is none of "
                        + ", ".join(map(repr, limits["choices"])))
    elif "least" in limits and value < limits["least"]:
        mistakes.append(f"{source}: {key}: {value} is below {limits['least']}")
    elif "above" in limits and value <= limits["above"]:
        mistakes.append(f"{source}: {key}: {value} is not above {limits['above']}")
    elif "most" in limits and value > limits["most"]:
        mistakes.append(f"{source}: {key}: {value} is above {limits['most']}")
    return value
