"""What is the cheapest whole-number move that lets one cell change by as much as it must?

One linear program a demand over a window of unknowns (everything outside stands still): the cells
that are hidden already cost next to nothing, all others their price for as much as they move.
Prices are then corrected for what is really used (slope scaling; Fischetti and Salazar 2001, the
primal heuristic of cell suppression). Points that are not whole are solved again with disturbed
prices, then as a small mixed-integer program.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from sdc.model.hierarchy import IntArray
from sdc.model.system import BoolArray, FloatArray, Problem
from sdc.solver.highs import Model
from sdc.solver.program import TOLERANCE, Solution, Status
from sdc.suppression.demands import Masks

IDLE = 1e-3
"""Price of a unit in a cell that is hidden already: keeps supports small."""

_OPTIONS = {"presolve": "off", "simplex_scale_strategy": 0, "simplex_strategy": 1}
_WHOLE = {"mip_rel_gap": 0.3, "mip_max_nodes": 200}
_REPRICINGS = 2
_DISTURBANCES = 2


@dataclass(frozen=True, eq=False)
class Step:
    """A move: unknowns ``cell`` (s,), their changes ``step`` (s,), the price of new masks."""

    cell: IntArray
    step: IntArray
    price: float


class Search:
    """A window of unknowns with its relations, kept in HiGHS between demands.

    ``columns`` are unknowns of the problem, ascending; those that may not be hidden are left out.
    """

    def __init__(self, problem: Problem, masks: Masks, columns: IntArray) -> None:
        movable = (masks.down[columns] > 0) | (masks.up[columns] > 0)
        self.cells = columns[movable]
        self._of = masks.of[self.cells]
        sub = problem.system.relations[:, self.cells]
        self._rows = sub[np.flatnonzero(np.diff(sub.indptr))]
        self.up = masks.up[self.cells].astype(np.float64)
        self.down = masks.down[self.cells].astype(np.float64)
        self._place = {int(c): i for i, c in enumerate(self.cells)}
        self._model: Model | None = None

    def __contains__(self, cell: int) -> bool:
        return cell in self._place

    @contextmanager
    def keeping(self, guard: int, room: int) -> Iterator[Search]:
        """For the time being, let an unknown fall by at most ``room``; -1 for none."""
        place = self._place.get(guard, -1)
        before = self.down[place]
        if place >= 0:
            self.down[place] = min(before, room)
        try:
            yield self
        finally:
            self.down[place] = before

    def cheapest(
        self,
        demand: tuple[int, int, int],
        price: FloatArray,
        *,
        limit: float = np.inf,
        rng: np.random.Generator | None = None,
    ) -> Step | None:
        """A cheap move for (cell, sign, need); None where none is found below ``limit``.

        ``price`` (k,) a mask: 0 for hidden ones, inf for those that must stay shown.
        """
        cell, sign, need = demand
        place = self._place.get(cell)
        if place is None:
            return None
        own = price[self._of]
        best: Step | None = None
        cost = self._slopes(own, need)
        for _ in range(1 + _REPRICINGS):
            point = self._solve(place, sign * need, cost, own)
            if point is None:
                break
            found = self._whole(point, (place, sign * need), own, cost, rng)
            if found is not None and (best is None or found.price < best.price - TOLERANCE):
                best = found
            elif best is not None:
                break
            cost = self._corrected(cost, point, own)
        return best if best is not None and best.price < limit else None

    def _slopes(self, own: FloatArray, need: int) -> FloatArray:
        """Price a unit of change: all of the mask's price once the cell moves as far as it can."""
        shown = np.where(np.isfinite(own), own, 0.0)
        far = float(need)
        rising = shown / np.maximum(np.minimum(self.up, far), 1.0) + IDLE
        falling = shown / np.maximum(np.minimum(self.down, far), 1.0) + IDLE
        return np.concatenate([rising, falling])

    def _corrected(self, cost: FloatArray, point: FloatArray, own: FloatArray) -> FloatArray:
        """The prices that would have charged the used cells exactly once."""
        size = np.abs(np.concatenate([np.maximum(point, 0), np.minimum(point, 0)]))
        used = size > TOLERANCE
        both = np.concatenate([own, own])
        out = cost.copy()
        out[used] = np.where(np.isfinite(both[used]), both[used], 0.0) / size[used] + IDLE
        return out

    def _bounds(self, place: int, target: int, own: FloatArray) -> tuple[FloatArray, FloatArray]:
        barred = ~np.isfinite(own)
        upper = np.concatenate([np.where(barred, 0, self.up), np.where(barred, 0, self.down)])
        lower = np.zeros(len(upper))
        size = len(self.cells)
        rising, falling = place, size + place
        upper[rising], upper[falling] = max(target, 0), max(-target, 0)
        lower[rising], lower[falling] = max(target, 0), max(-target, 0)
        return lower, upper

    def _solve(
        self, place: int, target: int, cost: FloatArray, own: FloatArray
    ) -> FloatArray | None:
        """Change of every unknown of the window at the optimum; None where there is none."""
        size = len(self.cells)
        room = self.up[place] if target > 0 else self.down[place]
        if abs(target) > room:
            return None
        lower, upper = self._bounds(place, target, own)
        if self._model is None:
            both = sp.hstack([self._rows, -self._rows]).tocsc()
            self._model = Model(both, row_lower=0.0, row_upper=0.0, cost=0.0, options=_OPTIONS)
        every = np.arange(2 * size)
        self._model.set_cost(every, cost)
        self._model.set_bounds(every, lower, upper)
        self._model.forget()
        return _point(self._model.solve(), size)

    def _whole(
        self,
        point: FloatArray,
        aim: tuple[int, int],
        own: FloatArray,
        cost: FloatArray,
        rng: np.random.Generator | None,
    ) -> Step | None:
        """The move at a point, made whole where the point is not."""
        found = self._step(point, own)
        if found is not None:
            return found
        source = rng or np.random.default_rng(0)
        for _ in range(_DISTURBANCES):
            other = self._solve(*aim, cost * np.exp(source.normal(0, 0.25, len(cost))), own)
            found = None if other is None else self._step(other, own)
            if found is not None:
                return found
        near = (np.abs(point) > TOLERANCE) | (own == 0)
        for columns in (near, np.isfinite(own)):
            found = self._integer(columns, aim, own)
            if found is not None:
                return found
        return None

    def _step(self, point: FloatArray, own: FloatArray) -> Step | None:
        whole = np.rint(point).astype(np.int64)
        if np.abs(point - whole).max(initial=0.0) > TOLERANCE or (self._rows @ whole).any():
            return None
        if (whole > self.up).any() or (-whole > self.down).any():
            return None
        used = np.flatnonzero(whole)
        masks = np.unique(self._of[used], return_index=True)[1]
        return Step(self.cells[used], whole[used], float(own[used[masks]].sum()))

    def _integer(self, columns: BoolArray, aim: tuple[int, int], own: FloatArray) -> Step | None:
        """A whole move over some columns, by branch and bound with the true (fixed) prices."""
        place, target = aim
        use = np.flatnonzero(columns)
        at = int(np.searchsorted(use, place))
        if at >= len(use) or use[at] != place:
            return None
        sub = self._rows[:, use]
        sub = sub[np.flatnonzero(np.diff(sub.indptr))]
        lower, upper = self._bounds(place, target, own)
        pick = np.concatenate([use, use + len(self.cells)])
        most = float(2 * abs(target) + 2)
        charge = own[use] > 0
        size, extra = len(use), int(charge.sum())
        links = sp.csr_matrix(
            (np.ones(extra), (np.arange(extra), np.flatnonzero(charge))), shape=(extra, size)
        )
        matrix = sp.bmat(
            [[sub, -sub, None], [links, links, sp.identity(extra) * -most]] if extra
            else [[sub, -sub]]
        )  # fmt: skip
        rows = sub.shape[0]
        free = np.concatenate([np.minimum(upper[pick], most), np.ones(extra)])
        model = Model(
            matrix,
            row_lower=np.concatenate([np.zeros(rows), np.full(extra, -np.inf)]),
            row_upper=np.zeros(rows + extra),
            cost=np.concatenate([np.full(2 * size, IDLE), own[use][charge]]),
            lower=np.concatenate([lower[pick], np.zeros(extra)]),
            upper=free,
            integer=np.ones(2 * size + extra, dtype=bool),
            options=_WHOLE,
        )
        point = _point(model.solve(), size)
        if point is None:
            return None
        full = np.zeros(len(self.cells))
        full[use] = point
        return self._step(full, own)


def _point(solution: Solution, size: int) -> FloatArray | None:
    if solution.status not in (Status.OPTIMAL, Status.LIMIT) or solution.x is None:
        return None
    return solution.x[:size] - solution.x[size : 2 * size]
