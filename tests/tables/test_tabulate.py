"""Counting agrees with pandas; the largest contributions are those of the records themselves."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sdc.errors import InputError
from sdc.model.coded import Coded, Measure
from sdc.model.hierarchy import Hierarchy
from sdc.tables.tabulate import tabulate

USE = Hierarchy.of("use", {"T": "", "g1": "T", "g2": "T", "a": "g1", "b": "g1", "c": "g2"})
AREA = Hierarchy.of("area", {"city": "", "o1": "city", "x": "o1", "y": "o1", "z": "city"})


def records(seed: int, n: int) -> Coded:
    rng = np.random.default_rng(seed)
    leaf = {"use": rng.integers(0, 3, n), "area": rng.integers(0, 3, n)}
    steps = rng.integers(0, 1000, n).astype(np.int64)
    return Coded("b", {"use": USE, "area": AREA}, leaf, {"floor": Measure(steps, "m2")})


def below(dim: Hierarchy, code: str) -> set[int]:
    """Indices of the leaves under a code, by walking up from each leaf."""
    out = set()
    for i, leaf in enumerate(dim.leaves):
        at = int(leaf)
        while at >= 0:
            if dim.codes[at] == code:
                out.add(i)
            at = int(dim.parents[at])
    return out


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.integers(0, 60))
def test_every_cell_is_a_plain_filter_of_the_records(seed: int, n: int) -> None:
    coded = records(seed, n)
    frame = pd.DataFrame({**coded.leaf, "floor": coded.measures["floor"].steps})
    count = tabulate(coded, ["area", "use"])
    total = tabulate(coded, ["area", "use"], measure="floor")
    for i, area in enumerate(AREA.codes):
        for j, use in enumerate(USE.codes):
            inside = frame[frame.area.isin(below(AREA, area)) & frame.use.isin(below(USE, use))]
            largest = sorted(inside.floor, reverse=True)[:3]
            assert count.value[i, j] == len(inside) == total.counts[i, j]
            assert total.value[i, j] == inside.floor.sum()
            assert total.top is not None
            assert total.top[i, j].tolist() == largest + [0] * (3 - len(largest))


def test_shuffled_records_give_the_same_table() -> None:
    coded = records(1, 500)
    order = np.random.default_rng(2).permutation(500)
    shuffled = Coded(
        "b", coded.dims, {k: v[order] for k, v in coded.leaf.items()},
        {"floor": Measure(coded.measures["floor"].steps[order], "m2")},
    )  # fmt: skip
    first = tabulate(coded, ["area", "use"], measure="floor")
    second = tabulate(shuffled, ["area", "use"], measure="floor")
    assert first.value.tobytes() == second.value.tobytes()
    assert first.top is not None
    assert second.top is not None
    assert first.top.tobytes() == second.top.tobytes()


@pytest.mark.parametrize(("by", "measure"), [(["colour"], "count"), (["use"], "height")])
def test_what_the_records_do_not_have_is_refused(by: list[str], measure: str) -> None:
    with pytest.raises(InputError, match=r"colour|height"):
        tabulate(records(0, 5), by, measure=measure)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 1), st.integers(0, 4)), max_size=30))
def test_contributors_are_different_persons_on_every_level(
    rows: list[tuple[int, int, int]],
) -> None:
    use = Hierarchy.of("use", {"T": "", "G": "T", "a": "G", "b": "G", "c": "T", "d": "T"})
    sex = Hierarchy.flat("sex", ["f", "m"])
    data = np.array(rows, dtype=np.int64).reshape(-1, 3)
    coded = Coded(
        "r", {"use": use, "sex": sex}, {"use": data[:, 0], "sex": data[:, 1]}, owner=data[:, 2]
    )
    table = tabulate(coded, ["use", "sex"])
    below = {"T": "abcd", "G": "ab", **{c: c for c in "abcd"}}
    sexes = {"TOTAL": "fm", "f": "f", "m": "m"}
    for i, code in enumerate(use.codes):
        for j, kind in enumerate(sex.codes):
            mine = [r for r in rows if "abcd"[r[0]] in below[code] and "fm"[r[1]] in sexes[kind]]
            assert table.value[i, j] == len(mine)
            assert table.counts[i, j] == len({r[2] for r in mine})
