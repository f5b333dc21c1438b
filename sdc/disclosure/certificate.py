"""Does a certificate hold? The whole check in one place, with sums of plain whole numbers alone.

It shares nothing with the checker of the staged files (``staged``) but the format of the witness file
(``evidence``): two readers, written apart, say the same of a package.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import combinations, product
from typing import Any

from sdc.disclosure.certified import (
    GROUPED,
    UNREADABLE,
    header_of,
    number_of,
    read_witness,
    rows_of,
)  # fmt: skip
from sdc.errors import NotProven
from sdc.messages import Text

Cell = tuple[str, ...]
Seat = tuple[int, Cell, int]
"""Number of a piece, innermost cell, and what somebody inside knows it to hold at least."""
UNENDING = 2**62

NEGATIVE = Text("a negative number")
PRINTED = Text("a printed number")
FIXED = Text("an X with one value")
KNOWN = Text("what is known beforehand")
PROMISE = Text("a promise")
TO_OWNERS = Text("a promise to the owner of a unit")
MARGIN = Text("a shared margin")
TWICE = Text("a cell that stands twice")
GROUP = Text("a group")
"""What a certificate can fail by; told in the reader's language."""


def verify_certificate(files: Mapping[str, bytes], witness: bytes) -> dict[str, int]:
    """Add up every witness over the CSV files of a package; what was counted. O(differences x levels).

    Raises NotProven where a printed number changes, an X has one value, a number is negative, a
    promise is not kept to everybody, the owner of any single unit included, or two tables of the same
    records disagree.
    """
    try:
        return _verified(files, witness)
    except UNREADABLE as error:
        what = type(error).__name__
        raise NotProven(Text("not a certificate of this ({what})", what=what)) from error


def _verified(files: Mapping[str, bytes], witness: bytes) -> dict[str, int]:
    head, a = read_witness(witness)
    pieces = head["pieces"]
    _require_told(files, pieces, a)
    every = [numbers_of(piece, a) for piece in pieces]
    # Where no owner is promised anything, no seat is looked at.
    emptied = _emptied(pieces, every, a) if head["owners"] else [set()] * (len(a["indptr"]) - 1)
    told = Counter(witnesses=len(a["indptr"]) - 1, promises=len(a["promise_cell"]))
    for number, (piece, numbers) in enumerate(zip(pieces, every, strict=True)):
        shown, above, into = printed_of(files, piece) if piece["table"] else _places(numbers[0])
        order, truth, low, high = list(shown), Counter[Cell](), Counter[Cell](), Counter[Cell]()
        totals: list[Counter[Cell]] = []
        for k, own in enumerate(numbers):
            total = Counter[Cell]()
            totals.append(total)
            for cell, v in own.items():
                _require(v + (numbers[0][cell] if k else 0) >= 0, piece, NEGATIVE)
                for place in product(*map(dict.__getitem__, above, cell)):
                    total[place] += v
            for cell, group in into.items():
                total[group] += total[cell]
            for c in shown if k == 0 else total:
                expected = shown[c] if k == 0 else 0
                same = shown[c] in (None, GROUPED) or total[c] * piece["factor"] == expected
                _require(same, piece, PRINTED)
                low[c], high[c] = (
                    (0, 0) if k == 0 else (min(low[c], total[c]), max(high[c], total[c]))
                )
            truth = total if k == 0 else truth
        fixed = [c for c in order if shown[c] is None and piece["table"] and low[c] == high[c]]
        _require(not fixed, piece, FIXED)
        known = (a[f"prior_{name}"] for name in ("table", "cell", "least", "most"))
        for t, at, least, most in zip(*known, strict=True):
            if t == number:
                fits = least <= truth[order[at]] + low[order[at]]
                fits &= truth[order[at]] + high[order[at]] <= most
                _require(fits, piece, KNOWN)
        for i in (i for i, t in enumerate(a["promise_table"]) if t == number):
            c = order[a["promise_cell"][i]]
            kept = truth[c] + high[c] >= a["promise_upper"][i] and shown[c] in (None, GROUPED)
            kept &= truth[c] + low[c] <= a["promise_lower"][i]
            _require(kept and high[c] - low[c] >= a["promise_slide"][i], piece, PROMISE)
            moved = zip(emptied, totals[1:], strict=True)
            after = [(gone, truth[c] + t[c]) for gone, t in moved if t[c]]
            bounds = (a["promise_upper"][i], a["promise_lower"][i])
            for seat, lower in _see_through(after, truth[c], bounds):
                # Nobody is promised less than what he knows to be in the cell.
                parts = (c, *(m for m, group in into.items() if group == c))
                mine = any(_lies_in(pieces, seat, (number, m), above) for m in parts)
                _require(lower < seat[2] and mine, piece, TO_OWNERS)
        told.update(cells=len(shown) if piece["table"] else 0)
    for (p, one), (q, two) in combinations(zip(pieces, every, strict=True), 2):
        names = sorted({*p["names"]} & {*q["names"]})
        for x, y in zip(one, two, strict=True) if p["family"] == q["family"] else ():
            _require(_margin(p, x, names) == _margin(q, y, names), p, MARGIN)
    return dict(told)


def _require_told(files: Mapping[str, bytes], pieces: list[Any], a: Mapping[str, Any]) -> None:
    """Every table of the package has one piece, and every promise and bound has a piece and a cell.

    Raises NotProven where that is not so.
    """
    marked = {"value", "status"}
    long = [p for p in sorted(files) if p.endswith(".csv") and marked <= set(header_of(files[p]))]
    tables = sorted(f"data/{p['table']}.csv" for p in pieces if p["table"])
    asked = list(zip(a["promise_table"], a["promise_cell"], strict=True))
    priors = list(zip(a["prior_table"], a["prior_cell"], strict=True))
    placed = all(0 <= t < len(pieces) and c >= 0 for t, c in asked + priors)
    if tables != long or len(set(asked)) != len(asked) or not placed:
        raise NotProven(Text("the certificate speaks of other tables than this package"))


def _see_through(
    after: list[tuple[set[Seat], int]], truth: int, bounds: tuple[int, int]
) -> Iterator[tuple[Seat, int]]:
    """Seats that all witnesses of a promise empty, with the lower end promised (none: infinite)."""
    upper, lower = bounds
    up = [gone for gone, v in after if v >= upper > truth]
    down = [gone for gone, v in after if v <= lower < truth]
    some = [gone for gone, _ in after if upper <= truth <= lower]
    for sets, end in ((up, UNENDING), (down, lower), (some, UNENDING)):
        yield from ((seat, end) for seat in set[Seat]().union(*sets[:1]).intersection(*sets[1:]))


def _emptied(
    pieces: list[Any], every: list[list[dict[Cell, int]]], a: Mapping[str, Any]
) -> list[set[Seat]]:
    """For every witness, where less is left than somebody inside knows to be there.

    The owner of a unit knows of one, in the finest table; what contributors to a measure know stands in
    the file.
    """
    known: dict[tuple[int, Cell], list[int]] = {}
    for number, (piece, numbers) in enumerate(zip(pieces, every, strict=True)):
        names, start = list(numbers[0]), piece["start"]
        piece["places"] = names
        for at, least in zip(a["known_index"], a["known_least"], strict=True):
            if start <= at < start + piece["size"]:
                known.setdefault((number, names[at - start]), []).append(least)
        if piece["family"][1] == "count" and not _sums(piece, pieces):
            known |= {(number, c): [1] for c, v in numbers[0].items() if v}
    out: list[set[Seat]] = []
    for k in range(1, len(every[0])):
        out.append(set())
        for number, numbers in enumerate(every):
            for c, v in numbers[k].items():
                least = known.get((number, c), ())
                out[-1] |= {(number, c, n) for n in least if numbers[0][c] + v < n}
    return out


def _sums(piece: Mapping[str, Any], pieces: list[Any]) -> bool:
    """Whether a finer table of the same records says who stands in every place of a table."""
    same = [set(q["names"]) for q in pieces if q["family"] == piece["family"]]
    return any(set(piece["names"]) < names for names in same)


def _lies_in(
    pieces: list[Any], seat: Seat, cell: tuple[int, Cell], above: list[dict[str, list[str]]]
) -> bool:
    """Whether an innermost place is part of a cell; ``above`` belongs to the table of the cell."""
    piece, home = pieces[cell[0]], pieces[seat[0]]
    if piece["family"] != home["family"] or not piece["table"]:
        return (seat[0], seat[1]) == cell
    own = dict(zip(home["names"], seat[1][-len(home["names"]) :], strict=True))
    return all(
        all(code in line[c] for c in _possible(pieces, home, own, name) or line)
        for name, code, line in zip(piece["names"], cell[1], above, strict=True)
    )


def _possible(
    pieces: list[Any], home: Mapping[str, Any], own: Mapping[str, str], name: str
) -> set[str]:
    """The codes of a dimension that a place can have, by the places that link the tables."""
    found = {own[name]} if name in own else set[str]()
    for piece in () if found else pieces:
        if not piece["table"] and piece["family"] == home["family"] and name in piece["names"]:
            every = [dict(zip(piece["names"], c[1:], strict=True)) for c in piece["places"]]
            found |= {p[name] for p in every if all(p[n] == own.get(n, p[n]) for n in p)}
    return found


def _require(holds: bool, piece: Mapping[str, Any], what: Text) -> None:
    if not holds:
        where = piece["table"] or ", ".join(piece["names"])
        raise NotProven(Text("the certificate fails: {what} ({where})", what=what, where=where))


def numbers_of(piece: Mapping[str, Any], a: Mapping[str, Any]) -> list[dict[Cell, int]]:
    """The true numbers of the innermost cells, then the differences of each witness."""
    start, size, codes = piece["start"], piece["size"], piece["codes"]
    name = [
        tuple(own[k] for own, k in zip(codes, at, strict=False)) for at in a["at"][start:][:size]
    ]
    if piece["table"] is None:  # several places may carry the same codes: number them
        name = [(f"{i:09}", *c) for i, c in enumerate(name)]
    out = [dict(zip(name, a["value"][start : start + size], strict=True))]
    for first, last in zip(a["indptr"], a["indptr"][1:], strict=False):
        pairs = zip(a["index"][first:last], a["step"][first:last], strict=True)
        out.append({name[i - start]: v for i, v in pairs if start <= i < start + size})
    return out


def printed_of(
    files: Mapping[str, bytes], piece: Mapping[str, Any]
) -> tuple[dict[Cell, int | None], list[dict[str, list[str]]], dict[Cell, Cell]]:
    """What a table prints (None: X, GROUPED: nothing), per dimension all codes that sum a code up, and
    the group of each cell that adds to one. Cells stand in code order, groups of some areas last.
    """
    names, above = piece["names"], []
    for name, own in zip(names, piece["codes"], strict=True):
        rows = rows_of(files[f"data/codelist_{name}.csv"])
        parent = {r["code"]: r["parent"] for r in rows}
        above.append({code: _line(code, parent) for code in own})
    every = [{c for line in own.values() for c in line} for own in above]
    shown: dict[Cell, int | None] = {}
    for r in rows_of(files[f"data/{piece['table']}.csv"]):
        cell = tuple(r[n] for n in names)
        main = all(c in own for c, own in zip(cell, every, strict=True))
        if main or r["status"] not in ("M", "G"):
            _require(cell not in shown, piece, TWICE)
            shown[cell] = number_of(r["value"])
    more = {c for c in shown if any(x not in own for x, own in zip(c, every, strict=True))}
    into = _told(files, piece, [sorted(own) for own in every])
    leaf = {n: set(own) for n, own in zip(names, piece["codes"], strict=True)}
    empty = {c for c, v in shown.items() if v == GROUPED}
    single = {c for c in empty if all(x in leaf[n] for n, x in zip(names, c, strict=True))}
    _require(more == {*into.values()} and single <= {*into} <= empty, piece, GROUP)
    return {c: shown[c] for c in sorted(shown, key=lambda c: (c in more, c))}, above, into


def _told(
    files: Mapping[str, bytes], piece: Mapping[str, Any], every: list[list[str]]
) -> dict[Cell, Cell]:
    """Cell -> group, for the classes that an area counts together for itself."""
    names, told = piece["names"], {}
    for r in rows_of(files.get("data/collapses.csv", b"")):
        axes = [i for i, own in enumerate(piece["codes"]) if r["area"] in own]
        if not r["area"] or r["column"] not in names or not axes:
            continue
        of = names.index(r["column"])
        spans = [[r["area"]] if i == axes[0] else own for i, own in enumerate(every)]
        spans[of] = [r["source"]]
        for cell in product(*spans):
            told[cell] = (*cell[:of], r["target"], *cell[of + 1 :])
    return told


def _line(code: str, parent: Mapping[str, str]) -> list[str]:
    return [code, *_line(parent[code], parent)] if parent[code] else [code]


def _places(
    numbers: Mapping[Cell, int],
) -> tuple[dict[Cell, int | None], list[dict[str, list[str]]], dict[Cell, Cell]]:
    """Places that no table prints: nothing is shown and nothing sums them up."""
    codes = [sorted(set(column)) for column in zip(*numbers, strict=True)]
    return dict.fromkeys(numbers), [{c: [c] for c in own} for own in codes], {}


def _margin(
    piece: Mapping[str, Any], numbers: Mapping[Cell, int], names: list[str]
) -> Counter[Cell]:
    """Sums over the named dimensions, zeros left out."""
    total = Counter[Cell]()
    at = [piece["names"].index(n) + (piece["table"] is None) for n in names]
    for cell, v in numbers.items():
        total[tuple(cell[i] for i in at)] += v
    return Counter({c: v for c, v in total.items() if v})
