"""Which move of one cell is cheapest, and is it worth its price?"""

from __future__ import annotations

from sdc.suppression.compiled import inner
from sdc.suppression.desk import (
    ALPHA,
    AT,
    AT_DOWN,
    AT_UP,
    BASIC_CELL,
    COLUMNS,
    COST,
    DOWN,
    DUAL,
    FALL,
    FALLEN,
    IDLE,
    IDLE_PRICE,
    LIMIT,
    NEED,
    NEVER,
    PATIENCE,
    PIVOTS,
    RANK,
    RATIO,
    RISE,
    RISEN,
    ROW_COLUMNS,
    ROWS,
    SALT,
    SEARCH,
    SEEN,
    SIZE,
    SLACK,
    SLOPE,
    STATE,
    TARGET,
    TURN,
    UP,
    WAITING,
    WIDE,
    Desk,
)
from sdc.suppression.pivoting import (
    broken_cell,
    broken_row,
    hold_own,
    list_candidates,
    nearest,
    ratio_of,
    row_of_place,
    row_of_relation,
    settle_own,
    start,
)
from sdc.suppression.spreading import border, replace, spread

GOING, FOUND, NONE, DEAR, LONG = range(5)
"""Outcomes: not done; a cheapest move; there is none; dearer than the limit; too long a search."""


@inner
def open_search(desk: Desk, target: float, idle: float, salt: float) -> None:
    """Forget the last search and say what the next one is for."""
    desk.tally[SEARCH] += 1
    desk.tally[COLUMNS] = desk.tally[ROWS] = desk.tally[RANK] = desk.tally[WAITING] = 0
    desk.query[TARGET] = target
    desk.query[NEED] = abs(target)
    desk.query[IDLE_PRICE] = idle
    desk.query[SALT] = salt
    desk.query[COST] = 0.0


@inner
def cheapest_move(desk: Desk, cell: int) -> int:
    """Move ``cell`` as asked; the move stands in AT over the columns, its cost in COST.

    ``open_search`` comes first; prices set in between are kept. The cost is that of the linear
    prices; a search whose cost is bound to exceed the limit ends DEAR.
    """
    start(desk, cell)
    exact = 1e-7 * max(1.0, desk.query[NEED])
    for _ in range(int(desk.query[PATIENCE])):
        desk.tally[PIVOTS] += 1
        row = broken_row(desk, exact)
        if row >= 0:
            outcome = mend_row(desk, row)
        else:
            where, bound = broken_cell(desk, exact)
            if where < 0:
                settle_own(desk)
                return FOUND
            outcome = mend_cell(desk, where, bound)
        desk.tally[PIVOTS] += desk.tally[ROW_COLUMNS] // WIDE
        if outcome != GOING:
            return outcome
    return LONG


@inner
def mend_row(desk: Desk, row: int) -> int:
    """Enforce a broken relation by a new basic unknown."""
    if desk.tally[RANK] >= SIZE - 1:
        return LONG
    hold_own(desk, row)
    excess = desk.row[row, SLACK]
    pulls = -1.0 if excess > 0 else 1.0
    row_of_relation(desk, row)
    desk.query[SLOPE] = abs(excess)
    desk.query[TURN] = NEVER
    entering, theta = long_step(desk, pulls)
    if entering == -2:
        return NONE
    if desk.query[COST] > desk.query[LIMIT]:
        return DEAR
    raise_duals(desk, pulls * theta)
    enter(desk, entering, -desk.row[row, SLACK] / desk.cell[entering, ALPHA], pulls)
    border(desk, row, entering)
    return GOING


@inner
def mend_cell(desk: Desk, where: int, bound: float) -> int:
    """Bring a basic unknown back to the end that it passed, or turn it at rest."""
    note = desk.cell
    leaver = desk.base[BASIC_CELL, where]
    excess = note[leaver, AT] - bound
    pulls = 1.0 if excess > 0 else -1.0
    row_of_place(desk, where)
    desk.query[SLOPE] = abs(excess)
    desk.query[TURN] = note[leaver, RISE] + note[leaver, FALL] if bound == 0.0 else NEVER
    entering, theta = long_step(desk, pulls)
    if entering == -2:
        return NONE
    if desk.query[COST] > desk.query[LIMIT]:
        return DEAR
    raise_duals(desk, pulls * theta)
    if entering < 0:
        risen = note[leaver, STATE] == RISEN
        note[leaver, STATE] = FALLEN if risen else RISEN
        note[leaver, DUAL] = -note[leaver, FALL] if risen else note[leaver, RISE]
        return GOING
    enter(desk, entering, (note[leaver, AT] - bound) / note[entering, ALPHA], pulls)
    note[leaver, AT] = bound
    note[leaver, STATE] = IDLE
    if bound != 0.0:
        note[leaver, STATE] = AT_UP if bound > 0 else AT_DOWN
    replace(desk, where, entering)
    return GOING


@inner
def long_step(desk: Desk, pulls: float) -> tuple[int, float]:
    """Raise the multipliers as far as that pays: (entering unknown, step).

    Unknowns with little room jump to their other end on the way. -1: the leaving unknown itself
    turns; -2: nothing stops the step, so there is no move at all.
    """
    note = desk.cell
    theta, slope, turn = 0.0, desk.query[SLOPE], desk.query[TURN]
    cell = list_candidates(desk, pulls, turn)
    while True:
        reached = turn if cell < 0 else note[cell, RATIO]
        if reached >= NEVER:
            return -2, theta
        desk.query[COST] += max(reached - theta, 0.0) * slope
        theta = max(reached, theta)
        if desk.query[COST] > desk.query[LIMIT] or cell < 0:
            return -1, theta
        pull = pulls * note[cell, ALPHA]
        state = note[cell, STATE]
        rising = state == AT_UP or (state == IDLE and pull > 0)
        width = note[cell, UP] if rising else note[cell, DOWN]
        if slope - width * abs(pull) <= 1e-9:
            return cell, theta
        slope -= width * abs(pull)
        spread(desk, cell, width if pull > 0 else -width)
        note[cell, RATIO] = NEVER
        if state == IDLE:
            note[cell, STATE] = AT_UP if pull > 0 else AT_DOWN
        else:
            note[cell, STATE] = IDLE
            note[cell, AT] = 0.0
            note[cell, RATIO] = max(ratio_of(desk, cell, pull), theta)
        cell = nearest(desk, turn)


@inner
def raise_duals(desk: Desk, step: float) -> None:
    """Change the multipliers along the row in hand."""
    note = desk.cell
    if step == 0.0:
        return
    for t in range(desk.tally[ROW_COLUMNS]):
        cell = desk.list[ROW_COLUMNS, t]
        if note[cell, SEEN] == desk.tally[SEARCH]:
            note[cell, DUAL] += step * note[cell, ALPHA]


@inner
def enter(desk: Desk, cell: int, change: float, pulls: float) -> None:
    """Let an unknown become basic by moving it."""
    note = desk.cell
    state = note[cell, STATE]
    risen = state == AT_UP or (state == IDLE and pulls * note[cell, ALPHA] > 0)
    spread(desk, cell, change)
    note[cell, STATE] = RISEN if risen else FALLEN
    note[cell, DUAL] = note[cell, RISE] if risen else -note[cell, FALL]
