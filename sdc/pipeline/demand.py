"""Which tables does a configuration ask for, and what must hold for them beside earlier releases?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sdc.config import Config
from sdc.errors import RulesError
from sdc.messages import Text
from sdc.model.past import PastRelease
from sdc.model.rules import Rules
from sdc.model.system import Level, Problem
from sdc.pipeline.history import History, joint_of
from sdc.pipeline.prepare import Prepared, Tell
from sdc.pipeline.treat import Treated
from sdc.sensitivity import problem as demands_of
from sdc.tables.grouping import with_groups
from sdc.tables.relations import system_of
from sdc.tables.tabulate import tabulate


def make_problem(
    config: Config, stage: tuple[Prepared, Treated], history: History | None, tell: Tell
) -> Problem:
    """All tables of the configuration, and what was published before, as one problem."""
    treated = stage[1]
    tell(Text("tabulating"))
    tables = [
        tabulate(treated.coded[t.records], t.dimensions, measure=t.measure, name=t.id)
        for t in config.tables
    ]
    rules = table_rules(config)
    if history is not None and history.earlier:
        tell(Text("joining earlier releases"))
        _require_no_less(rules, history.earlier)
        joint = joint_of(config, history, tables, stage)
        system = with_groups(joint.system, treated.coded, treated.grouped)
        return demands_of(system, rules, prior=joint.prior.over(system.n))
    system = system_of(tables, crossings=treated.crossings, coded=treated.coded)
    return demands_of(with_groups(system, treated.coded, treated.grouped), rules)


def table_rules(config: Config) -> dict[str, Any]:
    """The rules of every table by its id."""
    return {t.id: config.rules[t.rules].to_rules() for t in config.tables}


def _require_no_less(rules: Mapping[str, Rules], earlier: Iterable[PastRelease]) -> None:
    """What was promised of an X of then is promised again, so no less may be promised now.

    Nothing can keep ``rule-aware`` beside another release; of it ``interval`` remains.
    """
    strength = {Level.LINEAR: 0, Level.INTEGER: 1, Level.INTERVAL: 2, Level.RULE_AWARE: 2}
    now = min(strength[r.level] for r in rules.values())
    for e in earlier:
        if e.remembered or not any((t.upper >= 0).any() for t in e.tables):
            continue
        wanted = ""
        if strength[e.level] > now:
            wanted = f'protection = "{min(e.level, Level.INTERVAL, key=strength.__getitem__)}"'
        if e.owners and not any(r.owners for r in rules.values()):
            wanted = wanted or "owners = true"
        if wanted:
            raise RulesError(
                Text(
                    "the earlier release {label} promised more than these rules; write {wanted}",
                    label=e.label, wanted=wanted,
                ),
                code="ledger-level",
            )  # fmt: skip
