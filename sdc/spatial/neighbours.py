"""Which areas share a border, how long is it, and which area is nearest to an island?

A border is shared where two outlines run along each other, closer than a tolerance. Where they match
vertex by vertex, as in a clean coverage, it is found by sorting the edges; what is left is compared
edge by edge, so that shifted vertices, T-junctions and hairline slits do not hide a neighbour. A
corner has no length and makes no neighbours. All lengths are metres in the plane-rectangular CRS.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from sdc.errors import InputError
from sdc.messages import Text
from sdc.spatial.areas import Areas
from sdc.spatial.coverage import SLIVER

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

MIN_LENGTH = 1.0
BARRIER_WIDTH = 20.0


class _Sides(NamedTuple):
    """Edges of outlines: from ``a`` (n, 2) to ``b`` (n, 2) in metres, and the area of each."""

    a: FloatArray
    b: FloatArray
    owner: IntArray


class _Contacts(NamedTuple):
    """Pieces of border from ``a`` to ``b`` that areas ``i`` < ``j`` share."""

    i: IntArray
    j: IntArray
    a: FloatArray
    b: FloatArray


def neighbours(
    areas: Areas,
    *,
    min_length: float = MIN_LENGTH,
    tolerance: float = SLIVER,
    barriers: gpd.GeoDataFrame | None = None,
    barrier_width: float = BARRIER_WIDTH,
) -> pd.DataFrame:
    """Pairs of areas that share a border longer than ``min_length`` metres.

    Columns ``i`` < ``j`` (positions in ``areas.shapes``) and ``length`` (metres), in order. Outlines
    closer than ``tolerance`` metres run along each other. A border within ``barrier_width`` metres
    of a line of ``barriers`` (river, railway; any CRS) does not count.

    Raises InputError for limits that are negative and barriers without a CRS.
    O(edges log edges).

    >>> from sdc.spatial.areas import make_areas
    >>> boxes = [shapely.box(0, 0, 9, 9), shapely.box(9, 0, 18, 9), shapely.box(18, 9, 27, 18)]
    >>> gdf = gpd.GeoDataFrame({"id": ["a", "b", "c"]}, geometry=boxes, crs="EPSG:6677")
    >>> neighbours(make_areas(gdf, dimension="area", code="id")).to_numpy().tolist()
    [[0.0, 1.0, 9.0]]
    """
    if not (min_length >= 0 and tolerance >= 0 and barrier_width >= 0):
        raise InputError(
            Text("min_length, tolerance and barrier_width must not be negative"),
            code="neighbours-limit",
        )
    contacts = _contacts(areas, tolerance)
    length = np.hypot(*(contacts.b - contacts.a).T)
    if barriers is not None:
        length = _unbarred(contacts, length, _barrier_zone(barriers, areas.plane, barrier_width))
    pair = contacts.i * len(areas) + contacts.j
    pairs, where = np.unique(pair, return_inverse=True)
    total = np.bincount(where, weights=length, minlength=len(pairs))
    keep = total > min_length
    i, j = np.divmod(pairs[keep], len(areas))
    return pd.DataFrame({"i": i, "j": j, "length": total[keep]})


def islands(areas: Areas, pairs: pd.DataFrame) -> IntArray:
    """Positions of the areas that have no neighbour among ``pairs``, ascending.

    >>> from sdc.spatial.areas import mesh_areas
    >>> cells = mesh_areas(["1km"], within=(35.658, 139.737, 35.660, 139.739))
    >>> islands(cells, neighbours(cells)).tolist()
    []
    """
    met = np.zeros(len(areas), dtype=bool)
    met[pairs["i"].to_numpy()] = True
    met[pairs["j"].to_numpy()] = True
    return np.flatnonzero(~met).astype(np.int64)


def nearest(
    areas: Areas, positions: Sequence[int] | IntArray, *, groups: IntArray | None = None
) -> pd.DataFrame:
    """For each of some areas the nearest other one; of several the one with the lowest code.

    With ``groups`` (n,), one number an area, the nearest area of another group: say connected
    components, so that a group of islands finds the mainland. Columns ``i``, ``j`` and ``distance``
    (metres between the outlines), in the order asked for; areas that have no other are left out.
    O(positions log n), and a tree more for every group asked for.

    >>> from sdc.spatial.areas import make_areas
    >>> boxes = [shapely.box(0, 0, 9, 9), shapely.box(9, 0, 18, 9), shapely.box(20, 0, 30, 9)]
    >>> gdf = gpd.GeoDataFrame({"id": ["a", "b", "c"]}, geometry=boxes, crs="EPSG:6677")
    >>> nearest(make_areas(gdf, dimension="area", code="id"), [2]).to_numpy().tolist()
    [[2.0, 1.0, 2.0]]
    """
    geometry = areas.planar
    label = np.arange(len(areas)) if groups is None else np.asarray(groups)
    found: dict[int, tuple[int, float]] = {}
    asked = np.asarray(positions, dtype=np.int64)
    for group in np.unique(label[asked]):
        mine = asked[label[asked] == group]
        others = np.flatnonzero(label != group)
        if not len(others):
            continue
        tree = shapely.STRtree(geometry[others])
        (which, other), distance = tree.query_nearest(geometry[mine], return_distance=True)
        for k, target, apart in zip(which, others[other], distance, strict=True):
            best = found.get(int(mine[k]))
            if best is None or target < best[0]:
                found[int(mine[k])] = (int(target), float(apart))
    rows = [(int(i), *found[int(i)]) for i in asked if int(i) in found]
    return pd.DataFrame(rows, columns=["i", "j", "distance"])


def distances(areas: Areas, i: IntArray, j: IntArray) -> FloatArray:
    """Metres between the outlines of pairs of areas, 0 where they meet. O(pairs x vertices)."""
    return np.asarray(shapely.distance(areas.planar[i], areas.planar[j]), dtype=np.float64)


def _contacts(areas: Areas, tolerance: float) -> _Contacts:
    """All pieces of common border."""
    sides, key = _sides(areas)
    order = np.lexsort(key)
    same = np.zeros(len(order), dtype=bool)
    same[1:] = (key[:, order][:, 1:] == key[:, order][:, :-1]).all(axis=0)
    twin = np.flatnonzero(same)
    first, second = order[twin - 1], order[twin]
    apart = sides.owner[first] != sides.owner[second]
    first, second = first[apart], second[apart]
    alone = np.ones(len(order), dtype=bool)
    alone[first] = alone[second] = False
    rest = _Sides(sides.a[alone], sides.b[alone], sides.owner[alone])
    low = np.minimum(sides.owner[first], sides.owner[second])
    high = np.maximum(sides.owner[first], sides.owner[second])
    exact = _Contacts(low, high, sides.a[first], sides.b[first])
    close = _alongside(rest, tolerance)
    parts = (np.concatenate(both) for both in zip(exact, close, strict=True))
    return _Contacts(*parts)


def _sides(areas: Areas) -> tuple[_Sides, IntArray]:
    """Every edge once an area, and a key (4, n) that equal edges of two areas share.

    Edges are compared in the CRS of the source, rounded to a tenth of a millimetre.
    """
    geometry = areas.geometry
    rings, part = shapely.get_rings(shapely.get_parts(geometry), return_index=True)
    owner = np.repeat(np.arange(len(geometry)), shapely.get_num_geometries(geometry))[part]
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    flat = shapely.get_coordinates(
        shapely.get_rings(shapely.get_parts(areas.planar))
    )  # projected vertex by vertex, so in the same order
    scale = 1e4 if areas.shapes.crs.is_projected else 1e9
    grid = np.rint(xy * scale).astype(np.int64)
    start = np.flatnonzero(ring[1:] == ring[:-1])
    one, two = grid[start], grid[start + 1]
    swap = (one[:, 0] > two[:, 0]) | ((one[:, 0] == two[:, 0]) & (one[:, 1] > two[:, 1]))
    key = np.where(swap[:, None], np.hstack([two, one]), np.hstack([one, two])).T
    long = (one != two).any(axis=1)
    sides = _Sides(flat[start][long], flat[start + 1][long], owner[ring[start]][long])
    return sides, np.ascontiguousarray(key[:, long])


def _alongside(sides: _Sides, tolerance: float) -> _Contacts:
    """Pieces where edges of two areas run along each other at most ``tolerance`` apart."""
    lines = shapely.linestrings(np.stack([sides.a, sides.b], axis=1))
    reach = max(tolerance, 1e-6)
    one, two = shapely.STRtree(lines).query(lines, predicate="dwithin", distance=reach)
    wanted = sides.owner[one] < sides.owner[two]
    one, two = one[wanted], two[wanted]
    a, b = sides.a[one], sides.b[one]
    along = b - a
    length = np.hypot(*along.T)
    unit = along / length[:, None]
    # ends of the other edge, along the first one and across it
    ends = [sides.a[two] - a, sides.b[two] - a]
    t = np.array([(end * unit).sum(axis=1) for end in ends])
    d = np.array([unit[:, 0] * end[:, 1] - unit[:, 1] * end[:, 0] for end in ends])
    low, high = np.maximum(t.min(axis=0), 0), np.minimum(t.max(axis=0), length)
    # the distance across is linear along the edge: keep the stretch where it is small enough
    rise = np.divide(d[1] - d[0], t[1] - t[0], out=np.full(len(one), np.inf), where=t[0] != t[1])
    with np.errstate(invalid="ignore", divide="ignore"):
        stops = np.sort([t[0] + (s * reach - d[0]) / rise for s in (-1, 1)], axis=0)
    level = rise == 0
    low = np.where(level, low, np.maximum(low, stops[0]))
    high = np.where(level, high, np.minimum(high, stops[1]))
    keep = (high > low) & (~level | (np.abs(d[0]) <= reach)) & np.isfinite(rise)
    start, end = (a[keep] + unit[keep] * s[keep, None] for s in (low, high))
    return _Contacts(sides.owner[one[keep]], sides.owner[two[keep]], start, end)


def _barrier_zone(barriers: gpd.GeoDataFrame, plane: str, width: float) -> shapely.Geometry:
    if barriers.crs is None:
        raise InputError(Text("the barriers have no CRS"), code="crs-missing")
    lines = barriers.geometry.to_crs(plane).to_numpy()
    return shapely.union_all(shapely.buffer(lines, width))


def _unbarred(contacts: _Contacts, length: FloatArray, zone: shapely.Geometry) -> FloatArray:
    """Length of each piece of border outside the zone of the barriers."""
    shapely.prepare(zone)
    lines = shapely.linestrings(np.stack([contacts.a, contacts.b], axis=1))
    touched = np.flatnonzero(shapely.intersects(zone, lines))
    free = length.copy()
    free[touched] = shapely.length(shapely.difference(lines[touched], zone))
    return free
