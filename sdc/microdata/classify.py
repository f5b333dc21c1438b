"""Which class does every record fall into, and how many whole steps does it measure?

Three kinds of column: a class by code list (with a map for codes outside it), a class by half-open
bins, and a measure. Arithmetic is exact: values are decimals as typed, never binary fractions.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
import pandas as pd

from sdc.errors import Finding, InputError, RulesError
from sdc.messages import NOTHING, Text
from sdc.microdata.values import MISSING, finding, narrow, parse_number, trim
from sdc.model.hierarchy import IntArray

LARGEST_STEPS = 2**53
REFUSED = -1
"""Stands in the steps where a finding says why there is no number."""


@dataclass(frozen=True)
class ClassSpec:
    """A class column by code list: ``codes`` may occur, ``mapping`` turns others into them.

    ``column`` is the column's name in the file, as messages show it. The key ``""`` of ``mapping``
    is what a blank becomes. Raises RulesError where the map leads to a code outside the list.
    """

    column: str
    codes: tuple[str, ...]
    mapping: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def __post_init__(self) -> None:
        wrong = sorted(set(self.mapping.values()) - set(self.codes))
        if wrong:
            raise RulesError(
                Text(
                    "the map of {column} leads to codes outside the list: {names}",
                    column=self.column,
                    names=", ".join(wrong),
                ),
                code="map-target",
            )


@dataclass(frozen=True)
class BinSpec:
    """A class column by half-open bins [a, b) between ``breaks``, open at both ends.

    ``missing`` is the label of a class of its own for blanks; without it a blank is refused.
    Negative values are refused unless the first break is 0 or less.
    """

    column: str
    breaks: tuple[Decimal, ...]
    unit: str = ""
    missing: str | None = None

    def __post_init__(self) -> None:
        rising = all(a < b for a, b in pairwise(self.breaks))
        if not self.breaks or not rising:
            raise RulesError(
                Text("breaks of {column} must increase and not be empty", column=self.column),
                code="breaks",
            )


@dataclass(frozen=True)
class MeasureSpec:
    """A measure column: numbers >= 0 in ``unit``, rounded once to whole multiples of ``step``."""

    column: str
    unit: str
    step: Decimal

    def __post_init__(self) -> None:
        if not (self.step.is_finite() and self.step > 0):
            raise RulesError(Text("step of {column} must be positive", column=self.column))


class Classes(NamedTuple):
    """Codes of a column in code order, with their labels in both languages."""

    codes: tuple[str, ...]
    labels_ja: tuple[str, ...]
    labels_en: tuple[str, ...]


def classes_of(spec: BinSpec) -> Classes:
    """The classes that bins make; codes sort as the numbers do, blanks come last.

    >>> classes_of(BinSpec("height", (Decimal(5), Decimal(10)), unit="m")).labels_ja
    ('5m未満', '5m以上10m未満', '10m以上')
    >>> classes_of(BinSpec("height", (Decimal(5),), missing="不明")).codes
    ('01', '02', '99')
    """
    ends = [f"{b:f}" for b in spec.breaks]
    ja_unit, en_unit = spec.unit, f" {spec.unit}" if spec.unit else ""
    inner = list(pairwise(ends))
    ja = [f"{ends[0]}{ja_unit}未満"]
    ja += [f"{a}{ja_unit}以上{b}{ja_unit}未満" for a, b in inner]
    ja.append(f"{ends[-1]}{ja_unit}以上")
    en = [f"under {ends[0]}{en_unit}"]
    en += [f"{a} to under {b}{en_unit}" for a, b in inner]
    en.append(f"{ends[-1]}{en_unit} and over")
    width = max(2, len(str(len(ja) + 1)))
    codes = [f"{i + 1:0{width}d}" for i in range(len(ja))]
    if spec.missing is not None:
        codes, ja, en = [*codes, "9" * width], [*ja, spec.missing], [*en, "unknown"]
    return Classes(tuple(codes), tuple(ja), tuple(en))


def classify(
    values: pd.Series, spec: ClassSpec | BinSpec, *, file: str, first_row: int = 2
) -> tuple[pd.Series, list[Finding]]:
    """The class code of every record, with a finding for every value that has none.

    ``values`` (n,) is text as it stands in ``file``, whose row ``first_row`` holds the first
    record; missing values count as blank. The codes keep the index of ``values`` and are ``""``
    exactly where a finding says why. O(n + u log u) for u different texts. Raises InputError where
    ``values`` is not text.

    >>> use = ClassSpec("use", ("402", "411"), {"4021": "402"})
    >>> codes, wrong = classify(pd.Series(["411", "4021", "9"]), use, file="b.csv")
    >>> codes.tolist(), [(f.row, f.value) for f in wrong]
    (['411', '402', ''], [(4, '9')])
    """
    convert = _by_list(spec) if isinstance(spec, ClassSpec) else _by_bins(spec)
    position, texts = _different(values, spec.column)
    results = [convert(text) for text in texts]
    table = np.array([r if isinstance(r, str) else "" for r in results], dtype=object)
    codes = pd.Series(table[position], index=values.index, name=spec.column, dtype=object)
    return codes.astype(str), _findings(
        (position, texts), results, column=spec.column, file=file, first_row=first_row
    )


def quantise(
    values: pd.Series, spec: MeasureSpec, *, file: str, first_row: int = 2
) -> tuple[IntArray, list[Finding]]:
    """Whole steps (n,) of every record, halves rounded up, with a finding for every refusal.

    ``REFUSED`` (-1) stands exactly where a finding says why: a blank, a mark, a negative number, or
    more than 2^53 steps. Exact rational arithmetic; O(n + u log u) for u different texts.

    >>> area = MeasureSpec("area", "m²", Decimal("0.5"))
    >>> steps, wrong = quantise(pd.Series(["1.2", "0.25", "X"]), area, file="b.csv")
    >>> steps.tolist(), wrong[0].code
    ([2, 1, -1], 'number-mark')
    """
    position, texts = _different(values, spec.column)
    results = [_steps(text, spec.step) for text in texts]
    table = np.array([r if isinstance(r, int) else REFUSED for r in results], dtype=np.int64)
    found = _findings(
        (position, texts), results, column=spec.column, file=file, first_row=first_row
    )
    return table[position].astype(np.int64), found


class _Fault(NamedTuple):
    """Why a text is refused; ``hint`` completes the remedy."""

    code: str
    hint: Text = NOTHING


def _different(values: pd.Series, column: str) -> tuple[IntArray, list[str]]:
    """Position of every value among the different texts, blanks for what is missing."""
    plain = values if isinstance(values.dtype, pd.StringDtype) else values.astype(object)
    position, unique = pd.factorize(plain, use_na_sentinel=True)
    texts = list(unique)
    if not all(isinstance(text, str) for text in texts):
        raise InputError(
            Text("column {column} must be read as text", column=column),
            code="not-text",
        )
    return np.where(position < 0, len(texts), position).astype(np.int64), [*texts, ""]


def _by_list(spec: ClassSpec) -> Callable[[str], str | _Fault]:
    known = frozenset(spec.codes)

    def convert(text: str) -> str | _Fault:
        for form in (text, trim(text)):
            if form in spec.mapping:
                return spec.mapping[form]
            if form and form in known:
                return form
        if trim(text).lower() in MISSING:
            return _Fault("class-blank")
        return _Fault("class-unknown", _meant(text, {**dict.fromkeys(spec.codes), **spec.mapping}))

    return convert


def _meant(text: str, known: Iterable[str]) -> Text:
    """Hint where a value is a known code in full width or with a spreadsheet's ``.0``."""
    slim = narrow(text).removesuffix(".0")
    if slim and slim != text and slim in known:
        return Text(" (is `{slim}` meant?)", slim=slim)
    return NOTHING


def _by_bins(spec: BinSpec) -> Callable[[str], str | _Fault]:
    codes = classes_of(spec).codes
    add = Text(", or give the column a `missing` label")

    def convert(text: str) -> str | _Fault:
        number = parse_number(trim(text))
        if isinstance(number, str):
            blank = number == "number-blank"
            if blank and spec.missing is not None:
                return codes[-1]
            return _Fault(number, add) if blank else _Fault(number)
        if number < 0 < spec.breaks[0]:
            return _Fault("number-negative")
        return codes[bisect_right(spec.breaks, number)]

    return convert


def _steps(text: str, step: Decimal) -> int | _Fault:
    number = parse_number(trim(text))
    if isinstance(number, str):
        return _Fault(number)
    if number < 0:
        return _Fault("number-negative")
    steps = int(Fraction(number) / Fraction(step) + Fraction(1, 2))
    return steps if steps <= LARGEST_STEPS else _Fault("number-range")


def _findings(
    values: tuple[IntArray, list[str]],
    results: Iterable[object],
    *,
    column: str,
    file: str,
    first_row: int,
) -> list[Finding]:
    """One finding a refused record, in row order; ``values`` as ``_different`` gives them."""
    position, texts = values
    faults = {i: r for i, r in enumerate(results) if isinstance(r, _Fault)}
    bad = np.zeros(len(texts), dtype=bool)
    bad[list(faults)] = True
    return [
        finding(
            faults[int(position[i])].code,
            file=file,
            row=first_row + int(i),
            column=column,
            value=texts[int(position[i])],
            hint=faults[int(position[i])].hint,
        )
        for i in np.flatnonzero(bad[position])
    ]
