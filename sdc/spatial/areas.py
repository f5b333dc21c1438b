"""Which small areas exist, which code sums up which, and where does each of them lie?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import cached_property
from itertools import groupby, pairwise
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from sdc.errors import InputError
from sdc.messages import Text
from sdc.model.hierarchy import TOTAL, Hierarchy
from sdc.spatial.areacodes import (
    check_codes,
    check_merges,
    descent,
    excluded_rows,
    without,
)
from sdc.spatial.coverage import AreasReport, measure, repair, seamless
from sdc.spatial.mesh import parent as cell_above
from sdc.spatial.meshcode import level_of, read, spell
from sdc.spatial.meshcover import cover, cover_each, polygons
from sdc.spatial.meshgrid import CRS
from sdc.spatial.plane import plane_crs
from sdc.spatial.pointindex import PointIndex, build_index

Geometries = npt.NDArray[np.object_]

OVERLAP_TOLERANCE = 0.01
"""Two areas may share at most this part of the smaller one (digitising noise)."""


@dataclass(frozen=True, eq=False)
class Areas:
    """The areas of one geography: codes with their parents, and one shape for each innermost code.

    ``hierarchy`` holds all codes, its name is the dimension. ``shapes`` has the columns ``code``,
    ``name``, ``parent`` (the code above as the source gave it, empty where none) and ``geometry``:
    one row an innermost code, in code order, so that row k belongs to ``hierarchy.leaves[k]``.
    ``excluded`` (``code``, ``name``, ``geometry``; same CRS) is drawn and never counted, such as
    water. ``level`` is the mesh level where every shape is a mesh cell, else empty.

    Raises InputError for a missing CRS, for shapes that do not match the innermost codes one by
    one, and for shapes that are empty, invalid or not polygons.
    """

    hierarchy: Hierarchy
    shapes: gpd.GeoDataFrame
    excluded: gpd.GeoDataFrame
    report: AreasReport = field(default_factory=AreasReport)
    level: str = ""

    def __post_init__(self) -> None:
        if self.shapes.crs is None or self.excluded.crs != self.shapes.crs:
            raise _no_crs()
        leaves = [self.hierarchy.codes[i] for i in self.hierarchy.leaves]
        if list(self.shapes["code"]) != leaves:
            raise InputError(
                Text("there must be exactly one shape an innermost code, in code order"),
                code="areas-codes",
            )
        geometry = self.geometry
        good = np.isin(shapely.get_type_id(geometry), (3, 6)) & shapely.is_valid(geometry)
        if not (good & ~shapely.is_empty(geometry)).all():
            raise InputError(
                Text("shapes must be valid polygons that are not empty"),
                code="areas-geometry",
            )

    def __len__(self) -> int:
        return len(self.shapes)

    def __getstate__(self) -> dict[str, Any]:
        """Only the fields: what is derived is made again where it is needed."""
        return {one.name: getattr(self, one.name) for one in fields(self)}

    @property
    def dimension(self) -> str:
        """Name of the dimension."""
        return self.hierarchy.name

    @property
    def codes(self) -> list[str]:
        """The innermost codes, in code order."""
        return list(self.shapes["code"])

    @property
    def parents(self) -> list[str]:
        """The group above each area (大字, 区 ...), empty where the source names none."""
        return list(self.shapes["parent"])

    @property
    def geometry(self) -> Geometries:
        """(n,) shapely polygons in code order, in the CRS of the shapes."""
        return np.asarray(self.shapes.geometry.to_numpy(), dtype=object)

    @cached_property
    def plane(self) -> str:
        """The plane-rectangular CRS in which lengths and surfaces are measured."""
        return plane_crs(self.shapes)

    @cached_property
    def planar(self) -> Geometries:
        """(n,) shapely polygons in code order, in metres (``plane``)."""
        return np.asarray(self.shapes.geometry.to_crs(self.plane).to_numpy(), dtype=object)

    @cached_property
    def index(self) -> PointIndex:
        """The shapes prepared for finding points in them; made on first use."""
        return build_index(self.geometry)

    @cached_property
    def mesh_numbers(self) -> npt.NDArray[np.int64]:
        """(n,) the codes of mesh cells as numbers, ascending like the codes."""
        return read(self.codes, level_of(self.level))


def make_areas(
    gdf: gpd.GeoDataFrame,
    *,
    dimension: str,
    code: str,
    name: str | None = None,
    parent: str | Sequence[str] | None = None,
    exclude: Mapping[str, Sequence[str]] | None = None,
    root: str = TOTAL,
    root_label: str = "",
    parent_labels: Mapping[str, str] | None = None,
    overlap_tolerance: float = OVERLAP_TOLERANCE,
    file: str = "",
) -> Areas:
    """Areas from the polygons of a file.

    ``code``, ``name`` and ``parent`` name columns; several parent columns go from near to far. Rows
    where a column of ``exclude`` holds one of the values are kept apart: drawn, never counted. The
    polygons of one code are joined, exclaves stay with their area; the largest gives the name. An
    area that is its own parent (a town without chome) hangs below the parent's parent. Broken rings
    are repaired and counted. Neither the order of rows nor the index changes the result.

    Raises InputError, with a finding a row, for a missing CRS or column, codes that are not clean
    text (numbers, 1.1E+10, lost leading zeros, full-width digits, blanks), contradictory parents,
    rows without a polygon, and areas that share more than ``overlap_tolerance`` of the smaller one.
    What was repaired, joined, excluded, and what overlaps or is left open, stands in ``report``.
    O(vertices log vertices).

    >>> square = shapely.box(0, 0, 100, 100)
    >>> gdf = gpd.GeoDataFrame({"id": ["b", "a"]}, geometry=[square, shapely.box(100, 0, 200, 100)],
    ...                        crs="EPSG:6677")
    >>> areas = make_areas(gdf, dimension="area", code="id")
    >>> areas.codes, areas.hierarchy.codes, areas.report.gaps
    (['a', 'b'], ('TOTAL', 'a', 'b'), 0)
    """
    if gdf.crs is None:
        raise _no_crs()
    columns = [parent] if isinstance(parent, str) else list(parent or ())
    out = excluded_rows(gdf, exclude or {}, file)
    rows = check_codes(gdf, ~out, code=code, name=name, parents=columns, file=file)
    broken = repair(gdf, file)
    inside, outside = _by_code(broken.geometry, rows, ~out), _by_code(broken.geometry, rows, out)
    if not inside["code"]:
        raise InputError(Text("there is no area to count in"), code="areas-empty")
    shapes = gpd.GeoDataFrame(inside, geometry="geometry", crs=gdf.crs)
    water = gpd.GeoDataFrame(outside, geometry="geometry", crs=gdf.crs)
    above = descent(rows[~out], columns, root, file=file)
    labels = dict(zip(shapes["code"], shapes["name"], strict=True))
    hierarchy = Hierarchy.of(
        dimension, above, {**(parent_labels or {}), **labels, root: root_label or root}
    )
    report = measure(shapes, water, tolerance=overlap_tolerance, file=file)
    report = report.read(len(gdf), int(out.sum()), broken.repaired(rows["code"]))
    return Areas(hierarchy, shapes, water.drop(columns="parent"), report)


def dissolve(areas: Areas, merges: Mapping[str, str]) -> Areas:
    """The areas after each source code has been merged into its target code.

    The target keeps its code, its name and its place in the hierarchy; codes above that lose all
    their areas go as well. Common borders vanish without slivers. Merged cells are no mesh.

    Raises InputError for codes that are no innermost ones, and for a target that is merged away
    itself (a chain or a cycle). O(vertices of merged areas).

    >>> gdf = gpd.GeoDataFrame({"id": ["a", "b", "c"]}, crs="EPSG:6677",
    ...     geometry=[shapely.box(x, 0, x + 100, 100) for x in (0, 100, 200)])
    >>> merged = dissolve(make_areas(gdf, dimension="area", code="id"), {"a": "b"})
    >>> merged.codes, merged.shapes.area.tolist()
    (['b', 'c'], [20000.0, 10000.0])
    """
    moves = {source: target for source, target in merges.items() if source != target}
    check_merges(areas.codes, moves)
    if not moves:
        return areas
    position = {code: i for i, code in enumerate(areas.codes)}
    members: dict[str, list[int]] = {}
    for source in sorted(moves):
        members.setdefault(moves[source], [position[moves[source]]]).append(position[source])
    geometry = areas.geometry.copy()
    for target, group in sorted(members.items()):
        geometry[position[target]] = seamless(geometry[group], crs=areas.shapes.crs)
    shapes = areas.shapes.set_geometry(geometry, crs=areas.shapes.crs)
    keep = ~shapes["code"].isin(list(moves)).to_numpy()
    shapes = shapes[keep].reset_index(drop=True)
    hierarchy = without(areas.hierarchy, set(moves))
    return Areas(hierarchy, shapes, areas.excluded, areas.report.merged(len(moves)))


def mesh_areas(
    levels: Sequence[str],
    *,
    within: Any,
    dimension: str = "mesh",
    root: str = TOTAL,
    root_label: str = "",
) -> Areas:
    """Mesh cells as areas: the finest level are the areas, coarser ones sum them up.

    ``within`` is what ``mesh.cover`` takes, or Areas: every cell of the finest level with which it
    shares ground. Levels may come in any order.

    Raises InputError for levels that do not nest in one another or an empty place.

    >>> cells = mesh_areas(["1km", "500m"], within=(35.658, 139.737, 35.660, 139.739))
    >>> len(cells), cells.level, [c for c in cells.hierarchy.codes if len(c) == 8]
    (4, '500m', ['53393588', '53393589', '53393598', '53393599'])
    """
    if not levels:
        raise InputError(Text("name a mesh level"), code="mesh-level")
    grids = sorted({level_of(name) for name in levels}, key=lambda grid: -grid.size)
    finest = grids[-1]
    for coarse, fine in pairwise(grids):
        fine.ratio_to(coarse)
    codes = spell(_cells_of(within, finest.name), finest)
    above: dict[str, str] = {root: ""}
    below = codes
    for fine, coarse in pairwise(grids[::-1]):
        up = cell_above(below, fine.name, coarse.name)
        above.update(zip(below.tolist(), up.tolist(), strict=True))
        below = np.unique(up)
    above.update(dict.fromkeys(below.tolist(), root))
    shapes = polygons(codes, finest.name)
    shapes.insert(1, "name", shapes["code"])
    shapes.insert(2, "parent", ["" if above[c] == root else above[c] for c in shapes["code"]])
    nothing = gpd.GeoDataFrame({"code": [], "name": []}, geometry=[], crs=CRS)
    hierarchy = Hierarchy.of(dimension, above, {root: root_label or root})
    return Areas(hierarchy, shapes, nothing, AreasReport(areas=len(shapes)), finest.name)


def _cells_of(within: Any, level: str) -> npt.NDArray[np.int64]:
    grid = level_of(level)
    if isinstance(within, Areas):
        places = np.asarray(within.shapes.geometry.to_crs(CRS).to_numpy(), dtype=object)
        return np.unique(cover_each(places, grid)[1])
    return cover(within, level).astype(np.int64)


def _by_code(geometry: Geometries, rows: Any, chosen: npt.NDArray[np.bool_]) -> dict[str, Any]:
    """One row a code in code order: joined polygons, the name of the largest, its parent."""
    size = shapely.area(geometry)
    codes, names, parents = (rows[column].to_list() for column in ("code", "name", "parent"))
    order = sorted(np.flatnonzero(chosen), key=lambda k: (codes[k], -size[k], names[k]))
    groups = [list(group) for _, group in groupby(order, key=lambda k: codes[k])]
    shapes = [
        geometry[g[0]] if len(g) == 1 else shapely.normalize(shapely.union_all(geometry[g]))
        for g in groups
    ]
    return {
        "code": [codes[g[0]] for g in groups],
        "name": [names[g[0]] for g in groups],
        "parent": [parents[g[0]] for g in groups],
        "geometry": shapes,
    }


def _no_crs() -> InputError:
    return InputError(
        Text("the areas have no CRS: state it (for example EPSG:6668) or add the .prj file"),
        code="crs-missing",
    )
