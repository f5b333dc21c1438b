"""Which pattern remains when ever more is printed as long as nothing primary follows?

Level ``linear``. Everything eligible is hidden first; masks are then printed one by one, the dearest
first, each where no primary cell would follow (the greedy order of GaussSuppression, Langsrud 2024,
on a tableau that touches only what changes). A guide from the relaxation, random orders and the
re-opening of neighbourhoods improve on it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from sdc.errors import Infeasible, InputError
from sdc.messages import Text
from sdc.model.hierarchy import IntArray
from sdc.model.system import BoolArray, FloatArray, Level, Problem
from sdc.suppression.closing import close_in_order, determined
from sdc.suppression.cocircuits import Covers
from sdc.suppression.entries import Tableau, copied
from sdc.suppression.found import Budget, Found
from sdc.suppression.presolve import Reduced, reduce
from sdc.suppression.relaxation import Relaxation, relax
from sdc.suppression.tableau import eliminate

__all__ = ["Deleter", "reverse_delete", "search"]

TRUST = (0.5, 0.8, 0.95)
"""How much of a mask's loss the guide takes away, in the orders tried first."""
ROUNDS, MASKED = 200, 1_500_000
"""Rounds of the relaxation at the default budget; on large tables so many that they look at MASKED
masks in all."""
STARTS, ORDERED = 24, 600_000
"""Random orders tried at the default budget; on large tables so many that they look at ORDERED
masks in all."""
WORK = 3_000_000
"""Masks looked at by the neighbourhood search at the default budget; a step looks at all that
are open, and its overhead counts as OVERHEAD of them."""
OVERHEAD = 2_000
SPREAD = 0.25
"""Standard deviation of the logarithm by which random orders scale a key."""


def reverse_delete(
    problem: Problem, *, budget: Budget, seed: int, previous: BoolArray | None
) -> Found:
    """A pattern without superfluous masks for level ``linear``, any size.

    With a budget of 0 the plain order by falling loss, without a bound. ``previous`` joins the first
    patterns that the search starts from. One elimination, then O(row x column) a mask.

    Raises Infeasible where a primary cell follows even with everything eligible hidden; InputError
    for another level.
    """
    if problem.level is not Level.LINEAR:
        raise InputError(Text("reverse-delete serves level linear only"))
    reduced = reduce(problem)
    deleter = Deleter.of(reduced)
    plain = deleter.delete(reduced.weight)
    if budget.work == 0:
        return Found(reduced.cells(plain), log=("printed by falling loss",))
    rounds = budget.steps(min(ROUNDS, max(MASKED // max(reduced.masks, 1), 1)))
    relaxation = relax(reduced, Covers(reduced, seed), budget, rounds=rounds)
    # Where two are equally cheap the first is kept, so that a revision keeps its X.
    starts = [plain] if previous is None else [deleter.below(previous), plain]
    best, log = search(deleter, relaxation, budget, seed=seed, starts=starts)
    hidden = reduced.cells(best)
    return Found(
        hidden, bound=min(relaxation.bound, deleter.loss(best)), log=tuple(log),
        reproducible=relaxation.reproducible and not budget.expired,
    )  # fmt: skip


@dataclass(frozen=True, eq=False)
class Deleter:
    """Reverse-delete on one reduced problem; patterns are boolean over masks (k,)."""

    reduced: Reduced
    protected: BoolArray
    sets: sp.csr_matrix
    by_column: sp.csc_matrix
    full: Tableau

    @classmethod
    def of(cls, reduced: Reduced) -> Deleter:
        """Eliminate once with everything open; Infeasible names what follows even then."""
        full = eliminate(reduced.matrix)
        fixed = determined(full, reduced.targets.column)
        held = np.isin(reduced.column[reduced.problem.primary], fixed)
        stuck = np.union1d(reduced.stuck, reduced.problem.primary[held])
        if len(stuck):
            raise infeasible(reduced.problem, stuck)
        protected = np.zeros(reduced.columns, dtype=bool)
        protected[reduced.targets.column] = True
        sets = sp.csr_matrix(reduced.gate.T)
        return cls(reduced, protected, sets, sp.csc_matrix(reduced.matrix), full)

    def loss(self, opened: BoolArray) -> float:
        """Loss of a pattern."""
        return float(self.reduced.weight[opened].sum())

    def delete(self, key: FloatArray, within: BoolArray | None = None) -> BoolArray:
        """Print masks by falling key, starting from all masks or from those in ``within``.

        ``within`` (k,) must be safe. Returns the masks that stay hidden.
        """
        reduced = self.reduced
        if within is None:
            tab, sets, columns = copied(self.full), self.sets, np.arange(reduced.columns)
        else:
            columns = np.flatnonzero(reduced.free(within | reduced.forced))
            part = sp.csr_matrix(self.by_column[:, columns])
            tab = eliminate(part[np.diff(part.indptr) > 0])
            sets = sp.csr_matrix(self.sets[:, columns])
        candidates = ~reduced.forced if within is None else within & ~reduced.forced
        masks = np.flatnonzero(candidates)
        order = masks[np.argsort(-key[masks], kind="stable")]
        tab = close_in_order(tab, sets, order, protected=self.protected[columns])
        opened = np.asarray(sets @ (tab.state == 0).astype(np.int64)) > 0
        return opened | reduced.forced

    def below(self, hidden: BoolArray) -> BoolArray:
        """A safe pattern close to a given one (n,): what it shows is printed first."""
        wanted = self.reduced.opened(hidden)
        most = self.reduced.weight.max(initial=0.0) + 1.0
        return self.delete(self.reduced.weight + np.where(wanted, 0.0, most))


def infeasible(problem: Problem, cells: IntArray) -> Infeasible:
    """The error that names primary cells no pattern protects."""
    names = [problem.system.name_of(int(c)) for c in cells[:20]]
    return Infeasible(
        Text(
            "{count} cells cannot be protected whatever else is hidden: {names}",
            count=len(cells),
            names="; ".join(names[:3]),
        ),
        cells=names,
    )


def search(
    deleter: Deleter,
    relaxation: Relaxation,
    budget: Budget,
    *,
    seed: int,
    starts: list[BoolArray],
) -> tuple[BoolArray, list[str]]:
    """The cheapest of guided and random orders, improved by re-opening neighbourhoods.

    Ends early where the bound is met. Deterministic for a seed and a budget without a deadline.
    """
    weight = deleter.reduced.weight
    guided = [deleter.delete(weight * (1.0 - trust * relaxation.x)) for trust in TRUST]
    best = min([*starts, *guided], key=deleter.loss)
    log = [f"guided orders: loss {deleter.loss(best):g}, bound {relaxation.bound:g}"]
    draw = np.random.default_rng([seed, 1])
    guide = weight * (1.0 - TRUST[-1] * relaxation.x)
    orders = min(STARTS, max(ORDERED // max(len(weight), 1), 1))
    for _ in range(budget.steps(orders)):
        if deleter.loss(best) <= relaxation.bound or budget.expired:
            break
        key = guide * np.exp(draw.normal(0.0, SPREAD, len(guide)))
        best = min(best, deleter.delete(key), key=deleter.loss)
    log.append(f"random orders: loss {deleter.loss(best):g}")
    hood = Neighbourhoods.of(deleter, relaxation, seed)
    best = hood.improve(best, relaxation.bound, budget)
    log.append(f"neighbourhoods re-opened {hood.rounds} times: loss {deleter.loss(best):g}")
    return best, log


@dataclass
class Neighbourhoods:
    """Large-neighbourhood search: open a few masks near a hidden one, print that one, delete again.

    Neighbours share a relation of at most ``NARROW`` terms. Every candidate is safe, because the
    repair is a reverse-delete. (Large-neighbourhood search: Shaw 1998.)
    """

    deleter: Deleter
    trust: FloatArray
    draw: np.random.Generator
    links: sp.csr_matrix
    rounds: int = 0

    NARROW = 40
    SIZES = (1, 1, 2, 3, 5, 20)

    @classmethod
    def of(cls, deleter: Deleter, relaxation: Relaxation, seed: int) -> Neighbourhoods:
        """Neighbourhoods on one problem; O(narrow relations x their length)."""
        reduced = deleter.reduced
        rows = reduced.matrix[np.diff(reduced.matrix.indptr) <= cls.NARROW]
        touch = sp.csr_matrix((abs(rows) @ reduced.gate) > 0, dtype=np.int8)
        trust = 1.0 - TRUST[-1] * relaxation.x
        return cls(deleter, trust, np.random.default_rng([seed, 2]), sp.csr_matrix(touch.T @ touch))

    def improve(self, opened: BoolArray, bound: float, budget: Budget) -> BoolArray:
        """Try neighbourhoods until the work is spent, the bound is met or nothing is left."""
        best, loss, work = opened, self.deleter.loss(opened), 0
        weight, forced = self.deleter.reduced.weight, self.deleter.reduced.forced
        while work < budget.steps(WORK) and loss > bound and not budget.expired:
            extra = np.flatnonzero(best & ~forced)
            if not len(extra):
                break
            leaving = int(self.draw.choice(extra))
            entering = self._near(leaving, best)
            key = weight * np.exp(self.draw.normal(0.0, SPREAD, len(weight)))
            key[entering] *= self.trust[entering] if len(entering) > 5 else 0.0
            key[leaving] = np.inf
            within = best.copy()
            within[entering] = True
            trial = self.deleter.delete(key, within)
            self.rounds += 1
            work += OVERHEAD + int(within.sum())
            cost = self.deleter.loss(trial)
            if cost <= loss:
                best, loss = trial, cost
        return best

    def _near(self, mask: int, opened: BoolArray) -> IntArray:
        """A few closed masks at one or two steps from a mask, the cheaper ones more often."""
        near = self.links[[mask]].indices
        if self.draw.random() < 0.5:
            near = np.unique(self.links[near].indices)
        near = np.sort(near[~opened[near]]).astype(np.int64)
        if not len(near):
            return near
        # In units of the mean, so that other units of the loss lead to the same choices.
        weight = self.deleter.reduced.weight
        unit = float(weight.mean()) or 1.0
        chance = 1.0 / (0.1 + weight[near] * self.trust[near] / unit)
        size = min(self.SIZES[int(self.draw.integers(len(self.SIZES)))], len(near))
        return self.draw.choice(near, size, replace=False, p=chance / chance.sum())
