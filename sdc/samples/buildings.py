"""Which buildings stand in the sample city, and what are they used for?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
import shapely
import shapely.affinity

from sdc.model.hierarchy import IntArray
from sdc.model.system import FloatArray
from sdc.samples.chance import Chance
from sdc.samples.lots import Lots
from sdc.samples.plan import to_degrees
from sdc.samples.towns import Area

BUILDINGS = 25_000
STOREYS = (1, 2, 3, 4, 5, 7, 10, 14)
STRUCTURES = ("601", "602", "603", "604", "605", "606", "611")
GIANTS = (182_400.0, 96_750.0, 61_300.0, 44_080.0)
"""Floor areas of four works that outweigh everything around them, in square metres."""


class Use(NamedTuple):
    """How common a use is, where it likes to be (exponents), how large and how high it is."""

    share: float
    centre: float
    road: float
    works: float
    farm: float
    area: float
    spread: float
    storeys: tuple[float, ...]


_LOW = (70, 27, 3, 0, 0, 0, 0, 0)
_HOUSE = (11, 84, 5, 0, 0, 0, 0, 0)
_MIXED = (3, 72, 20, 4, 1, 0, 0, 0)
_FLATS = (1, 60, 16, 8, 6, 5, 3, 1)
_OFFICE = (18, 42, 18, 9, 6, 4, 2, 1)
_HIGH = (2, 14, 18, 16, 16, 16, 12, 6)
_PUBLIC = (34, 38, 15, 8, 4, 1, 0, 0)

USES: Mapping[str, Use] = {
    "401": Use(0.0100, 3.0, 1.5, 0.3, -2.0, 420, 1.0, _OFFICE),
    "402": Use(0.0160, 3.2, 2.2, -0.5, -1.5, 260, 1.1, _OFFICE),
    "403": Use(0.0006, 3.6, 0.8, -2.0, -1.0, 1500, 0.9, _HIGH),
    "404": Use(0.0010, 3.5, 0.8, -1.0, -2.0, 1800, 0.9, _HIGH),
    "411": Use(0.4700, -1.3, -0.8, -1.6, -0.35, 112, 0.32, _HOUSE),
    "412": Use(0.0600, 0.6, 0.2, -1.0, -2.6, 320, 0.65, _FLATS),
    "413": Use(0.0160, 1.6, 1.6, -1.0, -0.8, 150, 0.40, _MIXED),
    "414": Use(0.0025, 2.4, 0.9, -2.0, -3.0, 420, 0.60, _FLATS),
    "415": Use(0.0100, 0.0, 0.2, 1.2, 0.3, 170, 0.45, _MIXED),
    "421": Use(0.0022, 1.8, 0.2, -1.0, -0.5, 600, 1.1, _PUBLIC),
    "422": Use(0.0120, 0.6, 0.2, -1.5, -0.4, 480, 1.2, _PUBLIC),
    "431": Use(0.0280, -0.8, 0.8, 2.6, -0.3, 70, 1.1, _LOW),
    "441": Use(0.0120, -1.0, 0.2, 3.6, -0.6, 420, 1.25, _LOW),
    "451": Use(0.0240, -4.0, -0.6, -1.0, 2.2, 75, 0.70, _LOW),
    "452": Use(0.0018, -1.0, 0.0, 1.2, 0.6, 120, 1.1, _LOW),
    "453": Use(0.0000, 0.0, 0.0, 0.0, 0.0, 900, 0.3, _PUBLIC),
    "454": Use(0.0180, -0.2, 0.3, 0.4, 0.5, 40, 0.8, _LOW),
    "461": Use(0.0080, 0.0, 0.0, 0.2, 0.3, 60, 0.7, _LOW),
}
"""The 18 uses of the survey. Shares are of no real city."""

OUTSIDE = (("402", "4021", 0.05), ("411", "1120", 0.006), ("441", "1520", 0.04), ("461", "", 0.5))
"""Use, what some surveyors wrote instead, and how often: for the map file."""


def make_buildings(lots: Lots, areas: Sequence[Area], seed: int) -> pd.DataFrame:
    """Buildings by area, south to north, the boathouses last.

    Besides what is written to the file there are ``use`` (in the list), ``area`` (number of the area,
    -1 on the water) and ``farm``.
    """
    chance = Chance(seed, "buildings")
    taken = _chosen(lots, len(areas), chance)
    use = _uses(lots, taken, chance)
    frame = pd.DataFrame({"area": lots.area[taken], "use": use, "lot": taken})
    frame["v"], frame["u"] = lots.place[taken, 1], lots.place[taken, 0]
    frame = frame.sort_values(["area", "v", "u"], kind="stable", ignore_index=True)
    lon, lat = to_degrees(frame[["u", "v"]].to_numpy()).T
    storeys = _storeys(frame["use"], lots.centre[frame["lot"]], chance)
    frame = frame.assign(
        lon=lon,
        lat=lat,
        structure=_structures(frame["use"], storeys, chance),
        storeys=storeys,
        year=_years(lots, frame["lot"].to_numpy(), chance),
        floor_area=_floor_areas(frame["use"], storeys, lots.works[frame["lot"]], chance=chance),
        farm=lots.farm[frame["lot"]],
    )
    frame = frame.assign(usage=_as_surveyed(frame["use"], chance))
    frame = pd.concat([frame, _afloat(areas)], ignore_index=True)
    return frame.assign(id=[f"B{i:05d}" for i in range(1, len(frame) + 1)])


def _chosen(lots: Lots, n_areas: int, chance: Chance) -> IntArray:
    """Lots that are built on; the two emptiest areas get three buildings and none."""
    weight = np.bincount(lots.area, weights=lots.density, minlength=n_areas)
    weight[np.bincount(lots.area, minlength=n_areas) < 100] = np.inf
    three, none = np.argsort(weight, kind="stable")[:2]
    kept = np.flatnonzero(lots.area == three)
    kept = kept[chance.sample(lots.density[kept], 3)]
    free = ~np.isin(lots.area, (three, none))
    rest = chance.sample(np.where(free, lots.density, 0.0), BUILDINGS - 3)
    return np.sort(np.concatenate([kept, rest]))


def _afloat(areas: Sequence[Area]) -> pd.DataFrame:
    """Four boathouses on the river: records that lie in no small area that is counted."""
    river = areas[-1].pieces[0]
    reach = shapely.LineString([(0, -3000), (0, 3000)])
    lines = [shapely.affinity.translate(reach, xoff=u) for u in (-820, -260, 640, 1480)]
    middle = shapely.get_coordinates(shapely.centroid(shapely.intersection(river, lines)))
    lon, lat = to_degrees(middle).T
    frame = pd.DataFrame({"lon": lon, "lat": lat, "u": middle[:, 0], "v": middle[:, 1]})
    return frame.assign(
        area=-1,
        use="454",
        usage="454",
        structure="605",
        storeys=1,
        year="",
        floor_area=38.5,
        farm=0.0,
    )


def _uses(lots: Lots, taken: IntArray, chance: Chance) -> list[str]:
    """A use for every building, by what the place is like; two garrison buildings side by side."""
    qualities = np.column_stack([lots.centre, lots.road, lots.works, lots.farm])[taken]
    likes = np.array([(u.centre, u.road, u.works, u.farm) for u in USES.values()])
    share = np.array([u.share for u in USES.values()])
    picked = chance.pick(share * np.exp(qualities @ likes.T))
    codes = np.array(list(USES), dtype=object)[picked]
    edge = np.hypot(lots.place[taken, 0] - 2600, lots.place[taken, 1] - 1500)
    codes[np.argsort(edge, kind="stable")[:2]] = "453"
    return [str(code) for code in codes]


def _storeys(use: pd.Series, centre: FloatArray, chance: Chance) -> IntArray:
    """Storeys by use, higher towards the centre."""
    base = np.array([USES[code].storeys for code in use], dtype=np.float64)
    lift = np.exp(np.outer(centre, np.log(STOREYS)) * 0.7)
    return np.asarray(np.array(STOREYS)[chance.pick(base * lift)], dtype=np.int64)


def _structures(use: pd.Series, storeys: IntArray, chance: Chance) -> list[str]:
    """Wood for low houses and sheds, concrete and steel for what is high or large."""
    wood = use.isin(["411", "413", "415", "451", "461"]).to_numpy() & (storeys <= 3)
    works = use.isin(["402", "431", "441", "452", "454"]).to_numpy() & (storeys <= 3)
    high = storeys >= 4
    weights = np.tile(np.array([30.0, 1, 22, 30, 15, 0.6, 1.4]), (len(use), 1))
    weights[works] = (16, 0.3, 9, 48, 23, 1.5, 2.2)
    weights[wood] = (85, 0.05, 2.2, 4, 7.5, 0.15, 1.1)
    weights[high] = (0, 14, 62, 23, 0, 0, 1)
    return [STRUCTURES[i] for i in chance.pick(weights)]


def _years(lots: Lots, lot: IntArray, chance: Chance) -> list[str]:
    """Year built: every area has its age, some years are not known."""
    age = chance.uniform(int(lots.area.max()) + 1, 1968, 2006)[lots.area[lot]]
    year = np.clip(np.round(chance.normal(len(lot), 0, 13) + age), 1926, 2025).astype(int)
    unknown = chance.uniform(len(lot)) < 0.03
    return ["" if gap else str(y) for y, gap in zip(year, unknown, strict=True)]


def _floor_areas(
    use: pd.Series, storeys: IntArray, works: FloatArray, *, chance: Chance
) -> FloatArray:
    """Log-normal by use, more with more storeys; the four giants stand deepest in the strip."""
    middle = np.array([USES[code].area for code in use])
    spread = np.array([USES[code].spread for code in use])
    size = np.exp(np.log(middle) + chance.normal(len(use)) * spread)
    size = size * np.where(storeys > 2, (storeys / 2) ** 0.8, 1.0)
    plants = np.flatnonzero((use == "441").to_numpy())
    best = plants[np.argsort(-works[plants], kind="stable")]
    size[best[:: max(1, len(best) // 8)][: len(GIANTS)]] = GIANTS
    return np.asarray(np.round(np.maximum(size, 10.0), 1))


def _as_surveyed(use: pd.Series, chance: Chance) -> list[str]:
    """The code as it stands in the file, now and then one outside the list."""
    written = use.to_numpy(dtype=object).copy()
    dice = chance.uniform(len(use))
    for code, instead, share in OUTSIDE:
        written[(use == code).to_numpy() & (dice < share)] = instead
    return [str(code) for code in written]
