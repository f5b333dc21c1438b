"""Every kind of broken file gets a clear refusal: file, row as in Excel, column, value, remedy."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sdc import cli
from sdc.errors import Finding
from sdc.model.hierarchy import Hierarchy
from sdc.readers.hierarchies import read_hierarchy
from sdc.readers.pairs import read_pairs
from sdc.readers.records import read_records
from sdc.readers.tables import read_cells, read_table
from sdc.readers.textfile import read_csv

Write = Callable[..., Path]
Refused = Callable[[Callable[[], Any]], tuple[Finding, ...]]
Told = Callable[[Callable[[], Any]], list[Any]]

AREA = Hierarchy.of(
    "area", {"T": "", "01101": "T", "01102": "T", "13104001001": "T", "ｶﾞ": "T", "が": "T"}
)


def cells(path: Path) -> Any:
    return read_cells(path, hierarchies={"area": AREA})


def wide(path: Path) -> Any:
    return read_table(path, hierarchies={"area": AREA}, classes="use")


def degrees(path: Path) -> Any:
    return read_records(path, x="lon", y="lat", crs="EPSG:6668")


def metres(path: Path) -> Any:
    return read_records(path, x="lon", y="lat", crs="EPSG:6677")


def tree(path: Path) -> Any:
    return read_hierarchy(path, "area")


POINT = "id,lon,lat\na,139.7,35.7\n"
GARBLED = "新宿".encode().decode("cp932")  # UTF-8 bytes taken for CP932

CASES: dict[str, tuple[Callable[[Path], Any], str | bytes, list[tuple[Any, ...]]]] = {
    # encodings
    "mojibake": (read_csv, f"a,b\n1,{GARBLED}\n", [("mojibake", 2, "b", GARBLED)]),
    "latin-1 mojibake": (
        read_csv,
        "a\n" + "新宿".encode().decode("latin-1") + "\n",
        # The bytes E6 96 B0 … hold C1 controls when taken for Latin-1.
        [("control", 2, "a", "新宿".encode().decode("latin-1"))],
    ),
    "replacement character": (read_csv, "a\n新\ufffd\n", [("mojibake", 2, "a", "新\ufffd")]),
    "damaged utf-8": (
        read_csv,
        "a,b\n新宿区,西新宿\n".encode()[:-2] + b"\n",
        [("encoding", 2, "b", "西新\\xe5\\xae")],
    ),
    "damaged utf-16": (
        read_csv,
        "a\n1\n".encode("utf-16-le").join([b"\xff\xfe", b"\x00\xdc\n\x00"]),
        [("encoding", 3, "", "00 dc")],
    ),
    "neither utf-8 nor cp932": (
        read_csv, b"a,b\n1,\x82\xff\n", [("encoding", 2, "b", "\\x82\\xff")],
    ),
    "NUL": (read_csv, "a\n1\x00\n", [("control", 2, "a", "1\x00")]),
    # shape
    "empty": (read_csv, "", [("file-empty", None, "", "")]),
    "blank": (read_csv, " \r\n\n", [("file-empty", None, "", "")]),
    "header only": (read_csv, "a,b\n", [("header-only", 1, "", "")]),
    "ragged": (
        read_csv, "a,b\n1,2\n1\n1,2,3\n", [("ragged", 3, "", "1"), ("ragged", 4, "", "3")],
    ),
    "blank row": (read_csv, "a,b\n1,2\n\n3,4\n", [("row-blank", 3, "", "")]),
    "open quote": (read_csv, 'a,b\n1,2\n"3,4\n', [("quote", 3, "", "")]),
    "double column": (read_csv, "a,b,a\n1,2,3\n", [("header-duplicate", 1, "a", "a")]),
    "unnamed column": (read_csv, "a,\n1,2\n", [("header-blank", 1, "2", "")]),
    "blank in column name": (read_csv, "a,b \n1,2\n", [("header-space", 1, "b", "b ")]),
    "tabs": (read_csv, "a\tb\n1\t2\n", [("separator", 1, "", "a\tb")]),
    # code lists
    "double code": (tree, "code,parent\nT,\na,T\na,T\n", [("code-duplicate", 4, "code", "a")]),
    "orphan": (tree, "code,parent\nT,\na,B\n", [("hierarchy-parent", 3, "parent", "B")]),
    "two roots": (tree, "code,parent\nT,\na,T\nb,\n", [("hierarchy-root", 4, "parent", "b")]),
    "no root": (tree, "code,parent\na,b\nb,a\n", [("hierarchy-root", None, "parent", "")]),
    "circle": (
        tree, "code,parent\nT,\na,b\nb,a\n",
        [("hierarchy-cycle", 3, "parent", "a"), ("hierarchy-cycle", 4, "parent", "b")],
    ),
    "code as a number": (
        tree, "code,parent\nT,\n1.1E+10,T\n411.0,T\n b,T\n,T\n",
        [
            ("code-scientific", 3, "code", "1.1E+10"), ("code-decimal", 4, "code", "411.0"),
            ("code-space", 5, "code", " b"), ("code-blank", 6, "code", ""),
        ],
    ),
    "no parent column": (tree, "code,label\nT,t\n", [("column-missing", 1, "parent", "")]),
    "map without target": (read_pairs, "from,to\n1,\n", [("pairs-blank", 2, "to", "1")]),
    "map listed twice": (
        read_pairs, "from,to\n1,2\n1,3\n", [("pairs-double", 3, "from", "1")],
    ),
    # codes of cells
    "truncated code": (cells, "area,value\n1101,3\n", [("code-truncated", 2, "area", "1101")]),
    "scientific code": (
        cells, "area,value\n1.1E+10,3\n", [("code-scientific", 2, "area", "1.1E+10")],
    ),
    "full-width code": (
        cells, "area,value\n０１１０１,3\n", [("code-form", 2, "area", "０１１０１")],
    ),
    "half-width kana": (cells, "area,value\nｶ,3\n", [("code-unknown", 2, "area", "ｶ")]),
    "decomposed kana": (
        cells, "area,value\nか\u3099,3\n", [("code-form", 2, "area", "か\u3099")],
    ),
    "trailing blank": (cells, "area,value\n01101 ,3\n", [("code-space", 2, "area", "01101 ")]),
    "blank code": (cells, "area,value\n,3\n", [("code-blank", 2, "area", "")]),
    "unknown code": (cells, "area,value\n99999,3\n", [("code-unknown", 2, "area", "99999")]),
    "unknown class column": (
        wide, "area,住宅\n99999,3\n", [("code-unknown", 2, "area", "99999")],
    ),
    # numbers of cells: nothing is ever read as 0
    **{
        f"value {text!r}": (cells, f'area,value\n01101,"{text}"\n', [(code, 2, "value", text)])
        for text, code in {
            "X": "value-mark", "x": "value-mark", "Ｘ": "value-mark", "*": "value-mark",
            "***": "value-mark", "…": "value-mark", "秘": "value-mark", "-": "value-dash",
            "－": "value-dash", "": "value-blank", " ": "value-blank", "NaN": "value-blank",
            "NULL": "value-blank", "1,234": "value-grouped", "１２": "value-width",
            "△3": "value-negative", "▲3": "value-negative", "-3": "value-negative",
            "−3": "value-negative", "(3)": "value-negative", "1.5": "value-fraction",
            "12.0": "value-fraction", "1E+3": "value-scientific", "12 ": "value-space",
            "007": "value-syntax", "+3": "value-syntax", "3人": "value-syntax",
            "0x1F": "value-syntax", "٣": "value-syntax",
            "9007199254740993": "value-large", "99999999999999999999": "value-large",
        }.items()
    },
    "mark in a wide table": (
        wide, "area,a,b\n01101,3,X\n", [("value-mark", 2, "b", "X")],
    ),
    "double cell": (
        cells, "area,value\n01101,3\n01102,1\n01101,3\n",
        [("cell-duplicate", 4, "value", "area=01101")],
    ),
    "wrong total": (
        cells, "area,value\n01101,3\n01102,4\nT,8\n", [("total", 4, "value", "area=T")],
    ),
    "wrong total in a wide table": (
        wide, "area,a,b,TOTAL\n01101,3,1,5\n",
        [("total", 2, "TOTAL", "area=01101, use=TOTAL")],
    ),
    "no value column": (cells, "area,count\n01101,3\n", [("column-missing", 1, "value", "")]),
    "no dimension": (cells, "value\n3\n", [("column-missing", 1, "value", "")]),
    "hierarchy without column": (
        cells, "zone,value\na,3\n", [("hierarchy-unneeded", 1, "area", "")],
    ),
    # positions
    "no number": (
        degrees, "lon,lat\n139.7,35.7\n139,7,35.7\n", [("ragged", 3, "", "3")],
    ),
    "full-width digits": (
        degrees, "lon,lat\n１３９．７,35.7\n", [("position-syntax", 2, "lon", "１３９．７")],
    ),
    "degrees and minutes": (
        degrees, "lon,lat\n139.7,35°41'\n", [("position-syntax", 2, "lat", "35°41'")],
    ),
    "rounded by a spreadsheet": (
        degrees, "lon,lat\n1.4E+02,35.7\n", [("position-syntax", 2, "lon", "1.4E+02")],
    ),
    "NaN": (degrees, POINT + "b,NaN,35\n", [("position-missing", 3, "lon, lat", "")]),
    "no position": (degrees, POINT + "b,,\n", [("position-missing", 3, "lon, lat", "")]),
    "0,0": (degrees, POINT + "b,0,0\n", [("position-zero", 3, "lon, lat", "0, 0")]),
    "swapped": (
        degrees, POINT + "b,35.7,139.7\n", [("position-swapped", 3, "lon, lat", "35.7, 139.7")],
    ),
    "outside Japan": (
        degrees, POINT + "b,-0.12,51.5\n", [("position-outside", 3, "lon, lat", "-0.12, 51.5")],
    ),
    "metres as degrees": (
        degrees, "lon,lat\n-12000,-35000\n", [("crs-metres", 2, "lon, lat", "-12000, -35000")],
    ),
    "degrees as metres": (metres, POINT, [("crs-degrees", 2, "lon, lat", "139.7, 35.7")]),
    "metres outside": (
        metres, "lon,lat\n-12000,-35000\n5000000,5000000\n",
        [("position-outside", 3, "lon, lat", "5000000, 5000000")],
    ),
    "damaged KEY_CODE": (
        degrees, "KEY_CODE,lon,lat\n1101001001,139.7,35.7\n1.31E+10,139.7,35.7\n",
        [
            ("code-truncated", 2, "KEY_CODE", "1101001001"),
            ("code-scientific", 3, "KEY_CODE", "1.31E+10"),
        ],
    ),
    "truncated municipality": (
        degrees, "市区町村コード,lon,lat\n1101,139.7,35.7\n",
        [("code-truncated", 2, "市区町村コード", "1101")],
    ),
    "truncated beside whole": (
        degrees, "code,lon,lat\n012,139.7,35.7\n12,139.7,35.7\n",
        [("code-truncated", 3, "code", "12")],
    ),
    "no coordinate column": (
        degrees, "id,x,y\na,139.7,35.7\n",
        [("column-missing", 1, "lon", ""), ("column-missing", 1, "lat", "")],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_input_corpus(name: str, write: Write, refused: Refused) -> None:
    reader, content, expected = CASES[name]
    findings = refused(lambda: reader(write(content)))
    assert [(f.code, f.row, f.column, f.value) for f in findings] == expected
    assert {f.file for f in findings} == {"in.csv"}


def test_all_problems_of_a_file_are_told_at_once(write: Write, told: Told) -> None:
    path = write("area,value\n01101,X\n1102,3\n01102,△3\n")
    assert told(lambda: cells(path)) == [
        ("value-mark", 2, "value", "X"),
        ("code-truncated", 3, "area", "1102"),
        ("value-negative", 4, "value", "△3"),
    ]


def test_a_problem_of_all_records_is_told_once(write: Write, refused: Refused) -> None:
    path = write("lon,lat\n35.7,139.7\n35.8,139.8\n")
    (only,) = refused(lambda: degrees(path))
    assert (only.code, only.row, only.value) == ("position-swapped", 2, "35.7, 139.7")
    assert only.must.to("ja").startswith("（全2行）")
    assert only.must.to("en").startswith("(all 2 rows)")


@pytest.mark.parametrize(
    ("known", "suggestion"),
    [("1101", "01101"), ("０１１０１", "01101"), ("か\u3099", "が")],
)
def test_the_remedy_names_the_right_code(
    known: str, suggestion: str, write: Write, refused: Refused
) -> None:
    (only,) = refused(lambda: cells(write(f"area,value\n{known},3\n")))
    assert suggestion in only.remedy.to("ja")
    assert suggestion in only.remedy.to("en")


@pytest.mark.parametrize(
    ("option", "call"),
    [
        ("crs-missing", lambda p: read_records(p, x="lon", y="lat")),
        ("crs-unknown", lambda p: read_records(p, x="lon", y="lat", crs="EPSG:99999")),
        ("crs-unknown", lambda p: read_records(p, x="lon", y="lat", crs="EPSG:5773")),  # heights
        ("xy-missing", lambda p: read_records(p, crs="EPSG:6668")),
        ("xy-missing", lambda p: read_records(p, x="lon", crs="EPSG:6668")),
        ("option", lambda p: read_records(p, x="lon", y="lat", crs="EPSG:6668", unplaced="drop")),
        ("encoding-unknown", lambda p: read_csv(p, encoding="euc-jp")),
        ("file-missing", lambda p: read_csv(p.with_name("none.csv"))),
        ("file-kind", lambda p: read_records(p.with_name("in.dxf"), x="lon", y="lat")),
        ("file-kind", lambda p: read_table(p.with_name("in.pdf"))),
    ],
)
def test_options_are_refused_when_unknown(
    option: str, call: Callable[[Path], Any], write: Write, refused: Refused
) -> None:
    path = write(POINT)
    assert [f.code for f in refused(lambda: call(path))] == [option]


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:6668", "EPSG:4612", "EPSG:4301"])
def test_geographic_systems_are_kept_as_stated(crs: str, write: Write) -> None:
    records = read_records(write(POINT), x="lon", y="lat", crs=crs)
    assert records.crs == crs
    assert (records.x[0], records.y[0]) == (139.7, 35.7)


@pytest.mark.parametrize("zone", range(1, 20))
def test_all_plane_systems_are_accepted(zone: int, write: Write) -> None:
    # 10 km west and north of the origin: the origin of zone XIX lies on 154 E, the eastern bound.
    path = write("x,y\n-10000,10000\n")
    for first in (2442, 6668):
        records = read_records(path, x="x", y="y", crs=f"EPSG:{first + zone}")
        assert records.crs == f"EPSG:{first + zone}"


def test_records_without_position_can_be_kept_and_are_counted(write: Write) -> None:
    path = write(POINT + "b,,\nc,0,0\nd, 139.8 ,35.8\n")
    records = read_records(path, x="lon", y="lat", crs="EPSG:6668", unplaced="keep")
    assert records.placed.tolist() == [True, False, False, True]
    assert records.x[3] == 139.8
    assert "位置のない記録: 2件 / records without a position: 2" in map(str, records.notes)


CITY = """
schema = 1
[release]
id = "bad"
title = "市"
municipality = "082996"
survey_date = 2025-10-01
release_date = 2026-04-01
serial = 1
licence = "CC-BY-4.0"
source = "架空"
section = "課"
[records.points]
path = "in.csv"
x = "lon"
y = "lat"
crs = "EPSG:6668"
[records.points.columns.band]
source = "lon"
breaks = [100]
[geography.mesh]
levels = ["1km"]
[rules.counts]
min_count = 3
ground = "条例"
[[tables]]
id = "points"
records = "points"
rules = "counts"
geography = "mesh"
by = []
[output]
dir = "releases"
formats = ["csv"]
"""
TYPED: dict[Any, list[str]] = {
    cells: ["protect", "in.csv", "--hierarchy", "area=tree.csv", "--min-count", "3", "--out", "o"],
    tree: ["audit", "t.csv", "--hierarchy", "area=in.csv"],
    degrees: ["check", "release.toml"],
}
NOT_TYPED = {"damaged KEY_CODE", "truncated municipality", "truncated beside whole"}
"""Columns that no table of the configuration uses are not read."""


@pytest.mark.parametrize("name", [n for n in CASES if CASES[n][0] in TYPED and n not in NOT_TYPED])
def test_the_command_line_tells_a_clerk_what_to_do(
    name: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    reader, content, expected = CASES[name]
    given = content if isinstance(content, bytes) else content.encode("utf-8")
    up = [AREA.codes[i] if i >= 0 else "" for i in AREA.parents]
    rows = "".join(f"{c},{p}\n" for c, p in zip(AREA.codes, up, strict=True))
    (tmp_path / "tree.csv").write_text(f"code,parent\n{rows}", encoding="utf-8")
    (tmp_path / "t.csv").write_text("area,value\nT,3\n", encoding="utf-8")
    (tmp_path / "release.toml").write_text(CITY, encoding="utf-8")
    (tmp_path / "in.csv").write_bytes(given)
    before = sorted(p.name for p in tmp_path.iterdir())
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["sdc", *TYPED[reader]])
    with pytest.raises(SystemExit) as end:
        cli.main()
    assert end.value.code == 2
    told = capsys.readouterr().err
    assert "Traceback" not in told
    assert "予期しない" not in told
    for _, row, column, value in expected:
        ja, en = _pair_of_lines(told, row, column)
        for line in (ja, en):
            assert "in.csv" in line
            assert not value or repr(value) in line
            assert len(line.split(" — ")) >= 3  # place, rule (value), remedy
    written = sorted(p.name for p in tmp_path.iterdir() if p.name != "errors.csv")
    assert written == before


def _pair_of_lines(told: str, row: int | None, column: str) -> tuple[str, str]:
    """The Japanese line about a place and the English line below it."""
    lines = told.splitlines()
    places = [f"{row}行目"] if row is not None else []
    places += [f"「{column}」"] if column else []
    at = next(
        i for i, t in enumerate(lines) if all(p in t.split(" — ")[0] for p in places) and " — " in t
    )
    english = lines[at + 1]
    assert row is None or f"row {row}" in english
    assert not column or repr(column) in english
    return lines[at], english
