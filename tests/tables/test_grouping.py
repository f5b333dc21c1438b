"""Detailed here, collapsed there: one system, and nothing follows from it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from attacker import Attack, Seen, Tree
from hypothesis import given, settings
from hypothesis import strategies as st

from sdc.disclosure.audit import audit
from sdc.errors import InputError, NotProven, RulesError
from sdc.ledger.payload import pack, unpack
from sdc.model.coded import Coded
from sdc.model.grouped import Grouped
from sdc.model.hierarchy import Hierarchy
from sdc.model.past import PastRelease, PastTable
from sdc.model.plan import Plan, apply
from sdc.model.rules import Rules
from sdc.model.states import State
from sdc.model.system import System
from sdc.sensitivity import problem
from sdc.suppression.complementary import suppress
from sdc.tables.areagroups import group_areas
from sdc.tables.grouping import printed_sums, with_groups
from sdc.tables.joint import Now, joint_system
from sdc.tables.relations import system_of
from sdc.tables.tabulate import tabulate

USE = Hierarchy.of("use", {"T": "", "g": "T", "a": "g", "b": "g", "c": "T", "d": "T"})
SEX = Hierarchy.flat("sex", ["f", "m"], total="S")


def records(counts: np.ndarray, *, sex: bool = False) -> Coded:
    """Records by area and use (and sex) with these counts."""
    areas = Hierarchy.flat("area", [f"p{k}" for k in range(len(counts))], total="A")
    dims = {"area": areas, "use": USE} | ({"sex": SEX} if sex else {})
    place = np.argwhere(np.ones(counts.shape, dtype=bool))
    weight = counts.ravel().astype(np.int64)
    return Coded("r", dims, {n: place[:, i] for i, n in enumerate(dims)}, weight=weight)


def plain(coded: Coded) -> System:
    return system_of([tabulate(coded, list(coded.dims), name="t")])


OWN = Grouped("r", "area", "use", {
    "p0": {"a": "g", "b": "g"},  # an inner code that is printed anyway
    "p1": {"b": "other:T", "a": "other:T", "c": "other:T"},  # all of g and c: g is no sum of groups
})  # fmt: skip


def test_what_is_printed_and_what_is_added_up() -> None:
    # leaves in code order: a b c d
    coded = records(np.array([[1, 4, 9, 9], [2, 1, 4, 7], [5, 5, 5, 5]]))
    system = with_groups(plain(coded), {"r": coded}, [OWN])
    main, bins = system.blocks
    use = main.table.dims[1]
    shut = {(a, use.codes[k]) for a, k in np.argwhere(~system.shown[main.index])}
    place = {c: main.table.dims[0].position(c) for c in ("p0", "p1")}
    # p0 prints g and not a, b; p1 prints neither a, b, c nor g = {a, b}, a part of its group
    assert shut == {(place["p0"], "a"), (place["p0"], "b"), *((place["p1"], c) for c in "abcg")}
    assert bins.table.within == "t"
    seen = np.argwhere(system.shown[bins.index])
    [(i, k)] = seen.tolist()
    assert (bins.table.dims[0].codes[i], bins.table.dims[1].codes[k]) == ("p1", "other:T")
    assert system.value[bins.index[i, k]] == 2 + 1 + 4
    # every total stays; a and b of p0 are small and still demand what a hidden cell demands
    assert np.array_equal(main.table.value, plain(coded).blocks[0].table.value)
    wanted = problem(system, Rules(min_count=3))
    names = [system.name_of(int(c)) for c in wanted.primary]
    assert names == ["area=p0, use=a", "area=p1, use=a", "area=p1, use=b"]
    # a later release knows: 7 is the sum of three cells
    pairs = printed_sums(main, bins, [OWN], system.shown[bins.index])
    assert sorted(main.table.codes_of(int(c))["use"] for _, c in pairs) == ["a", "b", "c"]


def test_a_third_dimension_prints_the_group_at_every_code() -> None:
    counts = np.arange(24).reshape(3, 4, 2)
    coded = records(counts, sex=True)
    system = with_groups(plain(coded), {"r": coded}, [OWN])
    bins = system.blocks[-1]
    # p1, a + b + c: f and m are 8+10+12 = 30 and 9+11+13 = 33
    assert sorted(system.value[bins.index[system.shown[bins.index]]].tolist()) == [30, 33, 63]


@pytest.mark.parametrize(
    "groups",
    [
        {"p9": {"a": "g", "b": "g"}},
        {"p0": {"z": "g"}},
        {"p0": {"a": "g"}},  # g is more than a
        {"A": {"a": "g", "b": "g"}},  # no innermost area
    ],
)
def test_groups_must_fit(groups: dict[str, dict[str, str]]) -> None:
    coded = records(np.ones((2, 4), dtype=np.int64))
    with pytest.raises(InputError):
        with_groups(plain(coded), {"r": coded}, [Grouped("r", "area", "use", groups)])


def test_no_chains_and_one_column() -> None:
    with pytest.raises(InputError, match="a class itself"):
        Grouped("r", "area", "use", {"p0": {"a": "b", "b": "x"}})
    coded = records(np.ones((2, 4), dtype=np.int64))
    with pytest.raises(InputError, match="one column"):
        with_groups(plain(coded), {"r": coded}, [OWN, OWN])


def test_what_must_be_printed_is_not_grouped() -> None:
    coded = records(np.array([[1, 4, 9, 9], [2, 1, 4, 7]]))
    system = with_groups(plain(coded), {"r": coded}, [OWN])
    keep = Rules(min_count=3, never_hide=({"area": "p1", "use": "c"},))
    with pytest.raises(RulesError, match="never to be hidden"):
        problem(system, keep)
    # what is printed anyway may be kept: a class of another area, and the total of all
    other = ({"area": "p0", "use": "d"}, {"area": "A", "use": "T"})
    wanted = problem(
        system, Rules(min_count=3, never_hide=other, must_hide=({"use": "d", "area": "p1"},))
    )
    kept = {system.name_of(int(c)) for c in np.flatnonzero(system.shown & ~wanted.eligible)}
    assert kept == {"area=p0, use=d", "area=A, use=T"}


def test_a_total_of_one_grouped_class_is_a_disclosure() -> None:
    """A10: p0 alone counts a and b together, and the totals of a and b are printed."""
    coded = records(np.array([[1, 4, 9, 9], [6, 5, 4, 7], [5, 5, 5, 5]]))
    group = Grouped("r", "area", "use", {"p0": {"a": "g", "b": "g"}})
    system = with_groups(plain(coded), {"r": coded}, [group])
    wanted = problem(system, Rules(min_count=3))
    # a of p0 = 12 - 6 - 5 = 1 for everybody while nothing else is hidden
    open_ = Plan(wanted, np.zeros(system.n, dtype=bool), "by hand")
    report = audit(wanted, apply(system, open_))
    assert not report.passed
    assert [system.name_of(r.cell) for r in report.revelations] == ["area=p0, use=a"]
    plan = suppress(wanted)
    assert audit(wanted, apply(system, plan), moves=plan.moves).passed


def seen_of(system: System, plan: Plan, group: Grouped) -> Seen:
    """What a reader has, by codes; the attacker knows which classes a group holds."""
    number, hidden, grouped, groups = {}, set(), set(), {}
    for table in apply(system, plan).tables:
        for at in np.ndindex(table.state.shape):
            cell = tuple(d.codes[i] for d, i in zip(table.dims, at, strict=True))
            state = int(table.state[at])
            if table.within and state == State.GROUPED:
                continue
            if table.within:
                members = [c for c, g in group.groups[cell[0]].items() if g == cell[1]]
                groups[cell] = [(cell[0], c) for c in members]
            if state == State.GROUPED:
                grouped.add(cell)
            elif state == State.HIDDEN:
                hidden.add(cell)
            else:
                number[cell] = int(table.value[at])
    return Seen(("area", "use"), number, hidden | grouped, grouped, groups)


def is_kept_from_a_stranger(counts: np.ndarray) -> None:
    """What is grouped by its own needs, protected and audited keeps its promise against another solver.

    A small X must seem able to be 3 or more, and to be less than it is: down to 0 where a zero stands
    in a place of its own, for it could have been an X as well. Where none does, a reader takes it that
    no X is zero, so that a 1 has nothing below it. A zero inside a group was never to be an X.
    """
    coded = records(counts)
    group = group_areas(coded, ("area", "use"), USE, level=3)
    system = with_groups(plain(coded), {"r": coded}, [group])
    for area, own in group.groups.items():
        members = [[c for c, g in own.items() if g == name] for name in set(own.values())]
        row = dict(zip("abcd", counts[int(area[1:])].tolist(), strict=True))
        assert all(len(m) > 1 and sum(row[c] for c in m) >= 3 for m in members)
    wanted = problem(system, Rules(min_count=3))
    try:
        plan = suppress(wanted)
    except NotProven:
        return  # nothing is published
    assert audit(wanted, apply(system, plan), moves=plan.moves).passed
    seen = seen_of(system, plan, group)
    trees = {"area": Tree.flat([f"p{k}" for k in range(4)], "A")}
    above = [USE.codes[p] if p >= 0 else "" for p in USE.parents]
    trees["use"] = Tree(dict(zip(USE.codes, above, strict=True)))
    attack = Attack(seen, trees)
    value = {tuple(t.table.codes_of(k).values()): int(v)
             for t in system.blocks for k, v in enumerate(t.table.value.ravel())
             if not t.table.within}  # fmt: skip
    lowest = 0 if any(v == 0 and c not in seen.grouped for c, v in value.items()) else 1
    for cell in sorted(seen.hidden):
        if cell in value and 0 < value[cell] < 3:
            assert attack.can(cell, at_least=3)
            if value[cell] > lowest:
                assert attack.can(cell, at_most=value[cell] - 1)


@settings(max_examples=12, deadline=None)
@given(data=st.data())
def test_a_stranger_learns_nothing(data: st.DataObject) -> None:
    sizes = st.sampled_from([0, 0, 1, 1, 2, 3, 5, 8, 13])
    is_kept_from_a_stranger(np.array([[data.draw(sizes) for _ in range(4)] for _ in range(4)]))


def test_the_only_zero_stands_in_a_group() -> None:
    """p3 counts a, b and c (0, 2, 1) together, so no zero is left that an X could hide."""
    counts = np.array([[3, 2, 1, 1], [3, 3, 1, 1], [3, 1, 1, 2], [0, 2, 1, 3]])
    is_kept_from_a_stranger(counts)
    coded = records(counts)
    group = group_areas(coded, ("area", "use"), USE, level=3)
    assert group.groups["p3"] == dict.fromkeys("abc", "other:T")
    wanted = problem(with_groups(plain(coded), {"r": coded}, [group]), Rules(min_count=3))
    # every reader may take each X for at least 1: a 1 cannot be promised to seem less, a 2 neither than 1
    assert set(wanted.lower.tolist()) == {1}
    # one area more whose d is a zero of its own: d of p4 could be an X, so a 1 must seem able to be 0
    more = records(np.vstack([counts, [5, 5, 5, 0]]))
    wanted = problem(with_groups(plain(more), {"r": more}, [group]), Rules(min_count=3))
    value = wanted.system.value[wanted.primary]
    assert wanted.lower.tolist() == (value - 1).tolist()


def earlier_with_a_group(coded: Coded) -> PastRelease:
    """A release that printed, of p1, the sum of a, b and c instead of these and of g."""
    system = with_groups(plain(coded), {"r": coded}, [OWN])
    main, bins = system.blocks
    printed = system.shown[main.index].ravel()
    none = np.full(printed.size, -1, dtype=np.int64)
    sums = printed_sums(main, bins, [OWN], system.shown[bins.index])
    table = PastTable("t", "r", "count", ("area", "use"), printed, none, none, 0 * none, "", sums)
    told = replace(table, digest=table.told(main.table.value.ravel()))
    fold = {n: np.arange(len(d.leaves)) for n, d in coded.dims.items()}
    return PastRelease("v", 1, coded.dims, fold, {"r": coded}, (told,))


def test_a_later_release_knows_the_groups_of_an_earlier_one() -> None:
    coded = records(np.array([[1, 4, 9, 9], [2, 1, 4, 7], [5, 5, 5, 5]]))
    earlier = unpack(pack(earlier_with_a_group(coded)))
    fold = {n: np.arange(len(d.leaves)) for n, d in coded.dims.items()}
    now = Now((tabulate(coded, ["area", "use"], name="t"),), {"r": coded}, fold)
    joint = joint_system(now, [earlier])
    index = joint.system.blocks[0].index
    dims = joint.system.blocks[0].table.dims
    at = [int(index[dims[0].position("p1"), dims[1].position(c)]) for c in "abc"]
    # one more unknown: 7 = 2 + 1 + 4, known to everybody, and none of its three classes is
    last = joint.system.n - 1
    row = joint.system.relations[joint.system.relations.getcol(last).nonzero()[0]].tocoo()
    assert sorted(zip(row.col.tolist(), row.data.tolist(), strict=True)) == sorted(
        [(last, -1), *((k, 1) for k in at)]
    )
    assert (int(joint.system.value[last]), bool(joint.system.known[last])) == (7, True)
    assert not joint.system.known[at].any()
    # other records than were published are noticed by the group alone: a and c of p1 are not printed
    moved = records(np.array([[1, 4, 9, 9], [3, 1, 4, 7], [4, 5, 5, 5]]))
    wrong = replace(earlier, units={"r": moved})
    table = tabulate(moved, ["area", "use"], name="t")
    with pytest.raises(NotProven):
        joint_system(Now((table,), {"r": moved}, fold), [wrong])
