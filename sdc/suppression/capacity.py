"""Which masks must be open for every primary column to move as far as it must?

If multipliers of the relations give ``d z_p = sum r_i z_i`` for all moves, then a move of ``need``
takes ``sum over open i of (r_i+ up_i + r_i- down_i) >= need``: a capacity inequality over the masks,
whose coefficients may be cut to ``need``. Multipliers come from a tableau for all primary columns
at once, and from the attacker's linear program one by one; they are rounded to whole numbers over a
common denominator, so that every inequality is exact however the solver rounded.
(Fischetti and Salazar 1999, 2001.)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import scipy.sparse as sp

from sdc.model.hierarchy import IntArray
from sdc.model.system import FloatArray
from sdc.suppression.attacker import Attacker
from sdc.suppression.cocircuits import VIOLATION, Ranking
from sdc.suppression.cuts import Cuts
from sdc.suppression.presolve import Reduced

__all__ = ["Capacities", "Demand"]

DENOMINATORS = (1, 2, 6, 60, 2520, 27720)
LARGEST = 1_000_000
"""Combinations with larger numbers are residues of fractions and are left out."""

FAR = 4
"""Capacities beyond this many times the largest need count as so large."""
MARGIN = 1e-5
"""How far a row from a program must be violated at least."""
ENOUGH = 0.2
"""Programs are asked where the tableau finds rows for no larger share of the demands."""


@dataclass(frozen=True)
class Demand:
    """One thing that must be possible: ``sign`` 1 up, -1 down, 0 up and down together."""

    column: int
    sign: int
    need: int


@dataclass
class Capacities:
    """Capacity inequalities for all demands of a reduced problem; deterministic for a seed."""

    reduced: Reduced
    seed: int = 0
    cuts: Cuts = field(init=False)
    demands: tuple[Demand, ...] = field(init=False)
    attacker: Attacker = field(init=False)
    ranking: Ranking = field(init=False)
    moves: list[FloatArray] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        self.cuts = Cuts(self.reduced.masks)
        self.demands = _demands(self.reduced)
        self.attacker = Attacker(self.reduced)
        self.ranking = Ranking(self.reduced, self.seed)
        self._rooms = (self.reduced.down, self.reduced.up)
        self._most = FAR * max((d.need for d in self.demands), default=1)
        self._row = {int(c): i for i, c in enumerate(self.reduced.targets.column)}

    def separate(self, x: FloatArray) -> sp.csr_matrix:
        """New inequalities (r, k) that the pattern x (k,) violates: by tableau, else by programs."""
        mask, weight = self.ranking.gates(x)
        fresh = self.cuts.add(self._by_tableau(x, mask, weight))
        if fresh.shape[0] > ENOUGH * len(self.demands):
            return fresh
        return sp.csr_matrix(sp.vstack([fresh, self.cuts.add(self.by_programs(x))], format="csr"))

    def _by_tableau(self, x: FloatArray, mask: IntArray, weight: FloatArray) -> sp.csr_matrix:
        rows, basic = self.ranking.combinations(weight, self.reduced.matrix)
        found = []
        for demand in self.demands:
            i = self._row[demand.column]
            part = slice(rows.indptr[i], rows.indptr[i + 1])
            terms = rows.data[part]
            if basic[i] and len(terms) and np.abs(terms).max() <= LARGEST:
                found.append(self._row_of(demand, rows.indices[part], terms, mask=mask))
        return self._violated(found, x)

    def by_programs(self, x: FloatArray, *, exact: bool = False) -> sp.csr_matrix:
        """Violated inequalities from the attacker's linear programs, one a demand he cannot reach.

        All programs first share the true capacities, so that only the objective changes from one
        to the next. Capacities cut to the need give sharper rows: for the demands out of reach, and
        for all of a fractional pattern that seems safe. With ``exact`` (for a whole pattern) every
        demand out of reach yields a row. ``moves`` keeps the moves of this call.
        """
        self.moves.clear()
        rows, out, doubtful = self._ask(self.demands, x, sharp=False)
        if exact and doubtful:
            rows.append(sp.csr_matrix((x < 0.5).astype(np.float64)[None, :]))
        if not exact and len(out) < ENOUGH * len(self.demands):
            out = list(self.demands)
        if out:
            rows += self._ask(out, x, sharp=True)[0]
        return _stacked(rows, self.reduced.masks)

    def _ask(
        self, demands: Sequence[Demand], x: FloatArray, *, sharp: bool
    ) -> tuple[list[sp.csr_matrix], list[Demand], list[Demand]]:
        """Rows that x violates, the demands out of reach, those of them without such a row."""
        mask, weight = self.ranking.gates(x)
        rows: list[sp.csr_matrix] = []
        out: list[Demand] = []
        doubtful: list[Demand] = []
        done: set[Demand] = set()
        need = -1
        for demand in sorted(demands, key=lambda d: (d.need, d.column, d.sign)):
            if demand in done:
                continue
            if need < 0 or (sharp and demand.need != need):
                need = demand.need if sharp else self._most
                down, up = (np.minimum(r, need) * weight for r in self._rooms)
                self.attacker.limit(-down, up)
            distance, row = self._program(demand, mask, done)
            if distance >= demand.need * (1 - 1e-9):
                continue
            out.append(demand)
            if row.nnz and (row @ x)[0] < 1.0 - MARGIN:
                rows.append(row)
            else:
                doubtful.append(demand)
        return rows, out, doubtful

    def _program(
        self, demand: Demand, mask: IntArray, done: set[Demand]
    ) -> tuple[float, sp.csr_matrix]:
        """How far the attacker comes under his present bounds, and the row that holds him back."""
        distance, capacity = 0.0, np.zeros(self.reduced.columns)
        for sign in (demand.sign,) if demand.sign else (1, -1):
            reach = self.attacker.reach(demand.column, sign, demand.need)
            if reach is None:
                return 0.0, sp.csr_matrix((1, self.reduced.masks))
            distance += reach.distance
            done.update(self._met(reach.move))
            self.moves.append(reach.move)
            ratio = self._ratios(demand.column, sign, reach.multipliers)
            capacity += np.inf if ratio is None else _capacity(ratio, self.reduced)
        return distance, self._fold(demand, np.arange(len(capacity)), capacity, mask=mask)

    def _met(self, move: FloatArray) -> list[Demand]:
        """Demands with a sign that a move meets as well."""
        return [
            d for d in self.demands
            if d.sign and d.sign * move[d.column] >= d.need * (1 - 1e-9)
        ]  # fmt: skip

    def _ratios(self, column: int, sign: int, multipliers: FloatArray) -> FloatArray | None:
        """r with ``sign z_p = sum r_i z_i`` (r_p = 0) for all moves, exact over a denominator."""
        for denominator in DENOMINATORS:
            whole = np.rint(multipliers * denominator)
            if np.abs(whole - multipliers * denominator).max(initial=0.0) < 1e-6:
                break
        left = self.attacker.matrix.T @ whole.astype(np.int64)
        left[column] += sign * denominator
        rest = denominator - sign * left[column]
        if rest <= 0:
            return None
        left[column] = 0
        return np.asarray(left / rest)

    def _row_of(
        self, demand: Demand, columns: IntArray, terms: IntArray, *, mask: IntArray
    ) -> sp.csr_matrix:
        """The inequality of a demand from what its column equals."""
        both = np.zeros(len(columns))
        for sign in (demand.sign,) if demand.sign else (1, -1):
            both += _capacity(sign * terms.astype(np.float64), self.reduced, columns)
        return self._fold(demand, columns, both, mask=mask)

    def _fold(
        self, demand: Demand, columns: IntArray, capacity: FloatArray, *, mask: IntArray
    ) -> sp.csr_matrix:
        """Capacities of columns as one row over masks, cut to the need and divided by it."""
        used = capacity > 0
        columns, capacity = columns[used], capacity[used]
        over = mask[columns]
        # A latent column is open in every pattern: its capacity lowers what the others must give.
        need = demand.need - float(capacity[over < 0].sum())
        if need <= 0:
            return sp.csr_matrix((1, self.reduced.masks))
        total = np.bincount(over[over >= 0], capacity[over >= 0], minlength=self.reduced.masks)
        return sp.csr_matrix(np.minimum(total, need) / need)

    def _violated(self, rows: list[sp.csr_matrix], x: FloatArray) -> sp.csr_matrix:
        matrix = _stacked(rows, self.reduced.masks)
        short = (matrix @ x < 1.0 - VIOLATION) & (np.diff(matrix.indptr) > 0)
        return sp.csr_matrix(matrix[np.flatnonzero(short)])


def _stacked(rows: list[sp.csr_matrix], masks: int) -> sp.csr_matrix:
    if not rows:
        return sp.csr_matrix((0, masks))
    return sp.csr_matrix(sp.vstack(rows, format="csr"))


def _capacity(ratio: FloatArray, reduced: Reduced, columns: IntArray | None = None) -> FloatArray:
    """How much each open column can add: its ratio times its room in the direction that helps."""
    up = reduced.up if columns is None else reduced.up[columns]
    down = reduced.down if columns is None else reduced.down[columns]
    out = np.zeros(len(ratio))
    rise, fall = ratio > 0, ratio < 0
    out[rise] = ratio[rise] * up[rise]
    out[fall] = -ratio[fall] * down[fall]
    return out


def _demands(reduced: Reduced) -> tuple[Demand, ...]:
    """The targets as single demands."""
    t = reduced.targets
    out = []
    for column, up, down, slide in zip(t.column, t.up, t.down, t.slide, strict=True):
        for sign, need in ((1, up), (-1, down), (0, slide)):
            if need > 0:
                out.append(Demand(int(column), sign, int(need)))
    return tuple(out)
