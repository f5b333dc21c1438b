"""An invented city small enough to be released in every test run: 12 areas, two mesh levels."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely

CONFIG = """
schema = 1
[release]
id = "small"
title = "小さな市"
municipality = "082996"
municipality_name = "小さな市"
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
[records.buildings.columns.structure]
source = "structure"
codelist = "structures.csv"
[geography.areas]
path = "areas.gpkg"
code = "code"
name = "name"
[geography.mesh]
levels = ["1km", "500m"]
[rules.counts]
min_count = 3
ground = "小さな市情報公開条例"
[[tables]]
id = "use_structure"
records = "buildings"
rules = "counts"
geography = "areas"
by = ["use", "structure"]
[[tables]]
id = "use_mesh"
records = "buildings"
rules = "counts"
geography = "mesh"
by = ["use"]
[treatment]
order = ["merge", "suppress"]
[treatment.merge]
min_count = 10
within = "any"
[treatment.suppress]
budget = 0.05
[output]
dir = "releases"
formats = ["csv", "geojson"]
"""


def write(folder: Path, seed: int = 1) -> Path:
    """Areas, 600 buildings, code lists and the configuration, all in ``folder``."""
    rng = np.random.default_rng(seed)
    west, south, wide, high = 141.503, 30.203, 0.0063, 0.0047
    codes = [f"082990{i:02d}" for i in range(12)]
    boxes = [
        shapely.box(
            west + x * wide, south + y * high, west + (x + 1) * wide, south + (y + 1) * high
        )
        for y in range(3)
        for x in range(4)
    ]
    frame = {"code": codes, "name": [f"{c[-2:]}番" for c in codes]}
    gpd.GeoDataFrame(frame, geometry=boxes, crs="EPSG:6668").to_file(folder / "areas.gpkg")
    share = rng.dirichlet(np.full(12, 1.0))
    rows = ["lon,lat,use,structure"]
    for place in rng.choice(12, 600, p=share):
        lon = west + (place % 4 + rng.random()) * wide
        lat = south + (place // 4 + rng.random()) * high
        use = rng.choice(["411", "412", "402", "441"], p=[0.7, 0.18, 0.08, 0.04])
        rows.append(f"{lon:.8f},{lat:.8f},{use},{rng.choice(['601', '610'], p=[0.75, 0.25])}")
    lists = {
        "uses.csv": ["TOTAL,,総数", "411,TOTAL,住宅", "412,TOTAL,共同住宅", "402,TOTAL,商業",
                     "441,TOTAL,工場"],
        "structures.csv": ["TOTAL,,総数", "601,TOTAL,木造", "610,TOTAL,非木造"],
    }  # fmt: skip
    for name, lines in lists.items():
        (folder / name).write_text("\n".join(["code,parent,label", *lines]) + "\n", "utf-8")
    (folder / "buildings.csv").write_text("\n".join(rows) + "\n", "utf-8")
    path = folder / "release.toml"
    path.write_text(CONFIG, encoding="utf-8")
    return path
