"""What does a reader rebuild from what is printed, how far is it from the truth, and where?

Measures are taken as what they tell of the records below them: a printed amount counts like a printed
number of records, so that tables of amounts have a price in the same currency.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from sdc.model.grouped import Grouped
from sdc.model.hierarchy import Hierarchy, IntArray
from sdc.model.system import Block, BoolArray, FloatArray, System
from sdc.planning.loss import Printed, divergence, rebuild
from sdc.planning.study import Study, finest
from sdc.tables.recode import Recoding


@dataclass(frozen=True, eq=False)
class Seen:
    """One set of records as it is and as a reader guesses it: ``apart`` in nats a finest cell."""

    records: str
    names: tuple[str, ...]
    true: IntArray
    apart: FloatArray
    printed: tuple[Printed, ...]


@dataclass(frozen=True)
class Measured:
    """What a reader loses; all shares are of the finest tables.

    ``loss`` nats per record; ``records`` share of records in cells printed at the finest level;
    ``cells`` share of non-zero finest cells printed; ``worst`` the area that loses most, with its
    nats per record.
    """

    loss: float = float("inf")
    records: float = 0.0
    cells: float = 0.0
    worst: tuple[str, float] = ("", 0.0)


def readers_view(
    study: Study,
    recodings: Sequence[Recoding],
    grouped: Sequence[Grouped],
    marks: tuple[System, BoolArray],
) -> list[Seen]:
    """The finest table of every set of records, and how far a reader's guess is from it.

    ``marks``: the system, and (n,) the unknowns under X.
    """
    system, hidden = marks
    index = {r.name: r.index for r in recodings}
    views = []
    for name, coded in study.coded.items():
        wanted = [t for t in study.tables if t.records == name]
        if not wanted:
            continue
        names, true = finest(coded, wanted)
        own = {d: index.get(d, np.arange(len(coded.dims[d].leaves))) for d in names}
        printed = []
        for block in system.blocks:
            t = block.table
            seen = ~hidden[block.index] & system.shown[block.index]
            value = np.where(seen, t.value if t.is_count else t.counts, 0)
            mine = [g for g in grouped if t.within and g.records == name and t.records == g.name]
            if t.records == name:
                printed.append(Printed(t.dims, value, seen, {d.name: own[d.name] for d in t.dims}))
            for g in mine:
                classes = coded.dims[g.column]
                shape = names, true.shape
                printed += [
                    Printed(t.dims, value, seen, {d.name: at[d.name] for d in t.dims}, only)
                    for at, only in _bins(g, (block, classes), own, shape)
                ]
        guess = rebuild(names, true.shape, printed, possible=_possible(study, names, true))
        views.append(Seen(name, tuple(names), true, divergence(true, guess.value), tuple(printed)))
    return views


def _bins(
    group: Grouped,
    tables: tuple[Block, Hierarchy],
    own: Mapping[str, IntArray],
    shape: tuple[Sequence[str], Sequence[int]],
) -> Iterator[tuple[dict[str, IntArray], BoolArray]]:
    """For every bin code: where the finest codes stand, and which finest cells some area puts in it."""
    (block, classes), (names, sizes) = tables, shape
    dims = {d.name: d for d in block.table.dims}
    areas, tree = dims[group.area], dims[group.column]
    which = {areas.codes[i]: k for k, i in enumerate(areas.leaves)}
    place = {classes.codes[i]: k for k, i in enumerate(classes.leaves)}
    at = names.index(group.area), names.index(group.column)
    for k, leaf in enumerate(tree.leaves.tolist()):
        inside = np.zeros((len(which), len(place)), dtype=bool)
        for (area, bin_), members in group.bins(classes).items():
            if bin_ == tree.codes[leaf]:
                inside[which[area], [place[c] for c in members]] = True
        finest_ = inside[np.ix_(own[group.area], own[group.column])]
        form = [n if i in at else 1 for i, n in enumerate(sizes)]
        table = (finest_ if at[0] < at[1] else finest_.T).reshape(form)
        index = {**own, group.column: np.full(sizes[at[1]], k, dtype=np.int64)}
        yield index, np.broadcast_to(table, tuple(sizes))


def _possible(study: Study, names: Sequence[str], true: IntArray) -> BoolArray | None:
    """Finest cells that the crossings of the geographies allow; None where nothing is ruled out."""
    mask = None
    for crossing in study.crossings:
        own = [i for i, n in enumerate(crossing.names) if n in names]
        if len(own) < 2:
            continue
        axes = [names.index(crossing.names[i]) for i in own]
        small = np.zeros([true.shape[a] for a in axes], dtype=bool)
        small[tuple(crossing.pairs[:, own].T)] = True
        small = np.transpose(small, np.argsort(axes))
        form = [size if a in axes else 1 for a, size in enumerate(true.shape)]
        allowed = np.broadcast_to(small.reshape(form), true.shape)
        mask = allowed if mask is None else mask & allowed
    return mask


def measure(study: Study, views: Sequence[Seen]) -> Measured:
    """What a reader loses and what is still printed at the finest level."""
    total = lost = kept = shown = filled = 0.0
    by_area: dict[str, tuple[float, int]] = {}
    for view in views:
        true, apart = view.true, view.apart
        exact = _printed_exactly(view.names, view.printed)
        total, lost = total + float(true.sum()), lost + float(apart.sum())
        kept += float(true[exact].sum())
        shown, filled = shown + float((exact & (true > 0)).sum()), filled + float((true > 0).sum())
        if study.areas is not None and study.areas.dimension in view.names:
            _add_areas(by_area, study, view)
    worst = max(((v / n, c) for c, (v, n) in by_area.items() if n), default=(0.0, ""))
    return Measured(
        loss=lost / total if total else 0.0,
        records=kept / total if total else 1.0,
        cells=shown / filled if filled else 1.0,
        worst=(worst[1], worst[0]),
    )


def nats_below(view: Seen, table: Printed) -> FloatArray:
    """The divergence of all finest cells that each cell of a printed table sums up."""
    axes = tuple(k for k, name in enumerate(view.names) if name not in {d.name for d in table.dims})
    nats: FloatArray = view.apart.sum(axis=axes)
    kept = [name for name in view.names if name in {d.name for d in table.dims}]
    nats = np.transpose(nats, [kept.index(d.name) for d in table.dims])
    for axis, dim in enumerate(table.dims):
        moved = np.moveaxis(nats, axis, 0)
        summed = np.zeros((len(dim.leaves), *moved.shape[1:]))
        np.add.at(summed, table.index[dim.name], moved)
        full = dim.aggregation @ summed.reshape(len(dim.leaves), -1)
        nats = np.moveaxis(full.reshape(len(dim), *moved.shape[1:]), 0, axis)
    return nats


def _printed_exactly(names: Sequence[str], printed: Sequence[Printed]) -> BoolArray:
    """Finest cells that the tables with most detail print one by one.

    Where no table has all dimensions of the records, a finest cell counts as printed when every
    table prints the cell that it belongs to, not counted together with others.
    """
    index = [next(p.index[name] for p in printed if name in p.index) for name in names]
    shape = tuple(len(i) for i in index)
    printed = [p for p in printed if p.only is None]
    whole = [p for p in printed if {d.name for d in p.dims} == set(names)]
    exact = np.zeros(shape, dtype=bool) if whole else np.ones(shape, dtype=bool)
    for p in whole or printed:
        place, single = [], np.ones([1] * len(names), dtype=bool)
        for axis, name in enumerate(names):
            dim = next((d for d in p.dims if d.name == name), None)
            if dim is None:
                continue
            times = np.bincount(p.index[name], minlength=len(dim.leaves))
            form = [1] * len(names)
            form[axis] = -1
            single = single & (times[p.index[name]] == 1).reshape(form)
            place.append(dim.leaves[p.index[name]])
        kept = [name for name in names if any(d.name == name for d in p.dims)]
        seen = np.transpose(p.seen, [[d.name for d in p.dims].index(n) for n in kept])
        form = [len(i) if n in kept else 1 for n, i in zip(names, index, strict=True)]
        own = single & seen[np.ix_(*place)].reshape(form)
        exact = exact | own if whole else exact & own
    return exact


def _add_areas(by_area: dict[str, tuple[float, int]], study: Study, view: Seen) -> None:
    """Add the loss and the records of every area."""
    assert study.areas is not None
    axis = view.names.index(study.areas.dimension)
    other = tuple(k for k in range(view.true.ndim) if k != axis)
    dim = study.coded[view.records].dims[study.areas.dimension]
    nats, units = view.apart.sum(axis=other), view.true.sum(axis=other)
    for k, leaf in enumerate(dim.leaves):
        lost, count = by_area.get(dim.codes[leaf], (0.0, 0))
        by_area[dim.codes[leaf]] = (lost + float(nats[k]), count + int(units[k]))


def innermost(system: System) -> BoolArray:
    """(n,) unknowns that stand at innermost codes in every table that prints them."""
    inner, margin = np.zeros(system.n, dtype=bool), np.zeros(system.n, dtype=bool)
    for block in system.blocks:
        leaf = np.zeros(block.index.shape, dtype=bool)
        leaf[np.ix_(*[d.leaves for d in block.table.dims])] = True
        inner[block.index[leaf]] = True
        margin[block.index[~leaf]] = True
    return inner & ~margin
