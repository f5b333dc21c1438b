"""What somebody might break on the way to a release, and that the audit notices each of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse as sp
from oracles import flat, table, tree
from smallcases import Case, cell, grid_problem, mask, printed

from sdc.disclosure import proof, space
from sdc.disclosure.audit import audit
from sdc.disclosure.evidence import evidence
from sdc.disclosure.extremes import Extremes
from sdc.disclosure.intervals import intervals
from sdc.disclosure.staged import check_staged
from sdc.disclosure.work import Work
from sdc.errors import InputError, NotProven
from sdc.model.hierarchy import Hierarchy
from sdc.model.report import Verdict
from sdc.model.rules import Rules
from sdc.model.system import Problem, System
from sdc.model.table import Table
from sdc.sensitivity import problem as demands_of
from sdc.solver.highs import Model
from sdc.solver.program import Solution, Status
from sdc.tables.relations import system_of

SQUARE = [("a0", "b0"), ("a0", "b1"), ("a1", "b0"), ("a1", "b1")]


def protected(min_count: int = 3) -> Case:
    # The 1 with partners 5 and 6 in its lines and 7 across: +2 and -1 go round the square.
    problem = grid_problem([[1, 5, 9], [6, 7, 9], [9, 9, 0]], min_count=min_count)
    return Case(problem, mask(problem, *SQUARE))


@pytest.mark.parametrize("shown", SQUARE[1:])
def test_one_needed_complementary_x_is_deleted(shown: tuple[str, str]) -> None:
    case = protected()
    assert audit(case.problem, case.published).passed
    hidden = case.hidden.copy()
    hidden[cell(case.problem, *shown)] = False
    report = audit(case.problem, Case(case.problem, hidden).published)
    assert report.revelations
    assert not report.passed


def test_a_hidden_total_is_shown() -> None:
    # A line 1 + 9 with its total hidden in two columns: [[1, 9], [9, 9]] and all row totals hidden
    # leaves column b0 = 10 as 1 + 9; showing the total of row a0 makes (a0, b0) = 10 - 9.
    problem = grid_problem([[1, 9], [9, 9]])
    problem = replace(problem, floor=np.zeros(problem.system.n, dtype=np.int64))
    hidden = mask(problem, ("a0", "b0"), ("a1", "b0"), ("a0",), ("a1",))
    assert audit(problem, Case(problem, hidden).published).passed
    hidden[cell(problem, "a0")] = False
    report = audit(problem, Case(problem, hidden).published)
    revealed = {r.cell for r in report.revelations}
    assert cell(problem, "a0", "b0") in revealed


def without_relation(problem: Problem, row: int) -> Problem:
    system = problem.system
    kept = np.delete(np.arange(system.relations.shape[0]), row)
    fields = {
        k: getattr(system, k) for k in ("value", "shown", "group", "count", "known", "blocks")
    }
    return replace(problem, system=System(relations=system.relations[kept], **fields))


def test_the_auditor_forgets_an_equation_in_its_own_search(monkeypatch: pytest.MonkeyPatch) -> None:
    # Only two X in one line: the sums of their columns forbid every move. A search that forgets a
    # relation finds moves, and the check by addition refuses them.
    problem = grid_problem([[1, 9, 9], [9, 9, 9], [9, 9, 0]])
    case = Case(problem, mask(problem, ("a0", "b0"), ("a0", "b1")))
    true_space = space.Space.of_problem
    for row in range(problem.system.relations.shape[0]):
        forgetful = lambda p, h, row=row: true_space(without_relation(p, row), h)  # noqa: E731
        monkeypatch.setattr(proof.Space, "of_problem", forgetful)
        assert audit(problem, case.published).verdict.tolist() != [Verdict.SAFE]
        assert not audit(problem, case.published).passed


def test_the_whole_model_lacks_an_equation() -> None:
    # u1 follows from G = u1 + u2. Without that relation even the check by addition is blind; the
    # checker of the files rebuilds the sums from the code lists.
    use = tree("use", G="u1 u2", H="u3 u4")
    system = system_of([table("t", (use,), [1, 9, 9, 0])])
    problem = demands_of(system, Rules(min_count=3, owners=True))
    hidden = np.zeros(system.n, dtype=bool)
    hidden[problem.to_hide] = True
    assert not audit(problem, Case(problem, hidden).published).passed
    fooled = 0
    for row in range(system.relations.shape[0]):
        blind = without_relation(problem, row)
        case = Case(blind, hidden)
        report = audit(blind, case.published)
        if report.passed:
            fooled += 1
            with pytest.raises(NotProven):
                check_staged(printed(case.published), evidence(blind, report))
    assert fooled


def test_the_threshold_is_lowered_by_one() -> None:
    # 2 + 2 in one line, zeros possible: each reaches 3 while the other keeps a unit, enough for a
    # threshold of 3. For 4 the other must be empty, which its owners exclude; 5 nobody can believe.
    problem = grid_problem([2, 2, 9, 0], min_count=3)
    hidden = mask(problem, ("a0",), ("a1",))
    assert audit(problem, Case(problem, hidden).published).passed
    asked = grid_problem([2, 2, 9, 0], min_count=4)
    report = audit(asked, Case(asked, hidden).published)
    assert report.verdict.tolist() == [Verdict.UNSAFE, Verdict.UNSAFE]
    asked = grid_problem([2, 2, 9, 0], min_count=5)
    report = audit(asked, Case(asked, hidden).published)
    assert report.verdict.tolist() == [Verdict.UNSAFE, Verdict.UNSAFE]
    assert {(r.lower, r.upper) for r in report.revelations} == {(0, 4)}


def test_the_merge_map_is_applied_to_one_table_only() -> None:
    # Area a1 (2 units) is added to a2 in one table and stands alone in the other.
    use = flat("use", "u1 u2")
    merged, apart = flat("area", "a2 a3"), flat("area", "a1 a2 a3")
    one = table("au", (merged, use), [[4, 5], [9, 9]])
    other = table("areas", (apart,), [2, 7, 18])
    with pytest.raises(InputError):
        system_of([one, other])
    # Under another name of the dimension the tables are tied by their total alone, and the small
    # area is primary in the second one all the same.
    renamed = Table("areas", (Hierarchy.flat("place", ["a1", "a2", "a3"]),), other.value)
    system = system_of([one, renamed])
    problem = demands_of(system, Rules(min_count=3, owners=True))
    assert len(problem.primary) == 1


def test_bounds_are_rounded_inward(monkeypatch: pytest.MonkeyPatch) -> None:
    # Verdicts rest on tables, not on bounds: nothing unsafe becomes safe, nothing safe is lost.
    case = protected()
    true_limit = Extremes.limit

    def inward(self: Extremes, variable: int, direction: int, *, whole: bool = False):
        status, most = true_limit(self, variable, direction, whole=whole)
        return status, max(most - 1, 0)

    good = intervals(case.problem, case.hidden)
    monkeypatch.setattr(Extremes, "limit", inward)
    assert audit(case.problem, case.published).passed
    found = intervals(case.problem, case.hidden)
    # A bound that cuts off a table in hand is put back to where that table stands.
    assert (found.lower <= case.problem.system.value[found.cells]).all()
    assert (found.upper >= case.problem.system.value[found.cells]).all()
    assert (found.lower >= good.lower).all()


@pytest.mark.parametrize("answer", [Status.LIMIT, Status.ERROR])
def test_a_time_out_is_ignored(answer: Status, monkeypatch: pytest.MonkeyPatch) -> None:
    # Somebody turns every limit into "optimal" with whatever numbers are in hand.
    problem = grid_problem([[1, 9, 9], [9, 9, 9], [9, 9, 0]])
    case = Case(problem, mask(problem, ("a0", "b0"), ("a0", "b1"), ("a1", "b0"), ("a2", "b1")))
    points = {Status.LIMIT: 1.0, Status.ERROR: 0.0}

    def hurried(model: Model) -> Solution:
        return Solution(Status.OPTIMAL, 0.0, np.full(model.columns, points[answer]))

    monkeypatch.setattr(Model, "solve", hurried)
    report = audit(case.problem, case.published)
    assert not report.passed
    assert (report.verdict != Verdict.SAFE).all()


def test_the_clock_strikes() -> None:
    case = protected()
    report = audit(case.problem, case.published, seconds=-1.0)
    assert not report.complete
    assert (report.verdict == Verdict.UNKNOWN).all()
    work = Work(seconds=-1.0)
    assert (work.spend(), work.stopped, work.late) == (False, True, True)


def test_a_move_over_printed_cells_is_offered() -> None:
    case = protected()
    step = np.zeros(case.problem.system.n, dtype=np.int64)
    for codes, s in zip([("a0", "b0"), ("a0", "b2"), ("a2", "b0"), ("a2", "b2")], (2, -2, -2, 2),
                        strict=True):  # fmt: skip
        step[cell(case.problem, *codes)] = s
    # It keeps every sum, but it changes three printed numbers.
    assert not (case.problem.system.relations @ step).any()
    report = audit(case.problem, case.published, moves=sp.csr_matrix(step[None]), budget=0)
    assert report.verdict.tolist() == [Verdict.UNKNOWN]
