"""How long does it take to draw the maps of a release, as PNG and as image-only PDF?

    python bench/map.py                     # 100, 400 and 1,600 areas x 18 uses
    python bench/map.py --smoke

Reading, protection and audit come before the clock starts.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from city import city
from measure import Work, main

from sdc.pipeline.run import open_door
from sdc.publishing.map import map_files


def prepare(areas: int, options: list[str]) -> Work:
    """A release of one table with its shapes."""
    with tempfile.TemporaryDirectory() as folder:
        release = open_door(city(Path(folder), areas, ["images", "csv"]))

    def work() -> dict[str, Any]:
        files = list(map_files(release))
        return {"files": len(files), "bytes": sum(len(data) for _, data in files)}

    return work


if __name__ == "__main__":
    main("map", "areas", prepare, sizes=(100, 400, 1_600), smoke=(12,))
