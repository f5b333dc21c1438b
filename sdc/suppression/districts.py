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
from dataclasses import dataclass
from functools import partial

import numpy as np
import scipy.sparse as sp

from sdc.errors import RulesError
from sdc.model.hierarchy import Hierarchy, IntArray
from sdc.model.system import BoolArray, Problem, System
from sdc.suppression.demands import Demands, Masks
from sdc.suppression.engine import Engine, Witnesses
from sdc.suppression.exchange import CHUNK, improve
from sdc.suppression.found import Budget, Found
from sdc.suppression.repair import repair

LARGEST_AREAS = 3
"""Areas that stand for a district while the rows of the districts are protected."""

SWEEP = 40
"""Search steps of the sweeps a demand at budget 1."""

PATIENCE = 2_000
"""Steps after which a search over a district and the rows of all districts is given up."""


@dataclass(frozen=True, eq=False)
class Districts:
    """Unknowns of the rows of the districts with what stands for them, and inside each district."""

    top: IntArray
    inside: tuple[IntArray, ...]


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
        self, columns: IntArray, open_: BoolArray, *, which: IntArray, patience: int | None = None
    ) -> Searched:
        """Serve some demands by moves within a window, and exchange them for cheaper ones."""
        options = {} if patience is None else {"patience": patience}
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
            out[self.masks.of[np.unique(one.moves.indices)]] = True
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
    demands, masks = Demands.of(problem), Masks.of_problem(problem, previous)
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
    more = list(_everywhere(partial(_across, ground, parts, open_), hard))
    searched = [top, *found, *more]
    moves = sp.csr_matrix(sp.vstack([s.moves for s in searched], format="csr"))
    hidden = masks.hidden(problem, ground.opened(open_, more))
    left = sum(len(s.left) for s in [top, *more])
    log = [
        f"districts: {len(own)} districts, {sum(len(one.left) for one in found)} demands beyond "
        f"their district, {left} left to programs"
    ]
    mended = repair(problem, hidden, budget=Budget(0), seed=seed, moves=moves)
    final = polish(ground, mended)
    certain = final.reproducible and all(s.reproducible for s in searched)
    return Found(final.hidden, 0.0, (*log, *final.log), final.moves, reproducible=certain)


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
    reproducible = improve(engine, ground.budget)
    moves = engine.witnesses().moves
    open_ = np.zeros(len(masks.price), dtype=bool)
    open_[masks.of[np.unique(moves.indices)]] = True
    log = (*found.log, f"polish: price {before:.6g} to {engine.cost:.6g}")
    return Found(masks.hidden(problem, open_), 0.0, log, moves, reproducible=reproducible)


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
    """Demands that need more units than their district has."""
    columns = np.union1d(parts.top, parts.inside[hard[0]])
    return ground.search(columns, open_, which=hard[1], patience=PATIENCE)


def _everywhere(work: partial[Searched], items: Iterable[object]) -> Iterator[Searched]:
    """The work on every item, in order; compiled searches let other threads run."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        yield from pool.map(work, items)


def districts_of(system: System) -> Districts:
    """The districts of the dimension with most innermost codes among those that all tables share.

    Raises RulesError where there is none with at least two districts, or where places that no table
    prints tie districts together.
    """
    dim = shared_tree(system)
    if dim is None:
        raise RulesError(
            "districtsには全ての表に共通の二段以上の地域区分が必要です",
            "districts needs a dimension of at least two levels that all tables share",
            code="districts",
        )
    groups = np.flatnonzero(dim.parents == dim.root)
    member = _member(dim, groups)
    stand = _representatives(system, dim, member, len(groups))
    inside: list[list[IntArray]] = [[] for _ in groups]
    top: list[IntArray] = []
    for block in system.blocks:
        axis = next(i for i, d in enumerate(block.table.dims) if d.name == dim.name)
        rows = np.moveaxis(block.index, axis, 0).reshape(len(dim), -1)
        top.append(rows[(member < 0) | stand].ravel())
        for g in range(len(groups)):
            inside[g].append(rows[member == g].ravel())
    return Districts(
        np.unique(np.concatenate(top)), tuple(np.unique(np.concatenate(part)) for part in inside)
    )


def shared_tree(system: System) -> Hierarchy | None:
    """The dimension of districts: shared by all tables, with parts below parts; None for none.

    >>> shared_tree(System.plain(np.array([7, 3, 4]), sp.csr_matrix(np.array([[-1, 1, 1]])))) is None
    True
    """
    if not system.blocks or not system.shown.all():
        return None
    dims = {d.name: d for d in system.blocks[0].table.dims}
    for block in system.blocks[1:]:
        dims = {d.name: d for d in block.table.dims if d.name in dims}
    deep = []
    for dim in dims.values():
        groups = np.flatnonzero(dim.parents == dim.root)
        parents = np.isin(groups, dim.parents)
        if len(groups) > 1 and parents.any():
            deep.append(dim)
    return max(deep, key=lambda d: (len(d.leaves), d.name)) if deep else None


def _member(dim: Hierarchy, groups: IntArray) -> IntArray:
    """(codes,) district in which a code lies properly; -1 for the districts and the root."""
    member = np.full(len(dim), -1, dtype=np.int64)
    number = {int(g): i for i, g in enumerate(groups)}
    for code in range(len(dim)):
        up = int(dim.parents[code])
        while up >= 0 and up not in number:
            up = int(dim.parents[up])
        if up >= 0:
            member[code] = number[up]
    return member


def _representatives(system: System, dim: Hierarchy, member: IntArray, groups: int) -> BoolArray:
    """(codes,) the largest areas of each district, with all between them and the district."""
    size = np.zeros(len(dim), dtype=np.int64)
    for block in system.blocks:
        if block.table.is_count:
            axis = next(i for i, d in enumerate(block.table.dims) if d.name == dim.name)
            size += np.moveaxis(block.table.value, axis, 0).reshape(len(dim), -1).max(axis=1)
    stand = np.zeros(len(dim), dtype=bool)
    leaves = dim.leaves[np.lexsort((dim.leaves, -size[dim.leaves]))]
    for g in range(groups):
        for area in leaves[member[leaves] == g][:LARGEST_AREAS].tolist():
            leaf = area
            while member[leaf] == g:
                stand[leaf] = True
                leaf = int(dim.parents[leaf])
    return stand
