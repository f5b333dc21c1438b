"""Random releases, protected by default settings, published as files, attacked by a stranger.

One to four dimensions, hierarchies, two linked tables, 0 to 80 % zeros, thresholds 2 to 10. ``make test``
runs a share of them; all 10,000 (``-s`` for the figures):

    python -m pytest -s -m nightly tests/attack/test_protected_tables.py
"""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from attacker import Attack, Key, Seen, Tree

import sdc
from sdc.pipeline.finished import table_text


def tree(rng: np.random.Generator, name: str, leaves: int, *, deep: bool) -> sdc.Hierarchy:
    """A dimension with a total, and groups of two or three codes where it is deep."""
    parent = {"T": ""}
    codes = [f"{name}{i:02d}" for i in range(leaves)]
    if not deep or leaves < 4:
        return sdc.Hierarchy.of(name, {**parent, **dict.fromkeys(codes, "T")})
    at = 0
    group = 0
    while at < leaves:
        size = int(rng.integers(1, 4))
        above = f"G{name}{group}"
        parent[above] = "T"
        parent |= dict.fromkeys(codes[at : at + size], above)
        at, group = at + size, group + 1
    return sdc.Hierarchy.of(name, parent)


@dataclass
class City:
    """The tables of one release, what each holds in truth, and the rules."""

    tables: list[sdc.Table]
    rules: sdc.Rules

    @property
    def truth(self) -> list[dict[tuple[str, ...], int]]:
        return [
            {
                tuple(d.codes[i] for d, i in zip(t.dims, at, strict=True)): int(v)
                for at, v in np.ndenumerate(t.value)
            }
            for t in self.tables
        ]


def random_city(seed: int) -> City:
    """One table of one to four dimensions, or two that share all dimensions but one each."""
    rng = np.random.default_rng(seed)
    n_dims = int(rng.integers(1, 5))
    most = {1: 12, 2: 6, 3: 4, 4: 2}[n_dims]
    dims = [
        tree(rng, "abcd"[i], int(rng.integers(2, most + 1)), deep=bool(rng.integers(0, 2)))
        for i in range(n_dims)
    ]
    shape = [len(d.leaves) for d in dims]
    mean = float(rng.choice([1.0, 3.0, 8.0, 20.0]))
    leaf = rng.poisson(rng.gamma(1.0, mean, shape)).astype(np.int64)
    leaf[rng.random(shape) < rng.choice([0.0, 0.2, 0.5, 0.8])] = 0
    k = int(rng.choice([2, 3, 4, 5, 10]))
    zeros = str(rng.choice(["hide", "hide", "show"]))
    rules = sdc.Rules(min_count=k, zeros=zeros, owners=bool(seed % 2))
    kept = [list(range(n_dims))]
    if n_dims >= 3 and rng.integers(0, 2):
        kept = [list(range(n_dims - 1)), list(range(1, n_dims))]
    tables = []
    for number, axes in enumerate(kept):
        own = tuple(dims[i] for i in axes)
        margin = leaf.sum(axis=tuple(i for i in range(n_dims) if i not in axes))
        tables.append(sdc.Table(f"t{number}", own, sdc.aggregate(margin, own)))
    return City(tables, rules)


def published(city: City, folder: Path) -> tuple[list[Seen], dict[str, Tree]] | None:
    """What a reader gets: a CSV of each table and one code list a dimension; None where withheld."""
    system = sdc.system_of(city.tables)
    try:
        plan = sdc.protect(system, city.rules)
    except sdc.Infeasible:
        return None
    report = sdc.audit(system, plan, city.rules)
    assert report.passed
    opened = sdc.release(system, plan, report, ground="test")
    seen, trees = [], {}
    for shown in opened.tables:
        path = folder / f"{shown.name}.csv"
        path.write_text(table_text(shown), encoding="utf-8", newline="")
        seen.append(Seen.read(path, [d.name for d in shown.dims]))
        for dim in shown.dims:
            file = folder / f"{dim.name}.csv"
            with file.open("w", encoding="utf-8", newline="") as handle:
                rows = csv.writer(handle)
                rows.writerow(["code", "parent"])
                for code, above in zip(dim.codes, dim.parents, strict=True):
                    rows.writerow([code, dim.codes[above] if above >= 0 else ""])
            trees[dim.name] = Tree.read(file)
    return seen, trees


@dataclass
class Tally:
    """What an attacker made of a release; ``told`` names what should not have been found."""

    released: int = 0
    hidden: int = 0
    primary: int = 0
    owners: int = 0
    told: list[str] = field(default_factory=list)


def broken_promises(city: City, folder: Path) -> Tally:
    """Every hidden cell that follows, and every primary whose interval is below the promise.

    The promise is made to readers and, where the rules say so, to the owner of any one unit.
    """
    given = published(city, folder)
    if given is None:
        return Tally()
    seen, trees = given
    truth, k = city.truth, city.rules.min_count
    # Where zeros are printed an X is at least 1. Where they may be hidden it is so only if no table
    # has a zero that could have been hidden.
    never = not any(0 in t.values() for t in truth)
    least = 1 if city.rules.zeros == "show" or never else 0
    attack = Attack(seen, trees, least=least, most=10_000)
    owners = units(seen, truth, trees, attack) if city.rules.owners else []
    out = Tally(1)
    for i, table in enumerate(seen):
        for cell in sorted(table.hidden):
            value, key = truth[i][cell], attack.key(cell, i)
            out.hidden += 1
            if not (
                attack.allows(key, at_most=value - 1) or attack.allows(key, at_least=value + 1)
            ):
                out.told.append(f"{cell} follows")
            if 0 < value < k:
                out.primary += 1
                # Nobody can be asked to believe less than what everybody sees to be there.
                low = max(1, _filled_leaves(city, trees, key)) if least else value - 1
                if not attack.allows(key, at_least=k):
                    out.told.append(f"{cell} cannot reach the threshold")
                if not attack.allows(key, at_most=low):
                    out.told.append(f"{cell} cannot be low")
                for place in owners:
                    out.owners += 1
                    own = (place, 1)
                    if not attack.allows(key, at_least=k, own=own):
                        out.told.append(f"{cell} cannot reach the threshold, says {place}")
                    # Whoever owns the only unit knows that it is there.
                    alone = value == 1 and _lies_in(place, key, trees)
                    if not (alone or attack.allows(key, at_most=low, own=own)):
                        out.told.append(f"{cell} cannot be low, says {place}")
    return out


def units(
    seen: list[Seen],
    truth: list[dict[tuple[str, ...], int]],
    trees: dict[str, Tree],
    attack: Attack,
) -> list[Key]:
    """The hidden innermost places that hold a unit, whose owner knows of it."""
    found = set()
    for i, table in enumerate(seen):
        for cell in table.hidden:
            inner = all(c in trees[n].leaves for n, c in zip(table.names, cell, strict=True))
            if inner and truth[i][cell] >= 1:
                found.add(attack.key(cell, i))
    return sorted(k for k in found if k in attack.variables)


def _lies_in(place: Key, key: Key, trees: dict[str, Tree]) -> bool:
    """Whether an innermost place is part of another one."""

    def up(name: str, code: str) -> set[str]:
        above = trees[name].parent[code]
        return {code} | (up(name, above) if above else set())

    mine = dict(place)
    return all(n in mine and c in up(n, mine[n]) for n, c in key)


def _filled_leaves(city: City, trees: dict[str, Tree], key: tuple[tuple[str, str], ...]) -> int:
    """Innermost cells below a place that are not zero, in the table that shows most of them."""

    def below(name: str, code: str) -> set[str]:
        inner = trees[name].children.get(code)
        return set().union(*(below(name, c) for c in inner)) if inner else {code}

    most, codes = 0, dict(key)
    for table, truth in zip(city.tables, city.truth, strict=True):
        names = [d.name for d in table.dims]
        if set(codes) <= set(names):
            inside = [below(n, codes.get(n, trees[n].root)) for n in names]
            leaves = [set(trees[n].leaves) for n in names]
            most = max(most, sum(
                value > 0 and all(c in i and c in f for c, i, f in zip(at, inside, leaves, strict=True))
                for at, value in truth.items()
            ))  # fmt: skip
    return most


@pytest.mark.parametrize("block", range(4))
def test_no_promise_is_broken(block: int, tmp_path: Path) -> None:
    for seed in range(15 * block, 15 * block + 15):
        assert not broken_promises(random_city(seed), tmp_path).told, f"seed {seed}"


@pytest.mark.nightly
@pytest.mark.parametrize("block", range(100))
def test_no_promise_is_broken_in_ten_thousand_releases(block: int, tmp_path: Path) -> None:
    released = hidden = primary = owners = 0
    for seed in range(1000 + 100 * block, 1100 + 100 * block):
        found = broken_promises(random_city(seed), tmp_path)
        assert not found.told, f"seed {seed}"
        released, hidden = released + found.released, hidden + found.hidden
        primary, owners = primary + found.primary, owners + found.owners
    print(
        f"released {released} of 100, X {hidden}, primary {primary}, with an owner {owners}, broken 0"
    )


def test_a_broken_protection_is_noticed(tmp_path: Path) -> None:
    """Print one complementary cell of a protected table: the stranger must notice somewhere."""
    noticed = 0
    for seed in range(20):
        city = random_city(seed)
        given = published(city, tmp_path)
        if given is None:
            continue
        (seen, *_), trees = given
        truth, k = city.truth[0], city.rules.min_count
        extra = [c for c in sorted(seen.hidden) if not 0 < truth[c] < k]
        if not extra:
            continue
        seen.hidden.discard(extra[0])
        seen.number[extra[0]] = truth[extra[0]]
        attack = Attack(seen, trees, most=10_000)
        noticed += any(
            0 < truth[c] < k and not attack.can(c, at_least=k) for c in sorted(seen.hidden)
        )
    assert noticed >= 5
