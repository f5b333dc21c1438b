"""How does the branch and bound over connected clusters add up, number by number?

The inner part of ``search``, in a form that runs plainly or compiled: a few packed arrays, one named
tuple that stays and one that is the search's memory. Depth d of the memory is a cluster of d + 1
areas; the row after the last depth is all zeros and stands before the root.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba.extending import register_jitable

SIZE, UP, HOST, ALONE, LIMB, REGION = range(6)
"""Columns of ``Ground.area``: units, parent, meets the rule with units of its own, meets the rule,
and which areas are connected without and with those that do."""
SPREAD, ENTROPY, DUAL, PARENTS, COST = range(5)
"""Columns of ``Ground.price`` (the first three) and of ``Memory.sums``."""
LOCATION, MEMBER, PARENT, PROFILE, MINIMUM, EMPTY_OK, TESTS, BELOW = range(8)
"""Entries of ``Ground.rule``: the weights, the rule, how many numbers are tested, the threshold."""
CAND, MARKED, SHUT, SLOT = range(4)
"""Columns of ``Memory.mark``: the k-th candidate, is one, may not be used, place in the cluster."""
AREA, NEXT, END, LOW, HIGH, FIRST, UNITS, NEED, SIDE, QUEUE = range(10)
"""Columns of ``Memory.step``: the area at a depth, the next, last and first candidate, the range of
worthwhile areas, units, parents that halves must share, and work space for splitting."""
TIMES, TOUCHED, SHARED = range(3)
"""Columns of ``Memory.up``: members of a parent in the cluster, work space, has several areas."""


class Ground(NamedTuple):
    """What stays: contacts (``near`` from ``first[a]`` to ``first[a + 1]``), areas, numbers, rule.

    ``numbers`` (n, t + k) holds the tested numbers of an area, then its classes.
    """

    first: Any
    near: Any
    area: Any
    price: Any
    numbers: Any
    rule: Any


class Memory(NamedTuple):
    """What moves: marks by area, steps and sums by depth, parents, and worthwhile areas."""

    mark: Any
    step: Any
    sums: Any
    numbers: Any
    up: Any
    group: Any
    worth: Any


@register_jitable
def xlog(x: Any) -> Any:
    """x ln x, with 0 at 0."""
    return x * np.log(x) if x > 0 else 0.0


@register_jitable
def admits(g: Any, root: Any, area: Any) -> Any:
    """Whether an area may stand in a cluster of this root."""
    if g.area[root, HOST] == 0:
        return g.area[area, HOST] == 0 and (g.area[area, ALONE] == 1 or area > root)
    if g.area[area, HOST] == 0 or g.area[area, SIZE] < g.area[root, SIZE]:
        return True
    return g.area[area, SIZE] == g.area[root, SIZE] and area < root


@register_jitable
def overlap(g: Any, m: Any, root: Any, area: Any) -> Any:
    """How many parents both halves must share when a second area that meets the rule joins.

    Between two such areas the cluster splits into halves that both meet the rule. That saves the
    member charge and at least the location loss between the two, and costs the parent charge for
    every parent on both sides but one. (Sound where one number is tested.)
    """
    if g.area[root, HOST] == 0 or g.area[area, HOST] == 0 or g.rule[TESTS] != 1:
        return 0
    most = len(m.up) + 1
    both = xlog(g.area[root, SIZE] + g.area[area, SIZE])
    saved = g.rule[LOCATION] * (both - g.price[root, SPREAD] - g.price[area, SPREAD])
    saved += g.rule[MEMBER]
    if g.rule[PARENT] * most <= saved:
        return most
    return min(most, 2 + int(saved / g.rule[PARENT]))


@register_jitable
def meets(g: Any, m: Any, row: Any) -> Any:
    """Whether a row of summed tested numbers meets the rule."""
    some = False
    for k in range(int(g.rule[TESTS])):
        if 0 < m.numbers[row, k] < g.rule[MINIMUM]:
            return False
        some = some or m.numbers[row, k] > 0
    return some or g.rule[EMPTY_OK] == 1


@register_jitable
def enter(g: Any, m: Any, d: Any, area: Any) -> Any:
    """Put an area at depth d and sum up; the least reduced cost of all that follows from there."""
    step, sums = m.step, m.sums
    up, tests = g.area[area, UP], int(g.rule[TESTS])
    before = d - 1 if d else len(step) - 1
    m.up[up, TIMES] += 1
    step[d, AREA] = area
    step[d, UNITS] = step[before, UNITS] + g.area[area, SIZE]
    step[d, NEED] = max(step[before, NEED], overlap(g, m, step[0, AREA], area)) if d else 0
    for k in range(3):
        sums[d, k] = sums[before, k] + g.price[area, k]
    sums[d, PARENTS] = sums[before, PARENTS] + (1 if m.up[up, TIMES] == 1 and d else 0)
    whole = xlog(step[d, UNITS])
    cost = g.rule[LOCATION] * (whole - sums[d, SPREAD]) + g.rule[MEMBER] * d
    cost += g.rule[PARENT] * sums[d, PARENTS] - sums[d, DUAL]
    together = -whole
    for k in range(g.numbers.shape[1]):
        m.numbers[d, k] = m.numbers[before, k] + g.numbers[area, k]
        if k >= tests:
            together += xlog(m.numbers[d, k])
    if g.numbers.shape[1] > tests:
        cost += g.rule[PROFILE] * (sums[d, ENTROPY] - together)
    sums[d, COST] = cost
    step[d, LOW] = step[before, HIGH] if d else 0
    step[d, HIGH] = step[before, HIGH]
    return cost - gain(g, m, d, step[before, LOW])


@register_jitable
def gain(g: Any, m: Any, d: Any, low: Any) -> Any:
    """The most that further members can take off the reduced cost.

    Reads the worthwhile areas from ``low`` on and keeps at depth d those that still are. Each gains
    its dual price less its member charge and the least it adds to the location and profile parts; a
    parent that is not in the cluster yet is paid once.
    """
    units = m.step[d, UNITS]
    whole, at = xlog(units), m.step[d, LOW]
    for k in range(low, m.step[d, HIGH]):
        b = m.worth[k]
        if m.mark[b, SHUT] == 0 and worth_of(g, b, units, whole) > 0:
            m.worth[at] = b
            at += 1
    m.step[d, HIGH] = at
    total, groups = 0.0, 0
    for k in range(m.step[d, LOW], at):
        b = m.worth[k]
        worth = worth_of(g, b, units, whole)
        if g.numbers.shape[1] > g.rule[TESTS]:
            worth -= g.rule[PROFILE] * apart(g, m, d, b, 1.0 / (at - m.step[d, LOW]))
        if worth <= 0:
            continue
        up = g.area[b, UP]
        if m.up[up, TIMES] > 0:
            total += worth
        else:
            if m.group[up] == 0.0:
                m.up[groups, TOUCHED] = up
                groups += 1
            m.group[up] += worth
    return total + elsewhere(g, m, d, groups)


@register_jitable
def worth_of(g: Any, b: Any, units: Any, whole: Any) -> Any:
    """What an area takes off the reduced cost of a cluster, profile and parent left out."""
    added = xlog(units + g.area[b, SIZE]) - whole - g.price[b, SPREAD]
    return g.price[b, DUAL] - g.rule[MEMBER] - g.rule[LOCATION] * added


@register_jitable
def apart(g: Any, m: Any, d: Any, b: Any, share: Any) -> Any:
    """The least that an area adds to the profile part.

    At most t areas join. Deal the cluster out to them in t equal shares: the joint divergence is at
    least the sum of that between each area and its share.
    """
    units, own, mixed = 0.0, 0.0, 0.0
    for k in range(int(g.rule[TESTS]), g.numbers.shape[1]):
        here = share * m.numbers[d, k]
        units += here
        own += xlog(here)
        mixed += xlog(here + g.numbers[b, k])
    own -= xlog(units)
    mixed -= xlog(units + g.area[b, SIZE])
    return max(0.0, own + g.price[b, ENTROPY] - mixed)


@register_jitable
def elsewhere(g: Any, m: Any, d: Any, groups: Any) -> Any:
    """What parents outside the cluster add, each paid once, and some in any case; clears them."""
    forced = m.step[d, NEED]
    if forced > 0:
        for k in range(d + 1):
            up, seen = g.area[m.step[k, AREA], UP], 0
            for j in range(k):
                if g.area[m.step[j, AREA], UP] == up:
                    seen = 1
            forced -= m.up[up, SHARED] * (1 - seen)
    total, price = 0.0, g.rule[PARENT]
    for _ in range(min(forced, groups)):
        best = m.up[0, TOUCHED]
        for k in range(1, groups):
            if m.group[m.up[k, TOUCHED]] > m.group[best]:
                best = m.up[k, TOUCHED]
        total += m.group[best] - price
        m.group[best] = 0.0
    for k in range(groups):
        total += max(0.0, m.group[m.up[k, TOUCHED]] - price)
        m.group[m.up[k, TOUCHED]] = 0.0
    return total - price * max(0, forced - groups)
