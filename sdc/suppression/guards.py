"""What do those inside a cell ask of the columns of a reduced problem?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from sdc.disclosure.seats import Seats, rows_of
from sdc.model.hierarchy import IntArray
from sdc.model.system import BoolArray
from sdc.suppression.demands import Demands
from sdc.suppression.presolve import Reduced

__all__ = ["Guards"]


@dataclass(frozen=True, eq=False)
class Guards:
    """Demands (g,) with guards: column ``column`` must move by ``need`` towards ``sign`` while column
    ``guard`` goes no further than ``room`` towards ``way``. A sign of 0 asks for any change.
    """

    column: IntArray
    sign: IntArray
    need: IntArray
    guard: IntArray
    way: IntArray
    room: IntArray

    @classmethod
    def none(cls) -> Guards:
        """No guarded demand."""
        return cls(*(np.zeros(0, dtype=np.int64) for _ in range(6)))

    @classmethod
    def of(cls, reduced: Reduced, demands: Demands) -> Guards:
        """The guarded ones among some demands, where the guard can move at all."""
        kept = np.flatnonzero(demands.guard >= 0)
        rows = (demands.cell[kept], demands.sign[kept], demands.need[kept])
        return cls._reduced(reduced, rows, demands.guard[kept], demands.room[kept])

    @classmethod
    def unheeded(cls, reduced: Reduced, hidden: BoolArray, moves: sp.csr_matrix) -> Guards:
        """What somebody inside asks for and no move (w, c) serves, though one serves everybody else."""
        problem = reduced.problem
        if problem.own is None:
            return cls.none()
        rows = rows_of(problem)
        seats = Seats.of(problem, hidden, rows)
        seen = seats.killers(reduced.moves(moves)).tocoo()
        cell, side, need = (a[seen.row] for a in rows)
        seat = seats.seat[seen.col]
        room = problem.system.value[seat] - seats.own[seen.col]
        return cls._reduced(reduced, (cell, side, need), seat, room)

    @classmethod
    def _reduced(
        cls,
        reduced: Reduced,
        rows: tuple[IntArray, IntArray, IntArray],
        guard: IntArray,
        room: IntArray,
    ) -> Guards:
        """Demands on cells as demands on columns."""
        cell, sign, need = rows
        use = (reduced.column[cell] >= 0) & (reduced.column[guard] >= 0)
        cell, sign, need, guard, room = (a[use] for a in (cell, sign, need, guard, room))
        return cls(
            reduced.column[cell], sign * reduced.sign[cell], need,
            reduced.column[guard], -reduced.sign[guard], room,
        )  # fmt: skip

    def __len__(self) -> int:
        return len(self.column)
