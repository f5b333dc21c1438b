"""The answer and its bound against trying every partition."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings

from sdc.tables.merge import MergeLoss, merge_areas
from sdc.tables.merging import search
from sdc.tables.merging.build import Permissions, build_problem
from sdc.tables.merging.problem import MergeProblem
from tests.tables.merge_cases import Case, best_by_trying, cases


@settings(max_examples=60, deadline=None)
@given(case=cases())
def test_one_number_the_answer_is_the_best_of_all_and_proven(case: Case) -> None:
    merging = merge_areas(case.counts, **case.arguments())
    left, loss = best_by_trying(case)
    assert len(merging.unsafe) == left
    assert merging.loss == pytest.approx(loss, abs=1e-6)
    assert merging.bound <= loss + 1e-6
    assert merging.optimal
    assert merging.gap == pytest.approx(0.0, abs=1e-9)


@settings(max_examples=30, deadline=None)
@given(case=cases(most=6))
def test_every_class_the_answer_is_the_best_of_all(case: Case) -> None:
    case.options = {"by": "class"}
    merging = merge_areas(case.counts, **case.arguments())
    left, loss = best_by_trying(case)
    assert len(merging.unsafe) == left
    assert merging.loss == pytest.approx(loss, abs=1e-6)
    assert merging.bound <= loss + 1e-6


@settings(max_examples=30, deadline=None)
@given(case=cases())
def test_greedy_never_undercuts_the_bound(case: Case) -> None:
    best = merge_areas(case.counts, **case.arguments())
    greedy = merge_areas(case.counts, **case.arguments(method="greedy"))
    assert greedy.loss >= best.bound - 1e-9


def test_greedy_can_be_beaten() -> None:
    # A chain of 2, 3, 1, 4 units and a minimum of 5. Smallest first, c (1) joins b (3), since
    # 4 ln 4 - 3 ln 3 = 2.25 < 5 ln 5 - 4 ln 4 = 2.50; in the end all four stand in one cluster.
    # Best are the two pairs: 2 charges + (5 ln 5 - 2 ln 2 - 3 ln 3) + 2.50 = 2 + 3.365 + 2.502.
    case = Case(
        [[2], [3], [1], [4]],
        ["a", "b", "c", "d"],
        [(0, 1), (1, 2), (2, 3)],
        ["P"] * 4,
        weights=MergeLoss(location=1.0, parent=0.0),
    )
    greedy = merge_areas(case.counts, **case.arguments(method="greedy"))
    best = merge_areas(case.counts, **case.arguments())
    assert greedy.clusters == {"d": ("a", "b", "c", "d")}
    assert best.clusters == {"b": ("a", "b"), "d": ("c", "d")}
    assert best.loss == pytest.approx(7.867, abs=1e-3)


def grid(side: int, seed: int) -> tuple[MergeProblem, np.ndarray[tuple[int], np.dtype[np.float64]]]:
    """A chessboard of areas with few units each, and prices that make clusters pay."""
    rng = np.random.default_rng(seed)
    n = side * side
    pairs = [(k, k + 1) for k in range(n) if (k + 1) % side] + [
        (k, k + side) for k in range(n - side)
    ]
    i, j = np.array(pairs).T
    problem = build_problem(
        rng.integers(0, 9, (n, 3)),
        codes=[f"{k:03d}" for k in range(n)],
        edges=(i, j, np.ones(len(i)) * 9),
        parents=[str(k % 4) for k in range(n)],
        minimum=12,
        permissions=Permissions(within="any"),
        weights=MergeLoss(parent=4.0),
    )
    return problem, np.where(problem.alone, -0.5, 9.0)


def test_compiled_and_plain_search_find_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    problem, prices = grid(5, seed=1)
    plain = search.ClusterSearch(problem).sweep(prices, below=2.0, each=500, total=2_500)
    monkeypatch.setattr(search, "PLAIN_PAIRS", 0)
    compiled = search.ClusterSearch(problem).sweep(prices, below=2.0, each=500, total=2_500)
    assert plain.nodes == compiled.nodes
    assert plain.clusters == compiled.clusters
    assert np.allclose(plain.cost, compiled.cost)
    assert np.allclose(plain.least, compiled.least)


def test_what_a_budget_leaves_open_is_bounded() -> None:
    problem, prices = grid(4, seed=2)
    whole = search.ClusterSearch(problem).sweep(prices, below=0.0, each=10**6, total=10**6)
    assert whole.complete
    for budget in (1, 5, 30, 200):
        part = search.ClusterSearch(problem).sweep(prices, below=0.0, each=budget, total=10**6)
        known = set(part.clusters)
        for cluster, cost, root in zip(whole.clusters, whole.cost, whole.root, strict=True):
            at = int(np.searchsorted(search.ClusterSearch(problem).roots, root))
            assert cluster in known or cost >= part.least[at] - 1e-9
