"""Which tables have the same classes and the same print, and hold in one cell what is asked for?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sdc.errors import NotProven
from sdc.messages import Text
from sdc.model.blur import Blur
from sdc.model.hierarchy import IntArray
from sdc.model.system import UNBOUNDED, BoolArray, FloatArray, Problem
from sdc.solver.highs import Model
from sdc.solver.program import Status

_OPTIONS = {"mip_rel_gap": 0.2, "mip_max_nodes": 1_000}


@dataclass(frozen=True)
class Goal:
    """Cell ``cell`` holds ``end`` or more (``sign`` 1), or ``end`` or less (-1)."""

    cell: int
    sign: int
    end: int


class Drawing:
    """Draws tables from what twins share: the classes and the printed numbers, nothing else.

    One mixed-integer program a table, over the hidden cells; kept in HiGHS, started cold each time,
    so that a table does not depend on those drawn before.
    """

    def __init__(self, problem: Problem, blur: Blur, hidden: BoolArray) -> None:
        value, relations = problem.system.value, problem.system.relations
        self._cells = np.flatnonzero(hidden)
        self._printed = np.where(hidden, 0, value)
        self._relations = relations
        self._lower = blur.floor[self._cells].astype(np.float64)
        ceiling = blur.ceiling[self._cells]
        self._upper = np.where(ceiling < UNBOUNDED, ceiling.astype(np.float64), np.inf)
        part = relations[:, self._cells]
        rows = np.flatnonzero(np.diff(part.indptr))
        owed = -(relations @ self._printed)[rows].astype(np.float64)
        self._model = Model(
            part[rows], row_lower=owed, row_upper=owed, cost=0.0,
            integer=np.ones(len(self._cells), dtype=bool), options=_OPTIONS,
        )  # fmt: skip

    def table(self, goal: Goal, pending: Sequence[Goal], trial: int = 0) -> IntArray | None:
        """A table (n,) that meets a goal, and others among ``pending`` by the way; None: none exists.

        Further trials give other tables. Raises NotProven where the search ends without an answer.
        """
        place = int(np.searchsorted(self._cells, goal.cell))
        if place >= len(self._cells) or self._cells[place] != goal.cell:
            fits = goal.sign * (self._printed[goal.cell] - goal.end) >= 0
            return self._aimed(goal, trial, pending, None) if fits else None
        return self._aimed(goal, trial, pending, place)

    def _aimed(
        self, goal: Goal, trial: int, pending: Sequence[Goal], place: int | None
    ) -> IntArray | None:
        """A table with one cell at an end, led towards what is pending."""
        lower, upper = self._lower.copy(), self._upper.copy()
        if place is not None and goal.sign > 0:
            lower[place] = max(lower[place], goal.end)
        elif place is not None:
            upper[place] = min(upper[place], goal.end)
        rng = np.random.default_rng((goal.cell, goal.sign + 1, trial))
        cost = rng.normal(0.0, 1.0 if trial else 0.01, len(lower))
        for other in pending:
            at = int(np.searchsorted(self._cells, other.cell))
            if at < len(self._cells) and self._cells[at] == other.cell:
                cost[at] -= other.sign * rng.uniform(0.5, 1.5)
        return self._solved(lower, upper, cost)

    def _solved(self, lower: FloatArray, upper: FloatArray, cost: FloatArray) -> IntArray | None:
        """The table within some bounds; None where the bounds exclude all."""
        if (lower > upper).any():
            return None
        every = np.arange(len(lower))
        self._model.set_bounds(every, lower, upper)
        self._model.set_cost(every, cost)
        self._model.forget()
        answer = self._model.solve()
        if answer.x is None and answer.status is Status.INFEASIBLE:
            return None
        if answer.x is None:
            raise _undecided()
        table = self._printed.copy()
        table[self._cells] = np.rint(answer.x).astype(np.int64)
        hidden = table[self._cells]
        wrong = (hidden < lower).any() or (hidden > upper).any()
        if wrong or (self._relations @ table).any():
            raise _undecided()
        return table


def _undecided() -> NotProven:
    return NotProven(Text("whether a twin exists could not be established"))
