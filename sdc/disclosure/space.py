"""Over which variables, and within which bounds, can an attacker's tables differ from the truth?

Cells that follow are left out, cells that can only move together become one variable, and what
cannot influence each other falls into separate components.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numba
import numpy as np
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components

from sdc.disclosure.elimination import determined
from sdc.disclosure.witness import FAR, free_cells
from sdc.errors import InputError
from sdc.messages import Text
from sdc.model.hierarchy import IntArray
from sdc.model.system import UNBOUNDED, BoolArray, Problem


@dataclass(frozen=True, eq=False)
class Space:
    """All differences z to the true values: ``z[cell] = sign[cell] * t[of[cell]]``, 0 elsewhere.

    ``of`` (n,) is -1 for cells that cannot move; ``matrix`` (m, v) int64 with ``matrix @ t == 0``;
    ``low <= 0 <= high`` (v,) bound the variables (``FAR`` stands for no bound); ``fixed`` (n,) marks
    free cells that follow by elimination.
    """

    of: IntArray
    sign: IntArray
    matrix: sp.csr_matrix
    low: IntArray
    high: IntArray
    fixed: BoolArray

    @classmethod
    def of_problem(cls, problem: Problem, hidden: BoolArray) -> Space:
        """The differences that a pattern leaves open; near linear on tables.

        >>> from sdc.model.system import Level, System
        >>> s = System.plain(np.array([7, 3, 4]), sp.csr_matrix(np.array([[-1, 1, 1]])))
        >>> none = np.zeros(0, dtype=np.int64)
        >>> p = Problem(s, Level.INTERVAL, none, none, none, none, np.zeros(3, np.int64),
        ...             np.full(3, 2**53), np.ones(3, bool), np.ones(3))
        >>> space = Space.of_problem(p, np.array([False, True, True]))
        >>> space.of.tolist(), space.sign.tolist(), space.low.tolist(), space.high.tolist()
        ([-1, 0, 0], [0, 1, -1], [-3], [4])
        """
        system, free = problem.system, free_cells(problem, hidden)
        fixed = determined(system.relations, free)
        low = np.maximum(problem.floor - system.value, -FAR)
        far = problem.ceiling >= UNBOUNDED
        high = np.where(far, FAR, np.minimum(problem.ceiling - system.value, FAR))
        if (free & ((low > 0) | (high < 0))).any():
            raise InputError(Text("a true value lies outside the prior bounds"))
        moving = free & ~fixed & (low < high)
        by_column = system.relations.tocsc()
        while True:
            space = cls._over(np.flatnonzero(moving), by_column, (low, high, fixed))
            stuck = space.low == space.high
            if not stuck.any():
                return space
            moving &= (space.of < 0) | ~stuck[space.of]

    @classmethod
    def _over(
        cls, moving: IntArray, by_column: sp.csc_matrix, known: tuple[IntArray, IntArray, BoolArray]
    ) -> Space:
        """Variables for the cells ``moving``, all others standing still."""
        low, high, fixed = known
        part = sp.csr_matrix(by_column[:, moving])
        part = part[np.diff(part.indptr) > 0]
        root, sign = _together(part)
        names, of_moving = np.unique(root, return_inverse=True)
        entries = (sign, (np.arange(len(moving)), of_moving))
        matrix = sp.csr_matrix(part @ sp.csr_matrix(entries, shape=(len(moving), len(names))))
        matrix.eliminate_zeros()
        matrix = _distinct(matrix[np.diff(matrix.indptr) > 0])
        of = np.full(len(fixed), -1, dtype=np.int64)
        signs = np.zeros(len(fixed), dtype=np.int64)
        of[moving], signs[moving] = of_moving, sign
        bottom, top = np.full(len(names), -FAR), np.full(len(names), FAR)
        np.maximum.at(bottom, of_moving, np.where(sign > 0, low[moving], -high[moving]))
        np.minimum.at(top, of_moving, np.where(sign > 0, high[moving], -low[moving]))
        _tighten((matrix.indptr, matrix.indices, matrix.data), (bottom, top), FAR)
        return cls(of, signs, matrix, bottom, top, fixed)

    @property
    def size(self) -> int:
        """Number of variables."""
        return len(self.low)

    @cached_property
    def columns(self) -> sp.csc_matrix:
        """The matrix by columns."""
        return self.matrix.tocsc()

    @cached_property
    def member(self) -> sp.csr_matrix:
        """(v, n) signs of the cells of each variable."""
        cells = np.flatnonzero(self.of >= 0)
        shape = (self.size, len(self.of))
        return sp.csr_matrix((self.sign[cells], (self.of[cells], cells)), shape=shape)

    @cached_property
    def component(self) -> IntArray:
        """(v,) which variables can influence each other."""
        graph = abs(self.matrix).astype(np.int8)
        _, label = connected_components(sp.bmat([[None, graph.T], [graph, None]]), directed=False)
        return np.asarray(label[: self.size], dtype=np.int64)

    def window(self, seeds: IntArray, size: int) -> IntArray:
        """About ``size`` variables nearest to the seeds, ascending; whole components if smaller."""
        matrix, columns = self.matrix, self.columns
        found = _ball(
            (matrix.indptr, matrix.indices), (columns.indptr, columns.indices), (seeds, size)
        )
        return np.asarray(found)


def _distinct(matrix: sp.csr_matrix) -> sp.csr_matrix:
    """The matrix without repeated rows."""
    matrix.sort_indices()
    seen: dict[bytes, int] = {}
    for r in range(matrix.shape[0]):
        part = slice(matrix.indptr[r], matrix.indptr[r + 1])
        flip = 1 if matrix.data[part][0] > 0 else -1
        seen.setdefault(matrix.indices[part].tobytes() + (flip * matrix.data[part]).tobytes(), r)
    return matrix[np.array(sorted(seen.values()), dtype=np.int64)]


def _together(part: sp.csr_matrix) -> tuple[IntArray, IntArray]:
    """(f,) a representative and a sign for each column: z = sign * z[representative].

    Rows with two entries of equal size tie their columns together; ties are followed until no row
    with two entries is left.
    """
    n = part.shape[1]
    root, sign = np.arange(n), np.ones(n, dtype=np.int64)
    matrix = part
    while True:
        two = np.flatnonzero(np.diff(matrix.indptr) == 2)
        first = matrix.indptr[two]
        ends = (matrix.indices[first].astype(np.int64), matrix.indices[first + 1].astype(np.int64))
        values = (matrix.data[first], matrix.data[first + 1])
        same = abs(values[0]) == abs(values[1])
        if not _tie((ends[0][same], ends[1][same]), np.where(values[0] == values[1], -1, 1)[same],
                    (root, sign)):  # fmt: skip
            return root, sign
        fold = sp.csr_matrix((sign, (np.arange(n), root)), shape=(n, n))
        matrix = sp.csr_matrix(part @ fold)
        matrix.eliminate_zeros()


@numba.njit(cache=True)
def _tie(ends: Any, relation: Any, forest: Any) -> Any:
    """Union by sign: z[a] = relation * z[b]; whether anything changed. Flattens the forest."""
    root, sign = forest
    changed = False
    for k in range(len(relation)):
        a, b, s = ends[0][k], ends[1][k], relation[k]
        while root[a] != a:
            s *= sign[a]
            a = root[a]
        while root[b] != b:
            s *= sign[b]
            b = root[b]
        if a != b:
            low, high = min(a, b), max(a, b)
            root[high], sign[high] = low, s
            changed = True
    for a in range(len(root)):
        b, s = a, 1
        while root[b] != b:
            s *= sign[b]
            b = root[b]
        root[a], sign[a] = b, s
    return changed


@numba.njit(cache=True)
def _tighten(matrix: Any, bounds: Any, far: int) -> None:
    """Narrow whole-number bounds by what each row alone implies, in place; at most 20 passes."""
    for _ in range(20):
        changed = False
        for r in range(len(matrix[0]) - 1):
            span = (matrix[0][r], matrix[0][r + 1])
            for flip in (1, -1):
                changed |= _imply((matrix[1], matrix[2], flip), span, (bounds[0], bounds[1], far))
        if not changed:
            return


@numba.njit(cache=True)
def _imply(row: Any, span: Any, bounds: Any) -> Any:
    """Narrow bounds by flip * (row of the matrix) @ t <= 0; whether anything changed.

    A sum with an unbounded term bounds that term alone, and only where it is the only one.
    """
    column, data, flip = row
    low, high, far = bounds
    least, open_terms = 0, 0
    for i in range(span[0], span[1]):
        b = flip * data[i]
        end = low[column[i]] if b > 0 else high[column[i]]
        if abs(end) >= far:
            open_terms += 1
        else:
            least += b * end
    changed = False
    for i in range(span[0], span[1]):
        c, b = column[i], flip * data[i]
        end = low[c] if b > 0 else high[c]
        own = abs(end) >= far
        if open_terms > own:
            continue
        limit = -least if own else b * end - least  # b t <= limit
        # Rounded outward, so that the bounds hold for numbers that need not be whole as well.
        if b > 0 and -(-limit // b) < high[c]:
            high[c], changed = -(-limit // b), True
        elif b < 0 and -limit // -b > low[c]:
            low[c], changed = -limit // -b, True
    return changed


@numba.njit(cache=True)
def _ball(by_row: Any, by_column: Any, what: Any) -> Any:
    """Breadth first over rows and columns until enough columns are found."""
    (row_start, row_columns), (column_start, column_rows) = by_row, by_column
    seeds, size = what
    column_seen = np.zeros(len(column_start) - 1, np.bool_)
    row_seen = np.zeros(len(row_start) - 1, np.bool_)
    queue = np.empty(len(column_start) - 1, np.int64)
    end = 0
    for c in seeds:
        if not column_seen[c]:
            column_seen[c] = True
            queue[end] = c
            end += 1
    at = 0
    while at < end < size:
        c = queue[at]
        at += 1
        for i in range(column_start[c], column_start[c + 1]):
            r = column_rows[i]
            if row_seen[r]:
                continue
            row_seen[r] = True
            for j in range(row_start[r], row_start[r + 1]):
                other = row_columns[j]
                if not column_seen[other]:
                    column_seen[other] = True
                    queue[end] = other
                    end += 1
    return np.sort(queue[:end])
