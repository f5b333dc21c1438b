"""Districts searched one by one give one pattern that is proven as a whole."""

from __future__ import annotations

import pickle
from collections.abc import Iterable
from functools import partial
from typing import Any

import numpy as np
import pytest

from sdc.disclosure.audit import audit
from sdc.errors import RulesError
from sdc.model.hierarchy import Hierarchy
from sdc.model.plan import Plan, apply
from sdc.model.rules import Rules
from sdc.model.system import Problem
from sdc.model.table import Table, aggregate
from sdc.sensitivity import problem
from sdc.suppression import complementary
from sdc.suppression import districts as module
from sdc.suppression.areatree import districts_of
from sdc.suppression.complementary import choose, suppress
from sdc.suppression.demands import Demands, Masks
from sdc.suppression.found import Budget
from sdc.suppression.nearby import Nearby
from sdc.suppression.window import Window
from sdc.tables.relations import system_of

AREAS = {"T": "", **{f"d{i}": "T" for i in range(4)}}
AREAS |= {f"d{i}{k}": f"d{i}" for i in range(4) for k in range(5)}
AREA = Hierarchy.of("area", AREAS)
USE = Hierarchy.flat("use", list("abcd"))


def city(seed: int, mean: float, zeros: float) -> Problem:
    rng = np.random.default_rng(seed)
    leaf = rng.poisson(mean * rng.lognormal(0, 1, (20, 4))) * (rng.random((20, 4)) > zeros)
    table = Table("t", (AREA, USE), aggregate(leaf.astype(np.int64), (AREA, USE)))
    return problem(system_of([table]), Rules(min_count=3))


def proven(demands: Problem, plan: Plan) -> bool:
    return audit(demands, apply(demands.system, plan), moves=plan.moves).passed


@pytest.mark.parametrize("zeros", [0.0, 0.4, 0.7])
@pytest.mark.parametrize("mean", [1.0, 5.0])
def test_the_pattern_is_proven_as_a_whole(mean: float, zeros: float) -> None:
    for seed in range(3):
        demands = city(seed, mean, zeros)
        assert proven(demands, suppress(demands, method="districts"))


def test_districts_are_told_apart() -> None:
    demands = city(1, 5.0, 0.3)
    parts = districts_of(demands.system)
    (block,) = demands.system.blocks
    own = [set(part.tolist()) for part in parts.inside]
    # Five areas by five codes of use in each district, and no cell in two of them.
    assert [len(part) for part in own] == [25] * 4
    assert len(set().union(*own)) == 100
    rows = [AREA.position(code) for code in ("T", "d0", "d1", "d2", "d3")]
    assert set(block.index[rows].ravel().tolist()) <= set(parts.top.tolist())
    # Beside the rows of the districts (5 x 5), three areas stand for each of the four.
    assert len(parts.top) == 25 + 4 * 3 * 5


def test_the_answer_does_not_depend_on_who_searches() -> None:
    demands = city(2, 3.0, 0.4)
    first = suppress(demands, method="districts")

    def sent(work: Any, items: Iterable[Any]) -> list[Any]:
        """As a cluster does it: everything travels, and the last item comes first."""
        parcels = [pickle.dumps(partial(work, item)) for item in items]
        answers = {i: pickle.loads(parcels[i])() for i in reversed(range(len(parcels)))}
        return [answers[i] for i in range(len(parcels))]

    for run in (map, sent):
        again = suppress(demands, method="districts", run=run)
        assert np.array_equal(first.hidden, again.hidden)
        assert first.moves is not None
        assert again.moves is not None
        assert (first.moves != again.moves).nnz == 0


def test_a_window_holds_nothing_but_itself() -> None:
    demands = city(2, 3.0, 0.4)
    cells = districts_of(demands.system).inside[1]
    window = Window.of(demands, Demands.of(demands), Masks.of_problem(demands), columns=cells,
                       which=np.zeros(0, np.int64))  # fmt: skip
    # 25 of the 125 cells of 25 rows by 5 codes: what travels does not grow with the system.
    assert len(window.masks.of) == len(window.columns) <= 25
    assert len(window.masks.price) <= 25
    assert window.relations.shape[1] <= 25


def test_near_windows_hold_the_way_up_and_the_largest_beside_it() -> None:
    areas = {"T": "", "p": "T", "q": "T", "p1": "p", "p2": "p", "p3": "p", "q1": "q", "q2": "q"}
    dim = Hierarchy.of("area", areas)
    leaf = dict(zip([dim.codes[i] for i in dim.leaves], (1, 5, 3, 2, 9), strict=True))
    assert leaf == {"p1": 1, "p2": 5, "p3": 3, "q1": 2, "q2": 9}
    table = Table("t", (dim,), aggregate(np.array(list(leaf.values())), [dim]))
    near = Nearby.of(system_of([table]), dim)

    def around(code: str, climb: int, width: int) -> set[str]:
        return {dim.codes[near.home[c]] for c in near.around(dim.position(code), climb, width)}

    # p stands still: p1 with the one or the two largest others of p.
    assert around("p1", 1, 1) == {"p1", "p2"}
    assert around("p1", 1, 2) == {"p1", "p2", "p3"}
    # T stands still: p moves too, and q with q2, the larger of its parts.
    assert around("p1", 2, 1) == {"p1", "p2", "p", "q", "q2"}
    # A row that has parts needs some of them; beyond the root nothing stands still.
    assert around("p", 1, 1) == {"p", "p2", "q", "q2"}
    assert around("p1", 9, 1) == {"p1", "p2", "p", "q", "q2", "T"}


def test_what_windows_leave_is_sought_near_its_cell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FEW", 0)
    monkeypatch.setattr(module, "LADDER", tuple(s for s in module.LADDER if s[0] == module.NEAR))
    kinds = []
    inner = Nearby.around
    monkeypatch.setattr(Nearby, "around", lambda *a: kinds.append(a[2:]) or inner(*a))
    for seed in range(6):
        demands = city(seed, 1.0, 0.7)
        assert proven(demands, suppress(demands, method="districts"))
    assert {(1, 6), (2, 2)} <= set(kinds)


def test_a_budget_travels_with_the_time_that_is_left() -> None:
    assert pickle.loads(pickle.dumps(Budget(0.5))) == Budget(0.5)
    sent = pickle.loads(pickle.dumps(Budget.of(1.0, 100.0)))
    assert 90 < sent.remaining <= 100


def test_tables_without_districts_are_refused() -> None:
    flat = Hierarchy.flat("area", ["p", "q", "r"])
    table = Table("t", (flat, USE), aggregate(np.full((3, 4), 5), (flat, USE)))
    with pytest.raises(RulesError, match="two levels"):
        suppress(problem(system_of([table]), Rules(min_count=3)), method="districts")


def test_large_tables_with_districts_are_searched_by_them(monkeypatch: pytest.MonkeyPatch) -> None:
    demands = city(1, 5.0, 0.3)
    monkeypatch.setattr(complementary, "SMALL", 10)
    assert choose(demands)[0] == "exchange"
    monkeypatch.setattr(complementary, "LARGE", 100)
    assert choose(demands)[0] == "districts"
