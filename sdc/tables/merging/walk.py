"""In which order does the branch and bound visit the clusters, and what does it report?"""

from __future__ import annotations

from typing import Any, NamedTuple

import numba
import numpy as np
from numba.extending import register_jitable

from sdc.tables.merging.kernel import (
    ALONE,
    AREA,
    BELOW,
    CAND,
    COST,
    DUAL,
    END,
    FIRST,
    HIGH,
    HOST,
    LIMB,
    LOW,
    MARKED,
    MEMBER,
    NEXT,
    REGION,
    SHUT,
    TIMES,
    UP,
    admits,
    enter,
    gain,
    meets,
)
from sdc.tables.merging.split import splits


class Output(NamedTuple):
    """Clusters found, one after the other; ``note`` holds their start and root, row 0 the count."""

    flat: Any
    note: Any
    cost: Any


def sweep(g: Any, m: Any, roots: Any, work: Any, out: Any) -> Any:
    """Search from every root; per root the least reduced cost that is left possible, and the nodes.

    ``work`` holds how many nodes a root and the whole sweep may take; a root that the latter does
    not reach is left at minus infinity.
    """
    least = np.full(len(roots), -np.inf)
    spent = 0
    for k in range(len(roots)):
        if spent >= work[1]:
            break
        least[k], nodes = explore(g, m, roots[k], min(work[0], work[1] - spent), out)
        spent += nodes
    return least, spent


@register_jitable
def explore(g: Any, m: Any, root: Any, budget: Any, out: Any) -> Any:
    """All clusters of one root below the threshold; what a spent budget leaves open, and the nodes.

    A candidate that was tried is shut for those after it and for all below them.
    """
    step, below = m.step, g.rule[BELOW]
    deepest, nodes, left, d = len(step) - 4, 1, np.inf, 0
    step[len(step) - 1, HIGH] = start_worth(g, m, root)
    m.mark[root, SHUT] = m.mark[root, MARKED] = 1
    step[0, NEXT] = step[0, END] = step[0, FIRST] = 0
    if enter(g, m, 0, root) < below:
        step[0, END] = push(g, m, root, root, 0)
    while True:
        if step[d, NEXT] < step[d, END]:
            area = m.mark[step[d, NEXT], CAND]
            step[d, NEXT] += 1
            nodes += 1
            m.mark[area, SHUT] = 1
            bound = enter(g, m, d + 1, area)
            if bound < below and nodes <= budget and d < deepest:
                left = min(left, report(g, m, d + 1, out))
                step[d + 1, NEXT] = step[d + 1, FIRST] = step[d, NEXT]
                step[d + 1, END] = push(g, m, root, area, step[d, END])
                d += 1
                continue
            if bound < below:
                left = min(left, bound)
        else:
            area = step[d, AREA]
            leave(m, d)
            d -= 1
        m.up[g.area[area, UP], TIMES] -= 1
        if d < 0:
            m.mark[root, SHUT] = m.mark[root, MARKED] = 0
            return left, nodes
        if g.area[area, ALONE] == 0 and m.sums[d, COST] - gain(g, m, d, step[d, LOW]) >= below:
            step[d, NEXT] = step[d, END]


@register_jitable
def start_worth(g: Any, m: Any, root: Any) -> Any:
    """List the unsafe areas within reach of a root whose price exceeds the member charge."""
    hosted = g.area[root, HOST] == 1
    label, count = REGION if hosted else LIMB, 0
    for b in range(len(g.area)):
        inside = g.area[b, ALONE] == 0 and g.area[b, label] == g.area[root, label]
        if inside and (hosted or b > root) and g.price[b, DUAL] > g.rule[MEMBER]:
            m.worth[count] = b
            count += 1
    return count


@register_jitable
def push(g: Any, m: Any, root: Any, area: Any, end: Any) -> Any:
    """Append the partners of an area that are not candidates yet; the new end."""
    for k in range(g.first[area], g.first[area + 1]):
        b = g.near[k]
        if m.mark[b, MARKED] == 0 and admits(g, root, b):
            m.mark[b, MARKED] = 1
            m.mark[end, CAND] = b
            end += 1
    return end


@register_jitable
def leave(m: Any, d: Any) -> None:
    """Forget the candidates of a depth."""
    for k in range(m.step[d, FIRST], m.step[d, END]):
        m.mark[m.mark[k, CAND], SHUT] = 0
    for k in range(m.step[d - 1, END] if d else 0, m.step[d, END]):
        m.mark[m.mark[k, CAND], MARKED] = 0


@register_jitable
def report(g: Any, m: Any, d: Any, out: Any) -> Any:
    """Note the cluster at depth d if it is one; its cost where there is no room for it."""
    if m.sums[d, COST] >= g.rule[BELOW] or not meets(g, m, d) or splits(g, m, d):
        return np.inf
    k = out.note[0, 0] + 1
    start = out.note[k, 0]
    if k + 1 >= len(out.note) or start + d + 1 > len(out.flat):
        return m.sums[d, COST]
    for j in range(d + 1):
        out.flat[start + j] = m.step[j, AREA]
    out.note[k + 1, 0] = start + d + 1
    out.note[k, 1], out.cost[k - 1] = m.step[0, AREA], m.sums[d, COST]
    out.note[0, 0] = k
    return np.inf


compiled_sweep = numba.njit(cache=True)(sweep)
"""The same, compiled at the first call: some seconds once on a machine."""
