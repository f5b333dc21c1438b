"""How are small areas and mesh cells drawn on a page without any map service?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely

from sdc.spatial.areas import Areas

WIDTH = 1000
"""Width of every drawing in its own units; the height follows."""
_DETAIL = 1500  # corners closer together than this part of the width are left out


@dataclass(frozen=True)
class Drawing:
    """Outlines as SVG path data by code, and what is drawn over and under them.

    ``water`` is not counted; ``before`` holds the outlines of areas that were merged away.
    """

    height: int
    paths: Mapping[str, str]
    water: str
    before: Mapping[str, str]

    def as_json(self) -> dict[str, object]:
        """The same for the page's script."""
        return {
            "width": WIDTH,
            "height": self.height,
            "paths": dict(self.paths),
            "water": self.water,
            "before": dict(self.before),
        }


def draw(areas: Areas, *, source: Areas | None = None, merged: Mapping[str, str]) -> Drawing:
    """The innermost areas in the plane, north up, corners simplified; O(corners).

    ``source`` holds the areas before merging, of which those in ``merged`` are outlined.

    >>> from sdc.spatial.areas import mesh_areas
    >>> cells = mesh_areas(["1km"], within=(36.0, 140.0, 36.01, 140.01))
    >>> sorted(draw(cells, merged={}).paths)[0], draw(cells, merged={}).water
    ('54400000', '')
    """
    plane = areas.plane
    west, south, east, north = shapely.total_bounds(areas.planar)
    size = WIDTH / max(east - west, north - south, 1.0)
    frame = (west, north, size)
    before = {}
    if source is not None:
        shapes = source.shapes.set_index("code").geometry.to_crs(plane)
        before = {code: _path(shapes[code], frame) for code in sorted(merged)}
    paths = {c: _path(g, frame) for c, g in zip(areas.codes, areas.planar, strict=True)}
    height = max(1, round((north - south) * size))
    return Drawing(height, paths, _water(areas.excluded, plane, frame), before)


def _water(excluded: gpd.GeoDataFrame, plane: str, frame: tuple[float, float, float]) -> str:
    if not len(excluded):
        return ""
    return "".join(_path(g, frame) for g in excluded.geometry.to_crs(plane))


def _path(shape: shapely.Geometry, frame: tuple[float, float, float]) -> str:
    """``M x,y x,y … z`` for every ring, in whole tenths of a unit."""
    west, north, size = frame
    small = shapely.simplify(shape, WIDTH / size / _DETAIL)
    rings = shapely.get_rings(shapely.get_parts(small if not small.is_empty else shape))
    text = []
    for ring in rings:
        xy = shapely.get_coordinates(ring)[:-1]
        x = np.round((xy[:, 0] - west) * size, 1)
        y = np.round((north - xy[:, 1]) * size, 1)
        text.append("M" + " ".join(f"{a:g},{b:g}" for a, b in zip(x, y, strict=True)) + "z")
    return "".join(text)
