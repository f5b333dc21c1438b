"""In which small area and in which mesh cell does every record lie, and how do the two cross?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from sdc.config import Config
from sdc.errors import InputError
from sdc.messages import Text
from sdc.model.coded import Coded, Crossing
from sdc.model.hierarchy import Hierarchy, IntArray
from sdc.model.records import Records
from sdc.model.system import BoolArray
from sdc.readers.areas import read_areas
from sdc.spatial.areas import Areas, mesh_areas
from sdc.spatial.locate import locate
from sdc.spatial.mesh import decode, encode
from sdc.spatial.overlay import intersections

AREAS, MESH = "areas", "mesh"


@dataclass(frozen=True, eq=False)
class Places:
    """The geographies of a release; at least one of the two."""

    areas: Areas | None
    mesh: Areas | None

    def of(self, name: str) -> Areas:
        """The geography of that name."""
        found = {AREAS: self.areas, MESH: self.mesh}[name]
        assert found is not None, "the configuration was checked for this"
        return found

    def hierarchy(self, name: str) -> Hierarchy:
        """Its codes."""
        return self.of(name).hierarchy


Extent = tuple[float, float, float, float]
"""South, west, north and east end, in degrees."""


def load_places(config: Config, within: Callable[[], Extent]) -> Places:
    """Read the areas and lay the mesh over them, or ``within`` what is asked where there are none."""
    areas = load_areas(config)
    grid = None
    if config.geography.mesh is not None:
        ground = areas if areas is not None else within()
        grid = mesh_areas(list(config.geography.mesh.levels), within=ground)
    return Places(areas, grid)


def load_areas(config: Config) -> Areas | None:
    """The areas of a configuration, None where it has none."""
    section = config.geography.areas
    if section is None:
        return None
    return read_areas(
        config.resolve(section.path),
        code=section.code,
        name=section.name,
        parent=section.parent,
        exclude={k: list(v) for k, v in section.exclude.items()},
        crs=section.crs,
        layer=section.layer,
        encoding=section.encoding,
        root=config.release.municipality,
        root_label=config.release.municipality_name or "",
    )


def study_area(config: Config, level: str) -> Extent:
    """The box around all areas and every cell of a level that touches it, in degrees."""
    areas = load_areas(config)
    assert areas is not None, "the configuration was checked for this"
    west, south, east, north = areas.shapes.to_crs("EPSG:6668").total_bounds
    cell = decode(encode([south], [west], level)[0], level)
    high, wide = float(cell.north - cell.south), float(cell.east - cell.west)
    return south - high, west - wide, north + high, east + wide


def extent(records: Sequence[Records]) -> Extent:
    """South, west, north and east end of all records, in degrees."""
    from pyproj import Transformer

    lons, lats = [], []
    for r in records:
        change = Transformer.from_crs(r.crs, "EPSG:6668", always_xy=True)
        lon, lat = change.transform(r.x[r.placed], r.y[r.placed])
        lons += [float(v) for v in (lon.min(), lon.max())] if len(lon) else []
        lats += [float(v) for v in (lat.min(), lat.max())] if len(lat) else []
    if not lons:
        raise InputError(Text("no record has a position"), code="positions")
    # A record on the outermost line belongs to the cell that begins there.
    return min(lats), min(lons), max(lats) + 1e-7, max(lons) + 1e-7


def place_records(
    records: Records, places: Places, wanted: Sequence[str]
) -> tuple[dict[str, IntArray], BoolArray]:
    """Innermost index of every record in each wanted geography, and who lies in all of them.

    A release speaks of one population: with small areas in the configuration, a record outside all of
    them is outside the study area and is set aside for the mesh as well.
    """
    every = dict.fromkeys([*wanted, *([AREAS] if places.areas is not None else [])])
    leaves: dict[str, IntArray] = {}
    inside = records.placed
    for name in every:
        leaves[name] = locate(records.x, records.y, records.crs, places.of(name))
        inside = inside & (leaves[name] >= 0)
    return {name: leaves[name] for name in wanted}, inside


def crossing(places: Places, coded: Sequence[Coded]) -> list[Crossing]:
    """Which small areas and mesh cells can hold the same unit; records that do are always included."""
    if places.areas is None or places.mesh is None:
        return []
    seen = [c.leaf for c in coded if AREAS in c.leaf and MESH in c.leaf]
    observed = (
        np.concatenate([np.zeros(0, np.int64), *(leaf[AREAS] for leaf in seen)]),
        np.concatenate([np.zeros(0, np.int64), *(leaf[MESH] for leaf in seen)]),
    )
    pairs = intersections(places.areas, places.mesh, observed=observed)
    return [Crossing((AREAS, MESH), pairs[["i", "j"]].to_numpy(dtype=np.int64))]
