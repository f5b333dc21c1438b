"""What did cameras and sensors count: how many passed which point, and when?

A row is a point, a time and a number. The numbers are units of their own; a person who passes two
cameras is two units, because codes of one camera mean nothing at another.
"""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pandas as pd

from sdc.config import Config
from sdc.errors import InputError
from sdc.messages import Text
from sdc.microdata.classify import MeasureSpec, quantise
from sdc.model.records import Records
from sdc.pipeline.entered import Entered

MOST = 1_000_000
"""More than this in one row is taken for a mistake."""


def sensed(config: Config, name: str, records: Records) -> Entered:
    """Records that stand for as many units as the column ``count`` says; rows of 0 are left out.

    Raises InputError for a number that is none, is no whole number, or is out of range; one row a
    point and time cannot be checked, since points may have several sensors.
    """
    column = config.records[name].count
    assert column is not None
    if column not in records.frame:
        raise InputError(Text("there is no column {column!r}", column=column), code="count")
    spec = MeasureSpec(column, "", Decimal("0.5"))
    halves, found = quantise(
        records.frame[column], spec, file=records.file, first_row=records.first_row
    )
    if found:
        raise InputError.of(found)
    wrong = np.flatnonzero((halves % 2 != 0) | (halves > 2 * MOST))
    if len(wrong):
        row = records.first_row + int(wrong[0])
        raise InputError(
            Text(
                "row {row}: {column} must be a whole number up to {MOST:,}",
                row=row,
                column=column,
                MOST=MOST,
            ),
            code="count",
        )
    n = len(records)
    each = np.arange(n, dtype=np.int64)
    labels = {str(c): _words(records.frame[c]) for c in records.frame.columns if c != column}
    made = Entered(records, each, each, np.zeros(n, dtype=np.int64), each, halves // 2, labels)
    return made.take(np.flatnonzero(halves > 0))


def _words(values: pd.Series) -> dict[str, str]:
    return {str(v): str(v) for v in sorted(values.astype(str).unique())}
