"""How fast do positions become mesh codes, and are they right on every edge?

    python bench/mesh.py                    # 1, 3 and 10 million points, medians with --repeat 3
    python bench/mesh.py --smoke

The rival jismesh runs in the same process, where it is installed; ``*_times_faster`` compares processor
times. ``wrong`` is the share of corners of 250 m cells that go to a neighbour, as doubles and as read
from a file with eight decimals.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from measure import AFTER, Work, main

from sdc.spatial import mesh

LEVELS = {"1km": 3, "250m": 5}


def jismesh() -> Any:
    """The rival's function, or None."""
    try:
        from jismesh.utils import to_meshcode
    except ImportError:
        return None
    return to_meshcode


def prepare(points: int, options: list[str]) -> Work:
    """All levels over one set of random points."""
    rng = np.random.default_rng(3)
    lat, lon = rng.uniform(30, 44, points), rng.uniform(130, 145, points)
    mesh.encode_numbers(lat[:9], lon[:9], "1km")

    def work() -> dict[str, Any]:
        found, spent = {}, {}
        for level in LEVELS:
            start = time.process_time()
            found[level] = mesh.encode_numbers(lat, lon, level)
            spent[level] = max(time.process_time() - start, 1e-6)
        return {
            AFTER: lambda: {**beside(found, spent, lat, lon), **corners(min(points, 1_000_000))}
        }

    return work


def beside(found: Any, spent: dict[str, float], lat: Any, lon: Any) -> dict[str, Any]:
    """Seconds of every level, and how the rival does on a tenth of the points."""
    figures: dict[str, Any] = {}
    rival = jismesh()
    few = slice(0, max(len(lat) // 10, 1_000))
    for level, theirs in LEVELS.items():
        figures[f"{level}_s"] = round(spent[level], 3)
        if rival is not None:
            start = time.process_time()
            others = rival(lat[few], lon[few], theirs)
            whole = (time.process_time() - start) * len(lat) / len(others)
            figures[f"{level}_times_faster"] = round(whole / spent[level], 1)
            figures[f"{level}_differ"] = int((others != found[level][few]).sum())
    return figures


def corners(number: int) -> dict[str, Any]:
    """Corners of 250 m cells that go to a neighbour, as doubles and from eight decimals."""
    rng = np.random.default_rng(4)
    row, column = rng.integers(0, 5000, number), rng.integers(0, 5000, number)
    lat, lon = 30 + row / 480, 130 + column / 320
    # The middle of a cell tells its code without any rounding question.
    truth = mesh.encode_numbers(lat + 1 / 960, lon + 1 / 640, "250m")
    found = {}
    for kind, a, b in (("doubles", lat, lon), ("8_decimals", lat.round(8), lon.round(8))):
        found[f"{kind}_wrong"] = float((mesh.encode_numbers(a, b, "250m") != truth).mean())
    return found


if __name__ == "__main__":
    main("mesh", "points", prepare, sizes=(1_000_000, 3_000_000, 10_000_000),
         smoke=(5_000, 10_000))  # fmt: skip
