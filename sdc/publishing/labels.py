"""Where can names stand on a map without touching each other?

Places are decided by geometry and code order alone, never by a number: a label's place tells
nothing.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

Extent = tuple[float, float, float, float]


@dataclass(frozen=True)
class Form:
    """One way to set a name: its lines, and their size in points."""

    lines: tuple[str, ...]
    size: float


Measure = Callable[[Form], tuple[float, float]]


@dataclass(frozen=True)
class Label:
    """Text centred at (x, y); ``anchor`` is the place meant where the label had to stand aside."""

    form: Form
    x: float
    y: float
    width: float
    height: float
    anchor: tuple[float, float] | None = None

    @property
    def extent(self) -> Extent:
        """Left, top, right, bottom."""
        w, h = self.width / 2, self.height / 2
        return self.x - w, self.y - h, self.x + w, self.y + h


@dataclass(frozen=True)
class Wish:
    """A name that belongs to a shape, best form first; ``must`` ones may stand aside."""

    forms: tuple[Form, ...]
    shape: BaseGeometry
    must: bool


# みほん本町 | １丁目 and 沖ノ原字 | 大道添: where a name may be broken without hurting it
_DIGIT = "0-9０-９〇一二三四五六七八九十百"
_BREAK = re.compile(rf"(.*[^{_DIGIT}])([{_DIGIT}]+(?:丁目|番地?))|(.+字)(.+)")


def name_forms(name: str, sizes: Sequence[float]) -> tuple[Form, ...]:
    """How a name may be set, best first: large before small, on one line before on two.

    >>> [form.lines for form in name_forms("沖ノ原字大道添", [5.5])]
    [('沖ノ原字大道添',), ('沖ノ原字', '大道添')]
    >>> [form.lines for form in name_forms("三番町二丁目", [5.5])][1]
    ('三番町', '二丁目')
    """
    broken = _BREAK.fullmatch(name)
    parts = tuple(part for part in broken.groups() if part) if broken else ()
    ways = [(name,), *([parts] if parts else [])]
    return tuple(Form(lines, size) for size in sizes for lines in ways)


_RINGS = (3.0, 5.0, 7.5, 10.5, 14.0, 18.0, 24.0)
_DIRECTIONS = 16
_TRIES = 13


def place_labels(
    wishes: Sequence[Wish], measure: Measure, frame: Extent, *, gap: float = 0.35
) -> list[Label]:
    """Labels that neither overlap nor leave the frame, in the order of the wishes.

    A wish that is not ``must`` is dropped where none of its forms fits into its own shape. One
    that is stands in its shape where it can, else on the nearest free spot around it with a
    leader line; it is dropped only where the whole neighbourhood is taken. O(labels squared) in
    the worst case.
    """
    placed: list[Label] = []
    for wish in wishes:
        at = _inside(wish.shape)
        sizes = {}
        for form in wish.forms:
            width, height = measure(form)
            sizes[form] = width + 2 * gap, height + 2 * gap
        roomy = (
            label
            for form in wish.forms
            for label in _fitting(wish.shape, form, at, sizes[form])
            if _free(label, placed, frame)
        )
        found = next(roomy, None)
        first = wish.forms[0]
        middle = Label(first, *at, *sizes[first])
        if found is not None:
            placed.append(found)
        elif wish.must and _free(middle, placed, frame):
            placed.append(middle)
        elif wish.must:
            placed += _aside(middle, placed, frame)
    return placed


def _inside(shape: BaseGeometry) -> tuple[float, float]:
    """The middle of the largest circle inside: farther from the edges than the centroid may be."""
    point = shapely.maximum_inscribed_circle(shape, tolerance=0.2).coords[0]
    return float(point[0]), float(point[1])


def _fitting(
    shape: BaseGeometry, form: Form, middle: tuple[float, float], size: tuple[float, float]
) -> list[Label]:
    """Labels that lie wholly inside the shape, those next to its middle first."""
    left, top, right, bottom = shape.bounds
    w, h = size[0] / 2, size[1] / 2
    if right - left < size[0] or bottom - top < size[1]:
        return []
    xs = np.append(np.linspace(left + w, right - w, _TRIES), middle[0])
    ys = np.append(np.linspace(top + h, bottom - h, _TRIES), middle[1])
    grid_x, grid_y = (a.ravel() for a in np.meshgrid(xs, ys))
    order = np.lexsort((grid_x, grid_y, np.hypot(grid_x - middle[0], grid_y - middle[1])))
    x, y = grid_x[order], grid_y[order]
    shapely.prepare(shape)
    inside = shapely.contains(shape, shapely.box(x - w, y - h, x + w, y + h))
    return [
        Label(form, float(a), float(b), *size) for a, b in zip(x[inside], y[inside], strict=True)
    ]


def _free(label: Label, placed: Sequence[Label], frame: Extent) -> bool:
    left, top, right, bottom = label.extent
    if left < frame[0] or top < frame[1] or right > frame[2] or bottom > frame[3]:
        return False
    return not any(
        left < o[2] and right > o[0] and top < o[3] and bottom > o[1]
        for o in (other.extent for other in placed)
    )


def _aside(middle: Label, placed: Sequence[Label], frame: Extent) -> list[Label]:
    anchor, size = (middle.x, middle.y), (middle.width, middle.height)
    for radius in _RINGS:
        for step in range(_DIRECTIONS):
            angle = 2 * math.pi * step / _DIRECTIONS
            x = anchor[0] + (radius + size[0] / 2) * math.cos(angle)
            y = anchor[1] + radius * math.sin(angle)
            label = Label(middle.form, x, y, *size, anchor=anchor)
            if _free(label, placed, frame):
                return [label]
    return []
