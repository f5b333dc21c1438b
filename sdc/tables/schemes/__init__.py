"""Which collapse schemes come with the tool, and what do they say?"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from importlib import resources

from sdc.errors import InputError
from sdc.messages import Text

PREFIX = "sdc:"
"""What stands before the name of one of them where a file could be named as well."""


@dataclass(frozen=True)
class Scheme:
    """Which code is counted in which: ``targets`` from -> to, ``labels`` to -> name."""

    name: str
    targets: dict[str, str]
    labels: dict[str, str]


def shipped_schemes() -> tuple[str, ...]:
    """Names of the schemes that come with the tool.

    >>> "use_by_land_use" in shipped_schemes()
    True
    """
    files = resources.files(__package__).iterdir()
    return tuple(sorted(f.name[:-4] for f in files if f.name.endswith(".csv")))


def shipped_scheme(name: str) -> Scheme:
    """One of them by name; InputError for an unknown one.

    >>> shipped_scheme("use_by_land_use").targets["452"]
    '214'
    """
    if name not in shipped_schemes():
        names = ", ".join(shipped_schemes())
        raise InputError(
            Text("no collapse scheme {name!r}; there are {names}", name=name, names=names),
            code="scheme",
        )
    text = resources.files(__package__).joinpath(f"{name}.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    return Scheme(name, {r["from"]: r["to"] for r in rows}, {r["to"]: r["label"] for r in rows})
