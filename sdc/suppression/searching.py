"""In which order are parts of a pattern exchanged, and when does the search stop?"""

from __future__ import annotations

from sdc.model.hierarchy import IntArray
from sdc.suppression.compiled import compiled, inner
from sdc.suppression.desk import (
    BEGIN,
    CHANGED,
    FREE,
    LENGTH,
    MASK,
    NODE_CELL,
    NUMBER,
    OUT,
    PIVOTS,
    SWEPT,
    TRIED,
    USERS,
    Desk,
)
from sdc.suppression.improving import begin_trial, exchange, pick


@inner
def fresh(desk: Desk, since: int) -> bool:
    """Whether anything around the chosen moves has changed since an exchange."""
    if since == 0:
        return True
    for t in range(desk.tally[OUT]):
        move = desk.list[OUT, t]
        begin = desk.move[move, BEGIN]
        for node in range(begin, begin + desk.move[move, LENGTH]):
            mask = int(desk.cell[desk.node[node, NODE_CELL], MASK])
            if desk.mask[mask, CHANGED] > since:
                return True
    return False


@compiled
def search_on(desk: Desk, order: IntArray, pivots: int) -> int:
    """Exchange moves until ``pivots`` steps are spent or the order ends; how many times it helped.

    A sweep from place SWEPT of ``order`` (masks) on, which tries to close one mask after the other
    and passes over those whose users have not changed since the last trial.
    """
    kept = 0
    last = desk.tally[PIVOTS] + pivots
    while desk.tally[PIVOTS] < last and desk.tally[SWEPT] < len(order):
        begin_trial(desk)
        ban = order[desk.tally[SWEPT]]
        desk.tally[SWEPT] += 1
        if desk.mask[ban, USERS] == 0 or desk.mask[ban, FREE] != 0:
            continue
        pick(desk, ban, len(desk.move))
        if not fresh(desk, desk.mask[ban, TRIED]):
            continue
        desk.mask[ban, TRIED] = desk.tally[NUMBER]
        done, gain = exchange(desk, ban, -1e-7)
        if done and gain < -1e-9:
            kept += 1
    return kept
