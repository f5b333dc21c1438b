"""Which disjoint clusters lose least together, and what does no other choice undercut?

Set partitioning; the columns are connected clusters that meet the rule. A linear program over the
columns known so far prices the areas, and a search adds clusters that would pay at these prices until
none is left: then the program's value bounds every permitted map. A mixed-integer program picks from
all columns within reach of the bound. The answer is optimal over its columns; the bound holds for all
maps. (Column generation: Barnhart et al. 1998; the bound with an unfinished search is Lagrangian.)
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import scipy.sparse as sp

from sdc.model.hierarchy import IntArray
from sdc.model.system import BoolArray, FloatArray
from sdc.solver.highs import Model
from sdc.solver.program import TOLERANCE, Status
from sdc.tables.merging.greedy import Cluster, grow
from sdc.tables.merging.problem import MergeProblem
from sdc.tables.merging.search import ClusterSearch, Sweep

PER_ROOT = 20
"""Columns taken from one area in one round."""
SHARES = (0.25, 0.5, 0.75, 1.0)
"""Up to which share of the gap all columns are listed, one step after the other; at 1 the answer is
proven. A step takes about ``GROWTH`` times the work of the one before."""
GROWTH = 4
EPSILON = 1e-7
"""A column pays when its reduced cost is below minus this."""


@dataclass(frozen=True)
class Effort:
    """How long to search: work decides, the clock is an emergency stop.

    ``nodes`` of the branch and bound in one sweep over all areas, ``columns`` in the final choice,
    ``choice`` nodes of the mixed-integer search, ``seconds`` of it before it is cut off.
    """

    nodes: int = 250_000
    columns: int = 12_000
    choice: int = 2_000
    seconds: float = 120.0


@dataclass
class Choice:
    """The clusters of two or more areas that were chosen, and how good they are provably."""

    clusters: list[Cluster]
    bound: float
    optimal: bool = False
    columns: int = 0
    reproducible: bool = True
    log: list[str] = field(default_factory=list)


def partition(
    problem: MergeProblem, starts: Sequence[Sequence[Cluster]], *, effort: Effort
) -> Choice:
    """The best choice among the columns; never worse than the best of ``starts``.

    Each start is a set of disjoint clusters that meet the rule. Areas that the best start does not
    make large enough are given up; the bound speaks of maps that do as much as it.
    """
    pool = Pool(problem)
    best = min(starts, key=lambda s: (len(left_over(problem, s)), total_loss(problem, s)))
    pool.add(c for start in starts for c in start)
    pool.add(first_columns(problem))
    must = ~problem.alone
    must[left_over(problem, best)] = False
    choice = Choice(list(best), 0.0, optimal=True)
    if not must.any() and problem.previous is None:
        return choice
    search = ClusterSearch(problem)
    prices = _price(pool, search, must, effort=effort)
    reach = _choose(pool, must, choice, prices=prices, reach=0.0, effort=effort)
    for share in SHARES if prices.done else ():
        gap = _gap(pool, choice, prices)
        if gap <= TOLERANCE:
            break
        spent, complete = _widen(pool, search, prices, below=share * gap, effort=effort)
        if complete:
            reach = _choose(pool, must, choice, prices=prices, reach=share * gap, effort=effort)
        if not complete or GROWTH * spent > effort.nodes:
            break
    return _proven(problem, choice, prices, reach=reach)


class Pool:
    """The columns: clusters with their loss, the price of changed codes left out."""

    def __init__(self, problem: MergeProblem) -> None:
        self.problem = problem
        self.plain = replace(problem, previous=None)
        self.clusters: list[Cluster] = []
        self.cost: list[float] = []
        self._seen: set[Cluster] = set()

    def add(self, clusters: Iterable[Cluster]) -> int:
        """Take in new clusters; how many there were."""
        fresh = sorted(set(clusters) - self._seen)
        self._seen.update(fresh)
        self.clusters += fresh
        self.cost += [self.plain.loss(c) for c in fresh]
        return len(fresh)

    def matrix(self) -> sp.csc_matrix:
        """(areas, columns) which areas stand in which cluster."""
        sizes = [len(c) for c in self.clusters]
        rows = np.array([a for c in self.clusters for a in c], dtype=np.int64)
        columns = np.repeat(np.arange(len(sizes)), sizes)
        shape = (self.problem.n, len(sizes))
        return sp.csc_matrix((np.ones(len(rows)), (rows, columns)), shape=shape)

    def full_cost(self, columns: IntArray) -> FloatArray:
        """What columns add to the loss of their members alone, changed codes included."""
        p = self.problem
        if p.previous is None:
            return np.array(self.cost)[columns]
        alone = [p.loss([a]) for a in range(p.n)]
        chosen = (self.clusters[int(k)] for k in columns)
        return np.array([p.loss(c) - sum(alone[a] for a in c) for c in chosen])


@dataclass
class _Prices:
    """Dual prices of the areas, the bound that they prove, and whether no column pays any more."""

    duals: FloatArray
    bound: float
    done: bool


def _price(pool: Pool, search: ClusterSearch, must: BoolArray, *, effort: Effort) -> _Prices:
    """Add columns until none pays, or until the work is spent."""
    best = _Prices(np.zeros(len(must)), 0.0, False)
    most = max(100, effort.nodes // 10)
    limit = min(50, most)
    while True:
        duals, objective = _relax(pool, must)
        found = search.sweep(duals, below=-EPSILON, each=limit, total=10 * effort.nodes)
        fresh = pool.add(_cheapest(found))
        bound = objective + found.slack(search.roots)
        if bound >= best.bound:
            best = _Prices(duals, bound, found.complete and not found.clusters)
        if best.done or (not fresh and limit >= most):
            return best
        if not fresh:
            limit = min(most, 5 * limit)


def _cheapest(found: Sweep) -> list[Cluster]:
    """The clusters that pay most, so many of each root."""
    order = np.lexsort((found.cost, found.root))
    roots = found.root[order]
    rank = np.arange(len(order)) - np.searchsorted(roots, roots)
    return [found.clusters[int(k)] for k in order[rank < PER_ROOT]]


def _relax(pool: Pool, must: BoolArray) -> tuple[FloatArray, float]:
    """Prices and value of the linear program over the present columns."""
    model = Model(
        pool.matrix(), row_lower=np.where(must, 1.0, -np.inf), row_upper=1.0, cost=pool.cost
    )
    solution = model.solve()
    solution.require()
    assert solution.duals is not None
    return solution.duals, solution.objective


def _widen(
    pool: Pool, search: ClusterSearch, prices: _Prices, *, below: float, effort: Effort
) -> tuple[int, bool]:
    """Add every column whose reduced cost is below a threshold; nodes spent, and whether all."""
    nodes = effort.nodes
    found = search.sweep(prices.duals, below=below + EPSILON, each=nodes, total=nodes)
    pool.add(found.clusters)
    return found.nodes, found.complete


def _choose(
    pool: Pool, must: BoolArray, choice: Choice, *, prices: _Prices, reach: float, effort: Effort
) -> float:
    """Pick the best columns and note it in ``choice``; up to which reduced cost all were there.

    A column whose reduced cost exceeds the gap stands in no better map, so it is left out.
    """
    matrix = pool.matrix()
    reduced = np.array(pool.cost) - matrix.T @ prices.duals
    keep = np.ones(len(pool.cost), dtype=bool)
    if pool.problem.previous is None:
        keep = reduced <= _gap(pool, choice, prices) + TOLERANCE
    if keep.sum() > effort.columns:
        last = np.sort(reduced[keep])[effort.columns]
        keep &= reduced < last
        reach = min(reach, float(last))
    kept = np.flatnonzero(keep)
    chosen = matrix[:, kept].tocsr()
    rows = np.flatnonzero(np.diff(chosen.indptr))
    model = Model(
        chosen[rows], row_lower=np.where(must[rows], 1.0, -np.inf), row_upper=1.0,
        cost=pool.full_cost(kept), integer=np.ones(len(kept), dtype=bool),
        options={
            "mip_rel_gap": 1e-9, "mip_max_nodes": effort.choice, "time_limit": effort.seconds
        },
    )  # fmt: skip
    place = {pool.clusters[int(k)]: at for at, k in enumerate(kept)}
    if all(c in place for c in choice.clusters):
        first = np.zeros(len(kept))
        first[[place[c] for c in choice.clusters]] = 1.0
        model.offer(first)
    answer = model.solve()
    choice.columns = len(pool.clusters)
    choice.optimal = answer.status is Status.OPTIMAL and keep.sum() <= effort.columns
    choice.bound = answer.bound if answer.status in (Status.OPTIMAL, Status.LIMIT) else -np.inf
    if answer.status is Status.INFEASIBLE:
        choice.bound = np.inf
    if answer.x is not None:
        better = [pool.clusters[int(k)] for k in kept[answer.x > 0.5]]
        if total_loss(pool.problem, better) < total_loss(pool.problem, choice.clusters):
            choice.clusters = better
    return reach


def _gap(pool: Pool, choice: Choice, prices: _Prices) -> float:
    return max(0.0, total_loss(pool.plain, choice.clusters) - prices.bound)


def _proven(problem: MergeProblem, choice: Choice, prices: _Prices, *, reach: float) -> Choice:
    """Combine the bounds: a map uses known columns only, or one that costs ``reach`` more."""
    loss = total_loss(problem, choice.clusters)
    floor = prices.bound + reach
    if problem.previous is None:
        floor = max(prices.bound, min(floor, choice.bound))
    slack = TOLERANCE * max(1.0, loss)
    choice.bound = loss if floor > loss - slack else max(0.0, floor - slack)
    choice.log.append(
        f"set partitioning: {choice.columns} columns, "
        f"optimal over them: {'yes' if choice.optimal else 'no'}, "
        f"priced to the end: {'yes' if prices.done else 'no'}"
    )
    return choice


def total_loss(problem: MergeProblem, clusters: Sequence[Cluster]) -> float:
    """The loss of a whole map; areas that are not named stay alone."""
    inside = {a for c in clusters for a in c}
    alone = 0.0
    if problem.previous is not None:
        alone = sum(problem.loss([a]) for a in range(problem.n) if a not in inside)
    return sum(problem.loss(c) for c in sorted(clusters)) + alone


def left_over(problem: MergeProblem, clusters: Sequence[Cluster]) -> list[int]:
    """Areas that stay alone without meeting the rule."""
    inside = {a for c in clusters for a in c}
    return [int(a) for a in np.flatnonzero(~problem.alone) if int(a) not in inside]


def first_columns(problem: MergeProblem) -> list[Cluster]:
    """What each unsafe area grows into by way of each partner, and what an earlier release had."""
    found = [
        grown
        for a in np.flatnonzero(~problem.alone).tolist()
        for b in problem.contacts[a]
        for grown in grow(problem, (a, b))
    ]
    if problem.previous is not None:
        groups: dict[int, list[int]] = {}
        for a, into in enumerate(problem.previous.tolist()):
            groups.setdefault(into, []).append(a)
        for into, members in groups.items():
            kept = tuple(sorted({*members, into}))
            if into >= 0 and len(kept) > 1 and problem.safe(kept) and problem.connected(kept):
                found.append(kept)
    return found
