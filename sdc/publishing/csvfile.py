"""Which CSV files tell a reader everything that is published, and nothing else?

Three kinds of file, all RFC 4180 with CRLF, text in quotes, rows in code order:

``<table>.csv`` has one row a cell: for every dimension its code and its name, then ``value`` and
``status``, and for tables with a geography HTKSYORI, HTKSAKI, GASSAN. Areas merged away keep
their rows (``X``, status M), classes counted in a group keep theirs (empty, status G). A group
that only some areas have has rows for these.

``<table>_wide.csv`` is the survey's layout: one row an area, one column a class; groups that only some
areas have come last.

``derived_<name>.csv`` holds figures made from printed places: one row a place, with both numbers.

``mergers.csv``, ``collapses.csv`` and ``codelist_<column>.csv`` hold what is needed to add up.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from sdc.errors import InputError
from sdc.messages import Text
from sdc.model.hierarchy import Hierarchy
from sdc.model.plan import PublishedTable
from sdc.model.release import Figure, Release
from sdc.model.states import State
from sdc.publishing.derived import derive
from sdc.publishing.grouprows import group_cells, group_columns, group_labels, group_values
from sdc.publishing.marks import COLUMNS, UNTOUCHED, Mark, marks, merges_of
from sdc.publishing.symbols import encode, guard, printed, safe_code, safe_name

NAME_SUFFIX, LABEL_SUFFIX = "_name", "_label"
FIGURE_COLUMNS = ("figure", "unit", "numerator", "denominator")
COLLAPSES = ("column", "source", "source_label", "target", "target_label", "area", "area_name")
EOL = "\r\n"


@dataclass(frozen=True)
class Place:
    """One code of one axis as it is printed; ``position`` is -1 where it has left the table."""

    code: str
    label: str
    position: int
    gone: State | None = None
    mark: Mark = UNTOUCHED


def csv_files(release: Release) -> Iterator[tuple[str, bytes]]:
    """All CSV files as (path below the package, bytes), in path order of their kinds."""
    encoding = release.info.encoding
    for table in release.tables:
        name = safe_name(table.name)
        yield _file(f"data/{name}.csv", long_rows(release, table), encoding)
        if release.geographic_dimension(table):
            yield _file(f"data/{name}_wide.csv", wide_rows(release, table), encoding)
    for figure in release.figures:
        path = f"data/derived_{safe_name(figure.name)}.csv"
        yield _file(path, figure_rows(release, figure), encoding)
    yield _file("data/mergers.csv", merger_rows(release), encoding)
    yield _file("data/collapses.csv", collapse_rows(release), encoding)
    for name, dim in codelists(release).items():
        yield _file(f"data/codelist_{safe_name(name)}.csv", codelist_rows(dim), encoding)


def axes(release: Release, table: PublishedTable) -> list[tuple[Place, ...]]:
    """Per dimension, every code that gets rows: published, merged away, or counted in a group."""
    return [_places(release, dim) for dim in table.dims]


def _places(release: Release, dim: Hierarchy) -> tuple[Place, ...]:
    """The codes of one dimension in code order."""
    geography = release.geographies.get(dim.name)
    merged = merges_of(release, dim)
    mark = marks(merged, geography.kind) if geography else {}
    found = [
        Place(code, label, i, None, mark.get(code, UNTOUCHED))
        for i, (code, label) in enumerate(zip(dim.codes, dim.labels, strict=True))
    ]
    found += [Place(m.source, m.source_name, -1, State.MERGED, mark[m.source]) for m in merged]
    found += [
        Place(c.source, c.source_label, -1, State.GROUPED)
        for c in release.collapses
        if c.dimension == dim.name and c.source not in dim and c.target in dim and not c.area
    ]
    return tuple(sorted(found, key=lambda p: p.code))


def long_header(release: Release, table: PublishedTable) -> list[str]:
    """Column names of ``<table>.csv``."""
    head = [*_pairs(release, table.dims), "value", "status"]
    head += list(COLUMNS) if release.geographic_dimension(table) else []
    return _distinct(head, table.name)


def _pairs(release: Release, dims: Sequence[Hierarchy]) -> list[str]:
    """The two columns of every dimension: its code, and its name or label."""
    suffix = {True: NAME_SUFFIX, False: LABEL_SUFFIX}
    names = [(safe_name(d.name), d.name + suffix[d.name in release.geographies]) for d in dims]
    return [name for pair in names for name in pair]


def _distinct(head: list[str], table: str) -> list[str]:
    if len(set(head)) != len(head):
        raise InputError(
            Text(
                "two columns of table {table!r} would get the same name (such as value, status)",
                table=table,
            ),
            code="column",
        )
    return head


def long_rows(release: Release, table: PublishedTable) -> Iterator[str]:
    """One row a cell in code order, margins included; O(cells)."""
    yield ",".join(map(_q, long_header(release, table)))
    own = _own_rows(release, table)
    groups = _group_rows(release, table) if table.name in release.groups else ()
    yield from (text for _, text in (heapq.merge(own, groups) if groups else own))


def _own_rows(release: Release, table: PublishedTable) -> Iterator[tuple[tuple[str, ...], str]]:
    """Codes and text of the rows of all codes of a table."""
    places = axes(release, table)
    where = release.geographic_dimension(table)
    area = next((i for i, d in enumerate(table.dims) if d.name == where), None)
    cell, state = printed(table), table.state.ravel()
    stride = _strides(table)
    text = [
        {p.code: f"{_q(safe_code(p.code, d.name))},{_q(guard(p.label))}" for p in axis}
        for axis, d in zip(places, table.dims, strict=True)
    ]
    tail = (
        {p.code: "," + ",".join(map(_q, p.mark.row)) for p in places[area]}
        if area is not None
        else {}
    )
    for row in product(*places):
        head = ",".join(t[p.code] for t, p in zip(text, row, strict=True))
        end = tail[row[area].code] if area is not None else ""
        gone = [p.gone for p in row if p.gone is not None]
        if gone:
            letter, value = (State.MERGED, "X") if State.MERGED in gone else (State.GROUPED, "")
        else:
            flat = sum(p.position * s for p, s in zip(row, stride, strict=True))
            letter, value = State(int(state[flat])), cell[flat]
        yield tuple(p.code for p in row), f'{head},{value},"{letter.letter}"{end}'


def _group_rows(release: Release, table: PublishedTable) -> list[tuple[tuple[str, ...], str]]:
    """Codes and text of the rows of groups that only some areas have, in code order."""
    dims = release.groups[table.name].dims
    where = release.geographic_dimension(table)
    area = next((i for i, d in enumerate(table.dims) if d.name == where), None)
    mark = {} if area is None else {p.code: p.mark for p in _places(release, table.dims[area])}
    rows = []
    for codes, value, state in group_cells(release, table):
        names = [d.labels[d.position(c)] for d, c in zip(dims, codes, strict=True)]
        pairs = [
            _q(part)
            for code, name, d in zip(codes, names, dims, strict=True)
            for part in (safe_code(code, d.name), guard(name))
        ]
        ends = [] if area is None else [_q(t) for t in mark[codes[area]].row]
        rows.append((codes, ",".join([*pairs, value, _q(state.letter), *ends])))
    return sorted(rows)


def wide_rows(release: Release, table: PublishedTable) -> Iterator[str]:
    """One row an area, one column a combination of classes, as the survey tabulates."""
    where = release.geographic_dimension(table)
    area = next(i for i, d in enumerate(table.dims) if d.name == where)
    classes = [d for i, d in enumerate(table.dims) if i != area]
    columns = list(product(*[range(len(d)) for d in classes]))
    more = group_columns(release, table)
    heads = [*wide_columns(classes), *wide_groups(release, table, more)]
    groups = group_values(release, table, more)
    cell = printed(table)
    stride = _strides(table)
    others = [s for i, s in enumerate(stride) if i != area]
    offset = [sum(k * s for k, s in zip(c, others, strict=True)) for c in columns]
    head = [safe_name(str(where)), f"{where}{NAME_SUFFIX}", *COLUMNS, *heads]
    yield ",".join(map(_q, head))
    for place in axes(release, table)[area]:
        start = place.position * stride[area]
        values = [cell[start + o] for o in offset] if place.position >= 0 else ["X"] * len(offset)
        last = ["X"] * len(more) if place.position < 0 else [""] * len(more)
        values += groups.get(place.code, last)
        code = safe_code(place.code, str(where))
        yield ",".join([*map(_q, (code, guard(place.label), *place.mark.row)), *values])


def wide_groups(
    release: Release, table: PublishedTable, columns: Sequence[tuple[str, ...]]
) -> list[str]:
    """Heads of the columns of groups that only some areas have."""
    names = group_labels(release, table)
    parts = [
        [c if c == own[c] else f"{c}_{own[c]}" for own, c in zip(names, codes, strict=True)]
        for codes in columns
    ]
    return [guard("/".join(p)) for p in parts]


def wide_columns(classes: Sequence[Hierarchy]) -> list[str]:
    """Heads of the class columns, ``code_label`` joined by ``/``; ``value`` without classes.

    >>> wide_columns([Hierarchy.flat("use", ["411"], labels={"411": "住宅", "TOTAL": "総数"})])
    ['411_住宅', 'TOTAL_総数']
    """
    if not classes:
        return ["value"]
    heads = [
        [c if c == t else f"{c}_{t}" for c, t in zip(d.codes, d.labels, strict=True)]
        for d in classes
    ]
    names = [guard("/".join(parts)) for parts in product(*heads)]
    if len(set(names)) != len(names):
        raise InputError(Text("two classes would get the same column name"))
    return names


def figure_rows(release: Release, figure: Figure) -> Iterator[str]:
    """One row a derived figure with the two numbers it comes from, in code order."""
    made = derive(release.tables, figure)
    yield ",".join(map(_q, figure_header(release, made.dims)))
    unit = _q(guard(made.unit))
    for place, quotient in made.quotients.items():
        names = [d.labels[d.position(c)] for d, c in zip(made.dims, place, strict=True)]
        pairs = [f"{_q(c)},{_q(guard(n))}" for c, n in zip(place, names, strict=True)]
        yield ",".join([*pairs, quotient.text, unit, quotient.top, quotient.bottom])


def figure_header(release: Release, dims: Sequence[Hierarchy]) -> list[str]:
    """Column names of ``derived_<name>.csv``."""
    return _distinct([*_pairs(release, dims), *FIGURE_COLUMNS], "derived")


def merger_rows(release: Release) -> Iterator[str]:
    """Every area that was added to another, with full codes."""
    yield ",".join(map(_q, ("geography", "source", "source_name", "target", "target_name")))
    for name, dim in codelists(release).items():
        for m in merges_of(release, dim):
            row = (name, safe_code(m.source, name), guard(m.source_name))
            yield ",".join(map(_q, (*row, safe_code(m.target, name), guard(m.target_name))))


def collapse_rows(release: Release) -> Iterator[str]:
    """Every class that is counted in a group of classes; in one area, or in all where none is named."""
    yield ",".join(map(_q, COLLAPSES))
    for c in sorted(release.collapses, key=lambda c: (c.dimension, c.area, c.source)):
        row = (c.dimension, safe_code(c.source, c.dimension), guard(c.source_label))
        to = (safe_code(c.target, c.dimension), guard(c.target_label))
        yield ",".join(map(_q, (*row, *to, c.area, guard(c.area_name))))


def codelist_rows(dim: Hierarchy) -> Iterator[str]:
    """code, parent, label of every published code; the root has an empty parent."""
    yield ",".join(map(_q, ("code", "parent", "label")))
    for code, up, label in zip(dim.codes, dim.parents.tolist(), dim.labels, strict=True):
        parent = dim.codes[up] if up >= 0 else ""
        yield ",".join(map(_q, (safe_code(code, dim.name), parent, guard(label))))


def codelists(release: Release) -> dict[str, Hierarchy]:
    """One hierarchy a column over all tables; a table need not use every code.

    Raises InputError where two tables disagree about the parent or the name of a code.
    """
    parent: dict[str, dict[str, str]] = {}
    label: dict[str, dict[str, str]] = {}
    for dim in (d for table in (*release.tables, *release.groups.values()) for d in table.dims):
        ups, names = parent.setdefault(dim.name, {}), label.setdefault(dim.name, {})
        for code, up, text in zip(dim.codes, dim.parents.tolist(), dim.labels, strict=True):
            above = dim.codes[up] if up >= 0 else ""
            if ups.setdefault(code, above) != above or names.setdefault(code, text) != text:
                raise InputError(
                    Text(
                        "tables disagree about code {code} of column {name!r}",
                        code=code,
                        name=dim.name,
                    ),
                    code="codelist",
                )
    return {name: Hierarchy.of(name, parent[name], label[name]) for name in sorted(parent)}


def _strides(table: PublishedTable) -> list[int]:
    """How far apart, in C order, two neighbours of each axis stand."""
    shape = table.value.shape
    return [math.prod(shape[i + 1 :]) for i in range(len(shape))]


def _q(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _file(path: str, rows: Iterable[str], encoding: str) -> tuple[str, bytes]:
    return path, encode(EOL.join([*rows, ""]), encoding, path)
