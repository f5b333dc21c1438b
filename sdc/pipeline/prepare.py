"""How do the files of a configuration become records with codes, all problems told at once?"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import pandas as pd

from sdc.config import ColumnSection, Config
from sdc.errors import Finding, InputError
from sdc.microdata.classify import (
    BinSpec,
    ClassSpec,
    MeasureSpec,
    classes_of,
    classify,
    quantise,
)
from sdc.model.coded import Coded, Measure
from sdc.model.hierarchy import TOTAL, Hierarchy, IntArray
from sdc.model.records import Records
from sdc.pipeline.geography import Places, load_places, place_records
from sdc.readers.pairs import read_pairs
from sdc.readers.records import read_records
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
            raise InputError.of(self.findings)


def prepare(config: Config, tell: Tell) -> Prepared:
    """Read, classify and locate everything a configuration names.

    Raises InputError with every finding of every file.
    """
    problems = Problems()
    dims: dict[str, dict[str, Hierarchy]] = {}
    raw: dict[str, Records] = {}
    for name in dict.fromkeys(t.records for t in config.tables):
        tell(f"記録の読込: {name}", f"reading records: {name}")
        try:
            raw[name] = _read(config, name)
        except InputError as error:
            problems.catch(error)
    tell("区域の読込", "reading areas")
    places: Places | None = None
    try:
        places = load_places(config, list(raw.values()))
    except InputError as error:
        problems.catch(error)
    leaves: dict[str, dict[str, IntArray]] = {}
    measures: dict[str, dict[str, Measure]] = {}
    for name, records in raw.items():
        dims[name], leaves[name] = _classes(config, name, records, problems)
        measures[name] = _measures(config, name, records, problems)
    problems.settle()
    assert places is not None
    tell("位置の照合", "locating records")
    coded, aside = {}, []
    for name, records in raw.items():
        wanted = dict.fromkeys(t.geography for t in config.tables if t.records == name)
        located, inside = place_records(records, places, list(wanted))
        all_leaves = {**located, **leaves[name]}
        coded[name] = Coded(
            name,
            {**{g: places.hierarchy(g) for g in wanted}, **dims[name]},
            {d: index[inside] for d, index in all_leaves.items()},
            {m: Measure(v.steps[inside], v.unit, v.step) for m, v in measures[name].items()},
        )
        if not inside.all():
            reason = ("どの区域にも入らない", "lies in none of the areas")
            rows = np.flatnonzero(~inside) + records.first_row
            aside.append(SetAside(name, records.file, rows.astype(np.int64), reason))
    return Prepared(places, coded, tuple(aside), {n: len(r) for n, r in raw.items()})


def _used_columns(config: Config, name: str) -> dict[str, ColumnSection]:
    """The columns of a record set that some table needs, in the order of the file."""
    used = {c for t in config.tables if t.records == name for c in (*t.by, t.measure)}
    return {c: spec for c, spec in config.records[name].columns.items() if c in used}


def _read(config: Config, name: str) -> Records:
    section = config.records[name]
    columns = [spec.source for spec in _used_columns(config, name).values()]
    return read_records(
        config.resolve(section.path),
        name=name,
        x=section.x,
        y=section.y,
        crs=section.crs,
        columns=list(dict.fromkeys(columns)),
        layer=section.layer,
        encoding=section.encoding,
    )


def _classes(
    config: Config, name: str, records: Records, problems: Problems
) -> tuple[dict[str, Hierarchy], dict[str, IntArray]]:
    """Dimension and innermost index of every record, a class column each."""
    dims: dict[str, Hierarchy] = {}
    leaves: dict[str, IntArray] = {}
    for column, section in _used_columns(config, name).items():
        if section.is_measure:
            continue
        try:
            dim, spec = class_dimension(config, column, section)
        except InputError as error:
            problems.catch(error)
            continue
        codes, found = classify(
            records.frame[section.source], spec, file=records.file, first_row=records.first_row
        )
        problems.add(found)
        if not found:
            dims[column] = dim
            leaves[column] = leaf_index(dim, codes)
    return dims, leaves


def leaf_index(dim: Hierarchy, codes: pd.Series) -> IntArray:
    """Innermost position of every code.

    >>> leaf_index(Hierarchy.flat("sex", ["f", "m"]), pd.Series(["m", "f"])).tolist()
    [1, 0]
    """
    place = {dim.codes[i]: k for k, i in enumerate(dim.leaves)}
    number, texts = pd.factorize(codes)
    return np.array([place[str(t)] for t in texts], dtype=np.int64)[number]


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


def _measures(
    config: Config, name: str, records: Records, problems: Problems
) -> dict[str, Measure]:
    """Whole steps of every record, a measure column each."""
    out: dict[str, Measure] = {}
    for column, section in _used_columns(config, name).items():
        if not section.is_measure:
            continue
        step = section.step if section.step is not None else Decimal(1)
        spec = MeasureSpec(section.source, section.unit or "", step)
        steps, found = quantise(
            records.frame[section.source], spec, file=records.file, first_row=records.first_row
        )
        problems.add(found)
        out[column] = Measure(np.where(steps < 0, 0, steps), spec.unit, float(step))
    return out
