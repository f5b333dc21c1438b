"""Small tables with every answer within reach of enumeration."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
import pytest

from sdc.disclosure.proof import prove
from sdc.disclosure.work import Work
from sdc.model.hierarchy import Hierarchy, IntArray
from sdc.model.rules import Rules
from sdc.model.system import BoolArray, Level, Problem
from sdc.model.table import Table, aggregate
from sdc.sensitivity import problem
from sdc.suppression.tableau import eliminate
from sdc.tables.relations import system_of


def flat(
    values: IntArray, rules: Rules, *, codes: str = "abcdefgh", districts: bool = False
) -> Problem:
    """A two-way table of counts with both margins; ``codes`` name the rows.

    With ``districts`` the rows lie by twos in districts, which have totals of their own.
    """
    names = list(codes[: values.shape[0]])
    rows = Hierarchy.flat("area", names)
    if districts:
        parent = {name: f"D{k // 2}" for k, name in enumerate(names)}
        rows = Hierarchy.of("area", {"T": "", **dict.fromkeys(parent.values(), "T"), **parent})
    columns = Hierarchy.flat("use", list("pqrstuvw"[: values.shape[1]]))
    full = aggregate(np.asarray(values, dtype=np.int64), [rows, columns])
    return problem(system_of([Table("t", (rows, columns), full)]), rules)


def safe(demands: Problem, hidden: BoolArray) -> bool:
    """Whether a pattern keeps its promise: by elimination at linear, else by the prover."""
    if demands.level is Level.LINEAR:
        tab = eliminate(demands.system.relations[:, np.flatnonzero(hidden)])
        place = np.cumsum(hidden) - 1
        rows = tab.where[place[demands.primary]]
        return not bool(((rows >= 0) & (tab.size[0, rows] == 0)).any())
    return bool(prove(demands, hidden, None, work=Work(None, None)).met.all())


def cheapest(demands: Problem, keeps: Callable[[Problem, BoolArray], bool] = safe) -> float:
    """The least loss over all patterns that keep the promise, by trying them in order of their loss."""
    others = np.setdiff1d(np.flatnonzero(demands.eligible), demands.primary)
    patterns = [
        (float(demands.cost[list(extra)].sum()), extra)
        for size in range(min(len(others), 5) + 1)
        for extra in itertools.combinations(others.tolist(), size)
    ]
    for loss, extra in sorted(patterns):
        hidden = np.zeros(demands.system.n, dtype=bool)
        hidden[demands.primary] = True
        hidden[list(extra)] = True
        if keeps(demands, hidden):
            return loss
    pytest.fail("no pattern of up to five complementary cells is safe")
