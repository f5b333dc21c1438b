"""What would the tool print for other numbers under the same configuration, and is that all it did?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sdc.config import Config
from sdc.disclosure.twins import Rerun
from sdc.errors import RulesError, SdcError
from sdc.messages import Text
from sdc.model.hierarchy import IntArray
from sdc.model.plan import apply
from sdc.model.rules import Rules
from sdc.model.system import Level, System
from sdc.sensitivity import problem
from sdc.suppression.complementary import suppress
from sdc.tables.relations import system_of


def rerun_of(system: System, rules: Rules | Mapping[str, Rules]) -> Rerun:
    """The tool, run again under the same rules on other values (n,) of the system's tables."""

    def again(value: IntArray) -> tuple[str, ...] | None:
        try:
            tables = [
                replace(b.table, value=value[b.index], contributors=None) for b in system.blocks
            ]
            other = system_of(tables)
            plan = suppress(problem(other, rules))
        except SdcError:
            return None
        return tuple(table.digest for table in apply(other, plan).tables)

    return again


def require_fixed(config: Config) -> None:
    """Refuse what is decided from the data before the tables exist, where the level is rule-aware.

    Merging, the planner and its decisions, and whatever is deleted or coarsened because few persons
    share it depend on the numbers: tables that led to the same print could have led to other areas or
    classes. A collapse by a scheme does not.

    Raises RulesError.
    """
    if not any(Level(config.rules[t.rules].protection) is Level.RULE_AWARE for t in config.tables):
        return
    document, order = config.document, config.treatment.order
    columns = [c for records in config.records.values() for c in records.columns.values()]
    moving = {
        "treatment.order": "auto" in order or "merge" in order,
        "plan.decision": document.plan.decision is not None,
        "deidentify": bool(document.deidentify),
        "records.*.columns.*.classes": any(c.classes is not None for c in columns),
    }
    found = ", ".join(key for key, used in moving.items() if used)
    if found:
        raise RulesError(
            Text(
                "at rule-aware nothing before the tables may be decided from the data: {keys}; "
                "collapse by a scheme, and merge areas in the input beforehand",
                keys=found,
            ),
            code="level",
        )
