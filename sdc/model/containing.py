"""Which cells hold none but units of a given cell, whatever the true numbers are?"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from sdc.model.hierarchy import IntArray
from sdc.model.system import System


def contained(system: System, cells: IntArray) -> sp.csr_matrix:
    """(a, n) all cells whose units are certainly among those of some cells (a,), themselves included.

    The parts of a contained cell are contained, and so is a total all of whose parts are: an area that
    lies in one mesh cell, and then what it consists of. A relation has its total as -1.
    O(contained cells x relations of each).

    >>> s = System.plain(np.array([3, 2, 1, 3]), sp.csr_matrix([[-1, 1, 1, 0], [0, 1, 1, -1]]))
    >>> contained(s, np.array([0, 1])).toarray().tolist()
    [[1, 1, 1, 1], [0, 1, 0, 0]]
    """
    part = sp.csr_matrix(system.relations > 0).astype(np.int64)
    total = sp.csr_matrix(system.relations < 0).astype(np.int64)
    whole = np.diff(part.indptr)
    ones = np.ones(len(cells), dtype=np.int64)
    reach = sp.csr_matrix((ones, (np.arange(len(cells)), cells)), shape=(len(cells), system.n))
    while True:
        down = (reach @ total.T) @ part
        inside = sp.csr_matrix(reach @ part.T)
        inside.data = (inside.data == whole[inside.indices]).astype(np.int64)
        inside.eliminate_zeros()
        more = sp.csr_matrix(reach + down + inside @ total)
        more.data[:] = 1
        if more.nnz == reach.nnz:
            return reach
        reach = more
