"""How are records counted piece by piece, in memory that does not grow with them?

A ``Tally`` has one row a key that occurs: how many records, what they measure together, the largest
of them. ``tally`` makes one of a piece; ``combine`` joins several and is associative and commutative.
Rows stand in the order of the keys, so that the answer is the same whatever the pieces and whoever
counted them, in whatever order.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numba
import numpy as np

from sdc.errors import InputError
from sdc.messages import Text
from sdc.model.coded import Coded
from sdc.model.hierarchy import IntArray
from sdc.tables.tabulate import TOP, largest_of

WAITING = 1_000_000
"""Rows that may wait before they are joined, or a quarter of the joined ones where that is more."""

BLOCK = 1_000_000
"""Rows with measures that are joined at once."""


@dataclass(frozen=True, eq=False)
class Tally:
    """What the records of some pieces come to, by key.

    ``key`` (n,) ascends; ``weight`` (n,) counts records; ``amounts`` maps a measure to its sums (n,)
    and its largest contributions (n, 3), descending, in steps.
    """

    key: IntArray
    weight: IntArray
    amounts: Mapping[str, tuple[IntArray, IntArray]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.key)


def tally(key: IntArray, steps: Mapping[str, IntArray] | None = None) -> Tally:
    """Records (n,) by key, with the steps (n,) that each of them measures; O(n log n).

    >>> made = tally(np.array([7, 3, 7]), {"area": np.array([5, 1, 2])})
    >>> made.key.tolist(), made.weight.tolist(), made.amounts["area"][1].tolist()
    ([3, 7], [1, 2], [[1, 0, 0], [5, 2, 0]])
    """
    if not steps:
        keys = np.sort(key)
        start = _starts(keys)
        return Tally(keys[start], _lengths(start, len(keys)))
    each = {name: (s, s[:, None]) for name, s in steps.items()}
    return _joined(key, np.ones(len(key), dtype=np.int64), each)


def combine(parts: Iterable[Tally]) -> Tally:
    """All parts as one; memory follows the keys that occur, not the parts.

    Raises InputError where there is no part, or where parts measured different things.

    >>> combine([tally(np.array([7])), tally(np.array([3, 7]))]).weight.tolist()
    [1, 2]
    """
    held: list[Tally] = []
    waiting = 0
    for part in parts:
        waiting += len(part) if held else 0
        held.append(part)
        if waiting > max(WAITING, len(held[0]) // 4):
            held, waiting = [_merged(held)], 0
    if not held:
        raise InputError(Text("there are no records"), code="records-none")
    return _merged(held) if len(held) > 1 else held[0]


def condense(coded: Coded) -> Coded:
    """One row a combination of codes that occurs; every table of it equals that of the records.

    >>> from sdc.model.hierarchy import Hierarchy
    >>> sex = Hierarchy.flat("sex", ["f", "m"])
    >>> people = condense(Coded("people", {"sex": sex}, {"sex": np.array([1, 1, 0])}))
    >>> people.leaf["sex"].tolist(), people.units.tolist()
    ([0, 1], [1, 2])
    """
    key, _ = coded.key(list(coded.dims))
    each = {name: (m.steps, m.largest) for name, m in coded.measures.items()}
    return spread(_joined(key, coded.units, each), coded)


def spread(counted: Tally, like: Coded) -> Coded:
    """A tally over the combined codes of all dimensions of ``like``, as records of its kind."""
    names = list(like.dims)
    shape = tuple(len(like.dims[n].leaves) for n in names)
    places = np.unravel_index(counted.key, shape) if names else ()
    measures = {
        name: replace(like.measures[name], steps=steps, top=top)
        for name, (steps, top) in counted.amounts.items()
    }
    leaf = {n: p.astype(np.int64) for n, p in zip(names, places, strict=True)}
    return replace(like, leaf=leaf, weight=counted.weight, measures=measures)


def _merged(parts: Sequence[Tally]) -> Tally:
    """Parts as one, a range of keys after the other: what is held beside parts and result is a block."""
    names = list(parts[0].amounts)
    if any(list(p.amounts) != names for p in parts):
        raise InputError(
            Text("parts with different measures cannot be joined"),
            code="pieces",
        )
    if not names:
        return _counts(parts)
    longest = max(parts, key=len).key
    blocks = max(sum(len(p) for p in parts) // BLOCK, 1)
    edges = longest[np.arange(1, blocks) * len(longest) // blocks]
    bounds = [[0, *np.searchsorted(p.key, edges).tolist(), len(p)] for p in parts]
    # As large as it can become; what is not filled takes no memory.
    total = sum(len(p) for p in parts)
    out = Tally(_room(total), _room(total), {n: (_room(total), _room(total, TOP)) for n in names})
    end = 0
    for i in range(blocks):
        made = _block([_cut(p, b[i], b[i + 1]) for p, b in zip(parts, bounds, strict=True)], names)
        place = slice(end, end + len(made))
        out.key[place], out.weight[place] = made.key, made.weight
        for n in names:
            out.amounts[n][0][place], out.amounts[n][1][place] = made.amounts[n]
        end += len(made)
    return _cut(out, 0, end)


def _counts(parts: Sequence[Tally]) -> Tally:
    """Parts without measures as one, the two shortest first; O(rows x log parts)."""
    left = sorted(parts, key=len, reverse=True)
    while len(left) > 1:
        one, other = left.pop(), left.pop()
        total = len(one) + len(other)
        # As large as it can become; what is not filled takes no memory.
        key, weight = _room(total), _room(total)
        end = _zipped((one.key, one.weight), (other.key, other.weight), (key, weight))
        left.append(Tally(key[:end], weight[:end]))
        left.sort(key=len, reverse=True)
    return left[0]


@numba.njit(cache=True, nogil=True)
def _zipped(one: Any, other: Any, out: Any) -> int:
    """Two ascending lists of keys with weights as one; the number of rows that it has.

    Other threads read on meanwhile: joining is what counting would wait for.
    """
    (key, weight), (other_key, other_weight), (out_key, out_weight) = one, other, out
    i = j = end = 0
    while i < len(key) and j < len(other_key):
        first, second = key[i], other_key[j]
        out_key[end] = min(first, second)
        out_weight[end] = 0
        if first <= second:
            out_weight[end] += weight[i]
            i += 1
        if second <= first:
            out_weight[end] += other_weight[j]
            j += 1
        end += 1
    for k in range(i, len(key)):
        out_key[end], out_weight[end] = key[k], weight[k]
        end += 1
    for k in range(j, len(other_key)):
        out_key[end], out_weight[end] = other_key[k], other_weight[k]
        end += 1
    return end


def _room(*shape: int) -> IntArray:
    """Whole numbers that are not filled yet."""
    return np.empty(shape, dtype=np.int64)


def _cut(part: Tally, start: int, stop: int) -> Tally:
    """Some rows of a tally, without copying them."""
    amounts = {n: (s[start:stop], t[start:stop]) for n, (s, t) in part.amounts.items()}
    return Tally(part.key[start:stop], part.weight[start:stop], amounts)


def _block(parts: Sequence[Tally], names: Sequence[str]) -> Tally:
    """Parts as one, all at once."""
    amounts = {
        n: (
            np.concatenate([p.amounts[n][0] for p in parts]),
            np.concatenate([p.amounts[n][1] for p in parts]),
        )
        for n in names
    }
    key = np.concatenate([p.key for p in parts])
    return _joined(key, np.concatenate([p.weight for p in parts]), amounts)


def _joined(
    key: IntArray, weight: IntArray, each: Mapping[str, tuple[IntArray, IntArray]]
) -> Tally:
    """Rows of equal keys as one; ``each`` holds sums (n,) and contributions (n, t)."""
    # Joined parts are ascending runs one after the other, which a stable sort only merges.
    order = np.argsort(key, kind="stable")
    keys = key[order]
    start = _starts(keys)
    amounts = {}
    for name, (steps, largest) in each.items():
        group = np.repeat(np.arange(len(start)), _lengths(start, len(keys)))
        added = _added(steps[order], start)
        amounts[name] = added, _largest(largest[order], group, len(start))
    return Tally(keys[start], _added(weight[order], start), amounts)


def _starts(keys: IntArray) -> IntArray:
    """Where each different key begins among ascending keys."""
    fresh = np.ones(len(keys), dtype=bool)
    np.not_equal(keys[1:], keys[:-1], out=fresh[1:])
    return np.flatnonzero(fresh).astype(np.int64)


def _lengths(start: IntArray, end: int) -> IntArray:
    """How many rows each group has."""
    out = np.empty_like(start)
    np.subtract(start[1:], start[:-1], out=out[:-1])
    out[-1:] = end - start[-1:]
    return out


def _added(value: IntArray, start: IntArray) -> IntArray:
    return np.add.reduceat(value, start) if len(start) else value[:0]


def _largest(each: IntArray, group: IntArray, groups: int) -> IntArray:
    """(groups, TOP) the largest contributions of every group of rows, descending."""
    flat, value = np.repeat(group, each.shape[1]), each.ravel()
    keep = largest_of(flat, value, TOP)
    kept = flat[keep]
    out = np.zeros((groups, TOP), dtype=np.int64)
    out[kept, np.arange(len(kept)) - np.searchsorted(kept, kept)] = value[keep]
    return out
