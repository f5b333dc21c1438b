"""Into which districts do the tables of a system fall apart, and which areas stand for each of them?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sdc.errors import RulesError
from sdc.messages import Text
from sdc.model.hierarchy import Hierarchy, IntArray
from sdc.model.system import BoolArray, System

LARGEST_AREAS = 3
"""Areas that stand for a district while the rows of the districts are protected."""


@dataclass(frozen=True, eq=False)
class Districts:
    """Unknowns of the rows of the districts with what stands for them, and inside each district.

    ``home`` (n,) is the district in which an unknown lies properly, -1 for the rows of the districts;
    ``largest`` names the districts in the order of their size.
    """

    top: IntArray
    inside: tuple[IntArray, ...]
    home: IntArray
    largest: tuple[int, ...]

    def across(self, district: int, partners: int) -> IntArray:
        """Unknowns of the rows, of a district and of some others, the largest ones; ascending."""
        others = [d for d in self.largest if d != district][:partners]
        return np.unique(np.concatenate([self.top, *(self.inside[d] for d in (district, *others))]))


def districts_of(system: System) -> Districts:
    """The districts of the dimension with most innermost codes among those that all tables share.

    Raises RulesError where there is none with at least two districts, or where places that no table
    prints tie districts together.
    """
    dim = shared_tree(system)
    if dim is None:
        raise RulesError(
            Text("districts needs a dimension of at least two levels that all tables share"),
            code="districts",
        )
    groups = np.flatnonzero(dim.parents == dim.root)
    member = _member(dim, groups)
    stand = _representatives(system, dim, member, len(groups))
    inside: list[list[IntArray]] = [[] for _ in groups]
    top: list[IntArray] = []
    for block in system.blocks:
        axis = next(i for i, d in enumerate(block.table.dims) if d.name == dim.name)
        rows = np.moveaxis(block.index, axis, 0).reshape(len(dim), -1)
        top.append(rows[(member < 0) | stand].ravel())
        for g in range(len(groups)):
            inside[g].append(rows[member == g].ravel())
    cells = tuple(np.unique(np.concatenate(part)) for part in inside)
    size = np.array([int(system.value[part].sum()) for part in cells])
    order = np.lexsort((np.arange(len(size)), -size))
    home = np.full(system.n, -1, dtype=np.int64)
    for g, part in enumerate(cells):
        home[part] = g
    return Districts(np.unique(np.concatenate(top)), cells, home, tuple(order.tolist()))


def shared_tree(system: System) -> Hierarchy | None:
    """The dimension of districts: shared by all tables, with parts below parts; None for none.

    >>> from sdc.model.table import Table, aggregate
    >>> from sdc.tables.relations import system_of
    >>> areas = Hierarchy.of("area", {"T": "", "p": "T", "q": "T", "p1": "p", "p2": "p"})
    >>> found = shared_tree(system_of([Table("t", (areas,), aggregate(np.array([1, 2, 3]), [areas]))]))
    >>> found is not None and found.name
    'area'
    """
    if not system.blocks or not system.shown.all():
        return None
    dims = {d.name: d for d in system.blocks[0].table.dims}
    for block in system.blocks[1:]:
        dims = {d.name: d for d in block.table.dims if d.name in dims}
    deep = []
    for dim in dims.values():
        groups = np.flatnonzero(dim.parents == dim.root)
        parents = np.isin(groups, dim.parents)
        if len(groups) > 1 and parents.any():
            deep.append(dim)
    return max(deep, key=lambda d: (len(d.leaves), d.name)) if deep else None


def _member(dim: Hierarchy, groups: IntArray) -> IntArray:
    """(codes,) district in which a code lies properly; -1 for the districts and the root."""
    member = np.full(len(dim), -1, dtype=np.int64)
    number = {int(g): i for i, g in enumerate(groups)}
    for code in range(len(dim)):
        up = int(dim.parents[code])
        while up >= 0 and up not in number:
            up = int(dim.parents[up])
        if up >= 0:
            member[code] = number[up]
    return member


def _representatives(system: System, dim: Hierarchy, member: IntArray, groups: int) -> BoolArray:
    """(codes,) the largest areas of each district, with all between them and the district."""
    size = np.zeros(len(dim), dtype=np.int64)
    for block in system.blocks:
        if block.table.is_count:
            axis = next(i for i, d in enumerate(block.table.dims) if d.name == dim.name)
            size += np.moveaxis(block.table.value, axis, 0).reshape(len(dim), -1).max(axis=1)
    stand = np.zeros(len(dim), dtype=bool)
    leaves = dim.leaves[np.lexsort((dim.leaves, -size[dim.leaves]))]
    for g in range(groups):
        for area in leaves[member[leaves] == g][:LARGEST_AREAS].tolist():
            leaf = area
            while member[leaf] == g:
                stand[leaf] = True
                leaf = int(dim.parents[leaf])
    return stand
