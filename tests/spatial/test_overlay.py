"""Common ground of two geographies, against the slow way."""

from __future__ import annotations

import itertools

import geopandas as gpd
import numpy as np
import pytest
import shapely

from sdc.errors import InputError
from sdc.spatial.areas import Areas, make_areas, mesh_areas
from sdc.spatial.locate import locate
from sdc.spatial.overlay import intersections
from sdc.spatial.rest import OUTSIDE, with_rest

from .coverages import voronoi

CRS = "EPSG:6677"


def town(n: int, seed: int, crs: str = CRS) -> Areas:
    """n areas on 2 km x 2 km around the origin of zone IX."""
    shapes = shapely.transform(voronoi(n, seed), lambda xy: xy * 2000)
    frame = gpd.GeoDataFrame(
        {"id": [f"{k:03d}" for k in range(len(shapes))]}, geometry=shapes, crs=CRS
    )
    return make_areas(frame.to_crs(crs), dimension="area", code="id")


def slowly(a: Areas, b: Areas, crs: str) -> dict[tuple[int, int], float]:
    one, two = a.shapes.to_crs(crs).geometry, b.shapes.to_crs(crs).geometry
    found = {}
    for i, p in enumerate(one):
        for j, q in enumerate(two):
            piece = gpd.GeoSeries([p.intersection(q)], crs=crs).to_crs(a.plane)
            if piece.area.iloc[0] > 1.0:
                found[i, j] = piece.area.iloc[0]
    return found


@pytest.mark.parametrize("crs", [CRS, "EPSG:6668"])
def test_areas_and_mesh_meet_where_cutting_says(crs: str) -> None:
    areas = town(12, 3, crs)
    cells = mesh_areas(["1km", "500m"], within=areas)
    found = intersections(areas, cells)
    expected = slowly(areas, cells, "EPSG:6668")
    assert list(zip(found["i"], found["j"], strict=True)) == sorted(expected)
    assert found["area"].to_numpy() == pytest.approx(
        [expected[k] for k in sorted(expected)], abs=0.5
    )
    assert not found["observed"].any()
    back = intersections(cells, areas).sort_values(["j", "i"])
    assert back[["j", "i"]].to_numpy().tolist() == found[["i", "j"]].to_numpy().tolist()
    # the pieces make up each area (edges are straight in degrees here, in metres there)
    total = found.groupby("i")["area"].sum().to_numpy()
    assert total == pytest.approx(shapely.area(areas.planar), rel=1e-3)


def test_two_sets_of_areas_meet_where_cutting_says() -> None:
    one, two = town(9, 4), town(11, 5)
    found = intersections(one, two)
    expected = slowly(one, two, CRS)
    assert list(zip(found["i"], found["j"], strict=True)) == sorted(expected)
    assert found["area"].to_numpy() == pytest.approx([expected[k] for k in sorted(expected)])


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1)])
def test_three_geographies_meet_where_cutting_says(order: tuple[int, ...]) -> None:
    one, two = town(7, 4), town(5, 5)
    every = one, two, mesh_areas(["1km"], within=one)
    crs = "EPSG:6668"
    shapes = [g.shapes.to_crs(crs).geometry.to_list() for g in every]
    expected = {}
    for at in itertools.product(*(range(len(g)) for g in every)):
        piece = shapes[0][at[0]].intersection(shapes[1][at[1]]).intersection(shapes[2][at[2]])
        area = gpd.GeoSeries([piece], crs=crs).to_crs(CRS).area.iloc[0]
        if area > 1.0:
            expected[tuple(at[n] for n in order)] = area
    found = intersections(*(every[n] for n in order))
    assert [tuple(r) for r in found[["i", "j", "k"]].to_numpy().tolist()] == sorted(expected)
    assert found["area"].to_numpy() == pytest.approx(
        [expected[k] for k in sorted(expected)], abs=0.5
    )
    # fewer than the triples whose pairs meet: 3 cells around a corner do not all meet in one place
    pairs = [{(a[x], a[y]) for a in expected} for x, y in ((0, 1), (0, 2), (1, 2))]
    sizes = (range(len(every[n])) for n in order)
    loose = [
        t for t in itertools.product(*sizes)
        if (t[0], t[1]) in pairs[0] and (t[0], t[2]) in pairs[1] and (t[1], t[2]) in pairs[2]
    ]  # fmt: skip
    assert len(loose) > len(expected)


def test_what_districts_leave_over_is_one_more_below_the_total() -> None:
    areas = town(9, 4)
    frame = areas.shapes.iloc[:6].assign(up=["x", "x", "x", "y", "y", "y"])
    some = make_areas(frame[["code", "up", "geometry"]], dimension="d", code="code", parent="up")
    whole = with_rest(some, areas)
    assert whole.hierarchy.codes == tuple(sorted([*some.hierarchy.codes, OUTSIDE]))
    up = whole.hierarchy.parents[whole.hierarchy.position(OUTSIDE)]
    assert up == whole.hierarchy.root
    rest = whole.geometry[whole.codes.index(OUTSIDE)]
    assert rest.area == pytest.approx(sum(areas.shapes.area[6:]))
    assert (
        with_rest(make_areas(areas.shapes, dimension="d", code="code"), areas).codes == areas.codes
    )


def test_an_older_release_of_the_same_areas_meets_itself_only() -> None:
    areas = town(30, 6)
    found = intersections(areas, areas)
    assert (found["i"] == found["j"]).all()
    assert len(found) == len(areas)


def test_slivers_below_the_limit_are_no_atoms_unless_records_lie_there() -> None:
    squares = [shapely.box(0, 0, 100, 100), shapely.box(100, 0, 200, 100)]
    moved = [shapely.box(0, 0, 100.005, 100), shapely.box(100.005, 0, 200, 100)]
    one, two = (
        make_areas(
            gpd.GeoDataFrame({"id": ["a", "b"]}, geometry=shapes, crs=CRS), dimension="x", code="id"
        )
        for shapes in (squares, moved)
    )
    # b and the moved a share 0.005 m x 100 m = 0.5 m²
    assert intersections(one, two)[["i", "j"]].to_numpy().tolist() == [[0, 0], [1, 1]]
    x, y = [100.002, 50.0, 150.0, 999.0], [50.0] * 4
    seen = locate(x, y, CRS, one), locate(x, y, CRS, two)
    found = intersections(one, two, observed=seen)
    assert found[["i", "j"]].to_numpy().tolist() == [[0, 0], [1, 0], [1, 1]]
    assert found["observed"].tolist() == [True, True, True]
    assert found["area"].tolist() == pytest.approx([10_000, 0.5, 9_999.5])
    assert len(intersections(one, two, min_area=0.4)) == 3


def test_every_record_lies_in_a_listed_pair() -> None:
    areas = town(40, 7, "EPSG:6668")
    cells = mesh_areas(["500m"], within=areas)
    rng = np.random.default_rng(9)
    x, y = rng.uniform(0, 2000, 5000), rng.uniform(0, 2000, 5000)
    seen = locate(x, y, CRS, areas), locate(x, y, CRS, cells)
    assert (seen[1] >= 0)[seen[0] >= 0].all()
    pairs = intersections(areas, cells, observed=seen)
    listed = set(zip(pairs["i"], pairs["j"], strict=True))
    assert {(i, j) for i, j in zip(*seen, strict=True) if i >= 0 and j >= 0} <= listed


@pytest.mark.parametrize("observed", [([0], [0, 1]), ([99], [0]), ([0], [99]), ([-2], [0])])
def test_observed_pairs_that_cannot_be_are_refused(observed: tuple[list[int], list[int]]) -> None:
    areas = town(3, 8)
    with pytest.raises(InputError):
        intersections(areas, areas, observed=observed)
    with pytest.raises(InputError):
        intersections(areas, areas, min_area=-1)
