"""Does the promise still hold for somebody who knows one cell from inside?

The owner of a unit knows that the own innermost cell is not empty, contributors to a measure know their
sum. A witness is of use against them only while it leaves so much there; a demand is *killed* at a seat
where none of its witnesses does. More witnesses are looked for where demands are killed: first whole
tables in which a random half of the seats must keep what is known there, then moves in windows with
exactly the killed seats guarded.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp

from sdc.disclosure.bulk import bulk
from sdc.disclosure.pool import Pool, Wanted
from sdc.disclosure.seats import Seats, rows_of
from sdc.disclosure.space import Space
from sdc.disclosure.window import Window
from sdc.disclosure.witness import valid
from sdc.disclosure.work import Work
from sdc.model.hierarchy import IntArray
from sdc.model.system import BoolArray, Problem
from sdc.solver.program import Status

ROUNDS = 6
"""Bulk searches, each with another random half of the seats guarded, before windows are opened."""

FEW = 50
"""Killed demands up to which windows are opened at once."""

BULK = 12
"""Most tables a bulk search adds."""

SIZES = (300, 2**62)
NODES = 200


@dataclass(frozen=True, eq=False)
class OwnerFindings:
    """(p,) primary cells narrowed for somebody inside, undecided ones, and moves (w, n) to be added."""

    narrowed: BoolArray
    open: BoolArray
    moves: sp.csr_matrix


def narrowed(
    problem: Problem,
    hidden: BoolArray,
    given: tuple[sp.csr_matrix, int],
    *,
    work: Work,
    seed: int = 0,
) -> OwnerFindings:
    """Test each primary cell against everybody who stands in a single hidden innermost cell.

    ``given`` are moves that hold, and their unit. Only demands that they meet are tested. Cost: linear
    where the moves suffice; else a few bulk programs, then windows for what is left.
    """
    moves, scale = given
    seats = Seats.of(problem, hidden, rows_of(problem), scale=scale)
    rng = np.random.default_rng(seed)
    killers = seats.killers(moves)
    for number in range(ROUNDS):
        suspects = np.diff(killers.indptr) > 0
        if work.stopped or suspects.sum() <= FEW:
            break
        guarded = rng.random(len(seats.seat)) < (0.5 if number else 1.0)
        found = _tables(problem, hidden, (seats, suspects, guarded), work)
        moves = _grown(problem, hidden, moves, found, scale)
        killers = seats.killers(moves)
    lost = np.zeros(len(seats.cell), dtype=bool)
    if killers.nnz:
        lost, found = _windows(problem, hidden, (seats, killers), work)
        moves = _grown(problem, hidden, moves, found, scale)
        killers = seats.killers(moves)
    left = np.diff(killers.indptr) > 0
    primary = np.searchsorted(problem.primary, seats.cell)
    bad, undecided = (np.zeros(len(problem.primary), dtype=bool) for _ in range(2))
    bad[primary[left & lost]] = True
    undecided[primary[left & ~lost]] = True
    return OwnerFindings(bad, undecided & ~bad, moves)


def _grown(
    problem: Problem, hidden: BoolArray, moves: sp.csr_matrix, found: sp.csr_matrix, scale: int
) -> sp.csr_matrix:
    """More moves, those that hold."""
    good = valid(problem, hidden, found, scale=scale)
    return sp.csr_matrix(sp.vstack([moves, found[np.flatnonzero(good)]]), dtype=np.int64)


def _tables(
    problem: Problem, hidden: BoolArray, state: tuple[Seats, BoolArray, BoolArray], work: Work
) -> sp.csr_matrix:
    """Whole tables for the suspect demands that leave what is known in every guarded seat."""
    seats, suspects, guarded = state
    floor = problem.floor.copy()
    np.maximum.at(floor, seats.seat[guarded], seats.own[guarded])
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
    """One killed demand after the other, with its killers guarded; (r,) those provably lost, and moves.

    All killers of a demand are guarded together first, then one after the other.
    """
    seats, killers = state
    space = Space.of_problem(problem, hidden)
    lost = np.zeros(len(seats.cell), dtype=bool)
    rows: list[tuple[IntArray, IntArray]] = []
    whole: dict[int, Window] = {}
    for demand in np.flatnonzero(np.diff(killers.indptr)).tolist():
        left = guarded = killers.indices[killers.indptr[demand] : killers.indptr[demand + 1]]
        while len(left) and not work.stopped:
            status, row = _guarded(space, seats, (demand, guarded, whole), work)
            rest = _refuting(space, seats, (left, row)) if status is Status.OPTIMAL else left
            if len(rest) < len(left):
                rows.append(row)
                left = rest
            elif len(guarded) == 1:
                lost[demand] = status is Status.INFEASIBLE
                break
            guarded = left[:1]
    return lost, _over_cells(space, rows)


def _refuting(
    space: Space, seats: Seats, what: tuple[IntArray, tuple[IntArray, IntArray]]
) -> IntArray:
    """Those among some seats in which a move leaves less than is known there."""
    killers, (variables, steps) = what
    step = np.zeros(space.size + 1, dtype=np.int64)
    step[variables] = steps
    cell = seats.seat[killers]
    room = seats.scale * (seats.value[cell] - seats.own[killers])
    return killers[room + space.sign[cell] * step[space.of[cell]] < 0]


def _over_cells(space: Space, rows: list[tuple[IntArray, IntArray]]) -> sp.csr_matrix:
    """(w, n) moves of variables as differences of cells."""
    indptr = np.concatenate([[0], np.cumsum([len(c) for c, _ in rows])]).astype(np.int64)
    empty = np.zeros(0, dtype=np.int64)
    columns = np.concatenate([empty, *(c for c, _ in rows)])
    steps = np.concatenate([empty, *(s for _, s in rows)])
    table = sp.csr_matrix((steps, columns, indptr), shape=(len(rows), space.size))
    return sp.csr_matrix(table @ space.member, dtype=np.int64)


def _guarded(
    space: Space, seats: Seats, task: tuple[int, IntArray, dict[int, Window]], work: Work
) -> tuple[Status, tuple[IntArray, IntArray]]:
    """A move for a demand that leaves what is known in each guarded seat; INFEASIBLE is final."""
    demand, guarded, whole = task
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
        limits = _limits(space, seats, (guarded, window))
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
    """(position, direction, most) for the guarded seats among a window's variables."""
    guarded, window = where
    guarded = guarded[space.of[seats.seat[guarded]] >= 0]
    cell = seats.seat[guarded]
    at = np.searchsorted(window.variables, space.of[cell])
    inside = at < len(window.variables)
    inside[inside] = window.variables[at[inside]] == space.of[cell[inside]]
    room = seats.value[cell] - seats.own[guarded]
    return [
        (int(p), -int(s), float(r))
        for p, s, r in zip(at[inside], space.sign[cell[inside]], room[inside], strict=True)
    ]
