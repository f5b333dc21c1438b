"""Which masks must be decided one by one until a cheapest pattern is proven?

A case fixes some masks. Where its relaxation, with every row that its fractional pattern violates,
costs no less than the best pattern in hand, it holds no cheaper one; otherwise it is split by the mask
that both ways adds most to the relaxation, as trial programs tell. The case that may hold the cheapest
pattern comes first, so that no case is looked at in vain whatever pattern is in hand. (Branch and cut:
Fischetti and Salazar 2001; trials until estimates are reliable: Achterberg, Koch and Martin 2005.)
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from sdc.model.system import BoolArray, FloatArray
from sdc.solver.program import TOLERANCE
from sdc.suppression.found import Budget
from sdc.suppression.oracles import Oracle
from sdc.suppression.pausing import Pause
from sdc.suppression.relaxation import Master, rounded_up, whole_losses

__all__ = ["Tree"]

ROUNDS = 3
"""Separations in one case."""
IDLE = 10
"""Programs after which a row that no proof has used leaves."""
RELIABLE = 4
"""Trials of a mask each way after which its gains are estimated."""
TRIALS, VAIN = 30, 10
"""Masks tried in one case at most, and in a row without a better one."""
PAUSES = 8
"""Cases that are not asked for a pattern near them, at most, where the last were in vain."""


class Case(NamedTuple):
    """Patterns between two (k,), none of which costs less than ``value``; ``order`` breaks ties."""

    value: float
    order: int
    lower: BoolArray
    upper: BoolArray


@dataclass
class Tree:
    """Cases that may still hold a pattern cheaper than ``best`` (k,).

    A case costs a few separations and up to 2 TRIALS warm programs; it keeps 2 k bytes.
    """

    master: Master
    oracle: Oracle
    budget: Budget
    best: BoolArray
    cases: int = 0
    _open: list[Case] = field(init=False)

    def __post_init__(self) -> None:
        reduced = self.master.reduced
        root = Case(self.master.best.value, 0, reduced.forced, np.ones(reduced.masks, dtype=bool))
        self._open, self._order, self._floor = [root], 0, np.inf
        self._whole = whole_losses(reduced)
        self._pause = Pause(PAUSES)
        self._gain = np.zeros((2, reduced.masks))
        self._trials = np.zeros((2, reduced.masks))

    @property
    def loss(self) -> float:
        """That of the best pattern."""
        return float(self.master.reduced.weight[self.best].sum())

    @property
    def bound(self) -> float:
        """No safe pattern costs less."""
        return self.loss if self.closed else rounded_up(self._least, self.master.reduced)

    @property
    def closed(self) -> bool:
        """Whether no case may hold a cheaper pattern than the best."""
        return self._least >= self.enough

    @property
    def _least(self) -> float:
        return min(self._open[0].value if self._open else np.inf, self._floor)

    @property
    def enough(self) -> float:
        """A case of this value holds no cheaper pattern than the best."""
        return self.loss - (0.5 if self._whole else TOLERANCE * max(1.0, self.loss))

    def search(self, cases: int, effort: int) -> None:
        """Split until no case may hold a cheaper pattern, or so many cases or effort are spent."""
        while self._open and self._open[0].value < self.enough and not self.budget.expired:
            if self.cases >= cases or self.master.effort + self.oracle.effort >= effort:
                break
            self.cases += 1
            self._look(heapq.heappop(self._open))
            self.master.drop(IDLE)

    def _look(self, case: Case) -> None:
        """Close a case or split it."""
        self.master.within(case.lower, case.upper)
        if not self._undecided(case):
            return
        x, proof = self.master.x, self.master.proof
        parts = np.minimum(x, 1.0 - x) > TOLERANCE
        if self._pause.over():
            before = self.best
            self.offer(self.oracle.near(x))
            self._pause.after(fruitful=self.best is not before)
        slack = self.enough - proof.value
        upper = case.upper & ((proof.rest <= slack) | case.lower | parts)
        lower = case.lower | ((proof.rest < -slack) & upper & ~parts)
        mask, values = self._division(max(case.value, proof.value), lower, upper)
        for side, value in enumerate(values):
            if value < self.enough:
                self._order += 1
                half = _half(mask, side, lower, upper)
                heapq.heappush(self._open, Case(value, self._order, *half))

    def _undecided(self, case: Case) -> bool:
        """Whether a case may hold a pattern cheaper than the best, and no whole one answers it."""
        master = self.master
        going = master.solve()
        while going:
            master.search(self.budget, rounds=ROUNDS, patience=1, enough=self.enough)
            opened = master.x > 0.5
            if master.proof.value >= self.enough:
                return False
            if np.abs(master.x - opened).max(initial=0.0) > TOLERANCE:
                return True
            master.x = opened.astype(np.float64)
            fresh = master.take()
            if not fresh and not self.oracle.refute(opened):
                self.offer(opened)
                return False
            going = (fresh or master.take()) and master.solve()
        if master.proof.value < self.enough:
            # The solver could not tell, so nobody may.
            self._floor = min(self._floor, case.value)
        return False

    def offer(self, opened: BoolArray | None) -> None:
        """Keep a safe pattern if it is cheaper."""
        if opened is not None and self.master.reduced.weight[opened].sum() < self.loss - 1e-9:
            self.best = opened

    def _division(
        self, value: float, lower: BoolArray, upper: BoolArray
    ) -> tuple[int, tuple[float, float]]:
        """The mask that divides best, and what is proven about both halves."""
        parts, guess = self._guess()
        some = np.flatnonzero(parts.min(axis=0) > TOLERANCE)
        gains = np.minimum(guess * parts, self.enough - value)
        order = some[np.argsort(-self._merit(gains)[some], kind="stable")]
        best, most, vain, values = int(order[0]), -1.0, 0, (value, value)
        for mask in order[:TRIALS].tolist():
            found, gain = (value, value), gains[:, mask]
            if self._trials[:, mask].min() < RELIABLE:
                found = self._tried(mask, value, lower, upper)
                gain = np.minimum(np.array(found), self.enough) - value
                self._gain[:, mask] += gain / parts[:, mask]
                self._trials[:, mask] += 1
            merit, vain = float(self._merit(gain)), vain + 1
            if merit > most:
                best, most, vain, values = mask, merit, 0, found
            if vain >= VAIN or max(found) >= self.enough or self.budget.expired:
                break
        return best, values

    def _guess(self) -> tuple[FloatArray, FloatArray]:
        """(2, k) how far the pattern is from either half of each mask; the gain for each unit of it."""
        x, weight = self.master.x, self.master.reduced.weight
        each = (self._trials * weight).sum(axis=1)
        rate = np.where(each > 0, self._gain.sum(axis=1) / np.maximum(each, TOLERANCE), 1.0)
        known = self._gain / np.maximum(self._trials, 1.0)
        guess = np.where(self._trials > 0, known, np.maximum(rate, TOLERANCE)[:, None] * weight)
        return np.array([x, 1.0 - x]), guess

    def _merit(self, gains: FloatArray) -> FloatArray:
        """Of gains (2, …): both count."""
        least = TOLERANCE * max(1.0, self.loss)
        return np.asarray(np.maximum(gains[0], least) * np.maximum(gains[1], least))

    def _tried(
        self, mask: int, value: float, lower: BoolArray, upper: BoolArray
    ) -> tuple[float, float]:
        """What the program as it stands proves about both halves."""
        shut, opened = (
            max(value, self.master.tried(*_half(mask, side, lower, upper))) for side in (0, 1)
        )
        return shut, opened


def _half(mask: int, side: int, lower: BoolArray, upper: BoolArray) -> tuple[BoolArray, BoolArray]:
    """The bounds under which a mask is closed (0) or open (1)."""
    low, high = lower.copy(), upper.copy()
    low[mask] = high[mask] = bool(side)
    return low, high
