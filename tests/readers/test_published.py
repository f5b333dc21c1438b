"""A published table is read as published: marks stay marks, zeros zeros, gaps gaps."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sdc.errors import InputError
from sdc.model.hierarchy import Hierarchy
from sdc.model.marked import MarkedTable, contradictions
from sdc.model.table import aggregate
from sdc.readers.numbers import DASHES, MARKS
from sdc.readers.tables import read_published

Write = Callable[..., Path]
Told = Callable[[Callable[[], Any]], list[Any]]

AREA = Hierarchy.of("area", {"T": "", "N": "T", "n1": "N", "n2": "N", "s": "T"})
USE = Hierarchy.flat("use", ["a", "b"])
KNOWN = {"area": AREA, "use": USE}


@pytest.mark.parametrize("mark", sorted(MARKS))
def test_every_mark_is_hidden_and_never_zero(mark: str, write: Write) -> None:
    table = read_published(write(f'use,value\na,"{mark}"\nb,3\nTOTAL,5\n'))
    assert table.hidden.tolist() == [False, True, False]  # TOTAL, a, b
    assert table.visible.tolist() == [True, False, True]
    assert table.value.tolist() == [5, 0, 3]


@pytest.mark.parametrize("dash", sorted(DASHES))
def test_every_dash_is_a_zero(dash: str, write: Write) -> None:
    table = read_published(write(f"use,value\na,{dash}\nb,3\nTOTAL,3\n"))
    assert table.visible.all()
    assert table.value.tolist() == [3, 0, 3]


def test_cells_that_are_not_listed_are_not_published(write: Write) -> None:
    path = write("use,value\na,2\nb,\nc,X\n")
    table = read_published(path)
    # Codes in order: TOTAL, a, b, c. The total and the blank show nothing.
    assert table.present.tolist() == [False, True, False, True]
    assert "公表されていないセル: 2件 / cells that are not published: 2" in map(str, table.notes)
    zero = read_published(path, unlisted="zero")
    # A blank is listed and shows nothing; an unlisted total is never a zero.
    assert zero.present.tolist() == [False, True, False, True]


def test_unlisted_cells_are_zero_where_the_reader_says_so(write: Write) -> None:
    path = write("area,use,value\nn1,a,2\nn1,b,X\n")
    table = read_published(path, hierarchies=KNOWN, unlisted="zero")
    inner = np.ix_(AREA.leaves, USE.leaves)
    # n1 = [2, X], n2 = s = [0, 0]; no total is listed.
    assert table.present[inner].all()
    assert table.value[inner].tolist() == [[2, 0], [0, 0], [0, 0]]
    assert int(table.present.sum()) == 6


def test_an_unknown_way_of_reading_gaps_is_refused(write: Write, told: Told) -> None:
    path = write("use,value\na,2\n")
    assert told(lambda: read_published(path, unlisted="empty")) == [("option", None, "", "empty")]


def test_print_forms_are_repaired_and_counted(write: Write) -> None:
    table = read_published(write('use,value\na,"1,234"\nb,１２\nc, 5 \nd,7\n'))
    assert table.value.tolist() == [0, 1234, 12, 5, 7]
    assert table.notes[0].to("ja") == "桁区切り・空白・全角数字を直して読んだ値: 3件"
    assert table.notes[0].to("en") == "values read without grouping, blanks or full width: 3"


@pytest.mark.parametrize("text", ["1.5", "△3", "-3", "12%", "3人", "1e3"])
def test_what_is_neither_number_nor_mark_is_refused(text: str, write: Write, told: Told) -> None:
    ((_, row, column, value),) = told(lambda: read_published(write(f"use,value\na,{text}\n")))
    assert (row, column, value) == (2, "value", text)


def test_wide_and_long_say_the_same(write: Write) -> None:
    wide = write("area,name,a,b,TOTAL\nn1,北1,1,X,3\nn2,北2,X,4,X\n")
    long = write(
        "area,use,value\nn1,a,1\nn1,b,X\nn1,TOTAL,3\nn2,a,X\nn2,b,4\nn2,TOTAL,X\n", name="l.csv"
    )
    one = read_published(wide, hierarchies=KNOWN, classes="use", ignore=["name"])
    two = read_published(long, hierarchies=KNOWN)
    for a, b in ((one.value, two.value), (one.hidden, two.hidden), (one.present, two.present)):
        assert a.tolist() == b.tolist()


def test_merged_cells_of_a_package_count_as_zero(write: Write) -> None:
    # n1 was added to n2: n2 shows 1 + 4, and the total still adds up.
    path = write("area,value,status\nn1,X,M\nn2,5,A\ns,2,A\nN,5,A\nT,7,A\n")
    table = read_published(path, hierarchies={"area": AREA})
    assert not table.hidden.any()
    assert table.present[AREA.position("n1")]
    assert "合算されたセル1件を0としました / 1 merged cells count as zero" in map(str, table.notes)


def test_a_table_of_a_package_is_read_with_its_own_code_lists(write: Write, told: Told) -> None:
    # n3 was added to n2, c is counted in b: neither is listed, and neither prints a number.
    head = "area,area_name,use,use_label,value,status\n"
    rows = [
        "n1,北1,a,家,1,A",
        "n1,北1,b,店,X,X",
        "n1,北1,c,畑,,G",
        "n3,北3,a,家,X,M",
        "n3,北3,c,畑,,G",
    ]
    table = read_published(write(head + "\n".join(rows) + "\n"), hierarchies=KNOWN)
    assert [d.name for d in table.dims] == ["area", "use"]
    # n1 and a, n1 and b are all that stands there; of those one is hidden.
    assert (int(table.present.sum()), int(table.hidden.sum())) == (2, 1)
    wrong = write(head + "n3,北3,a,家,4,A\n")
    assert told(lambda: read_published(wrong, hierarchies=KNOWN)) == [
        ("code-unknown", 2, "area", "n3")
    ]


def test_a_visible_total_that_its_parts_contradict_is_refused(write: Write, told: Told) -> None:
    path = write("area,use,value\nn1,a,1\nn2,a,2\nN,a,4\ns,a,X\nT,a,9\n")
    found = told(lambda: read_published(path, hierarchies=KNOWN))
    # N = n1 + n2 is wholly visible; T = N + s is not.
    assert found == [("total", 4, "value", "area=N, use=a")]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(st.lists(st.integers(0, 5), min_size=6, max_size=6), st.sets(st.integers(0, 14)))
def test_round_trip(write: Write, values: list[int], hidden: set[int]) -> None:
    """Whatever is hidden in a consistent table, value and marks come back as printed."""
    full = aggregate(np.array(values, dtype=np.int64).reshape(3, 2), (AREA, USE))
    mask = np.isin(np.arange(15), sorted(hidden)).reshape(5, 3)
    lines = ["area,use,value"]
    for i, area in enumerate(AREA.codes):
        for j, use in enumerate(USE.codes):
            text = "X" if mask[i, j] else str(full[i, j]) if full[i, j] else "-"
            lines.append(f"{area},{use},{text}")
    table = read_published(write("\n".join(lines) + "\n"), hierarchies=KNOWN)
    assert table.hidden.tolist() == mask.tolist()
    assert table.value.tolist() == np.where(mask, 0, full).tolist()
    assert table.present.all()


def brute(value: np.ndarray, visible: np.ndarray) -> set[int]:
    """Contradictions cell by cell, from the definition."""
    wrong = set()
    for flat, place in enumerate(np.ndindex(value.shape)):
        for axis, dim in enumerate((AREA, USE)):
            kids = dim.children(place[axis])
            cells = [tuple(k if a == axis else p for a, p in enumerate(place)) for k in kids]
            known = len(cells) and visible[place] and all(visible[c] for c in cells)
            if known and value[place] != sum(value[c] for c in cells):
                wrong.add(flat)
    return wrong


@given(st.lists(st.integers(0, 2), min_size=15, max_size=15),
       st.lists(st.booleans(), min_size=15, max_size=15))  # fmt: skip
def test_contradictions_are_those_of_the_definition(values: list[int], seen: list[bool]) -> None:
    visible = np.array(seen).reshape(5, 3)
    value = np.where(visible, np.array(values, dtype=np.int64).reshape(5, 3), 0)
    assert set(contradictions(value, visible, (AREA, USE)).tolist()) == brute(value, visible)


@pytest.mark.parametrize(
    ("value", "hidden", "present"),
    [
        ([3, 1, 2], [0, 1, 0], [1, 1, 1]),  # a hidden place holds a number
        ([3, 1, 2], [0, 0, 0], [1, 0, 1]),  # a place that is not published holds one
        ([3, 0, 2], [0, 1, 0], [1, 0, 1]),  # hidden, yet not published
        ([4, 1, 2], [0, 0, 0], [1, 1, 1]),  # 4 is not 1 + 2
        ([3, 1], [0, 0], [1, 1]),  # shape
        ([-1, 0, -1], [0, 0, 0], [1, 1, 1]),
    ],
)
def test_a_marked_table_refuses_what_cannot_be(value: Any, hidden: Any, present: Any) -> None:
    arrays = (np.array(value, np.int64), np.array(hidden, bool), np.array(present, bool))
    with pytest.raises(InputError):
        MarkedTable("t", (USE,), *arrays)
