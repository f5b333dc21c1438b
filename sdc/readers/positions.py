"""Does every record have a usable position in Japan, and if not, what is wrong with it?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from sdc.model.system import BoolArray, FloatArray
from sdc.readers.crs import parse_crs
from sdc.readers.problems import Problems
from sdc.readers.textfile import TextTable

LATITUDES = (20.0, 46.0)
LONGITUDES = (122.0, 154.0)
"""Where Japan lies, in degrees; the bounds belong to it."""

UNPLACED = ("refuse", "keep")

_DECIMAL = r"[+-]?[0-9]+(\.[0-9]+)?"
_MISSING = ("", "nan", "null", "none", "na", "n/a", "#n/a", "-", "－", "不明")


@dataclass(frozen=True, eq=False)
class Positions:
    """Coordinates (n,) with the words by which findings name them.

    ``missing`` (n,) marks records without coordinates, which may be kept; ``wrong`` (n,) those
    already told. ``columns`` are the names for x and y, or one name for a geometry.
    """

    x: FloatArray
    y: FloatArray
    missing: BoolArray
    wrong: BoolArray
    columns: tuple[str, ...]
    first_row: int = 2

    def text(self, i: int) -> str:
        """The position of a record as a message shows it."""
        return f"{self.x[i]:.10g}, {self.y[i]:.10g}"


def positions_of_columns(table: TextTable, names: tuple[str, str], problems: Problems) -> Positions:
    """Parse two columns of plain decimal numbers, strictly; what is blank is missing; O(n).

    Blanks around a number are taken away; nothing else is repaired. Columns that are stored as
    floating-point numbers are taken as they are.
    """
    values: list[FloatArray] = []
    missing = np.zeros(len(table), dtype=bool)
    wrong = np.zeros(len(table), dtype=bool)
    for name in names:
        if pd.api.types.is_float_dtype(table.frame[name]):
            number = table.frame[name].to_numpy(dtype=np.float64)
            missing |= np.isnan(number)
            values.append(number)
            continue
        text = table.frame[name].str.strip()
        plain = text.str.fullmatch(_DECIMAL).to_numpy(dtype=bool)
        blank = text.str.lower().isin(_MISSING).to_numpy(dtype=bool)
        number = np.full(len(table), np.nan)
        number[plain] = [float(t) for t in text[plain]]
        for i in np.flatnonzero(~plain & ~blank):
            row, value = table.first_row + int(i), str(table.frame[name].iloc[int(i)])
            problems.add("position-syntax", row=row, column=name, value=value)
        missing |= blank
        wrong |= ~plain & ~blank
        values.append(number)
    return Positions(values[0], values[1], missing & ~wrong, wrong, names, table.first_row)


def check_positions(
    at: Positions, crs: str, problems: Problems, *, unplaced: str = "refuse"
) -> tuple[FloatArray, FloatArray]:
    """Note every position that is missing, 0,0, swapped or outside Japan; O(n).

    With ``unplaced="keep"`` records without a position, 0,0 included, come back as NaN instead of
    as findings. A problem that all records share is told once: it is the file's or the call's.
    """
    if parse_crs(crs, problems).is_geographic and bool(in_japan(at.x, at.y).all()):
        return at.x, at.y
    no_place = at.missing | ((at.x == 0) & (at.y == 0) & ~at.wrong)
    if unplaced == "refuse":
        _tell("position-missing", at.missing, at, problems=problems)
        _tell("position-zero", no_place & ~at.missing, at, problems=problems)
    seen = ~no_place & ~at.wrong
    x = np.where(seen, at.x, np.nan)
    y = np.where(seen, at.y, np.nan)
    if seen.any():
        _check_extent(x, y, seen, crs=crs, at=at, problems=problems)
    return x, y


def _check_extent(
    x: FloatArray, y: FloatArray, seen: BoolArray, *, crs: str, at: Positions, problems: Problems
) -> None:
    """Unit, axis order and extent of the positions that were given."""
    system = parse_crs(crs, problems)
    first = int(np.flatnonzero(seen)[0])
    degrees = in_japan(x, y) | in_japan(y, x)
    words: dict[str, Any] = {
        "row": at.first_row + first, "column": ", ".join(at.columns), "value": at.text(first),
        "alike": int(seen.sum()),
    }  # fmt: skip
    if not system.is_geographic and degrees[seen].all():
        problems.add("crs-degrees", **words)
        return
    if system.is_geographic and (np.abs(x[seen]) > 360).all():
        problems.add("crs-metres", **words)
        return
    lon, lat = to_degrees(x, y, crs)
    other_lon, other_lat = to_degrees(y, x, crs)
    inside, other_inside = in_japan(lon, lat), in_japan(other_lon, other_lat)
    swapped = seen & ~inside & other_inside
    use = system.area_of_use
    if use is not None and not system.is_geographic:
        box = {"xs": (use.west, use.east), "ys": (use.south, use.north)}
        odd = seen & ~within(lon, lat, **box) & within(other_lon, other_lat, **box)
        # One record just over the edge of its zone is no news; all of them are.
        swapped |= odd if odd[seen].all() else False
    _tell("position-swapped", swapped, at, problems=problems)
    _tell("position-outside", seen & ~inside & ~swapped, at, problems=problems)


def to_degrees(x: FloatArray, y: FloatArray, crs: str) -> tuple[FloatArray, FloatArray]:
    """Longitude and latitude; infinite where a position cannot be expressed in them."""
    from pyproj import CRS, Transformer

    system = CRS.from_user_input(crs)
    if system.is_geographic:
        return x, y
    change = Transformer.from_crs(system, system.geodetic_crs, always_xy=True)
    lon, lat = change.transform(x, y)
    return np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)


def in_japan(lon: FloatArray, lat: FloatArray) -> BoolArray:
    """(n,) whether positions lie between 20-46 N and 122-154 E.

    >>> in_japan(np.array([139.7, 0.0]), np.array([35.7, 0.0])).tolist()
    [True, False]
    """
    return within(lon, lat, xs=LONGITUDES, ys=LATITUDES)


def within(
    x: FloatArray, y: FloatArray, *, xs: tuple[float, float], ys: tuple[float, float]
) -> BoolArray:
    """(n,) whether positions lie in a rectangle; False for NaN."""
    inside = (x >= xs[0]) & (x <= xs[1]) & (y >= ys[0]) & (y <= ys[1])
    return np.asarray(inside, dtype=bool)


def _tell(code: str, where: BoolArray, at: Positions, *, problems: Problems) -> None:
    """One finding a record, or one for all of them."""
    hits = np.flatnonzero(where)
    everywhere = len(hits) > 1 and len(hits) == len(at.x)
    for i in hits[:1] if everywhere else hits:
        value = "" if code == "position-missing" else at.text(int(i))
        column = ", ".join(at.columns)
        alike = len(hits) if everywhere else 0
        row = at.first_row + int(i)
        problems.add(code, row=row, column=column, value=value, alike=alike)
