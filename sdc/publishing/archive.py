"""How does a package become one zip file, the same bytes on every machine?

All entries carry the date 1980-01-01 and mode 0444, lie in path order in one folder, and nothing
else is in the file: no extra fields, no comments, no gaps. They are stored, not compressed: a
compressed stream has bits that may be changed unnoticed, and differs from one zlib to the next.
``verify`` refuses archives that differ in a single bit.
"""

from __future__ import annotations

import io
import os
import zipfile
from pathlib import Path

from sdc.errors import InputError, disk_error
from sdc.messages import Text
from sdc.publishing import files
from sdc.publishing.container import ZIP_DATE, ZIP_MODE


def zip_bytes(contents: dict[str, bytes], top: str) -> bytes:
    """The files as a zip with one folder ``top``; O(bytes).

    >>> zip_bytes({"a": b"1"}, "r") == zip_bytes({"a": b"1"}, "r")
    True
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for path in sorted(contents):
            entry = zipfile.ZipInfo(f"{top}/{path}", ZIP_DATE)
            entry.create_system = 3
            entry.external_attr = ZIP_MODE
            entry.compress_type = zipfile.ZIP_STORED
            archive.writestr(entry, contents[path])
    return buffer.getvalue()


def archive_stage(package: Path, place: Path | None = None) -> Path:
    """Where an archive is written before it gets its name."""
    target = place if place is not None else package.with_name(package.name + ".zip")
    return target.with_name(f".{target.name}.stage")


def zip_package(package: Path | str, target: Path | str | None = None) -> Path:
    """Write ``<package>.zip`` (or ``target``), read-only, whole or not at all.

    The same archive lying there already is left alone; raises InputError for another one.
    """
    source = Path(package)
    place = Path(target) if target is not None else source.with_name(source.name + ".zip")
    data = zip_bytes(files.tree(source), source.name)
    if os.path.lexists(place):
        if place.is_file() and not place.is_symlink() and place.read_bytes() == data:
            return place
        raise InputError(Text("exists already: {name}", name=place.name), code="zip")
    stage = archive_stage(source, place)
    try:
        files.remove_tree(stage)
        files.write_file(stage, data, mode=files.FILE_MODE)
        files.move(stage, place)
    except OSError as error:
        files.remove_tree(stage)
        raise disk_error(error) from error
    return place
