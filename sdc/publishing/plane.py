"""Which plane-rectangular system does a municipality use, so that a map has true lengths?

The nineteen systems (I to XIX) are fixed by the notification of the Ministry on plane rectangular
coordinates (平成14年国土交通省告示第9号); their JGD2011 codes are EPSG:6669 to 6687.
"""

from __future__ import annotations

import numpy as np

_FIRST = 6669
_ZONE_OF_PREFECTURE = {
    2: (40, 41, 43, 44, 45), 3: (32, 34, 35), 4: (36, 37, 38, 39), 5: (28, 31, 33),
    6: (18, 24, 25, 26, 27, 29, 30), 7: (16, 17, 21, 23), 8: (15, 19, 20, 22),
    9: (7, 8, 9, 10, 11, 12, 14), 10: (2, 3, 4, 5, 6), 1: (42,),
}  # fmt: skip
_PREFECTURE = {p: zone for zone, prefectures in _ZONE_OF_PREFECTURE.items() for p in prefectures}
_HOKKAIDO_11 = (
    *(1202, 1203, 1233, 1236, 1571, 1575, 1584),
    *range(1331, 1372), *range(1391, 1410),
)  # fmt: skip
_HOKKAIDO_13 = (
    *(1206, 1207, 1208, 1211, 1223, 1543, 1544, 1545, 1546, 1547, 1549, 1550, 1552, 1564),
    *range(1631, 1650), *range(1661, 1669), *range(1691, 1701),
)  # fmt: skip
ROMAN = (
    "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X",
    "XI", "XII", "XIII", "XIV", "XV", "XVI", "XVII", "XVIII", "XIX",
)  # fmt: skip


def plane_zone(municipality: str, lon: float, lat: float) -> int:
    """The system's number, 1 to 19, from the municipality code and a point inside.

    Where the code names no prefecture, the system whose origin is nearest decides. Hokkaido,
    Tokyo's islands, Kagoshima and Okinawa are split as the notification says.

    >>> plane_zone("131041", 139.7, 35.7), plane_zone("271004", 135.5, 34.7)
    (9, 6)
    >>> plane_zone("012025", 140.7, 41.8), plane_zone("012076", 143.2, 42.9)
    (11, 13)
    """
    prefecture, city = int(municipality[:2]), int(municipality[:5])
    if prefecture == 1:
        return 11 if city in _HOKKAIDO_11 else 13 if city in _HOKKAIDO_13 else 12
    if prefecture == 13:
        return 9 if lat >= 28 else 18 if lon < 140.5 else 14 if lon < 143 else 19
    if prefecture == 46:
        return 1 if lon < 130 or (lat < 29 and lon < 130.22) else 2
    if prefecture == 47:
        return 16 if lon < 126 else 15 if lon < 130 else 17
    return _PREFECTURE.get(prefecture) or _nearest(lon, lat)


def plane_epsg(municipality: str, lon: float, lat: float) -> int:
    """EPSG code of the municipality's system on JGD2011.

    >>> plane_epsg("131041", 139.7, 35.7)
    6677
    """
    return _FIRST - 1 + plane_zone(municipality, lon, lat)


def crs_words(epsg: int) -> tuple[str, str]:
    """The system as a map names it, in Japanese and English.

    >>> crs_words(6677)
    ('平面直角座標系 第IX系 (JGD2011, EPSG:6677)', 'Plane rectangular CS IX, JGD2011')
    """
    roman = ROMAN[epsg - _FIRST]
    return (
        f"平面直角座標系 第{roman}系 (JGD2011, EPSG:{epsg})",
        f"Plane rectangular CS {roman}, JGD2011",
    )


def _nearest(lon: float, lat: float) -> int:
    origins = np.array(
        [
            (129.5, 33), (131, 33), (132 + 1 / 6, 36), (133.5, 33), (134 + 1 / 3, 36), (136, 36),
            (137 + 1 / 6, 36), (138.5, 36), (139 + 5 / 6, 36), (140 + 5 / 6, 40), (140.25, 44),
            (142.25, 44), (144.25, 44), (142, 26), (127.5, 26), (124, 26), (131, 26), (136, 20),
            (154, 26),
        ]
    )  # fmt: skip
    return int(np.argmin(((origins - (lon, lat)) ** 2).sum(axis=1))) + 1
