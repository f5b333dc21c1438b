"""What stands around a map: title, legend, scale, north, locator and the facts of the release?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from sdc.model.release import ReleaseInfo
from sdc.publishing.classes import PALETTE, class_words, colours, series
from sdc.publishing.licence import licence_of
from sdc.publishing.locator import draw_locator
from sdc.publishing.raster import FIRST_CLASS, HIDDEN_PAPER, WATER_PAPER, Layer, layer
from sdc.publishing.sheet import ACCENT, BLACK, DARK, GREY, LIGHT, POINT, Sheet, text_size
from sdc.publishing.wording import Words

PAGE = (297.0, 210.0)
MARGIN = 10.0
FRAME = (10.0, 31.0, 200.0, 169.0)  # left, top, width, height of the map on the page, mm
PANEL = (215.0, 72.0)  # left edge and width of the column beside the map
_ROW, _SWATCH = 6.6, (9.0, 4.8)
_INSET = 1.0  # room left of the panel's content, so that no line is cut

Swatch = tuple[tuple[float, float, float, float], int]


@dataclass(frozen=True)
class Facts:
    """All that is written on a page; ``per_metre`` is the scale in mm of paper a metre."""

    info: ReleaseInfo
    unit: Words
    crs: Words
    place: tuple[float, float]
    per_metre: float
    breaks: tuple[int, ...]
    merged: bool
    tagged: bool
    water: bool
    inside: Words
    grouped: bool = False


def head(facts: Facts, title: Words) -> tuple[Layer, Layer]:
    """Title, municipality, date and unit, in Japanese and English, over the full width."""
    info, width = facts.info, PAGE[0] - 2 * MARGIN
    sheet = Sheet(PAGE[0], FRAME[1])
    sheet.text(MARGIN, MARGIN - 1.5, title[0], size=_shrink(title[0], 17, width))
    day, city = info.survey_date.isoformat(), info.municipality_name_en
    english = [title[1], city, f"as of {day}", f"unit: {facts.unit[1]}", info.title_en]
    text = "  ·  ".join(part for part in english if part)
    sheet.text(MARGIN, MARGIN + 12.6, text, size=_shrink(text, 8.5, width), color=GREY)
    return layer(sheet.pixels()), _under_title(info, facts.unit[0])


@lru_cache(maxsize=8)
def _under_title(info: ReleaseInfo, counted: str) -> Layer:
    """What stands under every title of a release, and the line that ends the head."""
    sheet, width = Sheet(PAGE[0], FRAME[1]), PAGE[0] - 2 * MARGIN
    day = info.survey_date
    city = f"{info.municipality_name}({info.municipality})"
    line = f"{city}  {day.year}年{day.month}月{day.day}日現在  単位: {counted}  {info.title}"
    sheet.text(MARGIN, MARGIN + 7.2, line, size=_shrink(line, 9.5, width), color=DARK)
    y = FRAME[1] - 2.2
    sheet.line([(MARGIN, y), (PAGE[0] - MARGIN, y)], color=LIGHT, width=0.6)
    return layer(sheet.pixels())


@lru_cache(maxsize=1)
def frame() -> Layer:
    """The border of the map."""
    sheet = Sheet(FRAME[2] + 2, FRAME[3] + 2)
    sheet.box(1, 1, FRAME[2], FRAME[3], width=0.7, color=GREY)
    return layer(sheet.pixels()).shifted(FRAME[0] - 1, FRAME[1] - 1)


@lru_cache(maxsize=8)
def panel(facts: Facts) -> tuple[tuple[Layer, Layer], tuple[Swatch, ...]]:
    """The column beside the map, and the legend's fields, to be filled with exact inks."""
    sheet = Sheet(PANEL[1] + 2, FRAME[3] + 2)
    swatches, y = _legend(sheet, facts, 0.5)
    corner = PANEL[0] - _INSET, FRAME[1] - 0.5
    fields = tuple(((x + corner[0], y + corner[1], w, h), ink) for (x, y, w, h), ink in swatches)
    same = replace(
        facts, unit=("", ""), breaks=(), merged=False, tagged=False, water=False, grouped=False
    )
    below = _below(same).shifted(corner[0], corner[1] + y)
    return (layer(sheet.pixels()).shifted(*corner), below.above(FRAME[1] + FRAME[3] + 1.5)), fields


@lru_cache(maxsize=8)
def _below(facts: Facts) -> Layer:
    """What stands under the legend, whatever that shows."""
    sheet = Sheet(PANEL[1] + 2, FRAME[3] + 2)
    _small_print(sheet, facts, _orientation(sheet, facts, 4) + 4)
    return layer(sheet.pixels())


def _shrink(text: str, size: float, width: float) -> float:
    """The largest size up to ``size`` at which the text fits on one line."""
    return min(size, size * width / max(text_size(text, size)[0], 1e-9))


def _legend(sheet: Sheet, facts: Facts, y: float) -> tuple[list[Swatch], float]:
    left, swatches = _INSET, []
    sheet.text(left, y, "凡例", size=11)
    sheet.text(left + 10.5, y + 0.9, "Legend", size=8.5, color=GREY)
    unit = facts.unit[0] if facts.unit[0] == facts.unit[1] else f"{facts.unit[0]} {facts.unit[1]}"
    sheet.text(left, y + 6, f"単位: {unit}", size=8, color=DARK)
    y += 11
    inks = class_inks(len(facts.breaks) + 1)
    for ink, words in zip(inks, class_words(facts.breaks), strict=True):
        swatches.append(_swatch(sheet, y, ink))
        sheet.text(left + _SWATCH[0] + 3, y + _SWATCH[1] / 2, words, size=9, va="center")
        y += _ROW
    ja, en = ("・区分を集約", ", or in a group of classes") if facts.grouped else ("", "")
    notes: list[tuple[int | None, str, str]] = [
        (HIDDEN_PAPER, f"X 秘匿 (0の場合を含む){ja}", f"X hidden; may be 0{en}"),
    ]
    if facts.merged:
        ja, en = ("と新コード", ", new code") if facts.tagged else ("", "")
        notes.append((None, f"合算した地域{ja}", f"merged area{en}"))
    if facts.water:
        notes.append((WATER_PAPER, "水面", "water"))
    for kind, ja, en in notes:
        y += 0.8
        if kind is None:
            _merged_sample(sheet, y)
        else:
            swatches.append(_swatch(sheet, y, kind))
        sheet.text(left + _SWATCH[0] + 3, y - 0.5, ja, size=8.5)
        sheet.text(left + _SWATCH[0] + 3, y + 3.1, en, size=7, color=GREY)
        y += _ROW + 0.6
    return swatches, y


def _swatch(sheet: Sheet, y: float, ink: int) -> Swatch:
    sheet.box(_INSET, y, *_SWATCH, width=0.5, color=GREY)
    return (_INSET, y, *_SWATCH), ink


def _merged_sample(sheet: Sheet, y: float) -> None:
    sheet.box(_INSET + 0.3, y, _SWATCH[0] - 0.6, _SWATCH[1], width=1.5, color=ACCENT)


def _orientation(sheet: Sheet, facts: Facts, y: float) -> float:
    """Scale bar, north arrow and the locator, side by side."""
    left, right = _INSET, _INSET + PANEL[1]
    sheet.line([(left, y - 2), (right, y - 2)], color=LIGHT, width=0.6)
    high = 31.0
    width = draw_locator(
        sheet, (right - 28, y + 1), lon=facts.place[0], lat=facts.place[1], height=high
    )
    sheet.text(
        right - 28 + width / 2, y + high + 1.6, "位置 Location", size=6.5, color=GREY, ha="center"
    )
    north = (left + 4.5, y + 3)
    tip, foot, half = north[1] + 1.5, north[1] + 12.5, 3.2
    sheet.polygon([(north[0], tip), (north[0] + half, foot), (north[0], foot - 2.6)], face=BLACK)
    sheet.polygon(
        [(north[0], tip), (north[0] - half, foot), (north[0], foot - 2.6)],
        face="white", color=BLACK, width=0.7,
    )  # fmt: skip
    sheet.text(north[0], tip - 0.6, "N", size=9, ha="center", va="bottom")
    _scale_bar(sheet, (left, y + 24), facts.per_metre)
    return y + high + 5


def bar_length(per_metre: float, room: float) -> int:
    """The longest round number of metres whose bar is at most ``room`` mm wide.

    >>> bar_length(0.05, 40)
    500
    """
    found = 1
    for metres in series():
        if metres * per_metre > room:
            return found
        found = metres
    raise AssertionError("the series never ends")


def _scale_bar(sheet: Sheet, corner: tuple[float, float], per_metre: float) -> None:
    x, y = corner
    metres = bar_length(per_metre, 34)
    width = metres * per_metre
    for i in range(4):
        face = BLACK if i % 2 == 0 else "white"
        sheet.box(x + i * width / 4, y, width / 4, 1.4, width=0.6, face=face)
    factor, name = (1000, "km") if metres >= 1000 else (1, "m")
    for part in (0, 0.5, 1):
        amount = f"{metres * part / factor:g}" + (f" {name}" if part == 1 else "")
        ha = "left" if part == 0 else "center"
        sheet.text(x + part * width, y + 2.2, amount, size=7, ha=ha)


def _small_print(sheet: Sheet, facts: Facts, y: float) -> None:
    info, left, width = facts.info, _INSET, PANEL[1]
    sheet.line([(left, y - 2), (left + width, y - 2)], color=LIGHT, width=0.6)
    name = licence_of(info.licence).title[0]
    section = " ".join(filter(None, (info.municipality_name, info.section, info.contact)))
    rows: Sequence[tuple[str, str, str]] = (
        ("内容", "Content", f"{facts.inside[0]} / {facts.inside[1]}"),
        ("出典", "Source", info.source),
        ("責任課", "Section", section),
        ("根拠", "Ground", info.ground),
        ("利用条件", "Licence", f"{name} ({info.licence})" if name != info.licence else name),
        ("座標系", "CRS", " / ".join(facts.crs)),
        ("公表", "Release", f"{info.release_date.isoformat()}  {info.id}  serial {info.serial}"),
    )
    for ja, en, text in rows:
        sheet.text(left, y, ja, size=7, color=GREY)
        sheet.text(left + 11.5, y + 0.25, en, size=6, color=GREY)
        y = sheet.paragraph(left + 21, y, text, size=7, width=width - 21, color=DARK)
        y += 7 * POINT * 0.3


def class_inks(classes: int) -> tuple[int, ...]:
    """The inks of the legend's classes, from light to dark, spread over the palette."""
    return tuple(FIRST_CLASS + PALETTE.index(c) for c in colours(classes))
