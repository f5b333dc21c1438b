"""How long does the audit take? Prints one JSON object a task, with what it found.

    python bench/audit.py [--data FOLDER] [--tasks NAME,NAME] [--pattern FILE.npy]

``FOLDER`` holds the benchmark tables (30k3d, 300k3d; default: ``$SDC_REAL_DATA/bench``). The
irredundant pattern is made by the engine that ``auto`` chooses, at budget 0, or read from FILE; the
redundant one adds whole cubes of hidden cells to it. Times are wall and processor seconds.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import scipy.sparse as sp
from scipy.spatial import cKDTree

from sdc.disclosure.audit import audit
from sdc.disclosure.elimination import determined
from sdc.disclosure.evidence import evidence
from sdc.model.coded import Coded, Crossing
from sdc.model.hierarchy import Hierarchy
from sdc.model.plan import Plan, apply
from sdc.model.rules import Rules
from sdc.model.system import Problem
from sdc.model.table import Table, aggregate
from sdc.sensitivity import problem as demands_of
from sdc.tables.relations import system_of


def read_table(folder: Path) -> Table:
    with (folder / "cells.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    width = rows[0].index("value")
    dims = []
    for name in rows[0][:width]:
        with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            dims.append(Hierarchy.of(name, {r["code"]: r["parent"] for r in csv.DictReader(file)}))
    leaf = np.zeros([len(d.leaves) for d in dims], dtype=np.int64)
    place = [{d.codes[i]: k for k, i in enumerate(d.leaves)} for d in dims]
    for row in rows[1:]:
        leaf[tuple(p[c] for p, c in zip(place, row, strict=False))] = int(row[width])
    return Table(folder.name, tuple(dims), aggregate(leaf, dims))


def demands(folder: Path, min_count: int = 4) -> Problem:
    return demands_of(system_of([read_table(folder)]), Rules(min_count=min_count))


def with_cubes(problem: Problem, hidden: np.ndarray, number: int) -> np.ndarray:
    """Further cubes of hidden siblings, each of which can move by itself."""
    rng = np.random.default_rng(0)
    block = problem.system.blocks[0]
    out, dims, value = hidden.copy(), block.table.dims, block.table.value
    while number:
        place = []
        for d in dims:
            inner = d.inner[rng.integers(len(d.inner))]
            place.append(rng.choice(d.children(int(inner)), size=2, replace=False))
        cube = np.ix_(*place)
        if (value[cube] >= 1).all():
            out[block.index[cube].ravel()] = True
            number -= 1
    return out & problem.eligible


def two_geographies(records: int, areas: int, side: int, min_count: int) -> Problem:
    """Clustered points counted by Voronoi areas and by a square mesh; atoms are their overlaps."""
    rng = np.random.default_rng(1)
    centre = rng.random((max(20, areas // 20), 2))[rng.integers(0, max(20, areas // 20), records)]
    points = (centre + rng.normal(0, 0.03, (records, 2))) % 1.0
    cell = (points * side).astype(np.int64)
    mesh = cell[:, 0] * side + cell[:, 1]
    area = cKDTree(rng.random((areas, 2))).query(points)[1].astype(np.int64)
    dims = {
        "areas": Hierarchy.flat("areas", [f"a{i:06}" for i in range(areas)]),
        "mesh": Hierarchy.flat("mesh", [f"m{i:06}" for i in range(side * side)]),
    }
    leaf = {"areas": area, "mesh": mesh}
    tables = []
    for name, dim in dims.items():
        count = np.bincount(leaf[name], minlength=len(dim.leaves)).astype(np.int64)
        tables.append(Table(name, (dim,), aggregate(count, [dim]), records="points"))
    pairs = np.unique(np.stack([area, mesh], axis=1), axis=0)
    crossing = Crossing(("areas", "mesh"), pairs)
    coded = {"points": Coded("points", dims, leaf)}
    system = system_of(tables, crossings=[crossing], coded=coded)
    return demands_of(system, Rules(min_count=min_count))


@dataclass(frozen=True)
class Clock:
    """Prints what a task took."""

    name: str

    def say(self, work: Callable[[], str]) -> None:
        wall, cpu = time.perf_counter(), time.process_time()
        found = work()
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        line = {"stage": "audit", "task": self.name, "wall_s": round(wall, 2),
                "cpu_s": round(cpu, 2), "found": found}  # fmt: skip
        print(json.dumps(line), flush=True)


def said(problem: Problem, hidden: np.ndarray, moves: sp.csr_matrix | None = None) -> str:
    report = audit(problem, apply(problem.system, Plan(problem, hidden, "bench")), moves=moves)
    size = report.certificate.moves.shape[0] if report.certificate is not None else 0
    return (
        f"complete={report.complete} passed={report.passed} safe={int((report.verdict == 0).sum())}"
        f"/{len(report.verdict)} witnesses={size}"
    )


def irredundant(problem: Problem, path: Path | None) -> np.ndarray:
    if path is not None:
        return np.asarray(np.load(path))
    from sdc.suppression.complementary import suppress

    return suppress(problem, budget=0.0).hidden.copy()


def recovery(folder: Path) -> None:
    problem = demands(folder / "300k3d")
    value = problem.system.value
    for share, free in (
        ("values 1-8 hidden", (value > 0) & (value <= 8)),
        ("60 % hidden", np.random.default_rng(0).random(len(value)) < 0.6),
    ):
        Clock(f"exact recovery, 300,000 cells, {share}").say(
            lambda free=free: f"{int(determined(problem.system.relations, free).sum())} follow"
        )


def thirty(folder: Path, pattern: Path | None) -> None:
    problem = demands(folder / "30k3d")
    hidden = irredundant(problem, pattern)
    redundant = with_cubes(problem, hidden, 600)
    Clock("30,000 cells, irredundant, no certificate").say(lambda: said(problem, hidden))
    Clock("30,000 cells, redundant, no certificate").say(lambda: said(problem, redundant))
    published = apply(problem.system, Plan(problem, hidden, "bench"))
    report = audit(problem, published)
    assert report.certificate is not None
    moves = report.certificate.moves
    Clock("30,000 cells, certificate check").say(lambda: said(problem, hidden, moves))
    Clock("30,000 cells, witness file").say(lambda: f"{len(evidence(problem, report)):,} bytes")


def three_hundred(folder: Path, pattern: Path | None) -> None:
    problem = demands(folder / "300k3d")
    hidden = irredundant(problem, pattern)
    published = apply(problem.system, Plan(problem, hidden, "bench"))
    holder = []
    Clock("300,000 cells, no certificate").say(
        lambda: holder.append(audit(problem, published)) or f"passed={holder[0].passed}"
    )
    moves = holder[0].certificate.moves
    Clock("300,000 cells, certificate check").say(lambda: said(problem, hidden, moves))


def geographies() -> None:
    for records, areas, side in ((120_000, 2_000, 45), (600_000, 10_000, 100)):
        problem = two_geographies(records, areas, side, 10)
        hidden = np.zeros(problem.system.n, dtype=bool)
        hidden[problem.to_hide] = True
        atoms = int((~problem.system.shown).sum())
        Clock(f"two geographies, {atoms:,} atoms").say(lambda p=problem, h=hidden: said(p, h))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    real = Path(os.environ.get("SDC_REAL_DATA", "."))
    parser.add_argument("--data", type=Path, default=real / "bench")
    parser.add_argument("--tasks", default="recovery,30k,geographies")
    parser.add_argument("--pattern", type=Path)
    options = parser.parse_args()
    tasks = {
        "recovery": lambda: recovery(options.data),
        "30k": lambda: thirty(options.data, options.pattern),
        "300k": lambda: three_hundred(options.data, options.pattern),
        "geographies": geographies,
    }
    # The first calls compile; a small table takes that out of the figures.
    said(demands(options.data / "300"), demands(options.data / "300").eligible)
    for name in options.tasks.split(","):
        tasks[name]()


if __name__ == "__main__":
    main()
