"""Which classes does each area count together, so that a group of them is large enough there?"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from sdc.model.coded import Coded
from sdc.model.grouped import Grouped
from sdc.model.hierarchy import Hierarchy
from sdc.tables.collapse_local import OTHER, local_cut
from sdc.tables.tabulate import tabulate

PRICE = 1.0
"""Nats that a class is taken to cost where it is left too small for suppression."""
CHANGE = 2.0
"""Nats that another group than in the last release is taken to cost; what a changed merge costs."""


def group_areas(
    coded: Coded,
    dims: tuple[str, str],
    tree: Hierarchy,
    *,
    level: int,
    price: float = PRICE,
    labels: Mapping[str, str] | None = None,
    previous: Mapping[str, Mapping[str, str]] | None = None,
) -> Grouped:
    """What each area counts together: the cut of a class tree that loses least there (``local_cut``).

    ``dims`` names the areas and the class column, ``tree`` has the column's innermost codes; ``level``
    is what a group must reach, in units, or in persons where records know theirs. Classes that would
    take a large one with them at more than ``price`` each, and areas that are too small for any cut,
    stay for suppression. ``previous`` holds the groups of the last release by area.

    >>> use = Hierarchy.flat("use", ["a", "b", "c"])
    >>> leaf = {"area": np.zeros(8, np.int64), "use": np.array([0, 0, 0, 0, 0, 1, 2, 2])}
    >>> r = Coded("r", {"area": Hierarchy.flat("area", ["p"]), "use": use}, leaf)
    >>> group_areas(r, ("area", "use"), use, level=3).groups
    {'p': {'b': 'other:TOTAL', 'c': 'other:TOTAL'}}
    """
    area_dim, column = dims
    table = tabulate(coded, dims)
    areas, classes = table.dims
    counts = table.counts[np.ix_(areas.leaves, classes.leaves)]
    codes = [areas.codes[i] for i in areas.leaves]
    leaves = [classes.codes[i] for i in classes.leaves]
    own = [previous.get(c) for c in codes] if previous is not None else None
    full = None if own is None else [{**{c: c for c in leaves}, **o} if o else None for o in own]
    cut = local_cut(tree, counts, min_count=level, previous=full, change=CHANGE, price=price)
    groups = {
        area: changed
        for area, own_groups in zip(codes, cut.groups, strict=True)
        if (changed := {c: g for c, g in own_groups.items() if c != g})
    }
    return Grouped(coded.name, area_dim, column, groups, bin_labels(classes, groups, labels or {}))


def bin_labels(
    classes: Hierarchy, groups: Mapping[str, Mapping[str, str]], labels: Mapping[str, str]
) -> dict[str, str]:
    """What bins are called: as in the scheme, or other classes of the code that they are below."""
    names = {**dict(zip(classes.codes, classes.labels, strict=True)), **labels}
    found = {}
    for group in sorted({g for own in groups.values() for g in own.values()}):
        above = group.removeprefix(OTHER)
        if above != group:
            whole = above == classes.codes[classes.root]
            found[group] = "その他の計" if whole else f"その他の計 ({names.get(above, above)})"
        elif group not in classes:
            found[group] = names.get(group, group)
    return found
