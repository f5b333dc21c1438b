"""Does the promise still hold for somebody who is one of the units that are counted?

The owner of a unit in the innermost cell q knows y_q >= 1. A witness is of use against that owner
only while it leaves something in q; a demand is *killed* at q where none of its witnesses does.
More witnesses are looked for where demands are killed: first whole tables in which a random half of
the cells must stay above zero, then moves in windows with exactly the killed cells guarded.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp

from sdc.disclosure.bulk import bulk
from sdc.disclosure.pool import Pool, Wanted
from sdc.disclosure.seats import Seats
from sdc.disclosure.space import Space
from sdc.disclosure.window import Window
from sdc.disclosure.witness import valid
from sdc.disclosure.work import Work
from sdc.model.hierarchy import IntArray
from sdc.model.report import Certificate
from sdc.model.system import BoolArray, Problem
from sdc.solver.program import Status

ROUNDS = 6
"""Bulk searches, each with another random half of the cells guarded, before windows are opened."""

BULK = 12
"""Most tables a bulk search adds."""

SIZES = (300, 2**62)
NODES = 200


@dataclass(frozen=True, eq=False)
class OwnerFindings:
    """(p,) primary cells that some owner can narrow below the promise, and undecided ones.

    ``certificate`` holds the outsider's moves and, after them, those added against owners.
    """

    narrowed: BoolArray
    open: BoolArray
    certificate: Certificate


def narrowed(
    problem: Problem, hidden: BoolArray, certificate: Certificate, *, work: Work, seed: int = 0
) -> OwnerFindings:
    """Test each primary cell against the owner of one unit in each single hidden innermost cell.

    Only demands that the certificate meets are tested; nothing is demanded where the primary cell
    consists of that one unit alone. Cost: a few bulk programs, then windows for what is left.
    """
    seats = Seats.of(problem, hidden, certificate.scale)
    moves = certificate.moves
    rng = np.random.default_rng(seed)
    for number in range(ROUNDS):
        suspects = seats.killed(moves)
        if work.stopped or not suspects.any():
            break
        guarded = rng.random(problem.system.n) < (0.5 if number else 1.0)
        found = _tables(problem, hidden, (seats, suspects, guarded), work)
        moves = _grown(problem, hidden, moves, found, certificate.scale)
    beyond, found = _windows(problem, hidden, (seats, moves), work)
    moves = _grown(problem, hidden, moves, found, certificate.scale)
    left = seats.killed(moves)
    primary = np.searchsorted(problem.primary, seats.cell)
    bad, undecided = (np.zeros(len(problem.primary), dtype=bool) for _ in range(2))
    bad[primary[left & beyond]] = True
    undecided[primary[left & ~beyond]] = True
    return OwnerFindings(bad, undecided & ~bad, replace(certificate, moves=moves))


def _grown(
    problem: Problem, hidden: BoolArray, moves: sp.csr_matrix, found: sp.csr_matrix, scale: int
) -> sp.csr_matrix:
    """More moves, those that hold."""
    good = valid(problem, hidden, found, scale=scale)
    return sp.csr_matrix(sp.vstack([moves, found[np.flatnonzero(good)]]), dtype=np.int64)


def _tables(
    problem: Problem, hidden: BoolArray, state: tuple[Seats, BoolArray, BoolArray], work: Work
) -> sp.csr_matrix:
    """Whole tables for the suspect demands that leave something in every guarded seat."""
    seats, suspects, guarded = state
    floor = problem.floor.copy()
    kept = seats.seat[guarded[seats.seat]]
    floor[kept] = np.maximum(floor[kept], 1)
    space = Space.of_problem(replace(problem, floor=floor), hidden)
    side, need = seats.side[suspects], seats.need[suspects] // seats.scale
    some = np.zeros(problem.system.n, dtype=bool)
    some[seats.cell[suspects][side == 0]] = True
    wanted = Wanted.of_cells(
        space, seats.cell[suspects], up=np.where(side > 0, need, 0),
        down=np.where(side < 0, need, 0), some=some,
    )  # fmt: skip
    np.copyto(wanted.up, 0, where=wanted.up > space.high)
    np.copyto(wanted.down, 0, where=wanted.down > -space.low)
    pool = Pool(space, wanted, seats.scale)
    bulk(pool, work, rounds=BULK)
    return pool.matrix()


def _windows(
    problem: Problem, hidden: BoolArray, state: tuple[Seats, sp.csr_matrix], work: Work
) -> tuple[BoolArray, sp.csr_matrix]:
    """One demand after the other, with its killers guarded; (r,) those provably lost, and moves."""
    seats, moves = state
    space = Space.of_problem(problem, hidden)
    lost = np.zeros(len(seats.cell), dtype=bool)
    rows: list[tuple[IntArray, IntArray]] = []
    whole: dict[int, Window] = {}
    for demand, every in _remaining(seats, moves):
        killers = guarded = every
        while len(killers) and not work.stopped:
            status, row = _guarded(space, seats, (demand, guarded, whole), work)
            left = _refuting(space, seats, (killers, row)) if status is Status.OPTIMAL else killers
            if len(left) < len(killers):
                rows.append(row)
                killers = left
            elif len(guarded) == 1:
                lost[demand] = status is Status.INFEASIBLE
                break
            guarded = killers[:1]
    return lost, _over_cells(space, rows)


def _refuting(
    space: Space, seats: Seats, what: tuple[IntArray, tuple[IntArray, IntArray]]
) -> IntArray:
    """Those among the killers in whose cell a move leaves less than one unit."""
    killers, (variables, steps) = what
    step = np.zeros(space.size, dtype=np.int64)
    step[variables] = steps
    left = seats.scale * (seats.value[killers] - 1) + space.sign[killers] * step[space.of[killers]]
    return killers[(space.of[killers] >= 0) & (left < 0)]


def _over_cells(space: Space, rows: list[tuple[IntArray, IntArray]]) -> sp.csr_matrix:
    """(w, n) moves of variables as differences of cells."""
    indptr = np.concatenate([[0], np.cumsum([len(c) for c, _ in rows])]).astype(np.int64)
    empty = np.zeros(0, dtype=np.int64)
    columns = np.concatenate([empty, *(c for c, _ in rows)])
    steps = np.concatenate([empty, *(s for _, s in rows)])
    table = sp.csr_matrix((steps, columns, indptr), shape=(len(rows), space.size))
    return sp.csr_matrix(table @ space.member, dtype=np.int64)


def _remaining(seats: Seats, moves: sp.csr_matrix) -> Iterator[tuple[int, IntArray]]:
    """Demands that are still killed, each with the cells whose owners refute it."""
    killers = seats.killers(moves)
    for demand in np.flatnonzero(seats.killed(moves)).tolist():
        yield demand, killers(demand)


def _guarded(
    space: Space, seats: Seats, task: tuple[int, IntArray, dict[int, Window]], work: Work
) -> tuple[Status, tuple[IntArray, IntArray]]:
    """A move for a demand that leaves at least one unit in each killer; INFEASIBLE is final."""
    demand, killers, whole = task
    variable, sign = int(space.of[seats.cell[demand]]), int(space.sign[seats.cell[demand]])
    none = np.zeros(0, dtype=np.int64)
    component = int(space.component[variable])
    distance = float(seats.need[demand]) / seats.scale
    sides = (int(seats.side[demand]) * sign,) if seats.side[demand] else (1, -1)
    for size in SIZES:
        if size > space.size:
            if component not in whole:
                members = np.flatnonzero(space.component == component)
                whole[component] = Window(space, members, scale=seats.scale)
            window = whole[component]
        else:
            window = Window(space, space.window(np.array([variable]), size), scale=seats.scale)
        position = int(np.searchsorted(window.variables, variable))
        limits = _limits(space, seats, (killers, window))
        outcomes = []
        for side in sides:
            with window.guarded(limits):
                status, steps = window.serve((position, side, distance), work, nodes=NODES)
            if status is Status.OPTIMAL:
                return status, (window.variables, steps)
            outcomes.append(status)
        if size > space.size and all(s is Status.INFEASIBLE for s in outcomes):
            return Status.INFEASIBLE, (none, none)
    return Status.LIMIT, (none, none)


def _limits(
    space: Space, seats: Seats, where: tuple[IntArray, Window]
) -> list[tuple[int, int, float]]:
    """(position, direction, most) for the killers among a window's variables."""
    killers, window = where
    killers = killers[space.of[killers] >= 0]
    at = np.searchsorted(window.variables, space.of[killers])
    inside = at < len(window.variables)
    inside[inside] = window.variables[at[inside]] == space.of[killers[inside]]
    return [
        (int(p), -int(space.sign[q]), float(seats.value[q] - 1))
        for p, q in zip(at[inside].tolist(), killers[inside].tolist(), strict=True)
    ]
