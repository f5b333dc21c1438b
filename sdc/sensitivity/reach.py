"""What is known of a cell beforehand, and how far must an attacker stay from a measure?"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components

from sdc.errors import RulesError
from sdc.messages import Text
from sdc.model.containing import contained
from sdc.model.hierarchy import IntArray
from sdc.model.rules import Rules
from sdc.model.system import BoolArray, System
from sdc.model.table import Table, aggregate


def filled_floor(table: Table, filled: BoolArray) -> IntArray:
    """The least a cell can hold once everybody knows of these cells of a table that they are not zero.

    Of a sum that another table shows not to be zero nothing follows for the cells below it.
    """
    inner = filled[np.ix_(*[d.leaves for d in table.dims])].astype(np.int64)
    return np.minimum(np.maximum(aggregate(inner, table.dims), 1), np.maximum(table.value, 1))


def measure_reach(table: Table, rules: Rules, small: BoolArray) -> tuple[BoolArray, IntArray]:
    """Cells hidden by dominance or p %, and how many steps away an attacker's interval must reach.

    p %: the second largest contributor knows ``value - own`` and must not come within p % of the
    largest, so the interval has to reach ``p/100 x1 - (value - x1 - x2)`` beyond the value. (n, k):
    it has to reach the total at which the n largest no longer exceed the share k.
    """
    value = table.value.astype(np.float64)
    reach = np.zeros(value.shape)
    if table.top is None:
        raise RulesError(
            Text("table {name!r} does not know its largest contributions", name=table.name),
        )
    top = table.top.astype(np.float64)
    if rules.p_percent is not None:
        rest = value - top[..., 0] - top[..., 1]
        reach = np.maximum(reach, rules.p_percent / 100 * top[..., 0] - rest)
    if rules.dominance is not None:
        n, share = rules.dominance
        if n > top.shape[-1]:
            raise RulesError(Text("dominance allows n <= {found}", found=top.shape[-1]))
        reach = np.maximum(reach, top[..., :n].sum(axis=-1) / share - value)
    # A cell hidden for its few contributors alone: as if they were one.
    alone = small & (reach <= 0)
    whole = (
        rules.p_percent / 100 * top[..., 0]
        if rules.p_percent is not None
        else value * (1 / rules.dominance[1] - 1 if rules.dominance else 0.0)
    )
    reach = np.where(alone, whole, reach)
    return (reach > 0) & ~alone & (value > 0), np.ceil(reach - 1e-9).astype(np.int64)


def measured(system: System, told: BoolArray) -> BoolArray:
    """(n,) counts of cells in which something is measured as well: whoever finds that knows of a unit.

    ``told`` (n,) marks the cells of which some release, or everybody, says something.
    """
    amount = np.zeros(int(system.group.max(initial=-1)) + 1, dtype=bool)
    amount[system.group[~system.count & told & (system.value > 0)]] = True
    return np.asarray(system.count & amount[system.group] & (system.value > 0))


def known_units(system: System, floor: IntArray) -> IntArray:
    """(n,) the least of every count whose innermost cells hold ``floor`` (n,) at least."""
    known = floor.copy()
    for block in system.blocks:
        if block.table.is_count:
            leaf = block.index[np.ix_(*[d.leaves for d in block.table.dims])]
            np.maximum.at(known, block.index, aggregate(floor[leaf], block.table.dims))
    return known


def units_inside(system: System, units: IntArray, cells: IntArray) -> IntArray:
    """(c,) the units known in innermost cells of one table that lie in each of some cells as a whole.

    ``units`` (n,) is what is known of each unknown. An area may lie in a mesh cell though it lies in
    several of the smaller ones: bounds carried from sum to sum do not show that. As ``contained``.
    """
    held, out = contained(system, cells), np.zeros(len(cells), dtype=np.int64)
    for block in system.blocks:
        leaf = block.index[np.ix_(*[d.leaves for d in block.table.dims])].ravel()
        leaf = leaf[(units[leaf] > 0) & system.count[leaf]]
        out = np.maximum(out, held[:, leaf] @ units[leaf])
    return out


def floor_of(
    system: System, zero: BoolArray, zeros_shown: BoolArray, placed: BoolArray
) -> IntArray:
    """Prior lower bounds: 1 for a count in a table that everybody knows not to be zero, 0 otherwise.

    Zeros may hide behind an X only where some zero could truly have been hidden (``zero``): a
    connected part of the system without one tells the attacker that every X in it is at least 1.
    A zero that its area counts in a group is no such zero: nobody would have printed an X there.
    """
    links = abs(system.relations).astype(np.int8)
    graph = sp.bmat([[None, links.T], [links, None]])
    _, label = connected_components(graph, directed=False)
    label = label[: system.n]
    has_zero = np.zeros(int(label.max(initial=-1)) + 1, dtype=bool)
    has_zero[label[zero]] = True
    never_zero = zeros_shown | ~has_zero[label]
    certain = never_zero & placed & system.count & (system.value > 0)
    return np.asarray(certain, dtype=np.int64)
