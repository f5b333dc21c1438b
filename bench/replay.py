"""What does a reader gain who runs the program again on every table that fits the print?

    python bench/replay.py [--tables N] [--seed S] [--rules literal,default-show,default-hide]

Random 4 x 4 tables with both margins: about 35 % zeros, mean about 6 (gamma-Poisson, seeded), threshold
3. ``literal`` is the survey's rule alone: the next smallest cell of a line with one X, again and again
until no line has one X; no audit. The two others are the default engine at ``interval``, zeros
printed or not. The attacker enumerates every whole-number table with the same printed numbers (CP-SAT),
runs the same rule on each, and keeps those that would have been printed the same. Shares are of primary
cells: *fixed* by the print alone, *fixed* for the attacker who replays, *kept in 1-2* where every
twin holds 1 or 2.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from sdc.errors import Infeasible
from sdc.model.hierarchy import Hierarchy
from sdc.model.rules import Rules
from sdc.model.system import Problem
from sdc.model.table import Table, aggregate
from sdc.sensitivity import problem as demands_of
from sdc.suppression.complementary import suppress
from sdc.suppression.guideline import literal
from sdc.tables.relations import system_of

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "attack"))
from othersolver import cp_model

MOST_TABLES = 2_000
"""Tables after which one release counts as not enumerated."""

DIMS = (Hierarchy.flat("area", list("abcd")), Hierarchy.flat("use", list("pqrs")))
Rule = Callable[[Problem], np.ndarray]


def random_leaf(rng: np.random.Generator) -> np.ndarray:
    leaf = rng.poisson(rng.gamma(1.2, 7.0, (4, 4)))
    leaf[rng.random((4, 4)) < 0.28] = 0
    return leaf.astype(np.int64)


def demands(leaf: np.ndarray, zeros: str) -> Problem:
    system = system_of([Table("t", DIMS, aggregate(leaf, DIMS))])
    return demands_of(system, Rules(min_count=3, zeros=zeros))


def printed(problem: Problem, hidden: np.ndarray) -> bytes:
    """What a reader sees, as bytes."""
    return np.where(hidden, -1, problem.system.value).tobytes()


class Every(cp_model.CpSolverSolutionCallback):
    """Collects tables until there are too many."""

    def __init__(self, cells: list[cp_model.IntVar]) -> None:
        super().__init__()
        self.cells, self.found = cells, []

    def on_solution_callback(self) -> None:
        self.found.append([self.value(c) for c in self.cells])
        if len(self.found) >= MOST_TABLES:
            self.stop_search()


def fitting(problem: Problem, hidden: np.ndarray, least: int) -> list[np.ndarray] | None:
    """All inner tables (4, 4) with the same printed numbers; None where there are too many."""
    value, index = problem.system.value, problem.system.blocks[0].index
    model = cp_model.CpModel()
    most = int(value.max())
    y = [
        model.new_int_var(least if h else int(v), most if h else int(v), "")
        for h, v in zip(hidden, value, strict=True)
    ]
    for row in problem.system.relations:
        pairs = zip(row.indices, row.data, strict=True)
        model.add(sum(int(d) * y[int(c)] for c, d in pairs) == 0)
    inner = [y[int(c)] for c in index[np.ix_(DIMS[0].leaves, DIMS[1].leaves)].ravel()]
    every = Every(inner)
    solver = cp_model.CpSolver()
    solver.parameters.enumerate_all_solutions = True
    solver.parameters.num_workers = 1
    solver.solve(model, every)
    if len(every.found) >= MOST_TABLES:
        return None
    return [np.array(t, dtype=np.int64).reshape(4, 4) for t in every.found]


def attack(leaf: np.ndarray, zeros: str, rule: Rule) -> tuple[int, int, int, int] | None:
    """(primary cells, fixed by the print, fixed by replay, kept in 1 … 2 by replay); None: too many."""
    problem = demands(leaf, zeros)
    try:
        hidden = rule(problem)
    except Infeasible:
        return 0, 0, 0, 0
    seen = printed(problem, hidden)
    tables = fitting(problem, hidden, 1 if zeros == "show" else 0)
    if tables is None:
        return None
    known, twins = [], []
    for table in tables:
        other = demands(table, zeros)
        known.append(other.system.value)
        try:
            if np.array_equal(table, leaf) or printed(other, rule(other)) == seen:
                twins.append(other.system.value)
        except Infeasible:
            continue
    values, replayed = np.array(known)[:, problem.primary], np.array(twins)[:, problem.primary]
    fixed = (values == values[0]).all(axis=0)
    again = (replayed == replayed[0]).all(axis=0)
    small = ((replayed >= 1) & (replayed <= 2)).all(axis=0)
    return len(problem.primary), int(fixed.sum()), int(again.sum()), int(small.sum())


RULES: dict[str, tuple[str, Rule]] = {
    "literal": ("show", lambda p: literal(p)[0]),
    "default-show": ("show", lambda p: suppress(p).hidden),
    "default-hide": ("hide", lambda p: suppress(p).hidden),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tables", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--rules", default=",".join(RULES))
    options = parser.parse_args()
    for name in options.rules.split(","):
        zeros, rule = RULES[name]
        rng = np.random.default_rng(options.seed)
        started, total, skipped, zero, mean = time.process_time(), np.zeros(4, int), 0, 0.0, 0.0
        for _ in range(options.tables):
            leaf = random_leaf(rng)
            zero, mean = zero + (leaf == 0).mean(), mean + leaf.mean()
            found = attack(leaf, zeros, rule)
            skipped += found is None
            total += np.array(found or (0, 0, 0, 0))
        n = max(int(total[0]), 1)
        print(
            f"{name:13} tables {options.tables} ({skipped} not enumerated), zeros "
            f"{zero / options.tables:.0%}, mean {mean / options.tables:.1f}: {total[0]} primary, fixed "
            f"by the print {total[1] / n:.1%}, by replay {total[2] / n:.1%}, kept in 1-2 "
            f"{total[3] / n:.1%}; {time.process_time() - started:.0f} s cpu",
            flush=True,
        )


if __name__ == "__main__":
    main()
