"""Which pattern leaves every sensitive cell open also to somebody who runs the tool again?

*Twins* are tables for which the tool publishes the same bytes. The patterns of ``blind`` depend on the
classes of the cells alone; the first one is taken on which every cell that may be sensitive reaches the
threshold, and as little as the zeros in print allow, among the tables of the same classes and the same
print. Those are twins wherever they fail on the earlier patterns as well. All tables are drawn from what
twins share, never from the true one: each of them leads to the same pattern and the same twins.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import scipy.sparse as sp

from sdc.errors import Infeasible, NotProven
from sdc.messages import Text
from sdc.model.blur import Blur
from sdc.model.hierarchy import IntArray
from sdc.model.system import BoolArray, Problem
from sdc.suppression.blind import patterns
from sdc.suppression.drawing import Drawing
from sdc.suppression.found import Found
from sdc.suppression.keeping import keeps, reached

TRIALS = 12
"""Tables drawn for one end of one cell before it counts as a cell without a twin."""


def twinned(problem: Problem) -> Found:
    """A pattern whose sensitive cells all have twins; its moves lead to twins, and are all offered.

    Cost: some dozens of mixed-integer programs over the hidden cells for each rung that holds, few for
    one that does not. Raises Infeasible, naming the cells, where no rung holds, NotProven where a
    program ends without an answer.
    """
    blur = problem.blur
    assert blur is not None
    rungs: list[BoolArray] = []
    for hidden, what in patterns(problem, blur):
        rungs.append(hidden)
        tables, missing = taken(problem, blur, rungs)
        if not missing:
            log = (f"rung {len(rungs)}, hidden are {what}",)
            moves = np.array(tables, dtype=np.int64).reshape(-1, problem.system.n)
            return Found(hidden, 0.0, log, sp.csr_matrix(moves - problem.system.value))
    # ``missing`` speaks of the last rung; a cell that fails at once may not be the only one.
    raise without_twin(problem, keeps(problem, blur, rungs[-1], every=True).open or missing)


def taken(
    problem: Problem, blur: Blur, rungs: list[BoolArray]
) -> tuple[list[IntArray], tuple[int, ...]]:
    """Twins (n,), and the cells that are without one: none where the last rung is taken.

    Presumes that the rungs before are not taken. Those of the first rung are twins because nothing
    but the classes led to it; on a later one a twin must fail on all before, as the true table did.
    """
    kept = keeps(problem, blur, rungs[-1])
    if kept.open or len(rungs) == 1:
        return list(kept.tables), kept.open
    drawing = Drawing(problem, blur, rungs[-1])
    found = [table for table in kept.tables if _follows(problem, blur, rungs, table)]
    missing = []
    for goal in kept.goals:
        pending = [g for g in kept.goals if not reached(found, g)]
        for trial in range(1, TRIALS + 1):
            if reached(found, goal):
                break
            table = drawing.table(goal, pending, trial)
            if table is not None and _follows(problem, blur, rungs, table):
                found.append(table)
        if not reached(found, goal):
            missing.append(goal.cell)
    return found, tuple(dict.fromkeys(missing))


def _follows(problem: Problem, blur: Blur, rungs: list[BoolArray], table: IntArray) -> bool:
    """Whether none but the last of some rungs is taken for a table of the same classes and print."""
    other = replace(problem, system=replace(problem.system, value=table))
    try:
        return all(taken(other, blur, rungs[:i])[1] for i in range(1, len(rungs)))
    except NotProven:
        return False  # the tool would refuse this table


def without_twin(problem: Problem, cells: Iterable[int]) -> Infeasible:
    """The error that names cells for which no twin was found."""
    names = [problem.system.name_of(c) for c in cells]
    shown = "; ".join(names[:10])
    return Infeasible(
        Text(
            "cells without a twin table that withstands running the tool again: {cells}; collapse "
            "classes or merge areas first, or ask for interval",
            cells=shown,
        ),
        cells=names,
    )
