"""Is what would be published exactly what the system says, and nothing more?"""

from __future__ import annotations

import numpy as np

from sdc.errors import NotProven
from sdc.messages import Text
from sdc.model.plan import Published, PublishedTable, split_groups
from sdc.model.states import State
from sdc.model.system import Block, BoolArray, Problem


def require_agreement(problem: Problem, published: Published) -> None:
    """Raise NotProven unless a publication is one of the problem's own system.

    The digests match; numbers stand where nothing is hidden and are the true ones; an X stands on
    every hidden cell of every table and nowhere else, nothing where a class is counted in a group;
    cells with one mask are hidden together; what
    is known from elsewhere, or only links tables, is not among the hidden. Whether primary cells are
    hidden is not asked here: a shown one is a disclosure, which the audit reports. O(cells).
    """
    system, hidden = problem.system, published.hidden
    if published.system_digest != system.digest:
        raise _refusal(Text("it was made from another system"))
    if hidden.shape != (system.n,) or published.value.shape != (system.n,):
        raise _refusal(Text("it has another number of cells"))
    if (hidden & (system.known | ~system.shown)).any():
        raise _refusal(Text("a cell that is known, or not printed, is hidden"))
    if len(split_groups(system, hidden)):
        raise _refusal(Text("cells with one mask are in two states"))
    printed = np.where(hidden | ~system.shown, 0, system.value)
    if not np.array_equal(printed, published.value):
        raise _refusal(Text("a printed number is not the true one"))
    names = [t.name for t in published.tables]
    if names != [b.table.name for b in system.blocks]:
        raise _refusal(Text("it holds other tables"))
    for block, table in zip(system.blocks, published.tables, strict=True):
        _require_table(block, table, (hidden, system.shown))


def _require_table(block: Block, table: PublishedTable, marks: tuple[BoolArray, BoolArray]) -> None:
    """``marks`` (n,): the unknowns that are hidden, and those that a table prints."""
    same = len(table.dims) == len(block.table.dims) and all(
        a.name == b.name and a.same_codes(b)
        for a, b in zip(table.dims, block.table.dims, strict=True)
    )
    if not same or table.value.shape != block.index.shape:
        raise _refusal(Text("table {name!r} has other dimensions", name=table.name))
    mask, there = (m[block.index] for m in marks)
    state = np.where(mask, State.HIDDEN, np.where(block.table.value == 0, State.ZERO, State.SHOWN))
    state = np.where(there, state, State.GROUPED)
    value = np.where(mask | ~there, 0, block.table.value)
    if not (np.array_equal(table.state, state) and np.array_equal(table.value, value)):
        raise _refusal(Text("table {name!r} does not show what was decided", name=table.name))


def _refusal(why: Text) -> NotProven:
    return NotProven(
        Text("nothing to audit: the publication does not fit the system ({why})", why=why)
    )
