"""The audit of anybody's table: intervals, exact values, and equations that a clerk can follow."""

from __future__ import annotations

import numpy as np
import pytest
from smallcases import Exact, random_case

from sdc.disclosure.anyone import audit_published, in_words
from sdc.errors import InputError, RulesError
from sdc.model.hierarchy import Hierarchy
from sdc.model.marked import MarkedTable


def marked(dims: tuple[Hierarchy, ...], rows: object) -> MarkedTable:
    """A table from text: numbers, ``X`` for hidden, empty for a place that is not there."""
    text = np.array(rows, dtype=object)
    number = np.vectorize(lambda t: t not in ("X", ""), otypes=[bool])(text)
    value = np.where(number, text, 0).astype(np.int64)
    return MarkedTable("t", dims, value, text == "X", text != "")


def bridge() -> MarkedTable:
    # Codes in order: TOTAL, then the four areas and uses. The inner table is
    # [1, 4, 9, 9], [2, 5, 1, 9], [9, 9, 6, 2], [9, 9, 4, 1], all sums printed.
    area = Hierarchy.flat("area", [f"a{i}" for i in range(4)])
    use = Hierarchy.flat("use", [f"u{i}" for i in range(4)])
    return marked(
        (area, use),
        [
            [89, 21, 27, 20, 21],
            [23, "X", "X", 9, 9],
            [17, "X", "X", "X", 9],
            [26, 9, 9, "X", "X"],
            [23, 9, 9, "X", "X"],
        ],
    )


def test_the_bridge_is_found_with_its_equation() -> None:
    found = audit_published(bridge())
    assert (found["level"], found["exact"], found["unknown"]) == ("integer", 1, 0)
    assert len(found["cells"]) == 9
    (one,) = [c for c in found["cells"] if c["exact"]]
    assert one["cell"] == {"area": "a1", "use": "u2"}
    assert (one["lower"], one["upper"]) == (1, 1)
    assert sum(t["coefficient"] * t["value"] for t in one["equation"]) == 1
    words = in_words(one)
    assert words.startswith("area=a1, use=u2: X = ")
    for term in one["equation"]:
        assert all(code in words for code in term["cell"].values())


def test_intervals_of_the_bridge_are_those_worked_out_by_hand() -> None:
    # Left over in the corner square: rows 23 - 18 = 5 and 17 - 9 - 1 = 7, columns 21 - 18 = 3 and
    # 27 - 18 = 9. So (0,0) is 0 ... 3, (0,1) 2 ... 5, (1,0) 0 ... 3, (1,1) 4 ... 7.
    cells = {tuple(c["cell"].values()): (c["lower"], c["upper"])
             for c in audit_published(bridge())["cells"]}  # fmt: skip
    assert cells["a0", "u0"] == (0, 3)
    assert cells["a0", "u1"] == (2, 5)
    assert cells["a1", "u0"] == (0, 3)
    assert cells["a1", "u1"] == (4, 7)


def test_where_zeros_are_printed_an_x_is_at_least_one() -> None:
    use = Hierarchy.flat("use", ["a", "b", "c"])
    table = marked((use,), [11, "X", "X", 9])
    # 2 units in two places: 0 ... 2 each, or 1 and 1.
    ends = [(c["lower"], c["upper"], c["equation"]) for c in audit_published(table)["cells"]]
    assert ends == [(0, 2, None), (0, 2, None)]
    shown = audit_published(table, zeros="show", min_count=3)
    assert (shown["level"], shown["exact"]) == ("interval", 2)
    assert [(c["lower"], c["upper"], c["equation"]) for c in shown["cells"]] == [(1, 1, None)] * 2
    assert in_words(shown["cells"][0]) == "use=a: X = 1"


def test_places_that_are_not_there_are_unknown_but_not_listed() -> None:
    use = Hierarchy.flat("use", ["a", "b", "c"])
    found = audit_published(marked((use,), [12, "X", "", 9]))
    assert [(c["lower"], c["upper"]) for c in found["cells"]] == [(0, 3)]


def test_a_hidden_total_is_open_above() -> None:
    use = Hierarchy.flat("use", ["a", "b"])
    found = audit_published(marked((use,), ["X", "X", 4]))
    assert [(c["lower"], c["upper"]) for c in found["cells"]] == [(4, None), (0, None)]
    assert in_words(found["cells"][0]) == "use=TOTAL: 4 … "


def test_zero_cells_are_summed_up_in_words() -> None:
    use = Hierarchy.flat("use", ["a", "b", "c", "d"])
    (one,) = audit_published(marked((use,), [9, "X", 0, 0, 5]))["cells"]
    assert in_words(one) == "use=a: X = 9 [use=TOTAL] - 5 [use=d] (0のセル 2 / 2 zero cells)"


def test_tables_that_contradict_themselves_are_refused() -> None:
    # Each row and column holds an X, but the rows leave 1 + 1 and the columns 5 + 5 for them.
    area, use = Hierarchy.flat("area", ["a", "b"]), Hierarchy.flat("use", ["u", "v"])
    rows = [["", 5, 5], [1, "X", "X"], [1, "X", "X"]]
    with pytest.raises(InputError):
        audit_published(marked((area, use), rows))


def test_an_unknown_policy_on_zeros_is_refused() -> None:
    with pytest.raises(RulesError):
        audit_published(bridge(), zeros="perhaps")


@pytest.mark.parametrize("seed", range(60, 68))
def test_results_are_those_of_an_exact_attacker(seed: int) -> None:
    case = random_case(seed)
    block = case.problem.system.blocks[0]
    hidden = case.hidden[block.index]
    table = MarkedTable(
        "t", block.table.dims, np.where(hidden, 0, block.table.value), hidden,
        np.ones(hidden.shape, dtype=bool),
    )  # fmt: skip
    problem = case.problem
    problem.floor.setflags(write=True)
    problem.floor[:] = 0  # "hide": an X may stand on a zero
    exact = Exact(problem, case.hidden, most=300)
    found = audit_published(table)
    assert found["unknown"] == 0
    assert len(found["cells"]) == hidden.sum()
    for entry in found["cells"]:
        place = tuple(d.position(entry["cell"][d.name]) for d in table.dims)
        least, most = exact.reach(int(block.index[place]))
        assert entry["lower"] == least
        assert entry["upper"] == most or (entry["upper"] is None and most == 300)
        assert entry["exact"] == (least == most)
        if entry["equation"]:
            assert sum(t["coefficient"] * t["value"] for t in entry["equation"]) == least
