"""Which masks of a pattern made of windows can be given up, once it is seen as a whole?"""

from __future__ import annotations

from dataclasses import replace

from sdc.model.system import Problem
from sdc.suppression.demands import Demands, Masks
from sdc.suppression.engine import Engine, Witnesses
from sdc.suppression.found import Budget, Found
from sdc.suppression.insiders import heed
from sdc.suppression.window import Window

OFTEN, LONGEST = 2_000, 6.0
"""Demands beyond which the last exchanges go on for longer, and for how many times longer at most."""


def polish(
    problem: Problem, masks: Masks, known: tuple[Found, Demands], *, budget: Budget, seed: int
) -> tuple[Found, Demands, int]:
    """The same promise for less: masks are given up one by one, dearest first, in the whole system.

    Starts from the moves in hand (``known``, with all demands) and keeps only what lowers the price.
    What has no move yet gets one first, if one is found. Also all demands, with those found on the way
    for the people inside, and how many have no move in the end.
    """
    found, demands = known
    assert found.moves is not None
    engine = Engine(Window.of(problem, demands, masks), seed=seed)
    engine.load(Witnesses.of(demands, found.moves))
    if len(engine.unserved()):
        engine.complete()
    before = engine.cost
    scale = min(max(int((demands.guard < 0).sum()) / OFTEN, 1.0), LONGEST)
    longer = replace(budget, work=budget.work * scale)
    heeded = heed(problem, masks, (engine, demands), longer)
    moves = heeded.engine.witnesses().moves
    log = (
        f"polish: price {before:.6g} to {heeded.engine.cost:.6g}, "
        f"{int((heeded.demands.guard >= 0).sum())} demands for those inside"
    )
    out = Found(
        masks.hidden(problem, masks.needed(moves)), 0.0, (*found.log, log), moves,
        reproducible=heeded.reproducible,
    )  # fmt: skip
    return out, heeded.demands, len(heeded.engine.unserved())
