"""How long takes a prefecture: its municipalities, their areas and all totals as one joint system?

    python bench/prefecture.py                          # 200 municipalities x 300 areas x 18 uses
    python bench/prefecture.py --municipalities 20 --areas 30
    taskset -c 0 python bench/prefecture.py             # the same on one processor

Protected by districts at ``interval``, audited as one system with the witnesses handed over. Prints a
JSON object: sizes, wall and processor seconds of both, peak memory, whether the audit passed.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import time

import numpy as np

from sdc.disclosure.audit import audit
from sdc.model.hierarchy import Hierarchy
from sdc.model.plan import apply
from sdc.model.rules import Rules
from sdc.model.table import Table, aggregate
from sdc.sensitivity import problem
from sdc.suppression.complementary import suppress
from sdc.tables.relations import system_of


def prefecture(municipalities: int, areas: int, seed: int = 1) -> Table:
    """Skewed counts by area and use, some 40 % of them zero."""
    rng = np.random.default_rng(seed)
    parent = {"P": "", **{f"m{m:03d}": "P" for m in range(municipalities)}}
    parent |= {f"m{m:03d}{a:03d}": f"m{m:03d}" for m in range(municipalities) for a in range(areas)}
    area = Hierarchy.of("area", parent)
    use = Hierarchy.flat("use", [f"{401 + u}" for u in range(18)])
    share = 1 / np.arange(1, 19) ** 1.5
    size = rng.lognormal(4.5, 0.8, municipalities * areas)
    leaf = rng.poisson(size[:, None] * share / share.sum()).astype(np.int64)
    return Table("buildings", (area, use), aggregate(leaf, (area, use)))


def main() -> None:
    """Protect, audit, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--municipalities", type=int, default=200)
    parser.add_argument("--areas", type=int, default=300)
    chosen = parser.parse_args()
    table = prefecture(chosen.municipalities, chosen.areas)
    demands = problem(system_of([table]), Rules(min_count=3))
    wall, cpu = time.perf_counter(), time.process_time()
    plan = suppress(demands, method="districts")
    protected = time.perf_counter() - wall, time.process_time() - cpu
    wall, cpu = time.perf_counter(), time.process_time()
    report = audit(demands, apply(demands.system, plan), moves=plan.moves)
    audited = time.perf_counter() - wall, time.process_time() - cpu
    found = {
        "cells": demands.system.n,
        "primary": len(demands.primary),
        "complementary": int(plan.complementary.sum()),
        "zeros": int((table.leaf_values() == 0).sum()),
        "processors": len(os.sched_getaffinity(0)),
        "protect_s": [round(s, 1) for s in protected],
        "audit_s": [round(s, 1) for s in audited],
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "passed": report.passed,
        "log": plan.log,
    }
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
