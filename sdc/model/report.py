"""What did the audit establish about every primary cell, and by what proof?"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np
import scipy.sparse as sp

from sdc.errors import InputError
from sdc.messages import Text
from sdc.model.hierarchy import IntArray
from sdc.model.system import Level


class Verdict(IntEnum):
    """The outcome for one cell; UNKNOWN is never SAFE."""

    SAFE = 0
    UNSAFE = 1
    UNKNOWN = 2


@dataclass(frozen=True, eq=False)
class Certificate:
    """Whole tables that agree with everything published and differ in the hidden cells.

    ``moves`` (w, n) holds sparse whole-number differences to the true values; ``up`` and ``down``
    (p,) name, for every primary cell, the row that lifts it and the row that lowers it, -1 where the
    true value itself is far enough. Where numbers need not be whole, the differences count in units
    of 1 / ``scale``.
    """

    moves: sp.csr_matrix
    up: IntArray
    down: IntArray
    scale: int = 1


@dataclass(frozen=True)
class Revelation:
    """A hidden cell that follows, and the smallest set of relations or bounds that reveals it."""

    cell: int
    lower: int
    upper: int
    equation: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, eq=False)
class AuditReport:
    """The audit's verdict on one ``Published``; cannot say "passed" while anything is open.

    ``verdict`` (p,) speaks of the primary cells in the problem's order; ``lower`` and ``upper`` (p,)
    are values the attacker provably cannot exclude (the true interval reaches at least that far).
    ``owners``: it speaks of whoever knows one cell from inside as well.
    """

    level: Level
    verdict: IntArray
    lower: IntArray
    upper: IntArray
    problem_digest: str
    published_digest: str
    complete: bool
    checks: tuple[str, ...] = ()
    revelations: tuple[Revelation, ...] = ()
    certificate: Certificate | None = None
    owners: bool = False
    ledger_head: str = ""
    seconds: float = field(default=0.0, compare=False)

    def __post_init__(self) -> None:
        if self.complete and (self.verdict == Verdict.UNKNOWN).any():
            raise InputError(Text("a complete audit has no cell left UNKNOWN"))

    @property
    def passed(self) -> bool:
        """Complete, and every primary cell is proven safe."""
        return self.complete and not self.revelations and bool(np.all(self.verdict == Verdict.SAFE))
