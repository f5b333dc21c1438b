"""Which part of a problem does one search see, so that it can be done anywhere?

Outside its unknowns nothing changes; inside, everything a search needs has been copied, so that a
window can be sent to another process without the problem that it comes from.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from sdc.model.hierarchy import IntArray
from sdc.model.system import BoolArray, Problem
from sdc.suppression.demands import Demands, Masks


@dataclass(frozen=True, eq=False)
class Window:
    """Some unknowns of a problem, those that can move at all, in a numbering of their own.

    ========= ======== =================================================================
    field     shape    meaning
    ========= ======== =================================================================
    columns   (c,)     the unknowns of the problem, ascending
    which     (r,)     the demands of the problem that are dealt with
    relations (m, c)   those among them with any entry
    demands   (r,)     by place in ``columns``
    masks     (c,)(k,) by place in ``columns``, masks numbered anew
    unit               middle price of the problem's masks
    size               unknowns of the problem
    ========= ======== =================================================================
    """

    columns: IntArray
    which: IntArray
    relations: sp.csr_matrix
    demands: Demands
    masks: Masks
    unit: float
    size: int

    @classmethod
    def of(
        cls,
        problem: Problem,
        demands: Demands,
        masks: Masks,
        *,
        columns: IntArray | None = None,
        which: IntArray | None = None,
        open_: BoolArray | None = None,
    ) -> Window:
        """The window over some unknowns (ascending; default all) and demands (default all).

        The cells of the demands must lie inside. ``open_`` (k,) masks are hidden in any case, at no
        price. O(entries of the relations of the unknowns).
        """
        every = np.arange(problem.system.n, dtype=np.int64) if columns is None else columns
        movable = np.isfinite(masks.price[masks.of[every]])
        every = every[movable & ((masks.up[every] > 0) | (masks.down[every] > 0))]
        numbers = np.arange(len(demands), dtype=np.int64) if which is None else which
        relations = problem.system.relations
        if len(every) < problem.system.n:
            relations = problem.system.by_column[:, every]
            used = np.unique(relations.indices)
            place = np.searchsorted(used, relations.indices)
            relations = sp.csc_matrix(
                (relations.data, place, relations.indptr), shape=(len(used), len(every))
            ).tocsr()
        used, of = np.unique(masks.of[every], return_inverse=True)
        free = masks.free if open_ is None else masks.free | open_
        own = dataclasses.replace(
            masks, of=of.astype(np.int64), price=masks.price[used], free=free[used],
            down=masks.down[every], up=masks.up[every],
        )  # fmt: skip
        asked = _placed(every, demands, numbers)
        return cls(every, numbers, relations, asked, own, masks.unit, problem.system.n)

    def widened(self, demands: Demands) -> Window:
        """The same window over all demands of a longer list; O(demands)."""
        numbers = np.arange(len(demands), dtype=np.int64)
        asked = _placed(self.columns, demands, numbers)
        return dataclasses.replace(self, which=numbers, demands=asked)


def _placed(columns: IntArray, demands: Demands, which: IntArray) -> Demands:
    """Some demands by place in ``columns``."""
    guard = demands.guard[which]
    held = np.minimum(np.searchsorted(columns, guard), max(len(columns) - 1, 0))
    # What stands outside, or may not be hidden, keeps its value anyhow.
    there = columns[held] == guard if len(columns) else np.zeros(len(guard), dtype=bool)
    return Demands(
        np.searchsorted(columns, demands.cell[which]),
        demands.sign[which],
        demands.need[which],
        np.where(there, held, -1),
        demands.room[which],
    )
