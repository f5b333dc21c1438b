"""How does a change of one unknown spread over the relations that are enforced?"""

from __future__ import annotations

from sdc.suppression.compiled import inner
from sdc.suppression.desk import (
    ALPHA,
    AT,
    BASIC_CELL,
    BASIC_ROW,
    COMBINATION,
    INVERSE,
    MIRROR,
    MORE,
    PLACE,
    RANK,
    ROW_PLACE,
    SLACK,
    SOME,
    WEIGHT,
    Desk,
)
from sdc.suppression.pivoting import touch_row

_ZERO = 1e-12


@inner
def weights_of(desk: Desk, cell: int) -> None:
    """How every basic unknown answers to one unit of a cell, as WEIGHT."""
    rank = desk.tally[RANK]
    for k in range(rank):
        desk.factor[WEIGHT, k] = 0.0
    first = len(desk.row) + 1 + cell
    for t in range(desk.start[first], desk.start[first + 1]):
        row = desk.entry[t]
        touch_row(desk, row)
        place = int(desk.row[row, ROW_PLACE])
        if place >= 0:
            for k in range(rank):
                desk.factor[WEIGHT, k] += desk.basis[MIRROR, place, k] * desk.value[t]


@inner
def shift(desk: Desk, cell: int, change: float) -> None:
    """Change an unknown and what it breaks."""
    desk.cell[cell, AT] += change
    first = len(desk.row) + 1 + cell
    for t in range(desk.start[first], desk.start[first + 1]):
        row = desk.entry[t]
        touch_row(desk, row)
        if desk.row[row, ROW_PLACE] < 0:
            desk.row[row, SLACK] += desk.value[t] * change


@inner
def spread(desk: Desk, cell: int, change: float) -> None:
    """Change an unknown and let the basic ones keep all enforced relations."""
    weights_of(desk, cell)
    shift(desk, cell, change)
    for k in range(desk.tally[RANK]):
        weight = desk.factor[WEIGHT, k]
        if abs(weight) > _ZERO:
            shift(desk, desk.base[BASIC_CELL, k], -weight * change)


@inner
def add_product(desk: Desk, some: int, more: int) -> None:
    """Add the listed WEIGHT times the listed COMBINATION to the inverse and to its mirror."""
    # Each layer in the order in which it lies in memory.
    for t in range(some):
        k = desk.base[SOME, t]
        for u in range(more):
            q = desk.base[MORE, u]
            desk.basis[INVERSE, k, q] += desk.factor[WEIGHT, k] * desk.factor[COMBINATION, q]
    for u in range(more):
        q = desk.base[MORE, u]
        for t in range(some):
            k = desk.base[SOME, t]
            desk.basis[MIRROR, q, k] += desk.factor[WEIGHT, k] * desk.factor[COMBINATION, q]


@inner
def list_weights(desk: Desk, scale: float, but: int) -> int:
    """Scale the basic unknowns' answers, and list those that answer at all; how many."""
    some = 0
    for k in range(desk.tally[RANK]):
        weight = desk.factor[WEIGHT, k] * scale
        desk.factor[WEIGHT, k] = weight
        if k != but and abs(weight) > _ZERO:
            desk.base[SOME, some] = k
            some += 1
    return some


@inner
def border(desk: Desk, row: int, cell: int) -> None:
    """Enforce one more relation with a new basic unknown (bordering of the inverse)."""
    rank = desk.tally[RANK]
    scale = 1.0 / desk.cell[cell, ALPHA]
    more = 0
    for q in range(rank):
        x = desk.factor[COMBINATION, q]
        desk.basis[INVERSE, rank, q] = desk.basis[MIRROR, q, rank] = -x * scale
        if abs(x) > _ZERO:
            desk.base[MORE, more] = q
            more += 1
    some = list_weights(desk, scale, -1)
    add_product(desk, some, more)
    for k in range(rank):
        weight = desk.factor[WEIGHT, k]
        desk.basis[INVERSE, k, rank] = desk.basis[MIRROR, rank, k] = -weight
    desk.basis[INVERSE, rank, rank] = desk.basis[MIRROR, rank, rank] = scale
    desk.base[BASIC_ROW, rank] = row
    desk.base[BASIC_CELL, rank] = cell
    desk.row[row, ROW_PLACE] = rank
    desk.row[row, SLACK] = 0.0
    desk.cell[cell, PLACE] = rank
    desk.tally[RANK] += 1


@inner
def replace(desk: Desk, where: int, cell: int) -> None:
    """Let a new basic unknown take the place of another."""
    rank = desk.tally[RANK]
    scale = 1.0 / desk.factor[WEIGHT, where]
    more = 0
    for q in range(rank):
        x = desk.basis[INVERSE, where, q] * scale
        if abs(x) > _ZERO:
            desk.base[MORE, more] = q
            more += 1
        else:
            x = 0.0
        desk.basis[INVERSE, where, q] = desk.basis[MIRROR, q, where] = x
        desk.factor[COMBINATION, q] = x
    some = list_weights(desk, -1.0, where)
    add_product(desk, some, more)
    desk.base[BASIC_CELL, where] = cell
    desk.cell[cell, PLACE] = where
