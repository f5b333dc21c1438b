"""What was published before, of which units, and what was promised about it?

A ``PastRelease`` is one publication of the past as the ledger keeps it: enough to write its printed
numbers down as equations over the units of a new release.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from sdc.errors import InputError
from sdc.messages import Text
from sdc.model.coded import Coded
from sdc.model.hierarchy import Hierarchy, IntArray
from sdc.model.system import BoolArray, Level, digest_of


@dataclass(frozen=True, eq=False)
class PastTable:
    """One table of the past, all arrays flat over its cells in C order.

    ``dims`` name dimensions of the ``PastRelease``; ``printed`` marks the numbers that everybody has
    seen; ``upper`` and ``lower`` hold what was promised about a primary cell, -1 elsewhere;
    ``floor`` is what an X is known to hold at least (-1: no X was printed there), ``digest`` that of
    the printed numbers. ``sums`` (q, 2) pairs the number of a printed group of classes with a cell that
    it adds up. ``bounds`` (b, 3) are held by everybody: a cell (groups count on behind the cells), the
    least and the most.
    """

    name: str
    records: str
    measure: str
    dims: tuple[str, ...]
    printed: BoolArray
    upper: IntArray
    lower: IntArray
    floor: IntArray
    digest: str
    sums: IntArray = field(default_factory=lambda: np.zeros((0, 2), dtype=np.int64))
    bounds: IntArray = field(default_factory=lambda: np.zeros((0, 3), dtype=np.int64))

    def told(self, value: IntArray) -> str:
        """Digest of what was printed of the true values of the cells: numbers, then groups."""
        parts = [np.where(self.printed, value, 0)]
        return digest_of(*parts, *([self.totals(value)] if len(self.sums) else []))

    def totals(self, value: IntArray) -> IntArray:
        """The groups of classes that were printed, from the values of the cells."""
        out = np.zeros(int(self.sums[:, 0].max(initial=-1)) + 1, dtype=np.int64)
        np.add.at(out, self.sums[:, 0], value[self.sums[:, 1]])
        return out


@dataclass(frozen=True, eq=False)
class PastRelease:
    """A publication of the past.

    ``units`` holds, for each record set, the records by the innermost codes from before merging and
    collapsing; ``dims`` the dimensions as they were printed; ``fold[dim]`` the place among the leaves
    of ``dims[dim]`` of every innermost code of the units. ``external`` numbers come from elsewhere.
    ``remembered`` ones speak of another period: of the units of now readers have ``bounds`` from them,
    and nothing else. ``level`` and ``owners`` say what was promised, and to whom.

    Raises InputError where a fold does not fit.

    >>> import numpy as np
    >>> use = Hierarchy.flat("use", ["a", "b"])
    >>> units = Coded("r", {"use": use}, {"use": np.array([0, 1])})
    >>> PastRelease("v", 1, {"use": use}, {"use": np.array([0, 1])}, {"r": units}).label
    'v.1'
    """

    id: str
    serial: int
    dims: Mapping[str, Hierarchy]
    fold: Mapping[str, IntArray]
    units: Mapping[str, Coded]
    tables: tuple[PastTable, ...] = field(default=())
    external: bool = False
    remembered: bool = False
    level: Level = Level.INTERVAL
    owners: bool = False

    def __post_init__(self) -> None:
        for coded in self.units.values():
            for name, dim in coded.dims.items():
                if name in self.fold and len(self.fold[name]) != len(dim.leaves):
                    raise InputError(Text("the fold of {name!r} does not fit", name=name))

    @property
    def label(self) -> str:
        """Id and serial, for messages and names."""
        return f"{self.id}.{self.serial}"

    @property
    def columns(self) -> dict[str, dict[str, bool]]:
        """Record set -> dimensions (True) and measures (False) that the tables use."""
        out: dict[str, dict[str, bool]] = {}
        for table in self.tables:
            own = out.setdefault(table.records, {})
            own.update(dict.fromkeys(table.dims, True))
            if table.measure != "count":
                own[table.measure] = False
        return out


@dataclass(frozen=True, eq=False)
class Prior:
    """What is known beforehand: promises on unknowns (q,), floors (n,) of the X of then, and ``bounds``
    (b, 3) that everybody holds: an unknown, the least and the most.

    A floor is -1 where no earlier release had an X.
    """

    cells: IntArray
    upper: IntArray
    lower: IntArray
    floor: IntArray
    bounds: IntArray = field(default_factory=lambda: np.zeros((0, 3), dtype=np.int64))

    @classmethod
    def bounded(cls, n: int, bounds: IntArray) -> Prior:
        """Bounds alone, on a system of ``n`` unknowns."""
        none = np.zeros(0, dtype=np.int64)
        return cls(none, none, none, np.full(n, -1, dtype=np.int64), bounds)

    def over(self, n: int) -> Prior:
        """The same for a system that has grown to ``n`` unknowns, of which earlier releases knew none."""
        more = np.full(n - len(self.floor), -1, dtype=np.int64)
        return replace(self, floor=np.concatenate([self.floor, more]))
