"""Small merge problems and their answers by trying every partition."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from hypothesis import strategies as st

from sdc.tables.merge import MergeLoss


@dataclass
class Case:
    """Arguments of ``merge_areas``."""

    counts: list[list[int]]
    codes: list[str]
    pairs: list[tuple[int, int]]
    parents: list[str]
    min_count: int = 5
    weights: MergeLoss = field(default_factory=MergeLoss)
    options: dict[str, Any] = field(default_factory=dict)

    def arguments(self, **changes: Any) -> dict[str, Any]:
        i, j = [p[0] for p in self.pairs], [p[1] for p in self.pairs]
        given = {
            "codes": self.codes,
            "edges": (np.array(i, dtype=int), np.array(j, dtype=int), np.full(len(i), 30.0)),
            "parents": self.parents,
            "min_count": self.min_count,
            "weights": self.weights,
            "within": "any",
            **self.options,
        }
        return {**given, **changes}

    def shuffled(self, order: list[int]) -> Case:
        place = {old: new for new, old in enumerate(order)}
        return Case(
            [self.counts[k] for k in order],
            [self.codes[k] for k in order],
            [(place[j], place[i]) for i, j in reversed(self.pairs)],
            [self.parents[k] for k in order],
            self.min_count,
            self.weights,
            self.options,
        )


@st.composite
def cases(draw: st.DrawFn, *, most: int = 7, classes: int = 2) -> Case:
    """Connected graphs of a few areas, many of them small, in two or three parents."""
    n = draw(st.integers(2, most))
    k = draw(st.integers(1, classes))
    counts = [[draw(st.sampled_from([0, 0, 1, 2, 3, 9])) for _ in range(k)] for _ in range(n)]
    tree = [(draw(st.integers(0, b - 1)), b) for b in range(1, n)]
    more = [(a, b) for b in range(n) for a in range(b) if (a, b) not in tree]
    extra = [pair for pair in more if draw(st.integers(0, 3)) == 0]
    parents = [draw(st.sampled_from("PQR")) for _ in range(n)]
    weights = MergeLoss(
        profile=draw(st.sampled_from([0.0, 1.0])),
        location=draw(st.sampled_from([0.0, 0.3, 1.0])),
        parent=draw(st.sampled_from([0.0, 3.0, 50.0])),
        member=draw(st.sampled_from([0.0, 1.0])),
    )
    codes = [f"a{k}" for k in range(n)]
    return Case(counts, codes, sorted(tree + extra), parents, weights=weights)


def partitions(items: list[int]) -> Iterator[list[list[int]]]:
    """Every way to put items into groups."""
    if not items:
        yield []
        return
    first, *rest = items
    for smaller in partitions(rest):
        yield [[first], *smaller]
        for k, group in enumerate(smaller):
            yield [*smaller[:k], [first, *group], *smaller[k + 1 :]]


def connected(group: list[int], pairs: list[tuple[int, int]]) -> bool:
    """Whether a group holds together."""
    reached = {group[0]}
    for _ in group:
        reached |= {b for a, b in pairs if a in reached and b in group}
        reached |= {a for a, b in pairs if b in reached and a in group}
    return reached == set(group)


def loss_of(case: Case, group: list[int]) -> float:
    """The loss of one cluster as its definition says it, term by term."""
    w, total = case.weights, 0.0
    whole = np.array([case.counts[a] for a in group]).sum(axis=0)
    for a in group:
        row = np.array(case.counts[a])
        if row.sum():
            total += w.location * row.sum() * np.log(whole.sum() / row.sum())
        for u, units in enumerate(row):
            if units:
                share = (units / row.sum()) / (whole[u] / whole.sum())
                total += w.profile * units * np.log(share)
    total += w.parent * (len({case.parents[a] for a in group}) - 1)
    return float(total + w.member * (len(group) - 1))


def fine(case: Case, group: list[int]) -> bool:
    """Whether a cluster meets the rule."""
    sums = np.array([case.counts[a] for a in group]).sum(axis=0)
    numbers = sums if case.options.get("by") == "class" else [sums.sum()]
    return all(x == 0 or x >= case.min_count for x in numbers)


def best_by_trying(case: Case) -> tuple[int, float]:
    """Fewest areas left too small, then least loss, over all partitions into connected groups."""
    best = (len(case.codes) + 1, 0.0)
    for groups in partitions(list(range(len(case.codes)))):
        left = [g for g in groups if not fine(case, g)]
        if any(len(g) > 1 for g in left) or not all(connected(g, case.pairs) for g in groups):
            continue
        best = min(best, (len(left), sum(loss_of(case, g) for g in groups)))
    return best
