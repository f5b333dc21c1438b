"""Which single values may a key of ``release.toml`` have, and why is another one refused?"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Annotated, Literal, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field, StrictInt, StrictStr
from pydantic_core import PydanticCustomError

from sdc.config.paths import DEVICES, fault_of_text
from sdc.messages import Text
from sdc.tables.schemes import PREFIX, shipped_schemes

T = TypeVar("T")


def _refuse(code: str, **context: object) -> PydanticCustomError:
    return PydanticCustomError(code, code, dict(context))


def check_digit(code: str) -> str:
    """Six-digit code of a municipality from its first five digits (JIS X 0402).

    Weights 6 … 2; the digit is 11 minus the sum modulo 11, its last place where it has two.

    >>> check_digit("13104"), check_digit("01100")
    ('131041', '011002')
    """
    total = sum(int(d) * w for d, w in zip(code, (6, 5, 4, 3, 2), strict=True))
    return code + str((11 - total % 11) % 10)


def _identifier(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", text) or text.lower() in DEVICES:
        raise _refuse("identifier")
    return text


def _line(text: str) -> str:
    if not text.strip() or re.search(r"[\x00-\x1f\x7f\x85\u2028\u2029]", text) or len(text) > 500:
        raise _refuse("line_of_text")
    return text


def municipality(text: str) -> str:
    """Six digits, a prefecture first, the right check digit last."""
    hint = Text("write six half-width digits")
    if re.fullmatch(r"[0-9]{5,6}", text):
        right = check_digit(text[:5])
        if text == right and "01" <= text[:2] <= "47":
            return text
        hint = Text("the first two digits are a prefecture, 01 to 47")
        if "01" <= text[:2] <= "47":
            hint = Text(
                "check it: {first} has the six-digit code {right}", first=text[:5], right=right
            )
    raise _refuse("municipality", hint=hint)


def _date(value: object) -> date:
    if isinstance(value, str) and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise _refuse("date") from None
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    raise _refuse("date")


def _number(value: object) -> Decimal:
    """Exact: a TOML float reaches this as the decimal that was typed."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise _refuse("number")
    number = Decimal(value)
    if not number.is_finite():
        raise _refuse("number")
    return number


def _path(text: str) -> str:
    fault = fault_of_text(text)
    if fault:
        raise _refuse(fault)
    return text


def _scheme(text: str) -> str:
    """A file, or the name of a scheme that comes with the tool."""
    if not text.startswith(PREFIX):
        return _path(text)
    known = shipped_schemes()
    if text.removeprefix(PREFIX) not in known:
        raise _refuse("unknown_scheme", names=", ".join(PREFIX + name for name in known))
    return text


def _crs(text: str) -> str:
    if not re.fullmatch(r"EPSG:[0-9]{4,5}", text):
        raise _refuse("crs")
    return text


def _word(text: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9_-]{0,63}", text):
        raise _refuse("word")
    return text


def _list(value: object) -> object:
    if not isinstance(value, list):
        raise _refuse("list")
    return tuple(value)


def dominance(value: object) -> tuple[int, float]:
    """``[n, k]``: a whole number of units and a share between 0 and 1."""
    if isinstance(value, list) and len(value) == 2:
        n, k = value
        whole = isinstance(n, int) and not isinstance(n, bool)
        if whole and n >= 1 and isinstance(k, Decimal) and k.is_finite() and 0 < k < 1:
            return n, float(k)
    raise _refuse("dominance")


def order(value: object) -> object:
    """A list of steps, or the word ``auto`` for the planner's choice."""
    return ("auto",) if value == "auto" else _list(value)


def _freeze(value: Mapping[str, T]) -> Mapping[str, T]:
    return MappingProxyType(dict(value))


def distinct(value: tuple[T, ...]) -> tuple[T, ...]:
    """No entry twice."""
    if len(set(value)) < len(value):
        raise _refuse("repeated")
    return value


def period(value: tuple[T, ...]) -> tuple[T, ...]:
    """The first and the last day."""
    if len(value) != 2 or value[0] > value[1]:  # type: ignore[operator]
        raise _refuse("period")
    return value


def words(value: object) -> object:
    """``["日本語", "English"]``: exactly two texts."""
    if not isinstance(value, list) or len(value) != 2:
        raise _refuse("words")
    return tuple(value)


def principal(text: str) -> str:
    """The name of a signer as ``allowed_signers`` can hold it."""
    if not re.fullmatch(r"[A-Za-z0-9._@-]{1,100}", text):
        raise _refuse("principal")
    return text


def https(text: str) -> str:
    """An address on the web, encrypted and without blanks."""
    if not re.fullmatch(r"https://[!-~]{1,500}", text):
        raise _refuse("https")
    return text


def filled(value: T) -> T:
    """At least one entry."""
    if not value:
        raise _refuse("too_short")
    return value


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise _refuse("flag")
    return value


Flag = Annotated[bool, BeforeValidator(_flag)]
Whole = Annotated[StrictInt, Field(le=2**53)]
Identifier = Annotated[StrictStr, AfterValidator(_identifier)]
Line = Annotated[StrictStr, AfterValidator(_line)]
File = Annotated[StrictStr, AfterValidator(_path)]
Scheme = Annotated[StrictStr, AfterValidator(_scheme)]
Words = Annotated[tuple[Line, Line], BeforeValidator(words)]
Crs = Annotated[StrictStr, AfterValidator(_crs)]
Word = Annotated[StrictStr, AfterValidator(_word)]
Iso = Annotated[date, BeforeValidator(_date)]
Exact = Annotated[Decimal, BeforeValidator(_number)]
List = Annotated[tuple[T, ...], BeforeValidator(_list)]
Frozen = Annotated[Mapping[str, T], AfterValidator(_freeze)]
Named = Annotated[Mapping[Identifier, T], AfterValidator(_freeze)]
Cell = Annotated[Frozen[StrictStr], AfterValidator(filled)]
Step = Literal["collapse", "merge", "suppress", "auto"]
Format = Literal["images", "csv", "geojson", "pdf"]
MeshLevel = Literal[
    "80km", "10km", "5km", "2km", "1km", "500m", "250m", "125m", "100m"
]  # fmt: skip
