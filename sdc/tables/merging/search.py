"""Which connected clusters around an area cost less than a price, and which provably do not?

The pricing step of the set partitioning: given dual prices of the areas, a branch and bound visits
the connected clusters of a root and reports those whose reduced cost is below a threshold. What it
cuts off is provably above; what it leaves open for want of budget is reported with its bound.

Two facts keep the search small. The loss never shrinks when a cluster grows, and the location part
grows faster the larger the cluster already is, so what a further area can gain only falls. And a
cluster that splits into two that both meet the rule at no greater loss need never be looked at.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from sdc.model.hierarchy import IntArray
from sdc.model.system import FloatArray
from sdc.tables.merging.greedy import Cluster
from sdc.tables.merging.problem import MergeProblem, xlogx


@dataclass
class Found:
    """Clusters with their reduced cost, and the least that an unfinished search leaves possible."""

    clusters: list[tuple[float, Cluster]] = field(default_factory=list)
    open_bound: float = math.inf
    nodes: int = 0

    @property
    def least(self) -> float:
        """No cluster of the root that is below the threshold has a reduced cost below this."""
        return min([self.open_bound, *(cost for cost, _ in self.clusters)])


@dataclass(slots=True)
class _Node:
    """A connected cluster under construction, with running sums.

    ``need`` is the number of parents that both halves must share for the cluster to be worth more
    than its halves, 0 while it has at most one area that meets the rule.
    """

    members: tuple[int, ...]
    units: int
    spread: float
    entropy: float
    classes: IntArray
    tested: IntArray | int
    dual: float
    parents: frozenset[int]
    need: int = 0


class ClusterSearch:
    """Branch and bound over connected clusters of one problem (the price of changes left out)."""

    def __init__(self, problem: MergeProblem) -> None:
        self.problem = problem
        self.size: list[int] = problem.size.tolist()
        self.spread: list[float] = problem.spread.tolist()
        self.entropy: list[float] = problem.entropy.tolist()
        self.parent: list[int] = problem.parent.tolist()
        self.alone: list[bool] = problem.alone.tolist()
        self.empty: list[bool] = (problem.tested == 0).all(axis=1).tolist()
        self.host = [a and not e for a, e in zip(self.alone, self.empty, strict=True)]
        self.unsafe = np.flatnonzero(~problem.alone)
        self.near = problem.contacts
        self.single = problem.tested.shape[1] == 1
        self.tested = problem.tested[:, 0].tolist() if self.single else list(problem.tested)
        times = np.bincount(problem.parent)
        self.shared = frozenset(np.flatnonzero(times > 1).tolist())
        self.profiled = problem.weights.profile > 0 and problem.counts.shape[1] > 1
        self._region = _labels(problem, [True] * problem.n)
        self._limb = _labels(problem, [not h for h in self.host])

    def roots(self) -> list[int]:
        """Areas whose searches together visit every cluster with an unsafe area once.

        A cluster with areas that meet the rule is found from the largest of them, any other from
        its first area that does not.
        """
        return [a for a in range(self.problem.n) if self.problem.contacts[a] and self._is_root(a)]

    def _is_root(self, area: int) -> bool:
        return self.host[area] or not self.alone[area]

    def around(self, root: int, duals: FloatArray, *, below: float, nodes: int) -> Found:
        """All clusters of a root with reduced cost < ``below``, within a budget of nodes."""
        self._prices, self._duals = duals, duals.tolist()
        self._below, self._budget, self._root = below, nodes, root
        self._found = Found()
        p = self.problem
        node = _Node(
            (root,), self.size[root], self.spread[root], self.entropy[root],
            p.counts[root], self.tested[root], self._duals[root], frozenset([self.parent[root]]),
        )  # fmt: skip
        start = [b for b in p.contacts[root] if self._admits(b)]
        self._visit(node, start, frozenset([root]), self._worth())
        return self._found

    def _admits(self, area: int) -> bool:
        """Whether an area may stand in a cluster of the present root."""
        root = self._root
        if not self.host[root]:
            return not self.host[area] and (self.alone[area] or area > root)
        return not self.host[area] or (self.size[area], area) < (self.size[root], root)

    def _worth(self) -> list[int]:
        """Unsafe areas within reach of the root that could lower its reduced cost at all."""
        root, w = self._root, self.problem.weights
        label = self._region if self.host[root] else self._limb
        rows = self.unsafe[(label[self.unsafe] == label[root]) & (self.unsafe != root)]
        if not self.host[root]:
            rows = rows[rows > root]
        sizes, start = self.problem.size[rows], self.size[root]
        added = xlogx(sizes + start) - _f(start) - self.problem.spread[rows]
        gain = self._prices[rows] - w.member - w.location * added
        return [int(b) for b in rows[gain > 0]]

    def _visit(
        self, node: _Node, boundary: list[int], closed: frozenset[int], worth: list[int]
    ) -> None:
        """One node: report it, bound it, extend it by each area of its boundary in turn.

        ``closed`` holds the members and the areas that no extension may use any more.
        """
        found = self._found
        found.nodes += 1
        whole = _f(node.units)
        shape = self._shape(node, whole)
        cost = self._flat(node, whole) + shape
        gain, worth, groups = self._gain(node, worth, closed, whole=whole)
        if cost - gain >= self._below:
            return
        if found.nodes > self._budget:
            found.open_bound = min(found.open_bound, cost - gain)
            return
        if cost < self._below and len(node.members) > 1 and self._meets(node.tested):
            cluster = tuple(sorted(node.members))
            if not self._splits(cluster, node):
                found.clusters.append((cost, cluster))
        inside = frozenset(boundary) | closed
        price = self.problem.weights.parent
        for k, area in enumerate(boundary):
            closed = closed | {area}
            child = self._grown(node, area)
            rest = self._flat(child, _f(child.units)) + shape - gain
            if rest - min(price, groups.get(self.parent[area], 0.0)) < self._below:
                near = [b for b in self.near[area] if b not in inside and self._admits(b)]
                if self.profiled:
                    child.classes = node.classes + self.problem.counts[area]
                self._visit(child, boundary[k + 1 :] + near, closed, worth)
            if area in worth:
                gain, worth, groups = self._gain(node, worth, closed, whole=whole)
                if cost - gain >= self._below:
                    return

    def _grown(self, node: _Node, area: int) -> _Node:
        """A node with one more member; its classes are left to be summed when it is visited."""
        up = self.parent[area]
        return _Node(
            (*node.members, area),
            node.units + self.size[area],
            node.spread + self.spread[area],
            node.entropy + self.entropy[area],
            node.classes,
            node.tested + self.tested[area],
            node.dual + self._duals[area],
            node.parents if up in node.parents else node.parents | {up},
            max(node.need, self._overlap(area)) if self.host[area] else node.need,
        )

    def _overlap(self, area: int) -> int:
        """How many parents both halves must share when a second area that meets the rule joins.

        Between two such areas the cluster splits into halves that both meet the rule. That saves the
        member charge and at least the location loss between the two, and costs the parent charge for
        every parent on both sides but one. (Sound where one number is tested.)
        """
        w, root = self.problem.weights, self._root
        if not self.single or not self.host[root]:
            return 0
        apart = _f(self.size[root] + self.size[area]) - self.spread[root] - self.spread[area]
        saved = w.member + w.location * apart
        most = self.problem.n
        return min(most, 2 + int(saved / w.parent)) if w.parent > saved / most else most

    def _flat(self, node: _Node, whole: float) -> float:
        """Reduced cost of a cluster without the profile part."""
        w = self.problem.weights
        cost = w.location * (whole - node.spread) + w.member * (len(node.members) - 1)
        return cost + w.parent * (len(node.parents) - 1) - node.dual

    def _shape(self, node: _Node, whole: float) -> float:
        """The profile part of a cluster's loss."""
        if not self.profiled:
            return 0.0
        together = float(xlogx(node.classes).sum()) - whole
        return self.problem.weights.profile * (node.entropy - together)

    def _gain(
        self, node: _Node, worth: Sequence[int], closed: frozenset[int], *, whole: float
    ) -> tuple[float, list[int], dict[int, float]]:
        """The most that further members can take off the reduced cost, who can, and where.

        Each area's gain is its dual price less its member charge and the least it adds to the
        location and profile parts; a parent that is not in the cluster yet is paid once, and as many
        new parents as the cluster needs are paid in any case.
        """
        w = self.problem.weights
        gains: list[tuple[int, float]] = []
        for b in worth:
            if b in closed:
                continue
            added = _f(node.units + self.size[b]) - whole - self.spread[b]
            gain = self._duals[b] - w.member - w.location * added
            if gain > 0:
                gains.append((b, gain))
        keep = [b for b, _ in gains]
        if gains and self.profiled:
            gains = self._less_profile(node, gains, whole)
        total = 0.0
        groups: dict[int, float] = {}
        for b, gain in gains:
            up = self.parent[b]
            if up in node.parents:
                total += gain
            else:
                groups[up] = groups.get(up, 0.0) + gain
        forced = node.need - sum(up in self.shared for up in node.parents) if node.need else 0
        best = sorted(groups.values(), reverse=True) + [0.0] * max(0, forced - len(groups))
        total += sum(
            max(0.0, g - w.parent) if k >= forced else g - w.parent for k, g in enumerate(best)
        )
        return total, keep, groups

    def _less_profile(
        self, node: _Node, gains: list[tuple[int, float]], whole: float
    ) -> list[tuple[int, float]]:
        """Take off the least that each area adds to the profile part.

        At most t areas join; dealing the cluster out to them in t equal shares, the joint
        divergence is at least the sum of that between each area and its share, and it falls with t.
        """
        share = 1.0 / len(gains)
        rows = [b for b, _ in gains]
        mixed = node.classes * share + self.problem.counts[rows]
        own = (float(xlogx(node.classes).sum()) - whole) * share + self.problem.entropy[rows]
        total = node.units * share + self.problem.size[rows]
        apart: FloatArray = own - (xlogx(mixed).sum(axis=1) - xlogx(total))
        price = self.problem.weights.profile
        left = [(b, g - price * max(0.0, float(d))) for (b, g), d in zip(gains, apart, strict=True)]
        return [(b, g) for b, g in left if g > 0]

    def _meets(self, tested: IntArray | int) -> bool:
        """Whether summed tested numbers meet the rule; a plain comparison where there is but one."""
        if not self.single:
            return bool(self.problem.meets(np.asarray(tested)))
        number = int(tested)
        return number >= self.problem.minimum or (number == 0 and self.problem.empty_ok)

    def _splits(self, cluster: Cluster, node: _Node) -> bool:
        """Whether some connected part can leave so that both sides meet the rule, at no more loss.

        Only parts that hang on one member, and single members, are tried.
        """
        p = self.problem
        quick = self.single and int(node.tested) < 2 * p.minimum
        if quick and not any(self.empty[a] for a in cluster):
            return False
        for a in cluster:
            parts = self._parts(cluster, a)
            for part in parts if len(parts) > 1 else [[a], *parts]:
                tested = sum(self.tested[b] for b in part)
                if self._meets(tested) and self._meets(node.tested - tested):
                    rest = [b for b in cluster if b not in part]
                    if p.loss(part) + p.loss(rest) <= p.loss(cluster):
                        return True
        return False

    def _parts(self, cluster: Cluster, without: int) -> list[list[int]]:
        """The connected parts that are left when one member goes."""
        rest = set(cluster) - {without}
        parts = []
        while rest:
            part = [min(rest)]
            rest.discard(part[0])
            for a in part:
                near = self.problem.neighbour_sets[a] & rest
                rest -= near
                part.extend(sorted(near))
            parts.append(part)
        return parts


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


def _f(units: int) -> float:
    return units * math.log(units) if units else 0.0
