"""Which promises does a release not keep, as far as a stranger can tell from its files?

The stranger is told the truth only to know what to look for and to judge what is found; the tables that
are found agree with what is printed, whatever the truth. Imports nothing of the tool.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace

from attacker import Attack, Cell, Key, Seen, Tree

MOST = 10_000
"""More than any place holds."""


@dataclass
class Case:
    """What was printed, what was promised, and the truth behind each table.

    ``zeros`` is "show" where all of them are printed; with ``owners`` the promise is made to the owner
    of any one unit, too.
    """

    seen: list[Seen]
    trees: dict[str, Tree]
    truth: list[dict[Cell, int]]
    min_count: int
    zeros: str
    owners: bool

    def printing(self, key: Key) -> Case:
        """The same release with one place printed, in every table that has it."""
        roots = {n: t.root for n, t in self.trees.items()}
        seen = []
        for table, truth in zip(self.seen, self.truth, strict=True):
            cells = {c for c in table.hidden if key_of(table, c, roots) == key}
            number = table.number | {c: truth[c] for c in cells}
            seen.append(Seen(table.names, number, table.hidden - cells))
        return replace(self, seen=seen)


def key_of(table: Seen, cell: Cell, roots: dict[str, str]) -> Key:
    pairs = zip(table.names, cell, strict=True)
    return tuple(sorted((n, c) for n, c in pairs if c != roots[n]))


@dataclass
class Tally:
    """How much was asked: X, small cells, and pairs of a small cell and an owner."""

    hidden: int = 0
    primary: int = 0
    owners: int = 0


def told(case: Case, tally: Tally | None = None) -> list[str]:
    """Every X that follows, and every promise about a small cell that is not kept."""
    return list(_findings(case, tally or Tally(), standing=True))


def first_told(case: Case) -> str | None:
    """The first promise about a small cell that is not kept; None where all are."""
    return next(_findings(case, Tally(), standing=False), None)


def _findings(case: Case, tally: Tally, *, standing: bool) -> Iterator[str]:
    truth, k = case.truth, case.min_count
    # Where zeros are printed an X is at least 1. Where they may be hidden it is so only if no table
    # has a zero that could have been hidden.
    never = not any(0 in t.values() for t in truth)
    least = 1 if case.zeros == "show" or never else 0
    attack = Attack(case.seen, case.trees, least=least, most=MOST)
    owners = _units(case, attack) if case.owners else []
    for i, table in enumerate(case.seen):
        for cell, value in sorted(truth[i].items()):
            key = attack.key(cell, i)
            small = 0 < value < k
            tally.primary += small
            if cell in table.number or key in attack.number:
                if small:
                    yield f"{cell} is printed"
                continue
            tally.hidden += 1
            if standing and not (
                attack.allows(key, at_most=value - 1) or attack.allows(key, at_least=value + 1)
            ):
                yield f"{cell} follows"
            if small:
                # Nobody can be asked to believe less than what everybody sees to be there.
                low = max(1, _filled(case, key)) if least else value - 1
                tally.owners += len(owners)
                for what in _unkept(attack, key, (value, k, low), owners, case.trees):
                    yield f"{cell} {what}"


def _unkept(
    attack: Attack,
    key: Key,
    levels: tuple[int, int, int],
    owners: list[Key],
    trees: dict[str, Tree],
) -> Iterator[str]:
    """What a small place cannot be, for a reader and for each owner; ``levels`` are its value, the
    threshold, and how low it should be able to lie."""
    value, k, low = levels
    if not attack.allows(key, at_least=k):
        yield "cannot reach the threshold"
    if not attack.allows(key, at_most=low):
        yield "cannot be low"
    for place in owners:
        own = (place, 1)
        if not attack.allows(key, at_least=k, own=own):
            yield f"cannot reach the threshold, says {place}"
        # Whoever owns the only unit knows that it is there.
        alone = value == 1 and _lies_in(place, key, trees)
        if not (alone or attack.allows(key, at_most=low, own=own)):
            yield f"cannot be low, says {place}"


def _units(case: Case, attack: Attack) -> list[Key]:
    """The hidden innermost places that hold a unit, whose owner knows of it."""
    found = set()
    for i, table in enumerate(case.seen):
        for cell in table.hidden:
            inner = all(c in case.trees[n].leaves for n, c in zip(table.names, cell, strict=True))
            if inner and case.truth[i][cell] >= 1:
                found.add(attack.key(cell, i))
    return sorted(k for k in found if k in attack.variables)


def _lies_in(place: Key, key: Key, trees: dict[str, Tree]) -> bool:
    """Whether an innermost place is part of another one."""

    def up(name: str, code: str) -> set[str]:
        above = trees[name].parent[code]
        return {code} | (up(name, above) if above else set())

    mine = dict(place)
    return all(n in mine and c in up(n, mine[n]) for n, c in key)


def _filled(case: Case, key: Key) -> int:
    """Innermost cells below a place that are not zero, in the table that shows most of them."""

    def below(name: str, code: str) -> set[str]:
        inner = case.trees[name].children.get(code)
        return set().union(*(below(name, c) for c in inner)) if inner else {code}

    most, codes = 0, dict(key)
    for table, truth in zip(case.seen, case.truth, strict=True):
        if set(codes) <= set(table.names):
            inside = [below(n, codes.get(n, case.trees[n].root)) for n in table.names]
            most = max(most, sum(truth[c] > 0 for c in itertools.product(*inside)))
    return most
