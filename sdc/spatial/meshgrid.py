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


def lines_reached(degrees: FloatArray, half_units: int, grid: Level, decimals: int) -> IntArray:
    """How many lines of a level, counted from 0 degrees, each coordinate has reached. O(n).

    With q the coordinate in units of its last decimal, line k stands at ``k size / (2 half_units)``
    degrees and is reached when that is at most ``(q + 1/2) / 10^decimals``.

    >>> from sdc.spatial.meshcode import LEVELS
    >>> lines_reached(np.array([36.0, 35.99999999]), UNITS_LAT // 2, LEVELS["80km"], 8).tolist()
    [54, 53]
    """
    reach = round_degrees(degrees, decimals)
    reach *= 2
    reach += 1
    reach *= half_units
    reach //= grid.size * 10**decimals
    return reach


def round_degrees(degrees: FloatArray, decimals: int) -> IntArray:
    """Each coordinate in units of its last decimal, half to even; no coordinate becomes -1 degree.

    >>> round_degrees(np.array([0.1, np.nan]), 8).tolist()
    [10000000, -100000000]
    """
    scale = 10.0**decimals
    with np.errstate(over="ignore", invalid="ignore"):
        scaled = degrees * scale
        whole = np.rint(scaled)
        # doubles round monotonically: only a product that shows exactly one half can be misrounded
        half = np.flatnonzero(np.abs(scaled - whole) == 0.5)
    if len(half):
        whole[half] = _round_exactly(degrees[half], scaled[half], decimals)
    largest = 400.0 * scale
    if not np.abs(whole).max(initial=0.0) < largest:
        whole = np.where(np.abs(whole) < largest, whole, -scale)
    return np.asarray(whole.astype(np.int64))


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
