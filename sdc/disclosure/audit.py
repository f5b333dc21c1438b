"""Is what would be published safe at the level promised, and what proves it?"""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import scipy.sparse as sp

from sdc.disclosure.agreement import require_agreement
from sdc.disclosure.demands import pack
from sdc.disclosure.elimination import determined, equations
from sdc.disclosure.proof import Proof, prove
from sdc.disclosure.seats import Seats, rows_of
from sdc.disclosure.twins import Rerun, with_twins
from sdc.disclosure.witness import free_cells
from sdc.disclosure.work import Work
from sdc.model.hierarchy import IntArray
from sdc.model.plan import Published
from sdc.model.report import AuditReport, Certificate, Revelation, Verdict
from sdc.model.sharing import Runner
from sdc.model.system import BoolArray, Level, Problem

EXPLAINED = 100
"""How many revelations come with the equation that reveals them."""


def audit(
    problem: Problem,
    published: Published,
    *,
    moves: sp.csr_matrix | None = None,
    budget: int | None = None,
    seconds: float | None = None,
    seed: int = 0,
    run: Runner = map,
    rerun: Rerun | None = None,
) -> AuditReport:
    """Attack a publication with everything that is in the problem, and say what was established.

    ``linear``: no primary cell follows by elimination. Above it, every primary cell has a second
    whole-number table (``integer``) or tables that reach as far as the problem demands
    (``interval``), and no hidden cell at all is left with one possible value. SAFE rests on tables
    checked by integer addition; UNSAFE on an equation, a bound, or an infeasible program over a whole
    component; everything else is UNKNOWN, and then the report is not complete.

    The same is asked for each single hidden innermost cell that somebody knows from inside
    (``problem.own``): the owner of a unit that is counted there, the contributors to a measure. Of a
    primary cell that contains it they are promised nothing below what they know, and of any nothing
    that earlier releases have taken from them (``problem.left``). Cells of several
    tables in which one unit stands are not combined, nor are owners in several cells.

    ``moves`` (w, n) are witnesses offered by the maker; they are checked like all others, so that a
    wrong one costs time and nothing else; ``run`` is a ``map`` that shares out this check. ``budget``
    limits the solver calls, ``seconds`` is an emergency stop; both leave cells UNKNOWN. ``rule-aware``
    is audited at ``interval`` first; then the offered moves must lead to twins that reach as far, and
    ``rerun`` runs the tool on them again (see ``twins``). Without it no such audit is complete.

    Raises NotProven where the publication is not one of the problem's system.
    """
    started = time.perf_counter()
    require_agreement(problem, published)
    hidden = published.hidden
    if problem.level is Level.LINEAR:
        report = _linear(problem, published)
    else:
        work = Work(budget, seconds)
        proof = prove(problem, hidden, moves, work=work, seed=seed, run=run)
        report = _judge(problem, published, proof)
        if problem.level is Level.RULE_AWARE:
            report = with_twins(report, problem, published, moves, rerun)
    return replace(report, seconds=time.perf_counter() - started)


def _linear(problem: Problem, published: Published) -> AuditReport:
    """The weakest promise: no primary cell is a combination of published numbers."""
    system, hidden, primary = problem.system, published.hidden, problem.primary
    follows = determined(system.relations, free_cells(problem, hidden))
    bad = follows[primary] | (system.shown & ~hidden)[primary]
    value = system.value[primary]
    return AuditReport(
        level=problem.level,
        verdict=np.where(bad, Verdict.UNSAFE, Verdict.SAFE).astype(np.int64),
        lower=value,
        upper=value,
        problem_digest=problem.digest,
        published_digest=published.digest,
        complete=True,
        checks=("agreement", "elimination modulo 2^61-1 and 2^31-1"),
        revelations=_standing(problem, hidden, primary[bad]),
    )


def _judge(problem: Problem, published: Published, proof: Proof) -> AuditReport:
    """Turn what was proven into verdicts; shown primary cells are revealed by themselves."""
    system, hidden, primary = problem.system, published.hidden, problem.primary
    shown = (system.shown & ~hidden)[primary]
    verdict = np.where(proof.met, Verdict.SAFE, Verdict.UNKNOWN)
    verdict[proof.barred | proof.narrowed | shown] = Verdict.UNSAFE
    checks = ["agreement", "witnesses checked by integer addition"]
    if problem.own is not None:
        bad = int(proof.narrowed.sum())
        checks.append(f"owners of units: {bad} primary cells narrowed")
        if len(problem.left):
            checks.append(f"promises to owners that end earlier: {len(problem.left)}")
    complete = not proof.open
    certificate = pack(proof.demands, proof.moves, proof.reach, scale=proof.scale)
    certificate = _for_owners(problem, hidden, certificate, proof)
    value = system.value[primary]
    return AuditReport(
        level=problem.level,
        verdict=verdict.astype(np.int64),
        lower=value + _towards_zero(proof.reach.down[primary], proof.scale),
        upper=value + _towards_zero(proof.reach.up[primary], proof.scale),
        problem_digest=problem.digest,
        published_digest=published.digest,
        complete=complete and not (verdict == Verdict.UNKNOWN).any(),
        checks=tuple(checks),
        revelations=_revelations(problem, hidden, proof),
        certificate=certificate,
        owners=problem.own is not None,
    )


def _for_owners(
    problem: Problem, hidden: BoolArray, chosen: Certificate, proof: Proof
) -> Certificate:
    """The certificate with a few more moves, so that it holds for those inside as well."""
    if problem.own is None:
        return chosen
    seats = Seats.of(problem, hidden, rows_of(problem), scale=proof.scale)
    more = seats.cover(chosen.moves, proof.moves)
    return replace(chosen, moves=sp.csr_matrix(sp.vstack([chosen.moves, proof.moves[more]])))


def _towards_zero(steps: IntArray, scale: int) -> IntArray:
    """Whole units of a distance that is certainly reached."""
    return np.asarray(np.sign(steps) * (np.abs(steps) // scale))


def _revelations(problem: Problem, hidden: BoolArray, proof: Proof) -> tuple[Revelation, ...]:
    """Cells left standing with one value, then primary cells whose interval is too narrow."""
    primary, value = problem.primary, problem.system.value
    standing = np.union1d(np.flatnonzero(proof.standing), problem.to_hide[~hidden[problem.to_hide]])
    narrow = np.flatnonzero(proof.barred & ~np.isin(primary, standing))
    known = _standing(problem, hidden, standing)
    return known + tuple(
        Revelation(
            int(primary[i]),
            max(int(problem.floor[primary[i]]), int(value[primary[i]] + proof.least[i])),
            min(int(problem.ceiling[primary[i]]), int(value[primary[i]] + proof.most[i])),
        )
        for i in narrow.tolist()
    )


def _standing(problem: Problem, hidden: BoolArray, cells: IntArray) -> tuple[Revelation, ...]:
    """Cells with one possible value, the first of them with an equation where there is one."""
    system, free = problem.system, free_cells(problem, hidden)
    asked = cells[free[cells]][:EXPLAINED]
    found = dict(zip(asked.tolist(), equations(system.relations, free, asked), strict=True))
    return tuple(
        Revelation(c, int(system.value[c]), int(system.value[c]), found.get(c, ()))
        for c in cells.tolist()
    )
