"""Which classes does one area count together that the next one prints one by one?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from sdc.errors import InputError
from sdc.messages import Text
from sdc.model.hierarchy import Hierarchy
from sdc.model.system import BoolArray


@dataclass(frozen=True, eq=False)
class Grouped:
    """Classes that are counted together area by area, in all tables of some records.

    ``groups`` takes an innermost area to {innermost class: group}; classes that keep their own row
    are not named. A group is an inner code of the class dimension that holds just these classes, or
    a *bin*, a code that the dimension does not have; ``labels`` names bins. ``area`` and ``column``
    are dimensions.

    Raises InputError where a class is counted under an innermost class.

    >>> g = Grouped("r", "area", "use", {"east": {"a": "other:T", "c": "other:T"}})
    >>> g.bins(Hierarchy.flat("use", ["a", "b", "c"], total="T"))
    {('east', 'other:T'): ('a', 'c')}
    """

    records: str
    area: str
    column: str
    groups: Mapping[str, Mapping[str, str]]
    labels: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for area, own in self.groups.items():
            chained = sorted(set(own) & set(own.values()))
            if chained:
                raise InputError(
                    Text(
                        "a class is counted in a group that is a class itself: {area} {code}",
                        area=area, code=chained[0],
                    ),
                    code="grouped",
                )  # fmt: skip

    @property
    def name(self) -> str:
        """The records and the column, as a decision names them."""
        return f"{self.records}/{self.column}"

    def bins(self, classes: Hierarchy) -> dict[tuple[str, str], tuple[str, ...]]:
        """(area, bin) -> innermost classes; groups that the dimension prints anyway are left out."""
        found: dict[tuple[str, str], list[str]] = {}
        for area, own in sorted(self.groups.items()):
            for code, group in sorted(own.items()):
                if group not in classes:
                    found.setdefault((area, group), []).append(code)
        return {place: tuple(codes) for place, codes in found.items()}

    def closed(self, areas: Hierarchy, classes: Hierarchy) -> BoolArray:
        """(areas, classes) the places that print nothing: no sum of whole groups. O(areas x codes).

        Raises InputError for an unknown area or class, and for a group that is a code of the
        dimension and holds other classes than that code.
        """
        closed = np.zeros((len(areas), len(classes)), dtype=bool)
        up = classes.aggregation.tocsr()
        below = [set(row.indices.tolist()) for row in up]
        leaf = {classes.codes[i]: k for k, i in enumerate(classes.leaves.tolist())}
        inner = {areas.codes[i] for i in areas.leaves}
        for area, own in self.groups.items():
            groups: dict[str, set[int]] = {}
            for code, group in own.items():
                if code not in leaf or area not in inner:
                    raise self._unknown(area, code)
                groups.setdefault(group, set()).add(leaf[code])
            for group, members in groups.items():
                if group in classes and below[classes.position(group)] != members:
                    raise self._unknown(area, group)
            row = areas.position(area)
            for i, held in enumerate(below):
                closed[row, i] = any(m & held and not m <= held for m in groups.values())
        return closed

    def tree(self, classes: Hierarchy) -> Hierarchy:
        """The bins of all areas below the lowest codes of the dimension that hold them."""
        parent: dict[str, str] = {}
        for (_, group), members in self.bins(classes).items():
            parent[group] = _above(classes, [*members], at=parent.get(group, ""))
        for code in list(parent.values()):
            chain = [*_chain(classes, code), ""]
            parent |= dict(pairwise(chain))
        names = dict(zip(classes.codes, classes.labels, strict=True))
        return Hierarchy.of(classes.name, parent, {**names, **self.labels})

    def _unknown(self, area: str, code: str) -> InputError:
        text = Text(
            "a group does not fit {column!r}: {area} {code}",
            column=self.column, area=area, code=code,
        )  # fmt: skip
        return InputError(text, code="grouped")


def _above(classes: Hierarchy, codes: list[str], *, at: str) -> str:
    """The lowest inner code that sums up all of some codes."""
    chains = [_chain(classes, code) for code in [*codes, *([at] if at else [])]]
    shared = [c for c in chains[0] if all(c in chain for chain in chains)]
    return next(c for c in shared if classes.position(c) not in set(classes.leaves.tolist()))


def _chain(classes: Hierarchy, code: str) -> list[str]:
    at, found = classes.position(code), []
    while at >= 0:
        found.append(classes.codes[at])
        at = int(classes.parents[at])
    return found
