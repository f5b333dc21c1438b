"""Which form of the relations lets some unknowns take up at once what the others do?

Solved for as many unknowns as there are independent relations, each relation has an unknown of its
own, which stands in no other. A search then enforces only the relations whose own unknown has no
room left: where much is hidden, few; in the relations as they are, every one that a move touches.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from sdc.model.hierarchy import IntArray
from sdc.model.system import BoolArray
from sdc.suppression.modular import PRIME
from sdc.suppression.tableau import eliminate, eliminate_by, rows_of

LARGEST = 1_000
"""Larger coefficients are residues of fractions."""

DENOMINATORS = (2, 3, 4, 6, 12)


def solved(relations: sp.csr_matrix, first: BoolArray) -> tuple[sp.csr_matrix, IntArray]:
    """The relations (m, n) as ``own unknown == sum of others``, and each one's own unknown (r,).

    Unknowns of ``first`` (n,) become own ones wherever that is possible, chosen so that little fills
    in. A combination that is not whole is multiplied by its denominator, and has no own unknown: -1.
    Where a denominator is none of the usual, the relations come back unsolved, with -1 everywhere.

    >>> r = sp.csr_matrix(np.array([[-1, 1, 1, 0], [0, 0, -1, 1]]))
    >>> form, own = solved(r, np.ones(4, dtype=bool))
    >>> len(set(own.tolist())), [int(form[i, own[i]]) for i in range(2)]
    (2, [-1, -1])
    """
    some = np.flatnonzero(first)
    part = sp.csr_matrix(relations[:, some])
    used = np.flatnonzero(np.diff(part.indptr))
    row = np.asarray(eliminate(part[used]).where)
    chosen = np.flatnonzero(row >= 0)
    # Short relations first: a long one that is used up early would fill in all others.
    length = np.diff(relations.indptr)[used[row[chosen]]]
    chosen = some[chosen[np.argsort(length, kind="stable")]]
    tab = eliminate_by(relations, np.concatenate([chosen, np.flatnonzero(~first)]))
    own = np.flatnonzero(np.asarray(tab.where) >= 0)
    rest = rows_of(tab, own)
    times = _made_whole(rest)
    if not times.all():
        return relations, np.full(relations.shape[0], -1, dtype=np.int64)
    form = rest - sp.csr_matrix((times, (np.arange(len(own)), own)), shape=rest.shape)
    return sp.csr_matrix(form), np.where(times == 1, own, -1).astype(np.int64)


def _made_whole(rows: sp.csr_matrix) -> IntArray:
    """Multiply rows with residues of fractions, in place, until they are whole; by how much, 0 for never.

    >>> half = (PRIME + 1) // 2
    >>> rows = sp.csr_matrix(np.array([[half - PRIME, 1], [1, -1]]))
    >>> _made_whole(rows).tolist(), rows.toarray().tolist()
    ([2, 1], [[1, 2], [1, -1]])
    """
    times = np.ones(rows.shape[0], dtype=np.int64)
    line = np.repeat(np.arange(rows.shape[0]), np.diff(rows.indptr))
    for row in np.unique(line[np.abs(rows.data) > LARGEST]).tolist():
        part = slice(int(rows.indptr[row]), int(rows.indptr[row + 1]))
        times[row] = 0
        for denominator in DENOMINATORS:
            whole = [denominator * x % PRIME for x in rows.data[part].tolist()]
            whole = [x - PRIME if x > PRIME // 2 else x for x in whole]
            if max(map(abs, whole)) <= LARGEST:
                rows.data[part], times[row] = whole, denominator
                break
    return times
