"""Which pattern do cheap whole-number moves reach, built one by one and exchanged for cheaper ones?

Every demand is served by the cheapest move that a compiled shortest-support search finds given what is
hidden already; a sweep then forbids masks, dearest first, and keeps each exchange that lowers the price.
What the search cannot serve within its patience is left to linear programs. Works on every system; the
moves that it holds are the witnesses.
"""

from __future__ import annotations

import numpy as np

from sdc.model.system import BoolArray, Problem
from sdc.suppression.demands import Demands, Masks
from sdc.suppression.engine import Engine
from sdc.suppression.found import Budget, Found
from sdc.suppression.repair import repair

SWEEP = 1_200_000
"""Search steps of the sweeps at budget 1."""

CHUNK = 100_000
"""Search steps between two looks at the clock."""


def exchange(
    problem: Problem, *, budget: Budget, seed: int, previous: BoolArray | None = None
) -> Found:
    """Protect a problem at ``interval`` by compiled moves, exchanges, and repair of the rest.

    Cost: a few hundred search steps a demand and what the budget allows on top. Raises Infeasible
    where a cell cannot be protected though everything else is hidden.
    """
    demands, masks = Demands.of(problem), Masks.of_problem(problem, previous)
    engine = Engine(problem, demands, masks, seed=seed)
    engine.construct()
    reproducible = improve(engine, budget)
    moves = engine.witnesses().moves
    open_ = np.zeros(len(masks.price), dtype=bool)
    open_[masks.of[np.unique(moves.indices)]] = True
    left = len(engine.unserved())
    log = [f"exchange: {moves.shape[0]} moves, {left} of {len(demands)} demands left to programs"]
    hidden = masks.hidden(problem, open_)
    mended = repair(problem, hidden, budget=Budget(0), seed=seed, moves=moves)
    log += mended.log
    return Found(mended.hidden, 0.0, tuple(log), mended.moves, reproducible=reproducible)


def improve(engine: Engine, budget: Budget) -> bool:
    """Sweep until nothing more is exchanged or the budget ends; False where the clock ended it."""
    end = engine.pivots + budget.steps(SWEEP)
    while engine.pivots < end:
        if budget.expired:
            return False
        done, kept = engine.sweep(min(CHUNK, end - engine.pivots))
        if done and kept == 0:
            break
    return True
