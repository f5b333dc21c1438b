"""Areas from files as they are: codes, groups, several polygons, water, broken rings, overlaps."""

from __future__ import annotations

import pickle
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from sdc.errors import InputError
from sdc.spatial import mesh
from sdc.spatial.areas import Areas, dissolve, make_areas, mesh_areas

from .coverages import voronoi

CRS = "EPSG:6677"


def frame(codes: list[Any], crs: str | None = CRS, **columns: list[Any]) -> gpd.GeoDataFrame:
    """One square of 100 m a code, from west to east."""
    shapes = [shapely.box(k * 100, 0, k * 100 + 100, 100) for k in range(len(codes))]
    return gpd.GeoDataFrame({"id": codes, **columns}, geometry=shapes, crs=crs)


def areas_of(gdf: gpd.GeoDataFrame, **options: Any) -> Areas:
    return make_areas(gdf, dimension="area", code="id", **options)


def problems(gdf: gpd.GeoDataFrame, **options: Any) -> list[tuple[str, int | None]]:
    with pytest.raises(InputError) as caught:
        areas_of(gdf, **options)
    assert caught.value.ja
    assert caught.value.en
    return [(finding.code, finding.row) for finding in caught.value.findings]


def test_shapes_stand_in_code_order_beside_the_leaves() -> None:
    areas = areas_of(frame(["c", "a", "b"], town=["C", "A", "B"]), name="town", root_label="all")
    assert areas.codes == [areas.hierarchy.codes[i] for i in areas.hierarchy.leaves]
    assert areas.hierarchy.codes == ("TOTAL", "a", "b", "c")
    assert areas.hierarchy.labels == ("all", "A", "B", "C")
    assert shapely.get_x(shapely.centroid(areas.geometry)).tolist() == [150, 250, 50]
    assert (areas.dimension, areas.plane, len(areas)) == ("area", "EPSG:6677", 3)


def test_a_missing_crs_is_refused_with_the_remedy() -> None:
    with pytest.raises(InputError, match="EPSG:6668"):
        areas_of(frame(["a"], crs=None))


@pytest.mark.parametrize(
    ("codes", "rows"),
    [
        ([1101, 1102], [None]),  # numbers: 01101 has become 1101
        ([1101.0, 1102.0], [None]),
        (["1.1E+10", "a"], [2]),
        (["13104001001.0", "a"], [2]),
        (["a", "１３１０４"], [3]),  # full-width digits
        (["a", " b", "c "], [3, 4]),
        (["a", None], [3]),
        (["a", ""], [3]),
        (["a", "　"], [3]),
        (["a", 13104], [3]),  # a number among texts
        (["a", "b\tc"], [3]),
    ],
)
def test_codes_that_are_not_clean_text_are_refused(codes: list[Any], rows: list[Any]) -> None:
    assert problems(frame(codes)) == [("code-text", row) for row in rows]


def test_a_lost_leading_zero_shows_beside_whole_codes() -> None:
    codes = ["01101001001", "13101001001", "1101001002"]
    assert problems(frame(codes)) == [("code-truncated", 4)]
    # towns without chome have 9 digits beside 11: nothing is lost there
    assert areas_of(frame(["131010010", "13101001001"])).codes == ["131010010", "13101001001"]


def test_names_may_be_codes_even_with_full_width_digits() -> None:
    assert areas_of(frame(["山之内５丁目", "山之内６丁目"])).codes == [
        "山之内５丁目",
        "山之内６丁目",
    ]


def test_groups_sum_up_areas_over_several_levels() -> None:
    gdf = frame(["a", "b", "c", "d"], near=["x", "x", "y", None], far=["N", "N", "N", None])
    areas = areas_of(gdf, parent=["near", "far"], parent_labels={"x": "X town"})
    tree = areas.hierarchy
    above = {
        c: tree.codes[p] if p >= 0 else "" for c, p in zip(tree.codes, tree.parents, strict=True)
    }
    assert above == {
        "TOTAL": "", "N": "TOTAL", "x": "N", "y": "N", "a": "x", "b": "x", "c": "y", "d": "TOTAL"
    }  # fmt: skip
    assert areas.parents == ["x", "x", "y", ""]
    assert tree.labels[tree.position("x")] == "X town"


def test_an_area_that_is_its_own_group_hangs_below_the_next() -> None:
    areas = areas_of(frame(["p", "q1", "q2"], up=["p", "q", "q"]), parent="up")
    tree = areas.hierarchy
    assert tree.codes[tree.parents[tree.position("p")]] == "TOTAL"
    assert areas.parents == ["p", "q", "q"]


@pytest.mark.parametrize(
    ("columns", "options"),
    [
        ({"up": ["x", "x", "b"]}, {"parent": "up"}),  # b is an area and the group of c
        ({"up": ["x", "x", "y"], "top": ["N", "S", "N"]}, {"parent": ["up", "top"]}),
        ({}, {"root": "a"}),  # the total has the code of an area
    ],
)
def test_contradictory_groups_are_refused(columns: dict[str, Any], options: dict[str, Any]) -> None:
    assert problems(frame(["a", "b", "c"], **columns), **options)


def test_polygons_of_one_code_name_one_group() -> None:
    assert problems(frame(["a", "a"], up=["x", "y"]), parent="up") == [("areas-parents", None)]


def test_several_polygons_are_joined_and_exclaves_stay() -> None:
    gdf = frame(["a", "a", "b", "a"], town=["large?", "A", "B", "A"])
    gdf.loc[1, "geometry"] = shapely.box(100, 0, 200, 300)
    areas = areas_of(gdf, name="town")
    assert areas.codes == ["a", "b"]
    assert shapely.get_num_geometries(areas.geometry).tolist() == [2, 1]  # 0-200 joined, 300-400
    assert shapely.area(areas.geometry).tolist() == [50_000, 10_000]
    assert list(areas.shapes["name"]) == ["A", "B"]  # the name of the largest polygon
    assert (areas.report.polygons, areas.report.areas) == (4, 2)


def test_water_is_drawn_and_not_counted() -> None:
    gdf = frame(["a", "a", None], kind=[8101, 8154, 8154])
    areas = areas_of(gdf, exclude={"kind": ["8154"]})
    assert (areas.codes, areas.report.excluded) == (["a"], 2)
    assert shapely.area(areas.geometry).tolist() == [10_000]
    assert areas.excluded["code"].tolist() == ["", "a"]
    assert areas.excluded.crs == areas.shapes.crs


def test_columns_that_do_not_exist_are_refused() -> None:
    for options in ({"name": "x"}, {"parent": "x"}, {"exclude": {"x": ["1"]}}):
        assert problems(frame(["a"]), **options)[0][0] == "column-missing"


def test_no_area_left_is_refused() -> None:
    with pytest.raises(InputError, match="no area"):
        areas_of(frame(["a"], kind=["w"]), exclude={"kind": ["w"]})


def test_a_broken_ring_is_repaired_and_counted() -> None:
    gdf = frame(["a", "b"])
    # a bow tie: two triangles of 50 x 100 / 2
    gdf.loc[0, "geometry"] = shapely.Polygon([(0, 0), (100, 100), (100, 0), (0, 100)])
    areas = areas_of(gdf)
    assert areas.report.repaired == ("a",)
    assert shapely.area(areas.geometry).tolist() == [5_000, 10_000]
    assert shapely.is_valid(areas.geometry).all()
    assert any("a" in text.to("en") for text in areas.report.lines)


@pytest.mark.parametrize(
    "shape",
    [
        None,
        shapely.Polygon(),
        shapely.Point(0, 0),
        shapely.LineString([(0, 0), (1, 1)]),
        shapely.Polygon([(0, 0), (1, 1), (2, 2)]),  # no ground
        "POLYGON ((0 0, nan 1, 2 0, 0 0))",
        "POLYGON ((0 0, inf 1, 2 0, 0 0))",
    ],
)
def test_rows_without_a_polygon_are_named(shape: Any) -> None:
    gdf = frame(["a", "b"])
    with np.errstate(invalid="ignore"):
        second = shapely.from_wkt(shape) if isinstance(shape, str) else shape
    gdf["geometry"] = gpd.GeoSeries([gdf.geometry[0], second], crs=CRS)
    assert problems(gdf) == [("areas-geometry", 3)]


def test_heights_are_dropped() -> None:
    gdf = frame(["a"])
    gdf["geometry"] = gpd.GeoSeries(shapely.force_3d(gdf.geometry.to_numpy(), 5.0), crs=CRS)
    assert not shapely.has_z(areas_of(gdf).geometry).any()


def test_small_overlaps_are_reported_and_large_ones_refused() -> None:
    gdf = frame(["a", "b"])
    gdf.loc[0, "geometry"] = shapely.box(0, 0, 100.5, 100)  # 0.5 x 100 = 50 of 10,000 m²: 0.5 %
    overlap = areas_of(gdf).report.overlaps[0]
    assert (overlap.first, overlap.second) == ("a", "b")
    assert (overlap.area, overlap.share) == (pytest.approx(50), pytest.approx(0.005))
    assert problems(gdf, overlap_tolerance=0.004) == [("areas-overlap", None)]
    gdf.loc[0, "geometry"] = shapely.box(0, 0, 102, 100)  # 2 %
    assert problems(gdf) == [("areas-overlap", None)]


@pytest.mark.parametrize(
    "second",
    [
        shapely.box(40, 40, 60, 60),  # inside
        shapely.box(0, 0, 100, 100),  # the same ground under another code
        shapely.box(0, 0, 50, 100),  # one half
        shapely.box(-10, -10, 110, 110),  # all around
    ],
)
def test_one_area_over_another_is_refused(second: shapely.Polygon) -> None:
    gdf = frame(["a", "b"])
    gdf["geometry"] = gpd.GeoSeries([gdf.geometry[0], second], crs=CRS)
    assert problems(gdf) == [("areas-overlap", None)]


def test_areas_travel_without_their_caches() -> None:
    areas = areas_of(frame(["a", "b"]))
    bare = len(pickle.dumps(areas))
    assert len(areas.index.vertices) == 10
    assert len(areas.planar) == 2
    there = pickle.loads(pickle.dumps(areas))
    assert len(pickle.dumps(areas)) == bare
    assert there.codes == areas.codes
    assert there.index.find(np.array([150.0]), np.array([50.0])).tolist() == [1]


def test_enclosed_gaps_are_measured_and_water_fills_them() -> None:
    ring = shapely.box(0, 0, 100, 100).difference(shapely.box(40, 40, 60, 60))
    gdf = gpd.GeoDataFrame({"id": ["a"], "kind": ["1"]}, geometry=[ring], crs=CRS)
    report = areas_of(gdf).report
    assert (report.gaps, report.gap_area) == (1, pytest.approx(400))
    lake = gpd.GeoDataFrame(
        {"id": [""], "kind": ["w"]}, geometry=[shapely.box(40, 40, 60, 60)], crs=CRS
    )
    both = gpd.pd.concat([gdf, lake])
    assert areas_of(both, exclude={"kind": ["w"]}).report.gaps == 0


@settings(max_examples=15, deadline=None)
@given(st.permutations(range(12)))
def test_the_order_of_rows_changes_nothing(order: list[int]) -> None:
    shapes = shapely.transform(voronoi(12, 1), lambda xy: xy * 1000)
    codes = [f"{k // 2:02d}" for k in range(12)]
    gdf = gpd.GeoDataFrame({"id": codes, "town": list("abcdefghijkl")}, geometry=shapes, crs=CRS)
    straight, shuffled = areas_of(gdf, name="town"), areas_of(gdf.iloc[order], name="town")
    assert straight.hierarchy.same_codes(shuffled.hierarchy)
    assert list(straight.shapes["name"]) == list(shuffled.shapes["name"])
    assert (shapely.to_wkb(straight.geometry) == shapely.to_wkb(shuffled.geometry)).all()


def test_dissolving_keeps_ground_codes_and_groups() -> None:
    gdf = frame(["a", "b", "c", "d"], up=["x", "x", "y", "y"], town=list("ABCD"))
    areas = areas_of(gdf, parent="up", name="town")
    merged = dissolve(areas, {"c": "b", "d": "b", "a": "a"})
    assert merged.codes == ["a", "b"]
    assert merged.hierarchy.codes == ("TOTAL", "a", "b", "x")  # y has lost all its areas
    assert list(merged.shapes["name"]) == ["A", "B"]
    assert shapely.area(merged.geometry).tolist() == [10_000, 30_000]
    assert merged.shapes.geometry.iloc[1].geom_type == "Polygon"
    assert merged.report.merged_away == 2
    assert dissolve(areas, {"a": "a"}) is areas
    assert areas.codes == ["a", "b", "c", "d"]


@pytest.mark.parametrize(
    "merges", [{"a": "z"}, {"z": "a"}, {"a": "b", "b": "c"}, {"a": "b", "b": "a"}, {"TOTAL": "a"}]
)
def test_unknown_codes_chains_and_cycles_are_refused(merges: dict[str, str]) -> None:
    with pytest.raises(InputError):
        dissolve(areas_of(frame(["a", "b", "c"])), merges)


@pytest.mark.parametrize("shift", [0.0, 1e-9, 0.03, -0.03])
def test_no_sliver_is_left_between_merged_areas(shift: float) -> None:
    gdf = frame(["a", "b", "c"])
    # b is drawn a little apart (or over) and with another vertex on the common border
    gdf.loc[1, "geometry"] = shapely.Polygon(
        [(100 + shift, 0), (200, 0), (200, 100), (100 + shift, 100), (100 + shift, 37)]
    )
    merged = dissolve(areas_of(gdf), {"a": "b"})
    shape = merged.geometry[0]
    assert shape.geom_type == "Polygon"
    assert len(shape.interiors) == 0
    assert shape.area == pytest.approx(20_000, abs=100 * abs(shift) + 1e-3)
    # nothing of the border between them is left: the outline is that of both together
    assert shape.length == pytest.approx(600, abs=0.2)


def test_mesh_levels_nest_as_a_hierarchy() -> None:
    south, west, north, east = mesh.decode("53394526", "1km")
    areas = mesh_areas(["500m", "10km", "1km"], within=(south, west, north, east))
    tree = areas.hierarchy
    assert tree.codes == ("533945", "53394526", *(f"53394526{q}" for q in "1234"), "TOTAL")
    assert [tree.codes[p] for p in tree.parents[:6]] == ["TOTAL", "533945", *["53394526"] * 4]
    assert (areas.level, areas.shapes.crs.to_epsg()) == ("500m", 6668)
    assert areas.parents == ["53394526"] * 4
    assert mesh_areas(["1km"], within=areas).codes == ["53394526"]


def test_mesh_levels_that_do_not_nest_are_refused() -> None:
    for levels in (["100m", "250m"], [], ["3km"]):
        with pytest.raises(InputError):
            mesh_areas(levels, within=(35.6, 139.6, 35.7, 139.7))


def test_the_type_refuses_what_it_does_not_stand_for() -> None:
    areas = areas_of(frame(["a", "b"]))
    with pytest.raises(InputError):
        Areas(areas.hierarchy, areas.shapes.iloc[::-1], areas.excluded)
    with pytest.raises(InputError):
        Areas(areas.hierarchy, areas.shapes.iloc[:1], areas.excluded)
    with pytest.raises(InputError):
        Areas(areas.hierarchy, areas.shapes.to_crs("EPSG:6668"), areas.excluded)
    broken = areas.shapes.set_geometry([shapely.Point(0, 0)] * 2, crs=CRS)
    with pytest.raises(InputError):
        Areas(areas.hierarchy, broken, areas.excluded)
