"""In which coordinate reference system is a file, by its own word and by the caller's?"""

from __future__ import annotations

from typing import Any

from sdc.readers.problems import Problems


def settle_crs(
    found: str | None, stated: str | None, problems: Problems, *, soft: bool = False
) -> str:
    """The one CRS of a file as authority text such as ``EPSG:6668``; raises where there is none.

    ``found`` is what the file says, ``stated`` what the caller says. Both must mean the same,
    unless the file's word is ``soft`` (GeoJSON that names no CRS is WGS 84 by its standard only).

    >>> settle_crs(None, "epsg:6668", Problems("a"))
    'EPSG:6668'
    """
    mine = None if stated is None else parse_crs(stated, problems)
    theirs = None if found is None else parse_crs(found, problems)
    if mine is None and theirs is None:
        problems.fail("crs-missing")
    if mine is None:
        return name_of(theirs)
    if theirs is not None and not soft and not mine.equals(theirs, ignore_axis_order=True):
        problems.fail("crs-conflict", value=str(stated), found=name_of(theirs))
    return name_of(mine)


def parse_crs(text: str, problems: Problems) -> Any:
    """The CRS that a text names; raises InputError unless it is geographic or projected."""
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    try:
        crs = CRS.from_user_input(text)
    except CRSError:
        problems.fail("crs-unknown", value=text)
    if not (crs.is_geographic or crs.is_projected):
        problems.fail("crs-unknown", value=text)
    return crs


def name_of(crs: Any) -> str:
    """Authority and code, or the full description where the CRS has none."""
    authority = crs.to_authority(min_confidence=70)
    return ":".join(authority) if authority else str(crs.to_wkt())
