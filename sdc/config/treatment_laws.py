"""What must the keys of ``[treatment]`` and ``[plan]`` fulfil together?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any

from sdc.config.faults import Fault, at, columns_of, is_measure, suffix, unknown
from sdc.config.findings import hint
from sdc.config.lines import Path
from sdc.config.models import SHAPE_FILES
from sdc.messages import Text
from sdc.tables.schemes import PREFIX

_ORDER = {"expected": "'collapse', 'merge', 'suppress'"}


def treatment(raw: Mapping[str, Any]) -> Iterator[Fault]:
    """The order and what it names; schemes of known columns; who may be merged."""
    section = at(raw, "treatment")
    order = section.get("order")
    steps = order if isinstance(order, list) else []
    for i, step in enumerate(steps):
        if step in ("collapse", "merge") and not isinstance(section.get(step), Mapping):
            path: Path = ("treatment", "order", i)
            yield Fault(path, "no_step", step, {"step": step})
        if step == "auto":
            yield Fault(("treatment", "order", i), "literal_error", step, _ORDER)
        if step == "suppress" and i < len(steps) - 1:
            yield Fault(("treatment", "order", i), "suppress_last", step)
    for step in ("collapse", "merge"):
        if section.get(step) and order != "auto" and step not in steps:
            yield Fault(("treatment", step), "unused_section", step, {"step": step})
    for column, scheme in at(raw, "treatment", "collapse").items():
        if isinstance(scheme, Mapping):
            yield from _by_area(raw, ("treatment", "collapse", column), scheme)
        else:
            yield from _scheme(raw, ("treatment", "collapse", column), scheme)
    yield from _merge(raw, section.get("merge"))
    yield from _methods(section)
    yield from _json(("treatment", "earlier"), section.get("earlier"))


def plan(raw: Mapping[str, Any]) -> Iterator[Fault]:
    """The planner's section goes with its order; its schemes and columns are known."""
    section = at(raw, "plan")
    if section and at(raw, "treatment").get("order") != "auto":
        yield Fault(("plan",), "no_planner", "plan")
    if section.get("merge") and not isinstance(at(raw, "treatment").get("merge"), Mapping):
        yield Fault(("plan", "merge"), "no_section", "", {"section": "treatment.merge"})
    for column, schemes in at(raw, "plan", "collapse").items():
        for i, scheme in enumerate(schemes if isinstance(schemes, list) else []):
            yield from _scheme(raw, ("plan", "collapse", column, i), scheme)
    classes = _classes(raw)
    cut = section.get("cut")
    for i, column in enumerate(cut if isinstance(cut, list) else []):
        if isinstance(column, str) and column not in classes:
            yield unknown(("plan", "cut", i), column, classes, what="records.*.columns")
    yield from _json(("plan", "decision"), section.get("decision"))


def _classes(raw: Mapping[str, Any]) -> dict[str, Any]:
    return {str(p[-1]): spec for p, spec in columns_of(raw) if not is_measure(spec)}


def _scheme(raw: Mapping[str, Any], path: Path, scheme: object) -> Iterator[Fault]:
    """A scheme is a CSV file for a class column; ``path`` names the column in its third place."""
    classes = _classes(raw)
    if path[2] not in classes:
        yield unknown(path, str(path[2]), classes, what="records.*.columns")
    shipped = isinstance(scheme, str) and scheme.startswith(PREFIX)
    if not shipped and suffix(scheme) not in ("", "csv"):
        yield Fault(path, "path_kind", scheme, {"kinds": "csv"})


def _by_area(raw: Mapping[str, Any], path: Path, section: Mapping[str, Any]) -> Iterator[Fault]:
    """A column that is collapsed area by area stands in tables by areas; one column, one record set."""
    yield from _scheme(raw, (*path, "scheme"), section.get("scheme"))
    if section.get("where") != "areas":
        if "scheme" not in section:
            yield Fault((*path, "scheme"), "no_scheme", "")
        return
    columns = at(raw, "treatment", "collapse")
    local = {c for c, own in columns.items() if at(own).get("where") == "areas"}
    tables = raw.get("tables")
    used: dict[str, set[str]] = {}
    for table in tables if isinstance(tables, list) else []:
        by = at(table).get("by", []) if at(table).get("geography") == "areas" else []
        names = {c for c in by if c in local} if isinstance(by, list) else set()
        used.setdefault(str(at(table).get("records")), set()).update(names)
    column = str(path[2])
    mine = [names for names in used.values() if column in names]
    if not mine:
        yield Fault((*path, "where"), "no_area_table", "areas", {"name": column})
    elif len(mine) > 1 or len(mine[0]) > 1:
        yield Fault((*path, "where"), "two_by_area", "areas")


def _methods(section: Mapping[str, Any]) -> Iterator[Fault]:
    """Engines that exist; they are loaded only where one is named, which takes half a second."""
    homes = {"suppress": "sdc.suppression.complementary", "merge": "sdc.tables.merge"}
    for step, home in homes.items():
        name = at(section, step).get("method", "auto")
        if not isinstance(name, str) or name == "auto":
            continue
        known = list(dict.fromkeys(["auto", *import_module(home).METHODS]))
        if name not in known:
            words = {"what": Text("the methods"), "hint": hint(name, known)}
            yield Fault(("treatment", step, "method"), "unknown_name", name, words)


def _json(path: Path, value: object) -> Iterator[Fault]:
    if suffix(value) not in ("", "json"):
        yield Fault(path, "path_kind", value, {"kinds": "json"})


def _merge(raw: Mapping[str, Any], merge: object) -> Iterator[Fault]:
    if not isinstance(merge, Mapping):
        return
    path: Path = ("treatment", "merge")
    areas = at(raw, "geography", "areas")
    levels = at(raw, "geography", "mesh").get("levels")
    if merge.get("mesh") is True and not (isinstance(levels, list) and len(levels) > 1):
        yield Fault((*path, "mesh"), "no_levels", "mesh = true")
    if not areas and merge.get("mesh") is not True:
        yield Fault(path, "no_section", "", {"section": "geography.areas"})
    if suffix(merge.get("barriers")) not in ("", *SHAPE_FILES):
        kinds = {"kinds": ", ".join(SHAPE_FILES)}
        yield Fault((*path, "barriers"), "path_kind", merge["barriers"], kinds)
    yield from _merge_by(raw, merge)
    demands = {
        "partners": merge.get("partners", "edge") == "district",
        "within": merge.get("within", "parent") == "parent",
    }
    for key, needs_parent in demands.items():
        if areas and needs_parent and "parent" not in areas:
            yield Fault((*path, key), "no_parent", f"{key} = {_default(merge, key)}")


def _merge_by(raw: Mapping[str, Any], merge: Mapping[str, Any]) -> Iterator[Fault]:
    """Contributors are those of a measure, and are named where they count."""
    path: Path = ("treatment", "merge", "contributors")
    named = merge.get("contributors")
    if (merge.get("by") == "contributors") != (named is not None):
        yield Fault(path, "contributors", "" if named is None else named)
    measures = {str(p[-1]): spec for p, spec in columns_of(raw) if is_measure(spec)}
    if isinstance(named, str) and named not in measures:
        yield unknown(path, named, measures, what="records.*.columns")


def _default(merge: Mapping[str, Any], key: str) -> object:
    return merge.get(key, "parent" if key == "within" else "edge")
