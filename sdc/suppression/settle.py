"""Which X would stand on a cell with one possible value, and what gives it a second one?

Above ``linear`` no X may follow from the rest. An engine prints a complementary cell that follows; but
where several cells share one mask (a count and the area beside it) one of them may need the X while the
other one follows. Such a cell gets a demand of its own: one more unit must be possible.
"""

from __future__ import annotations

import dataclasses

import numpy as np
import scipy.sparse as sp

from sdc.disclosure.proof import prove
from sdc.disclosure.work import Work
from sdc.model.hierarchy import IntArray
from sdc.model.system import Level, Problem
from sdc.suppression.demands import Masks
from sdc.suppression.exchange import SHORT, resumed
from sdc.suppression.found import Budget, Found
from sdc.suppression.repair import repair

ROUNDS = 5


def settle(problem: Problem, found: Found, *, seed: int = 0) -> Found:
    """The same pattern with no X left standing, as far as ``ROUNDS`` rounds of repair reach.

    Each round asks the prover which hidden cells have one possible value and serves a demand for each,
    by searches where there are moves to start from, else by ``repair``. What stands after the last round
    is for the audit to refuse.

    Raises Infeasible where a cell cannot be given a second value though everything else is hidden.
    """
    if problem.level is Level.LINEAR:
        return found
    asked: set[int] = set()
    for _ in range(ROUNDS):
        proof = prove(problem, found.hidden, found.moves, work=Work(None, None), seed=seed)
        standing = np.flatnonzero(proof.standing)
        standing = standing[problem.eligible[standing]]
        asked |= {int(c) for c in standing}
        if not len(standing):
            # What the prover found need not be found again.
            return dataclasses.replace(found, moves=proof.moves) if proof.scale == 1 else found
        wider = also(problem, np.array(sorted(asked), dtype=np.int64))
        moves = _both(found.moves, proof.moves if proof.scale == 1 else None)
        hidden, demands = found.hidden, None
        if moves is not None:
            moves, demands = resumed(wider, moves, budget=Budget(SHORT), seed=seed)
            masks = Masks.of_problem(wider)
            hidden = masks.hidden(wider, masks.needed(moves))
        mended = repair(wider, hidden, budget=Budget(0), seed=seed, moves=moves, demands=demands)
        found = Found(
            mended.hidden,
            found.bound,
            (*found.log, f"settle: {len(standing)} X stood on one value", *mended.log),
            mended.moves,
            found.reproducible and mended.reproducible,
        )
    return found


def also(problem: Problem, cells: IntArray) -> Problem:
    """The problem with a demand for one more unit in some cells that are not primary."""
    extra = np.setdiff1d(cells, problem.primary)
    primary = np.concatenate([problem.primary, extra])
    order = np.argsort(primary, kind="stable")
    value = problem.system.value[extra]

    def joined(own: IntArray, new: IntArray) -> IntArray:
        return np.asarray(np.concatenate([own, new])[order])

    return dataclasses.replace(
        problem,
        primary=primary[order],
        upper=joined(problem.upper, value + 1),
        lower=joined(problem.lower, value),
        slide=joined(problem.slide, np.zeros(len(extra), dtype=np.int64)),
    )


def _both(first: sp.csr_matrix | None, second: sp.csr_matrix | None) -> sp.csr_matrix | None:
    parts = [m for m in (first, second) if m is not None and m.shape[0]]
    return sp.csr_matrix(sp.vstack(parts)) if parts else None
