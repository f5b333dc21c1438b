"""Into which class of numbers does a value go: ages, amounts, areas, sizes, cut tails?

Every class is half open [a, b) and arithmetic is exact, on decimals as typed.

Sources: the catalogue of processing cases of anonymised information (個人情報保護委員会, JIPDEC,
三菱総合研究所, 野村総合研究所, 2017-2022) and the guideline for sufficient anonymisation (2017).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from decimal import Decimal

from sdc.errors import RulesError
from sdc.messages import Text
from sdc.microdata.classify import BinSpec, Classes, classes_of
from sdc.microdata.generaliser import Generaliser, Unfit, labels_of
from sdc.microdata.values import parse_number


def _number(text: str) -> Decimal:
    value = parse_number(text)
    if isinstance(value, str):
        raise Unfit(value)
    if value < 0:
        raise Unfit("number-negative")
    return value


def bands(
    breaks: Sequence[Decimal | int], *, unit: str = "", names: Sequence[tuple[str, str]] = ()
) -> Generaliser:
    """Half-open classes between breaks, with names of their own where they are given.

    >>> area = bands([100, 120, 140], unit="m²")
    >>> [area.label(area.convert(v))[0] for v in ("99.99", "100", "119.99", "120", "140")]
    ['100m²未満', '100m²以上120m²未満', '100m²以上120m²未満', '120m²以上140m²未満', '140m²以上']
    """
    spec = BinSpec("", tuple(Decimal(b) for b in breaks), unit)
    classes = classes_of(spec)
    if names:
        ja, en = zip(*names, strict=True)
        classes = Classes(classes.codes, ja, en)

    def convert(text: str) -> str:
        return classes.codes[bisect_right(spec.breaks, _number(text))]

    return Generaliser(convert, labels_of(classes), classes)


def steps(size: Decimal | int, *, unit: str = "円") -> Generaliser:
    """Classes of equal width from 0 on: ``size`` 200 makes 0-199, 200-399, …

    >>> yen = steps(200)
    >>> [yen.convert(v) for v in ("0", "199", "200")], yen.label("000000000200")[0]
    (['000000000000', '000000000000', '000000000200'], '200円以上400円未満')
    """
    width = Decimal(size)
    if not width > 0 or width != int(width):
        raise RulesError(Text("the step is a whole number above 0"), code="step")

    def convert(text: str) -> str:
        return f"{int(_number(text) // width * width):012d}"

    def label(code: str) -> tuple[str, str]:
        low = int(code)
        high = low + int(width)
        return f"{low}{unit}以上{high}{unit}未満", f"{low} to under {high} {unit}"

    return Generaliser(convert, label)


def _age_names(step: int, top: int, *, lowest: int) -> list[tuple[str, str]]:
    """Names of the classes: below ``lowest``, then every ``step`` years, then ``top`` and over."""

    def name(low: int) -> tuple[str, str]:
        decade = (f"{low}代", f"{low}s")
        last = low + step - 1
        return decade if step == 10 else (f"{low}～{last}歳", f"{low}-{last}")

    names = [(f"{lowest}歳未満", f"under {lowest}"), *map(name, range(lowest, top, step))]
    return [*names, (f"{top}歳以上", f"{top} and over")]


def age_seven() -> Generaliser:
    """Under 20, 20s, 30s, 40s, 50s, 60s, 70 and over (the guideline's seven classes)."""
    return bands([20, 30, 40, 50, 60, 70], names=_age_names(10, 70, lowest=20))


def age_five() -> Generaliser:
    """0-4, 5-9, … 80-84, 85 and over."""
    names = [("0～4歳", "0-4"), *_age_names(5, 85, lowest=5)[1:]]
    return bands(range(5, 86, 5), names=names)


def age_hundred() -> Generaliser:
    """Single years; 100 and over is one class."""
    names = [(f"{a}歳", str(a)) for a in range(100)] + [("100歳以上", "100 and over")]
    return bands(range(1, 101), names=names)


def age_twenties() -> Generaliser:
    """Decades, the lowest being everybody up to 29 (19 and younger joined to the 20s)."""
    names = [("20代以下", "29 and under"), *((f"{a}代", f"{a}s") for a in range(30, 100, 10))]
    return bands(range(30, 101, 10), names=[*names, ("100歳以上", "100 and over")])


def cut_at(
    *, top: Decimal | int | None = None, bottom: Decimal | int | None = None, unit: str = ""
) -> Generaliser:
    """Single values, those at or above ``top`` and those at or below ``bottom`` as one class each.

    >>> height = cut_at(top=150, unit="cm")
    >>> [height.label(height.convert(v))[0] for v in ("149.9", "150", "170")]
    ['149.9cm', '150cm以上', '150cm以上']
    """
    if top is None and bottom is None:
        raise RulesError(Text("give top or bottom"), code="cut")

    def convert(text: str) -> str:
        value = _number(text)
        if top is not None and value >= Decimal(top):
            return f">={top}"
        return f"<={bottom}" if bottom is not None and value <= Decimal(bottom) else f"{value:f}"

    def label(code: str) -> tuple[str, str]:
        rest = code.lstrip("<>=")
        if code == rest:
            return f"{code}{unit}", f"{code} {unit}".strip()
        ja, en = ("以上", "and over") if code.startswith(">") else ("以下", "and under")
        return f"{rest}{unit}{ja}", f"{rest} {unit} {en}".replace("  ", " ")

    return Generaliser(convert, label)
