"""A solver that lies, fails or gives up may cost an answer; it never makes anything safe."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from smallcases import Case, Exact, kept, random_case

from sdc.disclosure.anyone import audit_published
from sdc.disclosure.audit import audit
from sdc.disclosure.intervals import intervals
from sdc.errors import InputError, NotProven
from sdc.model.hierarchy import Hierarchy
from sdc.model.marked import MarkedTable
from sdc.model.report import Verdict
from sdc.solver.highs import Model
from sdc.solver.program import Solution, Status

TRUE_SOLVE = Model.solve


def no_answer(status: Status) -> Callable[[Model], Solution]:
    return lambda model: Solution(status)


def noise(model: Model) -> Solution:
    """Calls any point optimal."""
    rng = np.random.default_rng(model.columns)
    x = rng.integers(0, 4, size=model.columns).astype(float)
    return Solution(Status.OPTIMAL, -99.0, x, bound=-99.0)


def slightly_off(model: Model) -> Solution:
    """Violates rows and bounds a little, everywhere."""
    answer = TRUE_SOLVE(model)
    if answer.x is None:
        return answer
    return Solution(answer.status, answer.objective, answer.x + 0.4, bound=answer.bound)


def off_by_one(model: Model) -> Solution:
    """Whole numbers that miss a row by one unit."""
    answer = TRUE_SOLVE(model)
    if answer.x is None or not len(answer.x):
        return answer
    x = answer.x.copy()
    x[0] += 1
    return Solution(answer.status, answer.objective, x, bound=answer.bound)


def boastful(model: Model) -> Solution:
    """Claims to reach twice as far as it does."""
    answer = TRUE_SOLVE(model)
    if answer.x is None:
        return answer
    return Solution(answer.status, 2 * answer.objective - 5, answer.x, bound=2 * answer.bound - 5)


def doubled(model: Model) -> Solution:
    """Returns points twice as large as any allowed one."""
    answer = TRUE_SOLVE(model)
    return answer if answer.x is None else Solution(answer.status, answer.objective, 2 * answer.x)


LIES = {
    "time-out": no_answer(Status.LIMIT),
    "error": no_answer(Status.ERROR),
    "unbounded": no_answer(Status.UNBOUNDED),
    "infeasible": no_answer(Status.INFEASIBLE),
    "no point": lambda model: Solution(Status.OPTIMAL),
    "noise": noise,
    "slightly off": slightly_off,
    "off by one": off_by_one,
    "boastful": boastful,
    "doubled": doubled,
}
lying = pytest.mark.parametrize("lie", LIES.values(), ids=LIES)


def truth(case: Case) -> list[bool]:
    """Which primary cells keep their promise to everybody, by an exact attacker."""
    return kept(case, Exact(case.problem, case.hidden))


CASES = {seed: random_case(seed, k=3) for seed in (1, 5, 8)}
TRUTH: dict[int, list[bool]] = {}


@lying
@pytest.mark.parametrize("seed", CASES)
def test_no_lie_makes_a_cell_safe(seed: int, lie, monkeypatch: pytest.MonkeyPatch) -> None:
    case = CASES[seed]
    good = TRUTH.setdefault(seed, truth(case))
    monkeypatch.setattr(Model, "solve", lie)
    report = audit(case.problem, case.published)
    for verdict, really in zip(report.verdict.tolist(), good, strict=True):
        assert really or verdict != Verdict.SAFE
    if not all(good):
        assert not report.passed


@pytest.mark.parametrize("status", [Status.LIMIT, Status.ERROR, Status.UNBOUNDED])
def test_a_solver_that_gives_up_leaves_the_audit_open(
    status: Status, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Model, "solve", no_answer(status))
    case = CASES[1]
    report = audit(case.problem, case.published)
    assert not report.complete
    assert (report.verdict == Verdict.UNKNOWN).any()


@lying
@pytest.mark.parametrize("seed", [1, 5])
def test_no_lie_widens_an_interval_in_silence(seed: int, lie, monkeypatch) -> None:
    case = CASES[seed]
    exact = Exact(case.problem, case.hidden)
    reach = {int(c): exact.reach(int(c)) for c in np.flatnonzero(case.hidden)}
    monkeypatch.setattr(Model, "solve", lie)
    found = intervals(case.problem, case.hidden)
    ends = zip(found.cells, found.lower, found.upper, found.lower_tight, found.upper_tight,
               strict=True)  # fmt: skip
    for cell, lower, upper, lower_tight, upper_tight in ends:
        least, most = reach[int(cell)]
        # A bound may stay too wide, but then it is not called tight.
        assert lower >= least or not lower_tight
        assert upper <= most or not upper_tight


@lying
def test_a_published_table_is_never_cleared_by_a_lie(lie, monkeypatch) -> None:
    # 20 = 9 + X + Y + 8 with X, Y >= 1 leaves 1 + 2 or 2 + 1: no exact X, but 1 ... 2 each.
    use = Hierarchy.flat("use", ["a", "b", "c", "d"])
    hidden = np.array([False, True, True, False, False])
    shown = MarkedTable("t", (use,), np.array([20, 0, 0, 9, 8]), hidden, np.ones(5, dtype=bool))
    monkeypatch.setattr(Model, "solve", lie)
    try:
        found = audit_published(shown, min_count=3, zeros="show")
    except (NotProven, InputError):
        return
    for cell in found["cells"]:
        assert found["unknown"] or (cell["lower"] >= 1 and cell["upper"] <= 2)
