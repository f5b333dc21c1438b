"""In which order are parts of a pattern exchanged, and when does the search stop?"""

from __future__ import annotations

from sdc.model.hierarchy import IntArray
from sdc.suppression.compiled import compiled, inner
from sdc.suppression.desk import (
    BEGIN,
    BY,
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
from sdc.suppression.improving import begin_trial, choose, draw, exchange, pick


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


@inner
def random_part(desk: Desk, most: int) -> int:
    """Choose a random demand's move and others that share its masks; a mask to forbid, or -1."""
    ban = -1
    want = 1 + draw(desk, most)
    looks = 0
    while desk.tally[OUT] < want and looks < 4 * want:
        looks += 1
        some = desk.list[OUT, draw(desk, desk.tally[OUT])]
        node = desk.move[some, BEGIN] + draw(desk, desk.move[some, LENGTH])
        mask = int(desk.cell[desk.node[node, NODE_CELL], MASK])
        if desk.mask[mask, FREE] != 0:
            continue
        if ban < 0 and draw(desk, 10) < 3:
            ban = mask
        pick(desk, mask, 4 * want)
    return ban


@compiled
def search_on(desk: Desk, order: IntArray, pivots: int, most: int) -> int:
    """Exchange moves until ``pivots`` steps are spent or the order ends; how many times it helped.

    ``order`` (masks) given: a sweep from place SWEPT on, which tries to close one mask after the
    other and passes over those whose users have not changed since the last trial. ``order`` empty:
    large neighbourhood search over up to ``most`` moves at a time, in random order.
    """
    kept = 0
    last = desk.tally[PIVOTS] + pivots
    while desk.tally[PIVOTS] < last:
        begin_trial(desk)
        ban, slack = -1, -1e-7
        if len(order):
            if desk.tally[SWEPT] >= len(order):
                break
            ban = order[desk.tally[SWEPT]]
            desk.tally[SWEPT] += 1
            if desk.mask[ban, USERS] == 0 or desk.mask[ban, FREE] != 0:
                continue
            pick(desk, ban, len(desk.move))
            if not fresh(desk, desk.mask[ban, TRIED]):
                continue
            desk.mask[ban, TRIED] = desk.tally[NUMBER]
        else:
            desk.tally[PIVOTS] += 1
            move = desk.demand[draw(desk, len(desk.demand)), BY]
            if move < 0:
                continue
            choose(desk, move)
            ban, slack = random_part(desk, most), 0.0
        done, gain = exchange(desk, ban, slack)
        if done and gain < -1e-9:
            kept += 1
    return kept
