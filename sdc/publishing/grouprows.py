"""Where do the groups stand that only some areas count classes in, among the rows of their table?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sdc.model.hierarchy import Hierarchy
from sdc.model.plan import PublishedTable
from sdc.model.release import Release
from sdc.model.states import State
from sdc.publishing.symbols import printed

Codes = tuple[str, ...]


def group_cells(release: Release, table: PublishedTable) -> Iterator[tuple[Codes, str, State]]:
    """Codes, text and state of every place of a table's groups that some area has; O(cells)."""
    groups = release.groups.get(table.name)
    if groups is None:
        return
    text = printed(groups)
    for flat in np.flatnonzero(groups.state.ravel() != State.GROUPED).tolist():
        at = np.unravel_index(flat, groups.state.shape)
        codes = tuple(d.codes[int(i)] for d, i in zip(groups.dims, at, strict=True))
        yield codes, text[flat], State(int(groups.state.ravel()[flat]))


def group_columns(release: Release, table: PublishedTable) -> list[Codes]:
    """The combinations of classes that the groups add as columns, in code order.

    Classes stand in the order of the table's dimensions, the geography left out.
    """
    where = release.geographic_dimension(table)
    axis = next((i for i, d in enumerate(table.dims) if d.name == where), 0)
    found = {(*c[:axis], *c[axis + 1 :]) for c, _, _ in group_cells(release, table)}
    return sorted(found)


def group_values(
    release: Release, table: PublishedTable, columns: list[Codes]
) -> dict[str, list[str]]:
    """Area -> what stands in each of some columns of groups; empty where the area has none."""
    where = release.geographic_dimension(table)
    axis = next((i for i, d in enumerate(table.dims) if d.name == where), 0)
    found: dict[str, list[str]] = {}
    place = {c: k for k, c in enumerate(columns)}
    for codes, text, _ in group_cells(release, table):
        row = found.setdefault(codes[axis], [""] * len(columns))
        row[place[*codes[:axis], *codes[axis + 1 :]]] = text
    return found


def group_labels(release: Release, table: PublishedTable) -> list[dict[str, str]]:
    """Code -> label of every dimension of a table's groups, the geography left out."""
    groups = release.groups.get(table.name)
    where = release.geographic_dimension(table)
    dims: list[Hierarchy] = [] if groups is None else [d for d in groups.dims if d.name != where]
    return [dict(zip(d.codes, d.labels, strict=True)) for d in dims]


def heads(names: list[dict[str, str]], columns: list[Codes]) -> list[Codes]:
    """Labels of the classes of some columns.

    >>> heads([{"a": "house"}], [("a",)])
    [('house',)]
    """
    return [tuple(own[c] for own, c in zip(names, codes, strict=True)) for codes in columns]


def by_area(release: Release, table: PublishedTable) -> dict[tuple[str, str, str], list[str]]:
    """(area, name, group) -> classes that the area counts in the group, where the table has both."""
    found: dict[tuple[str, str, str], list[str]] = {}
    where = release.geographic_dimension(table)
    area = next((d for d in table.dims if d.name == where), None)
    names = {d.name for d in table.dims}
    for c in sorted(release.collapses, key=lambda c: (c.area, c.target, c.source)):
        if c.area and c.dimension in names and area is not None and c.area in area:
            found.setdefault((c.area, c.area_name, c.target), []).append(c.source)
    return found
