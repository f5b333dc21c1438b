"""Counting piece by piece gives the tables of the records themselves."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sdc.errors import InputError
from sdc.model.coded import Coded, Measure
from sdc.model.hierarchy import Hierarchy
from sdc.tables import tally as module
from sdc.tables.tabulate import tabulate
from sdc.tables.tally import Tally, combine, condense, spread, tally

AREA = Hierarchy.of("area", {"T": "", "p": "T", "a": "p", "b": "p", "c": "T"})
USE = Hierarchy.flat("use", ["x", "y"])
Rows = list[tuple[int, int, int]]


def coded(rows: Rows) -> Coded:
    area, use, floor = (np.array(c, dtype=np.int64) for c in zip(*rows, strict=True))
    dims = {"area": AREA, "use": USE}
    return Coded("b", dims, {"area": area, "use": use}, {"floor": Measure(floor, "m²", 1.0)})


def counted(rows: Rows) -> Tally:
    records = coded(rows)
    return tally(records.key(["area", "use"])[0], {"floor": records.measures["floor"].steps})


RECORDS = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 1), st.integers(0, 9)), min_size=1, max_size=30
)


@settings(max_examples=60, deadline=None)
@given(RECORDS, st.lists(st.integers(0, 30), max_size=3), st.randoms())
def test_tables_of_joined_pieces_are_those_of_the_records(
    rows: Rows, cuts: list[int], random: st.DataObject
) -> None:
    places = sorted({c for c in cuts if 0 < c < len(rows)})
    pieces = [rows[a:b] for a, b in zip([0, *places], [*places, len(rows)], strict=True)]
    random.shuffle(pieces)  # type: ignore[attr-defined]
    joined = spread(combine([counted(p) for p in pieces]), coded(rows))
    for measure in ("count", "floor"):
        for by in (["area"], ["use", "area"]):
            slow = tabulate(coded(rows), by, measure=measure)
            for made in (joined, condense(coded(rows))):
                fast = tabulate(made, by, measure=measure)
                assert np.array_equal(slow.value, fast.value)
                assert np.array_equal(slow.counts, fast.counts)
                assert str(slow.top) == str(fast.top)


def test_the_largest_three_of_every_cell_are_kept() -> None:
    # a × x (key 0) holds 5, 9, 1, 7: sum 22, the three largest are 9, 7, 5. b × y is key 3.
    made = counted([(0, 0, 5), (0, 0, 9), (1, 1, 4), (0, 0, 1), (0, 0, 7)])
    assert made.key.tolist() == [0, 3]
    assert made.weight.tolist() == [4, 1]
    assert made.amounts["floor"][0].tolist() == [22, 4]
    assert made.amounts["floor"][1].tolist() == [[9, 7, 5], [4, 0, 0]]


def test_more_contributions_than_were_kept_are_refused() -> None:
    made = condense(coded([(0, 0, 5)]))
    with pytest.raises(InputError, match="3 largest"):
        tabulate(made, ["area"], measure="floor", top=4)


def test_parts_that_measured_something_else_are_refused() -> None:
    with pytest.raises(InputError, match="different measures"):
        combine([counted([(0, 0, 5)]), tally(np.array([0]))])
    with pytest.raises(InputError, match="no records"):
        combine([])


def test_parts_are_joined_on_the_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WAITING", 3)
    sizes = []
    inner = module._merged

    def spy(parts: list[Tally]) -> Tally:
        sizes.append(sum(map(len, parts)))
        return inner(parts)

    monkeypatch.setattr(module, "_merged", spy)
    # 40 parts of one row, 6 keys: up to 6 joined rows and, beyond them, 3 + 1 that wait.
    made = combine(tally(np.array([i % 6])) for i in range(40))
    assert made.weight.tolist() == [7, 7, 7, 7, 6, 6]
    assert len(sizes) > 2
    assert max(sizes) <= 6 + 4


@settings(max_examples=60, deadline=None)
@given(st.lists(RECORDS, min_size=1, max_size=5), st.integers(1, 4))
def test_ranges_of_keys_joined_one_by_one_are_the_whole(parts: list[Rows], block: int) -> None:
    tallies = [counted(p) for p in parts]
    whole = module._merged(tallies)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "BLOCK", block)
        made = module._merged(tallies)
    assert made.key.tolist() == whole.key.tolist()
    assert made.weight.tolist() == whole.weight.tolist()
    for mine, theirs in zip(made.amounts["floor"], whole.amounts["floor"], strict=True):
        assert np.array_equal(mine, theirs)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.integers(0, 9), max_size=30), min_size=1, max_size=5))
def test_parts_that_only_count_are_joined_key_by_key(parts: list[list[int]]) -> None:
    made = module._merged([tally(np.array(p, dtype=np.int64)) for p in parts])
    every = Counter(key for part in parts for key in part)
    assert dict(zip(made.key.tolist(), made.weight.tolist(), strict=True)) == every
    assert made.key.tolist() == sorted(every)
