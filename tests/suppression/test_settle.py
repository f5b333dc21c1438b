"""No X is left standing on a cell with one possible value, also where masks are shared."""

from __future__ import annotations

import numpy as np

from sdc.disclosure.proof import prove
from sdc.disclosure.work import Work
from sdc.model.coded import Coded, Measure
from sdc.model.hierarchy import Hierarchy
from sdc.model.rules import Rules
from sdc.model.system import Problem
from sdc.sensitivity import problem
from sdc.suppression.found import Budget, Found
from sdc.suppression.lp_greedy import lp_greedy
from sdc.suppression.settle import also, settle
from sdc.tables.relations import system_of
from sdc.tables.tabulate import tabulate

AREA = Hierarchy.flat("area", ["a", "b", "c"])
USE = Hierarchy.flat("use", ["p", "q", "r"])
WALL = Hierarchy.flat("wall", ["s", "t"])


def dominated() -> Problem:
    """Nine cells of ten buildings each; in (a, p) one building makes nearly all of the area."""
    rng = np.random.default_rng(5)
    place = np.repeat(np.arange(9), 10)
    steps = rng.integers(80, 120, 90).astype(np.int64)
    steps[0] = 40_000
    coded = Coded(
        "b",
        {"area": AREA, "use": USE, "wall": WALL},
        {"area": place // 3, "use": place % 3, "wall": np.arange(90) % 2},
        {"floor": Measure(steps, "m2")},
    )
    tables = [
        tabulate(coded, ["area", "use", "wall"], name="n"),
        tabulate(coded, ["area", "use"], measure="floor", name="m"),
    ]
    return problem(system_of(tables), Rules(min_count=3, p_percent=10))


def standing(demands: Problem, found: Found) -> np.ndarray:
    return prove(demands, found.hidden, found.moves, work=Work(None, None)).standing


def test_a_count_beside_a_dominated_area_gets_a_second_value() -> None:
    # The counts (10 each, 5 by wall) are not sensitive, but they carry the X of the areas. The areas
    # need a rectangle of X; the counts by wall are all printed, so the count under each X follows as
    # 5 + 5.
    demands = dominated()
    found = lp_greedy(demands, budget=Budget(0), seed=0)
    before = standing(demands, found)
    after = settle(demands, found)
    assert before.sum() > 0
    assert standing(demands, after).sum() == 0
    assert after.hidden[demands.primary].all()


def test_a_demand_is_added_in_order_and_only_once() -> None:
    demands = dominated()
    extra = np.setdiff1d(np.flatnonzero(demands.eligible), demands.primary)[:2].astype(np.int64)
    wider = also(demands, np.concatenate([extra, demands.primary[:1]]))
    assert wider.primary.tolist() == sorted({*demands.primary.tolist(), *extra.tolist()})
    at = int(np.searchsorted(wider.primary, extra[0]))
    value = int(demands.system.value[extra[0]])
    assert (wider.lower[at], wider.upper[at]) == (value, value + 1)
    kept = np.searchsorted(wider.primary, demands.primary)
    assert wider.upper[kept].tolist() == demands.upper.tolist()
