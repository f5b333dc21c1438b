"""Which disjoint clusters lose least together, and what does no other choice undercut?

Set partitioning; the columns are connected clusters that meet the rule. A linear program over the
columns known so far prices the areas, and a search adds clusters that would pay at these prices until
none is left: then the program's value bounds every permitted map. A mixed-integer program picks from
all columns within reach of the bound. The answer is optimal over its columns; the bound holds for all
maps. (Column generation: Barnhart et al. 1998; the bound with an unfinished search is Lagrangian.)
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sdc.model.system import BoolArray, FloatArray
from sdc.solver.highs import Model
from sdc.solver.program import TOLERANCE, Status
from sdc.tables.merging.columns import Pool, first_columns, left_over, total_loss
from sdc.tables.merging.greedy import Cluster
from sdc.tables.merging.problem import MergeProblem
from sdc.tables.merging.result import Choice, Effort
from sdc.tables.merging.search import ClusterSearch, Sweep

PER_ROOT = 20
"""Columns taken from one area in one round."""
SHARES = (0.25, 0.5, 0.75, 1.0)
"""Up to which share of the gap all columns are listed, one step after the other; at 1 the answer is
proven. A step takes about ``GROWTH`` times the work of the one before."""
GROWTH = 4
EPSILON = 1e-7
"""A column pays when its reduced cost is below minus this."""


def partition(
    problem: MergeProblem, starts: Sequence[Sequence[Cluster]], *, effort: Effort
) -> Choice:
    """The best choice among the columns; never worse than the best of ``starts``.

    Each start is a set of disjoint clusters that meet the rule. Where one number is tested, what the
    best start does not make large enough cannot be; where several are, leaving an area has a price
    above all others. The bound speaks of maps that leave as many areas as the answer does.
    """
    pool = Pool(problem)
    best = min(starts, key=lambda s: (len(left_over(problem, s)), total_loss(problem, s)))
    pool.add(c for start in starts for c in start)
    pool.add(first_columns(problem))
    must = ~problem.alone
    if problem.tested.shape[1] == 1:
        must[left_over(problem, best)] = False
    else:
        pool.leave(3.0 * total_loss(problem, best) + 100.0)
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
    return _proven(pool, choice, prices, reach=reach)


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
    offered = [
        *choice.clusters,
        *((a,) for a in left_over(pool.problem, choice.clusters) if must[a]),
    ]
    if all(c in place for c in offered):
        first = np.zeros(len(kept))
        first[[place[c] for c in offered]] = 1.0
        model.offer(first)
    started = time.monotonic()
    answer = model.solve()
    if answer.status is Status.LIMIT and time.monotonic() - started >= effort.seconds:
        choice.reproducible = False
    choice.columns = len(pool.clusters)
    choice.optimal = answer.status is Status.OPTIMAL and len(kept) <= effort.columns
    choice.bound = answer.bound if answer.status in (Status.OPTIMAL, Status.LIMIT) else -np.inf
    if answer.status is Status.INFEASIBLE:
        choice.bound = np.inf
    if answer.x is not None:
        better = [pool.clusters[int(k)] for k in kept[answer.x > 0.5]]
        better = [c for c in better if len(c) > 1]
        if pool.value(better) < pool.value(choice.clusters):
            choice.clusters = better
    return reach


def _gap(pool: Pool, choice: Choice, prices: _Prices) -> float:
    return max(0.0, pool.value(choice.clusters, plain=True) - prices.bound)


def _proven(pool: Pool, choice: Choice, prices: _Prices, *, reach: float) -> Choice:
    """Combine the bounds: a map uses known columns only, or one that costs ``reach`` more."""
    value = pool.value(choice.clusters)
    loss = total_loss(pool.problem, choice.clusters)
    floor = prices.bound + reach
    if pool.problem.previous is None:
        floor = max(prices.bound, min(floor, choice.bound))
    slack = TOLERANCE * max(1.0, value)
    choice.bound = loss if floor > value - slack else max(0.0, floor - slack - (value - loss))
    choice.log.append(
        f"set partitioning: {choice.columns} columns, "
        f"optimal over them: {'yes' if choice.optimal else 'no'}, "
        f"priced to the end: {'yes' if prices.done else 'no'}"
    )
    return choice
