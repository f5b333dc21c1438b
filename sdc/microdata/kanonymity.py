"""How many persons share what is known of each of them, and which loss makes them at least k?

Persons are counted, not devices and not records: a group of a hundred records of one person has
the size one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from sdc.errors import NotProven, RulesError
from sdc.messages import Text
from sdc.model.hierarchy import IntArray
from sdc.model.system import BoolArray, FloatArray

NODES = 100_000
"""Most combinations of levels that a search looks at."""


def persons_in(group: IntArray, person: IntArray) -> IntArray:
    """(n,) the number of different persons in the group of every record; O(n log n).

    >>> persons_in(np.array([0, 0, 0, 1]), np.array([7, 7, 8, 7])).tolist()
    [2, 2, 2, 1]
    """
    if not len(group):
        return np.zeros(0, dtype=np.int64)
    order = np.lexsort((person, group))
    g, p = group[order], person[order]
    first = np.ones(len(g), dtype=bool)
    first[1:] = (g[1:] != g[:-1]) | (p[1:] != p[:-1])
    start = np.ones(len(g), dtype=bool)
    start[1:] = g[1:] != g[:-1]
    number = np.cumsum(start) - 1
    sizes = np.bincount(number, weights=first).astype(np.int64)
    out = np.empty(len(g), dtype=np.int64)
    out[order] = sizes[number]
    return out


def groups_of(columns: Sequence[IntArray], n: int) -> IntArray:
    """(n,) one number for every combination of codes; all records are alike without columns."""
    group = np.zeros(n, dtype=np.int64)
    for codes in columns:
        joint = group * (int(codes.max(initial=0)) + 1) + codes
        group = np.unique(joint, return_inverse=True)[1].astype(np.int64)
    return group


def smallest_group(columns: Sequence[IntArray], person: IntArray) -> int:
    """The k of a file: persons in its smallest group; 0 for a file without records.

    >>> smallest_group([np.array([0, 0, 1, 1])], np.array([1, 2, 3, 3]))
    1
    """
    sizes = persons_in(groups_of(columns, len(person)), person)
    return int(sizes.min(initial=np.iinfo(np.int64).max)) if len(sizes) else 0


@dataclass(frozen=True, eq=False)
class Ladder:
    """One quasi-identifier from fine to coarse: codes (n,) a level, each nested in the next.

    Raises RulesError where a level is not a grouping of the one before it.
    """

    name: str
    levels: tuple[IntArray, ...]

    def __post_init__(self) -> None:
        for fine, coarse in zip(self.levels, self.levels[1:], strict=False):
            pairs = len(np.unique(groups_of([fine, coarse], len(fine))))
            if pairs != len(np.unique(fine)):
                raise RulesError(
                    Text("the levels of {name!r} are not nested", name=self.name),
                    code="ladder",
                )


@dataclass(frozen=True, eq=False)
class Choice:
    """The level of every quasi-identifier, what it loses in nats a record, and who must go.

    ``deleted`` (n,) marks the records of groups that stay below k, at most the allowance.
    """

    levels: tuple[int, ...]
    loss: float
    deleted: BoolArray
    looked_at: int


def least_loss(
    ladders: Sequence[Ladder],
    person: IntArray,
    *,
    k: int,
    allowance: float = 0.0,
    nodes: int = NODES,
) -> Choice:
    """The combination of levels that loses least among those with at least ``k`` persons a group.

    The loss of a level is the entropy it takes away from its column (non-uniform entropy: de Waal
    and Willenborg 1999; Gionis and Tassa 2009); it adds up over columns and grows with every step.
    Combinations are looked at from the cheapest on; one that fails rules out all finer ones. The
    first that holds is therefore optimal. ``allowance`` is the share of records that may be deleted.
    Cost: at most ``nodes`` groupings of n records. Ties go to the finer first column.

    Raises NotProven where no combination holds or the work runs out.
    """
    if k < 2 or not 0 <= allowance < 1:
        raise RulesError(Text("k >= 2 and 0 <= allowance < 1"), code="k")
    loss = [_losses(ladder) for ladder in ladders]
    grid = list(product(*[range(len(ladder.levels)) for ladder in ladders]))
    order = sorted(grid, key=lambda node: (_loss(loss, node), node))
    failed: list[tuple[int, ...]] = []
    looked = 0
    for node in order:
        if any(all(a <= b for a, b in zip(node, bad, strict=True)) for bad in failed):
            continue
        looked += 1
        if looked > nodes:
            break
        columns = [ladder.levels[level] for ladder, level in zip(ladders, node, strict=True)]
        small = persons_in(groups_of(columns, len(person)), person) < k
        if small.sum() <= allowance * len(person):
            return Choice(node, _loss(loss, node), small, looked)
        failed = [bad for bad in failed if not all(map(int.__le__, bad, node))] + [node]
    raise NotProven(
        Text(
            "no generalisation puts {k} persons into every group; add levels, leave "
            "out a column, or allow more records to be deleted (allowance)",
            k=k,
        ),
        code="k-anonymity",
    )


def _loss(loss: Sequence[FloatArray], node: Sequence[int]) -> float:
    return round(sum(float(each[level]) for each, level in zip(loss, node, strict=True)), 12)


def _losses(ladder: Ladder) -> FloatArray:
    """Nats a record that every level takes away from the finest one."""
    entropy = np.array([_entropy(level) for level in ladder.levels])
    return np.asarray(entropy[0] - entropy, dtype=np.float64)


def _entropy(codes: IntArray) -> float:
    share = np.unique(codes, return_counts=True)[1] / max(len(codes), 1)
    return float(-(share * np.log(share)).sum())
