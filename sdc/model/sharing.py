"""Who runs a function over parts that know nothing of each other?"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

Runner = Callable[..., Iterable[Any]]
"""A ``map``: the built-in one, ``threaded``, or that of a cluster.

It answers in the order of the items, so that nothing depends on the schedule. Functions and items
may be sent to another machine: they must be picklable, and items small.
"""


def processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def in_turn(submit: Callable[[Any], Any], items: Iterable[Any], *, ahead: int) -> Iterator[Any]:
    """Answers in the order of the items, some of which are asked for before their turn.

    ``submit`` gives a future. No further item is taken before an answer was taken, so that memory
    stays bounded; what nobody waits for any more is cancelled.
    """
    waiting: deque[Any] = deque()
    try:
        for item in items:
            waiting.append(submit(item))
            if len(waiting) > ahead:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        for future in waiting:
            future.cancel()


def threaded(work: Callable[[Any], Any], items: Iterable[Any]) -> Iterator[Any]:
    """A ``map`` on all processors of this process, for work that lets other threads run.

    >>> list(threaded(abs, [-1, 2, -3]))
    [1, 2, 3]
    """
    with ThreadPoolExecutor(processors()) as pool:
        yield from in_turn(lambda item: pool.submit(work, item), items, ahead=processors())
