"""Findings are complete in both languages and safe to open in a spreadsheet."""

from __future__ import annotations

import ast
import csv
import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import sdc.readers
from sdc.messages import catalogue
from sdc.readers.problems import COLUMNS, TEXTS, Problems, guard, show, write_errors

SOURCES = [p for p in Path(next(iter(sdc.readers.__path__))).glob("*.py") if "texts" not in p.name]


@pytest.mark.parametrize("code", sorted(TEXTS))
def test_every_text_is_there_in_both_languages(code: str) -> None:
    for english in (part.template for part in TEXTS[code]):
        japanese = catalogue("ja")[english]
        assert any(ord(c) > 0x3000 for c in japanese)
        assert english
        assert all(ord(c) < 0x3000 for c in english)


def calls() -> list[ast.Call]:
    """Every ``problems.add("code", …)`` and ``problems.fail("code", …)`` in the readers."""
    return [
        node
        for source in SOURCES
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("add", "fail", "note")
        and node.args
        and isinstance(node.args[0], ast.Constant)
        and node.args[0].value in TEXTS
    ]


def test_every_text_is_used() -> None:
    words = {
        node.value
        for source in SOURCES
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert set(TEXTS) <= words, sorted(set(TEXTS) - words)


def test_every_place_in_a_text_is_filled_in() -> None:
    found = calls()
    assert len(found) > 40
    for call in found:
        code = call.args[0].value  # type: ignore[attr-defined]
        given_words = {k.arg for k in call.keywords}
        if None in given_words:  # **words: the corpus runs these
            continue
        templates = [part.template for part in TEXTS[code]]
        wanted = {f[1] for part in templates for f in string.Formatter().parse(part) if f[1]}
        assert wanted - {"column"} <= given_words, (code, call.lineno)


def test_errors_csv_holds_everything(tmp_path: Path) -> None:
    problems = Problems("a.csv")
    problems.add("value-mark", row=3, column="value", value="X")
    problems.add("file-empty")
    path = tmp_path / "errors.csv"
    write_errors(problems.found, path)
    assert path.read_bytes().startswith(b"\xef\xbb\xbffile,row,")
    with path.open(encoding="utf-8-sig", newline="") as stream:
        header, first, second = csv.reader(stream)
    assert tuple(header) == COLUMNS
    words = [part.to(k) for part in TEXTS["value-mark"] for k in ("ja", "en")]
    assert first == ["a.csv", "3", "value", "X", *words]
    assert second[:4] == ["a.csv", "", "", ""]


@given(st.text(max_size=12))
def test_no_cell_of_errors_csv_is_a_formula(text: str) -> None:
    """A cell that a spreadsheet would run begins with an apostrophe, others stay as they are."""
    safe = guard(text)
    assert safe.removeprefix("'") == text or safe == text
    runs = safe.startswith(("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠"))
    assert not runs or safe == "-" or safe.lstrip("+-").replace(".", "", 1).isdigit()


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("=1+1", "'=1+1"), ("+A1", "'+A1"), ("-A1", "'-A1"), ("@x", "'@x"), ("\tx", "'\tx"),
        ("＝cmd", "'＝cmd"), ("－１", "'－１"), ("-", "-"), ("-3", "-3"), ("+3.5", "+3.5"), ("X", "X"),
        ("", ""), (" =1", "' =1"),
    ],
)  # fmt: skip
def test_guard(text: str, safe: str) -> None:
    assert guard(text) == safe


def test_show_tells_twenty_and_how_many_more(monkeypatch: pytest.MonkeyPatch) -> None:
    problems = Problems("a.csv")
    for row in range(2, 25):  # 23 findings
        problems.add("code-blank", row=row, column="area")
    lines = show(problems.found).splitlines()
    assert len(lines) == 20 * 2 + 1
    assert lines[-1] == "ほか 3 件 / 3 more"
    assert lines[0].startswith("a.csv 2行目 列「area」")
    assert "row 2 column 'area'" in lines[1]
    monkeypatch.setenv("SDC_LANG", "ja")
    assert len(show(problems.found).splitlines()) == 21


def test_long_values_are_cut() -> None:
    problems = Problems("a.csv")
    problems.add("value-syntax", value="9" * 1000)
    assert len(problems.found[0].value) == 120
