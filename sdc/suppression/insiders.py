"""Which demands must be met once more, because somebody inside a cell sees through all their moves?

The owner of a unit knows that the own cell is not empty; where every move that serves a demand empties
it, that demand is asked for again with the cell as its guard. Moves for such demands are searched in
the pattern as it is, then with more X, and exchanged like all others. The exchange leaves others without
a move, so such demands are looked for again and again while it goes on; in the end moves are only added.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from sdc.disclosure.seats import Seats
from sdc.model.hierarchy import IntArray
from sdc.model.system import BoolArray, Problem
from sdc.suppression.demands import Demands, Masks
from sdc.suppression.engine import Engine, Witnesses
from sdc.suppression.found import Budget

__all__ = ["Heeded", "guarded", "heed", "reckoned"]

SWEEP, SHARED, CROWDED = 900_000, 10_000, 0.5
"""Search steps of the sweeps at budget 1; in proportion more where more demands than these share them and
down to that part of them in proportion where many people inside ask, who make every sweep dearer."""

CHUNK = 100_000
"""Search steps between two looks at the clock."""

LOOKS = 6
"""Parts of these sweeps, before each of which new demands for those inside are taken in."""

ENOUGH = 0.02
"""A sweep for many people inside that saves a smaller share of the price is the last one."""


@dataclass(frozen=True, eq=False)
class Heeded:
    """An engine whose moves serve all its demands for everybody, but those that it left unserved."""

    engine: Engine
    demands: Demands
    reproducible: bool


def heed(
    problem: Problem,
    masks: Masks,
    known: tuple[Engine, Demands],
    budget: Budget,
    *,
    rough: bool = False,
) -> Heeded:
    """Exchange an engine's moves, and go on until no seat sees through those of a served demand.

    ``known`` are an engine, which takes in more demands, and those in it. A rough search leaves those
    that are not served at once. There is an end: once nothing is exchanged any more, every round but the
    last adds demands, and there are finitely many.
    """
    engine, demands = known
    least = CROWDED if engine.crowded else 1.0
    shared = max(int((demands.guard < 0).sum()) / SHARED, least)
    left, settled, reproducible = budget.steps(SWEEP * shared), False, True
    part = left // LOOKS + 1
    while True:
        moves = engine.witnesses().moves
        hidden = masks.hidden(problem, masks.needed(moves))
        more = guarded(problem, hidden, demands, moves)
        if more is not demands:
            demands = more
            engine.widen(demands)
            if rough:
                engine.construct()
            else:
                engine.complete()
        elif left <= 0 or settled:
            return Heeded(engine, demands, reproducible)
        if left > 0 and budget.expired:
            left, reproducible = 0, False
        if left > 0:
            before = engine.pivots
            settled = improve(engine, min(part, left), budget, rough=rough)
            left -= engine.pivots - before


def improve(engine: Engine, steps: int, budget: Budget, *, rough: bool) -> bool:
    """Sweep until that pays no longer (True), the steps are spent or the clock ends it."""
    end = engine.pivots + steps
    while engine.pivots < end and not budget.expired:
        done, kept = engine.sweep(min(CHUNK, end - engine.pivots), rough=rough)
        little = kept == 0 or (engine.crowded and engine.saved < ENOUGH)
        if done and little and (rough or not engine.deepen()):
            return True
    return False


def guarded(problem: Problem, hidden: BoolArray, demands: Demands, moves: sp.csr_matrix) -> Demands:
    """The demands, and one more with a guard for each demand and seat that no move serves.

    The same object where nothing is to be added. O(moves that serve demands x seats / 64).
    """
    if problem.own is None:
        return demands
    plain = np.flatnonzero(demands.guard < 0)
    rows = (demands.cell[plain], demands.sign[plain], demands.need[plain])
    seats = Seats.of(problem, hidden, rows)
    seen = seats.killers(moves).tocoo()
    room = (problem.system.value[seats.seat] - seats.own)[seen.col]
    which, guard = plain[seen.row], seats.seat[seen.col]
    old = demands.guard >= 0
    cell, sign, need = demands.cell, demands.sign, demands.need
    known = _keys(cell[old], sign[old], need[old], demands.guard[old], demands.room[old])
    asked = _keys(cell[which], sign[which], need[which], guard, room)
    new = ~np.isin(asked, known)
    if not new.any():
        return demands
    return demands.guarded(which[new], guard[new], room[new])


def reckoned(problem: Problem, masks: Masks, demands: Demands, moves: sp.csr_matrix) -> Demands:
    """The demands with guards for all that the moves in hand achieve for those inside.

    A search keeps one move a demand; without these demands it would lose the others.
    """
    hidden = masks.hidden(problem, masks.needed(moves))
    while True:
        by = Witnesses.of(demands, moves).by
        more = guarded(problem, hidden, demands, moves[np.unique(by[by >= 0])])
        if more is demands:
            return demands
        demands = more


def _keys(*columns: IntArray) -> npt.NDArray[np.void]:
    """One value a row, equal where the rows are."""
    rows = np.ascontiguousarray(np.stack(columns, axis=1))
    return rows.view([("", np.int64)] * len(columns)).ravel()
