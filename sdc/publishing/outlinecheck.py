"""Do the numbers that stand in the outlines of places agree with the tables of the package?

Reads the package's GeoJSON and CSV files as a receiver would: nothing comes from the memory of the maker.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from sdc.messages import Text
from sdc.publishing.container import Fault
from sdc.publishing.readback import UNREADABLE, codelists, read_rows

DESCRIBED = ("code", "name", "merged")
Totals = Mapping[str, tuple[str, str]]
"""Value and status of the total of every place of one table."""


def outline_faults(files: Mapping[str, bytes]) -> tuple[Fault, ...]:
    """Every outline file that says something else than the tables, or more; O(cells + places).

    Each place carries the total of every table of its geography, ``null`` where it is hidden, and nothing
    else. A package without tables has nothing to compare with.
    """
    faults: list[Fault] = []
    outlines = [p for p in sorted(files) if p.endswith(".geojson")]
    try:
        tables = _tables(files) if outlines else {}
    except UNREADABLE:
        return tuple(Fault(path, Text("cannot be read")) for path in outlines)
    for path in outlines:
        try:
            document = json.loads(files[path], object_pairs_hook=_once)
            wrong = next(_misfits(document, tables), None) if tables else None
            if wrong is not None:
                faults.append(Fault(path, Text("differs from the tables at {code!r}", code=wrong)))
        except UNREADABLE:
            faults.append(Fault(path, Text("cannot be read")))
    return tuple(faults)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object, none of whose names stands twice."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice")
    return found


def _tables(files: Mapping[str, bytes]) -> dict[str, list[Totals]]:
    """The totals of each long table along each of its geographies (dimensions with names of places)."""
    lists, found = codelists(files), dict[str, list[Totals]]()
    for path, data in files.items():
        rows = read_rows(data) if path.startswith("data/") and path.endswith(".csv") else [[]]
        head = rows[0] if rows else []
        if not {"value", "status"} <= set(head):
            continue
        dims = [i for i, name in enumerate(head) if name in lists]
        top = {i: next(c for c, up in lists[head[i]].items() if not up) for i in dims}
        value, status = head.index("value"), head.index("status")
        found[path.removeprefix("data/").removesuffix(".csv")] = [
            {
                row[axis]: (row[value], row[status])
                for row in rows[1:]
                if all(row[i] == top[i] for i in dims if i != axis)
            }
            for axis in dims
            if f"{head[axis]}_name" in head
        ]
    return found


def _misfits(document: Any, tables: Mapping[str, list[Totals]]) -> Iterator[str]:
    """Codes of the places that do not say what the tables print."""
    codes: list[str] = [f["properties"]["code"] for f in document["features"]]
    own = {
        name: totals
        for name, along in tables.items()
        for totals in along
        if totals.keys() >= set(codes)
    }
    if len(set(codes)) != len(codes) or set(document) != {"type", "features"}:
        yield "features"
    for feature, code in zip(document["features"], codes, strict=True):
        said = {k: v for k, v in feature["properties"].items() if k not in DESCRIBED}
        want: dict[str, Any] = {}
        for name, totals in own.items():
            value, status = totals[code]
            number = 0 if value == "-" else int(value) if value.isdigit() else None
            want |= {name: number, f"{name}_status": status}
        # JSON knows true and 1.0, which Python takes for 1.
        alike = said == want and all(type(v) is type(want[k]) for k, v in said.items())
        if (
            not alike
            or feature["id"] != code
            or set(feature) != {"type", "id", "properties", "geometry"}
        ):
            yield code
