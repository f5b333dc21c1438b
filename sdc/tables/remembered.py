"""Within which bounds do readers take the numbers of now, who remember those of the last period?"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from math import ceil, floor

import numpy as np

from sdc.errors import NotProven
from sdc.messages import Text
from sdc.model.hierarchy import IntArray
from sdc.model.past import PastRelease, PastTable
from sdc.model.system import UNBOUNDED
from sdc.tables.tabulate import tabulate


def remembered(past: PastRelease, drift: Fraction) -> PastRelease:
    """The same release as a memory: bounds at each printed number less, and plus, its ``drift``.

    Nothing in it is known for certain any more, and its promises were kept then. A zero leaves no
    bound: a share of nothing says nothing. Cost: one tabulation a table.

    Raises NotProven where the release cannot be counted again as it was printed.
    """
    tables = []
    for table in past.tables:
        then = past.units[table.records]
        own = {n: past.dims[n] for n in table.dims}
        leaf = {n: past.fold[n][then.leaf[n]] for n in table.dims}
        units = replace(then, dims=own, leaf=leaf)
        value = tabulate(units, table.dims, measure=table.measure, top=1).value.ravel()
        if table.told(value) != table.digest:
            raise NotProven(
                Text(
                    "the earlier release {label} cannot be counted again as it was printed",
                    label=past.label,
                ),
                code="ledger-values",
            )
        tables.append(_memory(table, value, drift))
    return replace(past, tables=tuple(tables), remembered=True)


def _memory(table: PastTable, value: IntArray, drift: Fraction) -> PastTable:
    """A table with bounds in place of its numbers, its groups of classes included."""
    nothing = np.full(len(value), -1, dtype=np.int64)
    printed = np.flatnonzero(table.printed)
    totals = table.totals(value) if len(table.sums) else nothing[:0]
    places = np.concatenate([printed, len(value) + np.arange(len(totals))])
    bounds = around(np.concatenate([value[printed], totals]), drift)
    said = bounds[:, 1] > 0
    return replace(
        table,
        printed=np.zeros(len(value), dtype=bool),
        upper=nothing, lower=nothing, floor=nothing,
        bounds=np.column_stack([places, bounds])[said],
    )  # fmt: skip


def around(value: IntArray, drift: Fraction) -> IntArray:
    """(n, 2) the least and the greatest whole number within ``drift`` of each value, 0 and 0 for 0.

    >>> around(np.array([5, 10, 0]), Fraction(1, 2)).tolist()
    [[3, 7], [5, 15], [0, 0]]
    >>> around(np.array([5]), Fraction(10**30)).tolist() == [[0, UNBOUNDED]]
    True
    """
    kinds, at = np.unique(value, return_inverse=True)
    ends = [
        (max(ceil(v * (1 - drift)), 0), min(floor(v * (1 + drift)), UNBOUNDED))
        for v in kinds.tolist()
    ]
    return np.array(ends, dtype=np.int64).reshape(-1, 2)[at]
