"""Which ways of making a value coarser are there, and by which name does a configuration ask for one?

What needs the whole column (cuts that leave k persons, rare classes, cells by density) is in
``coding``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from sdc.microdata import bands, times
from sdc.microdata.addresses import code_prefix, cut, place, postcode
from sdc.microdata.classify import Classes
from sdc.microdata.generaliser import Generaliser, Unfit, itself


def mapped(mapping: Mapping[str, str]) -> Generaliser:
    """A list of replacements that must name every value that occurs (names, trades, colours, …)."""

    def convert(text: str) -> str:
        if text not in mapping:
            raise Unfit("map-missing")
        return mapping[text]

    names = tuple(sorted(set(mapping.values())))
    return Generaliser(convert, itself, Classes(names, names, names))


def keep() -> Generaliser:
    """The value as it is; a column with the role ``as_is`` says why."""
    return Generaliser(lambda text: text, itself)


def _of(function: Callable[..., str | None], code: str, **options: Any) -> Generaliser:
    def convert(text: str) -> str:
        found = function(text, **options)
        if found is None:
            raise Unfit(code)
        return found

    return Generaliser(convert, itself)


METHODS: Mapping[str, Callable[..., Generaliser]] = MappingProxyType(
    {
        "age-7": bands.age_seven,
        "age-5-years": bands.age_five,
        "age-100": bands.age_hundred,
        "age-from-20s": bands.age_twenties,
        "bands": bands.bands,
        "steps": bands.steps,
        "cut": bands.cut_at,
        "minutes": times.floor_minutes,
        "hour": times.hour_of_day,
        "slots": times.slots,
        "day": times.day,
        "weekday": times.weekday,
        "day-kind": times.day_kind,
        "two-weeks": times.two_weeks,
        "month": times.month,
        "months-since-birth": times.months_since_birth,
        "map": mapped,
        "place": lambda **o: _of(place, "address-syntax", **o),
        "code": lambda **o: _of(code_prefix, "code-syntax", **o),
        "postcode": lambda: _of(postcode, "postcode-syntax"),
        "coordinate": lambda **o: _of(cut, "number-syntax", **o),
        "keep": keep,
    }
)
"""Every method of the catalogue by the name that a configuration uses."""
