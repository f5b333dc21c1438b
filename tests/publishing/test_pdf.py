from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from handmade import area_dim, make_release, marked, small_table, use_dim, use_table

from sdc.model.hierarchy import Hierarchy
from sdc.model.release import Merge
from sdc.publishing.pdf import _blocks, document, pdf_files
from sdc.publishing.pdfpages import Row

POPPLER = shutil.which("pdftotext") is not None
needs_poppler = pytest.mark.skipif(not POPPLER, reason="poppler-utils is not installed")


def text_of(data: bytes, tmp_path: Path) -> list[str]:
    """The text of every page."""
    place = tmp_path / "d.pdf"
    place.write_bytes(data)
    run = subprocess.run(["pdftotext", "-layout", place, "-"], capture_output=True, check=True)
    return run.stdout.decode("utf-8").split("\f")[:-1]


def long_table(areas: int, classes: int):  # type: ignore[no-untyped-def]
    area = Hierarchy.flat("area", [f"{13104000000 + i}" for i in range(areas)], total="13104")
    use = Hierarchy.flat("use", [f"c{i:02}" for i in range(classes)])
    return marked("t", (area, use), np.full((areas + 1, classes + 1), 7))


@needs_poppler
def test_the_document_says_everything(tmp_path: Path) -> None:
    release = make_release(contact="03-0000-0000", policy=("3件未満を秘匿します。", ""))
    pages = text_of(document(release, release.tables[0]), tmp_path)
    assert len(pages) == 3
    for word in ("建物用途別 建物数", "見本市 (131041)", "2025年10月1日", "都市計画課 03-0000-0000",
                 "見本市情報公開条例第7条", "CC-BY-4.0"):  # fmt: skip
        assert word in pages[0]
    for word in (
        "0として扱わないで",
        "他の小地域に合算した小地域",
        "3件未満を秘匿します",
        "402 商業施設 → 40x 商業系",
        "13104001003",
    ):
        assert word in pages[1]
    rows = pages[2].splitlines()
    row = next(r for r in rows if "13104001002" in r)
    assert row.split()[2:] == ["X", "X", "50", "10", "80"]
    row = next(r for r in rows if "13104001003" in r)
    assert row.split()[2:] == ["X"] * 5 + ["→", "001004", "に合算"]
    assert re.search(r"3 ?/ ?3", pages[2])


def towns() -> Hierarchy:
    """A city of two towns whose codes are names, as a column of districts makes them."""
    return Hierarchy.of("area", {
        "13104": "", "西町": "13104", "東町": "13104",
        "13104001001": "東町", "13104001002": "東町", "13104002001": "西町",
    })  # fmt: skip


@needs_poppler
def test_an_area_follows_the_town_it_lies_in(tmp_path: Path) -> None:
    """In a file rows stand in code order; a reader looks for an area below its town."""
    table = marked("t", (towns(),), np.arange(1, 7))
    release = make_release(table)
    gone = Merge("13104001003", "13104001001", "三丁目", "一丁目", "area")
    object.__setattr__(release, "merges", (gone,))
    page = text_of(document(release, table), tmp_path)[-1]
    codes = re.findall(r"^ *(13104\d*|[東西]町) ", page, re.MULTILINE)
    assert codes == [
        "13104", "東町", "13104001001", "13104001002", "13104001003", "西町", "13104002001",
    ]  # fmt: skip


@needs_poppler
def test_classes_can_be_the_rows_and_grouped_ones_are_in_the_notes(tmp_path: Path) -> None:
    table = marked("u", (use_dim(),), np.array([5, 10, 20, 5, 40]))
    pages = text_of(document(make_release(table), table), tmp_path)
    assert re.findall(r"^ *(TOTAL|4\d\w) ", pages[-1], re.MULTILINE) == [
        "TOTAL", "401", "40x", "411", "441",
    ]  # fmt: skip
    assert "402 商業施設 → 40x 商業系" in pages[1]


def blocks_of(first: int, second: int, number: int) -> list[tuple[int, float]]:
    heads = tuple((f"a{i}", f"b{j}") for i in range(first) for j in range(second))
    row = Row("1", "x", (str(number),) * len(heads), "", False)
    return [(len(b.heads), b.column) for b in _blocks(heads, [row], False)]


def test_columns_are_as_wide_as_their_numbers_and_classes_stay_together() -> None:
    # 202 mm are left beside code and name: 16 columns of at least 12 mm
    assert blocks_of(1, 16, 7) == [(16, 202 / 16)]
    # four columns a class, four classes a page at most: ten classes as 3, 3 and 4
    assert [n for n, _ in blocks_of(10, 4, 7)] == [12, 12, 16]
    # 12 digits with their commas need more than 20 mm: nine columns fit, two classes of four
    assert [n for n, _ in blocks_of(4, 4, 10**11)] == [8, 8]
    assert all(width > 20 for _, width in blocks_of(4, 4, 10**11))
    # more columns in a class than fit: cut where the page ends, in even parts
    assert [n for n, _ in blocks_of(1, 20, 7)] == [10, 10]


@pytest.mark.parametrize("more", range(6))
def test_no_column_is_left_out(more: int) -> None:
    """Groups that single areas count classes in add columns that fill no whole class."""
    heads = tuple((f"a{i}", f"b{j}") for i in range(10) for j in range(4))
    heads += tuple((f"g{i}", "b0") for i in range(more))
    row = Row("1", "x", ("7",) * len(heads), "", False)
    blocks = list(_blocks(heads, [row], True))
    assert [h for b in blocks for h in b.heads] == list(heads)
    assert [b.first for b in blocks] == [
        sum(len(b.heads) for b in blocks[:i]) for i in range(len(blocks))
    ]


@needs_poppler
def test_two_thousand_rows_break_well(tmp_path: Path) -> None:
    table = long_table(2000, 19)
    release = make_release(table)
    object.__setattr__(release, "merges", ())
    pages = text_of(document(release, table), tmp_path)
    body = pages[2:]
    counts = [len(re.findall(r"^ *131040\d{5}", page, re.MULTILINE)) for page in body]
    # every area once a block; no page is left with a handful of rows
    blocks = sum(counts) // 2000
    assert sum(counts) == 2000 * blocks
    assert min(counts) > 0.9 * max(counts)
    for number, page in enumerate(body, 3):
        assert "コード" in page
        assert re.search(rf"{number} ?/ ?{len(pages)}", page)
    assert len(pages) < 200


def test_the_font_is_embedded_and_nothing_else(tmp_path: Path) -> None:
    data = document(make_release(), use_table())
    assert set(re.findall(rb"/BaseFont /([A-Za-z+]+)", data)) <= {
        b"AAAAAA+IPAexGothic", b"AAAAAB+IPAexGothic",
    }  # fmt: skip
    assert b"/FontFile2" in data
    assert b"Helvetica" not in data


def test_documents_are_the_same_every_time(monkeypatch: pytest.MonkeyPatch) -> None:
    release = make_release(small_table())
    first = dict(pdf_files(release))
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1")
    assert dict(pdf_files(release)) == first
    assert list(first) == ["data/docs/sex.pdf"]


@needs_poppler
def test_long_lists_of_merged_areas_go_on_over_pages(tmp_path: Path) -> None:
    table = long_table(5, 2)
    release = make_release(table)
    many = tuple(
        Merge(f"{13104900000 + i}", "13104000001", f"消えた町{i}丁目", "残る町") for i in range(150)
    )
    object.__setattr__(release, "merges", many)
    pages = text_of(document(release, table), tmp_path)
    listed = [page for page in pages if "小地域の合算(②)" in page]
    assert sum(page.count("消えた町") for page in listed) == 150
    assert len(listed) > 1
    assert all("(続き)" in page for page in listed[1:])


def test_formulas_are_disarmed_in_documents_too() -> None:
    dim = Hierarchy.of("area", dict.fromkeys(area_dim().codes, "") | {
        c: "13104" for c in area_dim().codes if c != "13104"
    }, {"13104001001": "=HYPERLINK()"})  # fmt: skip
    table = marked("t", (dim,), np.arange(1, 7))
    release = make_release(table)
    assert document(release, table).startswith(b"%PDF")
