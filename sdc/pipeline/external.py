"""Which totals does everybody know from elsewhere, and how do they enter the ledger?

The city lists them in a file with one column a dimension (blank: all of it), ``value``, and ``records``
where the configuration has several record sets. They must be totals of the very same records.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from sdc.config import Config, read_config
from sdc.errors import Finding, InputError
from sdc.ledger.payload import pack
from sdc.ledger.store import EXTERNAL, Ledger, head
from sdc.messages import Text
from sdc.model.coded import Coded
from sdc.model.hierarchy import Hierarchy, IntArray
from sdc.model.past import PastRelease, PastTable
from sdc.model.system import digest_of
from sdc.pipeline.history import history_of
from sdc.pipeline.prepare import Tell, prepare
from sdc.readers.spreadsheet import read_grid
from sdc.tables.tabulate import tabulate
from sdc.tables.tally import condense

RECORDS, VALUE = "records", "value"
Key = tuple[str, tuple[str, ...]]
Totals = dict[Key, dict[tuple[str, ...], tuple[int, int]]]
"""Record set and dimensions -> codes -> (value, row of the file)."""


def add_external(path: str | Path, totals: Path, *, tell: Tell) -> str:
    """Enter the totals of a file into the ledger of a configuration; what was entered, in a line.

    Raises InputError for an unknown code, for a configuration without a ledger, and where a total is
    not that of the records.
    """
    config = read_config(path)
    history = history_of(config)
    if history is None:
        raise InputError(Text("the configuration has no [ledger]"), code="ledger")
    asked, columns = _read(config, totals)
    also = {name: columns | history.columns.get(name, set()) for name in {r for r, _ in asked}}
    prepared = prepare(config, tell, also=also)
    tables = tuple(
        _table(prepared.coded[records], dims, cells, totals.name)
        for (records, dims), cells in sorted(asked.items())
    )
    dims = {d: h for c in prepared.coded.values() for d, h in c.dims.items() if d in columns}
    fold = {d: np.arange(len(h.leaves), dtype=np.int64) for d, h in dims.items()}
    units = {r: _units(prepared.coded[r], dims) for r in {t.records for t in tables}}
    entry = replace(history.entry, kind=EXTERNAL, release=totals.stem, serial=1)
    number = sum(len(c) for c in asked.values())
    own = PastRelease(totals.stem, 1, dims, fold, units, tables, external=True)
    body = pack(own)
    book = Ledger(history.ledger, create=True)
    book.append(replace(entry, digest=digest_of(np.frombuffer(body, np.uint8)), body=body),
                after=head(book.rows()))  # fmt: skip
    return str(Text("{file}: {n:,} totals entered", file=totals.name, n=number))


def _units(coded: Coded, dims: Mapping[str, Hierarchy]) -> Coded:
    kept = {n: d for n, d in coded.dims.items() if n in dims}
    leaf = {n: coded.leaf[n] for n in kept}
    return condense(replace(coded, dims=kept, leaf=leaf, measures={}, owner=None))


def _read(config: Config, path: Path) -> tuple[Totals, set[str]]:
    """The totals by record set and dimensions, and all columns that are dimensions."""
    grid = read_grid(path)
    names = list(dict.fromkeys(t.records for t in config.tables))
    columns = [c for c in grid.frame.columns if c not in (RECORDS, VALUE)]
    asked: Totals = {}
    findings: list[Finding] = []
    for row, cells in enumerate(grid.frame.to_dict("records"), start=grid.first_row):
        records = str(cells.get(RECORDS) or names[0]).strip()
        value = str(cells.get(VALUE, "")).strip()
        codes = {c: str(cells[c]).strip() for c in columns if str(cells[c]).strip()}
        if records not in names or (RECORDS not in cells and len(names) > 1):
            findings.append(_finding(path, row, RECORDS, records))
        elif not (value.isascii() and value.isdigit()):
            findings.append(_finding(path, row, VALUE, value))
        else:
            own = asked.setdefault((records, tuple(codes)), {})
            own[tuple(codes.values())] = (int(value), row)
    if findings:
        raise InputError.of(findings)
    return asked, {c for _, dims in asked for c in dims}


def _table(
    coded: Coded, dims: tuple[str, ...], cells: Mapping[tuple[str, ...], tuple[int, int]], file: str
) -> PastTable:
    """The listed totals as printed cells of a table; everything else in it is unknown."""
    table = tabulate(coded, dims, top=1)
    printed = np.zeros(table.value.shape, dtype=bool)
    findings = []
    for codes, (value, row) in cells.items():
        wrong = [d.name for d, c in zip(table.dims, codes, strict=True) if c not in d]
        if wrong:
            findings.append(_finding(Path(file), row, wrong[0], codes[dims.index(wrong[0])]))
            continue
        place = tuple(d.position(c) for d, c in zip(table.dims, codes, strict=True))
        if int(table.value[place]) != value:
            findings.append(_finding(Path(file), row, VALUE, ""))
        printed[place] = True
    if findings:
        raise InputError.of(findings)
    flat: IntArray = np.full(printed.size, -1, dtype=np.int64)
    shown = printed.ravel()
    return PastTable(
        "_".join(dims) or "total", coded.name, "count", dims, shown, flat, flat,
        np.zeros(printed.size, dtype=np.int64), digest_of(np.where(shown, table.value.ravel(), 0)),
    )  # fmt: skip


def _finding(path: Path, row: int, column: str, value: str) -> Finding:
    must = {
        RECORDS: Text("the record set must be configured"),
        VALUE: Text("the value must be the records' own total"),
    }.get(column, Text("the code must belong to the dimension"))
    remedy = Text("correct it, or leave out totals of another population")  # fmt: skip
    return Finding("external", must=must, remedy=remedy, file=path.name, row=row, column=column,
                   value=value)  # fmt: skip
