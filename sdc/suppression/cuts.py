"""Which inequalities does every safe pattern satisfy?"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

import numpy as np
import scipy.sparse as sp

from sdc.model.hierarchy import IntArray
from sdc.model.system import FloatArray

__all__ = ["NOTHING", "Cuts", "Row", "Separator", "stacked"]

MARGIN = 1e-5
"""How far a row from a program must be violated at least."""


class Row(NamedTuple):
    """One inequality ``a @ x >= 1`` over the masks: where it has terms (t,), and the terms."""

    indices: IntArray
    data: FloatArray

    def short(self, x: FloatArray) -> bool:
        """Whether x (k,) violates it by more than a solver may err; never of an empty row.

        >>> row = Row(np.array([0, 2]), np.array([1.0, 0.5]))
        >>> row.short(np.array([0.0, 1.0, 1.0])), row.short(np.array([0.5, 0.0, 1.0]))
        (True, False)
        """
        return bool(len(self.data) and self.data @ x[self.indices] < 1.0 - MARGIN)


NOTHING = Row(np.zeros(0, dtype=np.int64), np.zeros(0))
"""A row without terms: nothing is known."""


def stacked(rows: list[Row], masks: int) -> sp.csr_matrix:
    """Rows as one matrix (r, masks)."""
    span = np.concatenate([[0], np.cumsum([len(r.data) for r in rows])]).astype(np.int64)
    where = np.concatenate([NOTHING.indices, *(r.indices for r in rows)])
    data = np.concatenate([NOTHING.data, *(r.data for r in rows)])
    return sp.csr_matrix((data, where, span), shape=(len(rows), masks))


@dataclass
class Cuts:
    """Rows ``a @ x >= 1`` over the masks, without repeats, in the order in which they were found.

    >>> cuts = Cuts(3)
    >>> row = sp.csr_matrix([[0.0, 1.0, 0.5]])
    >>> cuts.add(row).shape, cuts.add(row).shape, len(cuts)
    ((1, 3), (0, 3), 1)
    """

    masks: int
    blocks: list[sp.csr_matrix] = field(default_factory=list)
    _seen: set[bytes] = field(default_factory=set)

    def __len__(self) -> int:
        return len(self._seen)

    def add(self, rows: sp.csr_matrix) -> sp.csr_matrix:
        """Remember rows (r, masks); returns those that were new."""
        rows = sp.csr_matrix(rows, dtype=np.float64)
        rows.sort_indices()
        fresh = []
        for i in range(rows.shape[0]):
            part = slice(rows.indptr[i], rows.indptr[i + 1])
            key = rows.indices[part].tobytes() + rows.data[part].round(9).tobytes()
            if key not in self._seen:
                self._seen.add(key)
                fresh.append(i)
        new = sp.csr_matrix(rows[fresh]) if fresh else sp.csr_matrix((0, self.masks))
        if fresh:
            self.blocks.append(new)
        return new

    def matrix(self) -> sp.csr_matrix:
        """All rows so far."""
        if not self.blocks:
            return sp.csr_matrix((0, self.masks))
        if len(self.blocks) > 1:
            self.blocks = [sp.csr_matrix(sp.vstack(self.blocks, format="csr"))]
        return self.blocks[0]

    def since(self, count: int) -> sp.csr_matrix:
        """The rows that came after the first ``count``."""
        return sp.csr_matrix(self.matrix()[count:])


class Separator(Protocol):
    """Finds rows of ``cuts`` that a fractional or whole pattern violates."""

    cuts: Cuts

    def separate(self, x: FloatArray) -> sp.csr_matrix:
        """Rows that x (k,) violates and that were not known yet, now also in ``cuts``."""
        ...
