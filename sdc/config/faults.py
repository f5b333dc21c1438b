"""What is a broken law of the configuration, and how is the parsed file walked?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sdc.config.findings import hint
from sdc.config.lines import Path


@dataclass(frozen=True)
class Fault:
    """One broken law: where, which wording, the value found, what fills the wording."""

    path: Path
    code: str
    value: object = ""
    fill: Mapping[str, object] = field(default_factory=dict)


def at(raw: object, *path: str) -> Mapping[str, Any]:
    """The table at a path, empty where there is none.

    >>> at({"a": {"b": {"c": 1}}}, "a", "b"), at({"a": 3}, "a", "b")
    ({'c': 1}, {})
    """
    for key in path:
        raw = raw.get(key) if isinstance(raw, Mapping) else None
    return raw if isinstance(raw, Mapping) else {}


def columns_of(raw: Mapping[str, Any]) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """Path and section of every column of every set of records."""
    for name in at(raw, "records"):
        for column, spec in at(raw, "records", name, "columns").items():
            if isinstance(spec, Mapping):
                yield ("records", name, "columns", column), spec


def is_measure(spec: object) -> bool:
    """Whether a column section says that the column is added up."""
    return isinstance(spec, Mapping) and spec.get("kind") == "measure"


def unknown(path: Path, value: str, known: Mapping[str, Any], *, what: str) -> Fault:
    """A name that nothing defines, with the nearest known one."""
    fill = {"what": f"[{what}]", "hint": hint(value, list(known))}
    return Fault(path, "unknown_name", value, fill)


def suffix(value: object) -> str:
    """Extension of a path in lower case; empty for what is no path."""
    name = value.rsplit("/", 1)[-1] if isinstance(value, str) else ""
    return name.rsplit(".", 1)[-1].lower() if "." in name else name and "?"
