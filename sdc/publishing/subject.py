"""What does each map of a release show: which table, at which level, and under which title?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from sdc.model.hierarchy import Hierarchy, IntArray
from sdc.model.plan import PublishedTable
from sdc.model.release import Geography, Release
from sdc.publishing.places import levels, place_words
from sdc.publishing.symbols import scale
from sdc.publishing.wording import Words, table_title, words

Chosen = Mapping[str, str]


@dataclass(frozen=True, eq=False)
class Subject:
    """One table at one geographic level: what all its maps have in common."""

    release: Release
    table: PublishedTable
    dim: Hierarchy
    codes: tuple[str, ...]
    depth: int

    @property
    def suffix(self) -> str:
        """What file names of levels above the innermost end with."""
        return f"_level{self.depth}" if self.depth else ""

    @property
    def geography(self) -> Geography:
        """The shapes."""
        return self.release.geographies[self.dim.name]

    @property
    def classes(self) -> tuple[Hierarchy, ...]:
        """The dimensions that are not the geography."""
        return tuple(d for d in self.table.dims if d.name != self.dim.name)


def subjects(release: Release) -> Iterator[Subject]:
    """Tables with a geography: the innermost places, then each level above that has shapes."""
    for table in release.tables:
        where = release.geographic_dimension(table)
        if where is None:
            continue
        dim = next(d for d in table.dims if d.name == where)
        for depth, codes in levels(release.geographies[where], dim):
            yield Subject(release, table, dim, codes, depth)


def column(subject: Subject, chosen: Chosen) -> tuple[IntArray, IntArray]:
    """Printed numbers and states of the subject's places for one combination of classes."""
    table, dim = subject.table, subject.dim
    rows = np.array([dim.position(c) for c in subject.codes], dtype=np.int64)
    place: list[Any] = [
        d.position(chosen[d.name]) if d.name in chosen else d.root for d in table.dims
    ]
    place[table.dims.index(dim)] = rows
    factor, _ = scale(table)
    return table.value[tuple(place)] * factor, table.state[tuple(place)]


def title_of(subject: Subject, chosen: Chosen) -> Words:
    """The table's title and the class that is shown."""
    ja, en = table_title(subject.release, subject.table)
    where = place_words(subject.release, subject.dim, subject.codes)
    if not subject.classes:
        return f"{ja}({where[0]})", f"{en} ({where[1]})"
    picked = [d.labels[d.position(chosen[d.name])] for d in subject.classes if d.name in chosen]
    codes = [f"class {chosen[d.name]}" for d in subject.classes if d.name in chosen]
    ja, en = f"{ja}: {'・'.join(picked) or '総数'}", f"{en}: {', '.join(codes) or 'total'}"
    return f"{ja}({where[0]})", f"{en} ({where[1]})"


def title_of_each(subject: Subject, dim: Hierarchy) -> Words:
    """The table's title, and by which classes there is a map each."""
    name = words(subject.release, dim.name)
    ja, en = table_title(subject.release, subject.table)
    where = place_words(subject.release, subject.dim, subject.codes)
    return f"{ja}: {name[0]}ごと({where[0]})", f"{en}: one map for each {name[1]} ({where[1]})"
