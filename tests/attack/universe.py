"""What can a stranger conclude who lays everything a city has ever published over its innermost places?

The stranger knows which innermost places there are (areas and mesh cells meet where the map says so, any
class can occur), reads the packages' files, and writes every printed number down as a sum of innermost
places: one unknown for each, and one more for each time its records were others. CP-SAT does the rest.
Shares nothing with the tool, and not the sums of ``attacker`` either: no total stands for its parts here.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from attacker import Cell, Tree
from othersolver import cp_model
from packages import Groups

MOST = 100_000
"""More than any innermost place holds."""


@dataclass(frozen=True)
class Sum:
    """Innermost places added up: when, of what (``count`` or a measure), and which."""

    when: int
    what: str
    atoms: frozenset[int]


@dataclass
class Printed:
    """One table as it was read: what each row is the sum of, its mark, and its number.

    Marks are those of the package: A a number, - a zero, X hidden, G counted in a group of its area.
    """

    name: str
    names: tuple[str, ...]
    sums: dict[Cell, Sum]
    mark: dict[Cell, str]
    number: dict[Cell, int]
    least: int = 0
    inner: set[Cell] = field(default_factory=set)


@dataclass
class Reader:
    """Who knows the innermost places, and what a package says of its codes.

    ``to`` takes an innermost code to the one under which it is counted, ``members`` a group of one area
    to its classes.
    """

    names: tuple[str, ...]
    atoms: Sequence[Cell]
    trees: Mapping[str, Tree]
    to: Mapping[tuple[str, str], str] = field(default_factory=dict)
    members: Mapping[tuple[str, str, str], list[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, folder: Path, names: Sequence[str], atoms: Sequence[Cell]) -> Reader:
        """Open a package."""
        data = folder / "data"
        to = {}
        for file, columns in (
            ("collapses.csv", ("column", "source", "target")),
            ("mergers.csv", ("geography", "source", "target")),
        ):
            with (data / file).open(encoding="utf-8-sig", newline="") as handle:
                for row in csv.DictReader(handle):
                    if not row.get("area"):
                        of, source, target = (row[c] for c in columns)
                        to[of, source] = target
        lists = {n: data / f"codelist_{n}.csv" for n in names}
        trees = {n: Tree.read(path) for n, path in lists.items() if path.exists()}
        return cls(tuple(names), atoms, trees, to, Groups.read(data / "collapses.csv").members)

    def final(self, name: str, code: str) -> str:
        """Under which printed code an innermost one is counted."""
        return self.to.get((name, code), code)

    def below(self, name: str, code: str, area: str) -> set[str]:
        """The innermost codes that a code sums up, in one area."""
        members = self.members.get((name, area, code))
        if members:
            return set().union(*(self.below(name, c, "") for c in members))
        inner = self.trees[name].children.get(code)
        if inner:
            return set().union(*(self.below(name, c, "") for c in inner))
        at = self.names.index(name)
        return {a[at] for a in self.atoms if self.final(name, a[at]) == code}

    def sum_of(self, names: Sequence[str], cell: Cell, when: int, what: str) -> Sum:
        """The innermost places of a row."""
        area = cell[names.index("areas")] if "areas" in names else ""
        own = [
            (self.names.index(n), self.below(n, c, area)) for n, c in zip(names, cell, strict=True)
        ]
        inside = (i for i, a in enumerate(self.atoms) if all(a[at] in codes for at, codes in own))
        return Sum(when, what, frozenset(inside))

    def table(self, path: Path, names: Sequence[str], when: int, what: str) -> Printed:
        """The rows of a table; those that stand in another row are left out."""
        out = Printed(path.stem, tuple(names), {}, {}, {})
        with path.open(encoding="utf-8-sig", newline="") as handle:
            for row in csv.DictReader(handle):
                cell = tuple(row[n] for n in names)
                total = self.sum_of(names, cell, when, what)
                if row["status"] == "M" or (row["status"] == "G" and not total.atoms):
                    continue
                self.enter(out, cell, total, row["status"])
                if row["status"] in "A-":
                    out.number[cell] = 0 if row["status"] == "-" else int(row["value"])
        return out

    def enter(self, table: Printed, cell: Cell, own: Sum, mark: str) -> None:
        """One more row of a table."""
        table.sums[cell], table.mark[cell] = own, mark
        if all(c not in self.trees[n].children for n, c in zip(table.names, cell, strict=True)):
            table.inner.add(cell)


Bound = tuple[Sum, int, int]


class Universe:
    """All whole numbers for the innermost places that agree with what was read.

    ``bounds`` are what everybody takes sums to hold; ``same`` pairs of sums that are known to be equal.
    The reader knows that where something is measured, there is something to count.
    """

    def __init__(
        self,
        printed: Iterable[Printed],
        bounds: Iterable[Bound] = (),
        same: Iterable[tuple[Sum, Sum]] = (),
    ) -> None:
        self.model = cp_model.CpModel()
        self.variables: dict[tuple[int, str, int], cp_model.IntVar] = {}
        self.found: list[dict[tuple[int, str, int], int]] = []
        for table in printed:
            for cell, own in table.sums.items():
                if table.mark[cell] in "A-":
                    self.model.add(self._expr(own) == table.number[cell])
                elif table.mark[cell] == "X" and table.least:
                    self.model.add(self._expr(own) >= table.least)
        for own, low, high in bounds:
            self.model.add_linear_constraint(self._expr(own), low, high)
        for one, other in same:
            self.model.add(self._expr(one) == self._expr(other))
        for (when, what, atom), amount in list(self.variables.items()):
            units = self.variables.get((when, "count", atom))
            if what != "count" and units is not None:
                self.model.add(amount <= MOST * units)

    def _expr(self, own: Sum) -> cp_model.LinearExpr:
        return cp_model.LinearExpr.sum(
            [self._variable(own.when, own.what, a) for a in sorted(own.atoms)]
        )

    def _variable(self, when: int, what: str, atom: int) -> cp_model.IntVar:
        key = when, what, atom
        if key not in self.variables:
            self.variables[key] = self.model.new_int_var(0, MOST, str(key))
        return self.variables[key]

    def allows(
        self,
        own: Sum,
        *,
        at_least: int = 0,
        at_most: int | None = None,
        besides: tuple[Sum, int] | None = None,
    ) -> bool:
        """Whether the sum can lie in a range; ``besides`` is a sum that is known to hold so many."""
        wants = [(own, at_least, at_most)]
        if besides is not None:
            wants.append((*besides, None))
        if any(all(_meets(table, *want) for want in wants) for table in self.found):
            return True
        at = [[self._variable(t.when, t.what, a).index for a in sorted(t.atoms)] for t, *_ in wants]
        model = self.model.clone()
        for indices, (_, low, high) in zip(at, wants, strict=True):
            parts = [model.get_int_var_from_proto_index(i) for i in indices]
            model.add_linear_constraint(
                cp_model.LinearExpr.sum(parts), low, MOST * len(parts) if high is None else high
            )
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = 1
        status = solver.solve(model)
        assert status in (cp_model.OPTIMAL, cp_model.FEASIBLE, cp_model.INFEASIBLE), status
        if status == cp_model.INFEASIBLE:
            return False
        values = solver.response_proto.solution
        self.found.append({k: values[v.index] for k, v in self.variables.items()})
        return True


def _meets(table: Mapping[tuple[int, str, int], int], own: Sum, low: int, high: int | None) -> bool:
    value = sum(table.get((own.when, own.what, a), 0) for a in own.atoms)
    return value >= low and (high is None or value <= high)


def unchanged(
    tables: Iterable[Printed], truth: Mapping[int, Mapping[str, Sequence[int]]], then: int, now: int
) -> Iterable[tuple[Sum, Sum]]:
    """Innermost cells of tables that held the same then as now; who knows best knows where."""
    for table in tables:
        for cell in table.inner:
            own = table.sums[cell]
            if true_of(truth, Sum(then, own.what, own.atoms)) == true_of(
                truth, Sum(now, own.what, own.atoms)
            ):
                yield Sum(then, own.what, own.atoms), Sum(now, own.what, own.atoms)


def true_of(truth: Mapping[int, Mapping[str, Sequence[int]]], own: Sum) -> int:
    """What a sum holds in truth."""
    return sum(truth[own.when][own.what][a] for a in own.atoms)
