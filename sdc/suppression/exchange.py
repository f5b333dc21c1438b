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
from sdc.suppression.insiders import Heeded, guarded, heed, reckoned
from sdc.suppression.leading import Lead
from sdc.suppression.repair import repair
from sdc.suppression.window import Window

SHORT = 0.25
"""Part of these steps that the pattern of a whole program gets."""

STALL = 0.05
"""Programs end where one has closed a smaller part of what lay between loss and bound."""


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

    def unsolved(self) -> Engine:
        """Searches in the relations as they are: ready at once, and slower."""
        return Engine(Window.of(self.problem, self.demands, self.masks), seed=self.seed)


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
    if problem.own is not None:
        whole = replace(whole, demands=_sketched(whole, first))
        lead.learn(whole.demands, budget)
    first = masks if budget.work == 0 else lead.priced(masks)
    best = _built(whole, first)
    log = [f"exchange: loss {best.engine.cost:g}, bound {lead.bound:g}"]
    best = _programmed(whole, lead, best, log)
    moves = best.engine.witnesses().moves
    left, plain = len(best.engine.unserved()), len(demands)
    log.append(
        f"exchange: {moves.shape[0]} moves, {plain} demands and {len(best.demands) - plain} for those "
        f"inside, {left} left to programs"
    )
    hidden = masks.hidden(problem, masks.needed(moves))
    found = Found(hidden, 0.0, tuple(log), moves, demands=best.demands)
    if left:
        mended = repair(
            problem, found.hidden, budget=Budget(0), seed=seed, moves=moves, demands=best.demands
        )
        found = replace(mended, log=(*log, *mended.log))
    certain = best.reproducible and lead.reproducible and not budget.expired
    bound = min(lead.bound, found.cost_in(problem))
    return replace(found, bound=bound, reproducible=certain)


def _programmed(whole: Whole, lead: Lead, best: Heeded, log: list[str]) -> Heeded:
    """The best of what is built and of what whole programs lead to, as long as they pay."""
    short = Budget(SHORT * whole.budget.work, whole.budget.deadline)
    gap = best.engine.cost - lead.bound
    for x in lead.programs(best.engine.cost, whole.budget):
        part = replace(whole, demands=best.demands, budget=short)
        best = min(best, _built(part, lead.priced(whole.masks, x)), key=_merit)
        lead.learn(best.demands, whole.budget)
        log.append(f"exchange: led by a program: loss {best.engine.cost:g}, bound {lead.bound:g}")
        before, gap = gap, best.engine.cost - lead.bound
        if gap > (1.0 - STALL) * before:
            break
    return best


def _merit(heeded: Heeded) -> tuple[int, float]:
    """Fewer demands left, then cheaper."""
    return len(heeded.engine.unserved()), heeded.engine.cost


def _built(whole: Whole, led: Masks) -> Heeded:
    """Moves built under leading prices, exchanged under the true ones, among what leads and among all."""
    opened = np.asarray(led.free | (led.price < whole.masks.price))
    whole, known = _near(*_first(whole, led, opened), opened)
    far = whole.engine(whole.masks.needed(known.moves) | whole.masks.free)
    far.load(known)
    far.complete()
    return heed(whole.problem, whole.masks, (far, whole.demands), whole.budget)


def _first(whole: Whole, led: Masks, opened: BoolArray) -> tuple[Whole, Witnesses]:
    """Moves under leading prices, and the demands that they leave to those inside.

    What finds no move among the masks (k,) opened is searched among all.
    """
    masks = whole.masks
    engine = replace(whole, masks=led).engine(opened, opened)
    engine.construct()
    heeded = heed(whole.problem, masks, (engine, whole.demands), Budget(0), rough=True)
    known, whole = engine.witnesses(), replace(whole, demands=heeded.demands)
    if len(engine.unserved()):
        engine = replace(whole, masks=led).engine(masks.needed(known.moves) | masks.free)
        engine.load(known)
        engine.complete()
        known = engine.witnesses()
    return whole, known


def _near(whole: Whole, known: Witnesses, opened: BoolArray) -> tuple[Whole, Witnesses]:
    """Moves exchanged among the masks (k,) opened and those that they need."""
    likely = whole.masks.needed(known.moves) | whole.masks.free
    near = whole.engine(likely, likely | opened)
    near.load(known)
    heeded = heed(whole.problem, whole.masks, (near, whole.demands), whole.budget, rough=True)
    return replace(whole, demands=heeded.demands), near.witnesses()


def _sketched(whole: Whole, led: Masks) -> Demands:
    """All demands, with those of the people inside that first moves under leading prices leave unmet."""
    opened = np.asarray(led.free | (led.price < whole.masks.price))
    engine = replace(whole, masks=led).engine(opened, opened)
    engine.construct()
    moves = engine.witnesses().moves
    hidden = whole.masks.hidden(whole.problem, whole.masks.needed(moves))
    return guarded(whole.problem, hidden, whole.demands, moves)


def resumed(
    problem: Problem, known: tuple[sp.csr_matrix, Demands | None], *, budget: Budget, seed: int
) -> tuple[Engine, Demands]:
    """Moves in hand, others for what none of them serves, and exchanges for as long as they pay.

    ``known`` are those moves and the demands that are known to matter; all of them come back.
    """
    masks, (moves, demands) = Masks.of_problem(problem), known
    plain = Demands.of(problem)
    demands = reckoned(problem, masks, plain if demands is None else demands.joined(plain), moves)
    whole = Whole(problem, demands, masks, budget, seed)
    likely = masks.needed(moves) | masks.free
    engine = whole.engine(likely) if budget.work else whole.unsolved()
    engine.load(Witnesses.of(demands, moves))
    engine.complete()
    heeded = heed(problem, masks, (engine, demands), budget)
    return heeded.engine, heeded.demands
