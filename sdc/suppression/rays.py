"""Which capacity inequalities does a pattern violate near each demand?

The attacker's bounds are scaled by a fractional pattern; a compiled search then tries to move each
primary column as far as it must. Where it cannot, the relations that hold it back give an inequality
(see ``capacity``). The search spreads only as far as the pattern is open, so the cost of a demand does
not grow with the table.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import scipy.sparse as sp

from sdc.model.hierarchy import IntArray
from sdc.model.sharing import Runner, threaded
from sdc.model.system import BoolArray, FloatArray
from sdc.suppression.cocircuits import VIOLATION, Ranking
from sdc.suppression.cuts import Cuts
from sdc.suppression.desk import (
    AMOUNT,
    CELL,
    DOWN,
    GUARD,
    GUARD_ROOM,
    GUARD_WAY,
    GUARDED_PATIENCE,
    PATIENCE,
    SIGN,
    UP,
    Desk,
    lay_out,
)
from sdc.suppression.guards import Guards
from sdc.suppression.presolve import Reduced
from sdc.suppression.refuting import refute_all

__all__ = ["Rays"]

DENOMINATORS = (1, 2, 6, 60)
STEPS = 40
"""Steps after which the question about one demand is left open."""

MANY, FEWER_STEPS = 10_000, 12
"""From so many demands with guards on, steps for each: what is learnt is mostly learnt early."""

ASKED = 1_000
"""Then those that pause are asked out of turn until fewer than one in so many has something to say."""

ROOM = 4_000_000
"""Terms of all proofs of one round; what does not fit waits for the next."""

FAR = 4
"""Room beyond this many times the largest need counts as so much."""

PAUSES = 8
"""A demand that nothing was learnt from is not asked again for up to so many rounds."""


@dataclass
class Rays:
    """Local separation over the demands of a reduced problem; deterministic for a seed.

    ``cuts`` may be shared with another separator; ``guards`` are demands beside the targets.
    """

    reduced: Reduced
    seed: int = 0
    cuts: Cuts = field(default_factory=lambda: Cuts(0))
    guards: Guards = field(default_factory=Guards.none)
    column: IntArray = field(init=False)
    sign: IntArray = field(init=False)
    need: IntArray = field(init=False)

    def __post_init__(self) -> None:
        if not self.cuts.masks:
            self.cuts = Cuts(self.reduced.masks)
        self._ranking = Ranking(self.reduced, self.seed)
        t, g = self.reduced.targets, self.guards
        column = np.concatenate([t.column, t.column, g.column])
        need = np.concatenate([t.up, t.down, g.need])
        sign = np.repeat(np.array([1, -1], dtype=np.int64), len(t.column))
        sign = np.concatenate([sign, g.sign])
        guard = np.concatenate([np.full(2 * len(t.column), -1, dtype=np.int64), np.arange(len(g))])
        order = np.lexsort((guard, sign, column, need))
        order = order[need[order] > 0]
        self.column, self.sign, self.need = column[order], sign[order], need[order]
        self._guard = guard[order]
        self._wait = np.zeros(len(order), dtype=np.int64)
        self._pause = np.where((self._guard >= 0) & (len(g) > MANY), PAUSES // 2, 0)
        self._worth = True
        self._desks: list[Desk] = []
        self._by_cell = np.argsort(self.column, kind="stable").astype(np.int64)
        counts = np.bincount(self.column, minlength=self.reduced.columns)
        self._first = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)

    def _laid_out(self) -> Desk:
        count = len(self.column)
        desk = lay_out(self.reduced.matrix, demands=count, masks=0, nodes=0, seed=self.seed)
        desk.demand[:, CELL] = self.column
        desk.demand[:, SIGN] = self.sign
        desk.demand[:, AMOUNT] = self.need
        kept = self._guard >= 0
        for place, of_guard in (
            (GUARD, self.guards.guard), (GUARD_WAY, self.guards.way), (GUARD_ROOM, self.guards.room)
        ):  # fmt: skip
            desk.demand[kept, place] = of_guard[self._guard[kept]]
        desk.query[PATIENCE] = STEPS
        desk.query[GUARDED_PATIENCE] = FEWER_STEPS if len(self.guards) > MANY else STEPS
        return desk

    def put_away(self) -> None:
        """Give back the memory of the searches until the next separation."""
        self._desks = []

    def separate(self, x: FloatArray) -> sp.csr_matrix:
        """Inequalities (r, k) that x (k,) violates and that were not known yet.

        Demands from which nothing was learnt lately are asked less and less often, all of them
        again where the others have nothing to say.
        """
        if not self._desks:
            # Many are asked in two parts at the same time, which do not learn from each other.
            count = 2 if len(self.guards) > MANY else 1
            self._desks = [self._laid_out() for _ in range(count)]
        gates = self._ranking.gates(x)
        some = self._wait <= 0
        found = self._asked(x, gates, some)
        if found.shape[0] or some.all() or not self._worth:
            return self.cuts.add(found)
        new = self.cuts.add(self._asked(x, gates, ~some))
        if len(self.guards) > MANY:
            self._worth = ASKED * new.shape[0] > int((~some).sum())
        return new

    def _asked(
        self, x: FloatArray, gates: tuple[IntArray, FloatArray], some: BoolArray
    ) -> sp.csr_matrix:
        """Violated inequalities of some demands (r,), for several limits of the closed columns."""
        self._wait[~some] -= 1
        fruitful = np.zeros(len(self.need), dtype=bool)
        parts = [sp.csr_matrix((0, self.reduced.masks))]
        cap, most = 1, int(self.need.max(initial=0))
        while cap <= most:
            which = some & (self.need >= cap) & ((self.need <= 4 * cap) | (self.need <= 4))
            if which.any():
                rows, by = self._limited(x, gates, cap, which)
                parts.append(rows)
                fruitful[by] = True
            cap = cap + 1 if cap < 4 else 4 * cap
        self._pause[fruitful] = 0
        tired = some & ~fruitful
        self._pause[tired] = np.minimum(2 * self._pause[tired] + 1, PAUSES)
        self._wait[some] = self._pause[some]
        return sp.csr_matrix(sp.vstack(parts, format="csr"))

    def _limited(
        self, x: FloatArray, gates: tuple[IntArray, FloatArray], cap: int, which: BoolArray
    ) -> tuple[sp.csr_matrix, IntArray]:
        """Rows found with the room of columns that may be closed cut to ``cap``, and their demands."""
        mask, weight = gates
        always = (mask < 0) | np.append(self.reduced.forced, True)[mask]
        far = float(FAR * self.need.max())
        for side, room in ((UP, self.reduced.up), (DOWN, self.reduced.down)):
            cut = np.where(always, np.minimum(room, far), np.minimum(room, cap) * weight)
            for desk in self._desks:
                desk.cell[:, side] = cut
        parts = np.array_split(np.flatnonzero(which).astype(np.int64), len(self._desks))
        run: Runner = threaded if len(self._desks) > 1 else map
        found = list(run(self._refuted, zip(self._desks, parts, strict=True)))
        demand = np.concatenate([d for d, _ in found])
        proof = sp.csr_matrix(sp.vstack([p for _, p in found], format="csr"))
        return self._folded(demand, proof, (mask, always), x)

    def _refuted(self, part: tuple[Desk, IntArray]) -> tuple[IntArray, sp.csr_matrix]:
        """Those of some demands (d,) that cannot be met, and why: multiples of relations (d, m)."""
        desk, order = part
        span = np.zeros(len(order) + 1, dtype=np.int64)
        room = ROOM // len(self._desks)
        rows, times = np.empty(room, dtype=np.int64), np.empty(room)
        met = np.zeros(len(self.need), dtype=np.int64)
        desk = self._narrowed(desk)
        asked = refute_all(desk, order, met, self._first, self._by_cell, span, rows, times)
        span = span[: asked + 1]
        some = np.flatnonzero(np.diff(span))
        shape = (asked, self.reduced.matrix.shape[0])
        proof = sp.csr_matrix((times[: span[-1]], rows[: span[-1]], span), shape=shape)[some]
        return order[some], proof

    def _narrowed(self, desk: Desk) -> Desk:
        """The desk with relations among the columns that have room: no search can use the others."""
        rows = self.reduced.matrix.shape[0]
        span, last = desk.start[: rows + 1], int(desk.start[rows])
        open_ = (desk.cell[:, UP] > 0) | (desk.cell[:, DOWN] > 0)
        kept = open_[desk.entry[:last]]
        before = np.concatenate([[0], np.cumsum(kept)])
        # The columns' own lists of relations follow as they are, further to the front.
        start = np.concatenate([before[span], desk.start[rows + 1 :] - (last - before[-1])])
        entry, value = (
            np.concatenate([a[:last][kept], a[last:]]) for a in (desk.entry, desk.value)
        )
        return desk._replace(start=start, entry=entry, value=value)

    def _folded(
        self,
        demand: IntArray,
        proof: sp.csr_matrix,
        gates: tuple[IntArray, BoolArray],
        x: FloatArray,
    ) -> tuple[sp.csr_matrix, IntArray]:
        """Multiples of relations as inequalities over masks: the exact ones that x violates.

        Room that is open in every pattern lowers what the others must give; their coefficients are
        cut to the rest and divided by it.
        """
        count, r, (mask, always) = len(demand), self.reduced, gates
        if not count:
            return sp.csr_matrix((0, r.masks)), demand
        whole, good = _whole(proof)
        sums = sp.csr_matrix(whole @ r.matrix)
        own = np.asarray(sums[np.arange(count), self.column[demand]]).ravel()
        good &= own != 0
        line = np.repeat(np.arange(count), np.diff(sums.indptr))
        other = (sums.indices != self.column[demand][line]) & good[line] & (sums.data != 0)
        line, cell, term = line[other], sums.indices[other], sums.data[other]
        ratio = -self.sign[demand][line] * term / own[line]
        room = np.where(ratio > 0, r.up[cell], r.down[cell])
        give = np.abs(ratio) * np.minimum(room, self._kept(demand[line], cell, ratio))
        free = always[cell]
        need = self.need[demand] - np.bincount(line[free], give[free], minlength=count)
        good &= need > 1e-9
        used = ~free & good[line] & (give > 0)
        line, cell, give = line[used], cell[used], give[used]
        data = np.minimum(give, need[line]) / need[line]
        rows = sp.csr_matrix((data, (line, mask[cell])), shape=(count, r.masks))
        rows.data = np.minimum(rows.data, 1.0)
        short = np.flatnonzero(
            good & (rows @ x < 1.0 - VIOLATION) & (np.diff(rows.indptr) > 0)
        )  # fmt: skip
        return sp.csr_matrix(rows[short]), demand[short]

    def _kept(self, demand: IntArray, cell: IntArray, ratio: FloatArray) -> FloatArray:
        """How far the guard of each demand lets a column go in the direction of the ratio."""
        d = self._desks[0].demand[demand]
        held = (d[:, GUARD] == cell) & (ratio * d[:, GUARD_WAY] > 0)
        return np.where(held, d[:, GUARD_ROOM], np.inf)


def _whole(proof: sp.csr_matrix) -> tuple[sp.csr_matrix, BoolArray]:
    """The rows times the least denominator that makes them whole; which of them have one."""
    count = proof.shape[0]
    good, times = np.zeros(count, dtype=bool), np.ones(count)
    line = np.repeat(np.arange(count), np.diff(proof.indptr))
    for denominator in DENOMINATORS:
        scaled = proof.data * denominator
        worst = np.zeros(count)
        np.maximum.at(worst, line, np.abs(scaled - np.rint(scaled)))
        fits = (worst < 1e-6) & ~good
        times[fits] = denominator
        good |= fits
    data = np.rint(proof.data * times[line]).astype(np.int64)
    return sp.csr_matrix((data, proof.indices, proof.indptr), shape=proof.shape), good
