"""What must the keys of ``[deidentify]``, of views and of ``[approval]`` fulfil together?

Like ``laws``, these read the file as parsed and step over whatever has the wrong shape.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sdc.config.entry import DELETE_KEYS, OPTIONS
from sdc.config.faults import Fault, at
from sdc.config.findings import hint
from sdc.config.laws import tables_of
from sdc.config.lines import Path
from sdc.errors import RulesError
from sdc.messages import Text
from sdc.microdata.catalogue import METHODS
from sdc.microdata.factors import FACTORS
from sdc.microdata.pseudonym import METHOD, check_method

AGES = tuple(name for name in METHODS if name.startswith("age-"))
FILE_OPTIONS = {"mapping": "map"}
"""Options of a method that the file names by a path, under another key."""


def check_entry_laws(raw: Mapping[str, Any]) -> list[Fault]:
    """All broken laws, in the order of the laws; O(size of the file)."""
    return [fault for law in LAWS for fault in law(raw)]


def _sections(raw: Mapping[str, Any]) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    for name, section in at(raw, "deidentify").items():
        if isinstance(section, Mapping):
            yield ("deidentify", name), section


def _columns(raw: Mapping[str, Any]) -> Iterator[tuple[Path, Mapping[str, Any], Mapping[str, Any]]]:
    for path, section in _sections(raw):
        for name, column in at(section, "columns").items():
            if isinstance(column, Mapping):
                yield (*path, "columns", name), column, section


def _names(raw: Mapping[str, Any]) -> Iterator[Fault]:
    files = {n: s for n, s in at(raw, "records").items() if "path" in at(raw, "records", n)}
    for path, section in _sections(raw):
        if path[-1] not in files:
            words = {"what": "[records]", "hint": hint(str(path[-1]), list(files))}
            yield Fault(path, "unknown_name", str(path[-1]), words)
        known = at(section, "columns")
        given_up = section.get("give_up")
        for i, name in enumerate(given_up if isinstance(given_up, list) else []):
            if name not in known:
                yield _no_column((*path, "give_up", i), str(name), known)
        if ("give_up" in section or "cells" in section) and "k" not in section:
            yield Fault(path, "needs_k", "")
        for key in ("person", "time", "camera"):
            name = section.get(key)
            if isinstance(name, str) and name not in known:
                yield _no_column((*path, key), name, known)


def _no_column(path: Path, name: str, known: Mapping[str, Any]) -> Fault:
    words = {"what": "[deidentify.*.columns]", "hint": hint(name, list(known))}
    return Fault(path, "unknown_name", name, words)


def _roles(raw: Mapping[str, Any]) -> Iterator[Fault]:
    for path, column, section in _columns(raw):
        role = column.get("role")
        if role == "as_is" and not column.get("reason"):
            yield Fault((*path, "reason"), "as_is_reason", "")
        coarser = "method" in column or "ladder" in column
        if role == "quasi" and not coarser and "leave" not in column:
            yield Fault(path, "quasi_method", "")
        if role in ("identifier", "linking") and coarser:
            yield Fault(path, "role_method", str(role))
        if role != "linking" and "scope" in column:
            yield Fault((*path, "scope"), "scope_role", str(column["scope"]))
        if {"rare", "leave", "ladder"} & set(column) and "k" not in section:
            yield Fault(path, "needs_k", "")


def _pseudonyms(raw: Mapping[str, Any]) -> Iterator[Fault]:
    for path, column, section in _columns(raw):
        if column.get("role") != "linking":
            continue
        method = column.get("pseudonym", METHOD)
        try:
            check_method(str(method))
        except RulesError:
            yield Fault((*path, "pseudonym"), "plain_hash", method)
        scope = column.get("scope")
        if scope and "key" not in section:
            yield Fault(path[:2], "needs_key", "")
        needed = {"day": "time", "month": "time", "camera": "camera"}.get(str(scope))
        if needed and needed not in section:
            yield Fault(path[:2], "needs_column", str(scope), {"needed": needed})


def _methods(raw: Mapping[str, Any]) -> Iterator[Fault]:
    for path, column, _ in _columns(raw):
        ladder = column.get("ladder")
        steps = ladder if isinstance(ladder, list) else []
        for name in [column.get("method"), *steps]:
            if isinstance(name, str) and name not in METHODS:
                words = {"what": Text("the methods"), "hint": hint(name, list(METHODS))}
                yield Fault((*path, "method"), "unknown_name", name, words)
        method = column.get("method")
        if isinstance(method, str) and method in METHODS:
            yield from _options(path, column, method)


def options_of(method: str) -> tuple[set[str], set[str]]:
    """Keys that a method needs and keys that it may have, as the file names them."""
    if method in ("place", "code"):
        return {"level"}, set()
    if method == "coordinate":
        return set(), {"decimals", "drop"}
    found = inspect.signature(METHODS[method]).parameters.values()
    named = {FILE_OPTIONS.get(p.name, p.name): p for p in found}
    needed = {name for name, p in named.items() if p.default is p.empty}
    extra = {"at", "at_column"} if method in AGES else set()
    extra |= {"birth"} if method == "months-since-birth" else set()
    return needed, set(named) - needed | extra


def _options(path: Path, column: Mapping[str, Any], method: str) -> Iterator[Fault]:
    needed, allowed = options_of(method)
    if method == "months-since-birth":
        needed = needed | {"birth"}
    for key in sorted(needed - set(column)):
        yield Fault((*path, key), "method_needs", method, {"needed": key, "method": method})
    for key in OPTIONS:
        if key in column and key not in needed | allowed:
            yield Fault((*path, key), "column_option", column[key])


def _deletions(raw: Mapping[str, Any]) -> Iterator[Fault]:
    for path, section in _sections(raw):
        rules = section.get("delete")
        for i, rule in enumerate(rules if isinstance(rules, list) else []):
            if not isinstance(rule, Mapping) or rule.get("rule") not in DELETE_KEYS:
                continue
            needed, allowed = DELETE_KEYS[rule["rule"]]
            here: Path = (*path, "delete", i)
            for key in sorted(needed - set(rule)):
                words = {"needed": key, "method": rule["rule"]}
                yield Fault((*here, key), "method_needs", rule["rule"], words)
            for key in sorted(set(rule) - needed - allowed - {"rule"}):
                yield Fault((*here, key), "column_option", rule[key])
            if (rule["rule"] == "days" or "days" in rule) and "time" not in section:
                yield Fault(path, "needs_column", rule["rule"], {"needed": "time"})
            if rule["rule"] in ("few", "many", "groups") and "person" not in section:
                yield Fault(path, "needs_column", rule["rule"], {"needed": "person"})


def _views(raw: Mapping[str, Any]) -> Iterator[Fault]:
    definitions: dict[str, str] = {}
    for name, section in at(raw, "records").items():
        view = at(raw, "records", name, "view")
        path: Path = ("records", name, "view")
        if not view:
            continue
        if "path" in section:
            yield Fault(path, "view_path", str(section["path"]))
        source = str(view.get("of"))
        if source not in at(raw, "deidentify"):
            names = list(at(raw, "deidentify"))
            words = {"what": "[deidentify]", "hint": hint(source, names)}
            yield Fault((*path, "of"), "unknown_name", source, words)
        for key in ("time", "person"):
            if key not in at(raw, "deidentify", source):
                yield Fault((*path, "of"), "needs_column", source, {"needed": key})
        if ("level" in view) == ("place" in view):
            yield Fault(path, "view_place", "")
        if (view.get("kind") == "trips") != ("definition" in view):
            yield Fault(path, "view_definition", str(view.get("kind")))
        cut = str(view.get("definition", ""))
        if cut and definitions.setdefault(source, cut) != cut:
            yield Fault((*path, "definition"), "trips_overlap", cut)


def _mesh_codes(raw: Mapping[str, Any]) -> Iterator[Fault]:
    for name in at(raw, "records"):
        section = at(raw, "records", name)
        if ("mesh" in section) != ("level" in section):
            key = "mesh" if "mesh" in section else "level"
            yield Fault(("records", name, key), "mesh_level", section[key])
        known = "mesh" in section and at(raw, "geography", "areas")
        if section.get("outside") == "refuse" and not known:
            yield Fault(("records", name, "outside"), "outside_areas", "refuse")


def _generalised(raw: Mapping[str, Any]) -> Iterator[Fault]:
    for name in at(raw, "records"):
        section = at(raw, "records", name)
        made = at(section, "view") or name in at(raw, "deidentify") or "count" in section
        for column, spec in at(raw, "records", name, "columns").items():
            kind = spec.get("classes") if isinstance(spec, Mapping) else None
            where: Path = ("records", name, "columns", column, "classes")
            if kind == "generalised" and not made:
                yield Fault(where, "not_generalised", "generalised")
            if kind == "mesh":
                yield from _finest(raw, where, at(raw, "records", name, "view").get("level"))


def _finest(raw: Mapping[str, Any], where: Path, level: object) -> Iterator[Fault]:
    """Columns of mesh cells are at the finest level of the geography, or nothing would match."""
    levels = at(raw, "geography", "mesh").get("levels")
    if not isinstance(levels, list) or not levels:
        yield Fault(where, "no_section", "mesh", {"section": "geography.mesh"})
    elif level != levels[-1]:
        yield Fault(where, "mesh_class", str(level), {"finest": str(levels[-1])})


def _dimensions(raw: Mapping[str, Any]) -> Iterator[Fault]:
    for i, table in tables_of(raw):
        if table.get("geography") != "none":
            continue
        if table.get("by") == []:
            yield Fault(("tables", i, "by"), "too_short", [])
        derived = raw.get("derived")
        for j, wish in enumerate(derived if isinstance(derived, list) else []):
            wanted = (table.get("id"), "density")
            if isinstance(wish, Mapping) and (wish.get("table"), wish.get("kind")) == wanted:
                yield Fault(("derived", j, "table"), "no_geography", table.get("id"))


def _people(raw: Mapping[str, Any]) -> Iterator[Fault]:
    approval = at(raw, "approval")
    if not approval:
        return
    if "signing" not in raw:
        yield Fault(("approval",), "no_section", "", {"section": "signing"})
    for first, second in (
        ("makers", "checkers"),
        ("makers", "approvers"),
        ("checkers", "approvers"),
    ):
        one, two = approval.get(first), approval.get(second)
        if (
            isinstance(one, list)
            and isinstance(two, list)
            and len({*map(str, one), *map(str, two)}) < 2
        ):
            yield Fault(("approval", second), "same_person", two)


def _decisions(raw: Mapping[str, Any]) -> Iterator[Fault]:
    """All nine factors are decided about, where records of persons are released with approval."""
    if "deidentify" in raw and "approval" in raw and "exit" not in raw:
        yield Fault(("approval",), "no_section", "", {"section": "exit"})
    if "exit" not in raw:
        return
    given = at(raw, "exit", "decisions")
    for factor in FACTORS:
        if factor not in given:
            words = {"title": FACTORS[factor], "factor": factor}
            yield Fault(("exit", "decisions"), "decision_missing", factor, words)
    for name in given:
        if name not in FACTORS:
            fill = {"what": Text("the nine factors"), "hint": hint(name, list(FACTORS))}
            yield Fault(("exit", "decisions", name), "unknown_name", name, fill)


def _camera(raw: Mapping[str, Any]) -> Iterator[Fault]:
    known = [str(n) for n in range(1, 17)]
    for number in at(raw, "camera", "answers"):
        if number not in known:
            words = {"what": Text("the considerations"), "hint": hint(number, known)}
            yield Fault(("camera", "answers", number), "unknown_name", number, words)
    for name in at(raw, "records"):
        if "count" in at(raw, "records", name) and name in at(raw, "deidentify"):
            yield Fault(
                ("records", name, "count"), "count_entry", at(raw, "records", name)["count"]
            )


LAWS: tuple[Callable[[Mapping[str, Any]], Iterator[Fault]], ...] = (
    _names, _roles, _pseudonyms, _methods, _deletions, _views, _mesh_codes, _generalised, _dimensions,
    _people, _decisions, _camera,
)  # fmt: skip
