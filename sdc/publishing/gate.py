"""Which files does a release consist of, before they are put on a disk?

The only way out of the house: whoever wants bytes hands in a ``Release``, and gets exactly the
files that its ``formats`` name. ``["images"]`` alone is the survey's strict reading: pictures,
and nothing a reader could work on directly.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sdc.errors import InputError
from sdc.messages import Text
from sdc.model.release import FORMATS, Release
from sdc.publishing.symbols import ENCODINGS, safe_name

RESERVED = {"code", "name", "merged", "mergers", "collapses"}
"""Names that a table may not have: files and GeoJSON properties are called so."""

RELEASE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,79}")
_MUNICIPALITY = re.compile(r"[0-9]{6}")


def admit(release: Release) -> Release:
    """The release itself, if it may go on to be written.

    Raises TypeError for anything but a ``Release``, InputError for an id, a municipality, a
    format or an encoding that is not usable.
    """
    if type(release) is not Release:
        raise TypeError("only a Release can be published")
    info = release.info
    if not RELEASE_ID.fullmatch(info.id):
        raise _bad(Text("release id is not usable: {id!r}", id=info.id))
    if not _MUNICIPALITY.fullmatch(info.municipality):
        raise _bad(Text("the municipality code has six digits"))
    if not info.formats or not set(info.formats) <= set(FORMATS):
        raise _bad(Text("formats must be chosen from {FORMATS}", FORMATS=FORMATS))
    if info.encoding not in ENCODINGS:
        raise _bad(Text("encoding must be one of {ENCODINGS}", ENCODINGS=ENCODINGS))
    if isinstance(info.serial, bool) or info.serial < 1:
        raise _bad(Text("serial must be a whole number >= 1"))
    if not info.ground.strip() or not info.section.strip():
        raise _bad(Text("a release names its legal ground and its section"))
    names = [safe_name(t.name).casefold() for t in release.tables]
    if len(set(names)) != len(names) or not names:
        raise _bad(Text("tables need distinct names"))
    reserved = sorted(set(names) & RESERVED)
    if reserved:
        raise _bad(Text("no table may be called {found!r}", found=reserved[0]))
    return release


def payload(release: Release) -> Iterator[tuple[str, bytes]]:
    """(path, bytes) of everything below ``data/``, as the release's formats ask for.

    Raises what ``admit`` raises; nothing is written here.
    """
    admit(release)
    formats = release.info.formats
    if "csv" in formats:
        from sdc.publishing.csvfile import csv_files

        yield from csv_files(release)
    if "geojson" in formats:
        from sdc.publishing.geojson import geojson_files

        yield from geojson_files(release)
    if "images" in formats:
        from sdc.publishing.map import map_files

        yield from map_files(release)
    if "pdf" in formats:
        from sdc.publishing.pdf import pdf_files

        yield from pdf_files(release)


def _bad(text: Text) -> InputError:
    return InputError(text, code="release")
