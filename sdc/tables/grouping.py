"""How do classes that one area counts together, and the next does not, stand in the system of a release?

The places that print nothing stay unknowns of the system, with all that is demanded of them; each
printed group becomes one more unknown and one more relation: it is the sum of its classes. So what is
detailed here, collapsed there, and added up in the totals is protected and audited in one piece.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp

from sdc.errors import InputError
from sdc.messages import Text
from sdc.model.coded import Coded
from sdc.model.grouped import Grouped
from sdc.model.hierarchy import Hierarchy, IntArray
from sdc.model.system import Block, BoolArray, System
from sdc.model.table import Table
from sdc.tables.relations import system_of
from sdc.tables.tabulate import tabulate


def with_groups(system: System, coded: Mapping[str, Coded], grouped: Sequence[Grouped]) -> System:
    """The system once some areas count classes together; itself where none does.

    Tables of the records that have both dimensions stop printing the grouped places and get a further
    table *within* them, with the bins. ``coded`` supplies what the bins hold. O(areas x classes x the
    other codes).

    Raises InputError where two columns of one set of records are grouped.

    >>> from sdc.model.table import aggregate
    >>> dims = (Hierarchy.flat("area", ["p", "q"]), Hierarchy.flat("use", ["a", "b", "c"]))
    >>> leaf = {"area": np.array([0, 0, 0, 1]), "use": np.array([0, 1, 1, 2])}
    >>> coded = {"r": Coded("r", {d.name: d for d in dims}, leaf)}
    >>> plain = system_of([tabulate(coded["r"], ["area", "use"], name="t")])
    >>> own = Grouped("r", "area", "use", {"p": {"a": "other:TOTAL", "b": "other:TOTAL"}})
    >>> s = with_groups(plain, coded, [own])
    >>> bins = s.blocks[-1]
    >>> bins.table.name, s.value[bins.index[s.shown[bins.index]]].tolist()
    ('t/use', [3])
    """
    records = [g.records for g in grouped]
    if len(set(records)) != len(records):
        raise InputError(
            Text("only one column of the same records can be grouped area by area"),
            code="grouped",
        )
    shown, pairs = system.shown.copy(), []
    for group in grouped:
        for block in system.blocks:
            axes = _axes(block.table, group)
            if axes is not None:
                shown[_closed(block, group, axes)] = False
                pairs += _pair(coded[group.records], block, group)
    return _joined(replace(system, shown=shown), pairs) if grouped else system


@dataclass(frozen=True, eq=False)
class _Pair:
    """A table, the table of its bins, and the records in those bins."""

    main: Block
    bins: Table
    coded: Coded
    group: Grouped


def _axes(table: Table, group: Grouped) -> tuple[int, int] | None:
    """The axes of the areas and of the classes; None where a table of other records or dimensions."""
    names = [d.name for d in table.dims]
    if table.records != group.records or not {group.area, group.column} <= set(names):
        return None
    return names.index(group.area), names.index(group.column)


def _closed(block: Block, group: Grouped, axes: tuple[int, int]) -> IntArray:
    """The unknowns of a table that are not printed."""
    closed = group.closed(*(block.table.dims[a] for a in axes))
    return np.moveaxis(block.index, axes, (0, 1))[closed].ravel()


def _pair(coded: Coded, block: Block, group: Grouped) -> list[_Pair]:
    """The bins of one table, none where all groups are codes that it prints anyway."""
    dims = {d.name: d for d in block.table.dims}
    areas, classes = dims[group.area], dims[group.column]
    bins = group.bins(classes)
    if not bins:
        return []
    tree = group.tree(classes)
    where = {areas.codes[i]: k for k, i in enumerate(areas.leaves)}
    which = {classes.codes[i]: k for k, i in enumerate(classes.leaves)}
    to = {tree.codes[i]: k for k, i in enumerate(tree.leaves)}
    target = np.full((len(where), len(which)), -1, dtype=np.int64)
    for (area, bin_), members in bins.items():
        target[where[area], [which[c] for c in members]] = to[bin_]
    found = target[coded.leaf[group.area], coded.leaf[group.column]]
    own = coded.take(np.flatnonzero(found >= 0))
    own = replace(
        own, name=f"{coded.name}/{group.column}",
        dims={**own.dims, group.column: tree}, leaf={**own.leaf, group.column: found[found >= 0]},
    )  # fmt: skip
    t = block.table
    top = 1 if t.top is None else t.top.shape[-1]
    name = f"{t.name}/{group.column}"
    table = tabulate(own, [d.name for d in t.dims], measure=t.measure, name=name, top=top)
    return [_Pair(block, replace(table, within=t.name), own, group)]


def _joined(system: System, pairs: Sequence[_Pair]) -> System:
    """One system of the tables, their bins, and what the bins are the sums of."""
    if not pairs:
        return system
    more = system_of([p.bins for p in pairs], coded={p.coded.name: p.coded for p in pairs})
    shown = np.zeros(more.n, dtype=bool)
    rows: list[sp.csr_matrix] = []
    blocks = []
    for pair, block in zip(pairs, more.blocks, strict=True):
        rows.append(_sums(pair, block, system.n, more.n))
        shown[_printed(pair, block)] = True
        blocks.append(replace(block, index=_fixed(block.index + system.n)))
    apart = sp.block_diag([system.relations, more.relations])
    relations = sp.csr_matrix(sp.vstack([apart, *rows]), dtype=np.int64)
    group = np.concatenate([system.group, more.group + int(system.group.max(initial=-1)) + 1])
    return System(
        value=np.concatenate([system.value, more.value]), relations=relations,
        shown=np.concatenate([system.shown, shown]), group=group,
        count=np.concatenate([system.count, more.count]),
        known=np.concatenate([system.known, more.known]), blocks=(*system.blocks, *blocks),
    )  # fmt: skip


def printed_sums(
    block: Block, bins: Block, groups: Sequence[Grouped], printed: BoolArray
) -> IntArray:
    """(q, 2) pairs of the number of a printed group and the flat place of a cell that it adds up.

    ``block`` is a table, ``bins`` what stands within it, ``printed`` (the shape of the bins) the groups
    that are seen. O(cells in groups).
    """
    found: list[tuple[int, int]] = []
    names = [d.name for d in block.table.dims]
    group = next(g for g in groups if g.records == block.table.records and g.column in names)
    area, column = names.index(group.area), names.index(group.column)
    own = group.bins(block.table.dims[column])
    shape = tuple(len(d) for d in block.table.dims)
    for number, at in enumerate(np.argwhere(printed).tolist()):
        place = (
            bins.table.dims[area].codes[at[area]], bins.table.dims[column].codes[at[column]]
        )  # fmt: skip
        for code in own[place]:
            cell = list(at)
            cell[column] = block.table.dims[column].position(code)
            found.append((number, int(np.ravel_multi_index(cell, shape))))
    return np.array(found, dtype=np.int64).reshape(-1, 2)


def _fixed(index: IntArray) -> IntArray:
    index.setflags(write=False)
    return index


def _printed(pair: _Pair, block: Block) -> IntArray:
    """The unknowns of the bins that exist, at all codes of the other dimensions."""
    areas, tree = _dims(pair, block)
    there = np.zeros((len(areas), len(tree)), dtype=bool)
    for area, bin_ in pair.group.bins(_dims(pair, pair.main)[1]):
        there[areas.position(area), tree.position(bin_)] = True
    return _first(pair, block)[there].ravel()


def _dims(pair: _Pair, block: Block) -> tuple[Hierarchy, Hierarchy]:
    dims = {d.name: d for d in block.table.dims}
    return dims[pair.group.area], dims[pair.group.column]


def _first(pair: _Pair, block: Block, *, inner: bool = False) -> IntArray:
    """The unknowns with areas and classes in front; with ``inner`` at innermost other codes alone."""
    names = [d.name for d in block.table.dims]
    axes = names.index(pair.group.area), names.index(pair.group.column)
    place = [
        d.leaves if inner and i not in axes else np.arange(len(d), dtype=np.int64)
        for i, d in enumerate(block.table.dims)
    ]
    return np.moveaxis(block.index[np.ix_(*place)], axes, (0, 1))


def _sums(pair: _Pair, block: Block, before: int, more: int) -> sp.csr_matrix:
    """One relation a bin and innermost area: the bin, 0 where the area has none, is its classes."""
    areas, classes = _dims(pair, pair.main)
    tree = _dims(pair, block)[1]
    bins = pair.group.bins(classes)
    main, own = (_first(pair, b, inner=True) for b in (pair.main, block))
    main, own = main.reshape(*main.shape[:2], -1), own.reshape(*own.shape[:2], -1)
    row, column, data, n = [], [], [], 0
    for area in areas.leaves:
        for bin_ in tree.leaves:
            members = bins.get((areas.codes[area], tree.codes[bin_]), ())
            at = [classes.position(c) for c in members]
            parts = np.concatenate([before + own[area, bin_][None], main[area][at]])
            sign = np.ones(parts.shape, dtype=np.int64)
            sign[0] = -1
            row.append(np.broadcast_to(n + np.arange(parts.shape[1]), parts.shape).ravel())
            column.append(parts.ravel())
            data.append(sign.ravel())
            n += parts.shape[1]
    entries = (np.concatenate(data), (np.concatenate(row), np.concatenate(column)))
    return sp.csr_matrix(entries, shape=(n, before + more), dtype=np.int64)
