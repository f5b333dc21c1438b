"""How is a table protected that a city already has, or a problem in the field's exchange format?"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sdc.errors import RulesError
from sdc.messages import Text
from sdc.model.past import Prior
from sdc.model.plan import Plan
from sdc.model.rules import COSTS, Rules
from sdc.model.sharing import Runner
from sdc.model.system import Problem, System, level_of
from sdc.pipeline.again import rerun_of
from sdc.pipeline.cluster import Progress, workers
from sdc.pipeline.engine import audit_problem
from sdc.pipeline.finished import (
    Outcome,
    audit_json,
    refuse_unproven,
    staged,
    summary_of,
    write_protected,
)
from sdc.publishing.symbols import safe_code
from sdc.readers.beforehand import bounds_of, places, read_known, require_true
from sdc.readers.jj import pattern_text, read_jj
from sdc.readers.tables import read_cells, read_hierarchy
from sdc.sensitivity import problem as demands_of
from sdc.suppression.complementary import suppress
from sdc.tables.relations import system_of


@dataclass(frozen=True)
class Options:
    """What ``sdc protect`` was asked for; see ``Rules`` and ``suppress`` for the words."""

    hierarchies: Mapping[str, Path] = field(default_factory=dict)
    min_count: int | None = None
    zeros: str = "hide"
    owners: bool = True
    known: Path | None = None
    protection: str = "interval"
    cost: str = "log"
    measures: tuple[str, ...] = ()
    p_percent: float | None = None
    method: str = "auto"
    budget: float | None = None
    time_limit: float | None = None
    seed: int = 0
    ground: str = ""
    scheduler: str | None = None


def silent(text: Text) -> None:
    """Tell nobody."""


def protect_file(
    path: Path, out: Path, options: Options, tell: Callable[[Text], None] = silent
) -> Outcome:
    """Protect the table, or the JJ problem, in a file and write the result to a new folder.

    Raises InputError, Infeasible, NotProven, DisclosureFound; then nothing is written.
    """
    started = time.perf_counter()
    progress = Progress(tell, now=Text("suppressing"))
    with workers(options.scheduler) as run:
        shared = progress.over(run)
        if path.suffix.lower() == ".jj":
            if options.known is not None:
                raise RulesError(
                    Text("a JJ problem holds its bounds itself: leave out --known"), code="usage"
                )
            return _protect_jj(path, out, options, started=started, run=shared)
        rules = _rules(options)
        demands = _read(path, options, rules)
        plan = _suppress(demands, options, shared)
    ground = options.ground or "sdc protect"
    rerun = rerun_of(demands.system, rules)
    return write_protected(demands.system, plan, out, ground=ground, started=started, rerun=rerun)


def _suppress(demands: Problem, options: Options, run: Runner) -> Plan:
    return suppress(
        demands,
        method=options.method,
        budget=options.budget,
        time_limit=options.time_limit,
        seed=options.seed,
        run=run,
    )


def _rules(options: Options) -> Rules:
    """The rules asked for; there is no default threshold."""
    if options.min_count is None:
        raise RulesError(
            Text("give --min-count: values from 1 to below it are hidden"),
        )
    return Rules(
        min_count=options.min_count,
        ground=options.ground,
        zeros=options.zeros,
        owners=options.owners,
        level=level_of(options.protection),
        p_percent=options.p_percent,
        cost=options.cost,
    )


def _read(path: Path, options: Options, rules: Rules) -> Problem:
    """The demands on a file's count table and on the measures that are printed beside it."""
    trees = {name: read_hierarchy(file, name) for name, file in options.hierarchies.items()}
    priced = [options.cost] if options.cost not in COSTS else []
    names = list(dict.fromkeys([*options.measures, *priced]))
    count, *measures = read_cells(path, hierarchies=trees, measures=names)
    for dim in count.dims:  # before hours of work
        for code in (dim.name, *dim.codes):
            safe_code(code, dim.name)
    printed = [m for m in measures if m.measure in options.measures]
    system = system_of([count, *printed])
    prior = None if options.known is None else _prior(options.known, system)
    return demands_of(system, rules, priced=measures, prior=prior)


def _prior(path: Path, system: System) -> Prior:
    """What a file says that everybody knows of the count table."""
    known, block = read_known(path), system.blocks[0]
    cells = block.index.ravel()[places(known, block.table.dims)]
    require_true(known, system.value[cells])
    return Prior.bounded(system.n, bounds_of(known, cells))


def _protect_jj(path: Path, out: Path, options: Options, *, started: float, run: Runner) -> Outcome:
    """``pattern.csv`` (id, status u, x or s) and the internal folder; weights are the file's."""
    demands = read_jj(path)
    plan = _suppress(demands, options, run)
    report = audit_problem(demands, plan)
    refuse_unproven(demands.system, report)
    summary = summary_of(plan, report, seconds=time.perf_counter() - started)
    with staged(out) as folder:
        (folder / "pattern.csv").write_text(pattern_text(plan), encoding="utf-8", newline="")
        internal = folder / "internal"
        internal.mkdir(mode=0o700)
        for name, value in (
            ("audit.json", audit_json(demands, report)),
            ("summary.json", summary),
        ):
            (internal / name).write_text(json.dumps(value, indent=1) + "\n", encoding="utf-8")
            (internal / name).chmod(0o600)
    return Outcome(summary, out)
