"""What can a stranger with another solver conclude from published files?

Shares nothing with the tool: reads the CSV files that a reader receives, builds its own equations from
the code lists, and asks CP-SAT for whole numbers. Its own answers are checked by hand-made tables in
``test_attacker.py``.
"""

from __future__ import annotations

import csv
import itertools
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from othersolver import cp_model

Cell = tuple[str, ...]
Key = tuple[tuple[str, str], ...]
"""A place of the whole population: dimension and code, dimensions at their total left out."""
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

    @property
    def root(self) -> str:
        (code,) = (c for c, above in self.parent.items() if not above)
        return code

    @property
    def leaves(self) -> list[str]:
        return sorted(c for c in self.parent if c not in self.children)

    @classmethod
    def read(cls, path: Path) -> Tree:
        with path.open(encoding="utf-8-sig", newline="") as handle:
            return cls({row["code"]: row["parent"] for row in csv.DictReader(handle)})

    @classmethod
    def flat(cls, codes: Iterable[str], total: str = "TOTAL") -> Tree:
        return cls({total: "", **{c: total for c in codes if c != total}})


@dataclass
class Seen:
    """A published table: numbers where numbers stand, the rest is hidden or not printed.

    ``grouped`` places are not printed because their area counts the class in a group; ``groups`` says
    of which places such a group is the sum.
    """

    names: tuple[str, ...]
    number: dict[Cell, int]
    hidden: set[Cell]
    grouped: set[Cell] = field(default_factory=set)
    groups: dict[Cell, list[Cell]] = field(default_factory=dict)

    @classmethod
    def read(
        cls,
        path: Path,
        names: Sequence[str],
        value: str = "value",
        *,
        here: Collection[str] = (),
        everywhere: Collection[tuple[str, str]] = (),
    ) -> Seen:
        """Areas merged away (status M) and classes counted in a group (G) stand in another row.

        Areas in ``here`` have groups of their own; classes in ``everywhere`` are gone from all.
        """
        number: dict[Cell, int] = {}
        hidden: set[Cell] = set()
        grouped: set[Cell] = set()
        with path.open(encoding="utf-8-sig", newline="") as handle:
            for row in csv.DictReader(handle):
                cell = tuple(row[n] for n in names)
                text = row[value]
                gone = set(zip(names, cell, strict=True)) & set(everywhere)
                if row.get("status") == "G" and not gone and set(cell) & set(here):
                    assert text == "", cell
                    grouped.add(cell)
                elif row.get("status") in ("M", "G"):
                    assert text in ("X", ""), cell
                elif text == "X":
                    hidden.add(cell)
                elif text == "-":
                    number[cell] = 0
                else:
                    number[cell] = int(text)
        return cls(tuple(names), number, hidden | grouped, grouped)


class Attack:
    """All whole-number tables that agree with what was seen of one population.

    Several tables are linked by the margins they share. ``least`` is what the attacker takes for granted
    of every hidden place: 0 where the release says that an X may be a zero, 1 where all zeros are
    printed. ``joint`` names the dimensions whose innermost cross-classification is laid under all
    tables; ``possible`` says which codes of some of them can meet (areas and mesh cells, bands of age).
    """

    def __init__(
        self,
        seen: Seen | Sequence[Seen],
        trees: Mapping[str, Tree],
        *,
        least: int = 0,
        most: int = MOST,
        joint: Sequence[str] = (),
        possible: Mapping[tuple[str, ...], Collection[Cell]] | None = None,
    ) -> None:
        self.tables = [seen] if isinstance(seen, Seen) else list(seen)
        self.trees, self.least, self.most = trees, least, most
        self.roots = {name: tree.root for name, tree in trees.items()}
        self.number = {
            self.key(c, i): v for i, t in enumerate(self.tables) for c, v in t.number.items()
        }
        self.model = cp_model.CpModel()
        self.found: list[dict[Key, int]] = []
        self.variables: dict[Key, cp_model.IntVar] = {}
        for i, table in enumerate(self.tables):
            for cell, value in table.number.items():
                assert self.number[self.key(cell, i)] == value, f"{cell} is printed twice"
            for cell in sorted(table.hidden):
                key = self.key(cell, i)
                if key not in self.number and key not in self.variables:
                    self.variables[key] = self.model.new_int_var(least, most, str(key))
        self.equations: list[tuple[int, list[tuple[int, int]]]] = []
        for terms in self._balances():
            self._demand(terms)
        for i, table in enumerate(self.tables):
            for cell, parts in table.groups.items():
                self._demand([(-1, self.key(cell, i)), *((1, self.key(p, i)) for p in parts)])
        if joint:
            self._lay_under(tuple(joint), possible or {})

    def key(self, cell: Cell, table: int = 0) -> Key:
        """Which place of the population a cell of a table is."""
        pairs = zip(self.tables[table].names, cell, strict=True)
        return tuple(sorted((n, c) for n, c in pairs if c != self.roots[n]))

    def _demand(self, terms: Sequence[tuple[int, Key | cp_model.IntVar]]) -> None:
        """The terms add up to nothing."""
        known, unknown = 0, []
        for sign, term in terms:
            if isinstance(term, cp_model.IntVar):
                unknown.append((sign, term))
            elif term in self.number:
                known += sign * self.number[term]
            else:
                unknown.append((sign, self.variables[term]))
        self.equations.append((known, [(sign, v.index) for sign, v in unknown]))
        self.model.add(sum(sign * v for sign, v in unknown) + known == 0)

    def _balances(self) -> Iterator[list[tuple[int, Key]]]:
        """Every total of every table with its parts, once."""
        done: set[tuple[Key, str]] = set()
        for i, table in enumerate(self.tables):
            for axis, name in enumerate(table.names):
                others = [
                    sorted(self.trees[n].parent) if j != axis else [""]
                    for j, n in enumerate(table.names)
                ]
                for above, children in self.trees[name].children.items():
                    for rest in itertools.product(*others):
                        before, after = rest[:axis], rest[axis + 1 :]
                        total = self.key((*before, above, *after), i)
                        parts = [self.key((*before, c, *after), i) for c in children]
                        every = [total, *parts]
                        if (total, name) in done or not all(map(self._seen, every)):
                            continue
                        done.add((total, name))
                        if any(k in self.variables for k in every):
                            yield [(-1, total), *((1, k) for k in parts)]

    def _seen(self, key: Key) -> bool:
        return key in self.number or key in self.variables

    def _lay_under(
        self, joint: tuple[str, ...], possible: Mapping[tuple[str, ...], Collection[Cell]]
    ) -> None:
        """Innermost cells of a cross-classification, and the places that add them up."""
        sums: dict[Key, list[tuple[int, Key | cp_model.IntVar]]] = {}
        spans = [
            tuple((n, c) for n, c in ((n, c) for n, c in self._ends(t, joint)))
            for t in range(len(self.tables))
        ]
        self.atoms: dict[Cell, cp_model.IntVar] = {}
        for codes in _meeting(joint, {n: self.trees[n].leaves for n in joint}, possible):
            atom = self.model.new_int_var(0, self.most, "|".join(codes))
            self.atoms[codes] = atom
            by = dict(zip(joint, codes, strict=True))
            keys = {tuple(sorted((n, by[n]) for n, _ in span)) for span in spans}
            for key in keys:
                sums.setdefault(key, []).append((1, atom))
        for i, span in enumerate(spans):
            for codes in itertools.product(*[self.trees[n].leaves for n, _ in span]):
                key = tuple(sorted((n, c) for (n, _), c in zip(span, codes, strict=True)))
                if self._seen(key):
                    sums.setdefault(key, [])
                else:
                    raise AssertionError(f"table {i} does not print {key}")
        for key, atoms in sums.items():
            self._demand([(-1, key), *atoms])

    def _ends(self, table: int, joint: Sequence[str]) -> Iterator[tuple[str, str]]:
        for name in self.tables[table].names:
            if name in joint:
                yield name, self.roots[name]

    def solver(self) -> cp_model.CpSolver:
        """One thread, no chance."""
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = 1
        return solver

    def end(self, cell: Cell, table: int = 0, *, highest: bool) -> int:
        """The largest or smallest whole number the cell can hold."""
        variable = self.variables[self.key(cell, table)]
        model = self.model.clone()
        model.clear_objective()
        own = model.get_int_var_from_proto_index(variable.index)
        if highest:
            model.maximize(own)
        else:
            model.minimize(own)
        solver = self.solver()
        status = solver.solve(model)
        assert status == cp_model.OPTIMAL, solver.status_name(status)
        return int(solver.value(own))

    def can(
        self, cell: Cell, table: int = 0, *, at_least: int | None = None, at_most: int | None = None
    ) -> bool:
        """Whether some table agrees with what was seen and puts the cell into a range."""
        return self.allows(self.key(cell, table), at_least=at_least, at_most=at_most)

    def allows(
        self,
        key: Key,
        *,
        at_least: int | None = None,
        at_most: int | None = None,
        own: tuple[Key, int] | None = None,
    ) -> bool:
        """The same question by place. Tables found before are looked at first.

        ``own`` is a place and what this attacker knows it to hold at least, from being in it.
        """
        for table in self.found:
            low, high = at_least is None, at_most is None
            known = own is None or table[own[0]] >= own[1]
            if known and (low or table[key] >= at_least) and (high or table[key] <= at_most):
                return True
        model = self.model.clone()
        variable = model.get_int_var_from_proto_index(self.variables[key].index)
        if own is not None:
            mine = model.get_int_var_from_proto_index(self.variables[own[0]].index)
            model.add(mine >= own[1])
        if at_least is not None:
            model.add(variable >= at_least)
        if at_most is not None:
            model.add(variable <= at_most)
        solver = self.solver()
        status = solver.solve(model)
        assert status in (cp_model.OPTIMAL, cp_model.FEASIBLE, cp_model.INFEASIBLE)
        if status == cp_model.INFEASIBLE:
            return False
        every = {k: model.get_int_var_from_proto_index(v.index) for k, v in self.variables.items()}
        self.found.append({k: int(solver.value(v)) for k, v in every.items()})
        return True

    def interval(self, cell: Cell, table: int = 0) -> tuple[int, int]:
        return self.end(cell, table, highest=False), self.end(cell, table, highest=True)

    def recovered(self, table: int = 0) -> dict[Cell, int]:
        """Every hidden place of a table that has one possible value, with that value.

        A place that another table prints is recovered without any arithmetic.
        """
        out = {}
        for cell in sorted(self.tables[table].hidden):
            key = self.key(cell, table)
            if key in self.number:
                out[cell] = self.number[key]
                continue
            low, high = self.interval(cell, table)
            if low == high:
                out[cell] = low
        return out


def _meeting(
    names: Sequence[str],
    leaves: Mapping[str, Sequence[str]],
    possible: Mapping[tuple[str, ...], Collection[Cell]],
) -> Iterator[Cell]:
    """All combinations of innermost codes that can occur, in code order."""
    groups = [*possible, *((n,) for n in names if not any(n in g for g in possible))]
    choices = [
        sorted(possible[g]) if g in possible else [(c,) for c in leaves[g[0]]] for g in groups
    ]
    order = [list(itertools.chain(*groups)).index(n) for n in names]
    for parts in itertools.product(*choices):
        flat = tuple(itertools.chain(*parts))
        yield tuple(flat[i] for i in order)
