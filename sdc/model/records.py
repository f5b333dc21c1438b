"""What does one file of geocoded records hold once it is read?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from sdc.errors import InputError
from sdc.messages import Text
from sdc.model.system import FloatArray


@dataclass(frozen=True, eq=False)
class Records:
    """Records as they stand in their file: every column as text, positions beside them.

    ``frame`` is indexed 0 … n-1 in file order; the record at ``i`` stands in spreadsheet row
    ``first_row + i``. ``x`` and ``y`` (n,) are in ``crs`` (an authority text such as ``EPSG:6668``;
    x is longitude or easting), NaN where a record has no usable position. ``notes`` tell what the
    reader decided or repaired, as (Japanese, English).

    Raises InputError where the lengths differ or the CRS is missing.

    >>> frame = pd.DataFrame({"use": ["411"]})
    >>> len(Records("b", frame, np.array([139.7]), np.array([35.7]), "EPSG:6668"))
    1
    """

    name: str
    frame: pd.DataFrame
    x: FloatArray
    y: FloatArray
    crs: str
    file: str = ""
    encoding: str = ""
    first_row: int = 2
    notes: tuple[Text, ...] = ()

    def __post_init__(self) -> None:
        if not self.crs:
            raise InputError(Text("records need a CRS"), code="crs-missing")
        if not len(self.frame) == len(self.x) == len(self.y):
            raise InputError(Text("one position a record is needed"))
        self.x.setflags(write=False)
        self.y.setflags(write=False)

    def __len__(self) -> int:
        return len(self.frame)

    @property
    def placed(self) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        """(n,) whether a record has a position."""
        return np.isfinite(self.x) & np.isfinite(self.y)
