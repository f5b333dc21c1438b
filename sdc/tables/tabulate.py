"""How many units, and how much, fall into every cell of every level?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from sdc.errors import InputError
from sdc.messages import Text
from sdc.model.coded import Coded, Measure, sums
from sdc.model.hierarchy import Hierarchy, IntArray
from sdc.model.table import COUNT, Table, aggregate

TOP = 3
"""How many of the largest contributions are kept a cell; enough for (2, k) and p %."""


def tabulate(
    coded: Coded, by: Sequence[str], *, measure: str = COUNT, name: str = "", top: int = TOP
) -> Table:
    """Cross-classify records over the dimensions ``by``, with all margins.

    Where records know their persons (``Coded.owner``), the contributors of a count are the different
    persons of a cell, on every level: a person of two inner cells is one in their sum.

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
        persons = None if coded.owner is None else _persons(coded, dims)
        value = aggregate(counts, dims)
        return Table(title, dims, value, contributors=persons, records=coded.name)
    chosen = _measure(coded, measure)
    if chosen.top is not None and chosen.top.shape[1] < top:
        raise InputError(
            Text(
                "only the {found} largest contributions of {measure!r} were kept",
                found=chosen.top.shape[1],
                measure=measure,
            ),
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


def _persons(coded: Coded, dims: Sequence[Hierarchy]) -> IntArray:
    """Different persons in every cell of every level; O(records x depth) a dimension."""
    assert coded.owner is not None
    flat, shape = coded.key([d.name for d in dims])
    place: list[IntArray] = list(np.unravel_index(flat, shape)) if dims else []
    who = coded.owner
    shape = tuple(len(d) for d in dims)
    for axis, dim in enumerate(dims):
        up = dim.aggregation.tocsc()
        repeat, ancestors = _upwards(up, place[axis])
        place = [p[repeat] for p in place]
        place[axis] = ancestors
        who = who[repeat]
        sizes = (*shape[: axis + 1], *(len(d.leaves) for d in dims[axis + 1 :]))
        key = np.ravel_multi_index(place, sizes)
        order = np.lexsort((who, key))
        fresh = np.ones(len(order), dtype=bool)
        fresh[1:] = (np.diff(key[order]) != 0) | (np.diff(who[order]) != 0)
        first = order[fresh]
        place, who = [p[first] for p in place], who[first]
    if not dims:
        return np.array(len(np.unique(who)), dtype=np.int64)
    cell = np.ravel_multi_index(place, shape)
    return np.bincount(cell, minlength=int(np.prod(shape))).astype(np.int64).reshape(shape)


def _upwards(up: Any, leaf: IntArray) -> tuple[IntArray, IntArray]:
    """For every innermost position all positions that sum it up, and whose they are."""
    counts = np.diff(up.indptr)[leaf]
    repeat = np.repeat(np.arange(len(leaf)), counts)
    start = np.repeat(np.cumsum(counts) - counts, counts)
    inner = np.arange(len(repeat)) - start
    return repeat, up.indices[up.indptr[leaf[repeat]] + inner].astype(np.int64)


def _dimension(coded: Coded, name: str) -> Hierarchy:
    if name not in coded.dims:
        raise InputError(Text("the records have no dimension {name!r}", name=name))
    return coded.dims[name]


def _measure(coded: Coded, name: str) -> Measure:
    if name not in coded.measures:
        raise InputError(Text("the records have no measure {name!r}", name=name))
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
        repeat, ancestors = _upwards(dim.aggregation.tocsc(), place[axis])
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
