"""Which shape has every place that a map shows, and what kind of places are they?

A geography gives the shapes of its innermost places. Those above are put together: a town is the
union of its small areas; a coarser mesh cell is the cell itself, also where the city fills only
a part of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import geopandas as gpd
import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from sdc.errors import InputError
from sdc.messages import Text
from sdc.model.hierarchy import Hierarchy
from sdc.model.release import Geography, Release
from sdc.publishing.wording import Words, words
from sdc.spatial import mesh
from sdc.spatial.plane import plane_crs

# height of a cell in seconds of latitude (JIS X 0410), and the digits of its code
_MESH_SECONDS = {
    2400: "80km", 300: "10km", 150: "5km", 60: "2km", 30: "1km", 15: "500m", 7.5: "250m",
    3.75: "125m", 3: "100m",
}  # fmt: skip
_MESH_DIGITS = {
    4: ("80km",), 6: ("10km",), 7: ("5km",), 8: ("1km",), 9: ("500m", "2km"),
    10: ("250m", "100m"), 11: ("125m",),
}  # fmt: skip


def levels(geography: Geography, dim: Hierarchy) -> Iterator[tuple[int, tuple[str, ...]]]:
    """The innermost places with a shape (depth 0), then every level up to below the total.

    A level is given where each of its places has at least one innermost place with a shape.
    """
    known = set(geography.shapes["code"])
    leaves = tuple(dim.codes[i] for i in dim.leaves if dim.codes[i] in known)
    if not leaves:
        return
    yield 0, leaves
    covered = {code for leaf in leaves for code in _above(dim, leaf)}
    for depth in range(1, int(dim.depth.max(initial=0))):
        level = tuple(dim.codes[i] for i in dim.inner if dim.depth[i] == depth)
        if level and covered.issuperset(level):
            yield depth, level


def shapes_of(geography: Geography, dim: Hierarchy, codes: Sequence[str]) -> gpd.GeoDataFrame:
    """``code``, ``name`` and shape of the places ``codes`` in their order.

    Raises InputError where a CRS or a shape is missing, or a code has two.
    """
    shapes = geography.shapes
    if shapes.crs is None or (geography.water is not None and geography.water.crs is None):
        raise InputError(Text("published places need a CRS"), code="crs-missing")
    if shapes["code"].duplicated().any():
        raise InputError(Text("a code has two shapes"), code="duplicate")
    known = dict(zip(shapes["code"], shapes.geometry, strict=True))
    upper = {c for c in codes if c not in known}
    if upper and geography.kind == "mesh":
        known |= _cells(shapes, dim, upper)
    elif upper:
        known |= _unions(known, dim, upper)
    lost = [c for c in codes if c not in known]
    if lost:
        text = ", ".join(lost[:3])
        raise InputError(Text("no shape for {text}", text=text), code="shape")
    names = dict(zip(shapes["code"], shapes["name"].astype(str), strict=True))
    labels = [names.get(c, dim.labels[dim.position(c)]) for c in codes]
    frame = {"code": list(codes), "name": labels, "geometry": [known[c] for c in codes]}
    return gpd.GeoDataFrame(frame, crs=shapes.crs)


def place_words(release: Release, dim: Hierarchy, codes: Sequence[str]) -> Words:
    """What kind of places a map shows: small areas, a level above them, or a mesh by its size.

    Codes of ten digits are 250 m or 100 m; the size of the shapes tells which.
    """
    geography = release.geographies[dim.name]
    ja, en = words(release, dim.name)
    if geography.kind != "mesh":
        inner = set(dim.inner.tolist())
        upper = any(dim.position(c) in inner for c in codes)
        return (f"{ja}の上位区分", f"{en}, upper level") if upper else (ja, en)
    _, south, _, north = shapes_of(geography, dim, codes[:1]).to_crs(6668).total_bounds
    height = (north - south) * 3600
    size = next((v for k, v in _MESH_SECONDS.items() if abs(height / k - 1) < 0.01), "")
    return f"{size}{ja}", f"{size.replace('m', ' m').replace('k ', ' k')} {en}".strip()


def plane_of(municipality: str, places: gpd.GeoDataFrame) -> int:
    """EPSG code of the municipality's plane system; by position where the code is nobody's."""
    try:
        text = plane_crs(municipality)
    except InputError:
        text = plane_crs(places)
    return int(text.removeprefix("EPSG:"))


def aspect(geography: Geography, dim: Hierarchy, codes: Sequence[str]) -> float:
    """Width by height of the places, near enough to arrange pages."""
    west, south, east, north = shapes_of(geography, dim, codes).to_crs(4326).total_bounds
    squeeze = float(np.cos(np.radians((south + north) / 2)))
    return float((east - west) * squeeze / max(north - south, 1e-9))


def _above(dim: Hierarchy, code: str) -> Iterator[str]:
    up = int(dim.parents[dim.position(code)])
    while up >= 0:
        yield dim.codes[up]
        up = int(dim.parents[up])


def _members(dim: Hierarchy, known: Sequence[str], upper: set[str]) -> dict[str, list[str]]:
    """Per upper place, the known innermost places in it."""
    found: dict[str, list[str]] = {}
    for leaf in (c for c in sorted(known) if c in dim):
        for code in _above(dim, leaf):
            if code in upper:
                found.setdefault(code, []).append(leaf)
    return found


def _unions(
    known: dict[str, BaseGeometry], dim: Hierarchy, upper: set[str]
) -> dict[str, BaseGeometry]:
    members = _members(dim, list(known), upper)
    return {code: shapely.union_all([known[c] for c in inside]) for code, inside in members.items()}


def _cells(shapes: gpd.GeoDataFrame, dim: Hierarchy, upper: set[str]) -> dict[str, BaseGeometry]:
    """Whole mesh cells; of the levels that a code can have, the one that holds its members."""
    degrees = shapes.to_crs(6668)
    middle = dict(zip(degrees["code"], shapely.centroid(degrees.geometry.array), strict=True))
    found: dict[str, BaseGeometry] = {}
    for code, inside in _members(dim, list(middle), upper).items():
        for level in _MESH_DIGITS.get(len(code), ()):
            try:
                south, west, north, east = mesh.decode(code, level)
            except InputError:
                continue
            cell = shapely.box(west, south, east, north)
            if shapely.contains(cell, [middle[c] for c in inside]).all():
                found[code] = cell
    there = gpd.GeoSeries(found, crs=6668).to_crs(shapes.crs)
    return dict(there.items())
