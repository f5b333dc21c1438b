"""Which totals and bounds does everybody know from elsewhere, and how do they enter the ledger?

The city lists them in a file (``beforehand``). They must hold of the very same records.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from sdc.config import Config, read_config
from sdc.errors import InputError
from sdc.ledger.payload import pack
from sdc.ledger.store import EXTERNAL, Ledger, head
from sdc.messages import Text
from sdc.model.coded import Coded
from sdc.model.hierarchy import Hierarchy, IntArray
from sdc.model.past import PastRelease, PastTable
from sdc.model.system import digest_of
from sdc.pipeline.history import history_of
from sdc.pipeline.prepare import Tell, prepare
from sdc.readers.beforehand import Known, bounds_of, places, read_known, require_true
from sdc.tables.tabulate import tabulate
from sdc.tables.tally import condense

Asked = dict[tuple[str, tuple[str, ...]], list[Known]]
"""Record set and dimensions -> what is known."""


def add_external(path: str | Path, totals: Path, *, tell: Tell) -> str:
    """Enter the totals and bounds of a file into the ledger of a configuration; what, in a line.

    Raises InputError for an unknown code, for a configuration without a ledger, and where a line does
    not hold of the records.
    """
    config = read_config(path)
    history = history_of(config)
    if history is None:
        raise InputError(Text("the configuration has no [ledger]"), code="ledger")
    asked = _read(config, totals)
    columns = {d for _, dims in asked for d in dims}
    also = {name: columns | history.columns.get(name, set()) for name in {r for r, _ in asked}}
    prepared = prepare(config, tell, also=also)
    tables = tuple(
        _table(prepared.coded[records], dims, listed)
        for (records, dims), listed in sorted(asked.items())
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


def _read(config: Config, path: Path) -> Asked:
    """What is known, by record set and dimensions."""
    asked: Asked = {}
    for known in read_known(path, list(dict.fromkeys(t.records for t in config.tables))):
        asked.setdefault((known.records, tuple(known.codes)), []).append(known)
    return asked


def _table(coded: Coded, dims: tuple[str, ...], listed: Sequence[Known]) -> PastTable:
    """The listed totals as printed cells of a table, the bounds beside; all else in it is unknown."""
    table = tabulate(coded, dims, top=1)
    at, value = places(listed, table.dims), table.value.ravel()
    require_true(listed, value[at])
    exact = np.array([k.least == k.most for k in listed], dtype=bool)
    printed = np.zeros(len(value), dtype=bool)
    printed[at[exact]] = True
    none: IntArray = np.full(len(value), -1, dtype=np.int64)
    return PastTable(
        "_".join(dims) or "total", coded.name, "count", dims, printed, none, none, none,
        digest_of(np.where(printed, value, 0)), bounds=bounds_of(listed, at)[~exact],
    )  # fmt: skip
