"""Which open columns can be closed one after the other without giving a protected one away?

Reverse-delete on a tableau of the open columns: closing (printing) a non-basic column removes it from
its rows, and a protected column whose row would be left empty forbids it; a basic column is first
exchanged. What remains has no superfluous mask.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
import scipy.sparse as sp

from sdc.model.hierarchy import IntArray
from sdc.model.system import BoolArray
from sdc.suppression.entries import (
    NEXT_IN_COL,
    ROW,
    Tableau,
    grown,
    has_room,
    remove,
)
from sdc.suppression.tableau import exchange, shortest

__all__ = ["close_in_order", "determined"]

OPEN, CLOSED, DETERMINED = 0, 1, 2


def close_in_order(
    tab: Tableau, sets: sp.csr_matrix, order: IntArray, *, protected: BoolArray
) -> Tableau:
    """Close the sets of columns ``sets`` (k, c) in the given order, each where nobody suffers.

    ``tab`` has used all relations; it is changed, or replaced where it must grow. ``protected`` (c,)
    columns must keep a row with entries or be non-basic, that is, more than one possible value;
    they do not stand in ``order`` themselves.

    >>> from sdc.suppression.tableau import eliminate
    >>> tab = eliminate(sp.csr_matrix([[-1, 1, 1, 0, 0], [-1, 0, 0, 1, 1]]))
    >>> keep = np.array([False, True, False, False, False])
    >>> order = np.array([0, 2, 3, 4])
    >>> close_in_order(tab, sp.identity(5, format="csr"), order, protected=keep).state.tolist()
    [1, 0, 0, 1, 2]
    """
    span, columns = sets.indptr.astype(np.int32), sets.indices.astype(np.int32)
    steps = np.asarray(order, dtype=np.int32)
    done = 0
    while done < len(steps):
        done = _close(tab, steps, done, span, columns, protected)
        if done < len(steps):
            tab = grown(tab, len(tab.word))
    return tab


def determined(tab: Tableau, columns: IntArray) -> IntArray:
    """Those of the columns that have one possible value in a tableau that has used all relations."""
    rows = tab.where[columns]
    fixed: IntArray = columns[(rows >= 0) & (tab.size[0, rows] == 0)]
    return fixed


@numba.njit(cache=True)
def _close(  # noqa: PLR0917 - numba wants positions
    tab: Any, order: Any, start: Any, span: Any, columns: Any, protected: Any
) -> Any:
    """Try the sets ``order[start:]``; returns how far it came before the entries ran out."""
    marked = tab.scratch[2]
    for step in range(start, len(order)):
        first, last = span[order[step]], span[order[step] + 1]
        for i in range(first, last):
            marked[columns[i]] = 1
        fits = _make_non_basic(tab, columns[first:last])
        for i in range(first, last):
            marked[columns[i]] = 0
        if not fits:
            return step
        if _harmless(tab, columns[first:last], protected):
            for i in range(first, last):
                if tab.state[columns[i]] == OPEN and tab.where[columns[i]] < 0:
                    _drop(tab, columns[i])
    return len(order)


@numba.njit(cache=True)
def _make_non_basic(tab: Any, columns: Any) -> bool:
    """Exchange basic columns of a set for columns outside it wherever there is one in the row."""
    for col in columns:
        row = tab.where[col]
        if tab.state[col] != OPEN or row < 0:
            continue
        entry = shortest(tab, row)
        if entry >= 0:
            if not has_room(tab, row, entry):
                return False
            exchange(tab, row, entry)
    return True


@numba.njit(cache=True)
def _harmless(tab: Any, columns: Any, protected: Any) -> bool:
    """Whether every protected basic column keeps an entry outside the set."""
    link, count = tab.link, tab.scratch[3]
    harmless = True
    for col in columns:
        e = tab.head[1, col]
        while e >= 0:
            row = link[e, ROW]
            count[row] += 1
            if count[row] == tab.size[0, row] and protected[tab.basic[row]]:
                harmless = False
            e = link[e, NEXT_IN_COL]
    for col in columns:
        e = tab.head[1, col]
        while e >= 0:
            count[link[e, ROW]] = 0
            e = link[e, NEXT_IN_COL]
    return harmless


@numba.njit(cache=True)
def _drop(tab: Any, col: Any) -> None:
    """Close a non-basic column: it leaves all rows; a row left empty determines its column."""
    e = tab.head[1, col]
    while e >= 0:
        following, row = tab.link[e, NEXT_IN_COL], tab.link[e, ROW]
        remove(tab, e)
        if tab.size[0, row] == 0:
            tab.state[tab.basic[row]] = DETERMINED
        e = following
    tab.state[col] = CLOSED
