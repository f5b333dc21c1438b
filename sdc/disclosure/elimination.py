"""Which hidden cells follow by adding and subtracting published numbers, and from which ones?"""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from math import gcd
from typing import Any

import numba
import numpy as np
import scipy.sparse as sp

from sdc.disclosure.modular import PRIMES, solve
from sdc.model.hierarchy import IntArray
from sdc.model.system import BoolArray

Row = dict[int, int]

NEAR = 500
"""Relations among which a shorter equation is looked for."""


def determined(relations: sp.csr_matrix, free: BoolArray) -> BoolArray:
    """(n,) the free cells that are a combination of cells that are not free.

    ``relations`` (m, n) is a whole-number matrix with ``relations @ value == 0``; ``free`` (n,) marks
    what is not printed. A cell counts as determined where elimination modulo either of two large
    primes says so: a wrong "free" needs both primes to divide the denominators of its equation, and a
    wrong "determined" (chance below n 2^-61) errs towards caution. Near linear on tables.

    Raises SolverError where the fill-in exceeds the memory set aside for it.

    >>> r = sp.csr_matrix(np.array([[-1, 1, 1, 0], [0, 0, -1, 1]]))
    >>> determined(r, np.array([False, False, True, True])).tolist()
    [False, False, True, True]
    """
    cells = np.flatnonzero(free)
    out = np.zeros(len(free), dtype=bool)
    if len(cells):
        part = sp.csr_matrix(relations.tocsc()[:, cells])
        part = part[np.diff(part.indptr) > 0]
        for prime in PRIMES:
            out[cells] |= solve(part, prime).fixed()
    return out


def equation(relations: sp.csr_matrix, free: BoolArray, cell: int) -> tuple[tuple[int, int], ...]:
    """An irreducible set of published cells that reveals ``cell``, exact in whole numbers.

    Pairs (cell, coefficient), ascending, with ``sum(coefficient * value) == 0`` for every table that
    satisfies the relations; only ``cell`` itself among them is free, with a negative coefficient. No
    proper subset of the published cells determines it, as far as the ``NEAR`` next relations tell.
    Empty where the cell does not follow.

    >>> r = sp.csr_matrix(np.array([[-1, 1, 1, 0], [0, 0, -1, 1]]))
    >>> equation(r, np.array([False, False, True, True]), 3)
    ((0, 1), (1, -1), (3, -1))
    """
    return equations(relations, free, [cell])[0]


def equations(
    relations: sp.csr_matrix, free: BoolArray, cells: Iterable[int]
) -> list[tuple[tuple[int, int], ...]]:
    """``equation`` for several cells; each is looked for in growing neighbourhoods of its cell."""
    by_row, by_column = sp.csr_matrix(relations), sp.csc_matrix(relations)
    return [_nearest(by_row, by_column, (free, int(cell))) for cell in cells]


def _nearest(
    by_row: sp.csr_matrix, by_column: sp.csc_matrix, target: tuple[BoolArray, int]
) -> tuple[tuple[int, int], ...]:
    free, cell = target
    rows = np.unique(by_column.indices[by_column.indptr[cell] : by_column.indptr[cell + 1]])
    while len(rows):
        part = by_row[rows]
        if determined(part, free)[cell]:
            mine, _ = _without_free(_as_rows(_core(part, free, cell)), free, cell)
            best = min(mine, key=lambda row: (len(row), sorted(row.items())))
            best = _thinned(best, (by_row, by_column, rows), cell)
            flip = -1 if best[cell] > 0 else 1
            return tuple((c, flip * best[c]) for c in sorted(best))
        touched = np.unique(part.indices)
        near = by_column[:, touched[free[touched]]]
        wider = np.unique(near.indices)
        if len(wider) == len(rows):
            break
        rows = wider
    return ()


def _thinned(best: Row, relations: tuple[sp.csr_matrix, sp.csc_matrix, IntArray], cell: int) -> Row:
    """Reduce an equation by all relations that hold among its own cells.

    Those are sought in the rows nearest to its cells, some ``NEAR`` of them. A combination that
    vanishes on one pivot of each cannot be reduced: the difference to a smaller one would be a
    relation among its cells without a pivot.
    """
    by_row, by_column, rows = relations
    own = np.array(sorted(best), dtype=np.int64)
    rows = np.union1d(rows, np.unique(by_column[:, own].indices))
    while len(rows) < NEAR:
        wider = np.unique(by_column[:, np.unique(by_row[rows].indices)].indices)
        if len(wider) == len(rows):
            break
        rows = wider
    part = by_row[rows]
    others = np.ones(by_row.shape[1], dtype=bool)
    others[own] = False
    if _rank(part) - _rank(sp.csr_matrix(part.tocsc()[:, np.flatnonzero(others)])) == 1:
        return best
    with_cell, within = _without_free(_as_rows(_core(part, others, cell)), others, cell)
    if with_cell:
        within += [row for row in (_cancel(r, with_cell[0], cell) for r in with_cell[1:]) if row]
    for pivot, row in _echelon(within, best):
        if pivot in best:
            best = _cancel(best, row, pivot)
    return best


def _core(part: sp.csr_matrix, free: BoolArray, cell: int) -> sp.csr_matrix:
    """The rows that can take part in an equation for ``cell``.

    A row with another free cell that stands in no other row cannot: nothing would cancel it.
    """
    names, local = np.unique(part.indices, return_inverse=True)
    must_cancel = free[names] & (names != cell)
    keep = _peel((part.indptr.astype(np.int64), local.astype(np.int64)), must_cancel)
    return part[np.flatnonzero(keep)]


@numba.njit(cache=True)
def _peel(matrix: Any, must_cancel: Any) -> Any:
    """(rows,) False for rows removed because a column to be cancelled stands in them alone."""
    start, column = matrix
    rows = len(start) - 1
    count, last = np.zeros(len(must_cancel), np.int64), np.zeros(len(must_cancel), np.int64)
    for r in range(rows):
        for i in range(start[r], start[r + 1]):
            count[column[i]] += 1
            last[column[i]] += r
    keep = np.ones(rows, np.bool_)
    stack = [c for c in range(len(must_cancel)) if must_cancel[c] and count[c] == 1]
    while stack:
        c = stack.pop()
        if count[c] != 1:
            continue
        r = last[c]
        keep[r] = False
        for i in range(start[r], start[r + 1]):
            d = column[i]
            count[d] -= 1
            last[d] -= r
            if must_cancel[d] and count[d] == 1:
                stack.append(d)
    return keep


def _as_rows(part: sp.csr_matrix) -> list[Row]:
    ends = zip(part.indptr[:-1], part.indptr[1:], strict=True)
    return [
        {int(c): int(v) for c, v in zip(part.indices[a:b], part.data[a:b], strict=True) if v}
        for a, b in ends
    ]


def _without_free(rows: list[Row], free: BoolArray, cell: int) -> tuple[list[Row], list[Row]]:
    """Rows whose only free cell is ``cell``, and rows without any; the others are used up."""
    holders: dict[int, set[int]] = {}
    for k, row in enumerate(rows):
        for c in row:
            if free[c] and c != cell:
                holders.setdefault(c, set()).add(k)
    size = [sum(1 for c in row if c in holders) for row in rows]
    queue = [(s, k) for k, s in enumerate(size) if s]
    heapq.heapify(queue)
    used: set[int] = set()
    while queue:
        s, k = heapq.heappop(queue)
        if k in used or s != size[k] or not s:
            continue
        used.add(k)
        inner = [c for c in rows[k] if c in holders]
        for c in inner:
            holders[c].discard(k)
        pivot = min(inner, key=lambda c: (len(holders[c]), c))
        for other in sorted(holders[pivot]):
            old = rows[other]
            new = _cancel(old, rows[k], pivot)
            for c in old.keys() ^ new.keys():
                if c in holders:
                    (holders[c].add if c in new else holders[c].discard)(other)
                    size[other] += 1 if c in new else -1
            rows[other] = new
            heapq.heappush(queue, (size[other], other))
    left = [row for k, row in enumerate(rows) if k not in used and row]
    return [r for r in left if cell in r], [r for r in left if cell not in r]


def _echelon(rows: list[Row], avoid: Row) -> list[tuple[int, Row]]:
    """Independent rows, each with a pivot that later rows lack; outside ``avoid`` where possible."""
    out: list[tuple[int, Row]] = []
    for row in sorted(rows, key=lambda r: (len(r), sorted(r.items()))):
        left = row
        for pivot, earlier in out:
            if pivot in left:
                left = _cancel(left, earlier, pivot)
        if left:
            out.append((min(left, key=lambda c: (c in avoid, c)), left))
    return out


def _cancel(row: Row, other: Row, at: int) -> Row:
    """The combination of two rows without the cell ``at``, divided by its common factor.

    >>> _cancel({0: 2, 1: 1}, {0: 3, 2: 1}, 0)
    {1: 3, 2: -2}
    """
    a, b = row[at], other[at]
    mine, theirs = b // gcd(a, b), a // gcd(a, b)
    if mine < 0:
        mine, theirs = -mine, -theirs
    out = {c: mine * v for c, v in row.items()}
    for c, v in other.items():
        total = out.get(c, 0) - theirs * v
        if total:
            out[c] = total
        else:
            out.pop(c, None)
    common = gcd(*out.values()) if out else 1
    return {c: v // common for c, v in out.items()} if common > 1 else out


def _rank(matrix: sp.csr_matrix) -> int:
    return len(solve(matrix, PRIMES[0]).row)


def rank_rows(matrix: sp.csr_matrix) -> IntArray:
    """Ascending rows of a whole-number matrix that span all of them (modulo a large prime).

    >>> rank_rows(sp.csr_matrix(np.array([[1, 1], [2, 2], [0, 1]]))).tolist()
    [0, 2]
    """
    return np.sort(solve(matrix, PRIMES[0]).row)
