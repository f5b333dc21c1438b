"""What are the small areas of the sample city called, and which belong together?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from scipy.spatial import cKDTree

from sdc.model.hierarchy import IntArray
from sdc.model.system import FloatArray
from sdc.samples.chance import Chance
from sdc.samples.names import CITY_NAMES, FARM_NAMES, chome, field
from sdc.samples.plan import Plan
from sdc.samples.shapes import make_cells, neighbour_lengths

MUNICIPALITY = "08299"
"""Prefecture 08 with a number that no municipality has; with its check digit 082996."""
LAND, WATER = "8101", "8154"


@dataclass(frozen=True)
class Area:
    """One small area: its shape in metres (one or two pieces), its names, and where it lies."""

    code: str
    name: str
    district: str
    pieces: tuple[shapely.Polygon, ...]
    hcode: str = LAND

    @property
    def middle(self) -> tuple[float, float]:
        """A point in its first piece."""
        point = shapely.point_on_surface(self.pieces[0])
        return float(point.x), float(point.y)


def make_areas(plan: Plan, seed: int) -> list[Area]:
    """All areas in code order, the river last; one area has an exclave inside another."""
    cells, river = make_cells(plan, seed)
    chance = Chance(seed, "towns")
    edges = neighbour_lengths(cells)
    middles = shapely.get_coordinates(shapely.point_on_surface(cells))
    district = _districts(middles, edges, plan=plan, chance=chance)
    shapes: list[tuple[shapely.Polygon, ...]] = [(cell,) for cell in cells]
    owner, host, piece = _exclave(cells, district, edges=edges, chance=chance)
    shapes[host] = (shapely.normalize(shapely.difference(cells[host], piece)),)
    shapes[owner] = (cells[owner], piece)
    areas = _named(shapes, middles, district)
    water = Area(f"{MUNICIPALITY}999900", "三帆川", "水面", (river,), WATER)
    return [*areas, water]


def _districts(
    middles: FloatArray, edges: dict[tuple[int, int], float], *, plan: Plan, chance: Chance
) -> IntArray:
    """(n,) number of a district, connected and on one side of the river."""
    river = plan.river
    south = middles[:, 1] < np.interp(middles[:, 0], river[:, 0], river[:, 1])
    district = np.zeros(len(middles), dtype=np.int64)
    for side in (0, 1):
        here = np.flatnonzero(south == bool(side))
        group = _k_means(middles[here], max(2, round(len(here) / 8)), chance)
        district[here] = 1000 * side + group
    return _connected(district, edges)


def _k_means(points: FloatArray, k: int, chance: Chance) -> IntArray:
    """(n,) the nearest of k centres after a few rounds of moving them."""
    centre = points[chance.sample(np.ones(len(points)), k)]
    for _ in range(12):
        group = cKDTree(centre).query(points)[1]
        centre = np.array(
            [points[group == g].mean(axis=0) if (group == g).any() else centre[g] for g in range(k)]
        )
    return np.asarray(cKDTree(centre).query(points)[1], dtype=np.int64)


def _connected(district: IntArray, edges: dict[tuple[int, int], float]) -> IntArray:
    """Areas cut off from the rest of their district go to the district they touch most."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    district = district.copy()
    i, j = np.array(list(edges)).T
    for _ in range(len(district)):
        same = district[i] == district[j]
        n = len(district)
        graph = coo_matrix((np.ones(int(same.sum())), (i[same], j[same])), shape=(n, n))
        part = connected_components(graph, directed=False)[1]
        sizes = np.bincount(part)
        lost = [
            a for a in range(n)
            if sizes[part[a]] < max(sizes[part[b]] for b in np.flatnonzero(district == district[a]))
        ]  # fmt: skip
        if not lost:
            return district
        near = [(w, -a, -b) for (a, b), w in edges.items() if a == lost[0]]
        near += [(w, -b, -a) for (a, b), w in edges.items() if b == lost[0]]
        near = [x for x in near if district[-x[2]] != district[lost[0]]]
        district[lost[0]] = district[-max(near)[2]]
    return district


def _exclave(
    cells: Sequence[shapely.Polygon],
    district: IntArray,
    *,
    edges: dict[tuple[int, int], float],
    chance: Chance,
) -> tuple[int, int, shapely.Polygon]:
    """Owner and host of an exclave, and its shape: a field inside the largest western area."""
    area = shapely.area(np.asarray(cells, dtype=object))
    middle = shapely.get_coordinates(shapely.point_on_surface(cells))
    host = int(np.argmax(area * (middle[:, 0] < -1500)))
    angle = np.linspace(0, 2 * np.pi, 12)[:-1]
    radius = 68 * (1 + chance.uniform(len(angle), -0.25, 0.25))
    ring = middle[host] + np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])
    piece = shapely.set_precision(shapely.Polygon(ring), 0.01)
    assert cells[host].buffer(-20).contains(piece)
    near = {b if a == host else a for a, b in edges if host in (a, b)}
    others = [
        i
        for i in range(len(cells))
        if i not in near and i != host and district[i] != district[host]
    ]
    gap = shapely.distance(cells[host], np.asarray(cells, dtype=object)[others])
    owner = others[int(np.argmin(np.where(gap > 300, gap, np.inf)))]
    return owner, host, shapely.normalize(piece)


def _named(
    shapes: Sequence[tuple[shapely.Polygon, ...]], middles: FloatArray, district: IntArray
) -> list[Area]:
    """Codes and names: districts from the centre outwards, areas in a district by bearing."""
    groups = [np.flatnonzero(district == d) for d in np.unique(district)]
    groups.sort(key=lambda g: float(np.hypot(*middles[g].mean(axis=0))))
    towns = min(len(CITY_NAMES), len(groups))
    areas: list[Area] = []
    for number, group in enumerate(groups):
        urban = number < towns
        name = CITY_NAMES[number] if urban else FARM_NAMES[number - towns]
        offset = middles[group] - middles[group].mean(axis=0)
        order = group[np.argsort(-np.arctan2(offset[:, 1], offset[:, 0]), kind="stable")]
        for k, i in enumerate(order.tolist(), start=1):
            label = name + chome(k, number) if urban else field(name, number, k)
            code = f"{MUNICIPALITY}{(number + 1) * 10:04d}{k:02d}"
            areas.append(Area(code, label, name, shapes[i]))
    return areas
