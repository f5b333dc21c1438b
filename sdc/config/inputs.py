"""Which paths does ``release.toml`` name, and which of them must exist already?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sdc.config.faults import at
from sdc.config.lines import Path as Keys
from sdc.config.wishes import KEY_FILES
from sdc.tables.schemes import PREFIX

Named = tuple[Keys, object, bool]


def paths_in(raw: Mapping[str, Any]) -> list[tuple[Keys, str, bool]]:
    """Key path, text and whether it is an input, of every path in the file."""
    found: list[Named] = []
    for name in at(raw, "records"):
        base: Keys = ("records", name)
        found.append(((*base, "path"), at(raw, "records", name).get("path"), True))
        for column in at(raw, "records", name, "columns"):
            spec = at(raw, "records", name, "columns", column)
            keys = ("codelist", "map")
            found += [((*base, "columns", column, key), spec.get(key), True) for key in keys]
    areas: Keys = ("geography", "areas", "path")
    found.append((areas, at(raw, "geography", "areas").get("path"), True))
    for name, section in at(raw, "geography", "districts").items():
        found.append((("geography", "districts", name, "path"), at(section).get("path"), True))
    for column, scheme in at(raw, "treatment", "collapse").items():
        found.append((("treatment", "collapse", column), scheme, True))
        found.append((("treatment", "collapse", column, "scheme"), at(scheme).get("scheme"), True))
    for column, schemes in at(raw, "plan", "collapse").items():
        for i, scheme in enumerate(schemes if isinstance(schemes, list) else []):
            found.append((("plan", "collapse", column, i), scheme, True))
    barriers = at(raw, "treatment", "merge").get("barriers")
    found.append((("treatment", "merge", "barriers"), barriers, True))
    found.append((("treatment", "earlier"), at(raw, "treatment").get("earlier"), True))
    found.append((("plan", "decision"), at(raw, "plan").get("decision"), False))
    found.append((("output", "dir"), at(raw, "output").get("dir"), False))
    found.append((("ledger", "path"), at(raw, "ledger").get("path"), False))
    for name, walk in at(raw, "ledger", "crosswalk").items():
        found.append((("ledger", "crosswalk", name), walk, True))
    found += [(("signing", key), at(raw, "signing").get(key), True) for key in KEY_FILES]
    found += _entry(raw)
    return [
        (path, text, given)
        for path, text, given in found
        if isinstance(text, str) and not (text.startswith(PREFIX) and "collapse" in path)
    ]


def _entry(raw: Mapping[str, Any]) -> list[Named]:
    """The paths of ``[deidentify]`` and ``[approval]``."""
    found: list[Named] = []
    for name in at(raw, "deidentify"):
        section = at(raw, "deidentify", name)
        base: Keys = ("deidentify", name)
        found += [((*base, key), section.get(key), True) for key in ("persons", "opt_out", "key")]
        columns = at(section, "columns")
        found += [((*base, "columns", c, "map"), at(columns, c).get("map"), True) for c in columns]
        rules = section.get("delete")
        for i, rule in enumerate(rules if isinstance(rules, list) else []):
            found.append(((*base, "delete", i, "points"), at(rule).get("points"), True))
    approval = at(raw, "approval")
    found.append((("approval", "log"), approval.get("log"), False))
    found.append((("approval", "signers"), approval.get("signers"), True))
    return found
