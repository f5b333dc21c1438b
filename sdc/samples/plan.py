"""Where are the river, the roads, the centre and the works of the sample city?

Everything is in metres east (u) and north (v) of the city's middle; ``to_degrees`` puts the city on
the map: into the open sea, where nobody lives, so that no record can be taken for a real person's.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from sdc.model.system import FloatArray
from sdc.samples.chance import Chance

MIDDLE = (96_000.0, 30_000.0)
"""Easting and northing of the middle in plane zone IX (EPSG:6677), the zone of prefecture 08."""
STATION, SUBURB = (0.0, 150.0), (1750.0, 1150.0)
DECIMALS = 7


@dataclass(frozen=True)
class Plan:
    """The lines from which everything else follows; (n, 2) arrays of u, v."""

    border: shapely.Polygon
    river: FloatArray
    water: shapely.Polygon
    roads: tuple[FloatArray, ...]


def make_plan(seed: int) -> Plan:
    """Border, river and main roads."""
    chance = Chance(seed, "plan")
    border = _border(chance)
    along = np.linspace(-4600, 4600, 185)
    bend = chance.uniform(3, 0, 2 * np.pi)
    river = np.column_stack(
        [
            along,
            -820 + 360 * np.sin(along / 1250 + bend[0]) + 130 * np.sin(along / 520 + bend[1])
            + 0.05 * along,
        ]
    )  # fmt: skip
    width = 26 + 16 * (along + 4600) / 9200 + 5 * np.sin(along / 300 + bend[2])
    banks = np.vstack([river + _normals(river) * width[:, None],
                       (river - _normals(river) * width[:, None])[::-1]])  # fmt: skip
    water = shapely.make_valid(shapely.Polygon(banks)).intersection(border)
    if water.geom_type != "Polygon":
        water = max(shapely.get_parts(water), key=lambda part: part.area)
    return Plan(border, river, water, _roads())


def _border(chance: Chance) -> shapely.Polygon:
    """A lobed outline, wider than high, with small irregularities."""
    angle = np.linspace(0, 2 * np.pi, 541)[:-1]
    radius = np.ones_like(angle)
    for waves in range(2, 90):
        size = 0.15 / waves
        phase, part = chance.uniform(2)
        radius += size * (0.4 + part) * np.cos(waves * angle + 2 * np.pi * phase)
    return shapely.Polygon(
        np.column_stack([3650 * radius * np.cos(angle), 2750 * radius * np.sin(angle)])
    )


def _roads() -> tuple[FloatArray, ...]:
    """A north-south road through the centre and an east-west road north of it."""
    along = np.linspace(-4600, 4600, 93)
    north = np.column_stack([150 * np.sin(along / 1400) - 60, along])
    east = np.column_stack([along, 520 + 170 * np.sin(along / 1700 + 0.6)])
    return north, east


def _normals(line: FloatArray) -> FloatArray:
    """(n, 2) unit vectors to the left of a line at each of its points."""
    step = np.gradient(line, axis=0)
    turned = np.column_stack([-step[:, 1], step[:, 0]])
    return np.asarray(turned / np.hypot(*step.T)[:, None])


def distance_to(points: FloatArray, line: FloatArray) -> FloatArray:
    """(n,) metres from points (n, 2) to a line."""
    path = shapely.LineString(line)
    shapely.prepare(path)
    return np.asarray(shapely.distance(shapely.points(points), path))


def to_degrees(points: FloatArray) -> FloatArray:
    """(n, 2) longitude and latitude (JGD2011), rounded to about a centimetre."""
    from pyproj import Transformer

    change = Transformer.from_crs("EPSG:6677", "EPSG:6668", always_xy=True)
    lon, lat = change.transform(MIDDLE[0] + points[:, 0], MIDDLE[1] + points[:, 1])
    return np.column_stack([np.round(lon, DECIMALS), np.round(lat, DECIMALS)])
