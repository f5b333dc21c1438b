"""How far must which cell be able to move, and what does it cost to let a cell move?"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.sparse as sp

from sdc.model.hierarchy import IntArray
from sdc.model.system import BoolArray, FloatArray, Problem

FAR = 2**40
"""Room in a direction without a bound; more than any move needs, less than a double can lose."""

KEEP = 0.75
"""What a mask of an earlier pattern costs in a search, relative to a new one."""


@dataclass(frozen=True, eq=False)
class Demands:
    """What must be possible: cell ``cell[r]`` changes by at least ``need[r]`` towards ``sign[r]``.

    All arrays (r,); smaller needs first, then by cell, upward before downward. A demanded slide
    that the two directions do not reach together is added to the upward need, or to the downward
    one where the prior bounds leave no room above. ``guard[r]`` is an unknown that falls by at most
    ``room[r]`` on the way, because somebody knows what it holds at least; -1 where nobody does.
    """

    cell: IntArray
    sign: IntArray
    need: IntArray
    guard: IntArray
    room: IntArray

    def __len__(self) -> int:
        return len(self.cell)

    @classmethod
    def plain(cls, cell: IntArray, sign: IntArray, need: IntArray) -> Demands:
        """Demands without guards."""
        return cls(cell, sign, need, np.full(len(cell), -1, dtype=np.int64), np.zeros_like(cell))

    def guarded(self, which: IntArray, guard: IntArray, room: IntArray) -> Demands:
        """These demands, then some of them (g,) again with a guard each."""
        return Demands(
            np.concatenate([self.cell, self.cell[which]]),
            np.concatenate([self.sign, self.sign[which]]),
            np.concatenate([self.need, self.need[which]]),
            np.concatenate([self.guard, guard]),
            np.concatenate([self.room, room]),
        )

    def joined(self, more: Demands) -> Demands:
        """These demands, then those of others that are not among them.

        >>> one = Demands.plain(np.array([1]), np.array([1]), np.array([2]))
        >>> one.joined(Demands.plain(np.array([3, 1]), np.array([1, 1]), np.array([2, 2]))).cell.tolist()
        [1, 3]
        """
        rows = [np.stack(dataclasses.astuple(d), axis=1) for d in (self, more)]
        every = np.concatenate(rows)
        _, first = np.unique(every, axis=0, return_index=True)
        new = np.sort(first[first >= len(self)])
        return Demands(*np.concatenate([rows[0], every[new]]).T.copy())

    @classmethod
    def of(cls, problem: Problem) -> Demands:
        """The demands of a problem at ``interval``; O(p log p).

        >>> import scipy.sparse as sp
        >>> from sdc.model.system import System, Level
        >>> s = System.plain(np.array([9, 2, 7]), sp.csr_matrix(np.array([[-1, 1, 1]])))
        >>> one, none = np.array([1]), np.array([0])
        >>> p = Problem(s, Level.INTERVAL, one, np.array([4]), one, none, np.zeros(3, np.int64),
        ...             np.full(3, 2**53), np.ones(3, bool), np.ones(3))
        >>> d = Demands.of(p)
        >>> d.cell.tolist(), d.sign.tolist(), d.need.tolist()
        ([1, 1], [-1, 1], [1, 2])
        """
        value = problem.system.value[problem.primary]
        up = np.maximum(problem.upper - value, 0)
        down = np.maximum(value - problem.lower, 0)
        short = np.maximum(problem.slide - up - down, 0)
        room = problem.ceiling[problem.primary] - value - up
        above = np.minimum(short, np.maximum(room, 0))
        up, down = up + above, down + short - above
        more = problem.nearer
        cell = np.concatenate([problem.primary, problem.primary, more[0]])
        sign = np.repeat(np.array([1, -1], dtype=np.int64), len(value))
        sign = np.concatenate([sign, more[1]])
        need = np.concatenate([up, down, more[2]])
        wanted = np.flatnonzero(need > 0)
        order = wanted[np.lexsort((-sign[wanted], cell[wanted], need[wanted]))]
        return cls.plain(cell[order], sign[order], need[order])


@dataclass(frozen=True, eq=False)
class Masks:
    """Which cells go under one X, what hiding them costs, and how far each cell could move then.

    ============ ====== ==================================================================
    field        shape  meaning
    ============ ====== ==================================================================
    of           (n,)   mask of every unknown; a latent one has a mask of its own
    price        (k,)   loss of hiding the mask; inf where it may not be hidden; 0 where free
    free         (k,)   hidden in any case: masks of primary cells, and latent unknowns
    down, up     (n,)   how far an unknown could fall or rise once its mask is hidden
    ============ ====== ==================================================================
    """

    of: IntArray
    price: FloatArray
    free: BoolArray
    down: IntArray
    up: IntArray

    @classmethod
    def of_problem(cls, problem: Problem, previous: BoolArray | None = None) -> Masks:
        """Masks of a problem; those of an earlier pattern are preferred. O(n log n)."""
        system = problem.system
        raw = np.where(system.shown, system.group, system.group.max(initial=0) + 1)
        raw = raw + np.where(system.shown, 0, np.arange(system.n))
        _, of = np.unique(raw, return_inverse=True)
        of = of.astype(np.int64)
        k = int(of.max(initial=-1)) + 1
        latent = ~system.shown
        loss = np.where(system.shown, problem.cost, 0.0)
        price = np.bincount(of, loss, minlength=k).astype(np.float64)
        if previous is not None:
            kept = np.unique(of[previous & system.shown])
            price[kept] = KEEP * price[kept]
        price[of[system.shown & ~problem.eligible]] = np.inf
        free = np.zeros(k, dtype=bool)
        free[of[problem.primary]] = True
        free[of[latent]] = True
        price[free] = 0.0
        movable = np.isfinite(price[of])
        down = np.where(movable, system.value - problem.floor, 0)
        up = np.where(movable, np.minimum(problem.ceiling - system.value, FAR), 0)
        return cls(of, price, free, np.maximum(down, 0), np.maximum(up, 0))

    @cached_property
    def unit(self) -> float:
        """Middle price of the masks that have one."""
        finite = self.price[np.isfinite(self.price) & (self.price > 0)]
        return float(np.median(finite)) if len(finite) else 1.0

    def needed(self, moves: sp.csr_matrix) -> BoolArray:
        """(k,) the masks that the moves (w, n) keep open."""
        out = np.zeros(len(self.price), dtype=bool)
        out[self.of[np.unique(moves.indices)]] = True
        return out

    def hidden(self, problem: Problem, open_: BoolArray) -> BoolArray:
        """(n,) the shown unknowns whose mask is open."""
        return np.asarray((open_ | self.free)[self.of] & problem.system.shown)
