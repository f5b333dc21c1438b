"""Which demands on an attacker's tables can be met, which provably not, and by which moves?

First bulk programs, then windows around what is left, growing from a few hundred variables to the
whole component. Only a checked move makes a demand met; only an infeasible program over a whole
component makes it impossible; everything else stays open.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from sdc.disclosure.bulk import bulk
from sdc.disclosure.pool import Pool, Wanted
from sdc.disclosure.space import Space
from sdc.disclosure.window import Window
from sdc.disclosure.work import Work
from sdc.model.hierarchy import IntArray
from sdc.model.system import BoolArray
from sdc.solver.program import Status

SIZES = (300, 1_200, 5_000, 2**62)
"""Variables a window holds, stage by stage; the last holds whole components."""

CORE = 4
"""A window of size s also serves what is open among the s / CORE variables nearest its centre."""

NODES = 200
"""Nodes a mixed-integer program may open where only fractional moves were found."""

REAL = 2_520
"""Unit of moves where numbers need not be whole: denominators up to 10 become whole."""

NUDGE = 0.05
"""The change that shows a real-valued cell to be open; a whole one must change by 1."""


@dataclass(eq=False)
class Findings:
    """What a search ended with: the pool of moves, and demands that no table of the attacker meets.

    ``barred_up`` and ``barred_down`` (v,) say that the wanted distance is out of reach, ``stuck``
    (2, v) that a variable cannot rise, or fall, at all.
    """

    pool: Pool
    barred_up: BoolArray = field(init=False)
    barred_down: BoolArray = field(init=False)
    stuck: BoolArray = field(init=False)

    def __post_init__(self) -> None:
        wanted, space = self.pool.wanted, self.pool.space
        self.barred_up = wanted.up > space.high
        self.barred_down = wanted.down > -space.low
        self.stuck = np.stack([space.high < 1, space.low > -1])

    def targets(self, variable: int) -> Iterator[tuple[int, float, BoolArray]]:
        """Directions and distances still open at a variable, with where to note that one is barred."""
        pool = self.pool
        if pool.short_at(variable)[0] and not self.barred_up[variable]:
            yield 1, float(pool.wanted.up[variable]), self.barred_up
        if pool.short_at(variable)[1] and not self.barred_down[variable]:
            yield -1, float(pool.wanted.down[variable]), self.barred_down
        nudge = 1.0 if pool.scale == 1 else NUDGE
        for side, direction in enumerate((1, -1)):
            if pool.short_at(variable)[2] and not self.stuck[side, variable]:
                yield direction, nudge, self.stuck[side]

    def pending_at(self, variable: int) -> bool:
        """Whether a demand of a variable is neither met nor barred."""
        return any(True for _ in self.targets(variable))

    def pending(self) -> BoolArray:
        """(v,) whether a demand is neither met nor barred."""
        pool = self.pool
        return np.asarray(
            (pool.short_up & ~self.barred_up)
            | (pool.short_down & ~self.barred_down)
            | (pool.short_some & ~self.stuck.all(axis=0))
        )


def search(space: Space, wanted: Wanted, *, whole: bool, work: Work, seed: int = 0) -> Findings:
    """Meet the demands by moves of the space.

    Deterministic for a seed and a budget of solves. ``whole`` False allows moves in fractions (units
    of 1 / ``REAL``).
    """
    pool = Pool(space, wanted, 1 if whole else REAL)
    findings = Findings(pool)
    bulk(pool, work, seed=seed)
    sizes = np.bincount(space.component, minlength=1)
    for size in SIZES:
        if work.stopped or not findings.pending().any():
            break
        _stage(findings, size, sizes, work)
    return findings


def _stage(findings: Findings, size: int, sizes: IntArray, work: Work) -> None:
    """One window after the other around what is pending, each variable in at most one of a stage."""
    space = findings.pool.space
    done = np.zeros(space.size, dtype=bool)
    for centre in np.flatnonzero(findings.pending()).tolist():
        if work.stopped:
            return
        if done[centre] or not findings.pending_at(centre):
            continue
        variables = space.window(np.array([centre]), min(size, space.size))
        entire = len(variables) == sizes[space.component[centre]]
        core = variables if entire else space.window(np.array([centre]), size // CORE)
        core = core[~done[core]]
        window = Window(space, variables, scale=findings.pool.scale)
        for variable in [centre, *core[core != centre].tolist()]:
            if findings.pending_at(variable):
                done[variable] = True
                _serve(findings, window, (variable, entire), work)


def _serve(findings: Findings, window: Window, which: tuple[int, bool], work: Work) -> None:
    variable, entire = which
    pool = findings.pool
    position = int(np.searchsorted(window.variables, variable))
    for direction, distance, barred in findings.targets(variable):
        status, steps = window.serve((position, direction, distance), work, nodes=NODES)
        if status is Status.OPTIMAL:
            pool.offer(window.variables, steps)
        elif status is Status.INFEASIBLE and entire:
            barred[variable] = True
