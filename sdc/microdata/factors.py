"""What can a machine say about each of the nine factors that people must decide about?

Every function looks at plain numbers and answers with a sentence and a flag: a flagged
factor cannot be called "not applicable". The decision is a person's in every case.

Source: guideline for sufficient anonymisation (2017), 4.1.3, factors 1 to 9.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sdc.messages import Text

FACTORS: Mapping[str, Text] = {
    "attributes": Text("attributes"),
    "place": Text("kind of place"),
    "group": Text("size of the group"),
    "season": Text("time of collection"),
    "precision": Text("precision of places"),
    "history": Text("span of the histories"),
    "time": Text("precision of times"),
    "persons": Text("number of persons"),
    "delay": Text("delay until provision"),
}
"""The nine factors in the guideline's order."""

SKEW = 0.8
"""Share of one class of an unchanged column from which its skew is flagged."""
THIN = 0.5
"""Share of thinly occupied mesh cells from which the precision is flagged."""
COARSE_MINUTES = 15
FEW_PERSONS = 100


@dataclass(frozen=True)
class Evidence:
    """What was found about one factor; ``flagged`` asks for more than a word."""

    factor: str
    flagged: bool
    text: Text


def attributes(skew: Mapping[str, float]) -> Evidence:
    """Largest share of one class in every kept column.

    >>> attributes({"sex": 0.93}).flagged, attributes({"sex": 0.55}).flagged
    (True, False)
    """
    shown = ", ".join(f"{name} {100 * share:.0f}%" for name, share in sorted(skew.items())) or "-"
    flagged = any(share > SKEW for share in skew.values())
    return Evidence(
        "attributes",
        flagged,
        Text("largest class of each column: {shown}", shown=shown),
    )


def place(rules: Sequence[str]) -> Evidence:
    """Whether records at home, of residents or at sensitive places were deleted."""
    used = [r for r in ("home", "residents", "near", "far") if r in rules]
    words = ", ".join(used) or "-"
    return Evidence("place", not used, Text("rules that delete by place: {words}", words=words))


def group(smallest: int, k: int | None) -> Evidence:
    """The k that was asked for, and whether every group reaches it."""
    if k is None:
        return Evidence("group", True, Text("no k was asked for"))
    reached = smallest >= k
    full, thin = (Text("every group has at least {k} persons", k=k),
                  Text("some group has fewer than {k} persons", k=k))  # fmt: skip
    return Evidence("group", not reached, full if reached else thin)


def season(days: Collection[str], events: Collection[str]) -> Evidence:
    """Days of events that are among the days of the records."""
    hit = sorted(set(days) & set(events))
    shown = ", ".join(hit) or "-"
    return Evidence(
        "season",
        bool(hit),
        Text("event days in the period: {shown}", shown=shown),
    )


def precision(level: str, thin: float) -> Evidence:
    """The finest place, and the share of occupied ones with too few persons."""
    share = f"{100 * thin:.0f}%"
    return Evidence(
        "precision", thin > THIN,
        Text("finest place: {level}; share of thinly occupied places {share}",
             level=level, share=share),
    )  # fmt: skip


def history(first: date, last: date, overlaps: Sequence[str]) -> Evidence:
    """Length of the period, and earlier releases whose period overlaps."""
    n = (last - first).days + 1
    shown = ", ".join(overlaps) or "-"
    return Evidence(
        "history", bool(overlaps),
        Text("period {first} to {last} ({n} days); releases of an overlapping period: {shown}",
             first=first, last=last, n=n, shown=shown),
    )  # fmt: skip


def time(minutes: int | None) -> Evidence:
    """The finest time that is published, None where there is none."""
    if minutes is None:
        return Evidence("time", False, Text("no time of day is published"))
    return Evidence(
        "time",
        minutes < COARSE_MINUTES,
        Text("finest time: {minutes} min", minutes=minutes),
    )


def persons(number: int, devices: int) -> Evidence:
    """Persons counted, against the devices they carry."""
    return Evidence(
        "persons", number < FEW_PERSONS,
        Text("{number} persons ({devices} devices or codes)", number=number, devices=devices),
    )  # fmt: skip


def delay(last: date, release: date, months: int) -> Evidence:
    """Whole months between the last record and the release.

    >>> delay(date(2016, 10, 31), date(2017, 1, 31), 3).flagged
    False
    >>> delay(date(2016, 10, 31), date(2017, 1, 30), 3).flagged
    True
    """
    passed = (release.year - last.year) * 12 + release.month - last.month
    passed -= release.day < last.day
    return Evidence(
        "delay", passed < months,
        Text("{passed} months from the last record ({last}) to the release ({release}); "
             "{months} wanted", passed=passed, last=last, release=release, months=months),
    )  # fmt: skip
