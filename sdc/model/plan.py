"""Which treatment does every cell get, at what loss, and what would the reader then see?"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import scipy.sparse as sp

from sdc.errors import InputError
from sdc.messages import Text
from sdc.model.hierarchy import Hierarchy, IntArray
from sdc.model.states import State
from sdc.model.system import BoolArray, Problem, System, digest_of


@dataclass(frozen=True, eq=False)
class Plan:
    """A pattern of hidden cells with its loss and its history.

    ``hidden`` (n,) marks the unknowns of the system that become X (latent ones never). ``cost`` and
    ``bound`` speak of the complementary cells alone; ``gap`` is (cost - bound) / cost. ``moves`` holds
    whole-number differences to the true values, one a row, that the maker offers to the audit as
    witnesses; the audit believes none of them unseen. ``reproducible`` is False where the wall clock
    ended a search.

    Raises InputError where a primary cell is not hidden or a cell that may not be hidden is.
    """

    problem: Problem
    hidden: BoolArray
    method: str
    because: str = ""
    bound: float = 0.0
    seconds: float = 0.0
    reproducible: bool = True
    log: tuple[str, ...] = ()
    moves: sp.csr_matrix | None = None
    merges: Mapping[str, str] = field(default_factory=dict)
    collapses: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.hidden.setflags(write=False)
        problem = self.problem
        if not self.hidden[problem.to_hide].all():
            cell = int(problem.to_hide[~self.hidden[problem.to_hide]][0])
            raise _bad(problem.system, cell, Text("a primary cell is shown"))
        wrong = np.flatnonzero(self.hidden & ~problem.eligible)
        if len(wrong):
            text = Text("a cell that may not be hidden is hidden")
            raise _bad(problem.system, int(wrong[0]), text)
        if len(split_groups(problem.system, self.hidden)):
            cell = int(split_groups(problem.system, self.hidden)[0])
            raise _bad(problem.system, cell, Text("one mask, two states"))

    @cached_property
    def complementary(self) -> BoolArray:
        """(n,) the hidden cells that are not primary."""
        extra = self.hidden.copy()
        extra[self.problem.primary] = False
        return extra

    @property
    def cost(self) -> float:
        """Loss of the complementary cells."""
        return float(self.problem.cost[self.complementary].sum())

    @property
    def gap(self) -> float:
        """How far the cost may be from the least possible, relative to the cost."""
        return (self.cost - self.bound) / self.cost if self.cost > 0 else 0.0


def split_groups(system: System, hidden: BoolArray) -> IntArray:
    """Cells that are shown although another cell of their group is hidden."""
    any_hidden = np.zeros(int(system.group.max(initial=-1)) + 1, dtype=bool)
    any_hidden[system.group[hidden]] = True
    return np.flatnonzero(any_hidden[system.group] & ~hidden & system.shown).astype(np.int64)


def _bad(system: System, cell: int, what: Text) -> InputError:
    text = Text("{what}: {cell}", what=what, cell=system.name_of(cell))
    return InputError(text, code="plan")


@dataclass(frozen=True, eq=False)
class PublishedTable:
    """What a reader sees of one table: ``value`` is 0 wherever ``state`` is not SHOWN.

    ``within`` names the table among whose rows this one stands; see ``Table``.
    """

    name: str
    dims: tuple[Hierarchy, ...]
    value: IntArray
    state: IntArray
    records: str
    measure: str
    unit: str
    step: float
    within: str = ""

    def __post_init__(self) -> None:
        self.value.setflags(write=False)
        self.state.setflags(write=False)
        if (self.value[self.state != State.SHOWN] != 0).any():
            raise InputError(Text("a place that is not shown holds a value"))

    @cached_property
    def digest(self) -> str:
        """SHA-256 over everything that is printed."""
        codes = "\n".join(f"{d.name}\t{c}" for d in self.dims for c in d.codes)
        names = (self.name, self.records, self.measure, self.unit, str(self.step), self.within)
        head = "\t".join(filter(None, names)) + f"\n{codes}"
        return digest_of(np.frombuffer(head.encode(), dtype=np.uint8), self.value, self.state)


@dataclass(frozen=True, eq=False)
class Published:
    """Every number and mark that will be shown, and the digest of the system it came from.

    ``value`` and ``hidden`` (n,) repeat the tables over the unknowns, 0 where nothing is printed.
    """

    system_digest: str
    tables: tuple[PublishedTable, ...]
    value: IntArray
    hidden: BoolArray

    @cached_property
    def digest(self) -> str:
        """SHA-256 over the tables and what they were made from."""
        sha = hashlib.sha256(self.system_digest.encode())
        for table in self.tables:
            sha.update(table.digest.encode())
        sha.update(digest_of(self.value, self.hidden).encode())
        return sha.hexdigest()


def apply(system: System, plan: Plan) -> Published:
    """Print a system through a plan; zeros that are not hidden become ``-``.

    A place of a table that is not shown is counted in a group of classes.

    Raises InputError where the plan belongs to another system.

    >>> import scipy.sparse as sp
    >>> from sdc.model.system import Level
    >>> s = System.plain(np.array([7, 3, 4]), sp.csr_matrix(np.array([[-1, 1, 1]])))
    >>> none = np.zeros(0, dtype=np.int64)
    >>> p = Problem(s, Level.INTERVAL, none, none, none, none, np.zeros(3, np.int64),
    ...             np.full(3, 2**53), np.ones(3, bool), np.ones(3))
    >>> apply(s, Plan(p, np.array([False, True, True]), "hand")).value.tolist()
    [7, 0, 0]
    """
    if plan.problem.system.digest != system.digest:
        raise InputError(Text("the plan belongs to another system"), code="plan")
    printed = np.where(plan.hidden | ~system.shown, 0, system.value)
    tables = []
    for block in system.blocks:
        hidden = plan.hidden[block.index]
        value = np.where(hidden, 0, block.table.value)
        state = np.where(hidden, State.HIDDEN, np.where(value == 0, State.ZERO, State.SHOWN))
        grouped = ~system.shown[block.index]
        value, state = np.where(grouped, 0, value), np.where(grouped, State.GROUPED, state)
        t = block.table
        tables.append(
            PublishedTable(
                t.name,
                t.dims,
                value.astype(np.int64),
                state.astype(np.int64),
                t.records,
                t.measure,
                t.unit,
                t.step,
                t.within,
            )
        )
    printed = printed.astype(np.int64)
    printed.setflags(write=False)
    return Published(system.digest, tuple(tables), printed, plan.hidden.copy())
