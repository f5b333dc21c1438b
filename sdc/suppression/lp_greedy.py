"""Which cells must also be hidden, found by serving one demand after the other with a cheap move?

LP-greedy: for each demand the cheapest move given what is hidden already, smallest need first;
then a clean-up that forbids hidden cells one by one, dearest first, and protects their users
anew, as long as that lowers the loss. Works on every system: linked tables, latent atoms, masks
over several cells, magnitudes and given protection levels. Whole numbers are kept move by move.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import scipy.sparse as sp

from sdc.errors import Infeasible
from sdc.messages import Text
from sdc.model.hierarchy import IntArray
from sdc.model.system import BoolArray, FloatArray, Problem
from sdc.suppression.cheapest import Search, Step
from sdc.suppression.cover import Cover
from sdc.suppression.demands import Demands, Masks
from sdc.suppression.engine import Engine, Witnesses
from sdc.suppression.found import Budget, Found
from sdc.suppression.insiders import guarded
from sdc.suppression.window import Window

GLOBAL = 6_000
"""Unknowns up to which one window holds the whole system."""

NEAR = 1_200
"""Unknowns of the first window around a cell of a larger system."""

Finder = Callable[[int, FloatArray, float], "Step | None"]
"""``finder(demand number, price of every mask, limit)`` -> a move, or None."""


def lp_greedy(
    problem: Problem, *, budget: Budget, seed: int, previous: BoolArray | None = None
) -> Found:
    """Protect a problem at ``interval`` by greedy moves and clean-up.

    Cost: about two linear programs a demand and four a complementary cell, over windows of at
    most ``GLOBAL`` unknowns. Raises Infeasible where a cell cannot be protected though everything
    else is hidden.
    """
    cover = Cover(problem, Demands.of(problem), Masks.of_problem(problem, previous))
    finder = Windows(cover, seed)
    heed_all(cover, finder)
    cover.thin()
    done = clean_up(cover, finder, budget=budget)
    heed_all(cover, finder)
    log = [f"lp-greedy: {len(cover.moves)} moves serve {len(cover.demands)} demands"]
    return Found(cover.hidden(), 0.0, tuple(log), cover.matrix(), reproducible=done)


class Windows:
    """Finds moves in a window around the demand that grows until a move is found."""

    def __init__(self, cover: Cover, seed: int) -> None:
        self._cover = cover
        self._problem = cover.problem
        self._rng = np.random.default_rng(seed)
        self._touch = abs(self._problem.system.relations).astype(np.int64)
        self._back = self._touch.T.tocsr()
        self._whole: Search | None = None
        if self._problem.system.n <= GLOBAL:
            self._whole = self._search(np.arange(self._problem.system.n, dtype=np.int64))

    def __call__(self, demand: int, price: FloatArray, limit: float) -> Step | None:
        """The cheapest move for a demand below ``limit``."""
        demands = self._cover.demands
        aim = (int(demands.cell[demand]), int(demands.sign[demand]), int(demands.need[demand]))
        guard = (int(demands.guard[demand]), int(demands.room[demand]))
        if self._whole is not None:
            with self._whole.keeping(*guard) as whole:
                return whole.cheapest(aim, price, limit=limit, rng=self._rng)
        size = NEAR
        while True:
            columns = self.around(aim[0], size)
            with self._search(columns).keeping(*guard) as near:
                found = near.cheapest(aim, price, limit=limit, rng=self._rng)
            if found is not None or len(columns) < size or np.isfinite(limit):
                return found
            size *= 4

    def within(self, cell: int, price: FloatArray) -> Step | None:
        """Some move of a cell by one, up or down, at these prices; None where there is none."""
        size = NEAR
        while True:
            whole = self._whole
            window = whole if whole is not None else self._search(self.around(cell, size))
            for sign in (1, -1):
                found = window.cheapest((cell, sign, 1), price, rng=self._rng)
                if found is not None:
                    return found
            if whole is not None or size > self._problem.system.n:
                return None
            size *= 4

    def around(self, cell: int, size: int) -> IntArray:
        """The unknowns nearest to one by steps over relations, those that move cheaply first."""
        touch, back = self._touch, self._back
        cheap = self._cover.masks.price[self._cover.masks.of]
        chosen = np.zeros(touch.shape[1], dtype=bool)
        chosen[cell] = True
        edge = np.array([cell], dtype=np.int64)
        while chosen.sum() < size and len(edge):
            rows = np.unique(back[edge].indices)
            beyond = np.unique(touch[rows].indices)
            beyond = beyond[~chosen[beyond] & np.isfinite(cheap[beyond])]
            room = size - int(chosen.sum())
            edge = beyond[np.argsort(cheap[beyond], kind="stable")][:room].astype(np.int64)
            chosen[edge] = True
        return np.flatnonzero(chosen).astype(np.int64)

    def _search(self, columns: IntArray) -> Search:
        return Search(self._problem, self._cover.masks, columns)


def price_of(cover: Cover, forbidden: int = -1) -> FloatArray:
    """(k,) what opening each mask would cost now."""
    price = np.where(cover.open, 0.0, cover.masks.price)
    if forbidden >= 0:
        price[forbidden] = np.inf
    return np.asarray(price)


def serve(cover: Cover, finder: Finder) -> None:
    """Serve every demand that no move serves, in their order.

    Raises Infeasible, naming the cells, where the finder has no move for a demand.
    """
    failed = []
    for demand in range(len(cover.demands)):
        if cover.by[demand] >= 0:
            continue
        found = finder(demand, price_of(cover), np.inf)
        if found is None:
            failed.append(int(cover.demands.cell[demand]))
            continue
        cover.add(found.cell, found.step)
    if failed:
        raise infeasible(cover.problem, failed)


def heed_all(cover: Cover, finder: Finder, pool: sp.csr_matrix | None = None) -> None:
    """Serve every demand, and once more those that somebody inside a cell sees through, until none is.

    Moves of the ``pool`` (w, n) that serve what is unserved are taken before any is searched. Raises
    Infeasible as ``serve`` does.
    """
    while True:
        if pool is not None:
            _take(cover, pool)
        if (cover.demands.guard[cover.unserved()] >= 0).any():
            # Those inside ask for many moves: programs are for what a compiled search does not find.
            _take(cover, _searched(cover))
        serve(cover, finder)
        demands = guarded(cover.problem, cover.hidden(), cover.demands, cover.matrix())
        if demands is cover.demands:
            return
        cover.widen(demands)


def _searched(cover: Cover) -> sp.csr_matrix:
    """Moves (w, n) that a compiled search finds for what is unserved, given what is open."""
    window = Window.of(
        cover.problem, cover.demands, cover.masks, which=cover.unserved(), open_=cover.open
    )
    engine = Engine(window)
    engine.complete()
    return engine.witnesses().moves


def _take(cover: Cover, pool: sp.csr_matrix) -> None:
    """Take over the first move in hand for each demand without one."""
    by = Witnesses.of(cover.demands, pool).by
    for row in np.unique(by[(cover.by < 0) & (by >= 0)]).tolist():
        part = slice(int(pool.indptr[row]), int(pool.indptr[row + 1]))
        cover.add(pool.indices[part].astype(np.int64), pool.data[part])


def infeasible(problem: Problem, cells: list[int]) -> Infeasible:
    """The error that names cells that no pattern protects."""
    names = [problem.system.name_of(c) for c in dict.fromkeys(cells)]
    shown = "; ".join(names[:10])
    return Infeasible(
        Text("cells that cannot be protected even if all others are hidden: {shown}", shown=shown),
        cells=names,
    )


def clean_up(cover: Cover, finder: Finder, *, budget: Budget, base: float = 4.0) -> bool:
    """Forbid complementary masks, dearest first, and serve their users anew where cheaper.

    At most ``base`` x masks attempts at the default budget, until a whole round changes nothing;
    the return value is False where the clock ended it.
    """
    start = int((cover.users > 0).sum())
    steps = budget.steps(base * start)
    improved = True
    while improved and steps > 0:
        improved = False
        masks = np.flatnonzero((cover.users > 0) & ~cover.masks.free)
        order = masks[np.lexsort((masks, -cover.masks.price[masks]))]
        for mask in order.tolist():
            if budget.expired:
                return False
            if steps <= 0:
                break
            if cover.users[mask]:
                steps -= 1
                improved |= without(cover, mask, finder)
    return True


def without(cover: Cover, mask: int, finder: Finder) -> bool:
    """Try to close one mask; whether that lowered the price of the pattern."""
    before = cover.cost
    removed = []
    lost: list[int] = []
    for number in cover.users_of(mask):
        move = cover.moves[number]
        gone = cover.remove(number)
        removed.append((number, move, gone))
        lost += gone
    added: list[int] = []
    for demand in sorted(lost):
        if cover.by[demand] >= 0:
            continue
        room = before - cover.cost
        found = finder(demand, price_of(cover, mask), room) if room > 0 else None
        if found is None:
            break
        added += cover.add(found.cell, found.step)
    if all(cover.by[r] >= 0 for r in lost) and cover.cost < before - 1e-9:
        return True
    for number in reversed(added):
        cover.remove(number)
    for number, move, gone in removed:
        cover.restore(number, move, gone)
    return False
