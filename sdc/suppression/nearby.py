"""Which few areas stand for all that surrounds an area, so that a search sees no more than it can hold?

A search over a whole district may have to enforce more relations than it can hold at once. Near a cell
it needs only the areas between it and some row that stands still, and beside each of them the largest
others, which have units to give.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sdc.model.hierarchy import Hierarchy, IntArray
from sdc.model.system import System


@dataclass(frozen=True, eq=False)
class Nearby:
    """The rows of a tree of areas: the unknowns of each, the area of each, parts by size.

    ``rows`` has an array of unknowns an area, ``home`` (n,) is the area of an unknown, ``parts`` names
    the parts of an area, largest first.
    """

    dim: Hierarchy
    rows: tuple[IntArray, ...]
    home: IntArray
    parts: tuple[tuple[int, ...], ...]

    @classmethod
    def of(cls, system: System, dim: Hierarchy) -> Nearby:
        """The rows of a dimension that all tables share; O(n log n)."""
        rows: list[list[IntArray]] = [[] for _ in range(len(dim))]
        home = np.full(system.n, -1, dtype=np.int64)
        for block in system.blocks:
            axis = next(i for i, d in enumerate(block.table.dims) if d.name == dim.name)
            for area, cells in enumerate(np.moveaxis(block.index, axis, 0).reshape(len(dim), -1)):
                rows[area].append(cells)
                home[cells] = area
        every = tuple(np.unique(np.concatenate(cells)) for cells in rows)
        size = [int(system.value[cells].max()) for cells in every]
        parts: list[list[int]] = [[] for _ in range(len(dim))]
        for area, parent in enumerate(dim.parents.tolist()):
            if parent >= 0:
                parts[parent].append(area)
        ordered = (tuple(sorted(p, key=lambda area: (-size[area], area))) for p in parts)
        return cls(dim, every, home, tuple(ordered))

    def around(self, area: int, climb: int, width: int) -> IntArray:
        """Unknowns of an area and of what stands for its surroundings, ascending.

        ``climb`` levels above the area a row stands still; beside every area on the way there stand
        the ``width`` largest others, each with its own largest parts down to the innermost.
        """
        chosen = {below for part in self.parts[area][:width] for below in self._down(part)}
        chosen.add(area)
        while climb > 0 and area != self.dim.root:
            above = int(self.dim.parents[area])
            others = [part for part in self.parts[above] if part != area][:width]
            chosen |= {below for part in others for below in self._down(part)}
            area, climb = above, climb - 1
            if climb > 0:
                chosen.add(area)
        return np.unique(np.concatenate([self.rows[a] for a in sorted(chosen)]))

    def _down(self, area: int) -> list[int]:
        """An area and its largest parts, one a level."""
        way = [area]
        while self.parts[way[-1]]:
            way.append(self.parts[way[-1]][0])
        return way
