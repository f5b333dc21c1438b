"""How long does the audit take? Prints one JSON object a task, with what it found.

    python bench/audit.py [--data FOLDER] [--tasks NAME,NAME] [--cache FOLDER]

``FOLDER`` holds the benchmark tables (30k3d, 300k3d; default: ``$SDC_REAL_DATA/bench``). The
irredundant pattern is made by the engine that ``auto`` chooses, at budget 0, and kept with its witnesses
in the ``cache``, if one is given; the redundant one adds whole cubes of hidden cells to it. This is for
readers alone; the task ``owners`` promises it to the owner of any unit as well, and its large table is
that of 30,000 cells as ten towns of one prefecture. Times are wall and processor seconds.

Tasks: recovery, 30k, 300k (protection takes some 180 processor seconds), owners (200), geographies.
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
from sdc.disclosure.certificate import verify_certificate
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


def demands(folder: Path, *, owners: bool = False) -> Problem:
    return demands_of(system_of([read_table(folder)]), Rules(min_count=4, owners=owners))


def protected(problem: Problem, cache: Path | None) -> tuple[np.ndarray, sp.csr_matrix]:
    """The pattern of the default engine at budget 0 and the witnesses that it hands over."""
    path = None if cache is None else cache / f"{problem.digest[:16]}.npz"
    if path is None or not path.exists():
        from sdc.suppression.complementary import suppress

        plan = suppress(problem, budget=0.0)
        assert plan.moves is not None
        moves = sp.csr_matrix(plan.moves)
        if path is None:
            return plan.hidden.copy(), moves
        path.parent.mkdir(parents=True, exist_ok=True)
        np.savez(path, hidden=plan.hidden, data=moves.data, indices=moves.indices,
                 indptr=moves.indptr)  # fmt: skip
    with np.load(path) as kept:
        part = (kept["data"], kept["indices"], kept["indptr"])
        return kept["hidden"], sp.csr_matrix(part, shape=(len(part[2]) - 1, problem.system.n))


def prefecture(
    town: Problem, made: tuple[np.ndarray, sp.csr_matrix], towns: int
) -> tuple[Problem, np.ndarray, sp.csr_matrix]:
    """The same town some times below one total, each with its pattern and witnesses."""
    block = town.system.blocks[0]
    table, area = block.table, block.table.dims[0]
    above = zip(area.codes, area.parents.tolist(), strict=True)
    parent = {c: area.codes[p] if p >= 0 else None for c, p in above}
    codes = {
        f"t{t}{c}": "P" if p is None else f"t{t}{p}"
        for t in range(towns)
        for c, p in parent.items()
    }
    dims = (Hierarchy.of(area.name, {"P": "", **codes}), *table.dims[1:])
    leaf = np.zeros([len(d.leaves) for d in dims], dtype=np.int64)
    of_leaf = {dims[0].codes[i]: k for k, i in enumerate(dims[0].leaves)}
    for t in range(towns):
        leaf[[of_leaf[f"t{t}{area.codes[i]}"] for i in area.leaves]] = table.leaf_values()
    system = system_of([Table("prefecture", dims, aggregate(leaf, dims))])
    problem = demands_of(system, Rules(min_count=4, owners=True))
    place, hidden, rows = system.blocks[0].index, np.zeros(system.n, dtype=bool), []
    for t in range(towns):
        of = np.zeros(town.system.n, dtype=np.int64)
        of[block.index] = place[[dims[0].position(f"t{t}{c}") for c in area.codes]]
        top = block.index[area.root].ravel()
        row = np.concatenate([np.arange(town.system.n), top])
        column = np.concatenate([of, place[dims[0].root].ravel()])
        into = sp.csr_matrix((np.ones(len(row), np.int64), (row, column)),
                             shape=(town.system.n, system.n))  # fmt: skip
        rows.append(made[1] @ into)
        hidden[into[np.flatnonzero(made[0])].indices] = True
    return problem, hidden, sp.csr_matrix(sp.vstack(rows), dtype=np.int64)


def with_cubes(problem: Problem, hidden: np.ndarray, number: int) -> np.ndarray:
    """Further X as a crude swap adds them: cubes of innermost cells, and the sums that move with them.

    Two codes of each dimension span a cube; of random ones those count in which the four corners that
    give something hold something.
    """
    rng = np.random.default_rng(0)
    block = problem.system.blocks[0]
    out, dims, value = hidden.copy(), block.table.dims, block.table.value
    odd = np.indices([2] * len(dims)).sum(axis=0) % 2 == 1
    while number:
        pairs = [rng.choice(d.leaves, size=2, replace=False).tolist() for d in dims]
        if (value[np.ix_(*pairs)][odd] > 0).all():
            moved = [_below_meeting(d, pair) for d, pair in zip(dims, pairs, strict=True)]
            out[block.index[np.ix_(*moved)].ravel()] = True
            number -= 1
    return out & problem.eligible


def _below_meeting(dim: Hierarchy, pair: list[int]) -> list[int]:
    """Two codes and all that sums up one of them, but not both."""
    lines = []
    for code in pair:
        line = [code]
        while dim.parents[line[-1]] >= 0:
            line.append(int(dim.parents[line[-1]]))
        lines.append(set(line))
    return sorted(lines[0] ^ lines[1])


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
    return demands_of(system, Rules(min_count=min_count, owners=False))


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


def thirty(folder: Path, cache: Path | None) -> None:
    problem = demands(folder / "30k3d")
    hidden, moves = protected(problem, cache)
    redundant = with_cubes(problem, hidden, 600)
    Clock("30,000 cells, irredundant, no certificate").say(lambda: said(problem, hidden))
    Clock("30,000 cells, redundant, no certificate").say(lambda: said(problem, redundant))
    checked("30,000 cells", problem, (hidden, moves))


def three_hundred(folder: Path, cache: Path | None) -> None:
    problem = demands(folder / "300k3d")
    checked("300,000 cells", problem, protected(problem, cache))


def with_owners(folder: Path, cache: Path | None) -> None:
    town = demands(folder / "30k3d", owners=True)
    made = protected(town, cache)
    checked("30,000 cells, owners", town, made)
    problem, hidden, moves = prefecture(town, made, 10)
    checked(f"{problem.system.n:,} cells in ten towns, owners", problem, (hidden, moves))


def checked(name: str, problem: Problem, made: tuple[np.ndarray, sp.csr_matrix]) -> None:
    """What protection handed over, checked; then written down as a witness file."""
    hidden, moves = made
    Clock(f"{name}, witnesses handed over").say(lambda: said(problem, hidden, moves))
    report = audit(problem, apply(problem.system, Plan(problem, hidden, "bench")), moves=moves)
    Clock(f"{name}, witness file").say(lambda: f"{len(evidence(problem, report)):,} bytes")
    witness, files = evidence(problem, report), as_files(problem, hidden)
    Clock(f"{name}, files against witness file").say(
        lambda: f"{verify_certificate(files, witness, min_count=4).promises:,} promises hold"
    )


def as_files(problem: Problem, hidden: np.ndarray) -> dict[str, bytes]:
    """The one table of a problem and its code lists, as a package holds them."""
    block = problem.system.blocks[0]
    dims, value = block.table.dims, block.table.value
    lines = [",".join([*(d.name for d in dims), "value", "status"])]
    for at in np.ndindex(value.shape):
        codes = [d.codes[i] for d, i in zip(dims, at, strict=True)]
        n = "X" if hidden[block.index[at]] else str(value[at]) if value[at] else "-"
        lines.append(",".join([*codes, n, n if n in "X-" else "A"]))
    files = {f"data/{block.table.name}.csv": "\n".join(lines).encode()}
    for d in dims:
        up = zip(d.codes, d.parents.tolist(), strict=True)
        rows = [f"{c},{d.codes[p] if p >= 0 else ''}" for c, p in up]
        files[f"data/codelist_{d.name}.csv"] = "\n".join(["code,parent", *rows]).encode()
    return files


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
    parser.add_argument("--cache", type=Path)
    options = parser.parse_args()
    tasks = {
        "recovery": lambda: recovery(options.data),
        "30k": lambda: thirty(options.data, options.cache),
        "300k": lambda: three_hundred(options.data, options.cache),
        "owners": lambda: with_owners(options.data, options.cache),
        "geographies": geographies,
    }
    # The first calls compile; a small table takes that out of the figures.
    said(demands(options.data / "300"), demands(options.data / "300").eligible)
    for name in options.tasks.split(","):
        tasks[name]()


if __name__ == "__main__":
    main()
