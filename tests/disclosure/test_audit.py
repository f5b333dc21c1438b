"""The audit against hand-made releases and against an exact attacker on random ones."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse as sp
from oracles import ORACLES, Oracle
from smallcases import Case, Exact, cell, grid_problem, kept, mask, random_case

from sdc.disclosure.audit import audit
from sdc.disclosure.witness import valid
from sdc.errors import NotProven
from sdc.model.report import Verdict
from sdc.model.system import UNBOUNDED, Level, Problem, System
from sdc.sensitivity import problem as demands_of


def hand_pattern(oracle: Oracle, level: str) -> Case:
    system = oracle.system()
    hidden = np.zeros(system.n, dtype=bool)
    for block in system.blocks:
        for codes in oracle.pattern.get(block.table.name, ()):
            place = [d.position(c) for d, c in zip(block.table.dims, codes, strict=True)]
            hidden[block.index[tuple(place)]] = True
    return Case(demands_of(system, oracle.rules(level)), hidden)


@pytest.mark.parametrize("level", ["linear", "integer", "interval"])
@pytest.mark.parametrize("oracle", ORACLES, ids=lambda o: o.name)
def test_every_oracle_of_counts_is_judged_as_worked_out_by_hand(oracle: Oracle, level: str) -> None:
    case = hand_pattern(oracle, level)
    report = audit(case.problem, case.published)
    assert report.complete
    if level in oracle.refused:
        assert report.revelations
        assert not report.passed
    if level in oracle.allowed:
        assert report.passed


def test_the_bridge_is_revealed_by_its_equation() -> None:
    problem = grid_problem([[1, 4, 9, 9], [2, 5, 1, 9], [9, 9, 6, 2], [9, 9, 4, 1]])
    corners = [(f"a{i}", f"b{j}") for i in (0, 1) for j in (0, 1)]
    corners += [(f"a{i}", f"b{j}") for i in (2, 3) for j in (2, 3)]
    case = Case(problem, mask(problem, *corners, ("a1", "b2")))
    report = audit(problem, case.published)
    (found,) = [r for r in report.revelations if r.equation]
    assert (found.cell, found.lower, found.upper) == (cell(problem, "a1", "b2"), 1, 1)
    assert sum(k * int(problem.system.value[c]) for c, k in found.equation) == 0


def test_a_pair_of_ones_is_revealed_by_a_bound_and_not_by_an_equation() -> None:
    # 20 - 9 - 9 = 2 in two places that cannot be 0: each is 1.
    problem = grid_problem([1, 1, 9, 9], zeros="show", level="integer")
    report = audit(problem, Case(problem, mask(problem, ("a0",), ("a1",))).published)
    assert [(r.lower, r.upper, r.equation) for r in report.revelations] == [(1, 1, ())] * 2


def judged(case: Case, exact: Exact) -> tuple[list[bool], bool]:
    """Whether each primary cell keeps its promise, and whether any X stands with one value."""
    hidden = np.flatnonzero(case.hidden).tolist()
    return kept(case, exact), any(a == b for a, b in map(exact.reach, hidden))


@pytest.mark.parametrize("zeros", ["hide", "show"])
@pytest.mark.parametrize("seed", range(12))
def test_verdicts_agree_with_an_exact_attacker(seed: int, zeros: str) -> None:
    level = "interval" if seed % 3 else "integer"
    case = random_case(seed, zeros=zeros, level=level, k=2 + seed % 4)
    report = audit(case.problem, case.published)
    good, standing = judged(case, Exact(case.problem, case.hidden))
    assert report.complete
    assert (report.verdict == Verdict.SAFE).tolist() == good
    assert report.passed == (all(good) and not standing)
    for found in report.revelations:
        least, most = Exact(case.problem, case.hidden).reach(found.cell)
        assert found.lower <= least <= most <= found.upper


@pytest.mark.parametrize("seed", range(100, 106))
def test_the_certificate_proves_the_same_again_without_a_solver(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = random_case(seed, k=2)
    first = audit(case.problem, case.published)
    assert first.certificate is not None
    safe = first.verdict == Verdict.SAFE
    again = audit(case.problem, case.published, moves=first.certificate.moves, budget=0)
    assert (again.verdict == Verdict.SAFE).tolist() == safe.tolist()
    value, primary = case.problem.system.value, case.problem.primary
    for i in np.flatnonzero(safe).tolist():
        for row, goal, side in (
            (first.certificate.up[i], case.problem.upper[i], 1),
            (first.certificate.down[i], case.problem.lower[i], -1),
        ):
            step = first.certificate.moves[row, primary[i]] if row >= 0 else 0
            assert side * (value[primary[i]] + step - goal) >= 0


def safe_square() -> Case:
    # [[1, 5, 9], [6, 7, 9], [9, 9, 0]] with the upper left square hidden: +2 and -1 fit all round.
    problem = grid_problem([[1, 5, 9], [6, 7, 9], [9, 9, 0]])
    return Case(problem, mask(problem, *[(f"a{i}", f"b{j}") for i in (0, 1) for j in (0, 1)]))


def test_a_square_is_proven_with_two_moves() -> None:
    case = safe_square()
    report = audit(case.problem, case.published)
    assert report.passed
    # The 1 can become 0 and at least 3; its partners hold 5 and 6 to give.
    assert report.lower.tolist() == [0]
    assert report.upper[0] >= 3
    assert report.certificate is not None
    assert report.certificate.moves.shape[0] == 2


def test_offered_moves_are_never_believed() -> None:
    case = safe_square()
    n = case.problem.system.n
    wrong = np.zeros((3, n), dtype=np.int64)
    wrong[0, cell(case.problem, "a0", "b0")] = 5  # breaks its line
    wrong[1, :] = 1  # touches printed cells
    wrong[2, cell(case.problem, "a0", "b0")] = -9  # negative
    report = audit(case.problem, case.published, moves=sp.csr_matrix(wrong), budget=0)
    assert report.verdict.tolist() == [Verdict.UNKNOWN]
    assert not report.complete
    assert audit(case.problem, case.published, moves=sp.csr_matrix(wrong)).passed


def test_without_a_budget_nothing_is_called_safe() -> None:
    case = safe_square()
    report = audit(case.problem, case.published, budget=0)
    assert report.verdict.tolist() == [Verdict.UNKNOWN]
    assert not report.passed


def test_a_complementary_x_left_standing_blocks_above_linear() -> None:
    # The square is safe, but the X at (2, 2) stands alone in its lines and follows.
    case = safe_square()
    hidden = case.hidden.copy()
    hidden[cell(case.problem, "a2", "b2")] = True
    case = Case(case.problem, hidden)
    report = audit(case.problem, case.published)
    assert (report.verdict == Verdict.SAFE).all()
    assert [r.cell for r in report.revelations] == [cell(case.problem, "a2", "b2")]
    assert not report.passed
    linear = replace(case.problem, level=Level.LINEAR)
    assert audit(linear, case.published).passed


def test_rule_aware_is_not_complete_where_nobody_runs_the_tool_again() -> None:
    case = safe_square()
    report = audit(replace(case.problem, level=Level.RULE_AWARE), case.published)
    assert (report.verdict == Verdict.SAFE).all()
    assert not report.complete


def test_a_shown_primary_cell_is_a_disclosure() -> None:
    case = safe_square()
    # Nobody can make such a plan; only the demands of the audit may be stricter than the maker's.
    shown = cell(case.problem, "a2", "b2")
    system = case.problem.system
    stricter = replace(
        case.problem,
        primary=np.append(case.problem.primary, shown),
        upper=np.append(case.problem.upper, 3),
        lower=np.append(case.problem.lower, 0),
        slide=np.append(case.problem.slide, 0),
    )
    report = audit(stricter, case.published)
    assert report.verdict.tolist() == [Verdict.SAFE, Verdict.UNSAFE]
    assert [(r.cell, r.lower) for r in report.revelations] == [(shown, int(system.value[shown]))]


def tampered(case: Case, **fields: object) -> Problem:
    return replace(case.published, **fields)


def test_only_a_publication_of_the_very_system_is_audited() -> None:
    case = safe_square()
    good = case.published
    hidden = good.hidden.copy()
    hidden[cell(case.problem, "a2", "b2")] = True
    value = good.value.copy()
    value[cell(case.problem, "a2", "b1")] += 1
    table = good.tables[0]
    state = table.state.copy()
    state[table.dims[0].position("a0"), table.dims[1].position("b0")] = 1
    loud = table.value.copy()
    loud[table.dims[0].position("a2"), table.dims[1].position("b1")] += 1
    for bad in (
        replace(good, system_digest="0" * 64),
        replace(good, hidden=hidden),
        replace(good, value=value),
        replace(good, tables=()),
        replace(good, tables=(replace(table, state=state),)),
        replace(good, tables=(replace(table, value=loud),)),
    ):
        with pytest.raises(NotProven):
            audit(case.problem, bad)


def test_a_slide_may_be_shared_unevenly() -> None:
    # One line 1 + 9 = 10, both hidden, the total shown: the 1 moves in 0 ... 10, so that a slide of
    # 10 is met only with 9 upward and 1 downward; 11 cannot be met.
    problem = grid_problem([1, 9])
    problem = replace(problem, floor=np.zeros(3, dtype=np.int64))
    case = Case(problem, mask(problem, ("a0",), ("a1",)))
    for slide, verdict in ((10, Verdict.SAFE), (11, Verdict.UNSAFE)):
        asked = replace(problem, slide=np.array([slide]), ceiling=np.full(3, 2**53))
        assert audit(asked, case.published).verdict.tolist() == [verdict]


def test_only_attackers_who_know_numbers_are_whole_can_use_it() -> None:
    # x + y + w = 6 and x - y = 0 are published, w is at most 1. With w = 1, x = y = 2.5: for whole
    # numbers w is 0, for others it reaches 1, and x goes from 3 down to 2.5.
    relations = sp.csr_matrix(np.array([[1, 1, 1, -1, 0], [1, -1, 0, 0, -1]]))
    system = System.plain(np.array([3, 3, 0, 6, 0]), relations)
    one, free = np.array([2]), np.array([True, True, True, False, False])
    ceiling = np.array([UNBOUNDED, UNBOUNDED, 1, UNBOUNDED, UNBOUNDED])
    problem = Problem(
        system, Level.INTERVAL, one, np.array([1]), np.array([0]), np.array([0]),
        np.zeros(5, np.int64), ceiling, free, np.ones(5),
    )  # fmt: skip
    assert not audit(problem, Case(problem, free).published).passed
    real = replace(problem, whole=False)
    report = audit(real, Case(real, free).published)
    assert report.passed
    assert report.certificate is not None
    assert report.certificate.scale > 1
    assert valid(real, free, report.certificate.moves, scale=report.certificate.scale).all()
    assert (report.lower.tolist(), report.upper.tolist()) == ([0], [1])


def test_the_same_audit_gives_the_same_report() -> None:
    case = random_case(7)
    one, two = (audit(case.problem, case.published) for _ in range(2))
    assert one.certificate is not None
    assert two.certificate is not None
    assert (one.certificate.moves != two.certificate.moves).nnz == 0
    assert replace(one, certificate=None, seconds=0).checks == two.checks
    assert one.verdict.tolist() == two.verdict.tolist()
    assert one.revelations == two.revelations
