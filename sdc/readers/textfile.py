"""In which encoding is a text file, and what stands in every cell of it?"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from sdc.messages import Text
from sdc.readers.problems import Problems

ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "cp932")
"""What a caller may state; without a statement they are tried strictly."""

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x80-\x9f\uf8f0-\uf8f3]")
THREE_BYTES = re.compile(rb"[\xe0-\xef][\x80-\xbf]{2}")
_LATIN = re.compile(r"[\x80-\xff\u0152-\u0192\u02c6-\u02dc\u2013-\u203a\u20ac\u2122]{2,}")

_KANA_KANJI = re.compile(r"[\u3041-\u30fe\u4e00-\u9fff\uff01-\uff5e]")
_CONFUSIONS = (
    ("cp932", "utf-8"),
    ("cp1252", "utf-8"),
    ("latin-1", "utf-8"),
    ("latin-1", "cp932"),
    ("cp1252", "cp932"),
)
"""What a text was taken for, and what it was."""


@dataclass(frozen=True, eq=False)
class TextTable:
    """A rectangular file as it stands: every cell is text, blank cells are the empty text.

    ``frame`` is indexed 0 … n-1; its row ``i`` is spreadsheet row ``first_row + i``. ``notes`` tell
    what the reader repaired or decided, as (Japanese, English).
    """

    frame: pd.DataFrame
    file: str
    encoding: str
    first_row: int = 2
    notes: tuple[Text, ...] = ()

    def __len__(self) -> int:
        return len(self.frame)

    @property
    def columns(self) -> list[str]:
        """Column names in file order."""
        return [str(name) for name in self.frame.columns]

    def require(self, names: Sequence[str], problems: Problems) -> None:
        """Note every name that is not a column."""
        for name in names:
            if name not in self.frame.columns:
                known = ", ".join(self.columns)
                problems.add("column-missing", row=1, column=name, known=known)


def existing(path: str | Path) -> Path:
    """A file that is there and holds something; raises InputError for any other."""
    where = Path(path)
    if not where.is_file():
        Problems(where.name).fail("file-missing", value=where.name)
    if where.stat().st_size == 0:
        Problems(where.name).fail("file-empty")
    return where


def read_bytes(path: str | Path) -> bytes:
    """The bytes of a file. Raises InputError where it is missing, unreadable or blank."""
    where = existing(path)
    try:
        raw = where.read_bytes()
    except OSError as error:
        value = error.strerror or ""
        Problems(where.name).fail("file-unreadable", value=value, kind=where.suffix)
    if not raw.strip(b"\x00 \t\r\n\xef\xbb\xbf\xff\xfe"):
        Problems(where.name).fail("file-empty")
    return raw


def decode(raw: bytes, file: str, *, encoding: str | None = None) -> tuple[str, str]:
    """Text and encoding by strict trial: BOM, then UTF-8, then CP932; O(bytes).

    A file whose bytes are mostly sound UTF-8 is never read as CP932: one damaged byte would turn
    all of it into other characters. Raises InputError naming the first byte that fits nothing.

    >>> decode("新宿".encode("cp932"), "a.csv")
    ('新宿', 'cp932')
    >>> decode("新宿".encode("utf-8-sig"), "a.csv")
    ('新宿', 'utf-8-sig')
    """
    problems = Problems(file)
    if encoding is not None and encoding.lower() not in ENCODINGS:
        problems.fail("encoding-unknown", value=encoding, known=", ".join(ENCODINGS))
    order = [encoding.lower()] if encoding else candidates(raw)
    failed: UnicodeDecodeError | None = None
    for name in order:
        codec = "utf-8-sig" if name == "utf-8" and encoding else name
        try:
            return raw.decode(codec), name
        except UnicodeDecodeError as error:
            failed = error if failed is None or error.start > failed.start else failed
    assert failed is not None
    code = "encoding-declared" if encoding else "encoding"
    row, column, value = _locate(raw, failed, order[0])
    problems.fail(code, row=row, column=column, value=value, encoding=encoding)


def candidates(raw: bytes) -> list[str]:
    """Encodings worth a trial, best first."""
    if raw.startswith(codecs.BOM_UTF8):
        return ["utf-8-sig"]
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return ["utf-16"]
    sound = len(THREE_BYTES.findall(raw))
    broken = raw.decode("utf-8", "replace").count("\ufffd")
    return ["utf-8"] if sound > broken else ["utf-8", "cp932"]


def _locate(raw: bytes, error: UnicodeDecodeError, codec: str) -> tuple[int, str, str]:
    """Row, column name and cell of the first byte that could not be decoded."""
    if codec == "utf-16":
        before = raw[: error.start].decode("utf-16", "replace")
        return before.count("\n") + 1, "", raw[error.start : error.start + 2].hex(" ")
    row = raw.count(b"\n", 0, error.start) + 1
    start = raw.rfind(b"\n", 0, error.start) + 1
    end = raw.find(b"\n", error.start)
    line = raw[start : end if end >= 0 else len(raw)].rstrip(b"\r")
    cell = line[: error.start - start].count(b",")
    header = next(csv.reader([raw.split(b"\n", 1)[0].decode(codec, "backslashreplace")]), [])
    fields = line.split(b",")
    name = header[cell].strip("\r") if row > 1 and cell < len(header) else ""
    return row, name, fields[cell].decode(codec, "backslashreplace")


def read_csv(
    path: str | Path,
    *,
    encoding: str | None = None,
    required: Sequence[str] = (),
    part: tuple[int, int, int, int] | None = None,
) -> TextTable:
    """Read a CSV with every cell as text, leading zeros kept; O(bytes).

    ``part`` (end of the header, start, stop, number of the first record) reads these bytes only,
    below the header.

    Blank lines at the end are ignored. Raises InputError with all findings: wrong encoding, garbled
    text, control characters, ragged or blank rows, empty file, header only, columns that are
    missing (``required``), blank or double.
    """
    where = Path(path)
    raw = read_bytes(where) if part is None else _bytes_of(where, part)
    first_row = 2 if part is None else 2 + part[3]
    text, used = decode(raw, where.name, encoding=encoding)
    problems = Problems(where.name)
    rows = split(text.removeprefix("\ufeff"), problems, first_row=first_row)
    suspicious = is_suspicious(text)
    table = tabular(
        rows, where.name, used, problems=problems, suspicious=suspicious, first_row=first_row
    )
    table.require(required, problems)
    problems.stop()
    return table


def _bytes_of(path: Path, part: tuple[int, int, int, int]) -> bytes:
    """The header of a file and some of the records below it."""
    head, start, stop, _ = part
    with path.open("rb") as stream:
        header = stream.read(head)
        stream.seek(start)
        return header + stream.read(stop - start)


def split(text: str, problems: Problems, *, first_row: int = 2) -> list[list[str]]:
    """Fields of every record; blank lines at the end are left out."""
    rows: list[list[str]] = []
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        for record in reader:
            rows.append(record)  # noqa: PERF402 - the rows before an error say where it is
    except csv.Error:
        problems.fail("quote", row=len(rows) + first_row - 1)
    while rows and not rows[-1]:
        rows.pop()
    return rows


def is_suspicious(text: str) -> bool:
    """Whether a closer look for garbled text is worth its time."""
    folded = text.encode("cp932", "replace")
    odd = "\ufffd" in text or _CONTROL.search(text) or _LATIN.search(text)
    return bool(odd or THREE_BYTES.search(folded))


def tabular(
    rows: list[list[str]],
    file: str,
    encoding: str,
    *,
    problems: Problems,
    suspicious: bool,
    first_row: int = 2,
) -> TextTable:
    """Check a header and the rows below it; raises where their shape does not allow a table."""
    if not rows:
        problems.fail("file-empty")
    header, body = rows[0], rows[1:]
    check_header(header, problems)
    if not body:
        problems.add("header-only", row=1)
    width = len(header)
    for i, record in enumerate(body):
        if len(record) != width:
            code = "ragged" if record else "row-blank"
            value = "" if not record else str(len(record))
            problems.add(code, row=i + first_row, value=value, n=width)
    problems.stop()
    columns = list(zip(*body, strict=True))
    frame = pd.DataFrame(dict(zip(header, columns, strict=True)), dtype="str")
    if suspicious:
        check_text(frame, problems, first_row=first_row)
    return TextTable(frame, file, encoding, first_row)


def check_header(header: list[str], problems: Problems) -> None:
    """Column names are there, clean, different, and separated by commas."""
    if len(header) == 1 and re.search(r"[\t;]", header[0]):
        problems.fail("separator", row=1, value=header[0])
    for i, name in enumerate(header):
        if not name.strip():
            problems.add("header-blank", row=1, column=str(i + 1))
        elif name != name.strip():
            problems.add("header-space", row=1, column=name.strip(), value=name)
        elif name in header[:i]:
            problems.add("header-duplicate", row=1, column=name, value=name)


def check_text(frame: pd.DataFrame, problems: Problems, *, first_row: int) -> None:
    """Note control characters and garbled text, cell by cell."""
    for name in frame.columns:
        places, cells = pd.factorize(frame[name])
        told = enumerate(map(_garbled, cells))
        wrong = {k: found for k, found in told if found[0]}
        if not wrong:
            continue
        bad = np.isin(places, list(wrong))
        for i in np.flatnonzero(bad):
            code, guess = wrong[int(places[i])]
            row, value = first_row + int(i), str(cells[places[i]])
            problems.add(code, row=row, column=str(name), value=value, guess=guess)


def _garbled(cell: str) -> tuple[str, str]:
    """Finding code and what was meant; two empty texts for a sound cell."""
    if cell.isascii() and cell.isalnum():
        return "", ""
    if _CONTROL.search(cell):
        return "control", ""
    guess = ungarble(cell)
    return ("mojibake", guess) if guess is not None else ("", "")


def ungarble(cell: str) -> str | None:
    """What a garbled text was meant to be, "?" where that is lost, None for sound text.

    UTF-8 that was read as CP932 or Latin-1, and CP932 that was read as Latin-1, are undone, also
    where a byte was lost on the way. Two characters must come out right: a single one can be chance.

    >>> ungarble("新宿".encode().decode("cp932")), ungarble("新宿区")
    ('新宿', None)
    """
    if "\ufffd" in cell:
        return "?"
    for wrong, right in _CONFUSIONS:
        if wrong != "cp932" and not _LATIN.search(cell):
            continue
        meant = cell.encode(wrong, "replace").decode(right, "replace")
        errors = meant.count("\ufffd") + cell.encode(wrong, "replace").count(b"?") - cell.count("?")
        sound = len(_KANA_KANJI.findall(meant))
        if meant != cell and sound >= 2 and sound > 2 * errors:
            return meant.rstrip("\ufffd")
    return None
