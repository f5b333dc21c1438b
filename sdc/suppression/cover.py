"""Which whole-number moves serve which demand, and which cells must be hidden for them?"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import scipy.sparse as sp

from sdc.model.hierarchy import IntArray
from sdc.model.system import BoolArray, Problem
from sdc.suppression.demands import Demands, Masks


@dataclass(frozen=True, eq=False)
class Move:
    """A whole-number difference between two tables of the attacker: ``step[j]`` at ``cell[j]``.

    ``masks`` are the masks that must be hidden for it, without those that are hidden anyway.
    """

    cell: IntArray
    step: IntArray
    masks: IntArray


@dataclass(eq=False)
class Cover:
    """Moves that serve demands, and how many of them need each mask.

    Every mask with a user is open. A complementary mask without a user is not needed and is
    printed; one with a user takes at least two values and so never follows from the rest.
    """

    problem: Problem
    demands: Demands
    masks: Masks
    users: IntArray = field(init=False)
    by: IntArray = field(init=False)
    moves: dict[int, Move] = field(init=False, default_factory=dict)
    served: dict[int, list[int]] = field(init=False, default_factory=dict)
    _at: dict[int, list[int]] = field(init=False, default_factory=dict)
    _next: int = field(init=False, default=0)
    _order: IntArray = field(init=False)
    _key: IntArray = field(init=False)

    def __post_init__(self) -> None:
        self.users = np.zeros(len(self.masks.price), dtype=np.int64)
        self.by = np.zeros(0, dtype=np.int64)
        self.widen(self.demands)

    def widen(self, demands: Demands) -> None:
        """Take in further demands, which stand behind those that are there."""
        new = np.full(len(demands) - len(self.by), -1, dtype=np.int64)
        self.demands, self.by = demands, np.concatenate([self.by, new])
        key = 2 * demands.cell + (demands.sign < 0)
        self._order = np.argsort(key, kind="stable")
        self._key = key[self._order]

    @property
    def open(self) -> BoolArray:
        """(k,) masks that are hidden."""
        return (self.users > 0) | self.masks.free

    @property
    def cost(self) -> float:
        """Price of all open masks; free ones cost nothing."""
        return float(self.masks.price[(self.users > 0) & ~self.masks.free].sum())

    def unserved(self) -> IntArray:
        """Demands that no move serves yet, ascending."""
        return np.flatnonzero(self.by < 0).astype(np.int64)

    def serves(self, cell: IntArray, step: IntArray) -> IntArray:
        """All demands that a move serves, ascending."""
        key = 2 * cell + (step < 0)
        first, last = (np.searchsorted(self._key, key, side) for side in ("left", "right"))
        count = last - first
        at = np.repeat(np.arange(len(cell)), count)
        start = np.repeat(first - np.cumsum(count) + count, count)
        demand = self._order[start + np.arange(len(at))]
        hit = np.abs(step[at]) >= self.demands.need[demand]
        demand = demand[hit]
        return np.sort(demand[self._spared(demand, cell, step)])

    def _spared(self, demand: IntArray, cell: IntArray, step: IntArray) -> BoolArray:
        """Whether a move keeps the guards of some demands."""
        guard, order = self.demands.guard[demand], np.argsort(cell, kind="stable")
        place = order[np.minimum(np.searchsorted(cell[order], guard), len(cell) - 1)]
        return np.asarray((cell[place] != guard) | (-step[place] <= self.demands.room[demand]))

    def fits(self, cell: IntArray, step: IntArray) -> bool:
        """Whether a move stays within the prior bounds."""
        masks = self.masks
        return bool(((step <= masks.up[cell]) & (step >= -masks.down[cell])).all())

    def add(self, cell: IntArray, step: IntArray, wanted: IntArray | None = None) -> list[int]:
        """Take a move and, where it helps and fits, its opposite; the numbers of those taken.

        ``wanted`` restricts the demands that are given to it; default all that are not served.
        """
        taken = []
        for way in (step, -step):
            if way is not step and not self.fits(cell, way):
                continue
            demands = self.serves(cell, way)
            demands = demands[self.by[demands] < 0]
            if wanted is not None:
                demands = demands[np.isin(demands, wanted)]
            if len(demands):
                taken.append(self._insert(cell, way, demands))
        return taken

    def _insert(self, cell: IntArray, step: IntArray, demands: IntArray) -> int:
        masks = np.unique(self.masks.of[cell])
        masks = masks[~self.masks.free[masks]]
        number = self._next
        self._next += 1
        self.moves[number] = Move(cell, step, masks)
        self.users[masks] += 1
        self.by[demands] = number
        self.served[number] = demands.tolist()
        for mask in masks.tolist():
            self._at.setdefault(mask, []).append(number)
        return number

    def remove(self, number: int) -> list[int]:
        """Drop a move; the demands that lose their witness."""
        move = self.moves.pop(number)
        self.users[move.masks] -= 1
        for mask in move.masks.tolist():
            self._at[mask].remove(number)
        lost = self.served.pop(number)
        self.by[lost] = -1
        return lost

    def restore(self, number: int, move: Move, demands: list[int]) -> None:
        """Undo ``remove``."""
        self.moves[number] = move
        self.users[move.masks] += 1
        self.by[demands] = number
        self.served[number] = demands
        for mask in move.masks.tolist():
            self._at.setdefault(mask, []).append(number)

    def assign(self, demand: int, number: int) -> None:
        """Give a demand without a witness to a move that is already there."""
        self.by[demand] = number
        self.served[number].append(demand)

    def users_of(self, mask: int) -> list[int]:
        """Numbers of the moves that need a mask, ascending."""
        return sorted(self._at.get(mask, ()))

    def thin(self) -> None:
        """Keep a small choice of the moves: rarest cover first, then by how few masks they need.

        Every demand stays served; masks that no kept move needs close. O(total support).
        """
        choices: dict[int, list[int]] = {r: [] for r in range(len(self.demands))}
        for number in sorted(self.moves):
            move = self.moves[number]
            for r in self.serves(move.cell, move.step).tolist():
                choices[r].append(number)
        kept: dict[int, list[int]] = {}
        done = np.zeros(len(self.demands), dtype=bool)
        used = np.zeros(len(self.users), dtype=bool)
        for r in sorted(choices, key=lambda r: (len(choices[r]), r)):
            if done[r] or not choices[r]:
                continue
            best = min(choices[r], key=lambda m: (*self._burden(m, used), m))
            mine = [x for x in self.serves(self.moves[best].cell, self.moves[best].step).tolist()
                    if not done[x]]  # fmt: skip
            done[mine] = True
            used[self.moves[best].masks] = True
            kept[best] = mine
        for number in sorted(self.moves):
            if number not in kept:
                self.remove(number)
        for number, mine in kept.items():
            self.served[number] = mine
            self.by[mine] = number

    def _burden(self, number: int, used: BoolArray) -> tuple[float, int]:
        masks = self.moves[number].masks
        return float(self.masks.price[masks[~used[masks]]].sum()), len(masks)

    def matrix(self) -> sp.csr_matrix:
        """The moves as rows (w, n), int64, in order of their numbers."""
        order = sorted(self.moves)
        lengths = [len(self.moves[m].cell) for m in order]
        indptr = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        cells = [self.moves[m].cell for m in order]
        steps = [self.moves[m].step for m in order]
        empty = np.zeros(0, dtype=np.int64)
        shape = (len(order), self.problem.system.n)
        data = np.concatenate([empty, *steps])
        return sp.csr_matrix((data, np.concatenate([empty, *cells]), indptr), shape=shape)

    def hidden(self) -> BoolArray:
        """(n,) the pattern that the moves need."""
        return self.masks.hidden(self.problem, self.open)


def sound(problem: Problem, hidden: BoolArray, moves: sp.csr_matrix) -> BoolArray:
    """(w,) whether each row of ``moves`` leads to another table of the attacker."""
    system = problem.system
    rows = np.repeat(np.arange(moves.shape[0]), np.diff(moves.indptr))
    cells, step = moves.indices, moves.data
    after = system.value[cells] + step
    free = hidden[cells] | ~system.shown[cells]
    wrong = (
        (~free & (step != 0)) | (after < problem.floor[cells]) | (after > problem.ceiling[cells])
    )
    good = np.ones(moves.shape[0], dtype=bool)
    good[rows[wrong]] = False
    drift = system.relations @ moves.T.tocsc()
    drift.eliminate_zeros()
    good[np.unique(drift.tocsc().nonzero()[1])] = False
    return good
