from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import given, settings

from sdc.errors import InputError
from sdc.tables.merge import merge_areas
from sdc.tables.merging.census import CensusColumns, census_columns, merge_map
from tests.tables.merge_cases import Case, cases

COLUMNS = ("KEY_CODE", "HTKSYORI", "HTKSAKI", "GASSAN")


@settings(max_examples=30, deadline=None)
@given(case=cases())
def test_columns_and_map_turn_into_each_other(case: Case) -> None:
    case.codes = [f"27102{code}" for code in case.codes]
    merging = merge_areas(case.counts, **case.arguments(method="greedy"))
    for prefix in (5, 0):
        columns = census_columns(merging.mapping, prefix=prefix)
        assert merge_map(columns, prefix=prefix) == merging.mapping


def test_the_prefix_is_dropped_in_both_directions() -> None:
    columns = census_columns({"27102a1": "27102b2", "27102b2": "27102b2", "27102c": "27102b2"})
    assert columns.htksyori == ("2", "1", "2")
    assert columns.htksaki == ("b2", "", "b2")
    assert columns.gassan == ("", "a1;c", "")


def test_a_merge_across_cities_is_refused() -> None:
    with pytest.raises(InputError, match="across cities"):
        census_columns({"27102a": "27103b", "27103b": "27103b"})
    assert census_columns({"27102a": "27103b", "27103b": "27103b"}, prefix=0).htksaki[0] == "27103b"


BROKEN = {
    "target does not list it": (("2", "0"), ("b", ""), ("", "")),
    "target lists one that stays": (("0", "1"), ("", ""), ("", "a")),
    "target is no area": (("2", "0"), ("x", ""), ("", "")),
    "hidden without target": (("2", "0"), ("", ""), ("", "")),
    "absorbed without members": (("0", "1"), ("", ""), ("", "")),
    "unknown status": (("3", "0"), ("", ""), ("", "")),
    "into itself": (("2", "0"), ("a", ""), ("", "")),
}


@pytest.mark.parametrize("columns", BROKEN.values(), ids=BROKEN.keys())
def test_columns_that_contradict_each_other_are_refused(
    columns: tuple[tuple[str, ...], ...],
) -> None:
    with pytest.raises(InputError) as caught:
        merge_map(CensusColumns(("27102a", "27102b"), *columns), file="t.csv", first_row=3)
    assert caught.value.findings[0].row in (3, 4)


def official(path: Path) -> CensusColumns:
    """The columns of a census file; its second row repeats the header in words."""
    with path.open(encoding="cp932", newline="") as file:
        rows = list(csv.DictReader(file))[1:]
    return CensusColumns(*(tuple(row[name] for row in rows) for name in COLUMNS))


@pytest.mark.real
def test_the_192_links_of_osaka_are_reproduced(real_data: Path) -> None:
    columns = official(real_data / "osaka_census2020" / "tblT001082C27.csv")
    mapping = merge_map(columns, first_row=3)
    assert sum(a != b for a, b in mapping.items()) == 192
    assert census_columns(mapping) == columns


@pytest.mark.real
def test_the_links_of_the_census_mesh_are_reproduced(real_data: Path) -> None:
    columns = official(real_data / "mesh500" / "tblT001101H5031.txt")
    mapping = merge_map(columns, prefix=0, first_row=3)
    # As many areas are sent away as the file marks with HTKSYORI 2.
    assert sum(a != b for a, b in mapping.items()) == columns.htksyori.count("2") > 1000
    assert census_columns(mapping, prefix=0) == columns
