"""PastRelease releases as equations of a new one: known numbers, other schemes, corrections."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from oracles import flat, tree
from smallcases import Case, Exact

from sdc.disclosure.audit import audit
from sdc.errors import Infeasible, InputError, NotProven, RulesError
from sdc.ledger.payload import pack, unpack
from sdc.model.coded import Coded
from sdc.model.hierarchy import Hierarchy
from sdc.model.past import PastRelease, PastTable
from sdc.model.rules import Rules
from sdc.model.system import Problem, digest_of
from sdc.sensitivity import problem as demands_of
from sdc.suppression.complementary import suppress
from sdc.tables.joint import Joint, Now, joint_system
from sdc.tables.relations import system_of
from sdc.tables.slices import as_then
from sdc.tables.tabulate import tabulate


def units(dims: dict[str, Hierarchy], cells: dict[tuple[str, ...], int]) -> Coded:
    """Records by their innermost codes."""
    places = [{d.codes[i]: k for k, i in enumerate(d.leaves)} for d in dims.values()]
    leaf = {
        n: np.array([p[c[i]] for c in cells], dtype=np.int64)
        for i, (n, p) in enumerate(zip(dims, places, strict=True))
    }
    weight = np.array(list(cells.values()), dtype=np.int64)
    return Coded("records", dims, leaf, weight=weight)


def plain_fold(dims: dict[str, Hierarchy]) -> dict[str, np.ndarray]:
    return {n: np.arange(len(d.leaves)) for n, d in dims.items()}


def published(
    name: str,
    counted: Coded,
    by: list[str],
    hidden: list[tuple[str, ...]],
    k: int = 3,
    *,
    fold: dict[str, np.ndarray] | None = None,
    dims: dict[str, Hierarchy] | None = None,
) -> PastRelease:
    """A release of the past with a given pattern."""
    dims, fold = dims or dict(counted.dims), fold or plain_fold(dict(counted.dims))
    printed_units = replace(
        counted, dims=dims, leaf={n: fold[n][v] for n, v in counted.leaf.items()}
    )
    t = tabulate(printed_units, by)
    mask = np.ones(t.value.shape, dtype=bool)
    for cell in hidden:
        mask[tuple(d.position(c) for d, c in zip(t.dims, cell, strict=True))] = False
    value, shown = t.value.ravel(), mask.ravel()
    alone = demands_of(system_of([t]), Rules(min_count=k))
    cells = alone.system.blocks[0].index.ravel()
    upper, lower = (np.full(alone.system.n, -1) for _ in range(2))
    upper[alone.primary], lower[alone.primary] = alone.upper, alone.lower
    own = PastTable(
        "t", "records", "count", tuple(by), shown, np.where(shown, -1, upper[cells]),
        np.where(shown, -1, lower[cells]), np.where(shown, 0, alone.floor[cells]),
        digest_of(np.where(shown, value, 0)),
    )  # fmt: skip
    return PastRelease(name, 1, {n: dims[n] for n in by}, {n: fold[n] for n in by},
                   {"records": counted}, (own,))  # fmt: skip


def problem_of(
    now: Coded, by: list[str], earlier: list[PastRelease], **more
) -> tuple[Joint, Problem]:
    fold = more.pop("fold", plain_fold(dict(now.dims)))
    dims = more.pop("dims", dict(now.dims))
    shown = replace(now, dims=dims, leaf={n: fold[n][v] for n, v in now.leaf.items()})
    tables = (tabulate(shown, by, name="new"),)
    joint = joint_system(Now(tables, {"records": now}, fold), earlier, more.pop("bridges", None))
    rules = Rules(min_count=more.pop("k", 3))
    return joint, demands_of(joint.system, rules, prior=joint.prior)


USE = flat("use", "a b c d e")
COUNTS = {("a",): 1, ("b",): 5, ("c",): 4, ("d",): 9, ("e",): 0}


def test_what_was_printed_stays_printed() -> None:
    # a = 1 went out with c = 4 as its partner. Alone, b or c would do; now b is known and c is not.
    now = units({"use": USE}, COUNTS)
    before = published("v1", now, ["use"], [("a",), ("c",)])
    joint, problem = problem_of(now, ["use"], [before])
    system = joint.system
    assert (system.n, int(system.known.sum())) == (6, 4)
    plan = suppress(problem)
    names = {system.name_of(int(i)) for i in np.flatnonzero(plan.hidden)}
    assert names == {"use=a", "use=c"}
    assert audit(problem, Case(problem, plan.hidden.copy()).published).passed
    # Hiding b instead of c prints what completes the sum: 19 - 9 - 0 - 4 - 5 = 1.
    other = np.zeros(system.n, dtype=bool)
    block = system.blocks[0].index
    other[block[[USE.position("a")]]] = True
    report = audit(problem, Case(problem, other).published)
    assert not report.passed


def test_a_cell_that_is_public_already_cannot_be_promised() -> None:
    now = units({"use": USE}, COUNTS)
    # With a threshold of 10 the 9 printed then would have to be hidden now.
    with pytest.raises(RulesError, match="earlier release"):
        problem_of(now, ["use"], [published("v1", now, ["use"], [("a",), ("c",)])], k=10)


def test_zeros_in_print_tell_what_an_earlier_x_cannot_be() -> None:
    # Then zeros could be X: a and b sum to 3 and each may be anything from 0 to 3. Now d is printed as
    # a zero by a rule that prints them all, so that a is 1 or 2 for everybody: 3 cannot be reached.
    now = units({"use": USE}, {("a",): 1, ("b",): 2, ("c",): 7, ("d",): 0, ("e",): 9})
    before = published("v1", now, ["use"], [("a",), ("b",)])
    assert before.tables[0].lower[before.tables[0].lower >= 0].tolist() == [0, 1]
    joint, problem = problem_of(now, ["use"], [before])
    assert audit(problem, Case(problem, suppress(problem).hidden.copy()).published).passed
    shown = demands_of(joint.system, Rules(min_count=3, zeros="show"), prior=joint.prior)
    with pytest.raises(Infeasible, match="use=a"):
        suppress(shown)


def test_band_edges_across_two_releases() -> None:
    # Then <20 / 20-39, now <25 / 25-39, of the same records: 20-24 holds 11 - 10 = 1.
    age = flat("age", "00-19 20-24 25-39")
    now = units({"age": age}, {("00-19",): 10, ("20-24",): 1, ("25-39",): 11})
    by20, by25 = flat("age", "00-19 20-39"), flat("age", "00-24 25-39")
    before = published("v1", now, ["age"], [], fold={"age": np.array([0, 1, 1])},
                       dims={"age": by20})  # fmt: skip
    joint, problem = problem_of(now, ["age"], [before], fold={"age": np.array([0, 0, 1])},
                                dims={"age": by25})  # fmt: skip
    assert problem.system.value[problem.primary].tolist() == [1]
    plan = suppress(problem)
    assert plan.hidden.sum() == 2
    assert Exact(problem, plan.hidden).reach(int(problem.primary[0]))[1] >= 3
    nothing = Case(problem, np.zeros(joint.system.n, dtype=bool))
    assert not audit(problem, nothing.published).passed


def test_trips_cut_another_way_in_a_later_release() -> None:
    # A-B-C holds 5 of the 10 who go from B to C, and was printed; B-C-D would hold 6, so that at
    # least 5 + 6 - 10 = 1 went A-B-C-D: one or two of them must not be derived.
    dims = {"first": flat("first", "A x"), "leg": flat("leg", "BC y"), "last": flat("last", "D z")}
    cells = {("A", "BC", "D"): 1, ("A", "BC", "z"): 4, ("x", "BC", "D"): 5, ("x", "BC", "z"): 0}
    cells |= {(a, "y", d): 20 for a in ("A", "x") for d in ("D", "z")}
    now = units(dims, cells)
    first = published("v1", now, ["first", "leg"], [])
    whole = published("v2", now, ["first", "leg", "last"],
                      [(a, "BC", d) for a in ("A", "x") for d in ("D", "z")]
                      + [("TOTAL", "BC", d) for d in ("D", "z")]
                      + [(a, b, d) for a in ("A", "x") for b in ("y",) for d in ("D", "z")]
                      + [("TOTAL", "y", d) for d in ("D", "z")])  # fmt: skip
    _, problem = problem_of(now, ["leg", "last"], [first, whole])
    shown = np.zeros(problem.system.n, dtype=bool)
    assert not audit(problem, Case(problem, shown).published).passed
    plan = suppress(problem)
    assert plan.hidden.any()
    assert audit(problem, Case(problem, plan.hidden.copy()).published).passed


def test_a_correction_must_not_give_away_what_changed() -> None:
    # Then a, b = 1, 5 as X (6 together). One unit moved from d to a: now a = 2. What is new differs
    # from what was printed in the cells a and d and in nothing else.
    then = units({"use": USE}, COUNTS)
    before = published("v1", then, ["use"], [("a",), ("b",)])
    now = units({"use": USE}, {**COUNTS, ("a",): 2, ("d",): 8})
    joint, problem = problem_of(now, ["use"], [before])
    assert joint.changed == ("v1.1",)
    # Unknowns of now: 6; of then once more: a, d and the total.
    assert joint.system.n == 9
    plan = suppress(problem)
    assert audit(problem, Case(problem, plan.hidden.copy()).published).passed
    # Showing b now would give away a of then: 6 - 5 = 1.
    hidden = np.zeros(joint.system.n, dtype=bool)
    names = {joint.system.name_of(i): i for i in range(joint.system.n)}
    hidden[[names["use=a"], names["use=d"]]] = True
    report = audit(problem, Case(problem, hidden).published)
    assert any(r.lower == r.upper == 1 for r in report.revelations)


def test_units_of_then_keep_all_that_did_not_change() -> None:
    dims = {"use": USE, "kind": flat("kind", "k l")}
    now = units(dims, {("a", "k"): 3, ("a", "l"): 2, ("b", "k"): 1})
    then = units({"use": USE}, {("a",): 4, ("b",): 1, ("c",): 2})
    old = as_then(now, then, {"use": np.arange(5)})
    assert old is not None
    # a: 5 -> 4, taken from the last of its rows; c: a row of its own.
    assert old.count(["use"]).tolist() == [4, 1, 2, 0, 0]
    assert old.count(["use", "kind"])[0].tolist() == [3, 1]
    assert as_then(now, units({"use": USE}, {("a",): 5, ("b",): 1}), {"use": np.arange(5)}) is None


def test_a_ledger_that_tells_another_story_is_noticed() -> None:
    now = units({"use": USE}, COUNTS)
    before = published("v1", now, ["use"], [("a",), ("c",)])
    (own,) = before.tables
    forged = replace(before, tables=(replace(own, digest="0" * 64),))
    with pytest.raises(NotProven):
        problem_of(now, ["use"], [forged])
    with pytest.raises(InputError):
        problem_of(now, ["use"], [replace(forged, external=True)])


def test_what_is_written_into_the_ledger_is_read_again() -> None:
    use = tree("use", G="a b", H="c d e")
    now = units({"use": use}, COUNTS)
    before = published("v1", now, ["use"], [("a",), ("c",)])
    again = unpack(pack(before))
    assert pack(again) == pack(before) == pack(before)
    _, first = problem_of(now, ["use"], [before])
    _, second = problem_of(now, ["use"], [again])
    assert first.digest == second.digest


@pytest.mark.parametrize("seed", range(12))
def test_two_releases_of_the_same_records_are_safe_together(seed: int) -> None:
    # Another scheme of classes and another set of dimensions each time; an exact attacker with the
    # equations of both finds every promise kept.
    rng = np.random.default_rng(seed)
    dims = {"area": flat("area", "p q r"), "use": flat("use", "a b c d")}
    cells = {(a, u): int(rng.poisson(3)) for a in "pqr" for u in "abcd"}
    now = units(dims, cells)
    codes = np.sort(rng.integers(0, 3, 4))
    codes = np.unique(codes, return_inverse=True)[1]
    merged = flat("use", " ".join(f"g{i}" for i in range(int(codes.max()) + 1)))
    fold = {"area": np.arange(3), "use": codes}
    _, alone = problem_of(now, ["area", "use"], [])
    plan = suppress(alone)
    block = alone.system.blocks[0]
    pattern = [tuple(block.table.codes_of(i).values())
               for i in np.flatnonzero(plan.hidden[block.index.ravel()])]  # fmt: skip
    before = published("v1", now, ["area", "use"], pattern)
    _, problem = problem_of(now, ["area", "use"], [before], fold=fold,
                            dims={"area": dims["area"], "use": merged})  # fmt: skip
    both = suppress(problem)
    assert audit(problem, Case(problem, both.hidden.copy()).published).passed
    exact = Exact(problem, both.hidden)
    for cell, upper, lower in zip(problem.primary, problem.upper, problem.lower, strict=True):
        low, high = exact.reach(int(cell))
        assert low <= lower
        assert high >= upper
