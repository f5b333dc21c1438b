"""Which further cells must be hidden before a given pattern keeps its promise, and which need not?

Demands that the pattern serves already keep their witnesses; only the others open new cells. A
complementary cell that can take no second value follows from the rest and is printed.
"""

from __future__ import annotations

import dataclasses

import numpy as np
import scipy.sparse as sp

from sdc.model.system import BoolArray, Problem
from sdc.suppression.cover import Cover, sound
from sdc.suppression.demands import Demands, Masks
from sdc.suppression.found import Budget, Found
from sdc.suppression.lp_greedy import Windows, clean_up, heed_all


def repair(
    problem: Problem,
    hidden: BoolArray,
    *,
    budget: Budget,
    seed: int,
    moves: sp.csr_matrix | None = None,
    keep: bool = False,
    demands: Demands | None = None,
) -> Found:
    """Make a pattern safe at ``interval`` by hiding as little more as the search finds.

    ``moves`` are witnesses in hand; those that do not hold are ignored. ``demands`` are those of the
    problem with the guards that are known to matter; others are found (see ``insiders``). With ``keep``
    every complementary cell of the pattern that can take a second value stays hidden; without it
    those that no witness needs are printed, and a clean-up follows as the budget allows.

    Raises Infeasible where a cell cannot be protected though everything else is hidden.
    """
    masks, demands = Masks.of_problem(problem), demands or Demands.of(problem)
    given = np.zeros(len(masks.price), dtype=bool)
    given[masks.of[hidden & problem.eligible]] = True
    seeded = _as_free(masks, given)
    cover = Cover(problem, demands, seeded)
    pool = None if moves is None else _usable(cover, moves)
    finder = Windows(cover, seed)
    heed_all(cover, finder, pool)
    kept = _variable(cover, finder, given & ~masks.free) if keep else np.zeros_like(given)
    final = _recount(cover, dataclasses.replace(masks, free=masks.free | kept))
    log = [f"repair: {int((final.open & ~given & ~masks.free).sum())} masks more"]
    if keep:
        gone = int((given & ~masks.free & ~kept & (final.users == 0)).sum())
        log.append(f"repair: {gone} masks printed that follow from the rest")
        return Found(final.hidden(), 0.0, tuple(log), final.matrix(), demands=final.demands)
    final.thin()
    finder = Windows(final, seed)
    done = clean_up(final, finder, budget=budget)
    # Those inside may need what others could do without.
    heed_all(final, finder, cover.matrix())
    return Found(final.hidden(), 0.0, tuple(log), final.matrix(), done, final.demands)


def _as_free(masks: Masks, given: BoolArray) -> Masks:
    price = np.where(given, 0.0, masks.price)
    return dataclasses.replace(masks, free=masks.free | given, price=price)


def _usable(cover: Cover, moves: sp.csr_matrix) -> sp.csr_matrix:
    """The given moves and their opposites that hold; without any other check they would prove nothing."""
    rows = sp.csr_matrix(sp.vstack([moves, -moves]), dtype=np.int64)
    rows.eliminate_zeros()
    rows.sort_indices()
    movable = np.isfinite(cover.masks.price)[cover.masks.of]
    return sp.csr_matrix(rows[np.flatnonzero(sound(cover.problem, movable, rows))])


def _variable(cover: Cover, finder: Windows, given: BoolArray) -> BoolArray:
    """The given masks in which some cell takes a second value within the open pattern."""
    used = np.zeros(len(given), dtype=bool)
    for number in sorted(cover.moves):
        used[cover.masks.of[cover.moves[number].cell]] = True
    closed = np.where(cover.open, 0.0, np.inf)
    for mask in np.flatnonzero(given & ~used).tolist():
        if used[mask]:
            continue
        for cell in np.flatnonzero(cover.masks.of == mask).tolist():
            found = finder.within(cell, closed)
            if found is not None:
                used[cover.masks.of[found.cell]] = True
                break
    return used & given


def _recount(cover: Cover, masks: Masks) -> Cover:
    """The same moves under other free masks."""
    out = Cover(cover.problem, cover.demands, masks)
    for number in sorted(cover.moves):
        move = cover.moves[number]
        out.add(move.cell, move.step)
    return out
