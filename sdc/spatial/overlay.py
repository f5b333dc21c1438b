"""Which areas of several geographies share ground with one another?

Geographies of the same records (small areas, mesh cells, school districts) meet in *atoms*: the pieces
of ground that lie in one area of each. Whoever protects all of them needs to know which atoms exist.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from sdc.errors import InputError
from sdc.messages import Text
from sdc.spatial.areas import Areas
from sdc.spatial.locate import transformer

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]
Geometries = npt.NDArray[np.object_]

MIN_AREA = 1.0
LETTERS = "ijklmnopqrstuvwxyz"
"""Columns of atoms: the position in the first geography, in the second, and so on."""
_BLOCK = 1 << 16


def intersections(
    *geographies: Areas,
    min_area: float = MIN_AREA,
    observed: Sequence[Any] | None = None,
) -> pd.DataFrame:
    """Atoms of two or more geographies: one area of each, that share more than ``min_area`` m².

    Columns ``i`` (position in the shapes of the first), ``j`` (in those of the second), ``k`` … for
    further ones, ``area`` (m²) and ``observed``, ordered by position. Areas that meet two by two and
    share no common ground are no atom. ``observed`` = (i, j, …) are places where records have been
    found: they are always listed, even where the ground they share is smaller (a point on a border,
    a border drawn a little differently); those with -1, a record outside one geography, are not.
    Shapes are cut in the CRS of the mesh where one is a mesh, else in that of the first, and
    measured in the plane-rectangular one.

    Raises InputError for a negative ``min_area`` and observed positions outside the areas.
    O((n + atoms) log n x vertices) for each geography after the first.

    >>> from sdc.spatial.areas import mesh_areas
    >>> fine = mesh_areas(["500m"], within=(35.6584, 139.7376, 35.666, 139.749))
    >>> coarse = mesh_areas(["1km"], within=(35.6584, 139.7376, 35.666, 139.749))
    >>> found = intersections(fine, coarse)
    >>> found[["i", "j"]].to_numpy().tolist(), found["area"].round(-3).tolist()[:1]
    ([[0, 0], [1, 0], [2, 0], [3, 0]], [262000.0])
    """
    if not min_area >= 0:
        raise InputError(Text("min_area must not be negative"), code="overlay-limit")
    sizes = [len(g) for g in geographies]
    seen = _observed(observed, sizes)
    order = sorted(range(len(geographies)), key=lambda n: (not geographies[n].level, n))
    cut, area = _cut([geographies[n] for n in order])
    every = np.concatenate([cut[:, np.argsort(order)], seen])
    atoms, first, which = np.unique(every, axis=0, return_index=True, return_inverse=True)
    marked = np.zeros(len(atoms), dtype=bool)
    marked[which.ravel()[len(cut) :]] = True
    measured = np.concatenate([area, np.zeros(len(seen))])[first]
    columns = {name: atoms[:, n] for n, name in enumerate(LETTERS[: len(sizes)])}
    found = pd.DataFrame({**columns, "area": measured, "observed": marked})
    return found[marked | (measured > min_area)].reset_index(drop=True)


def _cut(geographies: Sequence[Areas]) -> tuple[IntArray, FloatArray]:
    """Positions (r, geographies) whose shapes share ground, and how much, in square metres.

    The shapes of the first are cut by those of the second, the pieces by those of the third …
    """
    first = geographies[0]
    to_metres = transformer(first.shapes.crs, first.plane)
    pieces, level = first.geometry, first.level
    at = np.arange(len(first), dtype=np.int64)[:, None]
    area = np.zeros(len(first))
    for other in geographies[1:]:
        same = other.shapes.geometry.to_crs(first.shapes.crs)
        shapes = sound(np.asarray(same.to_numpy(), dtype=object))
        j, i = shapely.STRtree(pieces).query(shapes, predicate="intersects")
        order = np.lexsort((j, i))
        i, j = i[order].astype(np.int64), j[order].astype(np.int64)
        area = np.empty(len(i))
        shared = np.empty(len(i), dtype=object)
        for start in range(0, len(i), _BLOCK):
            part = slice(start, start + _BLOCK)
            shared[part] = _shared(pieces[i[part]], shapes[j[part]], level=level)
            area[part] = _surface(shared[part], to_metres)
        keep = area > 0
        at = np.column_stack([at[i[keep]], j[keep]])
        area = area[keep]
        if other is not geographies[-1]:
            pieces, level = sound(shared[keep]), ""
    return at, area


def sound(shapes: Geometries) -> Geometries:
    """Valid shapes, of surfaces alone: lines and points where borders touch are no ground."""
    shapes = np.where(shapely.is_valid(shapes), shapes, shapely.make_valid(shapes))
    for n in np.flatnonzero(shapely.get_type_id(shapes) == shapely.GeometryType.GEOMETRYCOLLECTION):
        parts = shapely.get_parts(shapes[n])
        shapes[n] = shapely.union_all(parts[shapely.get_dimensions(parts) == 2])
    return shapes


def _shared(one: Geometries, two: Geometries, *, level: str) -> Geometries:
    """Each intersection; shapes that lie wholly inside, as cells mostly do, are not cut."""
    shapely.prepare(two)
    inside = shapely.contains_properly(two, one)
    pieces = one.copy()
    cut = np.flatnonzero(~inside)
    if level:
        for k, (west, south, east, north) in zip(cut, shapely.bounds(one[cut]), strict=True):
            pieces[k] = shapely.clip_by_rect(two[k], west, south, east, north)
    else:
        pieces[cut] = shapely.intersection(one[cut], two[cut])
    return pieces


def _surface(shapes: Geometries, to_metres: Any) -> FloatArray:
    """Square metres."""
    if to_metres is not None:
        shapes = shapely.transform(shapes, lambda xy: np.column_stack(to_metres(tuple(xy.T))))
    return np.asarray(shapely.area(shapes), dtype=np.float64)


def _observed(observed: Sequence[Any] | None, sizes: Sequence[int]) -> IntArray:
    """Observed positions (r, geographies), each once."""
    if observed is None:
        return np.empty((0, len(sizes)), dtype=np.int64)
    sides = [np.asarray(side, dtype=np.int64) for side in observed]
    if len({side.shape for side in sides}) > 1 or len(sides) != len(sizes):
        raise InputError(Text("observed pairs differ in length"))
    found = np.stack(sides, axis=1)
    if ((found >= np.array(sizes)) | (found < -1)).any():
        raise InputError(
            Text("an observed pair names an area that does not exist"),
            code="overlay-observed",
        )
    return np.unique(found[(found >= 0).all(axis=1)], axis=0)
