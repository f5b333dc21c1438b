"""Encodings are found by strict trial, and every cell comes back as it was written."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdc.readers.textfile import decode, read_csv, ungarble

Write = Callable[..., Path]

KANJI = "新宿区四谷一丁目山之内５丁目髙﨑ｱｲｳ住宅商業施設"
# Printable text of Japanese tables that all four encodings can hold.
cells = st.text(st.sampled_from(KANJI + "0123456789abcXYZ ,\"'-あいうアイウ・ー"), max_size=8)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp932"])
def test_the_encoding_is_found_and_said(encoding: str, write: Write) -> None:
    table = read_csv(write("code,name\n01101,札幌市中央区\n", encoding=encoding))
    assert table.encoding == encoding
    assert table.columns == ["code", "name"]
    assert table.frame.iloc[0].tolist() == ["01101", "札幌市中央区"]


def test_big_endian_utf_16_needs_its_mark(write: Write) -> None:
    raw = b"\xfe\xff" + "a\n区\n".encode("utf-16-be")
    assert read_csv(write(raw)).frame["a"].tolist() == ["区"]


@given(
    st.lists(st.tuples(cells, cells), min_size=1, max_size=6),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp932"]),
    st.sampled_from(["\n", "\r\n"]),
)
def test_round_trip(rows: list[tuple[str, str]], encoding: str, end: str) -> None:
    """What csv writes in any of the encodings is what read_csv reads."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator=end, quoting=csv.QUOTE_ALL)
    writer.writerow(["左", "右"])
    writer.writerows(rows)
    raw = out.getvalue().encode(encoding)
    text, _ = decode(raw, "a.csv", encoding=encoding)
    assert text == out.getvalue()
    # Without a statement: short half-width kana can be valid in two encodings, so kanji settle it.
    out.write("新宿区四谷,住宅商業施設" + end)
    text, found = decode(out.getvalue().encode(encoding), "a.csv")
    assert (text, found) == (out.getvalue(), encoding)


def test_every_cell_stays_text(write: Write) -> None:
    text = 'a,b,c\n007,1.50,NA\n"1,234",,"two\nlines"\n'
    frame = read_csv(write(text)).frame
    assert frame.to_dict("list") == {"a": ["007", "1,234"], "b": ["1.50", ""],
                                     "c": ["NA", "two\nlines"]}  # fmt: skip


def test_rows_count_as_a_spreadsheet_counts_them(
    write: Write, told: Callable[[Callable[[], Any]], list[Any]]
) -> None:
    # The second record spans two lines of the file but is one row in a spreadsheet.
    path = write('a,b\n"x\ny",1\n2\n')
    assert told(lambda: read_csv(path)) == [("ragged", 3, "", "1")]


def test_blank_lines_at_the_end_are_nothing(write: Write) -> None:
    assert len(read_csv(write("a,b\r\n1,2\r\n\r\n\r\n"))) == 1


def test_a_damaged_utf_8_file_is_not_taken_for_cp932(
    write: Write, told: Callable[[Callable[[], Any]], list[Any]]
) -> None:
    # One byte is lost from the last character; CP932 would accept E6 96 B0 E5 … as kanji and kana.
    raw = ("a\n" + "新宿区" * 20).encode()[:-1] + b"\n"
    (found,) = told(lambda: read_csv(write(raw)))
    assert found[:3] == ("encoding", 2, "a")


def test_a_stated_encoding_is_taken_at_its_word(
    write: Write, told: Callable[[Callable[[], Any]], list[Any]]
) -> None:
    path = write("a\n新宿\n", encoding="cp932")
    assert read_csv(path, encoding="cp932").frame["a"].tolist() == ["新宿"]
    # "新" is 90 56 in CP932, and 90 begins no character of UTF-8.
    assert told(lambda: read_csv(path, encoding="utf-8")) == [
        ("encoding-declared", 2, "a", "\\x90V\\x8fh")
    ]


@pytest.mark.parametrize(
    "text", ["新宿区", "café", "25°C", "ﾃｽﾄ", "±µ", "X－３", "ABC", "", "髙島"]
)
def test_sound_text_is_not_called_garbled(text: str) -> None:
    assert ungarble(text) is None


@pytest.mark.parametrize(
    ("right", "wrong"), [("utf-8", "cp932"), ("utf-8", "latin-1"), ("cp932", "latin-1")]
)
def test_garbled_text_is_undone(right: str, wrong: str) -> None:
    assert ungarble("東京都".encode(right).decode(wrong)) == "東京都"


def test_garbled_text_is_seen_where_a_byte_was_lost() -> None:
    # The last byte 81 of 庁 begins a character of CP932 that never comes.
    assert ungarble("東京都庁".encode().decode("cp932", "ignore")) == "東京都"


@given(
    st.text(st.sampled_from(KANJI + "ﾀﾃﾄﾅ瑤槇煕爾髙澤熙曻あいうアイウ、。（）０１"), max_size=10)
)
def test_japanese_text_is_never_called_garbled(text: str) -> None:
    """Kanji of the second level and half-width kana hold bytes that could belong to UTF-8."""
    assert ungarble(text) is None
