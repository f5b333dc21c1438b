"""Where can somebody stand who knows a cell from inside, and which witnesses do they see through?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
import scipy.sparse as sp

from sdc.disclosure.demands import Demands, cover
from sdc.disclosure.witness import free_cells
from sdc.model.containing import contained
from sdc.model.hierarchy import IntArray
from sdc.model.system import BoolArray, Problem

Rows = tuple[IntArray, IntArray, IntArray]


@dataclass(frozen=True, eq=False)
class Seats:
    """Demands (r,) on primary cells, and the seats (s,): hidden innermost cells known from inside.

    ``side`` is +1, -1, or 0 for any change; ``need`` counts in units of 1 / ``scale``. Whoever sits in
    ``seat`` knows that it holds ``own`` at least, more than everybody knows; a cell has a seat for each
    coalition that knows more. ``exempt`` (r, s) marks the demands that a seat cannot be promised: the
    cell asked about contains it, and would have to fall below what is known there; or it would have to
    go farther than earlier releases leave to that seat (``Problem.left``).
    """

    cell: IntArray
    side: IntArray
    need: IntArray
    seat: IntArray
    own: IntArray
    exempt: sp.csr_matrix
    value: IntArray
    scale: int = 1

    @classmethod
    def of(cls, problem: Problem, hidden: BoolArray, rows: Rows, *, scale: int = 1) -> Seats:
        """Seats of a pattern and demands (cell, side, need in whole units); O(stored relations)."""
        value, (cell, side, need) = problem.system.value, rows
        own = np.zeros((problem.system.n, 1), np.int64) if problem.own is None else problem.own
        free = np.flatnonzero(free_cells(problem, hidden))
        more = own[free] > problem.floor[free][:, None]
        more[:, 1:] &= own[free][:, 1:] > own[free][:, :-1]
        at, which = np.nonzero(more)
        seat, known = free[at].astype(np.int64), own[free[at], which]
        exempt = _exempt(problem, rows, (seat, known)) + _ended(problem, rows, (seat, known))
        return cls(cell, side, scale * need, seat, known, exempt, value, scale)

    def serving(self, moves: sp.csr_matrix) -> sp.csr_matrix:
        """(r, w) which moves meet which demand."""
        columns = moves.tocsc()[:, self.cell].tocsc()
        demand = np.repeat(np.arange(len(self.cell)), np.diff(columns.indptr))
        side = self.side[demand]
        step = np.where(side == 0, np.abs(columns.data), side * columns.data)
        good = (step >= self.need[demand]) & (step > 0)
        entries = (np.ones(int(good.sum()), np.int8), (demand[good], columns.indices[good]))
        return sp.csr_matrix(entries, shape=(len(self.cell), moves.shape[0]))

    def emptied(self, moves: sp.csr_matrix) -> sp.csr_matrix:
        """(w, s) the seats in which a move leaves less than is known there; O(stored numbers)."""
        moves = moves.sorted_indices()
        first = np.searchsorted(self.seat, np.arange(len(self.value) + 1))
        room = self.scale * (self.value[self.seat] - self.own)
        start, seats = _emptied((moves.indptr, moves.indices, moves.data), (first, room))
        entries = (np.ones(len(seats), np.int8), seats, start)
        return sp.csr_matrix(entries, shape=(moves.shape[0], len(self.seat)))

    def killers(self, moves: sp.csr_matrix) -> sp.csr_matrix:
        """(r, s) the seats from which no move that meets a demand can be true.

        A demand that no move meets at all has none.
        """
        serving, gone, exempt = self.serving(moves), self.emptied(moves), self.exempt
        start, seats = _killers(
            (serving.indptr, serving.indices),
            (gone.indptr, gone.indices),
            (exempt.indptr, exempt.indices),
        )
        entries = (np.ones(len(seats), np.int8), seats, start)
        return sp.csr_matrix(entries, shape=(len(self.cell), len(self.seat)))

    def cover(self, chosen: sp.csr_matrix, moves: sp.csr_matrix) -> IntArray:
        """Rows of ``moves`` that, with the chosen ones, serve each demand for every seat (greedy)."""
        left = self.killers(chosen).tocoo()
        serving, gone = self.serving(moves), self.emptied(moves)
        first, count = serving.indptr[left.row], np.diff(serving.indptr)[left.row]
        pair = np.repeat(np.arange(left.nnz), count)
        start = np.repeat(first - np.cumsum(count) + count, count)
        move, seat = serving.indices[start + np.arange(len(pair))], left.col[pair].astype(np.int64)
        kept = ~_among((gone.indptr, gone.indices), move, seat)
        entries = (np.ones(int(kept.sum()), np.int8), (move[kept], pair[kept]))
        served = sp.csr_matrix(entries, shape=(moves.shape[0], left.nnz))
        return cover(served, np.diff(moves.indptr))


def rows_of(problem: Problem) -> Rows:
    """Cell, side and need of every promise of a problem: a row upward and one downward, or any change;
    then what is left of those that end earlier for somebody inside.
    """
    demands = Demands.of(problem, np.zeros(problem.system.n, dtype=bool))
    up, down = demands.up, demands.down
    some = (up == 0) & (down == 0)
    parts = ((1, up, up > 0), (-1, down, down > 0), (0, np.ones_like(up), some))
    cell = np.concatenate([demands.cells[m] for _, _, m in parts])
    side = np.concatenate([np.full(int(m.sum()), s, dtype=np.int64) for s, _, m in parts])
    need = np.concatenate([n[m] for _, n, m in parts])
    rows = zip((cell, side, need), problem.nearer, strict=True)
    whole, wanted, far = (np.concatenate(pair) for pair in rows)
    return whole, wanted, far


def _exempt(problem: Problem, rows: Rows, seats: tuple[IntArray, IntArray]) -> sp.csr_matrix:
    """(r, s) rows that ask a cell to fall below what a seat inside it is known to hold."""
    (cell, side, need), (seat, own) = rows, seats
    value = problem.system.value
    shape = (len(cell), len(seat))
    asked = np.flatnonzero((side < 0) & (value[cell] - need < own.max(initial=0)))
    if not len(asked):
        return sp.csr_matrix(shape, dtype=np.int8)
    inside = contained(problem.system, cell[asked])[:, seat].tocoo()
    r, s = asked[inside.row], inside.col
    least = value[cell[r]] - need[r] < own[s]
    return sp.csr_matrix((np.ones(int(least.sum()), np.int8), (r[least], s[least])), shape=shape)


def _ended(problem: Problem, rows: Rows, seats: tuple[IntArray, IntArray]) -> sp.csr_matrix:
    """(r, s) rows that ask for more than earlier releases leave to a seat."""
    (cell, side, need), (seat, own), value = rows, seats, problem.system.value
    order = np.argsort(cell, kind="stable")
    first, last = (np.searchsorted(cell[order], problem.left[:, 0], s) for s in ("left", "right"))
    pair = np.repeat(np.arange(len(problem.left)), last - first)
    start = np.repeat(first - np.cumsum(last - first) + last - first, last - first)
    r = order[start + np.arange(len(pair))]
    _, where, known, least, most = problem.left[pair].T
    asked = value[cell[r]] + side[r] * need[r]
    lost = ((side[r] > 0) & (asked > most)) | ((side[r] < 0) & (asked < least))
    lost |= (side[r] == 0) & (least == most)
    r, where, known = r[lost], where[lost], known[lost]
    found = sp.csr_matrix((len(cell), len(seat)), dtype=np.int8)
    at = np.searchsorted(seat, where)
    # A seat stands once for each coalition that knows more.
    while len(at):
        here = at < len(seat)
        here[here] = seat[at[here]] == where[here]
        r, where, known, at = r[here], where[here], known[here], at[here]
        same = own[at] == known
        ones = np.ones(int(same.sum()), np.int8)
        found += sp.csr_matrix((ones, (r[same], at[same])), shape=found.shape)
        at = at + 1
    return found


@numba.njit(cache=True)
def _emptied(moves: Any, seats: Any) -> Any:
    """Row by row the seats that a move leaves too little, ascending."""
    (start, cells, steps), (first, room) = moves, seats
    out = np.zeros(len(start), np.int64)
    found = [np.int64(0) for _ in range(0)]
    for w in range(len(start) - 1):
        for i in range(start[w], start[w + 1]):
            for s in range(first[cells[i]], first[cells[i] + 1]):
                if room[s] + steps[i] < 0:
                    found.append(np.int64(s))  # noqa: PERF401 - numba knows no extend
        out[w + 1] = len(found)
    return out, np.array(found, np.int64)


@numba.njit(cache=True)
def _holds(rows: Any, row: Any, column: Any) -> bool:
    """Whether a sparse matrix with sorted rows has an entry."""
    start, columns = rows
    low, high = start[row], start[row + 1]
    while low < high:
        middle = (low + high) // 2
        if columns[middle] < column:
            low = middle + 1
        else:
            high = middle
    return bool(low < start[row + 1] and columns[low] == column)


@numba.njit(cache=True)
def _among(rows: Any, row: Any, column: Any) -> Any:
    """For pairs of row and column whether there is an entry."""
    out = np.zeros(len(row), np.bool_)
    for k in range(len(row)):
        out[k] = _holds(rows, row[k], column[k])
    return out


@numba.njit(cache=True)
def _killers(serving: Any, gone: Any, exempt: Any) -> Any:
    """Row by row the seats common to all moves that serve a demand, beyond the exempt ones."""
    start, moves = serving
    out = np.zeros(len(start), np.int64)
    found = [np.int64(0) for _ in range(0)]
    for r in range(len(start) - 1):
        least = -1  # the move that empties fewest seats
        for i in range(start[r], start[r + 1]):
            size = gone[0][moves[i] + 1] - gone[0][moves[i]]
            if least < 0 or size < gone[0][least + 1] - gone[0][least]:
                least = moves[i]
            if size == 0:
                break
        for k in range(gone[0][least], gone[0][least + 1]) if least >= 0 else range(0):
            seat = gone[1][k]
            common = not _holds(exempt, r, seat)
            for i in range(start[r], start[r + 1]):
                common = common and _holds(gone, moves[i], seat)
                if not common:
                    break
            if common:
                found.append(np.int64(seat))
        out[r + 1] = len(found)
    return out, np.array(found, np.int64)
