"""Which patterns may be tried where the choice must not depend on more than the classes of the cells?

The maker of the level ``rule-aware`` works on a table of zeros: the classes say how far a cell could
rise and fall, and nothing else is known. The patterns grow from rung to rung; every rung is a function
of the classes alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from sdc.disclosure.elimination import determined
from sdc.model.blur import Blur
from sdc.model.hierarchy import IntArray
from sdc.model.system import UNBOUNDED, BoolArray, Level, Problem
from sdc.suppression.cover import Cover
from sdc.suppression.demands import Demands, Masks
from sdc.suppression.lp_greedy import Windows

CYCLES = 3
"""Rungs on which every low cell gets one more cycle of its own before whole lines are hidden."""


def patterns(problem: Problem, blur: Blur) -> Iterator[tuple[BoolArray, str]]:
    """Ever wider patterns (n,) and what each of them hides; made one by one, as they are asked for.

    First a cheap cycle for every low cell through cells that are not low, then further ones that share
    no cell with its earlier ones; then the parts of its lines, its lines, all but the grand totals, and
    everything. A linear program a low cell on each of the first rungs, then O(non-zeros).
    """
    able = problem.eligible & (blur.least > 0)
    low = blur.low & able
    hidden = low.copy()
    for number, found in enumerate(_cycles(problem, blur, low)):
        hidden = hidden | found
        yield _settled(problem, hidden, low), f"{number + 1} cycles for every low cell"
    relations = problem.system.relations
    for steps, what in (
        (relations.maximum(0), "the parts of their lines"),
        (abs(relations), "lines"),
    ):
        touched = steps @ low.astype(np.int64) > 0
        hidden = hidden | ((steps.T @ touched.astype(np.int64) > 0) & able)
        yield _settled(problem, hidden, low), what
    part = np.zeros(problem.system.n, dtype=bool)
    part[relations.indices[relations.data > 0]] = True
    yield _settled(problem, hidden | (able & part), low), "all but the grand totals"
    yield _settled(problem, able, low), "everything"


def _settled(problem: Problem, hidden: BoolArray, low: BoolArray) -> BoolArray:
    """Without the cells that follow by adding and subtracting, which need not carry an X."""
    return hidden & (low | ~determined(problem.system.relations, hidden))


def unseen(problem: Problem, blur: Blur) -> Problem:
    """The problem as its maker sees it: zeros, with the room that the classes leave in the middle."""
    system = problem.system
    able = problem.eligible & (blur.least > 0)
    inner = blur.ceiling < UNBOUNDED
    half = np.where(inner, (blur.ceiling - blur.floor + 1) // 2, np.ceil(blur.nominal / 2))
    up = np.where(blur.low, blur.threshold - 1, half.astype(np.int64))
    # What another low cell could give is not known, so that no cycle counts on it.
    down = np.where(blur.low, 0, half.astype(np.int64))
    low = np.flatnonzero(blur.low & able)
    none = np.zeros(len(low), dtype=np.int64)
    return Problem(
        replace(system, value=np.zeros(system.n, dtype=np.int64), blocks=()),
        Level.INTERVAL, low, (blur.threshold - 1)[low], none, none,
        np.where(able, -down, 0), np.where(able, up, 0), able, blur.price,
    )  # fmt: skip


def _cycles(problem: Problem, blur: Blur, low: BoolArray) -> Iterator[BoolArray]:
    """The cells that one more cycle for every low cell needs."""
    view = unseen(problem, blur)
    masks = Masks.of_problem(view)
    cover = Cover(view, Demands.of(view), masks)
    finder = Windows(cover, 0)
    cells: IntArray = cover.demands.cell
    earlier = {demand: np.zeros_like(masks.free) for demand in range(len(cells))}
    opened = masks.free.copy()
    for _ in range(CYCLES):
        found = low.copy()
        for demand, used in earlier.items():
            own = masks.of[cells[demand]]
            # Other low cells, such as a total of this one, only where there is no way round them.
            for closed in (used | masks.free, used):
                price = np.where(opened, 0.0, masks.price)
                price[closed] = np.inf
                price[own] = 0.0
                step = finder(demand, price, np.inf)
                if step is not None:
                    touched = masks.of[step.cell]
                    opened[touched] = used[touched] = True
                    found[step.cell] = True
                    break
        yield found
