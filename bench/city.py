"""A city of any number of areas, protected and proven, for the drivers of what comes after."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
from places import coverage

from sdc.config import read_config
from sdc.pipeline.run import Safe, make_safe

USES = [str(400 + k) for k in range(1, 19)]

CONFIG = """
schema = 1
[release]
id = "bench"
title = "計測用の市"
municipality = "082996"
survey_date = 2025-10-01
release_date = 2026-04-01
serial = 1
licence = "CC-BY-4.0"
source = "計測用 (架空)"
section = "計測"
[records.buildings]
path = "buildings.csv"
x = "x"
y = "y"
crs = "EPSG:6677"
[records.buildings.columns.use]
source = "use"
codelist = "uses.csv"
[geography.areas]
path = "areas.gpkg"
code = "code"
name = "code"
[rules.buildings]
min_count = 3
ground = "計測"
[[tables]]
id = "use"
records = "buildings"
rules = "buildings"
geography = "areas"
by = ["use"]
[treatment]
order = ["suppress"]
[treatment.suppress]
budget = 0
[output]
dir = "releases"
formats = {formats}
"""


def city(folder: Path, areas: int, formats: list[str]) -> Safe:
    """Write a city of some 50 buildings an area into a folder and bring it up to the door."""
    rng = np.random.default_rng(5)
    coverage(areas, 5).to_file(folder / "areas.gpkg")
    n = 50 * areas
    share = 1 / np.arange(1, 19) ** 1.3
    use = rng.choice(USES, n, p=share / share.sum())
    with (folder / "buildings.csv").open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(["x", "y", "use"])
        out.writerows(zip(rng.uniform(0, 1e5, n), rng.uniform(0, 1e5, n), use, strict=True))
    with (folder / "uses.csv").open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerows(
            [["code", "parent", "label"], ["T", "", "総数"], *([u, "T", f"用途{u}"] for u in USES)]
        )
    (folder / "release.toml").write_text(
        CONFIG.format(formats=str(formats).replace("'", '"')), encoding="utf-8"
    )
    return make_safe(read_config(folder / "release.toml"))
