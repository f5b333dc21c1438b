"""Which moves show that a pattern decided on earlier is safe here?

The pattern is taken as it is: nothing is added and nothing printed. The search only looks for
witnesses within it; whether they suffice is for the audit to say.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from sdc.errors import NotProven
from sdc.messages import Text
from sdc.model.plan import Plan
from sdc.model.system import BoolArray, Level, Problem
from sdc.suppression.demands import Demands, Masks
from sdc.suppression.engine import Engine
from sdc.suppression.found import Budget
from sdc.suppression.insiders import heed
from sdc.suppression.window import Window

METHOD = "decision"


def replay(problem: Problem, hidden: BoolArray, *, seed: int = 0) -> Plan:
    """The plan that hides exactly ``hidden`` (n,), with whole-number moves found inside it.

    Deterministic; a few dozen search steps a demand. Raises NotProven where the pattern shows a
    primary cell, hides one that may not be hidden, or splits a mask: it was made for other data.
    """
    masks = Masks.of_problem(problem)
    given = np.zeros(len(masks.price), dtype=bool)
    given[masks.of[hidden]] = True
    whole = masks.hidden(problem, given | masks.free)
    if not np.array_equal(whole & problem.system.shown, hidden) or hidden[~problem.eligible].any():
        raise NotProven(
            Text("the decision was made for other data or other rules; run sdc plan again"),
            code="decision",
        )
    moves = None
    if problem.level is not Level.LINEAR:
        price = np.where(given | masks.free, 0.0, np.inf)
        confined = dataclasses.replace(masks, free=masks.free | given, price=price)
        demands = Demands.of(problem)
        window = Window.of(problem, demands, confined)
        engine = Engine(window, first=confined.free[masks.of[window.columns]], seed=seed)
        engine.construct()
        heeded = heed(problem, confined, (engine, demands), Budget(0))
        moves = heeded.engine.witnesses().moves
    return Plan(problem, hidden.copy(), method=METHOD, because="decided before", moves=moves)
