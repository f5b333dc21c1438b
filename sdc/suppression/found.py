"""What does every suppression engine return, and how long may it work?"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import scipy.sparse as sp

from sdc.errors import InputError
from sdc.messages import Text
from sdc.model.system import BoolArray, Problem
from sdc.suppression.demands import Demands

__all__ = ["Budget", "Found", "Method"]


@dataclass(frozen=True, eq=False)
class Found:
    """The answer of one engine: a pattern, what is known of the optimum, and how it came about.

    ``hidden`` (n,) covers every unknown of the system and contains the primary cells. ``bound`` is
    a proven lower bound on the cost of the complementary cells of any pattern with the same promise
    (0 where the engine proves none). ``moves`` (w, n) are whole-number differences to the true
    values that the engine offers as witnesses. ``log`` holds one English line an event, without any
    hidden number. ``reproducible`` is False where the wall clock ended a search. ``demands`` are those of
    the problem with the guards that have mattered so far, where the engine knows.

    >>> import numpy as np
    >>> Found(np.array([True, False])).bound
    0.0
    """

    hidden: BoolArray
    bound: float = 0.0
    log: tuple[str, ...] = ()
    moves: sp.csr_matrix | None = None
    reproducible: bool = True
    demands: Demands | None = None

    def __post_init__(self) -> None:
        self.hidden.setflags(write=False)

    def cost_in(self, problem: Problem) -> float:
        """Loss of the complementary cells under the costs of a problem."""
        extra = self.hidden.copy()
        extra[problem.primary] = False
        return float(problem.cost[extra].sum())


@dataclass(frozen=True)
class Budget:
    """How much an engine may do beyond its first safe answer.

    ``work`` scales the engine's own default effort, which is counted in its own units (iterations,
    nodes, pivots) and therefore gives the same answer on every machine: 0 asks for the first safe
    answer alone, 1 is the default, 10 searches ten times as long. ``deadline`` is a reading of
    ``time.monotonic()`` at which the search is abandoned (an emergency stop; the answer in hand is
    returned with ``reproducible=False``).

    Raises InputError for work that is negative or not finite.

    >>> Budget().steps(500), Budget(work=0.1).steps(500), Budget().expired
    (500, 50, False)
    """

    work: float = 1.0
    deadline: float = math.inf

    def __post_init__(self) -> None:
        if not (math.isfinite(self.work) and self.work >= 0):
            raise InputError(Text("budget must be a finite number >= 0"))

    @classmethod
    def of(cls, work: float | None = None, time_limit: float | None = None) -> Budget:
        """A budget that starts now; ``time_limit`` in seconds. InputError for one below 0."""
        if time_limit is not None and not time_limit >= 0:
            raise InputError(Text("time_limit must be a number of seconds >= 0"))
        deadline = math.inf if time_limit is None else time.monotonic() + time_limit
        return cls(1.0 if work is None else float(work), deadline)

    def __reduce__(self) -> tuple[Any, ...]:
        """What travels to another machine is the time that is left: its clock reads differently."""
        left = None if math.isinf(self.deadline) else max(self.remaining, 0.0)
        return Budget.of, (self.work, left)

    def steps(self, base: float) -> int:
        """The engine's default number of steps, scaled."""
        return int(self.work * base)

    @property
    def remaining(self) -> float:
        """Seconds until the emergency stop; infinite without one."""
        return self.deadline - time.monotonic()

    @property
    def expired(self) -> bool:
        """Whether the emergency stop has been reached."""
        return self.remaining <= 0


Method = Callable[..., Found]
"""``method(problem, *, budget, seed, previous) -> Found``; ``previous`` (n,) bool or None."""
