"""The nine factors: what is flagged, with its exact edges."""

from __future__ import annotations

from datetime import date

import pytest

from sdc.microdata import factors
from sdc.microdata.factors import FACTORS, Evidence


@pytest.mark.parametrize(
    ("found", "flagged"),
    [
        (factors.attributes({"sex": 0.8}), False),
        (factors.attributes({"sex": 0.5, "age": 0.81}), True),
        (factors.place(["home", "few"]), False),
        (factors.place(["few"]), True),
        (factors.group(4, 4), False),
        (factors.group(3, 4), True),
        (factors.group(50, None), True),
        (factors.season(["2016-10-10"], ["2016-10-11"]), False),
        (factors.season(["2016-10-10"], ["2016-10-10"]), True),
        (factors.precision("500m", 0.5), False),
        (factors.precision("250m", 0.51), True),
        (factors.history(date(2016, 10, 1), date(2016, 10, 31), []), False),
        (factors.history(date(2016, 10, 1), date(2016, 10, 31), ["earlier"]), True),
        (factors.time(None), False),
        (factors.time(15), False),
        (factors.time(14), True),
        (factors.persons(100, 120), False),
        (factors.persons(99, 120), True),
        (factors.delay(date(2016, 10, 12), date(2017, 1, 12), 3), False),
        (factors.delay(date(2016, 10, 12), date(2017, 1, 11), 3), True),
        # 30 November to 28 February are two whole months
        (factors.delay(date(2016, 11, 30), date(2017, 2, 28), 3), True),
    ],
)
def test_flags(found: Evidence, flagged: bool) -> None:
    assert found.flagged == flagged
    assert found.factor in FACTORS
    assert found.text.to("ja")
    assert found.text.to("en")


def test_the_period_is_counted_in_days() -> None:
    assert "31日" in factors.history(date(2016, 10, 1), date(2016, 10, 31), []).text.to("ja")
