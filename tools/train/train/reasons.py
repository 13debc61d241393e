"""Why something failed, in words for a line that already names the place."""

from __future__ import annotations


def reason(error: Exception) -> str:
    """What an error says; of the system's, the words without Python's number and the file's name."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror[:1].lower() + error.strerror[1:]
    return str(error)


def line(error: Exception) -> str:
    """The same for an error that nobody has put a place to: the file's name, where it has one."""
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {reason(error)}"
    return reason(error)
