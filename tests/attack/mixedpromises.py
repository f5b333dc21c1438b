"""Which promises do a city's releases not keep, once all of them lie on one table?

Reads packages as a stranger does (``universe``); the truth is there only to know what to look for.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import product
from pathlib import Path

from attacker import Cell
from mixedcity import DIMS, Rule, Scenario, Step
from promises import Tally
from universe import Bound, Printed, Reader, Sum, Universe, true_of, unchanged

Tables = list[tuple[Step, Rule, Printed]]


@dataclass
class Demand:
    """What a sum must seem able to be: ``high`` or more, ``low`` or less; None: nothing is asked.

    ``other`` where any other value will do.
    """

    where: str
    own: Sum
    value: int
    high: int | None
    low: int | None
    other: bool = False


@dataclass
class Case:
    """The releases of a scenario that came out, as they were read, the last one judged anew."""

    scenario: Scenario
    tables: Tables
    truth: dict[int, dict[str, list[int]]]
    tally: Tally = field(default_factory=Tally)

    @classmethod
    def read(cls, scenario: Scenario, folder: Path, out: list[Step]) -> Case:
        """``out`` are the releases that came out; beside a last period only the one that remembers it."""
        tables = []
        for step in out:
            package = folder / "releases" / step.id
            reader = Reader.of(package, DIMS, scenario.atoms)
            for t in step.tables:
                file = package / "data" / f"{t.id}.csv"
                printed = reader.table(file, t.names, step.when, t.what)
                tables.append((step, step.rules[t.rule], printed))
        truth = {w: scenario.truth(w) for w in range(len(scenario.records))}
        case = cls(scenario, tables, truth)
        case.take_for_granted()
        return case

    @classmethod
    def unpublished(cls, scenario: Scenario, folder: Path, out: list[Step], step: Step) -> Case:
        """A release that was refused, with everything hidden that may be, beside those that came out."""
        case = cls.read(scenario, folder, out)
        printed = {p.sums[c] for _, _, p in case.tables for c in p.number}
        reader = Reader(DIMS, scenario.atoms, scenario.trees(step))
        bare: Tables = []
        for t in step.tables:
            rule, table = step.rules[t.rule], Printed(t.id, t.names, {}, {}, {})
            for cell in product(*(sorted(reader.trees[n].parent) for n in t.names)):
                own = reader.sum_of(t.names, cell, step.when, t.what)
                zero = rule.zeros == "show" and not case.value(own)
                shut = zero or own in printed or named(rule.never_hide, table, cell)
                reader.enter(table, cell, own, "A" if shut else "X")
            bare.append((step, rule, table))
        # A count and the area beside it share one X.
        open_ = {p.sums[c].atoms for _, _, p in bare for c in p.sums if p.mark[c] == "A"}
        for _, _, table in bare:
            for cell, own in table.sums.items():
                if own.atoms in open_:
                    table.mark[cell], table.number[cell] = "A", case.value(own)
        case.tables += bare
        case.take_for_granted()
        return case

    def printing(self, cells: set[tuple[str, Cell]]) -> Case:
        """The same with some cells of the last release printed."""
        tables: Tables = []
        for step, rule, old in self.tables:
            new = replace(old, mark=dict(old.mark), number=dict(old.number))
            for cell in new.sums if step is self.last else ():
                if (new.name, cell) in cells:
                    new.mark[cell], new.number[cell] = "A", self.value(new.sums[cell])
            tables.append((step, rule, new))
        return Case(self.scenario, tables, self.truth)

    @property
    def last(self) -> Step:
        return self.tables[-1][0]

    @property
    def now(self) -> Tables:
        """What is judged: everything, but of a last period that is only remembered nothing."""
        return [t for t in self.tables if not self.last.drift or t[0] is self.last]

    def value(self, own: Sum) -> int:
        return true_of(self.truth, own)

    def take_for_granted(self) -> None:
        """An X is at least 1 where zeros are printed, and where none could have been an X."""
        shut = {p.sums[c] for _, r, p in self.tables for c in p.sums if r.zeros == "show"}
        never = any(
            self.value(own) == 0
            and p.mark[c] != "G"
            and own not in shut
            and not named(r.never_hide, p, c)
            for _, r, p in self.tables
            for c, own in p.sums.items()
            if p.least == 0 and own.what == "count"
        )
        for _, rule, printed in self.tables:
            if next(iter(printed.sums.values())).what == "count":
                printed.least = 1 if rule.zeros == "show" or not never else 0

    def bounds(self) -> list[Bound]:
        """What everybody knows of the records of now."""
        out, when = [], self.last.when
        for codes, low, high in self.last.known:
            atoms = frozenset(
                i for i, a in enumerate(self.scenario.atoms)
                if all(a[DIMS.index(n)] == c for n, c in codes.items())
            )  # fmt: skip
            out.append((Sum(when, "count", atoms), low, high))
        for step, _, printed in self.tables:
            if self.last.drift and step is not self.last:
                for cell, number in printed.number.items():
                    if number:
                        own = Sum(when, printed.sums[cell].what, printed.sums[cell].atoms)
                        share = round(self.last.drift * 100)
                        low = max(0, -((number * (share - 100)) // 100))
                        high = number * (100 + share) // 100
                        truth = self.value(own)
                        out.append((own, min(low, truth), max(high, truth)))
        return out

    def universe(self, *, before: bool = False) -> Universe:
        """What a stranger reckons with; ``before`` the last release came out."""
        tables = [p for s, _, p in self.now if not (before and s is self.last)]
        same: list[tuple[Sum, Sum]] = []
        for then in {s.when for s, _, _ in self.now} - {self.last.when}:
            same += unchanged([p for _, _, p in self.now], self.truth, then, self.last.when)
        return Universe(tables, self.bounds(), same)

    def demands(self) -> Iterator[Demand]:
        """Everything that was promised of any cell that is not printed."""
        sure = {p.sums[c] for _, _, p in self.now if p.least for c in p.sums if p.mark[c] == "X"}
        for step, rule, printed in self.now:
            for cell, own in sorted(printed.sums.items()):
                where = f"{step.id}/{printed.name}{cell}"
                demand = self.demand(rule, printed, cell, surely=own in sure)
                if demand is not None and printed.mark[cell] in "A-":
                    yield Demand(f"{where} is printed", own, -1, None, None)
                elif demand is not None:
                    high, low = demand
                    exact = rule.level == "integer"
                    self.tally.primary += 1
                    yield Demand(where, own, self.value(own), None if exact else high,
                                 None if exact else low, exact)  # fmt: skip
                elif printed.mark[cell] == "X":
                    self.tally.hidden += 1
                    if step is self.last:
                        yield Demand(where, own, self.value(own), None, None, True)

    def demand(
        self, rule: Rule, printed: Printed, cell: Cell, *, surely: bool
    ) -> tuple[int, int] | None:
        """(high, low) of a cell that must be hidden; None where it need not be."""
        own = printed.sums[cell]
        value = self.value(own)
        must = named(rule.must_hide, printed, cell) and printed.mark[cell] != "G"
        if rule.zeros == "show" and value == 0:
            return None
        known = max((low for bound, low, _ in self.bounds() if bound == own), default=0)
        if own.what != "count":
            found = self.measured(rule, own, must=must)
            return None if found is None else (found[0], max(found[1], known))
        small = 0 < value < rule.min_count
        if not small and not must:
            return None
        low = max(self.filled(own), 1) if printed.least or surely else max(value - 1, 0)
        return (rule.min_count if small else value + 1), max(low, known)

    def measured(self, rule: Rule, own: Sum, *, must: bool) -> tuple[int, int] | None:
        """What dominance and p % ask of a floor area."""
        amounts = self.scenario.amounts(own.when)
        every = sorted((a for i in own.atoms for a in amounts.get(i, [])), reverse=True)
        if not every:
            return (1, 0) if must else None
        total, need = sum(every), 0.0
        x1, x2 = every[0], every[1] if len(every) > 1 else 0
        if rule.p_percent is not None:
            need = max(need, rule.p_percent / 100 * x1 - (total - x1 - x2))
        if rule.dominance is not None:
            n, share = rule.dominance
            need = max(need, sum(every[:n]) / share - total)
        small = len(every) < rule.min_count
        if need <= 0 and not small and not must:
            return None
        if need <= 0 and small:
            need = (
                rule.p_percent / 100 * x1 if rule.p_percent else total * (1 / rule.dominance[1] - 1)
            )
        reach = max(math.ceil(need - 1e-9), 1)
        return total + reach, max(total - reach, 0)

    def filled(self, own: Sum) -> int:
        """Innermost cells below that everybody knows not to be empty."""
        most = 0
        for _, _, p in self.now:
            if p.least:
                inside = {
                    p.sums[c] for c in p.inner
                    if p.sums[c].when == own.when and p.sums[c].atoms <= own.atoms
                }  # fmt: skip
                most = max(most, sum(self.value(i) > 0 for i in inside))
        return most

    def measured_below(self, own: Sum) -> int:
        """How many units there must be, where something was measured in so many cells."""
        most = 0
        for _, _, p in self.now:
            inside = {
                p.sums[c] for c in p.sums
                if p.sums[c].what != "count" and p.sums[c].when == own.when
                and (c in p.inner or p.sums[c].atoms == own.atoms) and p.sums[c].atoms <= own.atoms
                and self.value(p.sums[c])
            }  # fmt: skip
            parts = {i for i in inside if i.atoms != own.atoms}
            most = max(most, len(parts), len(inside) and 1)
        return most

    def insiders(self) -> Iterator[tuple[Sum, list[tuple[int, int]]]]:
        """Who stands in a hidden innermost cell of the last release: where, and with how much each.

        Where areas and mesh cells are published together, also who stands where one meets the other.
        """
        amounts = self.scenario.amounts(self.last.when)
        done = set()
        for step, rule, printed in self.now:
            if step is not self.last or not rule.owners:
                continue
            for cell in sorted(printed.inner):
                own = printed.sums[cell]
                if printed.mark[cell] in "A-" or not self.value(own) or own in done:
                    continue
                done.add(own)
                if own.what == "count":
                    # of all who are in the cell the one who stands in the fewest others knows least
                    yield from (
                        (own, [(i, 1)]) for i in own.atoms if self.truth[own.when]["count"][i]
                    )
                    continue
                every = sorted(
                    ((a, i) for i in own.atoms for a in amounts.get(i, [])), reverse=True
                )
                for j in range(1, min(rule.min_count - 1, len(every)) + 1):
                    yield own, [(i, a) for a, i in every[:j]]
        mine = [p for s, r, p in self.now if s is self.last and r.owners]
        for place in self.meetings(mine):
            yield from (
                (place, [(i, 1)]) for i in place.atoms if self.truth[place.when]["count"][i]
            )

    def overlaps(self) -> Iterator[tuple[Sum, int]]:
        """Small places that an area and a mesh cell have in common, and what they must seem to reach."""
        over = [r for s, r, p in self.now if s is self.last and {"areas", "mesh"} & set(p.names)]
        k = max((r.min_count for r in over), default=0)
        for place in self.meetings([p for _, _, p in self.now]):
            if 0 < self.value(place) < k:
                yield place, k

    def meetings(self, tables: list[Printed]) -> list[Sum]:
        """The places in which an area of some tables and a mesh cell meet."""
        sides: dict[str, set[frozenset[int]]] = {"areas": set(), "mesh": set()}
        for p in tables:
            for name in {"areas", "mesh"} & set(p.names):
                at = p.names.index(name)
                for code in {c[at] for c in p.inner}:
                    parts = [p.sums[c].atoms for c in p.inner if c[at] == code]
                    sides[name].add(frozenset().union(*parts))
        met = {a & b for a in sides["areas"] for b in sides["mesh"]} - {frozenset()}
        return [Sum(self.last.when, "count", m) for m in sorted(met, key=sorted)]

    def told(self) -> Iterator[str]:
        """Every promise that is not kept."""
        attack, before = self.universe(), self.universe(before=True)
        printed = {p.sums[c] for _, _, p in self.now for c in p.sums if p.mark[c] in "A-"}
        inside = list(self.insiders())
        for d in self.demands():
            if d.low is not None and d.own.what == "count":
                d.low = max(d.low, self.measured_below(d.own))
            if d.value < 0:
                yield d.where
                continue
            if d.own in printed:
                yield f"{d.where} is printed elsewhere"
                continue
            if d.other and not (
                attack.allows(d.own, at_most=d.value - 1)
                or attack.allows(d.own, at_least=d.value + 1)
            ):
                yield f"{d.where} follows"
            if d.high is not None and not attack.allows(d.own, at_least=d.high):
                yield f"{d.where} = {d.value} cannot be {d.high}"
            low = d.low is None or attack.allows(d.own, at_most=d.low)
            # No lower end is promised below what all could tell before.
            if not low and before.allows(d.own, at_most=d.low):
                yield f"{d.where} = {d.value} cannot be {d.low}"
            if d.high is None and not d.other:
                continue
            if not d.where.startswith(self.last.id + "/"):
                continue
            for who in inside:
                if who[0].what == d.own.what and d.high is not None:
                    yield from self.inside((attack, before), d, who)
        for place, k in self.overlaps():
            value = self.value(place)
            if self.now[-1][1].level == "integer":
                kept = attack.allows(place, at_least=value + 1) or attack.allows(
                    place, at_most=value - 1
                )
            else:
                kept = attack.allows(place, at_least=k)
            if place not in printed and not kept:
                yield f"overlap {sorted(place.atoms)} = {value} cannot be {k}"

    def inside(
        self, attacks: tuple[Universe, Universe], d: Demand, who: tuple[Sum, list[tuple[int, int]]]
    ) -> Iterator[str]:
        """What those who stand together in a cell are promised of another one, or of their own.

        What they knew before the last release came out is not held against it.
        """
        assert d.high is not None
        assert d.low is not None
        own, people = who
        self.tally.owners += 1
        known = own, sum(a for _, a in people)
        # Nobody can be asked to believe less than what they have there themselves.
        low = max(d.low, sum(a for i, a in people if i in d.own.atoms and own.when == d.own.when))
        said = f"say {people} in {sorted(own.atoms)}"
        now, before = (
            (a.allows(d.own, at_least=d.high, besides=known),
             low >= d.value or a.allows(d.own, at_most=low, besides=known))
            for a in attacks
        )  # fmt: skip
        if before[0] and not now[0]:
            yield f"{d.where} = {d.value} cannot be {d.high}, {said}"
        if before[1] and not now[1]:
            yield f"{d.where} = {d.value} cannot be {low}, {said}"


def named(cells: tuple[dict[str, str], ...], printed: Printed, cell: Cell) -> bool:
    """Whether a list of cells names one of a table."""
    own = dict(zip(printed.names, cell, strict=True))
    return any(set(c) <= set(own) and all(own[n] == v for n, v in c.items()) for c in cells)
