"""Which day or moment does a text of a record stand for?

Accepted are ``20161128``, ``2016-11-28``, ``2016/11/28`` and ``2016年11月28日`` for a day, and a day
followed by a time of day (``20161128132415``, ``2016-11-28T13:24:15``, ``2016-11-28 13:24``).
Nothing is guessed: no two-digit year, no American order, no time zone.
"""

from __future__ import annotations

import re
from datetime import date, datetime

import numpy as np
import pandas as pd

from sdc.model.hierarchy import IntArray

_DAY = (
    r"([0-9]{4})(?:([0-9]{2})([0-9]{2})|([-/])([0-9]{1,2})\4([0-9]{1,2})"
    r"|年([0-9]{1,2})月([0-9]{1,2})日)"
)
_CLOCK = r"[ T]?([0-9]{2}):?([0-9]{2})(?::?([0-9]{2}))?"
_MOMENT = re.compile(_DAY + "(?:" + _CLOCK + ")?")


def parse_moment(text: str) -> datetime | None:
    """The moment, midnight for a plain day; None for anything else.

    >>> parse_moment("20161128132415"), parse_moment("1972 年 4 月 4 日"), parse_moment("2016-02-30")
    (datetime.datetime(2016, 11, 28, 13, 24, 15), datetime.datetime(1972, 4, 4, 0, 0), None)
    """
    slim = re.sub(r"\s*([年月日])\s*", r"\1", text.strip())
    found = _MOMENT.fullmatch(slim)
    if found is None:
        return None
    year, a, b, _, c, d, e, f, *clock = found.groups()
    month, day = a or c or e, b or d or f
    try:
        hour, minute, second = (int(n or 0) for n in clock)
        return datetime(int(year), int(month), int(day), hour, minute, second)
    except ValueError:
        return None


def parse_day(text: str) -> date | None:
    """The day of a text, whatever time of day stands behind it.

    >>> parse_day("2016-10-12 13:05")
    datetime.date(2016, 10, 12)
    """
    moment = parse_moment(text)
    return None if moment is None else moment.date()


def seconds_of(values: pd.Series) -> tuple[IntArray, IntArray]:
    """Seconds since 1970-01-01 (local time) of every text (n,), and the positions that have none.

    O(n + u) for u different texts. Compact and ISO forms are read in bulk; ``parse_moment`` decides
    about all others, so that both ways accept the same texts.

    >>> seconds_of(pd.Series(["19700101000100", "?"]))[0].tolist()
    [60, -9223372036854775808]
    """
    number, texts = pd.factorize(values.astype(object), use_na_sentinel=False)
    table = np.full(len(texts), np.iinfo(np.int64).min, dtype=np.int64)
    epoch = datetime(1970, 1, 1)
    for i, text in enumerate(texts):
        moment = parse_moment(text) if isinstance(text, str) else None
        if moment is not None:
            table[i] = int((moment - epoch).total_seconds())
    out = table[number]
    return out, np.flatnonzero(out == np.iinfo(np.int64).min).astype(np.int64)
