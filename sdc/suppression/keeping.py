"""How far can the cells that may be sensitive move among the tables that twins are sought among?

Those are the tables of the same classes and the same print.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp

from sdc.disclosure.proof import prove
from sdc.disclosure.work import Work
from sdc.errors import NotProven
from sdc.messages import Text
from sdc.model.blur import Blur
from sdc.model.hierarchy import IntArray
from sdc.model.system import BoolArray, Level, Problem
from sdc.suppression.drawing import Drawing, Goal


@dataclass(frozen=True, eq=False)
class Kept:
    """What a pattern keeps among the tables of the same classes and the same print.

    ``open`` are cells that do not reach an end or, not low, stand on one value: one of them, or all
    where all were asked for. ``goals`` are the ends that count, ``tables`` reach them.
    """

    open: tuple[int, ...]
    goals: tuple[Goal, ...] = ()
    tables: tuple[IntArray, ...] = ()


def reached(tables: Iterable[IntArray], goal: Goal) -> bool:
    """Whether some table holds what a goal asks for."""
    return any(goal.sign * (table[goal.cell] - goal.end) >= 0 for table in tables)


def keeps(problem: Problem, blur: Blur, hidden: BoolArray, *, every: bool = False) -> Kept:
    """Whether all that may be sensitive reaches both ends; ``every`` asks for all that does not."""
    drawing = Drawing(problem, blur, hidden)
    low = np.flatnonzero(blur.low & problem.eligible).tolist()
    asked = [Goal(c, 1, int(blur.threshold[c])) for c in low]
    asked += [Goal(c, -1, int(blur.least[c])) for c in low]
    goals: list[Goal] = []
    tables: list[IntArray] = []
    open_: list[int] = []
    for number, goal in enumerate(asked):
        if not reached(tables, goal):
            pending = [g for g in asked[number:] if not reached(tables, g)]
            table = drawing.table(goal, pending)
            if table is None and goal.sign < 0:
                # A cell that none of these tables holds below the threshold is not sensitive.
                below = Goal(goal.cell, -1, int(blur.threshold[goal.cell]) - 1)
                if drawing.table(below, pending) is None:
                    continue
            if table is None:
                open_.append(goal.cell)
                if not every:
                    return Kept(tuple(open_))
                continue
            tables.append(table)
        goals.append(goal)
    open_ += _standing(problem, hidden, tables)
    return Kept(tuple(dict.fromkeys(open_)), tuple(goals), tuple(tables))


def _standing(problem: Problem, hidden: BoolArray, tables: list[IntArray]) -> list[int]:
    """Hidden cells with one possible value for whoever does not know the classes."""
    none = np.zeros(0, dtype=np.int64)
    plain = replace(problem, level=Level.INTERVAL, primary=none, upper=none, lower=none, slide=none)
    known = np.array(tables, dtype=np.int64).reshape(-1, problem.system.n) - problem.system.value
    proof = prove(plain, hidden, sp.csr_matrix(known), work=Work(None, None))
    if proof.open:
        raise NotProven(Text("whether an X stands could not be established"))
    return [int(c) for c in np.flatnonzero(proof.standing)]
