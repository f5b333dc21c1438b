"""How is a set of moves made and then exchanged, piece by piece, for a cheaper one?"""

from __future__ import annotations

from sdc.model.hierarchy import IntArray
from sdc.suppression.aiming import aim, draw, guard_ring, ready
from sdc.suppression.compiled import compiled, inner
from sdc.suppression.desk import (
    BEGIN,
    BY,
    CELLS,
    CHANGED,
    DEMANDS,
    FIRST,
    LENGTH,
    MARK,
    MASK,
    MEMBERS,
    NEVER,
    NEW,
    NODE_AFTER,
    NODE_CELL,
    NODE_MOVE,
    NUMBER,
    OLD,
    OUT,
    SERVED,
    STEPS,
    USERS,
    WAY,
    Desk,
)
from sdc.suppression.holding import discard, give, link, make, reprice, take, unlink


@inner
def reuse(desk: Desk, demand: int) -> bool:
    """Give a demand a move that is in use already, where one serves it."""
    move, way = ready(desk, demand)
    if move >= 0:
        give(desk, demand, move, way)
    return bool(move >= 0)


@inner
def serve(desk: Desk, demand: int, limit: float, held: int) -> tuple[bool, float]:
    """Give a demand a move that opens masks for at most ``limit``: (served, price opened).

    ``held`` is the number of guards that are set for it already; 0 for none.
    """
    if not aim(desk, demand, limit + 1e-9, held):
        return False, 0.0
    size = desk.tally[CELLS]
    move = make(desk, size)
    if move < 0:
        return False, 0.0
    begin = desk.move[move, BEGIN]
    for t in range(size):
        desk.node[begin + t, NODE_CELL] = desk.list[CELLS, t]
        desk.step[begin + t] = desk.list[STEPS, t]
    desk.list[NEW, desk.tally[NEW]] = move
    desk.tally[NEW] += 1
    opened = link(desk, move)
    give(desk, demand, move, 1)
    return True, opened


@compiled
def construct(desk: Desk, order: IntArray) -> int:
    """Serve demands in an order, each as cheaply as is found; how many found no move.

    Demands that differ by their guards only are served together where that is possible.
    """
    failed = 0
    for t in range(len(order)):
        if desk.demand[order[t], BY] >= 0 or reuse(desk, order[t]):
            continue
        desk.tally[NEW] = 0
        held = guard_ring(desk, order[t])
        served = held > 0 and serve(desk, order[t], 0.5 * NEVER, held)[0]
        if not served and not serve(desk, order[t], 0.5 * NEVER, 0)[0]:
            failed += 1
    return failed


@compiled
def load_move(desk: Desk, cells: IntArray, steps: IntArray) -> int:
    """Put a given move in use; its number, or -1 where the pool has no room for it."""
    move = make(desk, len(cells))
    if move >= 0:
        begin = desk.move[move, BEGIN]
        for t in range(len(cells)):
            desk.node[begin + t, NODE_CELL] = cells[t]
            desk.step[begin + t] = steps[t]
        link(desk, move)
    return move


@compiled
def load_demand(desk: Desk, demand: int, move: int, way: int) -> None:
    """Let a loaded move serve a demand."""
    give(desk, demand, move, way)


@inner
def begin_trial(desk: Desk) -> None:
    """Start an exchange."""
    desk.tally[DEMANDS] = desk.tally[OUT] = desk.tally[NEW] = 0
    desk.tally[NUMBER] += 1


@inner
def choose(desk: Desk, move: int) -> None:
    """Choose one move to be taken out."""
    if desk.move[move, MARK] != desk.tally[NUMBER]:
        desk.move[move, MARK] = desk.tally[NUMBER]
        desk.list[OUT, desk.tally[OUT]] = move
        desk.tally[OUT] += 1


@inner
def pick(desk: Desk, mask: int, most: int) -> None:
    """Choose all moves that need a mask, up to ``most`` in all."""
    for t in range(desk.mask[mask, MEMBERS], desk.mask[mask + 1, MEMBERS]):
        node = int(desk.cell[desk.member[t], FIRST])
        while node >= 0 and desk.tally[OUT] < most:
            choose(desk, desk.node[node, NODE_MOVE])
            node = int(desk.node[node, NODE_AFTER])


@inner
def take_out(desk: Desk) -> float:
    """Take the chosen moves out of use; the price of the masks that close."""
    closed = 0.0
    for t in range(desk.tally[OUT]):
        move = desk.list[OUT, t]
        closed += unlink(desk, move)
        while desk.move[move, SERVED] >= 0:
            demand = desk.move[move, SERVED]
            take(desk, demand)
            desk.list[DEMANDS, desk.tally[DEMANDS]] = demand
            desk.list[OLD, desk.tally[DEMANDS]] = move * 2 + (desk.demand[demand, WAY] < 0)
            desk.tally[DEMANDS] += 1
    return closed


@inner
def shuffle(desk: Desk) -> None:
    """Put the demands of an exchange into random order."""
    both = desk.list
    for t in range(desk.tally[DEMANDS] - 1, 0, -1):
        u = draw(desk, t + 1)
        both[DEMANDS, t], both[DEMANDS, u] = both[DEMANDS, u], both[DEMANDS, t]
        both[OLD, t], both[OLD, u] = both[OLD, u], both[OLD, t]


@inner
def exchange(desk: Desk, ban: int, slack: float) -> tuple[bool, float]:
    """Serve the demands of the moves chosen anew: (kept, change of the price).

    ``ban`` (a mask, or -1) must not be used; what is opened may cost ``slack`` more than what
    closes, otherwise all is as before.
    """
    closed = take_out(desk)
    shuffle(desk)
    if ban >= 0 and desk.mask[ban, USERS] > 0:
        ban = -1
    if ban >= 0:
        reprice(desk, ban, NEVER)
    opened = 0.0
    kept = True
    for t in range(desk.tally[DEMANDS]):
        demand = desk.list[DEMANDS, t]
        if reuse(desk, demand):
            continue
        kept, more = serve(desk, demand, closed + slack - opened, 0)
        opened += more
        if not kept or opened > closed + slack:
            kept = False
            break
    if ban >= 0:
        reprice(desk, ban, desk.price[ban])
    if kept:
        settle(desk)
        return True, opened - closed
    undo(desk)
    return False, 0.0


@inner
def note_change(desk: Desk, move: int) -> None:
    """Mark the masks of a move as changed by this exchange."""
    begin = desk.move[move, BEGIN]
    for t in range(begin, begin + desk.move[move, LENGTH]):
        mask = int(desk.cell[desk.node[t, NODE_CELL], MASK])
        desk.mask[mask, CHANGED] = desk.tally[NUMBER]


@inner
def settle(desk: Desk) -> None:
    """Keep an exchange: note which masks it touched and give old storage back."""
    for t in range(desk.tally[NEW]):
        note_change(desk, desk.list[NEW, t])
    for t in range(desk.tally[OUT]):
        note_change(desk, desk.list[OUT, t])
        discard(desk, desk.list[OUT, t])


@inner
def undo(desk: Desk) -> None:
    """Restore what was before an exchange."""
    for t in range(desk.tally[DEMANDS]):
        if desk.demand[desk.list[DEMANDS, t], BY] >= 0:
            take(desk, desk.list[DEMANDS, t])
    for t in range(desk.tally[NEW]):
        unlink(desk, desk.list[NEW, t])
        discard(desk, desk.list[NEW, t])
    for t in range(desk.tally[OUT]):
        link(desk, desk.list[OUT, t])
    for t in range(desk.tally[DEMANDS]):
        old = desk.list[OLD, t]
        give(desk, desk.list[DEMANDS, t], old // 2, -1 if old % 2 else 1)
