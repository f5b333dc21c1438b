"""Invented people who move about an invented city: location records, and a release of four views."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import shapely

CONFIG = """
schema = 1
[release]
id = "moving-2016"
title = "うごく市 人口流動統計"
municipality = "082996"
municipality_name = "うごく市"
survey_date = 2016-10-12
release_date = 2017-02-01
serial = 1
licence = "CC-BY-4.0"
source = "架空の位置情報"
section = "統計課"
[records.moves]
path = "data/moves.parquet"
x = "lon"
y = "lat"
crs = "EPSG:6668"
[deidentify.moves]
person = "terminal"
persons = "data/owners.csv"
opt_out = "data/optout.csv"
key = "secret/pseudonym.key"
time = "time"
{groups}
[deidentify.moves.columns]
name = { role = "identifier" }
terminal = { role = "linking", scope = "day" }
time = { role = "location" }
lon = { role = "location" }
lat = { role = "location" }
sex = { role = "as_is", reason = "統計の区分。偏りは出口要件で確認" }
age = { role = "quasi", source = "birth", method = "age-7", at = 2016-10-12 }
home = { role = "quasi", method = "code", level = "municipality" }
[records.presence.view]
of = "moves"
kind = "presence"
level = "1km"
[records.presence.columns]
hour = { source = "hour", classes = "generalised" }
sex = { source = "sex", classes = "generalised" }
age = { source = "age", classes = "generalised" }
home = { source = "home", classes = "generalised" }
[records.trips.view]
of = "moves"
kind = "trips"
definition = "hops"
level = "1km"
minutes = 15
[records.trips.columns]
to = { source = "destination", classes = "mesh" }
[geography.areas]
path = "data/areas.gpkg"
code = "code"
name = "name"
[geography.mesh]
levels = ["1km"]
[rules.people]
min_count = 5
ground = "うごく市統計条例"
{tables}
[treatment]
order = ["suppress"]
[treatment.suppress]
budget = 0.2
[output]
dir = "releases"
formats = ["csv", "geojson"]
"""

FOUR_VIEWS = """
[[tables]]
id = "hourly"
records = "presence"
rules = "people"
geography = "mesh"
by = ["hour"]
[[tables]]
id = "sex_age"
records = "presence"
rules = "people"
geography = "mesh"
by = ["sex", "age"]
[[tables]]
id = "inflow"
records = "presence"
rules = "people"
geography = "mesh"
by = ["home"]
[[tables]]
id = "outflow"
records = "presence"
rules = "people"
geography = "areas"
by = ["home"]
"""

TRIPS = """
[[tables]]
id = "origin_destination"
records = "trips"
rules = "people"
geography = "mesh"
by = ["to"]
"""

SOUTH, WEST = 36.0, 140.0
HIGH, WIDE = 1 / 120, 1 / 80  # a 1 km cell
ROWS, COLUMNS = 4, 5  # mesh cells
HOMES = ("08201001001", "08202001001", "08203002001", "08204001003", "13101001001")


GROUPS = "k = 4\nallowance = 0.02"


def write(
    folder: Path,
    *,
    people: int,
    seed: int = 1,
    tables: str = FOUR_VIEWS,
    groups: str = "",
) -> Path:
    """All inputs of a release for ``people`` persons with a record an hour; the configuration.

    ``groups`` (``GROUPS``) asks for records that are alike for k persons.
    """
    for name in ("data", "secret"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    _records(folder / "data" / "moves.parquet", rng, people)
    _areas(folder / "data" / "areas.gpkg")
    lists = {
        "owners.csv": ["from,to", "T00000001,T00000000"],  # two devices of one person
        "optout.csv": ["code", "T00000007"],
    }
    for name, lines in lists.items():
        (folder / "data" / name).write_text("\n".join(lines) + "\n", "utf-8")
    key = folder / "secret" / "pseudonym.key"
    key.write_text("5a" * 32 + "\n", "ascii")
    key.chmod(0o600)
    config = folder / "release.toml"
    config.write_text(
        CONFIG.replace("{tables}", tables).replace("{groups}", groups), encoding="utf-8"
    )
    return config


def _records(path: Path, rng: np.random.Generator, people: int) -> None:
    """A record an hour and person: at home by night, at a second place from 8 to 17 o'clock."""
    person = np.repeat(np.arange(people), 24)
    hour = np.tile(np.arange(24), people)
    share = rng.dirichlet(np.full(ROWS * COLUMNS, 0.7))
    home = rng.choice(ROWS * COLUMNS, people, p=share)
    work = rng.choice(ROWS * COLUMNS, people, p=share[::-1])
    cell = np.where((hour >= 8) & (hour < 18), work[person], home[person])
    lat = SOUTH + (cell // COLUMNS + rng.random(len(cell))) * HIGH
    lon = WEST + (cell % COLUMNS + rng.random(len(cell))) * WIDE
    minute, second = rng.integers(0, 60, (2, len(cell)))
    stamp = (
        np.datetime64("2016-10-12T00:00:00")
        + hour * np.timedelta64(3600, "s")
        + minute * np.timedelta64(60, "s")
        + second * np.timedelta64(1, "s")
    )
    born = np.datetime64("1930-01-01") + rng.integers(0, 29_000, people) * np.timedelta64(1, "D")
    names = np.array([f"T{i:08d}" for i in range(people)])
    homes = np.array(HOMES)[rng.choice(len(HOMES), people, p=[0.6, 0.2, 0.1, 0.07, 0.03])]
    frame = {
        "terminal": names[person],
        "name": np.array([f"架空 {i}" for i in range(people)])[person],
        "time": stamp.astype(str),
        "lon": np.round(lon, 6),
        "lat": np.round(lat, 6),
        "sex": np.array(["女性", "男性"])[rng.integers(0, 2, people)][person],
        "birth": born.astype(str)[person],
        "home": homes[person],
    }
    pq.write_table(pa.table(frame), path)


def _areas(path: Path) -> None:
    """Eight towns that cross the mesh lines."""
    boxes, codes = [], []
    for y in range(2):
        for x in range(4):
            west, south = WEST + x * COLUMNS * WIDE / 4, SOUTH + y * ROWS * HIGH / 2
            boxes.append(
                shapely.box(west, south, west + COLUMNS * WIDE / 4, south + ROWS * HIGH / 2)
            )
            codes.append(f"0829900{y}{x}")
    frame = {"code": codes, "name": [f"{c[-2:]}町" for c in codes]}
    gpd.GeoDataFrame(frame, geometry=boxes, crs="EPSG:6668").to_file(path)
