"""In which plane CRS are lengths and surfaces of a place measured and its maps drawn?

The plane-rectangular systems I-XIX of JGD2011 (EPSG:6669-6687), by municipality as the official
notice assigns them (国土交通省告示 平成14年第9号, as amended), or by position where no municipality
is known. Within its zone a system keeps lengths to 1 part in 10,000.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from sdc.errors import Finding, InputError
from sdc.messages import Text
from sdc.spatial.meshgrid import CRS

_FIRST = 6668
"""EPSG code of zone I, less one."""

_ZONE_OF_PREFECTURE = {
    1: (42,),
    2: (40, 41, 43, 44, 45, 46),
    3: (32, 34, 35),
    4: (36, 37, 38, 39),
    5: (28, 31, 33),
    6: (18, 24, 25, 26, 27, 29, 30),
    7: (16, 17, 21, 23),
    8: (15, 19, 20, 22),
    9: (7, 8, 9, 10, 11, 12, 13, 14),
    10: (2, 3, 4, 5, 6),
    12: (1,),
    15: (47,),
}
_PREFECTURES = {f"{p:02d}": zone for zone, many in _ZONE_OF_PREFECTURE.items() for p in many}

# municipalities whose zone differs from their prefecture's: first and last code, zone
_EXCEPTIONS = (
    ("01202", "01203", 11),  # 函館市, 小樽市
    ("01206", "01208", 13),  # 釧路市, 帯広市, 北見市
    ("01211", "01211", 13),  # 網走市
    ("01223", "01223", 13),  # 根室市
    ("01233", "01233", 11),  # 伊達市
    ("01236", "01236", 11),  # 北斗市
    ("01331", "01371", 11),  # 渡島, 檜山
    ("01391", "01409", 11),  # 後志
    ("01543", "01552", 13),  # オホーツク: 美幌町 ... 佐呂間町
    ("01564", "01564", 13),  # 大空町
    ("01571", "01571", 11),  # 豊浦町
    ("01575", "01575", 11),  # 壮瞥町
    ("01584", "01584", 11),  # 洞爺湖町
    ("01631", "01700", 13),  # 十勝, 釧路, 根室
    ("13421", "13421", 14),  # 小笠原村
    ("46222", "46222", 1),  # 奄美市
    ("46304", "46304", 1),  # 十島村
    ("46523", "46535", 1),  # 大島郡
    ("47207", "47207", 16),  # 石垣市
    ("47214", "47214", 16),  # 宮古島市
    ("47357", "47358", 17),  # 南大東村, 北大東村
    ("47375", "47382", 16),  # 多良間村, 竹富町, 与那国町
)

# central meridian of each zone, and the middle latitude of the land that it serves
_MERIDIANS = np.array(
    [
        *(129.5, 131.0, 132 + 1 / 6, 133.5, 134 + 1 / 3, 136.0, 137 + 1 / 6, 138.5, 139 + 5 / 6),
        *(140 + 5 / 6, 140.25, 142.25, 144.25, 142.0, 127.5, 124.0, 131.0, 136.0, 154.0),
    ]
)
_LATITUDES = np.array(
    [
        *(31.0, 32.5, 34.6, 33.7, 35.0, 34.8, 36.0, 36.5, 36.2),
        *(39.5, 42.3, 43.8, 43.4, 26.5, 26.4, 24.5, 25.9, 20.4, 24.3),
    ]
)


def plane_crs(place: Any) -> str:
    """The JGD2011 plane-rectangular CRS of a place, as ``EPSG:6669`` ... ``EPSG:6687``.

    ``place`` is a municipality code (text of 5 digits, 6 with its check digit, or a longer area
    code that begins with one), a prefecture code of 2 digits, a GeoSeries or GeoDataFrame with a
    CRS, or a shapely geometry in longitude and latitude. Without a code the nearest central
    meridian decides, which on the border of two prefectures may be the neighbour's system.

    Raises InputError for codes of no prefecture, a wrong check digit, a place outside Japan, or
    geometry without a CRS.

    >>> plane_crs("131041"), plane_crs("01202"), plane_crs("31201068003")
    ('EPSG:6677', 'EPSG:6679', 'EPSG:6673')
    >>> import shapely
    >>> plane_crs(shapely.Point(135.5, 34.7))
    'EPSG:6674'
    """
    if isinstance(place, str):
        return f"EPSG:{_FIRST + _zone_of_code(place)}"
    return f"EPSG:{_FIRST + _zone_of_position(*_middle(place))}"


def _zone_of_code(code: str) -> int:
    if not (code.isascii() and code.isdigit() and len(code) in (2, 5, 6, 9, 11)):
        raise _bad_code(code, Text("a code of 2, 5, 6, 9 or 11 digits"))
    if len(code) == 6 and code != code[:5] + check_digit(code[:5]):
        raise _bad_code(code, Text("the sixth digit is the check digit"))
    if code[:2] not in _PREFECTURES:
        raise _bad_code(code, Text("the first two digits are 01-47"))
    for first, last, zone in _EXCEPTIONS:
        if first <= code[:5] <= last and len(code) > 2:
            return zone
    return _PREFECTURES[code[:2]]


def check_digit(code: str) -> str:
    """The check digit of a 5-digit municipality code.

    Source: 総務省 全国地方公共団体コード, weights 6 5 4 3 2 modulo 11.

    >>> check_digit("13104")
    '1'
    """
    total = sum(weight * int(digit) for weight, digit in zip((6, 5, 4, 3, 2), code, strict=True))
    return str((11 - total % 11) % 10)


def _middle(place: Any) -> tuple[float, float]:
    """Longitude and latitude of the middle of a place."""
    import geopandas as gpd
    import shapely

    if hasattr(place, "to_crs"):
        if place.crs is None:
            raise InputError(Text("the geometry has no CRS: set one"), code="crs-missing")
        west, south, east, north = place.total_bounds
        middle = gpd.GeoSeries([shapely.Point((west + east) / 2, (south + north) / 2)])
        point = middle.set_crs(place.crs).to_crs(CRS).iloc[0]
        return float(point.x), float(point.y)
    west, south, east, north = shapely.total_bounds(place)
    return float(west + east) / 2, float(south + north) / 2


def _zone_of_position(lon: float, lat: float) -> int:
    """The zone with the nearest meridian; latitude counts half, to tell islands from mainland."""
    if not (20 <= lat < 46 and 122 <= lon < 155):
        raise InputError(
            Text("the place lies outside Japan: check its CRS and the order of its axes"),
            code="plane-outside",
        )
    across = (lon - _MERIDIANS) * np.cos(np.radians(lat))
    return int(np.argmin(across**2 + (0.5 * (lat - _LATITUDES)) ** 2)) + 1


def _bad_code(code: str, must: Text) -> InputError:
    remedy = Text("check the municipality code")
    return InputError.of([Finding("municipality", must=must, remedy=remedy, value=code)])
