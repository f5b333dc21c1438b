"""How far can a stranger with another solver move a hidden cell? Shares no code with the engines."""

from __future__ import annotations

import dataclasses

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, linprog, milp

from sdc.model.system import UNBOUNDED, BoolArray, Level, Problem


def dense(problem: Problem) -> np.ndarray:
    return np.asarray(problem.system.relations.todense(), dtype=np.float64)


def reach(problem: Problem, hidden: BoolArray, cell: int, *, sign: int) -> float:
    """The furthest change of a cell in one direction that agrees with all that is printed."""
    columns = np.flatnonzero(hidden)
    matrix = dense(problem)[:, columns]
    value = problem.system.value[columns]
    low = (problem.floor[columns] - value).astype(float)
    ceiling = problem.ceiling[columns]
    high = np.where(ceiling >= UNBOUNDED, np.inf, (ceiling - value).astype(float))
    aim = np.where(columns == cell, -float(sign), 0.0)
    none = np.zeros(len(matrix))
    if problem.whole:
        balance = LinearConstraint(matrix, none, none)
        # Far enough for every demand, so that the program is bounded.
        high = np.minimum(high, 1_000)
        answer = milp(aim, constraints=balance, bounds=Bounds(low, high), integrality=1)
    else:
        answer = linprog(aim, A_eq=matrix, b_eq=none, bounds=np.column_stack([low, high]))
        if answer.status == 3:
            return float("inf")
    assert answer.status == 0, answer.message
    return -float(answer.fun)


def follows(problem: Problem, hidden: BoolArray, cell: int) -> bool:
    """Whether a cell follows by adding and subtracting: its unit vector lies in the row space."""
    columns = np.flatnonzero(hidden)
    matrix = dense(problem)[:, columns]
    unit = (columns == cell).astype(np.float64)[None, :]
    return bool(np.linalg.matrix_rank(np.vstack([matrix, unit])) == np.linalg.matrix_rank(matrix))


def keeps(problem: Problem, hidden: BoolArray) -> bool:
    """Whether a pattern keeps the promise of its level for every primary cell."""
    relations = problem.system.relations
    lonely = np.asarray(abs(relations) @ hidden.astype(np.int64) == 1)
    if (abs(relations[np.flatnonzero(lonely)]).sum(axis=0).A1[problem.primary] > 0).any():
        return False
    for i, cell in enumerate(problem.primary.tolist()):
        if problem.level is Level.LINEAR:
            if follows(problem, hidden, cell):
                return False
            continue
        up, down = (reach(problem, hidden, cell, sign=s) for s in (1, -1))
        value = problem.system.value[cell]
        if problem.level is Level.INTEGER:
            if up + down < 1 - 1e-6:
                return False
            continue
        short = up < problem.upper[i] - value - 1e-6 or down < value - problem.lower[i] - 1e-6
        if short or up + down < problem.slide[i] - 1e-6:
            return False
    return True


def keeps_to_owners(problem: Problem, hidden: BoolArray) -> bool:
    """Whether a pattern also keeps its promise to whoever owns one unit of a hidden innermost cell.

    Of a cell that holds the own unit nothing below 1 is promised; a cell that is 1 for it alone has no
    second value below.
    """
    if not keeps(problem, hidden):
        return False
    assert problem.own is not None
    for seat in np.flatnonzero(hidden & (problem.own[:, 0] > 0)).tolist():
        floor = problem.floor.copy()
        floor[seat] = max(floor[seat], 1)
        lower = problem.lower.copy()
        mine = np.array([holds(problem, c, seat) for c in problem.primary.tolist()])
        lower[mine] = np.maximum(lower[mine], 1)
        own = dataclasses.replace(problem, floor=floor, lower=lower, own=None)
        if not keeps(own, hidden):
            return False
    return True


def holds(problem: Problem, cell: int, unit: int) -> bool:
    """Whether a cell is another one, or a sum that it is part of."""
    if cell == unit:
        return True
    for row in problem.system.relations[problem.system.relations.getcol(cell).nonzero()[0]]:
        terms = dict(zip(row.indices.tolist(), row.data.tolist(), strict=True))
        if terms[cell] < 0 and any(holds(problem, c, unit) for c in terms if terms[c] > 0):
            return True
    return False
