"""A real cluster of separate processes gives the same bytes, also when it loses a worker."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import smallcity

import sdc
from sdc.model.sharing import threaded
from sdc.pipeline.cluster import workers
from sdc.pipeline.run import run_release
from sdc.readers import pieces as parts
from sdc.readers.scan import RecordFile, scan_records
from sdc.tables.merging import apart

distributed = pytest.importorskip("distributed", reason="the extra cluster is not installed")

pytestmark = pytest.mark.xdist_group("cluster")


@pytest.fixture(scope="module")
def scheduler() -> Iterator[str]:
    with distributed.LocalCluster(
        n_workers=2, processes=True, threads_per_worker=1, dashboard_address="127.0.0.1:0"
    ) as cluster:
        yield cluster.scheduler_address


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RecordFile:
    monkeypatch.setattr(parts, "PIECE_ROWS", 500)
    rng = np.random.default_rng(3)
    n = 4_000
    table = pa.table(
        {
            "lon": 139.7 + rng.random(n) * 0.05,
            "lat": 35.6 + rng.random(n) * 0.05,
            "use": rng.choice(["401", "411", "461"], n).tolist(),
        }
    )
    path = tmp_path / "a.parquet"
    pq.write_table(table, path, row_group_size=500)
    return scan_records(path, x="lon", y="lat", crs="EPSG:6668")


def die_once(mark: str, work: Any, piece: Any) -> Any:
    """Lose the first worker that comes by; do the work everywhere else."""
    try:
        os.close(os.open(mark, os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return work(piece)
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("a killed process goes on")


def test_a_cluster_counts_as_one_process_does(file: RecordFile, scheduler: str) -> None:
    alone = sdc.count(file, sdc.mesh("250m"), by=["use"])
    with workers(scheduler) as run:
        shared = sdc.count(file, sdc.mesh("250m"), by=["use"], run=run)
    pd.testing.assert_frame_equal(alone, shared)


def test_a_lost_worker_costs_time_and_nothing_else(
    file: RecordFile, scheduler: str, tmp_path: Path
) -> None:
    mark = tmp_path / "killed"
    with workers(scheduler) as run:

        def perilous(work: Any, cut: Any) -> Any:
            return run(partial(die_once, str(mark), work), cut)

        shared = sdc.count(file, sdc.mesh("250m"), by=["use"], run=perilous)
    assert mark.exists()
    pd.testing.assert_frame_equal(sdc.count(file, sdc.mesh("250m"), by=["use"]), shared)


class Here(list[int]):
    """Items that are cut from something that must not travel."""

    def __reduce__(self) -> Any:
        raise AssertionError("the whole was sent away")


def test_parts_travel_and_never_what_they_are_cut_from(scheduler: str) -> None:
    with workers(scheduler) as run:
        assert list(run(abs, Here(range(-40, 0)))) == list(range(40, 0, -1))


def prefecture() -> sdc.Table:
    """Four municipalities of five areas by four uses, with prefecture totals."""
    codes = {"P": "", **{f"m{i}": "P" for i in range(4)}}
    codes |= {f"m{i}{k}": f"m{i}" for i in range(4) for k in range(5)}
    dims = (sdc.Hierarchy.of("area", codes), sdc.Hierarchy.flat("use", list("abcd")))
    rng = np.random.default_rng(2)
    leaf = rng.poisson(3 * rng.lognormal(0, 1, (20, 4))) * (rng.random((20, 4)) > 0.4)
    return sdc.Table("t", dims, sdc.aggregate(leaf.astype(np.int64), dims))


def test_a_prefecture_is_protected_and_proven_alike_though_a_worker_is_lost(
    scheduler: str, tmp_path: Path
) -> None:
    table, rules, mark = prefecture(), sdc.Rules(min_count=3), tmp_path / "killed"
    alone = sdc.protect(table, rules, method="districts")
    with workers(scheduler) as run:

        def perilous(work: Any, cut: Any) -> Any:
            return run(partial(die_once, str(mark), work), cut)

        shared = sdc.protect(table, rules, method="districts", run=perilous)
        report = sdc.audit(table, shared, rules, run=perilous)
    assert mark.exists()
    assert np.array_equal(alone.hidden, shared.hidden)
    assert alone.moves is not None
    assert shared.moves is not None
    assert (alone.moves != shared.moves).nnz == 0
    mine = sdc.audit(table, alone, rules)
    assert report.passed
    assert report.published_digest == mine.published_digest
    assert report.certificate is not None
    assert mine.certificate is not None
    assert (report.certificate.moves != mine.certificate.moves).nnz == 0


def towns(folder: Path) -> Path:
    """The small city in three towns of four areas: collapsed, merged, and protected town by town.

    Its records lie in six Parquet files in a folder.
    """
    path = smallcity.write(folder)
    shapes = gpd.read_file(folder / "areas.gpkg")
    shapes["town"] = [f"{n}丁目" for n in range(3) for _ in range(4)]
    shapes.to_file(folder / "areas.gpkg")
    records = pd.read_csv(folder / "buildings.csv", dtype={"use": str, "structure": str})
    (folder / "buildings.parquet").mkdir()
    for i in range(6):
        records[100 * i : 100 * (i + 1)].to_parquet(folder / f"buildings.parquet/part-{i}.parquet")
    rows = ["from,to,label", "411,411,", "412,412,", "402,4X,商工業", "441,4X,商工業"]
    (folder / "scheme.csv").write_text("\n".join(rows) + "\n", "utf-8")
    text = path.read_text("utf-8")
    mesh, table = text.index("[geography.mesh]"), text.index('[[tables]]\nid = "use_mesh"')
    text = text[:mesh] + text[text.index("[rules.counts]") : table] + text[text.index("[treat") :]
    for old, new in (
        ('path = "buildings.csv"', 'path = "buildings.parquet"'),
        ('name = "name"', 'name = "name"\nparent = "town"'),
        ('["merge", "suppress"]', '["collapse", "merge", "suppress"]'),
        ("[treatment.merge]", '[treatment.collapse]\nuse = "scheme.csv"\n[treatment.merge]'),
        ('within = "any"', 'within = "parent"'),
        ("budget = 0.05", 'budget = 0.05\nmethod = "districts"'),
    ):
        assert old in text
        text = text.replace(old, new)
    path.write_text(text, "utf-8")
    return path


def test_a_package_is_the_same_byte_by_byte_though_a_cluster_makes_it_and_loses_a_worker(
    tmp_path: Path, scheduler: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, mark, shared = towns(tmp_path), tmp_path / "killed", list[str]()
    monkeypatch.setattr(apart, "APART", 1)
    monkeypatch.setattr(apart, "BUNDLE", 1)

    def made(name: str, run: Any) -> dict[str, bytes]:
        monkeypatch.setattr("sdc.pipeline.run.workers", lambda _: nullcontext(run))
        result = run_release(path, out=tmp_path / name)
        assert result.safe.plan.method == "districts"
        assert result.safe.treated.merges
        assert result.safe.treated.collapses
        files = sorted(f for f in (tmp_path / name).rglob("*") if f.is_file())
        return {str(f.relative_to(tmp_path / name)): f.read_bytes() for f in files}

    def told(run: Any, work: Any, items: Any) -> Any:
        shared.append(getattr(work, "func", work).__name__)
        doomed = partial(die_once, str(mark), work) if shared[-1] == "search" else work
        return run(doomed, items)

    alone = made("alone", map)
    assert any(name.endswith("use_structure.csv") for name in alone)
    assert made("threads", threaded) == alone
    with workers(scheduler) as run:
        assert made("cluster", partial(told, run)) == alone
    assert mark.exists()
    # Counting, merging, windows and the check of witnesses have all been on the cluster.
    assert {"search", "holds", "_partition"} < set(shared)


def test_a_scheduler_that_does_not_answer_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sdc.pipeline.cluster.PATIENCE", 1)
    with pytest.raises(sdc.InputError, match="no scheduler answers"), workers("tcp://127.0.0.1:1"):
        pass
