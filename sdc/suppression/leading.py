"""What must any safe pattern cost, and which cells does that proof want hidden?

A relaxation over the masks proves a lower bound and opens some masks, in part; moves that follow it
reach patterns that exchanges alone do not find. Where the relaxation leaves few masks in doubt, whole
programs over the same inequalities lead further and raise the bound.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from sdc.model.system import FloatArray, Level, Problem
from sdc.solver.highs import Model
from sdc.suppression.demands import Demands, Masks
from sdc.suppression.found import Budget
from sdc.suppression.guards import Guards
from sdc.suppression.presolve import Reduced, reduce
from sdc.suppression.rays import Rays
from sdc.suppression.relaxation import relax, rounded_up

__all__ = ["Lead"]

ROUNDS = 16
"""Rounds of the relaxation at the default budget."""
PROGRAMS = 8
"""Whole programs at the default budget."""
DOUBTFUL, LARGEST = 250, 6_000
"""Most fractional masks, and masks in all, with which whole programs are tried."""
NODES = 200
"""Branch-and-bound nodes of one program."""
FOCUS = 0.25
"""A program stops once it has closed all but this share of the present gap."""
BETWEEN = (0.3, 0.6)
"""Where between the relaxation and a whole pattern inequalities are sought too."""
TRUST, MORE_TRUST = 0.9, 0.99
"""Part of its price that a mask loses where the relaxation, or a whole program, opens it."""


@dataclass
class Lead:
    """The inequalities known of one problem, the bound that they prove and the pattern x (k,)."""

    reduced: Reduced
    rays: Rays
    bound: float
    x: FloatArray
    reproducible: bool

    @classmethod
    def of(cls, problem: Problem, budget: Budget, *, seed: int) -> Lead:
        """Solve the relaxation for the rounds of the budget; bound 0 and no lead without any."""
        reduced = reduce(problem)
        rays = Rays(reduced, seed)
        found = relax(reduced, rays, budget, rounds=budget.steps(ROUNDS))
        rays.put_away()
        return cls(reduced, rays, found.bound, found.x, found.reproducible)

    def learn(self, demands: Demands, budget: Budget) -> None:
        """Take in demands with guards, and solve the relaxation on from the inequalities known.

        At ``integer`` the searches serve a direction of their own, which the level does not ask for: that
        proves nothing of all patterns.
        """
        guards = Guards.of(self.reduced, demands)
        if not len(guards) or budget.work == 0 or self.reduced.problem.level is Level.INTEGER:
            return
        self.rays = Rays(self.reduced, self.rays.seed, self.rays.cuts, guards)
        found = relax(self.reduced, self.rays, budget, rounds=budget.steps(ROUNDS))
        self.rays.put_away()
        self.bound, self.x = max(self.bound, found.bound), found.x
        self.reproducible &= found.reproducible

    def priced(self, masks: Masks, x: FloatArray | None = None) -> Masks:
        """The same masks, cheaper as far as a pattern (k,) opens them; default the relaxation's."""
        trust, x = (TRUST, self.x) if x is None else (MORE_TRUST, x)
        opened = np.zeros(len(masks.price))
        inside = self.reduced.mask >= 0
        np.maximum.at(opened, masks.of[inside], x[self.reduced.mask[inside]])
        return dataclasses.replace(masks, price=masks.price * (1.0 - trust * opened))

    def programs(self, loss: float, budget: Budget) -> Iterator[FloatArray]:
        """Cheapest whole patterns (k,) under the inequalities, which grow from one to the next.

        Ends where the bound meets ``loss``, nothing new is learnt, or the budget is spent.
        """
        doubtful = int(((self.x > 1e-6) & (self.x < 1 - 1e-6)).sum())
        if doubtful > DOUBTFUL or self.reduced.masks > LARGEST:
            return
        for _ in range(budget.steps(PROGRAMS)):
            if budget.expired or self.bound >= loss * (1 - 1e-6):
                return
            x = self._program(loss, budget)
            if x is None:
                return
            known = len(self.rays.cuts)
            self.rays.separate(x)
            for step in BETWEEN:
                self.rays.separate(step * x + (1.0 - step) * self.x)
            yield x
            if len(self.rays.cuts) == known:
                return

    def _program(self, loss: float, budget: Budget) -> FloatArray | None:
        reduced = self.reduced
        gap = FOCUS * max(loss - self.bound, 0.0) / max(loss, 1.0)
        options: dict[str, Any] = {
            "mip_rel_gap": max(gap, 1e-4), "mip_abs_gap": 0.0, "mip_max_nodes": NODES,
            "mip_allow_restart": False,
        }  # fmt: skip
        if np.isfinite(budget.deadline):
            options["time_limit"] = max(budget.remaining, 0.1)
        answer = Model(
            self.rays.cuts.matrix(), row_lower=1.0, row_upper=np.inf, cost=reduced.weight,
            lower=reduced.forced.astype(np.float64), upper=1.0,
            integer=np.ones(reduced.masks, dtype=bool), options=options,
        ).solve()  # fmt: skip
        if np.isfinite(answer.bound):
            self.bound = max(self.bound, rounded_up(answer.bound, reduced))
        return None if answer.x is None else np.rint(answer.x)
