"""Which maps belong to a release, and what does each of them show?

Per table with a geography: one map of the class total, for every class dimension a page of small
multiples on one common scale, and one map a class. Each is written as PNG (300 dpi) and as a PDF
that holds the same pixels and nothing else.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from sdc.model.hierarchy import Hierarchy, IntArray
from sdc.model.release import Release
from sdc.model.states import State
from sdc.publishing.canvas import Canvas, Size, lay_out
from sdc.publishing.classes import classify, round_breaks
from sdc.publishing.layout import FRAME, PAGE, Facts, class_inks, frame, head, panel
from sdc.publishing.places import aspect, place_words
from sdc.publishing.raster import (
    FIRST_CLASS,
    HIDDEN,
    MM,
    WATER,
    Layer,
    Picture,
    Pixels,
    compose,
    fill,
    layer,
    textured,
)
from sdc.publishing.sheet import DARK, LIGHT, Sheet, neutral, text_size
from sdc.publishing.subject import Chosen, Subject, column, subjects, title_of, title_of_each
from sdc.publishing.symbols import safe_name
from sdc.publishing.wording import Words, plane_words, unit

PER_PAGE = 20
_AHEAD = 2  # pages drawn before the first of them is handed out
_TITLE_HEIGHT, _TITLE_SIZE = 5.0, 7.5
_SAFE = re.compile(r"[A-Za-z0-9_-]+")


def map_files(release: Release) -> Iterator[tuple[str, bytes]]:
    """All maps of a release as (path, bytes); pictures are made one at a time."""
    waiting: deque[tuple[str, Future[Picture]]] = deque()
    # Words and lines are drawn here, one page after the other; pixels are put together and packed
    # beside it. The order, and every byte, is the same as without the second thread.
    with neutral(), ThreadPoolExecutor(max_workers=1) as beside:
        for stem, draft in _drafts(release):
            waiting.append((stem, beside.submit(finish, draft)))
            if len(waiting) > _AHEAD:
                yield from _both(*waiting.popleft())
        while waiting:
            yield from _both(*waiting.popleft())


def _both(stem: str, picture: Future[Picture]) -> Iterator[tuple[str, bytes]]:
    yield f"{stem}.png", picture.result().png
    yield f"{stem}.pdf", picture.result().pdf


def map_titles(release: Release) -> dict[str, Words]:
    """Path -> title of all maps, without drawing one."""
    return {
        f"{stem}{suffix}": page.title
        for stem, page in _plan(release)
        for suffix in (".png", ".pdf")
    }


def _drafts(release: Release) -> Iterator[tuple[str, Draft]]:
    canvases: dict[tuple[object, ...], Canvas] = {}
    for stem, page in _plan(release):
        yield stem, page.draw(canvases)


@dataclass(frozen=True)
class Page:
    """A map that belongs to a release: the end of its file name, its title, how it is drawn."""

    name: str
    title: Words
    draw: Callable[[dict[tuple[object, ...], Canvas]], Draft]


def _plan(release: Release) -> Iterator[tuple[str, Page]]:
    """Every map of a release, with the path of its file without an ending."""
    for subject in subjects(release):
        for page in _pages(subject):
            stem = f"data/maps/{safe_name(subject.table.name)}{page.name}{subject.suffix}"
            yield stem, page


def _pages(subject: Subject) -> Iterator[Page]:
    yield _single(subject, "", {})
    for dim in subject.classes:
        codes = [c for i, c in enumerate(dim.codes) if i != dim.root]
        if len(codes) < 2:
            continue
        for page, start in enumerate(range(0, len(codes), PER_PAGE), start=1):
            number = "" if len(codes) <= PER_PAGE else f"-{page}"
            yield _several(subject, dim, codes[start : start + PER_PAGE], number)
        # Levels above the innermost have fewer places; their small multiples are large enough.
        for code in codes if not subject.depth else ():
            name = code if _SAFE.fullmatch(code) else code.encode().hex()
            yield _single(subject, f"_{safe_name(dim.name)}-{name}", {dim.name: code})


def _single(subject: Subject, name: str, chosen: Chosen) -> Page:
    def draw(canvases: dict[tuple[object, ...], Canvas]) -> Draft:
        return draw_map(subject, _canvas(subject, (FRAME[2], FRAME[3]), canvases), chosen)

    return Page(name, title_of(subject, chosen), draw)


def _several(subject: Subject, dim: Hierarchy, codes: list[str], number: str) -> Page:
    def draw(canvases: dict[tuple[object, ...], Canvas]) -> Draft:
        grid = Grid.of(len(codes), aspect(subject.geography, subject.dim, subject.codes))
        small = _canvas(subject, grid.field, canvases, detail=False)
        return draw_multiples(subject, small, dim, codes, grid)

    return Page(f"_by-{safe_name(dim.name)}{number}", title_of_each(subject, dim), draw)


def _canvas(
    subject: Subject, size: Size, known: dict[tuple[object, ...], Canvas], *, detail: bool = True
) -> Canvas:
    """Lay places out once for all tables that share them."""
    key = (subject.dim.name, subject.codes, size, detail)
    if key not in known:
        margin = 5.0 if detail else 1.5
        known[key] = lay_out(
            subject.release, subject.dim, subject.codes, size=size, margin=margin, detail=detail
        )
    return known[key]


def draw_map(subject: Subject, canvas: Canvas, chosen: Chosen) -> Draft:
    """One map page; ``chosen`` names the class of a dimension, all others are at their total."""
    value, state = column(subject, chosen)
    breaks = round_breaks(value[state == State.SHOWN])
    page, layers = _page(subject, canvas, breaks, title_of(subject, chosen))
    _paste(page, fill(canvas.index, _classes(value, state, breaks, canvas.water)), FRAME[:2])
    return Draft(page, [*layers, frame(), canvas.lines.shifted(*FRAME[:2])])


@dataclass(frozen=True, eq=False)
class Draft:
    """A page of inks and the layers of words and lines that go over it."""

    page: Pixels
    layers: list[Layer]


def finish(draft: Draft) -> Picture:
    """Lay the hatches, put the layers over the page, and pack it."""
    return compose(textured(draft.page), draft.layers)


@dataclass(frozen=True)
class Grid:
    """How small multiples stand on the page: columns, rows, and the field of one map in mm."""

    columns: int
    rows: int
    field: Size

    @classmethod
    def of(cls, count: int, ratio: float) -> Grid:
        """The arrangement that lets the maps be largest; ``ratio`` is their width by height.

        >>> g = Grid.of(6, 1.2); g.columns, g.rows
        (3, 2)
        """
        best = cls(1, count, (0.0, 0.0))
        size = 0.0
        for columns in range(1, count + 1):
            rows = -(-count // columns)
            field = (FRAME[2] / columns, FRAME[3] / rows - _TITLE_HEIGHT)
            if min(field[0], field[1] * ratio) > size:
                size, best = min(field[0], field[1] * ratio), cls(columns, rows, field)
        return best

    def corner(self, position: int) -> tuple[float, float]:
        """Upper left corner of the n-th map on the page, below its title."""
        row, column_ = divmod(position, self.columns)
        step = self.field[1] + _TITLE_HEIGHT
        return FRAME[0] + column_ * self.field[0], FRAME[1] + row * step + _TITLE_HEIGHT


def draw_multiples(
    subject: Subject, canvas: Canvas, dim: Hierarchy, codes: list[str], grid: Grid
) -> Draft:
    """One page with a small map a class, all on one scale of colours."""
    columns = {code: column(subject, {dim.name: code}) for code in codes}
    shown = [v[s == State.SHOWN] for v, s in columns.values()]
    breaks = round_breaks(np.concatenate(shown))
    page, layers = _page(subject, canvas, breaks, title_of_each(subject, dim))
    sheet = Sheet(*PAGE)
    for position, (code, (value, state)) in enumerate(columns.items()):
        x, y = grid.corner(position)
        _paste(page, fill(canvas.index, _classes(value, state, breaks, canvas.water)), (x, y))
        layers.append(canvas.lines.shifted(x, y))
        label = dim.labels[dim.position(code)]
        width = grid.field[0] - 2
        size = min(_TITLE_SIZE, _TITLE_SIZE * width / max(text_size(label, _TITLE_SIZE)[0], 1e-9))
        sheet.text(x + 1, y - 1.2, label, size=size, color=DARK, va="bottom")
        top = y - _TITLE_HEIGHT
        sheet.box(x, top, grid.field[0], grid.field[1] + _TITLE_HEIGHT, width=0.5, color=LIGHT)
    return Draft(page, [*layers, layer(sheet.pixels())])


def _page(
    subject: Subject, canvas: Canvas, breaks: tuple[int, ...], title: Words
) -> tuple[Pixels, list[Layer]]:
    """An empty page with its legend's fields, and the layers of words around the map."""
    facts = Facts(
        info=subject.release.info,
        unit=unit(subject.table),
        crs=plane_words(canvas.epsg),
        place=canvas.centre,
        per_metre=canvas.per_metre,
        breaks=breaks,
        merged=canvas.merged,
        tagged=canvas.tagged,
        water=bool(canvas.water),
        inside=place_words(subject.release, subject.dim, subject.codes),
        grouped=bool((subject.table.state == State.GROUPED).any()),
    )
    page = np.zeros((round(PAGE[1] * MM), round(PAGE[0] * MM)), dtype=np.uint8)
    beside, fields = panel(facts)
    for (x, y, w, h), ink in fields:
        _paste(page, np.full((round(h * MM), round(w * MM)), ink, dtype=np.uint8), (x, y))
    return page, [*head(facts, title), *beside]


def _classes(value: IntArray, state: IntArray, breaks: tuple[int, ...], water: int) -> IntArray:
    """Palette position of every place; anything that is not printed looks hidden."""
    shown = (state == State.SHOWN) | (state == State.ZERO)
    inks = np.array(class_inks(len(breaks) + 1), dtype=np.int64) - FIRST_CLASS
    found = np.where(shown, inks[classify(value, breaks)], HIDDEN)
    return np.concatenate([found, np.full(water, WATER, dtype=np.int64)])


def _paste(page: Pixels, part: Pixels, corner: tuple[float, float]) -> None:
    x, y = round(corner[0] * MM), round(corner[1] * MM)
    under = page[y : y + part.shape[0], x : x + part.shape[1]]
    under[:] = part[: under.shape[0], : under.shape[1]]
