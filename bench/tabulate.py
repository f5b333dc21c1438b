"""How fast are records counted by 250 m mesh and class, from Parquet, beside general tools?

    python bench/tabulate.py                            # 1, 3 and 10 million points, all installed
    python bench/tabulate.py --sizes 10_000_000 --repeat 3                       # medians
    python bench/tabulate.py --sizes 100_000_000 --ways sdc duckdb --folder DATA # keeps the file
    python bench/tabulate.py --smoke

Everyone gets the same file and two threads, and counts the same cells. Rivals but jismesh use plain
arithmetic, right but for points on a line of the mesh: DuckDB gives mesh codes in order as this tool
does, polars and pandas only rows and columns. A file is made once, in ``--folder`` or in one that is
removed afterwards.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import tempfile
from collections.abc import Callable
from pathlib import Path

from measure import Work, main

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


def by_jismesh(path: str) -> int:
    """jismesh's codes, grouped by pandas."""
    import pandas as pd
    from jismesh.utils import to_meshcode

    frame = pd.read_parquet(path)
    code = to_meshcode(frame["lat"].to_numpy(), frame["lon"].to_numpy(), 5)
    return len(frame.groupby([code, "use"], observed=True).size())


WAYS: dict[str, Callable[[str], int]] = {
    "sdc": ours, "duckdb": by_duckdb, "polars": by_polars, "pandas": by_pandas, "jismesh": by_jismesh,
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
    "jismesh": ["jismesh.utils", "pandas", "pyarrow.parquet"],
}


def installed() -> list[str]:
    """The ways that can be gone here."""
    return [way for way, needs in NEEDS.items() if importlib.util.find_spec(needs[0].split(".")[0])]


def prepare(points: int, options: list[str]) -> Work:
    """A file of points, and everything imported that is needed to count them."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--way", default="sdc", choices=WAYS)
    parser.add_argument("--folder", type=Path, required=True)
    chosen = parser.parse_args(options)
    path = chosen.folder / f"points-{points}.parquet"
    if not path.exists():
        made(path, points)
    for name in NEEDS[chosen.way]:
        importlib.import_module(name)
    return lambda: {"way": chosen.way, "cells": WAYS[chosen.way](str(path))}


def made(path: Path, points: int) -> None:
    """The file, made by a process of its own so that its memory is not counted here."""
    import multiprocessing

    half = path.with_suffix(".part")
    child = multiprocessing.get_context("spawn").Process(target=make, args=(half, points))
    child.start()
    child.join()
    half.rename(path)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        main("tabulate", "points", prepare, sizes=(1_000_000, 3_000_000, 10_000_000),
             smoke=(50_000,), ways=installed(), given=["--folder", folder])  # fmt: skip
