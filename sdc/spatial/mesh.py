"""In which cell of the Japanese standard mesh (JIS X 0410) does a point lie, and where is a cell?

**Edge rule.** South and west edges belong to the cell, north and east edges to its neighbours.

**Snap rule.** A double cannot hold most mesh lines, and a CSV cuts them to some decimals. So a
coordinate is first rounded to ``decimals`` places of a degree (8 unless told otherwise: about
1 mm), exactly and half to even; it then stands for all numbers that round to it. It has reached a
line when one of these has: a line at most half a unit of the last place to the north or east counts
as reached. What follows is whole-number arithmetic, exact in doubles. Hence a point on a line lies
in the cell north or east of it, whether it comes as a double or from a text with 8 decimals, and
writing coordinates with 8 decimals never changes a code. For fewer decimals say how many there are.

Ten digits are a 250 m or a 100 m code: the level is always named, never guessed from the code.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from sdc.errors import Finding, InputError
from sdc.messages import Text
from sdc.spatial.meshcode import (
    EAST,
    LEVELS,
    MAX_FINDINGS,
    NORTH,
    SOUTH,
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
from sdc.spatial.meshcover import cover, polygons
from sdc.spatial.meshgrid import (
    CRS,
    LATITUDE,
    LONGITUDE,
    Bounds,
    FloatArray,
    edges,
    lines_reached,
)

__all__ = [
    "CRS",
    "LEVELS",
    "Bounds",
    "children",
    "cover",
    "decode",
    "encode",
    "encode_numbers",
    "infer_level",
    "neighbours",
    "nests",
    "numbers",
    "parent",
    "polygons",
    "texts",
]

_BLOCK = 1 << 15


def encode(
    lat: Any, lon: Any, level: str, *, decimals: int = 8, outside: str = "error"
) -> TextArray:
    """The code of the cell in which each point lies, as text.

    ``lat`` and ``lon`` are degrees (n,) of JGD2011; one point may come as two numbers, the answer
    is always an array (n,). ``outside="mark"`` gives points without a cell the empty text.

    Raises InputError for an unknown level, for points that are NaN or outside 20-46 N, 122-154 E
    (each with its position), for lengths that differ. O(n). Source: JIS X 0410.

    >>> [str(encode(35.658581, 139.745433, level)[0]) for level in ("80km", "2km", "1km", "250m")]
    ['5339', '533935885', '53393599', '5339359921']
    """
    return spell(
        encode_numbers(lat, lon, level, decimals=decimals, outside=outside), level_of(level)
    )


def encode_numbers(
    lat: Any, lon: Any, level: str, *, decimals: int = 8, outside: str = "error"
) -> IntArray:
    """The same codes as int64 numbers, for large data; ``outside="mark"`` gives -1.

    A code never begins with 0, so nothing is lost; `texts` spells them. 10 million points take
    about a tenth of a second and no memory beyond the answer.

    >>> encode_numbers([35.658581, 34.65], [139.745433, 133.9125], "1km").tolist()
    [53393599, 51337783]
    """
    grid = level_of(level)
    _check_options(decimals, outside)
    north, east = _floats(lat), _floats(lon)
    if north.shape != east.shape:
        raise InputError(
            Text("{size} latitudes but {size2} longitudes", size=north.size, size2=east.size),
            code="mesh-length",
        )
    out = np.empty(len(north), dtype=np.int64)
    for part, row, column in _places(north, east, grid, decimals=decimals):
        out[part] = number_of(row, column, grid)
        if row.min() < 0:
            out[part][row < 0] = -1
    if outside == "error" and len(out) and out.min() < 0:
        raise _outside(north, east, np.flatnonzero(out < 0))
    return out


def numbers(codes: Any, level: str) -> IntArray:
    """Codes as numbers from codes as text, every one checked. O(n).

    Raises InputError for codes that are not text or name no cell of the level.

    >>> numbers(["53393599"], "1km").tolist()
    [53393599]
    """
    return read(codes, level_of(level))


def texts(codes: Any, level: str) -> TextArray:
    """Codes as text from codes as numbers; -1 becomes the empty text. O(n).

    >>> texts([53393599, -1], "1km").tolist()
    ['53393599', '']
    """
    return spell(np.asarray(codes, dtype=np.int64), level_of(level))


def decode(code: Any, level: str) -> Bounds:
    """South, west, north and east edge in degrees: numbers for one code, arrays (n,) for several.

    Each edge is the double nearest to the true line, and cells that meet share it bit by bit.
    Raises InputError for impossible codes. O(n).

    >>> decode("523536804", "500m")
    Bounds(south=34.9875, west=135.75625, north=34.99166666666667, east=135.7625)
    """
    grid = level_of(level)
    row, column, _ = place_of(read(code, grid), grid)
    bounds = edges(row, column, grid)
    return Bounds(*(float(edge) for edge in bounds)) if np.ndim(code) == 0 else bounds


def nests(level: str, within: str) -> bool:
    """Whether every cell of a level lies in exactly one cell of the other.

    >>> nests("100m", "500m"), nests("100m", "250m"), nests("2km", "5km")
    (True, False, False)
    """
    return level_of(level).nests_in(level_of(within))


def parent(code: Any, level: str, to: str) -> Any:
    """The code of the coarser cell that holds each cell: text for one code, an array for several.

    Raises InputError where the levels do not nest (100 m in 250 m, 2 km in 5 km).

    >>> parent("53393599212", "125m", "2km")
    '533935885'
    """
    fine, coarse = level_of(level), level_of(to)
    ratio = fine.ratio_to(coarse)
    row, column, _ = place_of(read(code, fine), fine)
    above = spell(number_of(row // ratio, column // ratio, coarse), coarse)
    return str(above) if np.ndim(code) == 0 else above


def children(code: Any, level: str, to: str) -> TextArray:
    """The codes of the finer cells in each cell, in code order: (k,), or (n, k) for several.

    >>> children("53393599", "1km", "500m").tolist()
    ['533935991', '533935992', '533935993', '533935994']
    """
    coarse, fine = level_of(level), level_of(to)
    ratio = fine.ratio_to(coarse)
    row, column, _ = place_of(read(code, coarse), coarse)
    down, across = np.divmod(np.arange(ratio * ratio), ratio)
    below = number_of(row[..., None] * ratio + down, column[..., None] * ratio + across, fine)
    return spell(np.sort(below, axis=-1), fine)


def neighbours(code: str, level: str, *, corners: bool = False) -> TextArray:
    """The codes of the cells that share an edge (or, on demand, a corner), in code order.

    Cells outside Japan's range are left out.

    >>> neighbours("53393599", "1km").tolist()
    ['53393589', '53393598', '53393690', '53394509']
    """
    grid = level_of(level)
    row, column, _ = place_of(read(code, grid), grid)
    down, across = np.arange(9) // 3 - 1, np.arange(9) % 3 - 1
    reach = np.abs(down) + np.abs(across)
    near = (reach == 1) | (corners & (reach == 2))
    row, column = row + down[near], column + across[near]
    rows, columns = grid.shape
    inside = (row >= 0) & (row < rows) & (column >= 0) & (column < columns)
    return spell(np.sort(number_of(row[inside], column[inside], grid)), grid)


def infer_level(code: str) -> str:
    """The level of a code where its digits tell it.

    Nine digits are 2 km when they end in 5, else 500 m. Ten digits are 250 m or 100 m and cannot be
    told apart: InputError, as for any code that names no cell.

    >>> infer_level("533935885"), infer_level("533935992")
    ('2km', '500m')
    """
    fitting = [
        grid for grid in LEVELS.values() if isinstance(code, str) and grid.digits == len(code)
    ]
    if len(code) == 9 if isinstance(code, str) else False:
        fitting = [grid for grid in fitting if (grid.name == "2km") == code.endswith("5")]
    if len(fitting) > 1:
        raise InputError(
            Text("the ten digits of {code!r} may be 250 m or 100 m: name the level", code=code),
            code="mesh-level-ambiguous",
        )
    if not fitting:
        raise InputError(
            Text("{code!r} has the length of no mesh code", code=code),
            code="mesh-code",
        )
    read(code, fitting[0])
    return fitting[0].name


def _places(
    lat: FloatArray, lon: FloatArray, grid: Level, *, decimals: int
) -> Iterator[tuple[slice, IntArray, IntArray]]:
    """Block by block: where it stands, its rows and its columns, -1 where there is no cell."""
    rows, columns = grid.shape
    for start in range(0, len(lat), _BLOCK):
        part = slice(start, start + _BLOCK)
        row = lines_reached(lat[part], LATITUDE, grid, decimals=decimals)
        column = lines_reached(lon[part], LONGITUDE, grid, decimals=decimals)
        if not (
            row.min() >= 0 and row.max() < rows and column.min() >= 0 and column.max() < columns
        ):
            found = (row >= 0) & (row < rows) & (column >= 0) & (column < columns)
            row[~found], column[~found] = -1, -1
        yield part, row.astype(np.int64), column.astype(np.int64)


def _floats(values: Any) -> FloatArray:
    try:
        return np.atleast_1d(np.asarray(values, dtype=np.float64))
    except (TypeError, ValueError):
        raise InputError(Text("latitude and longitude are numbers"), code="mesh-point") from None


def _check_options(decimals: int, outside: str) -> None:
    if decimals not in range(5, 10):
        raise InputError(
            Text("decimals is 5 to 9; found {decimals}", decimals=decimals),
            code="mesh-decimals",
        )
    if outside not in ("error", "mark"):
        raise InputError(
            Text("outside is error or mark; found {outside!r}", outside=outside),
            code="mesh-outside",
        )


def _outside(lat: FloatArray, lon: FloatArray, positions: IntArray) -> InputError:
    must = Text(
        "a point lies within {SOUTH}-{NORTH} N, {WEST}-{EAST} E",
        SOUTH=SOUTH,
        NORTH=NORTH,
        WEST=WEST,
        EAST=EAST,
    )
    swapped = Text("latitude and longitude are swapped")
    other = Text("check the coordinates and their CRS")
    findings = []
    for i in positions[:MAX_FINDINGS]:
        x, y = float(lat[i]), float(lon[i])
        looks_swapped = WEST <= x < EAST and SOUTH <= y < NORTH
        remedy = swapped if looks_swapped else other
        findings.append(
            Finding("mesh-point", must=must, remedy=remedy, row=int(i) + 1, value=f"{x}, {y}")
        )
    return InputError.of(findings)
