"""Which code becomes which other code, according to a file ``from,to``?"""

from __future__ import annotations

from pathlib import Path

from sdc.readers.problems import Problems
from sdc.readers.spreadsheet import read_grid

FROM, TO, LABEL = "from", "to", "label"


def read_pairs(path: str | Path, *, encoding: str | None = None) -> dict[str, str]:
    """Read a map of codes with the columns ``from,to``; a blank ``from`` stands for a blank value.

    Raises InputError with all findings: missing columns, a blank ``to``, a ``from`` listed twice.
    """
    return read_scheme(path, encoding=encoding)[0]


def read_scheme(
    path: str | Path, *, encoding: str | None = None
) -> tuple[dict[str, str], dict[str, str]]:
    """Read a collapse scheme: the map, and the groups' labels where a column ``label`` gives them.

    Raises what ``read_pairs`` raises. O(n).
    """
    table = read_grid(path, encoding=encoding)
    problems = Problems(table.file)
    table.require([FROM, TO], problems)
    problems.stop()
    names = table.frame[LABEL].tolist() if LABEL in table.frame else [""] * len(table)
    first: dict[str, int] = {}
    pairs: dict[str, str] = {}
    labels: dict[str, str] = {}
    rows = zip(table.frame[FROM].tolist(), table.frame[TO].tolist(), names, strict=True)
    for row, (source, target, label) in enumerate(rows, start=table.first_row):
        if not target.strip():
            problems.add("pairs-blank", row=row, column=TO, value=source)
        elif source in first:
            problems.add("pairs-double", row=row, column=FROM, value=source, first=first[source])
        else:
            first[source], pairs[source] = row, target
            if label:
                labels[target] = label
    problems.stop()
    return pairs, labels
