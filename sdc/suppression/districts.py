"""How is a table too large for one search protected district by district, and proven as a whole?

The districts are the codes below the root of one dimension that all tables share. First the rows of the
districts are protected among each other, each district standing in them with its largest areas only, so
that every move is carried down to areas at once. Then each district is protected inside while its own row
stands still; districts know nothing of each other, so that many are searched at the same time. What
cannot be protected that way, because a district holds too few units of a class, is searched in the
district and the rows of the districts together. Every move holds in the whole system: outside its window
nothing changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import scipy.sparse as sp

from sdc.model.hierarchy import IntArray
from sdc.model.sharing import Runner, threaded
from sdc.model.system import BoolArray, Problem, System
from sdc.suppression.areatree import Districts, districts_of, shared_tree
from sdc.suppression.demands import Demands, Masks
from sdc.suppression.engine import IDLE, Engine
from sdc.suppression.found import Budget, Found
from sdc.suppression.insiders import CHUNK, guarded
from sdc.suppression.leading import Lead
from sdc.suppression.nearby import Nearby
from sdc.suppression.polishing import polish
from sdc.suppression.repair import repair
from sdc.suppression.window import Window

SWEEP = 40
"""Search steps of the sweeps a demand at budget 1."""

WIDE, NEAR = "wide", "near"
LADDER = (
    (WIDE, 0, IDLE), (WIDE, 0, 100 * IDLE), (WIDE, 3, IDLE), (WIDE, 3, 100 * IDLE), (WIDE, 10, IDLE),
    (WIDE, 10, 30 * IDLE), (NEAR, 1, 6), (NEAR, 2, 2), (NEAR, 2, 4), (NEAR, 3, 2),
)  # fmt: skip
"""Windows for what a district cannot give alone. Wide ones: further districts, the largest, and the price
of a hidden cell. Near ones: levels above the area of the cell, and others beside each (``nearby``)."""

WIDEST = 60_000
"""Unknowns of the widest window: a search cannot use more."""

LED = 15_000
"""Demands up to which a relaxation of the whole system leads the windows and proves a bound."""

ROUNDS = 3
"""How often windows are searched for the people inside."""

FEW = 500
"""Demands left up to which programs find better moves than near windows, in bearable time."""

POLISHED = 100_000
"""Demands up to which the moves of the whole system are held at once."""

PATIENCE, GUARDED_PATIENCE = 2_000, 400
"""Steps after which a search over several districts is given up, and where people inside ask for it."""


@dataclass(frozen=True, eq=False)
class Searched:
    """What one window came to: moves, masks that they keep open, demands without a move."""

    moves: sp.csr_matrix
    left: IntArray
    reproducible: bool


@dataclass(frozen=True, eq=False)
class Cuts:
    """Windows of a problem, cut one by one when they are asked for.

    A window is given by its unknowns and by the numbers of the demands that it deals with.
    """

    problem: Problem
    demands: Demands
    masks: Masks
    open_: BoolArray
    wanted: Sequence[tuple[IntArray, IntArray]]

    def __len__(self) -> int:
        return len(self.wanted)

    def __iter__(self) -> Iterator[Window]:
        for columns, which in self.wanted:
            yield Window.of(
                self.problem,
                self.demands,
                self.masks,
                columns=columns,
                which=which,
                open_=self.open_,
            )


@dataclass(frozen=True, eq=False)
class Ground:
    """What all windows of a problem share, and who searches them."""

    problem: Problem
    demands: Demands
    masks: Masks
    budget: Budget
    seed: int
    run: Runner

    def search(
        self,
        wanted: Sequence[tuple[IntArray, IntArray]],
        open_: BoolArray,
        *,
        idle: float | None = None,
    ) -> list[Searched]:
        """Search some windows, (unknowns, demands) each, in which ``open_`` (k,) is hidden already."""
        cuts = Cuts(self.problem, self.demands, self.masks, open_, wanted)
        return list(self.run(partial(search, budget=self.budget, seed=self.seed, idle=idle), cuts))

    def opened(self, open_: BoolArray, found: Iterable[Searched]) -> BoolArray:
        """(k,) the masks that are hidden once the moves of some windows are allowed for."""
        out = open_.copy()
        for one in found:
            out |= self.masks.needed(one.moves)
        return out


def search(window: Window, *, budget: Budget, seed: int, idle: float | None = None) -> Searched:
    """Serve the demands of a window by moves within it, and exchange them for cheaper ones."""
    patience = GUARDED_PATIENCE if (window.demands.guard >= 0).any() else PATIENCE
    options: dict[str, Any] = {} if idle is None else {"patience": patience, "idle": idle}
    engine = Engine(window, seed=seed, **options)
    engine.construct()
    steps, done = budget.steps(SWEEP * len(window.which)), False
    while steps > 0 and not done and not budget.expired:
        done, kept = engine.sweep(min(CHUNK, steps))
        done = done and kept == 0
        steps -= CHUNK
    return Searched(engine.witnesses().moves, engine.unserved(), not budget.expired)


def districts(
    problem: Problem,
    *,
    budget: Budget,
    seed: int,
    previous: BoolArray | None = None,
    run: Runner = threaded,
) -> Found:
    """Protect a problem at ``interval`` by windows over districts, which ``run`` shares out.

    Memory and time grow with the number of districts; the answer does not depend on who searches
    them. Raises RulesError where the tables share no dimension with districts, Infeasible where a
    cell cannot be protected though everything else is hidden.
    """
    parts = districts_of(problem.system)
    demands, true = Demands.of(problem), Masks.of_problem(problem, previous)
    lead = Lead.of(problem, budget, seed=seed) if budget.work and len(demands) <= LED else None
    masks = lead.priced(true) if lead else true
    ground = Ground(problem, demands, masks, budget, seed, run)
    searched, moves, ground, left = _for_everybody(ground, parts)
    hidden = masks.hidden(problem, masks.needed(moves))
    final = Found(hidden, 0.0, (_told(searched, left, len(parts.inside)),), moves)
    if len(demands) <= POLISHED:
        if lead:
            lead.learn(ground.demands, budget)
        final, asked, left = polish(
            problem, true, (final, ground.demands), budget=budget, seed=seed
        )
        ground = replace(ground, demands=asked)
    if left:
        mended = repair(
            problem, final.hidden, budget=Budget(0), seed=seed, moves=final.moves,
            demands=ground.demands,
        )  # fmt: skip
        final = replace(mended, log=(*final.log, *mended.log), reproducible=final.reproducible)
    certain = final.reproducible and all(s.reproducible for s in searched)
    bound = min(lead.bound, final.cost_in(problem)) if lead else 0.0
    certain &= lead is None or lead.reproducible
    return Found(final.hidden, bound, final.log, final.moves, certain, ground.demands)


def _told(searched: Sequence[Searched], left: int, districts: int) -> str:
    """One line for the log."""
    further = [
        sum(len(s.left) for s in part) for part in (searched[:1], searched[1 : districts + 1])
    ]
    return (
        f"districts: {districts} districts, {further[0]} demands of their rows and "
        f"{further[1]} inside went further, {left} left to programs"
    )


def _for_everybody(
    ground: Ground, parts: Districts
) -> tuple[list[Searched], sp.csr_matrix, Ground, int]:
    """Windows for all demands, then for those of the people inside that their moves leave unmet.

    Also all their moves (w, n), the ground with the demands that this took, and how many have no move.
    """
    masks, problem = ground.masks, ground.problem
    every = np.arange(len(ground.demands), dtype=np.int64)
    searched, left = _windows(ground, parts, every, np.zeros(len(masks.price), dtype=bool))
    moves = _stacked(searched)
    for _ in range(ROUNDS):
        open_ = masks.needed(moves)
        demands = guarded(problem, masks.hidden(problem, open_), ground.demands, moves)
        if demands is ground.demands:
            break
        fresh = np.arange(len(ground.demands), len(demands), dtype=np.int64)
        ground = replace(ground, demands=demands)
        further, more = _windows(ground, parts, fresh, open_)
        searched, left = [*searched, *further], left + more
        moves = sp.csr_matrix(sp.vstack([moves, _stacked(further)], format="csr"))
    return searched, moves, ground, left


def _stacked(searched: Sequence[Searched]) -> sp.csr_matrix:
    """All moves of some windows (w, n)."""
    return sp.csr_matrix(sp.vstack([s.moves for s in searched], format="csr"))


def _windows(
    ground: Ground, parts: Districts, which: IntArray, open_: BoolArray
) -> tuple[list[Searched], int]:
    """The rows of the districts, every district inside, and across; how many demands are left."""
    home = parts.home[ground.demands.cell[which]]
    (top,) = ground.search([(parts.top, which[home < 0])], open_)
    open_ = ground.opened(open_, [top])
    own = [(cells, which[home == d]) for d, cells in enumerate(parts.inside)]
    found = ground.search(own, open_)
    left = _together(one.left for one in (top, *found))
    more, left = _across(ground, parts, ground.opened(open_, found), left)
    return [top, *found, *more], len(left)


def _across(
    ground: Ground, parts: Districts, open_: BoolArray, left: IntArray
) -> tuple[list[Searched], IntArray]:
    """Demands that need more than their district has, by one kind of windows after the other."""
    found: list[Searched] = []
    near: Nearby | None = None
    for kind, first, second in LADDER:
        if not len(left):
            break
        if kind == NEAR:
            if near is None and len(left) <= FEW:
                break
            near = near or _nearby(ground.problem.system)
            home = near.home[ground.demands.cell[left]]
            wanted = [(near.around(a, first, int(second)), left[home == a]) for a in _each(home)]
        else:
            home = parts.home[ground.demands.cell[left]]
            home = np.where(home < 0, parts.largest[0], home)
            wanted = [(parts.across(d, first), left[home == d]) for d in _each(home)]
        fits = [
            (columns, which) for columns, which in wanted if len(columns) <= WIDEST or not first
        ]
        idle = IDLE if kind == NEAR else second
        round_ = ground.search(fits, open_, idle=idle)
        open_ = ground.opened(open_, round_)
        found += round_
        served = _together(
            np.setdiff1d(w, one.left) for (_, w), one in zip(fits, round_, strict=True)
        )
        left = np.setdiff1d(left, served)
    return found, left


def _nearby(system: System) -> Nearby:
    """The tree of areas of tables that share districts."""
    dim = shared_tree(system)
    assert dim is not None
    return Nearby.of(system, dim)


def _each(numbers: IntArray) -> list[int]:
    """The different numbers, ascending."""
    return [int(x) for x in np.unique(numbers)]


def _together(parts: Iterable[IntArray]) -> IntArray:
    """All numbers of some arrays, ascending."""
    return np.sort(np.concatenate([np.zeros(0, dtype=np.int64), *parts]))
