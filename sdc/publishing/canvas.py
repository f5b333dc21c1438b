"""Where on the paper does every published place lie, and which lines and names go with it?"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry.base import BaseGeometry

from sdc.model.hierarchy import Hierarchy
from sdc.model.release import Release
from sdc.publishing.labels import Form, Label, Wish, name_forms, place_labels
from sdc.publishing.marks import marks, merges_of, short_code
from sdc.publishing.places import plane_of, shapes_of
from sdc.publishing.raster import Layer, layer
from sdc.publishing.sheet import ACCENT, DARK, POINT, Sheet, outline, paint_index, text_size

Size = tuple[float, float]

_MERGED_SIZE = 6.5
_NAME_SIZES = (5.5, 9.0)  # names of small and of large places, points
_SMALLER, _LEAST, _LEADING = (1.0, 0.87, 0.7), 4.8, 1.2
_BORDER = "#5c5c5c"


@dataclass(frozen=True, eq=False)
class Canvas:
    """The places of one geography at one level, laid out on a field of the page.

    ``index`` (h, w) tells for each pixel which place covers it (1-based; ``water`` bodies come
    after the places, 0 is nothing), ``lines`` holds borders and names, ``per_metre`` the
    millimetres of paper a metre, ``centre`` longitude and latitude, ``tagged`` whether the codes of
    merged areas are written.
    """

    codes: tuple[str, ...]
    index: npt.NDArray[np.int64]
    lines: Layer
    water: int
    per_metre: float
    epsg: int
    centre: tuple[float, float]
    merged: bool
    tagged: bool


def lay_out(
    release: Release,
    dim: Hierarchy,
    codes: tuple[str, ...],
    *,
    size: Size,
    margin: float = 5.0,
    detail: bool = True,
) -> Canvas:
    """Project, scale and rasterise the places ``codes`` of a geographic dimension.

    ``size`` is the field's width and height in mm. Without ``detail`` (small multiples) there
    are no names, and lines are thinner. Raises InputError where a shape or a CRS is missing.
    """
    geography = release.geographies[dim.name]
    mine = shapes_of(geography, dim, codes)
    west, south, east, north = mine.to_crs(4326).total_bounds
    lon, lat = float(west + east) / 2, float(south + north) / 2
    epsg = plane_of(release.info.municipality, mine)
    metres = mine.geometry.to_crs(epsg)
    per_metre, place = _fit(metres.total_bounds, size, margin)
    put = {c: shapely.transform(g, place) for c, g in zip(codes, metres, strict=True)}
    lakes = [] if geography.water is None else list(geography.water.geometry.to_crs(epsg))
    water = [outline(shapely.transform(g, place)) for g in lakes]
    absorbed = {c for c, m in marks(merges_of(release, dim), geography.kind).items() if m.gassan}
    tags = {c: short_code(c, geography.kind) for c in codes if c in absorbed}
    names = dict(zip(codes, mine["name"].astype(str), strict=True))
    shown = names if detail and geography.kind == "areas" else {}
    lines = _lines(put, tags, shown, size) if detail else _thin_lines(put, tags, size)
    index = paint_index([*map(outline, put.values()), *water], *size)
    return Canvas(codes, index, lines, len(water), per_metre, epsg, (lon, lat), bool(tags), detail)


def _fit(bounds: Any, size: Size, margin: float) -> tuple[float, Callable[[Any], Any]]:
    """Scale in mm a metre, and the function that puts metres on the field (y downwards)."""
    west, south, east, north = (float(b) for b in bounds)
    room = size[0] - 2 * margin, size[1] - 2 * margin
    scale = min(room[0] / max(east - west, 1.0), room[1] / max(north - south, 1.0))
    left = (size[0] - (east - west) * scale) / 2
    top = (size[1] - (north - south) * scale) / 2

    def place(xy: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        return np.column_stack([(xy[:, 0] - west) * scale + left, (north - xy[:, 1]) * scale + top])

    return scale, place


def _thin_lines(put: Mapping[str, BaseGeometry], tags: Mapping[str, str], size: Size) -> Layer:
    """Borders for a small field, merged areas in the accent colour."""
    sheet = Sheet(*size)
    sheet.outlines([outline(g) for g in put.values()], width=0.15, color=_BORDER)
    sheet.outlines([outline(put[c]) for c in tags], width=0.7, color=ACCENT, zorder=3)
    return layer(sheet.pixels())


def _lines(
    put: Mapping[str, BaseGeometry], tags: Mapping[str, str], names: Mapping[str, str], size: Size
) -> Layer:
    """Borders, merged areas with their new codes, and names where they fit."""
    sheet = Sheet(*size)
    thin = 0.35 if len(put) < 1500 else 0.2
    sheet.outlines([outline(g) for g in put.values()], width=thin, color=_BORDER)
    thick = [outline(put[c]) for c in tags]
    sheet.outlines(thick, width=3.0, color="white", zorder=3)
    sheet.outlines(thick, width=1.5, color=ACCENT, zorder=4)
    sizes = _sizes(list(put.values()))
    wishes = [Wish((Form((text,), _MERGED_SIZE),), put[c], True) for c, text in tags.items()]
    wishes += [
        Wish(name_forms(text, sizes), put[c], False) for c, text in names.items() if c not in tags
    ]
    new = set(tags.values())
    field = (1.0, 1.0, size[0] - 1.0, size[1] - 1.0)
    for label in place_labels(wishes, _measure, field):
        (_tag if label.form.lines[0] in new else _name)(sheet, label)
    return layer(sheet.pixels())


def _sizes(shapes: list[BaseGeometry]) -> list[float]:
    """Sizes of names in points, by the size of the places; the smaller ones for tight places."""
    side = float(np.sqrt(shapely.area(shapes).mean()))
    size = min(max(side / 2, _NAME_SIZES[0]), _NAME_SIZES[1])
    return sorted({max(size * part, _LEAST) for part in _SMALLER}, reverse=True)


def _measure(form: Form) -> tuple[float, float]:
    """Width and height of a name in millimetres."""
    wide, high = zip(*[text_size(line, form.size) for line in form.lines], strict=True)
    return max(wide), max(high) + (len(form.lines) - 1) * form.size * POINT * _LEADING


def _name(sheet: Sheet, label: Label) -> None:
    """The name of a place, its lines one below the other."""
    size, lines = label.form.size, label.form.lines
    step = size * POINT * _LEADING
    top = label.y - (len(lines) - 1) * step / 2
    look: dict[str, Any] = {"color": DARK, "halo": 1.8, "zorder": 5, "ha": "center", "va": "center"}
    for number, line in enumerate(lines):
        sheet.text(label.x, top + number * step, line, size=size, **look)


def _tag(sheet: Sheet, label: Label) -> None:
    """The code of a merged area, with a line to it where it had to stand aside."""
    at = (label.x, label.y)
    if label.anchor is not None:
        sheet.line([label.anchor, at], width=0.7, color=ACCENT, zorder=5)
    box = {"boxstyle": "round,pad=0.15", "fc": "white", "ec": ACCENT, "lw": 0.6}
    look: dict[str, Any] = {"color": ACCENT, "bbox": box, "zorder": 6, "ha": "center"}
    sheet.text(*at, label.form.lines[0], size=label.form.size, va="center", **look)
