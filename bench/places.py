"""Points and areas of any number, for the drivers that need them."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
from scipy.spatial import Voronoi

Points = tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]


def coverage(n: int, bends: int, seed: int = 1) -> gpd.GeoDataFrame:
    """n wiggly areas that fill 100 km x 100 km of zone IX; about 6 (bends + 1) vertices each."""
    rng = np.random.default_rng(seed)
    points = rng.random((n, 2))
    flips = [
        points * [-1, 1],
        points * [1, -1],
        [2, 0] - points * [1, -1],
        [0, 2] - points * [-1, 1],
    ]
    diagram = Voronoi(np.concatenate([points, *flips]))
    steps = np.linspace(0, 1, bends + 2)[:, None]
    lines: dict[tuple[int, int], npt.NDArray[np.float64]] = {}
    rings = []
    for k in range(n):
        corners = diagram.regions[diagram.point_region[k]]
        sides = []
        for a, b in zip(corners, corners[1:] + corners[:1], strict=True):
            key = (min(a, b), max(a, b))
            if key not in lines:
                start, end = diagram.vertices[list(key)]
                line = start + (end - start) * steps
                across = (end - start) @ np.array([[0, 1], [-1, 0]])
                if ((start > 1e-9) & (start < 1 - 1e-9)).all() or (
                    (end > 1e-9) & (end < 1 - 1e-9)
                ).all():
                    line[1:-1] += rng.normal(scale=0.01, size=(bends, 1)) * across
                line[-1] = end
                lines[key] = line
            sides.append((lines[key] if key == (a, b) else lines[key][::-1])[:-1])
        rings.append(np.concatenate(sides) * 100_000)
    shapes = np.array([shapely.Polygon(ring) for ring in rings], dtype=object)
    good = shapely.is_valid(shapes)
    codes = [f"{k:06d}" for k in range(int(good.sum()))]
    return gpd.GeoDataFrame({"code": codes}, geometry=shapes[good], crs="EPSG:6677")


def scatter(n: int) -> Points:
    """n points over the coverage, in random order."""
    rng = np.random.default_rng(2)
    return rng.uniform(0, 100_000, n), rng.uniform(0, 100_000, n)
