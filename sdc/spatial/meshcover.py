"""Which cells of the mesh does a place touch, and what do cells look like as polygons?"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from sdc.errors import InputError
from sdc.messages import Text
from sdc.spatial.meshcode import (
    LEVELS,
    SOUTH,
    UNITS_LAT,
    UNITS_LON,
    WEST,
    IntArray,
    Level,
    TextArray,
    level_of,
    number_of,
    place_of,
    read,
    spell,
)
from sdc.spatial.meshgrid import CRS, Bounds, edges, round_degrees

if TYPE_CHECKING:
    import geopandas as gpd

Geometries = npt.NDArray[np.object_]

_DECIMALS = 8
_PAIRS = 1 << 20
"""Cells tested at once: bounds the memory of a cover."""
_STRIDES = ("80km", "10km", "1km", "500m", "250m")


def polygons(codes: Any, level: str) -> gpd.GeoDataFrame:
    """Cells as rectangles: columns code and geometry, EPSG:6668, in the order given.

    Cells that meet have identical corners. Raises InputError for impossible codes. O(n).

    >>> polygons(["53393599"], "1km").total_bounds.tolist()
    [139.7375, 35.65833333333333, 139.75, 35.666666666666664]
    """
    import geopandas as gpd

    grid = level_of(level)
    number = read(codes, grid).ravel()
    row, column, _ = place_of(number, grid)
    return gpd.GeoDataFrame(
        {"code": spell(number, grid).astype(object)},
        geometry=rectangles(row, column, grid),
        crs=CRS,
    )


def rectangles(row: IntArray, column: IntArray, grid: Level) -> Geometries:
    """Cells by row and column as shapely polygons."""
    import shapely

    south, west, north, east = edges(row, column, grid)
    return np.asarray(shapely.box(west, south, east, north), dtype=object)


def cover(place: Any, level: str) -> TextArray:
    """The codes of all cells that a place touches, in code order.

    ``place`` is (south, west, north, east) in degrees, a shapely geometry in longitude and latitude
    of EPSG:6668, or a GeoSeries or GeoDataFrame of any CRS. Bounds and polygons count with their
    inside: a cell that only touches an edge does not belong to the cover, so a cell's own bounds
    are covered by that cell alone. Lines and points count with every cell that they touch.

    Raises InputError for a place outside Japan's range, empty, or without a CRS. Coarse cells that
    lie wholly inside are not looked into: O(cells on the boundary x log vertices + cells).

    >>> cover((35.658, 139.737, 35.660, 139.739), "1km").tolist()
    ['53393588', '53393589', '53393598', '53393599']
    """
    grid = level_of(level)
    if isinstance(place, tuple | list) or (isinstance(place, np.ndarray) and place.shape == (4,)):
        south, west, north, east = (float(edge) for edge in place)
        row, column = _rows_and_columns(Bounds(south, west, north, east), grid)
        return spell(np.sort(number_of(row, column, grid)), grid)
    found = cover_each(_geometries(place), grid)[1]
    return spell(np.unique(found), grid)


def cover_each(places: Geometries, grid: Level) -> tuple[IntArray, IntArray]:
    """Pairs (position of the geometry, code as a number) of geometries in EPSG:6668 and cells.

    Works down from 80 km cells: a cell properly inside stands for all that it holds, one on the
    boundary is divided again.
    """
    import shapely

    shapely.prepare(places)
    chain = [LEVELS[name] for name in _STRIDES if grid.nests_in(LEVELS[name])]
    chain = [coarse for coarse in chain if coarse.size > grid.size] + [grid]
    area = shapely.get_dimensions(places) == 2
    bounds = shapely.bounds(places)
    which, row, column = _first_cells(_reach(bounds, chain[0]))
    done: list[tuple[IntArray, IntArray, IntArray]] = []
    for coarse, fine in pairwise(chain):
        inside, edge = _sort_out(places, (which, row, column), coarse)
        done.append(
            _divide(which[inside], row[inside], column[inside], ratio=coarse.size // grid.size)
        )
        ratio = coarse.size // fine.size
        which, row, column = _divide(which[edge], row[edge], column[edge], ratio=ratio)
        south, west, north, east = _reach(bounds, fine)[:, which]
        near = (row >= south) & (row < north) & (column >= west) & (column < east)
        which, row, column = which[near], row[near], column[near]
    inside, edge = _sort_out(places, (which, row, column), grid)
    keep = inside.copy()
    for part in _parts(np.flatnonzero(edge)):
        boxes = rectangles(row[part], column[part], grid)
        geometry = places[which[part]]
        keep[part] = ~area[which[part]] | ~shapely.touches(geometry, boxes)
    done.append((which[keep], row[keep], column[keep]))
    which, row, column = (np.concatenate(part) for part in zip(*done, strict=True))
    return which, number_of(row, column, grid)


def _sort_out(
    places: Geometries, cells: tuple[IntArray, IntArray, IntArray], grid: Level
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Which cells lie properly inside their geometry, and which others touch it."""
    import shapely

    which, row, column = cells
    inside, touched = np.zeros((2, len(which)), dtype=bool)
    for part in _parts(np.arange(len(which))):
        boxes = rectangles(row[part], column[part], grid)
        inside[part] = shapely.contains_properly(places[which[part]], boxes)
        touched[part] = shapely.intersects(places[which[part]], boxes)
    return inside, touched & ~inside


def _parts(positions: IntArray) -> Iterator[IntArray]:
    for start in range(0, len(positions), _PAIRS):
        yield positions[start : start + _PAIRS]


def _divide(
    which: IntArray, row: IntArray, column: IntArray, *, ratio: int
) -> tuple[IntArray, IntArray, IntArray]:
    """The ratio x ratio finer cells of each cell."""
    down, across = np.divmod(np.arange(ratio * ratio, dtype=np.int64), ratio)
    return (
        np.repeat(which, ratio * ratio),
        (row[:, None] * ratio + down).ravel(),
        (column[:, None] * ratio + across).ravel(),
    )


def _first_cells(reach: IntArray) -> tuple[IntArray, IntArray, IntArray]:
    """Every cell of a level that a geometry's bounds reach."""
    south, west, north, east = reach
    high, wide = north - south, east - west
    which = np.repeat(np.arange(len(south)), high * wide)
    place = np.arange(len(which)) - np.repeat(np.cumsum(high * wide) - high * wide, high * wide)
    return which, south[which] + place // wide[which], west[which] + place % wide[which]


def _reach(bounds: npt.NDArray[np.float64], grid: Level) -> IntArray:
    """(4, n) first row, first column, end of rows, end of columns that each geometry touches."""
    south, north = _spans(bounds[:, 1], bounds[:, 3], units=UNITS_LAT, grid=grid)
    west, east = _spans(bounds[:, 0], bounds[:, 2], units=UNITS_LON, grid=grid)
    south, north = south - SOUTH * UNITS_LAT // grid.size, north - SOUTH * UNITS_LAT // grid.size
    west, east = west - WEST * UNITS_LON // grid.size, east - WEST * UNITS_LON // grid.size
    rows, columns = grid.shape
    if (south < 0).any() or (west < 0).any() or (north > rows).any() or (east > columns).any():
        raise _outside()
    # one cell more on each side: edges that coincide with a line touch both neighbours
    low = np.maximum(south - 1, 0), np.maximum(west - 1, 0)
    return np.array([*low, np.minimum(north + 1, rows), np.minimum(east + 1, columns)])


def _rows_and_columns(bounds: Bounds, grid: Level) -> tuple[IntArray, IntArray]:
    """Every cell whose inside the bounds reach."""
    south, west, north, east = (np.array([edge]) for edge in bounds)
    if not (south[0] <= north[0] and west[0] <= east[0]):
        raise InputError(
            Text("bounds are south, west, north, east with south <= north and west <= east"),
            code="mesh-bounds",
        )
    first, last = _spans(south, north, units=UNITS_LAT, grid=grid)
    left, right = _spans(west, east, units=UNITS_LON, grid=grid)
    row = np.arange(first[0], last[0]) - SOUTH * UNITS_LAT // grid.size
    column = np.arange(left[0], right[0]) - WEST * UNITS_LON // grid.size
    rows, columns = grid.shape
    if row[0] < 0 or row[-1] >= rows or column[0] < 0 or column[-1] >= columns:
        raise _outside()
    return np.repeat(row, len(column)), np.tile(column, len(row))


def _spans(
    low: npt.NDArray[np.float64], high: npt.NDArray[np.float64], *, units: int, grid: Level
) -> tuple[IntArray, IntArray]:
    """First line reached by the low end, and the line before which the cells end (at least one)."""
    scale = grid.size * 10**_DECIMALS
    first = (2 * round_degrees(low, _DECIMALS) + 1) * (units // 2) // scale
    end = -((1 - 2 * round_degrees(high, _DECIMALS)) * (units // 2) // scale)
    return first, np.maximum(end, first + 1)


def _geometries(place: Any) -> Geometries:
    """Geometries in EPSG:6668, none of them empty."""
    import shapely

    crs = getattr(place, "crs", None)
    if hasattr(place, "geometry") and hasattr(place, "to_crs"):
        if crs is None:
            raise InputError(
                Text("the geometry has no CRS: set one"),
                code="crs-missing",
            )
        place = place.geometry.to_crs(CRS).to_numpy()
    found = np.atleast_1d(np.asarray(place, dtype=object))
    found = found[~(shapely.is_missing(found) | shapely.is_empty(found))]
    if not len(found):
        raise InputError(Text("the geometry is empty"), code="geometry-empty")
    valid = shapely.is_valid(found)
    return np.asarray(np.where(valid, found, shapely.make_valid(found)), dtype=object)


def _outside() -> InputError:
    return InputError(
        Text(
            "the place leaves the range of Japan's mesh (20-46 N, 122-154 E): check "
            "CRS and axis order"
        ),
        code="mesh-point",
    )
