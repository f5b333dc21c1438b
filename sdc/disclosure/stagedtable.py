"""What does a staged table print, and which of its places does each innermost cell add to?

Reads the package's own CSV files: the long table, the code lists, and the list of collapsed classes.
Shares nothing with the maker; imports numpy and the error types alone.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import NoReturn

import numpy as np
import numpy.typing as npt

from sdc.errors import NotProven
from sdc.messages import Text

Ints = npt.NDArray[np.int64]
Cell = tuple[str, ...]
HIDDEN, GROUPED = -1, -2
_NUMBER = re.compile("[1-9][0-9]*")
_MARKS = {"-": ("-", 0), "X": ("X", HIDDEN), "": ("G", GROUPED)}


@dataclass(frozen=True)
class StagedTable:
    """``value``: printed numbers over all codes in C order, HIDDEN for X, GROUPED where an area counts
    a class in a group; then the groups that the code list does not have, in the order of their codes.

    ``up`` per axis and innermost code what sums it up; ``into`` (cells without groups,) the group that
    a cell adds to, -1 for none.
    """

    value: Ints
    up: list[list[Ints]]
    into: Ints


def refuse(what: Text) -> NoReturn:
    """Raise NotProven: the files do not bear out the witnesses."""
    raise NotProven(Text("the staged files do not bear out the witnesses: {what}", what=what))


def rows_of(files: Mapping[str, bytes], path: str) -> list[list[str]]:
    """Rows of a staged CSV file."""
    if path not in files:
        refuse(Text("{path} is missing", path=path))
    try:
        text = files[path].decode("utf-8-sig")
    except UnicodeDecodeError:
        text = files[path].decode("cp932")
    rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    if not rows or any(len(row) != len(rows[0]) for row in rows):
        refuse(Text("{path} is ragged", path=path))
    if len(set(rows[0])) != len(rows[0]):
        refuse(Text("{path} has two columns of one name", path=path))
    return rows


def tables_of(files: Mapping[str, bytes]) -> list[str]:
    """The names of all long tables: CSV files with a value and a status."""
    found = [p for p in sorted(files) if p.startswith("data/") and p.endswith(".csv")]
    long = [p for p in found if {"value", "status"} <= set(rows_of(files, p)[0])]
    return [p.removeprefix("data/").removesuffix(".csv") for p in long]


def read_staged(
    files: Mapping[str, bytes], table: str, names: Sequence[str], leaves: Sequence[Sequence[str]]
) -> StagedTable:
    """One table by its dimensions and their innermost codes; O(cells).

    Raises NotProven where a row is missing, repeated or too many, or its mark does not fit.
    """
    path = f"data/{table}.csv"
    above = []
    for name, own in zip(names, leaves, strict=True):
        parent = {r[0]: r[1] for r in rows_of(files, f"data/codelist_{name}.csv")[1:]}
        above.append([_line(code, parent, parent.keys() - set(own)) for code in own])
    codes = [sorted({c for line in own for c in line}) for own in above]
    place = [{c: i for i, c in enumerate(own)} for own in codes]
    live = _live(rows_of(files, path), names, place, path=path)
    told = list(_told(files, names, above))
    value = [_number(live.pop(cell, None), path) for cell in product(*codes)]
    bins = {own: members for own, members in _bins(told, codes).items() if own}
    if set(live) != set(bins):
        refuse(Text("{path} lacks or repeats a row", path=path))
    _require_grouped(np.array(value).reshape([len(c) for c in codes]), told, (above, place), path)
    into = np.full(len(value), -1, dtype=np.int64)
    shape = [len(c) for c in codes]
    for number, cell in enumerate(sorted(bins), start=len(value)):
        for member in bins[cell]:
            at = np.ravel_multi_index([p[c] for p, c in zip(place, member, strict=True)], shape)
            into[int(at)] = number
    value += [_number(live[cell], path) for cell in sorted(bins)]
    if GROUPED in value[len(into) :]:
        refuse(Text("{path} does not print a group", path=path))
    up = [
        [np.array([p[c] for c in line], dtype=np.int64) for line in own]
        for p, own in zip(place, above, strict=True)
    ]
    return StagedTable(np.array(value, dtype=np.int64), up, into)


def _line(code: str, parent: Mapping[str, str], inner: set[str]) -> list[str]:
    """A code and everything that sums it up."""
    found = [code]
    while parent[found[-1]]:
        found.append(parent[found[-1]])
        if found[-1] not in inner or found.count(found[-1]) > 1:
            refuse(Text("the code list above {code}", code=code))
    return found


def _live(
    rows: list[list[str]], names: Sequence[str], place: Sequence[Mapping[str, int]], *, path: str
) -> dict[Cell, tuple[str, str]]:
    """(value, status) by codes; not areas merged away, nor classes that are collapsed everywhere."""
    column = {text: i for i, text in enumerate(rows[0])}
    found: dict[Cell, tuple[str, str]] = {}
    for row in rows[1:]:
        cell = tuple(row[column[name]] for name in names)
        status = row[column["status"]]
        known = all(c in own for c, own in zip(cell, place, strict=True))
        if not known and status in ("M", "G"):
            continue
        if cell in found:
            refuse(Text("{path} lacks or repeats a row", path=path))
        found[cell] = row[column["value"]], status
    return found


def _number(row: tuple[str, str] | None, path: str) -> int:
    if row is None:
        refuse(Text("{path} lacks or repeats a row", path=path))
    text, status = row
    mark, number = _MARKS.get(text, ("A", 0))
    if mark != status or (mark == "A" and not _NUMBER.fullmatch(text)):
        refuse(Text("{path} has a status that does not fit its value", path=path))
    return int(text) if mark == "A" else number


Told = tuple[int, str, int, str, tuple[str, ...]]
"""Axis of the areas, area, axis of the classes, group, its classes."""


def _told(
    files: Mapping[str, bytes], names: Sequence[str], above: Sequence[Sequence[Sequence[str]]]
) -> Iterator[Told]:
    """Which classes which area counts in which group, as ``collapses.csv`` says."""
    rows = rows_of(files, "data/collapses.csv") if "data/collapses.csv" in files else [[]]
    members: dict[tuple[int, str, int, str], list[str]] = {}
    for row in rows[1:]:
        own = dict(zip(rows[0], row, strict=True))
        inner = [i for i, lines in enumerate(above) if own.get("area") in [x[0] for x in lines]]
        if not own.get("area") or own["column"] not in names or not inner:
            continue
        key = inner[0], own["area"], list(names).index(own["column"]), own["target"]
        members.setdefault(key, []).append(own["source"])
    for key, classes in members.items():
        yield (*key, tuple(classes))


def _bins(told: Sequence[Told], codes: Sequence[Sequence[str]]) -> dict[Cell, list[Cell]]:
    """Codes of every group that the code list does not have, and of the cells that it adds up."""
    found: dict[Cell, list[Cell]] = {}
    for axis, area, of, group, members in told:
        if group in codes[of]:
            continue
        spans: list[Sequence[str]] = list(codes)
        spans[axis], spans[of] = [area], [group]
        for cell in product(*spans):
            found[cell] = [(*cell[:of], m, *cell[of + 1 :]) for m in members]
    return found


def _require_grouped(
    value: Ints,
    told: Sequence[Told],
    marks: tuple[Sequence[Sequence[Sequence[str]]], Sequence[Mapping[str, int]]],
    path: str,
) -> None:
    """Places are empty where a code is no sum of whole groups of its area, and nowhere else."""
    above, place = marks
    want = np.zeros(value.shape, dtype=bool)
    for axis, area, of, _, members in told:
        held: dict[str, int] = {}
        for line in above[of]:
            for code in line if line[0] in members else ():
                held[code] = held.get(code, 0) + 1
        for code, n in held.items():
            where: list[slice | int] = [slice(None)] * value.ndim
            where[axis], where[of] = place[axis][area], place[of][code]
            if n < len(members):
                want[tuple(where)] = True
    if (want != (value == GROUPED)).any():
        refuse(Text("{path} has a place that is grouped here and not there", path=path))
