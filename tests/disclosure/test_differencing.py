"""Places that no table prints: refused where a difference gives them away, protected elsewhere."""

from __future__ import annotations

import numpy as np
import pytest
from oracles import flat, table
from smallcases import Case, Exact, kept

from sdc.disclosure.audit import audit
from sdc.model.coded import Coded, Crossing
from sdc.model.report import Verdict
from sdc.model.rules import Rules
from sdc.model.system import Level, Problem
from sdc.sensitivity import problem as demands_of
from sdc.suppression.complementary import suppress
from sdc.tables.relations import system_of


def laid_over(
    pieces: dict[tuple[int, int], int], shape: tuple[int, int], k: int, level: str = "interval"
) -> Problem:
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
    return demands_of(system, Rules(min_count=k, owners=True, level=Level(level)))


# Meshes 5, 4, 4, 4 and 9; area a0 covers the first four but for one unit, a1 has that unit and the 9.
SLIVER = {(0, 0): 4, (0, 1): 4, (0, 2): 4, (0, 3): 4, (1, 0): 1, (1, 4): 9}


def only_primary(problem: Problem) -> Case:
    hidden = np.zeros(problem.system.n, dtype=bool)
    hidden[problem.to_hide] = True
    return Case(problem, hidden)


@pytest.mark.parametrize("level", ["linear", "integer", "interval"])
def test_the_sliver_of_mesh_against_area_is_refused(level: str) -> None:
    # Every printed number is at least 4; 5 + 4 + 4 + 4 - 16 = 1 all the same.
    problem = laid_over(SLIVER, (2, 5), 3, level)
    assert not len(problem.to_hide)
    assert problem.system.value[problem.primary].tolist() == [1]
    report = audit(problem, only_primary(problem).published)
    assert report.verdict.tolist() == [Verdict.UNSAFE]
    (found,) = report.revelations
    assert (found.lower, found.upper) == (1, 1)
    # Area a1 and mesh m0 count it.
    assert problem.system.name_of(found.cell) == "areas=a1 ∩ mesh=m0"


def test_protection_hides_what_surrounds_the_sliver() -> None:
    problem = laid_over(SLIVER, (2, 5), 3)
    plan = suppress(problem)
    report = audit(problem, Case(problem, plan.hidden.copy()).published)
    assert report.passed
    exact = Exact(problem, plan.hidden)
    assert exact.reach(int(problem.primary[0]))[1] >= 3


@pytest.mark.parametrize("seed", range(6))
def test_refusals_are_those_of_an_exact_attacker(seed: int) -> None:
    rng = np.random.default_rng(seed)
    pieces = {
        (i, j): int(rng.integers(1, 6)) for i in range(4) for j in range(4) if rng.random() < 0.6
    }
    problem = laid_over(pieces, (4, 4), 4)
    case = only_primary(problem)
    exact = Exact(problem, case.hidden)
    places = ~problem.system.shown[problem.primary]
    unsafe = audit(problem, case.published).verdict == Verdict.UNSAFE
    expected = [not good for good in kept(case, exact)]
    assert unsafe[places].tolist() == [e for e, p in zip(expected, places, strict=True) if p]
