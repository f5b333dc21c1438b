"""Which clusters may be chosen from, what does each cost, and what does a whole map?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
import scipy.sparse as sp

from sdc.model.hierarchy import IntArray
from sdc.model.system import FloatArray
from sdc.tables.merging.greedy import Cluster, grow
from sdc.tables.merging.problem import MergeProblem


class Pool:
    """The columns: clusters with their loss, the price of changed codes left out."""

    def __init__(self, problem: MergeProblem) -> None:
        self.problem = problem
        self.plain = replace(problem, previous=None)
        self.clusters: list[Cluster] = []
        self.cost: list[float] = []
        self.stay = 0.0
        self._seen: set[Cluster] = set()

    def leave(self, price: float) -> None:
        """Allow every unsafe area to stay as it is, at a price."""
        self.stay = price
        single = [(int(a),) for a in np.flatnonzero(~self.problem.alone)]
        self._seen.update(single)
        self.clusters += single
        self.cost += [price] * len(single)

    def value(self, clusters: Sequence[Cluster], *, plain: bool = False) -> float:
        """Loss of a whole map with the price of what it leaves."""
        problem = self.plain if plain else self.problem
        left = self.stay * len(left_over(problem, clusters)) if self.stay else 0.0
        return total_loss(problem, clusters) + left

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
        cost = np.array(self.cost)[columns]
        if p.previous is None:
            return cost
        alone = [p.loss([a]) for a in range(p.n)]
        for at, k in enumerate(columns.tolist()):
            cluster = self.clusters[k]
            if len(cluster) > 1:
                cost[at] = p.loss(cluster) - sum(alone[a] for a in cluster)
        return cost


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
