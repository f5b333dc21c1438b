"""How is one demand served as cheaply as possible by a whole-number move?

Linear prices charge a cell by how much it moves; the true price is charged once. So a move that
uses closed cells is priced again by what they really moved (slope scaling), and a point that is
not whole is searched again with one of its fractional cells held back (diving).
"""

from __future__ import annotations

import numpy as np

from sdc.suppression.cheapmove import FOUND, cheapest_move, open_search
from sdc.suppression.compiled import compiled, inner
from sdc.suppression.desk import (
    AMOUNT,
    AT,
    BEGIN,
    BY,
    CELL,
    CELLS,
    COLUMNS,
    COST,
    DEAREST,
    DIVE_CELL,
    DIVE_DOWN,
    DIVE_UP,
    DIVES,
    DOWN,
    FIRST,
    GUARD,
    GUARD_ROOM,
    GUARD_WAY,
    IDLE_TASTE,
    JITTER,
    LAST_CELLS,
    LAST_STEPS,
    LENGTH,
    LIMIT,
    NEVER,
    NODE_AFTER,
    NODE_CELL,
    NODE_MOVE,
    OPEN,
    OVER_CELL,
    OVER_PRICE,
    PEER,
    PRICE,
    RANDOM,
    SIGN,
    SIZE,
    SLACK_TASTE,
    STEPS,
    TOGETHER,
    TRIED_TOGETHER,
    UP,
    Desk,
)
from sdc.suppression.pivoting import touch_cell

REPRICINGS = 2
LOOKS = 64
"""Reversed moves through a cell that are tried for a demand before a new one is searched."""

_SLIM = 1e-7


@inner
def read_off(desk: Desk) -> tuple[float, float, int]:
    """The move on the desk into LAST_CELLS: (price, idle part, worst fractional cell or -1)."""
    size, price, idle_part, worst, most = 0, 0.0, 0.0, -1, 0.0
    for t in range(desk.tally[COLUMNS]):
        cell = desk.list[COLUMNS, t]
        at = desk.cell[cell, AT]
        if abs(at) < _SLIM:
            continue
        closed = desk.cell[cell, PRICE]
        whole = np.rint(at)
        off = abs(at - whole)
        if off > 1e-6 + 1e-10 * abs(at):
            off += (1.0 if closed == 0.0 else 0.0) + 0.001 * desk.cell[cell, JITTER]
            if off > most:
                worst, most = cell, off
        if closed > 0.0:
            price += closed
        else:
            idle_part += abs(at)
        desk.list[LAST_CELLS, size] = cell
        desk.list[LAST_STEPS, size] = int(whole)
        size += 1
    desk.tally[LAST_CELLS] = size
    return price, idle_part, int(worst)


@inner
def guard(desk: Desk, demand: int, held: int) -> int:
    """Let the guarded cell of a demand move no further than it may; how many cells are held back."""
    cell = desk.demand[demand, GUARD]
    if cell < 0:
        return held
    desk.base[DIVE_CELL, held] = cell
    desk.factor[DIVE_UP, held] = desk.cell[cell, UP]
    desk.factor[DIVE_DOWN, held] = desk.cell[cell, DOWN]
    side = UP if desk.demand[demand, GUARD_WAY] > 0 else DOWN
    desk.cell[cell, side] = min(desk.cell[cell, side], float(desk.demand[demand, GUARD_ROOM]))
    return held + 1


@inner
def guard_ring(desk: Desk, demand: int) -> int:
    """Guard the cells of all demands without a move that differ by their guard only; how many.

    0 where there are not several, or they were tried together before.
    """
    if desk.demand[demand, BY] != OPEN or desk.demand[demand, GUARD] < 0:
        return 0
    held, peer = 0, demand
    while True:
        if desk.demand[peer, BY] == OPEN and held < TOGETHER:
            desk.demand[peer, BY] = TRIED_TOGETHER
            held = guard(desk, peer, held)
        peer = desk.demand[peer, PEER]
        if peer == demand:
            break
    if held == 1:
        let_go(desk, held)
        return 0
    return held


@inner
def spares(desk: Desk, demand: int, move: int, way: int) -> bool:
    """Whether a move, as it is (way 1) or reversed (-1), leaves the guarded cell enough."""
    cell = desk.demand[demand, GUARD]
    if cell < 0:
        return True
    begin = desk.move[move, BEGIN]
    for t in range(begin, begin + desk.move[move, LENGTH]):
        if desk.node[t, NODE_CELL] == cell:
            step = way * desk.demand[demand, GUARD_WAY] * desk.step[t]
            return bool(step <= desk.demand[demand, GUARD_ROOM])
    return True


@inner
def hold_back(desk: Desk, dives: int, cell: int) -> None:
    """Let a fractional cell move no further than the whole number below."""
    desk.base[DIVE_CELL, dives] = cell
    desk.factor[DIVE_UP, dives] = desk.cell[cell, UP]
    desk.factor[DIVE_DOWN, dives] = desk.cell[cell, DOWN]
    if desk.cell[cell, AT] > 0:
        desk.cell[cell, UP] = np.floor(desk.cell[cell, AT])
    else:
        desk.cell[cell, DOWN] = np.floor(-desk.cell[cell, AT])


@inner
def let_go(desk: Desk, dives: int) -> None:
    """Give all cells their room back."""
    for t in range(dives - 1, -1, -1):
        cell = desk.base[DIVE_CELL, t]
        desk.cell[cell, UP] = desk.factor[DIVE_UP, t]
        desk.cell[cell, DOWN] = desk.factor[DIVE_DOWN, t]


@inner
def corrected(desk: Desk) -> int:
    """Prices a unit that would have charged the closed cells of the move exactly once."""
    size = 0
    for t in range(desk.tally[COLUMNS]):
        cell = desk.list[COLUMNS, t]
        at = abs(desk.cell[cell, AT])
        if at > _SLIM and desk.cell[cell, PRICE] > 0.0 and size < SIZE:
            desk.base[OVER_CELL, size] = cell
            desk.factor[OVER_PRICE, size] = desk.cell[cell, PRICE] / at
            size += 1
    return size


@inner
def draw(desk: Desk, below: int) -> int:
    """A pseudorandom whole number from 0 to below - 1 (xorshift, Marsaglia 2003)."""
    x = desk.tally[RANDOM]
    x ^= x << 13
    x ^= (x >> 7) & 0x01FFFFFFFFFFFFFF
    x ^= x << 17
    desk.tally[RANDOM] = x
    return int(((x >> 11) & 0x1FFFFFFFFFFFFF) % below)


@inner
def search(desk: Desk, demand: int, overs: int, salt: float) -> int:
    """One search with the corrected prices of ``overs`` cells; its outcome."""
    need = desk.demand[demand, AMOUNT]
    target = float(desk.demand[demand, SIGN] * need)
    open_search(desk, target, desk.query[IDLE_TASTE] / need, salt)
    for t in range(overs):
        price = desk.factor[OVER_PRICE, t]
        touch_cell(desk, desk.base[OVER_CELL, t], price, price)
    return cheapest_move(desk, desk.demand[demand, CELL])


@inner
def keep(desk: Desk) -> None:
    """Make the move read off last the best one."""
    for t in range(desk.tally[LAST_CELLS]):
        desk.list[CELLS, t] = desk.list[LAST_CELLS, t]
        desk.list[STEPS, t] = desk.list[LAST_STEPS, t]
    desk.tally[CELLS] = desk.tally[LAST_CELLS]


@compiled
def aim(desk: Desk, demand: int, limit: float, held: int) -> bool:
    """A cheap whole move into CELLS and STEPS; False where none below ``limit`` is found.

    Keeps the guards that are ``held`` already, or that of the demand, and lets go of them.
    """
    best, found = limit, False
    overs = rounds = 0
    held = held if held > 0 else guard(desk, demand, 0)
    dives, salt = held, draw(desk, 1 << 30) / (1 << 30)
    while rounds <= REPRICINGS:
        desk.query[LIMIT] = best * 1.02 + desk.query[SLACK_TASTE]
        # A move pays for every cell that it opens, so none dearer than the best move is of use.
        desk.query[DEAREST] = min(best, 0.4 * NEVER)
        if search(desk, demand, overs, salt) != FOUND:
            break
        price, idle_part, worst = read_off(desk)
        if worst >= 0:
            if dives - held >= DIVES or worst == desk.demand[demand, CELL]:
                break
            hold_back(desk, dives, worst)
            dives += 1
            continue
        if price < best - 1e-9:
            best, found = price, True
            keep(desk)
        elif rounds > 0:
            break
        linear = desk.query[COST] - idle_part * desk.query[IDLE_TASTE] / desk.demand[demand, AMOUNT]
        if price == 0.0 or (rounds == 0 and price <= linear * 1.001 + 1e-9):
            break
        overs = corrected(desk)
        rounds += 1
    let_go(desk, dives)
    return found


@inner
def opposite_fits(desk: Desk, move: int) -> bool:
    """Whether the reverse of a move stays within the prior bounds."""
    begin = desk.move[move, BEGIN]
    for t in range(begin, begin + desk.move[move, LENGTH]):
        step, cell = -desk.step[t], desk.node[t, NODE_CELL]
        if step > desk.cell[cell, UP] or -step > desk.cell[cell, DOWN]:
            return False
    return True


@inner
def ready(desk: Desk, demand: int) -> tuple[int, int]:
    """A move in use that serves a demand, and which way round; (-1, 0) where none is found."""
    sign, need = desk.demand[demand, SIGN], desk.demand[demand, AMOUNT]
    node = int(desk.cell[desk.demand[demand, CELL], FIRST])
    looks = 0
    while node >= 0 and looks < LOOKS:
        step = sign * desk.step[node]
        move = int(desk.node[node, NODE_MOVE])
        if step >= need and spares(desk, demand, move, 1):
            return move, 1
        if -step >= need:
            looks += 1
            if spares(desk, demand, move, -1) and opposite_fits(desk, move):
                return move, -1
        node = int(desk.node[node, NODE_AFTER])
    return -1, 0
