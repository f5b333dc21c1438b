"""How are tables protected, audited and turned into a release, in three calls?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from sdc.disclosure.audit import audit as run_audit
from sdc.disclosure.twins import Rerun
from sdc.errors import InputError, NotProven
from sdc.messages import Text
from sdc.model.plan import Plan, apply
from sdc.model.release import Release, ReleaseInfo
from sdc.model.report import AuditReport
from sdc.model.rules import Rules
from sdc.model.sharing import Runner, threaded
from sdc.model.system import BoolArray, Problem, System
from sdc.model.table import Table
from sdc.pipeline.again import rerun_of
from sdc.sensitivity import problem as demands_of
from sdc.suppression.complementary import suppress
from sdc.tables.relations import system_of

Target = Table | System | Sequence[Table]


def protect(
    target: Target,
    rules: Rules | Mapping[str, Rules],
    *,
    method: str = "auto",
    budget: float | None = None,
    time_limit: float | None = None,
    seed: int = 0,
    previous: BoolArray | None = None,
    run: Runner = threaded,
) -> Plan:
    """Decide which cells of a table, of several, or of a system become X, at the least loss.

    ``budget`` scales the search effort (1 by default), ``time_limit`` in seconds is an emergency stop,
    ``previous`` (n,) an earlier pattern to keep where it can be kept. ``run`` is a ``map`` that works
    on the districts of a large table: the threads of this process, or those of a cluster
    (``sdc.pipeline.cluster.workers``); the answer is the same.

    Raises RulesError for rules that do not fit, Infeasible where nothing protects some cell.

    >>> import numpy as np
    >>> from sdc.model.hierarchy import Hierarchy
    >>> from sdc.model.table import aggregate
    >>> dims = (Hierarchy.flat("area", ["a", "b"]), Hierarchy.flat("use", ["p", "q", "r"]))
    >>> t = Table("t", dims, aggregate(np.array([[1, 4, 9], [7, 2, 9]]), dims))
    >>> plan = protect(t, Rules(min_count=3))
    >>> audit(t, plan, Rules(min_count=3)).passed
    True
    """
    demands = demands_of(as_system(target), rules)
    return suppress(
        demands,
        method=method,
        budget=budget,
        time_limit=time_limit,
        seed=seed,
        previous=previous,
        run=run,
    )


def audit(
    target: Target, plan: Plan, rules: Rules | Mapping[str, Rules], *, run: Runner = threaded
) -> AuditReport:
    """Attack what a plan would publish; the demands are derived from the rules anew.

    ``run`` is a ``map`` that shares out the check of witnesses, as in ``protect``.

    Raises NotProven where the plan was made for other tables or other rules.
    """
    system = as_system(target)
    demands = demands_of(system, rules)
    return audit_problem(demands, plan, run=run, rerun=rerun_of(system, rules))


def audit_problem(
    demands: Problem, plan: Plan, *, run: Runner = threaded, rerun: Rerun | None = None
) -> AuditReport:
    """The audit for demands that are already at hand; at ``rule-aware`` it needs ``rerun``."""
    if plan.problem.digest != demands.digest:
        raise NotProven(Text("the plan was made for other tables or rules"))
    return run_audit(demands, apply(demands.system, plan), moves=plan.moves, run=run, rerun=rerun)


def release(
    target: Target,
    plan: Plan,
    report: AuditReport,
    *,
    ground: str = "",
    info: ReleaseInfo | None = None,
) -> Release:
    """What may be published, once the report proves it.

    ``ground`` names the ordinance on which hiding rests and is required, here or in ``info``.

    Raises InputError without a ground, NotProven or DisclosureFound where the report does not pass.
    """
    system = as_system(target)
    words = info or _plain_info(system, ground)
    if not words.ground:
        raise InputError(
            Text("a release needs its legal ground"),
            code="ground",
        )
    return Release(words, apply(system, plan), report)


def _plain_info(system: System, ground: str) -> ReleaseInfo:
    """Words for tables that come without a configuration."""
    name = system.blocks[0].table.name if system.blocks else "table"
    day = date(1970, 1, 1)
    return ReleaseInfo(
        id=name, title=name, municipality="", municipality_name="", survey_date=day,
        release_date=day, serial=1, licence="", source="", section="", ground=ground,
        formats=("images", "csv"),
    )  # fmt: skip


def as_system(target: Target) -> System:
    """A system of one table, of several, or the system itself."""
    if isinstance(target, System):
        return target
    tables = [target] if isinstance(target, Table) else list(target)
    return system_of(tables)
