"""Which number does a text of a record stand for, and why is another text refused?

Nothing is repaired silently: a full-width digit, a digit grouping or an accountant's minus is
refused with the form to write. A mark such as X is never read as 0. Only blanks around a value are
ignored.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType

from sdc.errors import Finding
from sdc.messages import NOTHING, Text

Words = tuple[Text, Text]

BLANKS = " \t\u00a0\u3000"
MARKS = frozenset("Xx*-‐‑–—−－×＊ＸｘΧХ…‥・")
"""Texts that stand for a hidden or a missing value somewhere; none of them is a number."""
MISSING = frozenset({"", "nan", "na", "n/a", "#n/a", "null", "none", "nil"})
LARGEST_EXPONENT = 30
"""Numbers beyond 10^30 or below 10^-30 are refused before any arithmetic is done with them."""

_PLAIN = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,4})?", re.ASCII)
_GROUPED = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?", re.ASCII)
_TRIANGLE = re.compile(r"[△▲]\s*([\d,.]+)", re.ASCII)
_INFINITE = frozenset({"inf", "+inf", "-inf", "infinity", "-infinity"})

WORDS: Mapping[str, Words] = MappingProxyType(
    {
        "class-unknown": (
            Text("a class must be in the code list or the map"),
            Text("add it to the map as `{value},code`, or correct the value{hint}"),
        ),
        "class-blank": (
            Text("a class must not be blank"),
            Text("fill it in, or add `,code` to the map: the code that stands for unknown"),
        ),
        "number-blank": (
            Text("a number is needed; a blank is not read as 0"),
            Text("fill it in or leave the record out{hint}"),
        ),
        "number-mark": (
            Text("a mark is not a number and never read as 0"),
            Text("put the number itself, or leave the record out"),
        ),
        "number-width": (
            Text("a number must be in half-width characters"),
            Text("write `{plain}`"),
        ),
        "number-grouped": (
            Text("a number must not have digit grouping"),
            Text("write `{plain}`"),
        ),
        "number-triangle": (
            Text("a minus is not written as a triangle"),
            Text("check the value; if minus {plain} is meant, write `-{plain}`"),
        ),
        "number-syntax": (
            Text("must be a number"),
            Text("write it like 12.5, without a unit"),
        ),
        "number-negative": (
            Text("must not be negative"),
            Text("check the value"),
        ),
        "date-syntax": (
            Text("must be a date"),
            Text("write it like 2016-10-12 or 20161012"),
        ),
        "date-blank": (
            Text("a date must not be blank"),
            Text("fill it in or leave the record out"),
        ),
        "date-order": (
            Text("a date must not be before the date of birth"),
            Text("check the two date columns"),
        ),
        "moment-syntax": (
            Text("must be a date with a time"),
            Text("write it like 2016-10-12 13:05 or 20161012130500"),
        ),
        "map-missing": (
            Text("every value must be in the list of replacements"),
            Text("add the line `{value},replacement`"),
        ),
        "address-syntax": (
            Text("an address must begin with its prefecture"),
            Text("correct it or use an area code"),
        ),
        "code-syntax": (
            Text("must be an area code of that many digits"),
            Text("check the code or the level"),
        ),
        "postcode-syntax": (
            Text("must be a postal code of 7 digits"),
            Text("write it like 100-0005"),
        ),
        "number-range": (
            Text("a number must not exceed 2^53 steps"),
            Text("check the value or the step"),
        ),
    }
)
"""What must hold and what to do, a code; ``{…}`` are filled by ``finding``."""


def trim(text: str) -> str:
    """A value without the blanks around it.

    >>> trim("\u3000411 ")
    '411'
    """
    return text.strip(BLANKS)


def narrow(text: str) -> str:
    """The half-width form of a text, for hints only.

    >>> narrow("４１１")
    '411'
    """
    return unicodedata.normalize("NFKC", text).strip(BLANKS)


def parse_number(text: str) -> Decimal | str:
    """The exact number a trimmed text stands for, or the code of what is wrong with it.

    >>> parse_number("12.50"), parse_number("X"), parse_number("1,234"), parse_number("１２")
    (Decimal('12.50'), 'number-mark', 'number-grouped', 'number-width')
    """
    if _PLAIN.fullmatch(text):
        number = Decimal(text)
        small = not number or abs(number.adjusted()) <= LARGEST_EXPONENT
        return number if small and len(text) <= 60 else "number-range"
    slim = narrow(text)
    reasons = {
        "number-blank": text.lower() in MISSING,
        "number-mark": set(text) <= MARKS,
        "number-range": slim.lower() in _INFINITE,
        "number-grouped": bool(_GROUPED.fullmatch(text)),
        "number-triangle": bool(_TRIANGLE.fullmatch(slim)),
        "number-width": bool(_PLAIN.fullmatch(slim) or _GROUPED.fullmatch(slim)),
    }
    return next((code for code, holds in reasons.items() if holds), "number-syntax")


def finding(
    code: str, *, file: str, row: int, column: str, value: str, hint: Text = NOTHING
) -> Finding:
    """One refused value; ``hint`` is added to the remedy where it has room.

    >>> finding("number-grouped", file="b.csv", row=7, column="area", value="1,234").remedy.to("en")
    'write `1234`'
    """
    plain = narrow(value).lstrip("△▲ ").replace(",", "")
    shown = value if len(value) <= 120 else value[:119] + "…"
    must, remedy = WORDS[code]
    told = remedy.with_(value=shown, plain=plain, hint=hint)
    return Finding(code, must, told, file=file, row=row, column=column, value=shown)
