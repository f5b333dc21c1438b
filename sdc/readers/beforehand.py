"""What does everybody know of some cells from elsewhere: a total, or what they hold at most or at least?

A file with one column a dimension (blank: all of it) and ``value``, or ``least`` and ``most`` (blank: no
bound): parcels that anybody can count, a press release, a boundary file that carries population. A column
``records`` says of which record set, where there are several.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sdc.errors import Finding, InputError
from sdc.messages import Text
from sdc.model.hierarchy import Hierarchy, IntArray
from sdc.model.system import UNBOUNDED
from sdc.readers.spreadsheet import read_grid

RECORDS, VALUE, LEAST, MOST = "records", "value", "least", "most"
NUMBERS = (VALUE, LEAST, MOST)


@dataclass(frozen=True)
class Known:
    """One line: ``least <= number <= most`` of the cell with these codes; equal for a known total."""

    file: str
    row: int
    records: str
    codes: Mapping[str, str]
    least: int
    most: int

    def finding(self, column: str, value: str = "") -> Finding:
        """What is wrong with the line."""
        return _finding(self.file, self.row, column, value)


def read_known(path: Path, records: Sequence[str] = ()) -> list[Known]:
    """Every line of a file, of one of some record sets. O(n).

    Raises InputError with all findings: an unknown record set, a number that is none, bounds that
    exclude each other, a line that says nothing.
    """
    grid = read_grid(path)
    columns = [c for c in grid.frame.columns if c not in (RECORDS, *NUMBERS)]
    known: list[Known] = []
    findings: list[Finding] = []
    for row, cells in enumerate(grid.frame.to_dict("records"), start=grid.first_row):
        text = {name: str(cells.get(name, "")).strip() for name in (RECORDS, *NUMBERS, *columns)}
        name = text[RECORDS] or next(iter(records), "")
        bad = [c for c in NUMBERS if text[c] and not (text[c].isascii() and text[c].isdigit())]
        unclear = RECORDS not in cells and len(records) > 1
        if unclear or (name and name not in records):
            findings.append(_finding(grid.file, row, RECORDS, text[RECORDS]))
        elif bad or not any(text[c] for c in NUMBERS):
            column = (bad or [VALUE])[0]
            findings.append(_finding(grid.file, row, column, text[column]))
        else:
            least = int(text[VALUE] or text[LEAST] or 0)
            most = int(text[VALUE] or text[MOST] or UNBOUNDED)
            codes = {c: text[c] for c in columns if text[c]}
            known.append(Known(grid.file, row, name, codes, least, min(most, UNBOUNDED)))
            if least > most or (text[VALUE] and (text[LEAST] or text[MOST])):
                findings.append(known[-1].finding(LEAST, text[LEAST]))
    if findings:
        raise InputError.of(findings)
    return known


def places(known: Sequence[Known], dims: Sequence[Hierarchy]) -> IntArray:
    """(k,) in C order, the cell of a table over ``dims`` that each line speaks of.

    Raises InputError for a column that is no dimension, and for unknown codes.
    """
    names = {d.name: d for d in dims}
    findings = [
        k.finding(name, code)
        for k in known
        for name, code in k.codes.items()
        if name not in names or code not in names[name]
    ]
    if findings:
        raise InputError.of(findings)
    if not dims:  # of all records together
        return np.zeros(len(known), dtype=np.int64)
    at = [[d.position(k.codes.get(d.name, d.codes[d.root])) for d in dims] for k in known]
    index = np.array(at, dtype=np.int64).reshape(-1, len(dims))
    flat = np.ravel_multi_index(tuple(index.T), [len(d) for d in dims])
    return np.asarray(flat, dtype=np.int64)


def require_true(known: Sequence[Known], value: IntArray) -> None:
    """InputError for lines that do not hold of the numbers (k,) that they speak of."""
    findings = [
        k.finding(VALUE if k.least == k.most else MOST if k.most < v else LEAST)
        for k, v in zip(known, value.tolist(), strict=True)
        if not k.least <= v <= k.most
    ]
    if findings:
        raise InputError.of(findings)


def bounds_of(known: Sequence[Known], at: IntArray) -> IntArray:
    """(k, 3) the cell, the least and the most of every line."""
    rows = [(cell, k.least, k.most) for cell, k in zip(at.tolist(), known, strict=True)]
    return np.array(rows, dtype=np.int64).reshape(-1, 3)


def _finding(file: str, row: int, column: str, value: str) -> Finding:
    must = {
        RECORDS: Text("the record set must be configured"),
        VALUE: Text("the value must be the records' own total"),
        LEAST: Text("the records must hold at least so many, and no line two things at once"),
        MOST: Text("the records must hold at most so many"),
    }.get(column, Text("the code must belong to the dimension"))
    remedy = Text("correct it, or leave out totals of another population")
    return Finding("external", must=must, remedy=remedy, file=file, row=row, column=column,
                   value=value)  # fmt: skip
