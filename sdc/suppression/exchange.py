"""Which pattern do cheap whole-number moves reach, built one by one and exchanged for cheaper ones?

A relaxation leads (see ``leading``): every demand is served by the cheapest move that a compiled
search finds given what is hidden already, at first among the unknowns that the relaxation opens, in
relations solved for them (see ``solving``), then among all. A sweep then forbids masks, dearest first,
at their true prices, and keeps each exchange that lowers the price. What no search serves is left to
linear programs. Works on every system; the moves that it holds are the witnesses, and the
relaxation's bound says how far from the optimum the pattern is at most.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp

from sdc.model.system import BoolArray, Problem
from sdc.suppression.demands import Demands, Masks
from sdc.suppression.engine import Engine, Witnesses
from sdc.suppression.found import Budget, Found
from sdc.suppression.leading import Lead
from sdc.suppression.repair import repair
from sdc.suppression.window import Window

SWEEP = 1_200_000
"""Search steps of each of the two sweeps at budget 1."""

SHORT = 0.25
"""Part of these steps that the pattern of a whole program gets."""

CHUNK = 100_000
"""Search steps between two looks at the clock."""


@dataclass(frozen=True, eq=False)
class Whole:
    """A problem and what all searches over it share; ``masks`` at their true prices."""

    problem: Problem
    demands: Demands
    masks: Masks
    budget: Budget
    seed: int

    def engine(self, likely: BoolArray, near: BoolArray | None = None) -> Engine:
        """Searches in relations solved for the masks (k,) that are likely, among those near."""
        columns = None if near is None else np.flatnonzero(near[self.masks.of])
        window = Window.of(self.problem, self.demands, self.masks, columns=columns)
        return Engine(window, first=likely[self.masks.of[window.columns]], seed=self.seed)


def exchange(
    problem: Problem, *, budget: Budget, seed: int, previous: BoolArray | None = None
) -> Found:
    """Protect a problem at ``interval`` by compiled moves, exchanges, and repair of the rest.

    Cost: a few dozen search steps a demand and what the budget allows on top; with a budget of 0
    the first pattern without a bound. Raises Infeasible where a cell cannot be protected though
    everything else is hidden.
    """
    demands, masks = Demands.of(problem), Masks.of_problem(problem, previous)
    lead = Lead.of(problem, budget, seed=seed)
    first = masks if budget.work == 0 else lead.priced(masks)
    whole = Whole(problem, demands, masks, budget, seed)
    best, reproducible = _built(whole, first)
    log = [f"exchange: loss {best.cost:g}, bound {lead.bound:g}"]
    short = replace(whole, budget=Budget(SHORT * budget.work, budget.deadline))
    for x in lead.programs(best.cost, budget):
        other, ended = _built(short, lead.priced(masks, x))
        reproducible &= ended
        best = min(best, other, key=_merit)
        log.append(f"exchange: led by a program: loss {best.cost:g}, bound {lead.bound:g}")
    moves = best.witnesses().moves
    left = len(best.unserved())
    log.append(f"exchange: {moves.shape[0]} moves, {left} of {len(demands)} left to programs")
    hidden = masks.hidden(problem, masks.needed(moves))
    mended = repair(problem, hidden, budget=Budget(0), seed=seed, moves=moves)
    bound = min(lead.bound, mended.cost_in(problem))
    return Found(
        mended.hidden, bound, (*log, *mended.log), mended.moves,
        reproducible=reproducible and lead.reproducible and not budget.expired,
    )  # fmt: skip


def _merit(engine: Engine) -> tuple[int, float]:
    """Fewer demands left, then cheaper."""
    return len(engine.unserved()), engine.cost


def _built(whole: Whole, led: Masks) -> tuple[Engine, bool]:
    """Moves built under leading prices and exchanged under the true ones; False: the clock ended it."""
    opened = led.free | (led.price < whole.masks.price)
    none = Witnesses.none(whole.problem.system.n, len(whole.demands))
    return improved(whole, served(replace(whole, masks=led), none, opened), opened)


def served(whole: Whole, known: Witnesses, opened: BoolArray) -> Witnesses:
    """Moves for the demands that have none, among the masks (k,) opened, else among all."""
    engine = whole.engine(opened, opened)
    engine.load(known)
    if engine.construct():
        known = engine.witnesses()
        # Few are left: not worth solving all relations.
        engine = Engine(Window.of(whole.problem, whole.demands, whole.masks), seed=whole.seed)
        engine.load(known)
        engine.finish()
    return engine.witnesses()


def improved(whole: Whole, known: Witnesses, opened: BoolArray) -> tuple[Engine, bool]:
    """Exchange moves among the masks (k,) opened, then among all; False where the clock ended it."""
    likely = whole.masks.needed(known.moves) | whole.masks.free
    near = whole.engine(likely, likely | opened)
    near.load(known)
    ended = improve(near, whole.budget)
    known = near.witnesses()
    far = whole.engine(whole.masks.needed(known.moves) | whole.masks.free)
    far.load(known)
    return far, improve(far, whole.budget) and ended


def resumed(problem: Problem, moves: sp.csr_matrix, *, budget: Budget, seed: int) -> sp.csr_matrix:
    """Moves in hand, others for what none of them serves, and exchanges for as long as they pay."""
    demands, masks = Demands.of(problem), Masks.of_problem(problem)
    whole = Whole(problem, demands, masks, budget, seed)
    opened = masks.needed(moves) | masks.free
    known = served(whole, Witnesses.of(demands, moves), opened)
    return improved(whole, known, opened)[0].witnesses().moves


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
