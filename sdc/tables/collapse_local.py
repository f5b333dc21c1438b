"""How far must each single area's classes be collapsed, leaving safe classes as they are?

A cut of the class tree area by area. Below every inner code the classes that are too small are
counted together in one "other" bin, with the sibling that costs least where they are still too few;
siblings that are large enough keep their own rows. Rows that are detailed here and collapsed there
form one system with their totals (``grouping``): the audit decides about them jointly, never this
module.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from sdc.errors import InputError
from sdc.messages import Text
from sdc.model.hierarchy import Hierarchy, IntArray
from sdc.model.system import BoolArray, FloatArray
from sdc.tables.merging.problem import xlogx

OTHER = "other:"
"""Prefix of a bin's code; the inner code whose small classes it counts follows."""


@dataclass(frozen=True, eq=False)
class LocalCut:
    """Which group each class is counted in, area by area.

    ``groups`` holds for every area {innermost code: code it is published under}: its own, an inner
    code all of whose units are counted together, or a bin (``other:`` + inner code). ``loss`` (n,)
    is in nats. ``unsafe`` (n,) marks areas whose total is too small for any cut; they stay as they
    are, for suppression or merging.
    """

    groups: tuple[dict[str, str], ...]
    loss: FloatArray
    unsafe: BoolArray


def local_cut(
    hierarchy: Hierarchy,
    counts: IntArray,
    *,
    min_count: int,
    expected: Sequence[float] | None = None,
    previous: Sequence[Mapping[str, str] | None] | None = None,
    change: float = 0.0,
    price: float = math.inf,
) -> LocalCut:
    """The cut of the class tree that loses least for each area; O(areas x codes).

    ``counts`` (n, classes) stand in the order of ``hierarchy.leaves``. A published group has no unit
    or at least ``min_count``. The loss of a group is N ln N - sum of n ln n over its classes: the
    nats it takes to tell a unit's class again. With ``expected`` (classes,) shares > 0, say those of
    the whole city, it is sum of n ln((n / N) / (e / E)) instead: what is lost when a reader spreads
    the group by them. Both never shrink when a group grows, so that a bin needs at most one
    class that is large enough by itself; the dynamic programme up the tree is therefore exact.

    With a finite ``price``, in nats, a class that is too small may also be left for suppression: where
    the small classes below a code do not reach the minimum together, either they take in the sibling
    that costs least or each of them pays the price, whichever is less; and where all of them are small
    none is grouped, since the code above says as much and the zeros stay in print.

    ``previous`` holds the groups of an earlier release, or None, for every area. They are kept where
    they are still a cut of the tree, no group of theirs is too small, and they lose at most ``change``
    nats more than the best cut for every code that it would count elsewhere.

    Raises InputError for counts that do not fit the classes.

    >>> use = Hierarchy.of("use", {"T": "", "a": "T", "b": "T", "c": "T"})
    >>> local_cut(use, np.array([[2, 9, 7]]), min_count=3).groups[0]
    {'a': 'other:T', 'b': 'b', 'c': 'other:T'}
    """
    table = _checked(hierarchy, counts, min_count, expected)
    shares = None if expected is None else np.asarray(expected, dtype=np.float64)
    groups: list[dict[str, str]] = []
    loss = np.zeros(len(table))
    unsafe = np.zeros(len(table), dtype=bool)
    for row, units in enumerate(table):
        tree = _Tree(hierarchy, units, (min_count, price), shares)
        cost = tree.best(hierarchy.root)
        unsafe[row] = math.isinf(cost)
        loss[row] = 0.0 if unsafe[row] else cost
        best: Mapping[str, str] = tree.own() if unsafe[row] else tree.groups(hierarchy.root)
        kept = None if unsafe[row] or previous is None else previous[row]
        if kept is not None and kept != best:
            moved = sum(kept.get(code) != group for code, group in best.items())
            again = tree.loss_of(kept)
            if again <= cost + change * moved:
                best, loss[row] = kept, again
        groups.append(dict(best))
    return LocalCut(tuple(groups), loss, unsafe)


class _Tree:
    """The dynamic programme for one area; every array is by position in the hierarchy."""

    def __init__(
        self,
        hierarchy: Hierarchy,
        units: IntArray,
        limits: tuple[int, float],
        shares: FloatArray | None,
    ) -> None:
        up = hierarchy.aggregation
        self.dim, (self.minimum, self.price) = hierarchy, limits
        self.units: list[int] = np.asarray(up @ units).tolist()
        known = xlogx(units)
        if shares is not None:
            known = known - units * np.log(shares)
        self.known: list[float] = np.asarray(up @ known).tolist()
        self.share = None if shares is None else np.asarray(up @ shares).tolist()
        self.bins: dict[int, list[int]] = {}
        self.leaves = set(hierarchy.leaves.tolist())

    def loss(self, members: Sequence[int]) -> float:
        """The loss of one group that holds all below some codes."""
        n = sum(self.units[c] for c in members)
        spread = n * math.log(n) if n else 0.0
        known = sum(self.known[c] for c in members)
        if self.share is None:
            return max(0.0, spread - known)
        return max(0.0, known - spread + n * math.log(sum(self.share[c] for c in members)))

    def best(self, code: int) -> float:
        """The least loss below a code, infinite where nothing there can be published or left."""
        n = self.units[code]
        self.bins[code] = []
        if n == 0:
            return 0.0
        if code in self.leaves:
            return 0.0 if n >= self.minimum else self.price
        children = self.dim.children(code).tolist()
        cost = {c: self.best(c) for c in children}
        small = [c for c in children if 0 < self.units[c] < self.minimum]
        large = [c for c in children if self.units[c] >= self.minimum]
        if not small:
            return sum(cost.values())
        options: list[tuple[float, list[int]]] = [(sum(cost.values()), [])]
        if sum(self.units[c] for c in small) >= self.minimum:
            options = [(self.loss(small) + sum(cost[c] for c in large), small)]
        elif n >= self.minimum:
            options += [
                (self.loss([*small, c]) + sum(cost[d] for d in large if d != c), [*small, c])
                for c in large
            ]
        least, self.bins[code] = min(options, key=lambda o: (o[0], o[1]))
        if not large and math.isfinite(self.price):
            self.bins[code] = []  # the code itself says as much, and the zeros stay in print
        return least

    def groups(self, code: int) -> dict[str, str]:
        """Innermost code -> group, below a code that can be published."""
        if code in self.leaves:
            return {self.dim.codes[code]: self.dim.codes[code]}
        children, inside = self.dim.children(code).tolist(), self.bins[code]
        filled = [c for c in children if self.units[c] or self.share is not None]
        whole = bool(inside) and set(filled) <= set(inside)
        name = self.dim.codes[code] if whole else OTHER + self.dim.codes[code]
        found: dict[str, str] = {}
        for c in children:
            if whole or c in inside:
                found.update(dict.fromkeys(self._below(c), name))
            else:
                found.update(self.groups(c) if self.units[c] else self.own(c))
        return dict(sorted(found.items()))

    def own(self, code: int | None = None) -> dict[str, str]:
        """Every class below a code under its own name."""
        return {c: c for c in self._below(self.dim.root if code is None else code)}

    def loss_of(self, groups: Mapping[str, str]) -> float:
        """The loss of given groups; infinite for what is no cut of this tree, or too small."""
        members: dict[str, list[int]] = {}
        for code, group in groups.items():
            members.setdefault(group, []).append(
                self.dim.position(code) if code in self.dim else -1
            )
        held = sorted(m for own in members.values() for m in own)
        if held != sorted(self.leaves):
            return math.inf
        total = 0.0
        for group, own in members.items():
            inside = self._below(self.dim.position(group)) if group in self.dim else None
            if inside is not None and sorted(self.dim.codes[m] for m in own) != sorted(inside):
                return math.inf
            if 0 < sum(self.units[m] for m in own) < self.minimum:
                alone = [self.dim.codes[m] for m in own] == [group]
                total += self.price if alone else math.inf
            total += self.loss(own)
        return total

    def _below(self, code: int) -> list[str]:
        row = self.dim.aggregation[[code]]
        return [self.dim.codes[self.dim.leaves[k]] for k in sorted(row.indices.tolist())]


def _checked(
    hierarchy: Hierarchy, counts: IntArray, minimum: int, expected: Sequence[float] | None
) -> IntArray:
    table = np.asarray(counts)
    width = len(hierarchy.leaves)
    bad = table.ndim != 2 or table.shape[1] != width or table.dtype.kind not in "iu"
    if bad or (table < 0).any() or minimum < 1:
        raise InputError(
            Text("counts are whole numbers, areas x innermost classes"),
        )
    if expected is not None and (len(expected) != width or min(expected) <= 0):
        raise InputError(Text("expected shares are positive"))
    return table.astype(np.int64)
