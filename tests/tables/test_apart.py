"""Large merging problems are solved part by part, and the parts together are the whole."""

from __future__ import annotations

import pickle
from collections.abc import Iterable
from functools import partial
from typing import Any

import numpy as np
import pytest

from sdc.tables.merge import merge_areas
from sdc.tables.merging import apart


def towns(number: int, seed: int) -> dict[str, Any]:
    """Towns of six areas in a row each; nobody borders on another town."""
    rng = np.random.default_rng(seed)
    n = 6 * number
    first = np.array([6 * t + k for t in range(number) for k in range(5)])
    return {
        "counts": rng.integers(0, 12, (n, 3)),
        "codes": [f"a{i:03d}" for i in range(n)],
        "edges": (first, first + 1, np.full(len(first), 50.0)),
        "parents": [f"t{i // 6}" for i in range(n)],
        "min_count": 15,
    }


@pytest.mark.parametrize("method", ["greedy", "auto"])
def test_parts_give_what_the_whole_gives(monkeypatch: pytest.MonkeyPatch, method: str) -> None:
    for seed in range(3):
        made = towns(5, seed)
        whole = merge_areas(**made, method=method)
        sent: list[int] = []

        def travelling(work: Any, items: Iterable[Any], sent: list[int] = sent) -> list[Any]:
            parcels = [pickle.dumps(partial(work, item)) for item in items]
            sent.append(len(parcels))
            return [pickle.loads(p)() for p in parcels]

        with monkeypatch.context() as patch:
            patch.setattr(apart, "APART", 1)
            patch.setattr(apart, "BUNDLE", 12)
            parts = merge_areas(**made, method=method, run=travelling)
        # Five towns of six areas, two of them a part at most: three parts.
        assert sent == [3]
        assert parts.codes == whole.codes
        assert parts.loss == pytest.approx(whole.loss)
        assert parts.unsafe == whole.unsafe
        if method == "greedy" or whole.optimal:
            assert parts.mapping == whole.mapping


def test_an_earlier_release_keeps_parts_together_and_changes_nothing_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Last time a002 stood under a007 of the next town, and the third town is as it was. A contact that
    # is gone since cannot be used again, but the price of every changed code is the same as in the whole.
    made = towns(5, 4)
    last = {c: c for c in made["codes"]} | {"a002": "a007", "a013": "a012", "a014": "a012"}
    whole = merge_areas(**made, previous=last)
    monkeypatch.setattr(apart, "APART", 1)
    monkeypatch.setattr(apart, "BUNDLE", 1)
    sent: list[int] = []

    def counted(work: Any, items: Any) -> list[Any]:
        sent.extend(item.n for item in items)
        return [work(item) for item in items]

    parts = merge_areas(**made, previous=last, run=counted)
    assert sent == [12, 6, 6, 6]
    assert parts.loss == pytest.approx(whole.loss)
    assert parts.mapping == whole.mapping


def test_no_contact_is_lost_between_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apart, "APART", 1)
    monkeypatch.setattr(apart, "BUNDLE", 1)
    made = towns(4, 1)
    found = merge_areas(**made)
    town = dict(zip(made["codes"], made["parents"], strict=True))
    assert all(town[a] == town[b] for a, b in found.mapping.items())
    # An area is 0, reaches 15 with all that was merged into it, or is named as unsafe.
    total = dict.fromkeys(made["codes"], 0)
    for code, own in zip(made["codes"], made["counts"].sum(axis=1).tolist(), strict=True):
        total[found.mapping[code]] += own
    small = {c for c, v in total.items() if 0 < v < 15}
    assert small <= set(found.unsafe)
