"""How far can an attacker's tables take one column, and which relations hold it back?"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp

from sdc.model.hierarchy import IntArray
from sdc.model.system import FloatArray
from sdc.solver.highs import Model
from sdc.solver.program import TOLERANCE, Solution, Status
from sdc.suppression.presolve import Reduced
from sdc.suppression.tableau import eliminate

__all__ = ["Attacker", "Reach"]

SIMPLEX: dict[str, Any] = {"presolve": "off", "solver": "simplex", "simplex_strategy": 4}
"""Primal simplex: from one question to the next only the objective changes."""


@dataclass(frozen=True, eq=False)
class Reach:
    """The furthest move of one column: how far, the move itself (c,), and the row multipliers."""

    distance: float
    move: FloatArray
    multipliers: FloatArray


class Attacker:
    """Moves ``z`` with ``matrix @ z == 0`` between bounds that are changed from pattern to pattern.

    The real-valued attacker is one linear program, warm-started from question to question; the
    whole-number attacker a mixed-integer program with the same rows. Dependent rows are dropped.
    ``effort`` counts what the real-valued one has cost so far: iterations times rows and columns.
    """

    def __init__(self, reduced: Reduced) -> None:
        used = eliminate(reduced.matrix).basic >= 0
        self.matrix = sp.csr_matrix(reduced.matrix[np.flatnonzero(used)])
        self.transposed = sp.csr_matrix(self.matrix.T)
        self.columns = reduced.columns
        self.effort = 0
        self.low = np.zeros(self.columns)
        self.high = np.zeros(self.columns)
        self._model: Model | None = None
        self._short: Model | None = None
        self._all = np.arange(self.columns)
        self._none = np.zeros(self.columns)

    def limit(self, low: FloatArray, high: FloatArray) -> None:
        """Bounds (c,) of the moves from now on, low <= 0 <= high."""
        self.low, self.high = low, high
        if self._model is not None:
            self._model.set_bounds(self._all, low, high)

    @contextmanager
    def keeping(self, guard: int, way: int, room: float) -> Iterator[None]:
        """For the time being, let a column (-1: none) go no further than ``room`` towards ``way``."""
        low, high = self.low, self.high
        if guard >= 0:
            self.low, self.high = low.copy(), high.copy()
            if way > 0:
                self.high[guard] = min(high[guard], room)
            else:
                self.low[guard] = max(low[guard], -room)
            self._show(guard)
        try:
            yield
        finally:
            self.low, self.high = low, high
            if guard >= 0:
                self._show(guard)

    def _show(self, column: int) -> None:
        if self._model is not None:
            at = np.array([column])
            self._model.set_bounds(at, self.low[at], self.high[at])

    def reach(self, column: int, sign: int, need: float) -> Reach | None:
        """The furthest move of a column in one direction, at most ``need``; None if unsolved."""
        model = self._linear()
        at = np.array([column])
        low, high = self._capped(column, sign, need)
        model.set_bounds(at, low, high)
        model.set_cost(at, np.array([-float(sign)]))
        answer = model.solve()
        self.effort += model.effort
        if answer.status is not Status.OPTIMAL:
            model.forget()
            answer = model.solve()
            self.effort += model.effort
        model.set_cost(at, np.zeros(1))
        model.set_bounds(at, self.low[at], self.high[at])
        if answer.status is not Status.OPTIMAL or answer.x is None or answer.duals is None:
            return None
        return Reach(sign * float(answer.x[column]), answer.x, answer.duals)

    def whole(self, column: int, sign: int, need: int) -> IntArray | None:
        """A whole-number move (c,) that takes a column ``need`` far; None if there is none.

        Raises SolverError where the solver cannot tell.
        """
        low, high = np.ceil(self.low), np.floor(self.high)
        low[column], high[column] = (need, high[column]) if sign > 0 else (low[column], -need)
        if low[column] > high[column]:
            return None
        # The shortest move: u - v with u, v >= 0. Taken from real numbers it is mostly whole.
        rooms = (
            np.maximum(np.concatenate([low, -high]), 0.0),
            np.maximum(np.concatenate([high, -low]), 0.0),
        )
        model = self._shortest()
        model.set_bounds(np.arange(2 * self.columns), *rooms)
        answer = model.solve()
        if answer.x is not None and np.abs(answer.x - np.rint(answer.x)).max() > TOLERANCE:
            answer = self._searched(*rooms)
        if answer.x is None:
            if answer.status is not Status.INFEASIBLE:
                answer.require()
            return None
        move = np.rint(answer.x).astype(np.int64)
        move = move[: self.columns] - move[self.columns :]
        return move if not (self.matrix @ move).any() else None

    def _shortest(self) -> Model:
        if self._short is None:
            self._short = Model(
                sp.hstack([self.matrix, -self.matrix]), row_lower=0.0, row_upper=0.0, cost=1.0
            )
        return self._short

    def _searched(self, lower: FloatArray, upper: FloatArray) -> Solution:
        """Some whole answer of a mixed-integer program."""
        model = Model(
            sp.hstack([self.matrix, -self.matrix]), row_lower=0.0, row_upper=0.0, cost=1.0,
            lower=lower, upper=upper, integer=np.ones(2 * self.columns, dtype=bool),
            options={"mip_max_improving_sols": 1},
        )  # fmt: skip
        return model.solve()

    def _linear(self) -> Model:
        if self._model is None:
            self._model = Model(
                self.matrix, row_lower=0.0, row_upper=0.0, cost=self._none, lower=self.low,
                upper=self.high, options=SIMPLEX,
            )  # fmt: skip
        return self._model

    def _capped(self, column: int, sign: int, need: float) -> tuple[FloatArray, FloatArray]:
        low, high = self.low[column], self.high[column]
        if sign > 0:
            return np.array([low]), np.array([min(high, need)])
        return np.array([max(low, -need)]), np.array([high])
