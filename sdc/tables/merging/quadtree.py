"""Which mesh cells are published at their own level, and which only inside a larger cell?

The grouping of a grid by the levels it is nested in: a cell is divided as long as every part with
units is large enough. No cell is moved to another place, and every published place is a cell of some
level. (The R package sdcSpatial offers the like as ``protect_quadtree``.)
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sdc.errors import InputError
from sdc.messages import Text
from sdc.model.hierarchy import Hierarchy, IntArray


def quadtree(
    hierarchy: Hierarchy,
    tested: IntArray,
    *,
    min_count: int,
    never: Sequence[str] = (),
    keep_top: bool = False,
) -> dict[str, str]:
    """Innermost cell -> the cell it is published in: the finest division that meets the rule.

    ``tested`` (innermost cells,) or (innermost cells, t) holds the numbers that must be 0 or at least
    ``min_count`` in every published cell; cells named in ``never`` are not divided. With ``keep_top``
    the root is divided in any case, so that cells of the coarsest level that are too small stay, for
    suppression. A division is
    all or nothing, as cells of one level in one larger cell would else be found by subtraction. Use
    the answer with ``coarser``. The loss of a group never shrinks when it grows, so the finest
    division that meets the rule is also the one that loses least. O(cells).

    Raises InputError for numbers that do not fit or a ``never`` that is no cell. Where the root
    itself is too small, everything is in the root.

    >>> mesh = Hierarchy.of("mesh", {"T": "", "p": "T", "q": "T", "p1": "p", "p2": "p", "q1": "q",
    ...                              "q2": "q"})
    >>> quadtree(mesh, np.array([9, 2, 9, 0]), min_count=3)
    {'p1': 'p', 'p2': 'p', 'q1': 'q1', 'q2': 'q2'}
    """
    numbers = np.asarray(tested)
    numbers = numbers[:, None] if numbers.ndim == 1 else numbers
    fits = numbers.ndim == 2 and len(numbers) == len(hierarchy.leaves)
    if not fits or numbers.dtype.kind not in "iu" or (numbers < 0).any() or min_count < 1:
        raise InputError(
            Text("whole numbers >= 0, one row an innermost cell"),
        )
    unknown = sorted(set(never) - set(hierarchy.codes))
    if unknown:
        raise InputError(Text("no such cell: {found}", found=unknown[0]))
    sums = np.asarray(hierarchy.aggregation @ numbers.astype(np.int64))
    fine = ((sums == 0) | (sums >= min_count)).all(axis=1)
    whole = {hierarchy.position(code) for code in never}
    inner = set(hierarchy.inner.tolist())
    published: dict[int, int] = {}
    stack = [(hierarchy.root, -1)]
    while stack:
        code, into = stack.pop()
        children = hierarchy.children(code)
        top = keep_top and code == hierarchy.root
        if into < 0 and code in inner and (code in whole or not (top or fine[children].all())):
            into = code
        if code not in inner:
            published[code] = into if into >= 0 else code
        stack.extend((int(c), into) for c in children)
    return {hierarchy.codes[a]: hierarchy.codes[b] for a, b in sorted(published.items())}
