"""How does a mesh code of JIS X 0410 spell the row and the column of its cell?

Everything is counted in *units* of 0.75″ of latitude and 1.125″ of longitude, the largest steps of
which every line of all nine levels is a whole multiple: a level of ``size`` units has cells of
``size`` x ``size`` units, and one level nests in another exactly when its size divides the other's.

====== ===== ====== ================================================================
level  size  digits after the primary code ppuu (pp = 1.5 x latitude, uu = longitude - 100)
====== ===== ====== ================================================================
80km   3200  4
10km    400  6      row 0-7, column 0-7
5km     200  7      10km + quadrant (1 SW, 2 SE, 3 NW, 4 NE)
2km      80  9      10km + even row, even column, 5
1km      40  8      10km + row 0-9, column 0-9
500m     20  9      1km + quadrant
250m     10  10     500m + quadrant
125m      5  11     250m + quadrant
100m      4  10     1km + row 0-9, column 0-9
====== ===== ====== ================================================================

Every digit is a sum of a part of the row and a part of the column, so a code as a number is
``row_part[row] + column_part[column]``: two look-ups and one addition a point.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from sdc.errors import Finding, InputError
from sdc.messages import Text

IntArray = npt.NDArray[np.int64]
TextArray = npt.NDArray[np.str_]

UNITS_LAT, UNITS_LON = 4800, 3200
"""Units in one degree of latitude and of longitude."""
SOUTH, NORTH, WEST, EAST = 20, 46, 122, 154
"""The range of Japan's mesh in whole degrees: 20 <= latitude < 46, 122 <= longitude < 154."""
MAX_FINDINGS = 20

_DIGITS, _QUADRANT, _EVEN = "row and column digit", "quadrant", "even digits and 5"
_PLACES = {_DIGITS: 2, _QUADRANT: 1, _EVEN: 3}


@dataclass(frozen=True)
class Level:
    """One level of the mesh: ``size`` in units and how its code goes on after the primary one.

    >>> [(level.name, level.digits) for level in LEVELS.values() if level.nests_in(LEVELS["500m"])]
    [('500m', 9), ('250m', 10), ('125m', 11), ('100m', 10)]
    """

    name: str
    size: int
    steps: tuple[tuple[int, str], ...]

    @property
    def digits(self) -> int:
        """Length of a code."""
        return 4 + sum(_PLACES[kind] for _, kind in self.steps)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of Japan's range."""
        rows, columns = (NORTH - SOUTH) * UNITS_LAT, (EAST - WEST) * UNITS_LON
        return rows // self.size, columns // self.size

    def nests_in(self, other: Level) -> bool:
        """Whether every cell lies in one cell of the other level."""
        return other.size % self.size == 0

    def ratio_to(self, coarse: Level) -> int:
        """Rows (and columns) of this level in a cell of a coarser one; InputError unless it nests.

        >>> LEVELS["100m"].ratio_to(LEVELS["500m"])
        5
        """
        if not self.nests_in(coarse):
            raise InputError(
                Text(
                    "{name} cells do not nest in {name2} cells", name=self.name, name2=coarse.name
                ),
                code="mesh-nesting",
            )
        return coarse.size // self.size

    @cached_property
    def row_part(self) -> IntArray:
        """(rows,) what a row adds to the code as a number."""
        return self._part(self.shape[0], SOUTH * UNITS_LAT, row=True)

    @cached_property
    def column_part(self) -> IntArray:
        """(columns,) what a column adds to the code as a number."""
        return self._part(self.shape[1], (WEST - 100) * UNITS_LON, row=False)

    def _part(self, n: int, first: int, *, row: bool) -> IntArray:
        unit = first + np.arange(n, dtype=np.int64) * self.size
        size = LEVELS["80km"].size
        number = unit // size * (100 if row else 1)
        for parts, kind in self.steps:
            unit, size = unit % size, size // parts
            digit = unit // size
            if kind == _DIGITS:
                number = number * 100 + digit * (10 if row else 1)
            elif kind == _QUADRANT:
                number = number * 10 + (1 + 2 * digit if row else digit)
            else:
                number = number * 1000 + (200 * digit + 5 if row else 20 * digit)
        number.setflags(write=False)
        return number


LEVELS: dict[str, Level] = {
    level.name: level
    for level in (
        Level("80km", 3200, ()),
        Level("10km", 400, ((8, _DIGITS),)),
        Level("5km", 200, ((8, _DIGITS), (2, _QUADRANT))),
        Level("2km", 80, ((8, _DIGITS), (5, _EVEN))),
        Level("1km", 40, ((8, _DIGITS), (10, _DIGITS))),
        Level("500m", 20, ((8, _DIGITS), (10, _DIGITS), (2, _QUADRANT))),
        Level("250m", 10, ((8, _DIGITS), (10, _DIGITS), (2, _QUADRANT), (2, _QUADRANT))),
        Level("125m", 5, ((8, _DIGITS), (10, _DIGITS), *((2, _QUADRANT),) * 3)),
        Level("100m", 4, ((8, _DIGITS), (10, _DIGITS), (10, _DIGITS))),
    )
}
"""The nine levels, coarsest first."""


def level_of(name: str) -> Level:
    """The level of that name; InputError for any other text."""
    try:
        return LEVELS[name]
    except (KeyError, TypeError):
        known = " ".join(LEVELS)
        raise InputError(
            Text("a mesh level is one of {known}; found {name!r}", known=known, name=name),
            code="mesh-level",
        ) from None


def number_of(row: IntArray, column: IntArray, level: Level) -> IntArray:
    """Codes as numbers from rows and columns within Japan's range. O(n)."""
    return level.row_part[row] + level.column_part[column]


def place_of(number: IntArray, level: Level) -> tuple[IntArray, IntArray, npt.NDArray[np.bool_]]:
    """Row, column and whether such a cell exists, of codes as numbers. O(n).

    Digits are peeled off from the left; a code is possible when the cell found spells it again.
    """
    scale = 10 ** (level.digits - 4)
    head, rest = np.divmod(number, scale)
    row, column = np.divmod(head, 100)
    for parts, kind in level.steps:
        scale //= 10 ** _PLACES[kind]
        piece, rest = np.divmod(rest, scale)
        if kind == _DIGITS:
            down, across = np.divmod(piece, 10)
        elif kind == _QUADRANT:
            down, across = np.divmod(piece - 1, 2)
        else:
            down, across = piece // 200, piece // 20 % 5
        row, column = row * parts + down, column * parts + across
    row = row - SOUTH * UNITS_LAT // level.size
    column = column - (WEST - 100) * UNITS_LON // level.size
    rows, columns = level.shape
    inside = (row >= 0) & (row < rows) & (column >= 0) & (column < columns)
    safe_row, safe_column = np.where(inside, row, 0), np.where(inside, column, 0)
    return row, column, inside & (number_of(safe_row, safe_column, level) == number)


def spell(number: IntArray, level: Level) -> TextArray:
    """Codes as text from codes as numbers; a negative number becomes the empty text. O(n).

    >>> spell(np.array([53393599, -1]), LEVELS["1km"]).tolist()
    ['53393599', '']
    """
    flat = np.ascontiguousarray(number, dtype=np.int64).ravel()
    out = np.empty((len(flat), level.digits), dtype=np.uint32)
    groups = -(-level.digits // 4)
    buffer = np.empty((min(_BLOCK, len(flat)), groups), dtype=_FOUR.dtype)
    for start in range(0, len(flat), _BLOCK):
        rest = flat[start : start + _BLOCK]
        block = buffer[: len(rest)]
        # one division by 10^4 and one look-up write four digits at a time
        for group in range(groups - 1, -1, -1):
            head = rest // 10_000
            block[:, group] = _FOUR.take(rest - head * 10_000)
            rest = head
        letters = block.view(np.uint32).reshape(len(block), -1)
        out[start : start + _BLOCK] = letters[:, 4 * groups - level.digits :]
    out[flat < 0] = 0
    return out.view(f"U{level.digits}").reshape(np.shape(number))


def read(codes: Any, level: Level) -> IntArray:
    """Codes as numbers from codes as text, every one possible on this level. O(n).

    Raises InputError with a finding (row = position + 1) for each code that is not text, has
    another length, has other characters than half-width digits, or names no cell.

    >>> read(["53393599"], LEVELS["1km"]).tolist()
    [53393599]
    """
    text = as_text(codes)
    flat = text.ravel()
    number = np.empty(len(flat), dtype=np.int64)
    for start in range(0, len(flat), _BLOCK):
        part = slice(start, start + _BLOCK)
        number[part] = _parse(flat[part], level)
    if len(number) and number.min() < 0:
        wrong = np.flatnonzero(number < 0)[:MAX_FINDINGS]
        raise InputError.of([_impossible(flat[i], int(i), level) for i in wrong])
    return number.reshape(text.shape)


def _parse(flat: TextArray, level: Level) -> IntArray:
    """Codes as numbers, -1 for those that name no cell."""
    width = flat.dtype.itemsize // 4
    letters = np.ascontiguousarray(flat).view(np.uint32).reshape(len(flat), width)
    number = np.full(len(flat), -1, dtype=np.int64)
    if width < level.digits:
        return number
    # unused places of fixed-width text hold 0, so a longer code shows there
    good = (letters[:, level.digits :] == 0).all(axis=1)
    total = np.zeros(len(flat), dtype=np.int64)
    for place in range(level.digits):
        digit = letters[:, place].astype(np.int64) - ord("0")
        good &= (digit >= 0) & (digit <= 9)
        total = total * 10 + digit
    good &= place_of(np.where(good, total, 0), level)[2]
    number[good] = total[good]
    return number


def as_text(codes: Any) -> TextArray:
    """The codes as an array of text; InputError for anything else (numbers lose zeros)."""
    array = np.asarray(codes)
    if array.dtype.kind != "U":
        flat = array.ravel().tolist()
        wrong = [i for i, code in enumerate(flat) if not isinstance(code, str)]
        if wrong:
            must = Text("a mesh code is text")
            remedy = Text("read the column as text")
            findings = [
                Finding("mesh-code", must=must, remedy=remedy, row=i + 1, value=str(flat[i]))
                for i in wrong[:MAX_FINDINGS]
            ]
            raise InputError.of(findings)
        array = array.astype(np.str_)
    return array


def _impossible(code: str, position: int, level: Level) -> Finding:
    must = Text(
        "a {name} mesh code has {digits} half-width digits and names a cell of Japan",
        name=level.name,
        digits=level.digits,
    )
    remedy = Text("check its digits, its quadrants (1-4) and the level that was declared")
    return Finding("mesh-code", must=must, remedy=remedy, row=position + 1, value=str(code))


_BLOCK = 1 << 14
"""Codes treated at once: their intermediate arrays stay in the processor's cache."""
_FOUR = (
    np.frombuffer("".join(f"{i:04d}" for i in range(10_000)).encode("utf-32-le"), dtype=np.uint32)
    .copy()
    .view("V16")
)
"""The four digits of 0000 ... 9999 as they stand in an array of text."""
