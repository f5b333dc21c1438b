"""What is hidden where an engine's answer does not hold, and what is given up for it?

Rungs, each asked only where the one before does not hold: the engine's pattern; the same repaired;
whole lines around the cells that are still open; whole tables; everything that may be hidden. Hiding
more never makes a safe pattern unsafe, so the last rung also says which requests cannot be met.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp

from sdc.disclosure.elimination import determined
from sdc.disclosure.proof import prove
from sdc.disclosure.witness import free_cells
from sdc.disclosure.work import Work
from sdc.errors import Infeasible, SolverError
from sdc.model.hierarchy import IntArray
from sdc.model.system import BoolArray, Level, Problem
from sdc.suppression.demands import Masks
from sdc.suppression.found import Budget, Found
from sdc.suppression.lp_greedy import infeasible
from sdc.suppression.repair import repair
from sdc.suppression.settle import settle

WIDENINGS = 3
"""How often the lines around the open cells are widened before whole tables are hidden."""

EVERYTHING = "everything that may be hidden is hidden"


@dataclass(frozen=True, eq=False)
class Held:
    """A pattern as it would be printed, the cells whose promise it does not keep, and its witnesses."""

    found: Found
    open: IntArray


def secured(problem: Problem, engine: Callable[[], Found], *, seed: int = 0) -> tuple[Found, str]:
    """The engine's answer where it keeps the promise, else the first rung that does; what was given up.

    The second value is empty where nothing was. Cost: one check of the witnesses that the engine
    hands over; a proof for every rung beyond.

    Raises Infeasible, naming the cells, where some cell is not safe though everything that may be
    hidden is.
    """
    try:
        held = _held(problem, settle(problem, engine(), seed=seed), seed=seed)
    except (Infeasible, SolverError):
        held = Held(Found(_masked(problem, np.zeros(problem.system.n, bool))), problem.primary)
    if not len(held.open):
        return held.found, ""
    top = _held(problem, Found(problem.eligible.copy()), seed=seed)
    if len(top.open):
        raise infeasible(problem, top.open.tolist())
    started = held.found
    tried = ((_held(problem, f, seed=seed), text) for f, text in _rungs(problem, held, seed=seed))
    held, given_up = next(((h, t) for h, t in tried if not len(h.open)), (top, EVERYTHING))
    found = _thinned(problem, held.found, seed=seed)
    more = int((found.hidden & ~started.hidden).sum())
    said = f"{given_up} ({more} cells beyond the engine's answer)"
    log = (*started.log, f"ladder: {said}")
    return replace(found, bound=0.0, log=log, reproducible=started.reproducible), said


def _held(problem: Problem, found: Found, *, seed: int) -> Held:
    """What a pattern keeps of its promise; complementary masks that follow are printed."""
    if problem.level is Level.LINEAR:
        follows = determined(problem.system.relations, free_cells(problem, found.hidden))
        return Held(found, problem.primary[follows[problem.primary]])
    proof = prove(problem, found.hidden, found.moves, work=Work(None, None), seed=seed)
    masks = Masks.of_problem(problem)
    moving = masks.free.copy()
    moving[masks.of[found.hidden & ~proof.standing]] = True
    hidden = found.hidden & moving[masks.of]
    open_ = np.union1d(problem.primary[~proof.met], np.flatnonzero(proof.standing & hidden))
    moves = proof.moves if proof.scale == 1 else found.moves
    return Held(replace(found, hidden=hidden, moves=moves), open_.astype(np.int64))


def _rungs(problem: Problem, held: Held, *, seed: int) -> Iterator[tuple[Found, str]]:
    """Ever wider patterns; the next one is made only where the one before does not hold."""
    hidden, moves = held.found.hidden, held.found.moves
    if problem.level is not Level.LINEAR:
        try:
            mended = repair(problem, hidden, budget=Budget(0), seed=seed, moves=moves)
            yield mended, "the pattern was repaired"
        except (Infeasible, SolverError):
            pass
    touched = np.zeros(problem.system.n, dtype=bool)
    touched[held.open] = True
    incidence = abs(problem.system.relations).astype(np.int64)
    for _ in range(WIDENINGS):
        lines = incidence @ touched.astype(np.int64) > 0
        touched |= incidence.T @ lines.astype(np.int64) > 0
        wider = _masked(problem, hidden | touched)
        yield Found(wider), f"{int(lines.sum())} whole lines are hidden"
    for block in problem.system.blocks:
        if touched[block.index].any():
            touched[block.index] = True
    names = [b.table.name for b in problem.system.blocks if touched[b.index].all()]
    if names:
        wider = _masked(problem, hidden | touched)
        yield Found(wider), f"withheld as a whole: {', '.join(names)}"


def _masked(problem: Problem, wanted: BoolArray) -> BoolArray:
    """The eligible cells among some, with all that share a mask with them, and the primary ones."""
    masks = Masks.of_problem(problem)
    open_ = np.zeros(len(masks.price), dtype=bool)
    open_[masks.of[wanted & problem.eligible]] = True
    return masks.hidden(problem, open_)


def _thinned(problem: Problem, found: Found, *, seed: int) -> Found:
    """Without the masks that no witness needs, where that holds as well."""
    if problem.level is Level.LINEAR:
        return found
    moves: sp.csr_matrix | None = found.moves
    try:
        less = repair(problem, found.hidden, budget=Budget(0), seed=seed, moves=moves)
        held = _held(problem, settle(problem, less, seed=seed), seed=seed)
    except (Infeasible, SolverError):
        return found
    cheaper = held.found.cost_in(problem) < found.cost_in(problem)
    return held.found if cheaper and not len(held.open) else found
