"""Which masks are hidden in vain unless another one is hidden beside them?

A column that is the only one to move in some relation does not move at all. A cheapest pattern hides
nothing that cannot move, so every mask of a single column needs, in each relation of that column, the
mask of another one: ``sum of x over the others - x_j >= 0``. (Bridgeless inequalities: Fischetti and
Salazar 2001.)
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from sdc.suppression.presolve import Reduced

__all__ = ["company"]


def company(reduced: Reduced) -> sp.csr_matrix:
    """Rows (r, k), ``rows @ x >= 0`` in some cheapest safe pattern, not in every safe one.

    Relations in which something may move in any case give no rows. O(sum of squared row lengths).

    >>> from sdc.model.system import UNBOUNDED, Level, Problem, System
    >>> from sdc.suppression.presolve import reduce
    >>> s = System.plain(np.array([9, 5, 4, 3, 3, 2]),
    ...                  sp.csr_matrix([[-1, 1, 1, 0, 0, 0], [0, 0, 0, 1, -1, 0], [0, -1, 0, 0, 1, 1]]))
    >>> p = Problem(s, Level.LINEAR, np.array([5]), np.array([3]), np.array([1]), np.array([0]),
    ...             np.zeros(6, np.int64), np.full(6, UNBOUNDED), np.ones(6, bool), np.ones(6))
    >>> company(reduce(p)).toarray().astype(int).tolist()
    [[-1, 1, 1, 0, 0], [1, -1, 1, 0, 0], [1, 1, -1, 0, 0]]
    """
    gate, matrix = reduced.gate, sp.csr_matrix(reduced.matrix)
    mask = np.full(reduced.columns, -1, dtype=np.int64)
    gated = np.diff(gate.indptr) > 0
    mask[gated] = gate.indices[gate.indptr[:-1][gated]]
    alone = np.bincount(gate.indices, minlength=reduced.masks) == 1
    fixed = (mask < 0) | np.append(reduced.forced, True)[mask]
    where, sizes, signs = [], [], []
    for row in range(matrix.shape[0]):
        terms = matrix.indices[matrix.indptr[row] : matrix.indptr[row + 1]]
        own = mask[terms]
        if fixed[terms].any() or len(np.unique(own)) < len(own):
            continue
        lonely = own[alone[own]]
        where.append(np.tile(own, len(lonely)))
        sizes.append(np.full(len(lonely), len(own), dtype=np.int64))
        signs.append(np.where(own[None, :] == lonely[:, None], -1.0, 1.0).ravel())
    if not where:
        return sp.csr_matrix((0, reduced.masks))
    span = np.concatenate([[0], np.cumsum(np.concatenate(sizes))])
    rows = sp.csr_matrix(
        (np.concatenate(signs), np.concatenate(where), span), shape=(len(span) - 1, reduced.masks)
    )
    rows.sort_indices()
    return rows
