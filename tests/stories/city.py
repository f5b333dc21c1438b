"""Configurations of real cities, written next to a test's own folder."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

SAMPLES = Path(__file__).parents[2] / "data" / "samples"

SHINJUKU = """
schema = 1
data_root = "{root}"
[release]
id = "shinjuku-2020"
title = "新宿区 建物集計"
municipality = "131041"
municipality_name = "新宿区"
municipality_name_en = "Shinjuku City"
survey_date = 2020-10-01
release_date = 2026-11-22
serial = 1
licence = "CC-BY-4.0"
source = "Project PLATEAU (国土交通省), 政府統計の総合窓口(e-Stat)"
section = "都市計画課"
[records.buildings]
path = "{root}/shinjuku/buildings.csv"
x = "lon"
y = "lat"
crs = "EPSG:6668"
[records.buildings.columns.area_class]
source = "roof_area_m2"
breaks = [50, 75, 150, 500, 1500]
unit = "m²"
[records.buildings.columns.height]
source = "measured_height_m"
breaks = [5, 10, 12, 15, 20, 25, 30, 35, 40, 45]
unit = "m"
[records.buildings.columns.roof_area]
source = "roof_area_m2"
kind = "measure"
unit = "m²"
step = 1
[geography.areas]
path = "{root}/shinjuku/h27ka13104.shp"
code = "KEY_CODE"
name = "MOJI"
crs = "EPSG:4612"
exclude = {{ HCODE = ["8154"] }}
[geography.mesh]
levels = ["1km", "500m"]
[rules.buildings]
min_count = 3
ground = "新宿区情報公開条例 第7条"
p_percent = 10
[titles]
area_class = ["屋根面積階級", "class of roof area"]
height = ["高さ階級", "class of height"]
roof_area = ["屋根面積", "roof area"]
{tables}
[treatment]
order = ["merge", "suppress"]
[treatment.merge]
min_count = 10
within = "any"
[output]
dir = "releases"
formats = ["images", "csv", "geojson"]
"""

ONE_TABLE = """
[[tables]]
id = "area_height"
records = "buildings"
rules = "buildings"
geography = "areas"
by = ["area_class", "height"]
"""

FIVE_TABLES = """
[[tables]]
id = "area_class"
records = "buildings"
rules = "buildings"
geography = "areas"
by = ["area_class"]
[[tables]]
id = "height"
records = "buildings"
rules = "buildings"
geography = "areas"
by = ["height"]
[[tables]]
id = "area_height"
records = "buildings"
rules = "buildings"
geography = "areas"
by = ["area_class", "height"]
[[tables]]
id = "roof_area"
records = "buildings"
rules = "buildings"
geography = "areas"
by = ["area_class"]
measure = "roof_area"
[[tables]]
id = "mesh_area"
records = "buildings"
rules = "buildings"
geography = "mesh"
by = ["area_class"]
"""

THREE_GEOGRAPHIES = """
[[tables]]
id = "by_area"
records = "buildings"
rules = "buildings"
geography = "areas"
by = ["area_class"]
[[tables]]
id = "by_mesh"
records = "buildings"
rules = "buildings"
geography = "mesh"
by = ["area_class"]
[[tables]]
id = "by_school"
records = "buildings"
rules = "buildings"
geography = "none"
by = ["school", "area_class"]
[geography.districts.school]
path = "schools.gpkg"
code = "id"
"""


OSAKA = """
schema = 1
data_root = "{root}"
[release]
id = "osaka-2017"
title = "大阪市 建物用途"
municipality = "271004"
municipality_name = "大阪市"
survey_date = 2017-10-01
release_date = 2026-11-22
serial = 1
licence = "CC-BY-4.0"
source = "Project PLATEAU (国土交通省)"
section = "都市計画課"
[records.buildings]
path = "{root}/osaka_buildings/buildings.csv"
x = "lon"
y = "lat"
crs = "EPSG:6668"
[records.buildings.columns.use]
source = "{column}"
codelist = "uses.csv"
{map}
[geography.mesh]
levels = ["1km", "500m"]
[rules.buildings]
min_count = 3
ground = "大阪市情報公開条例 第7条"
[[tables]]
id = "use_mesh"
records = "buildings"
rules = "buildings"
geography = "mesh"
by = ["use"]
[treatment]
order = ["suppress"]
[treatment.suppress]
budget = 0.05
[output]
dir = "releases"
formats = ["images", "csv"]
"""


def osaka(folder: Path, real_data: Path, *, column: str, mapping: dict[str, str]) -> Path:
    """The configuration of 大阪市; ``mapping`` leads codes outside the list into it."""
    shutil.copy(SAMPLES / "uses.csv", folder / "uses.csv")
    rows = ["from,to", *(f"{a},{b}" for a, b in mapping.items())]
    (folder / "map.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    root = os.path.relpath(real_data, folder).replace(os.sep, "/")
    line = 'map = "map.csv"' if mapping else ""
    path = folder / "release.toml"
    path.write_text(OSAKA.format(root=root, column=column, map=line), encoding="utf-8")
    return path


def shinjuku(folder: Path, real_data: Path, tables: str) -> Path:
    """The configuration of 新宿区 in ``folder``, reading the real data where they lie."""
    root = os.path.relpath(real_data, folder).replace(os.sep, "/")
    text = SHINJUKU.format(root=root, tables=tables)
    path = folder / "release.toml"
    path.write_text(text, encoding="utf-8")
    return path
