"""Which line of the mesh has a coordinate reached, and where do the edges of a cell stand?"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from sdc.spatial.meshcode import (
    SOUTH,
    UNITS_LAT,
    UNITS_LON,
    WEST,
    IntArray,
    Level,
)

FloatArray = npt.NDArray[np.float64]

CRS = "EPSG:6668"
"""JGD2011, longitude and latitude: the datum in which the mesh is drawn."""


class Bounds(NamedTuple):
    """Edges of a cell in degrees: numbers for one code, arrays for several."""

    south: Any
    west: Any
    north: Any
    east: Any


def edges(row: IntArray, column: IntArray, grid: Level) -> Bounds:
    """Edges of cells by row and column (n,): one correctly rounded division each. O(n)."""
    south, west = SOUTH * UNITS_LAT + row * grid.size, WEST * UNITS_LON + column * grid.size
    return Bounds(
        south / UNITS_LAT,
        west / UNITS_LON,
        (south + grid.size) / UNITS_LAT,
        (west + grid.size) / UNITS_LON,
    )


class Axis(NamedTuple):
    """One direction of the mesh: units a degree, and the degree where Japan's range begins."""

    units: int
    first: int


LATITUDE, LONGITUDE = Axis(UNITS_LAT, SOUTH), Axis(UNITS_LON, WEST)


def lines_reached(degrees: FloatArray, axis: Axis, grid: Level, *, decimals: int) -> FloatArray:
    """How far each coordinate lies in the range, in cells: the whole part is its row or column.

    With q the coordinate in units of its last decimal, line k stands at ``k size / units`` degrees
    and is reached when that is at most ``(q + 1/2) / 10^decimals``. All numbers are whole and below
    2^53, so doubles hold them exactly; the one division rounds correctly, and a quotient that is
    not whole is more than fifty times its rounding error away from the next whole number, so its
    whole part is that of the exact quotient. NaN stays NaN. O(n).

    >>> from sdc.spatial.meshcode import LEVELS
    >>> place = np.array([36.0, 35.99999999])
    >>> lines_reached(place, LATITUDE, LEVELS["80km"], decimals=8).astype(int).tolist()
    [24, 23]
    """
    scale = 10**decimals
    place = _round(degrees, decimals)
    with np.errstate(over="ignore"):
        place *= axis.units
    place += axis.units // 2 - axis.first * axis.units * scale
    place /= grid.size * scale
    return place


def round_degrees(degrees: FloatArray, decimals: int) -> IntArray:
    """Each coordinate in units of its last decimal, half to even; no coordinate becomes -1 degree.

    >>> round_degrees(np.array([0.1, np.nan]), 8).tolist()
    [10000000, -100000000]
    """
    whole = _round(degrees, decimals)
    largest = 400.0 * 10.0**decimals
    return np.where(np.abs(whole) < largest, whole, -(10.0**decimals)).astype(np.int64)


def _round(degrees: FloatArray, decimals: int) -> FloatArray:
    """The exact product with 10^decimals, rounded half to even."""
    with np.errstate(over="ignore", invalid="ignore"):
        scaled = degrees * 10.0**decimals
        whole = np.rint(scaled)
        scaled -= whole
        np.abs(scaled, out=scaled)
    # doubles round monotonically: only a product that shows exactly one half can be misrounded
    if not scaled.max(initial=0.0) < 0.5:
        half = np.flatnonzero(scaled == 0.5)
        whole[half] = _round_exactly(degrees[half], degrees[half] * 10.0**decimals, decimals)
    return whole


def _round_exactly(degrees: FloatArray, scaled: FloatArray, decimals: int) -> FloatArray:
    """The exact product rounded, where the rounded product ends in one half.

    The error of the product comes from splitting the factor in two halves of 26 bits (Veltkamp,
    Dekker 1971); 10^decimals has at most 21 significant bits, so both partial products are exact.
    """
    scale = 10.0**decimals
    spread = degrees * 134217729.0
    high = spread - (spread - degrees)
    error = (high * scale - scaled) + (degrees - high) * scale
    tie = np.rint(scaled)
    return np.where(error > 0, np.ceil(scaled), np.where(error < 0, np.floor(scaled), tie))
