"""Which arrays do the compiled searches work on?

The relations are stored both ways, so that a search touches only what it reaches. All that a
search notes about an unknown lies side by side, and is marked with the number of the search, so
that nothing has to be cleared in between. Whole numbers kept among floats stay far below 2^53.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import scipy.sparse as sp

from sdc.model.hierarchy import IntArray
from sdc.model.system import FloatArray

SIZE = 523
"""Most relations that one search may enforce; odd, so that rows do not share cache sets."""

CLASSES = 14
"""Moves have at most 2^(CLASSES - 1) nodes."""

DIVES = 12
"""How many cells of one search may be held back to make its move whole."""

TOGETHER = 200
"""Most guards that one search keeps."""

OPEN, TRIED_TOGETHER = -1, -2
"""What stands for the move (BY) of a demand without one; the second where one for all its ring was
looked for."""

WIDE = 256
"""Unknowns of a row in hand that count as one step more."""

NEVER = 1e18
"""Price of what may not be hidden."""

IDLE, AT_UP, AT_DOWN, RISEN, FALLEN, FIXED = range(6)
"""States of an unknown: at rest, at its upper or lower end, basic above or below rest, given."""

# Columns of ``Desk.cell``. Every step reads the first eight of many unknowns: one line of memory each.
ALPHA, ALPHA_SEEN, SEEN, STATE, DUAL, RISE, FALL, RATIO = range(8)
PLACE, AT, PRICE, UP, DOWN, JITTER, MASK, FIRST = range(8, 16)

SLACK, ROW_SEEN, ROW_PLACE = range(3)  # columns of ``Desk.row``
INVERSE, MIRROR = range(2)  # layers of ``Desk.basis``
BASIC_ROW, BASIC_CELL, SOME, MORE, OVER_CELL, DIVE_CELL = range(6)  # rows of ``Desk.base``
WEIGHT, COMBINATION, OVER_PRICE, DIVE_UP, DIVE_DOWN = range(5)  # rows of ``Desk.factor``

# Rows of ``Desk.list``.
COLUMNS, ROW_COLUMNS, CANDIDATES, ROWS, CELLS, STEPS, LAST_CELLS, LAST_STEPS = range(8)
DEMANDS, OLD, OUT, NEW = range(8, 12)

# Places in ``Desk.tally``; the first twelve count the entries of the lists of the same name.
SEARCH, ROUND, RANK, PIVOTS, NUMBER, RANDOM, SWEPT = range(12, 19)
NODE_TOP, MOVE_TOP, FREE_MOVE, FREE_NODES = range(19, 23)
WAITING = FREE_NODES + CLASSES
"""Place in ``Desk.tally``: in the list of relations, all before this one are enforced."""

TARGET, NEED, IDLE_PRICE, SALT, LIMIT, PATIENCE, COST, SLOPE, TURN = range(9)
"""Places in ``Desk.query``: the change asked for, its size, the price of a unit in a hidden cell,
the shift of the disturbances, the cost and the number of steps at which a search is given up, the
cost reached, and within a step what is gained a unit and where the leaving unknown turns."""
IDLE_TASTE, SLACK_TASTE, GUARDED_PATIENCE, DEAREST = 9, 10, 11, 12
"""Places in ``Desk.query``: price of a hidden cell, how much dearer a search may become, the number of
steps at which a refutation with a guard is given up, and the price beyond which no cell is opened."""

NODE_CELL, NODE_AFTER, NODE_BEFORE, NODE_MOVE = range(4)  # columns of ``Desk.node``
BEGIN, LENGTH, SERVED, MARK = range(4)  # columns of ``Desk.move``
CELL, SIGN, AMOUNT, BY, AFTER, BEFORE, WAY = range(7)  # columns of ``Desk.demand``
GUARD, GUARD_WAY, GUARD_ROOM, PEER = range(7, 11)
"""Columns of ``Desk.demand``: an unknown (or -1) that a move for the demand may take no further than so
much upward (way 1) or downward (-1), and the next in the ring of demands that differ by it only."""
USERS, CHANGED, TRIED, FREE, MEMBERS = range(5)  # columns of ``Desk.mask``


class Desk(NamedTuple):
    """All arrays of the searches over n unknowns, m relations, r demands and k masks.

    ========== ============== ==============================================================
    start      (m + n + 2,)   where the entries of each relation, then of each unknown begin
    entry      (2 z,)         unknowns of the relations, then relations of the unknowns
    value      (2 z,)         their coefficients
    own        (m,)           unknown that stands in no other relation, or -1 (see ``pivoting``)
    cell       (n, 16)        what is known of an unknown (columns above)
    row        (m, 3)         what a relation lacks, and where it stands in the basis
    basis      (2, SIZE, ..)  inverse of the enforced relations in the basic unknowns; mirrored
    base       (6, SIZE)      whole numbers by place in the basis, or by number
    factor     (5, SIZE)      floats by place in the basis, or by number
    list       (12, ..)       lists of unknowns, relations, moves and demands
    tally      (64,)          how long the lists are, and other counters
    query      (16,)          what a search is for
    node, step (cap, 4), (cap,)  the pool: a node is one changed unknown of a move
    move       (cap, 4)       moves: storage, first demand served, mark
    demand     (r, 11)        demands, the move of each, how it is used (WAY), and guards
    mask       (k + 1, 5)     users, last change, last trial, free or not, first member
    price      (k,)           price of a mask
    member     (n,)           unknowns by mask
    ========== ============== ==============================================================
    """

    start: IntArray
    entry: IntArray
    value: FloatArray
    own: IntArray
    cell: FloatArray
    row: FloatArray
    basis: FloatArray
    base: IntArray
    factor: FloatArray
    list: IntArray
    tally: IntArray
    query: FloatArray
    node: IntArray
    step: IntArray
    move: IntArray
    demand: IntArray
    mask: IntArray
    price: FloatArray
    member: IntArray


def _aligned(rows: int, columns: int) -> FloatArray:
    """Zeros (rows, columns) whose rows begin where lines of memory do."""
    raw = np.zeros(rows * columns + 8)
    begin = (-raw.ctypes.data // 8) % 8
    return raw[begin : begin + rows * columns].reshape(rows, columns)


def lay_out(relations: sp.csr_matrix, *, demands: int, masks: int, nodes: int, seed: int) -> Desk:
    """An empty desk for a relation matrix (m, n)."""
    rows = relations.tocsr()
    rows.sort_indices()
    cells = rows.tocsc()
    m, n = rows.shape
    moves = 2 * demands + 64
    start = np.concatenate([rows.indptr, cells.indptr.astype(np.int64) + rows.nnz])
    cell = _aligned(n, 16)
    cell[:, JITTER] = np.random.default_rng(seed).random(n)
    cell[:, FIRST] = -1
    demand = np.full((demands, 11), -1, dtype=np.int64)
    tally = np.zeros(64, dtype=np.int64)
    tally[FREE_MOVE : FREE_NODES + CLASSES] = -1
    tally[RANDOM] = 2 * seed + 88172645463325252
    return Desk(
        start.astype(np.int64),
        np.concatenate([rows.indices, cells.indices]).astype(np.int64),
        np.concatenate([rows.data, cells.data]).astype(np.float64),
        np.full(m, -1, dtype=np.int64),
        cell,
        np.zeros((m, 3)),
        np.zeros((2, SIZE, SIZE)),
        np.zeros((6, SIZE), dtype=np.int64),
        np.zeros((5, SIZE)),
        np.zeros((12, max(n, m, moves) + 1), dtype=np.int64),
        tally,
        np.zeros(16),
        np.empty((nodes, 4), dtype=np.int32),
        np.empty(nodes, dtype=np.int64),
        np.full((moves, 4), -1, dtype=np.int64),
        demand,
        np.zeros((masks + 1, 5), dtype=np.int64),
        np.zeros(masks),
        np.zeros(n, dtype=np.int64),
    )


def enlarged(desk: Desk, *, demands: int, nodes: int) -> Desk:
    """The same desk with room for further demands and moves; O(what is in use)."""
    moves, used = 2 * demands + 64, int(desk.tally[NODE_TOP])
    node, step = np.empty((nodes, 4), desk.node.dtype), np.empty(nodes, dtype=np.int64)
    node[:used], step[:used] = desk.node[:used], desk.step[:used]
    return desk._replace(
        node=node,
        step=step,
        move=_longer(desk.move, moves),
        demand=_longer(desk.demand, demands),
        list=np.zeros((len(desk.list), max(desk.list.shape[1], moves + 1)), dtype=np.int64),
    )


def _longer(array: IntArray, rows: int) -> IntArray:
    """The same rows, then others full of -1."""
    out = np.full((rows, array.shape[1]), -1, dtype=np.int64)
    out[: len(array)] = array
    return out


def rings(demands: tuple[IntArray, ...], guard: IntArray) -> IntArray:
    """(r,) the next demand with a guard that agrees in all else, round and round; -1 without a guard.

    >>> rings((np.array([4, 4, 7, 4]),), np.array([-1, 2, 2, 3])).tolist()
    [-1, 3, 2, 1]
    """
    kept = np.flatnonzero(guard >= 0)
    order = kept[np.lexsort(tuple(a[kept] for a in demands))]
    differs = np.zeros(len(order), dtype=bool)
    for a in demands:
        differs |= a[order] != np.roll(a[order], 1)
    first = np.flatnonzero(differs)
    following = np.roll(order, -1)
    if len(first):
        following[np.append(first[1:], len(order)) - 1] = order[first]
    out = np.full(len(guard), -1, dtype=np.int64)
    out[order] = following
    return out
