"""The benchmarks run, at sizes that say nothing about speed, and what they compare agrees."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
from randomcity import attacked

from sdc.model.hierarchy import Hierarchy
from sdc.model.rules import Rules
from sdc.model.table import Table, aggregate
from sdc.sensitivity import problem as demands_of
from sdc.tables.relations import system_of

BENCH = Path(__file__).parents[1] / "bench"


def run(driver: str, *options: object) -> dict[str, Any]:
    command = [sys.executable, str(BENCH / f"{driver}.py"), *map(str, options)]
    made = subprocess.run(command, capture_output=True, text=True, check=True)
    return dict(json.loads(made.stdout))


def test_counting_agrees_with_a_rival() -> None:
    # Random points hit no line of the mesh, so plain arithmetic is right on them.
    found = run("tabulate", "--smoke", "--ways", "sdc", "pandas", "jismesh")["runs"]
    assert [r["way"] for r in found] == ["sdc", "pandas", "jismesh"]
    assert found[0]["cells"] == found[1]["cells"] == found[2]["cells"] > 10_000


def test_a_driver_measures_every_size_in_a_process_of_its_own() -> None:
    found = run("mesh", "--sizes", 2_000, 4_000, 8_000)
    assert [r["size"] for r in found["runs"]] == [2_000, 4_000, 8_000]
    assert all(r["doubles_wrong"] == r["8_decimals_wrong"] == 0 for r in found["runs"])
    assert all(r["peak_mb"] > 0 <= r["cpu_s"] for r in found["runs"])


def test_points_are_found_where_geopandas_finds_them() -> None:
    found = run("locate", "--one", 50, "--points", 5_000)
    assert found["differ"] == 0


def test_a_small_prefecture_is_proven() -> None:
    assert run("protect", "--one", 3, "--areas", 20)["passed"]


@pytest.mark.parametrize("driver", ["map", "package"])
def test_what_comes_after_the_audit_is_written(driver: str) -> None:
    assert run(driver, "--one", 6)["bytes"] > 10_000


def test_a_whole_run_is_cut_into_its_stages() -> None:
    found = run("pipeline", "--smoke")
    stages = [s["stage"] for s in found["stages"]]
    assert stages[0] == "setting up"
    assert {"suppressing", "auditing", "writing the package"} <= set(stages)
    assert found["bytes"] > 10_000


def test_a_town_may_stand_ten_times_in_a_prefecture(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(BENCH))
    import audit  # type: ignore[import-not-found]

    area = Hierarchy.flat("area", [f"a{i}" for i in range(5)])
    use = Hierarchy.flat("use", [f"u{i}" for i in range(4)])
    leaf = np.random.default_rng(0).poisson(4.0, (5, 4))
    table = Table("town", (area, use), aggregate(leaf, (area, use)))
    town = demands_of(system_of([table]), Rules(min_count=4, owners=True))
    problem, hidden, moves = audit.prefecture(town, audit.protected(town, None), 3)
    # Five areas, a town and four uses with their sum, three times, and the prefecture: 5 x (3 x 6 + 1).
    assert (problem.system.n, len(problem.primary)) == (95, 3 * len(town.primary))
    assert "complete=True passed=True" in audit.said(problem, hidden, moves)


def test_exponents_are_slopes_of_logarithms(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(BENCH))
    from measure import growth  # type: ignore[import-not-found]

    # Ten times the size costs a hundred times the time: slope 2. Memory below 4 MB says nothing.
    costs = [(1, 0.1, 1), (10, 10.0, 3), (100, 1000.0, 3)]
    runs = [{"size": s, "cpu_s": c, "added_mb": m, "way": "x"} for s, c, m in costs]
    assert growth(runs) == {"cpu_s": 2.0}
    assert growth(runs[:2]) == {}


def test_the_benchmarks_stranger_recovers_what_follows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(BENCH))
    from attack import recovered, recovered_in_table  # type: ignore[import-not-found]

    # 5 = x + y, x = u. Alone y follows; x is held by the printed u and takes y with it; all three are
    # free together.
    sums = sp.csr_matrix([[-1, 1, 1, 0], [0, 1, 0, -1]])
    every = np.ones(4, dtype=bool)
    assert recovered(sums, np.array([False, False, True, False]), every) == 1
    assert recovered(sums, np.array([False, True, True, False]), every) == 2
    assert recovered(sums, np.array([False, True, True, True]), every) == 0
    # Rows a, b under T and columns p, q under T: a rectangle of four stays open, three of it do not.
    marks = np.zeros((3, 3), dtype=bool)
    marks[1:, 1:] = True
    parents = [[-1, 0, 0], [-1, 0, 0]]
    assert recovered_in_table(parents, marks, marks) == 0
    marks[1, 1] = False
    assert recovered_in_table(parents, marks, marks) == 3


def test_a_run_over_random_tables_goes_on_where_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(BENCH))
    from random_tables import read, run, summary  # type: ignore[import-not-found]

    file = tmp_path / "figures.jsonl"
    run(file, range(80, 82), attacked, planted=1, owners=True)
    first, second = file.read_text(encoding="utf-8").splitlines()
    # Killed in the middle of the second line: that seed is done again, the first is not.
    file.write_text(f"{first}\n{second[:20]}", encoding="utf-8")
    run(file, range(80, 82), attacked, planted=1, owners=True)
    lines = read(file)
    assert [line["seed"] for line in lines] == [80, 81]
    assert file.read_text(encoding="utf-8").splitlines()[0] == first
    assert summary(lines)[0] == "tables 2: released 2, refused none"


def test_suppression_is_measured_beside_the_peers(real_data: Path, tmp_path: Path) -> None:
    rows = tmp_path / "rows.json"
    command = [sys.executable, str(BENCH / "suppression.py"), str(real_data), "targus"]
    subprocess.run([*command, "--json", str(rows)], capture_output=True, check=True)
    (row,) = json.loads(rows.read_text(encoding="utf-8"))
    # The optimum that τ-ARGUS proves.
    assert row["cost"] == row["bound"] == row["peer_cost"] == 2_033_155
    assert (row["audit"], row["recovered"]) == ("safe", 0)
    assert row["cpu_s"] > 0 < row["memory_mb"]
