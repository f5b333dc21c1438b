"""How well do the polygons of an area file fit together, and how are several joined into one?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from sdc.errors import Finding, InputError
from sdc.messages import Text
from sdc.spatial.plane import plane_crs

Geometries = npt.NDArray[np.object_]

SLIVER = 0.1
"""Metres: a slit between merged areas that is narrower belongs to both."""
_NOISE = 0.01
"""Square metres: smaller overlaps and gaps come from rounding coordinates, not from the drawing."""
_HEADER_ROWS = 2


@dataclass(frozen=True)
class Overlap:
    """Two areas that share ground: ``area`` in square metres, ``share`` of the smaller one."""

    first: str
    second: str
    area: float
    share: float


@dataclass(frozen=True)
class AreasReport:
    """What was found and done when areas were read; ``lines`` says it.

    ``polygons`` read, ``areas`` made of them, ``excluded`` polygons set apart, ``repaired`` codes
    with broken rings, ``overlaps`` by code, ``gaps`` enclosed by areas and their surface (m²).
    """

    polygons: int = 0
    areas: int = 0
    excluded: int = 0
    repaired: tuple[str, ...] = ()
    overlaps: tuple[Overlap, ...] = ()
    gaps: int = 0
    gap_area: float = 0.0
    merged_away: int = 0

    def read(self, polygons: int, excluded: int, repaired: tuple[str, ...]) -> AreasReport:
        """The same report with what reading found."""
        return replace(self, polygons=polygons, excluded=excluded, repaired=repaired)

    def merged(self, n: int) -> AreasReport:
        """The same report after n areas were merged away."""
        return replace(self, merged_away=self.merged_away + n, areas=self.areas - n)

    @property
    def lines(self) -> tuple[Text, ...]:
        """Sentences; only what deserves a reader's attention.

        >>> AreasReport(polygons=3, areas=2).lines
        (Text('3 polygons make 2 areas'),)
        """
        lines = [
            Text("{polygons} polygons make {areas} areas", polygons=self.polygons, areas=self.areas)
        ]
        if self.excluded:
            n = self.excluded
            lines.append(Text("{n} polygons are drawn, not counted", n=n))
        if self.repaired:
            codes, n = ", ".join(self.repaired[:10]), len(self.repaired)
            lines.append(Text("{n} areas repaired: {codes}", n=n, codes=codes))
        if self.overlaps:
            n, area = len(self.overlaps), sum(o.area for o in self.overlaps)
            lines.append(Text("{n} pairs of areas share {area:.1f} m² in all", n=n, area=area))
        if self.gaps:
            n, area = self.gaps, self.gap_area
            lines.append(Text("{n} enclosed gaps, {area:.1f} m² in all", n=n, area=area))
        return tuple(lines)


@dataclass(frozen=True, eq=False)
class Repaired:
    """Polygons in file order, all of them valid, and which of them were not."""

    geometry: Geometries
    broken: npt.NDArray[np.bool_]

    def repaired(self, codes: Iterable[str]) -> tuple[str, ...]:
        """The codes with a broken ring, each once."""
        return tuple(sorted({c for c, bad in zip(codes, self.broken, strict=True) if bad}))


def repair(gdf: gpd.GeoDataFrame, file: str = "") -> Repaired:
    """Two-dimensional valid polygons; broken rings are rebuilt so that no ground is lost.

    Raises InputError, with a finding a row, where a row holds no polygon.
    """
    raw = np.asarray(gdf.geometry.to_numpy(), dtype=object)
    with np.errstate(invalid="ignore"):
        geometry = np.asarray(shapely.force_2d(raw), dtype=object)
        xy, owner = shapely.get_coordinates(geometry, return_index=True)
    finite = np.ones(len(geometry), dtype=bool)
    finite[owner[~np.isfinite(xy).all(axis=1)]] = False
    broken = np.zeros(len(geometry), dtype=bool)
    sound = finite & ~shapely.is_missing(geometry)
    broken[sound] = ~shapely.is_valid(geometry[sound])
    for i in np.flatnonzero(broken):
        geometry[i] = _polygons_of(shapely.make_valid(geometry[i]))
    usable = np.isin(shapely.get_type_id(geometry), (3, 6)) & ~shapely.is_empty(geometry)
    must = Text("every row holds a polygon with finite coordinates")
    remedy = Text("correct the shape or remove the row")
    findings = [
        Finding("areas-geometry", must=must, remedy=remedy, file=file, row=int(i) + _HEADER_ROWS)
        for i in np.flatnonzero(~(usable & finite))
    ]
    if findings:
        raise InputError.of(findings)
    return Repaired(geometry, broken)


def measure(
    shapes: gpd.GeoDataFrame, water: gpd.GeoDataFrame, *, tolerance: float, file: str = ""
) -> AreasReport:
    """How much the areas overlap and how much they enclose without covering it.

    Raises InputError, with a finding a pair, where two areas share more than ``tolerance`` of the
    smaller one. Exact coverages (edges match vertex by vertex) are recognised and not cut.
    """
    geometry = np.asarray(shapes.geometry.to_numpy(), dtype=object)
    suspect = ~shapely.is_empty(shapely.coverage_invalid_edges(geometry))
    exact = not suspect.any()
    plane = plane_crs(shapes)
    overlaps = () if exact else _overlaps(shapes.to_crs(plane), suspect)
    bad = [overlap for overlap in overlaps if overlap.share > tolerance]
    if bad:
        raise InputError.of([_too_much(overlap, tolerance, file) for overlap in bad])
    joined = shapely.coverage_union_all(geometry) if exact else shapely.union_all(geometry)
    if len(water):
        joined = shapely.union(joined, shapely.union_all(water.geometry.to_numpy()))
    parts = shapely.get_parts(joined)
    rings, owner = shapely.get_rings(parts, return_index=True)
    holes = shapely.polygons(rings[1:][owner[1:] == owner[:-1]])
    area = shapely.area(gpd.GeoSeries(holes, crs=shapes.crs).to_crs(plane).to_numpy())
    real = area[area > _NOISE]
    return AreasReport(
        areas=len(shapes), overlaps=overlaps, gaps=len(real), gap_area=float(real.sum())
    )


def seamless(members: Geometries, *, crs: Any) -> shapely.Geometry:
    """The union of areas that border on each other, without slits along their common edges.

    Where edges match vertex by vertex this is their plain union. Elsewhere the members are first
    fitted to each other: vertices closer than ``SLIVER`` are joined, and enclosed gaps that are
    narrower are filled.
    """
    metre = 1.0 if gpd.GeoSeries(crs=crs).crs.is_projected else 1 / 111_320
    width = SLIVER * metre
    if not shapely.coverage_is_valid(members, gap_width=width):
        members = shapely.coverage_clean(members, gap_width=width, snapping_distance=width)
    return _polygons_of(shapely.normalize(shapely.union_all(members)))


def _overlaps(planar: gpd.GeoDataFrame, suspect: npt.NDArray[np.bool_]) -> tuple[Overlap, ...]:
    """Pairs of areas that share more ground than rounding explains, in code order.

    ``suspect`` marks the areas with an edge that does not match: one of every such pair.
    """
    geometry = np.asarray(planar.geometry.to_numpy(), dtype=object)
    geometry = np.where(shapely.is_valid(geometry), geometry, shapely.make_valid(geometry))
    asked = np.flatnonzero(suspect)
    first, second = shapely.STRtree(geometry).query(geometry[asked], predicate="intersects")
    first = asked[first]
    pair = np.unique(np.minimum(first, second) * len(geometry) + np.maximum(first, second))
    first, second = np.divmod(pair, len(geometry))
    apart = first != second
    first, second = first[apart], second[apart]
    area = shapely.area(shapely.intersection(geometry[first], geometry[second]))
    size = shapely.area(geometry)
    codes = planar["code"].to_numpy()
    found = [
        Overlap(codes[i], codes[j], float(a), float(a / min(size[i], size[j])))
        for i, j, a in zip(first, second, area, strict=True)
        if a > _NOISE
    ]
    return tuple(sorted(found, key=lambda overlap: (overlap.first, overlap.second)))


def _polygons_of(geometry: shapely.Geometry) -> shapely.Geometry:
    """The polygons of a geometry, without the points and lines that repairing may leave."""
    parts = shapely.get_parts(shapely.get_parts(geometry))
    polygons = parts[shapely.get_type_id(parts) == 3]
    return polygons[0] if len(polygons) == 1 else shapely.multipolygons(polygons)


def _too_much(overlap: Overlap, tolerance: float, file: str) -> Finding:
    share = f"{100 * tolerance:g}"
    must = Text("two areas share at most {share} % of the smaller one", share=share)
    remedy = Text("correct the overlapping boundaries")
    value = f"{overlap.first}, {overlap.second}: {100 * overlap.share:.1f} %"
    return Finding("areas-overlap", must=must, remedy=remedy, file=file, value=value)
