"""In which area does each point lie?

**Edge rule.** A point lies in exactly one area: of those that contain or touch it, the one with the
lowest code. So a point on a common border is counted once, whatever the order of the file, and one
on the outer border is counted. In a mesh the rule of JIS X 0410 holds instead: south and west edges
belong to the cell (``mesh``, with its snap rule).

**Excluded polygons** (water) never win: a point on their border or where they overlap an area lies
in the area; a point in nothing else lies in no area.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from sdc.errors import InputError
from sdc.messages import Text
from sdc.spatial.areas import Areas
from sdc.spatial.mesh import encode_numbers
from sdc.spatial.meshgrid import CRS

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

NOWHERE = -1
_BLOCK = 1 << 20


def locate(x: Any, y: Any, crs: str, areas: Areas) -> IntArray:
    """Positions in ``areas.shapes`` (and in ``areas.hierarchy.leaves``) of points, -1 for none.

    ``x`` (n,) is longitude or easting and ``y`` (n,) latitude or northing in ``crs``; NaN is
    nowhere. Points are brought to the CRS of the areas, never the areas to that of the points. The
    answer is that of ``shapely.intersects`` with the edge rule above, for every point.

    Raises InputError for a missing or unknown CRS and for lengths that differ. The areas are
    indexed once (O(vertices)); then O(1) a point inside an area and O(a few edges) near a border.

    >>> import geopandas as gpd, shapely
    >>> from sdc.spatial.areas import make_areas
    >>> gdf = gpd.GeoDataFrame({"id": ["b", "a"]}, crs="EPSG:6677",
    ...                        geometry=[shapely.box(0, 0, 9, 9), shapely.box(9, 0, 18, 9)])
    >>> areas = make_areas(gdf, dimension="area", code="id")
    >>> locate([5.0, 9.0, 12.0, 99.0], [5.0, 5.0, 5.0, 5.0], "EPSG:6677", areas).tolist()
    [1, 0, 0, -1]
    """
    east = np.atleast_1d(np.asarray(x, dtype=np.float64))
    north = np.atleast_1d(np.asarray(y, dtype=np.float64))
    if east.shape != north.shape or east.ndim != 1:
        raise InputError(
            Text("x and y differ in length: {size}, {size2}", size=east.size, size2=north.size),
            code="locate-length",
        )
    target = CRS if areas.level else areas.shapes.crs
    move = transformer(crs, target)
    out = np.empty(len(east), dtype=np.int64)
    for start in range(0, len(east), _BLOCK):
        part = slice(start, start + _BLOCK)
        place = east[part], north[part]
        if move is not None:
            place = move(place)
        out[part] = _in_mesh(place, areas) if areas.level else areas.index.find(*place)
    return out


def transformer(source: Any, target: Any) -> Any:
    """A function that brings (x, y) arrays from one CRS to another; None where none is needed.

    Points without an answer become NaN. Raises InputError for a CRS that is missing or unknown.

    >>> transformer("EPSG:6668", "EPSG:6668") is None
    True
    """
    from pyproj.exceptions import CRSError

    if not source:
        raise InputError(
            Text("the points have no CRS: state it (for example EPSG:6668)"),
            code="crs-missing",
        )
    try:
        return _between(_name(source), _name(target))
    except CRSError:
        raise InputError(Text("unknown CRS: {source}", source=source), code="crs-unknown") from None


def _name(crs: Any) -> str:
    return crs if isinstance(crs, str) else str(crs.to_wkt())


@lru_cache(maxsize=64)
def _between(source: str, target: str) -> Any:
    from pyproj import CRS as Proj
    from pyproj import Transformer

    one, two = Proj.from_user_input(source), Proj.from_user_input(target)
    # x comes first whatever the axis order of the authority, on both sides
    if one.equals(two, ignore_axis_order=True):
        return None
    change = Transformer.from_crs(one, two, always_xy=True)

    def move(place: tuple[FloatArray, FloatArray]) -> tuple[FloatArray, FloatArray]:
        moved_x, moved_y = change.transform(*place)
        lost = ~(np.isfinite(moved_x) & np.isfinite(moved_y))
        return np.where(lost, np.nan, moved_x), np.where(lost, np.nan, moved_y)

    return move


def _in_mesh(place: tuple[FloatArray, FloatArray], areas: Areas) -> IntArray:
    """Positions of mesh cells by arithmetic alone."""
    listed = areas.mesh_numbers
    found = encode_numbers(place[1], place[0], areas.level, outside="mark")
    position = np.searchsorted(listed, found).clip(0, len(listed) - 1)
    return np.where(listed[position] == found, position, NOWHERE).astype(np.int64)
