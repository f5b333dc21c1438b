"""Random releases, protected by default settings, published as files, attacked by a stranger.

``make test`` runs a share of them. All 10,000 take about an hour of processor time. The first command
can be stopped and goes on where it was; the second spreads them over all processors:

    python bench/random_tables.py --out figures.jsonl
    python -m pytest -n auto -m nightly tests/attack/test_protected_tables.py
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import randomcity
from promises import first_told, told
from randomcity import attacked, published, random_city

import sdc
from sdc.messages import Text
from sdc.suppression.areatree import shared_tree
from sdc.suppression.complementary import METHODS, SHARED


def faults(seeds: Sequence[int], folder: Path, **options: Any) -> list[str]:
    """What a stranger told of releases, and what was planted in them and not noticed."""
    found = []
    for seed in seeds:
        outcome = attacked(seed, folder, **options)
        found += [f"seed {seed}: {what}" for what in (*outcome.told, *outcome.unseen)]
    return found


@pytest.mark.parametrize("block", range(4))
def test_no_promise_is_broken(block: int, tmp_path: Path) -> None:
    assert not faults(range(12 * block, 12 * block + 12), tmp_path)


def test_no_promise_to_readers_alone_is_broken(tmp_path: Path) -> None:
    assert not faults(range(60, 80), tmp_path, owners=False)


@pytest.mark.parametrize("method", sorted(METHODS.keys() - {"optimal", "reverse-delete"}))
def test_no_promise_is_broken_by_other_methods(method: str, tmp_path: Path) -> None:
    """Tables so small are left to ``optimal`` by default; what it leaves to others is no less safe."""
    cut = {s for s in range(104, 204) if shared_tree(sdc.system_of(random_city(s).tables))}
    seeds = sorted(cut) if method in SHARED else range(104, 204)
    assert not faults(seeds[:15], tmp_path, method=method)


@pytest.mark.nightly
@pytest.mark.parametrize("block", range(100))
def test_no_promise_is_broken_in_ten_thousand_releases(block: int, tmp_path: Path) -> None:
    assert not faults(range(1000 + 100 * block, 1100 + 100 * block), tmp_path)


@pytest.mark.nightly
@pytest.mark.parametrize("seed", range(20))
def test_no_promise_is_broken_in_wide_tables(seed: int, tmp_path: Path) -> None:
    assert not faults(range(seed, seed + 1), tmp_path, wide=True)


def test_every_needed_x_is_missed_once_it_is_printed(tmp_path: Path) -> None:
    """A pattern that is cheaper than any safe one is not safe: the stranger must notice each time."""
    inner = totals = 0
    for seed in range(80, 96):
        release = published(random_city(seed), tmp_path)
        for key in release.needed:
            assert first_told(release.case.printing(key)), f"seed {seed}: {key}"
            names = set().union(*(t.names for t in release.case.seen))
            whole = {n for n, _ in key} == names
            ends = whole and all(c in release.case.trees[n].leaves for n, c in key)
            inner, totals = inner + ends, totals + (not ends)
    assert inner >= 10
    assert totals >= 30


def test_a_threshold_that_was_one_too_low_is_noticed(tmp_path: Path) -> None:
    """Where a value of k - 1 is printed the promise for k is broken, whatever else is hidden."""
    printed = 0
    for city in map(random_city, range(100, 200)):
        k, rules = city.rules.min_count, city.rules
        few = sum(t.value.size for t in city.tables) <= 50
        if k == 2 or not few or not any(v == k - 1 for t in city.truth for v in t.values()):
            continue
        case = published(replace(city, rules=replace(rules, min_count=k - 1)), tmp_path).case
        assert not told(case)
        shown = sum(v == k - 1 for table in case.seen for v in table.number.values())
        found = told(replace(case, min_count=k))
        assert sum("is printed" in what for what in found) == shown
        printed += shown
    assert printed >= 10


def test_a_refusal_without_need_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # With everything hidden a reader who is told nothing can exclude nothing.
    def refuse(*_: object) -> None:
        raise sdc.Infeasible(Text("no"), cells=())

    monkeypatch.setattr(randomcity, "published", refuse)
    seed = next(s for s in range(10) if random_city(s).rules.zeros == "hide")
    assert attacked(seed, tmp_path).told == ["refused without need: no"]
