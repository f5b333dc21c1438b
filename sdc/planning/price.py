"""What does hiding each cell cost under a policy, in the currency of the planner?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sdc.errors import InputError
from sdc.messages import Text
from sdc.model.grouped import Grouped
from sdc.model.plan import Plan
from sdc.model.system import FloatArray, Problem
from sdc.planning.study import EXPECTED, GIVEN, Study
from sdc.planning.view import Seen, innermost, nats_below, readers_view
from sdc.tables.recode import Recoding

NATS, ZERO = 2.0, 4.0
"""Price of one nat that a reader would miss, and of a hidden zero, in units of the rules' price."""


def priced(
    study: Study,
    recodings: Sequence[Recoding],
    grouped: Sequence[Grouped],
    wanted: tuple[Problem, str],
) -> FloatArray:
    """The costs (n,) of hiding cells under a policy that asks for no plan beforehand.

    ``given`` is what the rules say. ``expected`` adds, for innermost cells, how far they are from
    what a reader would guess if margins alone were printed: a cell that the margins foretell costs
    little, a number among zeros much. A hidden zero draws units away from its neighbours, whose guess
    then is too low, and pays for that.

    Raises InputError for another policy.
    """
    problem, policy = wanted
    if policy == GIVEN:
        return problem.cost
    if policy != EXPECTED:
        raise InputError(Text("unknown policy {policy!r}", policy=policy))
    inner = innermost(problem.system)
    nats = np.zeros(problem.system.n)
    views = readers_view(study, recodings, grouped, (problem.system, inner))
    spread_blame(nats, problem, views)
    zero = problem.system.value == 0
    return np.asarray(problem.cost + np.where(inner, NATS * nats + ZERO * zero, 0.0))


def repriced(plan: Plan, seen: Sequence[Seen]) -> FloatArray:
    """Costs for the next round: what a complementary cell lost beside the mean of all of them."""
    problem = plan.problem
    blame = np.zeros(problem.system.n)
    spread_blame(blame, problem, seen)
    extra = plan.complementary
    if not extra.any() or blame[extra].mean() <= 0:
        return problem.cost
    factor = np.clip(0.5 + 0.5 * blame / blame[extra].mean(), 0.7, 3.0)
    return np.asarray(np.where(extra, problem.cost * factor, problem.cost))


def spread_blame(blame: FloatArray, problem: Problem, seen: Sequence[Seen]) -> None:
    """Put into ``blame`` (n,), in place, the nats of all finest cells below each cell of a table."""
    for block in [b for b in problem.system.blocks if not b.table.within]:
        for view in seen:
            if view.records != block.table.records:
                continue
            own = next(p for p in view.printed if p.dims == block.table.dims)
            blame[block.index] = np.maximum(blame[block.index], nats_below(view, own))
