"""Handles that serve one thread at a time."""

from __future__ import annotations

import os
import threading
import weakref


class Turns:
    """Lets one thread at a time use a handle; others wait for it, with other threads of Python running.

    A child process begins with nobody waiting: the thread that had the handle in its parent is not there. The library
    itself refuses a handle that was in a run when the process forked."""

    _all: weakref.WeakSet[Turns] = weakref.WeakSet()

    def __init__(self) -> None:
        self._lock = threading.Lock()
        Turns._all.add(self)

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()

    @staticmethod
    def begin_anew() -> None:
        """In a child process."""
        for turns in Turns._all:
            turns._lock = threading.Lock()


os.register_at_fork(after_in_child=Turns.begin_anew)
