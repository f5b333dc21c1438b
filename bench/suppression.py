"""How dear and how fast is complementary suppression on the benchmark tables?

    python bench/suppression.py DATA [TABLE …]

DATA holds the folders ``bench/`` and ``csplib/``. Prints one row a table and setting: cost, proven lower
bound, gap, CPU seconds, peak memory, and whether the audit passed.
"""

from __future__ import annotations

import argparse
import resource
import time
from pathlib import Path

from sdc.disclosure.audit import audit
from sdc.model.plan import apply
from sdc.model.rules import Rules
from sdc.model.system import Level, Problem
from sdc.readers.jj import read_jj
from sdc.readers.tables import read_cells, read_hierarchy
from sdc.sensitivity import problem
from sdc.suppression.complementary import suppress
from sdc.tables.relations import system_of

TABLES = ("300", "3k", "3k3d", "30k3d", "300k3d")
SETTINGS = {
    "peers": Rules(min_count=4, level=Level.LINEAR, zeros="show", cost="value"),
    "default": Rules(min_count=4),
}
HEAD = "{:14} {:8} {:15} {:>14} {:>14} {:>7} {:>8} {:>7} {}"


def table_problem(folder: Path, rules: Rules) -> Problem:
    trees = {f.stem: read_hierarchy(f, f.stem) for f in folder.glob("*.csv") if f.stem != "cells"}
    (table,) = read_cells(folder / "cells.csv", hierarchies=trees)
    return problem(system_of([table]), rules)


def row(name: str, setting: str, demands: Problem, options: argparse.Namespace) -> None:
    start = time.process_time()
    plan = suppress(
        demands, method=options.method, budget=options.budget, time_limit=options.time_limit
    )
    seconds = time.process_time() - start
    report = audit(demands, apply(demands.system, plan), moves=plan.moves)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(
        HEAD.format(
            name, setting, plan.method, round(plan.cost, 2), round(plan.bound, 2),
            f"{plan.gap:.2%}", round(seconds, 1), f"{memory}M", "safe" if report.passed else "OPEN",
        ),
        flush=True,
    )  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("tables", nargs="*", default=["300", "3k"])
    parser.add_argument("--method", default="auto")
    parser.add_argument("--budget", type=float)
    parser.add_argument("--time-limit", type=float)
    options = parser.parse_args()
    print(
        HEAD.format(
            "table", "setting", "method", "cost", "bound", "gap", "cpu s", "memory", "audit"
        )
    )
    for name in options.tables:
        if name in TABLES:
            for setting, rules in SETTINGS.items():
                row(name, setting, table_problem(options.data / "bench" / name, rules), options)
        else:
            row(name, "given", read_jj(options.data / "csplib" / f"{name}.jj"), options)


if __name__ == "__main__":
    main()
