"""Which shares, densities and means can be published besides the numbers they come from?

A derived figure is a quotient of *printed* places, and X where one of them is X: whoever has the
tables could compute it. True values never enter here. Each quotient keeps the places it was made
from, so that the audit can enter what the figure says as rows over the cells (``rows``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from itertools import product

from sdc.errors import InputError
from sdc.messages import Text
from sdc.model.hierarchy import Hierarchy
from sdc.model.plan import PublishedTable
from sdc.model.release import Figure
from sdc.model.states import State
from sdc.publishing.symbols import HIDDEN, NOTHING, scale

Place = tuple[str, ...]
Part = tuple[str, Place]
Row = tuple[tuple[tuple[Part, int], ...], int]
"""``sum of coefficient * steps in the part >= least``, in whole numbers."""


@dataclass(frozen=True)
class Quotient:
    """One figure: the text printed, the two texts it comes from, and the places of those.

    ``below`` is None where the divisor is a surface and not a place.
    """

    text: str
    top: str
    bottom: str
    above: Part
    below: Part | None = None


@dataclass(frozen=True, eq=False)
class Derived:
    """Figures by place; ``times`` is 100 for percentages."""

    figure: Figure
    dims: tuple[Hierarchy, ...]
    unit: str
    times: int
    quotients: Mapping[Place, Quotient]


def derive(tables: Sequence[PublishedTable], figure: Figure) -> Derived:
    """The figures of one kind over published tables; O(cells).

    A share is of the total of the dimension ``by``. A density is by ``sizes`` of the geography
    ``by``. A ratio divides by the table ``by`` over the dimensions that both tables have, all
    others at their totals. Rounded half up; ``-`` where the upper number is a printed zero, and
    where the lower one is: nothing can be said of nobody.

    Raises InputError for an unknown kind, table or dimension, for tables without a common
    dimension, a code without a size, or more than two decimals.
    """
    top = _table(tables, figure.table)
    if not 0 <= figure.decimals <= 2:
        raise InputError(Text("at most two decimals"))
    if figure.kind == "share":
        return Derived(figure, top.dims, figure.unit, 100, _shares(top, figure))
    if figure.kind == "density":
        return Derived(figure, top.dims, figure.unit, 1, _densities(top, figure))
    if figure.kind == "ratio":
        dims, quotients = _ratios(top, _table(tables, figure.by), figure)
        return Derived(figure, dims, figure.unit, 1, quotients)
    kinds = "share, density, ratio"
    raise InputError(Text("the kind of a figure is one of {kinds}", kinds=kinds))


def rows(derived: Derived, factors: Mapping[str, int]) -> Iterator[Row]:
    """What the printed figures say about the cells, as rows for the audit; two a figure.

    ``factors`` gives the steps that one printed unit of each table stands for (``scale``). A figure
    f with d decimals says ``(2f - 1) bottom <= 2 * times * top < (2f + 1) bottom`` in units of the
    last decimal; a ``-`` says that a part is 0. An X says nothing.
    """
    decimals = derived.figure.decimals
    for quotient in derived.quotients.values():
        if quotient.text == HIDDEN:
            continue
        if quotient.text == NOTHING:
            zero = quotient.above if quotient.top == NOTHING else quotient.below
            assert zero is not None
            yield ((zero, -1),), 0
            continue
        level = int(Decimal(quotient.text).scaleb(decimals))
        each = 2 * derived.times * 10**decimals
        above = factors[quotient.above[0]]
        if quotient.below is not None:
            below = factors[quotient.below[0]]
            pair = ((quotient.above, each * above), (quotient.below, -(2 * level - 1) * below))
            yield pair, 0
            pair = ((quotient.above, -each * above), (quotient.below, (2 * level + 1) * below))
            yield pair, 1
            continue
        size, unit = Decimal(quotient.bottom).as_integer_ratio()
        yield ((quotient.above, each * above * unit),), (2 * level - 1) * size
        yield ((quotient.above, -each * above * unit),), 1 - (2 * level + 1) * size


def printed_places(table: PublishedTable) -> dict[Place, str]:
    """Every place with its printed number, ``X`` or ``-``; not those counted in a group of classes."""
    factor, _ = scale(table)
    codes = product(*[d.codes for d in table.dims])
    cells = zip(table.value.ravel().tolist(), table.state.ravel().tolist(), strict=True)
    return {
        c: _text(v, s, factor) for c, (v, s) in zip(codes, cells, strict=True) if s != State.GROUPED
    }


def _text(value: int, state: int, factor: int) -> str:
    if state == State.ZERO:
        return NOTHING
    return str(value * factor) if state == State.SHOWN else HIDDEN


def _table(tables: Sequence[PublishedTable], name: str) -> PublishedTable:
    for table in tables:
        if table.name == name:
            return table
    raise InputError(Text("there is no table {name!r}", name=name))


def _shares(table: PublishedTable, figure: Figure) -> dict[Place, Quotient]:
    axis = _axis(table, figure.by)
    root = table.dims[axis].codes[table.dims[axis].root]
    number = printed_places(table)
    found: dict[Place, Quotient] = {}
    for place, top in number.items():
        whole = (*place[:axis], root, *place[axis + 1 :])
        text = _quotient(top, number[whole], 100, figure.decimals)
        found[place] = Quotient(text, top, number[whole], (table.name, place), (table.name, whole))
    return found


def _densities(table: PublishedTable, figure: Figure) -> dict[Place, Quotient]:
    axis = _axis(table, figure.by)
    found: dict[Place, Quotient] = {}
    for place, top in printed_places(table).items():
        by = figure.sizes.get(place[axis], 0.0)
        if not by > 0:
            code = place[axis]
            raise InputError(Text("{code} has no positive size", code=code))
        bottom = format(Decimal(repr(by)), "f")
        text = _quotient(top, bottom, 1, figure.decimals)
        found[place] = Quotient(text, top, bottom, (table.name, place))
    return found


def _ratios(
    top: PublishedTable, bottom: PublishedTable, figure: Figure
) -> tuple[tuple[Hierarchy, ...], dict[Place, Quotient]]:
    """The common dimensions, and the quotient of every combination of their codes."""
    other = {d.name: d for d in bottom.dims}
    dims = tuple(d for d in top.dims if d.name in other and d.same_codes(other[d.name]))
    if not dims:
        raise InputError(Text("the two tables have no codes in common"))
    above, below = printed_places(top), printed_places(bottom)
    found: dict[Place, Quotient] = {}
    for place in product(*[d.codes for d in dims]):
        at = dict(zip((d.name for d in dims), place, strict=True))
        one, two = _place(top, at), _place(bottom, at)
        if one not in above or two not in below:
            continue
        text = _quotient(above[one], below[two], 1, figure.decimals)
        found[place] = Quotient(text, above[one], below[two], (top.name, one), (bottom.name, two))
    return dims, found


def _place(table: PublishedTable, at: Mapping[str, str]) -> Place:
    """The place with these codes, all other dimensions at their totals."""
    return tuple(at.get(d.name, d.codes[d.root]) for d in table.dims)


def _quotient(top: str, bottom: str, times: int, decimals: int) -> str:
    """A rounded quotient, ``X`` where either part is hidden, ``-`` where there is nothing.

    >>> _quotient("25", "400", 100, 1), _quotient("X", "400", 100, 1), _quotient("-", "9", 1, 0)
    ('6.3', 'X', '-')
    """
    if HIDDEN in (top, bottom):
        return HIDDEN
    if NOTHING in (top, bottom):
        return NOTHING
    step = Decimal(1).scaleb(-decimals)
    return str((Decimal(top) * times / Decimal(bottom)).quantize(step, rounding=ROUND_HALF_UP))


def _axis(table: PublishedTable, dimension: str) -> int:
    for axis, dim in enumerate(table.dims):
        if dim.name == dimension:
            return axis
    raise InputError(Text("there is no dimension {dimension!r}", dimension=dimension))
