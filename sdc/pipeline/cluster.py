"""Who works on the parts of a run: the threads of this process, or the workers of a Dask cluster?

There is no engine of our own: every step that can be shared out takes a ``map``, and that of a cluster
submits part by part. It gives the answers in the order of the questions, so that the result is the same
byte by byte.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sized
from contextlib import contextmanager
from functools import partial
from typing import Any

from sdc.errors import InputError
from sdc.messages import NOTHING, Text
from sdc.model.sharing import Runner, in_turn, threaded

RETRIES = 3
"""How often a part is tried again after its worker was lost or ran out of memory."""

AHEAD = 4
"""Parts that are out at a time for each thread of the cluster; the others have not been made yet."""

PATIENCE = 20
"""Seconds in which a scheduler must answer."""

PAUSE = 10.0
"""Seconds after which a stage says again how far it has come; most stages end before."""


class Progress:
    """Says which stage is under way, and of a long one how many of its parts are done.

    >>> progress = Progress(lambda text: print(text.to("en")), pause=0)
    >>> progress.stage(Text("suppressing"))
    suppressing
    >>> list(progress.over(map)(abs, [-1, 2]))
    suppressing 1/2
    suppressing 2/2
    [1, 2]
    """

    def __init__(
        self, tell: Callable[[Text], None], *, now: Text = NOTHING, pause: float = PAUSE
    ) -> None:
        self._tell = tell
        self._now = now
        self._pause = pause
        self._last = time.monotonic()

    def stage(self, text: Text) -> None:
        """Another stage begins."""
        self._now = text
        self._say(text)

    def _say(self, text: Text) -> None:
        self._last = time.monotonic()
        self._tell(text)

    def over(self, run: Runner) -> Runner:
        """The same ``map``, which tells what part of the answers has come."""

        def told(work: Callable[[Any], Any], items: Iterable[Any]) -> Iterator[Any]:
            every = len(items) if isinstance(items, Sized) else 0
            for done, answer in enumerate(run(work, items), 1):
                if every > 1 and time.monotonic() - self._last >= self._pause:
                    self._say(
                        Text("{stage} {done}/{every}", stage=self._now, done=done, every=every)
                    )
                yield answer

        return told


@contextmanager
def workers(scheduler: str | None) -> Iterator[Runner]:
    """The ``map`` of the cluster at an address such as ``tcp://10.0.0.5:8786``; None: of threads.

    Workers need this package and, where files are read, the same paths to them.

    Raises InputError where the extra ``cluster`` is not installed or nobody answers.

    >>> with workers(None) as run:
    ...     list(run(abs, [-1, 2]))
    [1, 2]
    """
    if scheduler is None:
        yield threaded
        return
    try:
        from distributed import Client
    except ImportError:
        raise InputError(
            Text("a cluster needs the extra sdc-smallarea[cluster]"),
            code="cluster-extra",
        ) from None
    try:
        client: Any = Client(scheduler, timeout=PATIENCE, set_as_default=False)  # type: ignore[no-untyped-call]
    except (OSError, ValueError):
        raise InputError(
            Text("no scheduler answers at {scheduler}", scheduler=scheduler),
            code="scheduler",
        ) from None
    with client:
        yield partial(_shared, client)


def _shared(client: Any, work: Callable[[Any], Any], items: Iterable[Any]) -> Iterator[Any]:
    """A ``map`` on a cluster: the items travel, one by one, but never what they are cut from."""
    ahead = AHEAD * max(sum(client.nthreads().values()), 1)
    submit = partial(client.submit, work, pure=False, retries=RETRIES)
    return in_turn(submit, items, ahead=ahead)
