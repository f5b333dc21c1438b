"""How is one cell moved by a given amount at least cost, looking only as far as necessary?

A dual simplex for ``min sum of price x |change|`` under the relations, started from the table as
it is: at first no relation is enforced, so only those of the moved cell are broken, and each step
enforces one broken relation by letting the cheapest unknown in it move (bounds are passed over as
in the long-step rule; Maros 2003, chapter 10). The search spreads from the moved cell as a
shortest-path search does and never sees the far parts of a large system. This file finds what to
mend and who could mend it.
"""

from __future__ import annotations

from sdc.suppression.compiled import inner
from sdc.suppression.desk import (
    ALPHA,
    ALPHA_SEEN,
    AT,
    AT_DOWN,
    AT_UP,
    BASIC_CELL,
    BASIC_ROW,
    CANDIDATES,
    COLUMNS,
    COMBINATION,
    DEAREST,
    DOWN,
    DUAL,
    FALL,
    FALLEN,
    FIXED,
    IDLE,
    IDLE_PRICE,
    INVERSE,
    JITTER,
    NEED,
    NEVER,
    PLACE,
    PRICE,
    RANK,
    RATIO,
    RISE,
    RISEN,
    ROUND,
    ROW_COLUMNS,
    ROW_PLACE,
    ROW_SEEN,
    ROWS,
    SALT,
    SEARCH,
    SEEN,
    SLACK,
    STATE,
    TARGET,
    UP,
    WAITING,
    Desk,
)

_TINY = 1e-11


@inner
def touch_row(desk: Desk, row: int) -> None:
    """Bring a relation into the search, satisfied so far."""
    if desk.row[row, ROW_SEEN] != desk.tally[SEARCH]:
        desk.row[row, ROW_SEEN] = desk.tally[SEARCH]
        desk.row[row, SLACK] = 0.0
        desk.row[row, ROW_PLACE] = -1.0
        desk.list[ROWS, desk.tally[ROWS]] = row
        desk.tally[ROWS] += 1


@inner
def touch_cell(desk: Desk, cell: int, rise: float, fall: float) -> None:
    """Bring an unknown into the search, at rest, with its prices of one unit up and down."""
    note = desk.cell
    note[cell, SEEN] = desk.tally[SEARCH]
    note[cell, AT] = 0.0
    note[cell, STATE] = IDLE
    note[cell, DUAL] = 0.0
    note[cell, RISE] = rise if note[cell, UP] > 0 else NEVER
    note[cell, FALL] = fall if note[cell, DOWN] > 0 else NEVER
    desk.list[COLUMNS, desk.tally[COLUMNS]] = cell
    desk.tally[COLUMNS] += 1


@inner
def price_cell(desk: Desk, cell: int) -> None:
    """Price an unknown that is reached for the first time: idle where hidden, its share else."""
    note, need = desk.cell, desk.query[NEED]
    noise = note[cell, JITTER] + desk.query[SALT]
    if noise >= 1.0:
        noise -= 1.0
    if note[cell, PRICE] == 0.0:
        unit = desk.query[IDLE_PRICE] * (1.0 + noise)
        touch_cell(desk, cell, unit, unit)
    else:
        whole = note[cell, PRICE] * (1.0 + 0.01 * noise)
        rise = whole / max(min(need, note[cell, UP]), 1.0)
        fall = whole / max(min(need, note[cell, DOWN]), 1.0)
        touch_cell(desk, cell, rise, fall)


@inner
def start(desk: Desk, cell: int) -> None:
    """Move the cell; its relations are broken now. Prices given beforehand stay."""
    if desk.cell[cell, SEEN] != desk.tally[SEARCH]:
        touch_cell(desk, cell, NEVER, NEVER)
    target = desk.query[TARGET]
    desk.cell[cell, AT] = target
    desk.cell[cell, STATE] = FIXED
    place = len(desk.row) + 1 + cell
    for t in range(desk.start[place], desk.start[place + 1]):
        row = desk.entry[t]
        touch_row(desk, row)
        desk.row[row, SLACK] = desk.value[t] * target


@inner
def taken_up(desk: Desk, row: int) -> float:
    """What a relation lacks beyond what its own unknown takes up, as far as it may: 0 for nothing."""
    lacks, own = desk.row[row, SLACK], desk.own[row]
    if own < 0 or desk.cell[own, SEEN] == desk.tally[SEARCH] or desk.cell[own, PRICE] != 0.0:
        return float(lacks)
    return float(lacks - max(-desk.cell[own, DOWN], min(lacks, desk.cell[own, UP])))


@inner
def broken_row(desk: Desk, exact: float) -> int:
    """The relation that has been broken for longest; -1 if none is."""
    known = desk.tally[ROWS]
    begin = desk.tally[WAITING]
    while begin < known and desk.row[desk.list[ROWS, begin], ROW_PLACE] >= 0:
        begin += 1
    desk.tally[WAITING] = begin
    for t in range(begin, known):
        row = desk.list[ROWS, t]
        if desk.row[row, ROW_PLACE] < 0 and abs(taken_up(desk, row)) > exact:
            return int(row)
    return -1


@inner
def hold_own(desk: Desk, row: int) -> None:
    """Put the own unknown of a broken relation, where it may move, to the end that it passed."""
    rest, own = taken_up(desk, row), desk.own[row]
    gone = desk.row[row, SLACK] - rest
    if own < 0 or desk.cell[own, SEEN] == desk.tally[SEARCH] or desk.cell[own, PRICE] != 0.0:
        return
    touch_cell(desk, own, 0.0, 0.0)
    desk.cell[own, AT] = gone
    desk.row[row, SLACK] = rest
    if gone != 0.0:
        desk.cell[own, STATE] = AT_UP if gone > 0 else AT_DOWN


@inner
def settle_own(desk: Desk) -> None:
    """Write down what own unknowns have taken up."""
    for t in range(desk.tally[ROWS]):
        row = desk.list[ROWS, t]
        if desk.row[row, ROW_PLACE] < 0 and desk.row[row, SLACK] != 0.0 and desk.own[row] >= 0:
            hold_own(desk, row)


@inner
def broken_cell(desk: Desk, exact: float) -> tuple[int, float]:
    """Place of the basic unknown furthest out of its range, and the end it passed; -1 if none."""
    note, where, worst, bound = desk.cell, -1, exact, 0.0
    for place in range(desk.tally[RANK]):
        cell = desk.base[BASIC_CELL, place]
        at = note[cell, AT]
        low, high = 0.0, note[cell, UP]
        if note[cell, STATE] == FALLEN:
            low, high = -note[cell, DOWN], 0.0
        if low - at > worst:
            where, worst, bound = place, low - at, low
        elif at - high > worst:
            where, worst, bound = place, at - high, high
    return where, bound


@inner
def add_row(desk: Desk, row: int, times: float) -> None:
    """Add a multiple of a relation to the row in hand."""
    note, mark = desk.cell, desk.tally[ROUND]
    for t in range(desk.start[row], desk.start[row + 1]):
        cell = desk.entry[t]
        if note[cell, ALPHA_SEEN] != mark:
            note[cell, ALPHA_SEEN] = mark
            note[cell, ALPHA] = 0.0
            desk.list[ROW_COLUMNS, desk.tally[ROW_COLUMNS]] = cell
            desk.tally[ROW_COLUMNS] += 1
        note[cell, ALPHA] += times * desk.value[t]


@inner
def row_of_place(desk: Desk, where: int) -> None:
    """The row in hand of a basic unknown: how it answers to the others, as ALPHA."""
    desk.tally[ROUND] += 1
    desk.tally[ROW_COLUMNS] = 0
    for q in range(desk.tally[RANK]):
        times = desk.basis[INVERSE, where, q]
        if abs(times) > _TINY:
            add_row(desk, desk.base[BASIC_ROW, q], times)


@inner
def row_of_relation(desk: Desk, where: int) -> None:
    """A relation with all basic unknowns eliminated, as ALPHA over its columns."""
    note, rank = desk.cell, desk.tally[RANK]
    desk.tally[ROUND] += 1
    desk.tally[ROW_COLUMNS] = 0
    for q in range(rank):
        desk.factor[COMBINATION, q] = 0.0
    for t in range(desk.start[where], desk.start[where + 1]):
        cell = desk.entry[t]
        state = note[cell, STATE]
        if note[cell, SEEN] == desk.tally[SEARCH] and RISEN <= state <= FALLEN:
            place = int(note[cell, PLACE])
            for q in range(rank):
                desk.factor[COMBINATION, q] += desk.value[t] * desk.basis[INVERSE, place, q]
    add_row(desk, where, 1.0)
    for q in range(rank):
        times = desk.factor[COMBINATION, q]
        if abs(times) > _TINY:
            add_row(desk, desk.base[BASIC_ROW, q], -times)


@inner
def ratio_of(desk: Desk, cell: int, pull: float) -> float:
    """How far the multipliers may go before a resting unknown wants to move; or NEVER."""
    note = desk.cell
    state = note[cell, STATE]
    if state == IDLE:
        dual = note[cell, DUAL]
        gap = note[cell, RISE] - dual if pull > 0 else note[cell, FALL] + dual
    elif state == AT_UP and pull < 0:
        gap = note[cell, DUAL] - note[cell, RISE]
    elif state == AT_DOWN and pull > 0:
        gap = -note[cell, FALL] - note[cell, DUAL]
    else:
        return NEVER
    if gap > 0.5 * NEVER:
        return NEVER
    return float(max(gap, 0.0) / abs(pull))


@inner
def larger(desk: Desk, cell: int, other: int) -> bool:
    """Whether one pivot would be larger than another, beyond rounding."""
    return bool(abs(desk.cell[cell, ALPHA]) > abs(desk.cell[other, ALPHA]) + 1e-9)


@inner
def list_candidates(desk: Desk, pulls: float, limit: float) -> int:
    """List all unknowns of the row in hand that could enter, with their ratios; the nearest of them."""
    note, found, best, least = desk.cell, 0, -1, limit
    for t in range(desk.tally[ROW_COLUMNS]):
        cell = desk.list[ROW_COLUMNS, t]
        if abs(note[cell, ALPHA]) < 1e-7:
            continue
        if note[cell, SEEN] != desk.tally[SEARCH]:
            if note[cell, PRICE] > desk.query[DEAREST]:
                continue
            price_cell(desk, cell)
        ratio = ratio_of(desk, cell, pulls * note[cell, ALPHA])
        if ratio < NEVER:
            note[cell, RATIO] = ratio
            desk.list[CANDIDATES, found] = cell
            found += 1
            if ratio < least - 1e-12:
                best, least = cell, ratio
            elif best >= 0 and ratio <= least + 1e-12 and larger(desk, cell, best):
                best, least = cell, min(least, ratio)
    desk.tally[CANDIDATES] = found
    return int(best)


@inner
def nearest(desk: Desk, limit: float) -> int:
    """The candidate with the least ratio not above ``limit``, ties by pivot size; -1 if none."""
    note, best, least = desk.cell, -1, limit
    for t in range(desk.tally[CANDIDATES]):
        cell = desk.list[CANDIDATES, t]
        ratio = note[cell, RATIO]
        if ratio < least - 1e-12:
            best, least = cell, ratio
        elif best >= 0 and ratio <= least + 1e-12 and larger(desk, cell, best):
            best, least = cell, min(least, ratio)
    return int(best)
