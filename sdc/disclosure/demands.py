"""What exactly must the attacker's tables be able to do, for a promise to hold?"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
import scipy.sparse as sp

from sdc.disclosure.witness import Reach
from sdc.model.hierarchy import IntArray
from sdc.model.report import Certificate
from sdc.model.system import BoolArray, Level, Problem


@dataclass(frozen=True, eq=False)
class Demands:
    """Distances that the primary cells must be able to move, and cells that must move at all.

    ``up``, ``down`` and ``slide`` (p,) are >= 0 (all 0 at ``integer``); ``some`` (n,) marks the hidden
    cells, primary ones included, but for those whose given levels (JJ) ask for an X and nothing else;
    at ``integer`` also the primary places that no table prints.
    Units of 1.
    """

    cells: IntArray
    up: IntArray
    down: IntArray
    slide: IntArray
    some: BoolArray

    @classmethod
    def of(cls, problem: Problem, hidden: BoolArray) -> Demands:
        """The demands of a problem's level.

        >>> import scipy.sparse as sp
        >>> from sdc.model.system import System
        >>> s = System.plain(np.array([9, 2, 7]), sp.csr_matrix(np.array([[-1, 1, 1]])))
        >>> one, none = np.array([1]), np.array([0])
        >>> p = Problem(s, Level.INTERVAL, one, np.array([4]), one, none, np.zeros(3, np.int64),
        ...             np.full(3, 2**53), np.ones(3, bool), np.ones(3))
        >>> d = Demands.of(p, np.array([False, True, True]))
        >>> d.up.tolist(), d.down.tolist()
        ([2], [1])
        """
        value = problem.system.value[problem.primary]
        nothing = np.zeros(len(value), dtype=np.int64)
        some = hidden & problem.system.shown
        if problem.level is Level.INTEGER:
            # Places that no table prints as well, but for those that everybody knows beforehand.
            some[problem.primary[(problem.floor < problem.ceiling)[problem.primary]]] = True
            return cls(problem.primary, nothing, nothing, nothing, some)
        up = np.maximum(problem.upper - value, 0)
        down = np.maximum(value - problem.lower, 0)
        slide = np.maximum(problem.slide, 0)
        if problem.level is Level.INTERVAL and not problem.whole:
            some[problem.primary[(up == 0) & (down == 0) & (slide == 0)]] = False
        return cls(problem.primary, up, down, slide, some)

    def stretched(self, problem: Problem) -> tuple[IntArray, IntArray]:
        """(p,) upward and downward distances that together reach the slide as well.

        What is missing is added upward, or downward where the prior bounds leave no room above.
        """
        short = np.maximum(self.slide - self.up - self.down, 0)
        room = problem.ceiling[self.cells] - problem.system.value[self.cells] - self.up
        above = np.minimum(short, np.maximum(room, 0))
        return self.up + above, self.down + short - above

    def met(self, reach: Reach, scale: int) -> BoolArray:
        """(p,) whether the moves take a primary cell far enough, and move it at all where it must."""
        up, down = reach.up[self.cells], -reach.down[self.cells]
        far = (up >= scale * self.up) & (down >= scale * self.down)
        moves = (up + down > 0) | ~self.some[self.cells]
        return far & (up + down >= scale * self.slide) & moves

    def moved(self, reach: Reach) -> BoolArray:
        """(n,) whether a hidden cell takes a second value."""
        return self.some & ((reach.up > 0) | (reach.down < 0))


def pack(demands: Demands, moves: sp.csr_matrix, reach: Reach, *, scale: int = 1) -> Certificate:
    """A small choice of the moves that proves all that they prove together (greedy cover).

    Next comes the move that serves most of what is still unserved for each number it stores; ties by
    row. O(demands x moves that serve them).
    """
    served = _served(demands, moves, (reach, scale))
    chosen = cover(served, np.diff(moves.indptr))
    p, some = len(demands.cells), int(demands.some.sum())
    by = np.full(served.shape[1], -1, dtype=np.int64)
    kept = sp.csr_matrix(served[chosen])
    rows = np.repeat(np.arange(len(chosen)), np.diff(kept.indptr))
    by[kept.indices[::-1]] = rows[::-1]
    assert len(by) == some + 2 * p
    part = sp.csr_matrix(moves[chosen])
    return Certificate(part, by[some : some + p], by[some + p :], scale)


def _served(demands: Demands, moves: sp.csr_matrix, state: tuple[Reach, int]) -> sp.csr_matrix:
    """(w, s + 2p) which move serves which demand: any change first, then upward, then downward."""
    reach, scale = state
    some = np.flatnonzero(demands.some)
    row = np.repeat(np.arange(moves.shape[0]), np.diff(moves.indptr))
    # A slide is met by the two extremes: ask for what the moves together reach.
    slides = (demands.slide > demands.up + demands.down) & (demands.slide > 0)
    up = np.where(slides, reach.up[demands.cells], scale * demands.up)
    down = np.where(slides, -reach.down[demands.cells], scale * demands.down)
    parts = []
    for cells, least, side, start in (
        (some, np.zeros(len(some), np.int64), 0, 0),
        (demands.cells, up, 1, len(some)),
        (demands.cells, down, -1, len(some) + len(demands.cells)),
    ):
        place = np.full(moves.shape[1], -1, dtype=np.int64)
        place[cells] = np.arange(len(cells))
        at = place[moves.indices]
        step = np.abs(moves.data) if side == 0 else side * moves.data
        good = (at >= 0) & (step > 0)
        good[good] &= (step[good] >= least[at[good]]) & ((side == 0) | (least[at[good]] > 0))
        parts.append((row[good], start + at[good]))
    rows = np.concatenate([r for r, _ in parts])
    columns = np.concatenate([c for _, c in parts])
    shape = (moves.shape[0], len(some) + 2 * len(demands.cells))
    return sp.csr_matrix((np.ones(len(rows), np.int8), (rows, columns)), shape=shape)


def cover(served: sp.csr_matrix, size: IntArray) -> IntArray:
    """Rows of a greedy cover of all columns that any row serves, ascending.

    What a row still serves only shrinks: the best row is one whose old merit, the best of all, holds.

    >>> cover(sp.csr_matrix(np.array([[1, 0, 0], [1, 1, 0], [0, 0, 1]])), np.array([2, 2, 2])).tolist()
    [1, 2]
    """
    done = np.zeros(served.shape[1], dtype=np.bool_)
    chosen = np.zeros(served.shape[0], dtype=np.bool_)
    if len(chosen):
        where = (served.indptr.astype(np.int64), served.indices.astype(np.int64))
        _choose(where, (size + 8).astype(np.float64), done, chosen)
    return np.flatnonzero(chosen)


@numba.njit(cache=True)
def _choose(served: Any, length: Any, done: Any, chosen: Any) -> None:
    """Mark the rows of a greedy cover; ``done`` marks the columns that they serve."""
    start, columns = served
    queue = [((start[row] - start[row + 1]) / length[row], row) for row in range(len(length))]
    heapq.heapify(queue)
    while queue and queue[0][0] < 0:
        merit, row = queue[0]
        fresh = 0
        for i in range(start[row], start[row + 1]):
            fresh += not done[columns[i]]
        now = -fresh / length[row]
        if now > merit:
            heapq.heapreplace(queue, (now, row))
            continue
        heapq.heappop(queue)
        chosen[row] = True
        for i in range(start[row], start[row + 1]):
            done[columns[i]] = True
