"""How much must any safe pattern cost, and which masks does a fractional one want open?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from sdc.model.system import FloatArray
from sdc.solver.highs import Model
from sdc.solver.program import TOLERANCE, Status
from sdc.suppression.cuts import Separator
from sdc.suppression.found import Budget
from sdc.suppression.presolve import Reduced

__all__ = ["Relaxation", "dual_bound", "relax", "rounded_up"]

PATIENCE = 5
"""Rounds over which the bound must have risen by the share STALL, or the search ends."""
STALL = 2e-4


@dataclass(frozen=True, eq=False)
class Relaxation:
    """A lower bound on the loss of any safe pattern, and the fractional pattern x (k,) behind it."""

    bound: float
    x: FloatArray
    rounds: int
    reproducible: bool


def relax(
    reduced: Reduced, separator: Separator, budget: Budget, *, rounds: int = 200
) -> Relaxation:
    """Solve the linear program over all masks whose rows are the necessary ones found on the way.

    Each round separates the present fractional pattern and adds what it violates. The bound is
    computed from the dual values in plain arithmetic and rounded up where all losses are whole, so
    it does not rest on the solver's word. One separation and one warm linear program a round.
    """
    masks, known = reduced.masks, separator.cuts.matrix()
    x = reduced.forced.astype(np.float64)
    model = Model(
        known, row_lower=np.ones(known.shape[0]), row_upper=np.inf, cost=reduced.weight,
        lower=x, upper=np.ones(masks),
    )  # fmt: skip
    if known.shape[0]:
        x = np.clip(model.solve().require(), 0.0, 1.0)
    bound, past, misses, done = float(reduced.weight @ reduced.forced), [0.0], 0, 0
    while done < rounds and misses < 2 and not budget.expired:
        fresh = separator.separate(x)
        done += 1
        misses = 0 if fresh.shape[0] else misses + 1
        if not fresh.shape[0]:
            continue
        model.add_rows(fresh, np.ones(fresh.shape[0]), np.inf)
        answer = model.solve()
        if answer.status is not Status.OPTIMAL or answer.x is None or answer.duals is None:
            break
        x = np.clip(answer.x, 0.0, 1.0)
        bound = max(bound, dual_bound(separator.cuts.matrix(), answer.duals, reduced))
        past.append(bound)
        if len(past) > PATIENCE and bound - past[-1 - PATIENCE] < STALL * bound:
            break
    return Relaxation(rounded_up(bound, reduced), x, done, not budget.expired)


def dual_bound(rows: sp.csr_matrix, duals: FloatArray, reduced: Reduced) -> float:
    """What multipliers >= 0 of ``rows @ x >= 1`` prove about every 0/1 pattern (weak duality)."""
    price = np.maximum(duals, 0.0)
    rest = reduced.weight - rows.T @ price
    return float(price.sum() + np.where(reduced.forced, rest, np.minimum(rest, 0.0)).sum())


def rounded_up(bound: float, reduced: Reduced) -> float:
    """The next whole number above where every pattern costs a whole number."""
    if np.array_equal(reduced.weight, np.round(reduced.weight)):
        return float(np.ceil(bound - TOLERANCE * max(1.0, abs(bound))))
    return bound
