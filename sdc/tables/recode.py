"""How do records, tables and crossings look once areas are merged or classes collapsed?

Merging and collapsing are the same thing to a table: innermost codes of one dimension become codes
of a coarser one. Sums are kept, the margins are computed anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from sdc.errors import Finding, InputError
from sdc.messages import Text
from sdc.model.coded import Coded, Crossing
from sdc.model.hierarchy import Hierarchy, IntArray
from sdc.model.table import Table, aggregate


@dataclass(frozen=True, eq=False)
class Recoding:
    """A map from every innermost code of ``before`` to an innermost code of ``after``.

    ``dissolved`` names the inner codes of ``before`` that are no longer a sum of published codes
    and therefore are gone: publishing them beside ``after`` would allow differences.

    Raises InputError unless the map is total and onto the innermost codes of ``after``.
    """

    before: Hierarchy
    after: Hierarchy
    mapping: Mapping[str, str]
    dissolved: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        leaves = [self.before.codes[i] for i in self.before.leaves]
        missing = sorted(set(leaves) - set(self.mapping))
        unknown = sorted(set(self.mapping) - set(leaves))
        want = {self.after.codes[i] for i in self.after.leaves}
        if missing or unknown or set(self.mapping.values()) != want:
            must = Text("every innermost code has one target")
            remedy = Text("correct the map")
            bad = ", ".join((missing or unknown)[:5])
            raise InputError.of(
                [Finding("recoding", must=must, remedy=remedy, column=self.name, value=bad)]
            )

    @property
    def name(self) -> str:
        """The dimension."""
        return self.before.name

    @cached_property
    def index(self) -> IntArray:
        """(innermost codes before,) position among the innermost codes after."""
        place = {self.after.codes[i]: k for k, i in enumerate(self.after.leaves)}
        targets = [place[self.mapping[self.before.codes[i]]] for i in self.before.leaves]
        return np.array(targets, dtype=np.int64)

    @property
    def changed(self) -> dict[str, str]:
        """Only the codes that are published under another one."""
        return {a: b for a, b in self.mapping.items() if a != b}


def recode_table(table: Table, recoding: Recoding) -> Table:
    """A table over the coarser dimension; every sum is kept. O(cells x depth).

    The largest contributions of a merged cell are the largest of its parts.

    >>> from sdc.model.table import aggregate
    >>> use = Hierarchy.flat("use", ["a", "b", "c"])
    >>> coarse = Recoding(use, Hierarchy.flat("use", ["a", "z"]), {"a": "a", "b": "z", "c": "z"})
    >>> t = recode_table(Table("t", (use,), aggregate(np.array([1, 2, 3]), [use])), coarse)
    >>> t.dims[0].codes, t.value.tolist()
    (('TOTAL', 'a', 'z'), [6, 1, 5])
    """
    axis = _axis(table, recoding)
    dims = tuple(recoding.after if k == axis else d for k, d in enumerate(table.dims))
    leaves = np.ix_(*[d.leaves for d in table.dims])
    value = aggregate(_gather(table.value[leaves], recoding, axis), dims)
    counts = None
    if not table.is_count:
        counts = aggregate(_gather(table.counts[leaves], recoding, axis), dims)
    top = None if table.top is None else _top(table, recoding, dims)
    return replace(table, dims=dims, value=value, contributors=counts, top=top)


def recode_records(coded: Coded, recoding: Recoding) -> Coded:
    """Records that carry the coarser codes; as they were where they lack the dimension.

    >>> use = Hierarchy.flat("use", ["a", "b", "c"])
    >>> coarse = Recoding(use, Hierarchy.flat("use", ["a", "z"]), {"a": "a", "b": "z", "c": "z"})
    >>> recode_records(Coded("r", {"use": use}, {"use": np.array([0, 1, 2])}), coarse).leaf["use"]
    array([0, 1, 1])
    """
    if recoding.name not in coded.dims:
        return coded
    _same(coded.dims[recoding.name], recoding)
    return replace(
        coded,
        dims={**coded.dims, recoding.name: recoding.after},
        leaf={**coded.leaf, recoding.name: recoding.index[coded.leaf[recoding.name]]},
    )


def recode_crossing(crossing: Crossing, recoding: Recoding) -> Crossing:
    """Which coarser codes occur together: those of which any parts do."""
    if recoding.name not in crossing.names:
        return crossing
    pairs = crossing.pairs.copy()
    column = crossing.names.index(recoding.name)
    pairs[:, column] = recoding.index[pairs[:, column]]
    return Crossing(crossing.names, np.unique(pairs, axis=0))


def merged_areas(hierarchy: Hierarchy, mapping: Mapping[str, str]) -> Recoding:
    """The recoding of an area dimension by a merge map; areas the map does not name stay.

    A group above that loses all its areas is dissolved. The units of an area that is merged across
    groups count in the group of the absorbing area from then on, in every table.

    Raises InputError for codes that are no innermost codes and for chains.

    >>> areas = Hierarchy.of("area", {"T": "", "P": "T", "Q": "T", "p1": "P", "q1": "Q", "q2": "Q"})
    >>> r = merged_areas(areas, {"p1": "q1"})
    >>> r.after.codes, r.dissolved
    (('Q', 'T', 'q1', 'q2'), ('P',))
    """
    leaves = [hierarchy.codes[i] for i in hierarchy.leaves]
    full = {**{code: code for code in leaves}, **mapping}
    wrong = sorted({c for pair in mapping.items() for c in pair} - set(leaves))
    wrong += sorted(c for c in full.values() if c in full and full[c] != c)
    if wrong:
        must = Text("merges join areas and form no chains")
        remedy = Text("correct the merge map")
        raise InputError.of(
            [Finding("merge", must=must, remedy=remedy, column=hierarchy.name, value=wrong[0])]
        )
    kept = set(full.values())
    for leaf in sorted(kept):
        up = int(hierarchy.parents[hierarchy.position(leaf)])
        while up >= 0:
            kept.add(hierarchy.codes[up])
            up = int(hierarchy.parents[up])
    inner = [hierarchy.codes[i] for i in hierarchy.inner]
    parent = {
        c: hierarchy.codes[p] if p >= 0 else ""
        for c, p in zip(hierarchy.codes, hierarchy.parents.tolist(), strict=True)
        if c in kept
    }
    labels = dict(zip(hierarchy.codes, hierarchy.labels, strict=True))
    after = Hierarchy.of(hierarchy.name, parent, labels)
    return Recoding(hierarchy, after, full, tuple(c for c in inner if c not in kept))


def _axis(table: Table, recoding: Recoding) -> int:
    names = [d.name for d in table.dims]
    if recoding.name not in names:
        raise InputError(
            Text("the table has no dimension {name!r}", name=recoding.name),
        )
    axis = names.index(recoding.name)
    _same(table.dims[axis], recoding)
    return axis


def _same(dim: Hierarchy, recoding: Recoding) -> None:
    if not dim.same_codes(recoding.before):
        raise InputError(Text("dimension {name!r} is defined differently", name=dim.name))


def _gather(leaf: IntArray, recoding: Recoding, axis: int) -> IntArray:
    """Sum innermost values along one axis into the coarser codes."""
    moved = np.moveaxis(leaf, axis, 0)
    out = np.zeros((len(recoding.after.leaves), *moved.shape[1:]), dtype=np.int64)
    np.add.at(out, recoding.index, moved)
    return np.moveaxis(out, 0, axis)


def _top(table: Table, recoding: Recoding, dims: tuple[Hierarchy, ...]) -> IntArray:
    """The largest contributions of every cell, from those of the innermost cells."""
    assert table.top is not None
    axis = _axis(table, recoding)
    top = table.top[np.ix_(*[d.leaves for d in table.dims])]
    keep = top.shape[-1]
    groups = [np.flatnonzero(recoding.index == g) for g in range(len(recoding.after.leaves))]
    top = _largest(top, groups, axis=axis)
    for k, dim in enumerate(dims):
        below = [row.indices.astype(np.int64) for row in dim.aggregation]
        top = _largest(top, below, axis=k)
    return np.ascontiguousarray(top[..., :keep])


def _largest(top: IntArray, groups: list[IntArray], *, axis: int) -> IntArray:
    keep = top.shape[-1]
    moved = np.moveaxis(top, axis, -2)
    out = np.zeros((*moved.shape[:-2], len(groups), keep), dtype=np.int64)
    for g, members in enumerate(groups):
        pool = moved[..., members, :].reshape(*moved.shape[:-2], -1)
        out[..., g, :] = -np.sort(-pool, axis=-1)[..., :keep]
    return np.moveaxis(out, -2, axis)
