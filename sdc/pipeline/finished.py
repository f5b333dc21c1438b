"""How are the results of protecting a finished table audited, summarised and written?"""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sdc.disclosure.twins import Rerun
from sdc.errors import DisclosureFound, InputError, NotProven
from sdc.messages import Text, aligned
from sdc.model.hierarchy import Hierarchy
from sdc.model.plan import Plan, PublishedTable
from sdc.model.release import Release
from sdc.model.report import AuditReport, Verdict
from sdc.model.states import State
from sdc.model.system import Level, Problem, System
from sdc.pipeline.engine import audit_problem, release

TEXT = {State.ZERO: "-", State.HIDDEN: "X"}


@dataclass(frozen=True)
class Outcome:
    """What a protected table is reported by: the numbers of ``summary.json``."""

    summary: Mapping[str, Any]
    folder: Path

    def text(self) -> str:
        """What was done and where it lies, for a person."""
        s = self.summary
        hidden = Text("{n:,} ({primary:,} primary, {more:,} complementary)",
                      n=s["n_primary"] + s["n_complementary"],
                      primary=s["n_primary"], more=s["n_complementary"])  # fmt: skip
        loss = Text("{cost:g}, at least {bound:g} ({gap:.1%} apart)",
                    cost=s["cost_complementary"], bound=s["lower_bound"], gap=s["gap"])  # fmt: skip
        rows: list[tuple[Text, object]] = [
            (Text("cells"), f"{s['n_cells']:,}"),
            (Text("hidden X"), hidden),
            (Text("loss of the complementary cells"), loss),
            (Text("method"), s["method"]),
            (Text("audit"), Text("passed: {level}, {n:,} primary cells proven",
                                 level=s["level"], n=s["n_primary"])),
            (Text("written to"), self.folder),
        ]  # fmt: skip
        return "\n".join(aligned(rows))


def finish(
    system: System, plan: Plan, *, ground: str, rerun: Rerun | None = None
) -> tuple[Release, AuditReport]:
    """Audit a plan and open the door for it.

    Raises DisclosureFound or NotProven; then nothing may be written.
    """
    report = audit_problem(plan.problem, plan, rerun=rerun)
    refuse_unproven(system, report)
    return release(system, plan, report, ground=ground), report


def refuse_unproven(system: System, report: AuditReport) -> None:
    """Raise what the report's verdict demands; return where it passes."""
    if report.passed:
        return
    primary = report.verdict
    bad = len(report.revelations) + int((primary == Verdict.UNSAFE).sum())
    if bad:
        names = ", ".join(system.name_of(r.cell) for r in report.revelations[:3])
        raise DisclosureFound(
            Text(
                "the audit found {bad} cells that follow from what would be shown: {names}",
                bad=bad,
                names=names,
            ),
        )
    open_cells = int((primary == Verdict.UNKNOWN).sum())
    raise NotProven(
        Text(
            "the safety of {open_cells} cells could not be proven; nothing is published",
            open_cells=open_cells,
        ),
    )


def summary_of(plan: Plan, report: AuditReport, *, seconds: float) -> dict[str, Any]:
    """The contract's ``summary.json``."""
    return {
        "n_cells": int(plan.problem.system.shown.sum()),
        "n_primary": len(plan.problem.to_hide),
        "n_complementary": int(plan.complementary.sum()),
        "cost_complementary": round(plan.cost, 9),
        "lower_bound": round(plan.bound, 9),
        "gap": round(plan.gap, 9),
        "seconds": round(seconds, 3),
        "level": str(report.level),
        "proven": report.passed,
        "reproducible": plan.reproducible,
        "method": plan.method,
        "because": plan.because,
        "n_unprinted": len(plan.problem.primary) - len(plan.problem.to_hide),
        "n_zero_hidden": int((plan.hidden & (plan.problem.system.value == 0)).sum()),
    }


def write_protected(
    system: System,
    plan: Plan,
    out: Path,
    *,
    ground: str,
    started: float,
    rerun: Rerun | None = None,
) -> Outcome:
    """Audit, then write ``table.csv`` and the internal folder; nothing is left by a failure.

    Raises DisclosureFound or NotProven, and InputError where ``out`` exists already.
    """
    opened, report = finish(system, plan, ground=ground, rerun=rerun)
    summary = summary_of(plan, report, seconds=time.perf_counter() - started)
    with staged(out) as folder:
        for i, table in enumerate(opened.tables):
            name = "table.csv" if i == 0 else f"table_{table.name}.csv"
            (folder / name).write_text(table_text(table), encoding="utf-8", newline="")
        internal = folder / "internal"
        internal.mkdir(mode=0o700)
        files = {
            "protection.csv": protection_text(plan),
            "audit.json": json.dumps(
                audit_json(plan.problem, report), ensure_ascii=False, indent=1
            ),
            "summary.json": json.dumps(summary, ensure_ascii=False, indent=1),
        }
        for name, text in files.items():
            (internal / name).write_text(text + "\n" * (not text.endswith("\n")), encoding="utf-8")
            (internal / name).chmod(0o600)
    return Outcome(summary, out)


@contextmanager
def staged(out: Path) -> Iterator[Path]:
    """A temporary sibling of ``out`` that takes its name when all is written, or vanishes."""
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise InputError(
            Text(
                "the output folder {name!r} exists already; choose another one or remove it",
                name=out.name,
            ),
            code="output-exists",
        )
    out.parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=".sdc-", dir=out.parent))
    try:
        yield folder
        folder.chmod(0o755)
        if out.exists():
            out.rmdir()
        os.replace(folder, out)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def table_text(table: PublishedTable) -> str:
    """One row a cell, in code order; a number, ``X`` or ``-``.

    >>> from sdc.model.hierarchy import Hierarchy
    >>> sex = Hierarchy.flat("sex", ["f", "m"])
    >>> t = PublishedTable("t", (sex,), np.array([7, 0, 0]), np.array([0, 2, 1]), "r", "count", "", 1)
    >>> table_text(t)
    'sex,value\\r\\nTOTAL,7\\r\\nf,X\\r\\nm,-\\r\\n'
    """
    handle = io.StringIO()
    writer = csv.writer(handle)
    writer.writerow([*(d.name for d in table.dims), "value"])
    writer.writerows(
        (*codes, TEXT.get(State(int(state)), str(int(value))))
        for codes, value, state in zip(
            _codes(table.dims), table.value.ravel(), table.state.ravel(), strict=True
        )
    )
    return handle.getvalue()


def _codes(dims: Sequence[Hierarchy]) -> Iterator[tuple[str, ...]]:
    """The codes of every cell in C order."""
    grids = np.meshgrid(*[np.array(d.codes, dtype=object) for d in dims], indexing="ij")
    return zip(*[g.ravel() for g in grids], strict=True)


def protection_text(plan: Plan) -> str:
    """Every cell with its status and the reason; internal.

    A place that its area counts in a group is ``grouped`` where no rule hides it.
    """
    problem = plan.problem
    primary = np.zeros(problem.system.n, dtype=bool)
    primary[problem.primary] = True
    handle = io.StringIO()
    writer = csv.writer(handle)
    for block in problem.system.blocks:
        writer.writerow(["table", *(d.name for d in block.table.dims), "status", "reason"])
        table, shown = block.table, problem.system.shown
        for codes, cell in zip(_codes(table.dims), block.index.ravel(), strict=True):
            if table.within and not shown[cell]:
                continue
            status = (
                "primary"
                if primary[cell]
                else "complementary"
                if plan.hidden[cell]
                else "published"
                if shown[cell]
                else "grouped"
            )
            reason = {"primary": "rule", "complementary": plan.method}.get(status, "")
            writer.writerow([table.within or table.name, *codes, status, reason])
    return handle.getvalue()


def audit_json(problem: Problem, report: AuditReport) -> dict[str, Any]:
    """The audit's findings for the internal folder; ``taken`` names what earlier releases have taken
    from the owners of units, so that it is not promised to them.
    """
    system = problem.system
    name = {c: system.name_of(c) for c in np.unique(problem.left[:, :2]).tolist()}
    return {
        "level": str(report.level),
        "passed": report.passed,
        "complete": report.complete,
        "checks": list(report.checks),
        "ledger_head": report.ledger_head,
        "published_digest": report.published_digest,
        "problem_digest": report.problem_digest,
        "n_primary": len(report.verdict),
        "n_safe": int((report.verdict == Verdict.SAFE).sum()),
        "holds_against_rerun": report.passed and report.level is Level.RULE_AWARE,
        "promise": "not a safety guarantee" if report.level is Level.LINEAR else str(report.level),
        "revelations": [
            {
                "cell": system.name_of(r.cell),
                "equation": [[system.name_of(c), k] for c, k in r.equation],
            }
            for r in report.revelations
        ],
        "taken": [{"cell": name[c], "owner_in": name[q]} for c, q, *_ in problem.left.tolist()],
    }
