"""What is left of the records once every one of them has its codes?

A row is one record, or many alike: only how many there are, what they measure together and the
largest of them matter to a table, so that memory grows with the combinations that occur.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from sdc.errors import InputError
from sdc.messages import Text
from sdc.model.hierarchy import Hierarchy, IntArray


@dataclass(frozen=True, eq=False)
class Measure:
    """One number a row, in whole multiples of ``step`` ``unit`` (n,).

    Where rows stand for several records, ``steps`` is their sum and ``top`` (n, t) holds the t
    largest of them, descending, 0 where there are fewer.
    """

    steps: IntArray
    unit: str = ""
    step: float = 1.0
    top: IntArray | None = None

    @property
    def largest(self) -> IntArray:
        """(n, t) the largest contributions of every row."""
        return self.steps[:, None] if self.top is None else self.top


@dataclass(frozen=True, eq=False)
class Coded:
    """Records reduced to the innermost codes of each dimension, ready to be counted.

    ``leaf`` maps a dimension to (n,) indices into ``dims[dimension].leaves``. Every record has a code
    in every dimension: records without one (outside all areas) are set aside and reported before.
    ``weight`` (n,) is the number of records that a row stands for; None: one each. ``owner`` (n,)
    numbers the person of every row where one person may have several: then cells are judged by
    persons, not by records.

    Raises InputError where lengths differ or an index is outside its dimension.

    >>> sex = Hierarchy.flat("sex", ["f", "m"])
    >>> len(Coded("people", {"sex": sex}, {"sex": np.array([0, 1, 1])}))
    3
    """

    name: str
    dims: Mapping[str, Hierarchy]
    leaf: Mapping[str, IntArray]
    measures: Mapping[str, Measure] = field(default_factory=dict)
    weight: IntArray | None = None
    owner: IntArray | None = None

    def __post_init__(self) -> None:
        arrays = [*self.leaf.values(), *(m.largest for m in self.measures.values()), self.units]
        arrays += [self.owner] if self.owner is not None else []
        if len({len(a) for a in arrays}) > 1 or set(self.dims) != set(self.leaf):
            raise InputError(Text("columns of coded records differ in length"))
        for name, index in self.leaf.items():
            if len(index) and not 0 <= int(index.min()) <= int(index.max()) < len(
                self.dims[name].leaves
            ):
                raise InputError(Text("an index lies outside dimension {name}", name=name))

    def __len__(self) -> int:
        return len(next(iter(self.leaf.values()))) if self.leaf else 0

    def take(self, rows: IntArray) -> Coded:
        """Only some of the rows.

        >>> sex = Hierarchy.flat("sex", ["f", "m"])
        >>> len(Coded("p", {"sex": sex}, {"sex": np.array([1, 0])}).take(np.array([1])))
        1
        """
        return replace(
            self,
            leaf={name: index[rows] for name, index in self.leaf.items()},
            measures={
                name: replace(m, steps=m.steps[rows], top=None if m.top is None else m.top[rows])
                for name, m in self.measures.items()
            },
            weight=None if self.weight is None else self.weight[rows],
            owner=None if self.owner is None else self.owner[rows],
        )

    @property
    def units(self) -> IntArray:
        """(n,) records that every row stands for."""
        return np.ones(len(self), dtype=np.int64) if self.weight is None else self.weight

    def key(self, names: Sequence[str]) -> tuple[IntArray, tuple[int, ...]]:
        """(n,) place of every row in the cross-classification of some dimensions, and its shape.

        >>> sex = Hierarchy.flat("sex", ["f", "m"])
        >>> Coded("people", {"sex": sex}, {"sex": np.array([1])}).key(["sex"])
        (array([1]), (2,))
        """
        shape = tuple(len(self.dims[n].leaves) for n in names)
        if not names:
            return np.zeros(len(self), dtype=np.int64), shape
        return np.ravel_multi_index([self.leaf[n] for n in names], shape).astype(np.int64), shape

    def count(self, names: Sequence[str]) -> IntArray:
        """Records in every cell of the cross-classification of some dimensions.

        >>> sex = Hierarchy.flat("sex", ["f", "m"])
        >>> Coded("p", {"sex": sex}, {"sex": np.array([1])}, weight=np.array([3])).count(["sex"])
        array([0, 3])
        """
        flat, shape = self.key(names)
        size = math.prod(shape)
        if self.weight is None:
            return np.bincount(flat, minlength=size).astype(np.int64).reshape(shape)
        return sums(flat, self.weight, size).reshape(shape)


def sums(place: IntArray, value: IntArray, size: int) -> IntArray:
    """(size,) exact sums of whole numbers by place; float sums would be exact only below 2^53.

    >>> sums(np.array([1, 1]), np.array([2, 3]), 2).tolist()
    [0, 5]
    """
    out = np.zeros(size, dtype=np.int64)
    np.add.at(out, place, value)
    return out


@dataclass(frozen=True, eq=False)
class Crossing:
    """Which innermost codes of two or more dimensions can occur together.

    Two geographies cross where their polygons intersect, two classifications of one variable where
    their classes share a value. ``pairs`` (r, len(names)) holds indices into the dimensions' leaves.

    >>> Crossing(("areas", "mesh"), np.array([[0, 0], [0, 1]])).pairs.shape
    (2, 2)
    """

    names: tuple[str, ...]
    pairs: IntArray

    def __post_init__(self) -> None:
        if self.pairs.ndim != 2 or self.pairs.shape[1] != len(self.names):
            raise InputError(Text("a crossing needs one column a dimension"))
        self.pairs.setflags(write=False)
