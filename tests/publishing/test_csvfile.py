from __future__ import annotations

import csv
import io
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest
from handmade import AREA_NAMES, area_dim, make_release, marked, use_dim, use_table

from sdc.errors import InputError
from sdc.model.hierarchy import Hierarchy
from sdc.model.release import Merge, Release
from sdc.publishing.csvfile import csv_files, long_rows
from sdc.publishing.marks import marks
from sdc.publishing.package import write_package
from sdc.publishing.verify import verify_package


def rows_of(release: Release, name: str) -> list[dict[str, str]]:
    files = dict(csv_files(release))
    text = files[f"data/{name}.csv"].decode(release.info.encoding)
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_the_long_table_holds_every_place_once_in_code_order(release: Release) -> None:
    rows = rows_of(release, "use")
    keys = [(r["area"], r["use"]) for r in rows]
    # 6 codes and 1 merged area by 5 codes and 2 grouped classes
    assert len(keys) == len(set(keys)) == 7 * 7
    assert keys == sorted(keys)


def test_marks_are_printed_as_the_rules_say(release: Release) -> None:
    cell = {(r["area"], r["use"]): r for r in rows_of(release, "use")}

    def shown(area: str, use: str) -> tuple[str, str]:
        row = cell[area, use]
        return row["value"], row["status"]

    assert shown("13104", "TOTAL") == ("400", "A")
    assert shown("13104001001", "441") == ("-", "-")
    assert shown("13104001002", "401") == ("X", "X")
    assert shown("13104001003", "TOTAL") == ("X", "M")
    assert shown("13104001001", "402") == ("", "G")
    assert shown("13104001003", "402") == ("X", "M")
    assert cell["13104001003", "411"]["HTKSAKI"] == "001004"
    assert cell["13104001004", "411"]["GASSAN"] == "001003"
    assert {r["HTKSYORI"] for r in cell.values()} == {"0", "1", "2"}


def test_a_literal_zero_never_occurs(release: Release) -> None:
    assert not [r for r in rows_of(release, "use") if r["value"] == "0"]


def test_wide_and_long_say_the_same(release: Release) -> None:
    long = {
        (r["area"], f"{r['use']}_{r['use_label']}"): r["value"] for r in rows_of(release, "use")
    }
    wide = rows_of(release, "use_wide")
    assert [r["area"] for r in wide] == sorted([*AREA_NAMES, "13104001003"])
    for row in wide:
        classes = [c for c in row if "_" in c and c != "area_name"]
        assert len(classes) == 5
        assert all(row[c] == long[row["area"], c] for c in classes)


def test_two_classes_make_one_column_a_combination(release: Release) -> None:
    floor = Hierarchy.flat("floor", ["1", "2"])
    cells = np.arange(1, 6 * 3 * 3 + 1).reshape(6, 3, 3)
    sex = Hierarchy.flat("sex", ["f", "m"], labels={"f": "女"})
    made = make_release(marked("t", (area_dim(), sex, floor), cells))
    row = rows_of(made, "t_wide")[0]
    assert list(row)[5:] == [
        f"{a}/{b}" for a in ("TOTAL", "f_女", "m") for b in ("1", "2", "TOTAL")
    ]
    assert [row[c] for c in list(row)[5:]] == [str(n) for n in range(1, 10)]


def test_memory_layout_does_not_matter(release: Release) -> None:
    table = use_table()
    turned = marked(
        "use", table.dims, np.asfortranarray(np.where(table.state == 2, -1, table.value))
    )
    made = make_release(turned)
    assert list(long_rows(made, turned)) == list(long_rows(release, release.tables[0]))


def test_code_lists_rebuild_the_hierarchies(release: Release) -> None:
    rows = rows_of(release, "codelist_use")
    assert {r["code"]: r["parent"] for r in rows}["411"] == "TOTAL"
    assert [r["code"] for r in rows] == list(use_dim().codes)


def test_tables_may_not_disagree_about_a_code() -> None:
    other = Hierarchy.flat("use", ["401", "411"], labels={"401": "別の名"})
    with pytest.raises(InputError, match="401"):
        list(csv_files(make_release(use_table(), marked("u", (other,), np.array([3, 1, 2])))))


def test_merge_chains_and_ghosts_are_refused() -> None:
    chain = [Merge("a", "b", "", ""), Merge("b", "c", "", "")]
    with pytest.raises(InputError, match="合算"):
        marks(chain, "areas")
    with pytest.raises(InputError, match="合算"):
        marks([Merge("a", "b", "", ""), Merge("b", "a", "", "")], "areas")
    with pytest.raises(InputError, match="合算"):
        marks([Merge("a", "b", "", ""), Merge("a", "c", "", "")], "areas")


def test_destinations_in_another_city_keep_their_prefix() -> None:
    found = marks([Merge("13104001001", "13103002001", "", "")], "areas")
    assert found["13104001001"].saki == "13103002001"
    assert found["13103002001"].gassan == "13104001001"


def test_official_census_links_come_out_the_same(real_data: Path) -> None:
    path = real_data / "osaka_census2020" / "tblT001082C27.csv"
    with path.open(encoding="cp932", newline="") as file:
        rows = list(csv.DictReader(file))[1:]
    names = {r["KEY_CODE"]: r["NAME"] for r in rows}
    merges = []
    for row in rows:
        if row["HTKSYORI"] == "2":
            target = row["KEY_CODE"][:5] + row["HTKSAKI"]
            merges.append(Merge(row["KEY_CODE"], target, row["NAME"], names[target]))
    assert len(merges) == 192
    found = marks(merges, "areas")
    for row in rows:
        if row["HTKSYORI"] != "0":
            assert found[row["KEY_CODE"]].row == (row["HTKSYORI"], row["HTKSAKI"], row["GASSAN"])
    members = defaultdict(list)
    for merge in merges:
        members[merge.target].append(merge.source)
    assert sum(1 for r in rows if r["HTKSYORI"] == "1") == len(members)


@pytest.mark.parametrize("name", ["value", "status", "HTKSAKI", "area_name"])
def test_dimensions_may_not_take_the_names_of_other_columns(name: str) -> None:
    odd = Hierarchy.flat(name, ["a"])
    table = marked("t", (area_dim(), odd), np.full((6, 2), 5))
    with pytest.raises(InputError, match="same name"):
        list(csv_files(make_release(table)))


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("髙輪町", ""),
        ("𠮷野町", "use utf-8-sig"),
        ("m²", "write m² as ㎡"),
        ("〜", "use utf-8-sig"),
    ],
)
def test_cp932_loses_nothing_or_is_refused(name: str, remedy: str, tmp_path: Path) -> None:
    """髙 is in CP932; 𠮷, ² and the wave dash U+301C are not, or come back as another letter."""
    labels = AREA_NAMES | {"13104001001": name}
    dim = Hierarchy.of("area", dict.fromkeys(labels, "13104") | {"13104": ""}, labels)
    cells = np.array([25, 5, 5, 5, 5, 5])  # the city and its five areas
    release = make_release(marked("t", (dim,), cells), encoding="cp932")
    if not remedy:
        assert rows_of(release, "t")[1]["area_name"] == name
        path = write_package(release, tmp_path)
        assert verify_package(path).ok
        return
    with pytest.raises(InputError, match=remedy) as caught:
        write_package(release, tmp_path)
    assert caught.value.code == "encoding"
    assert "data/t.csv" in caught.value.ja
    assert not list(tmp_path.iterdir())
