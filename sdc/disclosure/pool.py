"""Which whole-number moves have been found so far, and which demands are still open?"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numba
import numpy as np
import scipy.sparse as sp

from sdc.disclosure.space import Space
from sdc.model.hierarchy import IntArray
from sdc.model.system import BoolArray


@dataclass(frozen=True, eq=False)
class Wanted:
    """How far every variable of a space must be seen to move, in units of the space.

    ``up`` and ``down`` (v,) are distances >= 0, 0 where nothing is wanted; ``some`` (v,) asks for any
    change at all.
    """

    up: IntArray
    down: IntArray
    some: BoolArray

    @classmethod
    def of_cells(
        cls, space: Space, cells: IntArray, *, up: IntArray, down: IntArray, some: BoolArray
    ) -> Wanted:
        """Demands on cells (c,) carried over to the variables; cells that cannot move are left out.

        ``some`` (n,) marks the cells of which any change is wanted.
        """
        v = space.size
        out = cls(np.zeros(v, np.int64), np.zeros(v, np.int64), np.zeros(v, dtype=bool))
        at, sign = space.of[cells], space.sign[cells]
        ok = at >= 0
        np.maximum.at(out.up, at[ok], np.where(sign > 0, up, down)[ok])
        np.maximum.at(out.down, at[ok], np.where(sign > 0, down, up)[ok])
        out.some[space.of[np.flatnonzero(some & (space.of >= 0))]] = True
        return out


@dataclass(eq=False)
class Pool:
    """Moves that have been checked in whole numbers, and how far they reach together.

    A move counts in units of ``1 / scale``; ``best_up`` and ``best_down`` (v,) are in the same units.
    """

    space: Space
    wanted: Wanted
    scale: int = 1
    best_up: IntArray = field(init=False)
    best_down: IntArray = field(init=False)
    moves: list[tuple[IntArray, IntArray]] = field(init=False, default_factory=list)
    _drift: IntArray = field(init=False)

    def __post_init__(self) -> None:
        self.best_up = np.zeros(self.space.size, dtype=np.int64)
        self.best_down = np.zeros(self.space.size, dtype=np.int64)
        self._drift = np.zeros(self.space.matrix.shape[0], dtype=np.int64)

    @property
    def short_up(self) -> BoolArray:
        """(v,) whether an upward demand is open."""
        return np.asarray(self.best_up < self.scale * self.wanted.up)

    @property
    def short_down(self) -> BoolArray:
        """(v,) whether a downward demand is open."""
        return np.asarray(self.best_down < self.scale * self.wanted.down)

    @property
    def short_some(self) -> BoolArray:
        """(v,) whether any change at all is still wanted."""
        return np.asarray(self.wanted.some & (self.best_up == 0) & (self.best_down == 0))

    @property
    def open(self) -> BoolArray:
        """(v,) whether anything is still wanted."""
        return self.short_up | self.short_down | self.short_some

    def short_at(self, variable: int) -> tuple[bool, bool, bool]:
        """Whether the upward, the downward and the unspecific demand of a variable are open."""
        up, down = int(self.best_up[variable]), int(self.best_down[variable])
        return (
            up < self.scale * int(self.wanted.up[variable]),
            down < self.scale * int(self.wanted.down[variable]),
            bool(self.wanted.some[variable]) and not up and not down,
        )

    def offer(self, variables: IntArray, steps: IntArray) -> int:
        """Take a move, and its opposite where that fits, if it helps; how many demands it serves.

        A move that breaks a relation or a bound is refused without a word, whoever found it.
        """
        keep = steps != 0
        variables, steps = variables[keep], steps[keep]
        columns = self.space.columns
        matrix = (columns.indptr, columns.indices, columns.data)
        if not len(steps) or not _balanced(matrix, (variables, steps), self._drift):
            return 0
        low, high = self.space.low[variables], self.space.high[variables]
        served = 0
        for way in (steps, -steps):
            if ((way >= self.scale * low) & (way <= self.scale * high)).all():
                served += self._take(variables, way)
        return served

    def _take(self, variables: IntArray, steps: IntArray) -> int:
        wanted, up, down = self.wanted, self.best_up[variables], self.best_down[variables]
        rise = (steps > up) & (up < self.scale * wanted.up[variables])
        fall = (-steps > down) & (down < self.scale * wanted.down[variables])
        stir = wanted.some[variables] & (up == 0) & (down == 0)
        helps = int((rise | fall | stir).sum())
        if helps:
            self.moves.append((variables, steps))
            self.best_up[variables] = np.maximum(up, steps)
            self.best_down[variables] = np.maximum(down, -steps)
        return helps

    def matrix(self) -> sp.csr_matrix:
        """(w, n) the moves over the cells of the system, int64."""
        space = self.space
        lengths = [len(variables) for variables, _ in self.moves]
        indptr = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        empty = np.zeros(0, dtype=np.int64)
        variables = np.concatenate([empty, *(v for v, _ in self.moves)])
        steps = np.concatenate([empty, *(s for _, s in self.moves)])
        rows = sp.csr_matrix((steps, variables, indptr), shape=(len(lengths), space.size))
        return sp.csr_matrix(rows @ space.member, dtype=np.int64)


@numba.njit(cache=True)
def _balanced(matrix: Any, move: Any, drift: Any) -> Any:
    """Whether matrix @ move is 0 in whole numbers; ``drift`` is scratch and left at 0."""
    start, row, data = matrix
    variables, steps = move
    for k in range(len(steps)):
        for i in range(start[variables[k]], start[variables[k] + 1]):
            drift[row[i]] += data[i] * steps[k]
    good = True
    for k in range(len(steps)):
        for i in range(start[variables[k]], start[variables[k] + 1]):
            good &= drift[row[i]] == 0
    for k in range(len(steps)):
        for i in range(start[variables[k]], start[variables[k] + 1]):
            drift[row[i]] = 0
    return good
