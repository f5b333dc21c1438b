"""How fast are records counted by 250 m mesh and class, from Parquet, beside general tools?

    python bench/tabulate.py --points 10_000_000        # makes the file once, in a temporary folder
    python bench/tabulate.py --smoke                    # seconds: for correctness only

Everyone gets the same file and two threads, and counts the same cells. Rivals use plain arithmetic,
right but for points on a line of the mesh: DuckDB gives mesh codes in order as this tool does, the others
only rows and columns. Every run is a process of its own; printed are medians of three, wall and processor
seconds after the imports, and the peak memory. A rival that is not installed is left out and named.
"""

from __future__ import annotations

import argparse
import importlib
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

USES = [str(400 + k) for k in range(1, 19)]
CHUNK = 1_000_000


def make(path: Path, points: int, seed: int = 1) -> None:
    """Clustered points with one of 18 skewed uses, a row group a million."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    rng = np.random.default_rng(seed)
    centre = rng.uniform([138.5, 34.5], [141, 37], (150, 2))
    share = 1 / np.arange(1, 19) ** 1.3
    schema = pa.schema([("lon", pa.float64()), ("lat", pa.float64()), ("use", pa.string())])
    with pq.ParquetWriter(path, schema) as out:
        for start in range(0, points, CHUNK):
            n = min(CHUNK, points - start)
            place = centre[rng.integers(0, len(centre), n)] + rng.normal(0, 0.03, (n, 2))
            use = rng.choice(18, n, p=share / share.sum()).astype(np.int32)
            words = pa.DictionaryArray.from_arrays(pa.array(use), pa.array(USES)).cast(pa.string())
            out.write_table(pa.table([place[:, 0], place[:, 1], words], schema=schema))


def ours(path: str) -> int:
    """This tool, two threads."""
    import sdc
    from sdc.pipeline.cluster import workers

    records = sdc.scan_records(path, x="lon", y="lat", crs="EPSG:6668")
    with workers(None) as run:
        return len(sdc.count(records, sdc.mesh("250m"), by=["use"], run=run))


def by_duckdb(path: str) -> int:
    """DuckDB's SQL, fetched as columns."""
    import duckdb

    session = duckdb.connect()
    session.execute("set threads = 2")
    query = f"""
        with place as (
            select cast(floor(lat * 480) as integer) as r,
                   cast(floor((lon - 100) * 320) as integer) as c, use
            from read_parquet('{path}'))
        select (r // 320) * 100000000::bigint + (c // 320) * 1000000
               + (r // 40 % 8) * 100000 + (c // 40 % 8) * 10000
               + (r // 4 % 10) * 1000 + (c // 4 % 10) * 100
               + (1 + r // 2 % 2 * 2 + c // 2 % 2) * 10 + (1 + r % 2 * 2 + c % 2) as mesh,
               use, count(*) as n
        from place group by all order by all"""
    return len(session.execute(query).fetchnumpy()["n"])


def by_polars(path: str) -> int:
    """Polars, lazily."""
    import polars as pl

    row, column = (pl.col("lat") * 480).floor(), (pl.col("lon") * 320).floor()
    keys = [row.cast(pl.Int64).alias("r"), column.cast(pl.Int64).alias("c"), "use"]
    return int(pl.scan_parquet(path).group_by(keys).len().collect().height)


def by_pandas(path: str) -> int:
    """Pandas, all in memory."""
    import numpy as np
    import pandas as pd

    frame = pd.read_parquet(path)
    row = np.floor(frame["lat"] * 480).astype("int64")
    column = np.floor(frame["lon"] * 320).astype("int64")
    return len(frame.groupby([row, column, "use"], observed=True).size())


WAYS: dict[str, Callable[[str], int]] = {
    "sdc": ours, "duckdb": by_duckdb, "polars": by_polars, "pandas": by_pandas,
}  # fmt: skip


NEEDS = {
    "sdc": [
        "sdc.pipeline.tabulating",
        "sdc.pipeline.cluster",
        "pyarrow.parquet",
        "pyarrow.compute",
    ],
    "duckdb": ["duckdb"],
    "polars": ["polars"],
    "pandas": ["pandas", "pyarrow.parquet"],
}


def once(way: str, path: str) -> dict[str, Any]:
    """One run in this process."""
    for name in NEEDS[way]:
        importlib.import_module(name)
    start, used = time.perf_counter(), time.process_time()
    cells = WAYS[way](path)
    return {
        "cells": cells,
        "wall_s": round(time.perf_counter() - start, 2),
        "cpu_s": round(time.process_time() - used, 2),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def measured(way: str, path: Path, repeat: int) -> dict[str, Any] | str:
    """Medians of some runs, each in a process of its own."""
    runs = []
    for _ in range(repeat):
        command = [sys.executable, __file__, "--way", way, "--file", str(path)]
        run = subprocess.run(command, capture_output=True, text=True, check=False)
        if run.returncode:
            return run.stderr.strip().splitlines()[-1]
        runs.append(json.loads(run.stdout))
    return {key: round(statistics.median(r[key] for r in runs), 2) for key in runs[0]}


def main() -> None:
    """Make the points, let everyone count them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=10_000_000)
    parser.add_argument("--smoke", action="store_true", help="tiny size, one run")
    parser.add_argument("--way", choices=WAYS, help="one way, in this process")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--file", help="points that were made before")
    parser.add_argument("--only", nargs="*", default=list(WAYS), choices=WAYS)
    chosen = parser.parse_args()
    if chosen.way:
        print(json.dumps(once(chosen.way, chosen.file)))
        return
    points, repeat = (50_000, 1) if chosen.smoke else (chosen.points, chosen.repeat)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(chosen.file) if chosen.file else Path(folder) / "points.parquet"
        if not chosen.file:
            make(path, points)
        found = {way: measured(way, path, repeat) for way in chosen.only}
    print(json.dumps({"points": points, **found}, indent=1))


if __name__ == "__main__":
    main()
