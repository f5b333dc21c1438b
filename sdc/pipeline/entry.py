"""How do the records of one file become safe to count, before anything is counted?

The order matters: roles, objections, deletions on the raw values, then coarser values, then groups
of at least k persons; what is kept is looked at once more at the end. Nothing of it is written.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from sdc.config import Config, EntrySection
from sdc.config.entry import EntryColumn
from sdc.errors import Finding, InputError
from sdc.messages import LANGUAGES
from sdc.microdata.coding import by_density
from sdc.microdata.kanonymity import smallest_group
from sdc.microdata.moments import seconds_of
from sdc.microdata.pseudonym import pseudonyms
from sdc.microdata.roles import KEPT, Role, check_kept, check_roles
from sdc.microdata.values import finding
from sdc.model.hierarchy import IntArray
from sdc.model.records import Records
from sdc.model.system import BoolArray
from sdc.pipeline.coarser import Coarse, coarser
from sdc.pipeline.deletions import kept_by, objections
from sdc.pipeline.entered import Entered, degrees, in_file, persons_of
from sdc.pipeline.secrets import read_key
from sdc.spatial import mesh

CELL = "cell"
"""The column that holds the mesh cell of every record, by density."""


def enter(config: Config, name: str, records: Records) -> Entered:
    """Apply ``[deidentify.<name>]`` to the records of a file, all columns of which were read.

    Raises InputError with every finding: columns without a role, values that do not fit a method,
    free text or identifiers in a kept column, a key that others can read. NotProven where k persons
    a group cannot be had.
    """
    section = config.deidentify[name]
    sources = {column.source or out: Role(column.role) for out, column in section.columns.items()}
    _raise(check_roles([str(c) for c in records.frame.columns], sources, file=records.file))
    first = _numbered(config, section, records)
    keep = objections(config, section, first)
    state = first.take(np.flatnonzero(keep))
    for rule in section.delete:
        state = state.take(np.flatnonzero(kept_by(config, rule, state, section=section)))
    state = _followed(config, name, state)
    coarse = coarser(config, section, state)
    made = replace(state.records, frame=coarse.frame)
    state = replace(state, records=made, labels=coarse.labels, open=coarse.open)
    state = _by_density(section, state)
    state = state.take(np.flatnonzero(~coarse.deleted))
    found = [f for c in coarse.frame.columns for f in _looked_at(section, state.records, str(c))]
    _raise(in_file(found, state))
    return replace(state, facts=_facts(section, first, state, keep=keep, coarse=coarse))


def _raise(found: list[Finding]) -> None:
    if found:
        raise InputError.of(found)


def _numbered(config: Config, section: EntrySection, records: Records) -> Entered:
    """Persons and times as numbers; without a person column every record is its own person."""
    n = len(records)
    person = np.arange(n, dtype=np.int64)
    if section.person is not None:
        person = pd.factorize(persons_of(config, section, records))[0].astype(np.int64)
    time = np.zeros(n, dtype=np.int64)
    if section.time is not None:
        column = section.columns[section.time].source or section.time
        time, bad = seconds_of(records.frame[column])
        _raise(
            [
                finding(
                    "moment-syntax", file=records.file, row=records.first_row + int(i),
                    column=column, value=str(records.frame[column].iloc[int(i)]),
                )
                for i in bad[:1000]
            ]
        )  # fmt: skip
    return Entered(records, person, person, time, np.arange(n, dtype=np.int64))


def _followed(config: Config, name: str, state: Entered) -> Entered:
    """The person's pseudonym of each scope as the number by which records are followed."""
    section = config.deidentify[name]
    column = section.columns.get(section.person or "")
    if column is None or column.role != "linking" or column.scope is None:
        return state
    assert section.key is not None
    key = read_key(config, section.key)
    spans = scopes(config, column, state, section=section)
    codes = persons_of(config, section, state.records)
    made = pseudonyms(codes, spans, key, release=config.release.id, scope=column.scope)
    return replace(state, follow=pd.factorize(made)[0].astype(np.int64))


def scopes(
    config: Config, column: EntryColumn, state: Entered, *, section: EntrySection
) -> pd.Series:
    """(n,) the day, month, camera or release within which a pseudonym stays the same."""
    if column.scope == "release":
        return pd.Series([config.release.id] * len(state.records), dtype=object)
    if column.scope == "camera":
        assert section.camera is not None
        camera = section.columns[section.camera].source or section.camera
        return state.records.frame[camera].astype(object)
    unit = "datetime64[D]" if column.scope == "day" else "datetime64[M]"
    moments = state.time.astype("datetime64[s]").astype(unit)
    return pd.Series(moments.astype(str), dtype=object)


def _by_density(section: EntrySection, state: Entered) -> Entered:
    """The mesh cell of every record, the finest that leaves k persons, where that is asked for."""
    if section.cells is None:
        return state
    lon, lat = degrees(state.records)
    codes, depth = by_density(lat, lon, state.person, levels=section.cells, k=section.k or 1)
    texts = np.empty(len(codes), dtype=object)
    for i, level in enumerate(section.cells):
        texts[depth == i] = mesh.texts(codes[depth == i], level)
    frame = state.records.frame.assign(**{CELL: texts})
    labels = {**state.labels, CELL: {str(t): str(t) for t in sorted(set(texts))}}
    made = replace(state.records, frame=frame)
    return replace(state, records=made, labels=labels, open=state.open | {CELL})


def _looked_at(section: EntrySection, records: Records, column: str) -> list[Finding]:
    """Free text or an identifier in a column that is kept; codes that a method made are safe."""
    spec = section.columns.get(column)
    if spec is None or ((spec.method or spec.ladder) and spec.method not in ("keep", "map")):
        return []
    return check_kept(records.frame[column], file=records.file, first_row=records.first_row)


def _facts(
    section: EntrySection, before: Entered, after: Entered, *, keep: BoolArray, coarse: Coarse
) -> dict[str, Any]:
    """What the working log and the report are told; numbers here never leave the city."""
    named = {
        out: pd.factorize(after.records.frame[out])[0].astype(np.int64)
        for out, column in section.columns.items()
        if Role(column.role) in (Role.QUASI, Role.AS_IS) and out in after.records.frame
    }
    known = list(named.values())
    days = after.time.astype("datetime64[s]").astype("datetime64[D]")
    return {
        "records_read": len(before.records),
        "records_counted": len(after.records),
        "records_objected": int((~keep).sum()),
        "persons": len(np.unique(after.person)),
        "devices": _devices(section, before),
        "smallest_group": smallest_group(known, after.person),
        "levels": dict(coarse.levels),
        "warnings": [[text.to(k) for k in LANGUAGES] for text in coarse.warnings],
        "kept": [c for c, s in section.columns.items() if Role(s.role) in KEPT],
        "skew": {out: _skew(codes, after.person) for out, codes in named.items()},
        "days": [str(d) for d in np.unique(days)] if section.time else [],
        "first_second": int(after.time.min()) if section.time and len(after.time) else None,
        "last_second": int(after.time.max()) if section.time and len(after.time) else None,
    }


def _devices(section: EntrySection, before: Entered) -> int:
    """Different codes of devices, of whatever persons."""
    if section.person is None:
        return len(before.records)
    column = section.columns[section.person].source or section.person
    return int(before.records.frame[column].nunique())


def _skew(codes: IntArray, person: IntArray) -> float:
    """Share of the persons who are in the largest class of a column."""
    first = np.unique(person, return_index=True)[1]
    sizes = np.bincount(codes[first]) if len(first) else np.zeros(1)
    return round(float(sizes.max() / max(len(first), 1)), 4)
