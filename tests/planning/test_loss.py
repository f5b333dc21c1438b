from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import null_space

from sdc.errors import InputError
from sdc.model.hierarchy import Hierarchy
from sdc.model.table import aggregate
from sdc.planning import loss as loss_module
from sdc.planning.loss import Printed, divergence, nats_per_record, rebuild

AREA = Hierarchy.of("area", {"T": "", "P": "T", "Q": "T", "a": "P", "b": "P", "c": "Q", "d": "Q"})
USE = Hierarchy.flat("use", ["u", "v", "w"])
SAME = {"area": np.arange(4), "use": np.arange(3)}
NAMES, SHAPE = ["area", "use"], (4, 3)


def printed(true: np.ndarray, hidden: list[tuple[str, str]]) -> Printed:
    """Everything but some cells, by their codes."""
    value = aggregate(true, [AREA, USE])
    seen = np.ones(value.shape, dtype=bool)
    for area, use in hidden:
        seen[AREA.position(area), USE.position(use)] = False
    return Printed((AREA, USE), np.where(seen, value, 0), seen, SAME)


TRUE = np.array([[5, 1, 4], [2, 0, 9], [7, 7, 1], [3, 3, 3]])


def test_a_full_table_is_rebuilt_exactly() -> None:
    done = rebuild(NAMES, SHAPE, [printed(TRUE, [])])
    assert done.value.tolist() == TRUE.tolist()
    assert nats_per_record(TRUE, done.value) == 0.0
    assert done.residual == 0.0


def test_margins_alone_give_the_product_of_shares() -> None:
    # Only the totals of areas and of uses are printed: the table of maximum entropy is r_i c_j / n.
    everything = [(x, y) for x in AREA.codes for y in USE.codes if x != "T" and y != "TOTAL"]
    done = rebuild(NAMES, SHAPE, [printed(TRUE, everything)])
    expected = np.outer(TRUE.sum(axis=1), TRUE.sum(axis=0)) / TRUE.sum()
    assert np.allclose(done.value, expected, atol=1e-3)


def test_what_follows_by_subtraction_is_known() -> None:
    done = rebuild(NAMES, SHAPE, [printed(TRUE, [("a", "u")])])
    assert done.value.tolist() == TRUE.tolist()


def test_a_two_by_two_of_hidden_cells_is_spread() -> None:
    # Hidden: (a, u), (a, v), (b, u), (b, v) with rows 6, 2 and columns 7, 1: r c / n of the 8 units.
    cells = [("a", "u"), ("a", "v"), ("b", "u"), ("b", "v")]
    done = rebuild(NAMES, SHAPE, [printed(TRUE, cells)])
    assert np.allclose(done.value[:2, :2], [[6 * 7 / 8, 6 / 8], [2 * 7 / 8, 2 / 8]], atol=1e-3)
    true = [(5, 5.25), (1, 0.75), (2, 1.75)]
    nats = sum(n * math.log(n / m) for n, m in true)
    assert nats_per_record(TRUE, done.value) == pytest.approx(nats / TRUE.sum(), abs=1e-4)


def test_merged_areas_and_collapsed_classes_are_spread_evenly() -> None:
    coarse = Hierarchy.of("area", {"T": "", "P": "T", "Q": "T", "b": "P", "c": "Q", "d": "Q"})
    kinds = Hierarchy.flat("use", ["u", "x"])
    index = {"area": np.array([0, 0, 1, 2]), "use": np.array([0, 1, 1])}
    leaf = np.zeros((3, 2), dtype=np.int64)
    np.add.at(leaf, (index["area"][:, None], index["use"][None, :]), TRUE)
    value = aggregate(leaf, [coarse, kinds])
    done = rebuild(NAMES, SHAPE, [Printed((coarse, kinds), value, value >= 0, index)])
    # u of a and b: 7 in two cells; v and w of a and b: 14 in four; of c 8 and of d 6 in two each.
    assert np.allclose(done.value[:2], [[3.5, 3.5, 3.5]] * 2)
    assert np.allclose(done.value[2:, 1:], [[4, 4], [3, 3]])


def test_two_tables_of_the_same_records_are_used_together() -> None:
    areas = Printed((AREA,), aggregate(TRUE.sum(axis=1), [AREA]), np.ones(7, dtype=bool), SAME)
    uses = Printed((USE,), aggregate(TRUE.sum(axis=0), [USE]), np.ones(4, dtype=bool), SAME)
    done = rebuild(NAMES, SHAPE, [areas, uses])
    expected = np.outer(TRUE.sum(axis=1), TRUE.sum(axis=0)) / TRUE.sum()
    assert np.allclose(done.value, expected, atol=1e-3)


counts = st.lists(st.lists(st.integers(0, 9), min_size=3, max_size=3), min_size=4, max_size=4).map(
    np.array
)
cells = st.lists(st.tuples(st.sampled_from(AREA.codes), st.sampled_from(USE.codes)), max_size=14)


@settings(max_examples=20, deadline=None)
@given(true=counts, hidden=cells, more=cells)
def test_hiding_more_never_loses_less(
    true: np.ndarray, hidden: list[tuple[str, str]], more: list[tuple[str, str]]
) -> None:
    total = ("T", "TOTAL")  # printed in both, so that the two tables hold the same units
    few = [c for c in hidden if c != total]
    many = few + [c for c in more if c != total]
    less, greater = (
        rebuild(NAMES, SHAPE, [printed(true, chosen)], rounds=400) for chosen in (few, many)
    )
    slack = 1e-3 + 10 * (less.residual + greater.residual)
    assert divergence(true, less.value).sum() <= divergence(true, greater.value).sum() + slack


@settings(max_examples=20, deadline=None)
@given(true=counts, hidden=cells)
def test_the_rebuilt_table_agrees_with_everything_printed(
    true: np.ndarray, hidden: list[tuple[str, str]]
) -> None:
    shown = printed(true, hidden)
    done = rebuild(NAMES, SHAPE, [shown], rounds=400)
    full = AREA.aggregation @ done.value @ USE.aggregation.T
    off = np.abs(full - shown.value)[shown.seen]
    assert (off <= 4 * done.residual + 1e-6).all()
    assert (done.value >= 0).all()


def test_no_other_table_has_more_entropy() -> None:
    # At the maximum, ln m is orthogonal to every direction that changes no printed number.
    hidden = [(x, y) for x in "PQabcd" for y in "uv"]
    shown = printed(TRUE, hidden)
    done = rebuild(NAMES, SHAPE, [shown], rounds=2000).value.ravel()
    full = np.kron(AREA.aggregation.toarray(), USE.aggregation.toarray())
    rows = full[shown.seen.ravel()][:, done > 0]
    free = null_space(rows)
    assert free.shape[1] >= 2
    assert np.allclose(rows @ done[done > 0], shown.value[shown.seen], atol=1e-3)
    assert np.allclose(free.T @ np.log(done[done > 0]), 0.0, atol=1e-3)


def test_divergence_is_infinite_only_for_a_lie() -> None:
    assert divergence(np.array([1]), np.array([0.0]))[0] == math.inf
    assert divergence(np.array([0]), np.array([0.0]))[0] == 0.0
    assert nats_per_record(np.array([0]), np.array([0.0])) == 0.0


def test_numbers_that_no_table_meets_are_refused() -> None:
    value = aggregate(TRUE, [AREA, USE])
    value = value.copy()
    value[AREA.position("P"), USE.position("u")] += 1
    with pytest.raises(InputError, match="no table"):
        rebuild(NAMES, SHAPE, [Printed((AREA, USE), value, np.ones(value.shape, bool), SAME)])


def test_shapes_and_names_must_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = printed(TRUE, [])
    with pytest.raises(InputError, match="another shape"):
        Printed((AREA, USE), shown.value[1:], shown.seen, SAME)
    with pytest.raises(InputError, match="no dimension"):
        rebuild(["area"], [4], [shown])
    with pytest.raises(InputError, match="wrong length"):
        rebuild(NAMES, (4, 5), [shown])
    monkeypatch.setattr(loss_module, "MOST_CELLS", 11)
    with pytest.raises(InputError, match="too large"):
        rebuild(NAMES, SHAPE, [shown])
