"""An invented city of four quarters, in which three geographies meet two by two and not all three."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from pathlib import Path

import geopandas as gpd
import shapely

CONFIG = """
schema = 1
[release]
id = "{id}"
title = "四つ辻市"
municipality = "082996"
survey_date = 2025-10-01
release_date = 2026-04-01
serial = 1
licence = "CC-BY-4.0"
source = "架空"
section = "都市計画課"
[records.buildings]
path = "buildings.csv"
x = "lon"
y = "lat"
crs = "EPSG:6668"
[records.buildings.columns.use]
source = "use"
codelist = "uses.csv"
[geography.areas]
path = "areas.gpkg"
code = "code"
{more}
[rules.counts]
min_count = 3
ground = "四つ辻市情報公開条例"
{tables}
[treatment]
order = ["suppress"]
[output]
dir = "releases"
formats = ["csv"]
"""
MESH = '[geography.mesh]\nlevels = ["1km"]\n'
SCHOOL = '[geography.districts.school]\npath = "schools.gpkg"\ncode = "id"\n'
LEDGER = '[ledger]\npath = "ledger.sqlite"\n'
SOUTH, WEST, HIGH, WIDE = 36.0, 140.0, 1 / 120, 1 / 80
"""Two cells of the 1 km mesh, 54400000 and, north of it, 54400010 (36 = 54 / 1.5)."""

Box = tuple[float, float, float, float]


def box(west: float, south: float, east: float, north: float) -> shapely.Geometry:
    """A rectangle in shares of the cell 54400000, a hair inside its western and eastern border."""
    return shapely.box(
        WEST + (0.001 + 0.998 * west) * WIDE, SOUTH + (0.001 + 0.999 * south) * HIGH,
        WEST + (0.001 + 0.998 * east) * WIDE, SOUTH + (0.001 + 0.999 * north) * HIGH,
    )  # fmt: skip


def polygons(path: Path, column: str, shapes: Mapping[str, Sequence[Box]]) -> None:
    """Polygons by code; several boxes of one code are exclaves."""
    found = {code: shapely.union_all([box(*b) for b in own]) for code, own in shapes.items()}
    frame = gpd.GeoDataFrame({column: list(found)}, geometry=list(found.values()), crs="EPSG:6668")
    frame.to_file(path)


def table(geography: str, *by: str) -> str:
    """One table of the configuration."""
    name = "_".join(([] if geography == "none" else [geography]) + list(by))
    listed = ", ".join(f'"{c}"' for c in by)
    return (
        f'[[tables]]\nid = "by_{name}"\nrecords = "buildings"\nrules = "counts"\n'
        f'geography = "{geography}"\nby = [{listed}]\n'
    )


def write(
    folder: Path,
    units: Mapping[tuple[float, float], int | Mapping[str, int]],
    tables: Sequence[str],
    *,
    more: str = "",
    id: str = "crossed",
) -> Path:
    """Buildings at places (shares of the cell, east and north), and the configuration."""
    rows = ["lon,lat,use"]
    for (east, north), own in units.items():
        at = shapely.centroid(box(east, north, east, north))
        for use, n in (own if isinstance(own, Mapping) else {"u": own}).items():
            rows += itertools.repeat(f"{at.x:.9f},{at.y:.9f},{use}", n)
    (folder / "buildings.csv").write_text("\n".join(rows) + "\n", "utf-8")
    (folder / "uses.csv").write_text("code,parent,label\nT,,計\nu,T,住宅\nv,T,店舗\n", "utf-8")
    path = folder / f"{id}.toml"
    path.write_text(CONFIG.format(id=id, more=more, tables="".join(tables)), encoding="utf-8")
    return path
