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
from sdc.suppression.exchange import resumed
from sdc.suppression.found import Budget, Found
from sdc.suppression.repair import repair

ROUNDS = 5

FEW, EFFORT = 10, 0.5
"""Standing X up to which nothing is exchanged for them, and the part of a budget spent otherwise."""


def settle(problem: Problem, found: Found, *, seed: int = 0) -> Found:
    """The same pattern with no X left standing, as far as ``ROUNDS`` rounds of repair reach.

    Each round asks the prover which hidden cells have one possible value and serves a demand for each,
    by searches where there are moves to start from, else by ``repair``. What stands after the last round
    is for the audit to refuse.

    Raises Infeasible where a cell cannot be given a second value though everything else is hidden.
    """
    if problem.level is Level.LINEAR:
        return found
    asked = np.zeros(0, dtype=np.int64)
    for _ in range(ROUNDS):
        proof = prove(problem, found.hidden, found.moves, work=Work(None, None), seed=seed)
        if proof.scale == 1:
            # What the prover found need not be found again.
            found = dataclasses.replace(found, moves=proof.moves)
        standing = np.flatnonzero(proof.standing & problem.eligible)
        if not len(standing):
            return found
        asked = np.union1d(asked, standing)
        log = (*found.log, f"settle: {len(standing)} X stood on one value")
        found = dataclasses.replace(
            _mended(also(problem, asked), found, len(standing), seed=seed), log=log
        )
    return found


def _mended(problem: Problem, found: Found, more: int, *, seed: int) -> Found:
    """A pattern that serves some more demands as well."""
    wider, moves, left = found, found.moves, True
    if moves is not None and moves.shape[0]:
        known = (moves, found.demands)
        budget = Budget(EFFORT if more > FEW else 0.0)
        engine, demands = resumed(problem, known, budget=budget, seed=seed)
        masks, own = Masks.of_problem(problem), engine.witnesses().moves
        hidden = masks.hidden(problem, masks.needed(own))
        moves = sp.csr_matrix(sp.vstack([own, _beyond(own, moves)]))
        left = bool(len(engine.unserved()))
        wider = dataclasses.replace(found, hidden=hidden, moves=moves, demands=demands)
    if not left:
        return wider
    mended = repair(
        problem, wider.hidden, budget=Budget(0), seed=seed, moves=moves, demands=wider.demands
    )
    certain = found.reproducible and mended.reproducible
    return dataclasses.replace(mended, bound=found.bound, reproducible=certain)


def _beyond(own: sp.csr_matrix, older: sp.csr_matrix) -> sp.csr_matrix:
    """Older moves (w, n), one for each cell that no move of ``own`` changes."""
    still = np.ones(own.shape[1], dtype=bool)
    still[own.indices] = False
    row = np.repeat(np.arange(older.shape[0]), np.diff(older.indptr))[still[older.indices]]
    _, first = np.unique(older.indices[still[older.indices]], return_index=True)
    return sp.csr_matrix(older[np.unique(row[first])])


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
