"""What does a witness file say of one table, or of the places that link tables?

Read by the checker of the staged files alone; imports numpy and the error types.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from sdc.disclosure.stagedtable import refuse
from sdc.messages import Text

Ints = npt.NDArray[np.int64]
Arrays = Mapping[str, npt.NDArray[Any]]
CHUNK = 200_000
LARGE = 2.0**61
"""No sum of a witness may come near what 64 bits hold, or it could wrap to a number that fits."""


def require_sound(heads: Sequence[Mapping[str, Any]], arrays: Arrays) -> None:
    """The arrays are whole numbers, in the order of the format, and speak of what is there.

    Raises NotProven where a number is no int64, a difference stands twice or nowhere, a promise or
    bound belongs to no table, or a cell has two promises. O(numbers).
    """
    if any(a.dtype != np.int64 for name, a in arrays.items() if name != "head"):
        refuse(Text("numbers that are not whole"))
    index, indptr, total = arrays["index"], arrays["indptr"], len(arrays["value"])
    if (index < 0).any() or (index >= total).any() or indptr[0] != 0 or (np.diff(indptr) < 0).any():
        refuse(Text("a difference of no number"))
    witness = np.repeat(np.arange(len(indptr) - 1), np.diff(indptr))
    if (np.diff(witness * total + index) <= 0).any():
        refuse(Text("two differences of one number in a witness"))
    moved = np.bincount(witness, np.abs(arrays["step"].astype(float)), len(indptr) - 1)
    if np.abs(arrays["value"].astype(float)).sum() > LARGE or (moved > LARGE).any():
        refuse(Text("a number is too large"))
    for kind in ("promise", "prior"):
        table = arrays[f"{kind}_table"]
        if (table < 0).any() or (table >= len(heads)).any() or (arrays[f"{kind}_cell"] < 0).any():
            refuse(Text("a promise or bound of no table"))
    asked = np.stack([arrays["promise_table"], arrays["promise_cell"]])
    if np.unique(asked, axis=1).shape != asked.shape:
        refuse(Text("two promises for one cell"))


class Piece:
    """Innermost cells of a table, or atoms: ``at`` (r, d) codes, true values, and differences."""

    def __init__(self, head: Mapping[str, Any], arrays: Arrays) -> None:
        self.family, self.table = tuple(head["family"]), head["table"]
        self.names: list[str] = head["names"]
        self.codes: list[list[str]] = head["codes"]
        self.factor = int(head["factor"])
        if self.factor < 1:
            refuse(Text("the factor of a table"))
        self.start = start = int(head["start"])
        stop = start + int(head["size"])
        self.value: Ints = arrays["value"][start:stop]
        self.at: Ints = arrays["at"][start:stop, : len(self.names)]
        index = arrays["index"]
        mine = (index >= start) & (index < stop)
        lengths = np.diff(arrays["indptr"])
        self.witness: Ints = np.repeat(np.arange(len(lengths)), lengths)[mine]
        self.cell: Ints = index[mine] - start
        self.step: Ints = arrays["step"][mine]
        if (self.value < 0).any() or (self.value[self.cell] + self.step < 0).any():
            refuse(Text("a negative number"))
        # Their sum is what the witness says; the larger of two would pass for how far a place moves.
        named = np.sort(self.witness * len(self.value) + self.cell)
        if (np.diff(named) == 0).any():
            refuse(Text("a witness names a cell twice"))

    def parts(self) -> Iterator[tuple[Ints, Ints, Ints]]:
        """(witness, codes (r, d), number): the truth as witness -1, then differences in chunks."""
        yield np.full(len(self.value), -1), self.at, self.value
        ends = np.append(np.flatnonzero(np.diff(self.witness)) + 1, len(self.witness))
        start = 0
        while start < len(self.witness):
            stop = int(ends[min(int(np.searchsorted(ends, start + CHUNK)), len(ends) - 1)])
            part = slice(start, stop)
            yield self.witness[part], self.at[self.cell[part]], self.step[part]
            start = stop
