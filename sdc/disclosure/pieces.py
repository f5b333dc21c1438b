"""Which innermost places of a release are written into its witness file, and by which codes?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp

from sdc.model.hierarchy import IntArray
from sdc.model.system import Block, BoolArray, System


@dataclass(frozen=True, eq=False)
class Places:
    """One piece: unknowns of the system (r,), their codes (r, d), and its head."""

    unknowns: IntArray
    at: IntArray
    head: dict[str, Any]


def main_blocks(system: System) -> list[Block]:
    """The tables; what stands within another one is the sum of that one's cells."""
    return [b for b in system.blocks if not b.table.within]


def table_piece(block: Block) -> Places:
    """The innermost cells of a table."""
    table = block.table
    leaves = np.ix_(*[d.leaves for d in table.dims])
    unknowns = block.index[leaves]
    at = np.stack([g.ravel() for g in np.indices(unknowns.shape)], axis=1)
    whole_step = float(table.step).is_integer() and table.step >= 1
    head = {
        "family": [table.records, table.measure],
        "table": table.name,
        "names": [d.name for d in table.dims],
        "codes": [[d.codes[i] for i in d.leaves] for d in table.dims],
        "factor": int(table.step) if whole_step else 1,
    }
    return Places(unknowns.ravel(), at.astype(np.int64), head)


def atom_pieces(system: System) -> list[Places]:
    """The innermost latent unknowns, named by the cells that count them, by family and dimensions.

    Sums among the latent ones (cells of earlier releases) need not be written down, nor places of a
    table that are counted in a group: they stand with the table.
    """
    is_total, placed = (np.zeros(system.n, dtype=bool) for _ in range(2))
    is_total[system.relations.indices[system.relations.data < 0]] = True
    for block in system.blocks:
        placed[block.index] = True
    latent = np.flatnonzero(~placed & ~is_total)
    if not len(latent):
        return []
    total, atom = _links(system, placed)
    names = sorted({d.name for b in main_blocks(system) for d in b.table.dims})
    code = np.full((system.n, len(names)), -1, dtype=np.int64)
    family = np.full(system.n, -1, dtype=np.int64)
    families: list[tuple[str, str]] = []
    for block in main_blocks(system):
        key = (block.table.records, block.table.measure)
        families += [key] if key not in families else []
        flat = np.full(system.n, -1, dtype=np.int64)
        flat[block.index.ravel()] = np.arange(block.index.size)
        here = flat[total] >= 0
        place = np.unravel_index(flat[total[here]], block.index.shape)
        family[atom[here]] = families.index(key)
        for dim, position in zip(block.table.dims, place, strict=True):
            leaf = np.full(len(dim), -1, dtype=np.int64)
            leaf[dim.leaves] = np.arange(len(dim.leaves))
            found = np.where(position == dim.root, -1, leaf[position])
            known = found >= 0
            code[atom[here][known], names.index(dim.name)] = found[known]
    kind, of_kind = np.unique(code[latent] >= 0, axis=0, return_inverse=True)
    return [
        _family(system, code, (part, key, own))
        for i, key in enumerate(families)
        for j, used in enumerate(kind)
        if len(part := latent[(family[latent] == i) & (of_kind.ravel() == j)])
        and _told(
            system, part, key, names=(own := [n for n, u in zip(names, used, strict=True) if u])
        )
    ]


def _told(system: System, part: IntArray, key: tuple[str, str], *, names: list[str]) -> bool:
    """Whether places are to be written down: they link tables, or divide all of one table.

    Those of several earlier tables below one table of now count every unit more than once.
    """
    mine = [b.table for b in main_blocks(system) if (b.table.records, b.table.measure) == key]
    total = mine[0].value[tuple(d.root for d in mine[0].dims)]
    links = not any(set(names) <= {d.name for d in t.dims} for t in mine)
    return links or int(system.value[part].sum()) == int(total)


def _links(system: System, placed: BoolArray) -> tuple[IntArray, IntArray]:
    """(total, atom) pairs: which cell of a table counts which unknown that no table has a place for.

    Also where sums that only an earlier release printed stand between the two. O(pairs x depth).
    """
    rows = np.repeat(np.arange(system.relations.shape[0]), np.diff(system.relations.indptr))
    column, data = system.relations.indices.astype(np.int64), system.relations.data
    parent = np.full(system.relations.shape[0], -1, dtype=np.int64)
    minus = data < 0
    parent[rows[minus]] = column[minus]
    mine = ~minus & ~placed[column]
    counted_by = sp.csr_matrix(
        (np.ones(int(mine.sum()), dtype=np.int64), (column[mine], parent[rows[mine]])),
        shape=(system.n, system.n),
    )
    between = sp.diags_array(~placed, dtype=np.int64).tocsr()
    step = every = counted_by
    while step.nnz:
        step = sp.csr_matrix(step @ between @ counted_by)
        step.eliminate_zeros()
        step.data[:] = 1
        every = every + step
    atom, total = every.nonzero()
    kept = placed[total]
    return total[kept].astype(np.int64), atom[kept].astype(np.int64)


def _family(
    system: System, code: IntArray, which: tuple[IntArray, tuple[str, str], list[str]]
) -> Places:
    atoms, key, used = which
    names = sorted({d.name for b in main_blocks(system) for d in b.table.dims})
    dims = {d.name: d for b in main_blocks(system) for d in b.table.dims}
    head = {
        "family": list(key),
        "table": None,
        "names": used,
        "codes": [[dims[n].codes[k] for k in dims[n].leaves] for n in used],
        "factor": 1,
    }
    return Places(atoms, code[atoms][:, [names.index(n) for n in used]], head)
