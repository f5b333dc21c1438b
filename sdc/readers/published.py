"""What can everybody read in a published table: numbers, zeros, marks, and places left out?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np

from sdc.messages import Text
from sdc.model.hierarchy import Hierarchy
from sdc.model.marked import MarkedTable, contradictions
from sdc.model.system import BoolArray
from sdc.readers.numbers import Cells, Kind, read_marked
from sdc.readers.placed import (
    Placed,
    note_duplicates,
    place_long,
    place_wide,
    refuse_nameless_totals,
)  # fmt: skip
from sdc.readers.problems import Problems
from sdc.readers.spreadsheet import read_grid
from sdc.readers.textfile import TextTable

UNLISTED = ("unknown", "zero")
STATUS = "status"
MERGES = ("HTKSYORI", "HTKSAKI", "GASSAN")
"""Columns by which the census tells what became of an area; 2 in the first: merged into another."""
_LETTERS = frozenset(["A", "X", "M", "G", "-"])


def read_published(
    path: str | Path,
    *,
    hierarchies: Mapping[str, Hierarchy] | None = None,
    classes: str | None = None,
    index: Sequence[str] = (),
    ignore: Sequence[str] = (),
    unlisted: str = "unknown",
    name: str = "table",
    encoding: str | None = None,
    sheet: str | None = None,
) -> MarkedTable:
    """Read any published table, long, or wide where ``classes`` names its columns; O(n log n).

    X, x, *, …, 秘 and their full-width forms are hidden places; ``-`` and its like, and 0, are
    zeros. Blank cells and cells that are not listed show nothing: they are taken for not published,
    or for zero with ``unlisted="zero"``. Which of the two is right only the publication can tell;
    "zero" gives the attacker more. Digit grouping, blanks and full-width digits are repaired and
    counted in ``notes``. Where a column ``status`` stands right of ``value`` (a table of a release
    package), the columns of names and labels are no dimensions; rows with M (merged away) or G
    (counted in a group) whose codes are not listed print nothing, as in the package's own code lists.
    M on a listed code counts as a zero: the units stand in the destination. G on one is refused: only
    some areas group that class then. In a wide table ``HTKSYORI`` says the same of whole rows.

    Raises InputError with all findings: unknown or double cells, cells that are neither number nor
    mark, visible totals that differ from the sum of their visible parts.
    """
    table = read_grid(path, encoding=encoding, sheet=sheet)
    problems = Problems(table.file)
    if unlisted not in UNLISTED:
        problems.fail("option", value=unlisted, name="unlisted", known=", ".join(UNLISTED))
    known = hierarchies or {}
    if classes is None:
        silent = _status(table, "M") | _status(table, "G")
        spared = [*ignore, *_words(table)]
        placed = place_long(table, known, problems, ignore=spared, silent=silent)
    else:
        keys = [c for c in MERGES if c in table.columns]
        spared = [*ignore, *keys]
        placed = place_wide(table, known, problems, classes=classes, index=index, ignore=spared,
                            silent=_merged_away(table))  # fmt: skip
    cells, notes = _marked(placed, problems)
    note_duplicates(placed, problems)
    for entry in np.flatnonzero(_of_status(placed, "G"))[:1]:
        placed.note("grouped-here", int(entry), problems)
    problems.stop()
    away = np.tile(_merged_away(placed.table), len(placed.columns)) & (placed.flat >= 0)
    merged = _of_status(placed, "M") | (away & cells.of(Kind.MARK))
    marked = _spread(placed, cells, merged, zero=unlisted == "zero")
    _refuse_contradictions(placed, marked, problems)
    value, hidden, present = marked
    if merged.any():
        n = int(merged.sum())
        notes.append(Text("{n} merged cells count as zero", n=n))
    if not present.all():
        n = int((~present).sum())
        notes.append(Text("cells that are not published: {n}", n=n))
    return MarkedTable(name, placed.dims, value, hidden, present, tuple(notes), table.file)


def _marked(placed: Placed, problems: Problems) -> tuple[Cells, list[Text]]:
    """Value and kind of every entry, and what was repaired."""
    first_row = placed.table.first_row
    parts = [read_marked(c, problems, first_row=first_row) for c in placed.columns]
    changed = sum(n for _, n in parts)
    notes: list[Text] = []
    if changed:
        notes.append(
            Text("values read without grouping, blanks or full width: {changed}", changed=changed)
        )
    value = np.concatenate([part.value for part, _ in parts])
    kind = np.concatenate([part.kind for part, _ in parts])
    return Cells(value, kind), notes


def _of_status(placed: Placed, letter: str) -> BoolArray:
    """(e,) entries that stand in a package's table with this status and have a place."""
    if len(placed.columns) == 1 and _of_package(placed.table):
        return _status(placed.table, letter) & (placed.flat >= 0)
    return np.zeros(len(placed.flat), dtype=bool)


def _of_package(table: TextTable) -> bool:
    """Whether the table has the column of a release package that says what every value is."""
    return STATUS in table.frame and set(table.frame[STATUS]) <= _LETTERS


def _status(table: TextTable, letter: str) -> BoolArray:
    """(r,) rows of a package's table with this status; none in any other table."""
    if not _of_package(table):
        return np.zeros(len(table), dtype=bool)
    return np.asarray(table.frame[STATUS].to_numpy(dtype=object) == letter, dtype=bool)


def _merged_away(table: TextTable) -> BoolArray:
    """(r,) rows of a wide table whose area was merged into another one."""
    if MERGES[0] not in table.columns or STATUS in table.columns:
        return np.zeros(len(table), dtype=bool)
    return np.asarray(table.frame[MERGES[0]].to_numpy(dtype=object) == "2", dtype=bool)


def _words(table: TextTable) -> list[str]:
    """The columns of a package's table that spell out the code beside them."""
    ends = ("_name", "_label")
    return [
        after
        for code, after in pairwise(table.columns)
        if _of_package(table) and after in {code + end for end in ends}
    ]


def _spread(
    placed: Placed, cells: Cells, merged: BoolArray, *, zero: bool
) -> tuple[np.ndarray, BoolArray, BoolArray]:
    """Value, hidden and present of every cell of the table."""
    size = int(np.prod(placed.shape))
    value = np.zeros(size, dtype=np.int64)
    hidden = np.zeros(size, dtype=bool)
    present = np.zeros(size, dtype=bool)
    has = placed.flat >= 0
    at = placed.flat[has]
    value[at] = np.where(merged, 0, cells.value)[has]
    hidden[at] = (cells.of(Kind.MARK) & ~merged)[has]
    present[at] = (~cells.of(Kind.BLANK) | merged)[has]
    if zero:
        listed = np.zeros(size, dtype=bool)
        listed[at] = True
        present |= ~listed & _innermost(placed)
    return value.reshape(placed.shape), hidden.reshape(placed.shape), present.reshape(placed.shape)


def _innermost(placed: Placed) -> BoolArray:
    """(cells,) the cells that sum up no others: an unlisted total is never a zero."""
    inner = np.zeros(placed.shape, dtype=bool)
    inner[np.ix_(*[d.leaves for d in placed.dims])] = True
    return inner.ravel()


def _refuse_contradictions(
    placed: Placed, marked: tuple[np.ndarray, BoolArray, BoolArray], problems: Problems
) -> None:
    """Note every visible total that its visible parts contradict, and raise."""
    value, hidden, present = marked
    refuse_nameless_totals(placed, value, present & ~hidden, problems)
    wrong = contradictions(value, present & ~hidden, placed.dims)
    if len(wrong):
        entry_of = {int(cell): entry for entry, cell in enumerate(placed.flat)}
        for cell in wrong:
            if int(cell) in entry_of:
                placed.note("total", entry_of[int(cell)], problems)
            else:
                problems.add("total", value=placed.name_of(int(cell)))
    problems.stop()
