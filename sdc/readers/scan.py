"""Which records will a file give, piece by piece, once somebody asks for them?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sdc.model.records import Records
from sdc.readers.pieces import Piece, pieces
from sdc.readers.records import read_records


@dataclass(frozen=True)
class RecordFile:
    """A file of records that has not been read; it can be sent to another process.

    ``pieces`` are its parts, ``read`` gives the records of one of them.
    """

    path: str
    name: str
    pieces: tuple[Piece, ...]
    options: dict[str, Any] = field(default_factory=dict)

    def read(self, piece: Piece, *, columns: Sequence[str]) -> Records:
        """The records of one piece. Raises InputError with the findings of the piece."""
        return read_records(
            self.path, name=self.name, columns=list(columns), piece=piece, **self.options
        )


def scan_records(
    path: str | Path,
    *,
    name: str = "records",
    x: str | None = None,
    y: str | None = None,
    crs: str | None = None,
    unplaced: str = "refuse",
    encoding: str | None = None,
    layer: str | None = None,
) -> RecordFile:
    """A file to be counted without ever being held whole; options as in ``read_records``.

    Raises InputError where the file is missing or a CSV is in no known encoding.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder) / "a.csv"
    ...     _ = file.write_text("use,lon,lat\\n411,139.7,35.7\\n", encoding="utf-8")
    ...     found = scan_records(file, x="lon", y="lat", crs="EPSG:6668")
    ...     len(found.read(found.pieces[0], columns=["use"]))
    1
    """
    options = {
        "x": x, "y": y, "crs": crs, "unplaced": unplaced, "encoding": encoding, "layer": layer,
    }  # fmt: skip
    parts = pieces(path, encoding=encoding, layer=layer)
    return RecordFile(str(path), name, parts, options)
