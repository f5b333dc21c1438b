"""What do those who stand in a cell know of it beforehand, because they know themselves?"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from sdc.model.hierarchy import IntArray
from sdc.model.system import System
from sdc.model.table import Table


def known_inside(system: System, min_count: Mapping[str, int]) -> IntArray:
    """(n, j) the least that the owners of one, two … j units know an innermost cell to hold.

    ``min_count`` gives the threshold k of each table. In counts one unit is known to whoever owns it;
    in measures up to k - 1 contributors put together what they know: their contributions, the largest
    ones at worst. Contributions that were not kept count as much as the smallest kept one. 0 in cells
    that sum up others, or hold nobody. O(cells x k).

    >>> from sdc.model.hierarchy import Hierarchy
    >>> from sdc.tables.relations import system_of
    >>> from sdc.model.table import aggregate
    >>> sex = Hierarchy.flat("sex", ["f", "m"])
    >>> s = system_of([Table("t", (sex,), aggregate(np.array([0, 4]), [sex]))])
    >>> known_inside(s, {"t": 3}).tolist()
    [[0], [0], [1]]
    """
    relations = system.relations
    total = np.zeros(system.n, dtype=bool)
    total[relations.indices[relations.data < 0]] = True
    measures = [b for b in system.blocks if not b.table.is_count and b.table.top is not None]
    most = max((min_count[b.table.name] - 1 for b in measures), default=1)
    own = np.zeros((system.n, max(most, 1)), dtype=np.int64)
    own[system.count & ~total & (system.value > 0)] = 1
    for block in measures:
        leaf = np.ix_(*[d.leaves for d in block.table.dims])
        cells = block.index[leaf].ravel()
        known = _coalitions(block.table, leaf, min_count[block.table.name] - 1)
        own[cells] = np.maximum(
            own[cells], np.pad(known, ((0, 0), (0, most - known.shape[1])), "edge")
        )
    return own


def _coalitions(table: Table, leaf: tuple[IntArray, ...], most: int) -> IntArray:
    """(cells, most) sums of the largest contributions."""
    assert table.top is not None
    top = table.top[leaf].reshape(-1, table.top.shape[-1])
    kept = top[:, :most]
    more = np.repeat(top[:, -1:], max(most - kept.shape[1], 0), axis=1)
    sums = np.cumsum(np.concatenate([kept, more], axis=1), axis=1)
    return np.asarray(np.minimum(sums, table.value[leaf].reshape(-1, 1)))
