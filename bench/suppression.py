"""How dear and how fast is complementary suppression on the benchmark tables?

    python bench/suppression.py DATA [TABLE …] [--setting NAME] [--json FILE]

DATA holds the folders ``bench/`` and ``csplib/``. Prints one row a table and setting: complementary
cells, cost, proven lower bound, gap, CPU seconds, peak memory, what the audit says, how many primary
cells a stranger recovers (``attack.py``, which shares no code with the tool), and beside them the cost
and the CPU seconds of the best peer whose answer is complete and safe. Every row has a process of its
own; after each, ``--json`` holds all rows so far.
"""

from __future__ import annotations

import argparse
import json
import resource
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import attack
import numpy as np

from sdc.disclosure.audit import audit
from sdc.model.hierarchy import Hierarchy
from sdc.model.plan import apply
from sdc.model.rules import Rules
from sdc.model.system import Level, Problem
from sdc.model.table import Table, aggregate
from sdc.readers.jj import read_jj
from sdc.readers.tables import read_cells, read_hierarchy
from sdc.sensitivity import problem
from sdc.suppression.complementary import suppress
from sdc.tables.relations import system_of

TABLES = ("300", "3k", "3k3d", "30k2d", "30k3d", "300k3d")
CSPLIB = ("targus", "table8", "osorio", "table1", "cbs", "table7", "toy3dsarah", "hier13")
PEERS = {
    ("300", "peers"): ("τ-ARGUS optimal", 388, 0.8),
    ("3k", "peers"): ("τ-ARGUS optimal", 3_104, 12.7),
    ("3k", "peers-count"): ("τ-ARGUS optimal", 199, 12.7),
    ("3k3d", "peers"): ("GaussSuppression", 5_978, 4.6),
    ("30k3d", "peers"): ("GaussSuppression", 49_838, 211),
    ("300k3d", "peers"): ("none", "-", "> 2856"),
    ("targus", "given"): ("τ-ARGUS optimal", 2_033_155, 0.05),
    ("table1", "given"): ("τ-ARGUS optimal", 62_063_842, 3.4),
    ("table7", "given"): ("τ-ARGUS optimal", 3_906_958, 101),
    ("table8", "given"): ("τ-ARGUS optimal", 103, 0.3),
    ("osorio", "given"): ("τ-ARGUS optimal", 13, "?"),
    ("cbs", "given"): ("τ-ARGUS optimal", 403, "?"),
    ("hier13", "given"): ("none", "-", "> 180"),
}
"""Table and setting -> the best complete and safe answer of a peer, its cost, its CPU seconds; on 3k by
count the number of cells of the optimum by value."""
FLAT_AREAS = 1_200
"""Area codes of the two-dimensional table that is cut out of 300k3d."""


def peers(cost: str) -> Rules:
    """What the peers' figures stand for: zeros printed, no cell recovered by adding up."""
    return Rules(min_count=4, level=Level.LINEAR, zeros="show", cost=cost)


SETTINGS = {
    "peers": peers("value"),
    "peers-count": peers("count"),
    "default": Rules(min_count=4),
    "readers": Rules(min_count=4, owners=False),
    **{
        f"{who}-{count}-{zeros}-{cost}": Rules(
            min_count=count, zeros=zeros, cost=cost, owners=who == "owners"
        )
        for who in ("readers", "owners")
        for count in (4, 10)
        for zeros in ("hide", "show")
        for cost in ("log", "value")
    },
}
MAIN = ("peers", "peers-count", "readers", "default")
COLUMNS = (
    ("table", 11), ("setting", 22), ("method", 15), ("primary", 8), ("complementary", 14), ("cost", 14),
    ("bound", 14), ("gap", 7), ("cpu_s", 8), ("memory_mb", 10), ("audit", 6), ("recovered", 9),
    ("peer", 17), ("peer_cost", 10), ("peer_cpu_s", 10),
)  # fmt: skip


@dataclass(frozen=True)
class Row:
    """One table under one setting ("given" for CSPLIB) and how it is to be solved."""

    data: Path
    table: str
    setting: str
    method: str
    budget: float | None
    time_limit: float | None


def tables(data: Path, name: str) -> list[Table]:
    """A benchmark table; ``30k2d`` is 300k3d without structures, up to ``FLAT_AREAS`` area codes."""
    folder = data / "bench" / ("300k3d" if name == "30k2d" else name)
    trees = {f.stem: read_hierarchy(f, f.stem) for f in folder.glob("*.csv") if f.stem != "cells"}
    found = read_cells(folder / "cells.csv", hierarchies=trees)
    return [flat(found[0])] if name == "30k2d" else list(found)


def flat(table: Table) -> Table:
    """The area × use margin of a table, cut after some districts."""
    area, use = (next(d for d in table.dims if d.name == n) for n in ("area", "use"))
    axes = [table.dims.index(d) for d in (area, use)]
    others = [i for i in range(len(table.dims)) if i not in axes]
    roots = tuple(table.dims[i].root for i in others)
    full = np.moveaxis(table.value, [*others, *axes], range(len(table.dims)))[roots]
    parent = {area.codes[area.root]: ""}
    for district in np.flatnonzero(np.asarray(area.parents) == area.root).tolist():
        if len(parent) >= FLAT_AREAS:
            break
        below = [district]
        for place in below:
            parent[area.codes[place]] = area.codes[area.parents[place]]
            below += np.flatnonzero(np.asarray(area.parents) == place).tolist()
    cut = Hierarchy.of("area", parent)
    rows = [area.position(cut.codes[i]) for i in cut.leaves]
    full = full[np.ix_(rows, use.leaves)]
    return Table("flat", (cut, use), aggregate(full, [cut, use]))


def solved(row: Row) -> dict[str, Any]:
    """Protect, audit and attack one table; runs in a process of its own."""
    if row.setting == "given":
        found, demands = [], read_jj(row.data / "csplib" / f"{row.table}.jj")
    else:
        found = tables(row.data, row.table)
        demands = problem(system_of(found), SETTINGS[row.setting])
    start = time.process_time()
    plan = suppress(demands, method=row.method, budget=row.budget, time_limit=row.time_limit)
    seconds = time.process_time() - start
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    report = audit(demands, apply(demands.system, plan), moves=plan.moves)
    extra = plan.hidden.copy()
    extra[demands.primary] = False
    peer = PEERS.get((row.table, row.setting), ("-", "-", "-"))
    return {
        "table": row.table, "setting": row.setting, "method": plan.method,
        "primary": len(demands.to_hide), "complementary": int(extra.sum()), "cost": round(plan.cost, 3),
        "bound": round(plan.bound, 3), "gap": round(plan.gap, 5), "cpu_s": round(seconds, 1),
        "memory_mb": memory, "audit": "safe" if report.passed else "OPEN",
        "recovered": attacked(demands, found, plan.hidden),
        **dict(zip(("peer", "peer_cost", "peer_cpu_s"), peer, strict=True)),
    }  # fmt: skip


def attacked(demands: Problem, found: list[Table], hidden: np.ndarray) -> int:
    """Primary cells that a stranger recovers by adding and subtracting, though they ask for more."""
    primary = np.zeros(demands.system.n, dtype=bool)
    value = demands.system.value[demands.primary]
    asks = (demands.upper > value) | (demands.lower < value) | (demands.slide > 0)
    primary[demands.primary[asks | (demands.level is Level.LINEAR)]] = True
    if not found:
        return attack.recovered(demands.system.relations, hidden, primary)
    (block,) = demands.system.blocks
    parents = [[int(p) for p in dim.parents] for dim in found[0].dims]
    return attack.recovered_in_table(parents, hidden[block.index], primary[block.index])


def rows(options: argparse.Namespace) -> Iterator[Row]:
    """The rows asked for; without names all of the benchmark, the cheap ones first."""
    rest = (options.method, options.budget, options.time_limit)
    for name in options.tables or [*TABLES[:2], *CSPLIB, *TABLES[2:]]:
        if name in CSPLIB or name not in TABLES:
            settings = ["given"]
        elif options.setting:
            settings = [options.setting]
        else:
            settings = [s for s in SETTINGS if s in MAIN or name == "300"]
        for setting in settings:
            if setting == "peers-count" and name != "3k" and not options.setting:
                continue
            yield Row(options.data, name, setting, *rest)


def shown(values: dict[str, Any]) -> str:
    """One line of the table."""
    return " ".join(f"{values[name]!s:>{width}}" for name, width in COLUMNS)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("tables", nargs="*")
    parser.add_argument("--setting", choices=sorted(SETTINGS))
    parser.add_argument("--method", default="auto")
    parser.add_argument("--budget", type=float)
    parser.add_argument("--time-limit", type=float)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    print(shown({name: name for name, _ in COLUMNS}), flush=True)
    done = []
    with ProcessPoolExecutor(1, mp_context=get_context("spawn"), max_tasks_per_child=1) as pool:
        for row in rows(options):
            done.append(pool.submit(solved, row).result())
            print(shown(done[-1]), flush=True)
            if options.json:
                options.json.write_text(json.dumps(done, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
