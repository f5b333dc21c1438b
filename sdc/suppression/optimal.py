"""Which pattern costs least of all safe ones, and how close to it does the search certainly come?

A mixed-integer program over the masks holds the inequalities found so far; its answer is either safe,
and then no safe pattern is cheaper, or it violates further inequalities. (Benders' cuts for cell
suppression: Fischetti and Salazar 1999, 2001.) What such answers leave open near the relaxation is
closed case by case (see ``branching``). Beside it the best safe pattern is kept and improved, so that
every stop leaves a pattern and a proven bound.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import scipy.sparse as sp

from sdc.model.system import BoolArray, FloatArray, Level, Problem
from sdc.solver.highs import Model
from sdc.solver.program import TOLERANCE, Solution, Status
from sdc.suppression.branching import Tree
from sdc.suppression.found import Budget, Found
from sdc.suppression.leastsets import least_sets
from sdc.suppression.oracles import Bounded, Linear, Oracle
from sdc.suppression.presolve import reduce
from sdc.suppression.relaxation import Master, Relaxation, rounded_up

__all__ = ["optimal"]

NODES = 20_000
"""Branch-and-bound nodes of all programs together at the default budget."""
EFFORT = 60_000_000
"""Simplex iterations times rows and columns of all programs together at the default budget, those of
the attacker about their answers included; no further program begins then."""
EACH = 400
"""Nodes of one program."""
PROGRAMS = 150
"""Mixed-integer programs at the default budget."""
NARROW, TRIED = 0.03, 0.2
"""Where the relaxation comes as close to the loss as this share of it, the gap is left to cases after
this share of the effort."""
CASES, BRANCHED = 200, 400_000_000
"""Cases at the default budget, and effort after which no further one begins."""
FOCUS = 0.25
"""A program stops once it has closed all but this share of the present gap."""
STEPS = (0.3, 0.6, 1.0)
"""Where between the relaxation and a whole pattern that is not safe inequalities are sought too;
those found well before the pattern cut deeper."""
ROUNDS, LOOKS, LEAST = 200, 100_000, 20
"""Rounds of the relaxation at most; on larger tables so many that they look at LOOKS masks in all,
but no fewer than LEAST."""
PATIENCE = 10
"""Rounds without progress after which the relaxation is left to the programs."""
AGAIN = 5
"""Rounds of the relaxation after each program."""


def optimal(problem: Problem, *, budget: Budget, seed: int, previous: BoolArray | None) -> Found:
    """The cheapest safe pattern at ``linear``, ``integer``, ``interval`` or given levels.

    Stops with a proven optimum, or with the best pattern and bound when the nodes and iterations of
    the budget are spent. Memory and time are those of the mixed-integer programs: tables up to some
    thousand cells, larger ones where few cells are primary. With a budget of 0 the first pattern and
    the bound of the linear relaxation.

    Raises Infeasible where no pattern protects some primary cell.
    """
    reduced = reduce(problem)
    oracle: Oracle = (
        Linear.of(reduced, seed) if problem.level is Level.LINEAR else Bounded.of(reduced, seed)
    )
    best = oracle.first(budget, previous)
    if not len(reduced.targets.column):
        return Found(reduced.cells(best), bound=float(reduced.weight[reduced.forced].sum()))
    master = Master(reduced, oracle.separator)
    most = min(ROUNDS, max(LOOKS // max(reduced.masks, 1), LEAST))
    rounds = master.search(budget, rounds=most, patience=PATIENCE)
    run = _Run(master, oracle, budget, best, master.bound)
    run.guided(rounds)
    if budget.work > 0:
        run.close()
        run.branch()
    loss = run.loss(run.best)
    bound = loss if run.proven else min(run.bound, loss)
    return Found(
        reduced.cells(run.best), bound=bound, log=tuple(run.log), moves=oracle.witnesses(run.best),
        reproducible=not budget.expired,
    )  # fmt: skip


@dataclass
class _Run:
    """The state of one search: the best pattern, the bound, and what was spent."""

    master: Master
    oracle: Oracle
    budget: Budget
    best: BoolArray
    bound: float
    log: list[str] = field(default_factory=list)
    nodes: int = 0
    effort: int = 0
    asked: int = 0
    _kept: BoolArray = field(default_factory=lambda: np.zeros(0, dtype=bool))

    def loss(self, opened: BoolArray) -> float:
        return float(self.master.reduced.weight[opened].sum())

    @property
    def proven(self) -> bool:
        """Whether the best pattern meets the bound."""
        loss = self.loss(self.best)
        return loss - self.bound <= TOLERANCE * max(1.0, loss)

    @property
    def narrow(self) -> bool:
        """Whether the relaxation is close enough for cases to close the gap."""
        loss = self.loss(self.best)
        return loss - self.master.bound <= NARROW * loss

    def offer(self, opened: BoolArray) -> None:
        """Keep a safe pattern if it is cheaper."""
        if self.loss(opened) < self.loss(self.best) - 1e-9:
            self.best = opened

    def guided(self, rounds: int) -> None:
        """Patterns near the fractional one."""
        self.log.append(f"relaxation: bound {self.bound:g} after {rounds} rounds")
        if not self.proven:
            lead = Relaxation(self.bound, self.master.x, rounds, not self.budget.expired)
            self.offer(self.oracle.improve(self.best, lead, self.budget))
        self.log.append(f"guided patterns: loss {self.loss(self.best):g}")

    def close(self) -> None:
        """Solve programs and separate their answers until the bound is met or the work is spent."""
        programs, before = 0, self.oracle.effort
        while not self.proven and not self.budget.expired:
            left = self.budget.steps(NODES) - self.nodes
            share = TRIED if self.narrow else 1.0
            spent = self.effort + self.oracle.effort - before >= share * self.budget.steps(EFFORT)
            if left <= 0 or spent or programs >= self.budget.steps(PROGRAMS):
                break
            answer = self._program(min(left, EACH))
            programs += 1
            loss = self.loss(self.best)
            if answer.status is Status.INFEASIBLE:
                # No pattern is cheaper than the best.
                self.bound = loss
            elif np.isfinite(answer.bound):
                bound = rounded_up(answer.bound, self.master.reduced)
                self.bound = max(self.bound, min(bound, loss))
            if answer.x is None or self.proven:
                break
            self._settle(np.rint(answer.x))
            self.bound = max(self.bound, min(self.master.bound, self.loss(self.best)))
        self.log.append(
            f"{programs} programs, {len(self.oracle.separator.cuts)} inequalities: "
            f"loss {self.loss(self.best):g}, bound {self.bound:g}"
        )

    def branch(self) -> None:
        """Close a narrow gap case by case."""
        if self.proven or not self.narrow or self.budget.expired:
            return
        tree = Tree(self.master, self.oracle, self.budget, self.best)
        tree.search(self.budget.steps(CASES), self.budget.steps(BRANCHED))
        self.best, self.bound = tree.best, max(self.bound, tree.bound)
        self.log.append(f"{tree.cases} cases: loss {tree.loss:g}, bound {tree.bound:g}")

    def _settle(self, x: FloatArray) -> None:
        """Take a whole pattern if it is safe; learn inequalities and a safe neighbour if not."""
        cuts = self.oracle.separator.cuts
        broken = np.flatnonzero((cuts.matrix() @ x < 1.0 - TOLERANCE) & ~self._kept)
        self._kept[broken] = True
        if len(broken):
            return
        if not self.oracle.refute(x > 0.5):
            self.offer(x > 0.5)
            return
        for step in STEPS:
            between = step * x + (1.0 - step) * self.master.x
            self.oracle.separator.separate(between)
            cuts.add(least_sets(cuts.matrix(), between))
        near = self.oracle.near(x) if self.asked % self.oracle.spacing == 0 else None
        self.asked += 1
        if near is not None:
            self.offer(near)
        self._kept = np.append(self._kept, np.ones(len(cuts) - len(self._kept), dtype=bool))
        self.master.search(self.budget, rounds=AGAIN)

    def _program(self, nodes: int) -> Solution:
        """The cheapest pattern under the inequalities near the relaxation, as far as one could be
        cheaper than the best."""
        master, reduced, loss = self.master, self.master.reduced, self.loss(self.best)
        gap = FOCUS * max(loss - self.bound, 0.0) / max(loss, TOLERANCE)
        options: dict[str, Any] = {
            "mip_rel_gap": gap, "mip_abs_gap": 0.0, "mip_max_nodes": nodes,
            "mip_allow_restart": False,
        }  # fmt: skip
        if np.isfinite(self.budget.deadline):
            options["time_limit"] = max(self.budget.remaining, 0.1)
        cuts = self.oracle.separator.cuts.matrix()
        self._kept = np.append(self._kept, np.zeros(cuts.shape[0] - len(self._kept), dtype=bool))
        rows = cuts[np.flatnonzero(self._kept | (cuts @ master.x < 1.0 + self.oracle.close))]
        company = master.company[np.flatnonzero(master.company @ master.x < self.oracle.close)]
        closed, opened = master.doubtful(loss)
        model = Model(
            sp.vstack([company, rows]),
            row_lower=np.repeat([0.0, 1.0], [company.shape[0], rows.shape[0]]),
            row_upper=np.inf, cost=reduced.weight, lower=opened.astype(np.float64),
            upper=np.maximum(opened, ~closed).astype(np.float64),
            integer=np.ones(reduced.masks, dtype=bool), options=options,
        )  # fmt: skip
        answer = model.solve()
        self.nodes += 1 + model.nodes
        self.effort += model.effort
        return answer
