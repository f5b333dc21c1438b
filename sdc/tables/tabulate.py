"""How many units, and how much, fall into every cell of every level?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sdc.errors import InputError
from sdc.model.coded import Coded, Measure
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
    shape = tuple(len(d.leaves) for d in dims)
    flat = np.ravel_multi_index([coded.leaf[d.name] for d in dims], shape)
    size = int(np.prod(shape))
    counts = np.bincount(flat, minlength=size).astype(np.int64).reshape(shape)
    title = name or "_".join(by)
    if measure == COUNT:
        return Table(title, dims, aggregate(counts, dims), records=coded.name)
    chosen = _measure(coded, measure)
    return Table(
        title,
        dims,
        aggregate(_sums(flat, chosen.steps, size).reshape(shape), dims),
        contributors=aggregate(counts, dims),
        top=_largest(flat, chosen.steps, dims, top),
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


def _sums(flat: IntArray, steps: IntArray, size: int) -> IntArray:
    """Exact whole-number sums; float sums would be exact only below 2^53."""
    out = np.zeros(size, dtype=np.int64)
    np.add.at(out, flat, steps)
    return out


def _largest(flat: IntArray, steps: IntArray, dims: Sequence[Hierarchy], top: int) -> IntArray:
    """(cells…, top) the largest contributions of every cell of every level, descending.

    The largest of a total are among the largest of its parts, so one pass a dimension suffices.
    """
    keep = _first(flat, steps, top)
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
        keep = _first(np.ravel_multi_index(place, shape), value, top)
        place, value = [p[keep] for p in place], value[keep]
    shape = [len(d) for d in dims]
    cell = np.ravel_multi_index(place, shape)
    order = np.lexsort((-value, cell))
    cell, value = cell[order], value[order]
    rank = np.arange(len(cell)) - np.searchsorted(cell, cell)
    out = np.zeros((int(np.prod(shape)), top), dtype=np.int64)
    out[cell, rank] = value
    return out.reshape(*shape, top)


def _first(group: IntArray, value: IntArray, top: int) -> IntArray:
    """Positions of the ``top`` largest values of every group."""
    order = np.lexsort((-value, group))
    sorted_group = group[order]
    rank = np.arange(len(order)) - np.searchsorted(sorted_group, sorted_group)
    return np.asarray(order[rank < top])
