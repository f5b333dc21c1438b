"""What does one table of a release hold before anything is hidden?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from sdc.errors import Finding, InputError
from sdc.messages import Text
from sdc.model.hierarchy import Hierarchy, IntArray

COUNT = "count"


@dataclass(frozen=True, eq=False)
class Table:
    """Every cell of every level of one table; values are whole numbers and add up.

    ``value`` has one axis a dimension, each as long as the dimension's hierarchy. For a measure the
    values are whole multiples of ``step`` ``unit``; ``contributors`` counts the units behind a cell
    (for a count table it *is* the value) and ``top`` (…, t) holds the t largest contributions,
    descending, in steps, or is None where contributions are unknown. ``records`` names the population:
    tables with the same ``records`` and ``measure`` count the same units, so their margins are equal.
    ``within`` names the table among whose rows this one is printed: it holds its groups of classes.

    Raises InputError where values do not add up, are negative or have another shape.

    >>> sex = Hierarchy.flat("sex", ["f", "m"])
    >>> t = Table("t", (sex,), aggregate(np.array([3, 4]), [sex]))
    >>> t.value.tolist()
    [7, 3, 4]
    """

    name: str
    dims: tuple[Hierarchy, ...]
    value: IntArray
    contributors: IntArray | None = None
    top: IntArray | None = None
    records: str = "records"
    measure: str = COUNT
    unit: str = ""
    step: float = 1.0
    notes: tuple[Text, ...] = field(default=())
    within: str = ""

    def __post_init__(self) -> None:
        shape = tuple(len(d) for d in self.dims)
        if self.value.shape != shape or self.value.dtype != np.int64:
            raise _shape_error(self.name, shape, self.value.shape)
        if self.contributors is None:
            object.__setattr__(self, "contributors", self.value)
        for array in (self.value, self.contributors, self.top):
            if array is not None:
                array.setflags(write=False)
        if (self.value < 0).any():
            raise _cell_error(self, int(np.flatnonzero(self.value.ravel() < 0)[0]), _NEGATIVE)
        wrong = misfits(self.value, self.dims)
        if len(wrong):
            raise _cell_error(self, int(wrong[0]), _ADDITIVE)

    @property
    def n_cells(self) -> int:
        """Number of cells on all levels."""
        return int(self.value.size)

    @property
    def counts(self) -> IntArray:
        """Units behind every cell."""
        assert self.contributors is not None
        return self.contributors

    @property
    def is_count(self) -> bool:
        """Whether the values are numbers of units."""
        return self.measure == COUNT

    def leaf_values(self) -> IntArray:
        """The values of the innermost cells, one axis a dimension."""
        return np.asarray(self.value[np.ix_(*[d.leaves for d in self.dims])])

    def codes_of(self, flat: int) -> dict[str, str]:
        """Dimension -> code of the cell at a flat (C order) position."""
        place = np.unravel_index(flat, self.value.shape)
        return {d.name: d.codes[int(i)] for d, i in zip(self.dims, place, strict=True)}


def aggregate(leaf: IntArray, dims: Sequence[Hierarchy]) -> IntArray:
    """All cells of all levels from the innermost ones; O(cells x depth).

    ``leaf`` has one axis a dimension, as long as its leaves. Raises InputError on overflow of 2^53.

    >>> use = Hierarchy.of("use", {"T": "", "g": "T", "a": "g", "b": "g"})
    >>> aggregate(np.array([1, 2]), [use]).tolist()
    [3, 1, 2, 3]
    """
    if leaf.size and float(np.abs(leaf).sum(dtype=np.float64)) > 2.0**53:
        raise InputError(Text("the total exceeds 2^53"), code="overflow")
    full = np.asarray(leaf, dtype=np.int64)
    for axis, dim in enumerate(dims):
        moved = np.moveaxis(full, axis, 0)
        flat = dim.aggregation @ moved.reshape(moved.shape[0], -1)
        full = np.moveaxis(flat.reshape((len(dim), *moved.shape[1:])), 0, axis)
    return np.ascontiguousarray(full).reshape(full.shape)


def misfits(value: IntArray, dims: Sequence[Hierarchy]) -> IntArray:
    """Flat positions of the cells that differ from the sum of what they sum up.

    >>> sex = Hierarchy.flat("sex", ["f", "m"])
    >>> misfits(np.array([8, 3, 4]), [sex]).tolist()
    [0]
    """
    leaf = value[np.ix_(*[d.leaves for d in dims])]
    return np.flatnonzero((aggregate(leaf, dims) != value).ravel()).astype(np.int64)


_ADDITIVE = Text("a total must equal the sum of its parts")
_NEGATIVE = Text("values must not be negative")


def _cell_error(table: Table, flat: int, must: Text) -> InputError:
    place = ", ".join(f"{k}={v}" for k, v in table.codes_of(flat).items())
    remedy = Text("check the source table")
    return InputError.of(
        [Finding("additivity", must=must, remedy=remedy, column=table.name, value=place)]
    )


def _shape_error(name: str, want: tuple[int, ...], got: tuple[int, ...]) -> InputError:
    must = Text("values must be int64 of shape {want}", want=want)
    remedy = Text("check how the table is made")
    return InputError.of([Finding("shape", must=must, remedy=remedy, column=name, value=str(got))])
