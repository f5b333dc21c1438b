"""The plane-rectangular system of every prefecture, of the exceptions, and by position."""

from __future__ import annotations

import geopandas as gpd
import pytest
import shapely

from sdc.errors import InputError
from sdc.spatial.plane import check_digit, plane_crs

# 国土交通省告示: the zone of prefectures 01-47, where a prefecture has one
ZONES = (
    "12 10 10 10 10 10 9 9 9 9 9 9 9 9 8 7 7 6 8 8 7 8 7 6 "
    "6 6 6 5 6 6 5 3 5 3 3 4 4 4 4 2 2 1 2 2 2 2 15"
)


def test_every_prefecture_has_its_zone() -> None:
    zones = [int(zone) for zone in ZONES.split()]
    assert len(zones) == 47
    for k, zone in enumerate(zones, 1):
        assert plane_crs(f"{k:02d}") == f"EPSG:{6668 + zone}"


@pytest.mark.parametrize(
    ("code", "zone"),
    [
        ("131041", 9),  # 新宿区, with its check digit
        ("13104001001", 9),
        ("011002", 12),  # 札幌市
        ("01202", 11),  # 函館市
        ("01204", 12),  # 旭川市
        ("01206", 13),  # 釧路市
        ("01555", 12),  # 遠軽町
        ("13421", 14),  # 小笠原村
        ("46222", 1),  # 奄美市
        ("46201", 2),  # 鹿児島市
        ("47201", 15),  # 那覇市
        ("47207", 16),  # 石垣市
        ("47357", 17),  # 南大東村
        ("47353", 15),  # 渡嘉敷村
    ],
)
def test_municipalities_follow_the_notice(code: str, zone: int) -> None:
    assert plane_crs(code) == f"EPSG:{6668 + zone}"


@pytest.mark.parametrize("code", ["131040", "00", "48", "1310", "abcde", "", "１３１０４", "4821x"])
def test_codes_of_no_municipality_are_refused(code: str) -> None:
    with pytest.raises(InputError):
        plane_crs(code)


@pytest.mark.parametrize(
    ("code", "digit"), [("13104", "1"), ("01100", "2"), ("27100", "4"), ("47201", "8")]
)
def test_check_digits_of_known_municipalities(code: str, digit: str) -> None:
    assert check_digit(code) == digit


@pytest.mark.parametrize(
    ("lon", "lat", "zone"),
    [
        (139.70, 35.70, 9),  # 新宿
        (135.50, 34.70, 6),  # 大阪
        (134.24, 35.50, 5),  # 鳥取
        (141.35, 43.06, 12),  # 札幌
        (130.40, 33.60, 2),  # 福岡
        (127.70, 26.20, 15),  # 那覇
        (124.16, 24.34, 16),  # 石垣
        (142.19, 27.09, 14),  # 父島
        (153.98, 24.28, 19),  # 南鳥島
        (136.08, 20.42, 18),  # 沖ノ鳥島
    ],
)
def test_by_position_the_nearest_meridian_decides(lon: float, lat: float, zone: int) -> None:
    expected = f"EPSG:{6668 + zone}"
    assert plane_crs(shapely.Point(lon, lat)) == expected
    series = gpd.GeoSeries([shapely.Point(lon, lat)], crs="EPSG:4612")
    assert plane_crs(series) == expected
    assert plane_crs(series.to_crs("EPSG:3857")) == expected


def test_places_outside_japan_or_without_a_crs_are_refused() -> None:
    with pytest.raises(InputError):
        plane_crs(shapely.Point(35.7, 139.7))
    with pytest.raises(InputError):
        plane_crs(shapely.Point(0, 0))
    with pytest.raises(InputError):
        plane_crs(gpd.GeoSeries([shapely.Point(139.7, 35.7)]))
