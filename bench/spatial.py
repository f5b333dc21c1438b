"""How fast are mesh codes, point in polygon, borders and overlays, beside their rivals?

    python bench/spatial.py                 # minutes: the sizes of the README
    python bench/spatial.py --smoke         # seconds: for correctness only

Every task runs in a process of its own, so that its peak memory is its own. Times are processor
seconds, medians of three runs after one that compiles: everything here runs on one thread, so on an
idle machine they are what a clock shows, and on a busy one they still compare. Rivals run in the same
process, on fewer points where they would take minutes (their time is scaled to all points). Prints
one JSON object a task.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
from scipy.spatial import Voronoi

Points = tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]


def seconds(work: Callable[[], Any], repeat: int = 3) -> float:
    """Median processor time of a piece of work."""
    times = []
    for _ in range(repeat):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return statistics.median(times)


def peak() -> int:
    """Largest memory of this process so far, in megabytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


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


def run_mesh(points: int, rival_points: int) -> dict[str, Any]:
    """10 million points to codes as numbers and as text, against jismesh."""
    from jismesh.utils import to_meshcode

    from sdc.spatial import mesh

    rng = np.random.default_rng(3)
    lat, lon = rng.uniform(30, 44, points), rng.uniform(130, 145, points)
    few = slice(0, rival_points)
    figures: dict[str, Any] = {}
    for level, theirs in (("1km", 3), ("500m", 4), ("250m", 5), ("125m", 6)):
        own = seconds(lambda name=level: mesh.encode_numbers(lat, lon, name))  # type: ignore[misc]
        text = seconds(lambda name=level: mesh.encode(lat, lon, name), 1)  # type: ignore[misc]
        rival = seconds(lambda k=theirs: to_meshcode(lat[few], lon[few], k), 1)  # type: ignore[misc]
        rival *= points / rival_points
        apart = mesh.encode_numbers(lat[few], lon[few], level) != to_meshcode(
            lat[few], lon[few], theirs
        )
        figures[level] = {
            "numbers_s": round(own, 3),
            "text_s": round(text, 3),
            "jismesh_s": round(rival, 2),
            "times_faster": round(rival / own, 1),
            "differ_from_jismesh": int(apart.sum()),
        }
    return figures


def run_corners(points: int, rival_points: int) -> dict[str, Any]:
    """Corners of 250 m cells, as doubles and from 8 decimals: how many go to a neighbour."""
    from jismesh.utils import to_meshcode

    from sdc.spatial import mesh

    del points
    rng = np.random.default_rng(4)
    row, column = rng.integers(0, 5000, rival_points), rng.integers(0, 5000, rival_points)
    lat, lon = 30 + row / 480, 130 + column / 320
    # the middle of a cell tells its code without any rounding question
    truth = mesh.encode_numbers(lat + 1 / 960, lon + 1 / 640, "250m")
    return {
        kind: {
            "wrong": round(float((mesh.encode_numbers(a, b, "250m") != truth).mean()), 4),
            "wrong_jismesh": round(float((to_meshcode(a, b, 5) != truth).mean()), 4),
        }
        for kind, a, b in (("doubles", lat, lon), ("8_decimals", lat.round(8), lon.round(8)))
    }


def run_locate(points: int, rival_points: int, areas: int, bends: int) -> dict[str, Any]:
    """Points in polygons, against geopandas.sjoin."""
    from sdc.spatial.pointindex import build_index

    frame = coverage(areas, bends)
    shapes = np.asarray(frame.geometry.to_numpy(), dtype=object)
    x, y = scatter(points)
    before = peak()
    build_index(shapes[:10]).find(x[:10], y[:10])
    index = build_index(shapes)
    build = seconds(lambda: build_index(shapes))
    find = seconds(lambda: index.find(x, y))
    found, after = index.find(x, y), peak()
    few = slice(0, rival_points)
    start = time.process_time()
    places = gpd.GeoDataFrame(geometry=gpd.points_from_xy(x[few], y[few]), crs=frame.crs)
    joined = gpd.sjoin(places, frame, predicate="intersects", how="left")
    rival = (time.process_time() - start) * points / rival_points
    first = joined.groupby(level=0)["code"].min()
    expected = first.fillna("-1").astype(np.int64).to_numpy()
    return {
        "areas": len(frame),
        "vertices_each": round(float(shapely.get_num_coordinates(shapes).mean())),
        "build_s": round(build, 2),
        "find_s": round(find, 2),
        "sjoin_s": round(rival, 1),
        "times_faster": round(rival / (build + find), 1),
        "differ_from_sjoin": int((expected != found[few]).sum()),
        "peak_mb": after,
        "peak_mb_with_inputs_only": before,
    }


def run_borders(areas: int, bends: int) -> dict[str, Any]:
    """Shared borders, overlay with a 1 km mesh and checks of a coverage."""
    from sdc.spatial.areas import make_areas, mesh_areas
    from sdc.spatial.neighbours import neighbours
    from sdc.spatial.overlay import intersections

    frame = coverage(areas, bends)
    made = make_areas(frame, dimension="area", code="code")
    shapes = made.planar
    i, j = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    once = i < j
    outline = shapely.boundary(shapes)
    rival = seconds(
        lambda: shapely.length(shapely.intersection(outline[i[once]], outline[j[once]])), 1
    )
    cells = mesh_areas(["1km"], within=made)
    return {
        "areas": len(made),
        "make_areas_s": round(
            seconds(lambda: make_areas(frame, dimension="area", code="code"), 1), 2
        ),
        "neighbours_s": round(seconds(lambda: neighbours(made), 1), 2),
        "pairs": len(neighbours(made)),
        "shapely_intersections_s": round(rival, 2),
        "mesh_cells": len(cells),
        "mesh_areas_s": round(seconds(lambda: mesh_areas(["1km"], within=made), 1), 2),
        "overlay_s": round(seconds(lambda: intersections(made, cells), 1), 2),
        "overlay_pairs": len(intersections(made, cells)),
        "peak_mb": peak(),
    }


def tasks(smoke: bool) -> dict[str, Callable[[], dict[str, Any]]]:
    """Every task by name, at the size asked for."""
    many, some = (20_000, 2_000) if smoke else (10_000_000, 2_000_000)
    points, few = (20_000, 2_000) if smoke else (5_000_000, 500_000)
    small, large, bends = (50, 200, 5) if smoke else (2_000, 20_000, 36)
    return {
        "mesh": lambda: run_mesh(many, some),
        "corners": lambda: run_corners(many, some),
        "locate_small": lambda: run_locate(points, few, small, bends),
        "locate_large": lambda: run_locate(points, few, large, bends),
        "borders": lambda: run_borders(small, bends),
    }


def main() -> None:
    """Run all tasks, or the one named, each in its own process."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--smoke", action="store_true", help="tiny sizes")
    parser.add_argument("--task", help="one task, in this process")
    chosen = parser.parse_args()
    if chosen.task:
        print(json.dumps({chosen.task: tasks(chosen.smoke)[chosen.task]()}, indent=1))
        return
    for name in tasks(chosen.smoke):
        size = ["--smoke"] if chosen.smoke else []
        subprocess.run([sys.executable, __file__, "--task", name, *size], check=True)


if __name__ == "__main__":
    main()
