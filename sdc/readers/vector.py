"""What is in a file with geometries, with every attribute as text and one CRS?"""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from sdc.messages import Text
from sdc.readers import textfile
from sdc.readers.crs import settle_crs
from sdc.readers.dbf import part_of, shapefile_encoding
from sdc.readers.problems import Problems
from sdc.readers.spreadsheet import as_text
from sdc.readers.textfile import TextTable, existing

VECTORS = (".gpkg", ".shp", ".geojson", ".json")
"""Suffixes of files with geometries."""

_MAGIC = {".gpkg": b"SQLite format 3\x00", ".shp": b"\x00\x00\x27\x0a"}
_KINDS = {".gpkg": "GeoPackage", ".shp": "Shapefile", ".geojson": "GeoJSON", ".json": "GeoJSON"}


@dataclass(frozen=True, eq=False)
class Vector:
    """Features in file order: a table of texts, geometries (n,) with None where one is missing."""

    table: TextTable
    geometry: npt.NDArray[np.object_]
    crs: str


def read_vector(
    path: str | Path,
    *,
    crs: str | None = None,
    layer: str | None = None,
    encoding: str | None = None,
    part: tuple[int, int] | None = None,
) -> Vector:
    """Read a GeoPackage, Shapefile or GeoJSON; geometries in two dimensions.

    ``part`` (start, stop) reads these features only.

    A file is opened by what its name says it is and by nothing else. Feature ``i`` counts as row
    ``i + 2``, as an attribute table in a spreadsheet does. Raises InputError with all findings: no
    or contradicting CRS, missing parts, several layers and none chosen, wrong encoding, geometries
    that cannot be read.
    """
    where = existing(path)
    suffix = where.suffix.lower()
    problems = Problems(where.name)
    if suffix not in VECTORS:
        problems.fail("file-kind", value=where.suffix, known=", ".join(VECTORS))
    used, source, soft = _open(where, encoding, problems)
    chosen = _layer(where, layer, problems)
    meta, wkb, columns = _raw(
        where,
        layer=chosen,
        encoding=used if suffix == ".shp" else None,
        problems=problems,
        part=part,
    )
    first_row = 2 if part is None else 2 + part[0]
    if wkb is None:
        problems.fail("geometry-none")
    found = "EPSG:4326" if soft and meta["crs"] is None else meta["crs"]
    system = settle_crs(found, crs, problems, soft=soft)
    names = [str(name) for name in meta["fields"]]
    if names:
        textfile.check_header(names, problems)
    texts = {n: column_text(c) for n, c in zip(names, columns, strict=True)}
    frame = pd.DataFrame(texts, index=pd.RangeIndex(len(wkb)), dtype="str")
    if any(textfile.is_suspicious("\n".join(frame[n])) for n in names):
        textfile.check_text(frame, problems, first_row=first_row)
    geometry = _geometries(wkb, problems, first_row=first_row)
    if not len(frame):
        problems.add("header-only", row=1)
    problems.stop()
    said = Text("encoding: {used} ({how})", used=used, how=_HOW[source])
    return Vector(TextTable(frame, where.name, used, first_row, (said,)), geometry, system)


_HOW = {
    "stated": Text("as stated"),
    "cpg": Text(".cpg"),
    "trial": Text("found by strict trial"),
    "format": Text("of the format"),
}


def _open(path: Path, stated: str | None, problems: Problems) -> tuple[str, str, bool]:
    """Encoding, where it comes from, and whether the CRS is only the format's default."""
    suffix = path.suffix.lower()
    kind = _KINDS[suffix]
    with path.open("rb") as stream:
        start = stream.read(16)
    if suffix in _MAGIC and not start.startswith(_MAGIC[suffix]):
        problems.fail("file-unreadable", value=path.name, kind=kind)
    if suffix == ".shp":
        for part in (".shx", ".dbf"):
            if part_of(path, part) is None:
                problems.add("file-part", value=path.with_suffix(part).name)
        problems.stop()
        used, source = shapefile_encoding(path, problems, stated=stated)
        return used, source, False
    if suffix in (".geojson", ".json"):
        text, used = textfile.decode(path.read_bytes(), path.name, encoding="utf-8")
        if not text.lstrip("\ufeff \r\n\t").startswith("{"):
            problems.fail("file-unreadable", value=path.name, kind=kind)
        return used, "format", re.search(r'"crs"\s*:', text) is None
    return "utf-8", "format", False


def _layer(path: Path, layer: str | None, problems: Problems) -> str | None:
    """The layer to read: the one named, or the only one with geometries."""
    import pyogrio

    try:
        listed = [(str(name), kind) for name, kind in pyogrio.list_layers(path)]
    except pyogrio.errors.DataSourceError:
        problems.fail("file-unreadable", value=path.name, kind=_KINDS[path.suffix.lower()])
    names = [name for name, kind in listed if kind is not None] or [name for name, _ in listed]
    if (layer is None and len(names) != 1) or (layer is not None and layer not in names):
        problems.fail("layer-choice", value=layer or "", known=", ".join(names))
    return layer or names[0]


def _raw(
    path: Path,
    *,
    layer: str | None,
    encoding: str | None,
    problems: Problems,
    part: tuple[int, int] | None,
) -> tuple[dict[str, Any], Any, list[Any]]:
    """What GDAL reads: description, WKB, one array a column."""
    import pyogrio

    rows = {} if part is None else {"skip_features": part[0], "max_features": part[1] - part[0]}
    try:
        with warnings.catch_warnings():
            # GDAL repairs the order of rings and says so; validity is judged later, on our side.
            warnings.simplefilter("ignore")
            meta, _, wkb, columns = pyogrio.raw.read(
                path, layer=layer, encoding=encoding, force_2d=True, **rows
            )
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, UnicodeDecodeError):
        problems.fail("file-unreadable", value=path.name, kind=_KINDS[path.suffix.lower()])
    return dict(meta), wkb, list(columns)


def _geometries(wkb: Any, problems: Problems, *, first_row: int) -> npt.NDArray[np.object_]:
    """Geometries, None where there is none; what cannot be read is noted."""
    import shapely

    geometry = np.asarray(shapely.from_wkb(wkb, on_invalid="ignore"), dtype=object)
    for i, (given, read) in enumerate(zip(wkb, geometry, strict=True)):
        if given is not None and read is None:
            problems.add("geometry-unreadable", row=i + first_row, column="geometry")
    return geometry


def column_text(column: Any) -> list[str]:
    """A column of any type as text: whole numbers as digits, missing values blank.

    >>> column_text(np.array([13104.0, np.nan])), column_text(np.array([1, 2]))
    (['13104', ''], ['1', '2'])
    """
    values = pd.Series(column).astype(object)
    blank = pd.isna(values).to_numpy(dtype=bool)
    plain = [v.item() if isinstance(v, np.generic) else v for v in values]
    return ["" if b else as_text(v) for v, b in zip(plain, blank, strict=True)]
