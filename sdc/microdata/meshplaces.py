"""Does a mesh code that comes with a record name a cell at all, and one in the study area?

The level is declared, never guessed: ten digits may be a 250 m or a 100 m code. A code that is
possible but lies outside the study area is most often one wrong digit; the cell inside the area
that differs in one digit, or in two neighbouring ones exchanged, is named as a hint.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from sdc.errors import Finding, InputError
from sdc.messages import Text
from sdc.microdata.values import trim
from sdc.model.system import FloatArray
from sdc.spatial import mesh

Box = tuple[float, float, float, float]
"""South, west, north and east end of the study area in degrees."""


def centres(
    codes: pd.Series, level: str, *, area: Box | None = None, file: str = "", first_row: int = 2
) -> tuple[FloatArray, FloatArray, list[Finding]]:
    """Longitude and latitude (n,) of the middle of every cell, NaN where a finding says why.

    One finding a record. O(n + u) for u different codes.

    >>> lon, lat, wrong = centres(pd.Series(["5339460004"]), "250m")
    >>> wrong[0].code, wrong[0].remedy.to("en")
    ('mesh-impossible', 'it is a code of the level 100m: declare that, or correct the code')
    """
    number, texts = pd.factorize(codes.astype(object).fillna(""), use_na_sentinel=False)
    where: list[tuple[float, float]] = []
    faults: dict[int, tuple[str, Text, Text]] = {}
    for i, text in enumerate(texts):
        cell = _cell(trim(str(text)), level)
        where.append((np.nan, np.nan) if cell is None else _middle(cell))
        if cell is None:
            faults[i] = _impossible(trim(str(text)), level)
        elif area is not None and not _inside(_middle(cell), area):
            faults[i] = _outside(trim(str(text)), level, area)
    lon, lat = np.array(where, dtype=np.float64).T
    bad = np.zeros(len(texts), dtype=bool)
    bad[list(faults)] = True
    found = [
        Finding(
            faults[int(number[i])][0], must=faults[int(number[i])][1],
            remedy=faults[int(number[i])][2], file=file, row=first_row + int(i),
            column=str(codes.name or ""), value=str(texts[int(number[i])]),
        )
        for i in np.flatnonzero(bad[number])
    ]  # fmt: skip
    return lon[number], lat[number], found


def _cell(code: str, level: str) -> mesh.Bounds | None:
    try:
        return mesh.decode(code, level)
    except InputError:
        return None


def _middle(cell: mesh.Bounds) -> tuple[float, float]:
    """Longitude and latitude."""
    return float(cell.west + cell.east) / 2, float(cell.south + cell.north) / 2


def _inside(point: tuple[float, float], area: Box) -> bool:
    south, west, north, east = area
    return west <= point[0] <= east and south <= point[1] <= north


def _impossible(code: str, level: str) -> tuple[str, Text, Text]:
    must = Text("must be a possible {level} mesh code", level=level)
    others = [name for name in mesh.LEVELS if name != level and _cell(code, name) is not None]
    remedy = Text("check the code and the level")
    if others:
        names = ", ".join(others)
        remedy = Text(
            "it is a code of the level {names}: declare that, or correct the code", names=names
        )
    return "mesh-impossible", must, remedy


def _outside(code: str, level: str, area: Box) -> tuple[str, Text, Text]:
    must = Text("a mesh cell must lie in the study area")
    meant = [c for c in _slips(code) if (cell := _cell(c, level)) and _inside(_middle(cell), area)]
    remedy = Text("check the code")
    if meant:
        names = ", ".join(meant[:3])
        remedy = Text("is {names} meant?", names=names)
    return "mesh-outside", must, remedy


def _slips(code: str) -> Sequence[str]:
    """Codes that differ in one digit, or in two neighbouring ones exchanged, in code order."""
    changed = {
        code[:i] + d + code[i + 1 :] for i in range(len(code)) for d in "0123456789" if d != code[i]
    }
    swapped = {
        code[:i] + code[i + 1] + code[i] + code[i + 2 :]
        for i in range(len(code) - 1)
        if code[i] != code[i + 1]
    }
    return sorted(changed | swapped)
