"""What is published otherwise than in the earlier release, and why?

Areas, classes and X of two decisions are compared by name. The reasons speak of rules, never of
numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from sdc.messages import Text
from sdc.model.system import Problem
from sdc.planning.decision import Decision, Maps, hidden_cells
from sdc.planning.study import Earlier

GONE = Text("the code is gone")
NEW = Text("the code is new")
LARGE = Text("reaches the minimum by itself now")
SMALL = Text("no longer reaches the minimum by itself")
CHEAPER = Text("another merge loses less, the change included")
LEVEL = Text("the merge level of the plan is another one")
SCHEME = Text("the plan collapses the dimension otherwise")
HERE = Text("the area's own numbers ask for another group")
RULE = Text("the rules hide it")
NEEDED = Text("needed to protect another X")
SPARED = Text("need not be hidden any more")


@dataclass(frozen=True)
class Change:
    """One code or cell: ``kind`` is merge, collapse, group or cell; ``where`` dimension or table."""

    kind: str
    where: str
    what: str
    before: str
    now: str
    why: Text


def changes(
    earlier: Earlier,
    now: Decision,
    problem: Problem,
    *,
    sizes: Mapping[str, Mapping[str, int]] | None = None,
    level: int = 0,
) -> list[Change]:
    """Everything that differs, in order: merges, collapses, then cells on codes that both have.

    ``sizes`` (dimension -> finest code -> units) and ``level`` tell whether an area reaches the
    minimum by itself. O(codes + cells).
    """
    found = list(_maps("merge", earlier.merges, now.merges, sizes=sizes or {}, level=level))
    found += _maps("collapse", earlier.collapses, now.collapses, sizes=sizes or {}, level=0)
    found += _groups(earlier, now)
    return [*found, *_cells(earlier, problem, now)]


def moved(before: Mapping[str, str], now: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Codes whose published code differs between two maps: code -> (before, now).

    >>> moved({"a": "b"}, {"a": "c", "d": "c"})
    {'a': ('b', 'c'), 'd': ('d', 'c')}
    """
    return {
        code: (before.get(code, code), now.get(code, code))
        for code in sorted(before.keys() | now.keys())
        if before.get(code, code) != now.get(code, code)
    }


def distance(before: Maps, now: Maps) -> int:
    """How many codes are published under another code than before, over all dimensions.

    >>> distance({"area": {"a": "b"}}, {"area": {"a": "b", "d": "c"}, "use": {"x": "y"}})
    2
    """
    names = sorted(before.keys() | now.keys())
    return sum(len(moved(before.get(d, {}), now.get(d, {}))) for d in names)


def regrouped(before: Mapping[str, Maps], now: Mapping[str, Maps]) -> int:
    """How many classes some area counts otherwise than before.

    >>> regrouped({}, {"r/use": {"east": {"a": "other:T", "b": "other:T"}, "west": {"a": "other:T"}}})
    2
    """
    return len({(name, code) for name, _, code, _, _ in _moves(before, now)})


def _moves(
    before: Mapping[str, Maps], now: Mapping[str, Maps]
) -> Iterator[tuple[str, str, str, str, str]]:
    """Records and column, area, class, group before and now, where the two differ."""
    for name in sorted(before.keys() | now.keys()):
        old, new = before.get(name, {}), now.get(name, {})
        for area in sorted(old.keys() | new.keys()):
            for code, (was, is_) in moved(old.get(area, {}), new.get(area, {})).items():
                yield name, area, code, was, is_


def _groups(earlier: Earlier, now: Decision) -> Iterator[Change]:
    """Classes that some area counts in another group than before."""
    for name, area, code, was, is_ in _moves(earlier.groups, now.groups):
        yield Change("group", name, f"{area} {code}", was, is_, HERE)


def _maps(
    kind: str,
    before: Maps,
    now: Maps,
    *,
    sizes: Mapping[str, Mapping[str, int]],
    level: int,
) -> Iterator[Change]:
    for dim in sorted(before.keys() | now.keys()):
        units = sizes.get(dim)
        for code, (old, new) in moved(before.get(dim, {}), now.get(dim, {})).items():
            merged = kind == "merge"
            why = _reason(code, old, new, units=units, level=level) if merged else SCHEME
            yield Change(kind, dim, code, old, new, why)


def _reason(code: str, old: str, new: str, *, units: Mapping[str, int] | None, level: int) -> Text:
    """Why an area is published under another code than before."""
    if units is not None and (code not in units or old not in units):
        return GONE
    if not level:
        return LEVEL
    size = None if units is None else units[code]
    if new == code and (size is None or size >= level or size == 0):
        return LARGE
    if old == code and size is not None and size < level:
        return SMALL
    return CHEAPER


def _cells(earlier: Earlier, problem: Problem, now: Decision) -> Iterator[Change]:
    """X that came and X that went, on cells that were published before as well."""
    system = problem.system
    primary = np.zeros(system.n, dtype=bool)
    primary[problem.primary] = True
    must = {t: set(rows) for t, rows in hidden_cells(system, primary).items()}
    for block in system.blocks:
        name = block.table.name
        if name not in earlier.hidden:
            continue
        old, new = set(earlier.hidden[name]), set(now.hidden.get(name, ()))
        dims = block.table.dims
        for cell in sorted(old ^ new):
            here = len(cell) == len(dims) and all(c in d for c, d in zip(cell, dims, strict=True))
            text = " ".join(cell)
            if cell in new:
                yield Change("cell", name, text, "", "X", RULE if cell in must[name] else NEEDED)
            else:
                yield Change("cell", name, text, "X", "", SPARED if here else GONE)
