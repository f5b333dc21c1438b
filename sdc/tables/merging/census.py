"""How does a merge map read in the three columns of the census, and back?

``HTKSYORI`` is 0 for an area that is published as it is, 1 for one that absorbed others, 2 for one
that was merged away; ``HTKSAKI`` holds the destination of a 2, ``GASSAN`` the members that a 1 took
in, joined by ``;``. Small areas drop the 5-digit city prefix in both, meshes keep the whole code
(``prefix=0``). Source: e-Stat, small-area tables of the 2020 census.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sdc.errors import Finding, InputError
from sdc.messages import Text
from sdc.tables.merging.result import check_targets

CITY_PREFIX = 5
NONE, ABSORBED, HIDDEN = "0", "1", "2"


@dataclass(frozen=True)
class CensusColumns:
    """The three columns beside the area codes, all text, in the order of ``codes``."""

    codes: tuple[str, ...]
    htksyori: tuple[str, ...]
    htksaki: tuple[str, ...]
    gassan: tuple[str, ...]


def census_columns(mapping: Mapping[str, str], *, prefix: int = CITY_PREFIX) -> CensusColumns:
    """Write a merge map (area -> area it is published under) as the census does.

    The members of a ``GASSAN`` stand in code order. Raises InputError for chains and, with a
    prefix, for a merge across the prefix, which the shortened codes could not tell. O(n log n).

    >>> c = census_columns({"27102001001": "27102001002", "27102001002": "27102001002"})
    >>> c.htksyori, c.htksaki, c.gassan
    (('2', '1'), ('001002', ''), ('', '001001'))
    """
    check_targets(mapping)
    members: dict[str, list[str]] = {}
    for area, into in sorted(mapping.items()):
        if area == into:
            continue
        if area[:prefix] != into[:prefix]:
            raise InputError(
                Text(
                    "a merge across cities has no place in this format: {area} → {into}",
                    area=area,
                    into=into,
                ),
                code="merge-city",
            )
        members.setdefault(into, []).append(area[prefix:])
    codes = tuple(mapping)
    return CensusColumns(
        codes,
        tuple(HIDDEN if mapping[c] != c else ABSORBED if c in members else NONE for c in codes),
        tuple(mapping[c][prefix:] if mapping[c] != c else "" for c in codes),
        tuple(";".join(members.get(c, ())) for c in codes),
    )


def merge_map(
    columns: CensusColumns, *, prefix: int = CITY_PREFIX, file: str = "", first_row: int = 2
) -> dict[str, str]:
    """Read the three columns back: area -> area it is published under.

    Both directions must say the same. Raises InputError with one finding a row that does not fit.

    >>> merge_map(census_columns({"27102a": "27102b", "27102b": "27102b"}))
    {'27102a': '27102b', '27102b': '27102b'}
    """
    found = _findings(columns, prefix)
    if found:
        raise InputError.of(
            [
                Finding(
                    "merge-columns",
                    must=must,
                    remedy=_REMEDY,
                    file=file,
                    row=first_row + at,
                    column=column,
                    value=value,
                )
                for at, column, value, must in found
            ]
        )
    return {
        code: code[:prefix] + into if into else code
        for code, into in zip(columns.codes, columns.htksaki, strict=True)
    }


_REMEDY = Text("check the merge columns")
_STATUS = Text("HTKSYORI is 0, 1 or 2 and fits the other two")
_TARGET = Text("the destination lists this area in GASSAN")
_MEMBER = Text("every area in GASSAN names this one in HTKSAKI")


def _findings(columns: CensusColumns, prefix: int) -> Sequence[tuple[int, str, str, Text]]:
    """Row, column, value and law for every row that does not fit."""
    rows = list(zip(columns.codes, columns.htksyori, columns.htksaki, columns.gassan, strict=True))
    taken = {(c[:prefix] + m, c) for c, _, _, gassan in rows for m in gassan.split(";") if m}
    sent = {(c, c[:prefix] + into) for c, _, into, _ in rows if into}
    status = {c: s for c, s, _, _ in rows}
    found: list[tuple[int, str, str, Text]] = []
    for at, (code, state, into, gassan) in enumerate(rows):
        fits = {NONE: not into and not gassan, ABSORBED: bool(gassan) and not into}
        fits[HIDDEN] = bool(into) and not gassan
        if not fits.get(state, False):
            found.append((at, "HTKSYORI", state, _STATUS))
        target = code[:prefix] + into
        if into and ((code, target) not in taken or status.get(target) != ABSORBED):
            found.append((at, "HTKSAKI", into, _TARGET))
        found += [
            (at, "GASSAN", m, _MEMBER)
            for m in gassan.split(";")
            if m and (code[:prefix] + m, code) not in sent
        ]
    return found
