"""What is known of records on their way from a file to the tables, persons and times as numbers?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from sdc.config import Config, EntrySection
from sdc.errors import Finding
from sdc.model.hierarchy import IntArray
from sdc.model.records import Records
from sdc.model.system import FloatArray
from sdc.readers.pairs import read_pairs

Labels = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, eq=False)
class Entered:
    """Records that may be counted.

    ``person`` (n,) numbers who is counted, ``follow`` (n,) who is followed from record to record
    (a new number in every scope of the pseudonym), ``time`` (n,) holds seconds, ``labels`` the
    Japanese words of every code of a generalised column, ``open`` the columns of which only the codes
    that occur are known. ``facts`` tell what was done, for the
    working log and the report; they stay inside the city.
    """

    records: Records
    person: IntArray
    follow: IntArray
    time: IntArray
    rows: IntArray
    weight: IntArray | None = None
    labels: Labels = field(default_factory=dict)
    open: frozenset[str] = frozenset()
    facts: Mapping[str, Any] = field(default_factory=dict)

    def take(self, rows: IntArray) -> Entered:
        """Only some of the records, in the order given."""
        r = self.records
        frame = r.frame.iloc[rows].reset_index(drop=True)
        part = replace(r, frame=frame, x=r.x[rows], y=r.y[rows])
        return replace(
            self,
            records=part,
            person=self.person[rows],
            follow=self.follow[rows],
            time=self.time[rows],
            rows=self.rows[rows],
            weight=None if self.weight is None else self.weight[rows],
        )


def in_file(found: Sequence[Finding], state: Entered) -> list[Finding]:
    """Findings about the records of a state with the row numbers of the file."""
    first = state.records.first_row
    return [
        f if f.row is None else replace(f, row=first + int(state.rows[f.row - first]))
        for f in found
    ]


def persons_of(config: Config, section: EntrySection, records: Records) -> pd.Series:
    """The person behind every record: the code itself, or whom the list of devices names."""
    assert section.person is not None
    codes = records.frame[section.columns[section.person].source or section.person]
    if section.persons is None:
        return codes
    owners = read_pairs(config.resolve(section.persons))
    return codes.map(lambda code: owners.get(code, code))


def degrees(records: Records) -> tuple[FloatArray, FloatArray]:
    """Longitude and latitude (JGD2011) of records in any CRS."""
    from pyproj import Transformer

    change = Transformer.from_crs(records.crs, "EPSG:6668", always_xy=True)
    lon, lat = change.transform(records.x, records.y)
    return np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)
