"""Does a certificate hold, and for whom? Reads a package and its witness file for the ``verifier``.

What is read here the verifier takes for an offer: a number, row or code that is lost or misread makes it
refuse. It shares nothing with the checker of the staged files (``staged``) but the format of the witness
file (``evidence``): two readers, written apart, say the same of a package.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sdc.disclosure.adding import Cell, Part, Refused, Seat, line
from sdc.disclosure.certified import UNREADABLE, header_of, read_witness, rows_of, value_of
from sdc.disclosure.verifier import verify
from sdc.errors import NotProven
from sdc.messages import Text

PACKAGE = "datapackage.json"
OF_TABLE = dict.fromkeys(("records", "measure", "step")).keys()
"""What a package says of each table that a certificate must not see otherwise."""
FAILURES = {
    "negative": Text("a negative number"),
    "printed": Text("a printed number"),
    "fixed": Text("an X with one value"),
    "known": Text("what is known beforehand"),
    "promise": Text("a promise"),
    "owners": Text("a promise to the owner of a unit"),
    "margin": Text("a shared margin"),
    "codes": Text("the order of the codes"),
    "group": Text("a group"),
}
"""What a certificate can fail by; told in the reader's language."""


@dataclass(frozen=True)
class Held:
    """What was added up, and for whom it holds: readers, and with ``owners`` the owner of any one unit.

    ``bounds`` are what the file takes everybody to know of cells, ``contributions`` what it takes those
    inside to know of measures, ``taken`` how many promises to them it ends where it says that earlier
    releases leave no more. ``min_count`` is 0 where the promises stand in the file alone.
    """

    level: str
    owners: bool
    witnesses: int
    promises: int
    cells: int
    tables: int
    bounds: int
    contributions: int
    taken: int
    min_count: int


def verify_certificate(files: Mapping[str, bytes], witness: bytes, *, min_count: int = 0) -> Held:
    """Add up every witness over the CSV files of a package; what holds, and for whom.

    With ``min_count`` every count below it is among the promises, whether the file says so or not:
    found here, from the numbers that add up to the print. O(differences x levels).

    Raises NotProven where a printed number changes, an X has one value, a number is negative, a promise
    is not kept to everybody, two tables of the same records disagree, or the package says more of
    itself than the file.
    """
    try:
        head, a = read_witness(witness)
        _require_told(files, head, a)
        parts = parts_of(files, head["pieces"], a)
        inside = head["owners"] is True
        _require_as_much(files, head, small=min_count > 0)
        verify(parts, owners=inside, min_count=min_count)
    except Refused as refusal:
        what, where = refusal.args
        text = Text("the certificate fails: {what} ({where})", what=FAILURES[what], where=where)
        raise NotProven(text) from refusal
    except UNREADABLE as error:
        what = type(error).__name__
        raise NotProven(Text("not a certificate of this ({what})", what=what)) from error
    printed = [p for p in parts if None not in p.rows.values()]
    return Held(
        str(head["level"]),
        inside,
        len(a["indptr"]) - 1,
        len(a["promise_cell"]),
        sum(len(order_of(p)) for p in printed),
        len(printed),
        len(a["prior_cell"]),
        len(a["known_index"]) if inside else 0,
        len(a["left_promise"]) if inside else 0,
        min_count,
    )


def _require_told(files: Mapping[str, bytes], head: Any, a: Mapping[str, Any]) -> None:
    """Every table of the package has one piece, and every promise and bound has a piece and a cell.

    Raises NotProven where that is not so.
    """
    marked, pieces = {"value", "status"}, head["pieces"]
    long = [p for p in sorted(files) if p.endswith(".csv") and marked <= set(header_of(files[p]))]
    tables = sorted(f"data/{p['table']}.csv" for p in pieces if p["table"])
    asked = list(zip(a["promise_table"], a["promise_cell"], strict=True))
    priors = list(zip(a["prior_table"], a["prior_cell"], strict=True))
    placed = all(0 <= t < len(pieces) and c >= 0 for t, c in asked + priors)
    twice = len(set(asked)) != len(asked) or len(set(priors)) != len(priors)
    rows = a["indptr"]
    whole = rows == sorted(rows) and (rows[0], rows[-1]) == (0, len(a["index"]))
    if tables != long or twice or not placed or not whole:
        raise NotProven(Text("the certificate speaks of other tables than this package"))


def _require_as_much(files: Mapping[str, bytes], head: Any, *, small: bool) -> None:
    """NotProven where the package says more of itself than the file, or the file less than is asked."""
    if small and head["level"] not in ("interval", "rule-aware"):
        raise NotProven(
            Text("at the level {level} no cell need reach a threshold", level=head["level"])
        )
    if PACKAGE not in files:
        return
    said = json.loads(files[PACKAGE])
    kinds = {r["path"]: [r[k] for k in OF_TABLE] for r in said["resources"] if r.keys() >= OF_TABLE}
    for piece in head["pieces"]:
        path = f"data/{piece['table']}.csv"
        if piece["table"] and kinds[path] != [*piece["family"], piece["factor"]]:
            raise NotProven(Text("the certificate speaks of other tables than this package"))
    if said.get("protectionOwners", False) and head["owners"] is not True:
        raise NotProven(
            Text("the certificate speaks of readers alone, the package of owners as well")
        )
    if said["protectionLevel"] != head["level"]:
        raise NotProven(
            Text(
                "the package says it is protected at {said}, the certificate speaks of {level}",
                said=said["protectionLevel"],
                level=head["level"],
            )
        )


def parts_of(files: Mapping[str, bytes], pieces: Sequence[Any], a: Mapping[str, Any]) -> list[Part]:
    """The parts of a release for the verifier, each after those that it shares most with."""
    rest, order = list(range(len(pieces))), list[int]()
    while rest:
        seen = {(*pieces[k]["family"], n) for k in order for n in pieces[k]["names"]}
        rest.sort(key=lambda k: sum((*pieces[k]["family"], n) in seen for n in pieces[k]["names"]))
        order.append(rest.pop())
    return _with_ends([part_of(files, pieces[k], a, k) for k in order], (pieces, order), a)


def _with_ends(
    parts: list[Part], told: tuple[Sequence[Any], list[int]], a: Mapping[str, Any]
) -> list[Part]:
    """The parts, with the ends that earlier releases leave to single seats, as the file says."""
    pieces, order = told
    if not a["left_promise"]:
        return parts
    cells, places = [order_of(p) for p in parts], [list(p.tables[0]) for p in parts]
    starts = [pieces[k]["start"] for k in order]
    ends: list[dict[tuple[Cell, Seat], tuple[int, int]]] = [{} for _ in parts]
    columns = [a[f"left_{name}"] for name in ("promise", "index", "known", "lower", "upper")]
    for promise, index, known, lower, upper in zip(*columns, strict=True):
        p = order.index(a["promise_table"][promise])
        home = max((start, h) for h, start in enumerate(starts) if start <= index)[1]
        seat = (home, places[home][index - starts[home]], known)
        ends[p][cells[p][a["promise_cell"][promise]], seat] = (lower, upper)
    return [part._replace(left=left) for part, left in zip(parts, ends, strict=True)]


def part_of(files: Mapping[str, bytes], piece: Any, a: Mapping[str, Any], number: int) -> Part:
    """One piece of a witness file, beside what the package prints of it."""
    at = slice(piece["start"], piece["start"] + piece["size"])
    names, codes = list(piece["names"]), piece["codes"]
    places: list[Cell] = [
        tuple(own[k] for own, k in zip(codes, row, strict=False)) for row in a["at"][at]
    ]
    if piece["table"]:
        above = [_above(files[f"data/codelist_{name}.csv"]) for name in names]
        rows, groups = _rows(files[f"data/{piece['table']}.csv"], names), _groups(files, names)
    else:  # several places may carry the same codes: number them
        names = [f"#{number}", *names]
        places = [(f"{i:09}", *place) for i, place in enumerate(places)]
        above = [dict.fromkeys(column, "") for column in zip(*places, strict=True)]
        rows, groups = dict.fromkeys(places), {}
    tables = [dict(zip(places, a["value"][at], strict=True))]
    for first, last in zip(a["indptr"], a["indptr"][1:], strict=False):
        pairs = zip(a["index"][first:last], a["step"][first:last], strict=True)
        tables.append({places[i - at.start]: v for i, v in pairs if at.start <= i < at.stop})
    known: dict[Cell, list[int]] = {}
    for i, least in zip(a["known_index"], a["known_least"], strict=True):
        if at.start <= i < at.stop:
            known.setdefault(places[i - at.start], []).append(least)
    family = (piece["family"][0], piece["family"][1])
    name = piece["table"] or ", ".join(piece["names"])
    bare = Part(
        name, family, names, above, rows, groups, piece["factor"], tables, [], {}, known, {}
    )
    order = order_of(bare)
    return bare._replace(
        promises=[
            (order[c], upper, lower, slide)
            for c, upper, lower, slide in _of(a, "promise", number, "upper lower slide")
        ],
        bounds={order[c]: (low, high) for c, low, high in _of(a, "prior", number, "least most")},
    )


def order_of(part: Part) -> list[Cell]:
    """The cells of a part as the file counts them: by codes, and behind them the groups of some areas."""
    if None in part.rows.values():
        return list(part.rows)
    own = [
        {c for code in set(column) for c in line(up, code)}
        for up, column in zip(part.above, zip(*part.tables[0], strict=True), strict=True)
    ]
    usual = {cell for cell in part.rows if all(c in o for c, o in zip(cell, own, strict=True))}
    groups = (c for c, value in part.rows.items() if c not in usual and value not in ("", "M"))
    return sorted(usual) + sorted(groups)


def _of(a: Mapping[str, Any], kind: str, number: int, ends: str) -> Iterator[tuple[int, ...]]:
    """Place and ends of the promises or bounds of one piece."""
    columns = [a[f"{kind}_{name}"] for name in ("table", "cell", *ends.split())]
    rows = zip(*columns, strict=True)
    return (tuple(own) for piece, *own in rows if piece == number)


def _above(data: bytes) -> dict[str, str]:
    """Code -> parent."""
    rows = rows_of(data)
    found = {r["code"]: r["parent"] for r in rows}
    if len(found) != len(rows) or "" in found:
        raise ValueError("a code list with a code that stands twice")
    return found


def _rows(data: bytes, names: Sequence[str]) -> Mapping[Cell, str | None]:
    """What each row prints, "M" for an area merged away."""
    rows = rows_of(data)
    found = {tuple(r[n] for n in names): value_of(r["value"], r["status"]) for r in rows}
    if len(found) != len(rows):
        raise ValueError("a row that stands twice")
    return found


def _groups(files: Mapping[str, bytes], names: Sequence[str]) -> dict[Cell, str]:
    """(area, column, class) -> group, for the classes that an area counts together for itself."""
    rows = [r for r in rows_of(files.get("data/collapses.csv", b"")) if r["area"]]
    found = {(r["area"], r["column"], r["source"]): r["target"] for r in rows}
    if len(found) != len(rows):
        raise ValueError("a class in two groups of one area")
    return {key: group for key, group in found.items() if key[1] in names}
