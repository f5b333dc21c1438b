"""Does a cluster fall into two that both meet the rule and lose no more?

Such a cluster need never be chosen. Only parts that hang on one member, and single members, are
tried, so the answer "no" is not a proof that there are none.
"""

from __future__ import annotations

from typing import Any

from numba.extending import register_jitable

from sdc.tables.merging.kernel import (
    AREA,
    COST,
    DUAL,
    ENTROPY,
    LOCATION,
    MEMBER,
    MINIMUM,
    PARENT,
    PROFILE,
    QUEUE,
    SIDE,
    SIZE,
    SLOT,
    SPREAD,
    TESTS,
    UP,
    meets,
    xlog,
)

TINY = 1e-9
"""Losses that differ by less are taken as equal."""


@register_jitable
def splits(g: Any, m: Any, d: Any) -> Any:
    """Whether the cluster at depth d falls apart."""
    if g.rule[TESTS] == 1 and m.numbers[d, 0] < 2 * g.rule[MINIMUM]:
        empty = False
        for k in range(d + 1):
            empty = empty or g.numbers[m.step[k, AREA], 0] == 0
        if not empty:
            return False
    for k in range(d + 1):
        parts = label_parts(g, m, d, k)
        for part in range(0 if parts == 1 else 1, 1 if parts == 1 else parts + 1):
            if parted(g, m, d, part):
                return True
    return False


@register_jitable
def label_parts(g: Any, m: Any, d: Any, without: Any) -> Any:
    """Number the connected parts of a cluster without one member, which gets 0."""
    step = m.step
    for k in range(d + 1):
        m.mark[step[k, AREA], SLOT] = k + 1
        step[k, SIDE] = -1
    step[without, SIDE] = 0
    parts = 0
    for k in range(d + 1):
        if step[k, SIDE] >= 0:
            continue
        parts += 1
        step[k, SIDE], step[0, QUEUE] = parts, k
        head, tail = 0, 1
        while head < tail:
            area = step[step[head, QUEUE], AREA]
            head += 1
            for j in range(g.first[area], g.first[area + 1]):
                at = m.mark[g.near[j], SLOT] - 1
                if at >= 0 and step[at, SIDE] < 0:
                    step[at, SIDE], step[tail, QUEUE] = parts, at
                    tail += 1
    for k in range(d + 1):
        m.mark[step[k, AREA], SLOT] = 0
    return parts


@register_jitable
def parted(g: Any, m: Any, d: Any, part: Any) -> Any:
    """Whether one part and the rest both meet the rule and lose no more than the cluster."""
    one, two = len(m.numbers) - 2, len(m.numbers) - 1
    for k in range(g.numbers.shape[1]):
        m.numbers[one, k] = m.numbers[two, k] = 0
        for j in range(d + 1):
            side = one if m.step[j, SIDE] == part else two
            m.numbers[side, k] += g.numbers[m.step[j, AREA], k]
    if not meets(g, m, one) or not meets(g, m, two):
        return False
    halves = loss_of(g, m, d, part, one) + loss_of(g, m, d, part, two)
    return halves <= m.sums[d, COST] + m.sums[d, DUAL] + TINY


@register_jitable
def loss_of(g: Any, m: Any, d: Any, part: Any, row: Any) -> Any:
    """The loss of one side of a cluster, whose numbers stand in a row of the memory."""
    inside = row == len(m.numbers) - 2
    units, spread, entropy, members, parents = 0, 0.0, 0.0, 0, 0
    for k in range(d + 1):
        if (m.step[k, SIDE] == part) != inside:
            continue
        area, new = m.step[k, AREA], 1
        units += g.area[area, SIZE]
        spread += g.price[area, SPREAD]
        entropy += g.price[area, ENTROPY]
        members += 1
        for j in range(k):
            same = (m.step[j, SIDE] == part) == inside
            if same and g.area[m.step[j, AREA], UP] == g.area[area, UP]:
                new = 0
        parents += new
    whole, tests = xlog(units), int(g.rule[TESTS])
    loss = g.rule[LOCATION] * (whole - spread) + g.rule[MEMBER] * (members - 1)
    loss += g.rule[PARENT] * (parents - 1)
    if g.numbers.shape[1] > tests:
        together = -whole
        for k in range(tests, g.numbers.shape[1]):
            together += xlog(m.numbers[row, k])
        loss += g.rule[PROFILE] * (entropy - together)
    return loss
