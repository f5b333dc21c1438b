"""What do the cover and the notes of a table document say, and how is a page drawn?

``Paper`` measures in millimetres from the upper left corner and writes every page only when the
number of pages is known, so that each can say which of how many it is.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any, BinaryIO

from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from sdc.model.plan import PublishedTable
from sdc.model.release import Release
from sdc.publishing.grouprows import by_area
from sdc.publishing.licence import licence_of
from sdc.publishing.marks import merges_of
from sdc.publishing.sheet import font_file, split_words
from sdc.publishing.symbols import guard
from sdc.publishing.wording import (
    EMPTY,
    LEVELS,
    METHOD,
    SYMBOLS,
    Words,
    listed_title,
    long_date,
    unit,
)

FONT = "IPAexGothic"
WIDTH, HEIGHT = 297.0, 210.0
_LEFT, _HALF, _RIGHT = 30.0, 172.0, 267.0
_LISTED = 8.0


@dataclass(frozen=True)
class Row:
    """One area of a table document: what is printed, and what is remarked about merging."""

    code: str
    name: str
    values: tuple[str, ...]
    remark: str
    sums_up: bool


@lru_cache(maxsize=1)
def _register() -> None:
    pdfmetrics.registerFont(TTFont(FONT, str(font_file())))


@lru_cache(maxsize=50_000)
def text_width(text: str, size: float) -> float:
    """Width in millimetres."""
    _register()
    return float(pdfmetrics.stringWidth(text, FONT, size) / mm)


def _freeze(document: Any, day: date) -> None:
    """Date a document by the release and take the clock and the environment out of its identity.

    reportlab reads SOURCE_DATE_EPOCH even for invariant documents, and mixes it into the file's id.
    """
    stamp = document._timeStamp
    stamp.YMDhms, stamp.dhh, stamp.dmm = (day.year, day.month, day.day, 0, 0, 0), 9, 0
    document.signature = hashlib.md5(b"sdc", usedforsecurity=False)


class Paper:
    """A document being written; ``finish`` numbers the pages and closes it."""

    def __init__(self, target: BinaryIO, release: Release, title: Words) -> None:
        _register()
        self.release = release
        self.canvas: Any = Canvas(
            target,
            pagesize=(WIDTH * mm, HEIGHT * mm),
            invariant=1,
            pageCompression=1,
            lang="ja-JP",
            initialFontName=FONT,
        )
        info = release.info
        _freeze(self.canvas._doc, info.release_date)
        self.canvas.setTitle(f"{info.title} {title[0]}")
        self.canvas.setAuthor(f"{info.municipality_name} {info.section}")
        self.canvas.setSubject(info.id)
        self.canvas.setCreator("sdc")
        self._pages: list[dict[str, Any]] = []
        self._numbered: set[int] = set()
        self._open = False

    def new_page(self) -> None:
        """Begin a page; the one before is kept for numbering."""
        if self._open:
            self._keep()
        self._open = True

    def _keep(self) -> None:
        self._pages.append(dict(self.canvas.__dict__))
        self.canvas._startPage()

    def finish(self) -> None:
        """Write all pages with their numbers."""
        self._keep()
        for number, page in enumerate(self._pages, start=1):
            self.canvas.__dict__.update(page)
            if number in self._numbered:
                text = f"{number} / {len(self._pages)}"
                self.text(WIDTH / 2, HEIGHT - 7, text, 8, align="center")
            self.canvas.showPage()
        self.canvas.save()

    def footer(self) -> None:
        """Marks, release and page number below a page."""
        self._numbered.add(len(self._pages) + 1)
        info = self.release.info
        self.line(14, HEIGHT - 14, WIDTH - 14, HEIGHT - 14, 0.3)
        self.text(
            14, HEIGHT - 10.5, "X 秘匿(0の場合を含む) hidden, may be 0    - 該当なし(0) none", 7
        )
        what = f"{info.municipality_name}  {long_date(self.release)[0]}現在  {info.id}"
        self.text(WIDTH - 14, HEIGHT - 10.5, what, 7, align="right")

    def text(self, x: float, y: float, text: str, size: float, *, align: str = "left") -> None:
        """A line of text with its base line at y."""
        self.canvas.setFont(FONT, size)
        draw = {
            "left": self.canvas.drawString,
            "right": self.canvas.drawRightString,
            "center": self.canvas.drawCentredString,
        }[align]
        draw(x * mm, (HEIGHT - y) * mm, text)

    def fitted(self, x: float, y: float, text: str, size: float, width: float) -> None:
        """A line of text, set smaller where it would not fit."""
        wide = text_width(text, size)
        self.text(x, y, text, size if wide <= width else size * width / wide)

    def paragraph(self, x: float, y: float, text: str, size: float, width: float) -> float:
        """Wrapped text; returns the base line of the next line."""
        for line in self.wrap(text, size, width):
            self.text(x, y, line, size)
            y += size * 0.3528 * 1.6
        return y

    def line(
        self, x: float, y: float, to_x: float, to_y: float, width: float, *, grey: float = 0.0
    ) -> None:
        """A straight line; width in points, ``grey`` from 0 (black) to 1."""
        self.canvas.setLineWidth(width)
        self.canvas.setStrokeGray(grey)
        self.canvas.line(x * mm, (HEIGHT - y) * mm, to_x * mm, (HEIGHT - to_y) * mm)

    def shade(self, x: float, y: float, w: float, h: float) -> None:
        """A light grey field."""
        self.canvas.setFillGray(0.93)
        self.canvas.rect(x * mm, (HEIGHT - y - h) * mm, w * mm, h * mm, stroke=0, fill=1)
        self.canvas.setFillGray(0)

    @staticmethod
    def wrap(text: str, size: float, width: float) -> list[str]:
        """Lines that fit; Latin words stay whole unless one alone is too wide."""
        lines = [""]
        for word in split_words(text):
            if lines[-1] and text_width(lines[-1] + word, size) > width:
                lines[-1] = lines[-1].rstrip()
                lines.append(word.lstrip())
            else:
                lines[-1] += word
        return lines


def cover(paper: Paper, release: Release, table: PublishedTable) -> None:
    """The first page: what this is, of when, by whom."""
    info = release.info
    paper.new_page()
    ja, en = listed_title(release, table)
    paper.line(_LEFT, 42, _RIGHT, 42, 1.2)
    y = paper.paragraph(_LEFT, 56, ja, 24, _RIGHT - _LEFT) + 1
    paper.fitted(_LEFT, y, en, 12, _RIGHT - _LEFT)
    y = paper.paragraph(_LEFT, y + 16, info.title, 15, _RIGHT - _LEFT)
    if info.title_en:
        paper.fitted(_LEFT, y, info.title_en, 10, _RIGHT - _LEFT)
        y += 6
    licence = licence_of(info.licence)
    name, link = licence.title[0], licence.link[0]
    city = "  ".join(filter(None, (info.municipality_name, info.municipality_name_en)))
    facts = (
        ("団体", "Municipality", f"{city} ({info.municipality})"),
        ("調査日", "Survey date", f"{long_date(release)[0]}  {long_date(release)[1]}"),
        ("公表日", "Release date", info.release_date.isoformat()),
        ("単位", "Unit", "  ".join(dict.fromkeys(unit(table)))),
        ("出典", "Source", info.source),
        ("責任課", "Section", "  ".join(filter(None, (info.section, info.contact)))),
        ("秘匿の根拠", "Legal ground", info.ground),
        ("利用条件", "Licence", f"{name}({info.licence}) {link}".strip()),
        ("公表ID", "Release", f"{info.id}  serial {info.serial}"),
    )
    y += 8
    for ja, en, text in facts:
        paper.text(_LEFT, y, ja, 10)
        paper.text(_LEFT + 21, y, en, 8)
        y = paper.paragraph(_LEFT + 44, y, text, 10, _RIGHT - _LEFT - 44) + 1.2
    paper.line(_LEFT, 192, _RIGHT, 192, 0.4)


def notes(paper: Paper, release: Release, table: PublishedTable) -> None:
    """What the marks mean, how numbers were protected, what this table merged and combined."""
    paper.new_page()
    y = _marks(paper, 20, grouped=table.name in release.groups)
    for language in (0, 1):
        y = _method(paper, release, y, language=language)
    names = {d.name for d in table.dims}
    merged = [
        f"{m.source} {m.source_name} → {m.target} {m.target_name}"
        for dim in table.dims
        for m in merges_of(release, dim)
    ]
    grouped = [
        f"{c.source} {c.source_label} → {c.target} {c.target_label}"
        for c in sorted(release.collapses, key=lambda c: (c.dimension, c.source))
        if c.dimension in names and not c.area
    ]
    grouped += [
        f"{area} {name}: {', '.join(sources)} → {target}"
        for (area, name, target), sources in by_area(release, table).items()
    ]
    y = _listing(paper, y + 3, "分類の集約(③) / classes combined", grouped)
    _listing(paper, y + 3, "小地域の合算(②) / areas merged", merged)
    paper.footer()


def _marks(paper: Paper, y: float, *, grouped: bool) -> float:
    """What every mark of a document means, in both languages side by side."""
    y = _heading(paper, y, "記号の意味 / What the marks mean")
    for where, mark, meaning in (*SYMBOLS, EMPTY) if grouped else SYMBOLS:
        if "pdf" not in where:
            continue
        ja, en = (text.replace("**", "") for text in meaning)
        paper.text(_LEFT + 3, y, mark[0], 9.5)
        below = paper.paragraph(_LEFT + 28, y, ja, 9.5, _HALF - _LEFT - 32)
        own = f"{mark[1]}: " if mark[1] != mark[0] else ""
        beside = paper.paragraph(_HALF, y, own + en, 8, _RIGHT - _HALF)
        y = max(below, beside) + 0.6
    return y


def _method(paper: Paper, release: Release, y: float, *, language: int) -> float:
    """How numbers were protected, in one language."""
    size, width = (9.5, 8.0)[language], _RIGHT - _LEFT
    y = _heading(paper, y + 3, ("秘匿処理の方法", "How numbers were protected")[language])
    for text in (METHOD[language], LEVELS[release.level][language], release.info.policy[language]):
        if text:
            y = paper.paragraph(_LEFT + 3, y, text, size, width - 3) + 0.6
    return y


def _heading(paper: Paper, y: float, text: str) -> float:
    paper.text(_LEFT, y, text, 11)
    paper.line(_LEFT, y + 1.8, _RIGHT, y + 1.8, 0.4)
    return y + 7


def _listing(paper: Paper, y: float, title: str, lines: list[str]) -> float:
    """A list in columns that goes on over as many pages as it needs."""
    if not lines:
        return y - 3
    widest = max(text_width(guard(line), _LISTED) for line in lines)
    columns = 3 if widest <= 1.2 * ((_RIGHT - _LEFT) / 3 - 6) else 2
    each = (_RIGHT - _LEFT) / columns
    if y + 7 + 4.4 * min(3, -(-len(lines) // columns)) > HEIGHT - 20:
        paper.footer()
        paper.new_page()
        y = 24
    y = _heading(paper, y, f"{title}: {len(lines)}")
    for start in range(0, len(lines), columns):
        if y > HEIGHT - 20:
            paper.footer()
            paper.new_page()
            y = _heading(paper, 24, f"{title} (続き)")
        for i, line in enumerate(lines[start : start + columns]):
            paper.fitted(_LEFT + 3 + i * each, y, guard(line), _LISTED, each - 6)
        y += 4.4
    return y
