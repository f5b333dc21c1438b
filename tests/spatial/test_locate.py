"""Every point in exactly one area: the answer of GEOS with the edge rule, for every point."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from sdc.errors import InputError
from sdc.spatial import mesh
from sdc.spatial.areas import Areas, make_areas, mesh_areas
from sdc.spatial.locate import locate
from sdc.spatial.pointindex import build_index

from .coverages import voronoi

Geometries = npt.NDArray[np.object_]
FloatArray = npt.NDArray[np.float64]


def by_geos(shapes: Geometries, x: FloatArray, y: FloatArray) -> npt.NDArray[np.int64]:
    """The first shape that intersects each point, the slow way."""
    best = np.full(len(x), len(shapes), dtype=np.int64)
    for k in range(len(shapes) - 1, -1, -1):
        best[shapely.intersects_xy(shapes[k], x, y)] = k
    return np.where(best == len(shapes), -1, best)


def hard_points(shapes: Geometries, seed: int) -> FloatArray:
    """Random points, vertices, points on edges, and the doubles next to them."""
    rng = np.random.default_rng(seed)
    vertices = shapely.get_coordinates(shapes)
    ends = rng.integers(0, len(vertices) - 1, 400)
    t = rng.random((400, 1))
    on_edges = vertices[ends] * (1 - t) + vertices[ends + 1] * t
    middles = (vertices[ends] + vertices[ends + 1]) / 2
    heights = np.c_[rng.random(400) * 1.2 - 0.1, vertices[ends, 1]]
    columns = np.c_[vertices[ends, 0], rng.random(400) * 1.2 - 0.1]
    near = [np.nextafter(on_edges, way) for way in (-np.inf, np.inf)]
    free = rng.random((2000, 2)) * 1.2 - 0.1
    return np.concatenate([vertices, on_edges, middles, heights, columns, *near, free])


@pytest.mark.parametrize(("n", "seed"), [(1, 0), (2, 1), (7, 2), (60, 3), (300, 4)])
def test_every_point_is_where_geos_says(n: int, seed: int) -> None:
    shapes = voronoi(n, seed)
    x, y = hard_points(shapes, seed).T
    assert (build_index(shapes).find(x, y) == by_geos(shapes, x, y)).all()


def test_holes_exclaves_overlaps_and_slivers() -> None:
    ring = shapely.box(0, 0, 1, 1).difference(shapely.box(0.3, 0.3, 0.7, 0.7))
    island = shapely.box(0.4, 0.4, 0.6, 0.6)
    exclave = shapely.multipolygons([shapely.box(1.2, 0, 1.4, 0.2), shapely.box(1.2, 0.8, 1.4, 1)])
    over = shapely.box(0.9, -0.1, 1.3, 0.5)
    needle = shapely.Polygon([(0, 1), (1.4, 1 + 1e-12), (1.4, 1 + 2e-12)])
    shapes = np.array([ring, island, exclave, over, needle], dtype=object)
    points = hard_points(shapes, 5) * [1.3, 1]
    x, y = np.concatenate([points, shapely.get_coordinates(shapes)]).T
    found = build_index(shapes).find(x, y)
    assert (found == by_geos(shapes, x, y)).all()
    assert set(found.tolist()) == {-1, 0, 1, 2, 3, 4}


coordinates = st.integers(-8, 8).map(float)


@settings(max_examples=150, deadline=None)
@given(
    arrays.arrays(np.float64, st.tuples(st.integers(3, 7), st.just(2)), elements=coordinates),
    st.floats(0.1, 3),
)
def test_on_a_lattice_of_degenerate_cases_geos_is_matched(corners: FloatArray, turn: float) -> None:
    spin = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    lattice = np.stack(np.meshgrid(np.arange(-9, 10), np.arange(-9, 10)), -1).reshape(-1, 2)
    for turned, points in ((corners, lattice), (corners @ spin, lattice @ spin)):
        hull = shapely.make_valid(shapely.Polygon(turned))
        parts = [p for p in shapely.get_parts(shapely.get_parts(hull)) if p.geom_type == "Polygon"]
        if not parts:
            return
        shapes = np.array([shapely.multipolygons(parts)], dtype=object)
        x, y = points.astype(float).T
        assert (build_index(shapes).find(x, y) == by_geos(shapes, x, y)).all()


@pytest.mark.parametrize("scale", [1e-9, 1e-4, 1.0, 1e6])
@pytest.mark.parametrize("shift", [0.0, 139.7, -45_000.0])
def test_any_size_and_place_of_coordinates(scale: float, shift: float) -> None:
    shapes = shapely.transform(voronoi(25, 6), lambda xy: xy * scale + shift)
    shapes = shapes[shapely.is_valid(shapes) & (shapely.area(shapes) > 0)]
    points = hard_points(voronoi(25, 6), 6) * scale + shift
    x, y = np.concatenate([points, shapely.get_coordinates(shapes)]).T
    assert (build_index(shapes).find(x, y) == by_geos(shapes, x, y)).all()


def city(order: list[int], **options: object) -> Areas:
    """Three squares of 100 m, b between a and c; ``order`` is that of the file."""
    shapes = [shapely.box(k * 100, 0, k * 100 + 100, 100) for k in range(3)]
    frame = gpd.GeoDataFrame({"id": ["a", "b", "c"], "kind": [1, 1, 1]}, geometry=shapes)
    frame = frame.set_crs("EPSG:6677").iloc[order]
    return make_areas(frame, dimension="area", code="id", **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("order", [[0, 1, 2], [2, 1, 0], [1, 2, 0]])
def test_the_lowest_code_has_the_common_border(order: list[int]) -> None:
    areas = city(order)
    x = [100.0, 200.0, 0.0, 300.0, 100.0, 50.0, -0.001]
    y = [50.0, 50.0, 0.0, 100.0, 100.0, 100.0, 50.0]
    assert locate(x, y, "EPSG:6677", areas).tolist() == [0, 1, 0, 2, 0, 0, -1]


def test_excluded_polygons_never_win() -> None:
    shapes = [shapely.box(0, 0, 100, 100), shapely.box(90, 0, 200, 100)]
    frame = gpd.GeoDataFrame(
        {"id": ["a", "w"], "kind": [1, 8154]}, geometry=shapes, crs="EPSG:6677"
    )
    areas = make_areas(frame, dimension="area", code="id", exclude={"kind": ["8154"]})
    found = locate([50.0, 95.0, 100.0, 150.0], [50.0] * 4, "EPSG:6677", areas)
    assert found.tolist() == [0, 0, 0, -1]
    assert list(areas.excluded["code"]) == ["w"]


def test_points_come_in_any_crs_with_x_first() -> None:
    areas = city([0, 1, 2])
    places = gpd.GeoSeries(shapely.points([[50, 50], [250, 50], [-50, 50]]), crs="EPSG:6677")
    for crs in ("EPSG:6668", "EPSG:4326", "EPSG:6676", "EPSG:3857"):
        there = places.to_crs(crs)
        assert locate(there.x, there.y, crs, areas).tolist() == [0, 2, -1]


def test_points_without_a_position_lie_nowhere() -> None:
    x, y = [np.nan, 50.0, np.inf, 50.0], [50.0, np.nan, 50.0, -np.inf]
    assert locate(x, y, "EPSG:6677", city([0, 1, 2])).tolist() == [-1] * 4
    assert locate(x, y, "EPSG:6668", city([0, 1, 2])).tolist() == [-1] * 4
    assert locate([], [], "EPSG:6677", city([0, 1, 2])).tolist() == []


def test_a_missing_or_unknown_crs_and_unequal_lengths_are_refused() -> None:
    for crs in ("", "EPSG:999999", "nonsense"):
        with pytest.raises(InputError):
            locate([1.0], [1.0], crs, city([0, 1, 2]))
    with pytest.raises(InputError):
        locate([1.0, 2.0], [1.0], "EPSG:6677", city([0, 1, 2]))


def test_mesh_cells_follow_the_rule_of_the_standard() -> None:
    south, west, north, east = mesh.decode("53394526", "1km")
    cells = mesh_areas(["1km"], within=(south, west, north, east))
    around = mesh_areas(["1km"], within=(south - 0.01, west - 0.01, north + 0.01, east + 0.01))
    x = np.array([west, east, west, east, (west + east) / 2])
    y = np.array([south, south, north, north, (south + north) / 2])
    assert locate(x, y, "EPSG:6668", cells).tolist() == [0, -1, -1, -1, 0]
    found = locate(x, y, "EPSG:6668", around)
    assert [around.codes[i] for i in found] == mesh.encode(y, x, "1km").tolist()
    assert locate([0.0], [0.0], "EPSG:6668", cells).tolist() == [-1]


def test_more_points_than_one_block() -> None:
    areas = city([0, 1, 2])
    rng = np.random.default_rng(8)
    n = (1 << 20) + 1000
    x, y = rng.uniform(-10, 310, n), rng.uniform(-10, 110, n)
    found = locate(x, y, "EPSG:6677", areas)
    inside = (x >= 0) & (x <= 300) & (y >= 0) & (y <= 100)
    assert (found == np.where(inside, np.ceil(x / 100).clip(1) - 1, -1)).all()
