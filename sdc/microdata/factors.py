"""What can a machine say about each of the nine factors that people must decide about?

Every function looks at plain numbers and answers with words in both languages and a flag: a flagged
factor cannot be called "not applicable". The decision is a person's in every case.

Source: guideline for sufficient anonymisation (2017), 4.1.3, factors 1 to 9.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

FACTORS: Mapping[str, tuple[str, str]] = {
    "attributes": ("付帯情報", "attributes"),
    "place": ("場所の特性", "kind of place"),
    "group": ("集団の規模", "size of the group"),
    "season": ("取得時期の特性", "time of collection"),
    "precision": ("位置の精度", "precision of places"),
    "history": ("移動履歴の期間・範囲", "span of the histories"),
    "time": ("時間の精度・間隔", "precision of times"),
    "persons": ("対象者数", "number of persons"),
    "delay": ("データ提供までの期間", "delay until provision"),
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
    ja: str
    en: str


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
        f"最も多い区分の割合: {shown}",
        f"largest class of each column: {shown}",
    )


def place(rules: Sequence[str]) -> Evidence:
    """Whether records at home, of residents or at sensitive places were deleted."""
    used = [r for r in ("home", "residents", "near", "far") if r in rules]
    words = ", ".join(used) or "-"
    return Evidence(
        "place", not used, f"場所による削除の規則: {words}", f"rules that delete by place: {words}"
    )


def group(smallest: int, k: int | None) -> Evidence:
    """The k that was asked for, and whether every group reaches it."""
    if k is None:
        return Evidence("group", True, "k の指定がありません", "no k was asked for")
    reached = smallest >= k
    ja = f"すべての組が{k}人以上" if reached else f"{k}人未満の組があります"
    en = f"every group has at least {k} persons" if reached else f"some group has fewer than {k}"
    return Evidence("group", not reached, ja, en)


def season(days: Collection[str], events: Collection[str]) -> Evidence:
    """Days of events that are among the days of the records."""
    hit = sorted(set(days) & set(events))
    shown = ", ".join(hit) or "-"
    return Evidence(
        "season",
        bool(hit),
        f"期間内の行事・事件の日: {shown}",
        f"event days in the period: {shown}",
    )


def precision(level: str, thin: float) -> Evidence:
    """The finest place, and the share of occupied ones with too few persons."""
    share = f"{100 * thin:.0f}%"
    return Evidence(
        "precision", thin > THIN,
        f"最も細かい場所: {level}。人数の少ない区画の割合 {share}",
        f"finest place: {level}; share of thinly occupied places {share}",
    )  # fmt: skip


def history(first: date, last: date, overlaps: Sequence[str]) -> Evidence:
    """Length of the period, and earlier releases whose period overlaps."""
    n = (last - first).days + 1
    shown = ", ".join(overlaps) or "-"
    return Evidence(
        "history", bool(overlaps),
        f"期間 {first}～{last} ({n}日)。期間の重なる公表: {shown}",
        f"period {first} to {last} ({n} days); releases of an overlapping period: {shown}",
    )  # fmt: skip


def time(minutes: int | None) -> Evidence:
    """The finest time that is published, None where there is none."""
    if minutes is None:
        return Evidence("time", False, "時刻は公表しません", "no time of day is published")
    return Evidence(
        "time",
        minutes < COARSE_MINUTES,
        f"最も細かい時刻: {minutes}分",
        f"finest time: {minutes} min",
    )


def persons(number: int, devices: int) -> Evidence:
    """Persons counted, against the devices they carry."""
    return Evidence(
        "persons", number < FEW_PERSONS,
        f"対象者数 {number} (端末等 {devices})", f"{number} persons ({devices} devices or codes)",
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
        f"最後の記録 {last} から公表 {release} まで {passed}か月 (基準 {months}か月)",
        f"{passed} months from the last record ({last}) to the release ({release}); {months} wanted",
    )  # fmt: skip
