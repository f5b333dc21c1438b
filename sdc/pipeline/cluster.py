"""Who counts the pieces: the threads of this process, or the workers of a Dask cluster?

There is no engine of our own: every step that can be shared out takes a ``map``, and a cluster has
one. It gives the answers in the order of the questions, so that the result is the same byte by byte.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Any

from sdc.errors import InputError
from sdc.pipeline.counting import Runner

RETRIES = 3
"""How often a piece is tried again after its worker was lost or ran out of memory."""

PATIENCE = 20
"""Seconds in which a scheduler must answer."""


def processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def bounded(pool: ThreadPoolExecutor, work: Callable[[Any], Any], cut: Iterable[Any]) -> Any:
    """A ``map`` that runs ahead of its reader by one answer a thread.

    >>> with ThreadPoolExecutor(2) as pool:
    ...     list(bounded(pool, abs, [-1, 2, -3]))
    [1, 2, 3]
    """
    ahead: deque[Future[Any]] = deque()
    for piece in cut:
        ahead.append(pool.submit(work, piece))
        if len(ahead) > processors():
            yield ahead.popleft().result()
    while ahead:
        yield ahead.popleft().result()


@contextmanager
def workers(scheduler: str | None) -> Iterator[Runner]:
    """The ``map`` of the cluster at an address such as ``tcp://10.0.0.5:8786``; None: of threads.

    Workers need this package and the same paths to the files. Threads take as many pieces as there
    are processors and begin no other before an answer was taken, so that memory stays bounded.

    Raises InputError where the extra ``cluster`` is not installed or nobody answers.

    >>> with workers(None) as run:
    ...     list(run(abs, [-1, 2]))
    [1, 2]
    """
    if scheduler is None:
        with ThreadPoolExecutor(processors()) as pool:
            yield partial(bounded, pool)
        return
    try:
        from distributed import Client
    except ImportError:
        raise InputError(
            "クラスターには追加機能 sdc-smallarea[cluster] が必要です",
            "a cluster needs the extra sdc-smallarea[cluster]",
            code="cluster-extra",
        ) from None
    try:
        client: Any = Client(scheduler, timeout=PATIENCE, set_as_default=False)  # type: ignore[no-untyped-call]
    except (OSError, ValueError):
        raise InputError(
            f"スケジューラーに接続できません: {scheduler}",
            f"no scheduler answers at {scheduler}",
            code="scheduler",
        ) from None
    with client:
        yield client.get_executor(pure=False, retries=RETRIES).map
