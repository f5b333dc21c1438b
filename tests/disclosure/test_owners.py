"""The owner of one unit: what remains promised to everybody else in the table."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from smallcases import Case, Exact, cell, grid_problem, kept, mask, printed, random_case

from sdc.disclosure.audit import audit
from sdc.disclosure.certificate import verify_certificate
from sdc.disclosure.evidence import evidence
from sdc.disclosure.staged import check_staged
from sdc.errors import NotProven
from sdc.model.hierarchy import Hierarchy
from sdc.model.report import Verdict
from sdc.model.rules import Rules
from sdc.model.table import Table, aggregate
from sdc.sensitivity import problem as demands_of
from sdc.tables.relations import system_of


def test_a_partner_of_one_unit_is_no_protection_against_its_owner() -> None:
    # 2 + 1 hidden beside two printed nines: outsiders see 0 ... 3 for both. The owner of the 1 knows
    # that the other is at most 2 and can exclude the threshold; the owners of the 2 exclude nothing
    # that is promised of the 1: they see 1 ... 2 of 3 wanted.
    problem = grid_problem([2, 1, 9, 9])
    problem = replace(problem, floor=np.zeros(5, dtype=np.int64))
    case = Case(problem, mask(problem, ("a0",), ("a1",)))
    assert audit(replace(problem, own=None), case.published).passed
    report = audit(problem, case.published)
    assert report.verdict.tolist() == [Verdict.UNSAFE, Verdict.UNSAFE]
    assert report.complete
    assert any("2 primary cells narrowed" in check for check in report.checks)


def test_a_large_partner_protects_against_all_owners() -> None:
    # 2 + 9: the 2 reaches 3 and more while the 9 keeps a unit, and falls to 1 for its own owners.
    problem = grid_problem([2, 9, 9, 9])
    problem = replace(problem, floor=np.zeros(5, dtype=np.int64))
    case = Case(problem, mask(problem, ("a0",), ("a1",)))
    report = audit(problem, case.published)
    assert report.passed


def test_nothing_is_demanded_against_the_only_unit_of_a_cell() -> None:
    # The owner of the 1 knows it is not 0; nobody else can exclude that.
    problem = grid_problem([1, 9, 9, 9])
    problem = replace(problem, floor=np.zeros(5, dtype=np.int64))
    case = Case(problem, mask(problem, ("a0",), ("a1",)))
    assert audit(problem, case.published).passed


@pytest.mark.parametrize("seed", [200, 201, 203, 204, 206, 207, 208, 210])
def test_owners_are_judged_as_by_an_exact_attacker(seed: int) -> None:
    case = random_case(seed, k=2 + seed % 3, level="integer" if seed % 4 == 0 else "interval")
    report = audit(case.problem, case.published)
    expected = kept(case, Exact(case.problem, case.hidden))
    assert (report.verdict == Verdict.SAFE).tolist() == expected


def test_totals_of_one_unit_exempt_the_cell_below_them() -> None:
    # Row a0 holds a single unit; its total and its cell are hidden with a partner row of 9. The one
    # owner sees both at once and no other owner narrows either.
    problem = grid_problem([[1, 0], [9, 9], [9, 9]])
    problem = replace(problem, floor=np.zeros(problem.system.n, dtype=np.int64))
    hidden = mask(problem, ("a0",), ("a1",), ("a0", "b0"), ("a1", "b0"))
    case = Case(problem, hidden)
    assert int(problem.system.value[cell(problem, "a0")]) == 1
    report = audit(problem, case.published)
    assert report.passed


def forgotten() -> Case:
    """A release made as if no owner knew more: the hidden 2 has the partner of one unit alone."""
    problem = replace(grid_problem([2, 1, 9, 9]), own=None)
    return Case(
        replace(problem, floor=np.zeros(5, dtype=np.int64)), mask(problem, ("a0",), ("a1",))
    )


def test_forgotten_owners_are_noticed_by_both_checkers_of_files() -> None:
    # All that outsiders are promised is kept; which cells hold units is read off the true numbers.
    case = forgotten()
    report = audit(case.problem, case.published)
    assert report.passed
    files = printed(case.published)
    promised = replace(case.problem, own=grid_problem([2, 1, 9, 9]).own)
    told = audit(promised, case.published)
    assert not told.passed
    claimed = replace(told, certificate=report.certificate)
    for check in (check_staged, verify_certificate):
        with pytest.raises(NotProven, match="owner of a unit"):
            check(files, evidence(promised, claimed))
        check(files, evidence(case.problem, report))  # where owners are promised nothing


def test_a_wider_pattern_passes_both_checkers_of_files() -> None:
    # 2 + 1 + 9: each of the three takes what the others give while they keep a unit.
    problem = replace(grid_problem([2, 1, 9, 9]), floor=np.zeros(5, dtype=np.int64))
    case = Case(problem, mask(problem, ("a0",), ("a1",), ("a2",)))
    report = audit(problem, case.published)
    assert report.passed
    files, witness = printed(case.published), evidence(problem, report)
    assert check_staged(files, witness).promises == verify_certificate(files, witness).promises == 2


def test_a_margin_of_a_finer_table_seats_nobody_of_its_own() -> None:
    # Area a0 holds one unit, of kind k0. Its owner stands in the cell of both and is promised nothing
    # lower there; everybody else sees 0 possible, by the witness that takes the unit to a1.
    area, kind = Hierarchy.flat("area", ["a0", "a1", "a2"]), Hierarchy.flat("kind", ["k0", "k1"])
    fine = aggregate(np.array([[1, 0], [9, 9], [9, 9]]), (area, kind))
    margin = aggregate(np.array([1, 18, 18]), (area,))
    system = system_of([Table("fine", (area, kind), fine), Table("margin", (area,), margin)])
    problem = demands_of(system, Rules(min_count=3, owners=True))
    hidden = np.zeros(system.n, dtype=bool)
    # Rows and columns of codes TOTAL, a0, a1, a2 and TOTAL, k0, k1.
    hidden[system.blocks[0].index[1:3, :2]] = True
    case = Case(problem, hidden)
    report = audit(problem, case.published)
    assert report.passed
    files, witness = printed(case.published), evidence(problem, report)
    for check in (check_staged, verify_certificate):
        check(files, witness)


def measured(second: list[int]) -> Case:
    """Floor areas 100, 100 and 300, the first two hidden; p % of 20, thresholds of three."""
    area = Hierarchy.flat("area", ["a0", "a1", "a2"])
    top = np.array([[100, 100, 100], [100, 0, 0], second, [100, 100, 100]])
    dims, counts = (area,), np.array([1, 3, 3])
    value = aggregate(np.array([100, 100, 300]), dims)
    table = Table("m", dims, value, aggregate(counts, dims), top, measure="floor")
    problem = demands_of(system_of([table]), Rules(min_count=3, p_percent=20, owners=True))
    return Case(problem, np.array([False, True, True, False]))


def test_contributors_to_a_measure_put_together_what_they_know() -> None:
    # a0 belongs to one contributor and must reach 120, and 80. It rises by what a1 gives. Of a1 in
    # parts of 40, 30 and 30 the largest two know 70 and 30 are left; of 50, 35 and 15 only 15 are.
    # One of them alone knows 50 at most: a coalition of k - 1 = 2 sees what a single owner does not.
    good, bad = measured([40, 30, 30]), measured([50, 35, 15])
    report = audit(good.problem, good.published)
    assert report.passed
    assert check_staged(printed(good.published), evidence(good.problem, report)).promises == 1
    told = audit(bad.problem, bad.published)
    assert told.verdict.tolist() == [Verdict.UNSAFE]
    assert bad.problem.own is not None
    alone = replace(bad.problem, own=bad.problem.own[:, :1].copy())
    assert audit(alone, bad.published).passed
    # What was proven without the coalition is refused by whoever reads the files.
    claimed = replace(told, certificate=audit(alone, bad.published).certificate)
    for check in (check_staged, verify_certificate):
        with pytest.raises(NotProven, match="owner of a unit"):
            check(printed(bad.published), evidence(bad.problem, claimed))
