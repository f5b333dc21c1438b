"""Tables to be protected: what is written is what is read, and what does not add up is refused."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sdc.model.hierarchy import Hierarchy
from sdc.model.table import aggregate
from sdc.readers.hierarchies import read_hierarchy
from sdc.readers.tables import read_cells, read_published, read_table

Write = Callable[..., Path]
Told = Callable[[Callable[[], Any]], list[Any]]

AREA = Hierarchy.of("area", {"T": "", "N": "T", "S": "T", "n1": "N", "n2": "N", "s1": "S"})
USE = Hierarchy.flat("use", ["a", "b"])


def rows_of(leaf: np.ndarray, *, totals: bool, zeros: bool) -> list[str]:
    """Lines ``area,use,value`` of a table given by its innermost values."""
    full = aggregate(leaf, (AREA, USE))
    lines = []
    for i, area in enumerate(AREA.codes):
        for j, use in enumerate(USE.codes):
            inner = i in AREA.leaves and j in USE.leaves
            if (inner or totals) and (full[i, j] or zeros or not inner):
                lines.append(f"{area},{use},{full[i, j]}")
    return lines


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(
    st.lists(st.integers(0, 9), min_size=6, max_size=6),
    st.booleans(),
    st.booleans(),
    st.randoms(use_true_random=False),
)
def test_round_trip(write: Write, values: list[int], totals: bool, zeros: bool, rng: Any) -> None:
    """Leaves only or with totals, zeros listed or not, rows in any order: the same table."""
    leaf = np.array(values, dtype=np.int64).reshape(3, 2)
    lines = rows_of(leaf, totals=totals, zeros=zeros) or ["n1,a,0"]
    rng.shuffle(lines)
    path = write("area,use,value\n" + "\n".join(lines) + "\n")
    (table,) = read_cells(path, hierarchies={"area": AREA, "use": USE})
    assert table.leaf_values().tolist() == leaf.tolist()
    assert table.value.tolist() == aggregate(leaf, (AREA, USE)).tolist()
    assert table.is_count


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(st.lists(st.integers(0, 9), min_size=6, max_size=6), st.integers(0, 17))
def test_a_changed_total_is_named(write: Write, told: Told, values: list[int], k: int) -> None:
    """Of a file with all totals, one changed: exactly that cell, or the totals above a leaf."""
    leaf = np.array(values, dtype=np.int64).reshape(3, 2)
    lines = rows_of(leaf, totals=True, zeros=True)
    area, use, value = lines[k].split(",")
    lines[k] = f"{area},{use},{int(value) + 1}"
    path = write("area,use,value\n" + "\n".join(lines) + "\n")
    found = told(lambda: read_cells(path, hierarchies={"area": AREA, "use": USE}))
    inner = AREA.position(area) in AREA.leaves and USE.position(use) in USE.leaves
    if inner:
        # A leaf lies below its parent areas and the root, each with its use and with the total.
        above = {"n1": ["N", "T"], "n2": ["N", "T"], "s1": ["S", "T"]}[area]
        wrong = {(a, u) for a in [area, *above] for u in (use, "TOTAL")} - {(area, use)}
    else:
        wrong = {(area, use)}
    assert {v for _, _, _, v in found} == {f"area={a}, use={u}" for a, u in wrong}
    assert {c for c, _, _, _ in found} == {"total"}
    rows = {f"area={a}, use={u}": i for i, (a, u, _) in
            enumerate((line.split(",") for line in lines), start=2)}  # fmt: skip
    assert all(row == rows[v] for _, row, _, v in found)


def test_a_dimension_without_a_file_is_flat_below_a_total(write: Write) -> None:
    path = write("area,use,value\nn1,01,2\nn1,02,3\n")
    (table,) = read_cells(path, hierarchies={"area": AREA})
    assert table.dims[1].codes == ("01", "02", "TOTAL")
    assert table.value[AREA.position("T")].tolist() == [2, 3, 5]


def test_a_total_in_words_is_added_up(write: Write, told: Told) -> None:
    good = write("use,value\na,2\nb,3\n総数,5\n")
    (table,) = read_cells(good, hierarchies={})
    assert table.dims[0].codes[table.dims[0].root] == "総数"
    bad = write("use,value\na,2\nb,3\n総数,6\n", name="b.csv")
    assert told(lambda: read_cells(bad, hierarchies={})) == [("total", 4, "value", "use=総数")]


def test_measures_are_read_in_their_last_decimal_place(write: Write) -> None:
    path = write("use,value,m2,note\na,2,10.5,x\nb,1,3,y\n")
    count, area = read_cells(path, hierarchies={"use": USE}, measures=["m2"])
    # 10.5 and 3 are 105 and 30 tenths; TOTAL, a, b in code order.
    assert area.step == 0.1
    assert area.value.tolist() == [135, 105, 30]
    assert (area.measure, area.contributors.tolist()) == ("m2", count.value.tolist())


def test_a_measure_keeps_its_step(write: Write, told: Told) -> None:
    path = write("use,value,m2\na,2,10.5\nb,0,3\n")
    found = told(lambda: read_cells(path, hierarchies={}, measures=["m2"], steps={"m2": "1"}))
    assert found == [
        ("measure-step", 2, "m2", "10.5"),
        ("measure-lonely", 3, "value", "use=b"),  # 3 m² of no building
    ]
    missing = told(lambda: read_cells(path, hierarchies={}, measures=["value"]))
    assert missing == [("measure-unknown", 1, "value", "")]


@pytest.mark.parametrize(
    "text",
    ["X", "1,234", "-1", "", "abc", "1e3", "99999999999999999999", "999999999999999999.999999999"],
)
def test_a_measure_is_as_strict_as_a_count(text: str, write: Write, told: Told) -> None:
    path = write(f'use,value,m2\na,2,"{text}"\n')
    ((code, row, column, value),) = told(lambda: read_cells(path, hierarchies={}, measures=["m2"]))
    assert code.startswith("value-")
    assert (row, column, value) == (2, "m2", text)


def test_a_dash_is_zero_only_where_allowed(write: Write, told: Told) -> None:
    path = write("use,value\na,2\nb,-\n")
    assert told(lambda: read_cells(path, hierarchies={})) == [("value-dash", 3, "value", "-")]
    (table,) = read_cells(path, hierarchies={}, allow_marks=True)
    assert table.value.tolist() == [2, 2, 0]
    assert [str(n) for n in table.notes] == ["「-」1件を0と読みました / read 1 `-` as zero"]
    marked = write("use,value\na,2\nb,X\n", name="x.csv")
    assert told(lambda: read_cells(marked, hierarchies={}, allow_marks=True))[0][0] == "value-mark"


def test_a_message_never_holds_a_number_of_a_cell(write: Write, refused: Any) -> None:
    path = write("use,value\na,8731\nb,2\nTOTAL,9999\na,8731\n")
    for f in refused(lambda: read_cells(path, hierarchies={})):
        assert "8731" not in f.to("ja") + f.to("en")
    path = write("use,value\na,8731\nb,2\nTOTAL,9999\n")
    (only,) = refused(lambda: read_cells(path, hierarchies={}))
    assert "9999" not in only.to("ja") + only.to("en")


def test_totals_beyond_two_to_the_53_are_refused(write: Write, told: Told) -> None:
    path = write("use,value\na,9007199254740992\nb,9007199254740992\n")
    assert told(lambda: read_cells(path, hierarchies={}))[0][0] == "value-large"


def test_a_table_that_no_machine_can_hold_is_refused(write: Write, told: Told) -> None:
    names = [f"d{i}" for i in range(8)]
    rows = [",".join([f"c{i}"] * 8) + ",1" for i in range(9)]  # 10^8 cells
    path = write(",".join(names) + ",value\n" + "\n".join(rows) + "\n")
    assert told(lambda: read_cells(path, hierarchies={}))[0][0] == "table-size"


def test_a_wide_table_is_the_long_one_turned(write: Write) -> None:
    wide = write("area,name,a,b,TOTAL\nn1,北1,1,2,3\nn2,北2,3,4,7\nN,北,4,6,10\n")
    known = {"area": AREA, "use": USE}
    table = read_table(wide, hierarchies=known, classes="use", ignore=["name"])
    long = write("area,use,value\nn1,a,1\nn1,b,2\nn2,a,3\nn2,b,4\n", name="long.csv")
    (other,) = read_cells(long, hierarchies=known)
    assert table.value.tolist() == other.value.tolist()


def test_a_wide_table_may_have_several_index_columns(write: Write) -> None:
    path = write("area,sex,a,b\nn1,f,1,2\nn1,m,3,4\n")
    table = read_table(path, hierarchies={}, classes="use", index=["area", "sex"])
    assert [d.name for d in table.dims] == ["area", "sex", "use"]
    assert table.leaf_values().tolist() == [[[1, 2], [3, 4]]]


def test_a_workbook_is_read_like_a_csv(tmp_path: Path, told: Told) -> None:
    book = openpyxl.Workbook()
    book.active.append(["area", "a", "b"])
    book.active.append(["n1", 1, 2.0])
    book.active.append(["n2", "X", 1.5])
    book.active.append(["s1", "#REF!", 4])
    path = tmp_path / "t.xlsx"
    book.save(path)
    assert told(lambda: read_table(path, classes="use")) == [("spreadsheet-error", 4, "a", "#REF!")]
    book.active.delete_rows(4)
    book.save(path)
    assert told(lambda: read_table(path, classes="use")) == [
        ("value-mark", 3, "a", "X"), ("value-fraction", 3, "b", "1.5"),
    ]  # fmt: skip
    book.active.delete_rows(3)
    book.create_sheet("notes")
    book.save(path)
    assert told(lambda: read_table(path, classes="use")) == [("layer-choice", None, "", "")]
    table = read_table(path, classes="use", sheet="Sheet")
    assert table.leaf_values().tolist() == [[1, 2]]


@pytest.mark.real
@pytest.mark.parametrize("name", ["300", "3k", "3k3d", "30k3d", "300k3d"])
def test_benchmark_tables(name: str, real_data: Path) -> None:
    folder = real_data / "bench" / name
    dims = ["area", "use", "structure"] if name.endswith("3d") else ["area", "use"]
    trees = {d: read_hierarchy(folder / f"{d}.csv", d) for d in dims}
    start = time.perf_counter()
    (table,) = read_cells(folder / "cells.csv", hierarchies=trees)
    seconds = time.perf_counter() - start
    # Derived without the reader: sum the last plain column of counts.
    lines = (folder / "cells.csv").read_text().splitlines()
    at = lines[0].split(",").index("value")
    assert table.value.max() == sum(int(line.split(",")[at]) for line in lines[1:])
    given_cells = sum(line.split(",")[at] != "0" for line in lines[1:])
    assert np.count_nonzero(table.leaf_values()) == given_cells
    shape = {"300": 12 * 25, "3k": 120 * 25, "3k3d": 30 * 25 * 4, "30k3d": 300 * 100,
             "300k3d": 3000 * 100}  # fmt: skip
    assert table.n_cells == shape[name]
    # 0.4 s alone on the machine this was written on; a quadratic step would take minutes.
    assert seconds < 10


def test_a_workbook_that_unpacks_to_too_much_is_refused(
    tmp_path: Path, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = openpyxl.Workbook()
    book.active.append(["use", "value"])
    book.active.append(["a", 1])
    path = tmp_path / "t.xlsx"
    book.save(path)
    assert read_table(path).leaf_values().tolist() == [1]
    monkeypatch.setattr("sdc.readers.spreadsheet.LARGEST_WORKBOOK", 100)
    assert told(lambda: read_table(path)) == [("file-unreadable", None, "", "t.xlsx")]


@pytest.mark.parametrize("reader", [read_cells, read_table, read_published])
def test_a_total_that_nobody_knows_for_one_is_refused(
    write: Write, told: Told, reader: Callable[..., Any]
) -> None:
    """a1 + a2 = whole in u1 and u2; protected as a class beside them, 12 - 9 would give 3 away."""
    cells = {"u1": (9, 3, 12), "u2": (8, 7, 15)}
    areas = ("a1", "a2", "whole")
    lines = [f"{a},{u},{v}" for u, own in cells.items() for a, v in zip(areas, own, strict=True)]
    text = "area,use,value\n" + "\n".join(lines) + "\n"
    assert told(lambda: reader(write(text), hierarchies={})) == [
        ("total-nameless", None, "area", "whole")
    ]
    tree = {"area": Hierarchy.flat("area", ["a1", "a2"], total="whole")}
    assert reader(write(text), hierarchies=tree)
    # whoever says that it is a class like the others is believed
    flat = {"area": Hierarchy.flat("area", areas)}
    assert reader(write(text), hierarchies=flat)
    # one that differs in one place is none
    assert reader(write(text.replace("whole,u2,15", "whole,u2,16")), hierarchies={})


def test_a_nameless_total_is_known_by_what_is_printed(write: Write, told: Told) -> None:
    """In u1 an X stands; in u2 and u3 the third is the sum of the two others."""
    rows = "a1,u1,X\na2,u1,X\nwhole,u1,9\na1,u2,4\na2,u2,5\nwhole,u2,9\n"
    more = "a1,u3,1\na2,u3,2\nwhole,u3,3\n"
    read = lambda text: read_published(write("area,use,value\n" + text), hierarchies={})  # noqa: E731
    assert told(lambda: read(rows + more))[0][0] == "total-nameless"
    assert read(rows)  # one place alone may be chance
