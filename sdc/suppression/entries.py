"""How are the entries of a sparse tableau kept, so that one can be added or removed at once?"""

from __future__ import annotations

from typing import Any, NamedTuple

import numba
import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from sdc.suppression.modular import Words, residues

__all__ = ["Tableau", "copied", "grown", "has_room", "insert", "loaded", "remove"]

ROW, COL, NEXT_IN_ROW, PREV_IN_ROW, NEXT_IN_COL, PREV_IN_COL = range(6)

Ints = npt.NDArray[np.int32]


class Tableau(NamedTuple):
    """The lists of one tableau; all arrays are changed in place.

    ======== ======== =======================================================================
    link     (e, 6)   of an entry: row, column, next and previous in the row, in the column
    word     (e,)     its value modulo the prime
    spare    (2,)     head of the list of free entries (-1: none), number of free entries
    head     (2, x)   first entry of every row; of every column (padded to one length)
    size     (2, x)   entries in every row; in every column
    basic    (m,)     the column that a row expresses, -1 for a row that is not used or empty
    where    (c,)     the row in which a column is basic, -1 for a non-basic one
    state    (c,)     0 open, 1 closed, 2 open but with one possible value
    scratch  (4, x)   work space of the pivots, -1 or 0 throughout between them
    ======== ======== =======================================================================
    """

    link: Ints
    word: Words
    spare: Ints
    head: Ints
    size: Ints
    basic: Ints
    where: Ints
    state: npt.NDArray[np.int8]
    scratch: Ints

    @property
    def entries(self) -> int:
        """Number of entries in use."""
        return len(self.word) - int(self.spare[1])


def loaded(matrix: sp.csr_matrix) -> Tableau:
    """The relations (m, c) of a whole-number matrix, none of them used yet."""
    csr = sp.csr_matrix(matrix)
    rows, cols = csr.shape
    wide = max(rows, cols, 1)
    scratch = np.full((4, wide), -1, np.int32)
    scratch[2:] = 0
    tab = Tableau(
        link=np.full((0, 6), -1, np.int32), word=np.zeros(0, np.uint64),
        spare=np.array([-1, 0], np.int32), head=np.full((2, wide), -1, np.int32),
        size=np.zeros((2, wide), np.int32), basic=np.full(rows, -1, np.int32),
        where=np.full(cols, -1, np.int32), state=np.zeros(cols, np.int8), scratch=scratch,
    )  # fmt: skip
    tab = grown(tab, 4 * csr.nnz + 1024)
    row_of = np.repeat(np.arange(rows, dtype=np.int32), np.diff(csr.indptr))
    _fill(tab, row_of, csr.indices.astype(np.int32), residues(csr.data))
    return tab


def grown(tab: Tableau, more: int) -> Tableau:
    """The same tableau with room for ``more`` further entries."""
    old = len(tab.word)
    link = np.full((old + more, 6), -1, np.int32)
    link[:old] = tab.link
    link[old : old + more - 1, NEXT_IN_ROW] = np.arange(old + 1, old + more)
    link[old + more - 1, NEXT_IN_ROW] = tab.spare[0]
    word = np.zeros(old + more, np.uint64)
    word[:old] = tab.word
    return tab._replace(
        link=link, word=word, spare=np.array([old, int(tab.spare[1]) + more], np.int32)
    )


def copied(tab: Tableau) -> Tableau:
    """An independent copy."""
    return tab._replace(**{name: array.copy() for name, array in tab._asdict().items()})


@numba.njit(cache=True)
def _fill(tab: Any, rows: Any, cols: Any, words: Any) -> None:
    for i in range(len(rows) - 1, -1, -1):
        insert(tab, rows[i], cols[i], words[i])


@numba.njit(cache=True)
def insert(tab: Any, row: Any, col: Any, value: Any) -> None:
    """Put an entry at the head of its row and of its column."""
    link, head = tab.link, tab.head
    e = tab.spare[0]
    tab.spare[0] = link[e, NEXT_IN_ROW]
    tab.spare[1] -= 1
    tab.word[e] = value
    link[e, ROW], link[e, COL] = row, col
    first = head[0, row]
    link[e, NEXT_IN_ROW], link[e, PREV_IN_ROW] = first, -1
    if first >= 0:
        link[first, PREV_IN_ROW] = e
    head[0, row] = e
    first = head[1, col]
    link[e, NEXT_IN_COL], link[e, PREV_IN_COL] = first, -1
    if first >= 0:
        link[first, PREV_IN_COL] = e
    head[1, col] = e
    tab.size[0, row] += 1
    tab.size[1, col] += 1


@numba.njit(cache=True)
def remove(tab: Any, e: Any) -> None:
    """Take an entry out of its row and its column and keep it for reuse."""
    link, head = tab.link, tab.head
    row, col = link[e, ROW], link[e, COL]
    before, after = link[e, PREV_IN_ROW], link[e, NEXT_IN_ROW]
    if before >= 0:
        link[before, NEXT_IN_ROW] = after
    else:
        head[0, row] = after
    if after >= 0:
        link[after, PREV_IN_ROW] = before
    before, after = link[e, PREV_IN_COL], link[e, NEXT_IN_COL]
    if before >= 0:
        link[before, NEXT_IN_COL] = after
    else:
        head[1, col] = after
    if after >= 0:
        link[after, PREV_IN_COL] = before
    tab.size[0, row] -= 1
    tab.size[1, col] -= 1
    link[e, NEXT_IN_ROW] = tab.spare[0]
    tab.spare[0] = e
    tab.spare[1] += 1


@numba.njit(cache=True)
def has_room(tab: Any, row: Any, entry: Any) -> bool:
    """Whether the free entries suffice for the fill of a pivot, whatever it turns out to be."""
    fill = np.int64(tab.size[0, row] + 1) * np.int64(tab.size[1, tab.link[entry, COL]] + 1)
    return bool(np.int64(tab.spare[1]) > fill)
