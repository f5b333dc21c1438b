"""How many records lie in every place, by columns taken as they are?

``tabulate`` gives a table of every cell with its margins, ``count`` only the cells that occur. Both
take records that were read, or a file of any size (``scan_records``) that is counted piece by piece;
``run`` is the ``map`` that does it: the built-in one, that of a pool, or that of a cluster.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from sdc.errors import InputError
from sdc.messages import Text
from sdc.model.coded import Coded
from sdc.model.hierarchy import Hierarchy, IntArray
from sdc.model.records import Records
from sdc.model.sharing import Runner
from sdc.model.table import Table
from sdc.readers.parquet import as_text_column
from sdc.readers.pieces import WHOLE, Piece
from sdc.readers.scan import RecordFile
from sdc.spatial.areas import Areas, mesh_areas
from sdc.spatial.locate import locate, transformer
from sdc.spatial.mesh import decode, encode_numbers, texts
from sdc.spatial.meshgrid import CRS
from sdc.tables.tabulate import tabulate as cross_tabulate
from sdc.tables.tally import Tally, combine, tally

Source = Records | RecordFile

_PLACE_BITS = 38
_CLASS_BITS = 62 - _PLACE_BITS
"""A key holds the place, a mesh code of up to 11 digits, above the classes."""


@dataclass(frozen=True)
class Grid:
    """A mesh level that has not met any records yet."""

    level: str


def mesh(level: str) -> Grid:
    """The standard mesh of one level, to be given to ``tabulate`` or ``count``.

    >>> mesh("500m").level
    '500m'
    """
    return Grid(level)


@dataclass(frozen=True, eq=False)
class Part:
    """One piece, counted: ``words`` are the classes that its keys number, a tuple a column."""

    tally: Tally
    words: tuple[tuple[str, ...], ...]
    outside: int


def tabulate(
    records: Source,
    places: Areas | Grid,
    *,
    by: Sequence[str] = (),
    name: str = "",
    run: Runner = map,
) -> Table:
    """Count records by place and by columns taken as they are, with all margins.

    A mesh reaches as far as the records do. Records outside all places are left out; the table's
    ``notes`` say how many. Raises InputError for columns that are missing or have blanks.
    """
    whole, words, outside = _counted(records, places, by, run)
    place, classes = _split(whole.key, len(by))
    if isinstance(places, Grid):
        places = mesh_areas([places.level], within=_ground(place, places.level))
        place = np.searchsorted(places.mesh_numbers, place)
    dims: dict[str, Hierarchy] = {places.dimension: places.hierarchy}
    leaf = {places.dimension: place}
    for column, index, own in zip(by, classes, words, strict=True):
        dims[column] = Hierarchy.flat(column, own)
        leaf[column] = _rank(own)[index]
    coded = Coded(records.name, dims, leaf, weight=whole.weight)
    table = cross_tabulate(coded, [places.dimension, *by], name=name)
    if not outside:
        return table
    note = Text("{n:,} records lie in none of the places", n=outside)
    return Table(table.name, table.dims, table.value, records=records.name, notes=(note,))


def count(
    records: Source, places: Areas | Grid, *, by: Sequence[str] = (), run: Runner = map
) -> pd.DataFrame:
    """Records in every cell that occurs: place, classes and ``count``, in the order of the codes.

    Memory follows the cells that occur. ``attrs["outside"]`` is the number of records in none of
    the places. Nothing in it is protected. Raises InputError as ``tabulate`` does.

    >>> frame = pd.DataFrame({"use": ["a", "b", "a"]})
    >>> lon, lat = np.array([139.7001, 139.7, 139.7001]), np.array([35.7, 35.7, 35.7])
    >>> found = count(Records("r", frame, lon, lat, "EPSG:6668"), mesh("1km"), by=["use"])
    >>> found.to_dict("list")
    {'mesh': ['53394546', '53394546'], 'use': ['a', 'b'], 'count': [2, 1]}
    """
    whole, words, outside = _counted(records, places, by, run)
    place, classes = _split(whole.key, len(by))
    weight = whole.weight
    # Texts take more room than numbers: what is not needed any more goes before they are spelled.
    del whole
    ranks = [_rank(own)[classes.pop(0)] for own in words]
    order: IntArray | slice = slice(None)
    if any(list(own) != sorted(own) for own in words) or len(by) > 1:
        order = np.lexsort([*ranks[::-1], place])
    held = place[order]
    if isinstance(places, Grid):
        out = {"mesh": spelled(held)}
    else:
        out = {places.dimension: spelled(held, places.codes)}
    del place, held
    for column, own in zip(by, words, strict=True):
        out[column] = spelled(ranks.pop(0)[order], sorted(own))
    made = pd.DataFrame({**out, "count": weight[order]}, copy=False)
    made.attrs["outside"] = outside
    return made


def _counted(
    records: Source, places: Areas | Grid, by: Sequence[str], run: Runner
) -> tuple[Tally, list[tuple[str, ...]], int]:
    """All pieces as one tally, the classes that its keys number, and how many lie outside."""
    numbered: list[dict[str, int]] = [{} for _ in by]
    outside = 0
    cut = records.pieces if isinstance(records, RecordFile) else (WHOLE,)

    def tallies() -> Iterator[Tally]:
        nonlocal outside
        for part in run(partial(_part, records, places, tuple(by)), cut):
            outside += part.outside
            yield _renumbered(part, numbered)

    whole = combine(tallies())
    return whole, [tuple(n) for n in numbered], outside


def _part(records: Source, places: Areas | Grid, by: tuple[str, ...], piece: Piece) -> Part:
    """Read, locate and count one piece."""
    if isinstance(records, RecordFile):
        records = records.read(piece, columns=by)
    place = _located(records, places)
    inside = (place >= 0) & records.placed
    every = bool(inside.all())
    key = (place if every else place[inside]) << _CLASS_BITS
    words = []
    for shift, column in zip(_shifts(len(by)), by, strict=True):
        if column not in records.frame:
            raise InputError(Text("there is no column {column!r}", column=column))
        index, found = pd.factorize(records.frame[column], sort=True)
        index = index if every else index[inside]
        if (index < 0).any() or "" in set(found):
            raise InputError(Text("column {column!r} has blanks", column=column))
        key |= index.astype(np.int64) << shift
        words.append(tuple(str(w) for w in found))
    return Part(tally(key), tuple(words), len(records) - len(key))


def _located(records: Records, places: Areas | Grid) -> IntArray:
    """Position in the areas or number of the mesh cell, negative for none."""
    if isinstance(places, Areas):
        return locate(records.x, records.y, records.crs, places)
    move = transformer(records.crs, CRS)
    lon, lat = (records.x, records.y) if move is None else move((records.x, records.y))
    return encode_numbers(lat, lon, places.level, outside="mark")


def _shifts(columns: int) -> list[int]:
    """Where in a key the class of each column stands."""
    width = _CLASS_BITS // max(columns, 1)
    return [width * i for i in range(columns)]


def _split(key: IntArray, columns: int) -> tuple[IntArray, list[IntArray]]:
    """Place and classes of every key."""
    mask = (1 << _CLASS_BITS // max(columns, 1)) - 1
    return key >> _CLASS_BITS, [(key >> shift) & mask for shift in _shifts(columns)]


def _renumbered(part: Part, numbered: Sequence[dict[str, int]]) -> Tally:
    """The tally of a piece with the classes numbered as in all pieces before it."""
    place, classes = _split(part.tally.key, len(numbered))
    key = place << _CLASS_BITS
    most = 1 << _CLASS_BITS // max(len(numbered), 1)
    columns = zip(_shifts(len(numbered)), classes, part.words, numbered, strict=True)
    for shift, index, words, known in columns:
        own = np.array([known.setdefault(w, len(known)) for w in words], dtype=np.int64)
        if len(known) > most:
            raise InputError(
                Text(
                    "a column has {count} different values; at most {most} can be counted",
                    count=len(known),
                    most=most,
                ),
                code="classes",
            )
        key |= own[index] << shift
    return Tally(key, part.tally.weight, part.tally.amounts)


def spelled(index: IntArray, words: Sequence[str] | None = None) -> Any:
    """A text column: the words at some positions, or whole numbers by their digits.

    >>> list(spelled(np.array([1, 0]), ["a", "b"])), list(spelled(np.array([5339])))
    (['b', 'a'], ['5339'])
    """
    import pyarrow as pa

    if words is None:
        return as_text_column(pa.array(index).cast(pa.large_string()))
    return as_text_column(pa.array(words, pa.large_string()).take(pa.array(index)))


def _rank(words: Sequence[str]) -> IntArray:
    """Position of each word among the sorted ones."""
    return np.argsort(np.argsort(np.array(words, dtype=object), kind="stable")).astype(np.int64)


def _ground(place: IntArray, level: str) -> tuple[float, float, float, float]:
    """South, west, north and east end of mesh cells."""
    if not len(place):
        raise InputError(Text("no record has a position"), code="positions")
    south, west, north, east = decode(texts(place, level), level)
    return float(south.min()), float(west.min()), float(north.max()), float(east.max())
