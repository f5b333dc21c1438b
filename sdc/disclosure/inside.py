"""Do the witnesses of a file keep their promises to those who know one cell from inside as well?

Whoever owns a unit knows that the own innermost cell holds one; contributors to a measure know their
sum. Which cells hold units is read off the true numbers, not off what the maker says of them. Part of
the checker of the staged files; imports numpy and the error types.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sdc.disclosure.stagedtable import refuse
from sdc.disclosure.witnessed import Arrays, Ints, Piece
from sdc.messages import Text

COUNT = "count"


@dataclass(frozen=True)
class Moved:
    """What happens to the promised cells of a piece: ``truth`` of its promises (p,), and for every
    witness that moves one: promise, witness, difference (m,). ``up`` and ``into`` are those of the
    staged table; no axes for places that no table prints.
    """

    truth: Ints
    promise: Ints
    witness: Ints
    step: Ints
    up: list[list[Ints]]
    into: Ints


def check_inside(pieces: Sequence[Piece], moved: Sequence[Moved], arrays: Arrays) -> None:
    """Every promise must be kept by witnesses that leave what is known in any single innermost cell.

    A promise that a cell can be low is not owed to those who know more of it from inside, and none
    beyond what earlier releases leave, as the file says.
    O(promises x witnesses that keep them x cells that these empty).
    """
    seat, least = _seats(pieces, arrays)
    emptied = _emptied(pieces, (seat, least), len(arrays["indptr"]) - 1)
    left = _left(arrays, (seat, least))
    for number, (piece, seen) in enumerate(zip(pieces, moved, strict=True)):
        mine = {k: arrays[k][arrays["promise_table"] == number] for k in PROMISE}
        order = np.argsort(seen.promise, kind="stable")
        ends = np.searchsorted(seen.promise[order], np.arange(len(seen.truth) + 1))
        place = np.flatnonzero(arrays["promise_table"] == number)
        for i, truth in enumerate(seen.truth.tolist()):
            part = order[ends[i] : ends[i + 1]]
            witness, step = seen.witness[part], seen.step[part]
            upper, lower = int(mine["promise_upper"][i]), int(mine["promise_lower"][i])
            nearer, cell = left.get(int(place[i]), {}), int(mine["promise_cell"][i])
            for k, (low_end, high_end) in nearer.items():
                own = np.array([k not in emptied[w] for w in witness.tolist()], dtype=bool)
                reach = step[own].max(initial=0), step[own].min(initial=0)
                short = reach[1] > max(lower, low_end) - truth
                if short and least[k] > lower:
                    short = not _inside((piece, seen), cell, pieces, int(seat[k]))
                if short or reach[0] < min(upper, high_end) - truth:
                    refuse(Text("what earlier releases leave to the owner of a unit"))
            if upper > truth and _common(emptied, witness[step >= upper - truth]) - nearer.keys():
                refuse(Text("an upper promise to the owner of a unit"))
            if lower < truth:
                seen_by = _common(emptied, witness[step <= lower - truth]) - nearer.keys()
                low = [k for k in seen_by if least[k] <= lower]
                high = [k for k in seen_by if least[k] > lower]
                if low or not all(_inside((piece, seen), cell, pieces, int(seat[k])) for k in high):
                    refuse(Text("a lower promise to the owner of a unit"))
            second = upper <= truth <= lower
            fixed = {k for k, (low_end, high_end) in nearer.items() if low_end == high_end}
            if second and _common(emptied, witness[step != 0]) - fixed:
                refuse(Text("the promise of a second value to the owner of a unit"))


PROMISE = ("promise_upper", "promise_lower", "promise_cell")


def _seats(pieces: Sequence[Piece], arrays: Arrays) -> tuple[Ints, Ints]:
    """(s,) places among all numbers where somebody stands, ascending, and what is known there.

    In counts of the same records the cells of a margin are sums: whoever stands in one stands in a cell
    of the finer table, and leaves nothing to ask there.
    """
    finest = [
        p for p in pieces
        if p.family[1] == COUNT
        and not any(p.family == q.family and set(p.names) < set(q.names) for q in pieces)
    ]  # fmt: skip
    counts = [p.start + np.flatnonzero(p.value > 0) for p in finest]
    seat = np.concatenate([*counts, arrays["known_index"]]).astype(np.int64)
    units = sum(len(c) for c in counts)
    least = np.concatenate([np.ones(units, dtype=np.int64), arrays["known_least"]])
    order = np.argsort(seat, kind="stable")
    return seat[order], least[order]


def _left(arrays: Arrays, seats: tuple[Ints, Ints]) -> dict[int, dict[int, tuple[int, int]]]:
    """By promise and seat the ends that earlier releases leave, as the file says."""
    number = {pair: k for k, pair in enumerate(zip(*(s.tolist() for s in seats), strict=True))}
    out: dict[int, dict[int, tuple[int, int]]] = {}
    rows = (arrays[f"left_{n}"].tolist() for n in ("promise", "index", "known", "lower", "upper"))
    for promise, at, known, lower, upper in zip(*rows, strict=True):
        if (at, known) in number:
            out.setdefault(promise, {})[number[at, known]] = (lower, upper)
    return out


def _emptied(
    pieces: Sequence[Piece], seats: tuple[Ints, Ints], witnesses: int
) -> list[frozenset[int]]:
    """For every witness the seats in which it leaves less than is known there."""
    seat, least = seats
    found: list[list[int]] = [[] for _ in range(witnesses)]
    for piece in pieces:
        place = piece.start + piece.cell
        after = piece.value[piece.cell] + piece.step
        first, last = np.searchsorted(seat, place), np.searchsorted(seat, place, side="right")
        while (open_ := first < last).any():
            at = first[open_]
            gone = after[open_] < least[at]
            for w, k in zip(piece.witness[open_][gone].tolist(), at[gone].tolist(), strict=True):
                found[w].append(k)
            first = first + 1
    return [frozenset(f) for f in found]


def _common(emptied: Sequence[frozenset[int]], witness: Ints) -> frozenset[int]:
    """The seats that all of some witnesses empty; the small ones are looked at first."""
    sets = sorted((emptied[w] for w in witness.tolist()), key=len)
    left = sets[0] if sets else frozenset()
    for other in sets[1:]:
        if not left:
            break
        left &= other
    return left


def _inside(promised: tuple[Piece, Moved], cell: int, pieces: Sequence[Piece], seat: int) -> bool:
    """Whether an innermost place lies in the cell that a promise speaks of."""
    piece, seen = promised
    if not seen.up:
        return seat == piece.start + cell
    home = next(p for p in pieces if p.start <= seat < p.start + len(p.value))
    own = {
        n: home.codes[a][int(k)]
        for a, (n, k) in enumerate(zip(home.names, home.at[seat - home.start], strict=True))
    }
    spans = []
    for name, codes, above in zip(piece.names, piece.codes, seen.up, strict=True):
        may = [own[name]] if name in own else _possible(pieces, home, own, name) or codes
        lines = [set(above[codes.index(c)].tolist()) if c in codes else set() for c in may]
        # What sums up all codes that the place can have contains it.
        spans.append(sorted(set.intersection(*lines)))
    if home.family != piece.family or not all(spans):
        return False
    shape = [1 + max(int(line.max()) for line in above) for above in seen.up]
    flat = np.ravel_multi_index(np.meshgrid(*spans, indexing="ij"), shape).ravel()
    return bool((flat == cell).any() or (seen.into[flat] == cell).any())


def _possible(pieces: Sequence[Piece], home: Piece, own: dict[str, str], name: str) -> list[str]:
    """The codes of another dimension that a place can have, by the places that link the tables."""
    for piece in pieces:
        if piece.table is None and piece.family == home.family and name in piece.names:
            fits = np.ones(len(piece.value), dtype=bool)
            for axis, other in enumerate(piece.names):
                if other in own and own[other] in piece.codes[axis]:
                    fits &= piece.at[:, axis] == piece.codes[axis].index(own[other])
            axis = piece.names.index(name)
            return [piece.codes[axis][k] for k in np.unique(piece.at[fits, axis]).tolist()]
    return []
