"""Which cells does the survey's rule hide: the next smallest in every line?

都市計画基礎調査情報の利用・提供ガイドライン 技術資料 (国土交通省 2019), (3): where a hidden place lies
inside the range of a published total, one more place is hidden so that it cannot be differenced, as
a rule the next smallest after the hidden one. The rule alone is not safe; what it leaves open is
repaired, and every deviation is logged.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from sdc.model.hierarchy import IntArray
from sdc.model.system import BoolArray, Level, Problem
from sdc.suppression.demands import Masks
from sdc.suppression.found import Budget, Found
from sdc.suppression.repair import repair

_LOGGED = 1_000
"""Deviations named one by one; the log says how many more there were."""


def guideline(
    problem: Problem, *, budget: Budget, seed: int, previous: BoolArray | None = None
) -> Found:
    """The literal rule over all lines and levels until every line has none or two X, then repair.

    A line is a relation between printed cells: a total and its parts. ``previous`` is ignored, as
    the rule does not know it. Cost: O(lines x rounds), then one linear program for every demand
    that the rule leaves open. Raises Infeasible where no pattern is safe.
    """
    del previous
    pattern, log = literal(problem)
    if problem.level not in (Level.INTERVAL, Level.RULE_AWARE):
        return Found(pattern, 0.0, tuple(log))
    mended = repair(problem, pattern, budget=budget, seed=seed, keep=True)
    more = np.flatnonzero(mended.hidden & ~pattern)
    less = np.flatnonzero(pattern & ~mended.hidden)
    log += _named(problem, more, "hidden beyond the rule, because the rule alone is not safe")
    log += _named(problem, less, "printed against the rule, because it follows from the rest")
    return Found(mended.hidden, 0.0, tuple(log), mended.moves, mended.reproducible)


def literal(problem: Problem) -> tuple[BoolArray, list[str]]:
    """The pattern of the rule alone, and where the rule had to be bent."""
    masks = Masks.of_problem(problem)
    system = problem.system
    hidden = np.zeros(system.n, dtype=bool)
    hidden[problem.to_hide] = True
    hidden = _whole_masks(masks, hidden, system.shown)
    lines = _lines(problem)
    log: list[str] = []
    stuck: set[int] = set()
    while True:
        count = np.diff(lines.indptr)
        marked = np.bincount(
            np.repeat(np.arange(len(count)), count), hidden[lines.indices], minlength=len(count)
        )
        single = [i for i in np.flatnonzero(marked == 1).tolist() if i not in stuck]
        if not single:
            return hidden, log
        for line in single:
            part = slice(lines.indptr[line], lines.indptr[line + 1])
            cells, signs = lines.indices[part], lines.data[part]
            if hidden[cells].sum() != 1:
                continue
            chosen = _next_smallest(problem, cells, signs, hidden)
            if chosen is None:
                stuck.add(line)
                log += _named(problem, cells[hidden[cells]], "has no partner in one of its lines")
                continue
            bent, cell = chosen
            hidden[cell] = True
            hidden = _whole_masks(masks, hidden, system.shown)
            if bent:
                log += _named(
                    problem, np.array([cell]), "is not the next smallest, but the nearest"
                )


def _lines(problem: Problem) -> sp.csr_matrix:
    """Relations among printed cells alone, cells ascending."""
    relations = problem.system.relations
    latent = abs(relations).astype(np.int64) @ (~problem.system.shown).astype(np.int64)
    lines = relations[np.flatnonzero(latent == 0)].tocsr()
    lines.sort_indices()
    return lines


def _next_smallest(
    problem: Problem, cells: IntArray, signs: IntArray, hidden: BoolArray
) -> tuple[bool, int] | None:
    """Whether the choice bends the rule, and the cell; parts of the total before the total itself.

    The smallest value that is not below the hidden one; otherwise the largest below it.
    """
    value = problem.system.value
    own = int(value[cells[hidden[cells]][0]])
    open_ = ~hidden[cells] & problem.eligible[cells]
    parts = cells[open_ & (signs > 0)]
    for choice in (parts, cells[open_]):
        above = choice[value[choice] >= own]
        if len(above):
            return False, int(above[np.lexsort((above, value[above]))[0]])
        if len(choice):
            return True, int(choice[np.lexsort((choice, -value[choice]))[0]])
    return None


def _whole_masks(masks: Masks, hidden: BoolArray, shown: BoolArray) -> BoolArray:
    """Hide every cell that shares a mask with a hidden one."""
    marked = np.zeros(len(masks.price), dtype=bool)
    marked[masks.of[hidden]] = True
    return np.asarray(marked[masks.of] & shown)


def _named(problem: Problem, cells: IntArray, what: str) -> list[str]:
    """One line a cell, none of them with a number."""
    lines = [f"{problem.system.name_of(int(c))}: {what}" for c in cells[:_LOGGED]]
    if len(cells) > _LOGGED:
        lines.append(f"{len(cells) - _LOGGED} more cells: {what}")
    return lines
