"""Which records are in a file, and does each of them have usable codes and a usable position?"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from sdc.messages import Text
from sdc.model.records import Records
from sdc.readers.codes import check_codes, looks_like_code
from sdc.readers.crs import settle_crs
from sdc.readers.parquet import read_geoparquet, read_parquet
from sdc.readers.pieces import WHOLE, Piece
from sdc.readers.positions import (
    UNPLACED,
    Positions,
    check_positions,
    positions_of_columns,
)
from sdc.readers.problems import Problems, show, write_errors
from sdc.readers.spreadsheet import GRIDS, read_grid
from sdc.readers.textfile import TextTable
from sdc.readers.vector import VECTORS, Vector, column_text, read_vector

__all__ = ["read_records", "show", "write_errors"]

PARQUET = ".parquet"
FORMATS = (*GRIDS, PARQUET, *VECTORS)
"""Suffixes of files that may hold records."""


def read_records(
    path: str | Path,
    *,
    name: str = "records",
    x: str | None = None,
    y: str | None = None,
    crs: str | None = None,
    columns: Sequence[str] | None = None,
    codes: Sequence[str] | None = None,
    unplaced: str = "refuse",
    encoding: str | None = None,
    layer: str | None = None,
    piece: Piece = WHOLE,
) -> Records:
    """Read geocoded records: CSV, XLSX, Parquet, GeoPackage, Shapefile or GeoJSON; O(n).

    Every column stays text. Positions come from the columns ``x`` (longitude or easting) and ``y``
    in ``crs``, or from the geometries of the file: points as they are, polygons by their centroid,
    or by a point inside where the centroid lies outside. ``columns`` keeps only these (personal
    data that nobody needs are not even held); ``codes`` are the columns checked for damaged codes,
    by default those whose names say that they hold codes. ``unplaced="keep"`` accepts records
    without a position, 0,0 included, as NaN and counts them in ``notes``. ``piece``, one of
    ``pieces(path)``, reads that part only; rows keep the numbers they have in the file.

    Raises InputError with all findings, in row order: encoding, ragged rows, missing columns, CRS
    missing or contradicting, coordinates that are no plain numbers, missing, 0,0, swapped, in the
    wrong unit or outside Japan, codes that a spreadsheet has damaged.
    """
    where = Path(path)
    problems = Problems(where.name)
    if unplaced not in UNPLACED:
        problems.fail("option", value=unplaced, name="unplaced", known=", ".join(UNPLACED))
    suffix = (where / piece.file).suffix.lower()
    if suffix not in FORMATS:
        problems.fail("file-kind", value=where.suffix, known=", ".join(FORMATS))
    if (x is None) != (y is None) or (x is None and suffix in GRIDS):
        problems.fail("xy-missing", value=x or y or "")
    wanted = None if columns is None else list(dict.fromkeys(columns))
    table, vector = _table(
        where,
        encoding=encoding,
        layer=layer,
        crs=crs,
        xy=None if x is None or y is None else (x, y),
        columns=wanted,
        piece=piece,
    )
    if x is not None and y is not None:
        table.require([x, y], problems)
        table.require([c for c in columns or () if c not in (x, y)], problems)
        system = settle_crs(None, crs, problems) if vector is None else vector.crs
        problems.stop()
        at = positions_of_columns(table, (x, y), problems)
    else:
        assert vector is not None
        table.require(columns or (), problems)
        problems.stop()
        at, system = _positions_of_geometries(vector, problems), vector.crs
    px, py = check_positions(at, system, problems, unplaced=unplaced)
    wanted = table.columns if wanted is None else wanted
    _check_codes(table, wanted, problems, codes=codes, skip=(x, y))
    problems.stop()
    return Records(
        name=name,
        frame=_as_text(table.frame[wanted]),
        x=px,
        y=py,
        crs=system,
        file=table.file,
        encoding=table.encoding,
        first_row=table.first_row,
        notes=(*table.notes, *_count_unplaced(px)),
    )


def _table(
    path: Path,
    *,
    encoding: str | None,
    layer: str | None,
    crs: str | None,
    xy: tuple[str, str] | None,
    columns: Sequence[str] | None,
    piece: Piece,
) -> tuple[TextTable, Vector | None]:
    """The attributes, and the geometries where positions come from them."""
    suffix = (path / piece.file).suffix.lower()
    if suffix in GRIDS:
        part = None if piece.whole else (piece.head, piece.start, piece.stop, piece.first)
        used = encoding if piece.whole else piece.encoding
        return read_grid(path, encoding=used, sheet=layer, part=part), None
    if suffix == PARQUET:
        if xy is None:
            return read_geoparquet(path, crs=crs, piece=piece)
        wanted = None if columns is None else list(dict.fromkeys([*xy, *columns]))
        return read_parquet(path, columns=wanted, positions=xy, piece=piece), None
    part_of_layer = None if piece.whole else (piece.start, piece.stop)
    vector = read_vector(path, crs=crs, layer=layer, encoding=encoding, part=part_of_layer)
    return vector.table, vector


def _as_text(frame: pd.DataFrame) -> pd.DataFrame:
    """Positions that are also wanted as columns, spelled."""
    numbers = [str(c) for c in frame.columns if pd.api.types.is_float_dtype(frame[c])]
    return frame.assign(**{c: pd.array(column_text(frame[c]), dtype="str") for c in numbers})


def _positions_of_geometries(vector: Vector, problems: Problems) -> Positions:
    """One point a feature; O(vertices)."""
    import shapely

    shape = vector.geometry
    missing = np.asarray(shapely.is_missing(shape) | shapely.is_empty(shape), dtype=bool)
    kind = shapely.get_type_id(shape)
    wrong = ~missing & ~np.isin(kind, (0, 3, 6))
    for i in np.flatnonzero(wrong):
        problems.add(
            "geometry-kind",
            row=vector.table.first_row + int(i),
            column="geometry",
            value=str(shape[i].geom_type),
            wanted="Point / Polygon",
        )
    points = shape.copy()
    area = np.flatnonzero(np.isin(kind, (3, 6)) & ~missing)
    centre = shapely.centroid(shape[area])
    outside = ~shapely.covers(shape[area], centre)
    centre[outside] = shapely.point_on_surface(shape[area][outside])
    points[area] = centre
    points[wrong | missing] = None
    x, y = shapely.get_x(points), shapely.get_y(points)
    return Positions(x, y, missing, wrong, ("geometry",), vector.table.first_row)


def _check_codes(
    table: TextTable,
    wanted: Sequence[str],
    problems: Problems,
    *,
    codes: Sequence[str] | None,
    skip: tuple[str | None, ...],
) -> None:
    """Note codes that a spreadsheet has damaged."""
    if codes is not None:
        table.require(codes, problems)
        problems.stop()
    named = codes if codes is not None else [c for c in wanted if looks_like_code(c)]
    for column in named:
        if column not in skip:
            check_codes(table.frame[column], problems, first_row=table.first_row)


def _count_unplaced(x: np.ndarray) -> tuple[Text, ...]:
    """How many records have no position, where there are any."""
    n = int(np.isnan(x).sum())
    return (Text("records without a position: {n}", n=n),) if n else ()
