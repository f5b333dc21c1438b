"""What can a stranger with another solver conclude from published files?

Shares nothing with the tool: reads the CSV files that a reader receives, builds its own equations from
the code lists, and asks CP-SAT for whole numbers. Its own answers are checked by hand-made tables in
``test_attacker.py``.
"""

from __future__ import annotations

import csv
import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ortools.sat.python import cp_model

Cell = tuple[str, ...]
MOST = 10**6


@dataclass
class Tree:
    """One dimension as the code list prints it."""

    parent: dict[str, str]
    children: dict[str, list[str]] = field(init=False)

    def __post_init__(self) -> None:
        self.children = {}
        for code, above in self.parent.items():
            if above:
                self.children.setdefault(above, []).append(code)

    @classmethod
    def read(cls, path: Path) -> Tree:
        with path.open(encoding="utf-8-sig", newline="") as handle:
            return cls({row["code"]: row["parent"] for row in csv.DictReader(handle)})

    @classmethod
    def flat(cls, codes: Iterable[str], total: str = "TOTAL") -> Tree:
        return cls({total: "", **{c: total for c in codes if c != total}})


@dataclass
class Seen:
    """A published table: numbers where numbers stand, the rest is hidden or not printed."""

    names: tuple[str, ...]
    number: dict[Cell, int]
    hidden: set[Cell]

    @classmethod
    def read(cls, path: Path, names: Sequence[str], value: str = "value") -> Seen:
        number: dict[Cell, int] = {}
        hidden: set[Cell] = set()
        with path.open(encoding="utf-8-sig", newline="") as handle:
            for row in csv.DictReader(handle):
                cell = tuple(row[n] for n in names)
                text = row[value]
                if text == "X":
                    hidden.add(cell)
                elif text == "-":
                    number[cell] = 0
                else:
                    number[cell] = int(text)
        return cls(tuple(names), number, hidden)


class Attack:
    """All whole-number tables that agree with what was seen.

    ``least`` is what the attacker takes for granted of every hidden place: 0 where the release says
    that an X may be a zero, 1 where all zeros are printed.
    """

    def __init__(
        self, seen: Seen, trees: Mapping[str, Tree], *, least: int = 0, most: int = MOST
    ) -> None:
        self.seen, self.trees, self.least = seen, trees, least
        self.model = cp_model.CpModel()
        self.variables: dict[Cell, cp_model.IntVar] = {}
        for cell in sorted(seen.hidden):
            self.variables[cell] = self.model.new_int_var(least, most, "/".join(cell))
        for equation in self._equations():
            self.model.add(sum(equation) == 0)

    def _term(self, cell: Cell, sign: int):
        if cell in self.variables:
            return sign * self.variables[cell]
        if cell in self.seen.number:
            return sign * self.seen.number[cell]
        return None

    def _equations(self):
        for axis, name in enumerate(self.seen.names):
            others = [
                sorted(t.parent) if i != axis else [""]
                for i, t in enumerate(self.trees[n] for n in self.seen.names)
            ]
            for above, children in self.trees[name].children.items():
                for rest in itertools.product(*others):
                    before, after = rest[:axis], rest[axis + 1 :]
                    terms = [self._term((*before, above, *after), -1)]
                    terms += [self._term((*before, c, *after), 1) for c in children]
                    if all(t is not None for t in terms) and any(
                        not isinstance(t, int) for t in terms
                    ):
                        yield terms

    def end(self, cell: Cell, *, highest: bool) -> int:
        """The largest or smallest whole number the cell can hold."""
        variable = self.variables[cell]
        if highest:
            self.model.maximize(variable)
        else:
            self.model.minimize(variable)
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = 1
        status = solver.solve(self.model)
        assert status == cp_model.OPTIMAL, solver.status_name(status)
        return int(solver.value(variable))

    def can(self, cell: Cell, *, at_least: int | None = None, at_most: int | None = None) -> bool:
        """Whether some table agrees with what was seen and puts the cell into a range."""
        model = self.model.clone()
        model.clear_objective()
        variable = model.get_int_var_from_proto_index(self.variables[cell].index)
        if at_least is not None:
            model.add(variable >= at_least)
        if at_most is not None:
            model.add(variable <= at_most)
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = 1
        status = solver.solve(model)
        assert status in (cp_model.OPTIMAL, cp_model.FEASIBLE, cp_model.INFEASIBLE)
        return status != cp_model.INFEASIBLE

    def interval(self, cell: Cell) -> tuple[int, int]:
        return self.end(cell, highest=False), self.end(cell, highest=True)

    def recovered(self) -> dict[Cell, int]:
        """Every hidden place that has one possible value, with that value."""
        out = {}
        for cell in sorted(self.variables):
            low, high = self.interval(cell)
            if low == high:
                out[cell] = low
        return out
