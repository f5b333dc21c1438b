"""What adds to what in a print, and which parts speak of the same records? The verifier's other page.

Read off rows and code lists as they are printed, so that nothing of it is believed. A row, code or place
that whoever reads the files loses is missed here, as a LookupError or as a sum without its code.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import product
from typing import NamedTuple

Cell = tuple[str, ...]
Seat = tuple[int, Cell, int]  # number of a part, place, what somebody knows it to hold


class Part(NamedTuple):
    """A printed table, or places that none prints (rows of None), with what is offered and promised."""

    name: str
    family: tuple[str, str]  # whose records, and what of them: "count", or a measure
    names: Sequence[str]  # of its dimensions
    above: Sequence[Mapping[str, str]]  # for each, code -> what it adds to, "" at the top
    rows: Mapping[Cell, str | None]  # codes -> what is printed, "M" where merged away
    groups: Mapping[Cell, str]  # (area, dimension, class) -> the class that counts it there
    factor: int  # a row prints so many times its number
    tables: Sequence[Mapping[Cell, int]]  # by innermost place: the truth, then differences
    promises: Sequence[tuple[Cell, int, int, int]]  # cell, upper, lower, slide
    bounds: Mapping[Cell, tuple[int, int]]  # what everybody knows a cell to hold
    known: Mapping[Cell, list[int]]  # what contributors know a place of a measure to hold
    left: Mapping[tuple[Cell, Seat], tuple[int, int]]  # ends nearer than promised, to one seat


class Refused(Exception):
    """What does not hold, and in which part."""


def require(holds: object, what: str, part: Part) -> None:
    """Refused unless it holds."""
    if not holds:
        raise Refused(what, part.name)


def cells_over(part: Part) -> dict[Cell, list[Cell]]:
    """For each innermost place all rows that it adds to; what is empty is so for a group below it."""
    blank = {value is None for value in part.rows.values()}
    require(part.factor >= 1 and len(blank) <= 1, "printed", part)
    for i, up in enumerate(part.above):
        used = {cell[i] for cell, value in part.rows.items() if value is not None}
        inner = {place[i] for place in part.tables[0]}.isdisjoint(up.get(c) for c in used)
        require(inner and sum(up.get(c) == "" for c in used) <= 1, "codes", part)
    over = {place: _over(part, place) for place in part.tables[0]}
    empty = {cell for cell, value in part.rows.items() if value == ""}
    grouped = {c for place, cells in over.items() if place in empty for c in cells}
    require(
        empty.isdisjoint(c for cells in over.values() for c in cells if c not in grouped),
        "group",
        part,
    )
    return over


def _over(part: Part, place: Cell) -> list[Cell]:
    """A class that its area counts in a group prints nothing itself, and adds to the group as well."""
    cells = [*product(*map(line, part.above, place))]
    moved = [cell for cell in cells if part.groups and groups_of(part, cell)]
    empty = all(part.rows[cell] == "" for cell in moved)
    require(empty and (moved or part.rows[place] != ""), "group", part)
    return [*cells, *(group for cell in moved for group in groups_of(part, cell))]


def groups_of(part: Part, cell: Cell) -> list[Cell]:
    """The groups of its area that a cell adds to."""
    keys = [(i, (area, name, cell[i])) for i, name in enumerate(part.names) for area in cell]
    found = [(i, part.groups[key]) for i, key in keys if key in part.groups]
    return [(*cell[:i], group, *cell[i + 1 :]) for i, group in found]


def line(above: Mapping[str, str], code: str) -> list[str]:
    """A code and all that it adds to, up to the top."""
    return [code, *line(above, above[code])] if code else []


def sums(over: Mapping[Cell, Sequence[Cell]], numbers: Mapping[Cell, int]) -> Counter[Cell]:
    """The sum of every cell that some places add to."""
    total = Counter[Cell]()
    for place, n in numbers.items():
        for cell in over[place]:
            total[cell] += n
    return total


def finest(parts: Sequence[Part], part: Part) -> bool:
    """Whether no other part says more of where each of the records stands."""
    return not any({*part.names} < {*p.names} for p in parts if p.family == part.family)


def linked(before: Sequence[Part], part: Part) -> bool:
    """Whether one set of records bears a part beside those before (Dobra and Fienberg 2000).

    It does where all that the part shares with them it shares with one of them, and agrees with it.
    """
    kin = [p for p in before if p.family == part.family]
    names = [n for n in part.names if any(n in p.names for p in kin)]
    whole = (p for p in kin if {*names} <= {*p.names})
    return not kin or any(_margins(part, names) == _margins(p, names) for p in whole)


def _margins(part: Part, names: Sequence[str]) -> list[Counter[Cell]]:
    at, out = [part.names.index(n) for n in names], [Counter[Cell]() for _ in part.tables]
    for own, total in zip(part.tables, out, strict=True):
        for place, n in own.items():
            total[tuple(place[i] for i in at)] += n
    return out


def within(parts: Sequence[Part], seat: Seat, part: Part, cell: Cell) -> bool:
    """Whether every place of a part that may hold the unit of a seat adds to a cell."""
    home, place = parts[seat[0]], seat[1]
    if home is part or home.family != part.family:
        return home is part and cell in _over(part, place)
    may = {n: {code} for n, code in zip(home.names, place, strict=True)}
    fits: list[Cell] = []
    for link in (*(p for p in parts if p.family == part.family), part):
        both = [(i, may[n]) for i, n in enumerate(link.names) if n in may]
        fits = [q for q in link.tables[0] if all(q[i] in codes for i, codes in both)]
        may |= {n: {q[i] for q in fits} for i, n in enumerate(link.names)}
    return bool(fits) and all(cell in _over(part, q) for q in fits)
