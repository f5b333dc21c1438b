"""Do the derived figures of a delivered package follow from its own printed numbers?

Reads the package's files as a receiver would; shares nothing with the code that made the figures.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from fractions import Fraction
from math import floor
from typing import Any

from sdc.messages import Text
from sdc.publishing.container import Fault
from sdc.publishing.readback import UNREADABLE, Rows, codelists, read_rows

_NUMBER = re.compile(r"[0-9]+(\.[0-9]+)?")
MOST_DECIMALS = 2
Cells = Mapping[tuple[str, ...], str]


def figure_faults(files: Mapping[str, bytes]) -> tuple[Fault, ...]:
    """Every file of derived figures that says more or other than its tables; O(figures).

    Numerator and denominator must be the printed places that ``datapackage.json`` names, the figure
    their rounded quotient, ``X`` where one of them is X.
    """
    paths = [p for p in sorted(files) if re.fullmatch(r"data/derived_[\w-]+\.csv", p)]
    if not paths:
        return ()
    try:
        resources = json.loads(files["datapackage.json"])["resources"]
        origin = {r["path"]: r["derived"] for r in resources if "derived" in r}
        roots = {
            name: next(c for c, up in parents.items() if not up)
            for name, parents in codelists(files).items()
        }
        return tuple(f for p in paths for f in _check(files, p, origin[p], roots=roots))
    except UNREADABLE:
        return (Fault("data", Text("holds figures that cannot be read")),)


def _check(
    files: Mapping[str, bytes], path: str, origin: Mapping[str, Any], *, roots: Mapping[str, str]
) -> Iterator[Fault]:
    rows = read_rows(files[path])
    first = rows[0].index("figure")
    names = rows[0][0:first:2]
    top_names, top = _table(files, origin["table"])
    ratio = origin["kind"] == "ratio"
    bottom_names, bottom = _table(files, origin["by"]) if ratio else (top_names, top)
    for row in rows[1:]:
        text, _, above, below = row[first:]
        at = dict(zip(names, row[0:first:2], strict=True))
        below_at = at if ratio else at | {origin.get("by", ""): roots.get(origin.get("by", ""), "")}
        good = above == _printed(top, top_names, at, roots=roots)
        if origin["kind"] != "density":
            good = good and below == _printed(bottom, bottom_names, below_at, roots=roots)
        if not good or text != _rounded(above, below, origin):
            yield Fault(path, Text("{at}: not from printed numbers", at=at))
            return


def _table(files: Mapping[str, bytes], name: str) -> tuple[list[str], Cells]:
    """The dimensions of a long table, and its published places."""
    rows: Rows = read_rows(files[f"data/{name}.csv"])
    value = rows[0].index("value")
    live = [r for r in rows[1:] if r[value + 1] not in ("M", "G")]
    return rows[0][0:value:2], {tuple(r[0:value:2]): r[value] for r in live}


def _printed(
    cells: Cells, names: list[str], at: Mapping[str, str], *, roots: Mapping[str, str]
) -> str:
    """What a table prints at these codes, all other dimensions at their totals."""
    return cells[tuple(at.get(n, roots[n]) for n in names)]


def _rounded(above: str, below: str, origin: Mapping[str, Any]) -> str:
    """Half up in whole numbers of the last decimal."""
    if "X" in (above, below):
        return "X"
    if "-" in (above, below):
        return "-"
    if not (_NUMBER.fullmatch(above) and _NUMBER.fullmatch(below)):
        raise ValueError(above)
    decimals = int(origin["decimals"])
    if not 0 <= decimals <= MOST_DECIMALS:
        raise ValueError(decimals)
    exact = Fraction(above) * int(origin["times"]) / Fraction(below)
    digits = str(floor(exact * 10**decimals + Fraction(1, 2))).zfill(decimals + 1)
    return f"{digits[:-decimals]}.{digits[-decimals:]}" if decimals else digits
