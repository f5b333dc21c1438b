"""Relations solved for some unknowns say the same, and searches in them find the same kind of moves."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp
from tinytables import flat

from sdc.model.rules import Rules
from sdc.suppression.demands import Demands, Masks
from sdc.suppression.engine import Engine
from sdc.suppression.solving import solved
from sdc.suppression.window import Window


@pytest.mark.parametrize("seed", range(5))
def test_the_solved_form_has_the_same_moves(seed: int) -> None:
    draw = np.random.default_rng(seed)
    demands = flat(draw.integers(0, 9, (4, 5)), Rules(min_count=3))
    relations = demands.system.relations
    first = draw.random(demands.system.n) < 0.5
    form, own = solved(relations, first)
    rank = np.linalg.matrix_rank
    dense, other = relations.toarray(), form.toarray()
    # 5 x 6 cells with the margins, of which the 4 x 5 inner ones may be chosen: 30 - 20 = 10.
    assert rank(dense) == rank(other) == rank(np.vstack([dense, other])) == len(own) == 10
    assert (np.diff(sp.csc_matrix(form).indptr)[own] == 1).all()
    assert (other[np.arange(len(own)), own] == -1).all()
    # An unknown that was not asked for is an own one only where those asked for do not suffice.
    assert first[own].sum() == rank(dense[:, first])


@pytest.mark.parametrize("seed", range(5))
def test_moves_found_in_solved_relations_hold_and_serve(seed: int) -> None:
    draw = np.random.default_rng(seed)
    problem = flat(draw.integers(0, 30, (8, 8)), Rules(min_count=4))
    demands, masks = Demands.of(problem), Masks.of_problem(problem)
    window = Window.of(problem, demands, masks)
    engine = Engine(window, first=masks.free[masks.of[window.columns]], seed=seed)
    assert engine.construct() == 0
    for _ in range(2):
        found = engine.witnesses()
        moves = found.moves.toarray()
        assert not (problem.system.relations @ moves.T).any()
        assert (moves <= masks.up).all()
        assert (-moves <= masks.down).all()
        reach = moves[found.by, demands.cell] * demands.sign
        assert (reach >= demands.need).all()
        before = engine.cost
        engine.sweep(100_000)
        assert engine.cost <= before
