"""The attacker's space: nothing possible is lost, and everything in it is possible."""

from __future__ import annotations

import numpy as np
import pytest
from othersolver import cp_model
from smallcases import Case, Exact, cell, grid_problem, mask, random_case

from sdc.disclosure.pool import Pool, Wanted
from sdc.disclosure.space import Space
from sdc.disclosure.witness import valid


def some_tables(case: Case, number: int, seed: int) -> list[np.ndarray]:
    """Whole tables of the attacker, found by another solver with random aims."""
    problem, rng = case.problem, np.random.default_rng(seed)
    bounds = Exact(problem, case.hidden, most=60)._bounds
    out = []
    for _ in range(number):
        model = cp_model.CpModel()
        y = [model.new_int_var(a, max(a, b), "") for a, b in bounds]
        for row in problem.system.relations:
            model.add(sum(int(v) * y[c] for c, v in zip(row.indices, row.data, strict=True)) == 0)
        model.maximize(sum(int(w) * v for w, v in zip(rng.integers(-5, 6, len(y)), y, strict=True)))
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = 1
        if solver.solve(model) in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            out.append(np.array([solver.value(v) for v in y], dtype=np.int64))
    return out


@pytest.mark.parametrize("seed", range(300, 308))
def test_every_table_of_the_attacker_is_a_point_of_the_space(seed: int) -> None:
    case = random_case(seed, zeros="show" if seed % 2 else "hide")
    space = Space.of_problem(case.problem, case.hidden)
    tables = some_tables(case, 4, seed)
    assert tables
    for y in tables:
        z = y - case.problem.system.value
        assert not z[space.of < 0].any()
        t = np.zeros(space.size, dtype=np.int64)
        cells = np.flatnonzero(space.of >= 0)
        t[space.of[cells]] = space.sign[cells] * z[cells]
        assert np.array_equal(space.member.T @ t, z)
        assert not (space.matrix @ t).any()
        assert (t >= space.low).all()
        assert (t <= space.high).all()


@pytest.mark.parametrize("seed", range(300, 308))
def test_every_point_of_the_space_is_a_table_of_the_attacker(seed: int) -> None:
    case = random_case(seed)
    space = Space.of_problem(case.problem, case.hidden)
    none = np.zeros(space.size, dtype=np.int64)
    pool = Pool(space, Wanted(none, none, np.ones(space.size, dtype=bool)))
    rng = np.random.default_rng(seed)
    for _ in range(300):
        few = rng.choice(space.size, size=min(space.size, 4), replace=False)
        pool.offer(np.sort(few), rng.integers(-1, 2, size=len(few)))
    moves = pool.matrix()
    assert valid(case.problem, case.hidden, moves).all()


def test_cells_that_move_together_are_one_variable() -> None:
    # Two X in every line of a 2 x 2 square: one variable, alternating in sign, -1 ... 5.
    problem = grid_problem([[1, 5, 9], [6, 7, 9], [9, 9, 0]])
    corners = [("a0", "b0"), ("a0", "b1"), ("a1", "b0"), ("a1", "b1")]
    space = Space.of_problem(problem, mask(problem, *corners))
    signs = [int(space.sign[cell(problem, *c)]) for c in corners]
    assert space.size == 1
    assert signs in ([1, -1, -1, 1], [-1, 1, 1, -1])
    ends = sorted([int(signs[0] * space.low[0]), int(signs[0] * space.high[0])])
    assert ends == [-1, 5]
    assert space.matrix.shape[0] == 0


def test_parts_that_do_not_touch_are_components() -> None:
    rows = [[1, 5, 9, 9], [6, 7, 9, 9], [9, 9, 2, 8], [9, 9, 8, 8], [9, 9, 9, 0]]
    problem = grid_problem(rows)
    first = [(f"a{i}", f"b{j}") for i in (0, 1) for j in (0, 1)]
    second = [(f"a{i}", f"b{j}") for i in (2, 3) for j in (2, 3)]
    space = Space.of_problem(problem, mask(problem, *first, *second))
    assert space.size == 2
    assert len(set(space.component.tolist())) == 2


def test_a_window_holds_what_is_nearest_or_the_whole_component() -> None:
    rng = np.random.default_rng(1)
    problem = grid_problem(rng.integers(1, 9, size=(12, 12)))
    hidden = (rng.random(problem.system.n) < 0.7) & problem.eligible
    space = Space.of_problem(problem, hidden)
    largest = int(np.bincount(space.component).argmax())
    seed = int(np.flatnonzero(space.component == largest)[0])
    near = space.window(np.array([seed]), 10)
    assert seed in near
    assert 10 <= len(near) < space.size
    everything = space.window(np.array([seed]), 10**6)
    assert everything.tolist() == np.flatnonzero(space.component == largest).tolist()


def test_a_pool_refuses_what_breaks_a_sum_or_a_bound() -> None:
    problem = grid_problem([[1, 5, 9], [6, 7, 9], [9, 9, 0]])
    every = [(f"a{i}", f"b{j}") for i in range(3) for j in range(3)]
    space = Space.of_problem(problem, mask(problem, *every))
    none = np.zeros(space.size, dtype=np.int64)
    pool = Pool(space, Wanted(none, none, np.ones(space.size, dtype=bool)))
    place = {c: int(space.of[cell(problem, *c)]) for c in every}
    corners = np.array([place[f"a{i}", f"b{j}"] for i, j in ((0, 0), (0, 1), (1, 0), (1, 1))])
    assert pool.offer(corners, np.array([1, -1, -1, 2])) == 0
    # Neither way fits: the 5 has no 7 to give, and the 1 not either.
    assert pool.offer(corners, np.array([7, -7, -7, 7])) == 0
    assert pool.offer(corners, np.array([1, -1, -1, 1])) == 4
    assert pool.offer(corners, np.array([1, -1, -1, 1])) == 0
