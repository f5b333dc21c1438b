"""What does a published table show: which numbers, which marks, and which places not at all?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sdc.errors import InputError
from sdc.messages import Text
from sdc.model.hierarchy import Hierarchy, IntArray
from sdc.model.system import BoolArray


@dataclass(frozen=True, eq=False)
class MarkedTable:
    """A table as it was published, by whomever.

    ``value``, ``hidden`` and ``present`` have one axis a dimension. ``present`` is False where the
    publication has no such place (an unlisted cell, a blank); ``hidden`` where it prints X, *, …;
    ``value`` is 0 wherever no number is visible, so that a mark can never be taken for a zero by
    looking at ``visible``. ``notes`` tell what the reader repaired, as (Japanese, English).

    Raises InputError for wrong shapes, values in places that show none, and visible totals that
    differ from the sum of visible parts.

    >>> sex = Hierarchy.flat("sex", ["f", "m"])
    >>> t = MarkedTable("t", (sex,), np.array([7, 0, 4]), np.array([False, True, False]),
    ...                 np.ones(3, dtype=bool))
    >>> t.visible.tolist()
    [True, False, True]
    """

    name: str
    dims: tuple[Hierarchy, ...]
    value: IntArray
    hidden: BoolArray
    present: BoolArray
    notes: tuple[Text, ...] = ()
    file: str = ""

    def __post_init__(self) -> None:
        shape = tuple(len(d) for d in self.dims)
        arrays = (self.value, self.hidden, self.present)
        if any(a.shape != shape for a in arrays) or self.value.dtype != np.int64:
            raise InputError(
                Text("the arrays of a published table must have shape {shape}", shape=shape),
            )
        for array in arrays:
            array.setflags(write=False)
        if (self.hidden & ~self.present).any() or self.value[~self.visible].any():
            raise InputError(Text("a place that shows no number holds a value"))
        if (self.value < 0).any() or len(contradictions(self.value, self.visible, self.dims)):
            raise InputError(
                Text("a published total differs from the sum of its published parts"),
                code="total",
            )

    @property
    def visible(self) -> BoolArray:
        """Where a number, zero included, can be read."""
        return np.asarray(self.present & ~self.hidden, dtype=bool)


def contradictions(value: IntArray, visible: BoolArray, dims: Sequence[Hierarchy]) -> IntArray:
    """Flat positions of visible totals that differ from the sum of their parts, all visible.

    Each total is compared with its children along each dimension. O(cells x dimensions).

    >>> sex = Hierarchy.flat("sex", ["f", "m"])
    >>> contradictions(np.array([8, 3, 4]), np.ones(3, dtype=bool), [sex]).tolist()
    [0]
    """
    wrong = np.zeros(value.shape, dtype=bool)
    for axis, dim in enumerate(dims):
        shown = np.moveaxis(visible, axis, 0).reshape(len(dim), -1)
        number = np.moveaxis(np.where(visible, value, 0), axis, 0).reshape(len(dim), -1)
        unseen = abs(dim.balance) @ (~shown).astype(np.int64)
        off = (dim.balance @ number != 0) & (unseen == 0)
        here = np.zeros(shown.shape, dtype=bool)
        here[dim.inner] = off
        others = [s for i, s in enumerate(value.shape) if i != axis]
        wrong |= np.moveaxis(here.reshape(len(dim), *others), 0, axis)
    return np.flatnonzero(wrong.ravel()).astype(np.int64)
