"""How do all tables of a release hang together in one system of whole-number relations?

Cells that two tables share (a margin) become one unknown. Where the tables' sets of dimensions can be
ordered so that each shares one complete margin with those before it, linking them by margins says all
there is to say: any tables that agree on the margins can be glued into one whole-number table (Dobra
and Fienberg 2000, decomposable models). Where they form a cycle, or where two dimensions classify the
same thing (small areas and mesh cells, two sets of age bands), latent atoms of the joint
cross-classification are added and the tables' cells become their sums.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components

from sdc.errors import InputError
from sdc.messages import Text
from sdc.model.coded import Coded, Crossing
from sdc.model.hierarchy import IntArray
from sdc.model.system import Block, System
from sdc.model.table import Table
from sdc.tables.atoms import Atoms, consistent_values, make_atoms


def system_of(
    tables: Sequence[Table],
    *,
    crossings: Sequence[Crossing] = (),
    coded: Mapping[str, Coded] | None = None,
) -> System:
    """One system for all tables; ``coded`` supplies the true values of latent atoms.

    Without records the atoms get some whole numbers that agree with all tables (a small mixed-integer
    program). Cost: one relation for every total, linear in cells x dimensions.

    Raises InputError where tables with the same records disagree on a shared margin, or where no
    whole-number cross-classification agrees with all of them.

    >>> from sdc.model.hierarchy import Hierarchy
    >>> from sdc.model.table import aggregate
    >>> sex = Hierarchy.flat("sex", ["f", "m"])
    >>> s = system_of([Table("t", (sex,), aggregate(np.array([3, 4]), [sex]))])
    >>> s.relations.toarray().tolist(), s.value.tolist()
    ([[-1, 1, 1]], [7, 3, 4])
    """
    order = sorted(tables, key=lambda t: (-len(t.dims), t.name))
    blocks: list[Block] = []
    size = 0
    rows: list[sp.coo_matrix] = []
    for table in order:
        index, size, covered = _place(table, blocks, size)
        blocks.append(Block(table, index))
        if not covered:
            rows.append(_balances(blocks[-1], size))
    links: list[Atoms] = []
    for family in sorted({(t.records, t.measure) for t in order}):
        members = [b for b in blocks if (b.table.records, b.table.measure) == family]
        atoms = make_atoms(members, crossings)
        if atoms is not None:
            links.append(atoms)
    return _assemble(blocks, rows, links, size=size, coded=coded or {}, order=list(tables))


@dataclass(frozen=True)
class _Overlap:
    """The cells two tables share: positions in the one (shape common) and unknowns of the other."""

    place: tuple[IntArray | slice | int, ...]
    unknowns: IntArray


def _place(table: Table, blocks: Sequence[Block], size: int) -> tuple[IntArray, int, bool]:
    """Unknowns of a table's cells: shared ones where an earlier table has them, new ones elsewhere."""
    index = np.full(table.value.shape, -1, dtype=np.int64)
    covered = False
    for block in blocks:
        other = block.table
        if (other.records, other.measure) != (table.records, table.measure):
            continue
        overlap = _overlap(table, block)
        own = table.value[overlap.place]
        common = _overlap(other, Block(table, np.arange(table.value.size).reshape(index.shape)))
        theirs = np.transpose(other.value[common.place], _axes(other, table))
        if not np.array_equal(own, theirs):
            raise InputError(
                Text(
                    "tables {name!r} and {name2!r} disagree on a margin they share",
                    name=table.name,
                    name2=other.name,
                ),
                code="linked-margins",
            )
        index[overlap.place] = overlap.unknowns
        covered = covered or {d.name for d in table.dims} <= {d.name for d in other.dims}
    fresh = index < 0
    index[fresh] = size + np.arange(int(fresh.sum()))
    index.setflags(write=False)
    return index, size + int(fresh.sum()), covered


def _axes(first: Table, second: Table) -> list[int]:
    """How to order the common axes of ``first`` as ``second`` has them."""
    mine = [d.name for d in first.dims if any(d.name == e.name for e in second.dims)]
    want = [d.name for d in second.dims if d.name in mine]
    return [mine.index(name) for name in want]


def _overlap(table: Table, block: Block) -> _Overlap:
    """Where ``table`` and the block's table coincide: common dimensions free, all others total."""
    other = {d.name: d for d in block.table.dims}
    mine = {d.name: d for d in table.dims}
    for name in mine.keys() & other.keys():
        if not mine[name].same_codes(other[name]):
            raise InputError(
                Text(
                    "dimension {name!r} is defined differently in {one!r} and {other!r}",
                    name=name,
                    one=table.name,
                    other=block.table.name,
                ),
                code="dimension-differs",
            )
    place: tuple[slice | int, ...] = tuple(
        slice(None) if d.name in other else d.root for d in table.dims
    )
    theirs = block.index[tuple(slice(None) if d.name in mine else d.root for d in block.table.dims)]
    return _Overlap(place, np.transpose(theirs, _axes(block.table, table)))


def _balances(block: Block, size: int) -> sp.coo_matrix:
    """One row a total: the sum of its parts along one dimension equals it, for all other codes."""
    rows: list[IntArray] = []
    columns: list[IntArray] = []
    data: list[IntArray] = []
    start = 0
    for axis, dim in enumerate(block.table.dims):
        balance = dim.balance.tocoo()
        cells = np.moveaxis(block.index, axis, 0).reshape(len(dim), -1)
        width = cells.shape[1]
        along = np.arange(width, dtype=np.int64)
        rows.append((start + balance.row[:, None].astype(np.int64) * width + along).ravel())
        columns.append(cells[balance.col].ravel())
        data.append(np.repeat(balance.data, width))
        start += balance.shape[0] * width
    entries = (np.concatenate(data), (np.concatenate(rows), np.concatenate(columns)))
    return sp.coo_matrix(entries, shape=(start, size))


def _assemble(
    blocks: Sequence[Block],
    rows: Sequence[sp.coo_matrix],
    links: Sequence[Atoms],
    *,
    size: int,
    coded: Mapping[str, Coded],
    order: Sequence[Table],
) -> System:
    total = size + sum(len(a) for a in links)
    starts = np.cumsum([size, *(len(a) for a in links)])
    parts = [_widen(r, total) for r in rows]
    parts += [
        _widen(atoms.rows(int(a)), total)
        for atoms, (a, _) in zip(links, pairwise(starts), strict=True)
    ]
    relations = sp.csr_matrix(sp.vstack(parts), dtype=np.int64)
    value = np.zeros(total, dtype=np.int64)
    count = np.ones(total, dtype=bool)
    for block in blocks:
        value[block.index] = block.table.value
        count[block.index] = block.table.is_count
    for atoms, start in zip(links, starts[:-1], strict=True):
        place = slice(int(start), int(start) + len(atoms))
        source = coded.get(atoms.family[0])
        value[place] = atoms.count(source) if source else consistent_values(atoms, value[:size])
        count[place] = atoms.is_count
    shown = np.arange(total) < size
    named = {b.table.name: b for b in blocks}
    return System(
        value=value, relations=relations, shown=shown, group=_groups(blocks, total),
        count=count, known=np.zeros(total, dtype=bool),
        blocks=tuple(named[t.name] for t in order),
    )  # fmt: skip


def _widen(matrix: sp.coo_matrix, columns: int) -> sp.coo_matrix:
    coo = matrix.tocoo()
    return sp.coo_matrix((coo.data, (coo.row, coo.col)), shape=(coo.shape[0], columns))


def _groups(blocks: Sequence[Block], total: int) -> IntArray:
    """A count and a measure of the same units in the same cell carry one mask."""
    first: list[IntArray] = []
    second: list[IntArray] = []
    for i, block in enumerate(blocks):
        for other in blocks[:i]:
            if other.table.records != block.table.records:
                continue
            if other.table.measure == block.table.measure:
                continue
            overlap = _overlap(block.table, other)
            first.append(block.index[overlap.place].ravel())
            second.append(overlap.unknowns.ravel())
    if not first:
        return np.arange(total, dtype=np.int64)
    a, b = np.concatenate(first), np.concatenate(second)
    graph = sp.coo_matrix((np.ones(len(a), dtype=np.int8), (a, b)), shape=(total, total))
    _, label = connected_components(graph, directed=False)
    return np.asarray(label, dtype=np.int64)
