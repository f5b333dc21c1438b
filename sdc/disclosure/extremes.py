"""How far could a variable move at most, by a linear program over its component?"""

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

OPTIONS = {"presolve": "off", "solver": "simplex", "simplex_strategy": 4}


@dataclass(eq=False)
class Extremes:
    """Real-valued extremes of single variables; every vertex on the way is offered to the pool.

    One program a component is kept, and only its objective changes between solves.
    """

    pool: Pool
    work: Work
    _models: dict[int, tuple[IntArray, Model]] = field(init=False, default_factory=dict)

    @property
    def space(self) -> Space:
        """The space of the pool."""
        return self.pool.space

    def limit(self, variable: int, direction: int) -> tuple[Status, float]:
        """The largest real-valued step in a direction (>= 0); inf with UNBOUNDED.

        LIMIT for any answer that cannot be used; then the bounds of the space are all that is known.
        """
        members, model = self._model(int(self.space.component[variable]))
        at = np.searchsorted(members, [variable])
        if not self.work.spend():
            return Status.LIMIT, np.inf
        model.set_cost(at, np.array([-float(direction)]))
        solution = model.solve()
        model.set_cost(at, np.zeros(1))
        if solution.status is Status.UNBOUNDED:
            return Status.UNBOUNDED, np.inf
        if solution.status is not Status.OPTIMAL or solution.x is None:
            return Status.LIMIT, np.inf
        x = self.pool.scale * solution.x
        steps = np.rint(x)
        if (np.abs(x - steps) <= self.pool.scale * TOLERANCE).all():
            self.pool.offer(members, steps.astype(np.int64))
        return Status.OPTIMAL, -solution.objective

    def _model(self, component: int) -> tuple[IntArray, Model]:
        if component not in self._models:
            members = np.flatnonzero(self.space.component == component)
            matrix = self.space.columns[:, members].tocsr()
            matrix = matrix[np.diff(matrix.indptr) > 0]
            low = self.space.low[members].astype(np.float64)
            high = self.space.high[members].astype(np.float64)
            low[low <= -FAR], high[high >= FAR] = -np.inf, np.inf
            model = Model(matrix, row_lower=0, row_upper=0, cost=0.0, lower=low, upper=high,
                          options=OPTIONS)  # fmt: skip
            self._models[component] = (members, model)
        return self._models[component]
