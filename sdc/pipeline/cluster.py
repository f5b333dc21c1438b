"""Who counts the pieces: this process, or the workers of a Dask cluster?

There is no engine of our own: every step that can be shared out takes a ``map``, and a cluster has
one. It gives the answers in the order of the questions, so that the result is the same byte by byte.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sdc.errors import InputError
from sdc.pipeline.counting import Runner

RETRIES = 3
"""How often a piece is tried again after its worker was lost or ran out of memory."""

PATIENCE = 20
"""Seconds in which a scheduler must answer."""


@contextmanager
def workers(scheduler: str | None) -> Iterator[Runner]:
    """The ``map`` of the cluster at an address such as ``tcp://10.0.0.5:8786``; None: the built-in.

    Workers need this package and the same paths to the files.

    Raises InputError where the extra ``cluster`` is not installed or nobody answers.

    >>> with workers(None) as run:
    ...     list(run(abs, [-1, 2]))
    [1, 2]
    """
    if scheduler is None:
        yield map
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
