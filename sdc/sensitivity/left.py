"""What do the numbers that are out already leave open to somebody who knows one cell from inside?

Nobody can promise the owner of a unit what earlier releases have taken. A promise is taken where bounds,
carried along one sum after the other, contradict each other as soon as the promised number stands beside
what the owner knows. That is addition of whole numbers: no solver has a say in what is not promised.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numba
import numpy as np

from sdc.model.hierarchy import IntArray
from sdc.model.system import UNBOUNDED, System

ENDLESS = 2**62
STEPS = 100
"""How often a sum is looked at, on average, before the bounds for everybody are left as they are."""

NEAR = 5_000
"""How many sums are looked at from one assumption on."""

FAR = 2**40
"""Bounds from here on count as none, so that no sum leaves 64 bits."""

Bounds = tuple[IntArray, IntArray]
Trail = tuple[IntArray, IntArray, IntArray]
"""Cells whose bounds changed, in order, with the least and the most that stood before."""


def left_inside(
    system: System,
    public: Bounds,
    own: IntArray | None,
    asked: tuple[IntArray, IntArray, IntArray],
    *,
    second: bool = False,
) -> IntArray:
    """(e, 5) the promises that end earlier for somebody inside: primary cell, the cell known from
    inside, what is known of it, and the lower and the upper end that are left to be promised.

    ``public`` (n,), (n,) is what everybody knows of each unknown to hold at least and at most before
    the new tables appear, ``own`` (n, j) what is known from inside (``known_inside``), ``asked`` (p,)
    the primary cells with the upper and the lower ends promised; with ``second`` each of them, and else
    a cell with neither, is promised a second value alone. That a cell holds no less than its part is
    not listed for lower ends. What is taken in ways that bounds do not show stays promised, and cannot
    be met. O(promises x cells around them).

    >>> import scipy.sparse as sp
    >>> s = System.plain(np.array([3, 2, 1]), sp.csr_matrix(np.array([[-1, 1, 1]])))
    >>> public = np.array([3, 0, 0]), np.array([3, UNBOUNDED, UNBOUNDED])
    >>> asked = np.array([1]), np.array([3]), np.array([1])
    >>> left_inside(s, public, np.array([[0], [1], [1]]), asked).tolist()
    [[1, 2, 1, 1, 2]]
    """
    found: list[tuple[int, ...]] = []
    if own is not None and ((public[0] > 0) | (public[1] < UNBOUNDED)).any():
        before = _Known.of(system, public)
        value = system.value[asked[0]]
        before.settle(int(np.maximum(asked[1] - value, value - asked[2]).max(initial=1)))
        blank = np.zeros(system.n, dtype=np.int64), np.full(system.n, UNBOUNDED, dtype=np.int64)
        nothing = _Known.of(system, blank)
        # Of coalitions in one cell, each counts that knows more than the smaller ones.
        seats = np.where(np.diff(own, axis=1, prepend=0) > 0, own, 0)
        for cell, upper, lower in np.stack(asked, axis=1).tolist():
            truth = int(system.value[cell])
            other = second or upper <= truth <= lower
            high, low = (truth + 1, truth - 1) if other else (upper, lower)
            most = dict(_taken(before, (cell, truth, high), seats))
            least = {
                seat: end
                for seat, end in _taken(before, (cell, truth, low), seats)
                if other or end > nothing.least_of(cell, seat)
            }
            lost = most.keys() | least.keys()
            if other:
                # Where one way is barred to everybody, the other one is all that there was.
                both = before.can(cell, high, 1) and before.can(cell, low, -1)
                lost = most.keys() & least.keys() if both else lost
                high = low = truth
            ends = ((s, least.get(s, min(low, truth)), most.get(s, max(high, truth))) for s in lost)
            found += sorted((cell, *seat, a, b) for seat, a, b in ends)
    return np.array(found, dtype=np.int64).reshape(-1, 5)


def _taken(
    before: _Known, asked: tuple[int, int, int], seats: IntArray
) -> Iterator[tuple[tuple[int, int], int]]:
    """Who knows from inside (cell, what is known of it) that a cell cannot come to the number asked of
    it, and how far from the truth it can. Nobody where all know it.
    """
    cell, truth, end = asked
    side = 1 if end > truth else -1
    before.wide = abs(end - truth)
    possible, trail = before.assume(cell, end, side)
    touched = np.unique(trail[0])
    around = touched[seats[touched].any(axis=1)] if possible and end != truth else touched[:0]
    lost = []
    for seat in around.tolist():
        for known in seats[seat][seats[seat] > before.start[0][seat]].tolist():
            lost += [] if before.can(seat, known, 1) else [(seat, known)]
    before.undo(trail)
    for seat, known in lost:
        _, trail = before.assume(seat, known, 1)
        near, far = truth, end  # what is possible, and what is not
        while abs(far - near) > 1:
            middle = (near + far) // 2
            near, far = (middle, far) if before.can(cell, middle, side) else (near, middle)
        before.undo(trail)
        yield (seat, known), near


@dataclass(eq=False)
class _Known:
    """Bounds on all unknowns, and the relations by row and by column to carry them along.

    ``start`` is what the bounds are when nothing is assumed, ``waiting`` marks sums during a search.
    Bounds farther than ``wide`` from the truth are not carried on. All of them hold of the truth but
    what is assumed beyond it, and along a sum the distances add up: what is farther away than the
    assumption can contradict nothing.
    """

    rows: tuple[IntArray, IntArray, IntArray]
    columns: tuple[IntArray, IntArray]
    waiting: Any
    truth: IntArray
    start: Bounds
    bounds: Bounds
    wide: int = ENDLESS

    @classmethod
    def of(cls, system: System, bounds: Bounds) -> _Known:
        relations, by_column = system.relations, system.by_column
        rows = [a.astype(np.int64) for a in (relations.indptr, relations.indices, relations.data)]
        return cls(
            (rows[0], rows[1], rows[2]),
            (by_column.indptr.astype(np.int64), by_column.indices.astype(np.int64)),
            np.zeros(relations.shape[0], dtype=np.bool_),
            system.value.astype(np.int64),
            (bounds[0].copy(), bounds[1].copy()),
            (bounds[0].copy(), bounds[1].copy()),
        )

    def settle(self, wide: int) -> None:
        """Carry the bounds along all sums, before anything is assumed."""
        sums = len(self.waiting)
        task = np.arange(sums), STEPS * sums, self.waiting
        _carried(self.rows, self.columns, (*self.bounds, self.truth, wide), task)
        for start, own in zip(self.start, self.bounds, strict=True):
            start[:] = own

    def assume(self, cell: int, value: int, side: int) -> tuple[bool, Trail]:
        """Let a cell hold so much at least (``side`` 1) or at most; whether it can, and the trail."""
        least, most = self.bounds
        first = np.array([cell]), least[[cell]], most[[cell]]
        if side > 0:
            least[cell] = max(least[cell], value)
        else:
            most[cell] = min(most[cell], value)
        if least[cell] > most[cell]:
            return False, first
        start, row = self.columns
        task = row[start[cell] : start[cell + 1]], NEAR, self.waiting
        bounds = (*self.bounds, self.truth, self.wide)
        possible, *rest = _carried(self.rows, self.columns, bounds, task)
        joined = [np.concatenate(pair) for pair in zip(first, rest, strict=True)]
        return bool(possible), (joined[0], joined[1], joined[2])

    def can(self, cell: int, value: int, side: int) -> bool:
        """Whether a cell can hold so much at least, or at most."""
        possible, trail = self.assume(cell, value, side)
        self.undo(trail)
        return possible

    def undo(self, trail: Trail) -> None:
        """Take back an assumption; the last one first."""
        cells, least, most = (a[::-1] for a in trail)
        self.bounds[0][cells], self.bounds[1][cells] = least, most

    def least_of(self, cell: int, seat: tuple[int, int]) -> int:
        """What a cell holds at least for somebody inside."""
        _, trail = self.assume(*seat, 1)
        found = int(self.bounds[0][cell])
        self.undo(trail)
        return found


@numba.njit(cache=True)
def _carried(rows: Any, columns: Any, bounds: Any, task: Any) -> Any:
    """Bounds narrowed sum by sum, first come first served, until two contradict each other.

    Whether none do, and every change with what stood before.
    """
    (first, limit, waiting), (start, row_of), (least, most, _, _) = task, columns, bounds
    queue = [first[i] for i in range(len(first))]
    waiting[first] = True
    cells = [np.int64(0) for _ in range(0)]
    low, high = [np.int64(0) for _ in range(0)], [np.int64(0) for _ in range(0)]
    at, possible = 0, True
    while at < len(queue):
        r = queue[at]
        at += 1
        waiting[r] = False
        if at > limit or not possible:
            continue
        done = len(cells)
        for flip in (1, -1):
            _narrow(rows, (r, flip), bounds, (cells, low, high))
        for c in cells[done:]:
            possible &= least[c] <= most[c]
            for k in range(start[c], start[c + 1]):
                if not waiting[row_of[k]]:
                    waiting[row_of[k]] = True
                    queue.append(row_of[k])
    return possible, np.array(cells), np.array(low), np.array(high)


@numba.njit(cache=True)
def _narrow(rows: Any, which: Any, bounds: Any, log: Any) -> None:
    """What flip * (sum of a row) <= 0 says of each term, once the others are at their least."""
    (start, column, factor), (r, flip), (cells, low, high) = rows, which, log
    least, most, truth, wide = bounds
    total, endless = 0, 0
    for i in range(start[r], start[r + 1]):
        b, c = flip * factor[i], column[i]
        if b < 0 and most[c] >= FAR:
            endless += 1
        else:
            total += b * (least[c] if b > 0 else most[c])
    for i in range(start[r], start[r + 1]):
        b, c = flip * factor[i], column[i]
        own = b < 0 and most[c] >= FAR
        if endless > own:
            continue
        rest = -total if own else b * (least[c] if b > 0 else most[c]) - total
        end = rest // b if b > 0 else -(rest // -b)
        near = (end - truth[c] if b > 0 else truth[c] - end) <= wide
        if near and ((b > 0 and end < most[c]) or (b < 0 and end > least[c])):
            cells.append(c)
            low.append(least[c])
            high.append(most[c])
            if b > 0:
                most[c] = end
            else:
                least[c] = end
