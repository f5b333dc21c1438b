"""How are polygons cut by a grid, and points tested against them, at the speed of the machine?

Loops over plain arrays, compiled by numba; ``pointindex`` prepares the arrays. Importing this module
costs half a second: it is imported where it is used.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

import numba
import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
Int32Array = npt.NDArray[np.int32]
Int64Array = npt.NDArray[np.int64]
ByteArray = npt.NDArray[np.uint8]
Function = TypeVar("Function", bound=Callable[..., Any])

NOWHERE = -1
UNSURE = -2
"""A point so close to an edge that rounding could decide: the caller asks exact arithmetic."""
BORDER = -2
"""The first number of a cell that edges reach; the next ones count down."""

_OUT, _IN, _NEAR = 0, 1, 2
# relative error of a 2 x 2 determinant of differences: (3 + 16 e) e with e = 2^-53 (Shewchuk 1997)
_ERROR = 3.3306690738754716e-16
# cells that a segment nearly reaches count as reached, in parts of a cell
_MARGIN = 1e-6


class Grid(NamedTuple):
    """Equal cells over all polygons: ``x_scale`` columns and ``y_scale`` rows a unit of length."""

    west: float
    south: float
    east: float
    north: float
    x_scale: float
    y_scale: float
    columns: int
    rows: int


class Edges(NamedTuple):
    """Edge s runs from ``xy[start[s]]`` to the next vertex and belongs to polygon ``owner[s]``."""

    xy: FloatArray
    start: Int64Array
    owner: Int32Array


class Strips(NamedTuple):
    """A strip is the part of one polygon in one row of the grid.

    Polygon p has one a row from ``low[p]`` to ``high[p]``, numbered from ``first[p]``; strip s is of
    polygon ``owner[s]`` and is reached by the edges ``edges[begin[s]:begin[s + 1]]``.
    """

    low: Int64Array
    high: Int64Array
    first: Int64Array
    owner: Int32Array
    begin: Int64Array
    edges: Int32Array


class Cells(NamedTuple):
    """The cells of the grid, row by row.

    ``content`` is the first polygon that covers a cell altogether, -1 for none; -2 - b names border
    cell b: it is reached by ``strips[begin[b]:begin[b + 1]]``, in the order of their polygons, and
    ``whole[b]`` is the first polygon that covers it nevertheless, or -1.
    """

    content: Int32Array
    begin: Int64Array | Int32Array
    whole: Int32Array
    strips: Int32Array


def _compiled(function: Function) -> Function:
    """Compile once a machine; where no cache can be written, once a process."""
    compiled: Any
    try:
        compiled = numba.njit(cache=True, nogil=True)(function)
    except RuntimeError:
        compiled = numba.njit(nogil=True)(function)
    return compiled  # type: ignore[no-any-return]


@_compiled
def _column(x: float, grid: Grid) -> int:
    """Monotone: what lies between two points lies in or between their columns."""
    return min(max(int((x - grid.west) * grid.x_scale), 0), grid.columns - 1)


@_compiled
def _row(y: float, grid: Grid) -> int:
    return min(max(int((y - grid.south) * grid.y_scale), 0), grid.rows - 1)


@_compiled
def rows_of(edges: Edges, grid: Grid, strips: Strips) -> None:
    """Fill ``low`` and ``high``."""
    for s in range(len(edges.start)):
        k, p = edges.start[s], edges.owner[s]
        a, b = _row(edges.xy[k, 1], grid), _row(edges.xy[k + 1, 1], grid)
        strips.low[p] = min(strips.low[p], a, b)
        strips.high[p] = max(strips.high[p], a, b)


@_compiled
def spread(edges: Edges, grid: Grid, strips: Strips) -> None:
    """Count the edges of every strip in ``begin``, or, where ``edges`` has room, list them there.

    Listing moves every ``begin`` to its end.
    """
    for s in range(len(edges.start)):
        k, p = edges.start[s], edges.owner[s]
        a, b = _row(edges.xy[k, 1], grid), _row(edges.xy[k + 1, 1], grid)
        for row in range(min(a, b), max(a, b) + 1):
            strip = strips.first[p] + row - strips.low[p]
            if len(strips.edges):
                strips.edges[strips.begin[strip]] = k
            strips.begin[strip] += 1


@_compiled
def _mark(band: tuple[FloatArray, Int32Array, int], grid: Grid, marks: ByteArray) -> Any:
    """Mark the cells of one row that a polygon's edges reach (bit 0), and where its inside begins
    or ends on the way east along the middle of the row (bit 1). First and last marked column.
    """
    xy, own, row = band
    bottom = grid.south + (row - _MARGIN) / grid.y_scale
    middle = grid.south + (row + 0.5) / grid.y_scale
    top = grid.south + (row + 1 + _MARGIN) / grid.y_scale
    margin = _MARGIN / grid.x_scale
    west, east = grid.columns, -1
    for k in own:
        ax, ay, bx, by = xy[k, 0], xy[k, 1], xy[k + 1, 0], xy[k + 1, 1]
        left, right = min(ax, bx), max(ax, bx)
        if ay != by:
            slope = (bx - ax) / (by - ay)
            one = ax + (min(max(bottom, min(ay, by)), max(ay, by)) - ay) * slope
            two = ax + (min(max(top, min(ay, by)), max(ay, by)) - ay) * slope
            left = max(left, min(one, two) - margin)
            right = min(right, max(one, two) + margin)
        first, last = _column(left, grid), _column(right, grid)
        for column in range(first, last + 1):
            marks[column] |= 1
        west, east = min(west, first), max(east, last)
        if (ay <= middle) != (by <= middle):
            turn = _column(ax + (middle - ay) * ((bx - ax) / (by - ay)), grid)
            # rounding must not carry the turn out of the cells that are marked
            marks[min(max(turn, first), last)] ^= 2
    return west, east


@_compiled
def rasterise(cut: tuple[FloatArray, Grid, Strips], cells: Cells) -> None:
    """Find which polygon covers a cell as a whole (``content``), and which strips reach a cell.

    Counts the strips of every cell in ``begin``, or, where ``strips`` has room, lists them there and
    moves every ``begin`` to its end. Polygons come in order, so each cell lists them in order.
    """
    xy, grid, strips = cut
    marks = np.zeros(grid.columns, dtype=np.uint8)
    for p in range(len(strips.first)):
        for row in range(strips.low[p], strips.high[p] + 1):
            strip = strips.first[p] + row - strips.low[p]
            own = strips.edges[strips.begin[strip] : strips.begin[strip + 1]]
            west, east = _mark((xy, own, row), grid, marks)
            inside = False
            for column in range(west, east + 1):
                cell = row * grid.columns + column
                if marks[column] & 1:
                    if len(cells.strips):
                        cells.strips[cells.begin[cell]] = strip
                    cells.begin[cell] += 1
                elif inside and cells.content[cell] < 0:
                    cells.content[cell] = p
                if marks[column] & 2:
                    inside = not inside
                marks[column] = 0


@_compiled
def _test(point: tuple[float, float], xy: FloatArray, own: Int32Array) -> int:
    """Whether a polygon contains or touches a point, from the edges in the point's row.

    Counts the edges crossed on the way west. Comparisons are exact; the only rounding is in the
    determinant, and a result within its error is not decided here.
    """
    px, py = point
    inside = False
    for k in own:
        ax, ay, bx, by = xy[k, 0], xy[k, 1], xy[k + 1, 0], xy[k + 1, 1]
        if (ax > px and bx > px) or (ay > py and by > py) or (ay < py and by < py):
            continue
        if (ay <= py) == (by <= py):
            # the edge ends at this height or runs along it: it can only be touched
            if (ax == px and ay == py) or (bx == px and by == py):
                return _IN
            if ay == by and min(ax, bx) <= px <= max(ax, bx):
                return _IN
        elif ax < px and bx < px:
            inside = not inside
        else:
            left, right = (ax - px) * (by - py), (ay - py) * (bx - px)
            turn = left - right
            if abs(turn) <= _ERROR * (abs(left) + abs(right)):
                return _NEAR
            # an edge that goes up passes west of the point when the point is on its right
            if (turn < 0) == (by > ay):
                inside = not inside
    return _IN if inside else _OUT


@_compiled
def find(index: Any, points: tuple[FloatArray, FloatArray], out: Int64Array) -> None:
    """First polygon that contains or touches each point; -1 for none, -2 where rounding decides.

    ``index`` is (vertices, Grid, Strips, Cells).
    """
    xy, grid, strips, cells = index
    x, y = points
    for i in range(len(x)):
        px, py = x[i], y[i]
        if not (grid.west <= px <= grid.east and grid.south <= py <= grid.north):
            out[i] = NOWHERE
            continue
        answer = cells.content[_row(py, grid) * grid.columns + _column(px, grid)]
        if answer <= BORDER:
            border = BORDER - answer
            answer = cells.whole[border]
            for e in range(cells.begin[border], cells.begin[border + 1]):
                strip = cells.strips[e]
                p = strips.owner[strip]
                if 0 <= answer < p:
                    break
                own = strips.edges[strips.begin[strip] : strips.begin[strip + 1]]
                verdict = _test((px, py), xy, own)
                if verdict != _OUT:
                    answer = p if verdict == _IN else UNSURE
                    break
        out[i] = answer
