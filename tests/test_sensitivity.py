"""The rules name the right cells and demand the right reach."""

from __future__ import annotations

import numpy as np
import pytest

from sdc.errors import InputError, RulesError
from sdc.model.coded import Coded, Measure
from sdc.model.hierarchy import Hierarchy
from sdc.model.rules import Rules
from sdc.model.system import Level, System
from sdc.model.table import Table, aggregate
from sdc.sensitivity import problem
from sdc.tables.relations import system_of
from sdc.tables.tabulate import tabulate

AREA = Hierarchy.flat("area", ["a", "b"])
USE = Hierarchy.flat("use", ["p", "q", "r"])


def counts(leaf: list[list[int]]) -> System:
    dims = (AREA, USE)
    return system_of([Table("t", dims, aggregate(np.array(leaf, dtype=np.int64), dims))])


def named(system: System, cells: np.ndarray) -> set[str]:
    return {system.name_of(int(c)) for c in cells}


def test_minimum_count_on_every_level() -> None:
    # min_count 4: 1, 2 and 3 are primary, 0 and 4 are not; the column total q = 1 + 2 = 3 is, too.
    system = counts([[4, 1, 9], [0, 2, 9]])
    demands = problem(system, Rules(min_count=4))
    assert named(system, demands.primary) == {
        "area=a, use=q", "area=b, use=q", "area=TOTAL, use=q"
    }  # fmt: skip
    by_cell = dict(zip(demands.primary.tolist(), demands.lower.tolist(), strict=True))
    for cell, lower in by_cell.items():
        assert lower == system.value[cell] - 1
    assert set(demands.upper.tolist()) == {4}


def test_shown_zeros_bound_what_can_be_asked() -> None:
    # q = 1 + 2 has two non-zero innermost cells, so nobody can ever think it is below 2; each cell
    # alone cannot be thought below 1.
    system = counts([[4, 1, 9], [0, 2, 9]])
    demands = problem(system, Rules(min_count=4, zeros="show"))
    lower = {
        system.name_of(int(c)): int(v) for c, v in zip(demands.primary, demands.lower, strict=True)
    }
    assert lower == {"area=a, use=q": 1, "area=b, use=q": 1, "area=TOTAL, use=q": 2}
    zero = int(np.flatnonzero(system.value == 0)[0])
    assert not demands.eligible[zero]
    assert demands.floor[zero] == 0
    assert demands.floor[system.value > 0].tolist() == [1] * (system.n - 1)


def test_without_an_eligible_zero_every_x_is_at_least_one() -> None:
    assert problem(counts([[4, 1, 9], [3, 2, 9]]), Rules(min_count=4)).floor.min() == 1
    assert problem(counts([[4, 1, 9], [0, 2, 9]]), Rules(min_count=4)).floor.max() == 0


def measured(values: list[list[int]]) -> Table:
    """One area a list of contributions, all of use p."""
    leaf = {
        "area": np.repeat(np.arange(len(values)), [len(v) for v in values]),
        "use": np.zeros(sum(map(len, values)), dtype=np.int64),
    }
    steps = np.array([v for row in values for v in row], dtype=np.int64)
    coded = Coded("b", {"area": AREA, "use": USE}, leaf, {"floor": Measure(steps, "m2")})
    return tabulate(coded, ["area"], measure="floor")


def test_p_percent() -> None:
    # a: 1000, 40, 30, 20 (total 1090): what is left beside the two largest is 50, p % of the largest
    # is 100: the second largest comes within 50 of it, so the interval must reach 50 both ways.
    # b: 100, 90, 80, 70: 150 is left, 10 is needed: not primary.
    system = system_of([measured([[1000, 40, 30, 20], [100, 90, 80, 70]])])
    demands = problem(system, Rules(min_count=3, p_percent=10))
    assert named(system, demands.primary) == {"area=a"}
    assert (demands.lower.tolist(), demands.upper.tolist()) == ([1040], [1140])


def test_dominance() -> None:
    # a: 900 of 1090 is 82.6 % > 80 %; at 900 / 0.8 = 1125 it would no longer dominate: reach 35.
    system = system_of([measured([[900, 100, 60, 30], [100, 90, 80, 70]])])
    demands = problem(system, Rules(min_count=3, dominance=(1, 0.8)))
    assert named(system, demands.primary) == {"area=a"}
    assert (demands.lower.tolist(), demands.upper.tolist()) == ([1055], [1125])


def test_few_contributors_make_a_measure_primary() -> None:
    # a: 500 + 400, two units, min_count 3: p % of the largest (50) is the reach, since nothing is left.
    system = system_of([measured([[500, 400], [100, 90, 80, 70]])])
    demands = problem(system, Rules(min_count=3, p_percent=10))
    assert named(system, demands.primary) == {"area=a"}
    assert (demands.lower.tolist(), demands.upper.tolist()) == ([850], [950])


def test_a_measure_without_a_measure_rule_is_refused() -> None:
    with pytest.raises(RulesError, match="p_percent"):
        problem(system_of([measured([[5], [6]])]), Rules(min_count=3))


def test_levels_must_agree() -> None:
    system = system_of(
        [Table(n, (USE,), aggregate(np.array([5, 6, 7]), [USE]), records=n) for n in ("s", "t")]
    )
    rules = {"s": Rules(min_count=3), "t": Rules(min_count=3, level=Level.LINEAR)}
    with pytest.raises(RulesError, match="one level"):
        problem(system, rules)


def test_lists_of_cells() -> None:
    system = counts([[4, 1, 9], [0, 2, 9]])
    rules = Rules(
        min_count=4, must_hide=({"use": "r", "area": "a"},), never_hide=({"use": "TOTAL"},)
    )
    demands = problem(system, rules)
    assert "area=a, use=r" in named(system, demands.primary)
    barred = named(system, np.flatnonzero(~demands.eligible))
    assert barred == {"area=TOTAL, use=TOTAL", "area=a, use=TOTAL", "area=b, use=TOTAL"}
    with pytest.raises(RulesError, match="unknown code"):
        problem(system, Rules(min_count=4, must_hide=({"use": "nowhere"},)))


def test_a_primary_that_may_never_be_hidden_is_refused() -> None:
    with pytest.raises(InputError, match="never to be hidden"):
        problem(counts([[4, 1, 9], [0, 2, 9]]), Rules(min_count=4, never_hide=({"use": "q"},)))


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("count", [1, 1]), ("value", [4, 1]), ("log", [1 + np.log(5), 1])],
)
def test_costs(kind: str, expected: list[float]) -> None:
    system = counts([[4, 1, 9], [0, 2, 9]])
    cost = problem(system, Rules(min_count=4, cost=kind)).cost
    four = int(np.flatnonzero(system.value == 4)[0])
    zero = int(np.flatnonzero(system.value == 0)[0])
    assert [cost[four], cost[zero]] == pytest.approx(expected)


def test_at_rule_aware_every_zero_is_printed_and_the_maker_sees_classes() -> None:
    # Whoever runs the tool again sees which zeros it could have hidden; so it hides none.
    system = counts([[4, 1, 9], [0, 2, 9]])
    found = problem(system, Rules(min_count=4, level=Level.RULE_AWARE))
    assert not found.eligible[system.value == 0].any()
    assert found.blur is not None
    # 4 is the threshold: it looks like 1 to 3 to the maker, so that those may be 4 to the reader.
    assert found.blur.low[system.value == 4].all()
    assert problem(system, Rules(min_count=4)).blur is None


def test_persons_apart_from_records_are_refused_at_rule_aware() -> None:
    sex = Hierarchy.flat("sex", ["f", "m"])
    value, persons = aggregate(np.array([9, 9]), [sex]), np.array([11, 2, 9])
    system = system_of([Table("t", (sex,), value, contributors=persons)])
    with pytest.raises(RulesError, match="rule-aware"):
        problem(system, Rules(min_count=3, level=Level.RULE_AWARE))


def test_a_cell_of_few_persons_with_many_records_is_primary() -> None:
    # f: 9 records of two persons; m: 9 records of nine persons; min_count 3 looks at persons
    sex = Hierarchy.flat("sex", ["f", "m"])
    value = aggregate(np.array([9, 9]), [sex])
    persons = np.array([11, 2, 9])
    system = system_of([Table("t", (sex,), value, contributors=persons)])
    found = problem(system, Rules(min_count=3))
    assert [system.name_of(int(c)) for c in found.primary] == ["sex=f"]
    # ten must be possible as well: the attacker may not learn the number of records
    assert (found.upper.tolist(), found.lower.tolist()) == ([10], [8])


@pytest.mark.parametrize("k", [2**53, 10**20])
def test_a_threshold_beyond_every_number_is_refused(k: int) -> None:
    with pytest.raises(RulesError, match="2\\^53"):
        Rules(min_count=k)
    # Below that every cell is primary, the total too, and all can be as large as one likes.
    system = counts([[3, 5, 9], [1, 0, 2]])
    wanted = problem(system, Rules(min_count=2**53 - 1))
    assert len(wanted.primary) == int((system.value > 0).sum())


def test_a_sum_that_another_table_shows_to_be_filled_says_nothing_of_its_parts() -> None:
    """By area and structure zeros may hide, by area all of them are printed.

    Area p counts 1 + 4 = 5, area q 0 + 30: the zero of q could be an X, so either part of p could be 0
    for a reader, while p itself is at least 1: the rough table prints every zero. So 5 must seem able
    to be 1; that both parts are filled is known to nobody.
    """
    area = Hierarchy.flat("area", ["p", "q"], total="all")
    built = Hierarchy.flat("built", ["iron", "wood"], total="any")
    leaf = np.array([[1, 4], [0, 30]])
    fine = Table("fine", (area, built), aggregate(leaf, [area, built]))
    rough = Table("rough", (area,), aggregate(leaf.sum(axis=1), [area]))
    wanted = problem(
        system_of([fine, rough]),
        {"fine": Rules(min_count=10), "rough": Rules(min_count=3, zeros="show")},
    )
    ends = {
        wanted.system.name_of(int(c)): (int(u), int(low))
        for c, u, low in zip(wanted.primary, wanted.upper, wanted.lower, strict=True)
    }
    assert ends["area=p, built=any"] == (10, 1)
    assert ends["area=p, built=wood"] == (10, 3)
