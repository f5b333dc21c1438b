"""How many units, and how much, fall into every cell of every level?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sdc.errors import InputError
from sdc.model.coded import Coded, Measure, sums
from sdc.model.hierarchy import Hierarchy, IntArray
from sdc.model.table import COUNT, Table, aggregate

TOP = 3
"""How many of the largest contributions are kept a cell; enough for (2, k) and p %."""


def tabulate(
    coded: Coded, by: Sequence[str], *, measure: str = COUNT, name: str = "", top: int = TOP
) -> Table:
    """Cross-classify records over the dimensions ``by``, with all margins.

    For a measure the sums are in whole steps, beside them the contributing units and the ``top``
    largest contributions of every cell. O(records + cells x depth).

    Raises InputError for a dimension or a measure that the records do not have.

    >>> sex = Hierarchy.flat("sex", ["f", "m"])
    >>> people = Coded("people", {"sex": sex}, {"sex": np.array([0, 1, 1])})
    >>> tabulate(people, ["sex"]).value.tolist()
    [3, 1, 2]
    """
    dims = tuple(_dimension(coded, d) for d in by)
    counts = coded.count(by)
    title = name or "_".join(by)
    if measure == COUNT:
        return Table(title, dims, aggregate(counts, dims), records=coded.name)
    chosen = _measure(coded, measure)
    if chosen.top is not None and chosen.top.shape[1] < top:
        raise InputError(
            f"保持している上位の寄与は{chosen.top.shape[1]}件だけです: {measure}",
            f"only the {chosen.top.shape[1]} largest contributions of {measure!r} were kept",
            code="top",
        )
    flat, shape = coded.key(by)
    return Table(
        title,
        dims,
        aggregate(sums(flat, chosen.steps, counts.size).reshape(shape), dims),
        contributors=aggregate(counts, dims),
        top=_largest(flat, chosen.largest, dims, top),
        records=coded.name,
        measure=measure,
        unit=chosen.unit,
        step=chosen.step,
    )


def _dimension(coded: Coded, name: str) -> Hierarchy:
    if name not in coded.dims:
        raise InputError(f"区分がありません: {name}", f"the records have no dimension {name!r}")
    return coded.dims[name]


def _measure(coded: Coded, name: str) -> Measure:
    if name not in coded.measures:
        raise InputError(f"集計量がありません: {name}", f"the records have no measure {name!r}")
    return coded.measures[name]


def _largest(flat: IntArray, each: IntArray, dims: Sequence[Hierarchy], top: int) -> IntArray:
    """(cells…, top) the largest contributions of every cell of every level, descending.

    The largest of a total are among the largest of its parts, so one pass a dimension suffices.
    """
    flat, steps = np.repeat(flat, each.shape[1]), each.ravel()
    keep = largest_of(flat, steps, top)
    place: list[IntArray] = list(np.unravel_index(flat[keep], tuple(len(d.leaves) for d in dims)))
    value = steps[keep]
    for axis, dim in enumerate(dims):
        up = dim.aggregation.tocsc()
        counts = np.diff(up.indptr)[place[axis]]
        repeat = np.repeat(np.arange(len(value)), counts)
        start = np.repeat(np.cumsum(counts) - counts, counts)
        inner = np.arange(len(repeat)) - start
        ancestors = up.indices[up.indptr[place[axis][repeat]] + inner].astype(np.int64)
        place = [p[repeat] for p in place]
        place[axis] = ancestors
        value = value[repeat]
        shape = [len(d) if i <= axis else len(d.leaves) for i, d in enumerate(dims)]
        keep = largest_of(np.ravel_multi_index(place, shape), value, top)
        place, value = [p[keep] for p in place], value[keep]
    shape = [len(d) for d in dims]
    cell = np.ravel_multi_index(place, shape)
    order = np.lexsort((-value, cell))
    cell, value = cell[order], value[order]
    rank = np.arange(len(cell)) - np.searchsorted(cell, cell)
    out = np.zeros((int(np.prod(shape)), top), dtype=np.int64)
    out[cell, rank] = value
    return out.reshape(*shape, top)


def largest_of(group: IntArray, value: IntArray, top: int) -> IntArray:
    """Positions of the ``top`` largest values of every group, by group and falling value."""
    order = np.lexsort((-value, group))
    sorted_group = group[order]
    rank = np.arange(len(order)) - np.searchsorted(sorted_group, sorted_group)
    return np.asarray(order[rank < top])
