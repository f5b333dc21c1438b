"""Which hidden cells does a stranger recover by adding and subtracting what is printed?

Shares no code with the tool. What is hidden can change by any vector that all relations send to zero;
a random vector, projected onto those by least squares, moves every cell that can move at all. (The
projection: Paige and Saunders 1982, LSQR; here its variant LSMR of SciPy.)
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import scipy.sparse as sp
from scipy.sparse.linalg import lsmr

VECTORS = 2
STILL = 1e-5
"""A cell that moves less in every projection counts as recovered."""


def recovered(relations: sp.spmatrix, hidden: np.ndarray, primary: np.ndarray) -> int:
    """Primary cells (n,) with one possible value where ``relations`` (m, n) hold and the rest is known.

    >>> both = sp.csr_matrix([[-1, 1, 1, 0], [0, 0, 1, -1]])
    >>> recovered(both, np.array([0, 1, 1, 0], bool), np.array([0, 1, 0, 0], bool))
    1
    >>> recovered(both, np.array([0, 1, 1, 1], bool), np.array([0, 1, 0, 0], bool))
    0
    """
    columns = np.flatnonzero(hidden)
    part = sp.csr_matrix(relations, dtype=np.float64)[:, columns]
    part = sp.csr_matrix(part[np.diff(part.indptr) > 0])
    draw = np.random.default_rng(20261128)
    moved = np.zeros(len(columns))
    for _ in range(VECTORS):
        start = draw.normal(size=len(columns))
        fit = lsmr(part.T, start, atol=1e-13, btol=1e-13, conlim=1e14, maxiter=20_000)[0]
        move = start - part.T @ fit
        if np.abs(part @ move).max(initial=0.0) > STILL / 100:
            raise RuntimeError("the projection has not settled")
        moved = np.maximum(moved, np.abs(move))
    return int((moved[primary[columns]] < STILL).sum())


def recovered_in_table(
    parents: Sequence[Sequence[int]], hidden: np.ndarray, primary: np.ndarray
) -> int:
    """The same for a table with all its totals; ``parents`` of each dimension's codes, -1 for its root.

    >>> marks = np.array([[0, 0, 0], [0, 1, 1], [0, 1, 1]], dtype=bool)
    >>> recovered_in_table([[-1, 0, 0], [-1, 0, 0]], marks, marks)
    0
    >>> marks[2, 2] = False
    >>> recovered_in_table([[-1, 0, 0], [-1, 0, 0]], marks, marks)
    3
    """
    blocks = []
    for axis, above in enumerate(parents):
        totals = sorted({p for p in above if p >= 0})
        place = {p: i for i, p in enumerate(totals)}
        part = sp.lil_matrix((len(totals), len(above)))
        for code, p in enumerate(above):
            if p >= 0:
                part[place[p], code] = 1.0
        for p, i in place.items():
            part[i, p] = -1.0
        sides = [sp.identity(len(a), format="csr") for a in parents]
        sides[axis] = part.tocsr()
        whole = sides[0]
        for side in sides[1:]:
            whole = sp.kron(whole, side, format="csr")
        blocks.append(whole)
    return recovered(sp.vstack(blocks, format="csr"), hidden.ravel(), primary.ravel())
