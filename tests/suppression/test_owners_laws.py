"""What must hold of every engine where the promise is made to the owner of any one unit as well."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from stranger import keeps, keeps_to_owners, reach
from tinytables import cheapest, flat

from sdc.model.rules import Rules
from sdc.model.system import Level, Problem
from sdc.suppression.complementary import METHODS, suppress

LEVELS = (Level.INTEGER, Level.INTERVAL)
ENGINES = ("auto", *sorted(set(METHODS) - {"districts", "reverse-delete"}))


def demands(seed: int, level: Level, shape: tuple[int, int] = (3, 3)) -> Problem:
    """Small numbers beside each other, where knowing of one unit narrows a neighbour."""
    draw = np.random.default_rng(seed)
    values = draw.choice([0, 1, 2, 3, 5, 7], shape, p=[0.1, 0.2, 0.2, 0.2, 0.2, 0.1])
    return flat(values, Rules(min_count=3, level=level, cost="value"))


def readers(problem: Problem) -> Problem:
    return dataclasses.replace(problem, own=None)


# In the first two an owner makes the cheapest pattern dearer, in the last not.
SEEDS = {Level.INTEGER: (7, 13, 0), Level.INTERVAL: (29, 7, 0)}


@pytest.mark.parametrize("level", LEVELS)
def test_optimal_is_the_least_pattern_that_owners_do_not_see_through(level: Level) -> None:
    dearer = []
    for seed in SEEDS[level]:
        problem = demands(seed, level)
        plan = suppress(problem, method="optimal")
        assert plan.cost == pytest.approx(cheapest(problem, keeps_to_owners))
        assert plan.bound == pytest.approx(plan.cost)
        least = suppress(readers(problem), method="optimal")
        assert keeps(problem, least.hidden)
        assert least.cost <= plan.cost
        dearer.append(plan.cost > least.cost + 1e-9)
        assert not dearer[-1] or not keeps_to_owners(problem, least.hidden)
    assert dearer == [True, True, False]


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("method", ENGINES)
def test_no_method_is_cheaper_than_the_proven_optimum(method: str, level: Level) -> None:
    # At integer, exchange took what its own directions ask of owners for a bound: 19, where 14 is enough.
    problem = demands(5, level, (4, 4))
    best, plan = suppress(problem, method="optimal"), suppress(problem, method=method)
    assert best.bound == pytest.approx(best.cost)
    assert plan.cost >= best.cost - 1e-9
    assert plan.bound <= best.cost + 1e-9
    assert keeps_to_owners(problem, plan.hidden)
    for cell in np.flatnonzero(plan.hidden).tolist():  # no X on a cell that follows
        assert sum(reach(problem, plan.hidden, cell, sign=s) for s in (1, -1)) > 1e-6


@pytest.mark.parametrize("level", LEVELS)
def test_hiding_more_never_shows_an_owner_more(level: Level) -> None:
    problem = demands(7, level)
    hidden = suppress(problem).hidden
    rest = np.flatnonzero(problem.eligible & ~hidden)
    draw = np.random.default_rng(1)
    for size in (2, len(rest)):
        more = hidden.copy()
        more[draw.choice(rest, size, replace=False)] = True
        assert keeps_to_owners(problem, more)


@pytest.mark.parametrize("level", LEVELS)
def test_turned_and_renamed_tables_cost_the_same(level: Level) -> None:
    values = np.array([[1, 2, 6, 7], [2, 5, 8, 6], [7, 6, 9, 5]])
    rules = Rules(min_count=3, level=level, cost="value")
    plain, *others = (
        suppress(problem, method="optimal")
        for problem in (
            flat(values, rules),
            flat(values.T, rules),
            flat(values[::-1, ::-1], rules, codes="zyx"),
        )
    )
    for plan in others:
        assert plan.gap == plain.gap == pytest.approx(0.0)
        assert plan.cost == pytest.approx(plain.cost)
        assert plan.hidden.sum() == plain.hidden.sum()
