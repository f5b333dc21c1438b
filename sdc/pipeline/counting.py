"""How does one piece of a record file become counts, by itself and wherever it is done?

A ``Job`` is everything that the pieces of one file have in common; it can be sent to another process.
``count_piece`` reads, classifies, locates and counts one piece; what it gives back is joined by
``sdc.tables.tally.combine``, whatever the order.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from sdc.errors import Finding, InputError
from sdc.microdata.classify import BinSpec, ClassSpec, MeasureSpec, classify, quantise
from sdc.model.coded import Coded, Measure
from sdc.model.hierarchy import Hierarchy, IntArray
from sdc.model.records import Records
from sdc.pipeline.geography import Places, extent, place_records
from sdc.readers.meshed import read_meshed
from sdc.readers.pieces import WHOLE, Piece, pieces
from sdc.readers.records import read_records
from sdc.tables.tally import Tally, combine, spread, tally


@dataclass(frozen=True, eq=False)
class Job:
    """One file of records and what is to be counted of it.

    ``reading`` holds the options of ``read_records``; ``classes`` maps a dimension to its codes and
    to how its column is read; ``geographies`` are those in which records are counted. Without
    ``places`` the file is only checked.
    """

    name: str
    path: str
    reading: Mapping[str, Any]
    classes: Mapping[str, tuple[Hierarchy, ClassSpec | BinSpec]]
    measures: Mapping[str, MeasureSpec]
    places: Places | None
    geographies: tuple[str, ...]

    @property
    def dims(self) -> dict[str, Hierarchy]:
        """The dimensions of the counts, geographies first."""
        assert self.places is not None
        own = {name: dim for name, (dim, _) in self.classes.items()}
        return {**{g: self.places.hierarchy(g) for g in self.geographies}, **own}


@dataclass(frozen=True, eq=False)
class Counted:
    """What a piece comes to; ``aside`` are the rows of the file that lie in none of the places."""

    tally: Tally | None
    read: int = 0
    aside: IntArray = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    findings: tuple[Finding, ...] = ()


def count_piece(job: Job, piece: Piece) -> Counted:
    """Read and count one piece; findings instead of counts where something is wrong with it.

    Raises InputError only for what has no place in the file.
    """
    try:
        records = read_piece(job, piece)
    except InputError as error:
        return _refused(error)
    coded, counted = code_records(job, records)
    if coded is None:
        return counted
    key, _ = coded.key(list(job.dims))
    return replace(counted, tally=tally(key, {n: m.steps for n, m in coded.measures.items()}))


def read_piece(job: Job, piece: Piece = WHOLE) -> Records:
    """The records of one piece, by coordinates or by mesh codes; raises InputError."""
    if piece.whole and not piece.file and Path(job.path).is_dir():
        return _together([read_piece(job, each) for each in pieces(job.path)])
    read = read_meshed if "mesh" in job.reading else read_records
    return read(job.path, piece=piece, **job.reading)


def _together(parts: Sequence[Records]) -> Records:
    """The records of all files of a folder."""
    return replace(
        parts[0],
        frame=pd.concat([p.frame for p in parts], ignore_index=True),
        x=np.concatenate([p.x for p in parts]),
        y=np.concatenate([p.y for p in parts]),
        notes=tuple(note for p in parts for note in p.notes),
    )


def code_records(
    job: Job,
    records: Records,
    *,
    owner: IntArray | None = None,
    weight: IntArray | None = None,
) -> tuple[Coded | None, Counted]:
    """Records by code, and what was set aside or found; no codes where anything was found.

    ``owner`` (n,) numbers the person of every record, where persons and records differ; ``weight``
    (n,) is the number of units that a record stands for.
    """
    findings: list[Finding] = []
    leaves = _classified(job, records, findings)
    steps = _measured(job, records, findings)
    if findings or job.places is None:
        return None, Counted(None, len(records), findings=tuple(findings))
    located, inside = place_records(records, job.places, list(job.geographies))
    aside = np.flatnonzero(~inside).astype(np.int64) + records.first_row
    every = inside.all()
    leaf = {name: v if every else v[inside] for name, v in {**located, **leaves}.items()}
    measures = {
        name: Measure(
            v if every else v[inside], job.measures[name].unit, float(job.measures[name].step)
        )
        for name, v in steps.items()
    }
    who = owner if owner is None or every else owner[inside]
    units = weight if weight is None or every else weight[inside]
    coded = Coded(job.name, job.dims, leaf, measures, weight=units, owner=who)
    return coded, Counted(None, len(records), aside)


def joined(job: Job, parts: Iterable[Counted]) -> tuple[Coded | None, Counted]:
    """All pieces of a file as one: the records by code, and what was read, set aside and found.

    There are no records by code where anything was found, or where the places are missing.
    """
    seen: list[Counted] = []

    def tallies() -> Iterator[Tally]:
        for part in parts:
            seen.append(replace(part, tally=None))
            if part.tally is not None:
                yield part.tally

    empty = np.zeros(0, dtype=np.int64)
    nothing = tally(empty, dict.fromkeys(job.measures, empty))
    whole = combine(chain([nothing], tallies()))
    found = tuple(f for part in seen for f in part.findings)
    aside = np.concatenate([empty, *(part.aside for part in seen)])
    rest = Counted(None, sum(part.read for part in seen), aside, found)
    if found or job.places is None:
        return None, rest
    measures = {n: Measure(empty, m.unit, float(m.step)) for n, m in job.measures.items()}
    like = Coded(job.name, job.dims, dict.fromkeys(job.dims, empty), measures)
    return spread(whole, like), rest


def _refused(error: InputError) -> Counted:
    """The findings of a piece; an error that names no place ends everything."""
    if not error.findings:
        raise error
    return Counted(None, findings=tuple(error.findings))


def extent_of_piece(job: Job, piece: Piece) -> tuple[float, float, float, float]:
    """South, west, north and east end of the records of one piece, in degrees.

    Raises InputError with the findings of the piece.
    """
    only_places = {**job.reading, "columns": []}
    return extent([read_piece(replace(job, reading=only_places), piece)])


def leaf_index(dim: Hierarchy, codes: pd.Series) -> IntArray:
    """Innermost position of every code.

    >>> leaf_index(Hierarchy.flat("sex", ["f", "m"]), pd.Series(["m", "f"])).tolist()
    [1, 0]
    """
    place = {dim.codes[i]: k for k, i in enumerate(dim.leaves)}
    number, texts = pd.factorize(codes)
    return np.array([place[str(t)] for t in texts], dtype=np.int64)[number]


def _classified(job: Job, records: Records, findings: list[Finding]) -> dict[str, IntArray]:
    """Innermost position of every record in each class dimension."""
    leaves = {}
    for name, (dim, spec) in job.classes.items():
        codes, found = classify(
            records.frame[spec.column], spec, file=records.file, first_row=records.first_row
        )
        findings.extend(found)
        if not found:
            leaves[name] = leaf_index(dim, codes)
    return leaves


def _measured(job: Job, records: Records, findings: list[Finding]) -> dict[str, IntArray]:
    """Whole steps of every record, a measure each."""
    out = {}
    for name, spec in job.measures.items():
        steps, found = quantise(
            records.frame[spec.column], spec, file=records.file, first_row=records.first_row
        )
        findings.extend(found)
        out[name] = steps
    return out
