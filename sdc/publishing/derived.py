"""Which shares, densities and means can be published besides the numbers they come from?

A derived figure is computed from *printed* places alone and is X where any of them is X, so it
says nothing that the printed places do not say already: whoever has the table could compute it.
That is why true values never enter here, and why the figures need no audit of their own;
``parts`` lists, for each figure, the places it was made from, so that an audit can check that
they are all printed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from itertools import product

from sdc.errors import InputError
from sdc.model.plan import PublishedTable
from sdc.model.release import Figure, Release
from sdc.model.states import State
from sdc.publishing.symbols import HIDDEN, NOTHING, scale

Place = tuple[str, ...]


@dataclass(frozen=True)
class Derived:
    """Figures by place: text that is a rounded number, ``X`` or ``-``.

    ``parts`` names for every figure the printed places (table, codes) that went into it.
    """

    unit: str
    figures: Mapping[Place, str]
    parts: Mapping[Place, tuple[tuple[str, Place], ...]]


def derive(release: Release, figure: Figure) -> Derived:
    """The figure of a release; raises InputError for an unknown kind or table."""
    table = _table(release, figure.table)
    if figure.kind == "share":
        return shares(table, figure.by, decimals=figure.decimals)
    if figure.kind == "density":
        sizes = figure.sizes
        return densities(table, figure.by, sizes, unit=figure.unit, decimals=figure.decimals)
    if figure.kind == "ratio":
        bottom = _table(release, figure.by)
        return ratios(table, bottom, unit=figure.unit, decimals=figure.decimals)
    kinds = "share, density, ratio"
    raise InputError(f"種類は{kinds}です", f"the kind of a figure is one of {kinds}")


def _table(release: Release, name: str) -> PublishedTable:
    try:
        return release.table(name)
    except KeyError:
        raise InputError(f"表がありません: {name}", f"there is no table {name!r}") from None


def shares(table: PublishedTable, dimension: str, *, decimals: int = 1) -> Derived:
    """Each place as a percentage of the total of one dimension; O(cells).

    X where the place or its total is X, ``-`` where the place is a printed zero. Rounded half up.

    Raises InputError for an unknown dimension or more than two decimals.
    """
    axis = _axis(table, dimension)
    root = table.dims[axis].codes[table.dims[axis].root]
    figures: dict[Place, str] = {}
    parts: dict[Place, tuple[tuple[str, Place], ...]] = {}
    for place, number in printed_places(table).items():
        whole = (*place[:axis], root, *place[axis + 1 :])
        total = printed_places_at(table, whole)
        figures[place] = _quotient(number, total, Decimal(100), decimals)
        parts[place] = ((table.name, place), (table.name, whole))
    return Derived("%", figures, parts)


def densities(
    table: PublishedTable,
    dimension: str,
    size: Mapping[str, float],
    *,
    unit: str,
    decimals: int = 1,
) -> Derived:
    """Each place divided by a public size of its code, such as hectares of land; O(cells).

    Raises InputError where a printed code has no positive size.
    """
    axis = _axis(table, dimension)
    figures: dict[Place, str] = {}
    for place, number in printed_places(table).items():
        by = size.get(place[axis], 0.0)
        if not by > 0:
            code = place[axis]
            raise InputError(f"{code}: 面積等がありません", f"{code} has no positive size")
        figures[place] = _quotient(number, Decimal(repr(by)), Decimal(1), decimals)
    parts = {place: ((table.name, place),) for place in figures}
    return Derived(unit, figures, parts)


def ratios(top: PublishedTable, bottom: PublishedTable, *, unit: str, decimals: int = 1) -> Derived:
    """Places of one table divided by the same places of another: per head, or a mean; O(cells).

    X where either is X, ``-`` where the upper one is a printed zero, and ``-`` where the lower one
    is: nothing can be said of nobody. Raises InputError where the tables differ in their codes.
    """
    same = len(top.dims) == len(bottom.dims) and all(
        a.name == b.name and a.same_codes(b) for a, b in zip(top.dims, bottom.dims, strict=True)
    )
    if not same:
        raise InputError("表の分類が一致しません", "the two tables have different codes")
    figures: dict[Place, str] = {}
    parts: dict[Place, tuple[tuple[str, Place], ...]] = {}
    lower = printed_places(bottom)
    for place, number in printed_places(top).items():
        figures[place] = _quotient(number, lower[place], Decimal(1), decimals)
        parts[place] = ((top.name, place), (bottom.name, place))
    return Derived(unit, figures, parts)


def printed_places(table: PublishedTable) -> dict[Place, Decimal | None]:
    """Every place with its printed number, None where it is not printed."""
    factor, _ = scale(table)
    codes = product(*[d.codes for d in table.dims])
    cells = zip(table.value.ravel().tolist(), table.state.ravel().tolist(), strict=True)
    return {c: _number(v, s, factor) for c, (v, s) in zip(codes, cells, strict=True)}


def printed_places_at(table: PublishedTable, place: Place) -> Decimal | None:
    """The printed number of one place, None where it is not printed."""
    at = tuple(d.position(c) for d, c in zip(table.dims, place, strict=True))
    return _number(int(table.value[at]), int(table.state[at]), scale(table)[0])


def _number(value: int, state: int, factor: int) -> Decimal | None:
    if state == State.ZERO:
        return Decimal(0)
    return Decimal(value * factor) if state == State.SHOWN else None


def _quotient(top: Decimal | None, bottom: Decimal | None, times: Decimal, decimals: int) -> str:
    """A rounded quotient, ``X`` where either part is hidden, ``-`` where there is nothing."""
    if not 0 <= decimals <= 2:
        raise InputError("小数は2桁までです", "at most two decimals")
    if top is None or bottom is None:
        return HIDDEN
    if top == 0 or bottom == 0:
        return NOTHING
    step = Decimal(1).scaleb(-decimals)
    return str((top * times / bottom).quantize(step, rounding=ROUND_HALF_UP))


def _axis(table: PublishedTable, dimension: str) -> int:
    for axis, dim in enumerate(table.dims):
        if dim.name == dimension:
            return axis
    raise InputError(f"列がありません: {dimension}", f"there is no dimension {dimension!r}")
