"""What is left of the records once every one of them has its codes?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sdc.errors import InputError
from sdc.model.hierarchy import Hierarchy, IntArray


@dataclass(frozen=True, eq=False)
class Measure:
    """One number a record, in whole multiples of ``step`` ``unit`` (n,)."""

    steps: IntArray
    unit: str = ""
    step: float = 1.0


@dataclass(frozen=True, eq=False)
class Coded:
    """Records reduced to the innermost codes of each dimension, ready to be counted.

    ``leaf`` maps a dimension to (n,) indices into ``dims[dimension].leaves``. Every record has a code
    in every dimension: records without one (outside all areas) are set aside and reported before.

    Raises InputError where lengths differ or an index is outside its dimension.

    >>> import numpy as np
    >>> sex = Hierarchy.flat("sex", ["f", "m"])
    >>> len(Coded("people", {"sex": sex}, {"sex": np.array([0, 1, 1])}))
    3
    """

    name: str
    dims: Mapping[str, Hierarchy]
    leaf: Mapping[str, IntArray]
    measures: Mapping[str, Measure] = field(default_factory=dict)

    def __post_init__(self) -> None:
        arrays = [*self.leaf.values(), *(m.steps for m in self.measures.values())]
        if len({len(a) for a in arrays}) > 1 or set(self.dims) != set(self.leaf):
            raise InputError("列の長さが一致しません", "columns of coded records differ in length")
        for name, index in self.leaf.items():
            if len(index) and not 0 <= int(index.min()) <= int(index.max()) < len(
                self.dims[name].leaves
            ):
                raise InputError(
                    f"コードの範囲外です: {name}", f"an index lies outside dimension {name}"
                )

    def __len__(self) -> int:
        return len(next(iter(self.leaf.values()))) if self.leaf else 0


@dataclass(frozen=True, eq=False)
class Crossing:
    """Which innermost codes of two or more dimensions can occur together.

    Two geographies cross where their polygons intersect, two classifications of one variable where
    their classes share a value. ``pairs`` (r, len(names)) holds indices into the dimensions' leaves.

    >>> import numpy as np
    >>> Crossing(("areas", "mesh"), np.array([[0, 0], [0, 1]])).pairs.shape
    (2, 2)
    """

    names: tuple[str, ...]
    pairs: IntArray

    def __post_init__(self) -> None:
        if self.pairs.ndim != 2 or self.pairs.shape[1] != len(self.names):
            raise InputError("交差表の形が不正です", "a crossing needs one column a dimension")
        self.pairs.setflags(write=False)
