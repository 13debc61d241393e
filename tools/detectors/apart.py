"""Work in a process of its own: packages change what they are imported into, and a crash is a result."""

import concurrent.futures
import multiprocessing
from collections.abc import Callable


def apart(work: Callable, *arguments):
    """What `work` returns, or what went wrong."""
    context = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(1, context) as pool:
        try:
            return pool.submit(_caught, work, *arguments).result()
        except concurrent.futures.process.BrokenProcessPool:
            return "crashed"


def _caught(work: Callable, *arguments):
    """In the process itself: some packages' exceptions cannot be sent to another one."""
    try:
        return work(*arguments)
    except Exception as error:
        return " ".join(f"{type(error).__name__}: {error}".split())[:300]
