"""What do the tables of a release and everything that was published before say together?

Earlier tables become equations of the one system: counted anew from the records of now, by the codes of
then, linked like any other table. What they printed is known and can never be hidden. What readers take
some cells to hold at least and at most (counted on the ground, remembered from the last period) comes as
bounds on unknowns of the same system.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import scipy.sparse as sp

from sdc.errors import InputError, NotProven, SdcError
from sdc.messages import Text
from sdc.model.coded import Coded, Crossing
from sdc.model.hierarchy import Hierarchy, IntArray
from sdc.model.past import PastRelease, PastTable, Prior
from sdc.model.system import System
from sdc.model.table import Table
from sdc.tables.relations import system_of
from sdc.tables.slices import as_then, with_slice
from sdc.tables.tabulate import tabulate

Fold = Mapping[str, IntArray]


@dataclass(frozen=True, eq=False)
class Joint:
    """A system whose blocks are the new tables alone, and what was promised about earlier ones.

    ``changed`` names the earlier releases whose records were others.
    """

    system: System
    prior: Prior
    changed: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Now:
    """The records of a new release by innermost codes, and what becomes of the codes.

    ``fold[dim]`` takes an innermost code to the leaf of ``dims[dim]`` under which it is printed;
    dimensions that only earlier releases used are in ``units`` alone. ``crossings`` speak of
    innermost codes.
    """

    tables: tuple[Table, ...]
    units: Mapping[str, Coded]
    fold: Fold
    crossings: tuple[Crossing, ...] = ()


def joint_system(
    now: Now, earlier: Sequence[PastRelease], bridges: Mapping[str, Fold] | None = None
) -> Joint:
    """One system for new tables and earlier ones; ``bridges[label][dim]`` takes an innermost code of
    now to one of then (missing: the same codes).

    Tables of record sets that the new release does not count are left out. Cost: that of
    ``system_of`` for all tables together, twice for an earlier release whose records were others.

    Raises InputError where the tables cannot be linked, NotProven where an earlier release cannot be
    written down again as it was.
    """
    views = _Views(now, earlier, bridges or {})
    every = [*now.tables, *(views.table(now.units, e, t) for e, t in views.pairs)]
    crossings = views.crossings()
    system = system_of(every, crossings=crossings, coded=views.coded(now.units))
    past = _Past(system.relations)
    for e in earlier:
        own = [t for owner, t in views.pairs if owner is e]
        old = views.units_of_then(e)
        at = np.arange(system.n)
        if old is not None:
            tables = [views.new_table(old, t) for t in now.tables]
            tables += [views.table(old, o, t) for o, t in views.pairs]
            other = system_of(tables, crossings=crossings, coded=views.coded(old))
            then = with_slice(system, past.relations, other.value)
            past.relations, at = then.relations, then.at
            past.values.append(then.value)
            past.changed.append(e.label)
        values = np.concatenate([system.value, *past.values])
        for t in own:
            past.add(e, t, at[_block(system, views.name(e, t)).ravel()], values)
    return _assembled(now, system, past)


@dataclass
class _Past:
    """What earlier releases add, one after the other."""

    relations: sp.csr_matrix
    values: list[IntArray] = field(default_factory=list)
    known: list[IntArray] = field(default_factory=list)
    promises: list[tuple[IntArray, IntArray, IntArray]] = field(default_factory=list)
    floors: list[tuple[IntArray, IntArray]] = field(default_factory=list)
    bounds: list[IntArray] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)

    def add(self, e: PastRelease, t: PastTable, cells: IntArray, values: IntArray) -> None:
        """One earlier table; ``cells`` are its unknowns."""
        if not e.remembered and t.told(values[cells]) != t.digest:
            raise _other(e)
        self.known.append(cells[t.printed])
        self.floors.append((cells[~t.printed], t.floor[~t.printed]))
        mine = t.upper >= 0
        self.promises.append((cells[mine], t.upper[mine], t.lower[mine]))
        places, found = cells, values[cells]
        if len(t.sums):
            totals = t.totals(values[cells])
            parts = sp.coo_matrix(
                (np.ones(len(t.sums), dtype=np.int64), (t.sums[:, 0], cells[t.sums[:, 1]])),
                shape=(len(totals), self.relations.shape[1]),
            )
            grown = [[self.relations, None], [parts, -sp.eye(len(totals), dtype=np.int64)]]
            groups = self.relations.shape[1] + np.arange(len(totals))
            self.known.append(groups[:0] if e.remembered else groups)
            places, found = np.concatenate([cells, groups]), np.concatenate([found, totals])
            self.relations = sp.csr_matrix(sp.bmat(grown), dtype=np.int64)
            self.values.append(totals)
        self.bounds.append(_held(e, t.bounds, places, found))


def _held(e: PastRelease, bounds: IntArray, places: IntArray, values: IntArray) -> IntArray:
    """The bounds of a table on unknowns (b, 3), all of them true.

    A list of facts that is wrong is refused. Who remembers a number from which the truth is farther
    away than believed is misled, not informed: that bound is drawn out to the truth, so that the true
    table remains one of those that are possible.
    """
    at, least, most = bounds.T
    truth = values[at]
    if e.external and ((truth < least) | (truth > most)).any():
        raise _other(e)
    return np.stack([places[at], np.minimum(least, truth), np.maximum(most, truth)], axis=1)


def _assembled(now: Now, system: System, past: _Past) -> Joint:
    """Only the new tables are printed; what was printed before is known."""
    value = np.concatenate([system.value, *past.values])
    n = len(value)
    blocks = system.blocks[: len(now.tables)]
    shown, is_known = np.zeros(n, dtype=bool), np.zeros(n, dtype=bool)
    for block in blocks:
        shown[block.index] = True
    for cells in past.known:
        is_known[cells] = True
    floor = np.full(n, -1, dtype=np.int64)
    for cells, least in past.floors:
        np.maximum.at(floor, cells, least)
    count = np.ones(n, dtype=bool)
    count[: system.n] = system.count
    wide = System(
        value=value, relations=past.relations, shown=shown,
        group=np.concatenate([system.group, int(system.group.max(initial=0)) + 1
                              + np.arange(n - system.n)]),
        count=count, known=is_known, blocks=blocks,
    )  # fmt: skip
    parts = [
        np.concatenate([p[i] for p in past.promises] or [np.zeros(0, np.int64)]) for i in range(3)
    ]
    bounds = np.concatenate([np.zeros((0, 3), np.int64), *past.bounds])
    prior = Prior(parts[0], parts[1], parts[2], floor, bounds)
    return Joint(wide, prior, tuple(past.changed))


def _block(system: System, name: str) -> IntArray:
    return next(b.index for b in system.blocks if b.table.name == name)


def _other(earlier: PastRelease) -> SdcError:
    if earlier.external:
        return InputError(
            Text(
                "an external total does not agree with the records: {label}; leave out "
                "totals of another population",
                label=earlier.label,
            ),
            code="external",
        )
    return NotProven(
        Text(
            "the earlier release {label} cannot be counted again as it was printed",
            label=earlier.label,
        ),
        code="ledger-values",
    )


class _Views:
    """Under which names, and by which codes, each release sees each dimension."""

    def __init__(
        self, now: Now, earlier: Sequence[PastRelease], bridges: Mapping[str, Fold]
    ) -> None:
        self._now, self._earlier, self._bridges = now, earlier, bridges
        self.pairs = [(e, t) for e in earlier for t in e.tables if t.records in now.units]
        self._views: dict[str, list[tuple[Hierarchy, IntArray]]] = {}
        self._name: dict[tuple[str, str], str] = {}
        for table in now.tables:
            for dim in table.dims:
                self._views.setdefault(dim.name, [(dim, now.fold[dim.name])])
        for e, t in self.pairs:
            for d in t.dims:
                if (e.label, d) not in self._name:
                    self._name[e.label, d] = self._admit(e, d)

    def _admit(self, e: PastRelease, d: str) -> str:
        """The name of an earlier dimension here: the same one where codes and folds are the same."""
        index = e.fold[d][self._bridge(e, d)]
        known = self._views.setdefault(d, [])
        for dim, fold in known:
            if dim.same_codes(e.dims[d]) and np.array_equal(fold, index):
                return dim.name
        taken = {dim.name for dim, _ in known}
        name = d if d not in taken else f"{d}@{e.label}"
        known.append((replace(e.dims[d], name=name), index))
        return name

    def _bridge(self, e: PastRelease, d: str) -> IntArray:
        own = self._bridges.get(e.label, {})
        if d in own:
            return own[d]
        size = next(len(c.dims[d].leaves) for c in self._now.units.values() if d in c.dims)
        return np.arange(size)

    def crossings(self) -> list[Crossing]:
        """Which printed codes of all releases can meet: those that share an innermost place."""
        done: set[str] = set()
        out = []
        groups = [(c.names, c.pairs) for c in self._now.crossings]
        for d, views in self._views.items():
            if not any(d in names for names, _ in groups):
                groups.append(((d,), np.arange(len(views[0][1]))[:, None]))
        for names, pairs in groups:
            columns = [(dim.name, fold[pairs[:, i]]) for i, d in enumerate(names)
                       for dim, fold in self._views.get(d, [])]  # fmt: skip
            if len(columns) > 1 and not done & set(names):
                done |= set(names)
                table = np.unique(np.stack([v for _, v in columns], axis=1), axis=0)
                out.append(Crossing(tuple(n for n, _ in columns), table))
        return out

    def coded(self, units: Mapping[str, Coded]) -> dict[str, Coded]:
        """The records by the printed codes of all releases."""
        out = {}
        for records, c in units.items():
            views = [(d, dim, fold) for d in c.dims for dim, fold in self._views.get(d, [])]
            dims = {dim.name: dim for _, dim, _ in views}
            leaf = {dim.name: fold[c.leaf[d]] for d, dim, fold in views}
            out[records] = replace(c, dims=dims, leaf=leaf)
        return out

    def name(self, e: PastRelease, t: PastTable) -> str:
        """The name of an earlier table in the joint system."""
        return f"{e.label}/{t.name}"

    def table(self, units: Mapping[str, Coded], e: PastRelease, t: PastTable) -> Table:
        """An earlier table, counted from some records."""
        by = [self._name[e.label, d] for d in t.dims]
        coded = self.coded({t.records: units[t.records]})[t.records]
        return tabulate(coded, by, measure=t.measure, name=self.name(e, t), top=1)

    def new_table(self, units: Mapping[str, Coded], table: Table) -> Table:
        """A new table, counted from some records."""
        coded = self.coded({table.records: units[table.records]})[table.records]
        by = [d.name for d in table.dims]
        return tabulate(coded, by, measure=table.measure, name=table.name, top=1)

    def units_of_then(self, e: PastRelease) -> dict[str, Coded] | None:
        """All records as they were when an earlier release was made; None where nothing changed."""
        out, changed = dict(self._now.units), False
        for records, then in e.units.items():
            if records not in out or e.remembered:
                continue
            bridge = {d: self._bridge(e, d) for d in then.dims}
            old = as_then(out[records], then, bridge, self._now.crossings)
            if old is not None:
                out[records], changed = old, True
        return out if changed else None
