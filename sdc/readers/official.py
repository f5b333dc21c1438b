"""What can everybody read in a table of e-Stat, its merged areas included?"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from sdc.messages import Text
from sdc.model.census import CensusTable
from sdc.model.hierarchy import TOTAL, Hierarchy
from sdc.model.marked import MarkedTable
from sdc.model.states import State
from sdc.readers.census import KEYS, read_census
from sdc.readers.problems import Problems
from sdc.readers.spreadsheet import GRIDS, read_grid

COLUMNS = "columns"
TOGETHER = "+"
"""Behind the code of a mesh cell: the cell with those that were merged into it."""


def is_official(path: Path) -> bool:
    """Whether a file has the key columns of e-Stat and a second header below the first."""
    if path.suffix.lower() not in GRIDS or not path.exists():
        return False
    frame = read_grid(path).frame
    return set(KEYS) <= set(frame.columns) and len(frame) > 1 and not frame["KEY_CODE"].iloc[0]


def read_official(path: Path, hierarchies: Mapping[str, Hierarchy]) -> MarkedTable:
    """The places of an e-Stat table: areas (or mesh cells) x ``columns``; O(cells).

    How columns add up says the hierarchy ``columns``, if one is given; codes of it that the table does
    not have are places not published. A small area that was merged away counts as zero, as its units
    stand in another one; one that was merged into its own town prints nothing. Of mesh cells some
    columns keep their own number: there a cell and those merged into it are parts of a sum, which is
    what the cell prints in all other columns.

    Raises InputError as ``read_census`` does, and for columns that the hierarchy does not know.
    """
    census = read_census(path)
    across = _columns(census, hierarchies)
    mesh = not census.level.any()
    down = _together(census) if mesh else census.hierarchy
    gone = census.state == State.MERGED
    row = np.array([[down.position(c)] for c in census.codes], dtype=np.int64)
    row = np.broadcast_to(row, gone.shape).copy()
    hidden, silent = census.state == State.HIDDEN, np.zeros_like(gone)
    if mesh:
        hidden |= gone
        for k in [k for k, c in enumerate(census.codes) if c in census.members]:
            row[k, ~census.apart] = down.position(census.codes[k] + TOGETHER)
    else:
        silent[[_inside(down, c, census.destination.get(c)) for c in census.codes]] = True
        silent &= gone
    column = np.array([across.position(c) for c in census.columns], dtype=np.int64)
    place = (row, np.broadcast_to(column, row.shape))
    shape = (len(down), len(across))
    value = np.zeros(shape, dtype=np.int64)
    marked, present = np.zeros(shape, dtype=bool), np.zeros(shape, dtype=bool)
    value[place], marked[place], present[place] = census.value, hidden, ~silent
    zero = int((gone & ~silent & ~hidden).sum())
    notes = (Text("{n} merged cells count as zero", n=zero),) if zero else ()
    return MarkedTable("table", (down, across), value, marked, present, notes, census.file)


def _columns(census: CensusTable, hierarchies: Mapping[str, Hierarchy]) -> Hierarchy:
    """The dimension of the columns; InputError where a list does not know one, or speaks of another."""
    across = hierarchies.get(COLUMNS) or Hierarchy.flat(COLUMNS, census.columns)
    problems = Problems(census.file)
    for name in set(hierarchies) - {COLUMNS}:
        problems.add("hierarchy-unneeded", row=1, column=name, known=COLUMNS)
    for code in census.columns:
        if code not in across:
            problems.add("code-unknown", row=1, column=COLUMNS, value=code, name=COLUMNS)
    problems.stop()
    return across


def _inside(down: Hierarchy, code: str, target: str | None) -> bool:
    """Whether an area was merged into one that sums it up, which says nothing of its parts then."""
    at = down.position(code)
    while target is not None and at >= 0 and down.codes[at] != target:
        at = int(down.parents[at])
    return target is not None and at >= 0


def _together(census: CensusTable) -> Hierarchy:
    """Mesh cells below one total, those that print a sum together below that sum."""
    parent = {TOTAL: "", **dict.fromkeys(census.codes, TOTAL)}
    for code, members in census.members.items():
        parent[code + TOGETHER] = TOTAL
        parent |= dict.fromkeys((code, *members), code + TOGETHER)
    return Hierarchy.of("mesh", parent)
