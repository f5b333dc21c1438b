"""Classes and measures of records: every edge, every refusal, in both languages."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdc.errors import InputError, RulesError
from sdc.microdata.classify import (
    REFUSED,
    BinSpec,
    ClassSpec,
    MeasureSpec,
    classes_of,
    classify,
    quantise,
)

USE = ClassSpec("用途", ("402", "411", "461"), {"4021": "402", "": "461"})
STRICT = ClassSpec("用途", ("402", "411"))
HEIGHT = BinSpec("高さ", tuple(map(Decimal, ("5", "10", "31"))), unit="m")
AREA = MeasureSpec("床面積", "m²", Decimal(1))


def texts(*values: object) -> pd.Series:
    return pd.Series(list(values), dtype=object)


def test_codes_maps_and_blanks() -> None:
    values = texts("411", "4021", "", None, np.nan, "  402 ", "\u3000")
    codes, wrong = classify(values, USE, file="b.csv")
    assert codes.tolist() == ["411", "402", "461", "461", "461", "402", "461"]
    assert wrong == []


def test_codes_keep_the_index_of_the_records() -> None:
    codes, _ = classify(pd.Series(["411", "402"], index=[7, 3]), USE, file="b.csv")
    assert codes.index.tolist() == [7, 3]


def test_a_code_in_the_list_needs_no_map_even_if_it_looks_like_a_mark() -> None:
    codes, wrong = classify(texts("X", "-"), ClassSpec("c", ("-", "X")), file="b.csv")
    assert codes.tolist() == ["X", "-"]
    assert wrong == []


@pytest.mark.parametrize(
    ("value", "code", "ja", "en"),
    [
        ("1120", "class-unknown", "`1120,コード`", "`1120,code`"),
        ("X", "class-unknown", "`X,コード`", "`X,code`"),
        ("*", "class-unknown", "`*,コード`", "`*,code`"),
        ("-", "class-unknown", "`-,コード`", "`-,code`"),
        ("４１１", "class-unknown", "(`411` ではありませんか)", "(is `411` meant?)"),
        ("411.0", "class-unknown", "(`411` ではありませんか)", "(is `411` meant?)"),
        ("1.1E+10", "class-unknown", "`1.1E+10,コード`", "`1.1E+10,code`"),
        ("", "class-blank", "`,コード`", "`,code`"),
        (None, "class-blank", "`,コード`", "`,code`"),
        ("#N/A", "class-blank", "`,コード`", "`,code`"),
        ("nan", "class-blank", "`,コード`", "`,code`"),
    ],
)
def test_a_class_that_is_not_known_is_refused(
    value: str | None, code: str, ja: str, en: str
) -> None:
    codes, wrong = classify(texts("411", value, "402"), STRICT, file="b.csv", first_row=5)
    assert codes.tolist() == ["411", "", "402"]
    (found,) = wrong
    # the first record stands in row 5, the refused one is the second
    assert (found.code, found.file, found.row, found.column) == (code, "b.csv", 6, "用途")
    assert found.value == (value or "")
    assert ja in found.remedy.to("ja")
    assert en in found.remedy.to("en")
    assert found.must.to("ja")
    assert found.must.to("en")


REFUSED_NUMBERS = [
    ("", "number-blank", "除いて", "leave the record out"),
    (None, "number-blank", "除いて", "leave the record out"),
    ("NaN", "number-blank", "除いて", "leave the record out"),
    ("X", "number-mark", "元の数値", "the number itself"),
    ("x", "number-mark", "元の数値", "the number itself"),
    ("*", "number-mark", "元の数値", "the number itself"),
    ("-", "number-mark", "元の数値", "the number itself"),
    ("−", "number-mark", "元の数値", "the number itself"),
    ("…", "number-mark", "元の数値", "the number itself"),
    ("１２", "number-width", "`12`", "`12`"),
    ("１，２３４", "number-width", "`1234`", "`1234`"),
    ("1,234", "number-grouped", "`1234`", "`1234`"),
    ("1,234.5", "number-grouped", "`1234.5`", "`1234.5`"),
    ("△3", "number-triangle", "`-3`", "`-3`"),
    ("▲1,200", "number-triangle", "`-1200`", "`-1200`"),
    ("12m", "number-syntax", "単位", "without a unit"),
    ("12,34", "number-syntax", "12.5", "12.5"),
    ("1_000", "number-syntax", "12.5", "12.5"),
    ("0x1F", "number-syntax", "12.5", "12.5"),
    ("٣", "number-syntax", "12.5", "12.5"),
    ("inf", "number-range", "元の値", "the value"),
    ("1e400", "number-range", "元の値", "the value"),
    ("1e9999999999", "number-syntax", "12.5", "12.5"),
    ("-3", "number-negative", "元の値", "the value"),
]


@pytest.mark.parametrize(("value", "code", "ja", "en"), REFUSED_NUMBERS)
@pytest.mark.parametrize("spec", [HEIGHT, AREA], ids=["bins", "measure"])
def test_a_text_that_is_not_a_usable_number_is_refused(
    spec: BinSpec | MeasureSpec, value: str | None, code: str, ja: str, en: str
) -> None:
    values = texts("7", value)
    if isinstance(spec, MeasureSpec):
        steps, wrong = quantise(values, spec, file="b.csv")
        assert steps.tolist() == [7, REFUSED]
    else:
        codes, wrong = classify(values, spec, file="b.csv")
        assert codes.tolist() == ["02", ""]
    (found,) = wrong
    assert (found.code, found.file, found.row, found.column) == (code, "b.csv", 3, spec.column)
    assert found.value == (value or "")
    assert ja in found.remedy.to("ja")
    assert en in found.remedy.to("en")
    assert found.must.to("ja")
    assert found.must.to("en")


def test_bins_are_half_open_and_open_at_both_ends() -> None:
    values = texts("0", "4.99999999999999999999999", "5", "9.9", "10", "30.9", "31", "1e3")
    codes, wrong = classify(values, HEIGHT, file="b.csv")
    assert codes.tolist() == ["01", "01", "02", "02", "03", "03", "04", "04"]
    assert wrong == []


def test_bins_may_start_below_zero() -> None:
    depth = BinSpec("標高", (Decimal(-5), Decimal(0)))
    codes, wrong = classify(texts("-5.1", "-5", "-0.1", "0"), depth, file="b.csv")
    assert (codes.tolist(), wrong) == (["01", "02", "02", "03"], [])


def test_labels_of_bins_in_both_languages() -> None:
    classes = classes_of(HEIGHT)
    assert classes.codes == ("01", "02", "03", "04")
    assert classes.labels_ja == ("5m未満", "5m以上10m未満", "10m以上31m未満", "31m以上")
    assert classes.labels_en == (
        "under 5 m",
        "5 to under 10 m",
        "10 to under 31 m",
        "31 m and over",
    )


def test_blanks_get_a_class_of_their_own_where_one_is_named() -> None:
    year = BinSpec("建築年", (Decimal(1981),), missing="不明")
    assert classes_of(year) == (
        ("01", "02", "99"),
        ("1981未満", "1981以上", "不明"),
        ("under 1981", "1981 and over", "unknown"),
    )
    codes, wrong = classify(texts("1970", "", None, "X"), year, file="b.csv")
    assert codes.tolist() == ["01", "99", "99", ""]
    assert [f.code for f in wrong] == ["number-mark"]


@given(st.integers(1, 130), st.booleans())
def test_codes_of_bins_sort_as_the_numbers_do(n: int, missing: bool) -> None:
    spec = BinSpec("c", tuple(map(Decimal, range(1, n + 1))), missing="?" if missing else None)
    codes = classes_of(spec).codes
    # n breaks make n + 1 classes, and one for blanks
    assert len(set(codes)) == n + 1 + missing
    assert list(codes) == sorted(codes)


decimals = st.decimals(0, 10**9, allow_nan=False, allow_infinity=False, places=4)
steps_ = st.decimals("0.001", 1000, allow_nan=False, allow_infinity=False, places=3)


@given(st.lists(decimals, min_size=1, max_size=20), steps_)
def test_quantise_is_the_nearest_whole_step_halves_up(values: list[Decimal], step: Decimal) -> None:
    spec = MeasureSpec("a", "u", step)
    steps, wrong = quantise(texts(*(f"{v:f}" for v in values)), spec, file="b.csv")
    assert wrong == []
    for value, got in zip(values, steps.tolist(), strict=True):
        off = Fraction(value) - got * Fraction(step)
        # the distance is at most half a step; an exact half has gone up, so it is never left over
        assert -Fraction(step) / 2 <= off < Fraction(step) / 2


def test_the_largest_number_of_steps() -> None:
    limit = 2**53
    steps, wrong = quantise(texts(str(limit), str(limit + 1)), AREA, file="b.csv")
    assert steps.tolist() == [limit, REFUSED]
    assert [(f.code, f.row, f.value) for f in wrong] == [("number-range", 3, str(limit + 1))]


def test_every_row_is_named_in_row_order() -> None:
    _, wrong = quantise(texts("X", "1", "", "X"), AREA, file="b.csv")
    assert [(f.row, f.value) for f in wrong] == [(2, "X"), (4, ""), (5, "X")]


def test_inputs_are_not_altered() -> None:
    values = texts(" 411", None, "9")
    before = values.copy()
    classify(values, USE, file="b.csv")
    pd.testing.assert_series_equal(values, before)


def test_an_empty_column_has_no_findings() -> None:
    codes, wrong = classify(texts(), USE, file="b.csv")
    steps, also = quantise(texts(), AREA, file="b.csv")
    assert (len(codes), wrong, steps.tolist(), also) == (0, [], [], [])


def test_numbers_instead_of_text_are_refused() -> None:
    with pytest.raises(InputError, match="must be read as text"):
        classify(pd.Series([411, 402]), USE, file="b.csv")


@pytest.mark.parametrize(
    "make",
    [
        lambda: ClassSpec("c", ("1",), {"2": "3"}),
        lambda: BinSpec("c", ()),
        lambda: BinSpec("c", (Decimal(2), Decimal(2))),
        lambda: MeasureSpec("c", "m", Decimal(0)),
        lambda: MeasureSpec("c", "m", Decimal("NaN")),
    ],
)
def test_a_specification_that_contradicts_itself_is_refused(make: object) -> None:
    with pytest.raises(RulesError):
        make()  # type: ignore[operator]
