"""Which masks must be added to a pattern so that every demand is met, and which can then go?

Grow: each demand out of reach gets the move that opens least, re-priced by how far the closed
columns really move (slope scaling). Shrink: masks are closed again, the dearest first, where every
demand whose move needs them finds another one within the pattern. For the real-valued attacker.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import scipy.sparse as sp

from sdc.model.system import BoolArray, FloatArray
from sdc.solver.highs import Model
from sdc.solver.program import Status
from sdc.suppression.capacity import Capacities, Demand
from sdc.suppression.found import Budget
from sdc.suppression.presolve import Reduced

__all__ = ["Completion"]

PRICINGS = 3
"""How often the closed columns of one move are priced."""
FRESH: dict[str, Any] = {"presolve": "off", "simplex_scale_strategy": 0, "simplex_strategy": 1}
"""Dual simplex from the resting table: prices change as a whole from one move to the next."""
TRIES = 2_000
"""Questions asked at most while masks are closed again."""
IDLE = 1e-4
"""Price of a unit of movement on open columns, so that moves stay short."""


@dataclass
class Completion:
    """Safe patterns from unsafe ones; shares the demands and the attacker of a separator."""

    capacities: Capacities
    _model: Model | None = field(init=False, default=None)
    _masks: sp.csr_matrix = field(init=False)

    def __post_init__(self) -> None:
        self._masks = sp.csr_matrix(self.reduced.gate.T)

    @property
    def reduced(self) -> Reduced:
        """The problem."""
        return self.capacities.reduced

    def complete(self, opened: BoolArray, price: FloatArray, budget: Budget) -> BoolArray | None:
        """A safe pattern that contains or replaces ``opened`` (k,); None where none was found.

        ``price`` (k,) leads the choice of masks. About one linear program a demand that the
        pattern leaves out of reach and a few for each mask.
        """
        opened = opened | self.reduced.forced
        order = {d: i for i, d in enumerate(self.capacities.demands)}
        witness = self._reach_all(opened)
        for demand in self.capacities.demands:
            moves = witness.get(order[demand])
            if moves is not None and self._inside(moves, opened):
                continue
            found = self._cheapest(demand, opened, price)
            if found is None:
                return None
            witness[order[demand]] = found
            opened = opened | self._used(found)
        return self._shrink(opened, witness, budget)

    def _reach_all(self, opened: BoolArray) -> dict[int, list[FloatArray]]:
        """Moves within a pattern for every demand that has some."""
        out: dict[int, list[FloatArray]] = {}
        self._limit(opened)
        pool = self.capacities.inside()
        for i, demand in enumerate(self.capacities.demands):
            if i in out:
                continue
            moves = self._reach(demand)
            if moves is not None:
                out[i] = moves
            pool += moves or []
            for move in pool:
                for j in np.flatnonzero(self.capacities.met([move])).tolist():
                    out.setdefault(j, [move])
            pool = []
        return out

    def _limit(self, opened: BoolArray) -> None:
        free = self.reduced.free(opened).astype(np.float64)
        self.capacities.limit(self.capacities.most, free)

    def _reach(self, demand: Demand) -> list[FloatArray] | None:
        """Moves that meet a demand under the attacker's present bounds."""
        moves, distance = [], 0.0
        for sign in (demand.sign,) if demand.sign else (1, -1):
            with self.capacities.attacker.keeping(demand.guard, demand.way, demand.room):
                reach = self.capacities.attacker.reach(demand.column, sign, demand.need)
            if reach is None:
                return None
            moves.append(reach.move)
            distance += reach.distance
        return moves if distance >= demand.need * (1 - 1e-9) else None

    def _inside(self, moves: list[FloatArray], opened: BoolArray) -> bool:
        shut = ~self.reduced.free(opened)
        return not any(np.abs(m[shut]).max(initial=0.0) > 1e-9 for m in moves)

    def _used(self, moves: list[FloatArray]) -> BoolArray:
        """(k,) the masks that moves need."""
        columns = np.zeros(self.reduced.columns, dtype=np.int64)
        for move in moves:
            columns |= np.abs(move) > 1e-9
        return np.asarray(self._masks @ columns) > 0

    def _shrink(
        self, opened: BoolArray, witness: dict[int, list[FloatArray]], budget: Budget
    ) -> BoolArray:
        """Close masks by falling loss where all demands that used them find another way."""
        weight = self.reduced.weight
        users = {i: self._used(m) for i, m in witness.items()}
        needed = np.sum(list(users.values()), axis=0) if users else np.zeros(len(weight))
        opened = self.reduced.forced | (needed > 0)
        extra = np.flatnonzero(opened & ~self.reduced.forced)
        asked = 0
        for mask in extra[np.argsort(-weight[extra], kind="stable")].tolist():
            if budget.expired or asked >= TRIES:
                break
            if not opened[mask]:
                continue
            trial = opened.copy()
            trial[mask] = False
            self._limit(trial)
            fresh: dict[int, list[FloatArray]] = {}
            for i in [i for i, u in users.items() if u[mask]]:
                asked += 1
                moves = self._reach(self.capacities.demands[i])
                if moves is None:
                    break
                fresh[i] = moves
            else:
                witness.update(fresh)
                users.update({i: self._used(m) for i, m in fresh.items()})
                opened = self.reduced.forced | (np.sum(list(users.values()), axis=0) > 0)
        return opened

    def _cheapest(
        self, demand: Demand, opened: BoolArray, price: FloatArray
    ) -> list[FloatArray] | None:
        """Moves that meet a demand and open the least; the best of a few pricings."""
        reduced, columns = self.reduced, self.reduced.columns
        shut = ~reduced.free(opened)
        loss = np.where(shut, np.asarray(reduced.gate @ np.where(opened, 0.0, price)), 0.0)
        best: list[FloatArray] | None = None
        least = np.inf
        room = np.minimum(reduced.up, demand.need), np.minimum(reduced.down, demand.need)
        rate = np.concatenate([loss / np.maximum(r, 1e-9) for r in room])
        for _ in range(PRICINGS):
            move = self._priced(demand, rate)
            if move is None:
                break
            cost = float(price[self._used([move]) & ~opened].sum())
            if cost < least:
                best, least = [move], cost
            size = np.abs(move)
            again = np.where(size > 1e-9, loss / np.maximum(size, 1e-9), rate[:columns])
            rate = np.concatenate([again, again])
        return best

    def _priced(self, demand: Demand, rate: FloatArray) -> FloatArray | None:
        """The cheapest move for rates (2 c,) upward and downward; a slide goes where it can."""
        reduced, c = self.reduced, self.reduced.columns
        if self._model is None:
            matrix = self.capacities.attacker.matrix
            self._model = Model(
                sp.hstack([matrix, -matrix]), row_lower=0.0, row_upper=0.0, cost=0.0,
                upper=np.concatenate([reduced.up, reduced.down]), options=FRESH,
            )  # fmt: skip
        self._model.set_cost(np.arange(2 * c), rate + IDLE)
        self._model.forget()
        rooms = np.concatenate([reduced.up, reduced.down])
        held = np.array([demand.guard + (0 if demand.way > 0 else c)] * (demand.guard >= 0), int)
        before = rooms[held]
        rooms[held] = np.minimum(before, demand.room)
        self._model.set_bounds(held, np.zeros(len(held)), rooms[held])
        move = self._first(self._model, demand, rooms)
        self._model.set_bounds(held, np.zeros(len(held)), before)
        return move

    @staticmethod
    def _first(model: Model, demand: Demand, rooms: FloatArray) -> FloatArray | None:
        """The cheapest move in the first direction that has any."""
        c = len(rooms) // 2
        for sign in (demand.sign,) if demand.sign else (1, -1):
            at = demand.column + (0 if sign > 0 else c)
            other = demand.column + (c if sign > 0 else 0)
            both = np.array([at, other])
            full = rooms[both]
            need = float(demand.need)
            model.set_bounds(both, np.array([need, 0.0]), np.array([full[0], 0.0]))
            answer = model.solve()
            model.set_bounds(both, np.zeros(2), full)
            if answer.status is Status.OPTIMAL and answer.x is not None:
                return np.asarray(answer.x[:c] - answer.x[c:])
        return None
