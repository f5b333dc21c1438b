"""How long takes a prefecture, protected and proven: municipalities, areas and all totals as one system?

    python bench/protect.py                         # 20, 60 and 200 municipalities x 300 areas x 18 uses
    python bench/protect.py --workers 2             # on a cluster of two processes of its own
    taskset -c 0 python bench/protect.py            # on one processor
    python bench/protect.py --owners                # the promise to owners of units as well
    python bench/protect.py --smoke

Protected by districts at ``interval`` for readers alone, audited as one system with the witnesses handed
over. Without ``--workers`` the threads of one process work.
"""

from __future__ import annotations

import argparse
import os
import time
from contextlib import ExitStack
from typing import Any

import numpy as np
from measure import AFTER, Work, main

from sdc.disclosure.audit import audit
from sdc.model.hierarchy import Hierarchy
from sdc.model.plan import apply
from sdc.model.rules import Rules
from sdc.model.sharing import Runner, threaded
from sdc.model.table import Table, aggregate
from sdc.sensitivity import problem
from sdc.suppression.complementary import suppress
from sdc.tables.relations import system_of


def prefecture(municipalities: int, areas: int, seed: int = 1) -> Table:
    """Skewed counts by area and use, some 27 % of them zero."""
    rng = np.random.default_rng(seed)
    parent = {"P": "", **{f"m{m:03d}": "P" for m in range(municipalities)}}
    parent |= {f"m{m:03d}{a:03d}": f"m{m:03d}" for m in range(municipalities) for a in range(areas)}
    area = Hierarchy.of("area", parent)
    use = Hierarchy.flat("use", [f"{401 + u}" for u in range(18)])
    share = 1 / np.arange(1, 19) ** 1.5
    size = rng.lognormal(4.5, 0.8, municipalities * areas)
    leaf = rng.poisson(size[:, None] * share / share.sum()).astype(np.int64)
    return Table("buildings", (area, use), aggregate(leaf, (area, use)))


def cluster(workers: int, stack: ExitStack) -> Runner:
    """The ``map`` of some processes of our own, ready and with the searches loaded."""
    from distributed import LocalCluster

    from sdc.pipeline.cluster import workers as joined

    made = stack.enter_context(
        LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=None)
    )
    return stack.enter_context(joined(made.scheduler_address))


def prepare(municipalities: int, options: list[str]) -> Work:
    """The demands of a prefecture, and who works on them."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--areas", type=int, default=300)
    parser.add_argument("--workers", type=int, default=0)
    parser.add_argument("--owners", action="store_true")
    chosen = parser.parse_args(options)
    stack = ExitStack()
    run = cluster(chosen.workers, stack) if chosen.workers else threaded
    rules = Rules(min_count=3, owners=chosen.owners)
    small = problem(system_of([prefecture(4, 20)]), rules)
    suppress(small, method="districts", run=run)  # compiled code is loaded before the clock starts
    demands = problem(system_of([prefecture(municipalities, chosen.areas)]), rules)

    def work() -> dict[str, Any]:
        start, used = time.perf_counter(), time.process_time()
        plan = suppress(demands, method="districts", run=run)
        protected, half = time.perf_counter(), time.process_time()
        report = audit(demands, apply(demands.system, plan), moves=plan.moves, run=run)
        audited, end = time.perf_counter(), time.process_time()
        return {
            "unknowns": demands.system.n,
            "primary": len(demands.primary),
            "complementary": int(plan.complementary.sum()),
            "passed": report.passed,
            "protect_wall_s": round(protected - start, 2),
            "protect_cpu_s": round(half - used, 2),
            "audit_wall_s": round(audited - protected, 2),
            "audit_cpu_s": round(end - half, 2),
            AFTER: lambda: closed(stack),
        }

    return work


def closed(stack: ExitStack) -> dict[str, Any]:
    """Processor seconds of the workers, which are known once they have ended."""
    before = os.times()
    stack.close()
    after = os.times()
    spent = after.children_user + after.children_system
    return {"workers_cpu_s": round(spent - before.children_user - before.children_system, 2)}


if __name__ == "__main__":
    main("protect", "municipalities", prepare, sizes=(20, 60, 200), smoke=(3,))
