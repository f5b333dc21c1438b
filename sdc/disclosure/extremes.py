"""How far could a variable move at most, by a program over its component?"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from sdc.disclosure.pool import Pool
from sdc.disclosure.space import Space
from sdc.disclosure.witness import FAR
from sdc.disclosure.work import Work
from sdc.model.hierarchy import IntArray
from sdc.solver.highs import Model
from sdc.solver.program import TOLERANCE, Status

NODES = 2_000
"""Nodes a mixed-integer program may open for the bound of one cell."""

OPTIONS = {"presolve": "off", "solver": "simplex", "simplex_strategy": 4}


@dataclass(eq=False)
class Extremes:
    """Extremes of single variables; every whole point on the way is offered to the pool.

    One program a component is kept, and only its objective changes between solves.
    """

    pool: Pool
    work: Work
    _models: dict[tuple[int, bool], tuple[IntArray, Model]] = field(
        init=False, default_factory=dict
    )

    @property
    def space(self) -> Space:
        """The space of the pool."""
        return self.pool.space

    def limit(self, variable: int, direction: int, *, whole: bool = False) -> tuple[Status, float]:
        """An upper bound on the step in a direction (>= 0); inf with UNBOUNDED.

        OPTIMAL: the bound is the largest step, real-valued or ``whole``. LIMIT: nothing better than
        the bound given with it is known (inf: nothing at all).
        """
        members, model = self._model(int(self.space.component[variable]), whole)
        at = np.searchsorted(members, [variable])
        if not self.work.spend():
            return Status.LIMIT, np.inf
        model.set_cost(at, np.array([-float(direction)]))
        solution = model.solve()
        model.set_cost(at, np.zeros(1))
        if solution.status is Status.UNBOUNDED:
            return Status.UNBOUNDED, np.inf
        bound = -solution.bound
        usable = solution.status in (Status.OPTIMAL, Status.LIMIT) and np.isfinite(bound)
        if solution.x is None or not usable or bound < -TOLERANCE:
            return Status.LIMIT, np.inf
        x = self.pool.scale * solution.x
        steps = np.rint(x)
        if (np.abs(x - steps) <= self.pool.scale * TOLERANCE).all():
            self.pool.offer(members, steps.astype(np.int64))
        return solution.status, bound

    def _model(self, component: int, whole: bool) -> tuple[IntArray, Model]:
        if (component, whole) not in self._models:
            members = np.flatnonzero(self.space.component == component)
            matrix = self.space.columns[:, members].tocsr()
            matrix = matrix[np.diff(matrix.indptr) > 0]
            low = self.space.low[members].astype(np.float64)
            high = self.space.high[members].astype(np.float64)
            low[low <= -FAR], high[high >= FAR] = -np.inf, np.inf
            kind = {"mip_max_nodes": NODES} if whole else OPTIONS
            integer = np.ones(len(members), dtype=bool) if whole else None
            model = Model(matrix, row_lower=0, row_upper=0, cost=0.0, lower=low, upper=high,
                          integer=integer, options=kind)  # fmt: skip
            self._models[component, whole] = (members, model)
        return self._models[component, whole]
