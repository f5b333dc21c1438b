"""Who was merged into whom, in the three columns of the census (HTKSYORI, HTKSAKI, GASSAN)?

Source of the convention: the small-area files of the population census on e-Stat (see
docs/reference); ``HTKSYORI`` is 0 for an area as it is, 1 for one that absorbed others and 2 for
one that was merged away. ``HTKSAKI`` of a 2-row names the destination, ``GASSAN`` of a 1-row the
members, joined by ``;``. Area codes stand without the five digits of their city, mesh codes in
full.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sdc.errors import InputError
from sdc.messages import Text
from sdc.model.hierarchy import Hierarchy
from sdc.model.release import Merge, Release

COLUMNS = ("HTKSYORI", "HTKSAKI", "GASSAN")
CITY_DIGITS = 5
_AREA_DIGITS = (9, 11)


@dataclass(frozen=True)
class Mark:
    """The three columns of one area."""

    syori: str = "0"
    saki: str = ""
    gassan: str = ""

    @property
    def row(self) -> tuple[str, str, str]:
        """In the order of ``COLUMNS``."""
        return self.syori, self.saki, self.gassan


UNTOUCHED = Mark()


def short_code(code: str, kind: str) -> str:
    """An area code without its city, as HTKSAKI and GASSAN print it.

    Town and chome codes (9 or 11 digits) lose the first five; mesh codes and all others stay whole.

    >>> short_code("13104001002", "areas"), short_code("533945471", "mesh")
    ('001002', '533945471')
    """
    if kind == "areas" and len(code) in _AREA_DIGITS and code.isascii() and code.isdigit():
        return code[CITY_DIGITS:]
    return code


def marks(merges: Iterable[Merge], kind: str) -> dict[str, Mark]:
    """Mark of every area that was merged or that absorbed another; O(n log n).

    Raises InputError for a chain, a cycle or an area with two destinations.

    >>> m = marks([Merge("13104001002", "13104001001", "二丁目", "一丁目")], "areas")
    >>> m["13104001002"].row, m["13104001001"].row
    (('2', '001001', ''), ('1', '', '001002'))
    """
    target_of: dict[str, str] = {}
    for merge in merges:
        if target_of.setdefault(merge.source, merge.target) != merge.target:
            raise _chain(merge.source, Text("has two destinations"))
    members: dict[str, list[str]] = {}
    for source, target in sorted(target_of.items()):
        if target in target_of:
            raise _chain(target, Text("is a destination and merged away"))
        members.setdefault(target, []).append(source)
    found: dict[str, Mark] = {}
    for target, sources in members.items():
        inside = [_from(target, source, kind) for source in sources]
        found[target] = Mark("1", "", ";".join(inside))
        found.update({s: Mark("2", _from(s, target, kind), "") for s in sources})
    return found


def _from(here: str, there: str, kind: str) -> str:
    """How the row of one area names another: whole where the two lie in different cities."""
    same_city = here[:CITY_DIGITS] == there[:CITY_DIGITS]
    return short_code(there, kind) if same_city else there


def merges_of(release: Release, dim: Hierarchy) -> tuple[Merge, ...]:
    """The merges of one geographic dimension, by source code.

    Raises InputError where an area is both merged away and published, or its destination is
    missing.
    """
    if dim.name not in release.geographies:
        return ()
    mine = [m for m in release.merges if m.dimension == dim.name or _belongs(m, dim)]
    for merge in mine:
        if merge.source in dim:
            raise _chain(merge.source, Text("is merged away and still published"))
        if merge.target not in dim:
            raise _chain(merge.target, Text("is a destination, not published"))
    return tuple(sorted(mine, key=lambda m: m.source))


def _belongs(merge: Merge, dim: Hierarchy) -> bool:
    return not merge.dimension and (merge.target in dim or merge.source in dim)


def _chain(area: str, what: Text) -> InputError:
    return InputError(Text("{area} {what}", area=area, what=what), code="merge")
