"""Which cut of a class dimension, the same everywhere, loses least against what it saves?

Every published group of classes costs what its classes' detail was worth, in nats over all areas;
every cell that is still too small costs a price, since it will have to be hidden. The best cut of a
tree is found from its leaves up, the best bands of ordered classes from left to right; both exactly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sdc.errors import InputError
from sdc.messages import Text
from sdc.model.hierarchy import Hierarchy, IntArray
from sdc.tables.merging.problem import xlogx


@dataclass(frozen=True)
class Cut:
    """``mapping``: innermost code -> code it is counted under; the loss in nats; cells too small."""

    mapping: dict[str, str]
    loss: float
    unsafe: int


def best_cut(hierarchy: Hierarchy, counts: IntArray, *, min_count: int, price: float) -> Cut:
    """The cut of a tree with the least loss + ``price`` x cells from 1 to ``min_count`` - 1.

    ``counts`` (areas, classes) stand in the order of ``hierarchy.leaves``. O(areas x codes).

    >>> use = Hierarchy.of("use", {"T": "", "g": "T", "a": "g", "b": "g", "c": "T"})
    >>> best_cut(use, np.array([[1, 8, 5], [9, 2, 6]]), min_count=3, price=10.0).mapping
    {'a': 'g', 'b': 'g', 'c': 'c'}
    """
    _check(counts, len(hierarchy.leaves), min_count, price)
    up = hierarchy.aggregation
    units = np.asarray((up @ counts.T).T)
    detail = np.asarray((up @ xlogx(counts).T).T)
    loss = np.maximum(0.0, xlogx(units) - detail).sum(axis=0)
    unsafe = ((units > 0) & (units < min_count)).sum(axis=0)
    closed = loss + price * unsafe
    best = closed.copy()
    for code in np.argsort(-hierarchy.depth, kind="stable"):
        children = hierarchy.children(int(code))
        if len(children):
            best[code] = min(closed[code], best[children].sum())
    cut: list[int] = []
    stack = [hierarchy.root]
    while stack:
        code = stack.pop()
        children = hierarchy.children(code)
        if len(children) and best[children].sum() <= closed[code]:
            stack.extend(children.tolist())
        else:
            cut.append(code)
    leaves = {c: [hierarchy.codes[hierarchy.leaves[k]] for k in up[[c]].indices] for c in cut}
    mapping = {leaf: hierarchy.codes[c] for c in cut for leaf in leaves[c]}
    return Cut(dict(sorted(mapping.items())), float(loss[cut].sum()), int(unsafe[cut].sum()))


def best_bands(
    order: Sequence[str], counts: IntArray, *, min_count: int, price: float, most: int | None = None
) -> Cut:
    """The bands of ordered classes (ages, heights, storeys) with the least loss + price x cells.

    ``counts`` (areas, classes) stand in ``order``; ``most`` limits the number of bands. A band takes
    the code of its first class, or ``first-last``. O(classes^2 x areas).

    >>> counts = np.array([[1, 1, 9, 9], [1, 1, 9, 9]])
    >>> best_bands(["0", "20", "40", "60"], counts, min_count=2, price=5.0).mapping
    {'0': '0-20', '20': '0-20', '40': '40', '60': '60'}
    """
    width = len(order)
    _check(counts, width, min_count, price)
    limit = width if most is None else most
    if limit < 1:
        raise InputError(Text("at least one band is needed"))
    loss, unsafe = _bands(counts, min_count)
    cost = loss + price * unsafe
    least = np.full((limit + 1, width + 1), np.inf)
    least[0, 0] = 0.0
    start = np.zeros((limit + 1, width + 1), dtype=np.int64)
    for bands in range(1, limit + 1):
        for end in range(1, width + 1):
            options = least[bands - 1, :end] + cost[:end, end - 1]
            start[bands, end] = int(np.argmin(options))
            least[bands, end] = options[start[bands, end]]
    bands = int(np.argmin(least[:, width]))
    mapping: dict[str, str] = {}
    total_loss, total_unsafe, end = 0.0, 0, width
    for k in range(bands, 0, -1):
        first = int(start[k, end])
        name = order[first] if end - first == 1 else f"{order[first]}-{order[end - 1]}"
        mapping.update(dict.fromkeys(order[first:end], name))
        total_loss += float(loss[first, end - 1])
        total_unsafe += int(unsafe[first, end - 1])
        end = first
    return Cut({c: mapping[c] for c in order}, total_loss, total_unsafe)


def _bands(counts: IntArray, min_count: int) -> tuple[np.ndarray, np.ndarray]:
    """(first, last) the loss and the small cells of every band."""
    width = counts.shape[1]
    sums = np.concatenate([np.zeros((len(counts), 1), np.int64), counts.cumsum(axis=1)], axis=1)
    detail = np.concatenate([[0.0], xlogx(counts).sum(axis=0).cumsum()])
    loss, unsafe = np.zeros((width, width)), np.zeros((width, width), dtype=np.int64)
    for first in range(width):
        units = sums[:, first + 1 :] - sums[:, [first]]
        loss[first, first:] = xlogx(units).sum(axis=0) - (detail[first + 1 :] - detail[first])
        unsafe[first, first:] = ((units > 0) & (units < min_count)).sum(axis=0)
    return np.maximum(0.0, loss), unsafe


def _check(counts: IntArray, width: int, min_count: int, price: float) -> None:
    fits = counts.ndim == 2 and counts.shape[1] == width and counts.dtype.kind in "iu"
    if not fits or (counts < 0).any():
        raise InputError(
            Text("counts are whole numbers, areas x innermost classes"),
        )
    if min_count < 1 or not price >= 0:
        raise InputError(Text("min_count must be >= 1 and price >= 0"))
