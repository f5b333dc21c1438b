"""Which records may not be counted at all: at home, at a sensitive place, on a certain day, too few?

Every function answers with a mask (n,): True is kept. Distances are geodesic on GRS80 and the edge
belongs to the circle.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from decimal import Decimal

import numpy as np
import pandas as pd

from sdc.microdata.kanonymity import persons_in
from sdc.microdata.values import parse_number, trim
from sdc.model.hierarchy import IntArray
from sdc.model.system import BoolArray, FloatArray


def objected(person: pd.Series, opted_out: Collection[str]) -> BoolArray:
    """Without the records of persons who have said no; before anything else is done."""
    return np.asarray(~person.isin(set(opted_out)), dtype=bool)


def away_from_home(place: pd.Series, home: pd.Series) -> BoolArray:
    """Without the records that lie in the mesh cell where their person lives.

    >>> away_from_home(pd.Series(["533946004", "533946111"]), pd.Series(["533946004"] * 2)).tolist()
    [False, True]
    """
    return np.asarray(place.to_numpy() != home.to_numpy(), dtype=bool)


def not_living_in(home: pd.Series, areas: Collection[str]) -> BoolArray:
    """Without any record of persons whose home begins with one of the areas' codes or names."""
    return np.asarray(~home.str.startswith(tuple(sorted(areas))), dtype=bool)


def within(
    lon: FloatArray, lat: FloatArray, points: Sequence[tuple[float, float]], *, metres: float
) -> BoolArray:
    """Whether each position lies at most ``metres`` from one of the points (lon, lat); O(n x points).

    >>> here = np.array([139.7454]), np.array([35.6585])
    >>> bool(within(*here, [(139.7454, 35.6630)], metres=500)[0])
    True
    """
    from pyproj import Geod

    ellipsoid = Geod(ellps="GRS80")
    near = np.zeros(len(lon), dtype=bool)
    for x, y in points:
        # a degree of latitude is at least 110 km: skip what cannot be near
        close = np.flatnonzero(np.abs(lat - y) <= metres / 110_000)
        distance = ellipsoid.inv(
            lon[close], lat[close], np.full(len(close), x), np.full(len(close), y)
        )[2]
        near[close[np.asarray(distance) <= metres]] = True
    return near


def not_on(day: pd.Series, days: Collection[str], at: BoolArray | None = None) -> BoolArray:
    """Without the records of certain days, or only those of them where ``at`` (n,) holds."""
    hit = np.asarray(day.isin(set(days)), dtype=bool)
    return ~(hit if at is None else hit & at)


def at_least_records(person: IntArray, least: int) -> BoolArray:
    """Without the persons of fewer than ``least`` records."""
    _, number, size = np.unique(person, return_inverse=True, return_counts=True)
    return np.asarray(size[number] >= least, dtype=bool)


def at_most_records(person: IntArray, most: int) -> BoolArray:
    """Without the persons of more than ``most`` records, who stand out by their number."""
    _, number, size = np.unique(person, return_inverse=True, return_counts=True)
    return np.asarray(size[number] <= most, dtype=bool)


def at_least_persons(group: IntArray, person: IntArray, least: int) -> BoolArray:
    """Without the groups of fewer than ``least`` persons ("fewer than 5 are deleted": least 5).

    >>> rows = np.repeat([0, 1], [4, 5])
    >>> at_least_persons(rows, np.arange(9), 5).tolist() == [False] * 4 + [True] * 5
    True
    """
    return np.asarray(persons_in(group, person) >= least, dtype=bool)


def under(values: pd.Series, limit: Decimal | int) -> BoolArray:
    """Without the records of ``limit`` or more (everybody of 90 and over, extreme consumption).

    What is no number is kept: the step that reads the column refuses it. O(n + u).

    >>> under(pd.Series(["89", "90"]), 90).tolist()
    [True, False]
    """
    number, texts = pd.factorize(values.astype(object).fillna(""), use_na_sentinel=False)
    parsed = [parse_number(trim(str(t))) for t in texts]
    small = np.array([isinstance(v, str) or v < limit for v in parsed], dtype=bool)
    return np.asarray(small[number], dtype=bool)
