"""What does a configuration, or a decision, say of classes that each area counts together for itself?"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from sdc.config import Config
from sdc.errors import InputError
from sdc.messages import Text
from sdc.model.coded import Coded
from sdc.model.grouped import Grouped
from sdc.model.hierarchy import Hierarchy
from sdc.model.release import Collapse
from sdc.pipeline.geography import AREAS
from sdc.pipeline.schemes import scheme_named
from sdc.planning.study import Earlier
from sdc.spatial.areas import Areas
from sdc.tables.areagroups import bin_labels, group_areas
from sdc.tables.collapse import collapse_scheme


def area_groups(
    config: Config,
    coded: Mapping[str, Coded],
    earlier: Earlier | None = None,
    *,
    columns: Collection[str] | None = None,
) -> tuple[Grouped, ...]:
    """The groups of every column (or some) that is collapsed area by area, in every set of records.

    ``coded`` are the records once areas are merged. What must reach the threshold are units, or
    persons where records know theirs; the highest threshold of the tables by area and column counts.

    Raises InputError for a scheme that does not fit its column.
    """
    found = []
    for column, section in sorted(config.treatment.collapse.items()):
        if section.where != "areas" or (columns is not None and column not in columns):
            continue
        for records, own in sorted(coded.items()):
            level = _level(config, records, column)
            if level and {AREAS, column} <= set(own.dims):
                tree, labels = _tree(config, own.dims[column], section.scheme)
                name = f"{records}/{column}"
                previous = None if earlier is None else earlier.groups.get(name, {})
                found.append(
                    group_areas(
                        own, (AREAS, column), tree, level=level, labels=labels, previous=previous
                    )
                )
    return tuple(found)


def decided_groups(
    config: Config,
    coded: Mapping[str, Coded],
    groups: Mapping[str, Mapping[str, Mapping[str, str]]],
) -> tuple[Grouped, ...]:
    """The groups of a decision, by the codes of now.

    Raises InputError where a decision speaks of records, areas or classes that are not there.
    """
    found = []
    for name, own in sorted(groups.items()):
        records, _, column = name.partition("/")
        dims = coded[records].dims if records in coded else {}
        if not {AREAS, column} <= set(dims):
            raise InputError(Text("there is no dimension {name!r}", name=name))
        section = config.treatment.collapse.get(column)
        labels = _tree(config, dims[column], section.scheme)[1] if section is not None else {}
        made = Grouped(records, AREAS, column, own, bin_labels(dims[column], own, labels))
        made.closed(dims[AREAS], dims[column])
        found.append(made)
    return tuple(found)


def collapses_of(grouped: Grouped, places: Areas, classes: Hierarchy) -> Iterator[Collapse]:
    """What a reader is told: every class that an area counts in a group."""
    shapes = places.shapes
    names = dict(zip(shapes["code"], shapes["name"], strict=True))
    words = {**dict(zip(classes.codes, classes.labels, strict=True)), **grouped.labels}
    for area, own in sorted(grouped.groups.items()):
        for code, to in sorted(own.items()):
            yield Collapse(grouped.column, code, to, words[code], words[to], area, names[area])


def _level(config: Config, records: str, column: str) -> int:
    """The highest threshold of the tables by area and column; 0 where there is none."""
    tables = [t for t in config.tables if t.records == records and t.geography == AREAS]
    return max((config.rules[t.rules].min_count for t in tables if column in t.by), default=0)


def _tree(
    config: Config, classes: Hierarchy, scheme: str | None
) -> tuple[Hierarchy, Mapping[str, str]]:
    """The tree that areas are cut up: the code list's, or that of a scheme with its classes below."""
    if scheme is None:
        return classes, {}
    pairs, labels, unused = scheme_named(config, scheme)
    recoding = collapse_scheme(classes, pairs, labels=labels, unused=unused)
    after = recoding.after
    parent = {
        c: after.codes[p] if p >= 0 else ""
        for c, p in zip(after.codes, after.parents.tolist(), strict=True)
    }
    parent |= {leaf: to for leaf, to in recoding.mapping.items() if leaf != to}
    return Hierarchy.of(classes.name, parent), labels
