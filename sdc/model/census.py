"""What does an official table with merged areas say about every area and every place in it?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from sdc.errors import InputError
from sdc.messages import Text
from sdc.model.hierarchy import Hierarchy, IntArray
from sdc.model.states import State
from sdc.model.system import BoolArray


@dataclass(frozen=True, eq=False)
class CensusTable:
    """A census table as published, its codes completed and its merges known in both directions.

    ============= ======== ======================================================================
    field         shape    meaning
    ============= ======== ======================================================================
    codes, names  (n,)     areas in file order; ``codes`` are complete (with the city in front)
    level         (n,)     HYOSYO: 1 city, 2 town without chome, 3 town subtotal, 4 chome; 0 mesh
    columns       (c,)     column codes, ``labels`` their words
    value         (n, c)   numbers, 0 wherever ``state`` is not SHOWN
    state         (n, c)   ``State``: SHOWN, ZERO, HIDDEN (X without destination), MERGED
    destination            area that was merged away -> area that holds its units
    members                area that absorbed others -> these, in code order
    apart         (c,)     columns in which merged areas keep their own number: adding them to the
                           destination there would count them twice
    ============= ======== ======================================================================

    Raises InputError where shapes differ, a place without number holds one, or the two directions
    of the merges disagree.
    """

    codes: tuple[str, ...]
    names: tuple[str, ...]
    level: IntArray
    columns: tuple[str, ...]
    labels: tuple[str, ...]
    value: IntArray
    state: IntArray
    destination: Mapping[str, str]
    members: Mapping[str, tuple[str, ...]]
    apart: BoolArray
    hierarchy: Hierarchy
    file: str = ""
    encoding: str = ""

    def __post_init__(self) -> None:
        shape = (len(self.codes), len(self.columns))
        if self.value.shape != shape or self.state.shape != shape:
            raise InputError(Text("values must have shape {shape}", shape=shape))
        for array in (self.level, self.value, self.state, self.apart):
            array.setflags(write=False)
        if self.value[self.state != State.SHOWN].any():
            raise InputError(Text("a place that shows no number holds one"))
        back = {(a, b) for b, members in self.members.items() for a in members}
        if set(self.destination.items()) != back:
            raise InputError(Text("the merges disagree"), code="census-link")

    @property
    def leaves(self) -> BoolArray:
        """(n,) the innermost areas: towns without chome, chome, meshes."""
        return np.isin(self.level, (0, 2, 4))

    @property
    def n_links(self) -> int:
        """How many areas were merged into another."""
        return len(self.destination)
