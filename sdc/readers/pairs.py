"""Which code becomes which other code, according to a file ``from,to``?"""

from __future__ import annotations

from pathlib import Path

from sdc.errors import Finding, InputError
from sdc.readers.problems import Problems
from sdc.readers.spreadsheet import read_grid

FROM, TO = "from", "to"


def read_pairs(path: str | Path, *, encoding: str | None = None) -> dict[str, str]:
    """Read a map of codes with the columns ``from,to``; a blank ``from`` stands for a blank value.

    Raises InputError with all findings: missing columns, a blank ``to``, a ``from`` listed twice.
    """
    return _read(path, encoding)[0]


def read_scheme(
    path: str | Path, *, encoding: str | None = None
) -> tuple[dict[str, str], dict[str, str]]:
    """Read a collapse scheme: the map, and the groups' labels where a column ``label`` gives them.

    Raises what ``read_pairs`` raises.
    """
    return _read(path, encoding)


def _read(path: str | Path, encoding: str | None) -> tuple[dict[str, str], dict[str, str]]:
    table = read_grid(path, encoding=encoding)
    problems = Problems(table.file)
    table.require([FROM, TO], problems)
    problems.stop()
    found: list[Finding] = []
    pairs: dict[str, str] = {}
    labels: dict[str, str] = {}
    names = table.frame["label"].tolist() if "label" in table.frame else [""] * len(table)
    rows = zip(table.frame[FROM].tolist(), table.frame[TO].tolist(), names, strict=True)
    for row, (source, target, label) in enumerate(rows, start=table.first_row):
        if not target:
            found.append(_finding(table.file, row, TO, source, "blank"))
        elif source in pairs:
            found.append(_finding(table.file, row, FROM, source, "double"))
        else:
            pairs[source] = target
            if label:
                labels[target] = label
    if found:
        raise InputError.of(found)
    return pairs, labels


_WORDS = {
    "blank": (
        ("行き先 (to) が空でないこと", "the target (to) must not be blank"),
        ("行き先のコードを書いてください", "write the code it becomes"),
    ),
    "double": (
        ("元のコード (from) は一度だけ書くこと", "a source (from) is listed once"),
        ("重複する行を一つにしてください", "keep one of the rows"),
    ),
}


def _finding(file: str, row: int, column: str, value: str, what: str) -> Finding:
    must, remedy = _WORDS[what]
    return Finding(
        f"pairs-{what}", must=must, remedy=remedy, file=file, row=row, column=column, value=value
    )
