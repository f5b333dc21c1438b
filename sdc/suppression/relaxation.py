"""How much must any safe pattern cost, and which masks does a fractional one want open?"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import scipy.sparse as sp

from sdc.model.system import BoolArray, FloatArray
from sdc.solver.highs import Model
from sdc.solver.program import TOLERANCE, Status
from sdc.suppression.company import company
from sdc.suppression.cuts import Separator
from sdc.suppression.found import Budget
from sdc.suppression.leastsets import least_sets
from sdc.suppression.presolve import Reduced

__all__ = ["Master", "Relaxation", "relax", "rounded_up"]

PATIENCE = 5
"""Rounds over which the bound must have risen by the share STALL, or the search ends."""
STALL = 2e-4
APART = 1e-6
"""How far a company row must be violated before it joins the program."""


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
    """Solve the linear program over all masks whose rows are the necessary ones found on the way."""
    master = Master(reduced, separator)
    done = master.search(budget, rounds=rounds)
    return Relaxation(master.bound, master.x, done, not budget.expired)


@dataclass
class Master:
    """The linear program over all masks, which keeps its rows and its basis between searches.

    ``bound`` is the best bound proven so far, rounded up where all losses are whole; it is computed
    from dual values in plain arithmetic, so that it does not rest on the solver's word. ``x`` (k,) is
    the present fractional pattern, ``rest`` (k,) what is left of each mask's loss in the best proof,
    ``exact`` that proof before rounding, ``company`` the rows of ``company``.
    """

    reduced: Reduced
    separator: Separator
    bound: float = field(init=False)
    x: FloatArray = field(init=False)
    rest: FloatArray = field(init=False)
    exact: float = field(init=False)
    company: sp.csr_matrix = field(init=False)

    def __post_init__(self) -> None:
        masks, forced = self.reduced.masks, self.reduced.forced.astype(np.float64)
        self.x, self.rest = forced, self.reduced.weight.copy()
        self.bound = self.exact = float(self.reduced.weight @ forced)
        self.company = company(self.reduced)
        self._waiting = np.ones(self.company.shape[0], dtype=bool)
        self._taken = 0
        self._rows: list[sp.csr_matrix] = [sp.csr_matrix((0, masks))]
        self._least: list[FloatArray] = [np.zeros(0)]
        self._model = Model(
            self._rows[0], row_lower=0.0, row_upper=np.inf, cost=self.reduced.weight,
            lower=forced, upper=np.ones(masks),
        )  # fmt: skip

    def search(self, budget: Budget, *, rounds: int, patience: int = PATIENCE) -> int:
        """Separate and solve until nothing is violated, the bound stalls or the rounds are over.

        One separation and one warm linear program a round. Returns the number of rounds.
        """
        past, misses, done = [self.exact], 0, 0
        if self._take():
            self._solve()
        while done < rounds and misses < 2 and not budget.expired:
            self.separator.separate(self.x)
            self.separator.cuts.add(least_sets(self.separator.cuts.matrix(), self.x))
            done += 1
            if not self._take():
                misses += 1
                continue
            misses = 0
            if not self._solve():
                break
            past.append(self.exact)
            if len(past) > patience and past[-1] - past[-1 - patience] < STALL * past[-1]:
                break
        return done

    def doubtful(self, loss: float) -> tuple[BoolArray, BoolArray]:
        """(k,) masks that no pattern cheaper than ``loss`` opens; those that every one opens."""
        step = 1.0 if _whole(self.reduced.weight) else 0.0
        slack = loss - step - self.exact + (step - 0.5) * 2 * TOLERANCE * max(1.0, loss)
        forced = self.reduced.forced
        return (self.rest > slack) & ~forced, (-self.rest > slack) | forced

    def _take(self) -> bool:
        """Add to the program the new cuts and the company that the pattern lacks; False: none."""
        cuts = self.separator.cuts
        fresh = cuts.since(self._taken)
        self._taken = len(cuts)
        short = np.flatnonzero(self._waiting & (self.company @ self.x < -APART))
        self._waiting[short] = False
        lonely = sp.csr_matrix(self.company[short])
        for rows, least in ((lonely, 0.0), (fresh, 1.0)):
            if rows.shape[0]:
                self._model.add_rows(rows, least, np.inf)
                self._rows.append(rows)
                self._least.append(np.full(rows.shape[0], least))
        return bool(fresh.shape[0] or lonely.shape[0])

    def _solve(self) -> bool:
        answer = self._model.solve()
        if answer.status is not Status.OPTIMAL or answer.x is None or answer.duals is None:
            return False
        self.x = np.clip(answer.x, 0.0, 1.0)
        rows = sp.csr_matrix(sp.vstack(self._rows, format="csr"))
        least = np.concatenate(self._least)
        self._rows, self._least = [rows], [least]
        price = np.maximum(answer.duals, 0.0)
        rest = self.reduced.weight - rows.T @ price
        # Weak duality: what multipliers >= 0 prove about every 0/1 pattern.
        kept = np.where(self.reduced.forced, rest, np.minimum(rest, 0.0))
        proven = float(price @ least + kept.sum())
        if proven > self.exact:
            self.exact, self.rest = proven, rest
            self.bound = max(self.bound, rounded_up(proven, self.reduced))
        return True


def rounded_up(bound: float, reduced: Reduced) -> float:
    """The next whole number above where every pattern costs a whole number."""
    if _whole(reduced.weight):
        return float(np.ceil(bound - TOLERANCE * max(1.0, abs(bound))))
    return bound


def _whole(weight: FloatArray) -> bool:
    return bool(np.array_equal(weight, np.round(weight)))
