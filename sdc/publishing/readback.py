"""Do the totals of delivered tables add up, wherever everything that goes into them is printed?

Reads the package's CSV files as a receiver would: nothing is taken from the memory of the maker.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping

from sdc.messages import Text
from sdc.publishing.container import Fault

_STATUS = {"A": re.compile(r"0|[1-9][0-9]*"), "X": re.compile("X"), "-": re.compile("-"),
           "M": re.compile("X"), "G": re.compile("")}  # fmt: skip
_TAIL = ("HTKSYORI", "HTKSAKI", "GASSAN")
Rows = list[list[str]]
UNREADABLE = (
    ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RuntimeError,
    csv.Error, StopIteration,
)  # fmt: skip
"""What reading somebody else's files may raise."""


def table_faults(files: Mapping[str, bytes]) -> tuple[Fault, ...]:
    """Every table whose rows contradict each other; O(cells x dimensions).

    A cell is compared with the sum of its parts where no part is hidden; where some are, the
    printed ones may not exceed it. Areas merged away and grouped classes are no parts; where a class
    is grouped in some areas only, its total over the areas is larger than what they print.
    """
    try:
        lists = codelists(files)
        faults: list[Fault] = []
        for path in sorted(files):
            rows = _table(files, path)
            if rows:
                faults += _check(path, rows, lists, files)
        return tuple(faults)
    except UNREADABLE:
        return (Fault("data", Text("holds a CSV file that cannot be read")),)


def read_rows(data: bytes) -> Rows:
    """The rows of one CSV file: UTF-8 with or without BOM, else CP932; ValueError if ragged."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp932")
    rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    if any(len(row) != len(rows[0]) for row in rows) or len(set(rows[0])) != len(rows[0]):
        raise ValueError("ragged, or two columns of one name")
    return rows


def codelists(files: Mapping[str, bytes]) -> dict[str, dict[str, str]]:
    """Column -> code -> parent."""
    found: dict[str, dict[str, str]] = {}
    for path, data in files.items():
        match = re.fullmatch(r"data/codelist_([\w-]+)\.csv", path)
        if match:
            found[match[1]] = {row[0]: row[1] for row in read_rows(data)[1:]}
    return found


def _table(files: Mapping[str, bytes], path: str) -> Rows | None:
    """The rows of a long table, None for any other file."""
    if not re.fullmatch(r"data/[\w-]+\.csv", path):
        return None
    rows = read_rows(files[path])
    return rows if "value" in rows[0] and "status" in rows[0] else None


def _check(
    path: str, rows: Rows, lists: Mapping[str, Mapping[str, str]], files: Mapping[str, bytes]
) -> list[Fault]:
    head = rows[0]
    value, status = head.index("value"), head.index("status")
    dims = [i for i, name in enumerate(head[:value]) if name in lists]
    cells: dict[tuple[str, ...], str] = {}
    everywhere, here = _collapsed(files)
    for row in rows[1:]:
        key = tuple(row[i] for i in dims)
        own = {(head[i], row[i]) for i in dims}
        local = row[status] == "G" and not own & everywhere
        told = not local or any(row[i] in here for i in dims)
        if key in cells or not told or not _STATUS[row[status]].fullmatch(row[value]):
            return [Fault(path, Text("row {key}: repeated or odd", key=key))]
        cells[key] = "G" if local else "" if row[status] in "MG" else row[value]
    parents = {head[i]: lists[head[i]] for i in dims}
    columns = {column for own in here.values() for column in own}
    faults = [
        Fault(path, Text("the total {key} does not add up", key=key))
        for key in _misfits(cells, parents, columns)
    ]
    wide = path.removesuffix(".csv") + "_wide.csv"
    if wide in files and not faults:
        named = [i for i in dims if head[i] != read_rows(files[wide])[0][0]]
        shown = [r for r in rows[1:] if not {(head[i], r[i]) for i in dims} & everywhere]
        faults += _compare_wide(wide, read_rows(files[wide]), [head, *shown], (named, set(here)))
    return faults


def _collapsed(
    files: Mapping[str, bytes],
) -> tuple[set[tuple[str, str]], dict[str, set[str]]]:
    """(column, class) collapsed everywhere, and by area the columns that it collapses for itself."""
    everywhere: set[tuple[str, str]] = set()
    here: dict[str, set[str]] = {}
    rows = read_rows(files["data/collapses.csv"]) if "data/collapses.csv" in files else [[]]
    for row in rows[1:]:
        own = dict(zip(rows[0], row, strict=True))
        if own.get("area"):
            here.setdefault(own["area"], set()).add(own["column"])
        else:
            everywhere.add((own["column"], own["source"]))
    return everywhere, here


def _misfits(
    cells: Mapping[tuple[str, ...], str],
    parents: Mapping[str, Mapping[str, str]],
    grouped: set[str],
) -> list[tuple[str, ...]]:
    """Keys of the cells that contradict the sum of their parts along some dimension.

    Parts counted in a group stand in that group along the ``grouped`` columns, and are missing along
    all others.
    """
    wrong: dict[tuple[str, ...], None] = {}
    for axis, (name, parent) in enumerate(parents.items()):
        shown: dict[tuple[str, ...], int] = {}
        open_: set[tuple[str, ...]] = set()
        for key, text in cells.items():
            above = parent.get(key[axis], "")
            if not above or not text or (text == "G" and name in grouped):
                continue
            up = (*key[:axis], above, *key[axis + 1 :])
            shown[up] = shown.get(up, 0) + (int(text) if text.isdigit() else 0)
            if text in ("X", "G"):
                open_.add(up)
        for key, total in shown.items():
            text = cells.get(key, "")
            printed = 0 if text == "-" else int(text) if text.isdigit() else None
            if printed is not None and (total > printed or (total != printed and key not in open_)):
                wrong[key] = None
    return list(wrong)


def _compare_wide(
    path: str, wide: Rows, long: Rows, marks: tuple[list[int], set[str]]
) -> list[Fault]:
    """Whether the two layouts print the same places, area by area.

    ``marks``: where the classes stand in a long row, and the areas that group some for themselves. A
    group that only they have is a column behind all others, empty where an area has none.
    """
    area = long[0].index(wide[0][0])
    value, (dims, own) = long[0].index("value"), marks
    first = 2 + len(_TAIL)
    usual = {tuple(r[i] for i in dims) for r in long[1:] if r[area] not in own}
    more = sorted({tuple(r[i] for i in dims) for r in long[1:]} - usual)
    by_area: dict[str, list[str]] = {}
    extra: dict[tuple[str, ...], str] = {}
    for row in long[1:]:
        classes = tuple(row[i] for i in dims)
        if classes in usual:
            by_area.setdefault(row[area], []).append(row[value])
        else:
            extra[(row[area], *classes)] = row[value]
    for row in wide[1:]:
        groups = [extra.get((row[0], *m), "") for m in more]
        printed = [*by_area.pop(row[0], []), *groups]
        gone = {*row[first:]} == {"X"} if row[2] == "2" else False  # merged away: all X
        if row[first:] != printed and not gone:
            return [Fault(path, Text("differs from the long table"))]
    return [Fault(path, Text("lacks areas"))] if by_area else []
