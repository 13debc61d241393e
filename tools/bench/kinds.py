"""Kinds of processors, each with a section of its own in a page: a run replaces the one of its kind alone."""

import re

MARKER = re.compile(r"<!-- measured on: (.*?) -->\n")


def sections(text: str) -> dict[str, str]:
    """What was measured, by kind, in the order of the page."""
    _, *parts = MARKER.split(text)
    return dict(zip(parts[::2], parts[1::2], strict=True))


def replaced(text: str, kind: str, section: str) -> str:
    """The text with this section for the kind, behind all others if it is new."""
    found = sections(text) | {kind: section.rstrip("\n") + "\n"}
    return "\n".join(f"<!-- measured on: {name} -->\n{part.rstrip()}\n" for name, part in found.items())


def slug(kind: str) -> str:
    """For names of files: "authenticamd-25-17-avx2"."""
    words = re.sub(r"\b(family|model)\b", "", kind.lower())
    return re.sub(r"[^a-z0-9]+", "-", words.replace("avx-512", "avx512")).strip("-")
