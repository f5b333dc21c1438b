"""In which encoding are the texts of a shapefile?

A .dbf seldom says so, and Japanese ones are CP932 or UTF-8. Each text field is decoded strictly, on
its own: a character cut in half at the end of a field is found, not passed on as another character.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from sdc.readers.problems import Problems
from sdc.readers.textfile import ENCODINGS, candidates

CPG = {
    "utf-8": "utf-8", "utf8": "utf-8", "65001": "utf-8",
    "932": "cp932", "cp932": "cp932", "ms932": "cp932", "windows-31j": "cp932", "ansi 932": "cp932",
    "sjis": "cp932", "shift_jis": "cp932", "shift-jis": "cp932", "s-jis": "cp932",
}  # fmt: skip
"""What a .cpg file may say; Shift_JIS means its Windows form, which holds it."""


@dataclass(frozen=True)
class TextField:
    """One text column of a .dbf: name (bytes) and its place in a record."""

    name: bytes
    start: int
    length: int


def part_of(path: Path, suffix: str) -> Path | None:
    """The file beside a shapefile with another suffix, in small or capital letters."""
    for form in (suffix, suffix.upper()):
        if path.with_suffix(form).is_file():
            return path.with_suffix(form)
    return None


def shapefile_encoding(
    path: Path, problems: Problems, *, stated: str | None = None
) -> tuple[str, str]:
    """Encoding of a shapefile's texts and where it comes from: ``stated``, ``cpg`` or ``trial``.

    Raises InputError naming every text that the encoding does not fit, with its row (the header is
    row 1). O(bytes of the .dbf).
    """
    dbf = part_of(path, ".dbf")
    assert dbf is not None, "the caller has looked for it"
    raw = dbf.read_bytes()
    try:
        fields, records = _parse(raw)
    except (struct.error, ValueError, IndexError):
        problems.fail("file-unreadable", value=dbf.name, kind="DBF")
    source, order = "stated", [] if stated is None else [stated.lower()]
    if stated is not None and stated.lower() not in ENCODINGS:
        problems.fail("encoding-unknown", value=stated, known=", ".join(ENCODINGS))
    cpg = part_of(path, ".cpg")
    if not order and cpg is not None:
        word = cpg.read_text(encoding="ascii", errors="replace").strip().lower()
        source, order = "cpg", [CPG[word]] if word in CPG else []
    if not order:
        texts = b"\n".join(text for field in fields for text, _ in _texts(field, records))
        source, order = "trial", candidates(texts)
    failures = {codec: _failures(codec, fields, records) for codec in order}
    best = min(order, key=lambda codec: len(failures[codec]))
    code = "encoding" if source == "trial" else "encoding-declared"
    for field, row, text in failures[best]:
        name, value = (t.decode(best, "backslashreplace") for t in (field, text))
        problems.add(code, row=row, column=name, value=value, encoding=best)
    problems.stop()
    return best, source


def _parse(raw: bytes) -> tuple[list[TextField], npt.NDArray[np.uint8]]:
    """Text fields, and the records as a matrix of bytes."""
    count, head, size = struct.unpack("<IHH", raw[4:12])
    fields: list[TextField] = []
    at, start = 32, 1
    while raw[at] != 0x0D:
        entry = raw[at : at + 32]
        kind, length = entry[11:12], entry[16]
        if kind == b"C":
            length += entry[17] << 8
            fields.append(TextField(entry[:11].split(b"\0")[0], start, length))
        start += length
        at += 32
    body = np.frombuffer(raw, dtype=np.uint8, count=count * size, offset=head)
    return fields, body.reshape(count, size)


def _texts(
    field: TextField, records: npt.NDArray[np.uint8]
) -> list[tuple[bytes, npt.NDArray[np.int64]]]:
    """The different texts of a field that are not plain ASCII, with their records."""
    cells = np.ascontiguousarray(records[:, field.start : field.start + field.length])
    odd = np.flatnonzero((cells >= 0x80).any(axis=1)).astype(np.int64)
    if not len(odd):
        return []
    texts, places = np.unique(cells[odd].view(f"S{field.length}").ravel(), return_inverse=True)
    return [(bytes(t).rstrip(b" "), odd[places == k]) for k, t in enumerate(texts)]


def _failures(
    codec: str, fields: list[TextField], records: npt.NDArray[np.uint8]
) -> list[tuple[bytes, int, bytes]]:
    """Field, spreadsheet row and bytes of every text that a codec does not fit."""
    found: list[tuple[bytes, int, bytes]] = []
    for field in fields:
        if not _fits(field.name, codec):
            found.append((field.name, 1, field.name))
        for text, rows in _texts(field, records):
            if not _fits(text, codec):
                found += [(field.name, int(i) + 2, text) for i in rows]
    return found


def _fits(text: bytes, codec: str) -> bool:
    try:
        text.decode(codec)
    except UnicodeDecodeError:
        return False
    return True
