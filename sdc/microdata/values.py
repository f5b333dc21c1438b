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

Words = tuple[tuple[str, str], tuple[str, str]]

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
            (
                "区分のコードはコード一覧か対応表にあること",
                "a class must be in the code list or the map",
            ),
            (
                "対応表 (map) に `{value},コード` の行を加えるか、元の値を直してください{hint_ja}",
                "add it to the map as `{value},code`, or correct the value{hint_en}",
            ),
        ),
        "class-blank": (
            ("区分が空でないこと", "a class must not be blank"),
            (
                "値を入れるか、不明を表すコードへの対応 `,コード` を対応表 (map) に加えてください",
                "fill it in, or add `,code` to the map: the code that stands for unknown",
            ),
        ),
        "number-blank": (
            (
                "数値が空でないこと (空欄を0とは読みません)",
                "a number is needed; a blank is not read as 0",
            ),
            (
                "数値を入れるか、その行を除いてください{hint_ja}",
                "fill it in or leave the record out{hint_en}",
            ),
        ),
        "number-mark": (
            (
                "数値であること (秘匿や欠測の記号を0とは読みません)",
                "a mark is not a number and never read as 0",
            ),
            (
                "元の数値を入れるか、その行を除いてください",
                "put the number itself, or leave the record out",
            ),
        ),
        "number-width": (
            ("数値は半角で書くこと", "a number must be in half-width characters"),
            ("`{plain}` と書いてください", "write `{plain}`"),
        ),
        "number-grouped": (
            ("数値に桁区切りがないこと", "a number must not have digit grouping"),
            ("`{plain}` と書いてください", "write `{plain}`"),
        ),
        "number-triangle": (
            ("負の数を△や▲で表さないこと", "a minus is not written as a triangle"),
            (
                "`-{plain}` の意味なら元の値を確かめ、半角で書いてください",
                "check the value; if minus {plain} is meant, write `-{plain}`",
            ),
        ),
        "number-syntax": (
            ("数値として読めること", "must be a number"),
            ("12.5 のように単位を付けず半角で書いてください", "write it like 12.5, without a unit"),
        ),
        "number-negative": (
            ("負の数でないこと", "must not be negative"),
            ("元の値を確かめてください", "check the value"),
        ),
        "date-syntax": (
            ("日付として読めること", "must be a date"),
            (
                "2016-10-12、20161012、2016年10月12日のように書いてください",
                "write it like 2016-10-12 or 20161012",
            ),
        ),
        "date-blank": (
            ("日付が空でないこと", "a date must not be blank"),
            ("日付を入れるか、その行を除いてください", "fill it in or leave the record out"),
        ),
        "date-order": (
            ("日付が生年月日より前でないこと", "a date must not be before the date of birth"),
            ("日付の列を確かめてください", "check the two date columns"),
        ),
        "moment-syntax": (
            ("日時として読めること", "must be a date with a time"),
            (
                "2016-10-12 13:05 や 20161012130500 のように書いてください",
                "write it like 2016-10-12 13:05 or 20161012130500",
            ),
        ),
        "map-missing": (
            ("置換えの一覧にある値であること", "every value must be in the list of replacements"),
            (
                "一覧に `{value},置換え後` の行を加えてください",
                "add the line `{value},replacement`",
            ),
        ),
        "address-syntax": (
            ("都道府県から始まる住所であること", "an address must begin with its prefecture"),
            ("住所を確かめるか、地域コードの列を使ってください", "correct it or use an area code"),
        ),
        "code-syntax": (
            (
                "その段階まである数字の地域コードであること",
                "must be an area code of that many digits",
            ),
            ("コードか level を確かめてください", "check the code or the level"),
        ),
        "postcode-syntax": (
            ("7桁の郵便番号であること", "must be a postal code of 7 digits"),
            ("100-0005 のように書いてください", "write it like 100-0005"),
        ),
        "number-range": (
            ("扱える大きさの数値であること (2^53刻み以下)", "a number must not exceed 2^53 steps"),
            ("元の値か step を確かめてください", "check the value or the step"),
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
    code: str, *, file: str, row: int, column: str, value: str, hint: tuple[str, str] = ("", "")
) -> Finding:
    """One refused value in both languages; ``hint`` is added to the remedy where it has room.

    >>> finding("number-grouped", file="b.csv", row=7, column="area", value="1,234").remedy[1]
    'write `1234`'
    """
    plain = narrow(value).lstrip("△▲ ").replace(",", "")
    shown = value if len(value) <= 120 else value[:119] + "…"
    fill = {"value": shown, "plain": plain, "hint_ja": hint[0], "hint_en": hint[1]}
    (must_ja, must_en), remedy = WORDS[code]
    ja, en = (text.format(**fill) for text in remedy)
    return Finding(
        code, (must_ja, must_en), (ja, en), file=file, row=row, column=column, value=shown
    )
