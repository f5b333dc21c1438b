"""Where do the published places lie, as any map program reads it?

RFC 7946: longitude and latitude on WGS 84, outer rings counter-clockwise. Only published places
are written, with their code, name, members and shown totals; an X has no number at all
(``null``), so that nobody reads it as 0. Coordinates have seven decimals (about a centimetre).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import shapely

from sdc.errors import InputError
from sdc.messages import Text
from sdc.model.plan import PublishedTable
from sdc.model.release import Geography, Release
from sdc.model.states import State
from sdc.publishing.marks import marks, merges_of
from sdc.publishing.symbols import guard, safe_name, scale

DECIMALS = 7


def geojson_files(release: Release) -> Iterator[tuple[str, bytes]]:
    """One file a geography: ``data/areas.geojson``, ``data/mesh.geojson``."""
    kinds = [g.kind for g in release.geographies.values()]
    for name, geography in sorted(release.geographies.items()):
        stem = geography.kind if kinds.count(geography.kind) == 1 else name
        document = feature_collection(release, geography)
        text = json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        yield (
            f"data/{safe_name(stem)}.geojson",
            (text.replace('{"type":"Feature"', '\n{"type":"Feature"') + "\n").encode(),
        )


def feature_collection(release: Release, geography: Geography) -> dict[str, Any]:
    """The published places in code order; raises InputError for a place without CRS or twice."""
    shapes = geography.shapes
    if shapes.crs is None:
        raise InputError(Text("published places need a CRS"), code="crs-missing")
    if shapes["code"].duplicated().any():
        raise InputError(Text("a code has two shapes"), code="duplicate")
    properties = _properties(release, geography)
    shapes = shapes[shapes["code"].isin(list(properties))].sort_values("code").to_crs(4326)
    rounded = shapely.transform(shapes.geometry.array, lambda xy: np.round(xy, DECIMALS))
    proper = shapely.orient_polygons(shapely.normalize(rounded))
    features = [
        {
            "type": "Feature",
            "id": code,
            "properties": properties[code],
            "geometry": _geometry(shape),
        }
        for code, shape in zip(shapes["code"], proper, strict=True)
    ]
    return {"type": "FeatureCollection", "features": features}


def _geometry(shape: shapely.Geometry) -> dict[str, Any]:
    return dict(json.loads(shapely.to_geojson(shape)))


def _properties(release: Release, geography: Geography) -> dict[str, dict[str, Any]]:
    """Per published code: code, name, members that were added, total of every table."""
    found: dict[str, dict[str, Any]] = {}
    for table in release.tables:
        axis = next((i for i, d in enumerate(table.dims) if d.name == geography.dimension), None)
        if axis is None:
            continue
        dim = table.dims[axis]
        mark = marks(merges_of(release, dim), "full")
        members = {code: m.gassan.split(";") for code, m in mark.items() if m.gassan}
        for code, label, total in zip(dim.codes, dim.labels, _totals(table, axis), strict=True):
            start = {"code": code, "name": guard(label), "merged": members.get(code, [])}
            found.setdefault(code, start).update(total)
    return found


def _totals(table: PublishedTable, axis: int) -> list[dict[str, Any]]:
    """Value (null where hidden, 0 for ``-``) and status of the class total of every place."""
    place = tuple(slice(None) if i == axis else d.root for i, d in enumerate(table.dims))
    factor, _ = scale(table)
    return [
        {
            table.name: int(v) * factor if s in (State.SHOWN, State.ZERO) else None,
            f"{table.name}_status": State(int(s)).letter,
        }
        for v, s in zip(table.value[place], table.state[place], strict=True)
    ]
