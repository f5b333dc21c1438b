"""What was decided for this release, and what differs from the last one?"""

from __future__ import annotations

import csv
import io

from sdc.config import Config
from sdc.messages import LANGUAGES
from sdc.model.plan import Plan
from sdc.model.system import Problem
from sdc.pipeline.prepare import Prepared
from sdc.pipeline.treat import Treated
from sdc.planning.changes import changes
from sdc.planning.decision import Decision, hidden_cells
from sdc.planning.study import Candidate, Earlier

HEAD = ("kind", "where", "code", "before", "now", *(f"reason_{k}" for k in LANGUAGES))


def decided(config: Config, treated: Treated, plan: Plan, given: Decision | None) -> Decision:
    """The decision that was replayed, or the one that a fixed order amounts to."""
    if given is not None:
        return given
    merge = config.treatment.merge if "merge" in config.treatment.order else None
    return Decision(
        Candidate(0 if merge is None else merge.min_count),
        treated.merge_maps,
        treated.collapse_maps,
        hidden_cells(plan.problem.system, plan.hidden),
        groups={g.name: g.groups for g in treated.grouped},
    )


def changes_text(earlier: Earlier, now: Decision, problem: Problem, *, prepared: Prepared) -> str:
    """The stability report as CSV, one row a code or cell that is published otherwise; internal."""
    sizes: dict[str, dict[str, int]] = {}
    for coded in prepared.coded.values():
        for name, dim in coded.dims.items():
            units = coded.count([name]).tolist()
            known = sizes.setdefault(name, {})
            for i, n in zip(dim.leaves.tolist(), units, strict=True):
                known[dim.codes[i]] = known.get(dim.codes[i], 0) + n
    handle = io.StringIO()
    writer = csv.writer(handle)
    writer.writerow(HEAD)
    for c in changes(earlier, now, problem, sizes=sizes, level=now.candidate.merge):
        why = [c.why.to(k) for k in LANGUAGES]
        writer.writerow([c.kind, c.where, c.what, c.before, c.now, *why])
    return handle.getvalue()
