"""Work prefetched by threads, in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

S = TypeVar("S")
T = TypeVar("T")


def prefetch(make: Callable[[S], T], items: Iterable[S], workers: int) -> Iterator[T]:
    """`map(make, items)`, computed up to two items per worker ahead; 0 workers: when asked."""
    if workers == 0:
        yield from map(make, items)
        return
    rest = iter(items)
    pool = ThreadPoolExecutor(workers)
    try:
        waiting: deque[Future[T]] = deque(pool.submit(make, item)
                                          for item in islice(rest, 2 * workers))
        while waiting:
            result = waiting.popleft().result()
            waiting.extend(pool.submit(make, item) for item in islice(rest, 1))
            yield result
    finally:
        pool.shutdown(cancel_futures=True)
