"""Slivers between geographies: flagged where their difference gives them away, proven elsewhere."""

from __future__ import annotations

import numpy as np
import pytest
from oracles import flat, table
from smallcases import Exact

from sdc.disclosure.differencing import slivers
from sdc.disclosure.witness import valid
from sdc.disclosure.work import Work
from sdc.errors import RulesError
from sdc.model.coded import Coded, Crossing
from sdc.model.rules import Rules
from sdc.model.system import Problem
from sdc.sensitivity import problem as demands_of
from sdc.tables.relations import system_of


def laid_over(pieces: dict[tuple[int, int], int], shape: tuple[int, int], k: int) -> Problem:
    """Areas and mesh cells over pieces (area, cell) -> units; only their two totals are printed."""
    dims = {
        "areas": flat("areas", " ".join(f"a{i}" for i in range(shape[0]))),
        "mesh": flat("mesh", " ".join(f"m{i}" for i in range(shape[1]))),
    }
    records = [p for p, n in pieces.items() for _ in range(n)]
    leaf = {n: np.array([r[i] for r in records]) for i, n in enumerate(dims)}
    counts = [np.bincount(leaf[n], minlength=s) for n, s in zip(dims, shape, strict=True)]
    tables = [table(n, (dims[n],), c) for n, c in zip(dims, counts, strict=True)]
    crossing = Crossing(("areas", "mesh"), np.array(sorted(pieces), dtype=np.int64))
    system = system_of(
        tables, crossings=[crossing], coded={"records": Coded("records", dims, leaf)}
    )
    return demands_of(system, Rules(min_count=k))


# Meshes 5, 4, 4, 4 and 9; area a0 covers the first four but for one unit, a1 has that unit and the 9.
SLIVER = {(0, 0): 4, (0, 1): 4, (0, 2): 4, (0, 3): 4, (1, 0): 1, (1, 4): 9}


def test_the_sliver_of_mesh_against_area_is_flagged() -> None:
    # Every printed number is at least 4; 5 + 4 + 4 + 4 - 16 = 1 all the same.
    problem = laid_over(SLIVER, (2, 5), 3)
    assert not len(problem.primary)
    nothing = np.zeros(problem.system.n, dtype=bool)
    found = slivers(problem, nothing, 3)
    assert problem.system.value[found.atoms].tolist() == [1]
    assert found.flagged.tolist() == [True]
    around = found.printed_around(problem, nothing)
    # Area a1 and mesh m0 count it.
    assert sorted(problem.system.value[around].tolist()) == [5, 10]


def test_hiding_what_surrounds_the_sliver_clears_it() -> None:
    problem = laid_over(SLIVER, (2, 5), 3)
    nothing = np.zeros(problem.system.n, dtype=bool)
    around = slivers(problem, nothing, 3).printed_around(problem, nothing)
    hidden = nothing.copy()
    hidden[around] = True
    # The other area and another mesh cell take part, so that nothing follows from the totals.
    names = {problem.system.name_of(i): i for i in range(problem.system.n)}
    hidden[[names["areas=a0"], names["mesh=m1"]]] = True
    found = slivers(problem, hidden, 3)
    assert not found.flagged.any()
    assert not found.open.any()
    assert valid(problem, hidden, found.moves, scale=found.scale).all()


@pytest.mark.parametrize("seed", range(6))
def test_flags_are_those_of_an_exact_attacker(seed: int) -> None:
    rng = np.random.default_rng(seed)
    pieces = {
        (i, j): int(rng.integers(1, 6)) for i in range(4) for j in range(4) if rng.random() < 0.6
    }
    problem = laid_over(pieces, (4, 4), 4)
    hidden = np.zeros(problem.system.n, dtype=bool)
    hidden[problem.primary] = True
    found = slivers(problem, hidden, 4)
    exact = Exact(problem, hidden)
    assert found.flagged.tolist() == [exact.reach(int(a))[1] < 4 for a in found.atoms]
    assert not found.open.any()


def test_without_a_budget_nothing_is_cleared() -> None:
    pieces = {(i, j): 2 for i in range(3) for j in range(3)}
    problem = laid_over(pieces, (3, 3), 3)
    hidden = np.zeros(problem.system.n, dtype=bool)
    found = slivers(problem, hidden, 3, work=Work(0))
    assert found.open.all()
    # All 2: each piece reaches 3 by one step round a square of four.
    again = slivers(problem, hidden, 3)
    assert not again.flagged.any()
    assert not slivers(problem, hidden, 3, moves=again.moves, work=Work(0)).open.any()


def test_a_threshold_below_two_is_refused() -> None:
    problem = laid_over(SLIVER, (2, 5), 3)
    with pytest.raises(RulesError):
        slivers(problem, np.zeros(problem.system.n, dtype=bool), 1)
