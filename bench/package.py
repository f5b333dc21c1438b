"""How long does it take to write a package without pictures, and to check it as a receiver does?

    python bench/package.py                     # 100, 1,000 and 5,000 areas x 18 uses
    python bench/package.py --smoke

Reading, protection and audit come before the clock starts. Timed are the tables, the lists, the witness
file, the checker of the staged files, the manifests and the move into place; then ``sdc verify``.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any

from city import city
from measure import AFTER, Work, main

from sdc.pipeline.proof import stage_checker
from sdc.pipeline.run import internal_files, open_door
from sdc.publishing.package import publish
from sdc.publishing.verify import verify_package


def prepare(areas: int, options: list[str]) -> Work:
    """A release of one table, ready to be written."""
    place = tempfile.TemporaryDirectory()
    folder = Path(place.name)
    safe = city(folder, areas, ["csv", "geojson"])

    def work() -> dict[str, Any]:
        release, internal = open_door(safe), internal_files(safe)
        written = publish(
            release, folder / "out", internal=internal, stage_check=stage_checker(release, internal)
        )
        start = time.process_time()
        verify_package(written.path)
        spent = round(time.process_time() - start, 2)
        size = sum(f.stat().st_size for f in written.path.rglob("*") if f.is_file())
        return {"cells": safe.system.n, "bytes": size, "verify_cpu_s": spent, AFTER: gone}

    def gone() -> dict[str, Any]:
        place.cleanup()
        return {}

    return work


if __name__ == "__main__":
    main("package", "areas", prepare, sizes=(100, 1_000, 5_000), smoke=(12,))
