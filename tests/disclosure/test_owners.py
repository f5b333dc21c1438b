"""The owner of one unit: what remains promised to everybody else in the table."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from smallcases import Case, Exact, cell, grid_problem, mask, random_case

from sdc.disclosure.audit import audit
from sdc.model.report import Verdict
from sdc.model.system import Level

BOTH = ("outsider", "owner")


def innermost(case: Case) -> list[int]:
    block = case.problem.system.blocks[0]
    cells = block.index[np.ix_(*[d.leaves for d in block.table.dims])].ravel()
    value = case.problem.system.value
    return [int(c) for c in cells if case.hidden[c] and value[c] >= 1]


def below(case: Case, c: int) -> list[int]:
    """Innermost cells that a cell sums up, itself included."""
    block = case.problem.system.blocks[0]
    place = np.unravel_index(int(np.flatnonzero(block.index.ravel() == c)[0]), block.index.shape)
    codes = [
        d.leaves[d.aggregation[[int(i)]].indices]
        for d, i in zip(block.table.dims, place, strict=True)
    ]
    return [int(x) for x in block.index[np.ix_(*codes)].ravel()]


def narrowed_by_hand(case: Case) -> list[bool]:
    """For every primary cell whether some single owner sees it narrower than promised."""
    problem, exact = case.problem, Exact(case.problem, case.hidden)
    out = []
    for p, up, low in zip(problem.primary, problem.upper, problem.lower, strict=True):
        alone = below(case, int(p)) if problem.system.value[p] == 1 else []
        bad = False
        for seat in innermost(case):
            if seat not in alone:
                least, most = exact.reach(int(p), at_least=(seat, 1))
                whole = (
                    least == most if problem.level is Level.INTEGER else least > low or most < up
                )
                bad = bad or whole
        out.append(bad)
    return out


def test_a_partner_of_one_unit_is_no_protection_against_its_owner() -> None:
    # 2 + 1 hidden beside two printed nines: outsiders see 0 ... 3 for both. The owner of the 1 knows
    # that the other is at most 2 and can exclude the threshold; the owners of the 2 exclude nothing
    # that is promised of the 1: they see 1 ... 2 of 3 wanted.
    problem = grid_problem([2, 1, 9, 9])
    problem = replace(problem, floor=np.zeros(5, dtype=np.int64))
    case = Case(problem, mask(problem, ("a0",), ("a1",)))
    assert audit(problem, case.published).passed
    report = audit(problem, case.published, attackers=BOTH)
    assert report.verdict.tolist() == [Verdict.UNSAFE, Verdict.UNSAFE]
    assert report.complete
    assert any("2 primary cells narrowed" in check for check in report.checks)


def test_a_large_partner_protects_against_all_owners() -> None:
    # 2 + 9: the 2 reaches 3 and more while the 9 keeps a unit, and falls to 1 for its own owners.
    problem = grid_problem([2, 9, 9, 9])
    problem = replace(problem, floor=np.zeros(5, dtype=np.int64))
    case = Case(problem, mask(problem, ("a0",), ("a1",)))
    report = audit(problem, case.published, attackers=BOTH)
    assert report.passed


def test_nothing_is_demanded_against_the_only_unit_of_a_cell() -> None:
    # The owner of the 1 knows it is not 0; nobody else can exclude that.
    problem = grid_problem([1, 9, 9, 9])
    problem = replace(problem, floor=np.zeros(5, dtype=np.int64))
    case = Case(problem, mask(problem, ("a0",), ("a1",)))
    assert audit(problem, case.published, attackers=BOTH).passed


@pytest.mark.parametrize("seed", [200, 201, 203, 204, 206, 207, 208, 210])
def test_owners_are_judged_as_by_an_exact_attacker(seed: int) -> None:
    case = random_case(seed, k=2 + seed % 3, level="integer" if seed % 4 == 0 else "interval")
    outsider = audit(case.problem, case.published)
    report = audit(case.problem, case.published, attackers=BOTH)
    by_hand = narrowed_by_hand(case)
    safe = outsider.verdict == Verdict.SAFE
    expected = [Verdict.UNSAFE if bad else Verdict.SAFE for bad in by_hand]
    assert report.verdict[safe].tolist() == [e for e, s in zip(expected, safe, strict=True) if s]
    assert report.verdict[~safe].tolist() == outsider.verdict[~safe].tolist()


def test_totals_of_one_unit_exempt_the_cell_below_them() -> None:
    # Row a0 holds a single unit; its total and its cell are hidden with a partner row of 9. The one
    # owner sees both at once and no other owner narrows either.
    problem = grid_problem([[1, 0], [9, 9], [9, 9]])
    problem = replace(problem, floor=np.zeros(problem.system.n, dtype=np.int64))
    hidden = mask(problem, ("a0",), ("a1",), ("a0", "b0"), ("a1", "b0"))
    case = Case(problem, hidden)
    assert int(problem.system.value[cell(problem, "a0")]) == 1
    report = audit(problem, case.published, attackers=BOTH)
    assert report.passed
