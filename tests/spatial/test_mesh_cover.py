"""Cells as polygons, and covers of places, against brute force."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from sdc.errors import InputError
from sdc.spatial import mesh

LEVELS = list(mesh.LEVELS)


@pytest.mark.parametrize("level", LEVELS)
def test_a_cell_covers_itself_alone(level: str) -> None:
    code = str(mesh.encode(35.7, 139.7, level)[0])
    assert mesh.cover(mesh.decode(code, level), level).tolist() == [code]
    assert mesh.cover(mesh.polygons([code], level), level).tolist() == [code]


@pytest.mark.parametrize(
    ("coarse", "fine"), [("10km", "5km"), ("10km", "2km"), ("5km", "1km"), ("2km", "500m")]
)
def test_a_coarse_cell_is_covered_by_its_children(coarse: str, fine: str) -> None:
    code = str(mesh.encode(35.7, 139.7, coarse)[0])
    below = mesh.children(code, coarse, fine).tolist()
    assert mesh.cover(mesh.decode(code, coarse), fine).tolist() == below
    assert mesh.cover(mesh.polygons([code], coarse).geometry.iloc[0], fine).tolist() == below


def test_polygons_meet_bit_by_bit() -> None:
    codes = mesh.children("53394526", "1km", "100m")
    cells = mesh.polygons(codes, "100m")
    assert cells.crs.to_epsg() == 6668
    assert list(cells["code"]) == codes.tolist()
    assert shapely.coverage_is_valid(cells.geometry.to_numpy())
    whole = shapely.coverage_union_all(cells.geometry.to_numpy())
    assert shapely.equals(whole, mesh.polygons(["53394526"], "1km").geometry.iloc[0])


blobs = st.tuples(
    st.floats(139.5, 139.6), st.floats(35.5, 35.6), st.floats(0.001, 0.05), st.integers(3, 9)
)


@settings(max_examples=30)
@given(blobs, st.sampled_from(["10km", "5km", "2km", "1km", "500m"]))
def test_a_cover_is_what_brute_force_finds(
    blob: tuple[float, float, float, int], level: str
) -> None:
    lon, lat, radius, corners = blob
    turn = np.linspace(0, 2 * np.pi, corners, endpoint=False)
    place = shapely.Polygon(np.c_[lon + radius * np.cos(turn), lat + radius * np.sin(turn)])
    box = mesh.cover((lat - 0.1, lon - 0.1, lat + 0.1, lon + 0.1), level)
    cells = mesh.polygons(box, level)
    meets = shapely.relate_pattern(cells.geometry.to_numpy(), place, "T********")
    assert mesh.cover(place, level).tolist() == cells["code"][meets].tolist()


def test_points_and_lines_count_with_every_cell_that_they_touch() -> None:
    south, west, _, _ = mesh.decode("53394526", "1km")
    corner = mesh.cover(shapely.Point(west, south), "1km").tolist()
    assert corner == ["53394515", "53394516", "53394525", "53394526"]
    assert mesh.cover(shapely.Point(west + 0.001, south + 0.001), "1km").tolist() == ["53394526"]


def test_any_crs_and_many_shapes_are_taken() -> None:
    codes = ["53394525", "53394527"]
    shapes = mesh.polygons(codes, "1km")
    inner = shapes.set_geometry(shapely.buffer(shapes.geometry.to_numpy(), -0.001), crs=shapes.crs)
    assert mesh.cover(inner.to_crs("EPSG:6677"), "1km").tolist() == codes
    assert mesh.cover(inner.geometry, "1km").tolist() == codes


@pytest.mark.parametrize(
    "place",
    [
        (35.8, 139.7, 35.7, 139.8),  # north below south
        (139.6, 35.6, 139.7, 35.7),  # axes swapped
        (float("nan"), 139.7, 35.7, 139.8),
        shapely.box(35.6, 139.6, 35.7, 139.7),
        shapely.Point(),
        gpd.GeoSeries([shapely.box(139.6, 35.6, 139.7, 35.7)]),  # no CRS
    ],
)
def test_places_that_cannot_be_covered_are_refused(place: object) -> None:
    with pytest.raises(InputError):
        mesh.cover(place, "1km")


def test_the_corner_of_the_range_is_covered() -> None:
    assert mesh.cover(mesh.polygons(["3022"], "80km"), "80km").tolist() == ["3022"]
    assert mesh.cover(mesh.polygons(["6853"], "80km"), "80km").tolist() == ["6853"]
