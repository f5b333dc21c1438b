"""新宿区: 52,061 buildings in 152 small areas, from records to a package."""

from __future__ import annotations

import csv
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from city import FIVE_TABLES, ONE_TABLE, THREE_GEOGRAPHIES, shinjuku

import sdc
from sdc.config import read_config
from sdc.pipeline.prepare import Prepared, prepare
from sdc.pipeline.run import run_release, silent

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def joined(real_data: Path) -> pd.Series:
    """Buildings per KEY_CODE by a plain spatial join; each building once."""
    folder = real_data / "shinjuku"
    areas = gpd.read_file(folder / "h27ka13104.shp", encoding="cp932").to_crs("EPSG:6668")
    rows = pd.read_csv(folder / "buildings.csv", dtype=str)
    points = gpd.GeoDataFrame(
        geometry=gpd.points_from_xy(rows["lon"].astype(float), rows["lat"].astype(float)),
        crs="EPSG:6668",
    )
    found = gpd.sjoin(points, areas[["KEY_CODE", "geometry"]], predicate="intersects")
    assert not found.index.has_duplicates
    counts = found.groupby("KEY_CODE").size()
    return counts.reindex(sorted(set(areas["KEY_CODE"])), fill_value=0)


@pytest.fixture(scope="module")
def prepared(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    folder = tmp_path_factory.mktemp("prepared")
    return prepare(read_config(shinjuku(folder, real_data, ONE_TABLE)), silent)


def test_every_area_has_its_buildings(
    prepared: Prepared, joined: pd.Series, real_data: Path
) -> None:
    dim = prepared.places.hierarchy("areas")
    counts = prepared.coded["buildings"].count(["areas"])
    ours = pd.Series(counts, index=[dim.codes[i] for i in dim.leaves])
    assert len(ours) == 152
    assert ours.to_dict() == joined.to_dict()
    # 62 buildings lie in no polygon and are set aside, row by row.
    assert int(ours.sum()) == 52_061 - 62 == 51_999
    (aside,) = prepared.aside
    assert len(aside.rows) == 62
    # The counts delivered beside the data hold 13 more, in four areas and nowhere else. No polygon of
    # the file contains 13 further buildings: only 3 of the 62 lie nearest to one of these areas.
    path = real_data / "shinjuku" / "buildings_per_area.csv"
    oracle = pd.read_csv(path, dtype={"KEY_CODE": str}).set_index("KEY_CODE")["n_buildings"]
    more = (oracle - ours)[oracle != ours]
    assert more.to_dict() == {
        "13104087003": 1, "13104090003": 3, "13104091002": 1, "13104091004": 8,
    }  # fmt: skip
    assert len(ours) - len(more) == 148


@pytest.mark.nightly
def test_area_class_by_height_is_released(
    real_data: Path, joined: pd.Series, tmp_path: Path
) -> None:
    result = run_release(shinjuku(tmp_path, real_data, ONE_TABLE))
    assert result.path is not None
    with (result.path / "data" / "area_height.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    with (result.path / "data" / "mergers.csv").open(encoding="utf-8-sig", newline="") as file:
        into = {r["source"]: r["target"] for r in csv.DictReader(file)}
    expected: dict[str, int] = {}
    for code, count in joined.items():
        at = into.get(str(code), str(code))
        expected[at] = expected.get(at, 0) + int(count)
    totals = {r["areas"]: r for r in rows if r["area_class"] == r["height"] == "TOTAL"}
    shown = {c: int(r["value"]) for c, r in totals.items() if r["status"] == "A" and c in expected}
    assert len(shown) > 100
    assert shown == {c: expected[c] for c in shown}
    assert {c for c, r in totals.items() if r["status"] == "M"} == set(into)
    # Six classes of area and eleven of height, as the breaks say, with their totals.
    assert len({r["area_class"] for r in rows}) == 7
    assert len({r["height"] for r in rows}) == 12
    assert result.safe.report.passed


@pytest.mark.nightly
def test_five_linked_tables_become_a_package(real_data: Path, tmp_path: Path) -> None:
    # Two class tables, their crossing, a measure and a mesh: 14,798 cells proven as one system.
    path = shinjuku(tmp_path, real_data, FIVE_TABLES)
    result = run_release(path)
    assert result.path is not None
    assert sdc.verify_package(result.path)
    assert result.safe.report.passed
    assert len(result.safe.system.blocks) == 5


@pytest.mark.nightly
def test_areas_mesh_and_districts_are_released_together(
    real_data: Path, joined: pd.Series, tmp_path: Path
) -> None:
    """25 invented districts: whatever is nearest to a point, across all borders of areas."""
    source = real_data / "shinjuku" / "h27ka13104.shp"
    areas = gpd.read_file(source, encoding="cp932").to_crs("EPSG:6677")
    west, south, east, north = areas.total_bounds
    rng = np.random.default_rng(5)
    points = np.column_stack([rng.uniform(west, east, 25), rng.uniform(south, north, 25)])
    whole = shapely.box(west, south, east, north)
    cells = shapely.get_parts(
        shapely.voronoi_polygons(shapely.multipoints(points), extend_to=whole)
    )
    districts = gpd.GeoDataFrame(
        {"id": [f"S{k:02d}" for k in range(len(cells))]}, geometry=cells, crs="EPSG:6677"
    )
    districts.to_file(tmp_path / "schools.gpkg")
    result = run_release(shinjuku(tmp_path, real_data, THREE_GEOGRAPHIES))
    assert result.path is not None
    assert result.safe.report.passed
    with (result.path / "data" / "by_school.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    total = {r["school"]: r["value"] for r in rows if r["area_class"] == "TOTAL"}
    assert len(total) == 26
    assert total["TOTAL"] == str(int(joined.sum()))
    # districts by a plain spatial join of the buildings that lie in some area
    table = pd.read_csv(real_data / "shinjuku" / "buildings.csv", dtype=str)
    places = gpd.points_from_xy(table["lon"].astype(float), table["lat"].astype(float))
    points_ = gpd.GeoDataFrame(geometry=places, crs="EPSG:6668").to_crs("EPSG:6677")
    inside = points_.sjoin(areas[["geometry"]], predicate="intersects").index.unique()
    found = points_.loc[inside].sjoin(districts, predicate="intersects").groupby("id").size()
    shown = {c: int(v.replace("-", "0")) for c, v in total.items() if v != "X" and c != "TOTAL"}
    assert len(shown) > 20
    assert shown == {c: int(found.get(c, 0)) for c in shown}
