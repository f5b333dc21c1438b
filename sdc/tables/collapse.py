"""What is left of a class dimension when a scheme counts some of its classes together?

Treatment ③ of the survey guideline (集約化): with a scheme set beforehand it is automatic, polygons
stay as they are, and every sum is kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sdc.errors import Finding, InputError
from sdc.messages import Text
from sdc.model.hierarchy import Hierarchy
from sdc.tables.recode import Recoding

__all__ = ["collapse_scheme"]

UNUSED = ("refuse", "ignore")


def collapse_scheme(
    hierarchy: Hierarchy,
    scheme: Mapping[str, str],
    *,
    labels: Mapping[str, str] | None = None,
    ordered: Sequence[str] | None = None,
    unused: str = "refuse",
) -> Recoding:
    """Collapse a dimension everywhere by a scheme ``{from: to}``; a table then goes through it.

    A ``from`` is an innermost code, or an inner code that stands for all below it that have no row
    of their own. The scheme is total (every innermost code has a target) and monotone: it never
    splits, a ``to`` that is a code of the hierarchy means just what that code sums up, and with
    ``ordered`` (the innermost codes in their natural order, as for ages or heights) every target is
    one run of it. Inner codes that are no sum of targets are dissolved and named. With
    ``unused="ignore"`` rows for codes that the hierarchy lacks are passed over, as the schemes that
    come with the tool need it; otherwise they are refused. O(codes x depth).

    Raises InputError with one finding for each code at fault.

    >>> use = Hierarchy.of("use", {"T": "", "4": "T", "41": "4", "42": "4", "5": "T"})
    >>> r = collapse_scheme(use, {"41": "4", "42": "4", "5": "5"})
    >>> r.after.codes, r.mapping["41"]
    (('4', '5', 'T'), '4')
    """
    if unused not in UNUSED:
        names = ", ".join(UNUSED)
        raise InputError(Text("unused must be one of {names}", names=names))
    below = leaves_below(hierarchy)
    mapping = {leaf: _target(hierarchy, scheme, leaf) for leaf in below[_root(hierarchy)]}
    groups: dict[str, set[str]] = {}
    for leaf, to in mapping.items():
        groups.setdefault(to, set()).add(leaf)
    found = [] if unused == "ignore" else [(c, _UNKNOWN) for c in scheme if c not in hierarchy]
    found += [(leaf, _MISSING) for leaf in groups.pop("", set())]
    found += [
        (to, _MEANING)
        for to, leaves in groups.items()
        if to in hierarchy and not _agrees(below[to], leaves, leaf=len(below[to]) == 1)
    ]
    found += [(to, _RUNS) for to in _broken_runs(mapping, ordered)]
    if found:
        raise InputError.of(
            [
                Finding("scheme", must=must, remedy=_REMEDY, column=hierarchy.name, value=code)
                for code, must in sorted(found)
            ]
        )
    return coarser(hierarchy, mapping, labels=labels)


_REMEDY = Text("correct the collapse scheme")
_UNKNOWN = Text("every 'from' is a code of the dimension")
_MISSING = Text("every innermost code has a target")
_MEANING = Text("an existing code keeps its meaning")
_RUNS = Text("ordered classes are collapsed in runs")


def coarser(
    hierarchy: Hierarchy, mapping: Mapping[str, str], *, labels: Mapping[str, str] | None = None
) -> Recoding:
    """The recoding for a total map of innermost codes; inner codes that no longer fit dissolve.

    An inner code stays when it sums up two or more whole groups. A group is put below the smallest
    code that stays above it.
    """
    below = leaves_below(hierarchy)
    groups: dict[str, set[str]] = {}
    for leaf, to in mapping.items():
        groups.setdefault(to, set()).add(leaf)
    root = _root(hierarchy)
    inner = [hierarchy.codes[i] for i in hierarchy.inner if hierarchy.codes[i] not in groups]
    stays = {c: below[c] for c in inner if _is_union(below[c], mapping, groups)}
    stays = {c: s for c, s in stays.items() if c == root or len({mapping[x] for x in s}) > 1}
    parent = {c: _nearest(hierarchy, stays, c) for c in stays}
    parent |= {to: _lowest(hierarchy, stays, leaves) for to, leaves in groups.items()}
    names = dict(zip(hierarchy.codes, hierarchy.labels, strict=True))
    after = Hierarchy.of(hierarchy.name, parent, {**names, **(labels or {})})
    dissolved = tuple(c for c in inner if c not in stays)
    return Recoding(hierarchy, after, dict(sorted(mapping.items())), dissolved)


def leaves_below(hierarchy: Hierarchy) -> dict[str, set[str]]:
    """Every code with the innermost codes that it sums up.

    >>> leaves_below(Hierarchy.flat("sex", ["f", "m"]))["TOTAL"] == {"f", "m"}
    True
    """
    leaves = [hierarchy.codes[i] for i in hierarchy.leaves]
    rows = hierarchy.aggregation.tocsr()
    return {
        code: {leaves[k] for k in rows.indices[rows.indptr[i] : rows.indptr[i + 1]]}
        for i, code in enumerate(hierarchy.codes)
    }


def _root(hierarchy: Hierarchy) -> str:
    return hierarchy.codes[hierarchy.root]


def _target(hierarchy: Hierarchy, scheme: Mapping[str, str], leaf: str) -> str:
    """The nearest code at or above a leaf that the scheme names; empty without one."""
    at = hierarchy.position(leaf)
    while at >= 0:
        if hierarchy.codes[at] in scheme:
            return scheme[hierarchy.codes[at]]
        at = int(hierarchy.parents[at])
    return ""


def _agrees(meaning: set[str], leaves: set[str], *, leaf: bool) -> bool:
    """Whether a target that is an old code may hold these leaves."""
    return meaning <= leaves if leaf else meaning == leaves


def _is_union(leaves: set[str], mapping: Mapping[str, str], groups: Mapping[str, set[str]]) -> bool:
    return all(groups[mapping[leaf]] <= leaves for leaf in leaves)


def _nearest(hierarchy: Hierarchy, stays: Mapping[str, set[str]], code: str) -> str:
    """The nearest code above that stays; empty for the root."""
    at = int(hierarchy.parents[hierarchy.position(code)])
    while at >= 0 and hierarchy.codes[at] not in stays:
        at = int(hierarchy.parents[at])
    return hierarchy.codes[at] if at >= 0 else ""


def _lowest(hierarchy: Hierarchy, stays: Mapping[str, set[str]], leaves: set[str]) -> str:
    """The lowest code that stays and holds a whole group; empty where the group is everything."""
    options = [
        (-int(hierarchy.depth[hierarchy.position(c)]), c) for c in stays if leaves <= stays[c]
    ]
    return min(options)[1] if options else ""


def _broken_runs(mapping: Mapping[str, str], ordered: Sequence[str] | None) -> list[str]:
    """Targets whose members do not follow one another in the natural order."""
    if ordered is None:
        return []
    if set(ordered) != set(mapping) or len(ordered) != len(mapping):
        must = Text("the order names every innermost code once")
        raise InputError.of([Finding("scheme", must=must, remedy=_REMEDY)])
    runs = [
        mapping[c] for k, c in enumerate(ordered) if k == 0 or mapping[ordered[k - 1]] != mapping[c]
    ]
    return sorted({to for to in runs if runs.count(to) > 1})
