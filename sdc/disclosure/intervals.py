"""Between which values does an attacker know each hidden cell to lie?"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from sdc.disclosure.bulk import bulk
from sdc.disclosure.extremes import Extremes
from sdc.disclosure.pool import Pool, Wanted
from sdc.disclosure.search import REAL
from sdc.disclosure.space import Space
from sdc.disclosure.window import Window
from sdc.disclosure.witness import FAR
from sdc.disclosure.work import Work
from sdc.model.hierarchy import IntArray
from sdc.model.system import UNBOUNDED, BoolArray, Problem
from sdc.solver.program import TOLERANCE, Status

OPEN = 2**40
"""What stands for "as far as possible" in a search where no bound is known beforehand."""

WINDOW = 2_000
"""Variables among which a whole-number table for one bound is looked for."""


@dataclass(frozen=True, eq=False)
class Intervals:
    """What an attacker knows of some cells (c,): ``lower <= y <= upper`` for sure.

    ``upper`` is ``UNBOUNDED`` where there is no bound. ``lower_tight`` and ``upper_tight`` say that
    a checked table takes the cell exactly there; otherwise the true interval may be narrower.
    """

    cells: IntArray
    lower: IntArray
    upper: IntArray
    lower_tight: BoolArray
    upper_tight: BoolArray

    @property
    def exact(self) -> BoolArray:
        """(c,) cells with one possible value; certain, because the bounds hold for sure."""
        return np.asarray(self.lower == self.upper)

    @property
    def unknown(self) -> BoolArray:
        """(c,) cells whose interval could not be determined to the end."""
        return ~self.exact & ~(self.lower_tight & self.upper_tight)


def intervals(
    problem: Problem,
    hidden: BoolArray,
    cells: IntArray | None = None,
    *,
    whole: bool = True,
    work: Work | None = None,
    seed: int = 0,
) -> Intervals:
    """The feasibility interval of each cell (default: all hidden ones that tables print).

    ``whole``: for attackers who know that numbers are whole; otherwise real-valued bounds, rounded
    outward. Bulk programs give tables that reach many bounds at once; what is left takes one linear
    program a side, and a mixed-integer one where its answer is not whole.

    >>> import scipy.sparse as sp
    >>> from sdc.model.system import Level, System
    >>> s = System.plain(np.array([7, 3, 4]), sp.csr_matrix(np.array([[-1, 1, 1]])))
    >>> none = np.zeros(0, dtype=np.int64)
    >>> p = Problem(s, Level.INTERVAL, none, none, none, none, np.zeros(3, np.int64),
    ...             np.full(3, 2**53), np.ones(3, bool), np.ones(3))
    >>> found = intervals(p, np.array([False, True, True]))
    >>> found.lower.tolist(), found.upper.tolist(), found.unknown.any()
    ([0, 0], [7, 7], np.False_)
    """
    work = work or Work()
    asked = np.flatnonzero(hidden & problem.system.shown) if cells is None else cells
    space = Space.of_problem(replace(problem, whole=whole), hidden)
    variables = np.unique(space.of[asked])
    variables = variables[variables >= 0]
    bounds = _Bounds(space, variables, whole=whole, work=work, seed=seed)
    at, rising = space.of[asked], space.sign[asked] > 0
    value, still = problem.system.value[asked], at < 0
    low, high = np.append(bounds.down, 0)[at], np.append(bounds.up, 0)[at]
    low_tight, high_tight = (
        np.append(bounds.tight[1], True)[at],
        np.append(bounds.tight[0], True)[at],
    )
    lower = value - np.where(rising, low, high)
    upper = np.where(np.where(rising, high, low) >= FAR, UNBOUNDED,
                     value + np.where(rising, high, low))  # fmt: skip
    lower = np.where(still, value, np.maximum(lower, problem.floor[asked]))
    upper = np.where(still, value, np.minimum(upper, problem.ceiling[asked]))
    return Intervals(
        asked, lower, upper,
        np.where(rising, low_tight, high_tight), np.where(rising, high_tight, low_tight),
    )  # fmt: skip


class _Bounds:
    """How far each variable can move: distances ``up`` and ``down`` (v,), and whether reached."""

    def __init__(
        self, space: Space, variables: IntArray, *, whole: bool, work: Work, seed: int
    ) -> None:
        self.space, self.whole, self._work = space, whole, work
        self.up, self.down = space.high.copy(), -space.low
        asked = np.zeros(space.size, dtype=bool)
        asked[variables] = True
        some = np.zeros(space.size, dtype=bool)
        wanted = Wanted(
            np.where(asked, np.minimum(self.up, OPEN), 0),
            np.where(asked, np.minimum(self.down, OPEN), 0),
            some,
        )
        self.pool = Pool(space, wanted, 1 if whole else REAL)
        self._extremes = Extremes(self.pool, work)
        self._windows: dict[int, Window] = {}
        bulk(self.pool, work, seed=seed)
        for variable in variables.tolist():
            for direction in (1, -1):
                self._settle(variable, direction)

    @property
    def tight(self) -> tuple[BoolArray, BoolArray]:
        """(v,) whether a checked table goes all the way up, and down; an open end is tight."""
        # Real-valued bounds are rounded outward by less than one.
        scale, slack = self.pool.scale, 0 if self.whole else self.pool.scale - 1
        up = (self.pool.best_up >= scale * self.up - slack) | (self.up >= FAR)
        down = (self.pool.best_down >= scale * self.down - slack) | (self.down >= FAR)
        return np.asarray(up), np.asarray(down)

    def _settle(self, variable: int, direction: int) -> None:
        """Find how far one variable goes in one direction."""
        room = self.up if direction > 0 else self.down
        best = self.pool.best_up if direction > 0 else self.pool.best_down
        if best[variable] >= self.pool.scale * room[variable]:
            return
        status, most = self._extremes.limit(variable, direction)
        if status is not Status.OPTIMAL:
            return
        reached = -(-int(best[variable]) // self.pool.scale)
        if not self.whole:
            room[variable] = max(reached, min(int(room[variable]), math.ceil(most - TOLERANCE)))
            return
        room[variable] = max(reached, min(int(room[variable]), math.floor(most + TOLERANCE)))
        if best[variable] >= room[variable]:
            return
        status, steps, window = self._reach(variable, direction, int(room[variable]))
        if status is Status.OPTIMAL:
            self.pool.offer(window.variables, steps)
        if best[variable] >= room[variable]:
            return
        _, most = self._extremes.limit(variable, direction, whole=True)
        most = min(most, float(OPEN))
        room[variable] = max(
            int(best[variable]), min(int(room[variable]), math.floor(most + TOLERANCE))
        )

    def _reach(
        self, variable: int, direction: int, distance: int
    ) -> tuple[Status, IntArray, Window]:
        """A whole-number move near the variable that goes a given distance."""
        if variable not in self._windows:
            near = self.space.window(np.array([variable]), WINDOW)
            self._windows = {variable: Window(self.space, near)}
        window = self._windows[variable]
        position = int(np.searchsorted(window.variables, variable))
        target = (position, direction, float(distance))
        return *window.serve(target, self._work), window
