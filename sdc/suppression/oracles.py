"""Is a pattern safe at its level, which inequality says no, and which safe pattern is near?"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import ClassVar, Protocol

import numpy as np
import scipy.sparse as sp

from sdc.model.hierarchy import IntArray
from sdc.model.system import BoolArray, FloatArray
from sdc.suppression.capacity import Capacities, Demand
from sdc.suppression.cocircuits import Covers
from sdc.suppression.completion import Completion
from sdc.suppression.cuts import Separator
from sdc.suppression.failing import failing_sets
from sdc.suppression.found import Budget
from sdc.suppression.guards import Guards
from sdc.suppression.lp_greedy import lp_greedy
from sdc.suppression.presolve import Reduced
from sdc.suppression.relaxation import Relaxation
from sdc.suppression.reverse_delete import Deleter, infeasible, search

__all__ = ["Bounded", "Linear", "Oracle"]

TRUSTS = (0.9, 0.99)
"""How much of a mask's loss the fractional pattern takes away where it leads a completion."""


class Oracle(Protocol):
    """What the search for the optimum asks about one level; patterns are boolean over masks."""

    close: ClassVar[float]
    """Rows that the relaxation exceeds by more stay out of a program until an answer breaks them."""
    spacing: ClassVar[int]
    """A pattern is sought near every so manieth answer of a program."""

    @property
    def separator(self) -> Separator:
        """Finds what a fractional pattern violates."""
        ...

    def first(self, budget: Budget, previous: BoolArray | None) -> BoolArray:
        """Some safe pattern."""
        ...

    def improve(self, best: BoolArray, relaxation: Relaxation, budget: Budget) -> BoolArray:
        """A safe pattern led by the fractional one."""
        ...

    def near(self, x: FloatArray) -> BoolArray | None:
        """A safe pattern led by a fractional or whole one; None where none was found."""
        ...

    def refute(self, opened: BoolArray) -> bool:
        """Whether a pattern is not safe; then an inequality that it violates has been learnt."""
        ...

    def witnesses(self, opened: BoolArray) -> sp.csr_matrix | None:
        """Whole-number moves of the unknowns that support a safe pattern, where there are any."""
        ...

    @property
    def effort(self) -> int:
        """What the programs of the attacker have cost so far: iterations times rows and columns."""
        ...


@dataclass
class Linear:
    """Level ``linear``: eliminations decide, reverse-delete finds patterns."""

    reduced: Reduced
    deleter: Deleter
    separator: Covers
    seed: int
    close: ClassVar[float] = 0.05
    spacing: ClassVar[int] = 1
    effort: int = 0

    @classmethod
    def of(cls, reduced: Reduced, seed: int) -> Linear:
        """Raises Infeasible where a primary cell follows with everything hidden."""
        return cls(reduced, Deleter.of(reduced), Covers(reduced, seed), seed)

    def first(self, budget: Budget, previous: BoolArray | None) -> BoolArray:
        """Reverse-delete by falling loss, and close to an earlier pattern."""
        plain = self.deleter.delete(self.reduced.weight)
        if previous is None:
            return plain
        return min(self.deleter.below(previous), plain, key=self.deleter.loss)

    def improve(self, best: BoolArray, relaxation: Relaxation, budget: Budget) -> BoolArray:
        """Guided orders and a short neighbourhood search."""
        short = dataclasses.replace(budget, work=SHARE * budget.work)
        return search(self.deleter, relaxation, short, seed=self.seed, starts=[best])[0]

    def near(self, x: FloatArray) -> BoolArray | None:
        """Reverse-delete that prints last what the pattern opens."""
        return self.deleter.delete(self.reduced.weight * (1.0 - 0.999 * x))

    def refute(self, opened: BoolArray) -> bool:
        """By one elimination."""
        return bool(self.separator.separate(opened.astype(np.float64)).shape[0] > 0)

    def witnesses(self, opened: BoolArray) -> sp.csr_matrix | None:
        """None: the level is decided by elimination."""
        return None


SHARE = 0.3
"""Part of the reverse-delete search's default work that the exact engine spends on it."""


@dataclass
class Bounded:
    """Levels with bounds and distances: attacker programs decide and complete patterns."""

    reduced: Reduced
    separator: Capacities
    completion: Completion
    seed: int
    moves: list[IntArray] = field(default_factory=list)
    close: ClassVar[float] = 0.01
    spacing: ClassVar[int] = 2

    @classmethod
    def of(cls, reduced: Reduced, seed: int) -> Bounded:
        """Raises Infeasible where a primary cell cannot move far enough at all."""
        if len(reduced.stuck):
            raise infeasible(reduced.problem, reduced.stuck)
        separator = Capacities(reduced, seed)
        return cls(reduced, separator, Completion(separator), seed)

    def first(self, budget: Budget, previous: BoolArray | None) -> BoolArray:
        """Grown from the primary cells or an earlier pattern, then thinned."""
        starts = [self.reduced.forced]
        if previous is not None:
            starts.insert(0, self.reduced.opened(previous))
        grown = [self._completed(s, self.reduced.weight, budget) for s in starts]
        safe = [g for g in grown if g is not None]
        if safe:
            return min(safe, key=lambda o: float(self.reduced.weight[o].sum()))
        # Where no real-valued search succeeds, the whole-number engine decides and names cells.
        found = lp_greedy(self.reduced.problem, budget=budget, seed=self.seed, previous=previous)
        return self.reduced.opened(found.hidden)

    def improve(self, best: BoolArray, relaxation: Relaxation, budget: Budget) -> BoolArray:
        """Completions of what the fractional pattern opens for certain, led by all of it."""
        x, found = relaxation.x, [best]
        for trust in TRUSTS:
            price = self.reduced.weight * (1.0 - trust * x)
            led = self._completed(x > 0.99, price, budget)
            if led is not None:
                found.append(led)
        return min(found, key=lambda o: float(self.reduced.weight[o].sum()))

    def near(self, x: FloatArray) -> BoolArray | None:
        """The completion of what it opens for certain, led by all of it."""
        return self._completed(x > 0.99, self.reduced.weight * (1.0 - 0.99 * x), Budget())

    def _completed(self, opened: BoolArray, price: FloatArray, budget: Budget) -> BoolArray | None:
        """A safe pattern, whole-number tables included where the attacker knows of them."""
        while True:
            found = self.completion.complete(opened, price, budget)
            if found is None or (self.reduced.problem.whole and self._no_whole_table(found)):
                return None
            if not self._heed(found):
                return found
            opened = found

    def refute(self, opened: BoolArray) -> bool:
        """By the attacker's programs, real-valued first; then whole-numbered where he knows that; then
        by those of the people inside.
        """
        x = opened.astype(np.float64)
        rows = self.separator.by_programs(x, exact=True)
        if rows.shape[0]:
            self.separator.cuts.add(rows)
            self.separator.cuts.add(failing_sets(self.separator, opened))
            return True
        if self.reduced.problem.whole and self._no_whole_table(opened):
            return True
        if not self._heed(opened):
            return False
        if not self.separator.cuts.add(self.separator.by_programs(x, exact=True)).shape[0]:
            self._forbid(opened)
        return True

    def _heed(self, opened: BoolArray) -> bool:
        """Take in the demands of those inside that a pattern leaves unmet; whether there are any.

        The pattern has whole moves for all demands known so far.
        """
        if self.reduced.problem.own is None or not self.reduced.columns:
            return False
        known = np.array(self._whole_moves(opened), dtype=np.int64)
        moves = sp.csr_matrix(known.reshape(-1, self.reduced.columns))
        asked = Guards.unheeded(self.reduced, self.reduced.cells(opened), moves)
        self._within(opened)
        pool: list[IntArray] = []
        unmet = []
        rows = (asked.column, asked.sign, asked.need, asked.guard, asked.way, asked.room)
        for demand in map(Demand, *(a.tolist() for a in rows)):
            if _served(pool, demand):
                continue
            found = self._whole(demand)
            if found is None:
                unmet.append(demand)
            else:
                pool += found
        self.moves += pool
        self.separator.widen(unmet)
        return bool(unmet)

    def witnesses(self, opened: BoolArray) -> sp.csr_matrix | None:
        """The whole moves met on the way that stay within the pattern."""
        kept = self._whole_moves(opened)
        if not kept:
            return None
        return self.reduced.moves(sp.csr_matrix(np.vstack(kept), dtype=np.int64))

    @property
    def effort(self) -> int:
        """That of the real-valued attacker."""
        return self.separator.attacker.effort

    def _whole_moves(self, opened: BoolArray) -> list[IntArray]:
        """The moves met on the way that are whole and stay within a pattern."""
        shut = ~self.reduced.free(opened)
        kept = [m for m in self.moves if not m[shut].any()]
        for move in self.separator.pool:
            step = np.rint(move).astype(np.int64)
            if np.abs(step - move).max(initial=0.0) > 1e-6 or step[shut].any() or not step.any():
                continue
            if not (self.reduced.matrix @ step).any():
                kept.append(step)
        return kept

    def _no_whole_table(self, opened: BoolArray) -> bool:
        """Find a whole move for each demand within the pattern, or forbid the pattern."""
        pool = self._whole_moves(opened)
        self._within(opened)
        for demand in self.separator.demands:
            if _served(pool, demand):
                continue
            moves = self._whole(demand)
            if moves is None:
                self._forbid(opened)
                return True
            self.moves += moves
            pool += moves
        return False

    def _within(self, opened: BoolArray) -> None:
        """Bound the attacker by a whole pattern."""
        inside = self.reduced.free(opened)
        self.separator.attacker.limit(
            np.where(inside, -self.reduced.down, 0.0), np.where(inside, self.reduced.up, 0.0)
        )

    def _whole(self, demand: Demand) -> list[IntArray] | None:
        """Whole moves that meet a demand within the attacker's bounds; None if there are none."""
        with self.separator.attacker.keeping(demand.guard, demand.way, demand.room):
            return self._moves(demand)

    def _moves(self, demand: Demand) -> list[IntArray] | None:
        column, need = demand.column, demand.need
        whole = self.separator.attacker.whole
        if demand.sign:
            move = whole(column, demand.sign, need)
            return None if move is None else [move]
        up = whole(column, 1, need)
        far = need
        while up is None and far > 0:
            far -= 1
            up = whole(column, 1, far)
        down = whole(column, -1, need - far) if far < need else None
        if far < need and down is None:
            return None
        return [m for m in (up, down) if m is not None]

    def _forbid(self, opened: BoolArray) -> None:
        """A pattern that fails fails with less hidden as well: something else must be opened."""
        self.separator.cuts.add(sp.csr_matrix((~opened).astype(np.float64)[None, :]))


def _served(pool: list[IntArray], demand: Demand) -> bool:
    """Whether the moves at hand meet a demand."""
    guard, way = demand.guard, demand.way
    steps = [int(m[demand.column]) for m in pool if guard < 0 or way * m[guard] <= demand.room] or [
        0
    ]
    high, low = max(*steps, 0), min(*steps, 0)
    return (high - low if demand.sign == 0 else max(demand.sign * high, demand.sign * low)) >= (
        demand.need
    )
