"""How are the compiled searches set up on a problem, or on a window of it, and read back?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
import scipy.sparse as sp

from sdc.model.hierarchy import IntArray
from sdc.model.system import BoolArray, FloatArray
from sdc.suppression.demands import Demands
from sdc.suppression.desk import (
    AMOUNT,
    BEGIN,
    BY,
    CELL,
    DOWN,
    FREE,
    GUARD,
    GUARD_ROOM,
    IDLE_TASTE,
    JITTER,
    LENGTH,
    MASK,
    MEMBERS,
    NEVER,
    NODE_CELL,
    PATIENCE,
    PEER,
    PIVOTS,
    PRICE,
    SIGN,
    SLACK_TASTE,
    SWEPT,
    TRIED,
    UP,
    WAY,
    Desk,
    enlarged,
    lay_out,
    rings,
)
from sdc.suppression.holding import cost_of
from sdc.suppression.improving import construct, load_demand, load_move
from sdc.suppression.searching import search_on
from sdc.suppression.solving import solved
from sdc.suppression.window import Window

IDLE = 0.003
"""Price of a hidden cell in a search, in units of the middle price: long ways are allowed for."""

STEPS = 400
"""Steps after which one search is given up."""

MANY, ROUGH, DEPTHS = 10_000, 100, (60, 100, 200)
"""From so many demands with guards on, steps after which a search of an exchange is given up: what pays
is mostly found early. Ever longer ones follow where short ones find no more."""

LONGER = ((10.0, 400), (100.0, 500), (1000.0, 500))
"""Price of a hidden cell (times the usual) and steps of the searches for what is left in the end."""


@dataclass(frozen=True, eq=False)
class Witnesses:
    """Whole-number moves (w, n) and, for every demand (r,), the row that serves it or -1."""

    moves: sp.csr_matrix
    by: IntArray

    @classmethod
    def of(cls, demands: Demands, moves: sp.csr_matrix) -> Witnesses:
        """Moves in hand, and for each demand the first that reaches it; O(r + entries).

        >>> d = Demands.plain(np.array([0, 1]), np.array([1, -1]), np.array([2, 5]))
        >>> Witnesses.of(d, sp.csr_matrix(np.array([[1, -1], [2, -2]]))).by.tolist()
        [1, -1]
        """
        moves = sp.csr_matrix(moves, dtype=np.int64)
        columns = moves.tocsc()
        by = _first_serving(
            (columns.indptr, columns.indices, columns.data),
            (demands.cell, demands.sign, demands.need, demands.guard, demands.room),
        )
        return cls(moves, by)

    @classmethod
    def none(cls, n: int, demands: int) -> Witnesses:
        """No moves yet."""
        empty = sp.csr_matrix((0, n), dtype=np.int64)
        return cls(empty, np.full(demands, -1, dtype=np.int64))


@numba.njit(cache=True)
def _first_serving(columns: Any, demands: Any) -> Any:
    """For each demand the first move, -1 for none, that reaches it and spares its guard."""
    start, moves, steps = columns
    cell, sign, need, guard, room = demands
    by = np.full(len(cell), -1, np.int64)
    for r in range(len(cell)):
        # The entries of a column stand in the order of the moves.
        held = start[guard[r]] if guard[r] >= 0 else start[-1]
        end = start[guard[r] + 1] if guard[r] >= 0 else start[-1]
        for t in range(start[cell[r]], start[cell[r] + 1]):
            if steps[t] * sign[r] < need[r]:
                continue
            while held < end and moves[held] < moves[t]:
                held += 1
            if held == end or moves[held] != moves[t] or -steps[held] <= room[r]:
                by[r] = moves[t]
                break
    return by


def _nodes(demands: int) -> int:
    """Nodes that the moves for some demands will hardly need more than."""
    return 4096 + 160 * demands


class Engine:
    """Searches over the unknowns of a window; everything outside it stands still.

    ``saved`` is the part of the price that the last round of exchanges over all masks has saved.
    ``first`` (c,) unknowns of the window that will mostly be hidden: the relations are solved for
    them (see ``solving``); without it they stay as they are.
    """

    def __init__(
        self,
        window: Window,
        *,
        first: BoolArray | None = None,
        seed: int = 0,
        idle: float = IDLE,
        patience: int = STEPS,
    ) -> None:
        self.window = window
        masks, count = window.masks, len(window.which)
        relations, own = (
            (window.relations, None) if first is None else solved(window.relations, first)
        )
        nodes = _nodes(count)
        self.desk = lay_out(
            relations, demands=count, masks=len(masks.price), nodes=nodes, seed=seed
        )
        if own is not None:
            self.desk.own[:] = own
            # What stands in many solved relations moves as many own unknowns, and costs as much.
            self.desk.cell[:, JITTER] += np.diff(self.desk.start[len(self.desk.row) + 1 :])
        self._set_masks(np.minimum(masks.price, NEVER), masks.free, masks.of)
        self.desk.cell[:, UP] = masks.up
        self.desk.cell[:, DOWN] = masks.down
        self._set_demands(window.demands)
        self.desk.query[IDLE_TASTE] = idle * window.unit
        self.desk.query[SLACK_TASTE] = 100 * idle * window.unit
        self.desk.query[PATIENCE] = patience
        order = np.lexsort((np.arange(len(masks.price)), -self.desk.price))
        self._order = order.astype(np.int64)
        self.saved, self._saving, self._depth = 0.0, 0.0, 0

    def _set_masks(self, price: FloatArray, free: BoolArray, mask: IntArray) -> None:
        """Masks in the numbering of the window, and the price now of every unknown."""
        desk: Desk = self.desk
        desk.price[:] = price
        desk.mask[:-1, FREE] = free
        desk.mask[1:, MEMBERS] = np.cumsum(np.bincount(mask, minlength=len(price)))
        desk.member[:] = np.argsort(mask, kind="stable")
        desk.cell[:, MASK] = mask
        desk.cell[:, PRICE] = np.where(free, 0.0, price)[mask]

    def _set_demands(self, demands: Demands) -> None:
        """Demands in the numbering of the window."""
        demand = self.desk.demand
        demand[:, CELL] = demands.cell
        demand[:, SIGN] = demands.sign
        demand[:, AMOUNT] = demands.need
        demand[:, GUARD] = demands.guard
        demand[:, GUARD_ROOM] = demands.room
        demand[:, PEER] = rings((demands.need, demands.sign, demands.cell), demands.guard)

    def widen(self, demands: Demands) -> None:
        """Take in all demands of a problem, of which those that are there are the first ones."""
        self.window = self.window.widened(demands)
        self.desk = enlarged(self.desk, demands=len(demands), nodes=_nodes(len(demands)))
        self._set_demands(self.window.demands)

    @property
    def cost(self) -> float:
        """Price of the masks that the moves keep open."""
        return float(cost_of(self.desk))

    @property
    def crowded(self) -> bool:
        """Whether so many people inside ask that what takes long is given up."""
        return bool((self.window.demands.guard >= 0).sum() > MANY)

    @property
    def pivots(self) -> int:
        """Steps of all searches so far."""
        return int(self.desk.tally[PIVOTS])

    def unserved(self) -> IntArray:
        """Demands (numbers of the problem) without a move, ascending."""
        return self.window.which[self.desk.demand[:, BY] < 0]

    def construct(self, order: IntArray | None = None) -> int:
        """Serve what is not served, small needs first; how many demands found no move."""
        places = np.arange(len(self.window.which), dtype=np.int64) if order is None else order
        return int(construct(self.desk, places))

    def complete(self) -> None:
        """Serve what is not served, and for what is left search longer."""
        if self.construct():
            self.finish()

    def finish(self) -> int:
        """Serve what is left by searches that keep ever closer to the cell; how many are left.

        Ever less cheap, ever more certain: short ways are found where cheap ones are too long.
        """
        usual = self.desk.query[[IDLE_TASTE, PATIENCE]]
        left = len(self.unserved())
        for factor, steps in LONGER:
            if left:
                self.desk.query[[IDLE_TASTE, PATIENCE]] = factor * usual[0], steps
                left = self.construct()
        self.desk.query[[IDLE_TASTE, PATIENCE]] = usual
        return left

    def sweep(self, pivots: int, *, rough: bool = False) -> tuple[bool, int]:
        """Try to close masks, dearest first, for some steps: (a round done, exchanges kept)."""
        usual = self.desk.query[PATIENCE]
        if self.crowded and (rough or self._depth < len(DEPTHS)):
            self.desk.query[PATIENCE] = min(usual, ROUGH if rough else DEPTHS[self._depth])
        before = self.cost
        kept = int(search_on(self.desk, self._order, pivots))
        self.desk.query[PATIENCE] = usual
        done = bool(self.desk.tally[SWEPT] >= len(self._order))
        self._saving += before - self.cost
        if done:
            self.desk.tally[SWEPT] = 0
            self.saved, self._saving = self._saving / max(before, 1.0), 0.0
        return done, kept

    def deepen(self) -> bool:
        """Let the searches of exchanges take longer from now on; False where they take longest."""
        if not self.crowded or self._depth == len(DEPTHS):
            return False
        self._depth += 1
        self.desk.mask[:, TRIED] = 0
        return True

    def witnesses(self) -> Witnesses:
        """The moves over all unknowns of the problem, and which of them serves each demand here."""
        desk: Desk = self.desk
        reversed_ = (desk.demand[:, WAY] < 0).astype(np.int64)
        key = np.where(desk.demand[:, BY] >= 0, 2 * desk.demand[:, BY] + reversed_, -1)
        used, by = np.unique(key, return_inverse=True)
        by = by.astype(np.int64) - int(len(used) > 0 and used[0] < 0)
        used = used[used >= 0]
        size = desk.move[used // 2, LENGTH]
        indptr = np.concatenate([[0], np.cumsum(size)]).astype(np.int64)
        first = desk.move[used // 2, BEGIN] - indptr[:-1]
        nodes = np.repeat(first, size) + np.arange(int(indptr[-1]))
        steps = desk.step[nodes] * np.repeat(1 - 2 * (used % 2), size)
        cells = self.window.columns[desk.node[nodes, NODE_CELL]]
        moves = sp.csr_matrix((steps, cells, indptr), shape=(len(used), self.window.size))
        return Witnesses(moves, by)

    def load(self, known: Witnesses) -> None:
        """Take over moves inside the window and what they serve."""
        columns = self.window.columns
        place = np.full(self.window.size, -1, dtype=np.int64)
        place[columns] = np.arange(len(columns))
        number: dict[int, int] = {}
        for demand, row in enumerate(known.by.tolist()):
            if row < 0:
                continue
            if row not in number:
                part = slice(int(known.moves.indptr[row]), int(known.moves.indptr[row + 1]))
                cells = place[known.moves.indices[part]]
                number[row] = load_move(self.desk, cells, known.moves.data[part].astype(np.int64))
            if number[row] >= 0:
                load_demand(self.desk, demand, number[row], 1)
