"""Districts searched one by one give one pattern that is proven as a whole."""

from __future__ import annotations

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
from sdc.suppression.areatree import districts_of
from sdc.suppression.complementary import choose, suppress
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


def test_the_answer_depends_neither_on_the_run_nor_on_the_processors(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    demands = city(2, 3.0, 0.4)
    first = suppress(demands, method="districts")
    monkeypatch.setattr("sdc.suppression.districts.os.cpu_count", lambda: 1)
    again = suppress(demands, method="districts")
    assert np.array_equal(first.hidden, again.hidden)
    assert first.moves is not None
    assert again.moves is not None
    assert (first.moves != again.moves).nnz == 0


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
