"""Coverages to test with: wiggly Voronoi areas whose common borders match vertex by vertex."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import shapely
from scipy.spatial import Voronoi


def voronoi(n: int, seed: int, bends: int = 3) -> npt.NDArray[np.object_]:
    """n polygons that fill the unit square, each border with some bends."""
    rng = np.random.default_rng(seed)
    points = rng.random((n, 2))
    flips = [
        points * [-1, 1],
        points * [1, -1],
        [2, 0] - points * [1, -1],
        [0, 2] - points * [-1, 1],
    ]
    diagram = Voronoi(np.concatenate([points, *flips]))
    borders: dict[tuple[int, int], npt.NDArray[np.float64]] = {}

    def border(a: int, b: int) -> npt.NDArray[np.float64]:
        key = (min(a, b), max(a, b))
        if key not in borders:
            start, end = diagram.vertices[list(key)]
            line = start + (end - start) * np.linspace(0, 1, bends + 2)[:, None]
            line[-1] = end
            outer = np.isclose(start, end) & (np.isclose(start, 0) | np.isclose(start, 1))
            if not outer.any():
                across = (end - start) @ [[0, 1], [-1, 0]]
                line[1:-1] += rng.normal(scale=0.03, size=(bends, 1)) * across
            borders[key] = line
        return borders[key] if key == (a, b) else borders[key][::-1]

    found = []
    for k in range(n):
        ring = diagram.regions[diagram.point_region[k]]
        sides = [border(ring[i], ring[(i + 1) % len(ring)])[:-1] for i in range(len(ring))]
        found.append(shapely.Polygon(np.concatenate(sides)))
    shapes = np.array(found, dtype=object)
    return shapes[shapely.is_valid(shapes)]
