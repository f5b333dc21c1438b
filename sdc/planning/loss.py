"""How many nats per record does a reader lose between the finest table and what is published?

One currency for merging, collapsing and suppressing, alone or together. The reader is taken to spread
what is published over the finest cells without any further preference: the table of maximum entropy
that agrees with every printed number (iterative proportional fitting: Deming and Stephan 1940;
maximum entropy: Ireland and Kullback 1968). The loss is the divergence of the true table from it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product

import numpy as np

from sdc.errors import InputError
from sdc.messages import Text
from sdc.model.hierarchy import Hierarchy, IntArray
from sdc.model.system import BoolArray, FloatArray

TINY = 1e-9
"""What floating sums of whole numbers may deviate by."""
STILL = 1e-6
"""Nats per record and round below which fitting on would not change a loss that anybody reads."""
MOST_CELLS = 20_000_000
"""Cells of the finest table up to which a reconstruction is tried."""


@dataclass(frozen=True, eq=False)
class Printed:
    """What a reader sees of one table: ``value`` where ``seen``, on all levels of ``dims``.

    ``index`` maps a dimension of the finest table to the published innermost codes: (finest
    innermost codes,) positions among ``dims[.].leaves``. A zero that is printed is seen. ``only`` (the
    shape of the finest table) restricts the table to some finest cells; None: all of them.
    """

    dims: tuple[Hierarchy, ...]
    value: IntArray
    seen: BoolArray
    index: Mapping[str, IntArray]
    only: BoolArray | None = None

    def __post_init__(self) -> None:
        shape = tuple(len(d) for d in self.dims)
        if self.value.shape != shape or self.seen.shape != shape:
            raise InputError(Text("a printed table has another shape"))


@dataclass(frozen=True, eq=False)
class Rebuilt:
    """The reader's table over the finest cells, how often it was fitted, what is left unfitted."""

    value: FloatArray
    rounds: int
    residual: float


@dataclass(frozen=True, eq=False)
class _Step:
    """Disjoint printed cells: ``cell`` (finest cells,) into ``target``, -1 where none is printed."""

    cell: IntArray
    target: FloatArray

    @cached_property
    def inside(self) -> IntArray:
        """Positions of the finest cells that a printed number covers."""
        return np.flatnonzero(self.cell >= 0).astype(np.int64)

    @cached_property
    def inner(self) -> IntArray:
        """The printed number of each of them."""
        return self.cell[self.inside]

    @cached_property
    def used(self) -> IntArray:
        """The printed numbers that cover any."""
        return np.unique(self.inner)


def rebuild(
    names: Sequence[str],
    shape: Sequence[int],
    printed: Sequence[Printed],
    *,
    possible: BoolArray | None = None,
    rounds: int = 1000,
    tolerance: float = 1e-5,
) -> Rebuilt:
    """The maximum-entropy table over the finest cells that agrees with everything printed.

    ``names`` and ``shape`` are the dimensions of the finest table; cells that are not ``possible``
    (shape), such as a small area and a mesh cell that do not meet, are known to be 0. Fitting ends
    when the printed numbers are met to ``tolerance`` of the largest of them, when a round brings the
    guess nearer to the truth by less than ``STILL``, or after so many rounds; the residual says how
    far. An unfinished guess is never nearer to the truth than the finished one. O(rounds x levels
    x cells).

    Raises InputError for more than ``MOST_CELLS`` cells and for printed numbers that no table meets.

    >>> use = Hierarchy.of("use", {"T": "", "a": "T", "b": "T"})
    >>> seen = np.array([True, False, False])
    >>> p = Printed((use,), np.array([10, 0, 0]), seen, {"use": np.array([0, 1])})
    >>> rebuild(["use"], [2], [p]).value.tolist()
    [5.0, 5.0]
    """
    size = int(np.prod(shape))
    if size > MOST_CELLS:
        raise InputError(
            Text("the finest table is too large: {size} cells", size=size),
        )
    inside = np.arange(size) if possible is None else np.flatnonzero(possible)
    coords = [c.astype(np.int64) for c in np.unravel_index(inside, tuple(shape))]
    steps = [step for p in printed for step in _steps(names, shape, coords, p)]
    whole, value = np.zeros(size), np.full(len(inside), -1.0)
    while _settle(value, steps):
        pass
    free = np.flatnonzero(value < 0)
    open_steps = [_Step(s.cell[free], _left(value, s)) for s in steps if (s.cell[free] >= 0).any()]
    largest = max([1.0, *(float(s.target.max(initial=0.0)) for s in open_steps)])
    guess = np.full(len(free), largest / max(1, len(free)))
    enough = STILL * max(1.0, max((float(s.target.sum()) for s in open_steps), default=0.0))
    residual, gain, done = np.inf if len(free) else 0.0, np.inf, 0
    while done < rounds and residual > tolerance * largest and gain > enough:
        fits = [_fit(guess, step) for step in open_steps]
        residual = max((r for r, _ in fits), default=0.0)
        gain, done = sum(g for _, g in fits), done + 1
    value[free] = guess
    whole[inside] = value
    return Rebuilt(whole.reshape(tuple(shape)), done, float(residual))


def _settle(value: FloatArray, steps: Sequence[_Step]) -> bool:
    """Fix, in place, cells that one printed number gives away; whether there were any.

    A printed number gives a cell away when all its other cells are known, or when nothing is left.
    """
    found = False
    for step in steps:
        inside = step.cell >= 0
        known = inside & (value >= 0)
        left = _left(value, step)
        count = np.bincount(step.cell[inside & ~known], minlength=len(step.target))
        if (left < -TINY).any() or ((count == 0) & (left > TINY)).any():
            raise InputError(Text("no table agrees with what is printed"))
        given = (count == 1) | ((count > 0) & (left <= TINY))
        cells = np.flatnonzero(inside & ~known & given[step.cell])
        value[cells] = np.maximum(0.0, left[step.cell[cells]])
        found = found or len(cells) > 0
    return found


def _left(value: FloatArray, step: _Step) -> FloatArray:
    """What is left of every printed number once its known cells are taken off."""
    known = (step.cell >= 0) & (value >= 0)
    return step.target - np.bincount(step.cell[known], value[known], len(step.target))


def _fit(value: FloatArray, step: _Step) -> tuple[float, float]:
    """Scale the cells of every printed number to it, in place.

    The largest deviation before, and by how many nats the guess comes nearer to any table that
    agrees with the printed numbers: the divergence of the printed numbers from their fitted sums.
    """
    inside, cell, used = step.inside, step.inner, step.used
    sums = np.bincount(cell, weights=value[inside], minlength=len(step.target))
    factor = np.divide(step.target, sums, out=np.ones_like(sums), where=sums > 0)
    value[inside] *= factor[cell]
    target, before = step.target[used], sums[used]
    apart = target - before
    nats = float((target * np.log(np.where(target > 0, factor[used], 1.0)) - apart).sum())
    return float(np.abs(apart).max(initial=0.0)), nats


def _steps(
    names: Sequence[str], shape: Sequence[int], coords: Sequence[IntArray], printed: Printed
) -> list[_Step]:
    """One step for every combination of depths: printed cells of equal depths never overlap.

    ``coords`` holds, a dimension of the finest table, where each finest cell stands.
    """
    per_axis: list[list[IntArray]] = []
    for dim in printed.dims:
        if dim.name not in names:
            raise InputError(
                Text("the finest table has no dimension {name!r}", name=dim.name),
            )
        above = _by_depth(dim)
        index = printed.index[dim.name]
        if len(index) != shape[list(names).index(dim.name)]:
            raise InputError(
                Text("the index of {name!r} has a wrong length", name=dim.name),
            )
        per_axis.append([level[index] for level in above])
    mine = [coords[list(names).index(d.name)] for d in printed.dims]
    only = None if printed.only is None else np.asarray(printed.only[tuple(coords)])
    steps = []
    for levels in product(*(range(len(a)) for a in per_axis)):
        place = [per_axis[k][level] for k, level in enumerate(levels)]
        step = _step(place, mine, printed, only)
        if step is not None:
            steps.append(step)
    return steps


def _step(
    place: Sequence[IntArray],
    coords: Sequence[IntArray],
    printed: Printed,
    only: BoolArray | None,
) -> _Step | None:
    """The printed cells of one combination of depths, over all finest cells; None without any."""
    flat = np.zeros(len(coords[0]), dtype=np.int64)
    valid = np.ones(len(flat), dtype=bool) if only is None else only.copy()
    for positions, at, width in zip(place, coords, printed.value.shape, strict=True):
        along = positions[at]
        valid &= along >= 0
        flat = flat * width + np.maximum(along, 0)
    cell = np.where(valid & printed.seen.ravel()[flat], flat, -1)
    used, compact = np.unique(cell[cell >= 0], return_inverse=True)
    if not len(used):
        return None
    out = np.full(len(cell), -1, dtype=np.int64)
    out[cell >= 0] = compact
    return _Step(out, printed.value.ravel()[used].astype(np.float64))


def _by_depth(dim: Hierarchy) -> list[IntArray]:
    """Per depth, the code at that depth above every innermost code; -1 where there is none."""
    levels = []
    for depth in range(int(dim.depth.max()) + 1):
        at = dim.leaves.copy()
        for _ in range(int(dim.depth.max())):
            at = np.where(dim.depth[at] > depth, dim.parents[at], at)
        levels.append(np.where(dim.depth[at] == depth, at, -1).astype(np.int64))
    return levels


def divergence(true: IntArray, rebuilt: FloatArray) -> FloatArray:
    """Nats per cell: n ln(n / m) - n + m, at least 0, and 0 where the reader is right.

    Summed over a table with the same total this is the sum of n ln(n / m). Infinite where a cell
    with units is rebuilt as 0, which no truthful publication brings about.

    >>> divergence(np.array([4, 0]), np.array([2.0, 2.0])).sum().round(4)
    np.float64(2.7726)
    """
    with np.errstate(divide="ignore"):
        ratio = np.where(true > 0, np.log(np.maximum(true, 1)) - np.log(rebuilt), 0.0)
    return np.asarray(np.maximum(0.0, true * ratio - true + rebuilt))


def nats_per_record(true: IntArray, rebuilt: FloatArray) -> float:
    """The common currency: total divergence / records; 0 for an empty table.

    >>> nats_per_record(np.array([4, 0]), np.array([2.0, 2.0])) == np.log(2)
    np.True_
    """
    total = int(true.sum())
    return float(divergence(true, rebuilt).sum() / total) if total else 0.0
