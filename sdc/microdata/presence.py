"""Who was where in each hour, and where does he live: the population that is present.

The four views of mobile spatial statistics (hourly change, sex and age, inflow by residence, outflow
by residence) are tables over these records. A person is present once an hour.
"""

from __future__ import annotations

import numpy as np

from sdc.model.hierarchy import IntArray

HOUR = 3600


def present(person: IntArray, time: IntArray, place: IntArray) -> IntArray:
    """Positions of one record a person and hour: in the place that has most of his records.

    ``person``, ``time`` (seconds) and ``place`` (n,); records of a negative place are left out.
    Ties go to the place where he was first. The answer is ordered by person and hour. O(n log n).

    >>> t = np.array([0, 600, 1200, 3600])
    >>> present(np.zeros(4, dtype=int), t, np.array([5, 6, 6, 5])).tolist()
    [1, 3]
    """
    placed = np.flatnonzero(place >= 0)
    p, t, q = person[placed], time[placed], place[placed]
    hour = t // HOUR
    order = np.lexsort((t, q, hour, p))
    p, t, q, hour = p[order], t[order], q[order], hour[order]
    fresh = np.ones(len(p), dtype=bool)
    fresh[1:] = (p[1:] != p[:-1]) | (hour[1:] != hour[:-1]) | (q[1:] != q[:-1])
    first = np.flatnonzero(fresh)
    size = np.diff(np.append(first, len(p)))
    best = np.lexsort((t[first], -size, hour[first], p[first]))
    chosen = first[best]
    keep = np.ones(len(chosen), dtype=bool)
    keep[1:] = (p[chosen][1:] != p[chosen][:-1]) | (hour[chosen][1:] != hour[chosen][:-1])
    return placed[order[chosen[keep]]].astype(np.int64)
