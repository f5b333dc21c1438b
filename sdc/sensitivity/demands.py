"""Which cells must be hidden by the rules, and how far must an attacker stay from each of them?

Primary suppression by minimum count, (n, k)-dominance, p % and the city's own list (Hundepool and
others 2012, chapter 4), turned into demands on the attacker's feasibility interval.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from sdc.errors import RulesError
from sdc.messages import Text
from sdc.model.blur import blur_of
from sdc.model.hierarchy import IntArray
from sdc.model.insiders import known_inside
from sdc.model.past import Prior
from sdc.model.rules import COSTS, Rules
from sdc.model.system import UNBOUNDED, Block, BoolArray, FloatArray, Level, Problem, System
from sdc.model.table import Table
from sdc.sensitivity.beforehand import carried, known_beforehand
from sdc.sensitivity.left import left_inside
from sdc.sensitivity.reach import (
    filled_floor,
    floor_of,
    known_units,
    measure_reach,
    measured,
    units_inside,
)
from sdc.sensitivity.refusals import refuse_grouped, refuse_known, refuse_public


def problem(
    system: System,
    rules: Rules | Mapping[str, Rules],
    *,
    priced: Sequence[Table] = (),
    prior: Prior | None = None,
) -> Problem:
    """The demands of the rules on a system; ``rules`` for all tables, or one set a table name.

    ``priced`` are measures that are not printed but may price a cell (``Rules.cost``). ``prior`` keeps
    the promises of earlier releases (a cell that a promise covers is hidden here as well) and the
    bounds that everybody holds. Nobody is promised a lower end below such a bound; a cell that must be
    hidden and cannot reach its upper end, because all know that it holds less, is named.

    Counts: a cell of 1 … min_count - 1 units (persons, where records know theirs) is
    primary, an attacker must not be able to exclude ``min_count`` nor some smaller value
    (one less where zeros may be hidden; the number of non-zero innermost cells below it
    where every zero is shown). A place that no table prints, but several tables count (an
    overlap of two geographies, 20-24 between <20 and <25), is primary as well: where each
    such place of 1 … min_count - 1 units may hold min_count, no difference gives one away.
    Measures: the dominance rule and p % demand that the attacker's interval reaches as far
    as they say, on both sides. Known cells keep their value for everybody. A place that its table
    does not print (its class is counted in a group there) has the demands of a hidden cell. With
    ``owners`` all of it holds against those who stand in one innermost cell as well
    (``known_inside``), as far as what is public before leaves it to them (``left_inside``). O(cells).

    Raises RulesError where tables disagree on the level, a measure has neither dominance nor p %, or a
    cell that is never to be hidden is counted in a group; Infeasible where a bound alone gives away that
    a cell is small.

    >>> from sdc.model.hierarchy import Hierarchy
    >>> from sdc.model.table import aggregate
    >>> from sdc.tables.relations import system_of
    >>> sex = Hierarchy.flat("sex", ["f", "m"])
    >>> s = system_of([Table("t", (sex,), aggregate(np.array([2, 9]), [sex]))])
    >>> p = problem(s, Rules(min_count=3))
    >>> p.primary.tolist(), p.upper.tolist(), p.lower.tolist()
    ([1], [3], [1])
    """
    by_table = {b.table.name: _rules_of(b.table, rules) for b in system.blocks}
    level, blur = _one_level(by_table), None
    if level is Level.RULE_AWARE:
        # Whoever runs the tool again sees which zeros could have been hidden: none is.
        by_table = {name: replace(own, zeros="show") for name, own in by_table.items()}
        blur = blur_of(system, by_table, earlier=prior is not None)
    prices = [*(b.table for b in system.blocks), *priced]
    eligible, zeros_shown, placed, cost = _terms(system, by_table, prices)
    least, most = known_beforehand(system, prior)
    # What an X of an earlier release cannot be below; -1 where there is none.
    earlier = np.full(system.n, -1, dtype=np.int64) if prior is None else prior.floor
    # A zero that is public by now could have been an X when it was first printed.
    zero = _all_of_group(system, eligible & (system.known | (least < most))) & (system.value == 0)
    floor = floor_of(system, zero | (earlier == 0), zeros_shown, placed)
    demand = _Demand.empty(system.n)
    for block in system.blocks:
        # Beside the groups there is nothing but sums of groups, which nobody prints.
        there = system.shown[block.index] | (not block.table.within)
        demand.add(block, by_table[block.table.name], (floor[block.index] > 0, there))
    told = placed | (least > 0) | (earlier >= 0)
    units, public = _measured_units(system, told, demand.primary, (least, most))
    floor = np.maximum(floor, units)
    demand.raise_to(np.maximum(known_units(system, floor), public))
    demand.add_places(system, np.where(placed, 0, _thresholds(system, by_table)), most)
    if prior is not None:
        demand.add_prior(prior)
    # an X of then and now is known by both
    floor = np.maximum(np.maximum(floor, earlier), least)
    # What has one value for everybody cannot be hidden any more.
    eligible = _all_of_group(system, eligible & (floor < most))
    refuse_public(system, demand.primary & placed)
    primary = np.flatnonzero(demand.primary).astype(np.int64)
    upper, lower = demand.upper[primary], np.maximum(demand.lower, least)[primary]
    refuse_known(system, level, (primary, upper), (floor, most))
    own, asked = _inside(system, by_table), (primary, upper, lower)
    return Problem(
        system=system,
        level=level,
        primary=primary,
        upper=upper,
        lower=lower,
        slide=np.zeros(len(primary), dtype=np.int64),
        floor=floor,
        ceiling=most,
        eligible=eligible,
        cost=cost,
        blur=blur,
        own=own,
        left=left_inside(
            system, (np.maximum(public, earlier), most), own, asked, second=level is Level.INTEGER
        ),
    )


def _measured_units(
    system: System, told: BoolArray, primary: BoolArray, bounds: tuple[IntArray, IntArray]
) -> tuple[IntArray, IntArray]:
    """(n,) the units that amounts tell of in their own cells, and the least that all know of each cell.

    Also in the tables linked with that one: a mesh cell holds what the areas inside it hold.
    """
    least, most = bounds
    units = measured(system, told).astype(np.int64)
    if not units.any():
        return units, least
    public = np.maximum(least, units)
    small = np.flatnonzero(primary & system.count)
    public[small] = np.maximum(public[small], units_inside(system, units, small))
    return units, carried(system, public, most)[0]


def _terms(
    system: System, by_table: Mapping[str, Rules], prices: Sequence[Table]
) -> tuple[BoolArray, BoolArray, BoolArray, FloatArray]:
    """By cell (n,): may it be hidden, are its zeros shown, has a table a place for it, and its cost."""
    eligible, cost = system.shown.copy(), np.zeros(system.n)
    zeros_shown, placed = np.zeros(system.n, dtype=bool), np.zeros(system.n, dtype=bool)
    for block in system.blocks:
        own = by_table[block.table.name]
        placed[block.index] = True
        cost[block.index] = _cost(block.table, prices, own.cost)
        kept = block.index[_matches(block.table, own.never_hide)]
        refuse_grouped(system, kept[:0] if block.table.within else kept)
        eligible[kept] = False
        if own.zeros == "show":
            zeros_shown[block.index] = True
            eligible[block.index[block.table.value == 0]] = False
    return eligible, zeros_shown, placed, cost


def _rules_of(table: Table, rules: Rules | Mapping[str, Rules]) -> Rules:
    own = rules if isinstance(rules, Rules) else rules[table.within or table.name]
    if not table.is_count and own.dominance is None and own.p_percent is None:
        raise RulesError(
            Text("table {name!r} adds up a measure: give dominance or p_percent", name=table.name),
        )
    return own


def _inside(system: System, by_table: Mapping[str, Rules]) -> IntArray | None:
    """What is known from inside, where the level promises them something and any rules reckon with it."""
    level = _one_level(by_table)
    if level not in (Level.INTEGER, Level.INTERVAL) or not any(r.owners for r in by_table.values()):
        return None
    return known_inside(system, {name: rules.min_count for name, rules in by_table.items()})


def _one_level(by_table: Mapping[str, Rules]) -> Level:
    levels = sorted({r.level for r in by_table.values()})
    if len(levels) != 1:
        raise RulesError(Text("all tables of a release share one level"))
    return levels[0]


@dataclass
class _Demand:
    """Growing demands over the unknowns: the hardest of all tables that print a cell counts."""

    primary: BoolArray
    upper: IntArray
    lower: IntArray

    @classmethod
    def empty(cls, n: int) -> _Demand:
        never = np.full(n, -1, dtype=np.int64)
        return cls(np.zeros(n, dtype=bool), never, np.full(n, UNBOUNDED, dtype=np.int64))

    def add(self, block: Block, rules: Rules, marks: tuple[BoolArray, BoolArray]) -> None:
        """Take in the demands of one table.

        ``marks``: what an X cannot be zero in, and the places that there is something to say of.
        """
        table, (never_zero, there) = block.table, marks
        small = (table.counts > 0) & (table.counts < rules.min_count)
        named = _matches(table, rules.must_hide)
        if table.is_count:
            primary = small | named
            # of few persons with many records each more is hidden than the number of persons
            upper = np.where(small, np.maximum(rules.min_count, table.value + 1), table.value + 1)
            low = np.maximum(table.value - 1, 0)
            crowded = small & (table.value >= rules.min_count)
            lower = np.where(never_zero & ~crowded, filled_floor(table, never_zero), low)
        else:
            dominated, reach = measure_reach(table, rules, small)
            primary = small | named | dominated
            reach = np.maximum(reach, 1)
            upper, lower = table.value + reach, np.maximum(table.value - reach, 0)
        primary &= there
        if rules.zeros == "show":
            primary &= table.value > 0
        cells = block.index[primary]
        self.primary[cells] = True
        np.maximum.at(self.upper, cells, upper[primary])
        known, new = self.lower[cells], lower[primary]
        both = np.where(never_zero[primary], np.maximum(known, new), np.minimum(known, new))
        self.lower[cells] = np.where(known == UNBOUNDED, new, both)

    def raise_to(self, known: IntArray) -> None:
        """Promise no lower end below what everybody knows (n,)."""
        np.maximum(self.lower, known, out=self.lower)

    def add_places(self, system: System, threshold: IntArray, most: IntArray) -> None:
        """Take in the places that no table prints; ``threshold`` (n,) is 0 where none holds.

        A place reaches no farther than everybody knows it to reach at ``most``.
        """
        small = ~system.shown & ~system.known & (system.value > 0) & (system.value < threshold)
        self.primary |= small
        self.upper[small] = np.minimum(threshold, most)[small]
        self.lower[small] = system.value[small]

    def add_prior(self, prior: Prior) -> None:
        """Take in what earlier releases promised."""
        self.primary[prior.cells] = True
        np.maximum.at(self.upper, prior.cells, prior.upper)
        np.minimum.at(self.lower, prior.cells, prior.lower)


def _thresholds(system: System, by_table: Mapping[str, Rules]) -> IntArray:
    """(n,) the highest threshold of the count tables that print a cell, or count a place."""
    out = np.zeros(system.n, dtype=np.int64)
    for block in system.blocks:
        if block.table.is_count:
            k = by_table[block.table.name].min_count
            out[block.index] = np.maximum(out[block.index], k)
    rows = system.relations.tocoo()
    of_row = np.zeros(rows.shape[0], dtype=np.int64)
    total = rows.data < 0
    np.maximum.at(of_row, rows.row[total], out[rows.col[total]])
    part = (rows.data > 0) & ~system.shown[rows.col]
    np.maximum.at(out, rows.col[part], of_row[rows.row[part]])
    return out


def _matches(table: Table, cells: tuple[Mapping[str, str], ...]) -> BoolArray:
    """Mask of the cells named by their codes; a dimension that is not named matches every code."""
    out = np.zeros(table.value.shape, dtype=bool)
    names = {d.name: i for i, d in enumerate(table.dims)}
    for cell in cells:
        if not set(cell) <= set(names):
            continue
        if table.within and any(c not in table.dims[names[n]] for n, c in cell.items()):
            continue  # it names a class, and these are groups
        place: list[slice | int] = [slice(None)] * len(names)
        for name, code in cell.items():
            dim = table.dims[names[name]]
            if code not in dim:
                raise RulesError(
                    Text("unknown code in a cell: {name}={code}", name=name, code=code)
                )
            place[names[name]] = dim.position(code)
        out[tuple(place)] = True
    return out


def _cost(table: Table, prices: Sequence[Table], kind: str) -> FloatArray:
    """Loss of hiding each cell; a zero costs what a one would at least (1)."""
    if kind == "count":
        return np.ones(table.value.shape)
    if kind == "log":
        return np.asarray(1.0 + np.log1p(table.counts))
    if kind == "value":
        return np.maximum(table.value, 1).astype(np.float64)
    codes = [d.codes for d in table.dims]
    for other in prices:
        if other.measure == kind and [d.codes for d in other.dims] == codes:
            return np.maximum(other.value, 1).astype(np.float64)
    names = ", ".join(COSTS)
    raise RulesError(Text("cost is {names} or a measure's name", names=names))


def _all_of_group(system: System, eligible: BoolArray) -> BoolArray:
    """A cell may be hidden only where every cell that shares its mask may be."""
    barred = np.zeros(int(system.group.max(initial=-1)) + 1, dtype=bool)
    barred[system.group[~eligible & system.shown]] = True
    return eligible & ~barred[system.group]
