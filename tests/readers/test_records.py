"""Records come in through every format with the same codes and the same positions."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pyogrio
import pytest
import shapely

from sdc.model.records import Records
from sdc.readers.records import read_records

Write = Callable[..., Path]
Told = Callable[[Callable[[], Any]], list[Any]]

CRS = "EPSG:6668"
FRAME = pd.DataFrame(
    {
        "KEY_CODE": ["01101001001", "01101001002", "13104001001"],
        "name": ["大通一丁目", "山之内５丁目", ""],
        "n": [1, 2, 30],
        "m2": [1.5, 20.0, 0.1],
        "lon": [141.35, 141.36, 139.7302550],
        "lat": [43.06, 43.07, 35.6836923],
    }
)
TEXTS = {
    "KEY_CODE": FRAME["KEY_CODE"].tolist(),
    "name": FRAME["name"].tolist(),
    "n": ["1", "2", "30"],
    "m2": ["1.5", "20", "0.1"],
}


def spatial() -> gpd.GeoDataFrame:
    points = gpd.points_from_xy(FRAME["lon"], FRAME["lat"])
    return gpd.GeoDataFrame(FRAME[list(TEXTS)], geometry=points, crs=CRS)


def make(kind: str, folder: Path) -> tuple[Path, dict[str, Any]]:
    """The records in a format, and how to read them."""
    columns = {"x": "lon", "y": "lat", "crs": CRS}
    path = folder / f"in.{kind}"
    if kind == "csv":
        FRAME.to_csv(path, index=False)
        return path, columns
    if kind == "xlsx":
        book = openpyxl.Workbook()
        book.active.append(list(FRAME.columns))
        for row in FRAME.astype(object).itertuples(index=False):
            book.active.append(list(row))
        book.save(path)
        return path, columns
    if kind == "parquet":
        FRAME.to_parquet(path)
        return path, columns
    if kind == "geo.parquet":
        spatial().to_parquet(path)
        return path, {}
    if kind == "shp":
        spatial().to_file(path, encoding="cp932")
        path.with_suffix(".cpg").unlink(missing_ok=True)
        return path, {}
    driver = {"gpkg": "GPKG", "geojson": "GeoJSON"}[kind]
    spatial().to_file(path, driver=driver)
    return path, {}


@pytest.mark.parametrize(
    "kind", ["csv", "xlsx", "parquet", "geo.parquet", "gpkg", "shp", "geojson"]
)
def test_round_trip(kind: str, tmp_path: Path) -> None:
    path, options = make(kind, tmp_path)
    records = read_records(path, name="b", columns=list(TEXTS), **options)
    assert isinstance(records, Records)
    got = {c: records.frame[c].tolist() for c in TEXTS}
    if kind == "csv":
        # A CSV holds what was written: pandas writes 20.0.
        got["m2"] = [t.removesuffix(".0") for t in got["m2"]]
    assert got == TEXTS
    assert np.allclose(records.x, FRAME["lon"], rtol=0, atol=1e-9)
    assert np.allclose(records.y, FRAME["lat"], rtol=0, atol=1e-9)
    assert records.crs == CRS
    assert (records.name, records.file, records.first_row) == ("b", path.name, 2)


def test_coordinates_are_read_to_the_last_bit(write: Write) -> None:
    rng = np.random.default_rng(7)
    lon, lat = rng.uniform(130, 140, 500), rng.uniform(32, 38, 500)
    lines = [f"{a!r},{b!r}" for a, b in zip(lon.tolist(), lat.tolist(), strict=True)]
    records = read_records(write("lon,lat\n" + "\n".join(lines)), x="lon", y="lat", crs=CRS)
    assert records.x.tolist() == lon.tolist()
    assert records.y.tolist() == lat.tolist()


def test_only_the_columns_asked_for_are_kept(tmp_path: Path) -> None:
    path, options = make("csv", tmp_path)
    assert list(read_records(path, columns=["n"], **options).frame) == ["n"]
    assert len(read_records(path, columns=[], **options)) == 3


def test_buildings_as_polygons_are_placed_inside(tmp_path: Path) -> None:
    # An L: its centroid lies outside, a point on its surface does not.
    arm = shapely.box(139.0, 35.0, 139.001, 35.01)
    foot = shapely.box(139.0, 35.0, 139.01, 35.001)
    shapes = [shapely.box(139.1, 35.1, 139.2, 35.2), shapely.union(arm, foot)]
    assert not shapes[1].covers(shapes[1].centroid)
    path = tmp_path / "b.gpkg"
    gpd.GeoDataFrame({"id": ["a", "b"]}, geometry=shapes, crs=CRS).to_file(path)
    records = read_records(path)
    assert (records.x[0], records.y[0]) == pytest.approx((139.15, 35.15))
    assert shapes[1].covers(shapely.Point(records.x[1], records.y[1]))


def test_features_without_or_with_another_geometry_are_told(tmp_path: Path, told: Told) -> None:
    shapes = [shapely.Point(139.7, 35.7), None, shapely.LineString([(139, 35), (139, 36)])]
    path = tmp_path / "b.gpkg"
    gpd.GeoDataFrame({"id": ["a", "b", "c"]}, geometry=shapes, crs=CRS).to_file(path)
    assert told(lambda: read_records(path)) == [
        ("position-missing", 3, "geometry", ""),
        ("geometry-kind", 4, "geometry", "LineString"),
    ]


def test_a_workbook_that_ate_leading_zeros_is_told(tmp_path: Path, told: Told) -> None:
    book = openpyxl.Workbook()
    for row in (["KEY_CODE", "big", "lon", "lat"], [1101001001, 12, 141.3, 43.0],
                ["01101001002", 1234567890123456789, 141.3, 43.0]):  # fmt: skip
        book.active.append(row)
    path = tmp_path / "b.xlsx"
    book.save(path)
    # 1234567890123456789 has 19 digits; a workbook keeps 15.
    assert told(lambda: read_records(path, x="lon", y="lat", crs=CRS))[0][:3] == (
        "code-precision", 3, "big",
    )  # fmt: skip
    book.active["B3"] = 13
    book.save(path)
    assert told(lambda: read_records(path, x="lon", y="lat", crs=CRS)) == [
        ("code-truncated", 2, "KEY_CODE", "1101001001")
    ]
    # The caller may know better which columns hold codes.
    assert len(read_records(path, x="lon", y="lat", crs=CRS, codes=[])) == 2


def test_numbers_in_parquet_that_were_codes_are_told(tmp_path: Path, told: Told) -> None:
    path = tmp_path / "b.parquet"
    frame = pd.DataFrame({"code": [1101, np.nan], "lon": [141.3] * 2, "lat": [43.0] * 2})
    frame.to_parquet(path)
    records = read_records(path, x="lon", y="lat", crs=CRS)
    assert records.frame["code"].tolist() == ["1101", ""]
    frame.rename(columns={"code": "市区町村コード"}).to_parquet(path)
    assert told(lambda: read_records(path, x="lon", y="lat", crs=CRS)) == [
        ("code-truncated", 2, "市区町村コード", "1101")
    ]


def test_a_file_without_geometries_is_told(tmp_path: Path, told: Told) -> None:
    path = tmp_path / "b.parquet"
    FRAME.to_parquet(path)
    assert told(lambda: read_records(path)) == [("geometry-none", None, "", "")]
    path = tmp_path / "b.gpkg"
    pyogrio.write_dataframe(FRAME, path, layer="t")
    assert told(lambda: read_records(path)) == [("geometry-none", None, "", "")]


@pytest.mark.parametrize("suffix", [".gpkg", ".shp", ".geojson", ".parquet", ".xlsx"])
def test_a_file_is_opened_as_what_it_says_it_is(suffix: str, tmp_path: Path, told: Told) -> None:
    """GDAL opens files by their content: a .gpkg that is a VRT could point anywhere."""
    spatial().to_file(tmp_path / "secret.gpkg", layer="one")
    vrt = (
        '<OGRVRTDataSource><OGRVRTLayer name="one"><SrcDataSource relativeToVRT="1">secret.gpkg'
        "</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>"
    )
    (tmp_path / "in.vrt").write_text(vrt)
    assert len(pyogrio.read_dataframe(tmp_path / "in.vrt")) == 3  # so it would have worked
    path = tmp_path / f"in{suffix}"
    path.write_text(vrt)
    if suffix == ".shp":
        for part in (".shx", ".dbf"):
            path.with_suffix(part).write_bytes(b"x")
    options = {} if suffix != ".xlsx" else {"x": "lon", "y": "lat", "crs": CRS}
    found = told(lambda: read_records(path, **options))
    assert [f[0] for f in found] == ["file-unreadable"]


def test_what_the_file_says_of_its_crs_is_not_overruled(tmp_path: Path, told: Told) -> None:
    path, _ = make("gpkg", tmp_path)
    assert read_records(path, crs="EPSG:6668").crs == CRS
    assert told(lambda: read_records(path, crs="EPSG:4301")) == [
        ("crs-conflict", None, "", "EPSG:4301")
    ]


def test_geojson_without_a_crs_is_wgs84_unless_stated(tmp_path: Path, write: Write) -> None:
    text = (
        '{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"n":"区"},'
        '"geometry":{"type":"Point","coordinates":[139.7,35.7]}}]}'
    )
    path = write(text, name="a.geojson")
    assert read_records(path).crs == "EPSG:4326"
    assert read_records(path, crs="EPSG:6668").crs == "EPSG:6668"


def test_geojson_must_be_utf_8(write: Write, told: Told) -> None:
    text = '{"type":"FeatureCollection","features":[]}'
    path = write(text.replace("features", "新宿"), name="a.geojson", encoding="cp932")
    assert told(lambda: read_records(path))[0][0] == "encoding-declared"


def test_a_layer_must_be_chosen_where_there_are_several(tmp_path: Path, told: Told) -> None:
    path = tmp_path / "b.gpkg"
    spatial().to_file(path, layer="one")
    pyogrio.write_dataframe(FRAME[["name"]], path, layer="styles", append=True)
    assert len(read_records(path)) == 3  # a table without geometry is no rival
    spatial().to_file(path, layer="two", mode="a")
    assert told(lambda: read_records(path)) == [("layer-choice", None, "", "")]
    assert len(read_records(path, layer="two")) == 3
    assert told(lambda: read_records(path, layer="six")) == [("layer-choice", None, "", "six")]


def test_swapped_plane_coordinates_are_told(write: Write, told: Told) -> None:
    # Zone XI has its origin at 44 N, 140.25 E. Hakodate lies 20 km west and 250 km south of it:
    # 41.75 N, 140.0 E. Exchanged that is 250 km west: 137.1 E, at sea and outside the zone's use.
    path = write("x,y\n-250000,-20000\n-249000,-21000\n")
    found = told(lambda: read_records(path, x="x", y="y", crs="EPSG:6679"))
    assert [f[0] for f in found] == ["position-swapped"]
    right = read_records(path, x="y", y="x", crs="EPSG:6679")
    assert right.placed.all()


@pytest.mark.real
def test_shinjuku_buildings(real_data: Path) -> None:
    path = real_data / "shinjuku" / "buildings.csv"
    records = read_records(path, x="lon", y="lat", crs=CRS)
    assert len(records) == 52_061 == len(path.read_text().splitlines()) - 1
    assert records.placed.all()
    # Blank where the source has none; never shortened to a number.
    assert set(records.frame["key_code_plateau"].str.len()) == {0, 11}


@pytest.mark.real
def test_osaka_buildings(real_data: Path) -> None:
    path = real_data / "osaka_buildings" / "buildings.csv"
    records = read_records(path, x="lon", y="lat", crs=CRS, columns=["usage", "town"])
    assert len(records) == 11_684
    # 7,715 have a use code of the survey, by the description of the data.
    assert int((records.frame["usage"] != "").sum()) == 7_715
    assert "山之内５丁目" in set(records.frame["town"])
