"""Into which period does a day or a moment go, and how old was somebody then?

Sources: the catalogue of processing cases of anonymised information (2017-2022) and the guideline
for sufficient anonymisation (2017), figures 1-5, 2-4, 3-4.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from datetime import date, timedelta

from sdc.errors import RulesError
from sdc.messages import Text
from sdc.microdata.classify import Classes
from sdc.microdata.generaliser import Generaliser, Unfit, itself, labels_of
from sdc.microdata.moments import parse_day, parse_moment
from sdc.microdata.values import MISSING


def _day(text: str) -> date:
    day = parse_day(text)
    if day is None:
        raise Unfit("date-blank" if text.lower() in MISSING else "date-syntax")
    return day


def years_old(birth: date, day: date) -> int:
    """Completed years of age on a day; who was born on 29 February has a birthday on 1 March.

    >>> born = date(1996, 10, 12)
    >>> years_old(born, date(2016, 10, 11)), years_old(born, date(2016, 10, 12))
    (19, 20)
    """
    return day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))


def from_birth(inner: Generaliser, *, at: date | None = None) -> Generaliser:
    """The class of somebody's age on a fixed day, or on the day in a second column."""

    def convert(birth: str, day: str = "") -> str:
        age = years_old(_day(birth), at if at is not None else _day(day))
        if age < 0:
            raise Unfit("date-order")
        return inner.convert(str(age))

    return Generaliser(convert, inner.label, inner.classes)


def floor_minutes(minutes: int) -> Generaliser:
    """The beginning of the interval of so many minutes; seconds go in any case.

    >>> floor_minutes(15).convert("20161128132959"), floor_minutes(60).convert("2016-11-28 13:59")
    ('2016-11-28T13:15', '2016-11-28T13:00')
    """
    if minutes < 1 or 1440 % minutes:
        raise RulesError(Text("minutes must divide a day"), code="minutes")

    def convert(text: str) -> str:
        moment = parse_moment(text)
        if moment is None:
            raise Unfit("moment-syntax")
        past = (moment.hour * 60 + moment.minute) % minutes
        return (moment.replace(second=0) - timedelta(minutes=past)).isoformat(timespec="minutes")

    return Generaliser(convert, itself)


def slots(hours: Sequence[int]) -> Generaliser:
    """Time slots of the day that begin at these hours; the last one runs until midnight.

    >>> s = slots([0, 13, 15])
    >>> [s.convert(t) for t in ("2016-10-12 12:59", "2016-10-12 13:00")], s.label("13")[0]
    (['00', '13'], '13時～15時')
    """
    if not hours or hours[0] != 0 or list(hours) != sorted(set(hours)) or hours[-1] > 23:
        raise RulesError(Text("slots begin at 0, increase, end by 23"), code="slots")
    ends = [*hours[1:], 24]
    codes = tuple(f"{h:02d}" for h in hours)
    ja = tuple(f"{a}時～{b}時" for a, b in zip(hours, ends, strict=True))
    en = tuple(f"{a}:00 to {b}:00" for a, b in zip(hours, ends, strict=True))
    classes = Classes(codes, ja, en)

    def convert(text: str) -> str:
        moment = parse_moment(text)
        if moment is None:
            raise Unfit("moment-syntax")
        return codes[bisect_right(list(hours), moment.hour) - 1]

    return Generaliser(convert, labels_of(classes), classes)


def hour_of_day() -> Generaliser:
    """The 24 hours of a day."""
    return slots(range(24))


def day() -> Generaliser:
    """The day, without the time."""
    return Generaliser(lambda text: _day(text).isoformat(), itself)


_WEEKDAYS = Classes(
    tuple("1234567"),
    tuple(f"{d}曜日" for d in "月火水木金土日"),
    ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
)


def weekday() -> Generaliser:
    """The day of the week, Monday first."""
    return Generaliser(lambda text: str(_day(text).isoweekday()), labels_of(_WEEKDAYS), _WEEKDAYS)


def day_kind(holidays: Sequence[date] = ()) -> Generaliser:
    """Working days, or weekends and public holidays; the holidays must be given."""
    off = frozenset(holidays)
    classes = Classes(("1", "2"), ("平日", "休日祝日"), ("working days", "weekends and holidays"))

    def convert(text: str) -> str:
        found = _day(text)
        return "2" if found.isoweekday() > 5 or found in off else "1"

    return Generaliser(convert, labels_of(classes), classes)


def two_weeks(start: date) -> Generaliser:
    """Periods of 14 days counted from ``start``; the code is the first day.

    >>> p = two_weeks(date(2016, 10, 3))
    >>> [p.convert(t) for t in ("2016-10-16", "2016-10-17", "2016-10-02")]
    ['2016-10-03', '2016-10-17', '2016-09-19']
    """

    def convert(text: str) -> str:
        past = (_day(text) - start).days % 14
        return (_day(text) - timedelta(days=past)).isoformat()

    def label(code: str) -> tuple[str, str]:
        last = (date.fromisoformat(code) + timedelta(days=13)).isoformat()
        return f"{code}～{last}", f"{code} to {last}"

    return Generaliser(convert, label)


def month() -> Generaliser:
    """Year and month."""

    def label(code: str) -> tuple[str, str]:
        year, number = code.split("-")
        return f"{year}年{int(number)}月", code

    return Generaliser(lambda text: f"{_day(text):%Y-%m}", label)


def months_since_birth() -> Generaliser:
    """Whole calendar months between the month of birth (second column) and a day's month.

    >>> months_since_birth().convert("2016-10-31", "2015-11-01")
    '0011'
    """

    def convert(text: str, birth: str) -> str:
        then, born = _day(text), _day(birth)
        months = (then.year - born.year) * 12 + then.month - born.month
        if months < 0:
            raise Unfit("date-order")
        return f"{months:04d}"

    return Generaliser(convert, lambda c: (f"生後{int(c)}か月", f"{int(c)} months after birth"))
