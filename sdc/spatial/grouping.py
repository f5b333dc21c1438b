"""Which shapes are published once small mesh cells are shown inside larger ones?"""

from __future__ import annotations

import geopandas as gpd
import pandas as pd

from sdc.errors import InputError
from sdc.messages import Text
from sdc.model.hierarchy import Hierarchy
from sdc.spatial.areas import Areas
from sdc.spatial.meshcover import polygons

_DIGITS = {4: "80km", 6: "10km", 7: "5km", 8: "1km", 10: "250m"}


def group_cells(cells: Areas, after: Hierarchy) -> Areas:
    """The mesh with the innermost codes of ``after``: finest cells, and larger ones in one piece.

    The result mixes sizes and is therefore no mesh of one level. Raises InputError for a code that
    is neither a cell of the mesh nor one above it.

    >>> from sdc.spatial.areas import mesh_areas
    >>> cells = mesh_areas(["1km", "500m"], within=(35.658, 139.737, 35.660, 139.739))
    >>> up = {"TOTAL": "", "53393599": "TOTAL", "53393588": "TOTAL", "533935884": "53393588"}
    >>> group_cells(cells, Hierarchy.of("mesh", up)).codes
    ['533935884', '53393599']
    """
    leaves = [after.codes[i] for i in after.leaves]
    kept = cells.shapes[cells.shapes["code"].isin(leaves)]
    larger = [c for c in leaves if c not in set(kept["code"])]
    strange = [c for c in larger if c not in cells.hierarchy]
    if strange:
        raise InputError(Text("no such cell: {found}", found=strange[0]))
    parts = [kept]
    for level in dict.fromkeys(level_above(c) for c in larger):
        shapes = polygons([c for c in larger if level_above(c) == level], level)
        shapes = shapes.to_crs(cells.shapes.crs)
        shapes.insert(1, "name", shapes["code"])
        shapes.insert(2, "parent", [_parent(after, c) for c in shapes["code"]])
        parts.append(shapes)
    table = pd.concat(parts).sort_values("code", ignore_index=True)
    shapes = gpd.GeoDataFrame(table, geometry="geometry", crs=cells.shapes.crs)
    return Areas(after, shapes, cells.excluded, cells.report)


def level_above(code: str) -> str:
    """The level of a cell that is divided further; ten digits can only be 250 m then.

    >>> level_above("53393599"), level_above("533935885"), level_above("533935992")
    ('1km', '2km', '500m')
    """
    if len(code) == 9:
        return "2km" if code.endswith("5") else "500m"
    if len(code) not in _DIGITS:
        raise InputError(Text("no such cell: {code}", code=code))
    return _DIGITS[len(code)]


def _parent(dim: Hierarchy, code: str) -> str:
    up = int(dim.parents[dim.position(code)])
    return dim.codes[up] if up >= 0 and up != dim.root else ""
