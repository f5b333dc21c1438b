"""Which polygon holds each of many points, exactly, at the speed of memory?

A grid is laid over the polygons. Most of its cells lie wholly inside one polygon: their points need
one look-up. The others list the polygons whose edges reach them, and for each of those the edges in
the same row of the grid: a handful, over which the crossings to the west are counted. Where rounding
could change the answer GEOS decides: the result is that of ``shapely.intersects`` for every point.

Building is O(edges x rows each reaches + cells), a point O(1) inside and O(edges of a polygon in a
row) near its border; memory is 20 bytes an edge and 4 a cell, of which there are 8 million at most.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import shapely

if TYPE_CHECKING:
    from sdc.spatial.kernels import Cells, Edges, Grid, Strips

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
Geometries = npt.NDArray[np.object_]

_CELLS_PER_EDGE = 8
_MIN_CELLS, _MAX_CELLS = 1 << 12, 1 << 23
_LEAST_CELL = 2.0**28
"""Smallest cell, in steps between neighbouring doubles."""
_BLOCK = 1 << 20


@dataclass(frozen=True, eq=False)
class PointIndex:
    """Polygons cut by a grid; made by ``build_index``."""

    geometry: Geometries
    vertices: FloatArray
    grid: Grid
    strips: Strips
    cells: Cells

    def find(self, x: FloatArray, y: FloatArray) -> IntArray:
        """(n,) the first polygon that contains or touches each point, -1 for none or NaN.

        >>> index = build_index(np.array([shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)]))
        >>> index.find(np.array([0.5, 1.0, 1.5, 3.0, np.nan]), np.full(5, 0.5)).tolist()
        [0, 0, 1, -1, -1]
        """
        from sdc.spatial import kernels

        out = np.empty(len(x), dtype=np.int64)
        index = (self.vertices, self.grid, self.strips, self.cells)
        for start in range(0, len(x), _BLOCK):
            part = slice(start, start + _BLOCK)
            block = np.ascontiguousarray(x[part], float), np.ascontiguousarray(y[part], float)
            kernels.find(index, block, out[part])
            unsure = np.flatnonzero(out[part] == kernels.UNSURE)
            if len(unsure):
                out[start + unsure] = self._ask_geos(block[0][unsure], block[1][unsure])
        return out

    def _ask_geos(self, x: FloatArray, y: FloatArray) -> IntArray:
        """The same answer by exact predicates, from the polygons that reach each point's cell."""
        from sdc.spatial import kernels

        grid, cells = self.grid, self.cells
        column = ((x - grid.west) * grid.x_scale).astype(np.int64).clip(0, grid.columns - 1)
        row = ((y - grid.south) * grid.y_scale).astype(np.int64).clip(0, grid.rows - 1)
        border = kernels.BORDER - cells.content[row * grid.columns + column].astype(np.int64)
        size = cells.begin[border + 1] - cells.begin[border]
        point = np.repeat(np.arange(len(x)), size)
        place = np.arange(len(point)) - np.repeat(np.cumsum(size) - size, size)
        polygon = self.strips.owner[cells.strips[cells.begin[border][point] + place]]
        hit = shapely.intersects_xy(self.geometry[polygon], x[point], y[point])
        none, whole = len(self.geometry), cells.whole[border].astype(np.int64)
        best = np.where(whole < 0, none, whole)
        np.minimum.at(best, point[hit], polygon[hit])
        return np.where(best == none, -1, best)


def build_index(geometry: Geometries) -> PointIndex:
    """Cut (n,) valid polygons and multipolygons by a grid.

    The grid has about eight cells an edge, so that a cell on a border sees few edges and most cells
    see none.
    """
    from sdc.spatial import kernels

    shapely.prepare(geometry)
    edges = _edges(geometry)
    grid = _grid(shapely.total_bounds(geometry).tolist(), len(edges.start))
    strips = _strips(edges, grid, len(geometry))
    content = np.full(grid.rows * grid.columns, -1, dtype=np.int32)
    fill, nothing = np.zeros(len(content), dtype=np.int32), np.empty(0, dtype=np.int32)
    kernels.rasterise((edges.xy, grid, strips), kernels.Cells(content, fill, nothing, nothing))
    border = np.flatnonzero(fill)
    begin = _begins(fill[border])
    fill[border] = begin[:-1]
    listed = np.empty(int(begin[-1]), dtype=np.int32)
    kernels.rasterise((edges.xy, grid, strips), kernels.Cells(content, fill, nothing, listed))
    whole = content[border]
    content[border] = kernels.BORDER - np.arange(len(border), dtype=np.int32)
    return PointIndex(
        geometry, edges.xy, grid, strips, kernels.Cells(content, begin, whole, listed)
    )


def _edges(geometry: Geometries) -> Edges:
    """All edges, ring after ring."""
    from sdc.spatial import kernels

    _, xy, offsets = shapely.to_ragged_array(geometry, include_z=False)
    ring_end, *nested = offsets
    # rings of a geometry: directly for polygons, by way of their polygons for multipolygons
    rings = np.diff(nested[0] if len(nested) == 1 else nested[0][nested[1]])
    last = np.zeros(len(xy), dtype=bool)
    last[ring_end[1:] - 1] = True
    start = np.flatnonzero(~last)
    size = np.diff(ring_end) - 1
    owner = np.repeat(np.repeat(np.arange(len(geometry), dtype=np.int32), rings), size)
    return kernels.Edges(np.ascontiguousarray(xy), start, owner)


def _grid(bounds: list[float], edges: int) -> Grid:
    """Nearly square cells over all vertices, never so small that rounding could miss one."""
    from sdc.spatial import kernels

    west, south, east, north = bounds
    cells = min(max(_CELLS_PER_EDGE * edges, _MIN_CELLS), _MAX_CELLS)
    least = _LEAST_CELL * float(np.spacing(max(abs(edge) for edge in bounds)))
    most_columns, most_rows = (max(1, int(d / least)) for d in (east - west, north - south))
    columns = int(np.clip(np.sqrt(cells * (east - west) / (north - south)), 1, cells))
    columns = min(columns, most_columns)
    rows = min(max(1, cells // columns), most_rows)
    scales = columns / (east - west), rows / (north - south)
    return kernels.Grid(west, south, east, north, *scales, columns, rows)


def _strips(edges: Edges, grid: Grid, n: int) -> Strips:
    """The edges of every polygon, row by row of the grid."""
    from sdc.spatial import kernels

    low, high = np.full(n, grid.rows, dtype=np.int64), np.full(n, -1, dtype=np.int64)
    empty, nothing = np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int32)
    kernels.rows_of(edges, grid, kernels.Strips(low, high, empty, nothing, empty, nothing))
    rows = high - low + 1
    first = np.cumsum(rows) - rows
    owner = np.repeat(np.arange(n, dtype=np.int32), rows)
    fill = np.zeros(len(owner), dtype=np.int64)
    kernels.spread(edges, grid, kernels.Strips(low, high, first, owner, fill, nothing))
    begin = _begins(fill)
    listed = np.empty(int(begin[-1]), dtype=np.int32)
    kernels.spread(edges, grid, kernels.Strips(low, high, first, owner, begin[:-1].copy(), listed))
    return kernels.Strips(low, high, first, owner, begin, listed)


def _begins(sizes: npt.NDArray[Any]) -> IntArray:
    """Where each of several lists of these sizes begins, and where the last one ends."""
    return np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(sizes, dtype=np.int64)])
