"""In which small area, mesh cell and district does every record lie, and how do these cross?"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from sdc.config import AreasSection, Config
from sdc.errors import InputError
from sdc.messages import Text
from sdc.model.coded import Coded, Crossing
from sdc.model.hierarchy import TOTAL, Hierarchy, IntArray
from sdc.model.records import Records
from sdc.model.system import BoolArray
from sdc.readers.areas import read_areas
from sdc.spatial.areas import Areas, mesh_areas
from sdc.spatial.locate import locate
from sdc.spatial.mesh import decode, encode
from sdc.spatial.overlay import intersections
from sdc.spatial.rest import with_rest

AREAS, MESH = "areas", "mesh"


@dataclass(frozen=True, eq=False)
class Places:
    """The geographies of a release: small areas, a mesh, and sets of districts by name."""

    areas: Areas | None
    mesh: Areas | None
    districts: Mapping[str, Areas] = field(default_factory=dict)

    def of(self, name: str) -> Areas:
        """The geography of that name."""
        found = {AREAS: self.areas, MESH: self.mesh, **self.districts}[name]
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
    districts = {
        name: _read(config, section, dimension=name, root=TOTAL, root_label="総数")
        for name, section in config.geography.districts.items()
    }
    around = areas if areas is not None else grid
    if around is not None:
        districts = {name: with_rest(own, around) for name, own in districts.items()}
    return Places(areas, grid, districts)


def load_areas(config: Config) -> Areas | None:
    """The areas of a configuration, None where it has none."""
    section = config.geography.areas
    if section is None:
        return None
    return _read(
        config,
        section,
        dimension=AREAS,
        root=config.release.municipality,
        root_label=config.release.municipality_name or "",
    )


def _read(
    config: Config, section: AreasSection, *, dimension: str, root: str, root_label: str
) -> Areas:
    """The polygons of one section."""
    return read_areas(
        config.resolve(section.path),
        code=section.code,
        name=section.name,
        parent=section.parent,
        exclude={k: list(v) for k, v in section.exclude.items()},
        crs=section.crs,
        layer=section.layer,
        encoding=section.encoding,
        dimension=dimension,
        root=root,
        root_label=root_label,
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
    them is outside the study area and is set aside for the mesh as well. Districts leave nobody out:
    their rest is a district, except where they are all the ground there is.
    """
    every = dict.fromkeys([*wanted, *([AREAS] if places.areas is not None else [])])
    leaves: dict[str, IntArray] = {}
    inside = records.placed
    for name in every:
        leaves[name] = locate(records.x, records.y, records.crs, places.of(name))
        inside = inside & (leaves[name] >= 0)
    return {name: leaves[name] for name in wanted}, inside


def geographies_of(config: Config, names: Collection[str]) -> tuple[str, ...]:
    """Which of some dimensions are geographies, in one order."""
    return tuple(n for n in (AREAS, MESH, *config.geography.districts) if n in names)


def crossing(places: Places, coded: Sequence[Coded], used: Sequence[str]) -> list[Crossing]:
    """Which places of all geographies in use can hold the same unit.

    One crossing of all of them: places that meet two by two may have no ground in common. Where
    records lie is always included; of records that have only some of the geographies, what they lack
    is any place beside the others.
    """
    if len(used) < 2:
        return []
    own = [[n for n in used if n in c.leaf] for c in coded]
    whole = [c for c, names in zip(coded, own, strict=True) if len(names) == len(used)]
    seen = [np.concatenate([np.zeros(0, np.int64), *(c.leaf[n] for c in whole)]) for n in used]
    atoms = intersections(*(places.of(n) for n in used), observed=seen)
    table = atoms.iloc[:, : len(used)].to_numpy(dtype=np.int64)
    for c, names in zip(coded, own, strict=True):
        if 1 < len(names) < len(used):
            found = np.unique(np.stack([c.leaf[n] for n in names], axis=1), axis=0)
            table = _with_parts(table, [used.index(n) for n in names], found)
    return [Crossing(tuple(used), table)]


def _with_parts(table: IntArray, columns: Sequence[int], found: IntArray) -> IntArray:
    """Atoms, and one more for each observed part of an atom that is part of none of them."""
    both, which = np.unique(np.concatenate([table[:, columns], found]), axis=0, return_inverse=True)
    missing = both[np.setdiff1d(np.arange(len(both)), which.ravel()[: len(table)])]
    added = []
    for part in missing:
        beside = np.flatnonzero(table[:, columns[0]] == part[0])
        row = table[beside[0] if len(beside) else 0].copy()
        row[list(columns)] = part
        added.append(row)
    return np.unique(np.concatenate([table, *(r[None] for r in added)]), axis=0)
