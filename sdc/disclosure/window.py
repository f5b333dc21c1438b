"""Is there a whole-number move, near a cell, that takes it as far as it must be able to go?

A window is a set of variables that may move while all others stand still: what is possible in it is
possible; what is impossible in a window that holds a whole component is impossible.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import scipy.sparse as sp

from sdc.disclosure.space import Space
from sdc.disclosure.witness import FAR
from sdc.disclosure.work import Work
from sdc.model.hierarchy import IntArray
from sdc.model.system import FloatArray
from sdc.solver.highs import Model
from sdc.solver.program import TOLERANCE, Solution, Status

OPTIONS = {
    "presolve": "off",
    "solver": "simplex",
    "simplex_strategy": 1,
    "simplex_scale_strategy": 0,
}
MIXED = {"mip_max_improving_sols": 1, "mip_rel_gap": 1e9}
DIVES = 4
BENT = 2
"""Tries with bent prices before a mixed-integer program is set up."""


class Window:
    """The smallest moves (in total distance) within some variables of a space, one after another.

    Prices stay, only bounds change: every solve starts from the last basis and takes few pivots.
    """

    def __init__(self, space: Space, variables: IntArray, *, scale: int = 1, seed: int = 0) -> None:
        self.variables, self.scale = variables, scale
        self._rng = np.random.default_rng(seed)
        matrix = sp.csr_matrix(space.columns[:, variables])
        self._matrix = matrix[np.diff(matrix.indptr) > 0]
        self._size = k = len(variables)
        high, low = space.high[variables], space.low[variables]
        room = np.concatenate([high, -low]).astype(np.float64)
        room[room >= FAR] = np.inf
        self._room, self._price = room, np.ones(2 * k)
        self._both = sp.hstack([self._matrix, -self._matrix]).tocsc()
        self._model = Model(self._both, row_lower=0, row_upper=0, cost=self._price,
                            lower=0.0, upper=room, options=OPTIONS)  # fmt: skip

    def serve(
        self, target: tuple[int, int, float], work: Work, *, nodes: int = 0
    ) -> tuple[Status, IntArray]:
        """A move with ``direction * step >= distance`` at a position of the window.

        ``target`` is (position, direction, distance). OPTIMAL comes with the steps (k,) in units of
        1 / scale; INFEASIBLE says that no real-valued move within the window does it, or with
        ``nodes`` > 0 no whole-number one; LIMIT that none was found.
        """
        position, direction, distance = target
        near = position + (0 if direction > 0 else self._size)
        away = position + (self._size if direction > 0 else 0)
        none = np.zeros(0, dtype=np.int64)
        if distance > self._room[near]:
            return Status.INFEASIBLE, none
        ends = np.array([near, away])
        forced = (np.array([float(distance), 0.0]), np.array([self._room[near], 0.0]))
        self._model.set_bounds(ends, *forced)
        try:
            status, steps = self._search(position, work)
        finally:
            self._model.set_bounds(ends, np.zeros(2), self._room[ends])
        if status is Status.LIMIT and nodes and work.spend():
            lower, upper = np.zeros(2 * self._size), self._room.copy()
            lower[ends], upper[ends] = forced
            return self._mixed(lower, upper, nodes)
        return status, steps

    @contextmanager
    def guarded(self, limits: Sequence[tuple[int, int, float]]) -> Iterator[None]:
        """For the time being, let some positions move no further than ``most`` in a direction.

        ``limits`` holds (position, direction, most).
        """
        places = [p + (0 if d > 0 else self._size) for p, d, _ in limits]
        columns = np.array(places, dtype=np.int64)
        before = self._room.copy()
        for place, (_, _, most) in zip(places, limits, strict=True):
            self._room[place] = min(self._room[place], most)
        self._model.set_bounds(columns, np.zeros(len(columns)), self._room[columns])
        try:
            yield
        finally:
            self._room = before
            self._model.set_bounds(columns, np.zeros(len(columns)), before[columns])

    def _search(self, position: int, work: Work) -> tuple[Status, IntArray]:
        """LP, dives that hold fractional variables still, and bent prices."""
        none = np.zeros(0, dtype=np.int64)
        every = np.arange(2 * self._size)
        for attempt in range(1 + BENT):
            if attempt:
                bent = self._price * np.exp(self._rng.normal(0.0, 0.5, size=2 * self._size))
                self._model.set_cost(every, bent)
            status, steps = self._dive(position, work)
            if attempt:
                self._model.set_cost(every, self._price)
            if status is not Status.LIMIT:
                return status, steps
        return Status.LIMIT, none

    def _dive(self, position: int, work: Work) -> tuple[Status, IntArray]:
        none = np.zeros(0, dtype=np.int64)
        held: list[IntArray] = []
        status = Status.LIMIT
        for attempt in range(1 + DIVES):
            if not work.spend():
                break
            solution = self._model.solve()
            if solution.status is not Status.OPTIMAL or solution.x is None:
                # Only the first answer speaks of the window; later ones of what was held still.
                status = solution.status if not attempt else Status.LIMIT
                break
            steps, broken = self._whole(solution)
            if not broken.any():
                self._release(held)
                return Status.OPTIMAL, steps
            broken[position] = False
            still = np.flatnonzero(broken)
            still = np.concatenate([still, still + self._size])
            held.append(still)
            self._model.set_bounds(still, np.zeros(len(still)), np.zeros(len(still)))
        self._release(held)
        return (Status.INFEASIBLE if status is Status.INFEASIBLE else Status.LIMIT), none

    def _release(self, held: list[IntArray]) -> None:
        for still in held:
            self._model.set_bounds(still, np.zeros(len(still)), self._room[still])

    def _whole(self, solution: Solution) -> tuple[IntArray, IntArray]:
        """Steps rounded to units of 1 / scale, and which of them were not whole."""
        assert solution.x is not None
        x: FloatArray = self.scale * (solution.x[: self._size] - solution.x[self._size :])
        steps = np.rint(x)
        return steps.astype(np.int64), np.asarray(np.abs(x - steps) > self.scale * TOLERANCE)

    def _mixed(self, lower: FloatArray, upper: FloatArray, nodes: int) -> tuple[Status, IntArray]:
        model = Model(self._both, row_lower=0, row_upper=0, cost=self._price, lower=lower,
                      upper=upper, integer=np.ones(2 * self._size, dtype=bool),
                      options={**MIXED, "mip_max_nodes": nodes})  # fmt: skip
        solution = model.solve()
        if solution.x is not None and solution.status in (Status.OPTIMAL, Status.LIMIT):
            steps, broken = self._whole(solution)
            if not broken.any():
                return Status.OPTIMAL, steps
        infeasible = solution.status is Status.INFEASIBLE
        return (Status.INFEASIBLE if infeasible else Status.LIMIT), np.zeros(0, dtype=np.int64)
