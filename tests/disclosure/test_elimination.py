"""Exact recovery: what follows by adding and subtracting, and the equations that show it."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from smallcases import cell, grid_problem, mask

from sdc.disclosure import modular
from sdc.disclosure.elimination import determined, equation, equations, rank_rows
from sdc.errors import SolverError


def exact_rank(rows: list[list[int]]) -> int:
    """Rank over the rational numbers."""
    left = [[Fraction(x) for x in row] for row in rows]
    rank = 0
    for column in range(len(left[0]) if left else 0):
        pivot = next((i for i in range(rank, len(left)) if left[i][column]), None)
        if pivot is None:
            continue
        left[rank], left[pivot] = left[pivot], left[rank]
        for i in range(rank + 1, len(left)):
            factor = left[i][column] / left[rank][column]
            left[i] = [a - factor * b for a, b in zip(left[i], left[rank], strict=True)]
        rank += 1
    return rank


def exactly_determined(relations: np.ndarray, free: np.ndarray) -> list[bool]:
    """A free cell follows if its unit vector lies in the row space of the free columns."""
    cells = np.flatnonzero(free)
    part = relations[:, cells].tolist()
    rank = exact_rank(part)
    out = [False] * len(free)
    for j, c in enumerate(cells):
        unit = [int(i == j) for i in range(len(cells))]
        out[c] = exact_rank([*part, unit]) == rank
    return out


matrices = st.integers(2, 6).flatmap(
    lambda n: st.tuples(
        st.lists(
            st.lists(st.sampled_from([0, 0, 1, 1, -1, 2]), min_size=n, max_size=n),
            min_size=1, max_size=5,
        ),
        st.lists(st.booleans(), min_size=n, max_size=n),
    )
)  # fmt: skip


@given(matrices)
@settings(max_examples=80, deadline=None)
def test_determined_agrees_with_rational_elimination(drawn) -> None:
    relations, free = np.array(drawn[0], dtype=np.int64), np.array(drawn[1])
    found = determined(sp.csr_matrix(relations), free)
    assert found.tolist() == exactly_determined(relations, free)


@given(matrices)
@settings(max_examples=80, deadline=None)
def test_equations_are_exact_and_irreducible(drawn) -> None:
    relations, free = np.array(drawn[0], dtype=np.int64), np.array(drawn[1])
    matrix = sp.csr_matrix(relations)
    # Relations of tables leave every cell open as long as nothing is published.
    assume(not any(exactly_determined(relations, np.ones(len(free), dtype=bool))))
    for c in np.flatnonzero(determined(matrix, free)).tolist():
        terms = dict(equation(matrix, free, c))
        assert terms[c] < 0
        assert not any(free[j] for j in terms if j != c)
        row = [terms.get(j, 0) for j in range(len(free))]
        # The equation is a consequence of the relations ...
        assert exact_rank([*relations.tolist(), row]) == exact_rank(relations.tolist())
        # ... and the cell no longer follows if only the others of its cells are known.
        for j in terms:
            known = np.zeros(len(free), dtype=bool)
            known[[i for i in terms if i not in (c, j)]] = True
            if j != c:
                assert not exactly_determined(relations, ~known)[c]


def test_the_bridge_of_a_four_by_four_table() -> None:
    # Rows 0 and 1 hold 23 + 17 = 40 units, 13 of them hidden; columns 0 and 1 hold 21 + 27 = 48,
    # 12 of them hidden. (1, 2) stands in those rows and not in those columns: 13 - 12 = 1.
    problem = grid_problem([[1, 4, 9, 9], [2, 5, 1, 9], [9, 9, 6, 2], [9, 9, 4, 1]])
    corners = [(f"a{i}", f"b{j}") for i, j in [(0, 0), (0, 1), (1, 0), (1, 1)]]
    corners += [(f"a{i}", f"b{j}") for i, j in [(2, 2), (2, 3), (3, 2), (3, 3)]]
    hidden = mask(problem, *corners, ("a1", "b2"))
    found = determined(problem.system.relations, hidden)
    bridge = cell(problem, "a1", "b2")
    assert np.flatnonzero(found).tolist() == [bridge]
    terms = equation(problem.system.relations, hidden, bridge)
    value = problem.system.value
    assert sum(k * int(value[c]) for c, k in terms) == 0
    # Two row totals and two column totals, the four shown cells of those rows that are not in the
    # columns, less the shown cells of the columns: (0,2), (0,3), (1,3) and (2,0), (2,1), (3,0), (3,1).
    names = {c for c, _ in terms if c != bridge}
    expected = {cell(problem, a) for a in ("a0", "a1", "b0", "b1")}
    expected |= {cell(problem, f"a{i}", f"b{j}") for i, j in [(0, 2), (0, 3), (1, 3)]}
    expected |= {cell(problem, f"a{i}", f"b{j}") for i in (2, 3) for j in (0, 1)}
    assert names == expected


def test_an_equation_uses_a_total_rather_than_its_parts() -> None:
    # y0 = y1 + y2, y3 = y1 + y2, y4 = y3 + y5: with y4, y0 known y5 needs just those two; the parts
    # y1 and y2 and the total y3 are all published as well.
    relations = sp.csr_matrix(
        np.array([[-1, 1, 1, 0, 0, 0], [0, 1, 1, -1, 0, 0], [0, 0, 0, 1, -1, 1]])
    )
    free = np.array([False, False, False, False, False, True])
    assert len(equation(relations, free, 5)) == 3


def test_a_cell_that_does_not_follow_has_no_equation() -> None:
    relations = sp.csr_matrix(np.array([[-1, 1, 1]]))
    assert equations(relations, np.array([False, True, True]), [1, 2]) == [(), ()]


def test_a_doubled_cell_keeps_its_factor() -> None:
    # 2 y1 = y0: the equation says so instead of dividing.
    relations = sp.csr_matrix(np.array([[-1, 2]]))
    assert equation(relations, np.array([False, True]), 1) == ((0, 1), (1, -2))


@pytest.mark.parametrize("prime", modular.PRIMES)
def test_products_and_inverses_are_exact(prime: int) -> None:
    rng = np.random.default_rng(1)
    numbers = [1, 2, prime - 1, prime - 2, *rng.integers(1, prime, size=200).tolist()]
    p = np.uint64(prime)
    for a, b in zip(numbers, reversed(numbers), strict=True):
        assert int(modular.mulmod(np.uint64(a), np.uint64(b), p)) == a * b % prime
        assert int(modular.inverse(np.uint64(a), p)) * a % prime == 1


def test_null_vectors_solve_the_system() -> None:
    rng = np.random.default_rng(2)
    matrix = rng.integers(-2, 3, size=(12, 20))
    for prime in modular.PRIMES:
        z = modular.solve(sp.csr_matrix(matrix), prime).null_vector(7)
        for row in matrix.tolist():
            assert sum(a * int(b) for a, b in zip(row, z, strict=True)) % prime == 0


def test_an_unknown_prime_is_refused() -> None:
    with pytest.raises(ValueError, match="primes"):
        modular.solve(sp.csr_matrix(np.array([[1]])), 7)


def test_too_much_fill_in_is_an_error_and_not_a_guess(monkeypatch) -> None:
    monkeypatch.setattr(modular, "MAX_STORE", 10)
    dense = sp.csr_matrix(np.arange(1, 31).reshape(5, 6))
    with pytest.raises(SolverError):
        determined(dense, np.ones(6, dtype=bool))


@given(matrices)
@settings(max_examples=50, deadline=None)
def test_rank_rows_span_the_row_space(drawn) -> None:
    rows = drawn[0]
    chosen = rank_rows(sp.csr_matrix(np.array(rows)))
    assert len(chosen) == exact_rank(rows) == exact_rank([rows[i] for i in chosen] or [[0]])
