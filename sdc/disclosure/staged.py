"""Do the files that are about to be published agree with every witness, digit by digit?

The last word before anything is renamed into place, by a reader that shares nothing with the maker:
it parses the package's own CSV files, rebuilds all sums from the code lists, and adds up every
witness of the internal file (``evidence.py`` describes it) in whole numbers. It imports numpy, the
error types and ``stagedtable`` alone: no solver, no system, no plan.
"""

from __future__ import annotations

import csv
import io
import json
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt

from sdc.disclosure.inside import Moved, check_inside
from sdc.disclosure.stagedtable import HIDDEN, StagedTable, read_staged, refuse, tables_of
from sdc.disclosure.witnessed import Arrays, Ints, Piece, require_sound
from sdc.messages import Text

UNREADABLE = (
    LookupError, ValueError, TypeError, AttributeError, ArithmeticError, EOFError, MemoryError,
    RuntimeError, csv.Error, zipfile.BadZipFile, zlib.error,
)  # fmt: skip
"""What reading a file that somebody else made may raise."""


@dataclass(frozen=True)
class Checked:
    """What was added up: printed numbers, X, witnesses, and promises that were found kept."""

    printed: int
    hidden: int
    witnesses: int
    promises: int


def check_staged(files: Mapping[str, bytes], witness: bytes) -> Checked:
    """Check the payload (path -> bytes) of a package against its internal witness file.

    Every witness must give each printed number exactly, no cell more or less than known beforehand,
    and tables of the same records the same margins; all witnesses together must give every X a second
    value and every promised cell its reach. O(stored differences x levels).

    Raises NotProven where a file does not fit or anything does not add up.
    """
    try:
        return _checked(files, witness)
    except UNREADABLE as error:
        refuse(Text("{error} while reading", error=type(error).__name__))


def _checked(files: Mapping[str, bytes], witness: bytes) -> Checked:
    with np.load(io.BytesIO(witness), allow_pickle=False) as stored:
        arrays: Arrays = {name: stored[name] for name in stored.files}
    head = json.loads(arrays["head"].tobytes().decode("utf-8"))
    if (head["version"], head["scale"]) != (4, 1):
        refuse(Text("the version of the witness file"))
    require_sound(head["pieces"], arrays)
    _require_all_tables(files, [p["table"] for p in head["pieces"]])
    pieces = [Piece(piece, arrays) for piece in head["pieces"]]
    moved: list[Moved] = []
    printed = hidden = 0
    for number, piece in enumerate(pieces):
        if piece.table is not None:
            table = read_staged(files, piece.table, piece.names, piece.codes)
            printed += int((table.value >= 0).sum())
            hidden += int((table.value == HIDDEN).sum())
            moved.append(_check_table(piece, table, dict(_of_table(arrays, number))))
        else:
            moved.append(_check_atoms(piece, dict(_of_table(arrays, number))))
    if head["owners"]:
        check_inside(pieces, moved, arrays)
    for one, other in combinations(pieces, 2):
        if one.family == other.family:
            _check_margin(one, other)
    for family in sorted({p.family for p in pieces}):
        if not _decomposes([set(p.names) for p in pieces if p.family == family]):
            refuse(
                Text("tables of {family} form a circle and no atoms link them", family=family[0])
            )
    return Checked(printed, hidden, len(arrays["indptr"]) - 1, len(arrays["promise_cell"]))


def _require_all_tables(files: Mapping[str, bytes], told: list[str | None]) -> None:
    """Every table of the package is spoken of once, and no other."""
    tables = [t for t in told if t is not None]
    if len(set(tables)) != len(tables) or set(tables) != set(tables_of(files)):
        refuse(Text("the tables of the package are not those of the witness file"))


def _sums(up: list[list[Ints]], at: Ints) -> tuple[Ints, list[Ints]]:
    """For codes (r, d) of innermost cells: the entry, and per axis the code, of all they add to."""
    entry: Ints = np.arange(len(at))
    place: list[Ints] = []
    for axis, above in enumerate(up):
        size = np.array([len(a) for a in above], dtype=np.int64)
        first, every = np.cumsum(size) - size, np.concatenate(above)
        mine = at[entry, axis]
        repeat = np.repeat(np.arange(len(entry)), size[mine])
        start = np.cumsum(size[mine]) - size[mine]
        offset = np.arange(len(repeat)) - start[repeat]
        place = [p[repeat] for p in place] + [every[first[mine[repeat]] + offset]]
        entry = entry[repeat]
    return entry, place


def _check_table(piece: Piece, table: StagedTable, asked: Arrays) -> Moved:
    """Printed numbers, bounds, a second value for every X, and the promises of one table."""
    value, up = table.value, table.up
    shape = [1 + max(int(a.max()) for a in above) for above in up]
    shown, n = value >= 0, len(value)
    truth, low, high = (np.zeros(n, dtype=np.int64) for _ in range(3))
    place_of = np.full(n, -1, dtype=np.int64)
    place_of[asked["promise_cell"]] = np.arange(len(asked["promise_cell"]))
    steps = []
    for number, (witness, at, step) in enumerate(piece.parts()):
        entry, place = _sums(up, at)
        key = witness[entry] * n + np.ravel_multi_index(place, shape)
        unique, total = _added(key, step[entry])
        grouped = table.into[unique % n]
        more = unique[grouped >= 0] // n * n + grouped[grouped >= 0]
        unique, total = _added(
            np.concatenate([unique, more]), np.concatenate([total, total[grouped >= 0]])
        )
        cell = unique % n
        if number == 0:
            truth[cell] = total
        elif total[shown[cell]].any():
            refuse(Text("a witness changes a printed number of {table}", table=piece.table))
        else:
            np.minimum.at(low, cell, total)
            np.maximum.at(high, cell, total)
            of = place_of[cell] >= 0
            steps.append(np.stack([place_of[cell[of]], unique[of] // n, total[of]]))
    if ((value % piece.factor != 0) | (truth != value // piece.factor))[shown].any():
        refuse(Text("a printed number of {table}", table=piece.table))
    if ((value == HIDDEN) & (low == 0) & (high == 0)).any():
        refuse(Text("an X of {table} has one value", table=piece.table))
    at = asked["prior_cell"]
    if ((truth + low)[at] < asked["prior_least"]).any() or (
        (truth + high)[at] > asked["prior_most"]
    ).any():
        refuse(Text("a number of {table} is not what everybody takes it for", table=piece.table))
    if shown[asked["promise_cell"]].any() or not _kept(truth, (low, high), asked):
        refuse(Text("a promise of {table}", table=piece.table))
    found = np.concatenate([np.zeros((3, 0), dtype=np.int64), *steps], axis=1)
    return Moved(truth[asked["promise_cell"]], found[0], found[1], found[2], up, table.into)


def _added(key: Ints, number: Ints) -> tuple[Ints, Ints]:
    """Every key once, with the sum of its numbers."""
    unique, inverse = np.unique(key, return_inverse=True)
    total = np.zeros(len(unique), dtype=np.int64)
    np.add.at(total, inverse, number)
    return unique, total


def _check_atoms(piece: Piece, asked: Arrays) -> Moved:
    """The promises on places that no table prints."""
    low, high = np.zeros_like(piece.value), np.zeros_like(piece.value)
    np.minimum.at(low, piece.cell, piece.step)
    np.maximum.at(high, piece.cell, piece.step)
    if not _kept(piece.value, (low, high), asked):
        refuse(Text("a promise of a place that no table prints"))
    place_of = np.full(len(piece.value), -1, dtype=np.int64)
    place_of[asked["promise_cell"]] = np.arange(len(asked["promise_cell"]))
    of = place_of[piece.cell] >= 0
    truth = piece.value[asked["promise_cell"]]
    moves = (place_of[piece.cell[of]], piece.witness[of], piece.step[of])
    return Moved(truth, moves[0], moves[1], moves[2], [], np.zeros(0, dtype=np.int64))


def _kept(truth: Ints, reach: tuple[Ints, Ints], asked: Arrays) -> bool:
    """Whether the witnesses take every promised cell far enough."""
    low, high = reach
    at = asked["promise_cell"]
    kept = (truth + high)[at] >= asked["promise_upper"]
    kept &= (truth + low)[at] <= asked["promise_lower"]
    kept &= (high - low)[at] >= asked["promise_slide"]
    return bool(kept.all())


def _of_table(arrays: Arrays, number: int) -> Iterator[tuple[str, npt.NDArray[Any]]]:
    """The promises and bounds of one table."""
    for kind in ("promise", "prior"):
        mine = arrays[f"{kind}_table"] == number
        yield from ((k, v[mine]) for k, v in arrays.items() if k.startswith(f"{kind}_"))


def _check_margin(one: Piece, other: Piece) -> None:
    """Two pieces of the same records must agree on what they share, in the truth and each witness."""
    names = sorted(set(one.names) & set(other.names))
    found = []
    for piece in (one, other):
        axes = [piece.names.index(name) for name in names]
        found.append(
            (
                [piece.codes[a] for a in axes],
                [_grouped(w, at[:, axes], n) for w, at, n in _whole(piece)],
            )
        )
    if found[0][0] != found[1][0]:
        refuse(Text("the codes shared by {one} and {other}", one=one.table, other=other.table))
    for mine, theirs in zip(found[0][1], found[1][1], strict=True):
        if not (np.array_equal(mine[0], theirs[0]) and np.array_equal(mine[1], theirs[1])):
            refuse(Text("a margin shared by {one} and {other}", one=one.table, other=other.table))


def _whole(piece: Piece) -> Iterator[tuple[Ints, Ints, Ints]]:
    """The truth, then all differences in one part."""
    yield np.full(len(piece.value), -1), piece.at, piece.value
    yield piece.witness, piece.at[piece.cell], piece.step


def _grouped(witness: Ints, at: Ints, number: Ints) -> tuple[Ints, Ints]:
    """Sums that are not 0 by witness and codes, in order."""
    order = np.lexsort((*at.T[::-1], witness))
    key, number = np.column_stack([witness, at])[order], number[order]
    first = np.flatnonzero(np.append(True, (key[1:] != key[:-1]).any(axis=1))[: len(key)])
    total = np.add.reduceat(number, first) if len(first) else number
    return key[first][total != 0], total[total != 0]


def _decomposes(sets: list[set[str]]) -> bool:
    """Whether tables over these dimensions can be glued (Graham's reduction leaves nothing)."""
    size = -1
    while size != sum(map(len, sets)):
        size = sum(map(len, sets))
        lonely = {n for s in sets for n in s if sum(n in t for t in sets) == 1}
        sets = [s - lonely for s in sets]
        sets = [s for i, s in enumerate(sets) if not any(
            s < t or (s == t and i > j) for j, t in enumerate(sets))]  # fmt: skip
    return not any(sets)
