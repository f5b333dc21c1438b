"""What readers know beforehand: parcels that anybody can count, and the last period's numbers."""

from __future__ import annotations

import io
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from oracles import flat, tree
from smallcases import Case, Exact, grid_problem, kept, printed
from typer.testing import CliRunner

from sdc import cli
from sdc.disclosure.audit import audit
from sdc.disclosure.certificate import verify_certificate
from sdc.disclosure.evidence import evidence
from sdc.disclosure.staged import check_staged
from sdc.errors import Infeasible, InputError, NotProven
from sdc.model.coded import Coded, Crossing, Measure
from sdc.model.grouped import Grouped
from sdc.model.past import PastRelease, PastTable, Prior
from sdc.model.plan import apply
from sdc.model.report import Verdict
from sdc.model.rules import Rules
from sdc.model.system import Level, Problem, digest_of
from sdc.model.table import Table, aggregate
from sdc.readers.beforehand import places, read_known
from sdc.sensitivity import problem as demands_of
from sdc.suppression.complementary import suppress
from sdc.tables.grouping import with_groups
from sdc.tables.joint import Now, joint_system
from sdc.tables.relations import system_of
from sdc.tables.remembered import around, remembered
from sdc.tables.tabulate import tabulate

USE = flat("use", "a b c d")


def known(
    values: list[int], *bounds: tuple[str, int, int], k: int = 3, level: str = "interval"
) -> Problem:
    """The demands on a line a, b, c, d with its total, with (code, least, most) known to all."""
    system = system_of([Table("t", (USE,), aggregate(np.array(values), [USE]))])
    index = system.blocks[0].index
    rows = [(index[USE.position(c)], low, high) for c, low, high in bounds]
    prior = Prior.bounded(system.n, np.array(rows, dtype=np.int64).reshape(-1, 3))
    return demands_of(system, Rules(min_count=k, level=Level(level)), prior=prior)


def hiding(problem: Problem, *codes: str) -> Case:
    out = np.zeros(problem.system.n, dtype=bool)
    out[[problem.system.blocks[0].index[USE.position(c)] for c in codes]] = True
    return Case(problem, out)


def verdict(case: Case) -> int:
    return int(audit(case.problem, case.published).verdict[0])


def test_whole_numbers_within_a_share() -> None:
    # 5 +- 50 %: 2.5 to 7.5, so 3 to 7. 3 +- 1/3: 2 to 4, exactly. 1 +- 50 %: 1. Of 0 nothing follows.
    assert around(np.array([5, 3, 1, 0]), Fraction(1, 2)).tolist() == [
        [3, 7],
        [2, 4],
        [1, 1],
        [0, 0],
    ]
    assert around(np.array([3]), Fraction(1, 3)).tolist() == [[2, 4]]
    assert around(np.array([10]), Fraction(2)).tolist() == [[0, 30]]


def test_last_years_number_narrows_a_neighbour() -> None:
    # a = 2 and b = 6 are X, c = 9, d = 8 and the total 25 are printed: a + b = 8, a is 0 ... 8.
    # Last year b was 5. Within 50 % b is 3 ... 7 and a is 1 ... 5: the threshold 3 and 1 stay open.
    # Within 20 % b is 4 ... 6 and a is 2 ... 4: a cannot be less than it is.
    values = [2, 6, 9, 8]
    wide = hiding(known(values, ("b", 3, 7)), "a", "b")
    tight = hiding(known(values, ("b", 4, 6)), "a", "b")
    assert Exact(wide.problem, wide.hidden).reach(int(wide.problem.primary[0])) == (1, 5)
    assert Exact(tight.problem, tight.hidden).reach(int(tight.problem.primary[0])) == (2, 4)
    assert (verdict(wide), verdict(tight)) == (Verdict.SAFE, Verdict.UNSAFE)
    # The maker sees it as well and takes another partner, or one more.
    plan = suppress(tight.problem)
    assert not np.array_equal(plan.hidden, tight.hidden)
    assert verdict(Case(tight.problem, plan.hidden)) == Verdict.SAFE


def test_a_maker_that_forgets_the_bounds_is_caught() -> None:
    # Without the memory of b, b is the cheapest partner of a; the witnesses leave 4 to 6 behind.
    values = [2, 6, 9, 8]
    forgetful = suppress(known(values))
    tight = known(values, ("b", 4, 6))
    case = Case(tight, forgetful.hidden.copy())
    assert np.array_equal(case.hidden, hiding(tight, "a", "b").hidden)
    report = audit(tight, case.published, moves=forgetful.moves)
    assert not report.passed
    assert report.verdict.tolist() == [Verdict.UNSAFE]


def test_parcels_bound_from_above() -> None:
    # b holds 6 buildings on 6 parcels: a = 8 - b is 2 or more, which is all of it.
    case = hiding(known([2, 6, 9, 8], ("b", 0, 6)), "a", "b")
    assert verdict(case) == Verdict.UNSAFE
    assert verdict(hiding(known([2, 6, 9, 8], ("b", 0, 7)), "a", "b")) == Verdict.SAFE


def test_a_bound_below_the_threshold_names_the_cell() -> None:
    # With 2 parcels the 2 of a can never be taken for 3, whatever is hidden.
    with pytest.raises(Infeasible, match="use=a") as caught:
        known([2, 6, 9, 8], ("a", 0, 2))
    assert caught.value.cells == ("use=a",)
    assert "2" not in caught.value.en.replace("1 cells", "")
    known([2, 6, 9, 8], ("a", 0, 3))
    # At `integer` only one possible value is refused.
    known([2, 6, 9, 8], ("a", 0, 2), level="integer")
    with pytest.raises(Infeasible):
        known([2, 6, 9, 8], ("a", 2, 2), level="integer")


def test_bounds_are_carried_along_sums() -> None:
    # Three parcels in all: a holds three at most, which is below the threshold 4, as the total is.
    # 9 known in b leave 4 of 13 parcels for each of the others.
    with pytest.raises(Infeasible) as caught:
        known([2, 0, 0, 0], ("TOTAL", 0, 3), k=4)
    assert caught.value.cells == ("use=TOTAL", "use=a")
    problem = known([2, 9, 0, 0], ("TOTAL", 0, 13), ("b", 9, 9), k=4)
    index = problem.system.blocks[0].index
    most = {c: int(problem.ceiling[i]) for c, i in zip(USE.codes, index, strict=True)}
    assert most == {"TOTAL": 13, "a": 4, "b": 9, "c": 4, "d": 4}


def test_nobody_is_promised_less_than_all_know_to_be_there() -> None:
    # Everybody knows of 2 in a: its lower end is 2, not 1; the threshold must stay possible.
    problem = known([2, 6, 9, 8], ("a", 2, 9))
    assert (problem.upper.tolist(), problem.lower.tolist()) == ([3], [2])
    assert suppress(problem).complementary.sum() == 1


def test_what_all_know_exactly_is_no_partner() -> None:
    # b is the cheapest partner, but everybody knows it: a would follow.
    problem = known([2, 4, 9, 8], ("b", 4, 4))
    b = int(problem.system.blocks[0].index[USE.position("b")])
    assert not problem.eligible[b]
    assert not suppress(problem).hidden[b]
    assert suppress(known([2, 4, 9, 8])).hidden[b]


@pytest.mark.parametrize("seed", range(12))
def test_patterns_hold_against_whoever_knows_the_bounds(seed: int) -> None:
    rng = np.random.default_rng(seed)
    plain = grid_problem(rng.poisson(4.0, size=(3, 4)) * (rng.random((3, 4)) > 0.2))
    value = plain.system.value
    some = np.flatnonzero(rng.random(len(value)) < 0.5)
    spread = rng.integers(1, 5, size=(2, len(some)))
    bounds = np.stack(
        [some, np.maximum(value[some] - spread[0], 0), value[some] + 1 + spread[1]], 1
    )
    rules = Rules(min_count=3, owners=seed % 3 == 0)
    problem = demands_of(plain.system, rules, prior=Prior.bounded(len(value), bounds))
    plan = suppress(problem)
    report = audit(problem, Case(problem, plan.hidden).published, moves=plan.moves)
    assert report.passed
    exact = Exact(problem, plan.hidden)
    if rules.owners:
        assert all(kept(Case(problem, plan.hidden), exact))
    for c, up, low in zip(problem.primary, problem.upper, problem.lower, strict=True):
        least, most = exact.reach(int(c))
        assert least <= low
        assert most >= up


def test_witnesses_stay_within_the_bounds_in_both_readings() -> None:
    # The bound of b is lowered in the file below what a witness needs: both readers refuse.
    case = hiding(known([2, 6, 9, 8], ("b", 3, 7)), "a", "b")
    report = audit(case.problem, case.published)
    witness = evidence(case.problem, report)
    files = printed(case.published)
    assert check_staged(files, witness).hidden == 2
    assert verify_certificate(files, witness).witnesses >= 2
    for end, change in (("prior_most", -1), ("prior_least", 3)):
        with np.load(io.BytesIO(witness)) as stored:
            arrays = {name: stored[name] for name in stored.files}
        # Highest b: 7 (a falls to 1); lowest: 5 (a rises to 3).
        arrays[end] = arrays[end] + change
        out = io.BytesIO()
        np.savez_compressed(out, **arrays)
        with pytest.raises(NotProven, match="everybody"):
            check_staged(files, out.getvalue())
        with pytest.raises(NotProven, match="beforehand"):
            verify_certificate(files, out.getvalue())


def units(counts: dict[str, int]) -> Coded:
    place = {USE.codes[i]: k for k, i in enumerate(USE.leaves)}
    leaf = np.array([place[c] for c in counts], dtype=np.int64)
    return Coded("r", {"use": USE}, {"use": leaf}, weight=np.array(list(counts.values())))


def past(counts: dict[str, int], hidden: str) -> PastRelease:
    """Last year's table, some codes of it X."""
    then = units(counts)
    value = tabulate(then, ["use"]).value
    shown = np.array([c not in hidden.split() for c in USE.codes])
    none = np.full(len(value), -1)
    table = PastTable("t", "r", "count", ("use",), shown, none, none, np.where(shown, -1, 0),
                      digest_of(np.where(shown, value, 0)))  # fmt: skip
    fold = {"use": np.arange(4)}
    return PastRelease("old", 1, {"use": USE}, fold, {"r": then}, (table,))


def joined(now: dict[str, int], memory: PastRelease) -> tuple[Problem, dict[str, tuple[int, int]]]:
    """The demands beside a memory, and the bounds of every code."""
    fold = {"use": np.arange(4)}
    joint = joint_system(Now((tabulate(units(now), ["use"]),), {"r": units(now)}, fold), [memory])
    problem = demands_of(joint.system, Rules(min_count=3), prior=joint.prior)
    index = problem.system.blocks[0].index
    ends = {c: (int(problem.floor[i]), int(problem.ceiling[i]))
            for c, i in zip(USE.codes, index, strict=True)}  # fmt: skip
    return problem, ends


def test_a_release_of_the_last_period_is_remembered() -> None:
    # Last year a was X, b 5, c 9, d 0, the total 16. Now b is 6 (3 to 7), c 20: farther away than
    # 50 % of 9, so that 5 to 13 becomes 5 to 20; of a and d nothing is remembered but what they can
    # hold of the total, 8 to 36 now, beside the 3 + 5 of b and c: 28.
    memory = remembered(past({"a": 2, "b": 5, "c": 9, "d": 0}, "a"), Fraction(1, 2))
    problem, ends = joined({"a": 2, "b": 6, "c": 20, "d": 8}, memory)
    assert not problem.system.known.any()
    assert {c: ends[c] for c in "bc"} == {"b": (3, 7), "c": (5, 20)}
    assert {ends["a"], ends["d"]} == {(1, 28)}  # no zero to hide behind: every X is at least 1
    plan = suppress(problem)
    assert audit(problem, Case(problem, plan.hidden).published).passed


def test_an_earlier_release_that_was_written_down_wrong_is_refused() -> None:
    with pytest.raises(NotProven, match="counted again"):
        remembered(
            replace(past({"a": 2, "b": 5, "c": 9, "d": 0}, "a"), units={"r": units({"b": 6})}),
            Fraction(1, 2),
        )


def test_a_list_that_is_wrong_by_now_is_refused() -> None:
    # 7 parcels were listed for b; the records of now have 8 buildings there.
    listed = past({"a": 2, "b": 5, "c": 9, "d": 0}, "a b c d TOTAL")
    bounds = np.array([[USE.position("b"), 0, 7]])
    table = replace(listed.tables[0], bounds=bounds, floor=np.full(5, -1))
    facts = replace(listed, tables=(table,), external=True, units={})
    assert joined({"a": 2, "b": 7, "c": 9, "d": 4}, facts)[1]["b"] == (1, 7)
    with pytest.raises(InputError, match="population"):
        joined({"a": 2, "b": 8, "c": 9, "d": 4}, facts)


def run(*words: object) -> tuple[int, str]:
    done = CliRunner().invoke(cli.app, [str(w) for w in words])
    return done.exit_code, done.output + str(done.exception or "")


def test_the_commands_take_what_is_known(tmp_path: Path) -> None:
    cells, table, last, parcels = (tmp_path / f"{n}.csv" for n in ("cells", "now", "last", "known"))
    cells.write_text("use,value\na,2\nb,6\nc,9\nd,8\n", "utf-8")
    table.write_text("use,value\na,X\nb,X\nc,9\nd,8\nTOTAL,25\n", "utf-8")
    last.write_text("use,value\na,X\nb,5\nc,9\nd,0\nTOTAL,16\n", "utf-8")
    tree = tmp_path / "use.csv"
    tree.write_text("code,parent\nTOTAL,\na,TOTAL\nb,TOTAL\nc,TOTAL\nd,TOTAL\n", "utf-8")
    use = ("--hierarchy", f"use={tree}")
    # Within 20 % of 5, b is 4 to 6 and a 2 to 4: certainly below 5.
    asked = ("audit", table, *use, "--min-count", 5)
    assert run(*asked)[0] == 0
    assert run(*asked, "--last", last, "--drift", 0.2)[0] == 4
    assert "--drift" in run(*asked, "--last", last)[1]
    # That 6 stand in b leaves 2 for a; 9 are more than the print allows.
    parcels.write_text("use,value\nb,6\n", "utf-8")
    code, said = run(*asked, "--known", parcels)
    assert (code, "a: 2 … 2" in said or "a: X = 2" in said) == (4, True)
    parcels.write_text("use,least,most\nb,9,\n", "utf-8")
    assert "contradict" in run(*asked, "--known", parcels)[1]
    # Protection with b on 6 parcels takes another partner; a line that is wrong is refused.
    parcels.write_text("use,least,most\nb,,6\n", "utf-8")
    out = tmp_path / "out"
    given = ("protect", cells, *use, "--min-count", 3, "--known", parcels, "--out", out)
    assert run(*given)[0] == 0
    assert "b,X" not in next(out.glob("*.csv")).read_text("utf-8-sig")
    parcels.write_text("use,least,most\nb,,5\n", "utf-8")
    code, said = run(*given[:-1], tmp_path / "other")
    assert (code, "at most" in said) == (1, True)
    assert not (tmp_path / "other").exists()
    problem = tmp_path / "p.jj"
    problem.write_text("0\n", "utf-8")
    said = run("protect", problem, "--known", parcels, "--out", tmp_path / "other")[1]
    assert "leave out --known" in said


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("b,x,", "at least"), ("b,,", "own total"), ("b,3,2", "at least"), ("z,1,", "belong"),
    ],
)  # fmt: skip
def test_a_list_is_refused_with_its_row(tmp_path: Path, line: str, words: str) -> None:
    path = tmp_path / "known.csv"
    path.write_text(f"use,least,most\na,1,5\n{line}\n", "utf-8")
    with pytest.raises(InputError, match=words) as caught:
        places(read_known(path), [USE])
    assert [(f.file, f.row) for f in caught.value.findings] == [("known.csv", 3)]


def test_where_something_is_measured_there_is_something_to_count() -> None:
    """Counts 1 1 | 1 5 and areas 100 80 | 30 3000 are X, everything around them is printed.

    Whatever t a reader adds to the 100, 80 - t and 30 - t stay areas: t <= 30, so that the 80 is 50 at
    least and there is a building. Then none can be moved from there to the cell of the 100, which cannot
    seem to hold 2. Each of the two tables alone lets it.
    """
    units = np.array([[1, 1, 9], [1, 5, 9], [9, 9, 0]])
    amount = np.array([[100, 80, 900], [30, 3000, 900], [900, 900, 0]])
    dims = {"area": flat("area", "p q r"), "use": flat("use", "u v w")}
    at = np.argwhere(units).repeat(units[units > 0], axis=0)
    steps = (amount[units > 0] // units[units > 0]).repeat(units[units > 0])
    coded = Coded("r", dims, dict(zip(dims, at.T, strict=True)), {"m": Measure(steps)})
    tables = [tabulate(coded, [*dims], name="n"), tabulate(coded, [*dims], measure="m", name="m")]
    system = system_of(tables)
    rules = Rules(min_count=2, p_percent=10, owners=False)
    problem = demands_of(system, rules)
    hidden = np.zeros(system.n, dtype=bool)
    for block in system.blocks:
        hidden[block.index[np.ix_(*[d.leaves[:2] for d in block.table.dims])]] = True
    report = audit(problem, Case(problem, hidden).published)
    assert not report.passed
    assert "area=p, use=u" in {system.name_of(r.cell) for r in report.revelations}
    for table in tables:
        alone = demands_of(system_of([table]), rules)
        own = np.zeros(alone.system.n, dtype=bool)
        own[alone.system.blocks[0].index[np.ix_(*[d.leaves[:2] for d in table.dims])]] = True
        assert audit(alone, Case(alone, own).published).passed
    plan = suppress(problem)
    assert audit(problem, apply(system, plan), moves=plan.moves).passed
    # No lower end is promised below what the areas tell: 1 for each of the cells with one building.
    least = {system.name_of(int(c)): low for c, low in zip(problem.primary, problem.lower, strict=True)
             if system.count[c]}  # fmt: skip
    assert least == {"area=p, use=u": 1, "area=p, use=v": 1, "area=q, use=u": 1}


def test_what_is_measured_in_an_area_is_known_in_the_mesh_cell_around_it() -> None:
    """Areas a of 1, b of 1, c of 5, d of 9, e of 0 with something measured in each but e.

    Mesh cell w holds a alone: nobody is promised that it may be empty. x holds b and one of the five of
    c: readers may take it for 1, but the owner of that one knows of two there.
    """
    area, mesh = flat("area", "a b c d e"), flat("mesh", "w x y z")
    at = np.array([(0, 0), (1, 1), (2, 1), *[(2, 2)] * 4, *[(3, 2)] * 9])
    units = dict(zip(("area", "mesh"), at.T, strict=True))
    steps = np.where(at[:, 0] < 2, 50, 100 + np.arange(len(at)))
    coded = Coded("r", {"area": area, "mesh": mesh}, units, {"m": Measure(steps)})
    tables = [
        tabulate(coded, ["area"], name="n"),
        tabulate(coded, ["area"], measure="m", name="m"),
        tabulate(coded, ["mesh"], name="x"),
    ]
    met = np.array([(0, 0), (1, 1), (2, 1), (2, 2), (3, 2), (4, 3)])
    system = system_of(tables, crossings=[Crossing(("area", "mesh"), met)], coded={"r": coded})
    problem = demands_of(system, Rules(min_count=3, p_percent=10))
    ends = {
        system.name_of(int(c)): (int(up), int(low))
        for c, up, low in zip(problem.primary, problem.upper, problem.lower, strict=True)
    }
    assert ends["mesh=w"] == (3, 1)
    assert ends["mesh=x"] == (3, 1)
    told = {(system.name_of(int(c)), low) for c, _, _, low, _ in problem.left.tolist()}
    assert ("mesh=x", 2) in told
    plan = suppress(problem)
    report = audit(problem, apply(system, plan), moves=plan.moves)
    assert report.passed
    files, witness = printed(apply(system, plan)), evidence(problem, report)
    assert check_staged(files, witness).promises == verify_certificate(files, witness).promises


def test_an_area_may_lie_whole_in_a_large_cell_and_in_none_of_the_small_ones() -> None:
    """Area a, with its one building and something measured, lies in w and v, which make P.

    Either of them may be empty, but not P: what is asked of the one row says nothing, what all places of
    a add to does. Area e of none keeps zeros possible elsewhere.
    """
    area, mesh = flat("area", "a b c e"), tree("mesh", P="v w", Q="x y z")
    # Innermost codes of mesh: v w x y z.
    at = np.array([(0, 1), *[(1, 2)] * 9, *[(2, 3)] * 8])
    units = dict(zip(("area", "mesh"), at.T, strict=True))
    coded = Coded("r", {"area": area, "mesh": mesh}, units, {"m": Measure(np.arange(50, 68))})
    tables = [
        tabulate(coded, ["area"], name="n"),
        tabulate(coded, ["area"], measure="m", name="m"),
        tabulate(coded, ["mesh"], name="x"),
    ]
    met = np.array([(0, 0), (0, 1), (1, 2), (2, 3), (3, 4), (1, 0), (2, 1)])
    system = system_of(tables, crossings=[Crossing(("area", "mesh"), met)], coded={"r": coded})
    problem = demands_of(system, Rules(min_count=3, p_percent=10))
    lower = {
        system.name_of(int(c)): int(low)
        for c, low in zip(problem.primary, problem.lower, strict=True)
    }
    assert (lower["mesh=w"], lower["mesh=P"]) == (0, 1)


def test_what_is_measured_in_an_area_is_not_known_in_a_group_of_its_classes() -> None:
    """Area p counts classes a and b in their group g, which holds 1 of its 8; 7 stand in c and d.

    That something is measured in p says nothing of g: it may be empty, though a and b, which no table
    prints, lie in g.
    """
    use = tree("use", g="a b", h="c d")
    areas = flat("area", "p q r")
    number = np.array([[1, 0, 3, 4], [2, 1, 0, 7], [5, 5, 0, 5]])  # a b c d
    at = np.repeat(np.argwhere(number >= 0), number.ravel(), axis=0)
    coded = Coded("r", {"area": areas, "use": use}, {"area": at[:, 0], "use": at[:, 1]},
                  {"m": Measure(50 + np.arange(len(at)))})  # fmt: skip
    tables = [
        tabulate(coded, ["area"], name="n"),
        tabulate(coded, ["area"], measure="m", name="m"),
        tabulate(coded, ["area", "use"], name="x"),
    ]
    own = Grouped("r", "area", "use", {"p": {"a": "g", "b": "g"}})
    system = with_groups(system_of(tables), {"r": coded}, [own])
    problem = demands_of(system, Rules(min_count=3, p_percent=10))
    ends = {system.name_of(c): low for c, low in zip(problem.primary, problem.lower, strict=True)}
    assert ends["area=p, use=g"] == 0
