"""What stands, as text, in the cells of a workbook, and how is any rectangular file read?"""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from sdc.readers.problems import Problems
from sdc.readers.textfile import TextTable, existing, is_suspicious, read_csv, tabular

GRIDS = (".csv", ".txt", ".xlsx")
"""Suffixes of rectangular files without geometry."""

LARGEST_WORKBOOK = 2**31
"""Bytes a workbook may unpack to; more is taken for an attack."""

_EXACT = 10**15


def read_grid(
    path: str | Path,
    *,
    encoding: str | None = None,
    sheet: str | None = None,
    required: Sequence[str] = (),
    part: tuple[int, int, int, int] | None = None,
) -> TextTable:
    """Read a CSV or XLSX file with every cell as text. Raises InputError with all findings.

    ``part`` as in ``read_csv``.
    """
    where = Path(path)
    suffix = where.suffix.lower()
    if suffix not in GRIDS:
        Problems(where.name).fail("file-kind", value=where.suffix, known=", ".join(GRIDS))
    if suffix == ".xlsx":
        return read_xlsx(where, sheet=sheet, required=required)
    return read_csv(where, encoding=encoding, required=required, part=part)


def read_xlsx(
    path: str | Path, *, sheet: str | None = None, required: Sequence[str] = ()
) -> TextTable:
    """Read one sheet: values, never formulas; whole numbers as their digits, dates as ISO text.

    A workbook with several sheets needs ``sheet``. Numbers of more than 15 digits are findings
    (a spreadsheet has rounded them), errors such as #REF! too. Raises InputError with all findings.
    """
    where = existing(path)
    problems = Problems(where.name)
    rows = _rows(where, sheet, problems)
    body = [[as_text(cell) for cell in row] for row in rows]
    width = max((len(r) for r in body), default=0)
    while width and not any(r[width - 1] for r in body):
        width -= 1
    body = [r[:width] if any(r) else [] for r in body]
    while body and not body[-1]:
        body.pop()
    header = body[0] if body else []
    for i, row in enumerate(rows[: len(body)], start=1):
        for j, cell in enumerate(row[:width]):
            code = _damage(cell)
            if code:
                name = header[j] if i > 1 and j < len(header) else ""
                problems.add(code, row=i, column=name, value=as_text(cell))
    sound = not any(is_suspicious(" ".join(r)) for r in body)
    table = tabular(body, where.name, "xlsx", problems=problems, suspicious=not sound)
    table.require(required, problems)
    problems.stop()
    return table


def _rows(path: Path, sheet: str | None, problems: Problems) -> list[tuple[Any, ...]]:
    """The cell values of the sheet asked for."""
    import openpyxl

    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(item.file_size for item in archive.infolist())
        if size > LARGEST_WORKBOOK:
            problems.fail("file-unreadable", value=path.name, kind="XLSX")
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except (OSError, KeyError, ValueError, zipfile.BadZipFile):
        problems.fail("file-unreadable", value=path.name, kind="XLSX")
    try:
        names = book.sheetnames
        if (sheet is None and len(names) != 1) or (sheet is not None and sheet not in names):
            problems.fail("layer-choice", value=sheet or "", known=", ".join(names))
        page = book[sheet if sheet is not None else names[0]]
        page.reset_dimensions()
        return [tuple(row) for row in page.iter_rows(values_only=True)]
    finally:
        book.close()


def as_text(cell: object) -> str:
    """A cell as a reader sees it, without losing digits.

    >>> as_text(13104.0), as_text(0.5), as_text(None), as_text(True), as_text(date(2025, 10, 1))
    ('13104', '0.5', '', 'TRUE', '2025-10-01')
    """
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 2**63 else repr(cell)
    if isinstance(cell, datetime):
        whole_day = cell.time() == time()
        return cell.date().isoformat() if whole_day else cell.isoformat(sep=" ")
    return cell.isoformat() if isinstance(cell, date | time) else str(cell)


def _damage(cell: object) -> str:
    """The finding code of a cell that a spreadsheet has damaged."""
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        return "code-precision" if abs(cell) >= _EXACT else ""
    return "spreadsheet-error" if isinstance(cell, str) and cell in _ERRORS else ""


_ERRORS = frozenset(["#REF!", "#N/A", "#VALUE!", "#NAME?", "#DIV/0!", "#NUM!", "#NULL!"])
