"""Which plans does a city have, and which one is decided on?"""

from __future__ import annotations

import csv
import io
import os
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from sdc.config import Config, read_config
from sdc.errors import InputError
from sdc.messages import Text, aligned, width
from sdc.pipeline.again import require_fixed
from sdc.pipeline.history import History, history_of
from sdc.pipeline.prepare import Prepared, Tell, prepare
from sdc.pipeline.studying import study_of
from sdc.planning.choice import Budget, choose, decide, pareto
from sdc.planning.decision import Decision, read_decision, write_decision
from sdc.planning.score import Scored
from sdc.planning.search import survey
from sdc.planning.study import Earlier, Study

ALIKE = 0.05
"""Share by which a plan may lose more than the least where it changes less than the last release."""

COLUMNS = (
    "no", "plan", "safe", "nats_per_record", "at_least", "records_at_finest", "cells_at_finest",
    "codes_changed", "worst_area", "worst_area_nats", "pareto", "chosen", "why",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Planned:
    """The list, which of it was chosen, and where it lies."""

    scored: Sequence[Scored]
    chosen: Scored
    decision: Decision
    folder: Path | None
    written: Path | None

    def text(self) -> str:
        """The list for a terminal; no count among it."""
        front = {id(s) for s in pareto(self.scored)}
        rows = [["No.", str(Text("nats/record")), str(Text("finest")), str(Text("codes"))]]
        ends = [f"  {Text('plan')}"]
        for k, s in enumerate(self.scored, start=1):
            loss = f"{s.loss:.5f}" if s.safe else f"≥ {s.loss:.5f}"
            rows.append([str(k), loss, f"{s.records:.1%}", str(s.changes)])
            mark = "→" if s is self.chosen else "*" if id(s) in front else " "
            ends.append(f"{mark} {s.candidate.name}")
        room = [max(map(width, column)) for column in zip(*rows, strict=True)]
        lines = [
            "  ".join([" " * (n - width(t)) + t for t, n in zip(row, room, strict=True)] + [end])
            for row, end in zip(rows, ends, strict=True)
        ]
        lines.append(str(Text("→ chosen   * on the front   ≥ bound alone")))
        places = [(Text("list of plans"), self.folder), (Text("decision"), self.written)]
        return "\n".join([*lines, *aligned([(head, p) for head, p in places if p is not None])])


def surveyed(
    config: Config, study: Study, tell: Tell, *, heard: Callable[[Scored], None] | None = None
) -> tuple[list[Scored], Scored]:
    """Every candidate with its measure, and the one that the stated budget takes."""
    options, done = config.treatment.suppress, 0
    tell(Text("bounding what each plan loses at least"))

    def told(scored: Scored) -> None:
        nonlocal done
        done += 1
        tell(Text("plan {done}: {name}", done=done, name=scored.candidate.name))
        if heard is not None:
            heard(scored)

    scored = survey(
        study,
        most=config.plan.candidates,
        refine=config.plan.refine,
        method=options.method,
        effort=None if options.budget is None else float(options.budget),
        seed=options.seed,
        tell=told,
    )
    limit = config.plan.budget
    budget = Budget(limit.changes, None if limit.loss is None else float(limit.loss))
    return scored, choose(scored, budget, alike=ALIKE if study.earlier is not None else 0.0)


def earlier_of(config: Config) -> Earlier | None:
    """The last release's decision, where the configuration names one."""
    file = config.treatment.earlier
    return None if file is None else read_decision(_text(config.resolve(file))).earlier


def decision_of(
    config: Config,
    prepared: Prepared,
    tell: Tell,
    *,
    earlier: Earlier | None,
    history: History | None,
) -> Decision | None:
    """What was decided: nothing where the order is fixed, else the file, else the least loss.

    Raises InputError where the file that the configuration names is not there yet.
    """
    if not config.treatment.automatic:
        return None
    file = config.plan.decision
    if file is not None:
        place = config.resolve(file)
        if not place.is_file():
            raise InputError(
                Text(
                    "the decision file {file!r} is not there yet; make it with sdc plan", file=file
                ),
                code="decision-missing",
            )
        return read_decision(_text(place))
    tell(Text("comparing plans"))
    study = study_of(config, prepared, earlier=earlier, history=history)
    _, chosen = surveyed(config, study, tell)
    return decide(chosen)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(Text("cannot read the decision {name!r}", name=path.name)) from error


def run_plan(
    path: str | Path,
    *,
    choice: int | None = None,
    by: str = "",
    reason: str = "",
    tell: Tell,
) -> Planned:
    """Compare all plans of a configuration, write the list, and the decision where it is named.

    A decision that is there already is replaced only by a person's ``choice`` (the number of a plan).
    The list goes to ``<output.dir>/<release.id>.plan/`` (0700).

    Raises InputError for another order than ``auto`` and a number that is not on the list,
    NotProven where no plan is safe; then nothing is written.
    """
    config = read_config(path)
    if not config.treatment.automatic:
        raise InputError(
            Text('sdc plan needs order = "auto" in [treatment]'),
            code="order",
        )
    require_fixed(config)
    if choice is not None and config.plan.decision is None:
        raise InputError(
            Text('name the decision file in [plan], for example decision = "plan.json"'),
            code="decision",
        )
    history = history_of(config)
    prepared = prepare(config, tell, also=history.columns if history else {})
    study = study_of(config, prepared, earlier=earlier_of(config), history=history)
    scored, chosen = surveyed(config, study, tell)
    if choice is not None:
        chosen = _numbered(scored, choice)
    decision = decide(chosen, by=by, reason=reason)
    folder = config.output_dir / f"{config.release.id}.plan"
    _write_list(folder, scored, chosen, decision=decision)
    target = None if config.plan.decision is None else config.resolve(config.plan.decision)
    if target is not None and (choice is not None or not target.exists()):
        _replace(target, write_decision(decision).encode())
        return Planned(scored, chosen, decision, folder, target)
    return Planned(scored, chosen, decision, folder, None)


def _numbered(scored: Sequence[Scored], number: int) -> Scored:
    if not 1 <= number <= len(scored):
        raise InputError(Text("the plans have the numbers 1 to {count}", count=len(scored)))
    return scored[number - 1]


def rows(scored: Sequence[Scored], chosen: Scored) -> list[dict[str, str]]:
    """The list as a person reads it, one row a plan."""
    front = {id(s) for s in pareto(scored)}
    found = []
    for k, s in enumerate(scored, start=1):
        area, nats = s.measured.worst
        values = (
            str(k), s.candidate.name.to("en"), "yes" if s.safe else "no",
            f"{s.loss:.6f}" if s.safe else "", "" if s.safe else f"{s.loss:.6f}",
            f"{s.records:.4f}", f"{s.measured.cells:.4f}", str(s.changes), area,
            f"{nats:.4f}" if area else "", "yes" if id(s) in front else "no",
            "yes" if s is chosen else "no", s.why,
        )  # fmt: skip
        found.append(dict(zip(COLUMNS, values, strict=True)))
    return found


def list_text(scored: Sequence[Scored], chosen: Scored) -> str:
    """The list as CSV."""
    handle = io.StringIO()
    writer = csv.DictWriter(handle, COLUMNS)
    writer.writeheader()
    writer.writerows(rows(scored, chosen))
    return handle.getvalue()


def _write_list(
    folder: Path, scored: Sequence[Scored], chosen: Scored, *, decision: Decision
) -> None:
    """The list, its picture and the decision in a folder that replaces the last one."""
    from sdc.pipeline.planpicture import picture

    folder.parent.mkdir(parents=True, exist_ok=True)
    stage = Path(tempfile.mkdtemp(prefix=".sdc-", dir=folder.parent))
    try:
        files = {
            "plans.csv": list_text(scored, chosen).encode("utf-8-sig"),
            "plans.png": picture(scored, chosen),
            "decision.json": write_decision(decision).encode(),
        }
        for name, content in files.items():
            (stage / name).write_bytes(content)
            (stage / name).chmod(0o600)
        if folder.exists():
            shutil.rmtree(folder)
        os.replace(stage, folder)
    except BaseException:
        shutil.rmtree(stage, ignore_errors=True)
        raise


def _replace(target: Path, content: bytes) -> None:
    """Write a file in one step."""
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=".sdc-", dir=target.parent)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    os.replace(name, target)
