"""Which numbers exist in a release, how do they add up, and what has to stay unknown about them?

A ``System`` is the one additive description of all tables that are published together; a ``Problem``
adds what an attacker knows beforehand and how far each primary cell must be able to move. Protection
and audit both read these two values and nothing else of each other.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from sdc.errors import InputError, RulesError
from sdc.messages import Text
from sdc.model.hierarchy import IntArray
from sdc.model.table import Table

if TYPE_CHECKING:
    from sdc.model.blur import Blur

BoolArray = npt.NDArray[np.bool_]
FloatArray = npt.NDArray[np.float64]

UNBOUNDED = 2**53
"""Stands for "no upper bound"; every true value is below it."""


class Level(StrEnum):
    """What is promised about every hidden primary cell, weakest first (see docs/explanation)."""

    LINEAR = "linear"
    INTEGER = "integer"
    INTERVAL = "interval"
    RULE_AWARE = "rule-aware"


def level_of(text: str) -> Level:
    """The level of that name; RulesError for an unknown one.

    >>> level_of("interval").value
    'interval'
    """
    if text not in tuple(Level):
        names = ", ".join(Level)
        raise RulesError(Text("the level is one of {names}", names=names))
    return Level(text)


@dataclass(frozen=True, eq=False)
class Block:
    """Where the cells of one table stand among the unknowns of a system.

    ``index`` has the table's shape. Tables that share a margin share its unknowns.
    """

    table: Table
    index: IntArray


@dataclass(frozen=True, eq=False)
class System:
    """All cells of all tables of a release and the whole-number relations between them.

    =========== ======== =======================================================================
    field       shape    meaning
    =========== ======== =======================================================================
    value       (n,)     true values, whole numbers >= 0
    relations   (m, n)   sparse int64; ``relations @ value == 0``
    shown       (n,)     a cell some table prints; False for a latent atom that only links tables
    group       (n,)     cells with equal numbers carry one mask (a count and the area beside it)
    count       (n,)     a number of units; False for a measure in steps
    known       (n,)     public already (earlier release, external total): can never be hidden
    blocks               the tables, each with the positions of its cells
    =========== ======== =======================================================================

    Raises InputError where a relation does not hold for the true values.

    >>> import scipy.sparse as sp
    >>> s = System.plain(np.array([7, 3, 4]), sp.csr_matrix(np.array([[-1, 1, 1]])))
    >>> s.n, int(s.relations.shape[0])
    (3, 1)
    """

    value: IntArray
    relations: sp.csr_matrix
    shown: BoolArray
    group: IntArray
    count: BoolArray
    known: BoolArray
    blocks: tuple[Block, ...] = ()

    def __post_init__(self) -> None:
        for array in (self.value, self.shown, self.group, self.count, self.known):
            array.setflags(write=False)
        if self.relations.dtype != np.int64 or self.relations.shape[1] != len(self.value):
            raise InputError(Text("relations must be int64 with one column a cell"))
        if (self.value < 0).any() or (self.relations @ self.value).any():
            raise InputError(Text("the true values do not satisfy the relations"))

    @classmethod
    def plain(cls, value: IntArray, relations: sp.csr_matrix) -> System:
        """Count cells without tables: every cell is printed and carries its own mask."""
        n = len(value)
        return cls(
            value=np.asarray(value, dtype=np.int64),
            relations=sp.csr_matrix(relations, dtype=np.int64),
            shown=np.ones(n, dtype=bool),
            group=np.arange(n, dtype=np.int64),
            count=np.ones(n, dtype=bool),
            known=np.zeros(n, dtype=bool),
        )

    @property
    def n(self) -> int:
        """Number of unknowns, latent ones included."""
        return len(self.value)

    @cached_property
    def digest(self) -> str:
        """SHA-256 over every field that an audit depends on."""
        matrix = self.relations.tocsr().copy()
        matrix.sort_indices()
        return digest_of(
            self.value, self.shown, self.group, self.count, self.known,
            matrix.indptr.astype(np.int64), matrix.indices.astype(np.int64), matrix.data,
        )  # fmt: skip

    @cached_property
    def by_column(self) -> sp.csc_matrix:
        """The relations by unknown."""
        return self.relations.tocsc()

    def name_of(self, cell: int) -> str:
        """``dimension=code`` of an unknown, for messages; ``#i`` for one without a table.

        A place that no table prints is named by the cells that count it.
        """
        for block in self.blocks:
            hits = np.flatnonzero(block.index.ravel() == cell)
            if len(hits):
                codes = block.table.codes_of(int(hits[0]))
                return ", ".join(f"{name}={code}" for name, code in codes.items())
        rows = self.relations[self.relations.getcol(cell).nonzero()[0]].tocoo()
        above = np.unique(rows.col[(rows.data < 0) & self.shown[rows.col]])
        return " ∩ ".join(self.name_of(int(c)) for c in above if c != cell) or f"#{cell}"


@dataclass(frozen=True, eq=False)
class Problem:
    """A system, what an attacker knows beforehand, and what must remain possible.

    The attacker's tables are all ``y`` with ``relations @ y == 0``, ``y == value`` on cells that are
    printed, and ``floor <= y <= ceiling`` on all others (latent ones included).

    ========= ====== =========================================================================
    field     shape  meaning
    ========= ====== =========================================================================
    level            the promise; ``linear`` ignores upper, lower, slide, floor and ceiling
    primary   (p,)   positions of the cells that must be protected, ascending: those that tables
                     would print must be hidden; others are places that no table prints
    upper     (p,)   ``interval``: some table of the attacker has ``y >= upper`` in the cell
    lower     (p,)   ``interval``: some table of the attacker has ``y <= lower`` in the cell
    slide     (p,)   ``interval``: the largest minus the smallest ``y`` is at least this
    floor     (n,)   prior lower bounds    ceiling (n,)  prior upper bounds (UNBOUNDED: none)
    eligible  (n,)   may be hidden; False for latent cells, zeros that are shown, never_hide, known
    cost      (n,)   loss of hiding a cell, > 0 where eligible
    whole            whether the attacker knows that the numbers are whole (False: JJ problems)
    blur             ``rule-aware``: all that the choice of hidden cells may depend on
    own       (n, j) what somebody who stands in an innermost cell knows it to hold at least: one
                     unit in counts, in measures the 1, 2 … j largest contributions together;
                     0 where nobody stands; None where nobody is to be reckoned with
    left      (e, 5) promises that end earlier for somebody inside, because what is public before
                     leaves no more: primary cell, cell known from inside, what is known of it,
                     and the lower and the upper end that are left
    ========= ====== =========================================================================

    The promise also holds for each of those who stand in one cell, with what they know added. Of a
    primary cell that contains their own, they are promised no less than what they know of it.
    """

    system: System
    level: Level
    primary: IntArray
    upper: IntArray
    lower: IntArray
    slide: IntArray
    floor: IntArray
    ceiling: IntArray
    eligible: BoolArray
    cost: FloatArray
    whole: bool = True
    blur: Blur | None = None
    own: IntArray | None = None
    left: IntArray = field(default_factory=lambda: np.zeros((0, 5), dtype=np.int64))

    def __post_init__(self) -> None:
        n, p = self.system.n, len(self.primary)
        arrays = (self.primary, self.upper, self.lower, self.slide, self.floor, self.ceiling)
        own = () if self.own is None else (self.own,)
        for array in (*arrays, self.eligible, self.cost, self.left, *own):
            array.setflags(write=False)
        per_cell = (self.floor, self.ceiling, self.eligible, self.cost, *own)
        per_primary = (self.upper, self.lower, self.slide)
        if any(len(a) != n for a in per_cell) or any(len(a) != p for a in per_primary):
            raise InputError(Text("arrays of a problem must fit the system"))
        if not self.eligible[self.to_hide].all():
            bad = int(self.to_hide[~self.eligible[self.to_hide]][0])
            raise InputError(
                Text(
                    "a cell that must be hidden is declared never to be hidden: {value}",
                    value=self.system.name_of(bad),
                ),
                code="never-hide-primary",
            )

    @property
    def to_hide(self) -> IntArray:
        """(q,) the primary cells that a table would print."""
        return self.primary[self.system.shown[self.primary]]

    @cached_property
    def nearer(self) -> tuple[IntArray, IntArray, IntArray]:
        """(r,) cell, side (+1 or -1) and distance of what remains of promises that ``left`` ends."""
        cell, least, most = self.left[:, 0], self.left[:, 3], self.left[:, 4]
        at, value = np.searchsorted(self.primary, cell), self.system.value[cell]
        rise = (most < self.upper[at]) & (most > value)
        fall = (least > self.lower[at]) & (least < value)
        up = np.stack([cell, np.ones_like(cell), most - value])[:, rise]
        down = np.stack([cell, -np.ones_like(cell), value - least])[:, fall]
        rows = np.unique(np.concatenate([up, down], axis=1), axis=1)
        if self.level is Level.INTEGER:
            rows = rows[:, :0]
        return rows[0], rows[1], rows[2]

    @cached_property
    def digest(self) -> str:
        """SHA-256 over the system and the demands."""
        parts = [self.primary, self.upper, self.lower, self.slide, self.floor, self.ceiling]
        if self.blur is not None:
            parts += [self.blur.threshold, self.blur.floor, self.blur.ceiling]
        own = () if self.own is None else (self.own, self.left)
        text = f"{self.system.digest}:{self.level}:{self.whole}".encode()
        return digest_of(np.frombuffer(text, dtype=np.uint8), *parts, self.eligible, *own)


def digest_of(*arrays: npt.NDArray[np.generic]) -> str:
    """SHA-256 over the type, shape and bytes of arrays.

    >>> digest_of(np.array([1])) == digest_of(np.array([1])) != digest_of(np.array([2]))
    True
    """
    sha = hashlib.sha256()
    for array in arrays:
        sha.update(f"{array.dtype.str}{array.shape}".encode())
        sha.update(np.ascontiguousarray(array).tobytes())
    return sha.hexdigest()
