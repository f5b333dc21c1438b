"""The certificate check: a move counts only if every sum, printed number and bound allows it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from smallcases import cell, grid_problem, mask, random_case

from sdc.disclosure.witness import FAR, reach, valid
from sdc.errors import InputError
from sdc.model.system import System


def rows(*moves: dict[int, int], n: int) -> sp.csr_matrix:
    dense = np.zeros((len(moves), n), dtype=np.int64)
    for row, move in zip(dense, moves, strict=True):
        for place, step in move.items():
            row[place] = step
    return sp.csr_matrix(dense)


@pytest.fixture
def square():
    """A 2 x 2 table [[2, 5], [4, 9]] with its four inner cells hidden, and those cells."""
    problem = grid_problem([[2, 5], [4, 9]])
    problem = replace(problem, floor=np.zeros(problem.system.n, dtype=np.int64))
    cells = [(f"a{i}", f"b{j}") for i in (0, 1) for j in (0, 1)]
    return problem, mask(problem, *cells), [cell(problem, *c) for c in cells]


def test_a_square_move_is_valid_as_far_as_no_cell_becomes_negative(square) -> None:
    problem, hidden, (a, b, c, d) = square
    n = problem.system.n
    offered = rows(
        {a: 1, b: -1, c: -1, d: 1},  # 3 4 3 10
        {a: -2, b: 2, c: 2, d: -2},  # 0 7 6 7
        {a: -3, b: 3, c: 3, d: -3},  # the 2 would become -1
        {a: 1, b: -1, c: -1, d: 2},  # the totals of d's line would change
        {a: 1, b: -1},  # b's column would change
        n=n,
    )
    assert valid(problem, hidden, offered).tolist() == [True, True, False, False, False]


def test_a_move_may_not_touch_what_is_printed(square) -> None:
    problem, hidden, (a, b, c, d) = square
    offered = rows({a: 1, b: -1, c: -1, d: 1}, n=problem.system.n)
    for corner in (a, b, c, d):
        shown = hidden.copy()
        shown[corner] = False
        assert not valid(problem, shown, offered)[0]


def test_known_cells_are_as_good_as_printed(square) -> None:
    problem, hidden, (a, b, c, d) = square
    system = problem.system
    known = np.zeros(system.n, dtype=bool)
    known[d] = True
    fields = {k: getattr(system, k) for k in ("value", "relations", "shown", "group", "count")}
    told = replace(problem, system=System(**fields, known=known))
    assert not valid(told, hidden, rows({a: 1, b: -1, c: -1, d: 1}, n=system.n))[0]


def test_prior_bounds_bind_every_cell_of_a_move(square) -> None:
    problem, hidden, (a, b, c, d) = square
    offered = rows({a: -2, b: 2, c: 2, d: -2}, n=problem.system.n)
    floor = problem.floor.copy()
    floor[a] = 1
    assert not valid(replace(problem, floor=floor), hidden, offered)[0]
    ceiling = problem.ceiling.copy()
    ceiling[b] = 6
    assert not valid(replace(problem, ceiling=ceiling), hidden, offered)[0]


def test_nothing_is_valid_where_the_truth_breaks_a_bound(square) -> None:
    problem, hidden, (a, b, c, d) = square
    floor = problem.floor.copy()
    floor[a] = 3  # the true value is 2
    offered = rows({a: 1, b: -1, c: -1, d: 1}, {}, n=problem.system.n)
    assert valid(replace(problem, floor=floor), hidden, offered).tolist() == [False, False]


def test_a_cell_named_twice_makes_a_move_invalid(square) -> None:
    problem, hidden, (a, *_) = square
    n = problem.system.n
    # +2 and -2 on one cell are no change at all, but each alone would count as far as it goes.
    twice = sp.csr_matrix((np.array([2, -2, 1]), np.array([a, a, 0]), np.array([0, 2, 2])), (2, n))
    assert valid(problem, hidden, twice).tolist() == [False, True]


def test_fractions_count_in_units_of_the_scale(square) -> None:
    problem, hidden, (a, b, c, d) = square
    half = rows({a: -3, b: 3, c: 3, d: -3}, {a: -5, b: 5, c: 5, d: -5}, n=problem.system.n)
    # With scale 2 these are -1.5 (leaves 0.5) and -2.5 (below zero).
    assert valid(problem, hidden, half, scale=2).tolist() == [True, False]


@pytest.mark.parametrize("step", [FAR + 1, -FAR - 1])
def test_sums_that_could_overflow_are_refused(square, step: int) -> None:
    problem, hidden, (a, b, _, _) = square
    with pytest.raises(InputError):
        valid(problem, hidden, rows({a: step, b: -step}, n=problem.system.n))


def test_moves_must_be_whole_numbers_of_the_right_width(square) -> None:
    problem, hidden, _ = square
    for bad in (sp.csr_matrix((1, problem.system.n)), sp.csr_matrix((1, 3), dtype=np.int64)):
        with pytest.raises(InputError):
            valid(problem, hidden, bad)


@given(st.integers(0, 10_000))
@settings(max_examples=60, deadline=None)
def test_valid_agrees_with_plain_addition(seed: int) -> None:
    case = random_case(seed)
    problem, hidden = case.problem, case.hidden
    rng = np.random.default_rng(seed)
    system, n = problem.system, problem.system.n
    dense = np.zeros((6, n), dtype=np.int64)
    for row in dense:
        row[rng.integers(0, n, size=6)] = rng.integers(-2, 3, size=6)
    expected = []
    for row in dense:
        y = system.value + row
        same = all(y[i] == system.value[i] for i in range(n) if not hidden[i])
        adds_up = not (system.relations.toarray() @ y).any()
        inside = all(problem.floor[i] <= y[i] <= problem.ceiling[i] for i in range(n) if hidden[i])
        expected.append(same and adds_up and inside)
    assert valid(problem, hidden, sp.csr_matrix(dense)).tolist() == expected


def test_reach_takes_the_extremes_of_the_good_rows_only() -> None:
    moves = rows({0: 3, 1: -1}, {0: 5}, {0: -2, 1: 4}, n=3)
    found = reach(moves, np.array([True, False, True]))
    assert (found.up.tolist(), found.down.tolist()) == ([3, 4, 0], [-2, -1, 0])
    assert (found.up_row.tolist(), found.down_row.tolist()) == ([0, 2, -1], [2, 0, -1])
