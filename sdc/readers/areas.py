"""Which small areas are in a file, with text codes, one CRS and a polygon each?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sdc.model.hierarchy import TOTAL
from sdc.readers.codes import check_codes
from sdc.readers.positions import Positions, check_positions
from sdc.readers.problems import Problems
from sdc.readers.textfile import TextTable
from sdc.readers.vector import Vector, read_vector
from sdc.spatial.areas import OVERLAP_TOLERANCE, Areas, make_areas

if TYPE_CHECKING:
    import geopandas as gpd

_POLYGONS = (3, 6)


def read_area_file(
    path: str | Path,
    *,
    crs: str | None = None,
    layer: str | None = None,
    encoding: str | None = None,
) -> gpd.GeoDataFrame:
    """Read polygons from a GeoPackage, Shapefile or GeoJSON; every attribute is text; O(vertices).

    The frame is in file order and has its CRS set; ``attrs`` holds ``file``, ``encoding`` and
    ``notes``. Raises InputError with all findings: CRS missing or contradicting the file's,
    encoding, features without a readable polygon, places outside Japan.
    """
    import geopandas as gpd

    vector = read_vector(path, crs=crs, layer=layer, encoding=encoding)
    problems = Problems(vector.table.file)
    _check_polygons(vector, problems)
    problems.stop()
    frame = gpd.GeoDataFrame(vector.table.frame, geometry=vector.geometry, crs=vector.crs)
    frame.attrs = {
        "file": vector.table.file,
        "encoding": vector.table.encoding,
        "notes": list(vector.table.notes),
    }
    return frame


def read_areas(
    path: str | Path,
    *,
    code: str,
    name: str | None = None,
    parent: str | Sequence[str] | None = None,
    exclude: Mapping[str, Sequence[str]] | None = None,
    dimension: str = "areas",
    root: str = TOTAL,
    root_label: str = "",
    parent_labels: Mapping[str, str] | None = None,
    crs: str | None = None,
    layer: str | None = None,
    encoding: str | None = None,
    overlap_tolerance: float = OVERLAP_TOLERANCE,
) -> Areas:
    """Read the areas of a file and check them: what ``read_area_file`` and ``make_areas`` do.

    ``code``, ``name`` and ``parent`` name columns (several parents go from near to far);
    ``exclude`` maps columns to the values whose rows are drawn but never counted.

    Raises InputError with all findings of the file, then of its codes, then of its polygons.
    """
    frame = read_area_file(path, crs=crs, layer=layer, encoding=encoding)
    file = str(frame.attrs["file"])
    problems = Problems(file)
    columns = [parent] if isinstance(parent, str) else list(parent or ())
    named = [code, *columns, *([name] if name else []), *(exclude or {})]
    table = TextTable(frame.drop(columns=frame.geometry.name), file, frame.attrs["encoding"])
    table.require(list(dict.fromkeys(named)), problems)
    problems.stop()
    for column in dict.fromkeys([code, *columns]):
        check_codes(frame[column], problems, first_row=table.first_row)
    problems.stop()
    return make_areas(
        frame,
        dimension=dimension,
        code=code,
        name=name,
        parent=columns or None,
        exclude=exclude,
        root=root,
        root_label=root_label,
        parent_labels=parent_labels,
        overlap_tolerance=overlap_tolerance,
        file=file,
    )


def _check_polygons(vector: Vector, problems: Problems) -> None:
    """Every feature has a polygon, and it lies in Japan."""
    import shapely

    shape = vector.geometry
    missing = np.asarray(shapely.is_missing(shape) | shapely.is_empty(shape), dtype=bool)
    wrong = ~missing & ~np.isin(shapely.get_type_id(shape), _POLYGONS)
    first = vector.table.first_row
    for i in np.flatnonzero(missing):
        problems.add("geometry-missing", row=first + int(i), column="geometry")
    for i in np.flatnonzero(wrong):
        kind = str(shape[i].geom_type)
        row = first + int(i)
        problems.add("geometry-kind", row=row, column="geometry", value=kind, wanted="Polygon")
    west, south, east, north = shapely.bounds(shape).T
    told = missing | wrong
    at = Positions((west + east) / 2, (south + north) / 2, told, told, ("geometry",), first)
    check_positions(at, vector.crs, problems, unplaced="keep")
