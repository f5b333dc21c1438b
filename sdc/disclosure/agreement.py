"""Is what would be published exactly what the system says, and nothing more?"""

from __future__ import annotations

import numpy as np

from sdc.errors import NotProven
from sdc.model.plan import Published, PublishedTable, split_groups
from sdc.model.states import State
from sdc.model.system import Block, BoolArray, Problem


def require_agreement(problem: Problem, published: Published) -> None:
    """Raise NotProven unless a publication is one of the problem's own system.

    The digests match; numbers stand where nothing is hidden and are the true ones; an X stands on
    every hidden cell of every table and nowhere else; cells with one mask are hidden together; what
    is known from elsewhere, or only links tables, is not among the hidden. Whether primary cells are
    hidden is not asked here: a shown one is a disclosure, which the audit reports. O(cells).
    """
    system, hidden = problem.system, published.hidden
    if published.system_digest != system.digest:
        raise _refusal("別の表から作られています", "it was made from another system")
    if hidden.shape != (system.n,) or published.value.shape != (system.n,):
        raise _refusal("大きさが異なります", "it has another number of cells")
    if (hidden & (system.known | ~system.shown)).any():
        raise _refusal(
            "公知の値が秘匿されています", "a cell that is known, or not printed, is hidden"
        )
    if len(split_groups(system, hidden)):
        raise _refusal("同じ位置の表で秘匿が異なります", "cells with one mask are in two states")
    printed = np.where(hidden | ~system.shown, 0, system.value)
    if not np.array_equal(printed, published.value):
        raise _refusal("公表値が真値と異なります", "a printed number is not the true one")
    names = [t.name for t in published.tables]
    if names != [b.table.name for b in system.blocks]:
        raise _refusal("表の構成が異なります", "it holds other tables")
    for block, table in zip(system.blocks, published.tables, strict=True):
        _require_table(block, table, hidden)


def _require_table(block: Block, table: PublishedTable, hidden: BoolArray) -> None:
    same = len(table.dims) == len(block.table.dims) and all(
        a.name == b.name and a.same_codes(b)
        for a, b in zip(table.dims, block.table.dims, strict=True)
    )
    if not same or table.value.shape != block.index.shape:
        raise _refusal("区分が異なります", f"table {table.name!r} has other dimensions")
    mask = hidden[block.index]
    state = np.where(mask, State.HIDDEN, np.where(block.table.value == 0, State.ZERO, State.SHOWN))
    value = np.where(mask, 0, block.table.value)
    if not (np.array_equal(table.state, state) and np.array_equal(table.value, value)):
        raise _refusal(
            "表示が秘匿の結果と異なります", f"table {table.name!r} does not show what was decided"
        )


def _refusal(ja: str, en: str) -> NotProven:
    return NotProven(
        f"監査できません: 公表内容が対象の表と一致しません ({ja})",
        f"nothing to audit: the publication does not fit the system ({en})",
    )
