"""Shared borders: length, corners, islands, shifted vertices, barriers."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from sdc.errors import InputError
from sdc.spatial import mesh
from sdc.spatial.areas import Areas, make_areas, mesh_areas
from sdc.spatial.neighbours import distances, islands, nearest, neighbours

from .coverages import voronoi

CRS = "EPSG:6677"


def areas_of(shapes: object, crs: str = CRS) -> Areas:
    codes = [f"{k:03d}" for k in range(len(shapes))]  # type: ignore[arg-type]
    frame = gpd.GeoDataFrame({"id": codes}, geometry=np.asarray(shapes), crs=crs)
    return make_areas(frame, dimension="area", code="id")


def rows(pairs: pd.DataFrame) -> list[tuple[int, int, float]]:
    return [(int(i), int(j), round(float(v), 3)) for i, j, v in pairs.to_numpy()]


def by_geos(areas: Areas, min_length: float = 1.0) -> pd.Series:
    shapes = areas.planar
    i, j = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    once = i < j
    i, j = i[once], j[once]
    outline = shapely.boundary(shapes)
    length = shapely.length(shapely.intersection(outline[i], outline[j]))
    found = pd.Series(length, index=pd.MultiIndex.from_arrays([i, j]))
    return found[found > min_length].sort_index()


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_coverage_has_the_borders_that_geos_finds(seed: int) -> None:
    areas = areas_of(shapely.transform(voronoi(80, seed), lambda xy: xy * 2000))
    found = neighbours(areas).set_index(["i", "j"])["length"]
    expected = by_geos(areas)
    assert found.index.tolist() == expected.index.tolist()
    # the last decimetre at a corner, where outlines part, may count
    assert (found - expected).abs().max() < 0.5


def test_a_corner_is_not_enough() -> None:
    south, west, north, east = mesh.decode(["53394525", "53394516", "53394515", "53394526"], "1km")
    cells = mesh_areas(["1km"], within=(south.min(), west.min(), north.max(), east.max()))
    pairs = neighbours(cells, min_length=0)
    # 2 x 2 cells: four common sides of about 925 m and 1,130 m, no diagonal
    assert [(i, j) for i, j, _ in rows(pairs)] == [(0, 1), (0, 2), (1, 3), (2, 3)]
    assert pairs["length"].between(900, 1150).all()


def test_lengths_are_metres_whatever_the_crs() -> None:
    metres = areas_of([shapely.box(0, 0, 100, 250), shapely.box(100, 0, 200, 250)])
    degrees = areas_of(metres.shapes.geometry.to_crs("EPSG:6668").to_numpy(), "EPSG:6668")
    assert rows(neighbours(metres)) == [(0, 1, 250.0)]
    assert neighbours(degrees)["length"].iloc[0] == pytest.approx(250, abs=0.01)


@pytest.mark.parametrize("gap", [0.0, 1e-9, 1e-4, 0.05])
def test_shifted_vertices_junctions_and_hairlines_do_not_hide_a_border(gap: float) -> None:
    left = shapely.Polygon([(0, 0), (100, 0), (100, 33), (100, 71), (100, 100), (0, 100)])
    right = shapely.Polygon(
        [(100 + gap, 20), (200, 20), (200, 120), (100 + gap, 120), (100 + gap, 50)]
    )
    # both outlines run from 20 to 100
    (found,) = rows(neighbours(areas_of([left, right])))
    assert found[:2] == (0, 1)
    assert found[2] == pytest.approx(80, abs=0.3)


def test_further_apart_than_the_tolerance_is_no_border() -> None:
    apart = areas_of([shapely.box(0, 0, 100, 100), shapely.box(100.2, 0, 200, 100)])
    assert rows(neighbours(apart)) == []
    assert len(neighbours(apart, tolerance=0.25)) == 1
    assert islands(apart, neighbours(apart)).tolist() == [0, 1]


def test_short_borders_do_not_count() -> None:
    # they touch along 3 m
    areas = areas_of([shapely.box(0, 0, 10, 10), shapely.box(10, 7, 20, 17)])
    assert rows(neighbours(areas)) == [(0, 1, 3.0)]
    assert rows(neighbours(areas, min_length=3.0)) == []
    with pytest.raises(InputError):
        neighbours(areas, min_length=-1)


def test_holes_and_exclaves_have_borders_too() -> None:
    ring = shapely.box(0, 0, 90, 90).difference(shapely.box(30, 30, 60, 60))
    inside = shapely.multipolygons([shapely.box(30, 30, 60, 60), shapely.box(90, 0, 120, 30)])
    # 4 x 30 m around the hole, and 30 m with the exclave
    assert rows(neighbours(areas_of([ring, inside]))) == [(0, 1, 150.0)]


def test_barriers_take_their_stretch_of_border_away() -> None:
    areas = areas_of([shapely.box(0, 0, 100, 200), shapely.box(100, 0, 200, 200)])
    river = gpd.GeoDataFrame(geometry=[shapely.LineString([(100, -50), (100, 100)])], crs=CRS)
    # the border runs 0 ... 200, the river 0 ... 100 and 20 m beyond its end
    assert rows(neighbours(areas, barriers=river)) == [(0, 1, pytest.approx(80, abs=0.2))]
    whole = gpd.GeoDataFrame(geometry=[shapely.LineString([(100, -50), (100, 250)])], crs=CRS)
    assert rows(neighbours(areas, barriers=whole.to_crs("EPSG:6668"))) == []
    far = gpd.GeoDataFrame(geometry=[shapely.LineString([(30, -50), (30, 250)])], crs=CRS)
    assert rows(neighbours(areas, barriers=far)) == [(0, 1, 200.0)]
    with pytest.raises(InputError):
        neighbours(areas, barriers=gpd.GeoDataFrame(geometry=whole.geometry.to_numpy()))


def test_islands_find_the_nearest_other_area() -> None:
    shapes = [shapely.box(x, 0, x + 10, 10) for x in (0, 10, 50, 60, 200)]
    areas = areas_of(shapes)
    pairs = neighbours(areas)
    assert islands(areas, pairs).tolist() == [4]
    # 4 is 130 m from 3; 2 and 3 are one group, 30 m from the mainland 0, 1
    assert rows(nearest(areas, [4])) == [(4, 3, 130.0)]
    groups = np.array([0, 0, 1, 1, 2])
    assert rows(nearest(areas, [3, 2], groups=groups)) == [(3, 1, 40.0), (2, 1, 30.0)]
    assert rows(nearest(areas, [0], groups=np.zeros(5, dtype=np.int64))) == []
    assert distances(areas, np.array([0, 0]), np.array([1, 4])).tolist() == [0.0, 190.0]


def test_of_several_nearest_the_lowest_code_is_named() -> None:
    shapes = [shapely.box(0, 0, 10, 10), shapely.box(20, 0, 30, 10), shapely.box(40, 0, 50, 10)]
    assert rows(nearest(areas_of(shapes), [1])) == [(1, 0, 10.0)]
