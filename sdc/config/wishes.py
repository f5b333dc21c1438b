"""Do the figures, titles and signatures that a release asks for fit its tables?

Laws like those of ``laws``, for the parts of ``release.toml`` that say how a package is published.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sdc.config.faults import Fault, at
from sdc.config.findings import hint
from sdc.config.lines import Path
from sdc.config.models import SURFACES

KEY_FILES = ("key", "passphrase_file", "pdf_key", "pdf_passphrase_file")
"""Keys of ``[signing]`` that name files."""
_NEEDS = {"share": "by", "density": "per", "ratio": "per"}


def check_wishes(raw: Mapping[str, Any]) -> list[Fault]:
    """All broken laws of a parsed file, in the order of the laws; O(size of the file)."""
    return [fault for law in LAWS for fault in law(raw)]


def unsigned_allowed(raw: Mapping[str, Any]) -> bool:
    """Whether ``[signing]`` says that its key may be missing.

    >>> unsigned_allowed({"signing": {"required": False}}), unsigned_allowed({"signing": {}})
    (True, False)
    """
    return at(raw, "signing").get("required") is False


def _rows(raw: Mapping[str, Any], key: str) -> list[tuple[int, Mapping[str, Any]]]:
    found = raw.get(key)
    rows = found if isinstance(found, list) else []
    return [(i, row) for i, row in enumerate(rows) if isinstance(row, Mapping)]


def _unknown(path: Path, value: str, known: Mapping[str, Any], *, what: str) -> Fault:
    fill = {"what": f"[{what}]", "hint": hint(value, list(known))}
    return Fault(path, "unknown_name", value, fill)


def _derived(raw: Mapping[str, Any]) -> Iterator[Fault]:
    tables = {str(t.get("id")): t for _, t in _rows(raw, "tables")}
    formats = at(raw, "output").get("formats")
    seen: set[str] = set()
    for i, row in _rows(raw, "derived"):
        path: Path = ("derived", i)
        name = str(row.get("id")).lower()
        if name in seen:
            yield Fault((*path, "id"), "name_twice", row.get("id", ""))
        seen.add(name)
        if isinstance(formats, list) and "csv" not in formats:
            yield Fault(path, "figure_format", row.get("id", ""))
        table = row.get("table")
        if isinstance(table, str) and table not in tables:
            yield _unknown((*path, "table"), table, tables, what="[tables]")
        elif isinstance(table, str):
            yield from _parts(path, row, tables, of=tables[table])


def _parts(
    path: Path,
    row: Mapping[str, Any],
    tables: Mapping[str, Mapping[str, Any]],
    *,
    of: Mapping[str, Any],
) -> Iterator[Fault]:
    """What a figure is divided by, as its kind asks for it."""
    kind = row.get("kind")
    need = _NEEDS.get(str(kind))
    if need is None:
        return
    other = "per" if need == "by" else "by"
    if need not in row or other in row:
        yield Fault(path, "figure_key", kind, {"need": need})
        return
    value = row[need]
    columns = of.get("by")
    names = {str(n): 0 for n in (columns if isinstance(columns, list) else [])}
    if kind == "share" and isinstance(value, str) and value not in names:
        yield _unknown((*path, need), value, names, what="tables.by")
    if kind == "density" and value not in SURFACES:
        yield Fault((*path, need), "figure_surface", value, {"kinds": ", ".join(SURFACES)})
    if kind != "ratio":
        return
    if "unit" not in row:
        yield Fault(path, "figure_unit", row.get("id", ""))
    if isinstance(value, str) and value not in tables:
        yield _unknown((*path, need), value, tables, what="[tables]")
    elif isinstance(value, str) and tables[value].get("geography") != of.get("geography"):
        yield Fault((*path, need), "figure_tables", value)


def _titles(raw: Mapping[str, Any]) -> Iterator[Fault]:
    districts = at(raw, "geography", "districts")
    known = {**at(raw, "records"), **at(raw, "geography"), **districts}
    for name in at(raw, "records"):
        known |= at(raw, "records", name, "columns")
    for name in at(raw, "titles"):
        if name not in known:
            yield _unknown(("titles", name), name, known, what="records, geography")


LAWS: tuple[Callable[[Mapping[str, Any]], Iterator[Fault]], ...] = (_derived, _titles)
