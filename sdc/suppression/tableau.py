"""Which columns of a system of relations are combinations of which others?

A sparse tableau modulo the prime 2^61 - 1: every basic column is a combination of non-basic ones,
``z_b = sum t_bq z_q``. Its entries hang in linked lists by row and by column, so that a pivot
touches only what it changes. Rows without a basic column are relations not used yet.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
import scipy.sparse as sp

from sdc.model.hierarchy import IntArray
from sdc.suppression.entries import (
    COL,
    NEXT_IN_COL,
    NEXT_IN_ROW,
    ROW,
    Tableau,
    grown,
    has_room,
    insert,
    loaded,
    remove,
)
from sdc.suppression.modular import ZERO, P, inverse, mul, small

__all__ = ["eliminate", "eliminate_by", "exchange", "rows_of", "shortest"]


def eliminate(matrix: sp.csr_matrix) -> Tableau:
    """Solve all relations for columns chosen so that little fills in; every column is open.

    ``matrix`` (m, c) whole numbers; dependent relations end as empty rows without a basic column.
    The work is that of a sparse Gauss-Jordan elimination, the memory 32 bytes an entry.

    >>> tab = eliminate(sp.csr_matrix([[-1, 1, 1, 0], [0, 0, -1, 1], [-1, 1, 0, 1]]))
    >>> int((tab.basic >= 0).sum()), tab.entries
    (2, 3)
    """
    tab = loaded(matrix)
    while not _eliminate(tab):
        tab = grown(tab, len(tab.word))
    return tab


def eliminate_by(matrix: sp.csr_matrix, order: IntArray) -> Tableau:
    """Make columns basic in the given order, each where it does not follow from earlier ones.

    Columns that are not named stay non-basic, so that some relations may stay unused. With columns
    in falling order of a weight the basis has the largest weight of all (Edmonds 1971).

    >>> tab = eliminate_by(sp.csr_matrix([[-1, 1, 1, 0], [0, 0, -1, 1]]), np.array([3, 2, 1]))
    >>> tab.where.tolist()
    [-1, -1, 0, 1]
    """
    tab = loaded(matrix)
    order = np.asarray(order, dtype=np.int32)
    done = 0
    while done < len(order):
        done = _eliminate_by(tab, order, done)
        if done < len(order):
            tab = grown(tab, len(tab.word))
    return tab


def rows_of(tab: Tableau, columns: IntArray) -> sp.csr_matrix:
    """(len(columns), c) the combination that expresses each column; empty for non-basic ones.

    Entries are whole numbers where the combination is small and whole, residues otherwise.
    """
    columns = np.asarray(columns, dtype=np.int32)
    rows = tab.where[columns]
    span = np.zeros(len(columns) + 1, dtype=np.int64)
    span[1:] = np.cumsum(np.where(rows >= 0, tab.size[0, rows], 0))
    where, words = np.zeros(span[-1], np.int32), np.zeros(span[-1], np.uint64)
    _read(tab, rows, span, where, words)
    return sp.csr_matrix((small(words), where, span), shape=(len(columns), len(tab.where)))


@numba.njit(cache=True)
def _read(tab: Any, rows: Any, span: Any, where: Any, words: Any) -> None:
    for i in range(len(rows)):
        if rows[i] >= 0:
            e, k = tab.head[0, rows[i]], span[i]
            while e >= 0:
                where[k], words[k] = tab.link[e, COL], tab.word[e]
                e, k = tab.link[e, NEXT_IN_ROW], k + 1


@numba.njit(cache=True)
def substitute(tab: Any, row: Any, col: Any) -> None:
    """Replace column ``col`` in all other rows by what row ``row`` says it equals."""
    link, word = tab.link, tab.word
    at, seen = tab.scratch[0], tab.scratch[1]
    e = tab.head[0, row]
    while e >= 0:
        at[link[e, COL]] = e
        e = link[e, NEXT_IN_ROW]
    hit = tab.head[1, col]
    while hit >= 0:
        following = link[hit, NEXT_IN_COL]
        other, factor = link[hit, ROW], word[hit]
        remove(tab, hit)
        e = tab.head[0, other]
        while e >= 0:
            after, source = link[e, NEXT_IN_ROW], at[link[e, COL]]
            if source >= 0:
                seen[link[e, COL]] = other
                total = word[e] + mul(factor, word[source])
                if total in (P, ZERO):
                    remove(tab, e)
                else:
                    word[e] = total - P if total > P else total
            e = after
        e = tab.head[0, row]
        while e >= 0:
            if seen[link[e, COL]] != other:
                insert(tab, other, link[e, COL], mul(factor, word[e]))
            e = link[e, NEXT_IN_ROW]
        hit = following
    e = tab.head[0, row]
    while e >= 0:
        at[link[e, COL]], seen[link[e, COL]] = -1, -1
        e = link[e, NEXT_IN_ROW]


@numba.njit(cache=True)
def solve_row(tab: Any, row: Any, entry: Any) -> None:
    """Solve ``sum c z = 0`` for the column of one entry, which leaves the row."""
    factor = P - inverse(tab.word[entry])
    remove(tab, entry)
    e = tab.head[0, row]
    while e >= 0:
        tab.word[e] = mul(factor, tab.word[e])
        e = tab.link[e, NEXT_IN_ROW]


@numba.njit(cache=True)
def shortest(tab: Any, row: Any) -> Any:
    """The entry of a row whose column is shortest, -1 where all its columns are marked."""
    best, least, marked = -1, 0, tab.scratch[2]
    e = tab.head[0, row]
    while e >= 0:
        col = tab.link[e, COL]
        length = tab.size[1, col]
        if marked[col] == 0 and (
            best < 0 or length < least or (length == least and col < tab.link[best, COL])
        ):
            best, least = e, length
        e = tab.link[e, NEXT_IN_ROW]
    return best


@numba.njit(cache=True)
def _use(tab: Any, row: Any, entry: Any) -> None:
    """A relation that was not used yet expresses the column of one of its entries from now on."""
    col = tab.link[entry, COL]
    solve_row(tab, row, entry)
    tab.basic[row], tab.where[col] = col, row
    substitute(tab, row, col)


@numba.njit(cache=True)
def exchange(tab: Any, row: Any, entry: Any) -> None:
    """The column of ``entry`` becomes basic in ``row``, the basic column there non-basic."""
    leaving, entering = tab.basic[row], tab.link[entry, COL]
    factor = inverse(tab.word[entry])
    solve_row(tab, row, entry)
    insert(tab, row, leaving, factor)
    tab.where[leaving], tab.where[entering], tab.basic[row] = -1, row, entering
    substitute(tab, row, entering)


@numba.njit(cache=True)
def _eliminate_by(tab: Any, order: Any, start: Any) -> Any:
    """Use up ``order[start:]``; returns how far it came before the entries ran out."""
    link, size = tab.link, tab.size
    for k in range(start, len(order)):
        if tab.where[order[k]] >= 0:
            continue
        best, least = -1, 0
        e = tab.head[1, order[k]]
        while e >= 0:
            row = link[e, ROW]
            if tab.basic[row] < 0 and (
                best < 0
                or size[0, row] < least
                or (size[0, row] == least and row < link[best, ROW])
            ):
                best, least = e, size[0, row]
            e = link[e, NEXT_IN_COL]
        if best < 0:
            continue
        if not has_room(tab, link[best, ROW], best):
            return k
        _use(tab, link[best, ROW], best)
    return len(order)


@numba.njit(cache=True)
def _eliminate(tab: Any) -> bool:
    """Use every relation, the shortest first, in it the shortest column; False where room ran out.

    The rows wait in doubly linked queues by their length (Markowitz 1957 asks for both counts).
    """
    link, size = tab.link, tab.size
    rows = len(tab.basic)
    queue = np.full((3, max(rows, 256)), -1, np.int32)
    touched = np.empty(rows, np.int32)
    for row in range(rows - 1, -1, -1):
        if tab.basic[row] < 0 and size[0, row] > 0:
            _file(queue, row, size[0, row])
    slot = 1
    while slot < 256:
        row = queue[0, slot]
        if row < 0:
            slot += 1
            continue
        entry = shortest(tab, row)
        if not has_room(tab, row, entry):
            return False
        _unfile(queue, row, size[0, row])
        count = 0
        e = tab.head[1, link[entry, COL]]
        while e >= 0:
            other = link[e, ROW]
            if other != row and tab.basic[other] < 0:
                _unfile(queue, other, size[0, other])
                touched[count] = other
                count += 1
            e = link[e, NEXT_IN_COL]
        _use(tab, row, entry)
        for k in range(count):
            if size[0, touched[k]] > 0:
                _file(queue, touched[k], size[0, touched[k]])
                slot = min(slot, size[0, touched[k]])
    return True


@numba.njit(cache=True)
def _file(queue: Any, row: Any, length: Any) -> None:
    """Put a row at the head of the queue of its length; queue holds heads, next, previous."""
    slot = min(length, 255)
    first = queue[0, slot]
    queue[1, row], queue[2, row] = first, -1
    if first >= 0:
        queue[2, first] = row
    queue[0, slot] = row


@numba.njit(cache=True)
def _unfile(queue: Any, row: Any, length: Any) -> None:
    """Take a row out of the queue of its length."""
    if queue[2, row] >= 0:
        queue[1, queue[2, row]] = queue[1, row]
    else:
        queue[0, min(length, 255)] = queue[1, row]
    if queue[1, row] >= 0:
        queue[2, queue[1, row]] = queue[2, row]
