"""What does everybody take each number to hold at least and at most, before anything is published?"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from sdc.model.hierarchy import IntArray
from sdc.model.past import Prior
from sdc.model.system import UNBOUNDED, FloatArray, System

PASSES = 20
"""How often bounds are carried along the relations at most."""


def known_beforehand(system: System, prior: Prior | None) -> tuple[IntArray, IntArray]:
    """(n,) the least and the most of every unknown; ``UNBOUNDED``: no bound. O(stored numbers).

    Bounds are carried along every single relation: three parcels in an area are three at most for each
    of its classes. All of them hold of the true values, if those of ``prior`` do.

    >>> s = System.plain(np.array([3, 2, 1]), sp.csr_matrix(np.array([[-1, 1, 1]])))
    >>> least, most = known_beforehand(s, Prior.bounded(3, np.array([[0, 2, 3], [1, 2, 9]])))
    >>> least.tolist(), most.tolist()
    ([2, 2, 0], [3, 3, 1])
    """
    least = np.where(system.known, system.value, 0)
    most = np.where(system.known, system.value, UNBOUNDED)
    if prior is None or not len(prior.bounds):
        return least, most
    cells, low, high = prior.bounds.T
    np.maximum.at(least, cells, low)
    np.minimum.at(most, cells, high)
    return carried(system, least, most)


def carried(system: System, least: IntArray, most: IntArray) -> tuple[IntArray, IntArray]:
    """Bounds (n,), (n,) carried along every sum. O(stored numbers)."""
    ends = least.astype(np.float64), np.where(most < UNBOUNDED, most.astype(np.float64), np.inf)
    rows = sp.coo_matrix(system.relations)
    both = (np.tile(rows.row, 2) + np.repeat([0, rows.shape[0]], rows.nnz), np.tile(rows.col, 2))
    data = np.concatenate([rows.data, -rows.data]).astype(np.float64)
    for _ in range(PASSES):
        if not _carried((*both, data), ends):
            break
    return ends[0].astype(np.int64), np.minimum(ends[1], UNBOUNDED).astype(np.int64)


def _carried(
    rows: tuple[IntArray, IntArray, FloatArray], ends: tuple[FloatArray, FloatArray]
) -> bool:
    """Narrow bounds by ``row @ y <= 0`` for every row, in place; whether anything changed.

    Sums with an unbounded part bound that part alone, and only where it is the only one.
    """
    (row, cell, factor), (least, most) = rows, ends
    part = factor * np.where(factor > 0, least[cell], most[cell])
    endless = np.isinf(part)
    total = np.bincount(row, np.where(endless, 0.0, part))
    others_endless = np.bincount(row, endless)[row] - endless > 0
    rest = total[row] - np.where(endless, 0.0, part)
    limit = np.where(others_endless, np.inf, -rest) / np.abs(factor)
    high, low = most.copy(), least.copy()
    up = factor > 0
    np.minimum.at(high, cell[up], np.floor(limit[up]))
    np.maximum.at(low, cell[~up], np.ceil(-limit[~up]))
    changed = bool((high < most).any() or (low > least).any())
    most[:], least[:] = high, low
    return changed
