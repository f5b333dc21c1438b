"""Who runs a function over parts that know nothing of each other?"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

Runner = Callable[..., Iterable[Any]]
"""A ``map``: the built-in one, ``threaded``, or that of a cluster.

It answers in the order of the items, so that nothing depends on the schedule. Functions and items
may be sent to another machine: they must be picklable, and items small.
"""


def processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def threaded(work: Callable[[Any], Any], items: Iterable[Any]) -> Iterator[Any]:
    """A ``map`` on all processors of this process, for work that lets other threads run.

    It takes no further item before an answer was taken, so that memory stays bounded.

    >>> list(threaded(abs, [-1, 2, -3]))
    [1, 2, 3]
    """
    ahead: deque[Future[Any]] = deque()
    with ThreadPoolExecutor(processors()) as pool:
        for item in items:
            ahead.append(pool.submit(work, item))
            if len(ahead) > processors():
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()
