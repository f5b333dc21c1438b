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
def set_inverse(desk: Desk, k: int, q: int, x: float) -> None:
    """Write an entry of the inverse and of its mirror."""
    desk.basis[INVERSE, k, q] = x
    desk.basis[MIRROR, q, k] = x


@inner
def border(desk: Desk, row: int, cell: int) -> None:
    """Enforce one more relation with a new basic unknown (bordering of the inverse)."""
    rank = desk.tally[RANK]
    scale = 1.0 / desk.cell[cell, ALPHA]
    more = 0
    for q in range(rank):
        x = desk.factor[COMBINATION, q]
        set_inverse(desk, rank, q, -x * scale)
        if abs(x) > _ZERO:
            desk.base[MORE, more] = q
            more += 1
    for k in range(rank):
        weight = desk.factor[WEIGHT, k] * scale
        if abs(weight) > _ZERO:
            for u in range(more):
                q = desk.base[MORE, u]
                x = desk.basis[INVERSE, k, q] + weight * desk.factor[COMBINATION, q]
                set_inverse(desk, k, q, x)
        set_inverse(desk, k, rank, -weight)
    set_inverse(desk, rank, rank, scale)
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
    some = 0
    for q in range(rank):
        x = desk.basis[INVERSE, where, q] * scale
        if abs(x) > _ZERO:
            desk.base[SOME, some] = q
            some += 1
        else:
            x = 0.0
        set_inverse(desk, where, q, x)
    for k in range(rank):
        weight = desk.factor[WEIGHT, k]
        if k != where and abs(weight) > _ZERO:
            for u in range(some):
                q = desk.base[SOME, u]
                x = desk.basis[INVERSE, k, q] - weight * desk.basis[INVERSE, where, q]
                set_inverse(desk, k, q, x)
    desk.base[BASIC_CELL, where] = cell
    desk.cell[cell, PLACE] = where
