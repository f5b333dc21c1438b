"""Into which parts can a file of records be cut, so that each is read by itself?

Parts are byte ranges of a CSV that end with a record, row groups of a Parquet file, and ranges of
features; a folder of Parquet files, as clusters write them, is one file in the order of their names.
Reading the parts one after the other gives the records of the file, with the row numbers of the file, in
memory that does not grow with it; other processes may read them too.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from sdc.readers.problems import Problems
from sdc.readers.textfile import THREE_BYTES, decode, existing, read_bytes

PIECE_BYTES = 32_000_000
PIECE_ROWS = 1_000_000
"""Size of a part, as far as the file allows: rows of Parquet are cut at row groups only."""

_CHUNK = 1 << 24
_QUOTE, _END = ord('"'), ord("\n")


@dataclass(frozen=True)
class Piece:
    """Bytes, row groups or features ``start`` to ``stop`` of a file; ``stop`` -1 is the whole file.

    ``first`` is the number of the first record (from 0); ``head`` is where the header of a CSV ends,
    ``encoding`` what the whole file is written in, ``file`` the name of a file in a folder.
    """

    start: int = 0
    stop: int = -1
    first: int = 0
    head: int = 0
    encoding: str = ""
    file: str = ""

    @property
    def whole(self) -> bool:
        """Whether this is all of the file."""
        return self.stop < 0


WHOLE = Piece()


def pieces(
    path: str | Path, *, encoding: str | None = None, layer: str | None = None
) -> tuple[Piece, ...]:
    """The parts of a file, in the order of its records; kinds that cannot be cut are one part.

    O(bytes) for a CSV, whose encoding is found on the way; O(row groups) for Parquet.

    Raises InputError where the file is missing, a folder holds no Parquet, or a CSV is in no known
    encoding.
    """
    if Path(path).is_dir():
        return tuple(_of_folder(Path(path)))
    where = existing(path)
    suffix = where.suffix.lower()
    if suffix in (".csv", ".txt"):
        return tuple(_of_text(where, encoding))
    if suffix == ".parquet":
        return tuple(_of_parquet(where))
    if suffix in (".gpkg", ".shp"):
        return tuple(_of_features(where, layer))
    return (WHOLE,)


def _of_text(path: Path, stated: str | None) -> Iterator[Piece]:
    with path.open("rb") as stream:
        wide = stream.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
    if path.stat().st_size <= PIECE_BYTES or wide or stated == "utf-16":
        yield WHOLE
        return
    used = stated or encoding_of(path)
    head, start, first, records = 0, 0, 0, 0
    last = _end_of_text(path)
    for end in _record_ends(path):
        if not head:
            head = start = end
            continue
        records += 1
        if end > last:
            break
        if end - start >= PIECE_BYTES:
            yield Piece(start, end, first, head, used)
            start, first = end, records
    yield Piece(start, last, first, head, used) if last > start > 0 else WHOLE


def _record_ends(path: Path) -> Iterator[int]:
    """Bytes after which a record is over: line ends outside quotes."""
    offset, inside = 0, 0
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            data = np.frombuffer(chunk, dtype=np.uint8)
            quotes = np.flatnonzero(data == _QUOTE)
            ends = np.flatnonzero(data == _END)
            outside = (np.searchsorted(quotes, ends) + inside) % 2 == 0
            yield from (ends[outside] + (offset + 1)).tolist()
            inside = (inside + len(quotes)) % 2
            offset += len(chunk)


def _end_of_text(path: Path) -> int:
    """Bytes up to the end of the last record, without its line end."""
    size = path.stat().st_size
    with path.open("rb") as stream:
        start = size
        while start:
            begin = max(0, start - _CHUNK)
            stream.seek(begin)
            text = stream.read(start - begin).rstrip(b"\r\n")
            if text:
                return begin + len(text)
            start = begin
    return 0


def encoding_of(path: Path) -> str:
    """Encoding of a text file by strict trial, as ``decode`` finds it, in constant memory.

    Raises InputError naming the first byte that fits nothing.
    """
    trials = {name: codecs.getincrementaldecoder(name)() for name in ("utf-8", "cp932")}
    sound = broken = 0
    with path.open("rb") as stream:
        marked = stream.read(3) == codecs.BOM_UTF8
        stream.seek(0)
        loose = codecs.getincrementaldecoder("utf-8")("replace")
        while chunk := stream.read(_CHUNK):
            sound += len(THREE_BYTES.findall(chunk))
            broken += loose.decode(chunk).count("\ufffd")
            for name in list(trials):
                try:
                    trials[name].decode(chunk)
                except UnicodeDecodeError:
                    del trials[name]
    for name, trial in list(trials.items()):
        try:
            trial.decode(b"", final=True)
        except UnicodeDecodeError:
            del trials[name]
    if "utf-8" in trials:
        return "utf-8-sig" if marked else "utf-8"
    if "cp932" in trials and not marked and sound <= broken:
        return "cp932"
    decode(read_bytes(path), path.name)
    raise AssertionError("decode refuses what no trial accepts")


def _of_parquet(path: Path) -> Iterator[Piece]:
    about = _about(path)
    if b"geo" in (about.metadata or {}):
        yield WHOLE
        return
    start = first = rows = 0
    for i in range(about.num_row_groups):
        size = about.row_group(i).num_rows
        if rows and rows + size > PIECE_ROWS:
            yield Piece(start, i, first)
            start, first, rows = i, first + rows, 0
        rows += size
    yield Piece(start, about.num_row_groups, first) if rows else WHOLE


def _about(path: Path) -> Any:
    """What a Parquet file tells of itself."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return pq.ParquetFile(path).metadata
    except (pa.ArrowException, OSError):
        Problems(path.name).fail("file-unreadable", value=path.name, kind="Parquet")


def _of_folder(folder: Path) -> Iterator[Piece]:
    """Files without records are passed over; names that begin with _ or . are notes of the writer."""
    names = sorted(f.relative_to(folder).as_posix() for f in folder.rglob("*.parquet"))
    first = 0
    for name in names:
        if any(part[0] in "_." for part in name.split("/")):
            continue
        if (folder / name).is_symlink():  # it may lead out of the folder of the data
            Problems(folder.name).fail("file-unreadable", value=name, kind="Parquet")
        rows = _about(existing(folder / name)).num_rows
        for piece in _of_parquet(folder / name) if rows else ():
            yield replace(piece, file=name, first=first + piece.first)
        first += rows
    if not first:
        Problems(folder.name).fail("file-missing", value=f"{folder.name}/*.parquet")


def _of_features(path: Path, layer: str | None) -> Iterator[Piece]:
    import pyogrio

    try:
        features = int(pyogrio.read_info(path, layer=layer)["features"])
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, UnicodeDecodeError):
        features = 0  # the reader says what is wrong
    if features <= PIECE_ROWS:
        yield WHOLE
        return
    for start in range(0, features, PIECE_ROWS):
        yield Piece(start, min(start + PIECE_ROWS, features), start)
