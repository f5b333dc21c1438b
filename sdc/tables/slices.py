"""What were the records when an earlier release was made, and what follows from the little that changed?

An attacker who holds both releases knows best what stayed the same. So wherever the innermost counts of
then and now agree, both releases are taken to speak of the same units; where they differ, the number of
then is an unknown of its own beside that of now, and so is every sum above it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp

from sdc.errors import InputError
from sdc.messages import Text
from sdc.model.coded import Coded, Crossing, sums
from sdc.model.hierarchy import IntArray
from sdc.model.system import BoolArray, System


def as_then(
    now: Coded, then: Coded, bridge: Mapping[str, IntArray], crossings: Sequence[Crossing] = ()
) -> Coded | None:
    """The records of now, with the counts and amounts of then; None where nothing changed.

    ``bridge[dim]`` takes an innermost code of ``now`` to one of ``then``. What ``then`` does not tell
    apart is split as it is now, as far as that goes. O(rows log rows).

    Raises InputError where ``then`` has a code that no code of now leads to.

    >>> from sdc.model.hierarchy import Hierarchy
    >>> sex = Hierarchy.flat("sex", ["f", "m"])
    >>> now = Coded("p", {"sex": sex}, {"sex": np.array([0, 1])}, weight=np.array([5, 2]))
    >>> then = Coded("p", {"sex": sex}, {"sex": np.array([0, 1])}, weight=np.array([4, 2]))
    >>> as_then(now, then, {"sex": np.array([0, 1])}).units.tolist()
    [4, 2]
    """
    names = list(then.dims)
    shape = tuple(len(then.dims[n].leaves) for n in names)
    key = np.ravel_multi_index([bridge[n][now.leaf[n]] for n in names], shape).astype(np.int64)
    was, _ = then.key(names)
    places = np.union1d(key, was)
    own, old = np.searchsorted(places, key), np.searchsorted(places, was)

    def differs(mine: IntArray, theirs: IntArray) -> bool:
        size = len(places)
        return not np.array_equal(sums(own, mine, size), sums(old, theirs, size))

    measures = [m for m in then.measures if m in now.measures]
    pairs = [(now.measures[m].steps, then.measures[m].steps) for m in measures]
    if not any(differs(a, b) for a, b in [(now.units, then.units), *pairs]):
        return None
    gone = np.setdiff1d(places, key)
    grown = _with_rows(now, dict(zip(names, np.unravel_index(gone, shape), strict=True)),
                       (bridge, crossings))  # fmt: skip
    own = np.concatenate([own, np.searchsorted(places, gone)])

    def fitted(mine: IntArray, theirs: IntArray) -> IntArray:
        return _fitted(own, mine, sums(old, theirs, len(places)))

    amounts = {
        m: replace(v, steps=fitted(v.steps, then.measures[m].steps), top=None)
        if m in measures else v
        for m, v in grown.measures.items()
    }  # fmt: skip
    return replace(grown, weight=fitted(grown.units, then.units), measures=amounts)


def _fitted(place: IntArray, value: IntArray, target: IntArray) -> IntArray:
    """Values changed as little as the sums by place demand: cut from the end, added in front."""
    order = np.argsort(place, kind="stable")
    at, mine = place[order], value[order]
    first = np.searchsorted(at, at)
    total = np.concatenate([[0], np.cumsum(mine)])
    before = total[:-1] - total[first]
    kept: IntArray = np.clip(target[at] - before, 0, mine)
    short = target - sums(at, kept, len(target))
    leading = np.flatnonzero(first == np.arange(len(at)))
    kept[leading] += short[at[leading]]
    out = np.zeros(len(kept), dtype=np.int64)
    out[order] = kept
    return out


def _with_rows(
    now: Coded,
    codes: Mapping[str, IntArray],
    how: tuple[Mapping[str, IntArray], Sequence[Crossing]],
) -> Coded:
    """The records with empty rows for some codes of then; crossing dimensions get a pair that can be."""
    bridge, crossings = how
    count = len(next(iter(codes.values()), np.zeros(0)))
    leaf = {n: np.zeros(count, dtype=np.int64) for n in now.dims}
    for name, code in codes.items():
        order = np.argsort(bridge[name], kind="stable")
        found = np.searchsorted(bridge[name][order], code)
        found = np.minimum(found, len(order) - 1)
        leaf[name] = order[found].astype(np.int64)
        if (bridge[name][leaf[name]] != code).any():
            raise InputError(
                Text(
                    "an earlier release counted units under codes of {name!r} that no code "
                    "leads to",
                    name=name,
                ),
                code="ledger-codes",
            )
    for crossing in crossings:
        open_ = [n for n in crossing.names if n in now.dims and n not in codes]
        known = [n for n in crossing.names if n in codes]
        for i in range(count) if open_ and known else ():
            fits = np.all([crossing.pairs[:, crossing.names.index(n)] == leaf[n][i] for n in known],
                          axis=0)  # fmt: skip
            for n in open_:
                leaf[n][i] = crossing.pairs[np.argmax(fits), crossing.names.index(n)]
    zero = np.zeros(count, dtype=np.int64)
    return replace(
        now,
        owner=None,
        leaf={n: np.concatenate([v, leaf[n]]) for n, v in now.leaf.items()},
        weight=np.concatenate([now.units, zero]),
        measures={
            m: replace(v, steps=np.concatenate([v.steps, zero]), top=None)
            for m, v in now.measures.items()
        },
    )


@dataclass(frozen=True, eq=False)
class Then:
    """The relations of a system with those of then appended; ``at`` (n,) where each unknown stands."""

    relations: sp.csr_matrix
    at: IntArray
    value: IntArray


def with_slice(system: System, relations: sp.csr_matrix, value: IntArray) -> Then:
    """Append unknowns for everything whose value of then (n,) differs, and for all sums above it.

    ``relations`` may have further columns (other slices) behind those of the system. O(stored
    relations x depth).

    >>> s = System.plain(np.array([7, 3, 4]), sp.csr_matrix(np.array([[-1, 1, 1]])))
    >>> then = with_slice(s, s.relations, np.array([6, 2, 4]))
    >>> then.at.tolist(), then.relations.toarray().tolist()
    ([3, 4, 2], [[-1, 1, 1, 0, 0], [0, 0, 1, -1, 1]])
    """
    own, width = system.relations, relations.shape[1]
    changed = _reached(own, system.value != value)
    at = np.arange(system.n)
    at[changed] = width + np.arange(int(changed.sum()))
    touched = np.flatnonzero(abs(own).astype(np.int8) @ changed.astype(np.int64))
    part = own[touched].tocoo()
    size = width + int(changed.sum())
    extra = sp.csr_matrix((part.data, (part.row, at[part.col])), shape=(len(touched), size))
    wide = sp.csr_matrix((relations.data, relations.indices, relations.indptr),
                         shape=(relations.shape[0], size))  # fmt: skip
    rows = sp.csr_matrix(sp.vstack([wide, extra]), dtype=np.int64)
    rows.sort_indices()
    return Then(rows, at, value[changed])


def _reached(relations: sp.csr_matrix, differs: BoolArray) -> BoolArray:
    """Innermost unknowns that differ, and everything that sums one of them up."""
    rows = relations.tocoo()
    total = rows.data < 0
    above = np.full(relations.shape[0], -1, dtype=np.int64)
    above[rows.row[total]] = rows.col[total]
    is_total = np.zeros(relations.shape[1], dtype=bool)
    is_total[above[above >= 0]] = True
    out = differs & ~is_total
    row, column = rows.row[~total], rows.col[~total]
    while True:
        wider = out.copy()
        wider[above[row[out[column]]]] = True
        if np.array_equal(wider, out):
            return out
        out = wider
