"""Which moves are in hand, which demand does each serve, and which masks do they keep open?

Moves lie in one pool of nodes, a node a changed unknown; the nodes of one unknown form a list, so
that the moves through it are found at once. Storage is handed out in powers of two and used again.
"""

from __future__ import annotations

from sdc.suppression.compiled import compiled, inner
from sdc.suppression.desk import (
    AFTER,
    BEFORE,
    BEGIN,
    BY,
    CLASSES,
    FIRST,
    FREE,
    FREE_MOVE,
    FREE_NODES,
    LENGTH,
    MASK,
    MEMBERS,
    MOVE_TOP,
    NODE_AFTER,
    NODE_BEFORE,
    NODE_CELL,
    NODE_MOVE,
    NODE_TOP,
    PRICE,
    SERVED,
    USERS,
    WAY,
    Desk,
)


@inner
def class_of(size: int) -> int:
    """The storage class of a move with ``size`` nodes."""
    k = 2
    while (1 << k) < size:
        k += 1
    return k


@inner
def make(desk: Desk, size: int) -> int:
    """Storage for a move; -1 where the pool is full or the move too large."""
    k = class_of(size)
    tally = desk.tally
    if k >= CLASSES:
        return -1
    begin = tally[FREE_NODES + k]
    if begin >= 0:
        tally[FREE_NODES + k] = desk.node[begin, NODE_AFTER]
    else:
        begin = tally[NODE_TOP]
        if begin + (1 << k) > len(desk.node):
            return -1
        tally[NODE_TOP] = begin + (1 << k)
    move = tally[FREE_MOVE]
    if move >= 0:
        tally[FREE_MOVE] = desk.move[move, BEGIN]
    else:
        move = tally[MOVE_TOP]
        if move >= len(desk.move):
            return -1
        tally[MOVE_TOP] = move + 1
    desk.move[move, BEGIN] = begin
    desk.move[move, LENGTH] = size
    desk.move[move, SERVED] = -1
    return int(move)


@inner
def discard(desk: Desk, move: int) -> None:
    """Give the storage of an unlinked move back."""
    k = class_of(desk.move[move, LENGTH])
    begin = desk.move[move, BEGIN]
    desk.node[begin, NODE_AFTER] = desk.tally[FREE_NODES + k]
    desk.tally[FREE_NODES + k] = begin
    desk.move[move, LENGTH] = 0
    desk.move[move, BEGIN] = desk.tally[FREE_MOVE]
    desk.tally[FREE_MOVE] = move


@inner
def reprice(desk: Desk, mask: int, price: float) -> None:
    """Set the price now of all unknowns under a mask."""
    for t in range(desk.mask[mask, MEMBERS], desk.mask[mask + 1, MEMBERS]):
        desk.cell[desk.member[t], PRICE] = price


@inner
def link(desk: Desk, move: int) -> float:
    """Put a move in use; the price of the masks that it opens."""
    opened, node = 0.0, desk.node
    begin = desk.move[move, BEGIN]
    for t in range(begin, begin + desk.move[move, LENGTH]):
        cell = node[t, NODE_CELL]
        head = int(desk.cell[cell, FIRST])
        node[t, NODE_AFTER] = head
        node[t, NODE_BEFORE] = -1
        node[t, NODE_MOVE] = move
        if head >= 0:
            node[head, NODE_BEFORE] = t
        desk.cell[cell, FIRST] = t
        mask = int(desk.cell[cell, MASK])
        if desk.mask[mask, USERS] == 0 and desk.mask[mask, FREE] == 0:
            opened += desk.price[mask]
            reprice(desk, mask, 0.0)
        desk.mask[mask, USERS] += 1
    return opened


@inner
def unlink(desk: Desk, move: int) -> float:
    """Take a move out of use; the price of the masks that close."""
    closed, node = 0.0, desk.node
    begin = desk.move[move, BEGIN]
    for t in range(begin, begin + desk.move[move, LENGTH]):
        cell = node[t, NODE_CELL]
        before, after = node[t, NODE_BEFORE], node[t, NODE_AFTER]
        if before >= 0:
            node[before, NODE_AFTER] = after
        else:
            desk.cell[cell, FIRST] = after
        if after >= 0:
            node[after, NODE_BEFORE] = before
        mask = int(desk.cell[cell, MASK])
        desk.mask[mask, USERS] -= 1
        if desk.mask[mask, USERS] == 0 and desk.mask[mask, FREE] == 0:
            closed += desk.price[mask]
            reprice(desk, mask, desk.price[mask])
    return closed


@inner
def give(desk: Desk, demand: int, move: int, way: int) -> None:
    """Let a move, as it is (way 1) or reversed (-1), serve a demand that nothing serves."""
    head = desk.move[move, SERVED]
    desk.demand[demand, AFTER] = head
    desk.demand[demand, BEFORE] = -1
    if head >= 0:
        desk.demand[head, BEFORE] = demand
    desk.move[move, SERVED] = demand
    desk.demand[demand, BY] = move
    desk.demand[demand, WAY] = way


@inner
def take(desk: Desk, demand: int) -> None:
    """Leave a demand without a move."""
    before, after = desk.demand[demand, BEFORE], desk.demand[demand, AFTER]
    if before >= 0:
        desk.demand[before, AFTER] = after
    else:
        desk.move[desk.demand[demand, BY], SERVED] = after
    if after >= 0:
        desk.demand[after, BEFORE] = before
    desk.demand[demand, BY] = -1


@compiled
def cost_of(desk: Desk) -> float:
    """Price of all masks that moves keep open."""
    total = 0.0
    for mask in range(len(desk.price)):
        if desk.mask[mask, USERS] > 0 and desk.mask[mask, FREE] == 0:
            total += desk.price[mask]
    return total
