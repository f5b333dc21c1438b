"""How fast are points found in polygons, beside geopandas?

    python bench/locate.py                    # 5 million points into 500, 2,000 and 20,000 polygons
    python bench/locate.py --sizes 2_000 --every 1         # the rival answers every point
    python bench/locate.py --smoke

The index is built and asked in the time measured. ``geopandas.sjoin`` answers one point in ``--every``
afterwards (default: ten); ``times_faster`` compares processor times, ``differ`` the answers.
"""

from __future__ import annotations

import argparse
import time
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from measure import AFTER, Work, main
from places import coverage, scatter

from sdc.spatial.pointindex import build_index

BENDS = 36


def prepare(areas: int, options: list[str]) -> Work:
    """Wiggly areas of 224 vertices on average, and points over all of them."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--points", type=int, default=5_000_000)
    parser.add_argument("--every", type=int, default=10)
    chosen = parser.parse_args(options)
    points, every = chosen.points, chosen.every
    frame = coverage(areas, BENDS)
    shapes = np.asarray(frame.geometry.to_numpy(), dtype=object)
    x, y = scatter(points)
    build_index(shapes[:10]).find(x[:10], y[:10])

    def work() -> dict[str, Any]:
        start = time.process_time()
        found = build_index(shapes).find(x, y)
        spent = time.process_time() - start
        vertices = round(float(shapely.get_num_coordinates(shapes).mean()))
        facts = {"areas": len(frame), "vertices_each": vertices, "points": points}
        return {**facts, AFTER: lambda: beside(frame, (x, y), found, (spent, every))}

    return work


def beside(
    frame: gpd.GeoDataFrame, points: Any, found: Any, cost: tuple[float, int]
) -> dict[str, Any]:
    """The same question to geopandas, for one point in so many."""
    (x, y), (spent, every) = points, cost
    few = slice(0, max(len(x) // every, 1_000))
    start = time.process_time()
    places = gpd.GeoDataFrame(geometry=gpd.points_from_xy(x[few], y[few]), crs=frame.crs)
    joined = gpd.sjoin(places, frame, predicate="intersects", how="left")
    rival = (time.process_time() - start) * len(x) / len(places)
    expected = joined.groupby(level=0)["code"].min().fillna("-1").astype(np.int64).to_numpy()
    return {
        "compared": len(places),
        "sjoin_s": round(rival, 1),
        "times_faster": round(rival / spent, 1),
        "differ": int((expected != found[few]).sum()),
    }


if __name__ == "__main__":
    main("locate", "areas", prepare, sizes=(500, 2_000, 20_000), smoke=(50,))
