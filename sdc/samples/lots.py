"""On which lots of the sample city may a building stand, and what is the place like?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely

from sdc.model.hierarchy import IntArray
from sdc.model.system import FloatArray
from sdc.samples.chance import Chance
from sdc.samples.plan import STATION, SUBURB, Plan, distance_to
from sdc.samples.towns import WATER, Area

SETBACK = 6.0
"""Metres between a lot's middle and the border of its area, which is a road."""


@dataclass(frozen=True)
class Lots:
    """Lots (n, 2) in metres, the number of their area, and five qualities between 0 and about 1."""

    place: FloatArray
    area: IntArray
    centre: FloatArray
    road: FloatArray
    works: FloatArray
    farm: FloatArray
    density: FloatArray


def make_lots(plan: Plan, areas: Sequence[Area], seed: int) -> Lots:
    """Rows of lots in every area, each row along a street; the river has none."""
    chance = Chance(seed, "lots")
    rows, owner = [], []
    for i, area in enumerate(areas):
        angle = float(chance.uniform(1, -0.35, 0.35)[0])
        for piece in area.pieces if area.hcode != WATER else ():
            found = _rows(piece, angle, chance)
            rows.append(found)
            owner.append(np.full(len(found), i))
    place = np.vstack(rows)
    farm = _farm(place, plan)
    centre = _near(place, STATION, 520) + 0.45 * _near(place, SUBURB, 330)
    road = np.exp(-np.min([distance_to(place, line) for line in plan.roads], axis=0) / 50)
    works = _works(place, plan)
    town = 0.30 + 0.70 * _near(place, STATION, 2300)
    density = (1 - farm) * town + farm * (0.075 + 0.8 * _hamlets(place, chance))
    return Lots(
        place=place,
        area=np.concatenate(owner).astype(np.int64),
        centre=centre,
        road=road,
        works=works,
        farm=farm * (1 - 0.5 * road),
        density=density * (1 - 0.65 * works),
    )


def _rows(piece: shapely.Polygon, angle: float, chance: Chance) -> FloatArray:
    """Lots 13 m wide and 16 m deep, back to back, with a street after two rows and seven lots."""
    inner = piece.buffer(-SETBACK)
    low_u, low_v, high_u, high_v = piece.bounds
    reach = np.hypot(high_u - low_u, high_v - low_v) / 2
    along = np.arange(-reach, reach, 13.0)
    across = np.arange(-reach, reach, 16.0)
    along = along + 6.0 * (np.arange(len(along)) // 7)
    across = across + 6.0 * (np.arange(len(across)) // 2)
    grid = np.array(np.meshgrid(along, across)).reshape(2, -1).T
    grid = grid + chance.uniform(grid.size, -1.6, 1.6).reshape(-1, 2)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    middle = ((low_u + high_u) / 2, (low_v + high_v) / 2)
    lots = grid @ turn + middle
    return np.asarray(lots[shapely.contains_xy(inner, *lots.T)])


def _near(place: FloatArray, point: tuple[float, float], reach: float) -> FloatArray:
    distance = np.hypot(place[:, 0] - point[0], place[:, 1] - point[1])
    return np.asarray(np.exp(-((distance / reach) ** 2)))


def _farm(place: FloatArray, plan: Plan) -> FloatArray:
    """Rises from 0 in the town to 1 at the border."""
    west, south, east, north = plan.border.bounds
    ring = np.hypot(place[:, 0] / ((east - west) / 2), place[:, 1] / ((north - south) / 2))
    return np.asarray(1 / (1 + np.exp(-(ring - 0.70) / 0.055)))


def _works(place: FloatArray, plan: Plan) -> FloatArray:
    """A strip of works on both banks of the lower river."""
    bank = np.maximum(np.abs(distance_to(place, plan.river) - 210) - 130, 0)
    return np.asarray(np.exp(-((bank / 90) ** 2)) / (1 + np.exp(-(place[:, 0] - 1350) / 120)))


def _hamlets(place: FloatArray, chance: Chance) -> FloatArray:
    """Where farmhouses stand together: bumps around a hundred scattered points."""
    middles = place[chance.sample(np.ones(len(place)), 100)]
    total = np.zeros(len(place))
    for middle in middles:
        total += _near(place, (float(middle[0]), float(middle[1])), 95)
    return np.minimum(total, 1.0)
