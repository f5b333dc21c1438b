"""How do the files of a configuration become records with codes, all problems told at once?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial
from pathlib import Path

from sdc.config import ColumnSection, Config
from sdc.errors import Finding, InputError
from sdc.microdata.classify import BinSpec, ClassSpec, MeasureSpec, classes_of
from sdc.model.coded import Coded
from sdc.model.hierarchy import TOTAL, Hierarchy, IntArray
from sdc.pipeline.counting import Job, Runner, count_piece, extent_of_piece, joined
from sdc.pipeline.geography import Extent, Places, load_places
from sdc.readers.pairs import read_pairs
from sdc.readers.pieces import Piece, pieces
from sdc.readers.tables import read_hierarchy

Tell = Callable[[str, str], None]


@dataclass(frozen=True, eq=False)
class SetAside:
    """Records that no table counts because they lie in none of its places; rows as in the file."""

    records: str
    file: str
    rows: IntArray
    reason: tuple[str, str]


@dataclass(frozen=True, eq=False)
class Prepared:
    """Everything that the tables need, before any treatment."""

    places: Places
    coded: Mapping[str, Coded]
    aside: tuple[SetAside, ...]
    read: Mapping[str, int]


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


def prepare(config: Config, tell: Tell, *, run: Runner = map) -> Prepared:
    """Read, classify, locate and count everything a configuration names, piece by piece.

    ``run`` is a ``map``: with that of a cluster the pieces are counted where it likes. Memory
    follows the combinations of codes that occur.

    Raises InputError with every finding of every file.
    """
    problems = Problems()
    jobs = {
        name: _job(config, name, problems)
        for name in dict.fromkeys(t.records for t in config.tables)
    }
    tell("区域の読込", "reading areas")
    places: Places | None = None
    try:
        places = load_places(config, lambda: _around(jobs.values(), run))
    except InputError as error:
        problems.catch(error)
    coded, aside, read = {}, [], {}
    for name, job in jobs.items():
        tell(f"記録の読込と照合: {name}", f"reading and locating records: {name}")
        full = replace(job, places=places)
        try:
            found, rest = joined(full, run(partial(count_piece, full), _pieces(job)))
        except InputError as error:
            problems.catch(error)
            continue
        problems.add(list(rest.findings))
        read[name] = rest.read
        if found is not None:
            coded[name] = found
        if len(rest.aside):
            reason = ("どの区域にも入らない", "lies in none of the areas")
            aside.append(SetAside(name, Path(job.path).name, rest.aside, reason))
    problems.settle()
    assert places is not None
    return Prepared(places, coded, tuple(aside), read)


def _job(config: Config, name: str, problems: Problems) -> Job:
    """What one file of records is to be counted by; places come later."""
    section = config.records[name]
    columns = _used_columns(config, name)
    classes, measures = {}, {}
    for column, spec in columns.items():
        if spec.is_measure:
            step = spec.step if spec.step is not None else Decimal(1)
            measures[column] = MeasureSpec(spec.source, spec.unit or "", step)
            continue
        try:
            classes[column] = class_dimension(config, column, spec)
        except InputError as error:
            problems.catch(error)
    reading = {
        "name": name,
        "x": section.x,
        "y": section.y,
        "crs": section.crs,
        "columns": list(dict.fromkeys(spec.source for spec in columns.values())),
        "layer": section.layer,
        "encoding": section.encoding,
    }
    wanted = dict.fromkeys(t.geography for t in config.tables if t.records == name)
    path = str(config.resolve(section.path))
    return Job(name, path, reading, classes, measures, None, tuple(wanted))


def _pieces(job: Job) -> tuple[Piece, ...]:
    return pieces(job.path, encoding=job.reading["encoding"], layer=job.reading["layer"])


def _around(jobs: Iterable[Job], run: Runner) -> Extent:
    """The extent of all records."""
    ends = [e for job in jobs for e in run(partial(extent_of_piece, job), _pieces(job))]
    south, west, north, east = zip(*ends, strict=True)
    return min(south), min(west), max(north), max(east)


def _used_columns(config: Config, name: str) -> dict[str, ColumnSection]:
    """The columns of a record set that some table needs, in the order of the file."""
    used = {c for t in config.tables if t.records == name for c in (*t.by, t.measure)}
    return {c: spec for c, spec in config.records[name].columns.items() if c in used}


def class_dimension(
    config: Config, column: str, section: ColumnSection
) -> tuple[Hierarchy, ClassSpec | BinSpec]:
    """The dimension that a class column makes, and how its values are read."""
    if section.breaks is not None:
        bins = BinSpec(section.source, section.breaks, section.unit or "", section.missing)
        classes = classes_of(bins)
        labels = {TOTAL: "総数", **dict(zip(classes.codes, classes.labels_ja, strict=True))}
        return Hierarchy.flat(column, classes.codes, labels=labels), bins
    assert section.codelist is not None
    dim = read_hierarchy(config.resolve(section.codelist), column)
    mapping = read_pairs(config.resolve(section.map)) if section.map else {}
    inner = tuple(dim.codes[i] for i in dim.leaves)
    return dim, ClassSpec(section.source, inner, mapping)
