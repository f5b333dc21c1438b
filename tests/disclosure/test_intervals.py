"""Feasibility intervals, checked against an exact attacker and by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse as sp
from smallcases import Exact, cell, grid_problem, mask, random_case

from sdc.disclosure.intervals import intervals
from sdc.disclosure.work import Work
from sdc.errors import InputError
from sdc.model.system import UNBOUNDED, Level, Problem, System


@pytest.mark.parametrize("zeros", ["hide", "show"])
@pytest.mark.parametrize("seed", range(40, 48))
def test_whole_number_intervals_are_those_of_an_exact_attacker(seed: int, zeros: str) -> None:
    case = random_case(seed, zeros=zeros)
    found = intervals(case.problem, case.hidden)
    exact = Exact(case.problem, case.hidden, most=500)
    assert not found.unknown.any()
    for c, low, high in zip(found.cells, found.lower, found.upper, strict=True):
        least, most = exact.reach(int(c))
        # A hidden grand total has no upper bound; the exact attacker is told 500.
        assert (low, high) == (least, most if high < UNBOUNDED else UNBOUNDED)


def half_problem() -> Problem:
    # x + y = 1 and x - y = 0, written over published 1 and 0: x = y = 1/2 for real numbers, and no
    # whole numbers at all; with 2 instead of 1, x = y = 1. Here z = x + y + w with w in 0 ... 1 free:
    # x + y = 3 - w, x = y, so that x = 1 + (1 - w) / 2: real 1 ... 1.5, whole 1.
    relations = np.array([[1, 1, 1, -1, 0], [1, -1, 0, 0, -1]])
    value = np.array([1, 1, 1, 3, 0])
    system = System.plain(value, sp.csr_matrix(relations))
    none = np.zeros(0, dtype=np.int64)
    ceiling = np.array([UNBOUNDED, UNBOUNDED, 1, UNBOUNDED, UNBOUNDED])
    return Problem(
        system, Level.INTERVAL, none, none, none, none, np.zeros(5, np.int64), ceiling,
        np.ones(5, dtype=bool), np.ones(5),
    )  # fmt: skip


def test_whole_numbers_narrow_an_interval_that_real_numbers_leave_open() -> None:
    problem = half_problem()
    hidden = np.array([True, True, True, False, False])
    whole = intervals(problem, hidden)
    assert list(zip(whole.lower, whole.upper, strict=True)) == [(1, 1)] * 3
    assert whole.exact.all()
    real = intervals(problem, hidden, whole=False)
    # Rounded outward: 1 ... 1.5 becomes 1 ... 2, and w is anything from 0 to 1.
    assert list(zip(real.lower, real.upper, strict=True)) == [(1, 2), (1, 2), (0, 1)]
    assert not real.exact.any()


def test_shared_margins_pin_a_cell_only_in_whole_numbers() -> None:
    # A 2 x 2 x 2 table of ones with all its faces printed: the only move is a checkerboard of +1 and
    # -1, so that every cell is 0 ... 2.
    problem = grid_problem(np.ones((2, 2, 2)), min_count=2)
    problem = replace(problem, floor=np.zeros(problem.system.n, dtype=np.int64))
    inner = [(f"a{i}", f"b{j}", f"c{k}") for i in (0, 1) for j in (0, 1) for k in (0, 1)]
    found = intervals(problem, mask(problem, *inner))
    assert set(zip(found.lower.tolist(), found.upper.tolist(), strict=True)) == {(0, 2)}


def test_a_cell_that_follows_has_its_value_for_both_ends() -> None:
    problem = grid_problem([2, 9, 9])
    found = intervals(problem, mask(problem, ("a0",)))
    assert (found.lower.tolist(), found.upper.tolist()) == ([2], [2])
    assert found.exact.all()


def test_without_a_budget_the_bounds_hold_and_are_called_unknown() -> None:
    problem = grid_problem([[1, 5, 9], [6, 7, 9], [9, 9, 0]])
    hidden = mask(problem, *[(f"a{i}", f"b{j}") for i in (0, 1) for j in (0, 1)])
    found = intervals(problem, hidden, work=Work(0))
    assert found.unknown.all()
    # The 1 shares its line with a 5 and its column with a 6: at most 6 by either sum.
    first = found.cells == cell(problem, "a0", "b0")
    assert (found.lower[first], found.upper[first]) == (0, 6)


def test_a_truth_outside_the_prior_bounds_is_refused() -> None:
    problem = grid_problem([2, 9, 9])
    impossible = replace(problem, floor=np.full(4, 5, dtype=np.int64))
    with pytest.raises(InputError):
        intervals(impossible, mask(problem, ("a0",), ("a1",)))
