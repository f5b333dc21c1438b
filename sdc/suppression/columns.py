"""Which unknowns can move, and which of them always move together?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from sdc.model.hierarchy import IntArray
from sdc.model.system import BoolArray, FloatArray

__all__ = ["Columns"]


@dataclass
class Columns:
    """Unknowns being merged into columns; every step keeps ``matrix @ z == 0`` equivalent."""

    column: IntArray
    sign: IntArray
    matrix: sp.csr_matrix
    up: FloatArray
    down: FloatArray

    @classmethod
    def of(
        cls, relations: sp.csr_matrix, movable: BoolArray, *, up: FloatArray, down: FloatArray
    ) -> Columns:
        """One column for every unknown that may move; nothing merged yet."""
        column = np.full(len(movable), -1, dtype=np.int64)
        column[movable] = np.arange(int(movable.sum()))
        matrix = sp.csr_matrix(relations[:, movable], dtype=np.int64)
        return cls(column, np.ones(len(movable), np.int64), matrix, up[movable], down[movable])

    @property
    def size(self) -> int:
        """Number of columns."""
        return len(self.up)

    def step(self) -> bool:
        """Use all rows of one or two terms once; whether anything changed."""
        self.matrix.sum_duplicates()
        self.matrix.eliminate_zeros()
        terms = np.diff(self.matrix.indptr)
        stop = (self.up <= 0) & (self.down <= 0)
        single = self.matrix.indptr[:-1][terms == 1]
        stop[self.matrix.indices[single]] = True
        double = self.matrix.indptr[:-1][terms == 2]
        data, where = self.matrix.data, self.matrix.indices
        double = double[np.abs(data[double]) == np.abs(data[double + 1])]
        keep = terms > 1
        if len(double):
            turn = -np.sign(data[double] * data[double + 1])
            root, sign = _merge(self.size, where[double], where[double + 1], turn=turn, stop=stop)
            keep[np.isin(self.matrix.indptr[:-1], double)] = False
        else:
            root, sign = np.arange(self.size, dtype=np.int64), np.ones(self.size, dtype=np.int64)
        self.matrix = self.matrix[keep]
        if not (stop.any() or len(double)):
            return False
        self._rebuild(root, sign, stop)
        return True

    def _rebuild(self, root: IntArray, sign: IntArray, stop: BoolArray) -> None:
        """Give the roots that still move new numbers, in order, and carry everything over."""
        alive = (root == np.arange(self.size)) & ~stop
        number = np.where(alive, np.cumsum(alive) - 1, -1)
        target = number[root]
        old = np.flatnonzero(target >= 0)
        size = int(alive.sum())
        turn = sp.csr_matrix((sign[old], (old, target[old])), shape=(self.size, size))
        self.matrix = sp.csr_matrix(self.matrix @ turn)
        rise, fall = np.full(size, np.inf), np.full(size, np.inf)
        np.minimum.at(rise, target[old], np.where(sign[old] > 0, self.up[old], self.down[old]))
        np.minimum.at(fall, target[old], np.where(sign[old] > 0, self.down[old], self.up[old]))
        self.up, self.down = rise, fall
        moving = np.flatnonzero(self.column >= 0)
        self.sign[moving] *= sign[self.column[moving]]
        self.column[moving] = target[self.column[moving]]


def _merge(
    size: int, first: IntArray, second: IntArray, *, turn: IntArray, stop: BoolArray
) -> tuple[IntArray, IntArray]:
    """Union of pairs with signs; the root is the smallest number. ``stop`` spreads to whole unions.

    A contradiction (a column equal to its own negative) stops the union.
    """
    parent = list(range(size))
    sign = [1] * size

    def find(x: int) -> tuple[int, int]:
        path, s = [], 1
        while parent[x] != x:
            path.append(x)
            x = parent[x]
        for node in reversed(path):
            s *= sign[node]
            sign[node], parent[node] = s, x
        return x, (sign[path[0]] if path else 1)

    for a, b, t in zip(first.tolist(), second.tolist(), turn.tolist(), strict=True):
        (ra, sa), (rb, sb) = find(a), find(b)
        if ra == rb:
            stop[ra] |= sa * sb != t
            continue
        low, high = min(ra, rb), max(ra, rb)
        parent[high], sign[high] = low, sa * sb * t
        stop[low] |= stop[high]
    touched = np.union1d(first, second)
    for x in touched.tolist():
        find(x)
    root, signs = np.asarray(parent, dtype=np.int64), np.asarray(sign, dtype=np.int64)
    np.logical_or.at(stop, root, stop)
    return root, signs
