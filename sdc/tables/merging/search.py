"""Which connected clusters cost less than a price, and which provably do not?

The pricing step of the set partitioning: given dual prices of the areas, a branch and bound visits
the connected clusters and reports those whose reduced cost is below a threshold. What it cuts off is
provably above; what it leaves open for want of budget is reported with its bound.

Two facts keep the search small. The loss never shrinks when a cluster grows, and the location part
grows faster the larger the cluster already is, so what a further area can gain only falls. And a
cluster that splits into two that both meet the rule at no greater loss need never be looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from sdc.model.hierarchy import IntArray
from sdc.model.system import FloatArray
from sdc.tables.merging.greedy import Cluster
from sdc.tables.merging.kernel import ALONE, BELOW, DUAL, SHARED, UP, Ground, Memory
from sdc.tables.merging.problem import MergeProblem
from sdc.tables.merging.walk import Output, compiled_sweep, sweep

DEPTH = 200
"""The largest number of areas in a cluster that is looked at; larger ones count as left open."""
ROOM = 200_000
"""Clusters that one sweep may report."""
PLAIN_PAIRS, PLAIN_NODES = 40_000, 3_000
"""Pairs of a root and an unsafe area, and nodes, up to which a sweep runs uncompiled: a small city
should not wait for a compiler."""


@dataclass(frozen=True, eq=False)
class Sweep:
    """What one search from all roots found.

    ``least`` (roots,): no cluster of that root below the threshold has a reduced cost below this
    among those that were not reported; infinite where the search was finished.
    """

    clusters: list[Cluster]
    cost: FloatArray
    root: IntArray
    least: FloatArray
    nodes: int

    @property
    def complete(self) -> bool:
        """Whether every cluster below the threshold was reported."""
        return bool(np.isinf(self.least).all() and (self.least > 0).all())

    def slack(self, roots: IntArray) -> float:
        """The sum over roots of the least reduced cost where it is negative: what a bound loses."""
        least = self.least.copy()
        place = np.searchsorted(roots, self.root)
        np.minimum.at(least, place, self.cost)
        return float(np.minimum(0.0, least).sum())


class ClusterSearch:
    """Branch and bound over connected clusters of one problem (the price of changes left out)."""

    def __init__(self, problem: MergeProblem) -> None:
        p, w = problem, problem.weights
        empty = (p.tested == 0).all(axis=1)
        host = p.alone & ~empty
        profiled = w.profile > 0 and p.counts.shape[1] > 1
        sizes = [len(c) for c in p.contacts]
        limb, region = _labels(p, (~host).tolist()), _labels(p, [True] * p.n)
        rule = [w.location, w.member, w.parent, w.profile, p.minimum, p.empty_ok, p.tested.shape[1]]
        self.ground = Ground(
            first=np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
            near=np.array([b for c in p.contacts for b in c], dtype=np.int64),
            area=_columns(p.size, p.parent, host, p.alone, limb, region).astype(np.int64),
            price=_columns(p.spread, p.entropy, np.zeros(p.n)),
            numbers=np.hstack([p.tested, p.counts]) if profiled else np.ascontiguousarray(p.tested),
            rule=np.array([*rule, 0.0], dtype=np.float64),
        )
        self.memory = _memory(self.ground, int((~p.alone).sum()))
        self.roots = np.flatnonzero((np.array(sizes) > 0) & (host | ~p.alone)).astype(np.int64)

    def sweep(self, duals: FloatArray, *, below: float, each: int, total: int) -> Sweep:
        """All clusters with reduced cost < ``below``, within a budget of nodes a root and in all.

        Every cluster with an unsafe area has one root: the largest of its areas that meet the rule,
        or its first area where none does.
        """
        self.ground.price[:, DUAL] = duals
        self.ground.rule[BELOW] = below
        pairs = len(self.roots) * int((self.ground.area[:, ALONE] == 0).sum())
        small = min(PLAIN_NODES, total) if pairs <= PLAIN_PAIRS else 0
        least, nodes, out = self._run(sweep, each, small)
        if nodes >= small and small < total:
            least, nodes, out = self._run(compiled_sweep, each, total)
        count = int(out.note[0, 0])
        flat, start = out.flat.tolist(), out.note[1 : count + 2, 0].tolist()
        clusters = [tuple(sorted(flat[start[k] : start[k + 1]])) for k in range(count)]
        root, cost = out.note[1 : count + 1, 1].copy(), out.cost[:count].copy()
        return Sweep(clusters, cost, root, least, int(nodes))

    def _run(
        self, how: Callable[..., Any], each: int, total: int
    ) -> tuple[FloatArray, int, Output]:
        room = ROOM if how is compiled_sweep else 20 * PLAIN_NODES
        out = Output(
            flat=np.zeros(10 * room, dtype=np.int64),
            note=np.zeros((room + 2, 2), dtype=np.int64),
            cost=np.zeros(room + 1),
        )
        work = np.array([each, total], dtype=np.int64)
        least, nodes = how(self.ground, self.memory, self.roots, work, out)
        return least, nodes, out


def _columns(*columns: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return np.ascontiguousarray(np.stack(columns, axis=1))


def _memory(g: Ground, unsafe: int) -> Memory:
    n, depth = len(g.area), min(DEPTH, len(g.area) + 2)
    parents = int(g.area[:, UP].max(initial=-1)) + 1
    up = np.zeros((parents + 1, 3), dtype=np.int64)
    up[:parents, SHARED] = np.bincount(g.area[:, UP], minlength=parents) > 1
    return Memory(
        mark=np.zeros((n, 4), dtype=np.int64),
        step=np.zeros((depth + 2, 10), dtype=np.int64),
        sums=np.zeros((depth + 2, 5)),
        numbers=np.zeros((depth + 4, g.numbers.shape[1]), dtype=np.int64),
        up=up,
        group=np.zeros(parents + 1),
        worth=np.zeros((depth + 2) * max(1, unsafe), dtype=np.int64),
    )


def _labels(problem: MergeProblem, inside: Sequence[bool]) -> IntArray:
    """Which areas are connected through areas ``inside``; -1 outside."""
    label = np.full(problem.n, -1, dtype=np.int64)
    for start in range(problem.n):
        if label[start] >= 0 or not inside[start]:
            continue
        label[start] = start
        group = [start]
        for a in group:
            for b in problem.contacts[a]:
                if label[b] < 0 and inside[b]:
                    label[b] = start
                    group.append(b)
    return label
