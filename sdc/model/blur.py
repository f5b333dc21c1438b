"""What may the choice of hidden cells depend on, where nobody may learn from running it again?

At ``rule-aware`` the maker does not see the numbers, only the *class* of every innermost cell: zero,
low (1 … threshold), and classes above it, each ``WIDTH`` times as wide as the one below. All tables
with the same classes are hidden alike; whichever of them agree with everything printed are *twins*,
for which the tool publishes the same bytes. What is said about totals follows from the classes below.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from sdc.errors import RulesError
from sdc.messages import Text
from sdc.model.hierarchy import IntArray
from sdc.model.rules import COSTS, Rules
from sdc.model.system import UNBOUNDED, BoolArray, FloatArray, System

WIDTH = 6
"""How many times as wide as the class below a class above the low one is."""


@dataclass(frozen=True, eq=False)
class Blur:
    """A table as the maker sees it at ``rule-aware``; all arrays (n,), and equal for all twins.

    ========= ===========================================================================
    field     meaning
    ========= ===========================================================================
    threshold the count from which a cell is not sensitive
    floor     least and most of the class of an innermost cell; a total is bounded by
    ceiling   its parts alone
    least     number of innermost cells below that are not zero: the least it can hold
    low       may be sensitive: an innermost cell of the low class, or a total of so few of
              them, and of nothing else, that it might lie below the threshold
    nominal   a number in the middle of the class; of a total, the sum of its parts
    price     loss of hiding, judged by the nominal number
    ========= ===========================================================================
    """

    threshold: IntArray
    floor: IntArray
    ceiling: IntArray
    least: IntArray
    low: BoolArray
    nominal: FloatArray
    price: FloatArray

    def __post_init__(self) -> None:
        for array in vars(self).values():
            array.setflags(write=False)

    def admits(self, value: IntArray) -> bool:
        """Whether a table (n,) has the same classes."""
        return bool(((value >= self.floor) & (value <= self.ceiling)).all())


def blur_of(system: System, by_table: Mapping[str, Rules], *, earlier: bool = False) -> Blur:
    """The classes of a system of counts; O(non-zeros x depth). ``earlier``: promises of the past hold.

    Raises RulesError for what the level does not cover: measures, persons counted apart from units,
    places that no table prints, earlier releases, cells to hide by name, prices taken from a measure.

    >>> import scipy.sparse as sp
    >>> s = System.plain(np.array([13, 2, 0, 11]), sp.csr_matrix(np.array([[-1, 1, 1, 1]])))
    >>> b = _classes(s, np.full(4, 3))
    >>> b[0].tolist(), b[1].tolist()[1:]
    ([0, 1, 0, 4], [3, 0, 23])
    """
    threshold = np.zeros(system.n, dtype=np.int64)
    for block in system.blocks:
        own = by_table[block.table.name]
        plain = block.table.is_count and np.array_equal(block.table.counts, block.table.value)
        if not plain or own.must_hide or own.cost not in COSTS:
            raise _uncovered()
        np.maximum.at(threshold, block.index.ravel(), own.min_count)
    totals = np.asarray((system.relations < 0).sum(axis=1)).ravel()
    simple = (abs(system.relations.data) == 1).all() and (totals == 1).all()
    masks = np.bincount(system.group[system.shown], minlength=1).max(initial=0)
    if earlier or not system.shown.all() or system.known.any() or not simple or masks > 1:
        raise _uncovered()
    floor, ceiling = _classes(system, threshold)
    inner = ceiling < UNBOUNDED
    middle = np.where(inner & (floor > 0), np.sqrt(floor.astype(np.float64) * ceiling), 0.0)
    least = _summed(system, (inner & (floor > 0)).astype(np.float64)).astype(np.int64)
    high = _summed(system, (inner & (floor > threshold)).astype(np.float64)) > 0
    nominal = _summed(system, middle)
    price = np.ones(system.n)
    for block in system.blocks:
        kind, number = by_table[block.table.name].cost, nominal[block.index]
        if kind != "count":
            price[block.index] = 1 + np.log1p(number) if kind == "log" else np.maximum(number, 1.0)
    low = ~high & (least > 0) & (least <= np.where(inner, threshold, threshold - 1))
    return Blur(threshold, floor, ceiling, least, low, nominal, price)


def _classes(system: System, threshold: IntArray) -> tuple[IntArray, IntArray]:
    """(n,) least and most of the class of every innermost cell; 0 and UNBOUNDED for totals."""
    total = np.zeros(system.n, dtype=bool)
    total[system.relations.indices[system.relations.data < 0]] = True
    value = system.value
    floor, ceiling = (value > 0).astype(np.int64), np.where(value > 0, threshold, 0)
    while (above := value > ceiling).any():
        floor[above] = ceiling[above] + 1
        ceiling[above] = WIDTH * (ceiling[above] + 1) - 1
    return np.where(total, 0, floor), np.where(total, UNBOUNDED, ceiling)


def _summed(system: System, inner: FloatArray) -> FloatArray:
    """(n,) numbers of innermost cells summed up to all totals; the largest sum where several meet."""
    parts = system.relations.maximum(0)
    rows = system.relations.minimum(0).tocoo()
    top = np.empty(system.relations.shape[0], dtype=np.int64)
    top[rows.row] = rows.col
    out = inner
    while True:
        sums = parts @ out
        more = out.copy()
        np.maximum.at(more, top, sums)
        if np.array_equal(more, out):
            return out
        out = more


def _uncovered() -> RulesError:
    return RulesError(
        Text(
            "the level rule-aware covers one table of counts, or several that share margins alone: no "
            "measures, persons apart from units, crossing geographies, earlier releases, must_hide, or "
            "prices by a measure"
        ),
        code="level",
    )
