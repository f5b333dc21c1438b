"""Can every hidden cell be shown to stay open as far as promised, and which ones cannot?"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import scipy.sparse as sp

from sdc.disclosure.demands import Demands
from sdc.disclosure.extremes import Extremes
from sdc.disclosure.owners import narrowed
from sdc.disclosure.pool import Pool, Wanted
from sdc.disclosure.search import Findings, search
from sdc.disclosure.space import Space
from sdc.disclosure.witness import FAR, Reach, reach, valid
from sdc.disclosure.work import Work
from sdc.model.hierarchy import IntArray
from sdc.model.sharing import Runner
from sdc.model.system import BoolArray, Problem
from sdc.solver.program import TOLERANCE, Status


@dataclass(frozen=True, eq=False)
class Proof:
    """Checked moves, how far they reach, and what provably cannot be reached.

    ``met`` (p,) and ``moved`` (n,) rest on integer addition alone; ``barred`` (p,) marks primary
    cells whose demand no table meets, ``standing`` (n,) hidden cells with one possible value,
    ``fixed`` (n,) those among them that follow by elimination. Whatever is in none of them is open.
    ``narrowed`` (p,) marks those whose demand is met for outsiders, but for somebody inside a cell by
    no table. ``least`` and ``most`` (p,) bound the distances that a primary cell can move.
    """

    demands: Demands
    moves: sp.csr_matrix
    scale: int
    reach: Reach
    met: BoolArray
    moved: BoolArray
    barred: BoolArray
    standing: BoolArray
    fixed: BoolArray
    least: IntArray
    most: IntArray
    narrowed: BoolArray

    @property
    def open(self) -> bool:
        """Whether any question has been left without an answer."""
        undecided = self.demands.some & ~self.moved & ~self.standing
        return bool((~self.met & ~self.barred & ~self.narrowed).any() or undecided.any())


def prove(
    problem: Problem,
    hidden: BoolArray,
    offered: sp.csr_matrix | None,
    *,
    work: Work,
    seed: int = 0,
    others: bool = True,
    run: Runner = map,
) -> Proof:
    """Check the offered moves, then look for more until every demand is met or provably cannot be.

    A demand is met where it is for everybody: outsiders and those who know one cell from inside.
    Without ``others`` only the primary cells are asked about, not every hidden cell. Cost: the check
    is linear and shared out by ``run``; the search takes a few bulk programs and a window for each
    demand that they leave (see ``search`` and ``owners``).
    """
    known = _sound(problem, hidden, offered, run)
    proof = _for_outsiders(problem, hidden, known, work=work, seed=seed, others=others)
    if problem.own is None or not proof.met.any():
        return proof
    found = narrowed(problem, hidden, (proof.moves, proof.scale), work=work, seed=seed)
    more = _judged(proof.demands, found.moves, proof.scale)
    return replace(
        proof,
        moves=found.moves,
        reach=more.reach,
        moved=more.moved,
        met=proof.met & ~found.narrowed & ~found.open,
        narrowed=found.narrowed & proof.met,
    )


def _for_outsiders(
    problem: Problem,
    hidden: BoolArray,
    known: sp.csr_matrix,
    *,
    work: Work,
    seed: int,
    others: bool,
) -> Proof:
    """What is proven of those who know no cell from inside, beginning with sound moves."""
    demands = Demands.of(problem, hidden if others else np.zeros_like(hidden))
    proof = _judged(demands, known, 1)
    asked = ~proof.met
    some = demands.some & ~proof.moved
    if not asked.any() and not some.any():
        return proof
    space = Space.of_problem(problem, hidden)
    distances = demands.stretched(problem)
    shared = np.zeros(len(asked), dtype=bool)
    while asked.any() or some.any():
        wanted = Wanted.of_cells(
            space, demands.cells[asked], up=distances[0][asked], down=distances[1][asked], some=some
        )
        findings = search(space, wanted, whole=problem.whole, work=work, seed=seed)
        proof = _joined(problem, hidden, proof, findings)
        if some.any():
            stuck = np.append(findings.stuck.all(axis=0), True)
            standing = np.asarray(demands.some & stuck[space.of] & ~proof.moved)
            proof = replace(proof, standing=standing, fixed=space.fixed & demands.some)
        proof, lesser = _barred(proof, findings, (distances, asked))
        doubtful = proof.barred & ~shared & (demands.slide > demands.up + demands.down)
        if doubtful.any():
            distances = _split_slides(proof, findings, (distances, doubtful), work)
            proof = replace(proof, barred=proof.barred & ~doubtful)
            shared |= doubtful
        if work.stopped:
            break
        asked, some = (lesser | doubtful) & ~proof.met, np.zeros_like(some)
    return replace(proof, barred=proof.barred | (proof.standing[demands.cells] & ~proof.met))


def _sound(
    problem: Problem, hidden: BoolArray, offered: sp.csr_matrix | None, run: Runner
) -> sp.csr_matrix:
    """The offered moves that hold; the others are dropped, whoever offers them."""
    if offered is None or not offered.shape[0]:
        return sp.csr_matrix((0, problem.system.n), dtype=np.int64)
    offered = sp.csr_matrix(offered)
    return offered[np.flatnonzero(valid(problem, hidden, offered, run=run))]


def _judged(demands: Demands, moves: sp.csr_matrix, scale: int) -> Proof:
    """What a set of valid moves proves by itself."""
    found = reach(moves, np.ones(moves.shape[0], dtype=bool))
    nothing = np.zeros(len(demands.some), dtype=bool)
    none = np.zeros(len(demands.cells), dtype=bool)
    far = np.full(len(demands.cells), FAR)
    return Proof(
        demands, moves, scale, found, demands.met(found, scale), demands.moved(found),
        none, nothing, nothing, -far, far, none,
    )  # fmt: skip


def _joined(problem: Problem, hidden: BoolArray, known: Proof, findings: Findings) -> Proof:
    """All moves in one unit, checked again; what was known to be impossible stays so."""
    scale, found = findings.pool.scale, findings.pool.matrix()
    found = found[np.flatnonzero(valid(problem, hidden, found, scale=scale))]
    older = known.moves * (scale // known.scale)
    moves = sp.csr_matrix(sp.vstack([older, found]), dtype=np.int64)
    proof = _judged(known.demands, moves, scale)
    return replace(
        proof, barred=known.barred & ~proof.met, standing=known.standing & ~proof.moved,
        fixed=known.fixed, least=known.least, most=known.most,
    )  # fmt: skip


def _barred(
    proof: Proof, findings: Findings, task: tuple[tuple[IntArray, IntArray], BoolArray]
) -> tuple[Proof, BoolArray]:
    """Primary cells whose distance is out of reach, and those of which only a longer one is known.

    A variable stands for several cells and is asked for the farthest of their demands; that this one
    is out of reach says nothing about a nearer one.
    """
    (up, down), asked = task
    space, wanted = findings.pool.space, findings.pool.wanted
    at, rising = space.of[proof.demands.cells], space.sign[proof.demands.cells] > 0

    def of_cell(if_rising: Any, if_falling: Any, still: int) -> Any:
        return np.where(rising, np.append(if_rising, still)[at], np.append(if_falling, still)[at])

    # A way that is not asked for bars nothing; where no distance is given, any change is asked for.
    rise = asked & (of_cell(findings.barred_up, findings.barred_down, 1) > 0) & (up >= (down > 0))
    fall = asked & (of_cell(findings.barred_down, findings.barred_up, 1) > 0) & (down >= (up > 0))
    own_rise = rise & (of_cell(wanted.up, wanted.down, 0) <= up)
    own_fall = fall & (of_cell(wanted.down, wanted.up, 0) <= down)
    least = np.maximum(proof.least, of_cell(space.low, -space.high, 0))
    most = np.minimum(proof.most, of_cell(space.high, -space.low, 0))
    barred = proof.barred | ((own_rise | own_fall) & ~proof.met)
    lesser = (rise | fall) & ~proof.met & ~barred
    return replace(
        proof,
        barred=barred,
        least=np.where(own_fall, np.maximum(least, 1 - down), least),
        most=np.where(own_rise, np.minimum(most, up - 1), most),
    ), lesser


def _split_slides(
    proof: Proof,
    findings: Findings,
    task: tuple[tuple[IntArray, IntArray], BoolArray],
    work: Work,
) -> tuple[IntArray, IntArray]:
    """Other shares of a slide between up and down: upward all that is possible at most."""
    (up, down), doubtful = (task[0][0].copy(), task[0][1].copy()), task[1]
    demands, space = proof.demands, findings.pool.space
    up[doubtful], down[doubtful] = demands.up[doubtful], demands.down[doubtful]
    extremes = Extremes(Pool(space, findings.pool.wanted, findings.pool.scale), work)
    for i in np.flatnonzero(doubtful & (space.of[demands.cells] >= 0)).tolist():
        cell = int(demands.cells[i])
        status, most = extremes.limit(int(space.of[cell]), int(space.sign[cell]))
        if status is Status.OPTIMAL:
            up[i] = max(up[i], min(int(most + TOLERANCE), int(demands.slide[i] - down[i])))
            down[i] = max(down[i], int(demands.slide[i] - up[i]))
    return up, down
