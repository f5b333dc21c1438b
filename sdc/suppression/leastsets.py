"""Of which few masks does an inequality ask for at least one?

``a @ x >= 1`` fails for every pattern whose open coefficients add up to less than 1; so of the others
one must be open. Such sets hold fractional patterns back where the coefficients alone do not. (Cover
inequalities: Balas 1975; Fischetti and Salazar 2001.)
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
import scipy.sparse as sp

from sdc.model.system import FloatArray

__all__ = ["least_sets"]

SHORT = 1e-3
"""A set is reported where it falls short of 1 by more than this."""


def least_sets(rows: sp.csr_matrix, x: FloatArray) -> sp.csr_matrix:
    """0/1 rows (r, k), implied by ``rows @ x >= 1``, that x (k,) violates; O(z log z).

    What is left out of a set is chosen greedily: the largest x for the smallest coefficient.

    >>> least_sets(sp.csr_matrix([[1.0, 0.5, 0.4]]), np.array([0.4, 1.0, 0.3])).toarray().tolist()
    [[1.0, 0.0, 0.0]]
    """
    rows = sp.csr_matrix(rows, dtype=np.float64)
    line = np.repeat(np.arange(rows.shape[0]), np.diff(rows.indptr))
    order = np.lexsort((rows.indices, -x[rows.indices] / rows.data, line))
    inside = np.zeros(len(order), dtype=np.bool_)
    good = _chosen(rows.indptr, rows.data, x[rows.indices], order, inside)
    inside &= good[line]
    span = np.concatenate([[0], np.cumsum(np.bincount(line[inside], minlength=rows.shape[0]))])
    sets = sp.csr_matrix((np.ones(int(inside.sum())), rows.indices[inside], span), shape=rows.shape)
    return sp.csr_matrix(sets[np.flatnonzero(good)])


@numba.njit(cache=True)
def _chosen(span: Any, data: Any, x: Any, order: Any, inside: Any) -> Any:
    """Mark the entries of each row's set; True for rows with small coefficients and a violated set."""
    good = np.zeros(len(span) - 1, dtype=np.bool_)
    for row in range(len(span) - 1):
        left, open_, some = 0.0, 0.0, False
        for t in range(span[row], span[row + 1]):
            e = order[t]
            if data[e] < 1.0 - 1e-9:
                some = True
            if left + data[e] < 1.0 - 1e-7:
                left += data[e]
            else:
                inside[e] = True
                open_ += x[e]
        good[row] = some and open_ < 1.0 - SHORT
    return good
