"""Which hidden cells follow by adding and subtracting published numbers, and from which ones?"""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from math import gcd

import numpy as np
import scipy.sparse as sp

from sdc.disclosure.modular import PRIMES, solve
from sdc.model.hierarchy import IntArray
from sdc.model.system import BoolArray

Row = dict[int, int]


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
    proper subset of the published cells determines it. Empty where the cell does not follow.

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
            return _irreducible(part, free, cell)
        touched = np.unique(part.indices)
        near = by_column[:, touched[free[touched]]]
        wider = np.unique(near.indices)
        if len(wider) == len(rows):
            break
        rows = wider
    return ()


def _irreducible(part: sp.csr_matrix, free: BoolArray, cell: int) -> tuple[tuple[int, int], ...]:
    """Eliminate all other free cells, then thin the equation out by those among published cells.

    A combination that vanishes on one pivot of each of the remaining published equations cannot be
    reduced: the difference to a smaller one would be a published equation without a pivot.
    """
    mine, rest = _without_free(_as_rows(part), free, cell)
    if not mine:
        return ()
    mine.sort(key=lambda row: (len(row), sorted(row.items())))
    best = mine[0]
    rest += [_cancel(row, best, cell) for row in mine[1:]]
    for pivot, row in _echelon(rest, best):
        if pivot in best:
            best = _cancel(best, row, pivot)
    flip = -1 if best[cell] > 0 else 1
    return tuple((c, flip * best[c]) for c in sorted(best))


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
    size = [sum(1 for c in row if free[c] and c != cell) for row in rows]
    queue = [(s, k) for k, s in enumerate(size) if s]
    heapq.heapify(queue)
    used: set[int] = set()
    while queue:
        s, k = heapq.heappop(queue)
        if k in used or s != size[k] or not s:
            continue
        used.add(k)
        inner = [c for c in rows[k] if free[c] and c != cell]
        for c in inner:
            holders[c].discard(k)
        pivot = min(inner, key=lambda c: (len(holders[c]), c))
        for other in sorted(holders[pivot]):
            old = rows[other]
            new = _cancel(old, rows[k], pivot)
            for c in old.keys() ^ new.keys():
                if free[c] and c != cell:
                    (holders[c].add if c in new else holders[c].discard)(other)
            rows[other] = new
            size[other] = sum(1 for c in new if free[c] and c != cell)
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


def rank_rows(matrix: sp.csr_matrix) -> IntArray:
    """Ascending rows of a whole-number matrix that span all of them (modulo a large prime).

    >>> rank_rows(sp.csr_matrix(np.array([[1, 1], [2, 2], [0, 1]]))).tolist()
    [0, 2]
    """
    return np.sort(solve(matrix, PRIMES[0]).row)
