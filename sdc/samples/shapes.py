"""Which shapes do the small areas of the sample city have?

Cells around seeds (blocks in the centre, larger and freer outside) are cut by the border and by the
river; their edges are bent once and shared by both neighbours: no overlaps, no gaps.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely
from scipy.spatial import Voronoi, cKDTree

from sdc.model.hierarchy import IntArray
from sdc.model.system import FloatArray
from sdc.samples.chance import Chance
from sdc.samples.plan import Plan, distance_to

GRID = 0.01
"""Corners lie on a grid of this many metres."""
SMALLEST = 22_000.0
"""A piece below this many square metres joins its neighbour."""
CORE = 1150.0


def make_cells(plan: Plan, seed: int) -> tuple[list[shapely.Polygon], shapely.Polygon]:
    """Polygons that tile the city without the river, west to east, each in one piece; the river."""
    chance = Chance(seed, "cells")
    seeds = _seeds(plan, chance)
    lines = [*_bent_edges(seeds, plan, chance), plan.border.exterior, plan.water.exterior]
    net = shapely.union_all(lines, grid_size=GRID)
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(net)))
    inner = shapely.point_on_surface(faces)
    wet = shapely.contains(plan.water, inner)
    land = shapely.contains(plan.border, inner) & ~wet
    owner = cKDTree(seeds).query(shapely.get_coordinates(inner[land]))[1]
    cells = _join_pieces(list(faces[land]), owner)
    order = np.lexsort(shapely.get_coordinates(shapely.centroid(cells)).T[::-1])
    river = shapely.normalize(shapely.coverage_union_all(faces[wet]))
    return [shapely.normalize(cells[i]) for i in order], river


def neighbour_lengths(cells: Sequence[shapely.Geometry]) -> dict[tuple[int, int], float]:
    """Length of the shared edge of every pair of neighbours, in metres; corners do not count."""
    array = np.asarray(cells, dtype=object)
    left, right = shapely.STRtree(array).query(array, predicate="intersects")
    ahead = left < right
    left, right = left[ahead], right[ahead]
    edge = shapely.length(shapely.intersection(array[left], array[right]))
    touching = zip(left.tolist(), right.tolist(), edge.tolist(), strict=True)
    return {(i, j): length for i, j, length in sorted(touching) if length > 0.5}


def _seeds(plan: Plan, chance: Chance) -> FloatArray:
    """Block middles in the centre, pairs on both sides of river and roads, scattered elsewhere."""
    pairs = np.vstack([_beside(line, chance) for line in (plan.river, *plan.roads)])
    pairs = _thinned(pairs[shapely.contains_xy(plan.border.buffer(400), *pairs.T)], 120.0)
    core = _core(chance)
    core = core[cKDTree(pairs).query(core)[0] > 135]
    fixed = np.vstack([pairs, core])
    rest = chance.uniform(2 * 40_000).reshape(-1, 2) * (10_800, 8_800) - (5_400, 4_400)
    rest = rest[shapely.contains_xy(plan.border.buffer(700), *rest.T)]
    far = np.hypot(rest[:, 0] / 1.25, rest[:, 1])
    rest = rest[far > CORE * 0.92]
    room = 236 + 0.080 * np.hypot(rest[:, 0] / 1.25, rest[:, 1])
    return np.vstack([fixed, _scattered(rest, room, fixed)])


def _beside(line: FloatArray, chance: Chance) -> FloatArray:
    """Pairs of points left and right of a line: the edge between a pair runs along it."""
    path = shapely.LineString(line)
    place = np.arange(60.0, path.length, 275.0)
    place = place + chance.uniform(len(place), -35, 35)
    here = shapely.get_coordinates(shapely.line_interpolate_point(path, place))
    ahead = shapely.get_coordinates(shapely.line_interpolate_point(path, place + 1.0)) - here
    side = np.column_stack([-ahead[:, 1], ahead[:, 0]]) / np.hypot(*ahead.T)[:, None]
    reach = chance.uniform(len(place), 95, 150)[:, None]
    return np.vstack([here + side * reach, here - side * reach])


def _core(chance: Chance) -> FloatArray:
    """Middles of blocks on a turned grid, a little out of line."""
    step = np.arange(-7, 8) * 235.0
    grid = np.array([(a, b * 0.82) for a in step for b in step])
    grid = grid + chance.uniform(grid.size, -26, 26).reshape(-1, 2)
    turn = np.deg2rad(11.0)
    turned = grid @ np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    return np.asarray(turned[np.hypot(turned[:, 0] / 1.25, turned[:, 1]) < CORE])


def _thinned(points: FloatArray, gap: float) -> FloatArray:
    """Points of which none has an earlier one nearer than ``gap``."""
    kept: list[int] = []
    tree = cKDTree(points)
    taken = np.zeros(len(points), dtype=bool)
    for i in range(len(points)):
        if not taken[i]:
            kept.append(i)
            taken[tree.query_ball_point(points[i], gap)] = True
    return points[kept]


def _scattered(points: FloatArray, room: FloatArray, fixed: FloatArray) -> FloatArray:
    """Points, first come, at least ``room`` from each other and 0.8 of it from the fixed ones."""
    free = cKDTree(fixed).query(points)[0] > 0.8 * room
    points, room = points[free], room[free]
    tree = cKDTree(points)
    taken = np.zeros(len(points), dtype=bool)
    kept: list[int] = []
    for i in range(len(points)):
        if not taken[i]:
            kept.append(i)
            taken[tree.query_ball_point(points[i], room[i])] = True
    return points[kept]


def _bent_edges(seeds: FloatArray, plan: Plan, chance: Chance) -> list[shapely.LineString]:
    """The edges between cells; straight in the centre and along roads, winding outside."""
    frame = np.array([(-30e3, -30e3), (30e3, -30e3), (-30e3, 30e3), (30e3, 30e3)])
    cells = Voronoi(np.vstack([seeds, frame]))
    edges = [sorted(pair) for pair in cells.ridge_vertices if min(pair) >= 0]
    ends = np.array([np.hstack(cells.vertices[pair]) for pair in sorted(edges)])
    ends = ends[np.abs(ends).max(axis=1) < 12e3]
    middle = (ends[:, :2] + ends[:, 2:]) / 2
    length = np.hypot(*(ends[:, 2:] - ends[:, :2]).T)
    wild = np.clip((np.hypot(*middle.T) - 1000) / 2500, 0.08, 0.85)
    for road in plan.roads:
        wild = np.where(distance_to(middle, road) < 40, 0.02, wild)
    bends = chance.normal(7 * len(ends)).reshape(-1, 7)
    return [
        _bent(ends[i].reshape(2, 2), bends[i], size=0.075 * wild[i] * length[i])
        for i in range(len(ends))
    ]


def _bent(ends: FloatArray, bends: FloatArray, *, size: float) -> shapely.LineString:
    """A line whose midpoints are pushed aside three times, each time half as far."""
    line, used = ends, 0
    for _ in range(3):
        middle = (line[:-1] + line[1:]) / 2
        step = line[1:] - line[:-1]
        side = np.column_stack([-step[:, 1], step[:, 0]])
        side = side / np.maximum(np.hypot(*step.T)[:, None], 1e-9)
        push = np.clip(bends[used : used + len(middle), None], -1.5, 1.5) * size
        used += len(middle)
        mixed = np.empty((len(line) + len(middle), 2))
        mixed[::2], mixed[1::2] = line, middle + side * push
        line, size = mixed, size / 2
    return shapely.LineString(line)


def _join_pieces(faces: list[shapely.Polygon], owner: IntArray) -> list[shapely.Polygon]:
    """One polygon a cell: its largest piece; smaller pieces join the neighbour they touch most."""
    area = shapely.area(faces)
    main: dict[int, int] = {}
    for i in np.argsort(-area, kind="stable").tolist():
        if area[i] >= SMALLEST:
            main.setdefault(int(owner[i]), i)
    home = {i: i for i in main.values()}
    lengths = neighbour_lengths(faces)
    touching: dict[int, list[tuple[float, int]]] = {}
    for (i, j), length in lengths.items():
        touching.setdefault(i, []).append((length, j))
        touching.setdefault(j, []).append((length, i))
    waiting = [i for i in np.argsort(area, kind="stable").tolist() if i not in home]
    while waiting:
        later = []
        for i in waiting:
            near = [(length, -home[j]) for length, j in touching.get(i, []) if j in home]
            if near:
                home[i] = -max(near)[1]
            else:
                later.append(i)
        if len(later) == len(waiting):  # a piece cut off by the river: dropped with the border
            break
        waiting = later
    groups: dict[int, list[shapely.Polygon]] = {}
    for i in sorted(home):
        groups.setdefault(home[i], []).append(faces[i])
    return [shapely.coverage_union_all(groups[i]) for i in sorted(groups)]
