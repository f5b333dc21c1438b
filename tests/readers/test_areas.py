"""Area files come in with text codes, a CRS, the right characters, and a polygon each."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
import shapely

from sdc.readers.areas import read_area_file, read_areas

Told = Callable[[Callable[[], Any]], list[Any]]

NAMES = ["大通一丁目", "髙島町（字甲）", "緑二丁目"]


def boxes(**columns: list[Any]) -> gpd.GeoDataFrame:
    shapes = [shapely.box(141.3 + i / 100, 43.0, 141.31 + i / 100, 43.01) for i in range(3)]
    table = {"KEY_CODE": [f"0110100100{i}" for i in range(3)], "S_NAME": NAMES, **columns}
    return gpd.GeoDataFrame(table, geometry=shapes, crs="EPSG:6668")


def shapefile(folder: Path, encoding: str, *, cpg: bool, **columns: list[Any]) -> Path:
    path = folder / "a.shp"
    boxes(**columns).to_file(path, encoding=encoding)
    if not cpg:
        path.with_suffix(".cpg").unlink()
        # The language byte of the .dbf says nothing either.
        dbf = path.with_suffix(".dbf")
        raw = bytearray(dbf.read_bytes())
        raw[29] = 0
        dbf.write_bytes(raw)
    return path


@pytest.mark.parametrize("encoding", ["cp932", "utf-8"])
@pytest.mark.parametrize("cpg", [True, False])
def test_the_encoding_of_a_shapefile_is_found_and_said(
    encoding: str, cpg: bool, tmp_path: Path
) -> None:
    frame = read_area_file(shapefile(tmp_path, encoding, cpg=cpg))
    assert frame["S_NAME"].tolist() == NAMES
    assert frame.attrs["encoding"] == encoding
    assert ("cpg" if cpg else "trial") in frame.attrs["notes"][0].to("en")


def test_a_character_cut_in_half_is_told(tmp_path: Path, told: Told) -> None:
    path = shapefile(tmp_path, "cp932", cpg=False)
    dbf = path.with_suffix(".dbf")
    # 緑二丁目 loses the last byte of 目.
    dbf.write_bytes(
        dbf.read_bytes().replace("緑二丁目".encode("cp932"), b"\x97\xce\x93\xf1\x92\x9a\x96 ")
    )
    ((code, row, column, value),) = told(lambda: read_area_file(path))
    assert (code, row, column) == ("encoding", 4, "S_NAME")
    assert value.startswith("緑二丁")


def test_a_cpg_that_lies_is_told(tmp_path: Path, told: Told) -> None:
    path = shapefile(tmp_path, "cp932", cpg=False)
    path.with_suffix(".cpg").write_text("UTF-8")
    found = told(lambda: read_area_file(path))
    assert {(f[0], f[2]) for f in found} == {("encoding-declared", "S_NAME")}
    assert [f[1] for f in found] == [2, 3, 4]


def test_a_shapefile_without_prj_demands_a_crs(tmp_path: Path, told: Told) -> None:
    path = shapefile(tmp_path, "cp932", cpg=False)
    path.with_suffix(".prj").unlink()
    assert told(lambda: read_area_file(path)) == [("crs-missing", None, "", "")]
    assert read_area_file(path, crs="EPSG:6668").crs.to_epsg() == 6668


def test_a_shapefile_needs_all_its_parts(tmp_path: Path, told: Told) -> None:
    path = shapefile(tmp_path, "cp932", cpg=False)
    path.with_suffix(".shx").unlink()
    path.with_suffix(".dbf").unlink()
    assert told(lambda: read_area_file(path)) == [
        ("file-part", None, "", "a.shx"), ("file-part", None, "", "a.dbf"),
    ]  # fmt: skip


def test_the_wrong_crs_is_told(tmp_path: Path, told: Told) -> None:
    path = tmp_path / "a.gpkg"
    boxes().set_crs("EPSG:6680", allow_override=True).to_file(path)
    assert told(lambda: read_area_file(path))[0][:3] == ("crs-degrees", 2, "geometry")
    boxes().translate(xoff=-100).to_frame("geometry").to_file(path)
    assert told(lambda: read_area_file(path))[0][:3] == ("position-outside", 2, "geometry")


def test_features_without_a_polygon_are_told(tmp_path: Path, told: Told) -> None:
    frame = boxes()
    frame.loc[1, "geometry"] = None
    frame.loc[2, "geometry"] = shapely.Point(141.3, 43.0)
    path = tmp_path / "a.gpkg"
    frame.to_file(path)
    assert told(lambda: read_area_file(path)) == [
        ("geometry-missing", 3, "geometry", ""),
        ("geometry-kind", 4, "geometry", "Point"),
    ]


def test_every_attribute_is_text(tmp_path: Path) -> None:
    path = tmp_path / "a.gpkg"
    boxes(HCODE=[8101, 8154, 8101], AREA=[1.5, 2.0, 3.25]).to_file(path)
    frame = read_area_file(path)
    assert frame["HCODE"].tolist() == ["8101", "8154", "8101"]
    assert frame["AREA"].tolist() == ["1.5", "2", "3.25"]


def test_areas_are_read_and_checked_in_one_call(tmp_path: Path, told: Told) -> None:
    path = tmp_path / "a.gpkg"
    boxes(HCODE=[8101, 8154, 8101], district=["東", "東", "西"]).to_file(path)
    areas = read_areas(path, code="KEY_CODE", name="S_NAME", parent="district",
                       exclude={"HCODE": ["8154"]}, root="011011")  # fmt: skip
    assert areas.codes == ["01101001000", "01101001002"]
    assert areas.hierarchy.name == "areas"
    assert [areas.hierarchy.codes[i] for i in areas.hierarchy.inner] == ["011011", "東", "西"]
    assert told(lambda: read_areas(path, code="KEYCODE", name="N")) == [
        ("column-missing", 1, "KEYCODE", ""), ("column-missing", 1, "N", ""),
    ]  # fmt: skip


def test_codes_stored_as_numbers_are_told_when_a_zero_is_lost(tmp_path: Path, told: Told) -> None:
    path = tmp_path / "a.gpkg"
    boxes(KEY_CODE=[1101001000, 1101001001, 1101001002]).to_file(path)
    found = told(lambda: read_areas(path, code="KEY_CODE"))
    assert found[0] == ("code-truncated", 2, "KEY_CODE", "1101001000")
    assert len(found) == 3
    boxes(KEY_CODE=[13104001000, 13104001001, 13104001002]).to_file(path)
    assert read_areas(path, code="KEY_CODE").codes[0] == "13104001000"


@pytest.mark.real
@pytest.mark.parametrize(
    ("file", "name", "polygons", "crs", "first"),
    [
        ("shinjuku/h27ka13104.shp", "S_NAME", 153, "EPSG:4612", "四谷１丁目"),
        ("osaka_census2020/tsurumi.shp", "S_NAME", 59, "EPSG:4612", "緑一丁目"),
        ("osaka_census2020/daito.shp", "S_NAME", 124, "EPSG:2448", "大字北条"),
        ("tottori/31-tottori-all.shp", "MOJI", 2504, "EPSG:4612", "立川町３丁目"),
    ],
)
def test_official_boundaries(
    file: str, name: str, polygons: int, crs: str, first: str, real_data: Path
) -> None:
    frame = read_area_file(real_data / file)
    assert len(frame) == polygons
    assert frame.crs.to_string() == crs
    assert frame[name].iloc[0] == first
    assert frame.attrs["encoding"] == "cp932"
    assert frame["KEY_CODE"].str.fullmatch(r"\d{9}|\d{11}").mean() > 0.99


def test_a_geometry_that_cannot_be_read_is_told() -> None:
    from sdc.readers.problems import Problems
    from sdc.readers.vector import _geometries

    problems = Problems("a.gpkg")
    sound = shapely.to_wkb(shapely.box(0, 0, 1, 1))
    got = _geometries([sound, None, sound[:20]], problems, first_row=2)
    assert [g is None for g in got] == [False, True, True]
    assert [(f.code, f.row, f.column) for f in problems.found] == [
        ("geometry-unreadable", 4, "geometry")
    ]


def test_utf_8_that_would_pass_for_cp932_is_read_as_utf_8(tmp_path: Path) -> None:
    garbled = "新宿".encode().decode("cp932")  # the bytes are valid in both encodings
    path = shapefile(tmp_path, "utf-8", cpg=False, S_NAME=["新宿"] * 3)
    assert read_area_file(path)["S_NAME"].tolist() == ["新宿"] * 3
    assert garbled != "新宿"
