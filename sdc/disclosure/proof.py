"""Can every hidden cell be shown to stay open as far as promised, and which ones cannot?"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp

from sdc.disclosure.demands import Demands
from sdc.disclosure.extremes import Extremes
from sdc.disclosure.pool import Pool, Wanted
from sdc.disclosure.search import Findings, search
from sdc.disclosure.space import Space
from sdc.disclosure.witness import FAR, Reach, reach, valid
from sdc.disclosure.work import Work
from sdc.model.hierarchy import IntArray
from sdc.model.system import BoolArray, Problem
from sdc.solver.program import TOLERANCE, Status


@dataclass(frozen=True, eq=False)
class Proof:
    """Checked moves, how far they reach, and what provably cannot be reached.

    ``met`` (p,) and ``moved`` (n,) rest on integer addition alone; ``barred`` (p,) marks primary
    cells whose demand no table meets, ``standing`` (n,) hidden cells with one possible value,
    ``fixed`` (n,) those among them that follow by elimination. Whatever is in none of them is open.
    ``least`` and ``most`` (p,) bound the distances that a primary cell can move.
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

    @property
    def open(self) -> bool:
        """Whether any question has been left without an answer."""
        undecided = self.demands.some & ~self.moved & ~self.standing
        return bool((~self.met & ~self.barred).any() or undecided.any())


def prove(
    problem: Problem,
    hidden: BoolArray,
    offered: sp.csr_matrix | None,
    *,
    work: Work,
    seed: int = 0,
) -> Proof:
    """Check the offered moves, then look for more until every demand is met or provably cannot be.

    Cost: the check is linear; the search takes a few bulk programs and a window for each demand that
    they leave (see ``search``).
    """
    demands = Demands.of(problem, hidden)
    moves = _sound(problem, hidden, offered)
    first = _judged(demands, moves, 1)
    if first.met.all() and not (demands.some & ~first.moved).any():
        return first
    space = Space.of_problem(problem, hidden)
    proof, distances = first, demands.stretched(problem)
    while True:
        open_cells = ~proof.met
        wanted = Wanted.of_cells(
            space, demands.cells[open_cells], up=distances[0][open_cells],
            down=distances[1][open_cells], some=demands.some & ~proof.moved,
        )  # fmt: skip
        findings = search(space, wanted, whole=problem.whole, work=work, seed=seed)
        proof = _joined(problem, hidden, proof, (findings, distances))
        again = _split_slides(proof, findings, work)
        if again is None or all(map(np.array_equal, again, distances)):
            return proof
        distances = again


def _sound(problem: Problem, hidden: BoolArray, offered: sp.csr_matrix | None) -> sp.csr_matrix:
    """The offered moves that hold; the others are dropped, whoever offers them."""
    if offered is None or not offered.shape[0]:
        return sp.csr_matrix((0, problem.system.n), dtype=np.int64)
    offered = sp.csr_matrix(offered)
    return offered[np.flatnonzero(valid(problem, hidden, offered))]


def _judged(demands: Demands, moves: sp.csr_matrix, scale: int) -> Proof:
    """What a set of valid moves proves by itself."""
    found = reach(moves, np.ones(moves.shape[0], dtype=bool))
    nothing, none = (
        np.zeros(len(demands.some), dtype=bool),
        np.zeros(len(demands.cells), dtype=bool),
    )
    far = np.full(len(demands.cells), FAR)
    return Proof(
        demands, moves, scale, found, demands.met(found, scale), demands.moved(found),
        none, nothing, nothing, -far, far,
    )  # fmt: skip


def _joined(
    problem: Problem,
    hidden: BoolArray,
    known: Proof,
    result: tuple[Findings, tuple[IntArray, IntArray]],
) -> Proof:
    """All moves in one unit, checked again, and what the search found to be impossible."""
    findings, distances = result
    scale, found = findings.pool.scale, findings.pool.matrix()
    found = found[np.flatnonzero(valid(problem, hidden, found, scale=scale))]
    older = known.moves * (scale // known.scale)
    proof = _judged(known.demands, sp.csr_matrix(sp.vstack([older, found]), dtype=np.int64), scale)
    demands, space = known.demands, findings.pool.space
    at, rising = space.of[demands.cells], space.sign[demands.cells] > 0
    barred = {1: np.append(findings.barred_up, True), -1: np.append(findings.barred_down, True)}
    rise = np.where(rising, barred[1][at], barred[-1][at])
    fall = np.where(rising, barred[-1][at], barred[1][at])
    low, high = np.append(space.low, 0)[at], np.append(space.high, 0)[at]
    least, most = np.where(rising, low, -high), np.where(rising, high, -low)
    up, down = distances[0] - 1, 1 - distances[1]
    stuck = np.append(findings.stuck.all(axis=0), True)
    standing = np.asarray(demands.some & stuck[space.of] & ~proof.moved)
    return replace(
        proof,
        barred=(rise | fall | standing[demands.cells]) & ~proof.met,
        standing=standing,
        fixed=space.fixed & demands.some,
        least=np.where(fall, np.maximum(least, down), least),
        most=np.where(rise, np.minimum(most, up), most),
    )


def _split_slides(proof: Proof, findings: Findings, work: Work) -> tuple[IntArray, IntArray] | None:
    """Other shares of a slide between up and down where the first was out of reach."""
    demands, space = proof.demands, findings.pool.space
    doubtful = np.flatnonzero(
        proof.barred & (demands.slide > demands.up + demands.down) & (space.of[demands.cells] >= 0)
    )
    if not len(doubtful):
        return None
    extremes = Extremes(Pool(space, findings.pool.wanted, findings.pool.scale), work)
    up, down = demands.up.copy(), demands.down.copy()
    for i in doubtful.tolist():
        cell = int(demands.cells[i])
        status, most = extremes.limit(int(space.of[cell]), int(space.sign[cell]))
        if status is Status.OPTIMAL:
            up[i] = max(up[i], min(int(most + TOLERANCE), int(demands.slide[i] - down[i])))
            down[i] = max(down[i], int(demands.slide[i] - up[i]))
    return up, down
