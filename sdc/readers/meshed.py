"""Which records are in a file that says where they lie by a mesh code instead of coordinates?"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sdc.errors import InputError
from sdc.microdata.meshplaces import Box, centres
from sdc.model.records import Records
from sdc.readers.parquet import read_parquet
from sdc.readers.pieces import WHOLE, Piece
from sdc.readers.problems import Problems
from sdc.readers.records import PARQUET
from sdc.readers.spreadsheet import GRIDS, read_grid
from sdc.readers.textfile import TextTable

CRS = "EPSG:6668"


def read_meshed(
    path: str | Path,
    *,
    mesh: str,
    level: str,
    name: str = "records",
    columns: Sequence[str] | None = None,
    encoding: str | None = None,
    layer: str | None = None,
    area: Box | None = None,
    piece: Piece = WHOLE,
) -> Records:
    """Read records of CSV, XLSX or Parquet whose column ``mesh`` holds codes of one ``level``; O(n).

    A record gets the middle of its cell as its position. Options as in ``read_records``; ``area``
    (south, west, north, east) is the study area, where it is known.

    Raises InputError with all findings, among them every code that is impossible at this level
    (a 100 m code declared as 250 m) or lies outside the study area.
    """
    where = Path(path)
    problems = Problems(where.name)
    table = _table(where, encoding=encoding, layer=layer, piece=piece, problems=problems)
    table.require([mesh, *(c for c in columns or () if c != mesh)], problems)
    problems.stop()
    lon, lat, found = centres(
        table.frame[mesh], level, area=area, file=table.file, first_row=table.first_row
    )
    if found:
        raise InputError.of(found)
    wanted = table.columns if columns is None else list(dict.fromkeys(columns))
    return Records(
        name, table.frame[wanted], lon, lat, CRS, table.file, table.encoding, table.first_row,
        table.notes,
    )  # fmt: skip


def _table(
    path: Path, *, encoding: str | None, layer: str | None, piece: Piece, problems: Problems
) -> TextTable:
    suffix = (path / piece.file).suffix.lower()
    if suffix in GRIDS:
        part = None if piece.whole else (piece.head, piece.start, piece.stop, piece.first)
        return read_grid(
            path, encoding=encoding if piece.whole else piece.encoding, sheet=layer, part=part
        )
    if suffix != PARQUET:
        problems.fail("file-kind", value=path.suffix, known=", ".join([*GRIDS, PARQUET]))
    return read_parquet(path, piece=piece)
