"""Where can the owner of a unit stand, and which witnesses does that owner see through?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from sdc.disclosure.demands import Demands
from sdc.disclosure.witness import free_cells
from sdc.model.hierarchy import IntArray
from sdc.model.system import BoolArray, Problem

Bits = npt.NDArray[np.uint64]


@dataclass(frozen=True, eq=False)
class Seats:
    """Demands (r,) on primary cells, and the seats: hidden innermost cells that hold a unit.

    ``side`` is +1, -1, or 0 for any change; ``need`` counts in units of 1 / ``scale``; ``exempt``
    (r, seats) marks the seats of the one unit that a primary cell consists of.
    """

    cell: IntArray
    side: IntArray
    need: IntArray
    seat: IntArray
    exempt: sp.csr_matrix
    value: IntArray
    scale: int

    @classmethod
    def of(cls, problem: Problem, hidden: BoolArray, scale: int) -> Seats:
        """Seats and demands of a pattern; O(stored relations)."""
        demands, value = Demands.of(problem, hidden), problem.system.value
        up, down = demands.up, demands.down
        some = (up == 0) & (down == 0)
        parts = ((1, up, up > 0), (-1, down, down > 0), (0, np.ones_like(up), some))
        cell = np.concatenate([demands.cells[m] for _, _, m in parts])
        side = np.concatenate([np.full(int(m.sum()), s, dtype=np.int64) for s, _, m in parts])
        need = scale * np.concatenate([n[m] for _, n, m in parts])
        below = _below(problem.system.relations, value)
        inner = np.diff(below.indptr) == 0
        free = free_cells(problem, hidden)
        seat = np.flatnonzero(free & problem.system.count & (value >= 1) & inner).astype(np.int64)
        exempt = _single(below, value)[cell][:, seat]
        return cls(cell, side, need, seat, sp.csr_matrix(exempt), value, scale)

    def serving(self, moves: sp.csr_matrix) -> sp.csr_matrix:
        """(r, w) which moves meet which demand."""
        columns = moves.tocsc()[:, self.cell].tocsc()
        demand = np.repeat(np.arange(len(self.cell)), np.diff(columns.indptr))
        side = self.side[demand]
        step = np.where(side == 0, np.abs(columns.data), side * columns.data)
        good = step >= self.need[demand]
        entries = (np.ones(int(good.sum()), np.int8), (demand[good], columns.indices[good]))
        return sp.csr_matrix(entries, shape=(len(self.cell), moves.shape[0]))

    def emptied(self, moves: sp.csr_matrix) -> Bits:
        """(w, words) a bit for every seat in which a move leaves less than one unit."""
        place = np.full(moves.shape[1], -1, dtype=np.int64)
        place[self.seat] = np.arange(len(self.seat))
        row = np.repeat(np.arange(moves.shape[0]), np.diff(moves.indptr))
        at = place[moves.indices]
        gone = (at >= 0) & (self.scale * (self.value[moves.indices] - 1) + moves.data < 0)
        bits = np.zeros((moves.shape[0], len(self.seat) // 64 + 1), dtype=np.uint64)
        one = np.uint64(1) << (at[gone] % 64).astype(np.uint64)
        np.bitwise_or.at(bits, (row[gone], at[gone] // 64), one)
        return bits

    def killed(self, moves: sp.csr_matrix) -> BoolArray:
        """(r,) demands met by some move, but for some owner by none."""
        serving, exempt = self.serving(moves), self.exempt
        out = _killed(
            (serving.indptr, serving.indices), self.emptied(moves), (exempt.indptr, exempt.indices)
        )
        return np.asarray(out)

    def killers(self, moves: sp.csr_matrix) -> Callable[[int], IntArray]:
        """A function from a demand to the cells whose owners refute it."""
        serving, bits = self.serving(moves), self.emptied(moves)

        def killers(demand: int) -> IntArray:
            rows = serving.indices[serving.indptr[demand] : serving.indptr[demand + 1]]
            left = np.bitwise_and.reduce(bits[rows], axis=0)
            flags = np.unpackbits(left.view(np.uint8), bitorder="little").astype(bool)
            own = slice(self.exempt.indptr[demand], self.exempt.indptr[demand + 1])
            flags[self.exempt.indices[own]] = False
            return self.seat[np.flatnonzero(flags[: len(self.seat)])]

        return killers


def _below(relations: sp.csr_matrix, value: IntArray) -> sp.csr_matrix:
    """(n, n) from a total to its parts: in each relation the entry whose sign differs from all others.

    Of two entries the negative one is the total; relations of another form have none.
    """
    rows = np.repeat(np.arange(relations.shape[0]), np.diff(relations.indptr))
    minus = np.bincount(rows, relations.data < 0, minlength=relations.shape[0])
    plus = np.bincount(rows, relations.data > 0, minlength=relations.shape[0])
    sign = np.where(minus == 1, -1, np.where(plus == 1, 1, 0))
    total = sign[rows] * relations.data > 0
    parent = np.full(relations.shape[0], -1, dtype=np.int64)
    parent[rows[total]] = relations.indices[total]
    keep = ~total & (parent[rows] >= 0)
    entries = (np.ones(int(keep.sum()), np.int8), (parent[rows[keep]], relations.indices[keep]))
    return sp.csr_matrix(entries, shape=(len(value), len(value)))


def _single(below: sp.csr_matrix, value: IntArray) -> sp.csr_matrix:
    """(n, n) for cells of one unit, all cells below in which it stands, themselves included."""
    one = sp.diags((value == 1).astype(np.int8), dtype=np.int8).tocsr()
    step = one @ below @ one
    reach, frontier = one, one
    while frontier.nnz:
        frontier = frontier @ step
        frontier.data[:] = 1
        new = reach + frontier
        new.data[:] = 1
        if new.nnz == reach.nnz:
            break
        reach = sp.csr_matrix(new)
    return sp.csr_matrix(reach)


@numba.njit(cache=True)
def _killed(serving: Any, bits: Any, exempt: Any) -> Any:
    """Whether the bits common to all rows that serve a demand go beyond the exempt ones."""
    start, rows = serving
    out = np.zeros(len(start) - 1, np.bool_)
    left = np.empty(bits.shape[1], np.uint64)
    for r in range(len(start) - 1):
        if start[r] == start[r + 1]:
            continue
        left[:] = bits[rows[start[r]]]
        for i in range(start[r] + 1, start[r + 1]):
            left &= bits[rows[i]]
        for i in range(exempt[0][r], exempt[0][r + 1]):
            q = exempt[1][i]
            left[q >> 6] &= ~(np.uint64(1) << np.uint64(q & 63))
        out[r] = left.any()
    return out
