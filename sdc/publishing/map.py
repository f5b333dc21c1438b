"""Which maps belong to a release, and what does each of them show?

Per table with a geography: one map of the class total, for every further class dimension one
page of small multiples, and one map a class. Each is written as PNG (300 dpi) and as a PDF that
holds the same pixels and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry.base import BaseGeometry

from sdc.errors import InputError
from sdc.model.hierarchy import IntArray
from sdc.model.plan import PublishedTable
from sdc.model.release import Geography, Release
from sdc.model.states import State
from sdc.publishing.classes import classify, round_breaks
from sdc.publishing.labels import Wish, place_labels
from sdc.publishing.layout import FRAME, PAGE, Facts, class_inks, furnish
from sdc.publishing.marks import marks, merges_of, short_code
from sdc.publishing.plane import crs_words, plane_epsg
from sdc.publishing.raster import (
    FIRST_CLASS,
    HIDDEN,
    MM,
    WATER,
    Picture,
    Pixels,
    compose,
    fill,
    textured,
)
from sdc.publishing.sheet import ACCENT, DARK, GREY, Sheet, neutral, outline, paint_index
from sdc.publishing.symbols import safe_name, scale
from sdc.publishing.wording import Words, table_title, unit, words

_MARGIN = 5.0  # mm between the mapped places and the frame
_MERGED_SIZE, _NAME_SIZE = 6.5, 5.0


@dataclass(frozen=True, eq=False)
class Canvas:
    """The places of one geography at one level, laid out on a frame of the page.

    ``shapes`` are in millimetres of the frame (y downwards), ``index`` tells for each pixel which
    place covers it (1-based; water comes after the places), ``overlay`` holds lines and labels.
    """

    codes: tuple[str, ...]
    index: npt.NDArray[np.int64]
    overlay: Pixels
    water: int
    per_metre: float
    epsg: int
    centre: tuple[float, float]
    merged: bool


def map_files(release: Release) -> Iterator[tuple[str, bytes]]:
    """All maps of a release as (path, bytes)."""
    with neutral():
        for table in release.tables:
            where = release.geographic_dimension(table)
            if where is None:
                continue
            for suffix, codes in _levels(table, release.geographies[where]):
                canvas = lay_out(release, table, codes)
                yield from _files(release, table, canvas, suffix)


def _levels(table: PublishedTable, geography: Geography) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The innermost places, then every level above the total whose places all have a shape."""
    dim = next(d for d in table.dims if d.name == geography.dimension)
    known = set(geography.shapes["code"])
    leaves = tuple(dim.codes[i] for i in dim.leaves if dim.codes[i] in known)
    if leaves:
        yield "", leaves
    for depth in range(1, int(dim.depth.max(initial=0))):
        level = [dim.codes[i] for i in dim.inner if dim.depth[i] == depth]
        if level and known.issuperset(level):
            yield f"_level{depth}", tuple(level)


def _files(
    release: Release, table: PublishedTable, canvas: Canvas, suffix: str
) -> Iterator[tuple[str, bytes]]:
    stem = f"data/maps/{safe_name(table.name)}"
    for name, picture in _pictures(release, table, canvas):
        yield f"{stem}{name}{suffix}.png", picture.png
        yield f"{stem}{name}{suffix}.pdf", picture.pdf


def _pictures(
    release: Release, table: PublishedTable, canvas: Canvas
) -> Iterator[tuple[str, Picture]]:
    yield "", draw_map(release, table, canvas, {})


def draw_map(
    release: Release, table: PublishedTable, canvas: Canvas, chosen: dict[str, str]
) -> Picture:
    """One map page; ``chosen`` names the class of a dimension, all others are at their total."""
    value, state = column(release, table, canvas.codes, chosen)
    breaks = round_breaks(value[state == State.SHOWN])
    inks = class_inks(len(breaks) + 1)
    facts = Facts(
        info=release.info,
        title=_title(release, table, chosen),
        unit=unit(release, table),
        crs=crs_words(canvas.epsg),
        place=canvas.centre,
        per_metre=canvas.per_metre,
        breaks=breaks,
        inks=inks,
        merged=canvas.merged,
        water=bool(canvas.water),
        inside=_inside(release, table),
    )
    sheet = Sheet(*PAGE)
    swatches = furnish(sheet, facts)
    sheet.box(*FRAME, width=0.7, color=GREY)
    page = np.zeros((round(PAGE[1] * MM), round(PAGE[0] * MM)), dtype=np.uint8)
    overlay = sheet.pixels()
    _paste(page, fill(canvas.index, _classes(value, state, breaks, canvas.water)), FRAME[:2])
    for (x, y, w, h), ink in swatches:
        _paste(page, np.full((round(h * MM), round(w * MM)), ink, dtype=np.uint8), (x, y))
    _over(overlay, canvas.overlay, FRAME[:2])
    return compose(textured(page), overlay)


def column(
    release: Release, table: PublishedTable, codes: tuple[str, ...], chosen: dict[str, str]
) -> tuple[IntArray, IntArray]:
    """Printed numbers and states of some places for one combination of classes."""
    where = release.geographic_dimension(table)
    axis = next(i for i, d in enumerate(table.dims) if d.name == where)
    dim = table.dims[axis]
    rows = np.array([dim.position(c) for c in codes], dtype=np.int64)
    place: list[Any] = [
        d.position(chosen[d.name]) if d.name in chosen else d.root for d in table.dims
    ]
    place[axis] = rows
    factor, _ = scale(table)
    return table.value[tuple(place)] * factor, table.state[tuple(place)]


def _classes(value: IntArray, state: IntArray, breaks: tuple[int, ...], water: int) -> IntArray:
    """Palette position of every place; anything that is not printed looks hidden."""
    shown = (state == State.SHOWN) | (state == State.ZERO)
    inks = np.array(class_inks(len(breaks) + 1), dtype=np.int64) - FIRST_CLASS
    found = np.where(shown, inks[classify(value, breaks)], HIDDEN)
    return np.concatenate([found, np.full(water, WATER, dtype=np.int64)])


def lay_out(
    release: Release,
    table: PublishedTable,
    codes: tuple[str, ...],
    *,
    size: tuple[float, float] = (FRAME[2], FRAME[3]),
    names: bool = True,
) -> Canvas:
    """Project, scale and rasterise places once for all maps of a table.

    Raises InputError where a shape or a CRS is missing.
    """
    where = str(release.geographic_dimension(table))
    geography = release.geographies[where]
    shapes = geography.shapes
    if shapes.crs is None:
        raise InputError(
            "座標参照系がありません", "published places need a CRS", code="crs-missing"
        )
    mine = shapes.set_index("code").loc[list(codes)]
    west, south, east, north = gpd.GeoSeries(mine.geometry).to_crs(4326).total_bounds
    lon, lat = float(west + east) / 2, float(south + north) / 2
    epsg = plane_epsg(release.info.municipality, lon, lat)
    metres = mine.geometry.to_crs(epsg)
    per_metre, place = _fit(metres.total_bounds, size)
    put = [shapely.transform(g, place) for g in metres]
    lakes = [] if geography.water is None else list(geography.water.geometry.to_crs(epsg))
    water = [shapely.transform(g, place) for g in lakes]
    paths = [outline(g) for g in (*put, *water)]
    dim = next(d for d in table.dims if d.name == where)
    merged = {c for c, m in marks(merges_of(release, dim), geography.kind).items() if m.gassan}
    tags = {c: short_code(c, geography.kind) for c in codes if c in merged}
    titles = dict(zip(codes, mine["name"].astype(str), strict=True))
    named = titles if names and geography.kind == "areas" else {}
    overlay = _lines(dict(zip(codes, put, strict=True)), tags, named, size)
    index = paint_index(paths, *size)
    return Canvas(codes, index, overlay, len(water), per_metre, epsg, (lon, lat), bool(tags))


def _fit(bounds: Any, size: tuple[float, float]) -> tuple[float, Any]:
    """Scale in mm a metre, and the function that puts metres on the frame (y downwards)."""
    west, south, east, north = (float(b) for b in bounds)
    room = size[0] - 2 * _MARGIN, size[1] - 2 * _MARGIN
    scale_ = min(room[0] / max(east - west, 1.0), room[1] / max(north - south, 1.0))
    left = (size[0] - (east - west) * scale_) / 2
    top = (size[1] - (north - south) * scale_) / 2

    def place(xy: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        return np.column_stack(
            [(xy[:, 0] - west) * scale_ + left, (north - xy[:, 1]) * scale_ + top]
        )

    return scale_, place


def _lines(
    put: Mapping[str, BaseGeometry],
    tags: Mapping[str, str],
    names: Mapping[str, str],
    size: tuple[float, float],
) -> Pixels:
    """Borders, merged areas with their new codes, and names where they fit."""
    sheet = Sheet(*size)
    thin = 0.35 if len(put) < 1500 else 0.2
    sheet.outlines([outline(g) for g in put.values()], width=thin, color="#5c5c5c")
    thick = [outline(put[c]) for c in tags]
    sheet.outlines(thick, width=3.0, color="white", zorder=3)
    sheet.outlines(thick, width=1.5, color=ACCENT, zorder=4)
    wishes = [Wish(text, put[c], True) for c, text in tags.items()]
    wishes += [Wish(text, put[c], False) for c, text in names.items() if c not in tags]
    new = set(tags.values())

    def measure(text: str) -> tuple[float, float]:
        return sheet.measure(text, _MERGED_SIZE if text in new else _NAME_SIZE)

    middle: dict[str, Any] = {"ha": "center", "va": "center"}
    for label in place_labels(wishes, measure, (1.0, 1.0, size[0] - 1.0, size[1] - 1.0)):
        at = (label.x, label.y)
        if label.text not in new:
            sheet.text(*at, label.text, size=_NAME_SIZE, color=DARK, halo=1.4, zorder=5, **middle)
            continue
        if label.anchor is not None:
            sheet.line([label.anchor, at], width=0.7, color=ACCENT, zorder=5)
        box = {"boxstyle": "round,pad=0.15", "fc": "white", "ec": ACCENT, "lw": 0.6}
        look: dict[str, Any] = {"color": ACCENT, "bbox": box, "zorder": 6, **middle}
        sheet.text(*at, label.text, size=_MERGED_SIZE, **look)
    return sheet.pixels()


def _title(release: Release, table: PublishedTable, chosen: dict[str, str]) -> Words:
    """The table's title and the class that is shown."""
    ja, en = table_title(release, table)
    where = release.geographic_dimension(table)
    classes = [d for d in table.dims if d.name != where]
    if not classes:
        return ja, en
    picked = [d.labels[d.position(chosen[d.name])] for d in classes if d.name in chosen]
    text = "・".join(picked) if picked else "総数"
    return f"{ja}: {text}", f"{en}: {text if picked else 'total'}"


def _inside(release: Release, table: PublishedTable) -> Words:
    where = str(release.geographic_dimension(table))
    return words(release, where)


def _paste(page: Pixels, part: Pixels, corner: tuple[float, float]) -> None:
    x, y = round(corner[0] * MM), round(corner[1] * MM)
    page[y : y + part.shape[0], x : x + part.shape[1]] = part


def _over(page: Pixels, part: Pixels, corner: tuple[float, float]) -> None:
    """Lay one RGBA part over an RGBA page where the part is not transparent."""
    x, y = round(corner[0] * MM), round(corner[1] * MM)
    under = page[y : y + part.shape[0], x : x + part.shape[1]]
    inked = part[..., 3] > 0
    under[inked] = part[inked]
