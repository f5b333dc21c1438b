"""Which combination of relations shows that a cell cannot move far enough within given bounds?

The dual simplex of ``cheapmove``, asked for any move at all: where nothing stops the step, the row
in hand is the proof that there is none.
"""

from __future__ import annotations

from sdc.model.hierarchy import IntArray
from sdc.model.system import FloatArray
from sdc.suppression.aiming import guard, let_go
from sdc.suppression.cheapmove import GOING, NONE, mend_cell, mend_row, open_search
from sdc.suppression.compiled import compiled, inner
from sdc.suppression.desk import (
    AMOUNT,
    AT,
    BASIC_ROW,
    CELL,
    COLUMNS,
    COMBINATION,
    DOWN,
    GUARD,
    GUARD_ROOM,
    GUARD_WAY,
    GUARDED_PATIENCE,
    INVERSE,
    LIMIT,
    NEED,
    NEVER,
    PATIENCE,
    PIVOTS,
    RANK,
    SEARCH,
    SEEN,
    SIGN,
    UP,
    Desk,
)
from sdc.suppression.pivoting import broken_cell, broken_row, start

_TINY = 1e-9


@inner
def proof_by_relation(desk: Desk, row: int, rows: IntArray, times: FloatArray) -> int:
    """The relation in hand with all basic unknowns eliminated, as multiples of relations."""
    rows[0], times[0], size = row, 1.0, 1
    for q in range(desk.tally[RANK]):
        if abs(desk.factor[COMBINATION, q]) > _TINY:
            rows[size], times[size] = desk.base[BASIC_ROW, q], -desk.factor[COMBINATION, q]
            size += 1
    return size


@inner
def proof_by_place(desk: Desk, where: int, rows: IntArray, times: FloatArray) -> int:
    """What a basic unknown equals, as multiples of relations."""
    size = 0
    for q in range(desk.tally[RANK]):
        if abs(desk.basis[INVERSE, where, q]) > _TINY:
            rows[size], times[size] = desk.base[BASIC_ROW, q], desk.basis[INVERSE, where, q]
            size += 1
    return size


@inner
def refute(desk: Desk, demand: int, rows: IntArray, times: FloatArray) -> int:
    """Length of the proof that the demand cannot be met; 0 where it is met, -1 if undecided."""
    target = float(desk.demand[demand, SIGN] * desk.demand[demand, AMOUNT])
    open_search(desk, target, 1.0, 0.0)
    desk.query[LIMIT] = NEVER
    start(desk, desk.demand[demand, CELL])
    exact = 1e-7 * max(1.0, desk.query[NEED])
    patience = PATIENCE if desk.demand[demand, GUARD] < 0 else GUARDED_PATIENCE
    for _ in range(int(desk.query[patience])):
        desk.tally[PIVOTS] += 1
        row = broken_row(desk, exact)
        if row >= 0:
            outcome = mend_row(desk, row)
            if outcome == NONE:
                return proof_by_relation(desk, row, rows, times)
        else:
            where, bound = broken_cell(desk, exact)
            if where < 0:
                return 0
            outcome = mend_cell(desk, where, bound)
            if outcome == NONE:
                return proof_by_place(desk, where, rows, times)
        if outcome != GOING:
            return -1
    return -1


@inner
def spared(desk: Desk, demand: int, way: int) -> bool:
    """Whether the move on the desk (way 1), or its reverse, keeps the guard of a demand."""
    cell = desk.demand[demand, GUARD]
    if cell < 0 or desk.cell[cell, SEEN] != desk.tally[SEARCH]:
        return True
    step = way * desk.demand[demand, GUARD_WAY] * desk.cell[cell, AT]
    return bool(step <= desk.demand[demand, GUARD_ROOM] + _TINY)


@inner
def mark_met(desk: Desk, done: IntArray, first: IntArray, by_cell: IntArray) -> None:
    """Mark the demands that the move on the desk meets, or its reverse within the bounds."""
    fits = True
    for t in range(desk.tally[COLUMNS]):
        cell = desk.list[COLUMNS, t]
        at = desk.cell[cell, AT]
        if -at > desk.cell[cell, UP] + _TINY or at > desk.cell[cell, DOWN] + _TINY:
            fits = False
    for t in range(desk.tally[COLUMNS]):
        cell = desk.list[COLUMNS, t]
        at = desk.cell[cell, AT]
        if at == 0.0:
            continue
        for u in range(first[cell], first[cell + 1]):
            demand = by_cell[u]
            far = desk.demand[demand, SIGN] * at
            way = -1 if fits and far < 0 else 1
            enough = way * far >= desk.demand[demand, AMOUNT] * (1.0 - 1e-9)
            if enough and spared(desk, demand, way):
                done[demand] = 1


@compiled
def refute_all(  # noqa: PLR0917 - numba wants positions
    desk: Desk, order: IntArray, done: IntArray, first: IntArray, by_cell: IntArray,
    span: IntArray, rows: IntArray, times: FloatArray,
) -> int:  # fmt: skip
    """Proofs for demands in an order from ``span[0]`` on, until the room ends; how many were asked.

    ``done`` (r,) demands known to be met (1) or asked before; ``span`` (r + 1,) where the proof of each
    place of ``order`` begins in ``rows`` and ``times``.
    """
    longest = desk.base.shape[1] + 1
    for t in range(len(order)):
        span[t + 1] = span[t]
        if done[order[t]] != 0:
            continue
        if span[t] + longest > len(rows):
            return t
        held = guard(desk, order[t], 0)
        size = refute(desk, order[t], rows[span[t] :], times[span[t] :])
        let_go(desk, held)
        if size == 0:
            mark_met(desk, done, first, by_cell)
        span[t + 1] = span[t] + max(size, 0)
    return len(order)
