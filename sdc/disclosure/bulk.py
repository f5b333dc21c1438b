"""Which demands can be proven by the hundred, with one linear program for all of them?

All open demands pull at once with very uneven random weights, each no further than it needs. Where
the vertex is fractional, the fractional variables are held still and the program is solved again from
there: a few rounds leave a whole-number table that serves a good part of what was open.
"""

from __future__ import annotations

import numpy as np

from sdc.disclosure.elimination import rank_rows
from sdc.disclosure.pool import Pool
from sdc.disclosure.work import Work
from sdc.model.system import BoolArray, FloatArray
from sdc.solver.highs import Model
from sdc.solver.program import TOLERANCE, Status

ROOM = 16
"""No variable moves further than this many times the largest demand; keeps the numbers small."""

FEW = 100
"""Where so few demands are open, or so small a share of the variables, windows are quicker."""

SPREAD = 0.02
"""Least weight of a demand, as the inverse of the largest: few demands pull much harder than most."""

LARGE = 10**9
"""Demands beyond it are left to windows, so that a program holds no number a double would blur."""

PACE = 250
"""A program over so many variables, solved once, takes as long as a window that serves one demand."""

RISE = 0.75
"""How often a variable that must go both ways is pulled up: others fall on the way."""

SETTLE = 12
"""Most solves to get rid of fractions in one round."""

OPTIONS = {"presolve": "off", "solver": "simplex", "simplex_strategy": 1}


def bulk(pool: Pool, work: Work, *, rounds: int = 60, seed: int = 0) -> None:
    """Add whole-number tables to the pool until a round serves fewer demands than windows would.

    Each round costs up to ``SETTLE`` solves over the whole space, all but the first warm.
    """
    space = pool.space
    if not space.size or not pool.open.any():
        return
    rng = np.random.default_rng(seed)
    matrix = space.matrix[rank_rows(space.matrix)]
    need = int(max(pool.wanted.up.max(initial=1), pool.wanted.down.max(initial=1), 4))
    need = min(need, LARGE)
    low = np.maximum(space.low, -ROOM * need).astype(np.float64)
    high = np.minimum(space.high, ROOM * need).astype(np.float64)
    model = Model(matrix, row_lower=0, row_upper=0, cost=0.0, lower=low, upper=high,
                  options=OPTIONS)  # fmt: skip
    few, everything = min(space.size // FEW, FEW), False
    for _ in range(rounds):
        before, used = _open_demands(pool), work.used
        if before <= few:
            return
        # What only has to move at all moves on the way; it pulls once the others are served.
        everything |= int((pool.short_up | pool.short_down).sum()) <= few
        x = _round(model, _pull(pool, rng, (low, high), everything=everything), work)
        if x is None:
            return
        steps = np.rint(pool.scale * x)
        good = np.abs(steps - pool.scale * x) <= pool.scale * TOLERANCE
        if good.all():
            pool.offer(np.arange(space.size), steps.astype(np.int64))
        gained = before - _open_demands(pool)
        slow = gained * PACE < space.size * (work.used - used)
        if slow and everything:
            return
        everything |= slow


def _open_demands(pool: Pool) -> int:
    return int(pool.short_up.sum() + pool.short_down.sum() + pool.short_some.sum())


def _pull(
    pool: Pool,
    rng: np.random.Generator,
    bounds: tuple[FloatArray, FloatArray],
    *,
    everything: bool,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Random weights on the open demands, and bounds that cap each at what it needs.

    Only with ``everything`` do those pull that ask for any change at all.
    """
    low, high = bounds
    up, down, some = pool.short_up, pool.short_down, pool.short_some
    heads = rng.random(len(up)) < RISE
    # Evenly matched demands share what there is to move, and none gets all that it needs.
    pick = 1.0 / (SPREAD + rng.random(len(up)))
    either = some & ~up & ~down & everything
    rise = (up & ~down) | ((up & down) | either) & heads
    fall = (down & ~up) | ((up & down) | either) & ~heads
    top = np.where(rise, np.minimum(high, np.maximum(pool.wanted.up, 1)), high)
    bottom = np.where(fall, np.maximum(low, -np.maximum(pool.wanted.down, 1)), low)
    return np.where(fall, pick, 0.0) - np.where(rise, pick, 0.0), bottom, top


def _round(
    model: Model, pull: tuple[FloatArray, FloatArray, FloatArray], work: Work
) -> FloatArray | None:
    """The point left once no variable is fractional; None where the solver gives no answer."""
    cost, bottom, top = pull
    every = np.arange(len(cost))
    model.forget()
    model.set_cost(every, cost)
    model.set_bounds(every, bottom, top)
    x: FloatArray | None = None
    for _ in range(SETTLE):
        if not work.spend():
            return None
        solution = model.solve()
        if solution.status is not Status.OPTIMAL or solution.x is None:
            return None
        x = solution.x
        broken: BoolArray = np.abs(x - np.rint(x)) > TOLERANCE
        if not broken.any():
            return x
        still = np.flatnonzero(broken)
        model.set_bounds(still, np.zeros(len(still)), np.zeros(len(still)))
    return x
