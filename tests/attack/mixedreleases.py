"""Is what ``sdc release`` makes of everything at once safe, and does the audit see what a stranger sees?

``mixedcity`` draws what is published, ``mixedpromises`` judges the packages; this is the only one of them
that calls the tool.
"""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from mixedcity import Scenario, Step, scenario
from mixedpromises import Case
from randomcity import Outcome

from sdc.disclosure.audit import audit
from sdc.errors import SdcError
from sdc.model.plan import apply
from sdc.pipeline.external import add_external
from sdc.pipeline.run import Result, run_release

IMPOSSIBLE = ("infeasible", "not-proven")
"""Refusals that say that no pattern does; others say what to change."""


def released(case: Scenario, step: Step, folder: Path) -> Result:
    """One release, after what everybody knows of its records was entered into the ledger."""
    path = step.write(folder)
    if step.known:
        columns = sorted({n for codes, _, _ in step.known for n in codes})
        rows = [",".join([*columns, "least", "most"])]
        for codes, low, high in step.known:
            rows.append(",".join([*(codes.get(n, "") for n in columns), str(low), str(high)]))
        file = folder / "known.csv"
        file.write_text("\n".join(rows) + "\n", encoding="utf-8")
        add_external(path, file, tell=lambda _: None)
    return run_release(path)


def attacked(seed: int, folder: Path, *, planted: int = 1) -> Outcome:
    """Make and attack the releases of one seed; then print up to ``planted`` X of the last one.

    Where the stranger tells something of the release with one X less, the audit must refuse it. Of a
    refusal the stranger says whether there was need, where no area is merged and no class collapsed.
    """
    case, out = scenario(seed), Outcome(seed)
    case.write(folder)
    done: list[Step] = []
    result = None
    started = time.process_time()
    for step in case.steps:
        try:
            result = released(case, step, folder)
        except SdcError as refusal:
            out.refused = refusal.code
            break
        done.append(step)
    made = time.process_time()
    if done:
        read = Case.read(case, folder, done)
        out.told, out.tally = list(read.told()), read.tally
    if out.refused in IMPOSSIBLE:
        step = case.steps[len(done)]
        plain = not (step.merge or step.grouped or step.scheme)
        if plain and not next(Case.unpublished(case, folder, done, step).told(), None):
            out.refused += " without need"
    elif result is not None:
        _plant(out, read, result, planted)
    out.spent = made - started, time.process_time() - made
    return out


def _plant(out: Outcome, read: Case, result: Result, most: int) -> None:
    """Print X that are no primary ones, one at a time; what the stranger tells the audit must see."""
    plan, system = result.safe.plan, result.safe.plan.problem.system
    needed = np.zeros(system.n, dtype=bool)
    needed[plan.problem.primary] = True
    groups = np.setdiff1d(system.group[plan.hidden], system.group[needed & system.shown])
    chosen = np.random.default_rng([out.seed, 2]).permutation(groups)[:most]
    for group in chosen.tolist():
        open_ = plan.hidden & (system.group == group)
        cells = set()
        for block in system.blocks:
            for flat in np.flatnonzero(open_[block.index.ravel()]).tolist():
                codes = tuple(block.table.codes_of(flat).values())
                cells.add((block.table.within or block.table.name, codes))
        if not next(read.printing(cells).told(), None):
            continue
        out.planted += 1
        less = replace(plan, hidden=plan.hidden & ~open_, moves=None)
        if audit(less.problem, apply(system, less)).passed:
            out.unseen.append(f"{sorted(cells)} printed")
