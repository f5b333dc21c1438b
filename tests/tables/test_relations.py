"""Tables of one release become one system: shared margins, latent atoms, one mask a place."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from sdc.errors import InputError
from sdc.model.coded import Coded, Crossing, Measure
from sdc.model.hierarchy import Hierarchy
from sdc.model.system import System
from sdc.model.table import Table, aggregate
from sdc.tables.atoms import is_acyclic
from sdc.tables.relations import system_of
from sdc.tables.tabulate import tabulate

AREA = Hierarchy.flat("area", ["a1", "a2", "a3"])
USE = Hierarchy.flat("use", ["u1", "u2"])
STRUCTURE = Hierarchy.flat("structure", ["s1", "s2"])


def table(name: str, dims: tuple[Hierarchy, ...], leaf: list, **more) -> Table:
    return Table(name, dims, aggregate(np.array(leaf, dtype=np.int64), dims), **more)


def interval(system: System, hidden: np.ndarray, cell: int) -> tuple[float, float]:
    """The attacker's real-valued interval, by scipy, straight from the relations."""
    bounds = [
        (0, None) if h or not s else (v, v)
        for h, s, v in zip(hidden, system.shown, system.value, strict=True)
    ]
    cost = np.zeros(system.n)
    ends = []
    for sign in (1, -1):
        cost[cell] = sign
        answer = linprog(
            cost, A_eq=system.relations.toarray(), b_eq=np.zeros(system.relations.shape[0]),
            bounds=bounds,
        )  # fmt: skip
        ends.append(sign * answer.fun if answer.status == 0 else sign * np.inf * -1)
    return ends[0], ends[1]


def hide(system: System, name: str, places: list[tuple[str, ...]]) -> np.ndarray:
    hidden = np.zeros(system.n, dtype=bool)
    block = next(b for b in system.blocks if b.table.name == name)
    for codes in places:
        at = tuple(d.position(c) for d, c in zip(block.table.dims, codes, strict=True))
        hidden[block.index[at]] = True
    return hidden


def test_shared_margins_are_not_enough() -> None:
    # area x use [[1,4],[4,4],[5,5]] with its first two rows hidden, area x structure and
    # use x structure published. Row 1 of area x structure says that a1 has 5 units, all s1; a2 has 8,
    # all s2; a3 has 10, all s1. use x structure: u1 has 6 in s1 and 4 in s2. s2 units are a2's alone,
    # so (a2, u1) = 4, and (a1, u1) = 10 - 4 - 5 = 1: exact, although the margins alone allow 0..5.
    tables = [
        table("au", (AREA, USE), [[1, 4], [4, 4], [5, 5]]),
        table("as", (AREA, STRUCTURE), [[5, 0], [0, 8], [10, 0]]),
        table("us", (USE, STRUCTURE), [[6, 4], [9, 4]]),
    ]
    system = system_of(tables)
    hidden = hide(system, "au", [("a1", "u1"), ("a1", "u2"), ("a2", "u1"), ("a2", "u2")])
    cell = int(np.flatnonzero(hidden & (system.value == 1))[0])
    assert interval(system, hidden, cell) == pytest.approx((1, 1))
    alone = system_of(tables[:1])
    hidden = hide(alone, "au", [("a1", "u1"), ("a1", "u2"), ("a2", "u1"), ("a2", "u2")])
    cell = int(np.flatnonzero(hidden & (alone.value == 1))[0])
    assert interval(alone, hidden, cell) == pytest.approx((0, 5))


def test_mesh_against_area() -> None:
    # Meshes 5, 4, 4, 4 (17 units) and one area of 16 that covers all but one unit, which lies in the
    # first mesh cell outside the area: 17 - 16 = 1 follows although nothing small is printed.
    mesh = Hierarchy.flat("mesh", ["m1", "m2", "m3", "m4"])
    area = Hierarchy.flat("areas", ["in", "out"])
    pairs = np.array([[0, 0], [0, 1], [0, 2], [0, 3], [1, 0]])
    leaf = {
        "areas": np.array([0] * 16 + [1]),
        "mesh": np.array([0] * 4 + [1] * 4 + [2] * 4 + [3] * 4 + [0]),
    }
    coded = Coded("b", {"areas": area, "mesh": mesh}, leaf)
    tables = [tabulate(coded, ["areas"], name="a"), tabulate(coded, ["mesh"], name="m")]
    system = system_of(tables, crossings=[Crossing(("areas", "mesh"), pairs)], coded={"b": coded})
    assert system.value[~system.shown].tolist() == [4, 4, 4, 4, 1]
    hidden = hide(system, "a", [("out",)])
    cell = int(np.flatnonzero(hidden)[0])
    assert interval(system, hidden, cell) == pytest.approx((1, 1))


def test_band_edges_meet_in_atoms() -> None:
    # <20 / 20-39 in one table, <25 / 25-39 in another: ages 0-19, 20-24, 25-39 are the atoms, and
    # 20-24 = (<25) - (<20) is derived from totals 10, 6 | 12, 4: it holds 2.
    first = Hierarchy.flat("age20", ["0-19", "20-39"])
    second = Hierarchy.flat("age25", ["0-24", "25-39"])
    age = np.array([0] * 10 + [1] * 2 + [2] * 4)
    leaf = {"age20": np.array([0, 1, 1])[age], "age25": np.array([0, 0, 1])[age]}
    coded = Coded("p", {"age20": first, "age25": second}, leaf)
    crossing = Crossing(("age20", "age25"), np.array([[0, 0], [1, 0], [1, 1]]))
    tables = [tabulate(coded, ["age20"]), tabulate(coded, ["age25"])]
    system = system_of(tables, crossings=[crossing], coded={"p": coded})
    atoms = np.flatnonzero(~system.shown)
    nothing = np.zeros(system.n, dtype=bool)
    assert [interval(system, nothing, int(a)) for a in atoms] == [
        pytest.approx((v, v)) for v in (10, 2, 4)
    ]


def test_a_margin_that_two_tables_share_is_one_unknown() -> None:
    tables = [table("au", (AREA, USE), [[1, 2], [3, 4], [5, 6]]), table("u", (USE,), [9, 12])]
    system = system_of(tables)
    assert system.n == 12  # 4 x 3 cells; the table by use adds none
    assert [b.table.name for b in system.blocks] == ["au", "u"]
    assert system.value[system.blocks[1].index].tolist() == [21, 9, 12]


def test_disagreeing_margins_are_refused() -> None:
    tables = [table("au", (AREA, USE), [[1, 2], [3, 4], [5, 6]]), table("u", (USE,), [9, 13])]
    with pytest.raises(InputError, match="disagree"):
        system_of(tables)


def test_contradicting_tables_without_records_are_refused() -> None:
    # Every pair agrees on its margin of 1 and 1, yet a = b, b = c and a != c cannot all hold.
    a, b, c = (Hierarchy.flat(n, ["0", "1"]) for n in "abc")
    same, other = [[1, 0], [0, 1]], [[0, 1], [1, 0]]
    with pytest.raises(InputError, match="contradict"):
        system_of(
            [table("ab", (a, b), same), table("bc", (b, c), same), table("ac", (a, c), other)]
        )


def test_a_count_and_a_measure_of_one_cell_carry_one_mask() -> None:
    coded = Coded(
        "b", {"area": AREA, "use": USE},
        {"area": np.array([0, 0, 1, 2]), "use": np.array([0, 1, 1, 0])},
        {"floor": Measure(np.array([10, 20, 30, 40]), "m2")},
    )  # fmt: skip
    system = system_of(
        [tabulate(coded, ["area", "use"]), tabulate(coded, ["use"], measure="floor", name="f")]
    )
    count, floor = system.blocks
    assert system.value[floor.index].tolist() == [100, 50, 50]
    root = AREA.root
    assert system.group[count.index[root]].tolist() == system.group[floor.index].tolist()
    assert len(np.unique(system.group)) == system.n - 3


def test_schemes() -> None:
    sets = [frozenset(s) for s in ("abc", "bcd", "de")]
    assert is_acyclic(sets)
    assert not is_acyclic([frozenset(s) for s in ("ab", "bc", "cd", "da")])
    assert is_acyclic([frozenset(s) for s in ("ab", "bc", "ca", "abc")])


small = st.integers(0, 3)


@settings(max_examples=25, deadline=None)
@given(st.lists(small, min_size=8, max_size=8), st.integers(0, 3), st.integers(0, 15))
def test_margins_suffice_for_decomposable_schemes(cells: list[int], pick: int, mask: int) -> None:
    """Linking {a, b} and {b, c} by b gives the same intervals as the full cross-classification."""
    a, b, c = (Hierarchy.flat(n, ["0", "1"]) for n in "abc")
    cube = np.array(cells, dtype=np.int64).reshape(2, 2, 2)
    tables = [table("ab", (a, b), cube.sum(2).tolist()), table("bc", (b, c), cube.sum(0).tolist())]
    full = table("abc", (a, b, c), cube.tolist())
    margins = system_of(tables)
    joint = system_of([*tables, full])
    hidden = {}
    for system in (margins, joint):
        flags = np.zeros(system.n, dtype=bool)
        block = next(x for x in system.blocks if x.table.name == "ab")
        inner = block.index[1:, 1:] if a.root == 0 else block.index[:2, :2]
        flags[inner.ravel()[[i for i in range(4) if mask >> i & 1 or i == pick]]] = True
        hidden[id(system)] = (flags, int(inner.ravel()[pick]))
    # In the joint system the cube itself is not printed: its innermost cells are free.
    flags, cell = hidden[id(joint)]
    cube_block = next(x for x in joint.blocks if x.table.name == "abc")
    printed = np.zeros(joint.n, dtype=bool)
    for block in joint.blocks:
        if block.table.name != "abc":
            printed[block.index] = True
    flags = flags | ~printed
    assert cube_block.index.size == joint.n
    low, high = hidden[id(margins)]
    assert interval(margins, low, high) == pytest.approx(interval(joint, flags, cell), abs=1e-6)
