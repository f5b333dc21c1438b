"""Small problems, built by hand or at random, and an exact attacker to compare with."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from othersolver import cp_model

from sdc.model.hierarchy import Hierarchy
from sdc.model.plan import Plan, Published, apply
from sdc.model.rules import Rules
from sdc.model.states import State
from sdc.model.system import Level, Problem
from sdc.model.table import Table, aggregate
from sdc.sensitivity import problem as demands_of
from sdc.tables.relations import system_of


@dataclass(frozen=True, eq=False)
class Case:
    """A problem and a pattern on it."""

    problem: Problem
    hidden: np.ndarray

    @property
    def published(self) -> Published:
        return apply(self.problem.system, Plan(self.problem, self.hidden.copy(), "by hand"))


def grid_problem(
    leaf: object, *, min_count: int = 3, zeros: str = "hide", level: str = "interval"
) -> Problem:
    """The demands on a table with flat dimensions a, b, …; codes a0, a1, … and TOTAL."""
    values = np.array(leaf, dtype=np.int64)
    dims = tuple(
        Hierarchy.flat("abcd"[axis], [f"{'abcd'[axis]}{i}" for i in range(size)])
        for axis, size in enumerate(values.shape)
    )
    system = system_of([Table("t", dims, aggregate(values, dims))])
    return demands_of(
        system, Rules(min_count=min_count, zeros=zeros, level=Level(level), owners=True)
    )


def cell(problem: Problem, *codes: str) -> int:
    """The unknown of a cell by its codes, TOTAL for the rest."""
    block = problem.system.blocks[0]
    names = {c[0]: c for c in codes}
    place = [d.position(names.get(d.name, "TOTAL")) for d in block.table.dims]
    return int(block.index[tuple(place)])


def mask(problem: Problem, *cells: tuple[str, ...]) -> np.ndarray:
    """A pattern of the cells named."""
    out = np.zeros(problem.system.n, dtype=bool)
    out[[cell(problem, *codes) for codes in cells]] = True
    return out


def random_case(seed: int, *, zeros: str = "hide", level: str = "interval", k: int = 3) -> Case:
    """A random table of two or three dimensions, its primary cells and random others hidden."""
    rng = np.random.default_rng(seed)
    shape = [(3, 4), (4, 4), (2, 3, 3), (3, 3, 2), (5,)][rng.integers(5)]
    values = rng.poisson(rng.choice([1.0, 2.5, 6.0]), size=shape) * (rng.random(shape) > 0.25)
    problem = grid_problem(values, min_count=k, zeros=zeros, level=level)
    hidden = (rng.random(problem.system.n) < rng.choice([0.2, 0.4, 0.6])) & problem.eligible
    hidden[problem.to_hide] = True
    # The grand total stays in print, so that every interval is finite.
    total = int(problem.system.value.argmax())
    hidden[total] = total in problem.primary
    return Case(problem, hidden)


class Exact:
    """Whole-number bounds of single cells by another solver; no code shared with the audit."""

    def __init__(self, problem: Problem, hidden: np.ndarray, *, most: int = 200) -> None:
        self.most = most
        self._rows = [
            [(int(c), int(v)) for c, v in zip(row.indices, row.data, strict=True)]
            for row in problem.system.relations
        ]
        self._bounds = []
        for i, true in enumerate(problem.system.value.tolist()):
            free = (hidden[i] or not problem.system.shown[i]) and not problem.system.known[i]
            low = int(problem.floor[i]) if free else true
            self._bounds.append((low, min(int(problem.ceiling[i]), most) if free else true))

    def reach(self, cell: int, *, at_least: tuple[int, int] | None = None) -> tuple[int, int]:
        """Least and largest value of a cell; ``at_least`` (cell, number) is known besides."""
        ends = []
        for side in (1, -1):
            model = cp_model.CpModel()
            y = [model.new_int_var(a, b, "") for a, b in self._bounds]
            for row in self._rows:
                model.add(sum(v * y[c] for c, v in row) == 0)
            if at_least is not None:
                model.add(y[at_least[0]] >= at_least[1])
            model.minimize(side * y[cell])
            solver = cp_model.CpSolver()
            solver.parameters.num_workers = 1
            assert solver.solve(model) == cp_model.OPTIMAL
            ends.append(int(solver.value(y[cell])))
        return ends[0], ends[1]


def kept(case: Case, exact: Exact) -> list[bool]:
    """Whether the promise of each primary cell holds for outsiders and the owner of any one unit."""
    problem, value = case.problem, case.problem.system.value
    seats = [(q, 1) for q in innermost(case) if value[q] >= 1]
    out = []
    for c, up, low in zip(
        problem.primary.tolist(), problem.upper.tolist(), problem.lower.tolist(), strict=True
    ):
        good = True
        for seat in (None, *seats):
            least, most = exact.reach(c, at_least=seat)
            # The owner of the only unit knows that it is there: nothing lower can be promised.
            own = seat is not None and value[c] == 1 and seat[0] in below(case, c)
            held = least < most
            if problem.level is not Level.INTEGER:
                held &= most >= up and (least <= low or own)
            good = good and held
        out.append(bool(good))
    return out


def innermost(case: Case) -> list[int]:
    """Hidden innermost cells, and places that no table prints."""
    system = case.problem.system
    cells = {
        int(c)
        for block in system.blocks
        for c in block.index[np.ix_(*[d.leaves for d in block.table.dims])].ravel()
    }
    places = np.flatnonzero(~system.shown).tolist()
    return sorted(c for c in cells if case.hidden[c]) + places


def below(case: Case, c: int) -> list[int]:
    """Innermost cells of the first table that a cell sums up, itself included."""
    block = case.problem.system.blocks[0]
    at = np.flatnonzero(block.index.ravel() == c)
    if not len(at):
        return [c]
    place = np.unravel_index(int(at[0]), block.index.shape)
    codes = [
        d.leaves[d.aggregation[[int(i)]].indices]
        for d, i in zip(block.table.dims, place, strict=True)
    ]
    return [int(x) for x in block.index[np.ix_(*codes)].ravel()]


def printed(published: Published) -> dict[str, bytes]:
    """The package's tables and code lists as their contract says, written by these tests."""
    files: dict[str, bytes] = {}
    for shown in published.tables:
        head = [text for d in shown.dims for text in (d.name, f"{d.name}_label")]
        lines = [",".join([*head, "value", "status"])]
        for place in np.ndindex(shown.value.shape):
            codes = [d.codes[i] for d, i in zip(shown.dims, place, strict=True)]
            state = State(int(shown.state[place]))
            text = {State.SHOWN: str(shown.value[place]), State.ZERO: "-"}.get(state, "X")
            lines.append(",".join([*(t for c in codes for t in (c, c)), text, state.letter]))
        files[f"data/{shown.name}.csv"] = "\r\n".join([*lines, ""]).encode("utf-8-sig")
        for d in shown.dims:
            rows = [
                f"{c},{d.codes[i] if i >= 0 else ''},{c}"
                for c, i in zip(d.codes, d.parents, strict=True)
            ]
            text = "\r\n".join(["code,parent,label", *rows, ""])
            files[f"data/codelist_{d.name}.csv"] = text.encode("utf-8")
    return files
