"""Random tables, protected by default settings, published as files, attacked by a stranger.

``make test`` runs a share of them; the whole run is

    python -m pytest -m nightly tests/attack
"""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from attacker import Attack, Seen, Tree

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


def random_table(seed: int) -> tuple[sdc.Table, sdc.Rules]:
    rng = np.random.default_rng(seed)
    n_dims = int(rng.integers(1, 4))
    most = {1: 12, 2: 6, 3: 4}[n_dims]
    dims = tuple(
        tree(rng, "abc"[i], int(rng.integers(2, most + 1)), deep=bool(rng.integers(0, 2)))
        for i in range(n_dims)
    )
    shape = [len(d.leaves) for d in dims]
    mean = float(rng.choice([1.0, 3.0, 8.0, 20.0]))
    leaf = rng.poisson(rng.gamma(1.0, mean, shape)).astype(np.int64)
    leaf[rng.random(shape) < rng.choice([0.0, 0.2, 0.5])] = 0
    rules = sdc.Rules(
        min_count=int(rng.integers(2, 6)), zeros=str(rng.choice(["hide", "hide", "show"]))
    )
    return sdc.Table("t", dims, sdc.aggregate(leaf, dims)), rules


def published(
    table: sdc.Table, rules: sdc.Rules, folder: Path
) -> tuple[Seen, dict[str, Tree]] | None:
    """What a reader gets: a CSV of the table and one code list a dimension; None where withheld."""
    try:
        plan = sdc.protect(table, rules)
    except sdc.Infeasible:
        return None
    report = sdc.audit(table, plan, rules)
    assert report.passed
    opened = sdc.release(table, plan, report, ground="test")
    (folder / "t.csv").write_text(table_text(opened.tables[0]), encoding="utf-8")
    for dim in table.dims:
        with (folder / f"{dim.name}.csv").open("w", encoding="utf-8", newline="") as handle:
            rows = csv.writer(handle)
            rows.writerow(["code", "parent"])
            for code, above in zip(dim.codes, dim.parents, strict=True):
                rows.writerow([code, dim.codes[above] if above >= 0 else ""])
    names = [d.name for d in table.dims]
    return Seen.read(folder / "t.csv", names), {n: Tree.read(folder / f"{n}.csv") for n in names}


def broken_promises(table: sdc.Table, rules: sdc.Rules, folder: Path) -> list[str]:
    """Every hidden cell that follows, and every primary whose interval is below the promise."""
    given = published(table, rules, folder)
    if given is None:
        return []
    seen, trees = given
    truth = {
        tuple(d.codes[i] for d, i in zip(table.dims, at, strict=True)): int(v)
        for at, v in np.ndenumerate(table.value)
    }
    # Where zeros are printed an X is at least 1. Where they may be hidden it is so only if the table
    # has no zero that could have been hidden.
    least = 1 if rules.zeros == "show" or 0 not in truth.values() else 0
    attack = Attack(seen, trees, least=least, most=10_000)
    names = [d.name for d in table.dims]
    out = []
    for cell in sorted(seen.hidden):
        value = truth[cell]
        other = attack.can(cell, at_most=value - 1) or attack.can(cell, at_least=value + 1)
        if not other:
            out.append(f"{cell} follows")
        if 0 < value < rules.min_count:
            filled = _filled_leaves(truth, trees, names, cell)
            # Nobody can be asked to believe less than what everybody sees to be there.
            low = max(1, filled) if least else value - 1
            if not attack.can(cell, at_least=rules.min_count):
                out.append(f"{cell} cannot reach the threshold")
            if not attack.can(cell, at_most=low):
                out.append(f"{cell} cannot be low")
    return out


def _filled_leaves(truth, trees, names, cell) -> int:
    """Innermost cells below ``cell`` that are not zero."""

    def below(name: str, code: str) -> set[str]:
        inner = trees[name].children.get(code)
        return set().union(*(below(name, c) for c in inner)) if inner else {code}

    inside = [below(n, c) for n, c in zip(names, cell, strict=True)]
    leaves = [{c for c in trees[n].parent if c not in trees[n].children} for n in names]
    return sum(
        value > 0 and all(c in i and c in f for c, i, f in zip(at, inside, leaves, strict=True))
        for at, value in truth.items()
    )


@pytest.mark.parametrize("block", range(4))
def test_no_promise_is_broken(block: int, tmp_path: Path) -> None:
    for seed in range(30 * block, 30 * block + 30):
        table, rules = random_table(seed)
        assert not broken_promises(table, rules, tmp_path), f"seed {seed}"


@pytest.mark.nightly
@pytest.mark.parametrize("block", range(40))
def test_no_promise_is_broken_in_two_thousand_tables(block: int, tmp_path: Path) -> None:
    for seed in range(1000 + 50 * block, 1000 + 50 * block + 50):
        table, rules = random_table(seed)
        assert not broken_promises(table, rules, tmp_path), f"seed {seed}"


def test_a_broken_protection_is_noticed(tmp_path: Path) -> None:
    """Print one complementary cell of a protected table: the stranger must notice somewhere."""
    noticed = 0
    for seed in range(20):
        table, rules = random_table(seed)
        given = published(table, rules, tmp_path)
        if given is None:
            continue
        seen, trees = given
        truth = {
            tuple(d.codes[i] for d, i in zip(table.dims, at, strict=True)): int(v)
            for at, v in np.ndenumerate(table.value)
        }
        extra = [c for c in sorted(seen.hidden) if not 0 < truth[c] < rules.min_count]
        if not extra:
            continue
        seen.hidden.discard(extra[0])
        seen.number[extra[0]] = truth[extra[0]]
        attack = Attack(seen, trees, most=10_000)
        noticed += any(
            0 < truth[c] < rules.min_count and not attack.can(c, at_least=rules.min_count)
            for c in sorted(seen.hidden)
        )
    assert noticed >= 5
