"""What is in a Parquet file, or in one of a folder of them, as text and as geometries?"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import numpy as np
import pandas as pd

from sdc.readers.crs import settle_crs
from sdc.readers.pieces import WHOLE, Piece
from sdc.readers.problems import Problems
from sdc.readers.textfile import TextTable, existing
from sdc.readers.vector import Vector, column_text

NO_VALUE = "__HIVE_DEFAULT_PARTITION__"
"""Name of the folder of records that have no value."""


def read_parquet(
    path: Path,
    *,
    columns: Sequence[str] | None = None,
    positions: Sequence[str] = (),
    piece: Piece = WHOLE,
) -> TextTable:
    """A Parquet file as text; ``positions`` that are stored as numbers stay numbers.

    Columns that the file does not have are left out, and geometries. What the folders of a part say
    (``year=2026/``) stands in columns too. Raises InputError where the file is none.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    where = existing(path / piece.file)
    problems = Problems(where.name)
    try:
        words = [f.name for f in pq.read_schema(where) if pa.types.is_string(f.type)]
        file = pq.ParquetFile(where, read_dictionary=words)
        names = [
            field.name
            for field in file.schema_arrow
            if not pa.types.is_binary(field.type) and (columns is None or field.name in columns)
        ]
        if piece.whole:
            data = file.read(columns=names)
        else:
            data = file.read_row_groups(list(range(piece.start, piece.stop)), columns=names)
    except (pa.ArrowException, OSError, ValueError):
        problems.fail("file-unreadable", value=where.name, kind="Parquet")
    if not len(data):
        problems.fail("header-only", row=1)
    out = {}
    for name in names:
        column = data[name].combine_chunks()
        number = name in positions and (
            pa.types.is_floating(column.type) or pa.types.is_integer(column.type)
        )
        out[name] = (
            column.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
            if number
            else _spelled(column)
        )
    for key, value in _of_folders(piece.file).items():
        if columns is None or key in columns:
            out.setdefault(key, pd.array([value], dtype="str").repeat(len(data)))
    frame = pd.DataFrame(out, index=pd.RangeIndex(len(data)), copy=False)
    return TextTable(frame, path.name, "parquet", 2 + piece.first)


def _of_folders(name: str) -> dict[str, str]:
    """Columns that the folders of a part stand for, in the spelling of Hive.

    >>> _of_folders("year=2026/city=%E6%96%B0%E5%AE%BF/part-0.parquet")
    {'year': '2026', 'city': '新宿'}
    """
    told = [folder.partition("=") for folder in name.split("/")[:-1] if "=" in folder]
    return {key: "" if value == NO_VALUE else unquote(value) for key, _, value in told}


def _spelled(column: Any) -> Any:
    """An Arrow column as text: missing values are blank."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if not pa.types.is_dictionary(column.type):
        column = pc.dictionary_encode(column)
    words = column_text(column.dictionary.to_numpy(zero_copy_only=False).astype(object))
    texts = pa.array([*words, ""], pa.large_string())
    place = pc.fill_null(column.indices.cast(pa.int64()), len(words))
    return as_text_column(texts.take(place))


def as_text_column(texts: Any) -> Any:
    """An Arrow array of texts as a pandas column, without copying."""
    dtype: Any = pd.StringDtype("pyarrow", na_value=np.nan)
    return dtype.__from_arrow__(texts)


def read_geoparquet(
    path: Path, *, crs: str | None, piece: Piece = WHOLE
) -> tuple[TextTable, Vector]:
    """A GeoParquet file as text, with its geometries.

    Raises InputError where the file is none, or holds no geometries.
    """
    import geopandas as gpd
    import pyarrow as pa
    import pyarrow.parquet as pq

    where = existing(path / piece.file)
    problems = Problems(where.name)
    try:
        if b"geo" not in (pq.read_schema(where).metadata or {}):
            problems.fail("geometry-none")
        data = gpd.read_parquet(where)
    except (pa.ArrowException, OSError, ValueError):
        problems.fail("file-unreadable", value=where.name, kind="Parquet")
    if not len(data):
        problems.fail("header-only", row=1)
    shapes = data.geometry
    names = [n for n in data.columns if n != shapes.name]
    texts = {str(n): column_text(data[n].to_numpy(dtype=object)) for n in names}
    frame = pd.DataFrame(
        {**_of_folders(piece.file), **texts}, index=pd.RangeIndex(len(data)), dtype="str"
    )
    table = TextTable(frame, path.name, "parquet", 2 + piece.first)
    found = None if shapes.crs is None else shapes.crs.to_wkt()
    system = settle_crs(found, crs, problems)
    return table, Vector(table, np.asarray(shapes.to_numpy(), dtype=object), system)
