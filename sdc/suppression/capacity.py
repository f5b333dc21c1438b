"""Which masks must be open for every primary column to move as far as it must?

If multipliers of the relations give ``d z_p = sum r_i z_i`` for all moves, then a move of ``need``
takes ``sum over open i of (r_i+ up_i + r_i- down_i) >= need``: a capacity inequality over masks,
whose coefficients may be cut to ``need``. Multipliers come from a tableau for all primary columns
at once, and from the attacker's linear program one by one; they are rounded to whole numbers over a
common denominator, so that every inequality is exact however the solver rounded.
(Fischetti and Salazar 1999, 2001.)
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import scipy.sparse as sp

from sdc.model.hierarchy import IntArray
from sdc.model.system import BoolArray, FloatArray
from sdc.suppression.attacker import Attacker
from sdc.suppression.cocircuits import VIOLATION, Ranking
from sdc.suppression.cuts import NOTHING, Cuts, Row, stacked
from sdc.suppression.guards import Guards
from sdc.suppression.presolve import Reduced
from sdc.suppression.rays import Rays

__all__ = ["Capacities", "Demand"]

DENOMINATORS = (1, 2, 6, 60, 2520, 27720)
LARGEST = 1_000_000
"""Combinations with larger numbers are residues of fractions and are left out."""
FAR = 4
"""Capacities beyond this many times the largest need count as so large."""
ENOUGH = 0.2
"""Programs are asked where the tableau finds rows for no larger share of the demands."""
POOL = 1_000
"""How many of the latest moves are tried on a pattern before programs are asked."""


class Demand(NamedTuple):
    """One thing that must be possible: ``sign`` 1 up, -1 down, 0 up and down together.

    Column ``guard`` (-1: none) goes no further than ``room`` towards ``way`` meanwhile.
    """

    column: int
    sign: int
    need: int
    guard: int = -1
    way: int = -1
    room: int = 0


@dataclass
class Capacities:
    """Capacity inequalities for all demands of a reduced problem; deterministic for a seed.

    ``demands`` stand by rising need. ``pool`` keeps the latest moves (c,) of the attacker.
    """

    reduced: Reduced
    seed: int = 0
    cuts: Cuts = field(init=False)
    demands: tuple[Demand, ...] = field(init=False)
    attacker: Attacker = field(init=False)
    ranking: Ranking = field(init=False)
    pool: list[FloatArray] = field(init=False, default_factory=list)
    _witness: dict[int, FloatArray] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.cuts = Cuts(self.reduced.masks)
        self.attacker = Attacker(self.reduced)
        self.ranking = Ranking(self.reduced, self.seed)
        self._rooms = (self.reduced.down, self.reduced.up)
        self._take(_demands(self.reduced))
        self.most = FAR * int(self._need.max(initial=1))

    def widen(self, more: Iterable[Demand]) -> None:
        """Take in further demands, with guards."""
        self._take(set(self.demands).union(more))

    def _take(self, demands: Iterable[Demand]) -> None:
        self.demands = tuple(sorted(demands, key=lambda d: (d.need, *d)))
        table = np.array(self.demands, dtype=np.int64).reshape(-1, 6)
        self._column, self._sign, self._need, self._guard, self._way, self._room = table.T
        guarded = (self._guard >= 0) & (self._sign != 0)
        self._rays = Rays(self.reduced, self.seed, self.cuts, Guards(*table[guarded].T))
        self._witness.clear()

    def separate(self, x: FloatArray) -> sp.csr_matrix:
        """New inequalities (r, k) that x (k,) violates: near each demand; where there are none by
        tableau and, where few, by programs.
        """
        fresh = self._rays.separate(x)
        if fresh.shape[0]:
            return fresh
        fresh = self.cuts.add(self._by_tableau(x))
        if fresh.shape[0] > ENOUGH * len(self.demands):
            return fresh
        return sp.csr_matrix(sp.vstack([fresh, self.cuts.add(self.by_programs(x))], format="csr"))

    def met(self, moves: Iterable[FloatArray]) -> BoolArray:
        """(d,) the demands that moves within the present bounds meet."""
        high, low = np.zeros(self.reduced.columns), np.zeros(self.reduced.columns)
        for move in moves:
            np.maximum(high, move, out=high)
            np.minimum(low, move, out=low)
        up, down = high[self._column], -low[self._column]
        far = np.where(self._sign > 0, up, np.where(self._sign < 0, down, up + down))
        gone = np.where(self._way > 0, high[self._guard], -low[self._guard])
        kept = (self._guard < 0) | (gone <= self._room + 1e-9)
        return np.asarray((far >= self._need * (1 - 1e-9)) & kept)

    def by_programs(self, x: FloatArray, *, exact: bool = False) -> sp.csr_matrix:
        """Violated inequalities from the attacker's linear programs, one a demand he cannot reach.

        All programs first share the true capacities, so that only the objective changes from one
        to the next. Capacities cut to the need give sharper rows: for the demands out of reach, and
        for all of a fractional pattern that seems safe. With ``exact`` (for a whole pattern) every
        demand out of reach yields a row.
        """
        every = np.arange(len(self.demands))
        rows, out, doubtful = self._ask(every, x, sharp=False)
        if exact and doubtful:
            shut = np.flatnonzero(x < 0.5)
            rows.append(Row(shut, np.ones(len(shut))))
        if not exact and len(out) < ENOUGH * len(every):
            out = every
        if len(out):
            rows += self._ask(out, x, sharp=True)[0]
        return stacked(rows, self.reduced.masks)

    def row(self, demand: Demand, opened: BoolArray) -> Row | None:
        """The inequality that a whole pattern violates because of one demand; or None."""
        x = opened.astype(np.float64)
        mask, weight = self.ranking.gates(x)
        self.limit(self.most, weight)
        row = self._program(demand, mask)[1]
        return row if row.short(x) else None

    def _by_tableau(self, x: FloatArray) -> sp.csr_matrix:
        mask, weight = self.ranking.gates(x)
        rows, basic = self.ranking.combinations(weight, self.reduced.matrix)
        place = np.searchsorted(self.reduced.targets.column, self._column)
        found = []
        for demand, i in zip(self.demands, place, strict=True):
            part = slice(rows.indptr[i], rows.indptr[i + 1])
            terms, columns = rows.data[part].astype(np.float64), rows.indices[part]
            if not basic[i] or not len(terms) or np.abs(terms).max() > LARGEST:
                continue
            capacity = np.zeros(len(terms))
            for sign in (demand.sign,) if demand.sign else (1, -1):
                capacity += self._capacity(demand, sign * terms, columns)
            found.append(self._fold(demand, columns, capacity, mask=mask))
        matrix = stacked(found, self.reduced.masks)
        short = (matrix @ x < 1.0 - VIOLATION) & (np.diff(matrix.indptr) > 0)
        return sp.csr_matrix(matrix[np.flatnonzero(short)])

    def _ask(
        self, which: IntArray, x: FloatArray, *, sharp: bool
    ) -> tuple[list[Row], IntArray, list[int]]:
        """Rows that x violates, the demands out of reach, those of them without such a row."""
        mask, weight = self.ranking.gates(x)
        rows: list[Row] = []
        out: list[int] = []
        doubtful: list[int] = []
        need = self.limit(self.most, weight)
        done = np.zeros(len(self.demands), dtype=bool)
        if not sharp:
            self._witness.clear()
            self._note(self.inside(), done)
        for i in which.tolist():
            demand = self.demands[i]
            if done[i] or (sharp and self._within_need(i, weight)):
                continue
            if sharp and demand.need != need:
                need = self.limit(demand.need, weight)
            distance, row, moves = self._program(demand, mask)
            self._note(moves, done)
            self.pool += moves
            if distance >= demand.need * (1 - 1e-9):
                continue
            out.append(i)
            if row.short(x):
                rows.append(row)
            else:
                doubtful.append(i)
        del self.pool[:-POOL]
        return rows, np.array(out, dtype=np.int64), doubtful

    def _note(self, moves: list[FloatArray], done: BoolArray) -> None:
        """Mark the demands that moves meet, each with the first move that meets it."""
        for move in moves:
            fresh = np.flatnonzero(self.met([move]) & ~done)
            self._witness.update(dict.fromkeys(fresh.tolist(), move))
            done[fresh] = True
        if len(moves) == 2:
            done |= self.met(moves)

    def _within_need(self, i: int, weight: FloatArray) -> bool:
        """Whether the move known for a demand, scaled to its need, keeps capacities cut to it."""
        move, demand = self._witness.get(i), self.demands[i]
        if move is None or demand.sign == 0:
            return False
        step = move * (demand.need / abs(move[demand.column]))
        if demand.guard >= 0 and demand.way * step[demand.guard] > demand.room + 1e-9:
            return False
        down, up = (np.minimum(room, demand.need) * weight for room in self._rooms)
        return bool((step <= up + 1e-9).all() and (step >= -down - 1e-9).all())

    def limit(self, need: int, weight: FloatArray) -> int:
        """Bound the attacker by capacities cut to ``need``, times the weight of each column."""
        down, up = (np.minimum(room, need) * weight for room in self._rooms)
        self.attacker.limit(-down, up)
        return need

    def inside(self) -> list[FloatArray]:
        """Pooled moves within the present bounds."""
        low, high = self.attacker.low - 1e-9, self.attacker.high + 1e-9
        return [m for m in self.pool if (m >= low).all() and (m <= high).all()]

    def _program(self, demand: Demand, mask: IntArray) -> tuple[float, Row, list[FloatArray]]:
        """How far the attacker comes under his bounds, what row holds him back, and his moves."""
        moves: list[FloatArray] = []
        distance, capacity = 0.0, np.zeros(self.reduced.columns)
        for sign in (demand.sign,) if demand.sign else (1, -1):
            with self.attacker.keeping(demand.guard, demand.way, demand.room):
                reach = self.attacker.reach(demand.column, sign, demand.need)
            if reach is None:
                return 0.0, NOTHING, moves
            distance += reach.distance
            moves.append(reach.move)
            if distance < demand.need * (1 - 1e-9) or demand.sign == 0:
                ratio = self._ratios(demand.column, sign, reach.multipliers)
                capacity += np.inf if ratio is None else self._capacity(demand, ratio)
        if distance >= demand.need * (1 - 1e-9):
            return distance, NOTHING, moves
        return distance, self._fold(demand, np.arange(len(capacity)), capacity, mask=mask), moves

    def _ratios(self, column: int, sign: int, multipliers: FloatArray) -> FloatArray | None:
        """r with ``sign z_p = sum r_i z_i`` (r_p = 0) for all moves, exact over a denominator."""
        for denominator in DENOMINATORS:
            whole = np.rint(multipliers * denominator)
            if np.abs(whole - multipliers * denominator).max(initial=0.0) < 1e-6:
                break
        left = self.attacker.transposed @ whole.astype(np.int64)
        left[column] += sign * denominator
        rest = denominator - sign * left[column]
        if rest <= 0:
            return None
        left[column] = 0
        return np.asarray(left / rest)

    def _capacity(
        self, demand: Demand, ratio: FloatArray, columns: IntArray | None = None
    ) -> FloatArray:
        """How much each open column can add: its ratio times its room in the direction that helps."""
        every = np.arange(self.reduced.columns) if columns is None else columns
        room = np.where(ratio > 0, self.reduced.up[every], self.reduced.down[every])
        held = (every == demand.guard) & (ratio * demand.way > 0)
        room = np.where(held, np.minimum(room, demand.room), room)
        out = np.zeros(len(ratio))
        used = ratio != 0
        out[used] = np.abs(ratio[used]) * room[used]
        return out

    def _fold(
        self, demand: Demand, columns: IntArray, capacity: FloatArray, *, mask: IntArray
    ) -> Row:
        """Capacities of columns as one row over masks, cut to the need and divided by it."""
        used = capacity > 0
        columns, capacity = columns[used], capacity[used]
        over = mask[columns]
        # A column that is open in every pattern (latent, or under the mask of a primary cell) lowers
        # what the others must give, and their coefficients may be cut to that.
        always = (over < 0) | np.append(self.reduced.forced, True)[over]
        need = demand.need - float(capacity[always].sum())
        if need <= 1e-9:
            return NOTHING
        over, capacity = over[~always], capacity[~always]
        total = np.bincount(over, capacity, minlength=self.reduced.masks)
        where = np.flatnonzero(total)
        return Row(where, np.minimum(total[where], need) / need)


def _demands(reduced: Reduced) -> tuple[Demand, ...]:
    """The targets as single demands, by rising need."""
    t = reduced.targets
    out = []
    for column, up, down, slide in zip(t.column, t.up, t.down, t.slide, strict=True):
        for sign, need in ((1, up), (-1, down), (0, slide)):
            if need > 0:
                out.append(Demand(int(column), sign, int(need)))
    return tuple(out)
