"""How much must any safe pattern cost, and which masks does a fractional one want open?"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

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

__all__ = ["Master", "Proof", "Relaxation", "relax", "rounded_up", "whole_losses"]

PATIENCE = 5
"""Rounds over which the proof must have risen by the share STALL, or the search ends."""
STALL = 2e-4
CLOSER = 0.01
"""Where the proof that would be enough is known, it must come closer by this share of what is left."""
MANY = 150
"""Rows that leave the program leave it together, so that its basis is lost seldom."""
APART = 1e-6
"""How far a row must be violated before it joins the program."""


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


class Proof(NamedTuple):
    """What multipliers of the rows prove about every 0/1 pattern between two bounds.

    None of them costs less than ``value``; ``rest`` (k,) is what the multipliers leave of each loss.
    """

    value: float
    rest: FloatArray


@dataclass
class Master:
    """The linear program over all masks, which keeps its rows and its basis between searches.

    ``best`` is the best proof so far for all patterns, ``proof`` that of the last program, between the
    bounds of ``within``. Proofs are computed from dual values in plain arithmetic, so that they do not
    rest on the solver's word; that there is no pattern at all between two bounds does. ``x`` (k,) is
    the present fractional pattern, ``company`` the rows of ``company``, ``effort`` what the programs
    have cost so far: iterations times rows and columns.
    """

    reduced: Reduced
    separator: Separator
    x: FloatArray = field(init=False)
    best: Proof = field(init=False)
    proof: Proof = field(init=False)
    company: sp.csr_matrix = field(init=False)
    effort: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        weight, masks = self.reduced.weight, self.reduced.masks
        self.x = self._lower = self.reduced.forced.astype(np.float64)
        self._upper = np.ones(masks)
        self.best = self.proof = Proof(float(weight @ self.x), weight)
        self.company = company(self.reduced)
        # Rows are numbered: company, then the cuts in the order in which they were found.
        self._outside = np.ones(self.company.shape[0], dtype=bool)
        self._inside = np.zeros(0, dtype=np.int64)
        self._idle = np.zeros(0, dtype=np.int64)
        self._model = Model(
            sp.csr_matrix((0, masks)), row_lower=0.0, row_upper=np.inf, cost=weight,
            lower=self._lower, upper=self._upper,
        )  # fmt: skip

    @property
    def bound(self) -> float:
        """No safe pattern costs less."""
        return rounded_up(self.best.value, self.reduced)

    def search(
        self, budget: Budget, *, rounds: int, patience: int = PATIENCE, enough: float = np.inf
    ) -> int:
        """Separate and solve until nothing is violated, the proof stalls or is enough, or the rounds
        are over.

        One separation and one warm linear program a round. Returns the number of rounds.
        """
        past, misses, done = [self.proof.value], 0, 0
        if self.take():
            self.solve()
        while done < rounds and misses < 2 and self.proof.value < enough and not budget.expired:
            self.separator.separate(self.x)
            self.separator.cuts.add(least_sets(self._held(), self.x))
            done += 1
            if not self.take():
                misses += 1
                continue
            misses = 0
            if not self.solve():
                break
            past.append(self.proof.value)
            least = STALL * past[-1] if np.isinf(enough) else CLOSER * (enough - past[-1])
            if len(past) > patience and past[-1] - past[-1 - patience] < least:
                break
        return done

    def doubtful(self, loss: float) -> tuple[BoolArray, BoolArray]:
        """(k,) masks that no pattern cheaper than ``loss`` opens; those that every one opens."""
        step = 1.0 if whole_losses(self.reduced) else 0.0
        slack = loss - step - self.best.value + (step - 0.5) * 2 * TOLERANCE * max(1.0, loss)
        forced = self.reduced.forced
        return (self.best.rest > slack) & ~forced, (-self.best.rest > slack) | forced

    def within(self, lower: BoolArray, upper: BoolArray) -> None:
        """Look only at patterns between two (k,) from now on."""
        low, high = lower.astype(np.float64), upper.astype(np.float64)
        other = np.flatnonzero((low != self._lower) | (high != self._upper))
        self._model.set_bounds(other, low[other], high[other])
        self._lower, self._upper = low, high

    def take(self) -> bool:
        """Add to the program the new cuts and all known rows that the pattern violates; False: none."""
        cuts, known = self.separator.cuts, self.company.shape[0]
        seen = len(self._outside)
        fresh = np.ones(known + len(cuts) - seen, dtype=bool)
        self._outside = np.append(self._outside, fresh)
        broken = np.append(self.company @ self.x < -APART, cuts.matrix() @ self.x < 1.0 - APART)
        broken[seen:] = True
        which = np.flatnonzero(self._outside & broken)
        lonely, short = which[which < known], which[which >= known] - known
        for rows, least in ((self.company[lonely], 0.0), (cuts.matrix()[short], 1.0)):
            if rows.shape[0]:
                self._model.add_rows(rows, least, np.inf)
        self._outside[which] = False
        self._inside = np.append(self._inside, which)
        self._idle = np.append(self._idle, np.zeros(len(which), dtype=np.int64))
        return bool(len(which))

    def _held(self) -> sp.csr_matrix:
        """The cuts in the program and those that nobody has looked at yet."""
        held = np.ones(len(self.separator.cuts), dtype=bool)
        seen = self._outside[self.company.shape[0] :]
        held[: len(seen)] = ~seen
        return sp.csr_matrix(self.separator.cuts.matrix()[np.flatnonzero(held)])

    def drop(self, idle: int) -> None:
        """Take the rows out of the program that no proof has used so many times."""
        gone = np.flatnonzero(self._idle > idle)
        if len(gone) < MANY:
            return
        self._outside[self._inside[gone]] = True
        self._model.delete_rows(gone)
        self._inside, self._idle = np.delete(self._inside, gone), np.delete(self._idle, gone)

    def solve(self) -> bool:
        """Solve the program as it stands; False where that gives no pattern.

        The proof is infinite where there is none between the bounds, and void (-inf) where the solver
        cannot tell.
        """
        answer = self._model.solve()
        self.effort += self._model.effort
        if answer.status is Status.INFEASIBLE:
            self.proof = Proof(np.inf, self.reduced.weight)
            return False
        if answer.status is not Status.OPTIMAL or answer.x is None or answer.duals is None:
            self.proof = Proof(-np.inf, self.reduced.weight)
            return False
        self.x = np.clip(answer.x, 0.0, 1.0)
        self.proof = self._proven(np.maximum(answer.duals, 0.0))
        everywhere = np.array_equal(self._lower, self.reduced.forced) and self._upper.all()
        if everywhere and self.proof.value > self.best.value:
            self.best = self.proof
        return True

    def tried(self, lower: BoolArray, upper: BoolArray) -> float:
        """What the program as it stands proves between two other bounds; all else stays."""
        kept = self.x, self.proof, self._idle
        self.within(lower, upper)
        self.solve()
        value = self.proof.value
        self.x, self.proof, self._idle = kept
        return value

    def _proven(self, price: FloatArray) -> Proof:
        """Weak duality with multipliers >= 0 of the rows in the program."""
        self._idle = np.where(price > 0, 0, self._idle + 1)
        times, known = np.zeros(len(self._outside)), self.company.shape[0]
        times[self._inside] = price
        of_cuts = times[known:]
        cuts = self.separator.cuts.matrix()[: len(of_cuts)]
        rest = self.reduced.weight - self.company.T @ times[:known] - cuts.T @ of_cuts
        kept = np.where(rest > 0, rest * self._lower, rest * self._upper)
        return Proof(float(of_cuts.sum() + kept.sum()), rest)


def rounded_up(bound: float, reduced: Reduced) -> float:
    """The next whole number above where every pattern costs a whole number."""
    if whole_losses(reduced):
        return float(np.ceil(bound - TOLERANCE * max(1.0, abs(bound))))
    return bound


def whole_losses(reduced: Reduced) -> bool:
    """Whether every pattern costs a whole number."""
    return bool(np.array_equal(reduced.weight, np.round(reduced.weight)))
