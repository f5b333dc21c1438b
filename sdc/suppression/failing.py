"""Of which few masks must every pattern open one where a given pattern fails?

The inequality that a failing pattern violates names masks of which one must be open. As long as opening
one of them leaves the demand out of reach, the wider pattern violates an inequality that names fewer.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from sdc.model.hierarchy import IntArray
from sdc.model.system import BoolArray, FloatArray
from sdc.suppression.capacity import Capacities, Demand
from sdc.suppression.cuts import Row

__all__ = ["failing_sets"]

MOST = 12
"""Demands out of reach that are followed up in one pattern."""


def failing_sets(capacities: Capacities, opened: BoolArray) -> sp.csr_matrix:
    """0/1 rows (r, k) that a whole pattern violates; one linear program a mask that is tried.

    The cheapest masks are opened first, so that the dearest remain in the set.
    """
    reduced, sets = capacities.reduced, []
    for demand in capacities.demands:
        row = capacities.row(demand, opened)
        if row is not None:
            sets.append(_least(capacities, demand, opened.copy(), row))
        if len(sets) == MOST:
            break
    span = np.concatenate([[0], np.cumsum([len(s) for s in sets])]).astype(np.int64)
    where = np.concatenate([np.zeros(0, np.int64), *sets])
    return sp.csr_matrix((np.ones(len(where)), where, span), shape=(len(sets), reduced.masks))


def _least(capacities: Capacities, demand: Demand, opened: BoolArray, row: Row) -> IntArray:
    """The masks left closed once all have been opened that leave the demand out of reach."""
    weight = capacities.reduced.weight
    closed = _needed(row, opened, weight)
    tried: set[int] = set()
    while len(closed) > 1:
        left = [j for j in closed[np.argsort(weight[closed], kind="stable")] if j not in tried]
        if not left:
            break
        tried.add(left[0])
        wider = opened.copy()
        wider[left[0]] = True
        following = capacities.row(demand, wider)
        if following is not None:
            opened = wider
            closed = _needed(following, opened, weight)
    return np.sort(closed)


def _needed(row: Row, opened: BoolArray, weight: FloatArray) -> IntArray:
    """Closed masks of which the inequality needs one; what it can do without is opened in place."""
    shut = ~opened[row.indices]
    left = float(row.data[~shut].sum())
    masks, share = row.indices[shut], row.data[shut]
    needed = np.ones(len(masks), dtype=bool)
    for i in np.argsort(weight[masks], kind="stable").tolist():
        if left + share[i] < 1.0 - 1e-7:
            left += float(share[i])
            needed[i] = False
            opened[masks[i]] = True
    return np.asarray(masks[needed])
