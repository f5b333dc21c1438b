"""Which number, zero or mark does a cell of a table show, and what is wrong with the others?"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import IntEnum
from typing import Any

import numpy as np
import pandas as pd

from sdc.model.hierarchy import IntArray
from sdc.model.system import BoolArray
from sdc.readers.problems import Problems

LARGEST = 2**53
"""The largest value: above it, whole numbers no longer fit a double without loss."""

_LETTERS = ("X", "x", "Ｘ", "ｘ", "χ", "Χ", "Ⅹ", "(X)", "（Ｘ）", "秘", "秘匿", "c", "C")
_SIGNS = ("*", "**", "***", "＊", "＊＊", "＊＊＊", "※", "…", "……", "...", "‥")

MARKS = frozenset(_LETTERS + _SIGNS)
"""How offices print a hidden value."""

DASHES = frozenset("-－―‐–—−ー─")
"""How offices print a zero."""

_MISSING = frozenset(["nan", "null", "none", "na", "n/a", "#n/a", "<na>", "欠測", "不明", "未記入"])


_WHOLE = re.compile(r"0|[1-9][0-9]*")
_MEASURE = re.compile(r"(0|[1-9][0-9]{0,17})(\.[0-9]{1,9})?")


class Kind(IntEnum):
    """What a cell is."""

    NUMBER = 0
    DASH = 1
    MARK = 2
    BLANK = 3
    WRONG = 4


def classify(text: str) -> tuple[Kind, int, str]:
    """Kind, value and finding code of one cell; the value is 0 unless the cell is a number.

    >>> classify("12"), classify("X")[0].name, classify("-")[0].name
    ((<Kind.NUMBER: 0>, 12, ''), 'MARK', 'DASH')
    >>> [classify(t)[2] for t in ("1,234", "１２", "△3", "1.5", "")]
    ['value-grouped', 'value-width', 'value-negative', 'value-fraction', 'value-blank']
    """
    if _WHOLE.fullmatch(text):
        if len(text) > 16 or int(text) > LARGEST:
            return Kind.WRONG, 0, "value-large"
        return Kind.NUMBER, int(text), ""
    bare = text.strip()
    if not bare or bare.lower() in _MISSING:
        return Kind.BLANK, 0, "value-blank"
    if bare in MARKS:
        return Kind.MARK, 0, "value-mark"
    if bare in DASHES:
        return Kind.DASH, 0, "value-dash"
    return Kind.WRONG, 0, _what_is_wrong(text, bare)


def _what_is_wrong(text: str, bare: str) -> str:
    """The finding code for a cell that is neither a plain number nor a known sign."""
    narrow = unicodedata.normalize("NFKC", bare)
    digits = r"[\d,.]+"
    looks = (
        ("value-negative", bool(re.fullmatch(rf"[-−△▲‐–—―] ?{digits}|\({digits}\)", narrow))),
        ("value-width", narrow != bare and bool(re.fullmatch(digits, narrow))),
        ("value-space", text != bare and bool(re.fullmatch(digits, bare))),
        ("value-grouped", bool(re.fullmatch(r"\d{1,3}(,\d{3})+", bare))),
        ("value-fraction", bool(re.fullmatch(r"\d+\.\d*|\.\d+", bare))),
        ("value-scientific", bool(re.fullmatch(r"\d+(\.\d+)?[eE][+-]?\d+", bare))),
    )
    return next((code for code, found in looks if found), "value-syntax")


def repaired(text: str) -> str:
    """A published number without blanks, digit grouping and full-width digits.

    >>> repaired(" １,234 ")
    '1234'
    """
    if text.isascii() and text.isdigit():
        return text
    narrow = unicodedata.normalize("NFKC", text).strip()
    if re.fullmatch(r"\d{1,3}(,\d{3})+", narrow, re.ASCII):
        return narrow.replace(",", "")
    return narrow if re.fullmatch(r"\d+", narrow, re.ASCII) else text


@dataclass(frozen=True, eq=False)
class Cells:
    """A column of a table: ``value`` and ``kind`` (n,), ``kind`` holding ``Kind`` numbers."""

    value: IntArray
    kind: IntArray

    def of(self, kind: Kind) -> BoolArray:
        """(n,) which cells are of a kind."""
        return np.asarray(self.kind == int(kind), dtype=bool)


def read_numbers(
    column: pd.Series[str], problems: Problems, *, first_row: int, dash: bool = False
) -> Cells:
    """The whole numbers of a table that is to be protected; O(n), one look per different text.

    ``dash`` reads ``-`` as zero. Every other cell that is not a whole number from 0 to 2^53 is a
    finding, a mark of hiding above all.
    """
    places, texts = factorize(column)
    found = [classify(text) for text in texts]
    allowed = {"", "value-dash"} if dash else {""}
    wrong = {k: code for k, (_, _, code) in enumerate(found) if code not in allowed}
    note_cells(wrong, column, problems, first_row=first_row)
    return _spread(places, found)


def read_marked(column: pd.Series[str], problems: Problems, *, first_row: int) -> tuple[Cells, int]:
    """The numbers, zeros, marks and blanks of a published table, and how many were repaired.

    Blanks, digit grouping and full-width digits are repaired and counted; what is neither a whole
    number nor a sign is a finding. O(n).
    """
    places, texts = factorize(column)
    plain = [repaired(text) for text in texts]
    found = [classify(text) for text in plain]
    wrong = {k: code for k, (kind, _, code) in enumerate(found) if kind is Kind.WRONG}
    note_cells(wrong, column, problems, first_row=first_row)
    changed = np.array([a != b for a, b in zip(texts, plain, strict=True)], dtype=bool)
    return _spread(places, found), int(changed[places].sum())


def read_measure(
    column: pd.Series[str], problems: Problems, *, first_row: int, step: str = ""
) -> tuple[IntArray, float]:
    """A measure in whole multiples of its step, exactly, and the step; O(n).

    Without ``step`` the step is the last decimal place that occurs (2811.9 is 28,119 times 0.1).
    The arithmetic is decimal throughout: no binary fraction is involved.

    >>> read_measure(pd.Series(["2811.9", "3"]), Problems("a"), first_row=2)
    (array([28119,    30]), 0.1)
    """
    places, texts = factorize(column)
    wrong = {
        k: _not_a_measure(text) for k, text in enumerate(texts) if not _MEASURE.fullmatch(text)
    }
    numbers = [Decimal(0) if k in wrong else Decimal(text) for k, text in enumerate(texts)]
    unit = Decimal(step) if step else Decimal(1).scaleb(min(map(_last_place, numbers), default=0))
    steps = []
    for k, number in enumerate(numbers):
        steps.append(0)
        if number / unit > LARGEST:
            wrong[k] = "value-large"
        elif number % unit:
            wrong[k] = "measure-step"
        else:
            steps[k] = int(number / unit)
    note_cells(wrong, column, problems, first_row=first_row, step=unit)
    return np.array(steps, dtype=np.int64)[places], float(unit)


def _not_a_measure(text: str) -> str:
    """The finding code of a text that is no plain decimal number."""
    code = classify(text)[2]
    return code if code and code != "value-fraction" else "value-syntax"


def _last_place(number: Decimal) -> int:
    """Exponent of the last decimal place, at most 0."""
    return min(0, int(number.as_tuple().exponent))


def factorize(column: pd.Series[str]) -> tuple[IntArray, list[str]]:
    """Position of each cell among the different texts of a column, and these texts."""
    places, texts = pd.factorize(column)
    return places.astype(np.int64), [str(text) for text in texts]


def note_cells(
    wrong: Mapping[int, str],
    column: pd.Series[str],
    problems: Problems,
    *,
    first_row: int,
    **fill: Any,
) -> None:
    """Note each cell whose text (by its position in ``factorize``) is wrong; O(n)."""
    if not wrong:
        return
    places, texts = factorize(column)
    bad = np.zeros(len(texts), dtype=bool)
    bad[list(wrong)] = True
    for i in np.flatnonzero(bad[places]):
        k, row = int(places[i]), first_row + int(i)
        problems.add(wrong[k], row=row, column=str(column.name), value=texts[k], **fill)


def _spread(places: IntArray, found: list[tuple[Kind, int, str]]) -> Cells:
    """Per cell, from what was found per different text."""
    value = np.array([number for _, number, _ in found], dtype=np.int64)
    kind = np.array([int(kind) for kind, _, _ in found], dtype=np.int64)
    return Cells(value[places], kind[places])
