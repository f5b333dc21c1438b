"""Are there witnesses on which the tool, run again, publishes the same bytes?

The maker's word is not taken: what it offers is added up and compared with the classes, and the tool is
run again on the tables themselves.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import scipy.sparse as sp

from sdc.disclosure.demands import Demands
from sdc.disclosure.witness import reach, valid
from sdc.model.hierarchy import IntArray
from sdc.model.plan import Published
from sdc.model.report import AuditReport, Verdict
from sdc.model.system import Problem

Rerun = Callable[[IntArray], tuple[str, ...] | None]
"""What the tool prints for other values (n,) of all unknowns: a digest a table, None if refused."""

MOST = 40
"""Twins on which the tool is run again; where there are more, as many spread over all of them."""


def with_twins(
    report: AuditReport,
    problem: Problem,
    published: Published,
    moves: sp.csr_matrix | None,
    rerun: Rerun | None,
) -> AuditReport:
    """The report on ``rule-aware``: a primary cell is safe only where twins reach as far as promised.

    ``moves`` (w, n) lead from the true values to the tables that are offered as twins. Each must agree
    with everything printed and have the same classes, by integer addition; on ``MOST`` of them the tool
    is run again. One of these that is printed otherwise refutes the offer as a whole. Without ``rerun``
    the report is not complete.
    """
    if problem.blur is None or rerun is None:
        checks = (*report.checks, "twins: the tool was not run again")
        return replace(report, complete=False, checks=checks)
    n = problem.system.n
    offered = sp.csr_matrix((0, n), dtype=np.int64) if moves is None else sp.csr_matrix(moves)
    among = replace(problem, floor=problem.blur.floor, ceiling=problem.blur.ceiling)
    twins = offered[np.flatnonzero(valid(among, published.hidden, offered))]
    count = twins.shape[0]
    tried = np.linspace(0, count - 1, min(count, MOST)).astype(np.int64)
    printed = tuple(table.digest for table in published.tables)
    again = all(
        rerun(problem.system.value + twins[row].toarray().ravel()) == printed
        for row in tried.tolist()
    )
    demands = Demands.of(problem, published.hidden)
    met = again & demands.met(reach(twins, np.ones(count, dtype=bool)), 1)
    verdict = np.where((report.verdict == Verdict.SAFE) & ~met, Verdict.UNKNOWN, report.verdict)
    ran = len(tried) if again else 0
    return replace(
        report,
        verdict=verdict.astype(np.int64),
        complete=report.complete and again and bool((verdict != Verdict.UNKNOWN).all()),
        checks=(
            *report.checks,
            f"twins: {count} tables of the same classes and the same print, the tool run "
            f"again on {ran} of them with the same result",
        ),
    )
