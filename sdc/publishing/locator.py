"""Where in Japan does the mapped place lie?

A very coarse outline of the main islands, drawn by hand for this purpose from the positions of well
known capes; good for a picture two centimetres wide, and for nothing else.
"""

from __future__ import annotations

import math

from sdc.publishing.sheet import ACCENT, LIGHT, Sheet

Points = tuple[tuple[float, float], ...]

_HOKKAIDO: Points = (
    (141.9, 45.5), (142.6, 44.9), (143.4, 44.3), (144.3, 44.0), (145.3, 44.3), (145.1, 43.8),
    (145.8, 43.4), (144.4, 43.0), (143.6, 42.5), (143.2, 41.9), (142.1, 42.5), (141.0, 42.3),
    (140.6, 42.5), (140.7, 42.1), (141.2, 41.8), (140.7, 41.8), (140.1, 41.4), (140.0, 42.1),
    (139.8, 42.6), (140.4, 43.3), (141.2, 43.2), (141.6, 43.8), (141.7, 44.6),
)  # fmt: skip
_HONSHU: Points = (
    (140.9, 41.5), (141.4, 41.4), (141.5, 40.5), (142.0, 39.6), (141.5, 38.3), (141.0, 38.2),
    (141.0, 37.0), (140.6, 36.3), (140.9, 35.7), (140.4, 35.2), (139.9, 34.9), (139.8, 35.6),
    (139.7, 35.2), (139.2, 35.2), (138.9, 34.6), (138.7, 35.1), (138.2, 34.6), (137.0, 34.6),
    (136.8, 35.0), (136.9, 34.3), (136.2, 34.0), (135.8, 33.5), (135.1, 34.0), (135.4, 34.7),
    (134.5, 34.7), (133.9, 34.5), (132.5, 34.3), (132.2, 33.9), (131.0, 34.0), (130.9, 34.4),
    (131.8, 34.7), (132.7, 35.4), (133.3, 35.6), (134.3, 35.6), (135.3, 35.7), (136.0, 35.7),
    (136.1, 36.2), (136.7, 36.9), (136.9, 37.4), (137.3, 37.5), (137.0, 36.9), (137.6, 36.9),
    (138.6, 37.3), (139.4, 38.1), (139.9, 39.1), (139.8, 40.0), (140.0, 40.6), (140.4, 41.2),
    (140.7, 40.9), (141.2, 41.2),
)  # fmt: skip
_SHIKOKU: Points = (
    (134.6, 34.2), (134.7, 33.8), (134.2, 33.3), (133.6, 33.5), (133.0, 32.7), (132.5, 33.0),
    (132.1, 33.4), (132.8, 34.0), (133.6, 34.2),
)  # fmt: skip
_KYUSHU: Points = (
    (131.0, 33.9), (131.7, 33.6), (131.9, 33.1), (131.4, 31.4), (131.1, 31.3), (130.7, 31.1),
    (130.2, 31.3), (130.2, 32.1), (130.6, 32.6), (130.1, 32.7), (129.7, 33.0), (129.9, 33.5),
    (130.5, 33.8),
)  # fmt: skip
_OKINAWA: Points = ((128.3, 26.8), (127.7, 26.1), (127.7, 26.4), (128.0, 26.7))
_ISLANDS = (_HOKKAIDO, _HONSHU, _SHIKOKU, _KYUSHU, _OKINAWA)
_WEST, _EAST, _SOUTH, _NORTH = 127.0, 146.2, 25.6, 45.9
_SQUEEZE = math.cos(math.radians(36))


def draw_locator(
    sheet: Sheet, corner: tuple[float, float], *, lon: float, lat: float, height: float
) -> float:
    """Draw the inset with its upper left corner at ``corner``; returns its width in mm.

    A place outside the frame (remote islands) is marked at the frame's edge.
    """
    scale = height / (_NORTH - _SOUTH)
    width = (_EAST - _WEST) * _SQUEEZE * scale

    def at(x: float, y: float) -> tuple[float, float]:
        x, y = min(max(x, _WEST), _EAST), min(max(y, _SOUTH), _NORTH)
        return corner[0] + (x - _WEST) * _SQUEEZE * scale, corner[1] + (_NORTH - y) * scale

    sheet.box(*corner, width, height, width=0.5, color=LIGHT)
    for island in _ISLANDS:
        sheet.polygon([at(*point) for point in island], face="#c9c9c9")
    x, y = at(lon, lat)
    sheet.line(
        [(x, y)],
        marker="o",
        markersize=4.2,
        markerfacecolor=ACCENT,
        markeredgecolor="white",
        markeredgewidth=0.8,
    )
    return width
