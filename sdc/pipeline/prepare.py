"""How do the files of a configuration become records with codes, all problems told at once?"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from sdc.config import ColumnSection, Config
from sdc.errors import Finding, InputError
from sdc.messages import Text
from sdc.microdata.classify import MeasureSpec
from sdc.microdata.trips import once_a_person
from sdc.model.coded import Coded
from sdc.model.hierarchy import IntArray
from sdc.model.sharing import Runner
from sdc.pipeline.classes import class_dimension
from sdc.pipeline.counting import (
    Counted,
    Job,
    code_records,
    count_piece,
    extent_of_piece,
    joined,
    read_piece,
)
from sdc.pipeline.entered import Entered, in_file
from sdc.pipeline.entry import enter
from sdc.pipeline.geography import (
    AREAS,
    MESH,
    Extent,
    Places,
    extent,
    geographies_of,
    load_places,
    study_area,
)
from sdc.pipeline.meshclasses import with_mesh_classes
from sdc.pipeline.openclasses import with_rare_joined
from sdc.pipeline.sensors import sensed
from sdc.pipeline.views import view_of
from sdc.readers.pieces import Piece, pieces

Tell = Callable[[Text], None]


@dataclass(frozen=True, eq=False)
class SetAside:
    """Records that no table counts because they lie in none of its places; rows as in the file."""

    records: str
    file: str
    rows: IntArray
    reason: Text


@dataclass(frozen=True, eq=False)
class Prepared:
    """Everything that the tables need, before any treatment."""

    places: Places
    coded: Mapping[str, Coded]
    aside: tuple[SetAside, ...]
    read: Mapping[str, int]
    entry: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


class Problems:
    """Findings of many files, raised together."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []

    def add(self, found: list[Finding]) -> None:
        """Remember findings of a check that goes on."""
        self.findings.extend(found)

    def catch(self, error: InputError) -> None:
        """Remember an error that ended a step; one without findings is raised at once."""
        if not error.findings:
            raise error
        self.findings.extend(error.findings)

    def settle(self) -> None:
        """Raise all findings, if there are any."""
        if self.findings:
            raise InputError.of(list(dict.fromkeys(self.findings)))


def prepare(
    config: Config,
    tell: Tell,
    *,
    run: Runner = map,
    also: Mapping[str, Collection[str]] = MappingProxyType({}),
) -> Prepared:
    """Read, classify, locate and count everything a configuration names, piece by piece.

    ``run`` is a ``map``: with that of a cluster the pieces are counted where it likes. ``also`` names
    columns and geographies, by record set, that only an earlier release used. Memory
    follows the combinations of codes that occur; files that are de-identified first are held whole.

    Raises InputError with every finding of every file.
    """
    problems = Problems()
    names = list(dict.fromkeys(t.records for t in config.tables))
    entered = _entered(config, names, tell, problems=problems)
    jobs = {
        name: _job(config, name, problems, entered=entered.get(name), also=also.get(name, ()))
        for name in names
        if name in entered or not is_entered(config, name)
    }
    if not jobs:
        problems.settle()
    tell(Text("reading areas"))
    places: Places | None = None
    try:
        places = load_places(config, lambda: _around(jobs.values(), entered, run))
    except InputError as error:
        problems.catch(error)
    coded, aside, read = {}, [], {}
    for name, job in jobs.items():
        tell(Text("reading and locating records: {name}", name=name))
        full = replace(job, places=places)
        try:
            found, rest = _counted(config, full, entered.get(name), run=run)
        except InputError as error:
            problems.catch(error)
            continue
        problems.add(list(rest.findings))
        read[name] = rest.read
        if found is not None:
            coded[name] = found
        if len(rest.aside):
            reason = Text("lies in none of the areas")
            aside.append(SetAside(name, Path(job.path).name, rest.aside, reason))
    problems.settle()
    assert places is not None
    facts = {name: e.facts for name, e in entered.items() if name in config.deidentify}
    return Prepared(places, coded, tuple(aside), read, facts)


def is_entered(config: Config, name: str) -> bool:
    """Whether records are de-identified, a view of such, or counted already by a sensor."""
    section = config.records[name]
    return name in config.deidentify or section.view is not None or section.count is not None


def _entered(
    config: Config, names: Sequence[str], tell: Tell, *, problems: Problems
) -> dict[str, Entered]:
    """De-identified records and views of them; a file of which views are taken is read once."""
    sources: dict[str, Entered] = {}
    out: dict[str, Entered] = {}
    for name in names:
        if not is_entered(config, name):
            continue
        view = config.records[name].view
        source = name if view is None else view.of
        try:
            if source not in sources:
                tell(Text("de-identifying: {source}", source=source))
                path, reading = _reading(config, source, None)
                job = Job(source, path, reading, {}, {}, None, ())
                records = read_piece(job)
                made = enter if source in config.deidentify else sensed
                sources[source] = made(config, source, records)
            out[name] = sources[source] if view is None else view_of(config, name, sources[source])
        except InputError as error:
            problems.catch(error)
    return {**out, **{name: e for name, e in sources.items() if name not in out}}


def _counted(
    config: Config, job: Job, entered: Entered | None, *, run: Runner
) -> tuple[Coded | None, Counted]:
    """The records of one job by code."""
    if entered is None:
        return joined(job, run(partial(count_piece, job), _pieces(job)))
    if job.places is not None:
        job, entered = with_mesh_classes(config, job, entered)
    view = config.records[job.name].view
    owner = None
    if entered.weight is None and config.entry_of(job.name).person is not None:
        owner = entered.person
    coded, rest = code_records(job, entered.records, owner=owner, weight=entered.weight)
    first = entered.records.first_row
    aside = np.unique(entered.rows[rest.aside - first]) + first
    rest = replace(rest, aside=aside, findings=tuple(in_file(rest.findings, entered)))
    if coded is not None and owner is not None and view is not None and view.repeaters == "once":
        assert coded.owner is not None
        key, _ = coded.key(list(coded.dims))
        coded = coded.take(once_a_person([key], coded.owner))
    return None if coded is None else with_rare_joined(config, coded, entered), rest


def _reading(config: Config, name: str, columns: list[str] | None) -> tuple[str, dict[str, Any]]:
    """Where a file of records lies and how it is read."""
    section = config.records[name]
    assert section.path is not None
    reading: dict[str, Any] = {"name": name, "columns": columns}
    keys = ("mesh", "level") if section.mesh else ("x", "y", "crs")
    reading |= {key: getattr(section, key) for key in (*keys, "layer", "encoding")}
    if section.outside == "refuse" and section.level is not None:
        reading["area"] = study_area(config, section.level)
    return str(config.resolve(section.path)), reading


def _job(
    config: Config,
    name: str,
    problems: Problems,
    *,
    entered: Entered | None,
    also: Collection[str],
) -> Job:
    """What one file of records is to be counted by; places come later."""
    columns = _used_columns(config, name, also)
    classes, measures = {}, {}
    for column, spec in columns.items():
        if spec.is_measure:
            step = spec.step if spec.step is not None else Decimal(1)
            measures[column] = MeasureSpec(spec.source, spec.unit or "", step)
            continue
        try:
            labels = {} if entered is None else entered.labels
            classes[column] = class_dimension(config, column, spec, labels=labels)
        except InputError as error:
            problems.catch(error)
    used = {d for t in config.tables if t.records == name for d in t.dimensions} | set(also)
    wanted = geographies_of(config, used)
    path = ""
    reading: dict[str, Any] = {}
    if entered is None:
        sources = list(dict.fromkeys(spec.source for spec in columns.values()))
        path, reading = _reading(config, name, sources)
    else:
        path = entered.records.file
    return Job(name, path, reading, classes, measures, None, wanted)


def _pieces(job: Job) -> tuple[Piece, ...]:
    return pieces(job.path, encoding=job.reading["encoding"], layer=job.reading["layer"])


def _around(jobs: Iterable[Job], entered: Mapping[str, Entered], run: Runner) -> Extent:
    """The extent of all records."""
    streamed = [job for job in jobs if job.name not in entered]
    ends = [e for job in streamed for e in run(partial(extent_of_piece, job), _pieces(job))]
    ends += [extent([e.records]) for e in entered.values()]
    south, west, north, east = zip(*ends, strict=True)
    return min(south), min(west), max(north), max(east)


def _used_columns(config: Config, name: str, also: Collection[str]) -> dict[str, ColumnSection]:
    """The columns of a record set that some table needs, in the order of the file.

    Raises InputError where one that an earlier release used is not configured.
    """
    places = {AREAS: config.geography.areas, MESH: config.geography.mesh}
    own = {"count": True, **places, **config.geography.districts}
    missing = [c for c in sorted(also) if c not in config.records[name].columns and not own.get(c)]
    if missing:
        raise InputError(
            Text(
                "an earlier release used {found!r} of {name!r}; configure it as well, so "
                "that both can be audited together",
                found=missing[0],
                name=name,
            ),
            code="ledger-columns",
        )
    used = {c for t in config.tables if t.records == name for c in (*t.by, t.measure)} | set(also)
    return {c: spec for c, spec in config.records[name].columns.items() if c in used}
