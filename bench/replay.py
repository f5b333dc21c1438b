"""What does a reader gain who runs the program again on every table that fits the print?

    python bench/replay.py [--tables N] [--seed S] [--most M] [--rules literal,rule-aware,...]

Random 4 x 4 tables with both margins: about 35 % zeros, mean about 6 (gamma-Poisson, seeded), threshold
3. ``literal`` is the survey's rule alone: the next smallest cell of a line with one X, again and again
until no line has one X; no audit. The ``default`` ones are the default engine at ``interval`` for readers
alone, zeros printed or not; ``rule-aware`` is the level of that name. The attacker enumerates every
whole-number table with the same printed numbers (CP-SAT), runs the same rule on each, and keeps those
that would have been printed the same. Where more than M tables fit, some are drawn instead that hold
each primary cell high or low and lie near the true table otherwise, and the twins that the tool offers
are tried as well: what is then called known is an upper bound, as twins that were not drawn may differ.
Shares are of primary cells: *fixed* by the print alone, *fixed* for the attacker who replays, *kept in
1-2* where every twin holds 1 or 2, *never below* where none holds less than the true value, which is
above 1. More X are those beside the primary cells.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import scipy.sparse as sp

from sdc.errors import NotProven
from sdc.model.hierarchy import Hierarchy
from sdc.model.rules import Rules
from sdc.model.system import Level, Problem
from sdc.model.table import Table, aggregate
from sdc.sensitivity import problem as demands_of
from sdc.suppression.complementary import suppress
from sdc.suppression.guideline import literal
from sdc.tables.relations import system_of

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "attack"))
from othersolver import cp_model

DRAWS = 4
"""Tables drawn for one end of one primary cell where too many fit to list them all."""

DIMS = (Hierarchy.flat("area", list("abcd")), Hierarchy.flat("use", list("pqrs")))
Rule = Callable[[Problem], tuple[np.ndarray, sp.csr_matrix | None]]
"""The hidden cells, and differences to the tables that are offered as twins or witnesses."""


def random_leaf(rng: np.random.Generator) -> np.ndarray:
    leaf = rng.poisson(rng.gamma(1.2, 7.0, (4, 4)))
    leaf[rng.random((4, 4)) < 0.28] = 0
    return leaf.astype(np.int64)


def demands(leaf: np.ndarray, zeros: str, level: Level = Level.INTERVAL) -> Problem:
    system = system_of([Table("t", DIMS, aggregate(leaf, DIMS))])
    return demands_of(system, Rules(min_count=3, zeros=zeros, level=level, owners=False))


def printed(problem: Problem, hidden: np.ndarray) -> bytes:
    """What a reader sees, as bytes."""
    return np.where(hidden, -1, problem.system.value).tobytes()


class Every(cp_model.CpSolverSolutionCallback):
    """Collects tables until there are too many."""

    def __init__(self, cells: list[cp_model.IntVar], most: int) -> None:
        super().__init__()
        self.cells, self.most, self.found = cells, most, []

    def on_solution_callback(self) -> None:
        self.found.append([self.value(c) for c in self.cells])
        if len(self.found) > self.most:
            self.stop_search()


class Fitting:
    """All inner tables (4, 4) with the same printed numbers, in another solver's words."""

    def __init__(self, problem: Problem, hidden: np.ndarray, least: int) -> None:
        self.value, index = problem.system.value, problem.system.blocks[0].index
        self.model = cp_model.CpModel()
        most = 2 * int(self.value.max())
        self.cells = [
            self.model.new_int_var(least if h and v else 0, most, "")
            if h
            else self.model.new_constant(int(v))
            for h, v in zip(hidden, self.value, strict=True)
        ]
        for row in problem.system.relations:
            pairs = zip(row.indices, row.data, strict=True)
            self.model.add(sum(int(d) * self.cells[int(c)] for c, d in pairs) == 0)
        leaf = index[np.ix_(DIMS[0].leaves, DIMS[1].leaves)].ravel()
        self.inner = [self.cells[int(c)] for c in leaf]
        self.solver = cp_model.CpSolver()
        self.solver.parameters.num_workers = 1

    def listed(self, most: int) -> list[np.ndarray] | None:
        """All of them; None where there are more than ``most``."""
        every = Every(self.inner, most)
        self.solver.parameters.enumerate_all_solutions = True
        self.solver.solve(self.model, every)
        self.solver.parameters.enumerate_all_solutions = False
        if len(every.found) > most:
            return None
        return [np.array(t, dtype=np.int64).reshape(4, 4) for t in every.found]

    def drawn(self, primary: np.ndarray) -> list[np.ndarray]:
        """Some of them: with each primary cell high and low, and near the true table otherwise."""
        rng = np.random.default_rng(0)
        found = {}
        for cell in primary.tolist():
            for sign in (1, -1) * DRAWS:
                end = 3 if sign > 0 else 1
                near = rng.integers(1, 10, len(self.cells)).tolist()
                shift = rng.integers(-4, 5, len(self.cells)) * rng.integers(0, 2)
                model = self.model.clone()
                miss = model.new_int_var(0, 100, "")
                model.add(miss >= sign * (end - self.cells[cell]))
                off = [model.new_int_var(0, 10_000, "") for _ in self.cells]
                for y, v, d in zip(self.cells, self.value + shift, off, strict=True):
                    model.add_abs_equality(d, y - int(v))
                aim = sum(w * y for w, y in zip(near, off, strict=True))
                model.minimize(10_000 * miss + aim)
                self.solver.solve(model)
                table = [self.solver.value(c) for c in self.inner]
                found[tuple(table)] = np.array(table, dtype=np.int64).reshape(4, 4)
        return list(found.values())


def attack(leaf: np.ndarray, zeros: str, level: Level, *, rule: Rule, most: int) -> np.ndarray:
    """What ``NAMES`` count in one table."""
    problem = demands(leaf, zeros, level)
    try:
        hidden, offered = rule(problem)
    except NotProven:
        return np.array([0, 0, 0, 0, 0, 0, 1, 0])
    seen = printed(problem, hidden)
    fitting = Fitting(problem, hidden, 1 if zeros == "show" else 0)
    tables = fitting.listed(most)
    some = tables is None
    if tables is None:
        tables = fitting.drawn(problem.primary)
        if level is Level.RULE_AWARE and offered is not None:
            leaf_cells = problem.system.blocks[0].index[np.ix_(DIMS[0].leaves, DIMS[1].leaves)]
            tables += [(problem.system.value + z)[leaf_cells] for z in offered.toarray()]
    known, twins = [problem.system.value], [problem.system.value]
    for table in tables:
        other = demands(table, zeros, level)
        known.append(other.system.value)
        try:
            if printed(other, rule(other)[0]) == seen:
                twins.append(other.system.value)
        except NotProven:
            continue
    true = problem.system.value[problem.primary]
    values, replayed = np.array(known)[:, problem.primary], np.array(twins)[:, problem.primary]
    fixed = (values == values[0]).all(axis=0)
    again = (replayed == replayed[0]).all(axis=0)
    small = ((replayed >= 1) & (replayed <= 2)).all(axis=0)
    never = (replayed.min(axis=0) == true) & (true > 1)
    sums = [int(cells.sum()) for cells in (fixed, again, small, never)]
    return np.array([len(true), *sums, int(hidden.sum()) - len(true), 0, int(some)])


NAMES = (
    "primary", "fixed by the print", "fixed by replay", "kept in 1-2", "never below", "more X",
    "tables refused", "tables drawn from",
)  # fmt: skip


def by_tool(problem: Problem) -> tuple[np.ndarray, sp.csr_matrix | None]:
    """The default engine of the problem's level."""
    plan = suppress(problem)
    return plan.hidden, plan.moves


RULES: dict[str, tuple[str, Level, Rule]] = {
    "literal": ("show", Level.INTERVAL, lambda p: (literal(p)[0], None)),
    "default-show": ("show", Level.INTERVAL, by_tool),
    "default-hide": ("hide", Level.INTERVAL, by_tool),
    "rule-aware": ("show", Level.RULE_AWARE, by_tool),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tables", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--most", type=int, default=2_000)
    parser.add_argument("--rules", default=",".join(RULES))
    options = parser.parse_args()
    for name in options.rules.split(","):
        zeros, level, rule = RULES[name]
        rng = np.random.default_rng(options.seed)
        started, total, zero, mean = time.process_time(), np.zeros(len(NAMES), int), 0.0, 0.0
        for _ in range(options.tables):
            leaf = random_leaf(rng)
            zero, mean = zero + (leaf == 0).mean(), mean + leaf.mean()
            total += attack(leaf, zeros, level, rule=rule, most=options.most)
        shares = [f"{n} {c / max(total[0], 1):.1%}" for n, c in zip(NAMES, total, strict=True)][1:5]
        sums = [f"{c} {n}" for n, c in zip(NAMES, total, strict=True)]
        print(
            f"{name}: {options.tables} tables, zeros {zero / options.tables:.0%}, mean "
            f"{mean / options.tables:.1f}: {sums[0]}, {', '.join(shares)}; {', '.join(sums[5:])}; "
            f"{time.process_time() - started:.0f} s cpu",
            flush=True,
        )


if __name__ == "__main__":
    main()
