"""Official census tables: every state, every merge in both directions, every sum."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sdc.errors import InputError
from sdc.model.census import CensusTable
from sdc.model.states import State
from sdc.readers.tables import read_census

Write = Callable[..., Path]
Told = Callable[[Callable[[], Any]], list[Any]]

HEAD = "KEY_CODE,HYOSYO,CITYNAME,NAME,HTKSYORI,HTKSAKI,GASSAN,P1,P2\r\n,,,,,,,総数,男\r\n"
# City 01101: town 0010 with chome 1 (absorbed 2) and 2, town 0020 innermost and merged into
# 0030, whose own chome were merged into the subtotal.
CITY = [
    "01101,1,札幌市中央区,,0,,,20,9",
    "011010010,3,札幌市中央区,大通,0,,,12,6",
    "01101001001,4,札幌市中央区,大通一丁目,1,,001002,12,6",
    "01101001002,4,札幌市中央区,大通二丁目,2,001001,,X,X",
    "011010020,2,札幌市中央区,北条,2,0030,,X,X",
    "011010030,3,札幌市中央区,南条,1,,0020;003001,8,3",
    "01101003001,4,札幌市中央区,南条一丁目,2,0030,,X,X",
    "01101003002,4,札幌市中央区,南条二丁目,0,,,-,-",
]


def city(write: Write, rows: list[str] = CITY, head: str = HEAD) -> Path:
    return write(head + "\r\n".join(rows) + "\r\n", name="tbl.csv", encoding="cp932")


def test_a_small_city(write: Write) -> None:
    table = read_census(city(write))
    assert table.encoding == "cp932"
    assert table.labels == ("総数", "男")
    assert table.codes[0] == "01101"
    assert table.level.tolist() == [1, 3, 4, 4, 2, 3, 4, 4]
    assert table.leaves.tolist() == [False, False, True, True, True, False, True, True]
    assert dict(table.destination) == {
        "01101001002": "01101001001",
        "011010020": "011010030",
        "01101003001": "011010030",
    }
    assert table.members["011010030"] == ("011010020", "01101003001")
    shown, zero, merged = State.SHOWN, State.ZERO, State.MERGED
    assert table.state[:, 0].tolist() == [shown, shown, shown, merged, merged, shown, merged, zero]
    assert table.value[:, 1].tolist() == [9, 6, 6, 0, 0, 3, 0, 0]
    assert not table.apart.any()
    tree = table.hierarchy
    assert tree.codes[tree.root] == "01101"
    assert tree.codes[tree.parents[tree.position("01101003002")]] == "011010030"


def test_a_subtotal_whose_chome_went_elsewhere_is_merged_not_hidden(write: Write) -> None:
    rows = [
        "01101,1,中央区,,0,,,5,2",
        "011010010,3,中央区,大通,0,,,X,X",
        "01101001001,4,中央区,大通一丁目,2,0020,,X,X",
        "01101001002,4,中央区,大通二丁目,0,,,-,-",
        "011010020,2,中央区,北条,1,,001001,5,2",
    ]
    table = read_census(city(write, rows))
    assert table.state[1].tolist() == [State.MERGED, State.MERGED]
    assert "011010010" not in table.destination


def test_x_without_a_destination_is_hidden(write: Write) -> None:
    rows = ["01101,1,中央区,,0,,,5,2", "011010020,2,中央区,北条,2,,,X,X",
            "011010030,2,中央区,南条,0,,,4,1"]  # fmt: skip
    table = read_census(city(write, rows))
    # 5 is not checked against 4 + X: X is not read as 0.
    assert table.state[1].tolist() == [State.HIDDEN, State.HIDDEN]


@pytest.mark.parametrize(
    ("row", "old", "new", "expected"),
    [
        (3, "001001", "001009", ("census-link", 6, "HTKSAKI", "01101001009")),
        (2, "001002", "001003", ("census-link", 5, "GASSAN", "01101001003")),
        (3, ",2,001001", ",0,001001", ("census-link", 6, "HTKSAKI", "001001")),
        (2, "1,,001002", "1,,", ("census-link", 5, "GASSAN", "01101001001")),
        (1, ",12,6", ",13,6", ("total", 4, "P1", "KEY_CODE=011010010")),
        (0, ",20,9", ",20,8", ("total", 3, "P2", "KEY_CODE=01101")),
        (2, ",1,,", ",3,,", ("census-code", 5, "HTKSYORI", "3")),
        (2, "001,4,", "001,5,", ("census-code", 5, "HYOSYO", "5")),
        (4, "011010020", "11010020", ("census-length", 7, "KEY_CODE", "11010020")),
        (6, "01101003001,", "01101009001,", ("census-parent", 9, "KEY_CODE", "01101009001")),
        (7, "01101003002", "01101003001", ("code-duplicate", 10, "KEY_CODE", "01101003001")),
        (7, ",-,-", ",,-", ("value-blank", 10, "P1", "")),
        (7, ",-,-", ",1.5,-", ("value-fraction", 10, "P1", "1.5")),
    ],
)
def test_a_contradiction_is_named(
    row: int, old: str, new: str, expected: Any, write: Write, told: Told
) -> None:
    rows = list(CITY)
    assert old in rows[row]
    rows[row] = rows[row].replace(old, new)
    assert expected in told(lambda: read_census(city(write, rows)))


def test_a_file_without_the_second_header_is_refused(write: Write, told: Told) -> None:
    path = city(write, head=HEAD.split("\r\n", maxsplit=1)[0] + "\r\n")
    assert told(lambda: read_census(path))[0][0] == "census-header"


def test_the_type_refuses_merges_that_disagree(write: Write) -> None:
    table = read_census(city(write))
    broken = {k: v for k, v in table.__dict__.items() if k in CensusTable.__dataclass_fields__}
    with pytest.raises(InputError):
        CensusTable(**{**broken, "destination": {}})


def plain(path: Path) -> list[dict[str, str]]:
    """The rows below both headers, read with nothing but the standard library."""
    with path.open(encoding="cp932", newline="") as stream:
        return list(csv.DictReader(stream))[1:]


@pytest.mark.real
def test_osaka_census_2020(real_data: Path) -> None:
    path = real_data / "osaka_census2020" / "tblT001082C27.csv"
    table, rows = read_census(path), plain(path)
    columns = [c for c in rows[0] if c.startswith("T001082")]
    assert (len(table.codes), len(table.columns)) == (len(rows), len(columns)) == (10617, 60)
    # Both directions, from the file: HTKSAKI on 192 rows, 192 members in GASSAN.
    towards = {r["KEY_CODE"]: r["KEY_CODE"][:5] + r["HTKSAKI"] for r in rows if r["HTKSAKI"]}
    back = {
        r["KEY_CODE"][:5] + part: r["KEY_CODE"]
        for r in rows if r["GASSAN"] for part in r["GASSAN"].split(";")
    }  # fmt: skip
    assert table.n_links == len(towards) == 192
    assert dict(table.destination) == towards == back
    # Every X belongs to a merge: 192 areas, and 15 subtotals all of whose people went elsewhere.
    marks = sum(r[c] == "X" for r in rows for c in columns)
    assert marks == (192 + 15) * 60 == int((table.state == State.MERGED).sum())
    assert int((table.state == State.HIDDEN).sum()) == 0
    zeros = sum(r[c] == "-" for r in rows for c in columns)
    assert int((table.state == State.ZERO).sum()) == zeros
    # Leaves and totals by HYOSYO: 72 cities hold 1,697 towns without chome and 1,816 with 7,032.
    assert np.bincount(table.level).tolist() == [0, 72, 1697, 1816, 7032]
    assert int(table.leaves.sum()) == 1697 + 7032 == len(table.hierarchy.leaves)
    by_city: dict[str, int] = {}
    for r in rows:
        if r["HYOSYO"] in "23" and r[columns[0]] not in "X-":
            by_city[r["KEY_CODE"][:5]] = by_city.get(r["KEY_CODE"][:5], 0) + int(r[columns[0]])
    first = {c: int(v) for c, v in zip(table.codes, table.value[:, 0], strict=True)}
    assert {c: first[c] for c in by_city} == by_city
    assert table.hierarchy.labels[table.hierarchy.position("27102001001")] == (
        "大阪市都島区片町一丁目"
    )


@pytest.mark.real
def test_mesh_500m_census_2020(real_data: Path) -> None:
    path = real_data / "mesh500" / "tblT001101H5031.txt"
    table, rows = read_census(path), plain(path)
    columns = [c for c in rows[0] if c.startswith("T001101")]
    towards = {r["KEY_CODE"]: r["HTKSAKI"] for r in rows if r["HTKSAKI"]}
    assert dict(table.destination) == towards
    assert len(towards) == 1180
    # 1,180 meshes hide 45 columns; population (3) and households (2) are never hidden.
    assert sum(r[c] == "*" for r in rows for c in columns) == 1180 * 45
    assert int((table.state == State.MERGED).sum()) == 1180 * 45
    apart = [w for w, a in zip(table.labels, table.apart, strict=True) if a]
    assert apart == ["人口（総数）", "人口（総数）\u3000男", "人口（総数）\u3000女", "世帯総数",
                     "一般世帯数"]  # fmt: skip
    # Why they must not be added twice: where all ages are known, the people of 0-14 and of 15
    # and more in an absorbing mesh are its own and those of its members.
    at = {c: i for i, c in enumerate(table.codes)}
    word = {w: j for j, w in enumerate(table.labels)}
    people, young, old = (
        table.value[:, word[w]]
        for w in ("人口（総数）", "０～１４歳人口\u3000総数", "１５歳以上人口\u3000総数")
    )
    agree = 0
    for code, members in table.members.items():
        own = int(people[at[code]]) + sum(int(people[at[m]]) for m in members)
        agree += own == int(young[at[code]] + old[at[code]])
    # The rest have people of unknown age.
    assert agree / len(table.members) > 0.9
    assert (table.level == 0).all()
