"""What must several keys of ``release.toml`` fulfil together?

The laws read the file as parsed, not the typed sections, and step over whatever has the wrong
shape: so a clerk sees broken references and broken values in one run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from itertools import pairwise
from typing import Any

from sdc.config.faults import Fault, at, columns_of, is_measure, suffix, unknown
from sdc.config.lines import Path
from sdc.config.models import OUTPUT_NAMES, POINT_FILES, SHAPE_FILES
from sdc.config.treatment_laws import plan, treatment

MESH_UNITS: Mapping[str, int] = {
    "80km": 3200, "10km": 400, "5km": 200, "2km": 80, "1km": 40,
    "500m": 20, "250m": 10, "125m": 5, "100m": 4,
}  # fmt: skip
"""Height of a cell in units of 0.75 seconds of latitude (JIS X 0410)."""


def check_laws(raw: Mapping[str, Any]) -> list[Fault]:
    """All broken laws of a parsed file, in the order of the laws; O(size of the file)."""
    return [fault for law in LAWS for fault in law(raw)]


def tables_of(raw: Mapping[str, Any]) -> list[tuple[int, Mapping[str, Any]]]:
    """The ``[[tables]]`` that are tables, with their numbers."""
    found = raw.get("tables")
    rows = found if isinstance(found, list) else []
    return [(i, row) for i, row in enumerate(rows) if isinstance(row, Mapping)]


def _dates(raw: Mapping[str, Any]) -> Iterator[Fault]:
    release = at(raw, "release")
    first, last = str(release.get("survey_date", "")), str(release.get("release_date", ""))
    # both are ISO texts here, which sort as dates do; other forms are refused elsewhere
    if len(first) == len(last) == len("2026-04-01") and last < first:
        yield Fault(("release", "release_date"), "dates_order", last)


def _records(raw: Mapping[str, Any]) -> Iterator[Fault]:
    for name, section in at(raw, "records").items():
        if not isinstance(section, Mapping):
            continue
        path: Path = ("records", name)
        if "view" in section:
            continue  # see entry_laws
        if "path" not in section:
            yield Fault(path, "missing_path")
        if not section.get("columns") and name not in _viewed(raw):
            yield Fault((*path, "columns"), "missing")
        kind = suffix(section.get("path"))
        if kind and kind not in POINT_FILES + SHAPE_FILES:
            kinds = ", ".join(POINT_FILES + SHAPE_FILES)
            yield Fault((*path, "path"), "path_kind", section["path"], {"kinds": kinds})
        halves = [key for key in ("x", "y") if key in section]
        if len(halves) == 1:
            yield Fault((*path, halves[0]), "position_half", section[halves[0]])
        elif kind in POINT_FILES and "mesh" not in section and (not halves or "crs" not in section):
            yield Fault(path, "position", section["path"])


def _viewed(raw: Mapping[str, Any]) -> set[object]:
    """Record sets of which some view is taken: they need no columns of their own."""
    return {at(raw, "records", name, "view").get("of") for name in at(raw, "records")}


def _column_kinds(raw: Mapping[str, Any]) -> Iterator[Fault]:
    for path, spec in columns_of(raw):
        chosen = [key for key in ("codelist", "breaks", "classes") if key in spec]
        if len(chosen) + is_measure(spec) != 1:
            yield Fault(path, "column_kind", ", ".join(chosen))
            continue
        if is_measure(spec):
            allowed: tuple[str, ...] = ("unit", "step")
            if not ("unit" in spec and "step" in spec):
                yield Fault(path, "column_measure", spec.get("source", ""))
        else:
            known = {"codelist": ("map",), "breaks": ("unit", "missing"), "classes": ()}
            allowed = known[chosen[0]]
        for key in ("map", "unit", "step", "missing"):
            if key in spec and key not in allowed:
                yield Fault((*path, key), "column_option", spec[key])


def _column_values(raw: Mapping[str, Any]) -> Iterator[Fault]:
    for path, spec in columns_of(raw):
        breaks = spec.get("breaks")
        numbers = breaks if isinstance(breaks, list) else []
        if all(isinstance(n, int | Decimal) for n in numbers):
            for i, (low, high) in enumerate(pairwise(numbers)):
                if not low < high:
                    yield Fault((*path, "breaks", i + 1), "breaks", high)
        for key in ("codelist", "map"):
            if suffix(spec.get(key)) not in ("", "csv"):
                yield Fault((*path, key), "path_kind", spec[key], {"kinds": "csv"})
        if path[-1] in OUTPUT_NAMES:
            yield Fault(path, "name_reserved", path[-1])


def _geography(raw: Mapping[str, Any]) -> Iterator[Fault]:
    geography = raw.get("geography")
    if isinstance(geography, Mapping) and not geography:
        yield Fault(("geography",), "too_short")
    districts = at(raw, "geography", "districts")
    taken = {str(path[-1]).lower() for path, _ in columns_of(raw)}
    for where in (("areas",), *(("districts", name) for name in districts)):
        file = at(raw, "geography", *where).get("path")
        if suffix(file) and suffix(file) not in SHAPE_FILES:
            kinds = ", ".join(SHAPE_FILES)
            yield Fault(("geography", *where, "path"), "path_kind", file, {"kinds": kinds})
    for name in districts:
        if name.lower() in OUTPUT_NAMES:
            yield Fault(("geography", "districts", name), "name_reserved", name)
        if name.lower() in taken:
            yield Fault(("geography", "districts", name), "name_twice", name)
        taken.add(name.lower())
    found = at(raw, "geography", "mesh").get("levels")
    levels = found if isinstance(found, list) else []
    sizes = [MESH_UNITS.get(str(n), 0) for n in levels]
    for i, (coarse, fine) in enumerate(pairwise(sizes)):
        if coarse and fine and (fine >= coarse or coarse % fine):
            yield Fault(("geography", "mesh", "levels", i + 1), "levels", levels[i + 1])


def _references(raw: Mapping[str, Any]) -> Iterator[Fault]:
    for i, table in tables_of(raw):
        for key, where in (("records", "records"), ("rules", "rules"), ("geography", "geography")):
            name = table.get(key)
            if key == "geography" and name == "none":
                continue
            if isinstance(name, str) and name not in at(raw, where):
                yield unknown(("tables", i, key), name, at(raw, where), what=where)
        columns = at(raw, "records", str(table.get("records")), "columns")
        if columns:
            columns = {**at(raw, "geography", "districts"), **columns}
            yield from _table_columns(raw, ("tables", i), columns=columns, table=table)


def _table_columns(
    raw: Mapping[str, Any], path: Path, *, columns: Mapping[str, Any], table: Mapping[str, Any]
) -> Iterator[Fault]:
    where = f"records.{table['records']}.columns"
    by = table.get("by")
    for j, name in enumerate(by if isinstance(by, list) else []):
        if isinstance(name, str) and name not in columns:
            yield unknown((*path, "by", j), name, columns, what=where)
        elif isinstance(name, str) and is_measure(columns[name]):
            yield Fault((*path, "by", j), "not_class", name)
    measure = table.get("measure", "count")
    if not isinstance(measure, str) or measure == "count":
        return
    if measure not in columns:
        yield unknown((*path, "measure"), measure, {"count": 0, **columns}, what=where)
    elif not is_measure(columns[measure]):
        yield Fault((*path, "measure"), "not_measure", measure)
    rules = at(raw, "rules").get(str(table.get("rules")))
    if isinstance(rules, Mapping) and not {"p_percent", "dominance"} & set(rules):
        yield Fault((*path, "rules"), "measure_rule", table["rules"], {"rules": table["rules"]})


def _names(raw: Mapping[str, Any]) -> Iterator[Fault]:
    seen: dict[str, str] = {}
    for i, table in tables_of(raw):
        name = table.get("id")
        if not isinstance(name, str):
            continue
        low = name.lower()
        if low in seen:
            yield Fault(("tables", i, "id"), "name_twice", name)
        if low in OUTPUT_NAMES or low.startswith("codelist_") or low.endswith("_wide"):
            yield Fault(("tables", i, "id"), "name_reserved", name)
        seen[low] = name
    for record in at(raw, "records"):
        folded: set[str] = set()
        for column in at(raw, "records", record, "columns"):
            if column.lower() in folded:
                yield Fault(("records", record, "columns", column), "name_twice", column)
            folded.add(column.lower())


def _rules(raw: Mapping[str, Any]) -> Iterator[Fault]:
    columns = {str(path[-1]): spec for path, spec in columns_of(raw)}
    for name, section in at(raw, "rules").items():
        if not isinstance(section, Mapping):
            continue
        path: Path = ("rules", name)
        cost = section.get("cost", "log")
        costs = {"log", "value", "count"} | {c for c, spec in columns.items() if is_measure(spec)}
        if isinstance(cost, str) and cost not in costs:
            yield Fault((*path, "cost"), "cost", cost)
        places = {**at(raw, "geography"), **at(raw, "geography", "districts")}
        yield from _cells(path, section, {**columns, **places})


def _cells(path: Path, section: Mapping[str, Any], known: Mapping[str, Any]) -> Iterator[Fault]:
    lists = {key: section.get(key) for key in ("never_hide", "must_hide")}
    for key, cells in lists.items():
        for i, cell in enumerate(cells if isinstance(cells, list) else []):
            for name in cell if isinstance(cell, Mapping) else ():
                if name not in known:
                    yield unknown((*path, key, i, name), name, known, what="records.*.columns")
            other = lists["never_hide"] if key == "must_hide" else None
            if isinstance(other, list) and cell in other:
                yield Fault((*path, key, i), "contradiction", cell)


LAWS: tuple[Callable[[Mapping[str, Any]], Iterator[Fault]], ...] = (
    _dates, _records, _column_kinds, _column_values, _geography, _references, _names, _rules,
    treatment, plan,
)  # fmt: skip
"""Further laws: ``entry_laws``."""
