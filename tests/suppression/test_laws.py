"""What must hold of every engine, on tables small enough to try all patterns."""

from __future__ import annotations

import numpy as np
import pytest
from tinytables import cheapest, flat, safe

from sdc.errors import Infeasible, RulesError
from sdc.model.rules import Rules
from sdc.model.system import Level, Problem
from sdc.suppression.complementary import METHODS, choose, suppress
from sdc.suppression.found import Budget
from sdc.suppression.leading import Lead

SEEDS = (1, 2, 3)
FLAT = sorted(set(METHODS) - {"districts"})
"""Methods that ask for no area tree."""

INTERVAL = Rules(min_count=3)
LINEAR = Rules(min_count=4, level=Level.LINEAR, zeros="show", cost="value")


def table(
    seed: int, rules: Rules, *, shape: tuple[int, int] = (3, 3), districts: bool = False
) -> Problem:
    """Counts of 4 to 30, one of them small enough to be primary."""
    draw = np.random.default_rng(seed)
    values = draw.integers(4, 30, shape)
    values[draw.integers(shape[0]), draw.integers(shape[1])] = draw.integers(1, 3)
    return flat(values, rules, districts=districts)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("rules", [INTERVAL, LINEAR], ids=["interval", "linear"])
def test_optimal_equals_enumeration(seed: int, rules: Rules) -> None:
    demands = table(seed, rules)
    plan = suppress(demands, method="optimal")
    assert plan.cost == pytest.approx(cheapest(demands))
    assert plan.bound == pytest.approx(plan.cost)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("method", FLAT)
def test_no_method_is_cheaper_than_the_optimum_nor_its_bound_above_it(
    seed: int, method: str
) -> None:
    rules = LINEAR if method == "reverse-delete" else INTERVAL
    demands = table(seed, rules, shape=(4, 4), districts=method == "districts")
    least = suppress(demands, method="optimal")
    plan = suppress(demands, method=method)
    assert least.bound == pytest.approx(least.cost)
    assert plan.cost >= least.cost - 1e-9
    assert plan.bound <= least.cost + 1e-9
    assert safe(demands, plan.hidden)


@pytest.mark.parametrize("seed", range(8))
def test_the_leading_bound_stays_below_the_optimum(seed: int) -> None:
    # Several small cells, zeros among the others, so that residual needs and both directions occur.
    values = np.random.default_rng(seed).integers(0, 9, (5, 5))
    demands = flat(values, Rules(min_count=4))
    lead = Lead.of(demands, Budget(), seed=0)
    least = suppress(demands, method="optimal")
    assert least.bound == pytest.approx(least.cost)
    assert lead.bound <= least.cost + 1e-9
    for _ in lead.programs(least.cost, Budget()):
        assert lead.bound <= least.cost + 1e-6 * max(1.0, least.cost)


@pytest.mark.parametrize("rules", [INTERVAL, LINEAR], ids=["interval", "linear"])
def test_hiding_more_keeps_a_safe_pattern_safe(rules: Rules) -> None:
    demands = table(4, rules, shape=(4, 4))
    hidden = suppress(demands).hidden
    for cell in np.flatnonzero(demands.eligible & ~hidden).tolist():
        more = hidden.copy()
        more[cell] = True
        assert safe(demands, more)


@pytest.mark.parametrize("method", FLAT)
def test_the_same_problem_gives_the_same_pattern(method: str) -> None:
    rules = LINEAR if method == "reverse-delete" else INTERVAL
    demands = table(5, rules, shape=(5, 5), districts=method == "districts")
    first, second = (suppress(demands, method=method) for _ in range(2))
    assert np.array_equal(first.hidden, second.hidden)
    assert first.bound == second.bound


@pytest.mark.parametrize("rules", [INTERVAL, LINEAR], ids=["interval", "linear"])
def test_permuted_and_renamed_dimensions_cost_the_same(rules: Rules) -> None:
    values = np.array([[2, 9, 14], [8, 12, 7], [11, 5, 10]])
    plans = [
        suppress(flat(values, rules), method="optimal"),
        suppress(flat(values.T, rules), method="optimal"),
        suppress(flat(values[::-1], rules, codes="zyx"), method="optimal"),
    ]
    assert [p.cost for p in plans] == pytest.approx([plans[0].cost] * 3)
    assert [p.gap for p in plans] == pytest.approx([0.0] * 3)


def test_scaling_counts_and_threshold_scales_the_answer_at_linear() -> None:
    # Hidden are 1 and 2 of the first table (min_count 3), 10 and 20 of the second (min_count 21).
    values = np.array([[1, 9, 14], [8, 2, 7], [11, 5, 10]])
    small = Rules(min_count=3, level=Level.LINEAR, zeros="show", cost="value")
    large = Rules(min_count=21, level=Level.LINEAR, zeros="show", cost="value")
    plan, scaled = suppress(flat(values, small)), suppress(flat(10 * values, large))
    assert np.array_equal(plan.hidden, scaled.hidden)
    assert scaled.cost == pytest.approx(10 * plan.cost)


@pytest.mark.parametrize("method", ["auto", "exchange", "lp-greedy", "guideline"])
def test_what_cannot_be_protected_is_named(method: str) -> None:
    # Only the column p may be hidden, so that (a, p) = 1 follows from the rest of its line.
    never = ({"use": "q"}, {"use": "r"}, {"use": "TOTAL"})
    demands = flat(np.array([[1, 9, 9], [8, 9, 9]]), Rules(min_count=3, never_hide=never))
    with pytest.raises(Infeasible) as caught:
        suppress(demands, method=method)
    assert any("area=a" in name and "use=p" in name for name in caught.value.cells)


def test_never_hide_and_must_hide_are_kept() -> None:
    values = np.array([[2, 9, 14], [8, 12, 7], [11, 5, 10]])
    rules = Rules(
        min_count=3,
        never_hide=({"area": "b", "use": "p"},),
        must_hide=({"area": "c", "use": "r"},),
    )
    demands = flat(values, rules)
    plan = suppress(demands)
    at = demands.system.blocks[0].index
    names = [demands.system.name_of(int(c)) for c in np.flatnonzero(plan.hidden)]
    assert at.shape == (4, 4)
    assert not any("area=b" in n and "use=p" in n for n in names)
    assert any("area=c" in n and "use=r" in n for n in names)


def test_an_earlier_pattern_is_kept_where_it_costs_little() -> None:
    # All four partners cost the same, so that only the earlier pattern decides between them.
    values = np.array([[1, 9, 9], [9, 9, 9], [9, 9, 9]])
    demands = flat(values, Rules(min_count=3))
    first = suppress(demands, method="exchange").hidden
    partners = np.flatnonzero(first)
    mirrored = flat(values, Rules(min_count=3))
    again = suppress(mirrored, method="exchange", previous=first, seed=7).hidden
    assert len(partners) > 1
    assert np.array_equal(first, again)


def test_auto_says_what_it_chose() -> None:
    assert choose(table(1, INTERVAL))[0] == "optimal"
    with pytest.raises(RulesError):
        suppress(table(1, INTERVAL), method="best")


@pytest.mark.parametrize("owners", [False, True])
def test_a_table_without_anything_to_hide_is_left_alone(owners: bool) -> None:
    # Zeros alone, all in print: no unknown is left, and the engines get an empty problem.
    empty = flat(np.zeros((2, 2), np.int64), Rules(min_count=3, zeros="show", owners=owners))
    plan = suppress(empty)
    assert not plan.hidden.any()
    assert (plan.cost, plan.bound) == (0.0, 0.0)
