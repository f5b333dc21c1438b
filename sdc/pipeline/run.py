"""What does ``sdc release`` do, from the configuration to the package?"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sdc.config import Config, read_config
from sdc.disclosure.audit import audit as run_audit
from sdc.errors import NotProven, RulesError
from sdc.messages import LANGUAGES, Text, aligned
from sdc.model.plan import Plan, Published, apply
from sdc.model.release import Release
from sdc.model.report import AuditReport
from sdc.model.sharing import Runner, threaded
from sdc.model.system import Problem, System
from sdc.pipeline.again import require_fixed, rerun_of
from sdc.pipeline.approving import logged, note, require_agreement
from sdc.pipeline.cluster import Progress, workers
from sdc.pipeline.demand import make_problem, table_rules
from sdc.pipeline.exits import entry_lines, evidence_of, exit_files, require_decisions
from sdc.pipeline.finished import audit_json, protection_text, refuse_unproven, summary_of
from sdc.pipeline.history import History, body_of, history_of
from sdc.pipeline.keeping import cuttings, refuse_other_cutting
from sdc.pipeline.plan import decision_of, earlier_of
from sdc.pipeline.prepare import Prepared, SetAside, Tell, prepare
from sdc.pipeline.proof import stage_checker, witness_files
from sdc.pipeline.publication import (
    Keys,
    audit_figures,
    figures_of,
    keys_of,
    release_of,
    taken_lines,
    timestamp_lines,
)
from sdc.pipeline.stability import changes_text, decided
from sdc.pipeline.studying import study_of
from sdc.pipeline.treat import Treated, treat
from sdc.planning.decision import Decision, hidden_mask, write_decision
from sdc.planning.study import Earlier
from sdc.publishing.package import publish
from sdc.publishing.results import results_json
from sdc.suppression.complementary import suppress
from sdc.suppression.replay import replay


def silent(text: Text) -> None:
    """Tell nobody."""


@dataclass(frozen=True, eq=False)
class Safe:
    """Everything that is decided about a release before a byte is written."""

    config: Config
    prepared: Prepared
    treated: Treated
    system: System
    plan: Plan
    published: Published
    report: AuditReport
    decision: Decision
    earlier: Earlier | None
    seconds: float
    history: History | None = None


@dataclass(frozen=True, eq=False)
class Result:
    """What a run says on the terminal; no hidden number among it."""

    safe: Safe
    path: Path | None
    unchanged: bool
    notes: tuple[tuple[Text, Text], ...] = ()

    def text(self) -> str:
        """Where the package is and what was done."""
        safe = self.safe
        summary = summary_of(safe.plan, safe.report, seconds=safe.seconds)
        primary, more = summary["n_primary"], summary["n_complementary"]
        where: object = Text("nothing written (--dry-run)") if self.path is None else self.path
        if self.unchanged:
            where = Text("{where} (unchanged)", where=where)
        hidden = Text("{n:,} ({primary:,} primary, {more:,} complementary)",
                      n=primary + more, primary=primary, more=more)  # fmt: skip
        passed = Text("passed: {level}, {n:,} primary cells proven",
                      level=safe.report.level, n=len(safe.report.verdict))  # fmt: skip
        rows: list[tuple[Text, object]] = [
            (Text("package"), where),
            (Text("cells"), f"{summary['n_cells']:,}"),
            (Text("hidden X"), hidden),
            (Text("areas merged"), f"{len(safe.treated.merges):,}"),
            (Text("classes collapsed"), safe.treated.collapsed),
            (Text("method"), safe.plan.method),
            (Text("audit"), passed),
        ]
        rows += taken_lines(safe.plan.problem)
        rows += [(Text("outside"), _outside(a)) for a in safe.prepared.aside]
        return "\n".join(aligned([*rows, *entry_lines(safe.prepared), *self.notes]))


def _outside(aside: SetAside) -> Text:
    """How many records lie nowhere, and why."""
    return Text("{name}: {n:,} records ({why})",
                name=aside.records, n=len(aside.rows), why=aside.reason)  # fmt: skip


def run_release(
    path: str | Path,
    *,
    out: Path | None = None,
    dry_run: bool = False,
    scheduler: str | None = None,
    tell: Tell = silent,
) -> Result:
    """From a configuration to a package, or to an error and nothing.

    ``out`` replaces the configured output folder, ``scheduler`` the configured cluster. ``dry_run``
    stops after the audit.

    Raises InputError, NotProven, DisclosureFound; then nothing has been written.
    """
    config = read_config(path)
    if config.without_ground:
        names = ", ".join(config.without_ground)
        raise RulesError(
            Text("a release needs its legal ground: rules.{names}.ground", names=names),
            code="ground",
        )
    keys = Keys() if dry_run else keys_of(config)
    progress = Progress(tell)
    with logged(config, "release", progress.stage, quiet=dry_run) as told:
        refuse_other_cutting(config)
        with workers(scheduler or config.scheduler) as run:
            safe = make_safe(config, tell=told, run=progress.over(run))
        if dry_run:
            return Result(safe, None, False)
        require_agreement(config, safe.report, candidate_facts(safe))
        told(Text("writing the package"))
        return _write(safe, keys, out if out is not None else config.output_dir)


def _write(safe: Safe, keys: Keys, out: Path) -> Result:
    """The package of a release that may appear; the log knows of it before it does."""
    config = safe.config
    release = open_door(safe)
    internal = internal_files(safe) | checker_file(config, release)
    history, body = (
        safe.history,
        body_of(config, (safe.prepared, safe.treated), (safe.plan.problem, safe.published)),
    )

    def sealed(digest: str) -> None:
        if history is not None:
            history.seal(digest, body)
        facts = {"package": digest, "cuttings": cuttings(config), "entry": safe.prepared.entry}
        note(config, "published", facts)

    written = publish(
        release,
        out,
        internal=internal,
        stage_check=stage_checker(release, internal),
        signer=keys.signer,
        certify=keys.certify,
        on_sealed=sealed,
        archive=config.output.zip,
    )
    if history is not None:
        history.finish(written.digest, body)
    notes = (keys.line(), *timestamp_lines(config, written.path))
    return Result(safe, written.path, written.unchanged, notes)


def candidate_facts(safe: Safe) -> dict[str, Any]:
    """What people see of a release before they agree; sums only, kept in the private log."""
    summary = summary_of(safe.plan, safe.report, seconds=0.0)
    keys = ("n_cells", "n_primary", "n_complementary", "level", "proven")
    return {"tables": [t.id for t in safe.config.tables], **{k: str(summary[k]) for k in keys}}


def check_inputs(path: str | Path, *, tell: Tell = silent) -> str:
    """Inputs and rules only; raises InputError with every problem, or says what was read."""
    config = read_config(path)
    require_fixed(config)
    history, earlier = history_of(config), earlier_of(config)
    prepared = prepare(config, tell, also=history.columns if history else {})
    if config.treatment.automatic:
        study_of(config, prepared, earlier=earlier, history=history)
    else:
        treated = treat(config, prepared, tell, earlier=earlier)
        make_problem(config, (prepared, treated), history, tell)
    lines = [
        Text("{name}: {n:,} records read", name=name, n=n) for name, n in prepared.read.items()
    ]
    lines += [_outside(a) for a in prepared.aside]
    rest = [*aligned(entry_lines(prepared)), Text("no problem found")]
    return "\n".join(map(str, [*lines, *rest]))


def make_safe(config: Config, *, tell: Tell = silent, run: Runner = threaded) -> Safe:
    """Read, treat, protect and audit; raises unless the audit passes."""
    started = time.perf_counter()
    require_fixed(config)
    earlier, history = earlier_of(config), history_of(config)
    prepared = prepare(config, tell, run=run, also=history.columns if history else {})
    require_decisions(config, evidence_of(config, prepared))
    decision = decision_of(config, prepared, tell, earlier=earlier, history=history)
    treated = treat(config, prepared, tell, decision=decision, earlier=earlier, run=run)
    demands = make_problem(config, (prepared, treated), history, tell)
    system = demands.system
    tell(Text("suppressing"))
    plan = make_plan(config, demands, decision, earlier=earlier, run=run)
    published = apply(system, plan)
    tell(Text("auditing"))
    rerun = rerun_of(system, table_rules(config))
    report = run_audit(demands, published, moves=plan.moves, run=run, rerun=rerun)
    refuse_unproven(system, report)
    figures = figures_of(config, treated.places, published.tables)
    report = audit_figures(report, system, published, figures)
    if history is not None:
        report = history.stamp(report)
    return Safe(
        config, prepared, treated, system, plan, published, report,
        decided(config, treated, plan, decision), earlier, time.perf_counter() - started, history,
    )  # fmt: skip


def make_plan(
    config: Config,
    demands: Problem,
    decision: Decision | None,
    *,
    earlier: Earlier | None,
    run: Runner = threaded,
) -> Plan:
    """The cells that become X: those decided on, else the least loss that the budget finds."""
    if decision is not None:
        mask, strange = hidden_mask(demands.system, decision.hidden)
        if strange:
            raise NotProven(
                Text(
                    "the decision names a cell that is not there: {names}",
                    names=" ".join(strange[0]),
                ),
                code="decision",
            )
        return replay(demands, mask)
    options = config.treatment.suppress
    return suppress(
        demands,
        method=options.method,
        budget=None if options.budget is None else float(options.budget),
        time_limit=None if options.time_limit is None else float(options.time_limit),
        seed=options.seed,
        previous=None if earlier is None else hidden_mask(demands.system, earlier.hidden)[0],
        run=run,
    )


def open_door(safe: Safe) -> Release:
    """The release of a configuration; possible only because the report passed."""
    return release_of(safe.config, safe.treated, safe.published, safe.report)


def checker_file(config: Config, release: Release) -> dict[str, bytes]:
    """``results.json`` for output checkers, where the configuration asks for it."""
    return {"results.json": results_json(release)} if config.output.results else {}


def internal_files(safe: Safe) -> dict[str, bytes]:
    """What the city keeps: the audit, the reasons, the witnesses, the records set aside."""
    texts: dict[str, Any] = {
        "audit.json": audit_json(safe.plan.problem, safe.report),
        "summary.json": summary_of(safe.plan, safe.report, seconds=0.0),
        "configuration.json": {"sha256": safe.config.sha256},
    }
    files = {
        name: (json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()
        for name, value in texts.items()
    }
    files["protection.csv"] = protection_text(safe.plan).encode("utf-8-sig")
    files["log.txt"] = "".join(f"{line}\n" for line in (*safe.treated.log, *safe.plan.log)).encode()
    files["decision.json"] = write_decision(safe.decision).encode()
    if safe.earlier is not None:
        text = changes_text(safe.earlier, safe.decision, safe.plan.problem, prepared=safe.prepared)
        files["changes.csv"] = text.encode("utf-8-sig")
    files["outside.csv"] = outside_text(safe.prepared.aside).encode("utf-8-sig")
    files |= exit_files(safe.config, safe.prepared)
    return {**files, **witness_files(safe.plan.problem, safe.report)}


def outside_text(aside: tuple[SetAside, ...]) -> str:
    """Rows of the records that lie in none of the places."""
    lines = ["records,row,reason_ja,reason_en"]
    for a in aside:
        words = ",".join(a.reason.to(language) for language in LANGUAGES)
        lines += [f"{a.records},{row},{words}" for row in a.rows]
    return "\r\n".join(lines) + "\r\n"
