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

import os
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import scipy.sparse as sp

from sdc.model.hierarchy import IntArray
from sdc.model.system import BoolArray, Problem
from sdc.suppression.areatree import Districts, districts_of
from sdc.suppression.demands import Demands, Masks
from sdc.suppression.engine import IDLE, Engine, Witnesses
from sdc.suppression.exchange import CHUNK, improve
from sdc.suppression.found import Budget, Found
from sdc.suppression.leading import Lead
from sdc.suppression.repair import repair

SWEEP = 40
"""Search steps of the sweeps a demand at budget 1."""

LADDER = ((0, IDLE), (0, 100 * IDLE), (3, IDLE), (3, 100 * IDLE), (10, IDLE), (10, 30 * IDLE))
"""Further districts, the largest ones, and price of a hidden cell in the searches across districts."""

LED = 15_000
"""Demands up to which a relaxation of the whole system leads the windows and proves a bound."""

OFTEN = 3_000
"""Demands beyond which the last exchanges go on for longer, up to four times."""

POLISHED = 100_000
"""Demands up to which the moves of the whole system are held at once."""

PATIENCE = 2_000
"""Steps after which a search over several districts is given up."""


@dataclass(frozen=True, eq=False)
class Searched:
    """What one window came to: moves, masks that they keep open, demands without a move."""

    moves: sp.csr_matrix
    left: IntArray
    reproducible: bool


@dataclass(frozen=True, eq=False)
class Ground:
    """What all windows of a problem share."""

    problem: Problem
    demands: Demands
    masks: Masks
    budget: Budget
    seed: int

    def search(
        self, columns: IntArray, open_: BoolArray, *, which: IntArray, idle: float | None = None
    ) -> Searched:
        """Serve some demands by moves within a window, and exchange them for cheaper ones."""
        options: dict[str, Any] = {} if idle is None else {"patience": PATIENCE, "idle": idle}
        engine = Engine(
            self.problem,
            self.demands,
            self.masks,
            columns=columns,
            which=which,
            open_=open_,
            seed=self.seed,
            **options,
        )
        engine.construct()
        steps, done = self.budget.steps(SWEEP * len(which)), False
        while steps > 0 and not done and not self.budget.expired:
            done, kept = engine.sweep(min(CHUNK, steps))
            done = done and kept == 0
            steps -= CHUNK
        moves = engine.witnesses().moves
        return Searched(moves, engine.unserved(), not self.budget.expired)

    def opened(self, open_: BoolArray, found: Iterable[Searched]) -> BoolArray:
        """(k,) the masks that are hidden once the moves of some windows are allowed for."""
        out = open_.copy()
        for one in found:
            out |= self.masks.needed(one.moves)
        return out


def districts(
    problem: Problem, *, budget: Budget, seed: int, previous: BoolArray | None = None
) -> Found:
    """Protect a problem at ``interval`` by windows over districts.

    Memory and time grow with the number of districts; windows run on all processors, and the answer
    does not depend on their order. Raises RulesError where the tables share no dimension with
    districts, Infeasible where a cell cannot be protected though everything else is hidden.
    """
    parts = districts_of(problem.system)
    demands, true = Demands.of(problem), Masks.of_problem(problem, previous)
    few = Budget(budget.work if len(demands) <= LED else 0.0, budget.deadline)
    lead = Lead.of(problem, few, seed=seed)
    masks = lead.priced(true) if few.work else true
    ground = Ground(problem, demands, masks, budget, seed)
    nothing = np.zeros(len(masks.price), dtype=bool)
    inner = np.full(problem.system.n, -1, dtype=np.int64)
    for number, cells in enumerate(parts.inside):
        inner[cells] = number
    home = inner[demands.cell]
    top = ground.search(parts.top, nothing, which=np.flatnonzero(home < 0))
    open_ = ground.opened(nothing, [top])
    own = [np.flatnonzero(home == d) for d in range(len(parts.inside))]
    found = list(_everywhere(partial(_inside, ground, parts, open_, own), range(len(own))))
    open_ = ground.opened(open_, found)
    hard = [(d, one.left) for d, one in enumerate(found) if len(one.left)]
    hard += [(parts.largest[0], top.left)] if len(top.left) else []
    more = list(_everywhere(partial(_across, ground, parts, open_), hard))
    searched = [top, *found, *more]
    moves = sp.csr_matrix(sp.vstack([s.moves for s in searched], format="csr"))
    hidden = masks.hidden(problem, ground.opened(open_, more))
    left = sum(len(s.left) for s in more)
    log = [
        f"districts: {len(own)} districts, {len(top.left)} demands of their rows and "
        f"{sum(len(one.left) for one in found)} inside went further, {left} left to programs"
    ]
    safe = Found(hidden, 0.0, (), moves)
    if left:
        safe = repair(problem, hidden, budget=Budget(0), seed=seed, moves=moves)
    final = safe
    if len(demands) <= POLISHED:
        final = polish(replace(ground, masks=true), safe)
    certain = final.reproducible and all(s.reproducible for s in searched)
    bound = min(lead.bound, final.cost_in(problem))
    certain &= lead.reproducible
    return Found(final.hidden, bound, (*log, *final.log), final.moves, reproducible=certain)


def polish(ground: Ground, found: Found) -> Found:
    """The same promise for less: masks are given up one by one, dearest first, in the whole system.

    Starts from the moves in hand and keeps only what lowers the price.
    """
    problem, masks = ground.problem, ground.masks
    assert found.moves is not None
    engine = Engine(problem, ground.demands, masks, seed=ground.seed)
    engine.load(Witnesses(found.moves, servers(ground.demands, found.moves)))
    if len(engine.unserved()):
        return found
    before = engine.cost
    scale = min(max(len(ground.demands) / OFTEN, 1.0), 4.0)
    budget = Budget(ground.budget.work * scale, ground.budget.deadline)
    reproducible = improve(engine, budget)
    moves = engine.witnesses().moves
    hidden = masks.hidden(problem, masks.needed(moves))
    log = (*found.log, f"polish: price {before:.6g} to {engine.cost:.6g}")
    return Found(hidden, 0.0, log, moves, reproducible=reproducible)


def servers(demands: Demands, moves: sp.csr_matrix) -> IntArray:
    """(r,) a move that serves each demand, -1 where none does.

    >>> d = Demands(np.array([0, 1]), np.array([1, -1]), np.array([2, 5]))
    >>> servers(d, sp.csr_matrix(np.array([[1, -1], [2, -2]]))).tolist()
    [1, -1]
    """
    columns = moves.tocsc()
    out = np.full(len(demands), -1, dtype=np.int64)
    for r, cell in enumerate(demands.cell.tolist()):
        part = slice(int(columns.indptr[cell]), int(columns.indptr[cell + 1]))
        reach = columns.data[part] * demands.sign[r]
        enough = columns.indices[part][reach >= demands.need[r]]
        if len(enough):
            out[r] = int(enough.min())
    return out


def _inside(
    ground: Ground, parts: Districts, open_: BoolArray, own: Sequence[IntArray], district: int
) -> Searched:
    """The demands of a district, its own row and all other districts standing still."""
    return ground.search(parts.inside[district], open_, which=own[district])


def _across(
    ground: Ground, parts: Districts, open_: BoolArray, hard: tuple[int, IntArray]
) -> Searched:
    """Demands that need more units than their district has: wider and wider windows, shorter moves."""
    district, left = hard
    others = [d for d in parts.largest if d != district]
    moves = [sp.csr_matrix((0, ground.problem.system.n), dtype=np.int64)]
    reproducible = True
    for partners, idle in LADDER:
        cells = [parts.inside[d] for d in (district, *others[:partners])]
        found = ground.search(
            np.unique(np.concatenate([parts.top, *cells])), open_, which=left, idle=idle
        )
        moves.append(found.moves)
        open_ = ground.opened(open_, [found])
        left, reproducible = found.left, reproducible and found.reproducible
        if not len(left):
            break
    return Searched(sp.csr_matrix(sp.vstack(moves, format="csr")), left, reproducible)


def _everywhere(work: partial[Searched], items: Iterable[object]) -> Iterator[Searched]:
    """The work on every item, in order; compiled searches let other threads run."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        yield from pool.map(work, items)
