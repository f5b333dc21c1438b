"""Which table does a file of cells hold, and may it be protected as it stands?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from sdc.messages import Text
from sdc.model.hierarchy import Hierarchy, IntArray
from sdc.model.table import Table
from sdc.readers.numbers import Kind, read_measure, read_numbers
from sdc.readers.placed import VALUE, Placed, add_up, note_duplicates, place_long, place_wide
from sdc.readers.problems import Problems
from sdc.readers.spreadsheet import read_grid


def read_cells(
    path: str | Path,
    *,
    hierarchies: Mapping[str, Hierarchy],
    measures: Sequence[str] = (),
    allow_marks: bool = False,
    steps: Mapping[str, str] | None = None,
    name: str = "table",
    records: str = "records",
    encoding: str | None = None,
) -> tuple[Table, ...]:
    """Read a table that is to be protected: first its counts, then each measure asked for.

    One row a cell; the columns left of ``value`` are dimensions, those right of it measures, used
    only when named. Leaves only, or with totals where their codes are in the hierarchy; cells that
    are not listed are 0. A dimension without a hierarchy is flat below ``TOTAL``. ``allow_marks``
    reads ``-`` as zero and says how often in ``Table.notes``; X, * and … are always refused. A
    measure is read in whole multiples of its step: the one in ``steps``, or the last decimal place.

    Raises InputError with all findings: unknown or double cells, values that are not whole numbers
    from 0 to 2^53, totals that do not add up, each with its row. O(n log n) and the table's size.
    """
    table = read_grid(path, encoding=encoding)
    problems = Problems(table.file)
    placed = place_long(table, hierarchies, problems)
    right = table.columns[table.columns.index(VALUE) + 1 :]
    for measure in measures:
        if measure not in right:
            problems.add("measure-unknown", row=1, column=measure, known=", ".join(right))
    count, notes = _counts(placed, problems, dash=allow_marks)
    named = [m for m in measures if m in right]
    read = [(m, *_measure(placed, m, problems, step=(steps or {}).get(m, ""))) for m in named]
    for _, number, _ in read:
        for entry in np.flatnonzero((number > 0) & (count == 0) & (placed.flat >= 0)):
            placed.note("measure-lonely", int(entry), problems)
    problems.stop()
    counts = add_up(placed, count, problems)
    tables = [Table(name, placed.dims, counts, records=records, notes=notes)]
    for measure, number, step in read:
        total = add_up(placed, number, problems)
        fixed: dict[str, Any] = {
            "contributors": counts,
            "records": records,
            "measure": measure,
            "step": step,
        }
        tables.append(Table(f"{name}_{measure}", placed.dims, total, **fixed))
    return tuple(tables)


def read_table(
    path: str | Path,
    *,
    hierarchies: Mapping[str, Hierarchy] | None = None,
    classes: str | None = None,
    index: Sequence[str] = (),
    ignore: Sequence[str] = (),
    allow_marks: bool = False,
    name: str = "table",
    records: str = "records",
    encoding: str | None = None,
    sheet: str | None = None,
) -> Table:
    """Read a finished table of counts, long, or wide where ``classes`` names its columns.

    Wide: one row an area, one column a class; ``index`` names the area columns (the first one by
    default), ``ignore`` columns such as area names. Totals may stand in rows and columns; every one
    is checked. CSV or XLSX. Raises InputError with all findings.
    """
    table = read_grid(path, encoding=encoding, sheet=sheet)
    problems = Problems(table.file)
    known = hierarchies or {}
    if classes is None:
        placed = place_long(table, known, problems, ignore=ignore)
    else:
        placed = place_wide(table, known, problems, classes=classes, index=index, ignore=ignore)
    count, notes = _counts(placed, problems, dash=allow_marks)
    problems.stop()
    return Table(name, placed.dims, add_up(placed, count, problems), records=records, notes=notes)


def _counts(placed: Placed, problems: Problems, *, dash: bool) -> tuple[IntArray, tuple[Text, ...]]:
    """The whole numbers of all entries, duplicates noted, and what was read as zero."""
    first_row = placed.table.first_row
    parts = [read_numbers(c, problems, first_row=first_row, dash=dash) for c in placed.columns]
    note_duplicates(placed, problems)
    dashes = sum(int(part.of(Kind.DASH).sum()) for part in parts)
    notes = (Text("read {dashes} `-` as zero", dashes=dashes),) if dashes else ()
    return np.concatenate([part.value for part in parts]), notes


def _measure(placed: Placed, name: str, problems: Problems, *, step: str) -> tuple[IntArray, float]:
    """One measure column in steps."""
    column = placed.table.frame[name]
    return read_measure(column, problems, first_row=placed.table.first_row, step=step)
