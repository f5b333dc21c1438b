"""Which latent atoms link the tables of one population, and when are none needed?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from sdc.errors import InputError
from sdc.messages import Text
from sdc.model.coded import Coded, Crossing
from sdc.model.hierarchy import Hierarchy, IntArray
from sdc.model.system import Block
from sdc.model.table import COUNT
from sdc.solver.program import Status

MAX_ATOMS = 20_000_000


@dataclass(frozen=True, eq=False)
class Atoms:
    """The possible cells of a joint cross-classification that several tables sum up.

    ``leaf`` (r, len(names)) holds, for every atom, indices into the leaves of each dimension.
    """

    family: tuple[str, str]
    names: tuple[str, ...]
    dims: Mapping[str, Hierarchy]
    leaf: IntArray
    blocks: tuple[Block, ...]

    def __len__(self) -> int:
        return len(self.leaf)

    @property
    def is_count(self) -> bool:
        """Whether the atoms count units."""
        return self.family[1] == COUNT

    def rows(self, start: int) -> sp.coo_matrix:
        """One relation for every innermost cell of a table's margin over the atoms' dimensions.

        ``start`` is the unknown of the first atom.
        """
        rows, columns, data = [], [], []
        done = np.zeros(0, dtype=np.int64)
        offset = 0
        for block in self.blocks:
            cells, atom_cell = self._margin(block)
            fresh = ~np.isin(cells.ravel(), done)
            done = np.union1d(done, cells)
            row_of = np.full(cells.size, -1, dtype=np.int64)
            row_of[fresh] = offset + np.arange(int(fresh.sum()))
            used = row_of[atom_cell] >= 0
            rows += [row_of[fresh], row_of[atom_cell][used]]
            columns += [cells.ravel()[fresh], start + np.flatnonzero(used)]
            data += [np.full(int(fresh.sum()), -1), np.ones(int(used.sum()))]
            offset += int(fresh.sum())
        entries = (
            np.concatenate(data).astype(np.int64),
            (np.concatenate(rows), np.concatenate(columns)),
        )
        return sp.coo_matrix(entries, shape=(offset, start + len(self)))

    def _margin(self, block: Block) -> tuple[IntArray, IntArray]:
        """Unknowns of the block's margin at its leaves, and each atom's flat place among them."""
        dims = block.table.dims
        place = tuple(
            d.leaves if d.name in self.names else np.array([d.root], dtype=np.int64) for d in dims
        )
        cells = block.index[np.ix_(*place)]
        axes = [
            self.leaf[:, self.names.index(d.name)]
            if d.name in self.names
            else np.zeros(len(self), dtype=np.int64)
            for d in dims
        ]
        return cells, np.asarray(np.ravel_multi_index(axes, cells.shape), dtype=np.int64)

    def count(self, coded: Coded) -> IntArray:
        """The atoms' true values from the records.

        Raises InputError where a record falls into a combination that was declared impossible.
        """
        shape = [len(self.dims[n].leaves) for n in self.names]
        keys = np.ravel_multi_index(list(self.leaf.T), shape)
        flat, _ = coded.key(self.names)
        order = np.argsort(keys, kind="stable")
        found = np.searchsorted(keys[order], flat)
        found = np.minimum(found, max(len(keys) - 1, 0))
        if len(flat) and (not len(keys) or (keys[order][found] != flat).any()):
            raise InputError(
                Text(
                    "a record falls into a combination declared impossible: {names}",
                    names=", ".join(self.names),
                ),
                code="crossing",
            )
        out = np.zeros(len(keys), dtype=np.int64)
        weight = coded.units if self.is_count else coded.measures[self.family[1]].steps
        np.add.at(out, order[found], weight)
        return out


def make_atoms(members: Sequence[Block], crossings: Sequence[Crossing]) -> Atoms | None:
    """The atoms that one family of tables needs; None where margins alone are exact.

    The atoms span the crossing dimensions and the class dimensions that tables on both sides share;
    where that still leaves a cycle, they span every dimension.
    """
    sets = [frozenset(d.name for d in b.table.dims) for b in members]
    every = frozenset().union(*sets)
    used = [c for c in crossings if len(every.intersection(c.names)) > 1]
    if not used and is_acyclic(sets):
        return None
    span = _span(sets, used)
    if not span or not is_acyclic([*sets, span]):
        span = every
    dims = {d.name: d for b in members for d in b.table.dims}
    names = tuple(sorted(span))
    first = members[0].table
    family = (first.records, first.measure)
    return Atoms(family, names, dims, _combinations(names, dims, used), tuple(members))


def _span(sets: Sequence[frozenset[str]], used: Sequence[Crossing]) -> frozenset[str]:
    """Crossing dimensions, and whatever tables on at least two sides of a crossing share."""
    span: frozenset[str] = frozenset()
    for crossing in used:
        sides = []
        for name in crossing.names:
            reach = [s for s in sets if name in s]
            sides.append(frozenset().union(*reach) - set(crossing.names))
        shared = {n for i, a in enumerate(sides) for b in sides[:i] for n in a & b}
        span |= shared.union(n for n in crossing.names if any(n in s for s in sets))
    return span


def is_acyclic(sets: Sequence[frozenset[str]]) -> bool:
    """Whether a scheme of dimension sets is decomposable (Graham's reduction empties it).

    >>> ab, bc, ca = frozenset("ab"), frozenset("bc"), frozenset("ca")
    >>> is_acyclic([ab, bc]), is_acyclic([ab, bc, ca])
    (True, False)
    """
    edges = [set(s) for s in sets]
    changed = True
    while changed:
        changed = False
        for name in sorted({n for e in edges for n in e}):
            holders = [e for e in edges if name in e]
            if len(holders) == 1:
                holders[0].discard(name)
                changed = True
        kept: list[set[str]] = []
        for i, edge in enumerate(edges):
            inside = any(edge < o or (edge == o and j < i) for j, o in enumerate(edges) if j != i)
            if inside or not edge:
                changed = True
            else:
                kept.append(edge)
        edges = kept
    return not edges


def _combinations(
    names: tuple[str, ...], dims: Mapping[str, Hierarchy], used: Sequence[Crossing]
) -> IntArray:
    """All combinations of innermost codes that the crossings allow, in index order."""
    done: tuple[str, ...] = ()
    out = np.zeros((1, 0), dtype=np.int64)
    for crossing in used:
        if set(crossing.names) & set(done):
            raise InputError(Text("two crossings share a dimension"))
        own = [i for i, n in enumerate(crossing.names) if n in names]
        out = _product(out, np.unique(crossing.pairs[:, own], axis=0))
        done += tuple(crossing.names[i] for i in own)
    for name in names:
        if name not in done:
            out = _product(out, np.arange(len(dims[name].leaves))[:, None])
            done += (name,)
    out = out[:, [done.index(n) for n in names]]
    return np.ascontiguousarray(out[np.lexsort(out.T[::-1])])


def _product(left: IntArray, right: IntArray) -> IntArray:
    if len(left) * len(right) > MAX_ATOMS:
        raise InputError(
            Text("the joint cross-classification is too large; release fewer linked tables"),
            code="atoms",
        )
    return np.hstack([np.repeat(left, len(right), axis=0), np.tile(right, (len(left), 1))])


def consistent_values(atoms: Atoms, value: IntArray) -> IntArray:
    """Some whole numbers for the atoms that agree with all tables (a mixed-integer program).

    Raises InputError where there are none: then the tables cannot come from the same units.
    """
    from sdc.solver.highs import Model

    rows = atoms.rows(len(value)).tocsr()
    inner = rows[:, len(value) :]
    target = -(rows[:, : len(value)] @ value)
    model = Model(
        inner, row_lower=target, row_upper=target, cost=0.0,
        integer=np.ones(len(atoms), dtype=bool),
    )  # fmt: skip
    solution = model.solve()
    if solution.status is not Status.OPTIMAL or solution.x is None:
        raise InputError(
            Text(
                "the tables contradict each other: no cross-classification agrees with all of them"
            ),
            code="linked-contradiction",
        )
    return np.rint(solution.x).astype(np.int64)
