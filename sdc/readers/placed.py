"""Where in its table does every entry of a file belong, and do the entries add up?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from sdc.errors import InputError
from sdc.model.hierarchy import Hierarchy, IntArray
from sdc.model.system import BoolArray
from sdc.model.table import aggregate
from sdc.readers.codes import malformed, place_codes
from sdc.readers.hierarchies import flat_hierarchy
from sdc.readers.numbers import factorize
from sdc.readers.problems import Problems
from sdc.readers.textfile import TextTable

VALUE = "value"
"""The column that parts dimensions (left) from measures (right)."""

MOST_CELLS = 50_000_000
"""Cells on all levels that a table may have."""


@dataclass(frozen=True, eq=False)
class Placed:
    """The entries of a long or wide file and the cells they stand for.

    ``columns`` are the value columns (one in a long file, one a class in a wide one); ``flat`` (e,)
    holds the flat cell position of every entry, column after column, -1 where a code is unknown.
    Only entries of rows that may stay ``silent`` are left without a position. ``guessed`` names the
    dimensions without a hierarchy of their own.
    """

    table: TextTable
    dims: tuple[Hierarchy, ...]
    columns: tuple[pd.Series[str], ...]
    flat: IntArray
    guessed: frozenset[str] = frozenset()

    @property
    def shape(self) -> tuple[int, ...]:
        """Codes a dimension."""
        return tuple(len(d) for d in self.dims)

    def where(self, entry: int) -> tuple[int, str]:
        """Spreadsheet row and column name of an entry."""
        column, row = divmod(entry, len(self.table))
        return row + self.table.first_row, str(self.columns[column].name)

    def name_of(self, flat: int) -> str:
        """``dimension=code, …`` of a cell."""
        place = np.unravel_index(flat, self.shape)
        codes = zip(self.dims, place, strict=True)
        return ", ".join(f"{d.name}={d.codes[int(i)]}" for d, i in codes)

    def note(self, code: str, entry: int, problems: Problems, **fill: Any) -> None:
        """Note a problem of an entry, naming its cell and never its number."""
        row, column = self.where(entry)
        name = self.name_of(int(self.flat[entry]))
        problems.add(code, row=row, column=column, value=name, **fill)


def place_long(
    table: TextTable,
    hierarchies: Mapping[str, Hierarchy],
    problems: Problems,
    *,
    ignore: Sequence[str] = (),
    silent: BoolArray | None = None,
) -> Placed:
    """One row a cell: the columns left of ``value`` are dimensions. Raises where there are none.

    ``silent`` (r,) marks rows that print nothing: their codes need not be listed.
    """
    if VALUE not in table.columns or table.columns[0] == VALUE:
        problems.fail("column-missing", row=1, column=VALUE, known=", ".join(table.columns))
    names = [c for c in table.columns[: table.columns.index(VALUE)] if c not in ignore]
    dims, positions = _place(table, names, hierarchies, problems=problems, silent=silent)
    _check_size(dims, problems)
    flat = _ravel(positions, dims)
    return Placed(table, dims, (table.frame[VALUE],), flat, frozenset(names) - set(hierarchies))


def place_wide(
    table: TextTable,
    hierarchies: Mapping[str, Hierarchy],
    problems: Problems,
    *,
    classes: str,
    index: Sequence[str] = (),
    ignore: Sequence[str] = (),
    silent: BoolArray | None = None,
) -> Placed:
    """One row an area, one column a class; ``index`` names the area columns (default: the first).

    ``classes`` names the dimension that the remaining columns form; ``ignore`` leaves out names. A
    column may be headed by its code alone, or by code and label with ``_`` between them. ``silent`` as
    in ``place_long``.
    """
    rows = list(index) or table.columns[:1]
    table.require([*rows, *ignore], problems)
    problems.stop()
    labels = [c for c in table.columns if c not in rows and c not in ignore]
    if not labels:
        problems.fail("column-missing", row=1, column=classes, known=", ".join(table.columns))
    known = {k: v for k, v in hierarchies.items() if k != classes}
    dims, positions = _place(table, rows, known, problems=problems, silent=silent)
    codes = _codes_of(labels, hierarchies.get(classes))
    heads = pd.Series(codes, dtype="str", name=classes)
    across = hierarchies.get(classes) or flat_hierarchy(classes, codes)
    class_at = place_codes(heads, across, problems, first_row=None)
    dims = (*dims, across)
    _check_size(dims, problems)
    n = len(table)
    down = [np.tile(p, len(labels)) for p in positions]
    flat = _ravel([*down, np.repeat(class_at, n)], dims)
    guessed = frozenset([*rows, classes]) - set(hierarchies)
    return Placed(table, dims, tuple(table.frame[c] for c in labels), flat, guessed)


def _codes_of(labels: Sequence[str], across: Hierarchy | None) -> list[str]:
    """The codes of classes that head columns, their labels cut off where a code stands before one.

    Without a list of codes, labels are cut off only where all have one and the codes differ.
    """
    cut = [label.partition("_")[0] for label in labels]
    if across is None:
        labelled = all("_" in label for label in labels) and len(set(cut)) == len(cut)
        return cut if labelled else list(labels)
    return [label if label in across else code for label, code in zip(labels, cut, strict=True)]


def _place(
    table: TextTable,
    names: Sequence[str],
    hierarchies: Mapping[str, Hierarchy],
    *,
    problems: Problems,
    silent: BoolArray | None = None,
) -> tuple[tuple[Hierarchy, ...], list[IntArray]]:
    """Hierarchy and positions of every dimension column."""
    for name in hierarchies:
        if name not in names:
            problems.add("hierarchy-unneeded", row=1, column=name, known=", ".join(names))
    dims: list[Hierarchy] = []
    positions: list[IntArray] = []
    for name in names:
        column = table.frame[name]
        dim = hierarchies[name] if name in hierarchies else _flat(column)
        first = table.first_row
        positions.append(place_codes(column, dim, problems, first_row=first, silent=silent))
        dims.append(dim)
    return tuple(dims), positions


def _flat(column: pd.Series[str]) -> Hierarchy:
    """The hierarchy of a dimension without a file, made of its sound codes."""
    _, texts = factorize(column)
    return flat_hierarchy(str(column.name), [t for t in texts if not malformed(t)])


def _ravel(positions: Sequence[IntArray], dims: Sequence[Hierarchy]) -> IntArray:
    """Flat cell positions, -1 where a code is unknown."""
    bad = np.logical_or.reduce([p < 0 for p in positions])
    safe = [np.where(bad, 0, p) for p in positions]
    flat = np.ravel_multi_index(safe, tuple(len(d) for d in dims))
    return np.where(bad, -1, flat).astype(np.int64)


def _check_size(dims: Sequence[Hierarchy], problems: Problems) -> None:
    """Stop before an array is made that no machine can hold."""
    size = 1
    for d in dims:
        size *= len(d)
    if size > MOST_CELLS:
        problems.fail("table-size", value=str(size), limit=f"{MOST_CELLS:,}")


def note_duplicates(placed: Placed, problems: Problems) -> None:
    """Note every entry whose cell stood in an earlier one; O(e log e)."""
    order = np.argsort(placed.flat, kind="stable")
    sorted_flat = placed.flat[order]
    again = np.flatnonzero((sorted_flat[1:] == sorted_flat[:-1]) & (sorted_flat[1:] >= 0)) + 1
    starts = np.searchsorted(sorted_flat, sorted_flat[again], side="left")
    for at, start in zip(again.tolist(), starts.tolist(), strict=True):
        first, _ = placed.where(int(order[start]))
        placed.note("cell-duplicate", int(order[at]), problems, first=first)


def add_up(placed: Placed, value: IntArray, problems: Problems) -> IntArray:
    """All cells of all levels from the innermost entries; unlisted innermost cells are 0.

    Notes every listed total that differs from the sum of its parts, and raises if there are any.
    """
    full = np.zeros(placed.shape, dtype=np.int64)
    full.ravel()[placed.flat] = value
    refuse_nameless_totals(placed, full, np.ones(placed.shape, dtype=bool), problems)
    leaf = full[np.ix_(*[d.leaves for d in placed.dims])]
    try:
        summed = aggregate(leaf, placed.dims)
    except InputError:
        problems.fail("value-large", column=VALUE)
    for entry in np.flatnonzero(summed.ravel()[placed.flat] != value):
        placed.note("total", int(entry), problems)
    problems.stop()
    return summed


def refuse_nameless_totals(
    placed: Placed, value: IntArray, known: BoolArray, problems: Problems
) -> None:
    """Raise where a dimension without a hierarchy has a code that is the sum of all others.

    A total under a name that nobody knows for one would count everything twice, and what follows from
    it would go unseen. It must be the sum wherever all is known, in two places at least that are not 0.
    """
    inner = np.ix_(*[d.leaves for d in placed.dims])
    for axis, dim in enumerate(placed.dims):
        if dim.name not in placed.guessed or len(dim.leaves) < 3:
            continue
        own, open_ = (np.moveaxis(a[inner], axis, 0).reshape(len(dim.leaves), -1)
                      for a in (value, known))  # fmt: skip
        own = own[:, open_.all(axis=0)]
        twice = own.sum(axis=0)
        for k in np.flatnonzero((2 * own == twice).all(axis=1) & ((twice > 0).sum() >= 2)):
            code = dim.codes[dim.leaves[k]]
            problems.add("total-nameless", column=dim.name, value=code)
    problems.stop()
