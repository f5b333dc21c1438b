"""Which neighbour does each area that is too small join, taken one by one?

Smallest first, into the partner that loses least; with look-ahead, a partner that is itself too
small is credited with what it would otherwise pay.
"""

from __future__ import annotations

import heapq

from sdc.tables.merging.problem import MergeProblem

Cluster = tuple[int, ...]


def greedy(problem: MergeProblem, *, look_ahead: float = 0.0) -> list[Cluster]:
    """Clusters of at least two areas, from joining the smallest unsafe cluster first.

    ``look_ahead`` is the share of a partner's own cheapest alternative that is credited when both
    are too small. Clusters that cannot meet the rule are dropped: their areas stay alone.
    O(areas x partners x log areas) loss evaluations.
    """
    state = _Clusters(problem)
    queue = [(int(problem.size[a]), a) for a in range(problem.n) if not problem.alone[a]]
    heapq.heapify(queue)
    while queue:
        _, label = heapq.heappop(queue)
        if state.label[label] != label or state.fine(label):
            continue
        best = state.best_partner(label, look_ahead)
        if best is None:
            continue
        joined = state.join(label, best)
        if not state.fine(joined):
            heapq.heappush(queue, (state.size(joined), joined))
    return sorted(
        tuple(sorted(m)) for m in state.members.values() if len(m) > 1 and problem.safe(m)
    )


def grow(problem: MergeProblem, start: Cluster) -> list[Cluster]:
    """A cluster extended by the cheapest partner until it meets the rule; nothing if it never does."""
    members = list(start)
    while not problem.safe(members):
        near = sorted({b for a in members for b in problem.contacts[a]} - set(members))
        if not near:
            return []
        members.append(min(near, key=lambda b: (problem.loss([*members, b]), b)))
    return [tuple(sorted(members))]


class _Clusters:
    """A partition that only grows coarser; the label of a cluster is its smallest member."""

    def __init__(self, problem: MergeProblem) -> None:
        self.problem = problem
        self.label = list(range(problem.n))
        self.members = {a: [a] for a in range(problem.n)}
        self.loss = {a: problem.loss([a]) for a in range(problem.n)}

    def fine(self, label: int) -> bool:
        return self.problem.safe(self.members[label])

    def size(self, label: int) -> int:
        return int(self.problem.size[self.members[label]].sum())

    def partners(self, label: int) -> dict[int, float]:
        """Neighbouring clusters with the shared length, by label."""
        shared: dict[int, float] = {}
        for a in self.members[label]:
            for b, length in zip(self.problem.contacts[a], self.problem.length[a], strict=True):
                other = self.label[b]
                if other != label:
                    shared[other] = shared.get(other, 0.0) + length
        return dict(sorted(shared.items()))

    def added(self, one: int, two: int) -> float:
        """By how much the loss grows when two clusters are joined."""
        both = self.problem.loss(self.members[one] + self.members[two])
        return both - self.loss[one] - self.loss[two]

    def best_partner(self, label: int, look_ahead: float) -> int | None:
        """The partner that adds least; ties to the longer shared edge, then to the smaller code."""
        options = []
        for other, length in self.partners(label).items():
            added = self.added(label, other)
            if look_ahead and not self.fine(other):
                added -= look_ahead * self._alternative(other, label)
            options.append((added, -length, other))
        return min(options)[2] if options else None

    def _alternative(self, label: int, without: int) -> float:
        """What an unsafe cluster would pay for its cheapest other partner, 0 without one."""
        costs = [self.added(label, other) for other in self.partners(label) if other != without]
        return min(costs, default=0.0)

    def join(self, one: int, two: int) -> int:
        keep, gone = min(one, two), max(one, two)
        for a in self.members[gone]:
            self.label[a] = keep
        self.members[keep] = self.members[keep] + self.members.pop(gone)
        self.loss[keep] = self.problem.loss(self.members[keep])
        self.loss.pop(gone)
        return keep
