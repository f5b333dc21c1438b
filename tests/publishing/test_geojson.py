from __future__ import annotations

import json
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from handmade import area_dim, make_release, marked, shapes, small_table
from shapely.geometry import MultiPolygon, Polygon, box

from sdc.errors import InputError
from sdc.model.release import Geography, Release
from sdc.publishing.geojson import geojson_files


def with_shapes(frame: gpd.GeoDataFrame, *tables: Any) -> Release:
    made = make_release(*tables)
    object.__setattr__(made, "geographies", {"area": Geography("area", "areas", frame)})
    return made


def features(release: Release) -> list[dict[str, Any]]:
    ((path, data),) = geojson_files(release)
    assert path == "data/areas.geojson"
    document = json.loads(data)
    assert set(document) == {"type", "features"}
    return list(document["features"])


def test_published_places_only_in_code_order() -> None:
    found = features(make_release())
    codes = [f["properties"]["code"] for f in found]
    assert codes == sorted(codes) == [c for c in area_dim().codes if c != "13104"]
    assert "13104001003" not in json.dumps([f["id"] for f in found])
    merged = {f["id"]: f["properties"]["merged"] for f in found}
    assert merged["13104001004"] == ["13104001003"]


def test_hidden_totals_have_no_number_and_zeros_are_zero() -> None:
    table = marked("t", (area_dim(),), np.array([100, -1, 0, 30, -1, 20]))
    got = {
        f["id"]: (f["properties"]["t"], f["properties"]["t_status"])
        for f in features(make_release(table))
    }
    assert got["13104001001"] == (None, "X")
    assert got["13104001002"] == (0, "-")
    assert got["13104001004"] == (30, "A")


def test_coordinates_are_longitude_and_latitude_rounded() -> None:
    plane = shapes().to_crs("EPSG:6677")
    for feature in features(with_shapes(plane)):
        ring = np.array(feature["geometry"]["coordinates"][0])
        assert (ring == np.round(ring, 7)).all()
        assert (ring[:, 0] > 139.69).all()
        assert (ring[:, 0] < 139.72).all()
        assert (ring[:, 1] > 35.68).all()
        assert (ring[:, 1] < 35.71).all()


def test_rings_turn_the_way_the_standard_says() -> None:
    frame = shapes()
    hole = Polygon(
        [(139.7, 35.69), (139.7, 35.694), (139.704, 35.694), (139.704, 35.69)],
        [[(139.701, 35.691), (139.703, 35.691), (139.703, 35.693), (139.701, 35.693)]],
    )
    exclave = MultiPolygon(
        [box(139.704, 35.69, 139.708, 35.694), box(139.72, 35.7, 139.721, 35.701)]
    )
    frame.loc[0, "geometry"], frame.loc[1, "geometry"] = hole, exclave
    got = {f["id"]: shapely.geometry.shape(f["geometry"]) for f in features(with_shapes(frame))}
    ringed = got["13104001001"]
    assert ringed.exterior.is_ccw
    assert not ringed.interiors[0].is_ccw
    assert all(p.exterior.is_ccw for p in got["13104001002"].geoms)
    assert all(g.is_valid for g in got.values())


def test_neighbours_still_share_their_borders() -> None:
    got = [
        shapely.geometry.shape(f["geometry"]) for f in features(with_shapes(shapes().to_crs(6677)))
    ]
    for i, one in enumerate(got):
        for other in got[:i]:
            assert one.intersection(other).area == 0


def test_shapes_of_unpublished_codes_stay_inside() -> None:
    frame = shapes()
    frame.loc[0, "code"] = "13104009999"
    assert "13104009999" not in [f["id"] for f in features(with_shapes(frame, small_table()))]


def test_a_code_with_two_shapes_and_a_missing_crs_are_refused() -> None:
    frame = shapes()
    frame.loc[0, "code"] = frame.loc[1, "code"]
    with pytest.raises(InputError, match="two shapes"):
        features(with_shapes(frame))
    with pytest.raises(InputError, match="CRS"):
        features(with_shapes(shapes().set_crs(None, allow_override=True)))
