"""Does a whole-number table agree with everything printed, and how far does it reach?

The certificate check: additions and comparisons of 64-bit integers; no solver, no tolerance.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from sdc.errors import InputError
from sdc.messages import Text
from sdc.model.hierarchy import IntArray
from sdc.model.sharing import Runner
from sdc.model.system import BoolArray, Problem

BATCH = 20_000
"""Moves that are checked together: fewer cost more to send away than to check."""

FAR = 2**53
"""No difference between two tables may be larger, so that no sum can leave 64 bits."""


def free_cells(problem: Problem, hidden: BoolArray) -> BoolArray:
    """(n,) the unknowns of an attacker: hidden or latent, and not known from elsewhere."""
    system = problem.system
    return np.asarray((hidden | ~system.shown) & ~system.known)


def valid(
    problem: Problem,
    hidden: BoolArray,
    moves: sp.csr_matrix,
    *,
    scale: int = 1,
    run: Runner = map,
) -> BoolArray:
    """(w,) the rows z of ``moves`` (w, n) for which value + z is a table the attacker must expect.

    That is: z is 0 on every printed or known cell, ``relations @ z == 0``, value + z lies within
    the prior bounds everywhere, and no cell stands in a row twice. Differences count in units of
    1 / ``scale``; ``run`` shares the moves out. O(stored numbers x relations a cell).

    Raises InputError where the moves are not int64, do not fit, or are large enough to overflow.

    >>> from sdc.model.system import Level, System
    >>> s = System.plain(np.array([7, 3, 4]), sp.csr_matrix(np.array([[-1, 1, 1]])))
    >>> none = np.zeros(0, dtype=np.int64)
    >>> p = Problem(s, Level.INTERVAL, none, none, none, none, np.zeros(3, np.int64),
    ...             np.full(3, 2**53), np.ones(3, bool), np.ones(3))
    >>> offered = sp.csr_matrix(np.array([[0, 1, -1], [0, 1, 1], [0, -4, 4]]))
    >>> valid(p, np.array([False, True, True]), offered).tolist()
    [True, False, False]
    """
    system, free = problem.system, free_cells(problem, hidden)
    if moves.dtype != np.int64 or moves.shape[1] != system.n:
        raise InputError(Text("moves must be int64 with one column a cell"))
    longest = int(np.diff(system.relations.indptr).max(initial=1))
    size = int(abs(system.relations.data).max(initial=1)) * longest
    extreme = max(int(moves.data.max(initial=0)), -int(moves.data.min(initial=0)))
    if extreme > FAR or extreme * size >= 2**63 or not 1 <= scale <= FAR:
        raise InputError(Text("a difference in a move is too large"))
    most = FAR // scale
    low = scale * np.maximum(problem.floor - system.value, -most)
    high = scale * np.minimum(problem.ceiling - system.value, most)
    # Cells that do not move keep their true value: it must lie within the prior bounds as well.
    if not ((low <= 0) & (high >= 0))[free].all():
        return np.zeros(moves.shape[0], dtype=bool)
    batches = Batches(moves, system.by_column, np.where(free, low, 0), np.where(free, high, 0))
    empty = np.zeros(0, dtype=bool)
    return np.concatenate([empty, *run(holds, batches)])


@dataclass(frozen=True, eq=False)
class Batch:
    """Some moves (w, c) and all that speaks of the c cells that they touch."""

    moves: sp.csr_matrix
    relations: sp.csc_matrix
    low: IntArray
    high: IntArray


@dataclass(frozen=True, eq=False)
class Batches:
    """Moves in batches, cut when they are asked for: what is sent away does not grow with the system.

    ``low`` and ``high`` (n,) are 0 on the cells that must stand still.
    """

    moves: sp.csr_matrix
    relations: sp.csc_matrix
    low: IntArray
    high: IntArray

    def __len__(self) -> int:
        return len(range(0, self.moves.shape[0], BATCH))

    def __iter__(self) -> Iterator[Batch]:
        for start in range(0, self.moves.shape[0], BATCH):
            part = self.moves[start : start + BATCH]
            cells, place = np.unique(part.indices, return_inverse=True)
            own = sp.csr_matrix((part.data, place, part.indptr), shape=(part.shape[0], len(cells)))
            yield Batch(own, self.relations[:, cells], self.low[cells], self.high[cells])


def holds(batch: Batch) -> BoolArray:
    """(w,) whether a move names no cell twice, stays within the bounds and keeps every relation."""
    column, step = batch.moves.indices, batch.moves.data
    row = np.repeat(np.arange(batch.moves.shape[0]), np.diff(batch.moves.indptr))
    good = np.ones(batch.moves.shape[0], dtype=bool)
    good[row[(step < batch.low[column]) | (step > batch.high[column])]] = False
    # Sums would add up two steps of one cell, and its reach would count the larger one.
    named = np.sort(row * max(len(batch.low), 1) + column)
    good[named[1:][np.diff(named) == 0] // max(len(batch.low), 1)] = False
    drift = sp.csr_matrix(batch.moves @ batch.relations.T)
    at = np.repeat(np.arange(drift.shape[0]), np.diff(drift.indptr))
    good[at[drift.data != 0]] = False
    return good


@dataclass(frozen=True, eq=False)
class Reach:
    """How far the valid moves take every cell: (n,) extremes of z, and the rows that reach them.

    ``up_row`` and ``down_row`` are -1 where no row moves the cell that way.
    """

    up: IntArray
    down: IntArray
    up_row: IntArray
    down_row: IntArray


def reach(moves: sp.csr_matrix, good: BoolArray) -> Reach:
    """The extremes over the rows marked ``good``; the first row among equals. O(stored numbers).

    >>> r = reach(sp.csr_matrix(np.array([[0, 1, -1], [0, 2, -2]])), np.array([True, True]))
    >>> r.up.tolist(), r.down.tolist(), r.up_row.tolist()
    ([0, 2, 0], [0, 0, -2], [-1, 1, -1])
    """
    row = np.repeat(np.arange(moves.shape[0]), np.diff(moves.indptr))
    keep = good[row]
    entries = (moves.data[keep], (row[keep], moves.indices[keep]))
    columns = sp.csr_matrix(entries, shape=moves.shape).tocsc()
    up, up_row = _farthest(columns, columns.data)
    down, down_row = _farthest(columns, -columns.data)
    return Reach(up, -down, up_row, down_row)


def _farthest(columns: sp.csc_matrix, step: IntArray) -> tuple[IntArray, IntArray]:
    """(n,) the largest step of every column, 0 at least, and the first row that makes it, else -1."""
    n = columns.shape[1]
    size = np.diff(columns.indptr)
    some = np.flatnonzero(size)
    best, by = np.zeros(n, dtype=np.int64), np.full(n, -1, dtype=np.int64)
    if len(some):
        best[some] = np.maximum(np.maximum.reduceat(step, columns.indptr[some]), 0)
        at = np.flatnonzero((step == np.repeat(best, size)) & (step > 0))
        cell = np.repeat(np.arange(n), size)[at]
        by[cell[::-1]] = columns.indices[at][::-1]
    return best, by
