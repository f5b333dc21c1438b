"""What must hold of every engine at every level: linear, integer, interval and given levels."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from stranger import keeps, reach
from tinytables import cheapest, flat

from sdc.disclosure.audit import audit
from sdc.errors import Infeasible, InputError
from sdc.model.hierarchy import Hierarchy
from sdc.model.plan import apply
from sdc.model.rules import Rules
from sdc.model.system import Level, Problem
from sdc.model.table import Table, aggregate
from sdc.sensitivity import problem as problem_of
from sdc.suppression.complementary import METHODS, suppress
from sdc.tables.relations import system_of

LEVELS = ("linear", "integer", "interval", "given")
FLAT = sorted(set(METHODS) - {"districts"})


def demands(level: str, seed: int, *, shape: tuple[int, int] = (3, 3), **rules: object) -> Problem:
    """One or two small cells among counts of 5 to 20, some of them zero where an X may be one.

    At "given" every primary cell has its own lpl, upl and spl, as in a JJ file, and the attacker is
    real-valued.
    """
    draw = np.random.default_rng(seed)
    values = draw.integers(5, 20, shape)
    values[0, draw.integers(shape[1])] = draw.integers(1, 4)
    if level != "linear":
        values[shape[0] - 1, draw.integers(shape[1])] = 0
    named = Level.INTERVAL if level == "given" else Level(level)
    zeros = "show" if level == "linear" else "hide"
    built = flat(values, Rules(min_count=4, level=named, zeros=zeros, cost="count", **rules))
    if level != "given":
        return built
    value = built.system.value[built.primary]
    up, down = draw.integers(0, 6, len(value)), draw.integers(0, value + 1)
    return dataclasses.replace(
        built, whole=False, upper=value + up, lower=value - down,
        slide=up + down + draw.integers(0, 3, len(value)),
    )  # fmt: skip


def serves(method: str, level: str) -> bool:
    return method != "reverse-delete" or level == "linear"


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("level", LEVELS)
def test_optimal_equals_the_least_of_all_patterns(level: str, seed: int) -> None:
    problem = demands(level, seed)
    plan = suppress(problem, method="optimal")
    assert plan.cost == pytest.approx(cheapest(problem, keeps))
    assert plan.bound == pytest.approx(plan.cost)
    assert keeps(problem, plan.hidden)


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("method", ["auto", *FLAT])
def test_no_method_is_cheaper_than_the_proven_optimum(method: str, level: str) -> None:
    if not serves(method, level):
        with pytest.raises(InputError):
            suppress(demands(level, 5), method=method)
        return
    for seed in (5, 6):
        problem = demands(level, seed, shape=(4, 4))
        best = suppress(problem, method="optimal")
        plan = suppress(problem, method=method)
        assert best.bound == pytest.approx(best.cost)
        assert plan.cost >= best.cost - 1e-9
        assert plan.bound <= best.cost + 1e-9
        assert keeps(problem, plan.hidden)


@pytest.mark.parametrize("level", LEVELS)
def test_hiding_more_never_makes_a_safe_pattern_unsafe(level: str) -> None:
    problem = demands(level, 7, shape=(4, 4))
    hidden = suppress(problem).hidden
    rest = np.flatnonzero(problem.eligible & ~hidden)
    draw = np.random.default_rng(1)
    for size in (1, 2, 4, len(rest)):
        more = hidden.copy()
        more[draw.choice(rest, size, replace=False)] = True
        assert keeps(problem, more)


@pytest.mark.parametrize("level", LEVELS[1:])
@pytest.mark.parametrize("method", ["auto", *FLAT])
def test_above_linear_no_x_stands_on_a_cell_that_follows(method: str, level: str) -> None:
    if not serves(method, level):
        return
    for seed in (9, 10):
        problem = demands(level, seed, shape=(4, 4))
        hidden = suppress(problem, method=method).hidden
        extra = np.setdiff1d(np.flatnonzero(hidden), problem.primary)
        assert len(extra)
        for cell in extra.tolist():
            assert sum(reach(problem, hidden, cell, sign=s) for s in (1, -1)) > 1e-6


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("method", ["auto", *FLAT])
def test_what_nothing_protects_is_named(method: str, level: str) -> None:
    if not serves(method, level):
        return
    # Only column p may be hidden, so that the small cell of the first row follows from its line.
    never = ({"use": "q"}, {"use": "r"}, {"use": "TOTAL"})
    values = np.array([[2, 9, 9], [8, 9, 9]])
    named = Level.INTERVAL if level == "given" else Level(level)
    problem = flat(values, Rules(min_count=3, level=named, zeros="show", never_hide=never))
    if level == "given":
        problem = dataclasses.replace(problem, whole=False)
    with pytest.raises(Infeasible) as caught:
        suppress(problem, method=method)
    assert any("area=a" in name and "use=p" in name for name in caught.value.cells)


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("method", ["auto", *FLAT])
def test_what_must_stay_printed_or_hidden_does(method: str, level: str) -> None:
    if not serves(method, level):
        return
    never, must = ({"area": "b", "use": "p"},), ({"area": "c", "use": "r"},)
    problem = demands(level, 8, shape=(4, 4), never_hide=never, must_hide=must)
    plan = suppress(problem, method=method)
    hidden = [problem.system.name_of(int(c)) for c in np.flatnonzero(plan.hidden)]
    assert not any("area=b" in name and "use=p" in name for name in hidden)
    assert any("area=c" in name and "use=r" in name for name in hidden)
    assert keeps(problem, plan.hidden)


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("method", ["auto", *sorted(set(FLAT) - {"guideline"})])
def test_among_equal_patterns_the_earlier_one_is_kept(method: str, level: str) -> None:
    if not serves(method, level):
        return
    # Every partner is a 9, so that every rectangle over the small cell costs the same 27.
    values = np.array([[1, 9, 9, 9], [9, 9, 9, 9], [9, 9, 9, 9], [9, 9, 9, 9]])
    named = Level.INTERVAL if level == "given" else Level(level)
    problem = flat(values, Rules(min_count=3, level=named, zeros="show", cost="value"))
    if level == "given":
        problem = dataclasses.replace(problem, whole=False)
    index = problem.system.blocks[0].index
    for other in ((1, 2), (3, 3), (2, 1)):
        earlier = np.zeros(problem.system.n, dtype=bool)
        names = [problem.system.name_of(int(c)) for c in index.ravel()]
        rows, columns = "abcd", "pqrs"
        for area in ("a", rows[other[0]]):
            for use in ("p", columns[other[1]]):
                at = next(
                    i for i, n in enumerate(names) if f"area={area}" in n and f"use={use}" in n
                )
                earlier[index.ravel()[at]] = True
        plan = suppress(problem, method=method, previous=earlier)
        assert np.array_equal(plan.hidden, earlier)


def cube(values: np.ndarray, level: Level, names: str, codes: str) -> Problem:
    """A table of three flat dimensions of two codes each with all totals, cost by count."""
    dims = [Hierarchy.flat(name, [name + code for code in codes]) for name in names]
    table = Table("t", tuple(dims), aggregate(values, dims))
    zeros = "show" if level is Level.LINEAR else "hide"
    return problem_of(
        system_of([table]), Rules(min_count=4, level=level, zeros=zeros, cost="value")
    )


@pytest.mark.parametrize("level", list(Level)[:3])
def test_permuted_dimensions_and_renamed_codes_cost_the_same(level: Level) -> None:
    values = np.random.default_rng(2).integers(5, 20, (2, 2, 2))
    values[0, 1, 0] = 2
    plain = suppress(cube(values, level, "abc", "xy"), method="optimal")
    # The other order of the dimensions, the codes the other way round, and both under other names.
    others = [
        cube(values.transpose(2, 0, 1), level, "cab", "xy"),
        cube(values[::-1, ::-1, ::-1], level, "abc", "xy"),
        cube(values[:, ::-1].transpose(1, 2, 0), level, "rst", "mn"),
    ]
    for other in others:
        plan = suppress(other, method="optimal")
        assert plan.gap == pytest.approx(plain.gap, abs=1e-9) == 0.0
        assert plan.cost == pytest.approx(plain.cost)
        assert (plan.problem.level, plan.hidden.sum()) == (level, plain.hidden.sum())


@pytest.mark.parametrize("cost", ["value", "count"])
def test_multiplied_counts_and_threshold_scale_the_answer_at_linear(cost: str) -> None:
    # Hidden are 1 to 3 of the first table (min_count 4), 7, 14 and 21 of the second (min_count 22).
    draw = np.random.default_rng(4)
    for _ in range(3):
        values = draw.integers(0, 15, (5, 5))
        small, large = (
            flat(values * times, Rules(min_count=least_shown, level=Level.LINEAR, zeros="show",
                                       cost=cost))
            for times, least_shown in ((1, 4), (7, 22))
        )  # fmt: skip
        factor = 7 if cost == "value" else 1
        for method in ("optimal", "reverse-delete"):
            plan, scaled = suppress(small, method=method), suppress(large, method=method)
            assert np.array_equal(small.primary, large.primary)
            assert scaled.cost == pytest.approx(factor * plan.cost)


def test_a_given_level_of_nothing_asks_for_an_x_alone() -> None:
    # 2 + 9 + 9 = 20: with levels of 0 the cell may stay the only X of its lines, as JJ files have it.
    values = np.array([[2, 9, 9], [8, 9, 9], [7, 9, 9]])
    built = flat(values, Rules(min_count=3))
    value = built.system.value[built.primary]
    given = dataclasses.replace(built, whole=False, upper=value, lower=value, slide=0 * value)
    plan = suppress(given)
    assert (plan.cost, plan.bound, plan.hidden.sum()) == (0.0, 0.0, 1)
    assert audit(given, apply(given.system, plan)).passed
    asked = dataclasses.replace(given, upper=value + 1)
    assert suppress(asked).hidden.sum() >= 4
