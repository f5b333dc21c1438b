"""Which areas of one geography share ground with which areas of another?

Two geographies of the same records (small areas and mesh cells, say) meet in *atoms*: the pieces of
ground that lie in one area of each. Whoever protects both needs to know which atoms exist.
"""

from __future__ import annotations

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
_BLOCK = 1 << 16


def intersections(
    a: Areas,
    b: Areas,
    *,
    min_area: float = MIN_AREA,
    observed: tuple[Any, Any] | None = None,
) -> pd.DataFrame:
    """Pairs of areas of two geographies that share more than ``min_area`` square metres.

    Columns ``i`` (position in ``a.shapes``), ``j`` (in ``b.shapes``), ``area`` (m²) and
    ``observed``, ordered by i and j. ``observed`` = (i, j) are pairs in which records have been
    found: they are always listed, even where the ground they share is smaller (a point on a border,
    a border drawn a little differently); pairs with -1, a record outside one geography, are not
    pairs. Shapes are cut in the CRS of the mesh where one is a mesh, else in that of ``a``, and
    measured in the plane-rectangular one.

    Raises InputError for a negative ``min_area`` and observed positions outside the areas.
    O((n + pairs) log n x vertices).

    >>> from sdc.spatial.areas import mesh_areas
    >>> fine = mesh_areas(["500m"], within=(35.6584, 139.7376, 35.666, 139.749))
    >>> coarse = mesh_areas(["1km"], within=(35.6584, 139.7376, 35.666, 139.749))
    >>> found = intersections(fine, coarse)
    >>> found[["i", "j"]].to_numpy().tolist(), found["area"].round(-3).tolist()[:1]
    ([[0, 0], [1, 0], [2, 0], [3, 0]], [262000.0])
    """
    if not min_area >= 0:
        raise InputError(Text("min_area must not be negative"), code="overlay-limit")
    flip = bool(b.level) and not a.level
    first, second = (b, a) if flip else (a, b)
    i, j, area = _cut(first, second)
    if flip:
        i, j = j, i
    seen = _observed(observed, len(a), len(b))
    keep = area > min_area
    pair = np.concatenate([i[keep] * len(b) + j[keep], seen])
    pairs = np.unique(pair)
    measured = pd.Series(area, index=i * len(b) + j).reindex(pairs, fill_value=0.0)
    return pd.DataFrame(
        {
            "i": pairs // len(b),
            "j": pairs % len(b),
            "area": measured.to_numpy(),
            "observed": np.isin(pairs, seen),
        }
    )


def _cut(first: Areas, second: Areas) -> tuple[IntArray, IntArray, FloatArray]:
    """Pairs whose shapes meet and the surface that they share, in square metres."""
    one = first.geometry
    same = second.shapes.geometry.to_crs(first.shapes.crs)
    two = np.asarray(same.to_numpy(), dtype=object)
    two = np.where(shapely.is_valid(two), two, shapely.make_valid(two))
    j, i = shapely.STRtree(one).query(two, predicate="intersects")
    order = np.lexsort((j, i))
    i, j = i[order].astype(np.int64), j[order].astype(np.int64)
    to_metres = transformer(first.shapes.crs, first.plane)
    area = np.empty(len(i))
    for start in range(0, len(i), _BLOCK):
        part = slice(start, start + _BLOCK)
        area[part] = _shared(one[i[part]], two[j[part]], level=first.level, to_metres=to_metres)
    return i, j, area


def _shared(one: Geometries, two: Geometries, *, level: str, to_metres: Any) -> FloatArray:
    """Surface of each intersection; cells that lie wholly inside are not cut."""
    shapely.prepare(two)
    inside = shapely.contains_properly(two, one)
    pieces = one.copy()
    cut = np.flatnonzero(~inside)
    if level:
        for k, (west, south, east, north) in zip(cut, shapely.bounds(one[cut]), strict=True):
            pieces[k] = shapely.clip_by_rect(two[k], west, south, east, north)
    else:
        pieces[cut] = shapely.intersection(one[cut], two[cut])
    if to_metres is not None:
        pieces = shapely.transform(pieces, lambda xy: np.column_stack(to_metres(tuple(xy.T))))
    return np.asarray(shapely.area(pieces), dtype=np.float64)


def _observed(observed: tuple[Any, Any] | None, n: int, m: int) -> IntArray:
    """Observed pairs as i * m + j, each once."""
    if observed is None:
        return np.empty(0, dtype=np.int64)
    i, j = (np.asarray(side, dtype=np.int64) for side in observed)
    if i.shape != j.shape:
        raise InputError(Text("observed pairs differ in length"))
    if len(i) and (max(i.max() - n, j.max() - m) >= 0 or min(i.min(), j.min()) < -1):
        raise InputError(
            Text("an observed pair names an area that does not exist"),
            code="overlay-observed",
        )
    both = (i >= 0) & (j >= 0)
    return np.unique(i[both] * m + j[both])
